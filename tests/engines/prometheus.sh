#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# send_results and the real Pushgateway, node_exporter and InfluxDB: what the programs print is read back from
# them, also after they were away, after they refused it, and under hostile names.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/engines/prometheus_rig.sh"

declare -A daemon=([gateway]=prometheus-pushgateway [file]=prometheus-node-exporter [influx]=influxd)
sinks=()
for tool in curl jq; do
	command -v "$tool" >/dev/null || skip_all "$tool is not installed"
done
for sink in gateway file influx; do
	! command -v "${daemon[$sink]}" >/dev/null || sinks+=("$sink")
done
[ ${#sinks[@]} -gt 0 ] || skip_all "none of ${daemon[*]} is installed"
has() { [[ " ${sinks[*]} " == *" $1 "* ]]; }
for sink in gateway file influx; do
	has "$sink" || skip "what is sent to $sink" "${daemon[$sink]} is not installed"
done

mkdir "$work/spool" "$work/snmp" "$work/numbers"
pushgateway_url=http://127.0.0.1:1 influxdb_url=http://127.0.0.1:1
! has gateway || pushgateway_start
! has file || node_exporter_start
! has influx || influxdb_start
configure() { # PASSWORD: of the user of InfluxDB
	cat >"$work/ini" <<-END
		[gateway]
		sink = pushgateway
		url = $pushgateway_url
		[file]
		sink = textfile
		path = $textfile_folder
		[influx]
		sink = influxdb
		url = $influxdb_url
		database = voip
		[absent]
		sink = influxdb
		url = $influxdb_url
		database = no such "place"
		[basic]
		sink = influxdb
		url = $influxdb_url
		database = voip
		user = probe
		password = $1
		[token]
		sink = influxdb
		url = $influxdb_url
		database = voip
		token = hush-token
	END
	chmod 600 "$work/ini"
}
configure hush-wrong
! has influx || influxdb_query '' 'CREATE DATABASE voip' >/dev/null
send=("$PLUGINS/send_results" --config "$work/ini" --spool "$work/spool")
to=("${send[@]}" $(printf -- '-P %s ' "${sinks[@]}"))
give() { "${@:2}" <"$1"; } # FILE COMMAND...

# same NAME WANTED GOT: two texts; what differs is shown.
same() {
	if [ "$2" = "$3" ]; then
		ok "$1"
	else
		not_ok "$1" "$(diff -U 0 --label wanted <(echo "$2") --label got <(echo "$3") | head -n 30)"
	fi
}
# took NAME COUNTS [FILE]: what the last run of send_results says has become of the results.
took() {
	same "$1" "$2" "$(head -n 1 "${3:-$work/out}" | grep -oE '(sent|spooled|dead|lost)=[0-9]+' | tr '\n' ' ')"
}
all="sent=${#sinks[@]} spooled=0 dead=0 lost=0 "

# A result is {host, service, command, state, items}, an item {metric, unit, value, warn, crit, min, max} in base
# units, without what there is not: a threshold that is a range stays behind.
cat >"$work/numbers/metrics.jq" <<'JQ'
def near: if type == "number" then (. * 1e9 | round) / 1e9 else . end; # the same for 0.07 and 7 * 0.01
def plain: if type == "string" then (if test("^-?[0-9.]+$") then tonumber else null end) else . end;
def tidy: with_entries(select(.value != null and .value != "") | .value |= near);
def base: {"s": [1, "seconds"], "ms": [0.001, "seconds"], "%": [0.01, "ratio"], "B": [1, "bytes"], "": [1, ""]}[.];
def item($metric; $number; $symbol; $bounds): ($symbol | base) as [$factor, $unit] |
	{value: ($number | tonumber), warn: ($bounds[0] | plain), crit: ($bounds[1] | plain),
		min: ($bounds[2] | plain), max: ($bounds[3] | plain)} |
	map_values(if . == null then . else . * $factor end) + {$metric, $unit} | tidy;
def of_text: split("\n")[0] | split(" | ")[1] // "" | [scan("[^ ]+") | split("=") as [$key, $rest] |
	($rest | split(";")) as $field | ($field[0] | capture("^(?<number>[-0-9.]+)(?<symbol>.*)$")) as $v |
	item($key; $v.number; $v.symbol; $field[1:])];
def of_json: [.metrics | to_entries[] | .key as $key | .value |
	item($key; .value; .unit // ""; [.warning, .critical, .min, .max])];

# The names that --output-format prometheus has too, and the thresholds, which only send_results hands on.
def clean: [explode[] | [.] | implode | if test("^[a-zA-Z0-9_]$") then . else "_" * utf8bytelength end] | add;
def name($command): "_\(.unit // "")" as $ending | "\($command)_\(.metric)" | clean |
	if $ending == "_" or endswith($ending) then . else . + $ending end;
def as_samples: .command as $command | .state as $state | [.items[] | name($command) as $name |
	[$name, .value], ["\($name)_warning", .warn], ["\($name)_critical", .crit] | select(.[1] != null)] +
	[["\($command | clean)_state", $state]] | sort;
# InfluxDB gets "/" for "\", about which readers of its protocol differ.
def as_points: [(.command | clean), ([.items[], {metric: "state", value: .state}] | map(.metric |= gsub("\\\\"; "/")) |
	sort_by(.metric) | map([.metric, .unit, .value, .warn, .crit, .min, .max]))];

# Prometheus' text and InfluxDB's answer; a line for each service: host, service and what there is of it.
def line: [.host, .service // "", (.of | tojson)] | join("\u001f");
def samples: [split("\n")[] | capture("^(?<name>check[a-zA-Z0-9_]*)\\{(?<labels>.*)\\} (?<value>\\S+)$") |
	([.labels | scan("([a-z]+)=(\"(?:[^\"\\\\]|\\\\.)*\")") | {key: .[0], value: (.[1] | fromjson)}] | from_entries) +
	{name, value: (.value | tonumber)} | .host //= .instance];
def of_samples: samples | map(select(.name | endswith("_last_run_seconds") | not)) | group_by([.host, .service])[] |
	.[0] + {of: (map([.name, (.value | near)]) | sort)} | line;
def rows: [.results[].series[]? | .name as $command | .columns as $column | .values[] |
	[$column, .] | transpose | map({key: .[0], value: .[1]}) | from_entries + {$command}];
def of_rows: rows | group_by([.host, .service, .command])[] | .[0] + {of: [.[0].command, (sort_by(.metric) |
	map([.metric, .unit, .value, .warn, .crit, .min, .max] | map(near)))]} | line;
JQ
count() { jq -L "$work/numbers" "${@:1:$#-1}" "include \"metrics\"; ${!#}"; } # jq with these

# said FILE text HOST SERVICE COMMAND STATE: notes what a program printed. said FILE line HOST SERVICE: the same of
# JSON lines. results: all that was noted.
said() {
	local IFS=$'\x1f' text
	while read -r text; do
		printf '%s\n' "${*:2}$IFS$text" >>"$work/noted"
		[ "$2" = line ] || break
	done <"$1"
}
results() {
	count -Rc 'split("\u001f") | . as [$kind, $host, $service] | if $kind == "text" then
		{$host, $service, command: .[3], state: (.[4] | tonumber), items: (.[5] | of_text)} else
		(.[3] | fromjson | {$host, $service, command: .program, state: .exit_code, items: of_json}) end' <"$work/noted"
	rm "$work/noted"
}
scrape() { if [ "$1" = gateway ]; then pushgateway_metrics; else node_exporter_metrics; fi; }
# holds SINK: what can be read from it. wants SINK: what it should be, of the results on standard input.
holds() {
	case $1 in
	influx) influxdb_query voip 'SELECT * FROM /.*/' | count -r of_rows ;;
	*) scrape "$1" | count -Rsr of_samples ;;
	esac
}
wants() {
	case $1 in
	influx) count -r '(.host, .service) |= (. // "" | gsub("\\\\"; "/")) | .of = as_points | line' ;;
	*) count -r '.of = as_samples | line' ;;
	esac
}
# read_back NAME [all]: each sink holds each result of $work/said; with "all" nothing else.
read_back() {
	local sink host service of n
	for sink in "${sinks[@]}"; do
		local -A held=()
		while IFS=$'\x1f' read -r host service of; do held[$host, $service]=$of; done < <(holds "$sink")
		n=0
		while IFS=$'\x1f' read -r host service of; do
			same "$sink: $1, $host, $service" "$of" "${held[$host, $service]:-nothing}"
			n=$((n + 1))
		done < <(wants "$sink" <"$work/said")
		[ "${2:-}" != all ] || same "$sink: and nothing else" "$n" "${#held[@]}"
	done
}

# Real runs, two ways: wrapped, and as JSON lines.
start_of_test=$(date +%s)
start_sim
printf '[default]\ncommunity = sim\n' >"$work/community"
chmod 600 "$work/community"
mkfifo "$work/alive"
exec {alive}<>"$work/alive"
exec {snmp}< <(exec ./tests/sim/snmp_sim --dir "$work/snmp" --agents 1 --exit-with-parent <"$work/alive" {alive}>&- 2>&1)
peers="$peers $!"
while IFS='=' read -r -u "$snmp" fact value && [ "$fact" != ready ]; do
	[ "$fact" != good ] || agent=$value
done

declare -A printed=()
while read -r name state command args; do
	read -ra args <<<"$PLUGINS/$command $args"
	run "${to[@]}" -H wrapped -S "$name" -- "${args[@]}"
	is "$name, wrapped: all receivers take it" test "$rc:$(cat "$work/err")" = "$state:"
	said "$work/out" text wrapped "$name" "$command" "$rc"
	"${args[@]}" --output-format jsonl >"$work/lines"
	run give "$work/lines" "${to[@]}" -H listed -S "$name"
	took "$name, JSON line: all receivers take it" "$all"
	said "$work/lines" line listed "$name"
	printed[$name]=$("${args[@]}" --output-format prometheus | sed -n 's/^# TYPE \([^ ]*\) gauge/\1/p' | LC_ALL=C sort)
done <<-RUNS
	sip 0 check_sip -H $sim_tls -T tls --ca-file $sim_ca -w 5 -c 10 -n 2 -i 0.1 --loss 10:50 --jitter 1:2
	alive 1 check_sip -H sip:code404@$sim_sip -w @7:8 -c 10
	rtp 1 check_rtp -H 127.0.0.1 -p $(port_of "$sim_rtcp_answer") --prove 0 -w 0 -c 10 --max-open 1,5
	port 0 check_voice_port -H 127.0.0.1 -p $(port_of "$sim_sip")/tcp -w 5 -c 10 --hold 20
	refused 2 check_voice_port -H 127.0.0.1 -p 1/tcp
	slp 0 check_eicon_slp -H $sim_slp --i-own-this-host --query types -T udp --proto v2 -w 5 -c 10
	agent 0 check_listener -H $agent --v2c --credentials $work/community -p 2862/udp -w 5 -c 10
	named 0 check_listener -p 2861/tcp
	many-transports 0 check_sip -H $sim_sip -T udp -T tcp -w 5
	many-ports 0 check_voice_port -H 127.0.0.1 -p $(port_of "$sim_sip")/tcp,$(port_of "$sim_tcp_banner")/tcp -w 5 --hold 20
RUNS
results >"$work/said"
# What is not the same: check_voice_port says tcp2860 in place of time, in text and of several ports; the time and
# the packets of an agent are in no JSON line of check_listener, which is about a port; --output-format prometheus
# has a sample for each of many, and no counts.
compared='map({key: "\(.service) \(.host)", value: .}) | from_entries as $of | map(.value.service) | unique[] |
	$of["\(.) wrapped"] as $text | $of["\(.) listed"] as $line | startswith("many-") as $many | [., ($text.items | length),
	($text | del(.host, .items[].value) |
		if $many then . else .items[].metric |= sub("^(tcp|udp)[0-9]+$"; "time") end |
		if .command == "check_listener" then .items |= map(select(.metric | . != "time" and . != "packets")) else . end | tojson),
	($line | del(.host, .items[].value) | tojson),
	if $many then "" else [$text.command as $command | "\($command)_state", ($text.items[] |
		.metric |= sub("^(tcp|udp)[0-9]+$"; "time") | name($command))] | sort | join(" ") end] | join("\u001f")'
while IFS=$'\x1f' read -r name items text line names; do
	is "$name: there is performance data" test "$items" -gt 0 -o "$name" = refused
	same "$name: text and JSON line have the same labels, units, thresholds and state" "$text" "$line"
	[ -z "$names" ] || same "$name: --output-format prometheus has the same names" "${names// /$'\n'}" "${printed[$name]}"
done < <(count -sr "$compared" <"$work/said")
read_back "holds what was printed" all

# Times: seconds since 1970 for Prometheus, the point's own in InfluxDB.
all_now="length >= $(wc -l <"$work/said") and all(.[]; . >= $start_of_test and . < $(($(date +%s) + 1)))"
last_runs='[samples[] | select(.name | endswith("_last_run_seconds")) | .value]'
for sink in "${sinks[@]}"; do
	case $sink in
	influx) influxdb_query voip 'SELECT * FROM /.*/' | count "[rows[].time / 1e6] | $all_now" ;;
	*) scrape "$sink" | count -Rs "$last_runs | $all_now" ;;
	esac >"$work/times"
	is "$sink has the times of the checks" grep -qx true "$work/times"
