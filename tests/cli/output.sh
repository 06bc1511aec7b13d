#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What check_sip says and how it ends: formats, many targets, signals, broken pipes, locale.
. "${srcdir:-.}/tests/lib.sh"
sip=$PLUGINS/check_sip
start_sim
udp="$sim_sip"
uri() { echo "sip:$1@$sim_sip"; }

check "one target" 0 "^SIP OK - $udp/udp: 200 OK in [0-9.]+ [mu]?s, voip_sim/1\.0 ?\| ?time=0\.[0-9]+s;;;0 code=200 retrans=0;;;0$" "$sip" -H "$udp"
check "named target" 0 '^SIP OK - pbx1 \(127' "$sip" --targets <(echo "pbx1 = $udp")
check "thresholds in perfdata" 0 'time=[0-9.]+s;5;10;0 ' "$sip" -H "$udp" -w 5 -c 10
check "warning" 1 '^SIP WARNING - .*time [0-9.]+ s.*warning' "$sip" -H "$(uri slow200)" -w 0.1 -c 5
check "critical wins over warning" 2 '^SIP CRITICAL - .*time' "$sip" -H "$(uri slow200)" -w 0.05 -c 0.1
check "closed UDP port" 2 ': port closed, ICMP 3/3 from 127\.0\.0\.1' "$sip" -H 127.0.0.1:1
check "closed TCP port" 2 '/tcp: connection refused' "$sip" -H 127.0.0.1:1 -T tcp
check "silence, mapped" 1 'no answer to OPTIONS \(sent 1 time\) within' "$sip" -H "$(uri drop)" -t 0.4 --state silent=warning
check "NAT is told" 0 '200 OK' "$sip" -H "$(uri nat)"
also "with the address seen" '^NAT: the server sees us as 203\.0\.113\.5:61044'
check "a rewritten Via is a warning" 1 'a middlebox rewrote our Via' "$sip" -H "$(uri natrewrite)"
check "clock skew is told" 0 '200 OK' "$sip" -H "$(uri datepast)"
also "with its size" "^Date: the server's clock is (8[89]|9[0-2]) s behind ours"
check "a stranger's request in between is no answer" 0 '200 OK' "$sip" -H "$(uri reqback)"
check "redirect shows its target" 1 'redirected to ' "$sip" -H "$(uri redirect)"
check "warning header" 0 '200 OK' "$sip" -H "$(uri warning)"
also "is shown" '^Warning: 399'
check "no challenge" 0 '401 .*authentication required' "$sip" -H "$(uri authnone)"
check "only a provisional answer" 2 'only 100, no final answer within' "$sip" -H "$(uri only100)" -t 1

umask 077
printf 'alice:secret\n' >"$work/good"
printf 'alice:wrong\n' >"$work/bad"
for kind in auth proxyauth authsha256 authsha512 authmany authstale authnoqop; do
	check "$kind" 0 ': 200 OK' "$sip" -H "$(uri $kind)" --credentials-file "$work/good"
	check "$kind, wrong password" 2 'credentials refused: user or password refused' "$sip" -H "$(uri $kind)" --credentials-file "$work/bad"
done
check "unknown digest algorithm" 2 'credentials refused: .*FOO-1' "$sip" -H "$(uri authunknown)" --credentials-file "$work/good"
check "no challenge to answer" 2 'credentials refused: no challenge' "$sip" -H "$(uri authnone)" --credentials-file "$work/good"
check "credentials from a descriptor" 0 ': 200 OK' bash -c '"$0" -H "$1" --credentials-fd 5 5<"$2"' "$sip" "$(uri auth)" "$work/good"

