#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# check_rtp on loopback: wrong usage, what it says of ports that answer, are silent or closed, the state
# file, the inside view, and how it ends.
. "${srcdir:-.}/tests/lib.sh"
rtp=$PLUGINS/check_rtp
export MP_CONFIG_FILE= TERM=xterm
unset NO_COLOR

# wrong NAME ERE ARGS...
wrong() {
	wrong_name=$1 wrong_re=$2
	shift 2
	check "$wrong_name" 3 "^RTP UNKNOWN - .*$wrong_re" "$rtp" "$@"
	[ "$(wc -l <"$work/out")" = 1 ] || not_ok "$wrong_name: one line" "$(cat "$work/out")"
}

here='-H 127.0.0.1'
wrong "no target" 'no target'
wrong "two targets" 'one target for each run' -H 127.0.0.1 -H 127.0.0.2
wrong "a target with a port" 'ports belong into --port' -H 127.0.0.1:5060
wrong "a target of another family" 'family' -H 127.0.0.1 -6
wrong "multicast" 'multicast' -H 224.0.0.1
wrong "no such name" 'dns: ' -H nosuch.invalid --resolver 127.0.0.1:1 -t 1
for list in 0 65536 1-1000000 200-100 abc 1- -5 '1,,2' '1, 2' 5-7,6 99999999999999999999; do
	for option in --port --exclude --bound --expect-open --expect-closed; do
		wrong "$option $list" "option $option: column [1-9]" $here "$option=$list"
	done
done
wrong "ranges of two options overlap" '--port: column 1: .*overlaps' $here -p 100-200 -p 150
wrong "nothing is left" '--port: all of its ports are excluded or bound' $here -p 100-101 --exclude 100 --bound 101
wrong "rate above the cap" '--rate: .*20000' $here --rate 20001
wrong "no rate" '--rate' $here --rate 0
wrong "passes" '--passes: .*1 to 4' $here --passes 5
wrong "packets" '--packets' $here --packets 0
wrong "prove" '--prove' $here --prove -1
wrong "timeout" '--timeout' $here -t 0
wrong "max-age" '--max-age' $here --max-age 0
for range in 1,x 10:5 , 1,2,3 '1;2'; do
	wrong "max-answering $range" '--max-answering: column [1-9]' $here --max-answering "$range"
	wrong "max-open $range" '--max-open: column [1-9]' $here --max-open "$range"
done
wrong "warning is a range" '--warning: column' $here -w abc
for payload in rtp stun; do
	wrong "$payload without ownership says why" '--payload: needs --i-own-this-host: .*running call' $here --payload "$payload"
done
wrong "user payload without ownership" '--send-hex: needs --i-own-this-host' $here --send-hex 8000
wrong "unknown payload" '--payload' $here --payload sip
wrong "two payloads" '--send-hex: excludes --payload' $here --payload rtp --send-hex 80 --i-own-this-host
wrong "half a byte" '--send-hex: column 4' $here --send-hex 800 --i-own-this-host
wrong "no hex" '--send-hex: column 1' $here --send-hex zz --i-own-this-host
wrong "1401 bytes" '--send-hex: has more than 1400 bytes' $here --i-own-this-host --send-hex "$(printf '%02802d' 0)"
wrong "expected outside of the range" '--expect-open: port 5000 is not in --port' $here --expect-open 5000
wrong "closed outside of the range" '--expect-closed: port 5000 is not in --port' $here --expect-closed 5000
wrong "open and closed" '--expect-closed: port 16385 is in --expect-open' $here --expect-open 16384-16385 --expect-closed 16385
wrong "local with a target" '--local' $here --local
for option in use-ipv4 use-ipv6 exclude=1 exclude-from=- bound=1 payload=stun send-hex=80 state-file=s compare=s max-answering=1 warning=1 critical=1; do
	wrong "local with --$option" "option --${option%%=*}: is about a sweep from outside, --local makes none" --local "--$option"
done
for option in targets=- parallel=1; do
	wrong "no option for many targets: $option" "unknown option --${option%=*}" $here "--$option"