done

for sink in gateway file; do
	! has "$sink" || same "$sink: gauges that are explained" \
		$'# HELP check_sip_time_seconds Performance data.\n# TYPE check_sip_time_seconds gauge' \
		"$(scrape "$sink" | grep '^# .* check_sip_time_seconds ')"
done

# What a check does not report any more is gone from the receivers of states.
run "${to[@]}" -H wrapped -S sip -- "$PLUGINS/check_sip" -H 127.0.0.1:1
said "$work/out" text wrapped sip check_sip "$rc"
results >"$work/said"
for sink in gateway file; do
	! has "$sink" || same "$sink: what is not reported any more is gone" "$(wants "$sink" <"$work/said")" \
		"$(holds "$sink" | grep $'^wrapped\x1fsip\x1f')"
done

# Two results of a moment are two points.
printf '{"host":"twice","service":"s","exit_code":%s,"output":"x | v=%s","command":"check_twice"}\n' 0 1 1 2 >"$work/lines"
run give "$work/lines" "${to[@]}"
! has influx || same "results without a time are points of their own, in order" '[[0,1],[1,2]]' \
	"$(influxdb_query voip 'SELECT value FROM check_twice GROUP BY metric' |
		jq -c '[.results[].series[] | [.values[][1]]] | transpose')"

