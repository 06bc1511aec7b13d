/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Targets; see target.h. A target file is read whole and cut into strings in place. */
#include "cli/target.h"

#include "base/addr.h"
#include "base/escape.h"
#include "base/text.h"
#include "cli/file.h"

#include <string.h>

enum { FILE_BYTES_MAX = 64 << 20, HOST_MAX = 253, LABEL_MAX = 63 };

static bool is_printable(char c)
{
	return c >= 0x20 && c <= 0x7e && c != '|';
}

bool target_check(struct view spec, struct opt_error *error)
{
	if (spec.n == 0)
		return opt_error_set(error, "no target behind the \"=\"");
	if (spec.n > TARGET_LINE_MAX)
		return opt_error_set(error, "longer than %d bytes", TARGET_LINE_MAX);
	for (size_t i = 0; i < spec.n; i++)
		if (!is_printable(spec.p[i]) || spec.p[i] == ' ')
			return opt_error_value(error, spec,
					       "holds a blank, a vertical bar or a byte "
					       "outside of printable ASCII");
	return true;
}

static bool check_name(struct view name, struct opt_error *error)
{
	if (name.n == 0)
		return opt_error_set(error, "no name before the \"=\"");
	if (name.n > TARGET_NAME_MAX)
		return opt_error_set(error, "name longer than %d bytes", TARGET_NAME_MAX);
	for (size_t i = 0; i < name.n; i++)
		if (!is_printable(name.p[i]))
			return opt_error_value(error, name,
					       "holds a vertical bar or a byte outside "
					       "of printable ASCII");
	return true;
}

static struct view drop_comment(struct view line)
{
	for (size_t i = 0; i < line.n; i++)
		if (line.p[i] == '#' && (i == 0 || line.p[i - 1] == ' ' || line.p[i - 1] == '\t'))
			return view_first(line, i);
	return line;
}

static bool belongs_to_spec(char c)
{
	return c == ':' || c == ';' || c == '@' || c == '[';
}

bool target_line(struct view line, struct view *name, struct view *spec, struct opt_error *error)
{
	*name = (struct view){ "", 0 };
	*spec = *name;
	if (line.n > TARGET_LINE_MAX)
		return opt_error_set(error, "longer than %d bytes", TARGET_LINE_MAX);
	line = view_trim(drop_comment(line));
	if (line.n == 0)
		return true;
	struct view rest = line, head = view_take_until(&rest, '=');
	bool named = head.n < line.n;
	for (size_t i = 0; i < head.n && named; i++)
		named = !belongs_to_spec(head.p[i]);
	if (named) {
		*name = view_trim(head);
		if (!check_name(*name, error))
			return false;
		line = view_trim(rest);
	}
	*spec = line;
	return target_check(line, error);
}

/* What to call a target without a name. */
static const char *name_from(struct arena *arena, const char *spec)
{
	char buffer[ESCAPE_FIELD_MAX + 1];
	struct wr w = wr_over(buffer, sizeof(buffer));
	struct view text = view_of(spec);

	if (text.n <= ESCAPE_FIELD_MAX && view_find(text, ';') == text.n)
		return spec;
	wr_field(&w, text);
	return arena_text(arena, wr_view(&w));
}

static bool add(struct target_list *list, struct target target, struct opt_error *error)
{
	if (list->count == TARGETS_MAX)
		return opt_error_set(error, "more than %d targets", TARGETS_MAX);
	if (list->count == list->cap) {
		list->cap = list->cap > 0 ? 2 * list->cap : 16;
		list->item = mem_resize(list->item, list->cap, sizeof(*list->item));
	}
	list->item[list->count++] = target;
	return true;
}

/* Ends the view, which lies in `text` with a byte to spare behind it. */
static const char *terminate(char *text, struct view v)
{
	char *p = text + (v.p - text);

	p[v.n] = '\0';
	return p;
}

static bool add_line(struct target_list *list, struct arena *arena, char *text, struct view line,
		     unsigned number, struct opt_error *error)
{
	struct view name, spec;

	if (!target_line(line, &name, &spec, error))
		return false;
	if (spec.n == 0)
		return true;
	struct target target = { .spec = terminate(text, spec), .line = number };
	target.name = name.n > 0 ? terminate(text, name) : name_from(arena, target.spec);
	return add(list, target, error);
}