done
wrong "exclude-from: missing" '--exclude-from: .*nowhere: ' $here --exclude-from "$work/nowhere"
printf '# in use\n16384-16390, 16400 # a call\n\n16500\n1650x\n' >"$work/list"
wrong "exclude-from: file and line" '--exclude-from: .*list:5: "1650x" is no port range' $here --exclude-from "$work/list"
wrong "compare: missing" '--compare: .*nowhere: ' $here --compare "$work/nowhere"
printf '{"schema":1,"results":[{"ports":"1-9"}]}' >"$work/list"
wrong "compare: not of --local" '--compare: .*list: "bound_ipv4" is missing' $here --compare "$work/list"
printf '{"schema":1,' >"$work/list"
wrong "compare: broken JSON" '--compare: .*is no JSON' $here --compare "$work/list"
printf '{"ports":"1-9","bound_ipv4":"7-3","bound_ipv6":""}' >"$work/list"
wrong "compare: bad ranges" '--compare: .*"bound_ipv4", column 1: the range ends below' $here --compare "$work/list"

# a range of 512 ports of which 20 echo and 30 are silent
low=$((20480 + RANDOM % 8 * 512)) # all in one row of the map
echoes=$((low + 10))-$((low + 29))
silent=$((low + 100))-$((low + 129))
range=$low-$((low + 511))
start_sim --address 127.0.0.1 --rtp "$echoes" --rtp-silent "$silent"
sweep="$rtp -H 127.0.0.1 -p $range"

check "answering ports are exposed" 2 "^RTP CRITICAL - 127\.0\.0\.1: 20 of 512 UDP ports answer \(20 echo\): $echoes, 30 proven silent, 462 proven closed \(coverage 100%\)" $sweep
also "all metrics" 'answering=20;;;0 open=50;;;0 closed=462 silent=30 rejected=0 undecided=0 coverage=100% open_max=50 packets=[0-9]+ icmp_rate=[0-9.]+ time=[0-9.]+s$'
also "the ports below" "^exposed: $echoes\$"
check "expected answers are fine" 0 '^RTP OK - .*20 of 512 UDP ports answer' $sweep --expect-open "$echoes,$silent"
check "an answer that is not expected" 2 "^RTP CRITICAL - 127\.0\.0\.1: 1 unexpected port answers: $((low + 29)), investigate who owns it, 20 of 512 UDP ports answer \(20 echo\): $echoes, 30 proven silent" $sweep --expect-open "$((low + 10))-$((low + 28))"
check "answers that are not expected" 2 "127\.0\.0\.1: 2 unexpected ports answer: $((low + 28))-$((low + 29)), investigate who owns them, 20 of 512" $sweep --expect-open "$((low + 10))-$((low + 27))"
check "closed although expected" 2 "^RTP CRITICAL - 127\.0\.0\.1: 1 expected port is closed or rejected: $low, 20 of" $sweep --expect-open "$low,$echoes"
check "closed as expected" 0 '^RTP OK' $sweep --expect-open "$echoes" --expect-closed "$low-$((low + 9))"
check "answers although it must be closed" 2 "^RTP CRITICAL - 127\.0\.0\.1: 20 ports that must be closed answer: $echoes, 20 of 512" $sweep --expect-closed "$echoes"
check "silent although it must be closed" 1 "^RTP WARNING - 127\.0\.0\.1: 30 ports that must be closed are silent or bound: $silent" $sweep --expect-open "$echoes" --expect-closed "$silent"
check "silence without proof" 3 "^RTP UNKNOWN - 127\.0\.0\.1: 30 expected ports are not proven open: $silent, .*30 undecided \(coverage 94\.[01]%\)" $sweep --expect-open "$echoes,$silent" --prove 0
check "no proof of closedness" 3 "30 ports that must be closed are not proven so: $silent" $sweep --expect-open "$echoes" --expect-closed "$silent" --prove 0
check "the number of answers" 1 '^RTP WARNING - .*answering 20 is above 10 \(warning\) \| answering=20;10;30;0' $sweep --max-answering 10,30
check "-w instead of --max-answering" 1 'answering 20 is above 12 \(warning\) \| answering=20;12;30;0' $sweep -w 12 --max-answering 10,30
check "in two options" 2 'answering 20 is above 15 \(critical\) \| answering=20;10;15;0' $sweep -w 10 -c 15
check "enough room" 0 '^RTP OK - 127\.0\.0\.1: 20 of 512 UDP ports answer' $sweep -w 20
check "the number of open ports" 2 'open 50 is above 40 \(critical\)' $sweep -w 20 --max-open 30,40
check "a limit that is not proven to hold" 3 '^RTP UNKNOWN - .*the undecided ports may break --max-open' $sweep -w 20 --max-open 40 --prove 0
check "outcomes are mapped" 1 '^RTP WARNING' $sweep --state exposed=warning
check "too few packets" 3 '^RTP UNKNOWN - .*incomplete: --packets is used up' $sweep --packets 100 --expect-open "$echoes"
check "one packet for each port" 2 'packets=512 ' $sweep --passes 1 --prove 0
check "the empty datagram" 2 '20 of 512 UDP ports answer' $sweep --send-hex 0x --i-own-this-host
check "bytes of the user" 2 '20 of 512 UDP ports answer \(20 echo\)' $sweep --send-hex '80:00 00' --i-own-this-host
check "every port is silent" 0 "^RTP OK - 127\.0\.0\.1: 0 of 30 UDP ports answer RTCP, 30 proven silent \(coverage 100%\), every port is silent: open, or a firewall drops the range" "$rtp" $here -p "$silent"
check "all but one are silent" 0 "30 proven silent, 1 proven closed \(coverage 100%\) \|" "$rtp" $here -p "$silent,$low"
check "coverage is the same in words and numbers" 3 '\(coverage 94\.1%, .* coverage=94\.1% |\(coverage 94\.1%\).* coverage=94\.1% ' $sweep --expect-open "$echoes,$silent" --prove 0
check "a short range of closed ports" 0 '^RTP OK - 127\.0\.0\.1: 0 of 10 UDP ports answer RTCP, 10 proven closed \(coverage 100%\)' "$rtp" $here -p "$low-$((low + 9))"
check "the port of one's own socket is no answer" 0 '^RTP OK' "$rtp" $here -p "$low-$((low + 9)),65000-65010"

