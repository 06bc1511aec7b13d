#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What all programs print about themselves: that contrib holds it, and that it fits together.
. "${srcdir:-.}/tests/lib.sh"
contrib=$work/contrib
names=$(ls "$srcdir/contrib/completion/bash")
checks=$(ls "$srcdir/contrib/grafana" | sed -n 's/\.json$//p')
others=$(comm -23 <(echo "$names") <(echo "$checks"))
holds() { jq -e "$@" >/dev/null 2>&1; } # of a document
paths() { printf "$PLUGINS/%s\n" "$@"; }

bash "$srcdir/contrib/generate.sh" "$contrib" $(paths $checks) ${others:+-- $(paths $others)}
for file in $(cd "$contrib" && find . -type f | sort); do
	is "contrib: ${file#./} is the generated one" cmp "$contrib/$file" "$srcdir/contrib/$file"
done
bash "$srcdir/contrib/generate.sh" "$work/other" -- $(paths check_sip)
is "what is no check has completions and a description" test \
	"$(cd "$work/other" && find . -name '*check_sip*' | sort | tr '\n' ' ')" = \
	"./completion/bash/check_sip ./completion/zsh/_check_sip ./json/check_sip.json "
bash "$srcdir/contrib/generate.sh" "$work/broken" "$(command -v false)" $(paths check_sip) >/dev/null 2>&1
is "a program that fails is seen" test $? != 0

