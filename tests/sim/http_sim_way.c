/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Behaviours in words; see http_sim_way.h. */
#define _GNU_SOURCE
#include "http_sim_way.h"

#include <limits.h>
#include <string.h>

enum kind { KIND_ACT, KIND_FLAG, KIND_NUMBER, KIND_TEXT };

static const struct word {
	const char *name;
	enum kind kind;
	size_t at;    /* of the field */
	enum act act; /* KIND_ACT: without argument; with KIND_NUMBER it comes with the number */
	const char *meaning;
} words[] = {
#define FIELD(name) offsetof(struct way, name)
	{ "close", KIND_ACT, 0, ACT_CLOSE, "closes each connection at once" },
	{ "mute", KIND_ACT, 0, ACT_MUTE, "reads nothing, not even the TLS handshake" },
	{ "hang", KIND_ACT, 0, ACT_HANG, "reads the request and never answers" },
	{ "quit", KIND_ACT, 0, ACT_QUIT, "closes after each answer, without having said so" },
	{ "forget", KIND_ACT, 0, ACT_FORGET, "closes when a second request has come" },
	{ "drop", KIND_ACT, 0, ACT_DROP, "the same with a reset" },
	{ "garbage", KIND_ACT, 0, ACT_GARBAGE, "answers no HTTP" },
	{ "headers", KIND_ACT, 0, ACT_HEADERS, "answers headers without end" },
	{ "cut:N", KIND_NUMBER, FIELD(cut_bytes), ACT_CUT, "closes after N bytes of the answer" },
	{ "drip:MS", KIND_NUMBER, FIELD(drip_ms), ACT_ANSWER, "a byte of the answer each MS" },
	{ "status:N", KIND_NUMBER, FIELD(status), ACT_ANSWER, "answers with this status" },
	{ "retry:S", KIND_NUMBER, FIELD(retry_s), ACT_ANSWER, "with Retry-After in seconds" },
	{ "retry-date:S", KIND_NUMBER, FIELD(retry_date_s), ACT_ANSWER, "as a date in S seconds" },
	{ "redirect:NAME", KIND_TEXT, FIELD(redirect), ACT_ANSWER, "307 to another listener" },
	{ "chunked", KIND_FLAG, FIELD(chunked), ACT_ANSWER, "the body comes in chunks" },
	{ "endless", KIND_FLAG, FIELD(endless), ACT_ANSWER, "the body never ends" },
	{ "huge", KIND_FLAG, FIELD(huge), ACT_ANSWER, "the body has ten million bytes" },
	{ "http10", KIND_FLAG, FIELD(http10), ACT_ANSWER, "HTTP/1.0, closed after the body" },
	{ "after:N", KIND_NUMBER, FIELD(after), ACT_ANSWER, "the first N requests are good" },
	{ "first:N", KIND_NUMBER, FIELD(first), ACT_ANSWER, "only N requests (or connections)" },
	{ "every:N", KIND_NUMBER, FIELD(every), ACT_ANSWER, "only each Nth of them" },
	{ "basic:USER:PASSWORD", KIND_TEXT, FIELD(basic), ACT_ANSWER, "401 for all others" },
	{ "token:TEXT", KIND_TEXT, FIELD(token), ACT_ANSWER, "NRDP knows this one only" },
	{ "tls:CERT", KIND_TEXT, FIELD(cert), ACT_ANSWER, "good, expired, wrongname, selfsigned" },
	{ "mutual", KIND_FLAG, FIELD(mutual), ACT_ANSWER, "asks for a client certificate" },
	{ "old", KIND_FLAG, FIELD(old), ACT_ANSWER, "TLS 1.0 and 1.1 only" },
	{ "v6", KIND_FLAG, FIELD(v6), ACT_ANSWER, "on ::1 instead of 127.0.0.1" },
	{ "port:N", KIND_NUMBER, FIELD(port), ACT_ANSWER, "on this port" },
#undef FIELD
};

static bool read_text(char *to, struct span text)
{
	if (text.n == 0 || text.n >= WAY_TEXT_MAX)
		return false;
	memcpy(to, text.p, text.n);
	to[text.n] = '\0';
	return true;
}

static bool read_argument(struct way *way, const struct word *word, struct span argument)
{
	char *field = (char *)way + word->at;

	if (word->act != ACT_ANSWER)
		way->act = word->act;
	switch (word->kind) {
	case KIND_NUMBER:
		return span_number(argument, INT_MAX, (unsigned long *)field);
	case KIND_TEXT:
		return read_text(field, argument);
	case KIND_FLAG:
		*(bool *)field = true;
		break;
	case KIND_ACT:
		break;
	}
	return argument.n == 0;
}

static bool read_word(struct way *way, struct span text)
{
	struct span argument = text, name = span_cut(&argument, ':');

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		struct span row = span_of(words[i].name);

		if (span_same(span_cut(&row, ':'), name))
			return read_argument(way, &words[i], argument);
	}
	return false;
}

bool way_read(struct way *way, struct span text)
{
	*way = (struct way){ .act = ACT_ANSWER };
	text = span_trim(text);
	while (text.n > 0) {
		struct span word = span_cut(&text, ',');

		if (word.n > 0 && !read_word(way, word)) {
			fprintf(stderr, "http_sim: not understood: %.*s\n", (int)word.n, word.p);
			return false;
		}
	}
	return true;
}

bool way_applies(const struct way *way, unsigned long number)
{
	if (number <= way->after)
		return false;
	number -= way->after;
	return (way->first == 0 || number <= way->first) &&
	       (way->every == 0 || number % way->every == 0);
}

void way_list(FILE *out)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		fprintf(out, "  %-20s %s\n", words[i].name, words[i].meaning);
}