# who answers with what
leak=$(port_of "$sim_rtp_leak") rtcp=$(port_of "$sim_rtcp_answer") stun=$(port_of "$sim_stun_answer")
check "media for strangers" 2 "^RTP CRITICAL - 127\.0\.0\.1: 1 port sends RTP to strangers: $leak, 1 of 1 UDP ports answers \(1 RTP\): $leak" "$rtp" $here -p "$leak"
check "is a leak where answers are expected too" 2 'sends RTP to strangers' "$rtp" $here -p "$leak" --expect-open "$leak"
check "RTCP" 0 '^RTP OK - .*1 of 1 UDP ports answers \(1 RTCP\)' "$rtp" $here -p "$rtcp" --expect-open "$rtcp"
check "STUN" 0 '\(1 STUN\)' "$rtp" $here -p "$stun" --expect-open "$stun" --payload stun --i-own-this-host
check "RTP comes back from an echo" 2 '\(20 echo\)' $sweep --payload rtp --i-own-this-host

# what is excluded or bound is never sent to: the leak stays quiet
check "excluded" 0 ', 1 excluded' "$rtp" $here -p "$leak" -p "$low" --exclude "$leak"
printf '# calls\n%s # here\n' "$leak" >"$work/list"
check "excluded by file" 0 ', 1 excluded' "$rtp" $here -p "$leak" -p "$low" --exclude-from "$work/list"
check "excluded by standard input" 0 ', 1 excluded' bash -c '"$0" -H 127.0.0.1 -p "$1,$2" --exclude-from - <"$3"' "$rtp" "$leak" "$low" "$work/list"
check "bound" 0 ', 1 bound and not asked.*bound=1 ' "$rtp" $here -p "$leak" -p "$low" --bound "$leak"
check "bound is open" 0 '^RTP OK' "$rtp" $here -p "$leak" -p "$low" --bound "$leak" --expect-open "$leak"
check "bound is not closed" 1 'are silent or bound|is silent or bound' "$rtp" $here -p "$leak" -p "$low" --bound "$leak" --expect-closed "$leak"
check "excluded is not proven open" 3 'is not proven open' "$rtp" $here -p "$leak" -p "$low" --exclude "$leak" --expect-open "$leak"

