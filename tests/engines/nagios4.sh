#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A private Nagios 4 runs every generated command, takes passive results by its spool and its pipe, and
# notices when they stop. It runs under a locale with a comma, what it is compared with does not.
. "${srcdir:-.}/tests/engines/examples_rig.sh" || exit 1
nagios_plugins=$world/plugins
. "$srcdir/tests/engines/nagios4_rig.sh" || exit 1
dummy=/usr/lib/nagios/plugins/check_dummy
[ -x "$dummy" ] || skip_all "monitoring-plugins-basic is not installed"

make_world
ln -s "$dummy" "$world/plugins/"
load_examples

### the objects: those of contrib/, at this world's addresses, and a service per generated command

generated=("$srcdir"/contrib/nagios/check_*.cfg)
shipped=$srcdir/contrib/nagios/voip-objects.cfg
is "the sample for NRPE has the same commands" test "$(names_in "${generated[@]}")" = "$(names_in "$srcdir/contrib/nrpe/voip.cfg")"
is "each command is in the table of this test" test "$(names_in "${generated[@]}")" = "$(printf '%s\n' "${!example_rc[@]}" | sort)"

nagios_objects "${generated[@]}" "$shipped"
is "contrib/nagios: no error, no warning" nagios_valid
is "no warning either" grep -q '^Total Warnings: 0' "$work/valid.log"
sed 's/!20000-20099/&\n\tcheck_commands x/' "$shipped" >"$work/broken.cfg"
nagios_objects "${generated[@]}" "$work/broken.cfg"
is "a broken object is an error" eval '! nagios_valid'
nagios_objects "$shipped"
is "without the commands it is an error" eval '! nagios_valid'

# Everything is checked once: minutes are seconds here, and who waits 900 s there waits 2 s.
{
	sed -E 's/192\.0\.2\.[789]/127.0.0.1/; s/(check|retry)_interval .*/\1_interval 9999/; s/\b900$/2/; s/!900$/!2/' "$shipped" | adapt nagios
	echo "define host {
		use voip-host
		host_name examples
		address 127.0.0.1
	}"
	for service in pipe spool; do
		echo "define service {
			use voip-passive
			host_name examples
			service_description $service
			check_freshness 0
		}"
	done
	sed -n 's/^# *check_command //p' "${generated[@]}" | adapt nagios | while IFS= read -r line; do
		name=${line%%!*}
		echo "define service {
			use voip-service
			host_name examples
			service_description $name
			check_command $line${example_more[$name]:+!${example_more[$name]}}
		}"
	done
} >"$work/objects.cfg"
nagios_objects "${generated[@]}" "$work/objects.cfg"
is "the objects of this test" nagios_valid

### active checks

# passive HOST/SERVICE STATE TEXT: to the pipe; a literal \n in TEXT ends a line.
passive() { nagios_command "PROCESS_SERVICE_CHECK_RESULT;${1%/*};${1#*/};$2;$3"; }

declare -A state=() output=() perfdata=() long=()
take_result() {
	next_result || return
	local service=$result_host/$result_service
	state[$service]=$result_state output[$service]=$result_output perfdata[$service]=$result_perfdata long[$service]=$result_long
}
# take_all SERVICE...: until there is a result of each.
take_all() {
	local service end=$((SECONDS + 20))
	for service; do
		until [ -n "${state[$service]:-}" ]; do [ $SECONDS -lt $end ] && take_result || return; done
	done
}

