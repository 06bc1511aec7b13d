/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a section of SNMP credentials may say, and that no clause tells a secret. */
#define _GNU_SOURCE
#include "access_place.h"

#include <stdio.h>
#include <string.h>

/* What a [default] section of these lines gives; they begin in line 2. */
static const char *find(struct place *place, unsigned flags, const char *lines)
{
	char text[TEXT_MAX];

	assert_true(snprintf(text, sizeof(text), "[default]\n%s", lines) < TEXT_MAX);
	take(place, flags, view_of(text));
	const char *shown = find_named(place, "pbx");
	snmp_access_free(&place->access);
	return shown;
}

struct row {
	unsigned flags;
	const char *lines, *wanted;
};

static void check_rows(struct place *place, const struct row *row, size_t count)
{
	for (size_t i = 0; i < count; i++)
		assert_string_equal(find(place, row[i].flags, row[i].lines), row[i].wanted);
}
#define CHECK_ROWS(place, row) check_rows(place, row, sizeof(row) / sizeof((row)[0]))

static void a_section_is_for_the_wanted_version(void **state)
{
	static const struct row row[] = {
		{ V3, USER PASSES, "mon SHA-256 AES-128 S3cr3t-a S3cr3t-p" },
		{ V3, USER PASSES "community=x", "mon SHA-256 AES-128 S3cr3t-a S3cr3t-p" },
		{ V3, USER PASSES "engine-id=" BYTES_5,
		  "mon SHA-256 AES-128 S3cr3t-a S3cr3t-p @" BYTES_5 },
		{ V3, USER KEYS "engine-id=0x" BYTES_5,
		  "mon SHA-256 AES-128 " BYTES_32 " " BYTES_16 " @" BYTES_5 },
		{ V3, " priv : AES-256 \r\n\tauth = SHA-512\r\n# c\nuser: mon\n\n" PASSES,
		  "mon SHA-512 AES-256 S3cr3t-a S3cr3t-p" },
		{ V2C, "community=" SECRET, "v2c " SECRET },
		{ V2C, "community = a b;c#d\xC3\xA4", "v2c a b;c#d\xC3\xA4" },
		{ V2C, "community=x\nuser=mon\nauth=MD5\nauth-key=zz", "v2c x" },
		{ V2C, USER PASSES, "ini:1: community: missing" },
	};

	CHECK_ROWS(*state, row);
}

