/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Registrations; see sim_slp_regs.h. */
#include "sim_slp_regs.h"
#include "sim_slp_match.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX ((size_t)1 << 20)
#define MANY_COUNT 300
#define HUGE_COUNT 84
#define HUGE_URL_BYTES 960
#define HUGE_TYPE_BYTES 700

static const char diva[] =
	"service:diva.eicon:capi://192.0.2.7:4711 65535 "
	"(channels=30),(capabilities=voice,fax),(firmware=9.1)\n"
	"service:diva.eicon:fax://192.0.2.7:4712 65535 "
	"(channels=30),(capabilities=fax),(t38=true),(firmware=9.1)\n"
	"service:diva.eicon:voice://192.0.2.7:4713 10800 "
	"(channels=60),(capabilities=voice,conference),(codecs=g711a,g711u),(firmware=9.1)\n";

#define EVIL "|x=1;2;3 'y'=5\r\nOK - fine | time=0\n\033[31m\233\\2c\\zz\0$(id)`id`\377\376"

static const struct span evil_scopes = SPAN_INIT("DEFAULT," EVIL);

static const struct reg evil[] = {
	{ SPAN_INIT("service:" EVIL "://" EVIL), SPAN_INIT("service:" EVIL),
	  SPAN_INIT("(" EVIL "=" EVIL "),(channels=30)"), SPAN_INIT("DEFAULT"), 1 },
	{ SPAN_INIT("service:diva.eicon:capi://" EVIL), SPAN_INIT("service:diva.eicon:capi"),
	  SPAN_INIT("(channels=99999999999999999999),(channels=-1),(=),(,)," EVIL),
	  SPAN_INIT("DEFAULT"), 65535 },
	{ SPAN_INIT("\n"), SPAN_INIT("\n"), SPAN_INIT("((((((("), SPAN_INIT("DEFAULT"), 0 },
	{ SPAN_INIT(""), SPAN_INIT(""), SPAN_INIT(")))"), SPAN_INIT("DEFAULT"), 0 },
};

static bool add(struct buf *b, const char *text)
{
	return buf_add(b, span_of(text), TEXT_MAX);
}

static bool add_many(struct buf *b)
{
	char line[128];
	bool ok = true;

	for (unsigned i = 0; ok && i < MANY_COUNT; i++) {
		snprintf(line, sizeof(line), "service:many%03u.sim://192.0.2.7:%u 65535 (n=%u)\n",
			 i, 20000 + i, i);
		ok = add(b, line);
	}
	return ok;
}

static bool add_huge(struct buf *b)
{
	char fill[HUGE_URL_BYTES];
	bool ok = true;

	memset(fill, 'x', sizeof(fill));
	for (unsigned i = 0; ok && i < HUGE_COUNT; i++) {
		char head[64];
		int n = snprintf(head, sizeof(head), "service:diva.eicon:h%02u", i);
		struct span type = { fill, HUGE_TYPE_BYTES - (size_t)n };
		struct span path = { fill, HUGE_URL_BYTES - HUGE_TYPE_BYTES };

		ok = add(b, head) && buf_add(b, type, TEXT_MAX) && add(b, "://192.0.2.7/") &&
		     buf_add(b, path, TEXT_MAX) && add(b, " 65535 (n=1)\n");
	}
	return ok;
}

static bool add_file(struct buf *b, const char *file)
{
	FILE *in = fopen(file, "re");
	char bytes[4096];
	size_t n;
	bool ok = in != NULL;

	while (ok && (n = fread(bytes, 1, sizeof(bytes), in)) > 0) {
		errno = EFBIG;
		ok = buf_add(b, (struct span){ bytes, n }, TEXT_MAX);
	}
	ok = ok && ferror(in) == 0;
	if (!ok)
		fprintf(stderr, "voip_sim: cannot read %s: %s\n", file, strerror(errno));
	if (in != NULL)
		fclose(in);
	return ok;
}

static bool read_line(struct regs *regs, struct span line)
{
	struct reg r = { .url = span_cut(&line, ' '), .scopes = span_of("DEFAULT") };
	struct span lifetime = span_cut(&line, ' ');
	unsigned long seconds;

	r.type = r.url;
	r.type.n = span_search(r.type, span_of("://"));
	line = span_trim(line);
	if (span_starts(line, "scope=")) {
		r.scopes = span_cut(&line, ' ');
		r.scopes = span_skip(r.scopes, strlen("scope="));
	}
	r.attributes = span_trim(line);
	if (r.type.n == 0 || r.type.n == r.url.n || r.url.n > UINT16_MAX ||
	    r.attributes.n > UINT16_MAX || !span_number(lifetime, UINT16_MAX, &seconds) ||
	    regs->n == REGS_MAX)
		return false;
	r.lifetime = (unsigned)seconds;
	regs->at[regs->n++] = r;
	return true;
}

static bool read_lines(struct regs *regs, const char *name)
{
	struct span rest = { regs->text.p, regs->text.n };

	for (unsigned number = 1; rest.n > 0; number++) {
		struct span line = span_trim(span_cut(&rest, '\n'));

		if (line.n > 0 && line.p[0] != '#' && !read_line(regs, line)) {
			fprintf(stderr, "voip_sim: %s:%u: no registration\n", name, number);
			return false;
		}
	}
	return true;
}

static bool name_scopes(struct regs *regs)
{
	struct buf *b = &regs->scope_text;
	bool ok = true;

	for (size_t i = 0; ok && i < regs->n; i++) {
		struct span list = regs->at[i].scopes, item;

		while (ok && list_next(&list, &item))
			if (item.n > 0 && !list_has((struct span){ b->p, b->n }, item))
				ok = (b->n == 0 || buf_add(b, span_of(","), UINT16_MAX)) &&
				     buf_add(b, item, UINT16_MAX);
	}
	regs->scopes = b->n > 0 ? (struct span){ b->p, b->n } : span_of("DEFAULT");
	return ok;
}

static bool fill(struct regs *regs, enum regs_set set, const char *file)
{
	switch (set) {
	case REGS_CONF:
		return file != NULL ? add_file(&regs->text, file) : add(&regs->text, diva);
	case REGS_MANY:
		return add_many(&regs->text);
	case REGS_HUGE:
		return add_huge(&regs->text);
	case REGS_EVIL:
		for (size_t i = 0; i < sizeof(evil) / sizeof(evil[0]); i++)
			regs->at[regs->n++] = evil[i];
		return true;
	case REGS_NONE:
	case REGS_SETS:
		break;
	}
	return true;
}

struct regs *regs_new(enum regs_set set, const char *file)
{
	struct regs *regs = calloc(1, sizeof(*regs));

	if (regs == NULL)
		return NULL;
	if (fill(regs, set, file) && read_lines(regs, file != NULL ? file : "built in") &&
	    name_scopes(regs)) {
		if (set == REGS_EVIL)
			regs->scopes = evil_scopes;
		return regs;
	}
	regs_free(regs);
	return NULL;
}

void regs_free(struct regs *regs)
{
	if (regs == NULL)
		return;
	buf_free(&regs->text);
	buf_free(&regs->scope_text);
	free(regs);
}