sed -n 's/^command\[\(.*\)\]=.*/\1/p' "$contrib/nrpe/voip.cfg" >"$work/nrpe"
sed -n 's/^\tcommand_name //p' "$contrib/nagios"/*.cfg >"$work/nagios"
is "NRPE and Nagios have the same commands" cmp "$work/nrpe" "$work/nagios"
is "each under a name of its own" test "$(sort -u "$work/nrpe" | wc -l)" = "$(wc -l <"$work/nrpe")"
for name in $checks; do
	is "$name is among them" grep -qx "$name" "$work/nrpe"
done
# a document instead of the check comes only when all options are good
sed -n "s|^command\[.*\]=/usr/lib/nagios/plugins|$PLUGINS|p" "$contrib/nrpe/voip.cfg" >"$work/commands"
while read -r command; do
	is "${command#"$PLUGINS/"}" sh -c "$command --emit man >/dev/null"
done <"$work/commands"

command -v jq >/dev/null || {
	skip "JSON" "jq is not installed"
	done_testing
	exit 0
}
json=$contrib/json grafana=$contrib/grafana director=$contrib/director

for name in $names; do
	"$PLUGINS/$name" --help | sed -n 's/^  \(-., \)\{0,1\}\(--[a-z0-9-]*\).*/\2/p' | sort >"$work/help"
	is "$name: description and --help have the same options" cmp "$work/help" \
		<(jq -r '"--" + .options[].name' "$json/$name.json" | sort)
	is "$name: the description has the form that it promises" holds '
		def has_all(keys): . as $o | all(keys[]; . as $k | $o | has($k));
		.schema == 1 and has_all(["program", "version", "service", "noun", "summary", "usage",
			"description", "examples"]) and
		(.exit_codes | keys) == ["0", "1", "2", "3"] and (.output_formats | index("jsonl")) and
		(.options | length > 10 and all(.[];
			has_all(["name", "group", "help", "value_optional", "repeatable", "secret",
				"command_line_only"]) and
			(.type | IN("flag", "count", "text", "number", "seconds", "range", "range-pair", "choice")) and
			(has("argument") == (.type | IN("flag", "count") | not)) and
			(.type != "choice" or has("choices")) and ((.min // 0) <= (.max // 0)) and
			((.help | test("[Rr]epeatable|up to three times")) as $says | .repeatable or ($says | not)))) and
		(.options | map(.name) | unique | length) == (.options | length) and
		(.outcomes | length > 0 and all(.[]; .state | IN("OK", "WARNING", "CRITICAL", "UNKNOWN"))) and
		all(.metrics[]; (.label | test("^[a-z0-9_]{1,19}$")) and (.prometheus | test("^[a-z_][a-z0-9_]*$")) and
			(.unit | IN("", "s", "%", "B")))' "$json/$name.json"
	if command -v zsh >/dev/null; then
		is "zsh offers what a command line of $name may have" cmp \
			<(timeout 30 zsh -f "$srcdir/tests/tools/zsh_offers" "$contrib/completion/zsh" "$name --" |
				sed -n 's/^\(--[a-z][^ ]*\).*/\1/p' | sort) \
			<(jq -r '.options[] | select(.secret | not) | "--" + .name' "$json/$name.json" | sort)
	else
		skip "zsh offers what a command line of $name may have" "zsh is not installed"
	fi
done

# The form that Director 1.10 restores, and the same with uuids for later ones.
for name in $checks; do
	command=voip_${name#check_}
	is "$name: the Director's basket is complete in itself" holds --arg command "$command" '
		keys == ["Command", "Datafield", "DatafieldCategory", "ServiceTemplate"] and
		.Command[$command] as $c | .Datafield as $fields | .DatafieldCategory as $categories |
		$c.object_name == $command and $c.object_type == "object" and $c.methods_execute == "PluginCheck" and
		$c.command == "/usr/lib/nagios/plugins/check_" + $command[5:] and
		.ServiceTemplate[$command].check_command == $command and
		.ServiceTemplate[$command].object_type == "template" and .ServiceTemplate[$command].imports == [] and
		([$c.fields[].datafield_id | tostring] | sort) == ($fields | keys | sort) and
		all($c.fields[]; .is_required == "n" and has("var_filter")) and
		all($fields[]; keys == ["caption", "category", "datatype", "description", "format", "settings", "varname"] and
			(.varname | test("^" + $command + "_[a-z0-9_]+$") and length <= 64) and
			(.datatype | test("^Icinga\\\\Module\\\\Director\\\\DataType\\\\DataType(String|Number|Boolean|Array)$")) and
			$categories[.category].category_name == .category) and
		all($c.arguments[]; (keys - ["value", "set_if", "set_if_format", "required", "repeat_key", "skip_key",
			"description"]) == [] and (has("value") or has("set_if"))) and
		([$c.arguments[].description] | sort) == ([$fields[].description] | sort)' \
		"$director/debian/$name.json"
	is "$name: Icinga 2 and the Director have the same arguments" cmp \
		<(jq -r '.Command[].arguments | keys_unsorted[]' "$director/debian/$name.json") \
		<(sed -n "/^object CheckCommand \"$command\"/,/^}/s/^\t\t\"\(--[a-z0-9-]*\)\" = {/\1/p" "$contrib/icinga2/voip-commands.conf")
done
jq -r '.Command[].uuid, .ServiceTemplate[].uuid, .Datafield[].uuid' "$director"/rpm/*.json >"$work/uuids"
is "uuids are of version 8" sh -c "! grep -vqE '^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}\$' $work/uuids"
is "each uuid is there once" test "$(sort -u "$work/uuids" | wc -l)" = "$(wc -l <"$work/uuids")"
is "RPM keeps plugins elsewhere" test "$(jq -r '.Command[].command' "$director"/rpm/*.json | grep -c '^/usr/lib64/nagios/plugins/check_')" \
	= "$(echo "$checks" | wc -l)"

for name in $checks; do
	is "$name: the dashboard asks for its metrics and nothing else" cmp \
		<(jq -r '.panels[].targets[].expr | scan("[a-z0-9_]+(?={)")' "$grafana/$name.json" | sort -u) \
		<(jq -r '.program + "_state", .metrics[].prometheus' "$json/$name.json" | sort)
	is "$name: panels have a place of their own and the chosen data source" holds '
		([.panels[].gridPos | [.x, .y]] | unique | length) == (.panels | length) and
		([.panels[].id] | unique | length) == (.panels | length) and
		all(.panels[], .panels[].targets[]; .datasource.uid == "${datasource}") and
		([.templating.list[].name] == ["datasource", "job", "instance", "target", "lines"])' \
		"$grafana/$name.json"
done

# What a run prints has the names that the tables promise.
start_sim
{
	"$PLUGINS/check_sip" -H "$sim_sip" -T udp -T tcp -n 2 -i 0.1 --output-format prometheus
	"$PLUGINS/check_rtp" -H 127.0.0.1 -p 1-3 --output-format prometheus
	"$PLUGINS/check_voice_port" -H 127.0.0.1 -p 1/tcp --output-format prometheus
	"$PLUGINS/check_eicon_slp" -H "$sim_slp" --output-format prometheus
	"$PLUGINS/check_listener" --output-format prometheus
} | sed -n 's/^# TYPE \([^ ]*\) gauge/\1/p' | sort -u >"$work/printed"
is "runs print metrics" test "$(wc -l <"$work/printed")" -ge 20
is "Prometheus gets only what is described" test -z "$(comm -23 "$work/printed" \
	<(jq -r '.program + "_state", .metrics[].prometheus' "$json"/*.json | sort))"
done_testing
