/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The option table as JSON: description, Director basket and Grafana dashboard; and completion in a
 * real zsh. */
#define _GNU_SOURCE
#include "cli/opt_json.h"
#include "opt_demo.h"

#include <errno.h>

static const struct opt ROWS[] = {
	{ ROW("interval", OPT_SECONDS), .letter = 'i', .min = 100000, .max = 60000000,
	  .argument = "SECONDS", .help = "From one to the next. It's [not] \"long\".",
	  .fallback = "1", .group = "Request" },
	{ ROW("transport", OPT_CALL), .letter = 'T', .flags = OPT_GATHERS, .argument = "udp|tcp",
	  .help = "How." },
	{ ROW("count", OPT_CALL), .argument = "A:B", .help = "Only the last one counts." },
	{ ROW("group", OPT_TEXT), .flags = OPT_OPTIONAL, .argument = "all|any", .help = "Who." },
	{ ROW("password", OPT_TEXT), .flags = OPT_FILE_ONLY, .argument = "TEXT", .help = "Hush." },
};
static const struct metric_spec METRICS[] = {
	{ "time", UNIT_SECONDS, FOLD_SPREAD, "round trip", true, false, 0, 0 },
	{ "loss", UNIT_PERCENT, FOLD_MAX, "what is lost", true, true, 0, 100 },
	{ "days", UNIT_NONE, FOLD_MIN, "until it ends", false, false, 0, 0 },
	{ "request_bytes", UNIT_BYTES, FOLD_DROP, "asked", false, false, 0, 0 },
};

static const struct term TERM = { "job", "text", "group of series" };
static const struct term_table TABLE = { "Keys", &TERM, 1 };

/* A program that runs a command of somebody else's. */
static struct program wrapper(struct report_spec *report)
{
	struct program program = PROGRAM;

	*report = REPORT;
	report->metric = METRICS;
	report->metric_count = 4;
	program.report = report;
	program.untargeted = " [OPTION ...] -- COMMAND [ARGUMENT ...]";
	program.takes_command = true;
	program.table = &TABLE;
	program.table_count = 1;
	program.opt = ROWS;
	program.opt_count = sizeof(ROWS) / sizeof(ROWS[0]);
	return program;
}

static json_t *document(const char *kind)
{
	struct report_spec report;
	struct program program = wrapper(&report);
	struct run run;
	json_error_t error;

	print_of(&program, &run, STATE_OK, "--emit", kind);
	for (const char *p = run.page; *p != '\0'; p++)
		assert_true(*p == '\n' || (*p >= ' ' && *p <= '~'));
	json_t *json = json_loads(run.page, JSON_REJECT_DUPLICATES, &error);
	assert_non_null(json);
	return json;
}

/* The JSON of one value, with the quotes as apostrophes, takes one line of a table. */
static void assert_json(const json_t *json, const char *wanted)
{
	char *text = json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));

	assert_non_null(text);
	for (char *p = text; *p != '\0'; p++)
		*p = *p == '"' && (p == text || p[-1] != '\\') ? '\'' : *p;
	assert_string_equal(text, wanted);
	free(text);
}

static json_t *named(json_t *list, const char *key, const char *value)
{
	size_t i;
	json_t *item;

	json_array_foreach(list, i, item)
	{
		if (strcmp(json_string_value(json_object_get(item, key)), value) == 0)
			return item;
	}
	fail_msg("no %s %s", key, value);
	return NULL;
}

