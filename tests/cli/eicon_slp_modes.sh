#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# check_eicon_slp's other modes on loopback, without root: own bytes, profiles, recordings, listening,
# groups; how it ends, and what hostile bytes do to its output.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/rows.sh"
slp=$PLUGINS/check_eicon_slp
program=("$slp" --i-own-this-host)
profiles=$srcdir/tests/data/profile
export MP_CONFIG_FILE=
start_sim --trace

### own bytes

while IFS='	' read -r name state kind transport re args; do
	eval "args=($args)"
	row "$name" "$state" "$re" -H "127.0.0.1:$(p "$kind")" -T "$transport" --send-hex "${args[@]}"
done <<-'TABLE'
	without a wish any bytes are other	1	udp_answer	udp	WARNING - .*/udp: a reply of 6 bytes 70 6f 6e 67 0d 0a	00
	and where a closed port is wanted too	1	udp_answer	udp	WARNING - .*a reply of 6 bytes .*expected closed: (find out|investigate)	00 --expect closed
	the wished bytes	0	udp_answer	udp	OK - .*/udp: the expected reply in [0-9.]+ [mu]?s .*time=0\.[0-9]+s;;;0 request_bytes=1B;;;0 reply_bytes=6B	00 --expect-hex 6e67
	other bytes	2	udp_answer	udp	CRITICAL - .*not the expected reply: 6 bytes 70 6f 6e 67 0d 0a	00 --expect-hex 6768
	the wished text	0	udp_answer	udp	the expected reply	00 --expect-regex '^pong.{2}$'
	both	0	udp_answer	udp	the expected reply	00 --expect-hex 0d0a --expect-regex ^pong
	one of both is not enough	2	udp_answer	udp	not the expected reply	00 --expect-hex 0d0a --expect-regex ^ping
	proto raw says the same	0	udp_answer	udp	the expected reply	00 --expect-regex ^pong --proto raw
	thresholds	1	udp_answer	udp	time [0-9.]+ s is above 0 s \(warning\)	00 --expect-regex pong -w 0
	bytes out and in	0	udp_echo	udp	the expected reply	00:41:ff --expect-hex 0x0041FF
	both transports	0	udp_echo	both	OK - .*2 .*ok.*request_bytes=10B	68656c6c6f --expect-regex '^hello$'
	own bytes over both, each counts	2	slp_udp	both	CRITICAL - .*1 of 2 probes critical: .*connection refused	020900001d000000000012340002656e0000ffff000744454641554c54 --expect-hex 020a
	expected closed, the worst	1	slp_garbage	both	WARNING - .*expected closed	00 --expect closed
	silence	2	udp_silent	udp	CRITICAL - .*no reply within	00 --expect-regex x
	silence where a closed port is wanted	0	udp_silent	udp	OK - .*no reply within .*silence is not proof	00 --expect closed
	silence, mapped	1	udp_silent	udp	WARNING - 	00 --state silent=warning
	silence at the deadline	1	udp_silent	udp	WARNING - .*no reply within	00 -t 0.5:warning
	a stranger	2	udp_other_port	udp	only datagrams of others, the first from 127\.0\.0\.1:	00 --expect-regex pong
	an empty reply	2	udp_empty	udp	not the expected reply: 0 bytes	00 --expect-regex x
	behind a NUL	0	udp_evil	udp	the expected reply	00 --expect-regex 'hidden.*all is well'
	a reply in segments	0	tcp_banner	tcp	/tcp: the expected reply	00 --expect-regex '^220 voice\.example ready'
	other text in segments	2	tcp_banner	tcp	not the expected reply: 25 bytes 32 32 30	00 --expect-regex '^221' -t 2
	text and the end	0	tcp_talk_close	tcp	the expected reply	00 --expect-regex '^220'
	other text and the end	2	tcp_talk_close	tcp	not the expected reply: 25 bytes	00 --expect-regex '^221'
	a drip	0	tcp_drip	tcp	the expected reply	00 --expect-regex dripdrip
	a drip that never fits	2	tcp_drip	tcp	not the expected reply: [0-9]+ bytes	00 --expect-regex drop -t 1
	an echo	0	tcp_echo	tcp	the expected reply	68656c6c6f --expect-regex '^hello$'
	no word	2	tcp_open	tcp	accepts the connection, but does not reply within	00 --expect-regex x -t 2
	no word where a closed port is wanted	1	tcp_open	tcp	does not reply within .*expected closed	00 --expect closed
	reset	2	tcp_reset_late	tcp	closes the connection without a reply	00 --expect-regex x
	end	2	tcp_close_late	tcp	closes the connection without a reply	00 --expect-regex x
