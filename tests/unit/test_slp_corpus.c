/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lib/proto/slp: every message of tests/data/slp, most of them from OpenSLP 2.0.0, means what
 * MEANINGS says, and neither a cut nor what follows nor a wrong field is taken for something else. */
#include "proto/slp.h"
#include "base/hex.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
	FILE_MAX = 512,
	TEXT_MAX = 1024,
	TRAILING = 31110,
	DATAGRAM_MAX = 1400,
	NAME_MAX_BYTES = 64
};

static const char *const READINGS[] = { "whole", "cut", "broken", "foreign" };

static void data_path(char *path, size_t cap, const char *name)
{
	const char *srcdir = getenv("srcdir");

	snprintf(path, cap, "%s/tests/data/slp/%s", srcdir != NULL ? srcdir : ".", name);
}

struct bytes {
	size_t n;
	char at[FILE_MAX + TRAILING];
};

static void load(const char *name, struct bytes *out)
{
	char path[512], file_name[NAME_MAX_BYTES];

	snprintf(file_name, sizeof(file_name), "%s.bin", name);
	data_path(path, sizeof(path), file_name);
	FILE *file = fopen(path, "rb");
	if (file == NULL)
		fail_msg("cannot read %s", path);
	out->n = fread(out->at, 1, FILE_MAX, file);
	fclose(file);
	assert_true(out->n < FILE_MAX);
}

static void wr_visible(struct wr *w, const char *label, struct view text)
{
	if (text.n == 0)
		return;
	wr_str(w, label);
	for (size_t i = 0; i < text.n; i++)
		wr_byte(w, text.p[i] >= ' ' && text.p[i] <= '~' ? text.p[i] : '.');
}

/* A line of MEANINGS behind the name. */
static enum slp_reading describe(struct view bytes, struct slp_msg *msg, struct wr *w)
{
	enum slp_reading reading = slp_decode(bytes, msg);
	struct slp_url entry;
	struct view type;

	wr_fmt(w, "%s\t", READINGS[reading]);
	if (reading == SLP_FOREIGN)
		return reading;
	wr_fmt(w, "v%u %s xid %04x flags %04x", msg->version,
	       slp_function_name(msg->version, msg->function), msg->xid, msg->flags);
	wr_visible(w, " lang ", msg->language.n > 0 ? msg->language : VIEW("-"));
	if (msg->encoding != 0)
		wr_fmt(w, " encoding %u", msg->encoding);
	if (msg->has_error)
		wr_fmt(w, " error %u", msg->error);
	wr_visible(w, " url ", msg->url);
	wr_visible(w, " type ", msg->type);
	wr_visible(w, " scopes ", msg->scopes);
	wr_visible(w, " after ", msg->previous);
	wr_visible(w, " attributes ", msg->attributes);
	if (msg->boot_time != 0)
		wr_fmt(w, " boot %u", msg->boot_time);
	if (msg->mandatory != 0)
		wr_fmt(w, " mandatory %04x", msg->mandatory);
	bool counts = msg->function == SLP_SRV_RPLY ||
		      (msg->function == SLP_SRV_TYPE_RPLY && msg->version == 1);
	if (counts && msg->has_error && msg->error == 0)
		wr_fmt(w, " count %u", msg->stated);
	struct slp_items items = msg->items;
	while (slp_next_url(&items, &entry)) {
		wr_fmt(w, ", %u ", entry.lifetime_s);
		wr_visible(w, "", entry.url);
	}
	while (slp_next_type(&items, &type))
		wr_visible(w, ", ", type);
	return reading;
}

/* At the end of its storage, so that the address sanitizer sees a read behind it. */
static enum slp_reading describe_copy(struct view bytes, struct slp_msg *msg, char *text)
{
	struct wr w = wr_over(text, TEXT_MAX - 1);
	char *copy = malloc(1 + bytes.n);

	assert_non_null(copy);
	memcpy(copy + 1, bytes.p, bytes.n);
	enum slp_reading reading = describe((struct view){ copy + 1, bytes.n }, msg, &w);
	free(copy);
	assert_false(w.full);
	text[w.n] = '\0';
	return reading;
}

typedef void visit(const char *name, struct bytes *bytes, const char *meaning);