# The receivers are away for a while.
! has gateway || pushgateway_stop
! has influx || influxdb_stop
! has file || mv "$textfile_folder" "$work/away"
for n in 1 2; do
	"$PLUGINS/check_sip" -H "$sim_sip" --output-format jsonl >"$work/lines"
	run give "$work/lines" "${to[@]}" -H away -S sip
	is "away, run $n: exit code 1" test "$rc" = 1
	took "away, run $n: all of it waits" "sent=0 spooled=$((n * ${#sinks[@]})) dead=0 lost=0 "
	said "$work/lines" line away sip
done
run "${to[@]}" -H away -S sip -- "$PLUGINS/check_sip" -H "sip:unavailable@$sim_sip"
is "away, wrapped: the exit code is the plugin's" test "$rc" = 2
took "and standard error says what waits" "sent=0 spooled=$((3 * ${#sinks[@]})) dead=0 lost=0 " "$work/err"
said "$work/out" text away sip check_sip "$rc"
! has gateway || pushgateway_start
! has influx || influxdb_start
! has file || mv "$work/away" "$textfile_folder"
"$PLUGINS/check_sip" -H "$sim_sip" --output-format jsonl >"$work/lines"
said "$work/lines" line away sip
results >"$work/said"
run give "$work/lines" "${to[@]}" -H away -S sip --now
if has influx; then history=3; else history=0; fi
took "back: the next run brings all" "sent=$((${#sinks[@]} + history)) spooled=0 dead=0 lost=0 "
is "nothing is left in a queue" test -z "$(find "$work/spool" -name '*.jsonl')"
for sink in "${sinks[@]}"; do
	if [ "$sink" = influx ]; then
		same "influx has each result, in order" "$(count -c '[.state, (.items[] | select(.metric == "time").value)]' <"$work/said")" \
			"$(influxdb_query voip "SELECT value FROM check_sip WHERE host = 'away' AND metric =~ /state|time/ GROUP BY metric" |
				count -c '[.results[].series[] | [.values[][1] | near]] | transpose[]')"
	else
		same "$sink has the newest" "$(tail -n 1 "$work/said" | wants "$sink")" "$(holds "$sink" | grep $'^away\x1f')"
	fi