static const struct row wrong[] = {
	{ V3, "", "ini:1: user: missing" },
	{ V3, "community=" SECRET, "ini:1: user: missing" },
	{ V3, USER, "ini:1: auth-passphrase: missing" },
	{ V3, USER "auth-passphrase=" SECRET "-a", "ini:1: priv-passphrase: missing" },
	{ V3, USER "priv-passphrase=" SECRET "-p", "ini:1: auth-passphrase: missing" },
	{ V3, USER "auth-passphrase=" SECRET "1\npriv-passphrase=" SECRET "-p",
	  "ini:3: auth-passphrase: less than 8 bytes" },
	{ V3, USER "auth-passphrase=" SECRET "-a\npriv-passphrase=" SECRET "1",
	  "ini:4: priv-passphrase: less than 8 bytes" },
	{ V3, USER PASSES "user=" SECRET, "ini:5: user: given twice" },
	{ V3, USER PASSES "auth-passphrase=" SECRET "-a", "ini:5: auth-passphrase: given twice" },
	{ V2C, "community=" SECRET "\ncommunity=" SECRET, "ini:3: community: given twice" },
	{ V3, USER PASSES "community=", "ini:5: community: the value is empty" },
	{ V3, "user", "ini:2: user: the value is empty" },
	{ V3, USER "\n# c\n" PASSES "password=" SECRET,
	  "ini:7: unknown key, the known ones are community user auth priv "
	  "auth-passphrase priv-passphrase auth-key priv-key engine-id" },
	{ V2C, "community=x\n" SECRET,
	  "ini:3: unknown key, the known ones are community user auth priv "
	  "auth-passphrase priv-passphrase auth-key priv-key engine-id" },
	{ V2C, "Community=x",
	  "ini:2: unknown key, the known ones are community user auth priv "
	  "auth-passphrase priv-passphrase auth-key priv-key engine-id" },
	{ V3, USER PASSES "auth=" SECRET,
	  "ini:5: auth: unknown, the known ones are none MD5 SHA-1 SHA-224 SHA-256 SHA-384 "
	  "SHA-512" },
	{ V3, USER PASSES "priv=" SECRET,
	  "ini:5: priv: unknown, the known ones are none DES AES-128 AES-192 AES-256" },
	{ V3, USER KEYS, "ini:1: engine-id: missing, a localized key is of one engine" },
	{ V3, USER "engine-id=" BYTES_5 "\nauth-key=" BYTES_32, "ini:1: priv-key: missing" },
	{ V3, USER "engine-id=" BYTES_5 "\npriv-key=" BYTES_16, "ini:1: auth-key: missing" },
	{ V3, USER PASSES KEYS "engine-id=" BYTES_5,
	  "ini:3: auth-passphrase: a section has passphrases or keys, not both" },
	{ V3, USER PASSES "priv-key=" BYTES_16 "\nengine-id=" BYTES_5,
	  "ini:3: auth-passphrase: a section has passphrases or keys, not both" },
	{ V3, USER "auth-key=" BYTES_32 "\npriv-passphrase=" SECRET "-p\nengine-id=" BYTES_5,
	  "ini:4: priv-passphrase: a section has passphrases or keys, not both" },
	{ V3, USER PASSES "engine-id=80001f88", "ini:5: engine-id: less than 5 bytes" },
	{ V3, USER PASSES "engine-id=0x", "ini:5: engine-id: less than 5 bytes" },
	{ V3, USER PASSES "engine-id=" BYTES_32 "00",
	  "ini:5: engine-id: column 67: there are too many bytes" },
	{ V3, USER PASSES "engine-id=80001f8g",
	  "ini:5: engine-id: column 8: a byte has two hexadecimal digits" },
	{ V3, USER "auth-key=" SECRET "\npriv-key=" BYTES_16 "\nengine-id=" BYTES_5,
	  "ini:3: auth-key: column 1: a hexadecimal digit is expected here" },
	{ V3, USER "auth-key=" BYTES_32 "\npriv-key=0x" BYTES_5 "0\nengine-id=" BYTES_5,
	  "ini:4: priv-key: column 14: a byte has two hexadecimal digits" },
	{ V3, "user=123456789012345678901234567890123\n" PASSES,
	  "ini:2: user: more than 32 bytes" },
	{ V3, USER "\n" SECRET "\x01=1", "ini:4: holds a control character" },
	{ V3, USER "auth-passphrase " SECRET,
	  "ini:3: the name is not one plain word, or no \"=\" follows" },
	{ V3, USER "auth-passphrase=" SECRET " ;x",
	  "ini:3: a semicolon behind a blank, but comments need a line of their own" },
};

static void what_is_wrong_is_named_with_its_line(void **state)
{
	CHECK_ROWS(*state, wrong);
}

static void what_is_weak_needs_insecure(void **state)
{
	static const struct row row[] = {
		{ V3, USER PASSES "auth=MD5", "ini:5: auth: MD5 needs --insecure" },
		{ V3, USER PASSES "priv=des", "ini:5: priv: DES needs --insecure" },
		{ V3, USER PASSES "auth=None", "ini:5: auth: none needs --insecure" },
		{ V3, USER PASSES "priv=NONE", "ini:5: priv: none needs --insecure" },
		{ INSECURE, USER PASSES "auth=MD5\npriv=DES", "mon MD5 DES S3cr3t-a S3cr3t-p" },
		{ INSECURE, USER PASSES, "mon SHA-256 AES-128 S3cr3t-a S3cr3t-p" },
		{ INSECURE, USER "auth=none\npriv=none", "mon none none  " },
		{ INSECURE, USER "priv=none\nauth-passphrase=" SECRET "-a",
		  "mon SHA-256 none S3cr3t-a " },
		{ INSECURE, USER "priv=none\nauth-key=" BYTES_32 "\nengine-id=" BYTES_5,
		  "mon SHA-256 none " BYTES_32 "  @" BYTES_5 },
		{ INSECURE, USER "auth=none", "ini:3: auth: none needs priv = none" },
		{ INSECURE, USER PASSES "auth=none\npriv=DES",
		  "ini:5: auth: none needs priv = none" },
		{ INSECURE, USER PASSES "priv=none",
		  "ini:4: priv-passphrase: but the protocol is none" },
		{ INSECURE, USER "auth=none\npriv=none\nauth-key=" BYTES_32,
		  "ini:5: auth-key: but the protocol is none" },
	};

	CHECK_ROWS(*state, row);
}

