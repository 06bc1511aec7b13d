/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * --emit director: a basket for Icinga Director that needs nothing else: the command with Debian's
 * path, a data field for each option, in categories that are the groups of --help, and a service
 * template.
 *
 * Director finds commands and templates by name, data fields by their content, and from 1.11 on all
 * three by uuid: with these a basket changes what an older one made. Director 1.10 refuses uuids;
 * without their lines it takes the same file.
 */
#include "cli/opt_argument.h"
#include "cli/opt_json.h"

#include <string.h>

struct basket {
	json_t *arguments, *variables, *categories, *fields;
	json_t *links; /* of the command to its fields */
};

static uint64_t fnv1a(uint64_t hash, struct view text)
{
	for (size_t i = 0; i < text.n; i++)
		hash = (hash ^ (unsigned char)text.p[i]) * 0x100000001b3;
	return hash;
}

/* Puts in front a uuid of version 8 (RFC 9562 5.8): FNV-1a of what the object is, and of that twice. */
static json_t *with_uuid(json_t *json, const char *kind, const char *name)
{
	char text[2 * OPT_NAME_MAX], digits[33] = "";
	struct wr key = wr_over(text, sizeof(text)), hex = wr_over(digits, sizeof(digits));

	wr_fmt(&key, OPT_SUITE "/%s/%s", kind, name);
	uint64_t once = fnv1a(0xcbf29ce484222325, wr_view(&key));
	wr_hex64(&hex, once);
	wr_hex64(&hex, fnv1a(once, wr_view(&key)));
	digits[12] = '8'; /* version */
	digits[16] = '8'; /* variant */
	json_t *uuid = json_sprintf("%.8s-%.4s-%.4s-%.4s-%.12s", digits, digits + 8, digits + 12,
				    digits + 16, digits + 20);
	json_t *front = json_pack("{s:o}", "uuid", uuid);
	json_object_update_new(front, json);
	return front;
}

static json_t *argument_of(const struct opt_argument *argument)
{
	const struct opt_macro *value = &argument->value, *set_if = &argument->set_if;
	json_t *json = json_object();

	if (value->is_code)
		json_object_set_new(
			json, "value",
			json_pack("{s:s, s:s}", "type", "Function", "body", value->text));
	else if (value->text[0] != '\0')
		json_object_set_new(json, "value", json_string(value->text));
	if (set_if->text[0] != '\0')
		json_object_set_new(json, "set_if", json_string(set_if->text));
	if (set_if->is_code)
		json_object_set_new(json, "set_if_format", json_string("expression"));
	if (argument->required)
		json_object_set_new(json, "required", json_true());
	if (argument->repeat_key)
		json_object_set_new(json, "repeat_key", json_true());
	if (argument->skip_key)
		json_object_set_new(json, "skip_key", json_true());
	json_object_set_new(json, "description", json_string(argument->description));
	return json;
}

/* Seconds have decimals, which Director's numbers have not. */
static const char *datatype(const struct program *program, const struct opt *opt)
{
	if (opt->type == OPT_FLAG)
		return "Boolean";
	if (opt->type == OPT_COUNT || opt->type == OPT_NUMBER)
		return "Number";
	return opt_may_repeat(program, opt) && !opt_is_target(opt) ? "Array" : "String";
}

/* All keys of an export are there, because a field is known by its content. */
static json_t *field_of(const struct opt_argument *argument, const char *type, const char *category)
{
	return with_uuid(json_pack("{s:s, s:s, s:s, s:s+, s:n, s:s, s:{}}", "varname",
				   argument->variable, "caption", argument->key, "description",
				   argument->description, "datatype",
				   "Icinga\\Module\\Director\\DataType\\DataType", type, "format",
				   "category", category, "settings"),
			 "Datafield", argument->variable);
}

static void add_option(struct basket *basket, const struct program *program, const struct opt *opt,
		       const char *category)
{
	json_int_t number = (json_int_t)json_array_size(basket->links) + 1;
	struct opt_argument argument;
	char id[24] = "";
	struct wr w = wr_over(id, sizeof(id) - 1);

	wr_i64(&w, number);
	opt_argument_of(&argument, program, opt);
	json_object_set_new(basket->arguments, argument.key, argument_of(&argument));
	if (opt_is_target(opt))
		json_object_set_new(basket->variables, argument.variable, json_string("$address$"));
	json_object_set_new(basket->categories, category,
			    json_pack("{s:s}", "category_name", category));
	json_object_set_new(basket->fields, id,
			    field_of(&argument, datatype(program, opt), category));
	json_array_append_new(basket->links, json_pack("{s:I, s:s, s:n}", "datafield_id", number,
						       "is_required", "n", "var_filter"));
}

static void set_category(char category[OPT_NAME_MAX], const struct program *program,
			 const char *heading)
{
	struct wr w = wr_over(category, OPT_NAME_MAX - 1);

	memset(category, 0, OPT_NAME_MAX);
	wr_fmt(&w, "%s: %s", program->report->program, heading);
}

static void add_options(struct basket *basket, const struct program *program)
{
	struct opt_cursor row = { .opt = NULL };
	char category[OPT_NAME_MAX];

	while (opt_next(program, &row)) {
		if (row.heading != NULL)
			set_category(category, program, row.heading);
		if (opt_is_for_service(row.opt))
			add_option(basket, program, row.opt, category);
	}
}

static json_t *command_of(const struct program *program, const char *name,
			  const struct basket *basket)
{
	return with_uuid(json_pack("{s:s, s:s, s:s, s:s+, s:o, s:o, s:o}", "object_name", name,
				   "object_type", "object", "methods_execute", "PluginCheck",
				   "command", "/usr/lib/nagios/plugins/", program->report->program,
				   "arguments", basket->arguments, "vars", basket->variables,
				   "fields", basket->links),
			 "Command", name);
}

void opt_emit_director(const struct program *program, struct out *out)
{
	struct basket basket = { json_object(), json_object(), json_object(), json_object(),
				 json_array() };
	char name[OPT_NAME_MAX] = "";
	struct wr w = wr_over(name, sizeof(name) - 1);

	opt_command_name(&w, program);
	add_options(&basket, program);
	json_t *template = json_pack("{s:s, s:s, s:s, s:s, s:[], s:[]}", "object_name", name,
				     "object_type", "template", "check_command", name, "notes",
				     program->summary, "imports", "fields");
	opt_json_put(json_pack("{s:{s:o}, s:{s:o}, s:o, s:o}", "Command", name,
			       command_of(program, name, &basket), "ServiceTemplate", name,
			       with_uuid(template, "ServiceTemplate", name), "DatafieldCategory",
			       basket.categories, "Datafield", basket.fields),
		     out);
}
