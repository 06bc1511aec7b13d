#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The rows of the benchmark with a real Icinga 2: 5,000 targets checked and delivered in one pipeline, and
# fewer of them one by one. Run by tests/bench/run. CPU_us is what the checks and the delivery take for each
# result, Icinga_us what Icinga takes for it; the ratio is the time for a result, in times of the pipeline's,
# or that to the limit. Icinga's key is of a curve: with RSA, which it makes itself, a connection costs more.
. "${srcdir:-.}/tests/bench/table.sh"
. "$srcdir/tests/engines/icinga2_rig.sh"
sip=$PLUGINS/check_sip
send=$PLUGINS/send_results
many=5000 few=200
for tool in "${icinga2:-icinga2}" curl jq openssl; do
	absent "rows with Icinga 2" "$tool" && exit
done

### 5,000 hosts with a passive service; the first ones have a service that Icinga checks, too

start_sim --address 0.0.0.0
port=$(port_of "$sim_sip")
seq $many | awk -v port="$port" '{ printf "h%d = 127.1.%d.%d:%d\n", $1, int($1 / 256), $1 % 256, port }' >"$work/many"
head -n $few "$work/many" >"$work/few"
node_make icinga
parts=$work/icinga/etc/conf.d
cp "$srcdir/contrib/icinga2/voip-commands.conf" "$parts"
{
	sed -E 's/^(h([0-9]+)) = ([^:]*).*/object Host "\1" { check_command = "dummy"; enable_active_checks = false; address = "\3"; vars.n = \2 }/' "$work/many"
	cat <<-CONF
		apply Service "sip" {
			check_command = "dummy"
			enable_active_checks = false
			assign where true
		}
		apply Service "scheduled" {
			check_command = "voip_sip"
			enable_active_checks = false
			vars.voip_sip_port = $port
			assign where host.vars.n <= $few
		}
	CONF
} >"$parts/hosts.conf"
node_start icinga
mkdir "$work/spool"
(umask 077 && printf '[icinga]\nsink = icinga2\nurl = https://127.0.0.1:%s\nca = %s\ntls_name = icinga\nuser = rig\npassword = rig\n' \
	"${node_port[icinga]}" "$icinga_ca" >"$work/ini")
to=("$send" --config "$work/ini" --spool "$work/spool" -P icinga)

### how it is measured

# icinga_cpu: seconds of Icinga's processes, and of the plugins that they have run.
nodes=${node_pid[icinga]}
nodes="$nodes $(pgrep -P "$nodes")"
nodes="$nodes $(pgrep -P "${nodes#* }")"
icinga_cpu() {
	cat $(printf '/proc/%s/stat ' $nodes) | awk -v hz="$(getconf CLK_TCK)" '{ own += $14 + $15; run += $16 + $17 } END { print own / hz, run / hz }'
}
# difference A B: of two such lines.
difference() { awk -v a="$1" -v b="$2" 'BEGIN { split(a, x); split(b, y); print y[1] - x[1], y[2] - x[2] }'; }

# arrived SERVICE SINCE: on how many hosts there is a result of it that ended since then.
arrived() {
	api icinga GET objects/services "{\"attrs\":[\"name\"],\"filter\":\"service.name == name && service.last_check_result && service.last_check_result.execution_end >= since\",
		\"filter_vars\":{\"name\":\"$1\",\"since\":$2}}" | jq '.results | length'
}
now() { date +%s.%6N; }

# delivery KEY COUNT COMMAND...: one round more, all of whose results must arrive; Icinga's CPU is the last number.
delivery() {
	local key=$1 count=$2 before since connections
	shift 2
	before=$(icinga_cpu) since=$(now) connections=$(grep -c 'New client connection' "$work/icinga/console")
	measure "$key" "$@"
	before=$(difference "$before" "$(icinga_cpu)")
	sed -i "\$s/\$/ ${before% *}/" "$work/$key.rounds"
	opened=$(($(grep -c 'New client connection' "$work/icinga/console") - connections))
	[ "$(arrived sip "$since")" = "$count" ] || bail "$key: not all results have arrived: $(cat "$work/$key.said")"
}

# scheduled: the same by Icinga's scheduler.
scheduled() {
	local before since
	before=$(icinga_cpu) since=$(now)
	api icinga POST actions/reschedule-check '{"type":"Service","filter":"service.name == \"scheduled\"","force":true}' >/dev/null
	until [ "$(arrived scheduled "$since")" = $few ]; do sleep 0.5; done
	before=$(difference "$before" "$(icinga_cpu)")
	api icinga GET objects/services '{"attrs":["last_check_result"],"filter":"service.name == \"scheduled\""}' |
		jq -r --argjson since "$since" --arg icinga "${before% *}" --arg plugins "${before#* }" \
			'[.results[].attrs.last_check_result.execution_end] | (max - $since) * 10000 | round / 10000 | "\(.) \($plugins) - 0 \($icinga)"' >>"$work/scheduled.rounds"
}

# each SECONDS COUNT FORMAT [FACTOR]
each() { awk -v seconds="$1" -v count="$2" -v format="$3" -v factor="${4:-1}" 'BEGIN { printf format, factor * seconds / count }'; }

# show_delivery NAME KEY COUNT [LIMIT]: LIMIT are seconds.
show_delivery() {
	best "$2"
	[ "$2" != pipeline ] || limit=$wall
	line "$1" "$(each "$3" "$wall" %.0f)" "$(each "$cpu" "$3" %.0f 1e6)" "$(each "${code#* }" "$3" %.0f 1e6)" "$wall" \
		"$(ratio "$wall" "${4:-$(each "$limit" $many %f "$3")}")"
}

### the rows

request=(-u rig:rig --cacert "$icinga_ca" --connect-to "::127.0.0.1:${node_port[icinga]}" -H 'Accept: application/json')
export sip work
wrapped='while read -r name _ target; do "$@" -H "$name" -S sip -- "$sip" -H "$target"; done <"$work/few"'
curled='while read -r name _ target; do
	out=$("$sip" -H "$target")
	code=$?
	curl -sS "$@" -d "{\"service\":\"$name!sip\",\"exit_status\":$code,\"plugin_output\":\"${out%%|*}\",\"performance_data\":\"${out#*|}\"}" https://icinga/v1/actions/process-check-result
done <"$work/few"'
"$sip" --targets "$work/many" --output-format jsonl >"$work/lines"
for _ in 1 2 3; do
	delivery pipeline $many sh -c '"$sip" --targets "$work/many" --output-format jsonl | "$@"' - "${to[@]}"
	delivery wrapped $few sh -c "$wrapped" - "${to[@]}"
	delivery curled $few sh -c "$curled" - "${request[@]}"
	scheduled
	delivery sent $many sh -c 'exec "$@" <"$work/lines"' - "${to[@]}"
done
line "to Icinga 2 with 5,000 hosts" results/s CPU_us Icinga_us wall_s ratio
show_delivery "5,000 targets: check_sip --targets | send_results" pipeline $many
show_delivery "$few targets: send_results -- check_sip, one by one" wrapped $few
show_delivery "$few targets: check_sip and curl, one by one" curled $few
show_delivery "$few targets: check_sip by Icinga's scheduler" scheduled $few
show_delivery "5,000 results: send_results, $opened connection (limit 1,000 a second)" sent $many 5
