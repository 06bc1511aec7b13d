/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lib/proto/sip_msg: every message of tests/data/sip gets the answer that VERDICTS says, as a
 * datagram, as a stream and byte by byte. */
#include "proto/sip_msg.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { FILE_MAX = 16 * 1024, CASES_MIN = 160 };

/* Exact size, so that a read behind the end is seen by the address sanitizer. */
static enum parse parse_copy(struct view bytes, bool stream, bool closed, size_t *used,
			     char *verdict, size_t cap)
{
	char *copy = malloc(bytes.n > 0 ? bytes.n : 1);
	struct sip_msg msg;
	const char *why;

	assert_non_null(copy);
	for (size_t i = 0; i < bytes.n; i++)
		copy[i] = bytes.p[i];
	enum parse parse =
		sip_msg_parse((struct view){ copy, bytes.n }, stream, closed, &msg, used, &why);
	if (parse == PARSE_BAD)
		snprintf(verdict, cap, "bad\t%s", why);
	else if (parse == PARSE_MORE)
		snprintf(verdict, cap, "more");
	else if (msg.is_request)
		snprintf(verdict, cap, "ok\t%.*s", VIEW_ARG(msg.method));
	else
		snprintf(verdict, cap, "ok\t%u", msg.code);
	free(copy);
	return parse;
}

static FILE *open_data(const char *name, const char *suffix)
{
	const char *srcdir = getenv("srcdir");
	char path[512];

	snprintf(path, sizeof(path), "%s/tests/data/sip/%s%s", srcdir != NULL ? srcdir : ".", name,
		 suffix);
	FILE *file = fopen(path, "rb");
	if (file == NULL)
		fail_msg("cannot read %s", path);
	return file;
}

/* Grows by a byte at a time: nothing but "more" before the answer, and no change of it after. */
static void replay_bytewise(const char *name, struct view bytes, const char *wanted)
{
	char verdict[160], first[160] = "more";
	size_t used = 0, first_used = 0, needed = 0;

	for (size_t n = 0; n <= bytes.n; n++) {
		enum parse parse = parse_copy(view_first(bytes, n), true, false, &used, verdict,
					      sizeof(verdict));
		if (parse == PARSE_MORE) {
			if (used <= n || used < needed || strcmp(first, "more") != 0)
				fail_msg("%s: more after %zu bytes", name, n);
			needed = used;
			continue;
		}
		if (n < needed)
			fail_msg("%s: %zu bytes were asked for, %zu do", name, needed, n);
		if (strcmp(first, "more") == 0) {
			snprintf(first, sizeof(first), "%s", verdict);
			first_used = used;
		}
		assert_string_equal(verdict, first);
		if (parse == PARSE_OK)
			assert_int_equal(used, first_used);
	}
	if (strcmp(first, "more") == 0)
		parse_copy(bytes, true, true, &used, first, sizeof(first));
	if (strcmp(first, "more") != 0 && strcmp(first, wanted) != 0)
		fail_msg("%s: byte by byte \"%s\", wanted \"%s\"", name, first, wanted);
}

static void replay(const char *name, const char *wanted)
{
	static char bytes[FILE_MAX];
	FILE *file = open_data(name, ".sip");
	struct view all = { bytes, fread(bytes, 1, sizeof(bytes), file) };
	char verdict[160];
	size_t used;

	fclose(file);
	assert_true(all.n < sizeof(bytes));
	parse_copy(all, false, false, &used, verdict, sizeof(verdict));
	if (strcmp(verdict, wanted) != 0)
		fail_msg("%s: datagram \"%s\", wanted \"%s\"", name, verdict, wanted);
	parse_copy(all, true, true, &used, verdict, sizeof(verdict));
	if (strcmp(verdict, wanted) != 0 && strcmp(wanted, "bad\tno message") != 0)
		fail_msg("%s: stream \"%s\", wanted \"%s\"", name, verdict, wanted);
	replay_bytewise(name, all, wanted);
}

static void every_message_of_the_corpus_gets_its_verdict(void **state)
{
	FILE *file = open_data("VERDICTS", "");
	char line[256];
	unsigned cases = 0;

	(void)state;
	while (fgets(line, sizeof(line), file) != NULL) {
		char *verdict = strchr(line, '\t');
		char *source = strrchr(line, '\t');
		if (line[0] == '#')
			continue;
		assert_true(verdict != NULL && source > verdict);
		*verdict++ = '\0';
		*source = '\0';
		replay(line, verdict);
		cases++;
	}
	fclose(file);
	assert_true(cases >= CASES_MIN);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_message_of_the_corpus_gets_its_verdict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