# several addresses, formats
if grep -q '^::1 ' /proc/net/if_inet6 2>/dev/null || grep -q '^0\{31\}1 ' /proc/net/if_inet6 2>/dev/null; then
	check "IPv6" 0 '^RTP OK - ::1: 0 of 512 UDP ports answer' "$rtp" -H ::1 -p "$range"
fi
if dnsmasq=$(PATH=$PATH:/usr/sbin command -v dnsmasq); then
	exec {dns_log}< <(LC_ALL=C exec "$dnsmasq" --no-daemon --conf-file=/dev/null --no-resolv --no-hosts \
		--port=$((low - 1)) --listen-address=127.0.0.1 --bind-interfaces --user= --group= --pid-file= \
		--local=/test/ --host-record=two.test,127.0.0.1 --host-record=two.test,127.0.0.2 \
		$(for i in 1 2 3 4 5 6 7 8 9; do echo "--host-record=nine.test,127.0.0.$i"; done) 2>&1)
	peers="$peers $!"
	while read -r -u "$dns_log" line; do
		case $line in *started,*) break ;; esac
	done
	by="--resolver 127.0.0.1:$((low - 1))"
	check "each address of a name" 2 '^RTP CRITICAL - 1 of 2 addresses critical: two\.test \(127\.0\.0\.1\): 20 of 512.* \| addresses=2 ok=1 ' "$rtp" -H two.test $by -p "$range"
	also "has its line" '^\[OK\] two\.test \(127\.0\.0\.2\): 0 of 512 UDP ports answer'
	check "a hard cap is for all of them" 3 'packets=100 ' "$rtp" -H two.test $by -p "$range" --packets 100 -w 512
	wrong "a rate below one for each address" '--rate: is less than one for each address' -H two.test $by -p "$range" --rate 1
	wrong "fewer datagrams than addresses" '--packets: is less than one for each address' -H two.test $by -p "$range" --packets 1
	wrong "a state file for two addresses" '--state-file: belongs to one address' -H two.test $by -p "$range" --state-file "$work/two"
	is "is not made" test ! -e "$work/two"
	wrong "nine addresses" '--hostname: .*more than 8 addresses' -H nine.test $by -p "$range"
	check "no such name" 3 'none\.test: dns: ' "$rtp" -H none.test $by
else
	skip "each address of a name" "dnsmasq is not installed"
fi
run $sweep --output-format json
is "json: exit code" test "$rc" = 2
also "json: facts" '"outcome": ?"exposed".*"address": ?"127\.0\.0\.1".*"transport": ?"udp"'
also "json: ports" "\"answering_ports\": ?\"$echoes\".*\"silent_ports\": ?\"$silent\""
run $sweep --output-format prometheus
also "prometheus" '^check_rtp_answering\{target="127\.0\.0\.1".*\} 20$'

# the map
check "map" 2 'ports answer' $sweep -v
also "legend" '^127\.0\.0\.1: A answering, S silent, c closed \(64 ports each'
also "ICMP errors" '^ICMP errors: 462 in [0-9.]+ ([mu]?s) while all ports were asked'
also "canaries" '^canaries: [0-9]+ sent, [0-9]+ refused( \(refused members took the errors\))?$'
also "rows" '^ *[0-9]+  +ASSccccc$'
check "a class that no cell shows" 2 'UDP ports answer' "$rtp" $here -p "$echoes" -v
also "is not in the legend" '^127\.0\.0\.1: A answering \(64 ports each'
check "nor is a part of a cell" 2 'UDP ports answer' "$rtp" $here -p "$echoes,$low" -v
also "in the legend" '^127\.0\.0\.1: A answering \(64 ports each'
never "no escapes in a pipe" $'\033'
is "no progress without a terminal" test ! -s "$work/err"
if command -v script >/dev/null 2>&1; then
	script -qec "$sweep -v" "$work/typescript" >/dev/null 2>&1 </dev/null
	is "colours on a terminal" grep -q $'\033\[1;31mA' "$work/typescript"
	NO_COLOR=1 script -qec "$sweep -v" "$work/typescript" >/dev/null 2>&1 </dev/null
	is "none with NO_COLOR" sh -c '! grep -q "$(printf "\033")" "$0"' "$work/typescript"
	TERM=dumb script -qec "$sweep -v" "$work/typescript" >/dev/null 2>&1 </dev/null
	is "none on a dumb terminal" sh -c '! grep -q "$(printf "\033")" "$0"' "$work/typescript"
	script -qec "$sweep -v --output-format json" "$work/typescript" >/dev/null 2>&1 </dev/null
	is "none in JSON" sh -c '! grep -q "$(printf "\033")" "$0"' "$work/typescript"
	script -qec "$rtp -H 127.0.0.1 -p $silent --exclude 33434-33523,61000-65535" "$work/typescript" >/dev/null 2>&1 </dev/null
	is "a long sweep tells a terminal how far it is" grep -q 'asked 30 of 30 ports, 0 answer, ' "$work/typescript"
	is "and wipes that away" grep -qE $'\r +\rRTP UNKNOWN' "$work/typescript"
	script -qec "$sweep" "$work/typescript" >/dev/null 2>&1 </dev/null
	is "a short one does not" sh -c '! grep -q asked "$0"' "$work/typescript"
