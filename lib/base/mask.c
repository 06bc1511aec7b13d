/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Masks of replies; see mask.h. What reads the text leaves it at the place that an error is about. */
#include "base/mask.h"

#include "base/text.h"

#include <string.h>

static const char BLANKS[] = " \t";

static bool take_digit(struct view *text, unsigned *value)
{
	struct view digits = VIEW("0123456789abcdefABCDEF");
	size_t at = text->n > 0 ? view_find(digits, text->p[0]) : digits.n;

	if (at == digits.n)
		return false;
	*value = *value << 4 | (unsigned)(at < 16 ? at : at - 6);
	*text = view_skip(*text, 1);
	return true;
}

static const char *take_byte(struct view *text, struct mask *mask)
{
	unsigned value = 0;

	if (!take_digit(text, &value))
		return "two hexadecimal digits, .., {NAME:KIND} or * is expected here";
	if (!take_digit(text, &value))
		return "a byte has two hexadecimal digits";
	mask->value[mask->bytes++] = (uint8_t)value;
	return NULL;
}

static const char *take_name(struct view *text, struct mask *mask, struct mask_capture *capture)
{
	struct view rest = *text;
	struct view name = view_take_while(&rest, "abcdefghijklmnopqrstuvwxyz0123456789_");

	if (name.n == 0 || name.p[0] < 'a' || name.p[0] > 'z')
		return "the name of a capture begins with a letter from a to z";
	if (name.n > MASK_NAME_MAX)
		return "the name of a capture has at most 19 characters";
	for (unsigned i = 0; i < mask->captures; i++)
		if (view_eq(view_of(mask->capture[i].name), name))
			return "a capture before has this name";
	memcpy(capture->name, name.p, name.n);
	capture->name[name.n] = '\0';
	*text = rest;
	return view_take_char(text, ':') ? NULL : "a colon, a to z, 0 to 9 or _ is expected here";
}

/* The N of hexN and textN. */
static bool read_length(struct view digits, uint8_t *bytes)
{
	uint64_t n;

	if (!text_u64(digits, MASK_TEXT_MAX, &n) || digits.p[0] == '0')
		return false;
	*bytes = (uint8_t)n;
	return true;
}

static bool read_kind(struct view word, struct mask_capture *capture)
{
	static const struct {
		const char *word;
		enum mask_kind kind;
		uint8_t bytes;
	} numbers[] = {
		{ "u8", MASK_U8, 1 },	    { "u16", MASK_U16, 2 },	{ "u32", MASK_U32, 4 },
		{ "u16le", MASK_U16LE, 2 }, { "u32le", MASK_U32LE, 4 },
	};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		capture->kind = numbers[i].kind;
		capture->bytes = numbers[i].bytes;
		if (view_eq(word, view_of(numbers[i].word)))
			return true;
	}
	if (view_starts(word, VIEW("hex"))) {
		capture->kind = MASK_HEX;
		return read_length(view_skip(word, 3), &capture->bytes);
	}
	capture->kind = MASK_TEXT;
	return view_starts(word, VIEW("text")) && read_length(view_skip(word, 4), &capture->bytes);
}

static const char *take_capture(struct view *text, struct mask *mask)
{
	if (mask->captures == MASK_CAPTURES_MAX)
		return "there are more than 8 captures";

	struct mask_capture *capture = &mask->capture[mask->captures];
	const char *why = take_name(text, mask, capture);
	struct view rest = *text;

	if (why != NULL)
		return why;
	if (!read_kind(view_take_while(&rest, "abcdefghijklmnopqrstuvwxyz0123456789"), capture))
		return "u8, u16, u32, u16le, u32le, hex1 to 64 or text1 to 64 is expected here";
	if (capture->bytes > MASK_STEPS_MAX - mask->bytes)
		return "there are more than 512 bytes";
	*text = rest;
	if (!view_take_char(text, '}'))
		return "a } is expected here";
	capture->at = mask->bytes;
	for (unsigned i = 0; i < capture->bytes; i++)
		mask->any[mask->bytes++] = true;
	mask->captures++;
	return NULL;
}

static const char *take_item(struct view *text, struct mask *mask)
{
	if (mask->open_end)
		return "nothing may follow the *";
	if (view_take_char(text, '*')) {
		mask->open_end = true;
		return NULL;
	}
	if (mask->bytes == MASK_STEPS_MAX)
		return "there are more than 512 bytes";
	if (view_take_char(text, '{'))
		return take_capture(text, mask);
	if (!view_starts(*text, VIEW("..")))
		return take_byte(text, mask);
	*text = view_skip(*text, 2);
	mask->any[mask->bytes++] = true;
	return NULL;
}

bool mask_parse(struct view text, struct mask *out, size_t *column, const char **why)
{
	struct view rest = text;

	*out = (struct mask){ .bytes = 0 };
	*why = NULL;
	view_take_while(&rest, BLANKS);
	if (rest.n == 0)
		*why = "there is no mask";
	while (*why == NULL && rest.n > 0) {
		*why = take_item(&rest, out);
		if (*why == NULL)
			view_take_while(&rest, BLANKS);
	}
	*column = text.n - rest.n + 1;
	return *why == NULL;
}

bool mask_matches(const struct mask *mask, struct view reply)
{
	if (reply.n < mask->bytes || (reply.n > mask->bytes && !mask->open_end))
		return false;
	for (size_t i = 0; i < mask->bytes; i++)
		if (!mask->any[i] && (uint8_t)reply.p[i] != mask->value[i])
			return false;
	return true;
}

struct view mask_captured(const struct mask *mask, unsigned i, struct view reply)
{
	if (i >= mask->captures)
		return VIEW("");
	const struct mask_capture *capture = &mask->capture[i];
	struct view from = view_skip(reply, capture->at);
	return from.n < capture->bytes ? VIEW("") : view_first(from, capture->bytes);
}

bool mask_number(const struct mask *mask, unsigned i, struct view reply, uint32_t *out)
{
	struct view bytes = mask_captured(mask, i, reply);

	if (bytes.n == 0 || mask->capture[i].kind >= MASK_HEX)
		return false;
	bool little = mask->capture[i].kind == MASK_U16LE || mask->capture[i].kind == MASK_U32LE;
	*out = 0;
	for (size_t k = 0; k < bytes.n; k++)
		*out = *out << 8 | (uint8_t)bytes.p[little ? bytes.n - 1 - k : k];
	return true;
}