TABLE
row "refused" 2 'tcp: connection refused' -H 127.0.0.1:1 -T tcp --send-hex 00 --expect-regex x
row "refused, closed wanted" 0 'OK - .*port closed, ICMP 3/3 from 127\.0\.0\.1' -H 127.0.0.1:1 -T udp --send-hex 00 --expect closed
settle
row "a flood that never fits ends long before the deadline" 2 'not the expected reply: [0-9]+ bytes 66 6c 6f 6f 64' -H "127.0.0.1:$(p tcp_flood)" -T tcp --send-hex 00 --expect-regex nomatch -t 60
row "1400 bytes" 0 'the expected reply .*request_bytes=1400B;;;0 reply_bytes=1400B' -H "127.0.0.1:$(p udp_echo)" -T udp --send-hex "$(printf '%02800d' 0)" --expect-hex 00

### profiles

types='02 09 00 00 1d 00 00 00 00 00 12 34 00 02 65 6e 00 00 ff ff 00 07 44 45 46 41 55 4c 54'
profile() { printf "$1\n" >"$work/$2.ini"; }
profile "[types]\nsend = $types\nexpect = 02 0a 00 {bytes:u16} .. .. 00 00 00 12 34 00 02 65 6e {code:u16} {list:u16} {first:text8} {raw:hex2} *" types
profile "[types]\nsend = $types\nexpect = 02 0b *" other
profile "[types]\nsend = $types\nexpect = 02 0a" short
profile "[by udp]\nsend = $types\nexpect = 02 0a 00 {bytes:u16} *\n[by tcp]\ntransport = tcp\nsend = $types\nexpect = 02 0a 00 {more:u16} *" two
profile "[hello]\ntransport = tcp\nsend = 00\nexpect = {word:text3} {blank:u8} *" tcp
profile "[evil]\nsend = 00\nexpect = {one:text64} {two:text64} *" evil
row "captures are told and measured" 0 'OK - 127\.0\.0\.1:[0-9]+/udp: types: the expected reply in [0-9.]+ [mu]?s, bytes 91, code 0, list 71, first "service:", raw 64 69 \| time=0\.[0-9]+s;;;0 request_bytes=29B;;;0 reply_bytes=91B;;;0 bytes=91 code=0 list=71$' \
	-H "$sim_slp" --profile "$work/types.ini"
row "the sample that comes with it" 0 'OK - .*length 91, error 0, list_bytes 71, first "service:".* length=91 error=0 list_bytes=71$' -H "$sim_slp" --profile "$srcdir/contrib/profiles/example.ini"
row "another reply than described" 2 'CRITICAL - .*types: not the expected reply: 91 bytes 02 0a 00 00 5b' -H "$sim_slp" --profile "$work/other.ini"
row "one that is longer" 2 'not the expected reply: 91 bytes' -H "$sim_slp" --profile "$work/short.ini"
row "no SLP at all" 2 'not the expected reply: 6 bytes 70 6f 6e 67' -H "$sim_udp_answer" --profile "$work/types.ini"
row "silence" 2 'types: no reply within' -H "$sim_udp_silent" --profile "$work/types.ini"
row "a described reply where a closed port is wanted" 2 'CRITICAL - .*expected closed: it tells strangers what is here' -H "$sim_slp" --profile "$work/types.ini" --expect closed
row "two probes" 0 'OK - .*2 .*ok .*bytes=91 more=91$' -H "$sim_slp" --profile "$work/two.ini"
row "of two probes each must match" 2 'CRITICAL - .*by tcp: connection refused' -H "$sim_slp_udp" --profile "$work/two.ini"
row "over TCP" 0 'OK - .*/tcp: hello: the expected reply .*word "220", blank 32 .*blank=32$' -H "$sim_tcp_banner" --profile "$work/tcp.ini"
row "text of strangers in captures" 0 'one "220 evil . time=0 OK' -H "$sim_udp_evil" --profile "$work/evil.ini" -vvv
row "needs no owner when it asks over TCP only" 0 'OK - ' -H "$sim_tcp_banner" --profile "$work/tcp.ini"
settle
for label in time request_bytes targets ok warning critical unknown time_p50 time_p95 time_max; do
	profile "[a]\nsend = 00\nexpect = {$label:u8} *" label
	check "no capture may be named $label" 3 "option --profile: .*$label" "$slp" --i-own-this-host -H "$sim_udp_answer" --profile "$work/label.ini"