else
	skip "colours on a terminal" "script is not installed"
fi

# the state file
state=$work/state
check "a new state file" 2 'oldest_age=0s ' $sweep --state-file "$state"
is "is written whole" sh -c 'head -n 1 "$0" | grep -q "sweep 1" && tail -n 1 "$0" | grep -q "^end "' "$state"
is "with the address" grep -q '^target 127\.0\.0\.1$' "$state"
is "with the silent ports" grep -q "^$silent silent " "$state"
check "proofs of the last run count" 2 '30 proven silent.*coverage=100%' $sweep --state-file "$state" --prove 0
check "but not of what is expected now" 3 "30 expected ports are not proven open: $silent" $sweep --expect-open "$echoes,$silent" --state-file "$state" --prove 0
check "unless they are too old" 2 '30 undecided' bash -c 'sed -i "s/ silent [0-9]*/ silent 1000000/" "$0"; shift 0; "$@"' "$state" $sweep --state-file "$state" --prove 0
printf '%s\n' 'monitoring-plugins-voip sweep 1' 'target 127.0.0.1' "$low answering $(date +%s)" 'end 1' >"$work/answered"
check "an answer counts only when it comes again" 0 '^RTP OK - .*0 of 10 UDP ports answer' "$rtp" $here -p "$low-$((low + 9))" --state-file "$work/answered"
cp "$state" "$work/good"
spoil() {
	wrong "state file: $1" "--state-file: .*state.*$2" -H "${3:-127.0.0.1}" -p "$range" --state-file "$state"
	is "state file: $1: untouched" cmp -s "$state" "$work/spoilt"
}
head -c 60 "$work/good" >"$state" && cp "$state" "$work/spoilt"
spoil "cut" ':'
echo 'something else' >"$state" && cp "$state" "$work/spoilt"
spoil "foreign" ':1: '
cp "$work/good" "$state" && cp "$state" "$work/spoilt"
spoil "of another address" 'belongs to 127\.0\.0\.1' 127.0.0.2
(
	exec 9>"$state.lock"
	flock 9
	wrong "state file: in use" '--state-file: .*in use by another run' $here -p "$range" --state-file "$state"
	echo "$tests_n" >"$work/n"
)
tests_n=$(cat "$work/n")
mkdir "$work/folder"
wrong "state file: a folder" '--state-file: ' $here -p "$range" --state-file "$work/folder"
wrong "state file: no such folder" '--state-file: ' $here -p "$range" --state-file "$work/no/state"
if [ "$(id -u)" != 0 ]; then
	mkdir "$work/ro" && : >"$work/ro/state.lock" && chmod 500 "$work/ro"
	check "a state file that cannot be written: the result, UNKNOWN" 3 '^RTP UNKNOWN - .*10 proven closed.*was not replaced' "$rtp" $here -p "$low-$((low + 9))" --state-file "$work/ro/state"
	chmod 700 "$work/ro"
else
	skip "a state file that cannot be written" "root may write everywhere"
fi