static void the_description_has_each_option_with_its_bounds_and_flags(void **unused)
{
	static const struct {
		const char *name, *wanted;
	} cases[] = {
		{ "interval",
		  "{'name':'interval','letter':'i','group':'Request','type':'seconds',"
		  "'argument':'SECONDS','default':'1','min':0.1,'max':60.0,'value_optional':false,"
		  "'repeatable':false,'secret':false,'command_line_only':false,"
		  "'help':'From one to the next. It's [not] \\\"long\\\".'}" },
		{ "transport",
		  "{'name':'transport','letter':'T','group':'Request','type':'text',"
		  "'argument':'udp|tcp','choices':['udp','tcp'],'value_optional':false,"
		  "'repeatable':true,'secret':false,'command_line_only':false,'help':'How.'}" },
		{ "count", "{'name':'count','group':'Request','type':'text','argument':'A:B',"
			   "'value_optional':false,'repeatable':false,'secret':false,"
			   "'command_line_only':false,'help':'Only the last one counts.'}" },
		{ "group", "{'name':'group','group':'Request','type':'text','argument':'all|any','"
			   "choices':['all','any'],"
			   "'value_optional':true,'repeatable':false,'secret':false,"
			   "'command_line_only':false,'help':'Who.'}" },
		{ "password", "{'name':'password','group':'Request','type':'text',"
			      "'argument':'TEXT','value_optional':false,'repeatable':false,"
			      "'secret':true,'command_line_only':false,'help':'Hush.'}" },
		{ "port", "{'name':'port','letter':'p','group':'Targets','type':'number',"
			  "'argument':'PORT','min':1,'max':65535,'value_optional':false,"
			  "'repeatable':false,'secret':false,'command_line_only':false,"
			  "'help':'Port of targets that name none.'}" },
		{ "verbose", "{'name':'verbose','letter':'v','group':'Output','type':'count',"
			     "'min':0,'max':3,'value_optional':false,'repeatable':true,"
			     "'secret':false,'command_line_only':false,"
			     "'help':'More details; up to three times.'}" },
		{ "version", "{'name':'version','letter':'V','group':'General','type':'flag',"
			     "'value_optional':false,'repeatable':false,'secret':false,"
			     "'command_line_only':true,'help':'Print the version.'}" },
	};
	json_t *json = document("json"), *options = json_object_get(json, "options");

	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_json(named(options, "name", cases[i].name), cases[i].wanted);
	assert_int_equal(json_array_size(options), 20 + 5);
	json_decref(json);
}

static void the_description_has_outcomes_metrics_and_exit_codes(void **unused)
{
	static const struct {
		const char *key, *wanted;
	} cases[] = {
		{ "schema", "1" },
		{ "program", "'check_demo'" },
		{ "usage", "['check_demo [OPTION ...] -- COMMAND [ARGUMENT ...]',"
			   "'check_demo -H TARGET [-H TARGET ...] [OPTION ...]',"
			   "'check_demo --targets FILE [OPTION ...]']" },
		{ "description", "['One.','Two.']" },
		{ "outcomes",
		  "[{'word':'ok','state':'OK','meaning':'an answer'},"
		  "{'word':'silent','state':'CRITICAL','meaning':'no answer at all'},"
		  "{'word':'dns','state':'UNKNOWN','meaning':'the name does not resolve'}]" },
		{ "metrics",
		  "[{'label':'time','unit':'s','meaning':'round trip','of_many':'p50,p95,max',"
		  "'prometheus':'check_demo_time_seconds','min':0.0},"
		  "{'label':'loss','unit':'%','meaning':'what is lost','of_many':'max',"
		  "'prometheus':'check_demo_loss_ratio','min':0.0,'max':100.0},"
		  "{'label':'days','unit':'','meaning':'until it ends','of_many':'min',"
		  "'prometheus':'check_demo_days'},"
		  "{'label':'request_bytes','unit':'B','meaning':'asked','of_many':'none',"
		  "'prometheus':'check_demo_request_bytes'}]" },
		{ "tables", "[{'heading':'Keys','terms':[{'name':'job','kind':'text',"
			    "'meaning':'group of series'}]}]" },
		{ "exit_codes", "{'0':'OK','1':'WARNING','2':'CRITICAL','3':'UNKNOWN'}" },
		{ "output_formats", "['text','oneline','json','jsonl','prometheus']" },
		{ "examples", "[{'command':'check_demo -H 192.0.2.1','meaning':'one target'}]" },
	};
	json_t *json = document("json");

	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_json(json_object_get(json, cases[i].key), cases[i].wanted);
	json_decref(json);
}