tls="-T tls --ca-file $sim_ca"
check "494 although credentials are given" 2 '494 .*credentials refused' "$sip" -H "$(uri code494)" --credentials-file "$work/good"
check "503 is unavailable" 2 '503 .*service unavailable' "$sip" -H "$(uri unavailable)"
check "an IPv4-mapped address is IPv4" 0 '^SIP OK - .*127\.0\.0\.1:[0-9]*/udp' "$sip" -H "[::ffff:127.0.0.1]:$(port_of "$udp")"
check "proven failures keep their state whatever -t says" 2 'echo service' "$sip" -H "$sim_udp_echo" -t 0.5:ok
check "requests of the server are named" 0 '200 OK' "$sip" -H "$(uri reqback)"
also "in a line below" '^discarded: 1 requests of the server'
check "the time counts from before the challenge" 0 'time=0' "$sip" -H "$(uri auth)" --credentials-file "$work/good"
check "a name that does not resolve is UNKNOWN, quorum or not" 3 'nosuch\.invalid' "$sip" -H nosuch.invalid --all-targets --quorum 1 --resolver 127.0.0.1:1 -t 1
check "tls" 0 '/tls: 200 OK.*certificate 39[67] days' "$sip" -H "$sim_tls" $tls
check "tls by SIP URI in the certificate" 0 '200 OK' "$sip" -H "$sim_tls_uri" $tls --tls-name example.test
check "tls self-signed" 2 'TLS refused by us: self-signed' "$sip" -H "$sim_tls_selfsigned" $tls
check "tls asks for our certificate" 2 'TLS handshake failed: .*certificate required|connection (reset|closed).*certificate|certificate required' "$sip" -H "$sim_tls_mutual" $tls
check "tls with our certificate" 0 '200 OK' "$sip" -H "$sim_tls_mutual" $tls --client-cert "$work/sim/client.pem" --client-key "$work/sim/client.key"
check "client key of another certificate" 3 'key does not' "$sip" -H "$sim_tls_mutual" $tls --client-cert "$work/sim/client.pem" --client-key "$work/sim/good.key"
check "ca file missing" 3 'nowhere' "$sip" -H "$sim_tls" -T tls --ca-file "$work/nowhere"
check "old tls" 2 'TLS handshake failed: .*version' "$sip" -H "$sim_tls_old" $tls
check "no tls at all" 2 'TLS handshake failed: ' "$sip" -H "$sim_tls_plain" $tls
check "silent in the handshake" 2 'no answer to the TLS handshake within' "$sip" -H "$sim_tls_silent" $tls -t 1
check "tcp accepts and is silent" 2 'no answer to OPTIONS \(sent 1 time\) within' "$sip" -H "$sim_tcp_silent" -T tcp -t 1
check "tcp reset" 2 'connection reset' "$sip" -H "$sim_tcp_reset" -T tcp
check "tcp closed" 2 'connection closed' "$sip" -H "$sim_tcp_close" -T tcp
check "echo service" 2 'not SIP: an echo service' "$sip" -H "$sim_udp_echo" -t 1

# many targets
{ for i in 1 2 3 4 5 6 7 8 9 10; do echo "pbx$i = $udp"; done; echo "dead = $(uri code500)"; echo "busy = $(uri code404)"; } >"$work/targets"
check "many targets: worst first, counts" 2 '^SIP CRITICAL - 1 of 12 targets critical, 1 warning: dead \(.*targets=12 ok=10 warning=1 critical=1 unknown=0 time_p50=' "$sip" --targets "$work/targets"
also "each bad one has a line" '^\[WARNING\] busy '
also "the rest is counted" 'more'
check "targets from standard input" 0 '200 OK' bash -c 'echo "$1" | "$0" --targets -' "$sip" "$udp"
check "several transports of one target" 2 '^SIP CRITICAL - [^ ]*: 1 of 2 ' "$sip" -H "$udp" -T udp -T tls --ca-file "$sim_ca" -t 1
check "a quorum makes it a warning" 1 '^SIP WARNING - [^ ]*: 1 of 2 endpoints work, quorum 1' "$sip" -H "$udp" -T udp -T tls --quorum 1 -t 1
check "a quorum that is missed" 2 '^SIP CRITICAL - [^ ]*: 1 of 2 endpoints work, quorum 2' "$sip" -H "$udp" -T udp -T tls --quorum 2 -t 1