done
for good in "$profiles"/good-*.ini; do
	run "$slp" -H 127.0.0.1 -p 1 --profile "$good"
	is "${good##*/} is accepted" test "$rc" = 2
done

### recordings

umask 022
row "recording" 0 'OK - .*SLPv2 service agent' -H "$sim_slp" --dump-hex "$work/slp.ini"
row "recording over TCP" 0 'OK - .*SLPv2 service agent' -H "$sim_slp" -T tcp --dump-hex "$work/slp_tcp.ini"
row "recording all that it can ask" 0 'SLPv1 and SLPv2' -H "$sim_slp_da" --all-probes --dump-hex "$work/all.ini"
row "recording silence" 2 'no reply' -H "$sim_udp_silent" -T udp --dump-hex "$work/silent.ini"
row "recording bytes that are not SLP" 1 'not SLP' -H "$sim_udp_answer" -T udp --dump-hex "$work/pong.ini"
row "recording a text in segments" 1 'not SLP' -H "$sim_tcp_banner" -T tcp --dump-hex "$work/banner.ini"
row "recording a stranger" 2 'unsolicited' -H "$sim_udp_other_port" -T udp --dump-hex "$work/stranger.ini"
row "recording an agent that takes its time" 0 'SLPv' -H "$sim_slp_late" -T udp --dump-hex "$work/late.ini"
row "recording own bytes" 0 'expected reply' -H "$sim_udp_echo" -T udp --send-hex 00ff --expect-hex 00ff --dump-hex "$work/own.ini"
row "recording a reply in halves" 0 'OK - ' -H "$sim_slp_split" -T tcp --dump-hex "$work/halves.ini"
row "recording 80 KiB" 0 '84 types' -H "$sim_slp_overflow" --dump-hex "$work/large.ini"
settle
is "a recording is for its owner only" test "$(stat -c %a "$work/slp.ini")" = 600
is "it has a section for each answer" test "$(grep -c '^\[' "$work/slp.ini")" = 2
is "and the address asked" grep -q "^# to $sim_slp/udp" "$work/slp.ini"
is "TCP is told" test "$(grep -c '^transport = tcp' "$work/slp_tcp.ini")" = 2
is "silence has no section" sh -c "! grep -q '^\\[' '$work/silent.ini'"
is "but what was sent" grep -q '^#  02 09 00 00 1d' "$work/silent.ini"
is "the wrong bytes are there" grep -q '^expect = 70 6f 6e 67 0d 0a' "$work/pong.ini"
is "all segments are" grep -q '^expect = 32 32 30 .* 72 65 61 64 79 0d 0a' "$work/banner.ini"
stranger=$(sed -n 's/.*the first from 127\.0\.0\.1:\([0-9]*\).*/\1/p' "$work/row6")
is "a stranger is named" grep -q ":$stranger" "$work/stranger.ini"
for name in slp slp_tcp own halves large; do
	declare -A of=([slp]=slp [slp_tcp]=slp [own]=udp_echo [halves]=slp_split [large]=slp_overflow)
	row "the recording $name is a profile that matches" 0 'OK - .*(all [0-9]+ .*ok|the expected reply)' -H "$(at "${of[$name]}")" --profile "$work/$name.ini"
