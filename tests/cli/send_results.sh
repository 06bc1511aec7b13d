#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# send_results against receivers that behave, fail and lie: what arrives, what waits, what is refused,
# and what the line says.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/receivers.sh"

send=$PLUGINS/send_results
mkdir "$work/spool"
now=$(($(date +%s) - 100))
start_http --listen icinga=basic:probe:hush --listen nrdp=token:hush --listen influx= --listen gateway= \
	--listen down=status:503 --listen slow=hang --listen busy=status:429,retry:100 --listen denied=status:401 \
	--listen poison= --listen good=tls:good --listen wrong=tls:wrongname --listen expired=tls:expired \
	--listen self=tls:selfsigned --listen mutual=tls:good,mutual --listen other= --listen redirect=redirect:other \
	--listen large=status:413,retry:5,first:1
config <<END
[icinga]
sink = icinga2
url = $http_icinga
user = probe
password = hush
[nrdp]
sink = nrdp
url = $http_nrdp/nrdp/
token = hush
[influx]
sink = influxdb
url = $http_influx
database = voip
[large]
sink = influxdb
url = $http_large
database = voip
[gateway]
sink = pushgateway
url = $http_gateway
$(for name in down slow busy denied poison good wrong expired self redirect; do
	declare -n url=http_$name
	printf '[%s]\nsink = icinga2\nurl = %s\n' "$name" "$url"
	[[ $url != https:* ]] || printf 'ca = %s\n' "$http_ca"
done)
[renamed]
sink = icinga2
url = $http_wrong
ca = $http_ca
tls_name = example.org
[nobody]
sink = icinga2
url = http://127.0.0.1:1
[small]
sink = influxdb
url = http://127.0.0.1:1
database = x
max_bytes = 600
[old]
sink = influxdb
url = http://127.0.0.1:1
database = x
max_age = 60
END

three='{"host":"a","service":"x","exit_code":0,"output":"OK - one | t=1s","end":'$((now + 1))'}
{"host":"b","service":"x","exit_code":1,"output":"W - two","end":'$((now + 2))'}
{"host":"c","exit_code":2,"output":"C - three","end":'$((now + 3))'}'
give() { # NAME RC ERE LINES ARGS...: lines go to send_results
	give_lines=$4
	give_name=$1 give_rc=$2 give_re=$3
	shift 4
	check "$give_name" "$give_rc" "$give_re" given "$@"
}
given() { printf '%s\n' "$give_lines" | "${to[@]}" "$@"; }
to=("$send" --config "$work/ini" --spool "$work/spool")

# sinks: what arrives
give "results go to Icinga 2" 0 'icinga: 3 sent \|.* sent=3;;;0 spooled=0;;;0 dead=0' "$three" -P icinga
is "one request each, in order" test "$(bodies icinga | jq -r '.service // .host' | tr '\n' ' ')" = 'a!x b!x c '
is "over one connection" test "$(requests icinga | jq .connection | sort -u | wc -l)" = 1
is "with user and password" test "$(requests icinga | jq -r .authorization | sort -u)" = "Basic $(printf probe:hush | base64)"
is "host results have no service" test "$(bodies icinga | jq -r .type | tr '\n' ' ')" = 'Service Service Host '
is "output and perfdata apart" test "$(bodies icinga | jq -c 'select(.service=="a!x") | [.plugin_output, .performance_data, .exit_status]')" = '["OK - one",["t=1s"],0]'
give "to NRDP in one request" 0 'nrdp: 3 sent' "$three" -P nrdp
is "as NRDP reads them" test "$(requests nrdp | wc -l)" = 1
give "to Pushgateway" 0 'gateway: 3 sent' "$three" -P gateway
is "with host and service as group" test "$(requests gateway | jq -r .path | head -n 1)" = /metrics/job/voip/instance/a/service/x
give "to InfluxDB" 0 'influx: 3 sent' "$three" -P influx
is "as points" grep -q 't' <(bodies influx)
clear_requests
give "to two receivers at once" 0 '2 profiles ok' "$three" -P icinga -P influx
is "both got all" test "$(requests icinga | wc -l) $(requests influx | wc -l)" = '3 1'

