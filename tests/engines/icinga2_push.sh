#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# send_results and a real Icinga 2: what arrives is what the plugin printed, what is refused is kept with
# the reason, what comes while Icinga is down arrives afterwards, and results that stop turn UNKNOWN.
if [ -z "${ICINGA_NETNS:-}" ] && unshare -n true 2>/dev/null; then
	ICINGA_NETNS=1 exec unshare -n bash "$0" "$@"
fi
[ -z "${ICINGA_NETNS:-}" ] || PATH=$PATH:/usr/sbin:/sbin ip link set lo up
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/engines/icinga2_rig.sh"
need_icinga2
export MP_CONFIG_FILE=
umask 077
node=master.example.org sender=probe1.example.org
sip=$PLUGINS/check_sip
to=("$PLUGINS/send_results" --config "$work/ini" --spool "$work/spool")
mkdir "$work/spool"

### a node with the examples of contrib/, where minutes are seconds

interval=2
node_make $node
parts=$work/$node/etc/conf.d
cp "$srcdir"/contrib/icinga2/voip-{passive,api-user}.conf "$parts"
chmod u+w "$parts"/*
sed -i "s/15m/${interval}s/" "$parts/voip-passive.conf"
cat >"$parts/hosts.conf" <<-'CONF'
	template Host "silent" {
		check_command = "dummy"
		enable_active_checks = false
	}
	object Host "pbx" {
		import "silent"
		vars.voip_passive = [ "fresh" ]
		vars.lasting = [ "state0", "state1", "state2", "state3", "words", "long", "named", "wrong", "good",
			"q1", "q2", "q3", "q4", "late" ]
	}
	for (name in [ "a", "b", "c" ]) {
		object Host "list-" + name {
			import "silent"
			vars.lasting = [ "sip-tcp", "sip-udp" ]
		}
	}
	apply Service for (result in host.vars.lasting) {
		import "voip-passive"
		enable_active_checks = false
	}
	object Service "active" {
		host_name = "pbx"
		check_command = "dummy"
		enable_active_checks = false
	}
CONF
node_start $node
client_make $sender
start_sim --address 127.0.0.1

# profile NAME LINE...: a section of the configuration.
profile() {
	printf '[%s]\nsink = icinga2\nurl = https://127.0.0.1:%s\nca = %s\n' "$1" "${node_port[$node]}" "$icinga_ca"
	printf '%s\n' "${@:2}"
}
{
	profile password "tls_name = $node" "user = voip-probe" "password = put 30 random characters here"
	profile certificate "tls_name = $node" "cert = $work/pki/$sender.crt" "key = $work/pki/$sender.key"
	profile refused "tls_name = $node" "user = voip-probe" "password = put 30 random characters here"
	profile any "tls_name = $node" "user = rig" "password = rig"
	profile wrong "tls_name = $node" "user = voip-probe" "password = guessed"
	profile nameless "user = rig" "password = rig"
} >"$work/ini"

# same NAME EXPECTED ACTUAL: two files.
same() {
	if diff "$2" "$3" >"$work/diff"; then ok "$1"; else not_ok "$1" "$(head -n 20 "$work/diff")"; fi
}
# give NAME RC ERE LINES ARGS...: send_results with these lines.
give() {
	give_name=$1 give_rc=$2 give_re=$3 give_lines=$4
	shift 4
	check "$give_name" "$give_rc" "$give_re" given "$@"
}
given() { printf '%s\n' "$give_lines" | "${to[@]}" "$@"; }
# line SERVICE STATE TEXT [HOST]
line() { printf '%s\t%s\t%s\t%s\n' "${4:-pbx}" "$1" "$2" "$3"; }
# stored SERVICE [HOST]: $work/result is what Icinga has, $work/stored that as a plugin prints it.
stored() {
	last_result $node "${2:-pbx}" "$1" >"$work/result"
	jq -r '"\(.output | split("\n")[0])\(.performance_data | if . == [] then "" else " | " + join(" ") end)",
		(.output | split("\n")[1:][])' "$work/result" >"$work/stored" 2>&1
}
# has NAME SERVICE FILTER [HOST]: of the stored result.
has() {
	stored "$2" "${4:-pbx}"
	if holds "$3" "$work/result"; then ok "$1"; else not_ok "$1" "$3" "$(cat "$work/result")"; fi
}
now() { date +%s.%6N; }

# of two services whose results stop here, and which are looked at in the end
begun=$(now)
give "results that will be the last ones" 0 'password: 2 sent' "$(line fresh 0 'OK - still here')
$(line rtp-exposure 0 'OK - still here' $sender)" -P password

### a plugin's result

state=0
for who in ok code404 unavailable; do
	since=$(now)
	run "${to[@]}" -P password -H pbx -S state$state --ttl 600 -- "$sip" -H "sip:$who@$sim_sip" -w 5 -c 9 -v
	is "exit code $state of check_sip" test "$rc" = $state
	has "is that state" state$state ".state == $state and .active == false"
	same "with output, performance data and further lines as printed" "$work/out" "$work/stored"
	has "by whom and when" state$state "[.check_source, .command, .ttl] == [\"$(uname -n)\", [\"check_sip\"], 600] and
		$since <= .execution_start and .execution_start < .execution_end and .execution_end <= $(now)"
	state=$((state + 1))
done
run "${to[@]}" -P password -H pbx -S state3 --source elsewhere --ttl 600 -- "$sip"
has "UNKNOWN is UNKNOWN" state3 ".state == $rc and .state == 3 and .check_source == \"elsewhere\""
same "as printed" "$work/out" "$work/stored"

cat >"$work/words" <<'PRINTED'
SIP WARNING - „Zürich“ 漢字 "two" 'one' \n \\ C:\new <b>&amp; $x$ `y` {"a": [1]} %s | time=0.5s;1:;@2:3;0 'two words'=1;;;-1;9 größe=7%
  second line, "quoted" \ and \"both\"

last line äöü
PRINTED
printf '#!/bin/sh\ncat "%s"; exit 1\n' "$work/words" >"$work/plugin"
chmod +x "$work/plugin"
run "${to[@]}" -P password -H pbx -S words --ttl 600 -- "$work/plugin"
has "what a plugin may print" words '.state == 1 and .command == ["plugin"]'
same "arrives letter by letter" "$work/words" "$work/stored"
{ yes 'all work and no play' | head -c 60000 && echo .; } >"$work/words"
run "${to[@]}" -P password -H pbx -S long --ttl 600 -- "$work/plugin"
stored long
same "60,000 bytes too" "$work/words" "$work/stored"

run "${to[@]}" -P certificate -H $sender -S sip --ttl 600 -- "$sip" -H "$sim_sip"
has "by client certificate" sip '.state == 0' $sender
same "the same" "$work/out" "$work/stored"

### lines of a list

printf '%s = sip:%s@%s\n' a ok "$sim_sip" b code404 "$sim_sip" c unavailable "$sim_sip" >"$work/list"
connections=$(grep -c 'New client connection' "$work/$node/console")
since=$(now)
for transport in udp tcp; do
	"$sip" --targets "$work/list" -T $transport -w 5 -c 9 --output-format jsonl | tee -a "$work/jsonl" |
		"${to[@]}" -P password -H 'list-{name}' -S 'sip-{transport}' --ttl 600 >"$work/out" 2>&1
	also "a list of targets over $transport" '^SEND_RESULTS OK - password: 3 sent \|'
done
is "one connection for all lines of a run" test $(($(grep -c 'New client connection' "$work/$node/console") - connections)) = 2
api $node GET 'objects/services?attrs=__name&attrs=last_check_result' >"$work/body"
jq -S '"list-\(.name)!sip-\(.transport)", .exit_code, "\(.service) \(.state) - \(.summary)",
	(.metrics | map_values([.value, .unit // "", .warning // "", .critical // "", .min, .max]))' "$work/jsonl" >"$work/printed"
jq -S --argjson since "$since" --arg source "$(uname -n)" '[.results[].attrs | select(.__name | startswith("list-"))] |
	sort_by([(.__name | endswith("tcp")), .__name])[] | .__name, (.last_check_result |
	if [.check_source, .command, .ttl] == [$source, ["check_sip"], 600] and .execution_end >= $since then .state else . end, .output,
	(.performance_data | map(capture("^(?<key>[a-z_]+)=(?<value>[-0-9.e]+)(?<unit>[a-zA-Z%]*)(?<more>.*)$") | { key, value:
		([(.value | tonumber), .unit] + (.more | split(";")[1:] | [.[0] // "", .[1] // "", (.[2] // "" | tonumber? // null), (.[3] // "" | tonumber? // null)])) }) |
		from_entries))' "$work/body" >"$work/arrived"
same "names by template; state, output, metrics and thresholds as printed" "$work/printed" "$work/arrived"
is "of both transports" test "$(grep -c '^"list-' "$work/arrived")" = 6

### hosts

run "${to[@]}" -P any -H list-a --host-check --ttl 600 -- "$sip" -H "$sim_sip" -v
give "results of hosts" 0 'any: 2 sent' "$(printf '%s\n' $'list-b\t2\tDOWN - gone | a=1' $'list-c\t1\tSLOW')" -P any
api $node GET 'objects/hosts?attrs=__name&attrs=state&attrs=last_check_result' |
	jq -r '.results[].attrs | select(.last_check_result) | .last_check_result as $r | "\(.__name) \(.state) \($r.output | split("\n")[0]) | \($r.performance_data[0])"' |
	sed -E 's/ in [0-9.]+ [mu]?s//; s/time=[0-9.]+/time=N/' | sort >"$work/hosts"
same "up and down" - "$work/hosts" <<-HOSTS
	list-a 0 SIP OK - $sim_sip/udp: 200 OK, voip_sim/1.0 | time=Ns;;;0
	list-b 1 DOWN - gone | a=1
	list-c 0 SLOW | null
HOSTS

### refused for good

# dead PROFILE: host, service, status and words of what lies there.
dead() { cat "$work/spool/$1"/dead/* 2>/dev/null | jq -r '[.host, .service, "\(.refused_status)", .refused_words] | join(" ")' >"$work/dead"; }
give "what Icinga does not know, and what the user may not, is refused; the rest arrives" 1 \
	'refused: 1 sent, 3 refused, 3 kept in dead/: HTTP 404: No objects found' "$(line none 2 'of nobody')
$(line active 2 'forbidden')
$(line sip 2 'of nobody' nohost)
$(line good 1 'W - fine')" -P refused --ttl 600
dead refused
same "dead/ has the words" - "$work/dead" <<-'DEAD'
	pbx none 404 HTTP 404: No objects found.
	pbx active 404 HTTP 404: No objects found.
	nohost sip 404 HTTP 404: No objects found.
DEAD
has "the one that is allowed" good '.state == 1'
has "the forbidden one is as it was" active '. == null'
give "a certificate is for its host only" 1 'certificate: 1 refused, 1 kept in dead/: HTTP 404' "$(line good 2 'not mine')" -P certificate
has "which stays as it was" good '.state == 1'

give "a wrong password" 1 'wrong: 1 refused, 1 kept in dead/: HTTP 401: Unauthorized' "$(line wrong 2 'C - late, but here')" -P wrong --ttl 600
dead wrong
same "dead/ has these words too" - "$work/dead" <<<'pbx wrong 401 HTTP 401: Unauthorized. Please check your user credentials.'
check "which says so until it is settled" 1 'wrong: 1 kept in dead/' "${to[@]}" -P wrong --flush
sed -i 's/= guessed$/= put 30 random characters here/' "$work/ini"
check "--revive sends it" 0 'wrong: 1 sent \|' "${to[@]}" -P wrong --revive
has "which arrives" wrong '.state == 2 and .output == "C - late, but here" and .ttl == 600'

give "without tls_name the certificate is not the address's" 1 \
	"nameless: 1 wait in the queue: the receiver's certificate is not for 127\.0\.0\.1, next try" "$(line named 1 'W - named')" -P nameless --ttl 600
has "nothing has arrived" named '. == null'
sed -i "/^\[nameless\]/a tls_name = $node" "$work/ini"
check "with it the result goes" 0 'nameless: 1 sent \|' "${to[@]}" -P nameless --flush --now
has "and arrives" named '.state == 1 and .output == "W - named"'

### Icinga is down for a while

node_stop $node
give "Icinga is down: results wait" 1 'password: 4 wait in the queue: 127\.0\.0\.1:[0-9]+: connection refused, next try in [0-9]+ s \|.* sent=0;;;0 spooled=4;;;0' \
	"$(for i in 1 2 3 4; do line q$i 0 "OK - first $i"; done)" -P password --ttl 600
give "so do the next ones" 1 'password: 6 wait in the queue, next try .*spooled=6' "$(line q2 1 'W - second 2')
$(line q3 1 'W - second 3')" -P password --ttl 600
give_lines="$(line q3 2 'C - third 3')"
run given -P password --ttl 600
run "${to[@]}" -P password -H pbx -S q1 --ttl 600 -- "$sip" -H "sip:unavailable@$sim_sip"
is "a plugin keeps its exit code" test "$rc" = 2
is "and standard error says that it waits" grep -q '^SEND_RESULTS WARNING - password: 8 wait in the queue, next try' "$work/err"
cp "$work/out" "$work/third"
ended=$(now)
node_start $node
check "Icinga is back: the newest of each service is sent" 0 'password: 4 sent, 4 superseded by newer ones \|.* sent=4;;;0 spooled=0' \
	"${to[@]}" -P password --flush --now
api $node GET 'objects/services?attrs=__name&attrs=last_check_result&attrs=next_check' >"$work/body"
jq -r '[.results[].attrs | select(.__name | startswith("pbx!q")) | "\(.__name) \(.last_check_result.state)"] | sort[]' "$work/body" >"$work/out"
same "each service has its newest state" - "$work/out" <<<$'pbx!q1 2\npbx!q2 1\npbx!q3 2\npbx!q4 0'
stored q1
same "the plugin's as printed" "$work/third" "$work/stored"
is "and when it ran" holds ".execution_end <= $ended and .ttl == 600" "$work/result"
# Icinga counts the time to live, which is the same for all, from when it gets a result.
jq -r '[.results[].attrs | select(.__name | startswith("pbx!q"))] | sort_by(.next_check)[].__name' "$work/body" >"$work/out"
same "the oldest came first" - "$work/out" <<<$'pbx!q4\npbx!q2\npbx!q3\npbx!q1'
check "nothing is left" 0 'password: nothing to send \|' "${to[@]}" -P password --flush

### a result that comes too late

give "a newer result" 0 'any: 1 sent' "$(line late 0 'OK - newer')" -P any --ttl 600
give "an older one does no harm" 0 'any: 1 sent' \
	"{\"host\":\"pbx\",\"service\":\"late\",\"exit_code\":2,\"output\":\"C - older\",\"end\":$(($(date +%s) - 100)),\"ttl\":600}" -P any
has "the newer one stays" late '.state == 0 and .output == "OK - newer"'

### results that stop

stale() { await $node "objects/services/$1" '.results[0].attrs | .last_state_ok > 0 and .last_check_result.state == 3 and
	.last_check_result.output == "no result has come in time: look at the sender"'; }
is "results that stop turn UNKNOWN" stale 'pbx!fresh'
is "not before the interval" holds ".results[0].attrs.last_state_change >= $begun + $interval" "$work/body"
is "of every service" stale "$sender!rtp-exposure"
give "the next one" 0 'password: 1 sent' "$(line fresh 0 'OK - here again')" -P password --ttl 600
has "makes it green again" fresh '.state == 0 and .output == "OK - here again" and .active == false'
done_testing