done

# Hostile names and outputs. A backslash is a slash in InfluxDB.
names=('a b/c' '/' '"double"' "it's" 'Köln–Süd €😀' 'a=b,c=d' 'back\slash' 'end\' '..' '%2F' '{name}' '# x' ' x ' '$(id);&')
cat >"$work/hostile" <<'JQ'
$ARGS.positional[] | {host: ., service: "\(.) =,\"", command: "check_ö ,=\"x"}, {host: ., command: "check_host"}
JQ
perfdata="'a b=,c \"ü'' \\/x'=5ms;6;7;0;9 10000=3;@1:2;~:4 :=4% _=1e-3 q=\"1\" u=U"
items='[{metric: "a b=,c \"ü'"'"' \\/x", unit: "seconds", value: 0.005, warn: 0.006, crit: 0.007, min: 0, max: 0.009},
	{metric: "10000", value: 3}, {metric: ":", unit: "ratio", value: 0.04}, {metric: "_", value: 0.001}]'
jq -nc "$(cat "$work/hostile") | . + {state: 1, items: $items}" --args "${names[@]}" >"$work/said"
jq -nc --arg perfdata "$perfdata" "$(cat "$work/hostile")"' |
	. + {exit_code: 1, output: "\(.host) | \u001b[1m\u0001\nlong \"line\"", $perfdata}' --args "${names[@]}" >"$work/lines"