/* Calls `each` for the lines of MEANINGS; gives how many there are. */
static unsigned for_each(visit *each)
{
	static struct bytes bytes;
	char path[512], line[TEXT_MAX];
	unsigned n = 0;

	data_path(path, sizeof(path), "MEANINGS");
	FILE *file = fopen(path, "r");
	if (file == NULL)
		fail_msg("cannot read %s", path);
	while (fgets(line, sizeof(line), file) != NULL) {
		char *meaning = strchr(line, '\t');
		if (line[0] == '#')
			continue;
		assert_non_null(meaning);
		*meaning++ = '\0';
		meaning[strcspn(meaning, "\n")] = '\0';
		load(line, &bytes);
		each(line, &bytes, meaning);
		n++;
	}
	fclose(file);
	return n;
}

static void check_meaning(const char *name, struct bytes *bytes, const char *meaning)
{
	char text[TEXT_MAX];
	struct slp_msg msg;
	enum slp_reading reading = describe_copy((struct view){ bytes->at, bytes->n }, &msg, text);

	if (msg.trailing > 0)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), " trailing %zu",
			 msg.trailing);
	if (strcmp(text, meaning) != 0)
		fail_msg("%s: \"%s\", wanted \"%s\"", name, text, meaning);
	assert_int_equal(msg.why != NULL, reading == SLP_CUT || reading == SLP_BROKEN);
	assert_int_equal(msg.auth_blocks, 0);
}

static unsigned count_files(void)
{
	char path[512];
	unsigned n = 0;

	data_path(path, sizeof(path), "");
	DIR *folder = opendir(path);
	assert_non_null(folder);
	for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
		size_t length = strlen(entry->d_name);
		n += length > 4 && strcmp(entry->d_name + length - 4, ".bin") == 0;
	}
	closedir(folder);
	return n;
}

static void every_message_means_what_its_line_says(void **state)
{
	(void)state;
	assert_int_equal(for_each(check_meaning), count_files());
}

static void check_trailing(const char *name, struct bytes *bytes, const char *meaning)
{
	char text[TEXT_MAX];
	struct slp_msg msg;

	if (strncmp(meaning, "whole", 5) != 0)
		return;
	for (size_t i = 0; i < TRAILING; i++)
		bytes->at[bytes->n + i] = (char)(i % 251);
	describe_copy((struct view){ bytes->at, bytes->n + TRAILING }, &msg, text);
	if (strcmp(text, meaning) != 0)
		fail_msg("%s: \"%s\", wanted \"%s\"", name, text, meaning);
	assert_int_equal(msg.length, bytes->n);
	assert_int_equal(msg.trailing, TRAILING);
}

static void what_follows_a_message_changes_nothing(void **state)
{
	(void)state;
	for_each(check_trailing);
}

/* The items of a prefix are the first items of the whole. */
static void check_prefixes(const char *name, struct bytes *bytes, const char *meaning)
{
	struct view all = { bytes->at, bytes->n };
	size_t length = slp_stream_length(all, SIZE_MAX - 1);
	char text[TEXT_MAX];
	struct slp_msg msg;

	for (size_t n = 0; n < all.n; n++) {
		bool is_slp = length != SIZE_MAX && n >= (all.p[0] == 1 ? 4 : 5);
		enum slp_reading wanted = is_slp ? SLP_CUT : SLP_FOREIGN;
		enum slp_reading reading = describe_copy(view_first(all, n), &msg, text);

		if (strncmp(meaning, "whole", 5) == 0 && reading != wanted)
			fail_msg("%s: %zu bytes are %s", name, n, READINGS[reading]);
		if (reading == SLP_WHOLE)
			fail_msg("%s: %zu bytes are whole", name, n);
		if (strchr(text, ',') != NULL && strncmp(meaning, "whole", 5) == 0 &&
		    strstr(meaning, strchr(text, ',')) == NULL)
			fail_msg("%s: %zu bytes hold \"%s\"", name, n, text);
	}
}

static void no_prefix_of_a_message_is_whole(void **state)
{
	(void)state;
	for_each(check_prefixes);
}

static void check_stream(const char *name, struct bytes *bytes, const char *meaning)
{
	struct view all = { bytes->at, bytes->n };
	struct slp_msg msg;

	if (strncmp(meaning, "whole", 5) != 0)
		return;
	slp_decode(all, &msg);
	for (size_t n = 0; n <= all.n; n++) {
		size_t wanted = n < (all.p[0] == 1 ? 4 : 5) ? 0 : msg.length;
		if (slp_stream_length(view_first(all, n), msg.length) != wanted)
			fail_msg("%s: stream of %zu bytes", name, n);
		if (wanted > 0)
			assert_true(slp_stream_length(view_first(all, n), msg.length - 1) ==
				    SIZE_MAX);
	}
}