# the inside view
check "local" 0 "^RTP OK - this host: [0-9]+ of 512 UDP ports bound \(IPv4 [0-9]+, IPv6 [0-9]+\): .*$echoes.*open=[0-9]+;;;0 bound=[0-9]+" "$rtp" --local -p "$range"
also "loopback apart" "^of these only on the loopback \([0-9]+\): .*$echoes"
never "the list is not repeated" '^bound \('
never "nor is that of IPv4" '^bound, IPv4'
check "local: not bound" 2 "expected but not bound $low," "$rtp" --local -p "$range" --expect-open "$low"
check "local: must be closed" 2 "bound but must be closed $echoes," "$rtp" --local -p "$range" --expect-closed "$echoes"
check "local: number" 1 'open [0-9]+ is above 5 \(warning\)' "$rtp" --local -p "$range" --max-open 5
run "$rtp" --local -p "$range" --output-format json
cp "$work/out" "$work/inside.json"
also "local: JSON facts" "\"ports\": ?\"$range\".*\"bound\": ?\"[^\"]*$echoes.*\"bound_ipv4\": ?\"[^\"]*$silent[^\"]*\".*\"bound_ipv6\": ?\""
check "compare" 0 '^RTP OK' $sweep --expect-open "$echoes" --compare "$work/inside.json"
also "reachable and bound" "^reachable and bound \\(20\\): $echoes\$"
also "bound and silent" "^bound and silent.* \\(30\\): $silent\$"
"$rtp" --local -p "$range" --output-format jsonl >"$work/inside.jsonl"
check "compare with JSON lines" 0 '^RTP OK' $sweep --expect-open "$echoes" --compare "$work/inside.jsonl"
echo "$low $silent" >"$work/list"
check "compare with ranges: more answers than bound" 1 "^RTP WARNING - 127\.0\.0\.1: 20 ports answer but are not bound there: $echoes" $sweep --expect-open "$echoes" --compare "$work/list"
also "and fewer" "^bound but not reachable, closed from here \\(1\\): $low\$"

# a list that is too long for the sentence
odd=$((low + 700)) # not in the range of the sweeps
for n in 2 4 6 8 10 12 14 16 18 20 22 24; do
	odd=$odd,$((low + 700 + n))
done
start_sim --address 127.0.0.1 --rtp "$odd"
check "local: what the sentence has no room for" 0 "UDP ports bound \(IPv4 13, IPv6 0\): $((low + 700)),.*,$((low + 722)) and 1 more \|" "$rtp" --local -p "$((low + 690))-$((low + 730))"
also "is below" "^bound \(13\): $odd\$"
never "IPv6 has a line only with ports" '^bound, IPv6'

# ends
$sweep >/dev/full 2>"$work/err"
is "full disk: UNKNOWN" test $? = 3
$sweep >&- 2>"$work/err"
is "closed stdout: UNKNOWN" test $? = 3
is "closed stdout: silent on stderr" test ! -s "$work/err"
# without a canary and without any sign the sweep waits, and a signal finds it there
mute="$rtp -H 127.0.0.1 -p $silent --exclude 33434-33523,61000-65535"
for signal in TERM INT; do
	$mute --state-file "$work/signalled" >"$work/out" 2>"$work/err" &
	pid=$!
	until [ -e "$work/signalled.lock" ]; do :; done
	kill -$signal "$pid"
	wait "$pid"
	is "SIG$signal: exit 3" test $? = 3
	also "SIG$signal: prints what is known" "^RTP UNKNOWN - 127\.0\.0\.1, UDP $silent: interrupted by a signal after 30 datagrams"
	rm -f "$work/signalled"*
done
check "no sign at all" 3 "^RTP UNKNOWN - 127\.0\.0\.1, UDP $silent: no sign of the host: neither a reply nor an ICMP error to [0-9]+ datagrams \|" $mute
check "no sign, and that is fine" 0 '^RTP OK' $mute --state no-sign=ok
check "a deadline that is too short" 3 '^RTP UNKNOWN - ' $sweep --expect-open "$echoes" -t 0.001
check "with a state of its own" 1 "^RTP WARNING - 127\.0\.0\.1, UDP $silent: incomplete: the deadline came first" $mute -t 0.3:warning --state no-sign=ok
done_testing
