/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pieces of SIP's grammar; see sip_grammar.h, and sip_msg.h for parameters and folds. */
#include "proto/sip_grammar.h"

#include "proto/sip_msg.h"

#include <string.h>

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_token(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr("-.!%*_+`'~", c) != NULL);
}

static bool is_control(char c)
{
	return (unsigned char)c < ' ' || c == 0x7f;
}

/* gen-value without quotes: a token or a host, brackets and colons included. */
static bool is_plain_value(char c)
{
	return c != ' ' && !is_control(c) && strchr(";,\"<>", c) == NULL;
}

static struct view take_run(struct view *v, bool (*belongs)(char))
{
	size_t n = 0;

	while (n < v->n && belongs(v->p[n]))
		n++;
	struct view run = view_first(*v, n);
	*v = view_skip(*v, n);
	return run;
}

struct view sip_take_token(struct view *v)
{
	return take_run(v, is_token);
}

bool sip_take_space(struct view *v)
{
	return take_run(v, is_space).n > 0;
}

bool sip_take_mark(struct view *v, char c)
{
	struct view rest = *v;

	sip_take_space(&rest);
	if (!view_take_char(&rest, c))
		return false;
	sip_take_space(&rest);
	*v = rest;
	return true;
}

bool sip_take_quoted(struct view *v, struct view *inside)
{
	size_t end = 1;

	if (v->n == 0 || v->p[0] != '"')
		return false;
	while (end < v->n && v->p[end] != '"')
		end += v->p[end] == '\\' ? 2 : 1;
	if (end >= v->n)
		return false;
	*inside = view_skip(view_first(*v, end), 1);
	*v = view_skip(*v, end + 1);
	return true;
}

bool sip_is_clean(struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		if (is_control(v.p[i]))
			return false;
	return true;
}

static bool take_value(struct view *v, struct view *value)
{
	struct view start = *v, inside;

	if (sip_take_quoted(v, &inside))
		*value = view_first(start, inside.n + 2);
	else
		*value = take_run(v, is_plain_value);
	return value->n > 0;
}

bool sip_param_next(struct view *params, struct view *name, struct view *value)
{
	struct view rest = *params;

	sip_take_space(&rest);
	*params = rest;
	*value = (struct view){ "", 0 };
	sip_take_mark(&rest, ';');
	*name = sip_take_token(&rest);
	if (name->n == 0 || (sip_take_mark(&rest, '=') && !take_value(&rest, value)))
		return false;
	sip_take_space(&rest);
	if (rest.n > 0 && rest.p[0] != ';' && rest.p[0] != ',')
		return false;
	*params = rest;
	return true;
}

void sip_wr_unfolded(struct wr *w, struct view value)
{
	for (;;) {
		size_t at = view_find(value, '\n');
		struct view line = view_first(value, at);
		if (at == value.n) {
			wr_put(w, value);
			return;
		}
		while (line.n > 0 && is_space(line.p[line.n - 1]))
			line.n--;
		wr_put(w, line);
		wr_byte(w, ' ');
		value = view_skip(value, at);
		sip_take_space(&value);
	}
}