static void protocols_have_their_usual_spellings(void **state)
{
	static const struct {
		const char *word, *wanted; /* NULL = unknown */
	} auth[] = {
		{ "MD5", "MD5" },	  { "md5", "MD5" },	    { "md-5", "MD5" },
		{ "SHA", "SHA-1" },	  { "sha1", "SHA-1" },	    { "SHA-1", "SHA-1" },
		{ "SHA224", "SHA-224" },  { "sha-224", "SHA-224" }, { "SHA256", "SHA-256" },
		{ "Sha-256", "SHA-256" }, { "SHA384", "SHA-384" },  { "SHA-384", "SHA-384" },
		{ "sha512", "SHA-512" },  { "SHA-512", "SHA-512" }, { "SHA-2", NULL },
		{ "SHA-25", NULL },	  { "SHA2567", NULL },	    { "-", NULL },
		{ "5", NULL },		  { "SH", NULL },	    { "HMAC-SHA-256", NULL },
	}, priv[] = {
		{ "DES", "DES" },	  { "des", "DES" },	    { "AES", "AES-128" },
		{ "aes128", "AES-128" },  { "AES-128", "AES-128" }, { "AES192", "AES-192" },
		{ "aes-192", "AES-192" }, { "AES256", "AES-256" },  { "AES-256", "AES-256" },
		{ "3DES", NULL },	  { "AES256C", NULL },	    { "AE", NULL },
	};
	char lines[400], wanted[200];

	for (size_t i = 0; i < sizeof(auth) / sizeof(auth[0]); i++) {
		snprintf(lines, sizeof(lines), USER PASSES "auth=%s", auth[i].word);
		snprintf(wanted, sizeof(wanted), "mon %s AES-128 S3cr3t-a S3cr3t-p",
			 auth[i].wanted != NULL ? auth[i].wanted : "");
		const char *got = find(*state, INSECURE, lines);
		if (auth[i].wanted != NULL)
			assert_string_equal(got, wanted);
		else
			assert_non_null(strstr(got, "ini:5: auth: unknown"));
	}
	for (size_t i = 0; i < sizeof(priv) / sizeof(priv[0]); i++) {
		snprintf(lines, sizeof(lines), USER PASSES "priv=%s", priv[i].word);
		snprintf(wanted, sizeof(wanted), "mon SHA-256 %s S3cr3t-a S3cr3t-p",
			 priv[i].wanted != NULL ? priv[i].wanted : "");
		const char *got = find(*state, INSECURE, lines);
		if (priv[i].wanted != NULL)
			assert_string_equal(got, wanted);
		else
			assert_non_null(strstr(got, "ini:5: priv: unknown"));
	}
}

/* `n` hexadecimal bytes, n at most SNMP_KEY_MAX + 1. */
static const char *hex_of(size_t n, char *buffer)
{
	struct wr w = wr_over(buffer, 2 * SNMP_KEY_MAX + 2);

	for (size_t i = 0; i < n; i++)
		wr_str(&w, "e7");
	buffer[w.n] = '\0';
	return buffer;
}