static void a_stream_tells_the_length_as_soon_as_it_is_there(void **state)
{
	(void)state;
	for_each(check_stream);
}

/* As slpd sends it when its reply does not fit: 1400 bytes, of which the first 128 are recorded. */
static void load_cut_overflow(struct bytes *bytes)
{
	enum { FIRST_ENTRY = 20, URL_BYTES = 135, ENTRY_BYTES = 5 + URL_BYTES + 1 };

	load("overflow-60x1200-udp-rep-head", bytes);
	for (; bytes->n < FIRST_ENTRY + 5 + URL_BYTES; bytes->n++)
		bytes->at[bytes->n] = 'A';
	bytes->at[bytes->n++] = 0;
	for (; bytes->n < DATAGRAM_MAX; bytes->n++)
		bytes->at[bytes->n] = bytes->at[bytes->n - ENTRY_BYTES];
}

static void a_cut_overflow_gives_the_entries_that_are_there(void **state)
{
	static struct bytes bytes;
	struct slp_url entry;
	struct slp_msg msg;

	(void)state;
	load_cut_overflow(&bytes);
	assert_int_equal(slp_decode((struct view){ bytes.at, bytes.n }, &msg), SLP_CUT);
	assert_int_equal(msg.length, 79723);
	assert_int_equal(msg.stated, 83);
	assert_true((msg.flags & SLP_FLAG_OVERFLOW) != 0);
	for (int i = 0; i < 9; i++) {
		assert_true(slp_next_url(&msg.items, &entry));
		assert_true(view_starts(entry.url, VIEW("service:amp.eicon://10.44.0.9:1000/")));
		assert_int_equal(entry.lifetime_s, 615);
	}
	assert_false(slp_next_url(&msg.items, &entry));
	assert_false(slp_next_url(&msg.items, &entry));
	assert_int_equal(msg.items.stated, 74);
}

struct change {
	const char *name;
	size_t at;
	const char *hex;
	const char *wanted; /* how the line begins, or what is wrong */
};

static void check_change(const struct change *change)
{
	static struct bytes bytes;
	char text[TEXT_MAX];
	size_t column;
	struct slp_msg msg;
	const char *why;

	load(change->name, &bytes);
	struct wr w = wr_over(bytes.at + change->at, bytes.n - change->at);
	assert_true(hex_parse(view_of(change->hex), &w, &column, &why));
	describe_copy((struct view){ bytes.at, bytes.n }, &msg, text);
	bool same = msg.why != NULL ? strcmp(msg.why, change->wanted) == 0
				    : strncmp(text, change->wanted, strlen(change->wanted)) == 0;
	if (!same)
		fail_msg("%s with %s at %zu: \"%s\", %s", change->name, change->hex, change->at,
			 text, msg.why != NULL ? msg.why : "");
}

#define V1_URLS "v1-da-srvrqst-diva-noscope-rep"
#define FEWER_URLS "it has fewer URL entries than it says"
#define MORE_BYTES "it has bytes behind its last field"
#define BEYOND "a field reaches beyond its end"
#define CUT "longer than the bytes that came"