run give "$work/lines" "${to[@]}"
took "hostile names: all receivers take them" "sent=$((2 * ${#names[@]} * ${#sinks[@]})) spooled=0 dead=0 lost=0 "
printf '#!/bin/sh\n%s\n' "printf 'OK - \\377\\033[1m \\\\ \"x\" | '\\''l\\303\\244ng'\\''=1s;2;3 b=2%%\\nlong line | c=3B\\nd=4 e=\\377\\n'" >"$work/check_hostile"
chmod +x "$work/check_hostile"
run "${to[@]}" -H wrapped -S hostile -- "$work/check_hostile"
jq -nc '{host: "wrapped", service: "hostile", command: "check_hostile", state: 0, items: [
	{metric: "läng", unit: "seconds", value: 1, warn: 2, crit: 3}, {metric: "b", unit: "ratio", value: 0.02},
	{metric: "c", unit: "bytes", value: 3}, {metric: "d", value: 4}]}' >>"$work/said"
read_back "hostile"
if has file; then
	is "node_exporter reads all files" grep -qx 'node_textfile_scrape_error 0' <(node_exporter_metrics)
	is "and complains about nothing" test -z "$(grep 'level=error' "$work/node_exporter.log")"
fi

has influx || { done_testing; exit; }
# What InfluxDB refuses is kept with its words until it is let in.
"$PLUGINS/check_sip" -H "$sim_sip" --output-format jsonl >"$work/lines"
said "$work/lines" line late sip
results >"$work/said"
# refused NAME ERE PROFILE: its result is in dead/ with words like that.
refused() {
	run give "$work/lines" "${send[@]}" -P "$3" -H late -S sip
	took "$1: refused" "sent=0 spooled=0 dead=1 lost=0 "
	also "$1: told" "^SEND_RESULTS WARNING - $3: 1 refused, 1 kept in dead/: $2"
	is "$1: dead/ has the words" grep -Eq -e "$2" <(jq -r .refused_words "$work/spool/$3/dead"/*)
}
refused "an unknown database" 'HTTP 404: database not found: "no such .*place' absent
influxdb_query '' 'CREATE DATABASE "no such \"place\""' >/dev/null
run "${send[@]}" -P absent --revive
took "--revive once it is there" "sent=1 spooled=0 dead=0 lost=0 "
same "and it arrived" "$(wants influx <"$work/said")" \
	"$(influxdb_query 'no such "place"' 'SELECT * FROM /.*/' | count -r of_rows)"
fetch --data-binary 'check_text,host=x value="a text"' "$influxdb_url/write?db=voip"
printf '{"host":"x","service":"s","exit_code":0,"output":"x","command":"check_%s"}\n' fine text fine2 >"$work/mixed"
run give "$work/mixed" "${send[@]}" -P influx
took "a field of another type: only that point is refused" "sent=2 spooled=0 dead=1 lost=0 "
also "and told" 'HTTP 400: .*field type conflict'

influxdb_stop
influxdb_start auth
influxdb_query '' "CREATE USER admin WITH PASSWORD 'hush-admin' WITH ALL PRIVILEGES" >/dev/null
influxdb_login=admin:hush-admin
influxdb_query '' "CREATE USER probe WITH PASSWORD 'hush-right'" >/dev/null
refused "a token that it does not know" 'HTTP 401: ' token
refused "a wrong password" 'HTTP 401: authorization failed' basic
configure hush-right
rm "$work"/spool/basic/dead/*
refused "a user who may not write" 'HTTP 403: .*not authorized to write' basic
influxdb_query '' 'GRANT WRITE ON voip TO probe' >/dev/null
run "${send[@]}" -P basic --revive
took "--revive once he may" "sent=1 spooled=0 dead=0 lost=0 "
same "and it arrived" "$(wants influx <"$work/said")" "$(holds influx | grep $'^late\x1f')"
is "no secret is in a queue" test -z "$(grep -rl hush "$work/spool")"
done_testing