static void a_document_that_lacks_memory_is_an_error_of_writing(void **unused)
{
	struct out out;

	(void)unused;
	out_init(&out, -1);
	opt_json_put(NULL, &out);
	assert_int_equal(out.error, ENOMEM);
}

static void the_basket_holds_command_fields_and_template_and_nothing_else(void **unused)
{
	json_t *json = document("director"), *command, *fields, *field;
	char id[24];

	(void)unused;
	assert_int_equal(json_object_size(json), 4);
	command = json_object_get(json_object_get(json, "Command"), "voip_demo");
	fields = json_object_get(command, "fields");
	assert_int_equal(json_array_size(fields), 25 - 4);
	assert_int_equal(json_object_size(json_object_get(command, "arguments")), 25 - 4);
	assert_int_equal(json_object_size(json_object_get(json, "Datafield")), 25 - 4);
	for (size_t i = 1; i <= json_array_size(fields); i++) {
		snprintf(id, sizeof(id), "%zu", i);
		field = json_object_get(json_object_get(json, "Datafield"), id);
		assert_int_equal(json_integer_value(json_object_get(json_array_get(fields, i - 1),
								    "datafield_id")),
				 i);
		assert_non_null(
			json_object_get(json_object_get(json, "DatafieldCategory"),
					json_string_value(json_object_get(field, "category"))));
	}
	assert_json(json_array_get(fields, 0),
		    "{'datafield_id':1,'is_required':'n','var_filter':null}");
	json_object_del(command, "arguments");
	json_object_del(command, "fields");
	assert_json(command, "{'uuid':'6ec30088-9e44-83e6-8618-1ddc46ad0793',"
			     "'object_name':'voip_demo','object_type':'object',"
			     "'methods_execute':'PluginCheck',"
			     "'command':'/usr/lib/nagios/plugins/check_demo',"
			     "'vars':{'voip_demo_hostname':'$address$'}}");
	assert_json(json_object_get(json, "ServiceTemplate"),
		    "{'voip_demo':{'uuid':'70c1da8e-e966-8d0e-8245-2a01ff9099d3','object_name':'"
		    "voip_demo','object_type':'template','check_command':'voip_demo','notes':'"
		    "demonstrates options','imports':[],'fields':[]}}");
	json_decref(json);
}

static void an_argument_of_the_basket_is_what_icinga_gets(void **unused)
{
	static const struct {
		const char *key, *wanted, *type;
	} cases[] = {
		{ "--hostname",
		  "{'value':'$voip_demo_hostname$',"
		  "'set_if':'string(macro(\\\"$voip_demo_hostname$\\\")) != \\\"false\\\"',"
		  "'set_if_format':'expression','required':true,'repeat_key':true}",
		  "String" },
		{ "--transport", "{'value':'$voip_demo_transport$','repeat_key':true}", "Array" },
		{ "--count", "{'value':'$voip_demo_count$'}", "String" },
		{ "--interval", "{'value':'$voip_demo_interval$'}", "String" },
		{ "--port", "{'value':'$voip_demo_port$'}", "Number" },
		{ "--use-ipv4", "{'set_if':'$voip_demo_use_ipv4$'}", "Boolean" },
		{ "--verbose",
		  "{'value':{'type':'Function','body':'range(number(macro("
		  "\\\"$voip_demo_verbose$\\\"))).map(n => \\\"--verbose\\\")'},"
		  "'set_if':'$voip_demo_verbose$','skip_key':true}",
		  "Number" },
		{ "--group",
		  "{'value':{'type':'Function','body':'var values = "
		  "macro(\\\"$voip_demo_group$\\\")\\nif (typeof(values) != Array) { values = [ "
		  "values ] }\\nvalues.map(v => \\\"--group\\\" + if (string(v) == \\\"true\\\") "
		  "{ \\\"\\\" } else { \\\"=\\\" + v })'},"
		  "'set_if':'bool(macro(\\\"$voip_demo_group$\\\"))',"
		  "'set_if_format':'expression','skip_key':true}",
		  "String" },
	};
	json_t *json = document("director"), *arguments, *argument, *fields;
	const char *key;
	json_t *field;

	(void)unused;
	arguments = json_object_get(json_object_get(json_object_get(json, "Command"), "voip_demo"),
				    "arguments");
	fields = json_object_get(json, "Datafield");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		argument = json_object_get(arguments, cases[i].key);
		json_object_foreach(fields, key, field)
		{
			if (strcmp(json_string_value(json_object_get(field, "caption")),
				   cases[i].key) != 0)
				continue;
			assert_true(json_equal(json_object_get(argument, "description"),
					       json_object_get(field, "description")));
			assert_string_equal(
				strrchr(json_string_value(json_object_get(field, "datatype")),
					'\\') +
					sizeof("DataType"),
				cases[i].type);
		}
		json_object_del(argument, "description");
		assert_json(argument, cases[i].wanted);
	}
	json_decref(json);
}