static bool add_file(struct target_list *list, struct arena *arena, const char *path,
		     int64_t timeout_us, struct opt_error *error)
{
	struct file_source source = { path, .max_bytes = FILE_BYTES_MAX, .timeout_us = timeout_us };
	struct opt_error why;
	struct file_text file;

	if (!file_read(arena, &source, &file, error))
		return false;
	struct view rest = { file.text, file.n };
	for (unsigned line = 1; rest.n > 0; line++)
		if (!add_line(list, arena, file.text, view_take_until(&rest, '\n'), line, &why))
			return file_error(error, path, line, why.text);
	return list->count > 0 || file_error(error, path, 0, "holds no target");
}

bool target_read(const struct common *common, struct arena *arena, struct target_list *list,
		 struct opt_error *error)
{
	const struct opt_list *given = &common->hostname;

	for (size_t i = 0; i < given->count; i++) {
		const char *spec = arena_text(arena, given->item[i]);
		if (!add(list, (struct target){ name_from(arena, spec), spec, 0 }, error))
			return false;
	}
	return common->targets.n == 0 ||
	       add_file(list, arena, arena_text(arena, common->targets), common->timeout_us, error);
}

void target_free(struct target_list *list)
{
	mem_free(list->item);
	*list = (struct target_list){ .count = 0 };
}

/* RFC 1123 2.1, and the underscore that real names have; the last label is not a number, because it
 * would be a mistyped address. */
static bool is_host_name(struct view host)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789-_";
	struct view label;
	uint64_t number;

	if (host.n > 1 && host.p[host.n - 1] == '.')
		host.n--;
	if (host.n > HOST_MAX)
		return false;
	do {
		label = view_take_while(&host, letters);
		if (label.n == 0 || label.n > LABEL_MAX || label.p[0] == '-')
			return false;
	} while (view_take_char(&host, '.'));
	return host.n == 0 && !text_u64(label, UINT64_MAX, &number);
}

bool target_check_addr(const struct addr *addr, struct opt_error *error)
{
	const char *why = addr_why_no_host(addr);

	return why == NULL || opt_error_set(error, "%s", why);
}

/* No port can be meant: "//" or a word behind the only colon. */
static bool is_like_uri(struct view spec)
{
	struct view rest = spec, scheme = view_take_until(&rest, ':');

	return scheme.n < spec.n && rest.n > 0 &&
	       (view_starts(rest, VIEW("//")) ||
		(view_find(rest, ':') == rest.n && view_find(VIEW("0123456789"), rest.p[0]) == 10));
}

bool target_split(struct view spec, struct view *host, uint16_t *port, struct opt_error *error)
{
	struct view rest = spec, behind = spec, name;
	uint64_t number = 0;
	struct addr addr;

	if (view_take_char(&rest, '[')) {
		name = view_take_until(&rest, ']');
		if (view_find(name, ':') == name.n || name.n + 1 == spec.n)
			return opt_error_set(error, "is not [IPv6 address]:port");
	} else if (is_like_uri(spec)) {
		return opt_error_set(error, "is neither HOST:PORT nor a URI of a known scheme");
	} else {
		struct view head = view_take_until(&behind, ':');
		bool one_colon = head.n < spec.n && view_find(behind, ':') == behind.n;
		name = one_colon ? head : spec;
		rest = view_skip(spec, name.n);
	}
	bool numeric = addr_parse(name, &addr);
	if (!numeric && !is_host_name(name))
		return opt_error_set(error, "is neither an address nor a host name");
	if (rest.n > 0 &&
	    (!view_take_char(&rest, ':') || !text_u64(rest, UINT16_MAX, &number) || number == 0))
		return opt_error_set(error, "has no port from 1 to 65535 behind the host");
	if (numeric && !target_check_addr(&addr, error))
		return false;
	*host = name;
	*port = (uint16_t)number;
	return true;
}