done
sed -E 's/^((send|expect) = 0[12] .. .. .. .. .. .. .. .. ..) .. ../\1 XX XX/; /^send/s/XX/55/g; /^expect/s/XX/../g' "$work/slp.ini" >"$work/edited.ini"
row "edited, it matches any XID" 0 'OK - .*all 2 .*ok' -H "$sim_slp" --profile "$work/edited.ini"
row "another agent does not" 2 'CRITICAL - .*not the expected reply' -H "$sim_slp_empty" --profile "$work/edited.ini"
row "all that was asked makes a profile" 0 'OK - .*all [0-9]+ .*ok' -H "$sim_slp_da" --profile "$work/all.ini"
row "a slow agent's recording has each answer under its request" 0 'OK - ' -H "$sim_slp_late" --profile "$work/late.ini"
settle
before=$(cat "$work/slp.ini")
check "a file is never written over" 3 'option --dump-hex: .*slp\.ini: is there already' "$slp" --i-own-this-host -H "$sim_slp" --dump-hex "$work/slp.ini"
is "it is as it was" test "$(cat "$work/slp.ini")" = "$before"
ln -s "$work/elsewhere" "$work/link"
check "nor is a link followed" 3 'option --dump-hex: .*link: ' "$slp" --i-own-this-host -H "$sim_slp" --dump-hex "$work/link"
is "nothing stands at its end" test ! -e "$work/elsewhere"
check "a folder" 3 'option --dump-hex: ' "$slp" --i-own-this-host -H "$sim_slp" --dump-hex "$work"
check "a usage error leaves no file behind: address" 3 'option --hostname' "$slp" -H ::1 -4 --dump-hex "$work/left1"
check "a usage error leaves no file behind: interface" 3 'option --interface' "$slp" --multicast --interface nosuch0 --dump-hex "$work/left2"
check "a usage error leaves no file behind: profile" 3 'option --profile' "$slp" -H 127.0.0.1 --profile /dev/null --dump-hex "$work/left3"
is "there is none" test ! -e "$work/left1" -a ! -e "$work/left2" -a ! -e "$work/left3"
# A disk without room: files may have 1 KiB here.
(trap '' XFSZ && ulimit -f 1 && exec "$slp" --i-own-this-host -H "$sim_slp_overflow" --dump-hex "$work/full.ini") >"$work/out" 2>"$work/err"
rc=$?
first=$(head -n 1 "$work/out")
is "no room for the recording: UNKNOWN" test "$rc" = 3
also "but the result is told" '^EICON_SLP UNKNOWN - .*84 types'
also "and the reason" 'full\.ini: File too large'
is "in a line that keeps the contract" test -z "$(contract)"

### listening

bound() { grep -q "^ *[0-9]*: [0-9A-F]*:$(printf %04X "$1") " /proc/net/udp; }
free=()
for kind in tcp_open tcp_silent tcp_banner tcp_reset tcp_close tcp_talk_close tcp_drip tcp_echo tcp_evil tcp_flood tcp_reset_late; do
	bound "$(p $kind)" || free+=("$(p $kind)")
done
printf 'hello' >"$work/hello"
printf '\2\12\0\0\41\0\0\0\0\0\0\1\0\2en\0\0\0\15service:sound' >"$work/reply"
printf '\2\11\0\0\35\0\0\0\0\0\0\1\0\2en\0\0\377\377\0\7DEFAULT' >"$work/request"
printf '\2\10\0\0\105\0\0\0\0\0\0\0\0\2en\0\0\0\0\0\1\0\43service:directory-agent://192.0.2.8\0\3lab\0\0\0\0\0' >"$work/advert"
# hear NAME RC ERE FILE ARGS...: listens while a datagram with the bytes of FILE comes.
hear() {
	port=${free[0]}
	free=("${free[@]:1}")
	row "$1" "$2" "$3" --listen 1.5 -p "$port" "${@:5}"
	until bound "$port" || ! kill -0 "${rows_pid[row_n]}" 2>/dev/null; do :; done
	[ "$4" = none ] || cat "$work/$4" >"/dev/udp/127.0.0.1/$port"
}
hear "nothing heard" 2 'CRITICAL - listening on port [0-9]+/udp: nothing heard within 1\.5 s .*responders=0;;;0 request_bytes=0B' none
hear "nothing heard, as it should be" 0 'OK - .*nothing heard .*silence is not proof' none --expect closed
hear "nobody is what was wanted" 0 'OK - .*nothing heard' none --max-responders 0
hear "bytes" 1 'WARNING - .*heard from 127\.0\.0\.1: .*not SLP: 5 bytes 68 65 6c 6c 6f .*responders=[01];;;0 request_bytes=0B;;;0 reply_bytes=5B' hello
hear "bytes where nothing should be" 1 'WARNING - .*68 65 6c 6c 6f.*expected closed' hello --expect closed
hear "a reply to somebody" 0 'OK - .*1 responder .*SLPv2, 1 type \(service:sound\)' reply --expect-responder 127.0.0.1 --min-responders 1
hear "an advert" 0 'OK - .*1 responder \(127\.0\.0\.1 DA\), SLPv2 directory agent, scope lab' advert
hear "somebody else was expected" 2 'CRITICAL - .*(nothing from 127\.0\.0\.9|1 responder, at most 0 expected)' reply --expect-responder 127.0.0.9 --max-responders 0
listen_record=$work/heard.ini
hear "a request of somebody is no offer" 2 'CRITICAL - .*nobody offers services, but 1 request was heard' request --dump-hex "$listen_record" -v
hear "nor a responder too many" 0 'OK - .*nobody offers services' request --max-responders 0
row "a port in use" 3 'UNKNOWN - .*port [0-9]+ is in use' --listen 0.1 -p "$(p udp_answer)"
settle
is "what is heard is recorded" grep -q '^#  02 09 00 00 1d 00' "$listen_record"