static void a_key_has_the_length_of_its_protocol(void **state)
{
	static const struct {
		const char *name;
		size_t bytes;
	} row[] = { { "MD5", 16 },     { "SHA-1", 20 },	  { "SHA-224", 28 }, { "SHA-256", 32 },
		    { "SHA-384", 48 }, { "SHA-512", 64 }, { "DES", 16 },     { "AES-128", 16 },
		    { "AES-192", 24 }, { "AES-256", 32 } };
	char lines[500], wanted[500], auth[2 * SNMP_KEY_MAX + 3], priv[2 * SNMP_KEY_MAX + 3];

	for (size_t i = 0; i < 10; i++) {
		bool is_auth = i < 6;
		for (size_t n = 0; n <= SNMP_KEY_MAX + 1; n++) {
			hex_of(is_auth ? n : 32, auth);
			hex_of(is_auth ? 16 : n, priv);
			snprintf(lines, sizeof(lines),
				 USER "%s=%s\nengine-id=" BYTES_5
				      "\nauth-key=0x%s\npriv-key=0x%s\n",
				 is_auth ? "auth" : "priv", row[i].name, auth, priv);
			const char *key = is_auth ? "ini:5: auth-key" : "ini:6: priv-key";
			if (n == row[i].bytes)
				snprintf(wanted, sizeof(wanted), "mon %s %s %s %s @" BYTES_5,
					 is_auth ? row[i].name : "SHA-256",
					 is_auth ? "AES-128" : row[i].name, auth, priv);
			else if (n > SNMP_KEY_MAX)
				snprintf(wanted, sizeof(wanted),
					 "%s: column 133: there are too many bytes", key);
			else
				snprintf(wanted, sizeof(wanted),
					 "%s: %zu bytes, but a key of %s has %zu", key, n,
					 row[i].name, row[i].bytes);
			assert_string_equal(find(*state, INSECURE, lines), wanted);
		}
	}
}

static void engine_ids_have_5_to_32_bytes(void **state)
{
	char lines[400], hex[2 * SNMP_KEY_MAX + 3];

	for (size_t n = 0; n < 40; n++) {
		snprintf(lines, sizeof(lines), USER PASSES "engine-id=0x%s", hex_of(n, hex));
		bool fine = strstr(find(*state, V3, lines), "mon ") != NULL;
		assert_int_equal(fine, n >= 5 && n <= 32);
	}
}

static void line_ends_marks_and_nuls_are_seen(void **state)
{
	struct place *place = *state;

	take(place, V2C, VIEW("\xEF\xBB\xBF[default]\r\ncommunity=x\r\n[pbx]\r\ncommunity=y"));
	assert_string_equal(find_named(place, "a"), "v2c x");
	assert_string_equal(find_named(place, "pbx"), "v2c y");
	take(place, V2C, VIEW("[default]\ncommunity=x\0y\n"));
	assert_string_equal(find_named(place, "a"), "ini:2: holds a control character");
	take(place, V2C, VIEW("[a\0b]\ncommunity=1\0\n[default]\ncommunity=x\n"));
	assert_string_equal(find_named(place, "a"), "v2c x");
}

static void a_long_value_is_whole_or_refused(void **state)
{
	char lines[600] = "community=";
	const size_t start = strlen(lines);
	size_t longest = 0;

	for (size_t n = 1; n < 500; n++) {
		lines[start + n - 1] = 'x';
		const char *got = find(*state, V2C, lines);
		if (strcmp(got, "ini:2: is too long for the ini library") == 0)
			continue;
		assert_int_equal(strlen(got), strlen("v2c ") + n);
		longest = n;
	}
	assert_in_range(longest, 2 * SNMP_KEY_MAX + 2, 498);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, place_new, place_free)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(a_section_is_for_the_wanted_version),
		TEST(what_is_wrong_is_named_with_its_line),
		TEST(what_is_weak_needs_insecure),
		TEST(protocols_have_their_usual_spellings),
		TEST(a_key_has_the_length_of_its_protocol),
		TEST(engine_ids_have_5_to_32_bytes),
		TEST(line_ends_marks_and_nuls_are_seen),
		TEST(a_long_value_is_whole_or_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