# results of our own programs
start_sim
clear_requests
printf 'pbx1 = %s\npbx2 = %s\n' "$sim_sip" "sip:code503@$sim_sip" >"$work/targets"
ours() { "$PLUGINS/check_sip" --targets "$work/targets" --output-format jsonl | "${to[@]}" "$@"; }
check "a list of targets in one run" 0 'icinga: 2 sent' ours -P icinga --ttl 300
is "names and states" test "$(bodies icinga | jq -c '[.service, .exit_status, .ttl]' | tr '\n' ' ')" = '["pbx1!sip",0,300] ["pbx2!sip",2,300] '
is "the line as in text" grep -q '^SIP OK - pbx1' <(bodies icinga | jq -r .plugin_output)
is "performance data too" grep -q '^time=0.*s;;;0$' <(bodies icinga | jq -r '.performance_data[]')
check "a port that has a name" 0 'icinga: 1 sent' bash -c '"$0" -p 2861/tcp --output-format jsonl | "$@"' \
	"$PLUGINS/check_listener" "${to[@]}" -P icinga
clear_requests
check "lines of a run that name one service: the worst counts, and it is said" 1 \
	'icinga: 1 sent, 1 lines name the service of a worse one, which counts' ours -P icinga -H pbx -S sip
is "it is the worst" test "$(bodies icinga | jq -c '[.service, .exit_status]' | tr '\n' ' ')" = '["pbx!sip",2] '
clear_requests
check "names by template" 0 'icinga: 2 sent' ours -P icinga -H "h-{name}" -S 'sip {transport}'
is "are filled" test "$(bodies icinga | jq -r .service | tr '\n' ' ')" = 'h-pbx1!sip udp h-pbx2!sip udp '

# receivers that fail: the queue
give "503 waits" 1 'down: 3 wait in the queue: .*503.*next try in [0-9]+ s \|.* spooled=3' "$three" -P down
is "tried again only after a while" test "$(requests down | wc -l)" -le 3
tried=$(requests down | wc -l)
give "then the receiver is left alone" 1 'down: 6 wait in the queue, next try in [0-9]+ s \(--now' "$three" -P down
is "not one request" test "$(requests down | wc -l)" = "$tried"
way down ok
check "--flush keeps to it" 1 'down: 6 wait' "${to[@]}" -P down --flush
check "--now does not; the newest of each object goes" 0 'down: 3 sent \|' "${to[@]}" -P down --flush --now
check "nothing is left" 0 'down: nothing to send' "${to[@]}" -P down --flush
way down status:503
four='{"host":"a","service":"x","exit_code":0,"output":"1","end":'$((now + 11))'}
{"host":"a","service":"x","exit_code":1,"output":"2","end":'$((now + 12))'}'
clear_requests
way influx status:500
give "history keeps them all" 1 'influx: 2 wait' "$four" -P influx
way influx ok
check "and sends them all, oldest first" 0 'influx: 2 sent' "${to[@]}" -P influx --flush --now
is "in order" test "$(requests influx | tail -n 1 | jq -r .body | grep 'metric=state' | awk '{ print $NF }' | tr '\n' ' ')" = "$((now + 11))000000000 $((now + 12))000000000 "
give "429 says when" 1 'busy: 3 wait in the queue: .*429.*next try in (9[0-9]|100|101) s' "$three" -P busy
give "nobody there" 1 'nobody: 3 wait in the queue: .*(refused|connect).*next try' "$three" -P nobody
give "a redirect is not followed" 1 'redirect: 3 wait in the queue: .*30[0-9]' "$three" -P redirect
is "nobody went there" test "$(requests other | wc -l)" = 0
give "no answer until the deadline" 1 'slow: 3 wait in the queue: no answer in time, next try in [23][0-9] s' "$three" -P slow -t 0.5
tried=$(requests slow | wc -l)
check "who is silent is left alone too" 1 'slow: 3 wait in the queue, next try' "${to[@]}" -P slow --flush
is "he is not asked again" test "$(requests slow | wc -l)" = "$tried"
clear_requests
give "does not keep others waiting" 1 '1 of 2 profiles warning.*slow' "$three" -P slow -P icinga --now -t 0.5
is "who got all" test "$(requests icinga | wc -l)" = 3