### groups: a peer on a port of its own, asked on lo

group=
until [ -n "$group" ] || [ "${tries:=0}" = 20 ]; do
	tries=$((tries + 1))
	exec {group_fd}< <(exec ./tests/sim/voip_sim --dir "$work/group" --address 127.0.0.1 --slp-port $((2000 + RANDOM % 28000)) --slp-da --trace 2>"$work/group.log")
	peers="$peers $!"
	while IFS='=' read -r -u "$group_fd" fact value; do
		[ "$fact" = eicon_slp ] && group=$(port_of "$value")
		[ "$fact" = ready ] && break
	done
done
on() { row "$1" "$2" "$3" -p "$group" --interface lo "${@:4}"; }
on "a group" 0 'OK - multicast 239\.255\.255\.253:[0-9]+/udp on lo: 1 responder \(127\.0\.0\.1 SA\), SLPv2 service agent, scope DEFAULT.* responders=1' --multicast -v
asked=$work/row$row_n
on "another group" 0 'multicast 224\.0\.1\.35:[0-9]+/udp on lo: 1 responder' --multicast=224.0.1.35 --query da
on "a group nobody is in" 2 'CRITICAL - multicast 239\.1\.2\.3:.*no reply within' --multicast=239.1.2.3
on "that should be silent" 0 'OK - .*silence is not proof' --multicast=239.1.2.3 --expect closed
on "and may be" 0 'OK - .*no reply' --multicast=239.1.2.3 --max-responders 0
on "version 1" 0 'multicast 224\.0\.1\.22:.*SLPv1 directory agent' --multicast --proto v1
on "types" 0 'SLPv2, 3 types' --multicast --query types
on "services" 0 '3 services' --multicast --query services --type service:diva.eicon
on "an attribute" 0 'OK - ' --multicast --type service:diva.eicon:fax --attr 'channels>=30'
on "an attribute that is not there" 2 'attribute t39 is not there' --multicast --type service:diva.eicon:fax --attr t39
on "a role" 0 'directory agent' --multicast --require-role da
on "enough responders" 0 'OK - ' --multicast --min-responders 1 --max-responders 1 --expect-responder 127.0.0.1
on "too few" 2 '(fewer than the 2|1 of 2 required responders)' --multicast --min-responders 2
on "too many" 2 '(more than the 0|1 responder, at most 0) expected' --multicast --max-responders 0
on "not the one" 2 'nothing from 127\.0\.0\.9' --multicast --expect-responder 127.0.0.1,127.0.0.9
on "a group that should be silent" 2 'expected closed' --multicast --expect closed
on "a scope nobody is in" 2 'no reply' --multicast --query types --scope office
on "too long a request" 3 'UNKNOWN - option --type: has more than 1024 bytes' --multicast --query services --type "$(printf '%02000d' 0)"
row "broadcast" 0 'OK - broadcast 127\.0\.0\.1:[0-9]+/udp: 1 responder' -p "$group" --broadcast=127.0.0.1
settle
is "who has answered stands in the next request" test "$(grep -c 'sent 47 bytes' "$asked"),$(grep -c 'sent 56 bytes' "$asked"),$(grep -c ' got ' "$asked")" = 1,2,1
is "one XID" test "$(grep 'sent' "$asked" | grep -oE 'XID [0-9]+' | sort -u | wc -l)" = 1