# formats
run "$sip" -H "$(uri code404)" --output-format json
is "json: exit code" test "$rc" = 1
also "json: facts" '"outcome": ?"alive".*"address": ?"127\.0\.0\.1:[0-9]+".*"transport": ?"udp"'
also "json: exit code inside" '"exit_code": ?1'
run "$sip" --targets "$work/targets" --output-format jsonl
is "jsonl: one object per target" test "$(wc -l <"$work/out")" = 12
is "jsonl: exit code" test "$rc" = 2
run "$sip" --targets "$work/targets" --output-format prometheus
is "prometheus: exit code" test "$rc" = 2
also "prometheus: a state per target" '^check_sip_state\{target="dead".*\} 2$'
also "prometheus: seconds" '^check_sip_time_seconds\{target="pbx1".*\} 0\.'
run "$sip" --targets "$work/targets" --output-format oneline
is "oneline: one line" test "$(wc -l <"$work/out")" = 1

# verbosity
check "ladder" 0 '200 OK' "$sip" -H "$udp" -v
also "sent" '^ +0\.0 ms  --> OPTIONS sip:127'
also "received" 'ms  <-- SIP/2\.0 200 OK'
check "headers" 0 '200 OK' "$sip" -H "$udp" -vv
also "are shown" '^ +Call-ID: '
check "bytes" 0 '200 OK' "$sip" -H "$(uri badserver)" -vvv
also "are escaped" 'Server: .*\\x7c.*\\r\\n'

# ends
"$sip" -H "$udp" >/dev/full 2>"$work/err"
is "full disk: UNKNOWN" test $? = 3
is "full disk: silent on stderr" test ! -s "$work/err"
"$sip" -H "$udp" >&- 2>"$work/err"
is "closed stdout: UNKNOWN" test $? = 3
{ "$sip" -H "$udp"; echo $? >"$work/rc"; } 2>"$work/err" | true
is "closed pipe: no death by signal" test "$(cat "$work/rc")" -le 3
# a second peer whose trace tells when the request has arrived
exec {trace}< <(exec ./tests/sim/voip_sim --dir "$work/sim2" --trace 2>&1)
traced_pid=$!
peers="$peers $traced_pid"
until read -r -u "$trace" line && [ "$line" = ready ]; do
	case $line in sip=*) traced=${line#sip=} ;; esac
done
for signal in TERM INT; do
	"$sip" -H "sip:drop@$traced" -t 30 >"$work/out" 2>"$work/err" &
	pid=$!
	until read -r -u "$trace" line && [[ $line == *OPTIONS* ]]; do :; done
	kill -$signal "$pid"
	wait "$pid"
	is "SIG$signal: exit 3" test $? = 3
	also "SIG$signal: prints what is known" '^SIP UNKNOWN - .*interrupted'
done
# a signal while the target list is still being read: the list ends, and the run with it
mkfifo "$work/list"
"$sip" --targets "$work/list" -t 20 >"$work/out" 2>"$work/err" &
pid=$!
exec {list}>"$work/list"
kill -TERM "$pid"
echo "sip:drop@$traced" >&"$list"
exec {list}>&-
wait "$pid"
is "a signal before the start: exit 3" test $? = 3
also "a signal before the start: a line" '^SIP UNKNOWN - .*interrupted by a signal'

# the peer dies in the middle of a series
"$sip" -H "$traced" -n 30 -i 0.1 -t 5 >"$work/out" 2>"$work/err" &
pid=$!
until read -r -u "$trace" line && [[ $line == *OPTIONS* ]]; do :; done
until read -r -u "$trace" line && [[ $line == *OPTIONS* ]]; do :; done
kill "$traced_pid"
wait "$pid"
is "a peer that dies in a series is CRITICAL" test $? = 2
also "and told as such" '^SIP CRITICAL - .*: port closed, ICMP 3/3 from 127\.0\.0\.1, after [0-9]+ of [0-9]+ answers'

if localedef -i de_DE -f UTF-8 "$work/de_DE.UTF-8" 2>/dev/null; then
	LOCPATH=$work LC_ALL=de_DE.UTF-8 check "a comma locale" 0 'time=[0-9]+\.[0-9]+s;0\.5;' "$sip" -H "$udp" -w 0.5
else
	skip "a comma locale" "localedef or its sources are not installed"
fi

done_testing