# refused for good
bad='{"host":"a","service":"x","exit_code":0,"output":"1"}
{"host":"unknown","service":"x","exit_code":0,"output":"2"}
{"host":"c","service":"x","exit_code":0,"output":"3"}'
give "404 goes to dead/, the others arrive" 1 'icinga: 2 sent, 1 refused, 1 kept in dead/: .*No objects found.*\|.* sent=2;;;0 spooled=0;;;0 dead=1' "$bad" -P icinga
check "a check of the queue tells of it" 1 'icinga: 1 kept in dead/' "${to[@]}" -P icinga --flush
is "with the server's words" grep -q 'No objects found' "$work"/spool/icinga/dead/*
is "only for us to read" test "$(stat -c %a "$work"/spool/icinga/dead/*)" = 600
give "one bad point does not keep the others of its request" 1 'influx: 2 sent, 1 refused' "$bad" -P influx
give "a request that is too large is cut up, also with Retry-After" 0 'large: 3 sent' "$three" -P large
give "401 too" 1 'denied: 3 refused, 3 kept in dead/: .*401' "$three" -P denied
mkfifo "$work/held"
(flock 8 && : >"$work/held" && read -r _ <"$work/held") 8>>"$work/spool/denied/lock" &
: <"$work/held"
check "--revive that does not get the lock is not OK" 3 'denied: 3 kept in dead/.*, queue: .*lock.* is held by another run' "${to[@]}" -P denied --revive -t 0.1
echo >"$work/held"
wait $!
way denied ok
check "--revive sends them once the profile is right" 0 'denied: 3 sent' "${to[@]}" -P denied --revive
is "dead/ is empty" test -z "$(ls "$work/spool/denied/dead")"
clear_requests
way poison status:500,first:1
give "one that the receiver cannot digest does not stop the rest" 1 'poison: 2 sent, 1 wait in the queue: .*500' "$three" -P poison
check "it goes later" 0 'poison: 1 sent' "${to[@]}" -P poison --flush --now

# TLS
give "a certificate of the right name" 0 'good: 3 sent' "$three" -P good
give "another name is refused by us" 1 'wrong: 3 wait in the queue: .*certificate is not for 127.0.0.1' "$three" -P wrong
give "tls_name says which one is meant" 0 'renamed: 3 sent' "$three" -P renamed
give "an expired one" 1 'expired: 3 wait in the queue: .*expired' "$three" -P expired
give "one of nobody we know" 1 'self: 3 wait in the queue: .*(trust|self)' "$three" -P self
is "none of them was spoken to" test "$(requests wrong expired self | jq -r 'select(.connection == 1) | .listener' | grep -c -e expired -e self)" = 0

# caps
counted() { printf '{"host":"h","service":"s","exit_code":0,"output":"%s long enough to count","end":%s}' "$1" "$((now + $1))"; }
for i in 1 2 3 4 5; do
	give_lines=$(counted $i)
	run given -P small --now
done
give "a full queue drops the oldest, and says so" 2 'small: .*dropped because the queue was full.*\|.* lost=[1-9]' "$(counted 6)" -P small --now
give "what is too old is dropped" 2 'old: 2 dropped because of their age' "$four" -P old

# input
give "lines that are no result are counted" 1 'icinga: 2 sent, .*, 2 of 5 lines are no result: line 2 is neither JSON' "$(printf 'a\tx\t0\tOK\nhello\n{}\n\nb\tx\t1\tW')" -P icinga
give "nothing is nothing" 0 'icinga: nothing to send' '' -P icinga
long=$(head -c 1100000 /dev/zero | tr '\0' x)
give "a line without end is refused" 1 'icinga: 1 sent, .*, 1 of 2 lines are no result: line 1 is longer than' "$long
a	x	0	OK" -P icinga
mkfifo "$work/in"
clear_requests
"${to[@]}" -P icinga <"$work/in" >"$work/stream" 2>&1 &
pid=$!
exec 9>"$work/in"
printf 'a\tx\t0\tfirst\n' >&9
await requests icinga
ok "a stream is sent while it goes on"
printf 'a\tx\t0\tsecond' >&9
exec 9>&-
wait "$pid"
is "and ends with it" grep -q 'icinga: 2 sent' "$work/stream"

# many at once, and signals
clear_requests
"${to[@]}" -P icinga <"$work/in" >"$work/stream" 2>&1 &
pid=$!
exec 9>"$work/in"
printf 'a\tx\t0\tfirst\n' >&9
await requests icinga
kill -TERM "$pid"
wait "$pid"
rc=$?
is "SIGTERM while reading is UNKNOWN" test "$rc" = 3
is "and said" grep -Eq 'icinga: 1 .*interrupted' "$work/stream"
exec 9>&-
clear_requests
for i in {1..12}; do printf 'h%d\tx\t0\tOK\n' "$i" | "${to[@]}" -P icinga >>"$work/many" & many="${many:-} $!"; done
wait $many
is "twelve runs at once bring each result once" test "$(bodies icinga | jq -r .service | sort | uniq -c | awk '$1 == 1' | wc -l)" = 12
give_lines=$three
given -P slow --now -t 60 >"$work/term" 2>&1 &
pid=$!
await requests slow
pkill -TERM -P "$pid" send_results || kill -TERM "$pid"
wait "$pid"
is "SIGTERM while sending is said" grep -q 'slow: 3 wait in the queue: interrupted' "$work/term"

# forms
give_lines=$three
run given -P icinga --output-format json
is "JSON has the outcome" test "$(jq -r '.results[0].outcome + " " + (.results[0].metrics.sent.value | tostring)' <"$work/out")" = 'sent 3'
run given -P icinga -q
is "--quiet" test ! -s "$work/out"
run given -P icinga -P nrdp -P influx -P gateway --dry-run -vvv
is "--dry-run exits 0 and shows requests" grep -q '^POST /v1/actions/process-check-result HTTP/1.1' "$work/out"
give "--dry-run tells of lines that are no result" 1 'nothing to send, 1 of 1 lines are no result' 'hello' -P icinga --dry-run
give_lines=$three
run given -P icinga -P nrdp -P influx -P gateway --dry-run -vvv
is "without secrets" test -z "$(grep -E "hush|$(printf probe:hush | base64)" "$work/out" "$work/err")"
given -P icinga >/dev/full 2>/dev/null
is "a full standard output is UNKNOWN" test $? = 3
given -P icinga >&- 2>/dev/null
is "a closed one too" test $? = 3
timeout 10 "${to[@]}" -P icinga <&- >"$work/out" 2>&1
is "a closed standard input has ended" test "$? $(grep -c 'icinga: nothing to send' "$work/out")" = '0 1'
is "no secret reached a file of the queue" test -z "$(grep -rl hush "$work/spool")"

# a disk that is full
line() { printf '{"host":"%s","service":"x","exit_code":%s,"output":"%s"}\n' "$@"; }
if command -v strace >/dev/null 2>&1 && strace -o /dev/null true 2>/dev/null; then
	for fault in fsync:error=ENOSPC:when=1+ write:error=ENOSPC:when=1 renameat,renameat2:error=EIO:when=1+; do
		full() { printf '%s\n' "$three" | ASAN_OPTIONS=detect_leaks=0 strace -o /dev/null -e "inject=$fault" "${to[@]}" "$@"; }
		run full -P icinga
		is "${fault%%:*} fails: sent all the same, and said" grep -q 'SEND_RESULTS WARNING - icinga: 3 sent, .*queue: ' "$work/out"
	done
	way gateway status:503
	give "an old state waits" 1 'gateway: 1 wait' "$(line a 2 old)" -P gateway
	way gateway ok
	clear_requests
	three=$(line a 0 new)
	fault=fsync:error=ENOSPC:when=1
	run full -P gateway --now
	is "one that cannot be queued is sent behind it" test "$(bodies gateway | awk '/^[a-z]*_state/ { print $NF }' | tr '\n' ' ')" = '2 0 '
else
	skip "a disk that is full" "strace cannot be used"
fi
done_testing