static void a_changed_field_is_what_it_then_says(void **state)
{
	static const struct change changes[] = {
		{ "v2-srvrqst-diva-rep", 0, "01", "its length is smaller than its header" },
		{ "v2-srvrqst-diva-rep", 0, "03", "foreign" },
		{ "v2-srvrqst-diva-rep", 1, "0c", "foreign" },
		{ "v2-srvrqst-diva-rep", 1, "00", "foreign" },
		{ "v2-srvrqst-diva-rep", 2, "000043", CUT },
		{ "v2-srvrqst-diva-rep", 2, "010042", CUT },
		{ "v2-srvrqst-diva-rep", 2, "000041", FEWER_URLS },
		{ "v2-srvrqst-diva-rep", 2, "000013", BEYOND },
		{ "v2-srvrqst-diva-rep", 2, "00000e", BEYOND },
		{ "v2-srvrqst-diva-rep", 2, "00000d", "its length is smaller than its header" },
		{ "v2-srvrqst-diva-rep", 5, "8000",
		  "whole\tv2 SrvRply xid 1234 flags 8000 lang en" },
		{ "v2-srvrqst-diva-rep", 7, "00000f", "an extension begins in the header" },
		{ "v2-srvrqst-diva-rep", 7, "000010", BEYOND },
		{ "v2-srvrqst-diva-rep", 7, "000041", FEWER_URLS },
		{ "v2-srvrqst-diva-rep", 7, "000042", BEYOND },
		{ "v2-srvrqst-diva-rep", 7, "ffffff", BEYOND },
		{ "v2-srvrqst-diva-rep", 10, "fedc",
		  "whole\tv2 SrvRply xid fedc flags 0000 lang en" },
		{ "v2-srvrqst-diva-rep", 12, "ffff", BEYOND },
		{ "v2-srvrqst-diva-rep", 18, "0000", MORE_BYTES },
		{ "v2-srvrqst-diva-rep", 18, "0002", FEWER_URLS },
		{ "v2-srvrqst-diva-rep", 18, "ffff", FEWER_URLS },
		{ "v2-srvrqst-diva-rep", 23, "0029", FEWER_URLS },
		{ "v2-srvrqst-diva-rep", 23, "0027", FEWER_URLS },
		{ "v2-srvrqst-diva-rep", 65, "01", FEWER_URLS },
		{ V1_URLS, 2, "0069", CUT },
		{ V1_URLS, 2, "000b", "its length is smaller than its header" },
		{ V1_URLS, 4, "20", FEWER_URLS },
		{ V1_URLS, 4, "80", "whole\tv1 SrvRply xid 1234 flags 8000 lang en encoding 3" },
		{ V1_URLS, 4, "a0", "cut by its sender" },
		{ V1_URLS, 14, "0003", FEWER_URLS },
		{ V1_URLS, 14, "0001", MORE_BYTES },
		{ "v1-da-typerqst-all-rep", 14, "0006", "it has fewer service types than it says" },
		{ "v1-da-typerqst-all-rep", 14, "0004", MORE_BYTES },
		{ "v1-da-attrrqst-type-rep", 14, "007f", BEYOND },
		{ "v1-da-attrrqst-type-rep", 14, "007d", MORE_BYTES },
		{ "v2-typerqst-all-rep", 18, "003d", BEYOND },
		{ "v2-typerqst-all-rep", 18, "003b", MORE_BYTES },
		{ "v2-attrrqst-type-rep", 18, "007f", BEYOND },
		{ "v2-attrrqst-type-rep", 146, "01", BEYOND },
		{ "v2-da-srvrqst-da-rep", 0, "01", "its length is smaller than its header" },
		{ "v2-da-srvrqst-da-rep", 72, "01", BEYOND },
		{ "v2-srvrqst-sa-rep", 62, "01", BEYOND },
		{ "v2-srvrqst-badscope-rep", 16, "0000",
		  "whole\tv2 SrvRply xid 1234 flags 0000 lang en"
		  " error 0 count 0" },
		{ "v2-srvrqst-diva-rep", 16, "000a",
		  "whole\tv2 SrvRply xid 1234 flags 0000 lang en"
		  " error 10" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++)
		check_change(&changes[i]);
}

/* A whole reply may be flagged, and one that its sender cut to its own length is no lie. */
static void an_overflow_within_the_length_is_told_by_its_flag(void **state)
{
	static struct bytes bytes;
	struct slp_msg msg;

	(void)state;
	load_cut_overflow(&bytes);
	memcpy(bytes.at + 2, "\0\5\170", 3);
	assert_int_equal(slp_decode((struct view){ bytes.at, bytes.n }, &msg), SLP_CUT);
	assert_string_equal(msg.why, "cut by its sender");
	bytes.at[5] = 0;
	assert_int_equal(slp_decode((struct view){ bytes.at, bytes.n }, &msg), SLP_BROKEN);
	assert_string_equal(msg.why, FEWER_URLS);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_message_means_what_its_line_says),
		cmocka_unit_test(what_follows_a_message_changes_nothing),
		cmocka_unit_test(no_prefix_of_a_message_is_whole),
		cmocka_unit_test(a_stream_tells_the_length_as_soon_as_it_is_there),
		cmocka_unit_test(a_cut_overflow_gives_the_entries_that_are_there),
		cmocka_unit_test(a_changed_field_is_what_it_then_says),
		cmocka_unit_test(an_overflow_within_the_length_is_told_by_its_flag),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