### ends

signalled=$(p slp_v1)
for case in "TERM udp" "INT udp" "TERM tcp"; do
	read -r signal transport <<<"$case"
	seen=$(wc -l <"$work/sim.log")
	"$slp" --i-own-this-host -H 127.0.0.1 -p "$signalled" --proto v2 -T "$transport" --dump-hex "$work/$signal-$transport" >"$work/out" 2>"$work/err" &
	pid=$!
	until [ "$(wc -l <"$work/sim.log")" -gt "$seen" ]; do :; done
	before=$(date +%s%N)
	kill -"$signal" "$pid"
	wait "$pid"
	rc=$?
	is "SIG$signal, $transport: exit 3" test "$rc" = 3
	is "SIG$signal, $transport: at once" test $((($(date +%s%N) - before) / 1000000)) -lt 400
	is "SIG$signal, $transport: keeps the contract" test -z "$(contract)"
	is "SIG$signal, $transport: one line" test "$(wc -l <"$work/out")" = 1
	also "SIG$signal, $transport: says so" "^EICON_SLP UNKNOWN - .*$transport: interrupted by a signal"
	is "SIG$signal, $transport: the recording is whole" grep -q '^#  02 09 00 00 1d' "$work/$signal-$transport"
done
port=${free[0]}
"$slp" --listen 30 -p "$port" >"$work/out" 2>"$work/err" &
pid=$!
until bound "$port"; do :; done
kill -TERM "$pid"
wait "$pid"
rc=$?
is "SIGTERM while listening: exit 3" test "$rc" = 3
also "SIGTERM while listening: says so" 'listening on port [0-9]+/udp: interrupted by a signal'
is "SIGTERM while listening: keeps the contract" test -z "$(contract)"

"$slp" --i-own-this-host -H "$sim_slp" >/dev/full 2>"$work/err"
is "full disk: UNKNOWN" test $? = 3
is "full disk: silent on stderr" test ! -s "$work/err"
"$slp" --i-own-this-host -H "$sim_slp" >&- 2>"$work/err"
is "closed stdout: UNKNOWN" test $? = 3
is "closed stdout: silent on stderr" test ! -s "$work/err"
"$slp" --i-own-this-host -H "$sim_slp" --dump-hex "$work/closed" >&- 2>"$work/err"
is "closed stdout: the recording has no result in it" sh -c "! grep -q EICON_SLP '$work/closed'"
{ "$slp" --i-own-this-host -H "$sim_slp"; echo $? >"$work/rc"; } 2>"$work/err" | true
is "closed pipe: no death by signal" test "$(cat "$work/rc")" -le 3

### hostile bytes

for args in "slp_evil --query types,services,attrs,sa,da" "slp_evil --all-probes" "slp_evil --require-scope x --attr channels>=1" "udp_evil -T udp -t 1" "tcp_evil -T tcp" "slp_trailing"; do
	read -ra args <<<"$args"
	for verbose in -q -vvv; do
		run "$slp" --i-own-this-host -H "$(at "${args[0]}")" "${args[@]:1}" ${verbose#-q}
		is "${args[*]} $verbose: keeps the contract" test -z "$(contract)"
		is "${args[*]} $verbose: ASCII" sh -c "! LC_ALL=C grep -q '[^ -~]' '$work/out'"
		never "${args[*]} $verbose: no forged perfdata" '[|].*[|]|^[^E].*[|]|^OK'
	done
done
run "$slp" --i-own-this-host -H "$sim_slp_evil"
is "one line" test "$(wc -l <"$work/out")" = 1
for format in oneline json jsonl prometheus; do
	run "$slp" --i-own-this-host -H "$sim_slp_evil" --query types,services,attrs,sa,da -vvv --output-format $format
	is "slp_evil: $format exits 0" test "$rc" = 0
	is "slp_evil: $format is ASCII" sh -c "! LC_ALL=C grep -q '[^ -~]' '$work/out'"
	is "slp_evil: nothing on stderr" test ! -s "$work/err"
done
is "nothing was registered" test "$(cat "$work/sim.log" "$work/group.log" | grep -cE 'Srv(De)?Reg |registrations=[1-9]')" = 0
done_testing