# What a plugin has printed, from what Nagios made of it.
as_printed() {
	local more=${long[$1]:-}
	more=${more//'\\'/$'\1'}
	more=${more//'\n'/$'\n'}
	printf '%s\n' "${output[$1]:-}${perfdata[$1]:+ | ${perfdata[$1]}}" ${more:+"${more//$'\1'/'\'}"}
}

# Each is checked once when Nagios starts, and then when we say so.
nagios_env=($comma)
nagios_pid=
ask_nagios() {
	local name
	if [ -z "$nagios_pid" ]; then
		start_nagios
		# the only result of the branch for a while, whose time begins here
		passive branch1/SIP 0 'SIP OK - sent'
	else
		for name; do
			unset "state[examples/$name]"
			nagios_command "SCHEDULE_FORCED_SVC_CHECK;examples;$name;$(date +%s)"
		done
	fi
	take_all "${@/#/examples/}"
	for name; do
		as_printed "examples/$name" >"$work/got/$name"
		echo "${state[examples/$name]:-none}" >"$work/got/$name.rc"
	done
}
compare_examples "active" ask_nagios
[ -z "$comma" ] || is "Nagios runs under the locale" grep -qz '^LC_ALL=de_DE' "/proc/$nagios_pid/environ"
for service in pbx/SIP 'pbx/SIP by TLS' 'pbx/SIP loss' 'pbx/Dialpad ports' 'media1/RTP exposure' 'diva/Fax channels'; do
	take_all "$service"
	is "voip-objects.cfg, $service: not UNKNOWN" test "${state[$service]:-3}" != 3
done

### passive results by the pipe

text='SIP WARNING - slow, "quoted" <b> $x$ `y` ü'
take_pipe() { await_result examples pipe "${1:-.}"; }
passive examples/pipe 1 "$text | time=0.5s;0.25;1;0 code=200\\nline 2\\nline 3"
is "pipe: a result" take_pipe
is "pipe: its state" test "$result_state" = 1
is "pipe: its text, byte for byte" test "$result_output" = "$text"
is "pipe: its performance data" test "$result_perfdata" = "time=0.5s;0.25;1;0 code=200"
is "pipe: its other lines" test "$result_long" = 'line 2\nline 3'
long_text=$(printf '%6000s' x)
passive examples/pipe 2 "begin$long_text end|a=1"
is "pipe: 6,000 bytes" take_pipe 'begin'
is "pipe: all of them" test "$result_output/$result_perfdata" = "begin$long_text end/a=1"
passive examples/pipe 0 'semi;colons'
is "pipe: what contrib/nagios/README says of ';'" take_pipe '^0 semi:colons$'
passive examples/nobody 2 'for a service that is not there'
passive examples/pipe 3 'after it'
is "pipe: the next result after one for nobody" take_pipe '^3 after it$'
is "pipe: which stands in the log only" grep -q "service 'nobody' on host 'examples', but the service could not be found" "$nagios_log"

### results that stop

is "freshness: UNKNOWN when no result comes" await_result branch1 SIP '^3 UNKNOWN: no result for 2 s: does the sender still run'
passive branch1/SIP 0 'SIP OK - sent again'
is "freshness: fresh again" await_result branch1 SIP '^0 SIP OK - sent again$'
is "freshness: a service with more time waits" test -z "${result_states[branch1/RTP exposure]:-}"

### and by the spool

# spool NAME [STATE TEXT]...: a file of the spool, as its reader wants it but for the .ok.
spool() {
	local file=$nagios_spool/$1 now=$(date +%s)
	shift
	{
		echo "file_time=$now"
		while [ $# -gt 0 ]; do
			printf '\n%s' host_name=examples service_description=spool check_type=1 early_timeout=0 exited_ok=1 \
				return_code="$1" "start_time=$now.25" "finish_time=$now.5" "output=$2"
			echo
			shift 2
		done
	} >"$file"
	ours "$file"
}
spool_ok() { : >"$nagios_spool/$1.ok" && ours "$nagios_spool/$1.ok"; }
take_spool() { await_result examples spool "${1:-.}"; }

spool cWaits1 2 'without .ok'
spool voip-1 2 'of another name'
spool_ok voip-1
spool cAbc123 1 "$text | time=0.5s;0.25;1;0 code=200\\nline 2\\nline 3" 0 'second; in one file|b=2B'
spool_ok cAbc123
is "spool: a result" take_spool
is "spool: its state" test "$result_state" = 1
is "spool: its text, byte for byte" test "$result_output" = "$text"
is "spool: its performance data" test "$result_perfdata" = "time=0.5s;0.25;1;0 code=200"
is "spool: its other lines" test "$result_long" = 'line 2\nline 3'
is "spool: a second one in the same file" take_spool '^0 second: in one file$'
is "spool: and its performance data" test "$result_perfdata" = b=2B
spool cAbc124 2 'the next file'
spool_ok cAbc124
is "spool: the next file" take_spool '^2 the next file$'
is "spool: what is taken is removed" test ! -e "$nagios_spool/cAbc123" -a ! -e "$nagios_spool/cAbc123.ok"
is "spool: without .ok, or of another name, it stays" test -e "$nagios_spool/cWaits1" -a -e "$nagios_spool/voip-1"
spool_ok cWaits1
is "spool: until .ok is there" take_spool '^2 without \.ok$'

### what it keeps is what the performance data file said

stop_nagios
is "kept: an active check's performance data" test "$(nagios_kept examples check_sip performance_data)" = "${perfdata[examples/check_sip]}"
is "kept: its text" test "$(nagios_kept examples check_sip plugin_output)" = "${output[examples/check_sip]}"
is "kept: it was active" test "$(nagios_kept examples check_sip check_type)" = 0
is "kept: a passive result's text" test "$(nagios_kept examples spool plugin_output)" = 'without .ok'
is "kept: it was passive" test "$(nagios_kept examples spool check_type)" = 1
done_testing