static void the_dashboard_has_a_panel_for_each_metric(void **unused)
{
	static const struct {
		const char *title, *expression, *defaults;
	} cases[] = {
		{ "time", "topk($lines, check_demo_time_seconds{", "{'unit':'s','min':0.0}" },
		{ "loss", "topk($lines, check_demo_loss_ratio{",
		  "{'unit':'percentunit','min':0.0,'max':1.0}" },
		{ "days", "bottomk($lines, check_demo_days{", "{'unit':'short'}" },
		{ "request_bytes", "topk($lines, check_demo_request_bytes{", "{'unit':'bytes'}" },
	};
	json_t *json = document("grafana"), *panels = json_object_get(json, "panels");
	const char *expression;
	json_t *panel, *config;

	(void)unused;
	assert_int_equal(json_array_size(panels), 2 + 4);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		panel = named(panels, "title", cases[i].title);
		assert_int_equal(json_unpack(panel, "{s:[{s:s}], s:{s:o}}", "targets", "expr",
					     &expression, "fieldConfig", "defaults", &config),
				 0);
		assert_memory_equal(expression, cases[i].expression, strlen(cases[i].expression));
		assert_json(config, cases[i].defaults);
	}
	assert_json(json_object_get(json_array_get(panels, 5), "gridPos"),
		    "{'x':12,'y':16,'w':12,'h':8}");
	json_decref(json);
}

/* Runs "BEFORE FOLDER BEHIND"; the document lies in the folder as _check_demo. */
static void assert_shell(const struct program *program, const char *kind, const char *before,
			 const char *behind, const char *wanted)
{
	char folder[] = "/tmp/test_shell.XXXXXX", path[64], command[512], page[4096] = "";
	struct run run;

	print_of(program, &run, STATE_OK, "--emit", kind);
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/_check_demo", folder);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fputs(run.page, file);
	fclose(file);
	snprintf(command, sizeof(command), "%s %s %s", before, folder, behind);
	FILE *shell = popen(command, "r");
	size_t n = fread(page, 1, sizeof(page) - 1, shell);
	int status = pclose(shell);
	unlink(path);
	rmdir(folder);
	assert_int_equal(status, 0);
	assert_true(n > 0);
	assert_string_equal(page, wanted);
}

/* What a real zsh offers behind each of the lines. */
static void assert_offers(const struct program *program, const char *lines, const char *wanted)
{
	const char *srcdir = getenv("srcdir");
	char zsh[256];

	snprintf(zsh, sizeof(zsh), "timeout 30 zsh -f %s/tests/tools/zsh_offers",
		 srcdir != NULL ? srcdir : ".");
	assert_shell(program, "zsh", zsh, lines, wanted);
}

static void zsh_offers_options_with_their_meaning_and_values(void **unused)
{
	(void)unused;
	if (access("/bin/zsh", X_OK) != 0)
		skip();
	assert_offers(&PROGRAM,
		      "'check_demo --a' 'check_demo --pass' 'check_demo --min-tls ' "
		      "'check_demo --output-format=js' 'check_demo --state s' "
		      "'check_demo --state=silent=ok,dns=w' 'check_demo --header x --hea' "
		      "'check_demo --alive --ali' 'check_demo --targets /etc/hostnam'",
		      "--agent  -- Who we are\n--alive  -- Any answer is fine\n--\n"
		      "--password-file  -- Where it is\n--\n"
		      "1.2\n1.3\n--\n"
		      "json\njsonl\n--\n"
		      "silent  -- no answer at all\n--\n"
		      "warning\n--\n"
		      "--header  -- .dot, 'quote' and back\\slash\n--\n"
		      "--\n"
		      "hostname\n--\n");
}

static void zsh_knows_letters_brackets_and_values_only_behind_an_equals_sign(void **unused)
{
	struct report_spec report;
	struct program program = wrapper(&report);

	(void)unused;
	if (access("/bin/zsh", X_OK) != 0)
		skip();
	program.takes_command = false;
	assert_offers(&program,
		      "'check_demo -T' 'check_demo -Tudp -T t' 'check_demo --int' "
		      "'check_demo -i 5 --int' 'check_demo --group --cou' 'check_demo --group a' "
		      "'check_demo --group=a' 'check_demo -46v --us'",
		      "tcp\nudp\n--\n"
		      "tcp\n--\n"
		      "--interval  -- From one to the next\n--\n"
		      "--\n"
		      "--count  -- Only the last one counts\n--\n"
		      "--\n"
		      "all\nany\n--\n"
		      "--\n");
}

static void zsh_completes_the_command_behind_two_dashes(void **unused)
{
	struct report_spec report;
	struct program program = wrapper(&report);

	(void)unused;
	if (access("/bin/zsh", X_OK) != 0)
		skip();
	assert_offers(
		&program,
		"'check_demo -v -- mkfif' 'check_demo -v -- mkfifo --mod' 'check_demo -- mkfifo "
		"--mod'",
		"mkfifo\n--\n--mode  -- specify file mode\n--\n--mode  -- specify file mode\n--\n");
}

static void bash_leaves_what_is_behind_two_dashes_alone(void **unused)
{
	struct report_spec report;
	struct program program = wrapper(&report);

	(void)unused;
	if (access("/bin/bash", X_OK) != 0)
		skip();
	assert_shell(&program, "bash",
		     "/bin/bash -c '. $0/_check_demo; compopt() { echo \"$@\"; };"
		     "try() { COMP_WORDS=(check_demo \"$@\"); COMP_CWORD=$#; _check_demo;"
		     " echo \"${COMPREPLY[@]}\"; }; try --tr; try -v -- --tr; try --cou;"
		     " try -- ls -l --tr'",
		     "", "--transport\n-o default\n\n--count\n-o default\n\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_description_has_each_option_with_its_bounds_and_flags),
		cmocka_unit_test(the_description_has_outcomes_metrics_and_exit_codes),
		cmocka_unit_test(a_document_that_lacks_memory_is_an_error_of_writing),
		cmocka_unit_test(the_basket_holds_command_fields_and_template_and_nothing_else),
		cmocka_unit_test(an_argument_of_the_basket_is_what_icinga_gets),
		cmocka_unit_test(the_dashboard_has_a_panel_for_each_metric),
		cmocka_unit_test(zsh_offers_options_with_their_meaning_and_values),
		cmocka_unit_test(zsh_knows_letters_brackets_and_values_only_behind_an_equals_sign),
		cmocka_unit_test(bash_leaves_what_is_behind_two_dashes_alone),
		cmocka_unit_test(zsh_completes_the_command_behind_two_dashes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
