#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# check_rtp against a real rtpengine that holds calls: what it finds, and that no call notices. The
# last row takes a call over on purpose, so that the others are known to be able to see harm.
rtpengine=$(PATH=$PATH:/usr/sbin command -v rtpengine)
if [ -z "${RTPENGINE_NETNS:-}" ] && unshare -n true 2>/dev/null; then
	RTPENGINE_NETNS=1 exec unshare -n bash "$0" "$@"
fi
[ -z "${RTPENGINE_NETNS:-}" ] || ip link set lo up 2>/dev/null
. "${srcdir:-.}/tests/lib.sh"
[ -n "$rtpengine" ] || skip_all "rtpengine-daemon is not installed"
[ -n "${RTPENGINE_NETNS:-}" ] || skip_all "no network namespaces for this user"
rtp=$PLUGINS/check_rtp
ng=127.0.0.1:22951
range=30000-30399

"$rtpengine" --config-file=none --table=-1 --interface=127.0.0.1 --listen-ng=$ng --port-min=30000 \
	--port-max=30399 --foreground --log-stderr --log-level=4 --num-threads=2 >"$work/rtpengine.log" 2>&1 &
peers="$peers $!"
./tests/tools/ng_call --ng $ng --calls 0 </dev/null >/dev/null 2>&1 || {
	sed 's/^/# /' "$work/rtpengine.log"
	echo "Bail out! rtpengine does not start"
	exit 1
}

# hold NAME ARGS...: calls until the end; sets $NAME_ports (comma separated, four for each call).
declare -A ask_fd told_fd
hold() {
	mkfifo "$work/$1.ask" "$work/$1.told"
	./tests/tools/ng_call --ng $ng "${@:2}" <"$work/$1.ask" >"$work/$1.told" &
	peers="$peers $!"
	exec {ask_fd[$1]}>"$work/$1.ask" {told_fd[$1]}<"$work/$1.told"
	read -r -u "${told_fd[$1]}" fact
	read -r -u "${told_fd[$1]}" _ || { echo "Bail out! no calls"; exit 1; }
	eval "$1_ports=${fact#ports=}"
}

# begin PACKETS and finish: what came to the calls meanwhile stands in $work/talk and $work/mute. A
# packet that is late under load is counted as lost, and then as one too many: so lost ones are
# waited for.
begin() {
	for name in talk mute; do echo "count $1" >&"${ask_fd[$name]}"; done
}
told() {
	while read -r -u "${told_fd[$1]}" line && [ "$line" != end ]; do echo "$line"; done
}
finish() {
	for name in talk mute; do
		told $name >"$work/$name"
		for late in 1 2 3; do
			grep -vq ' lost_a=0 lost_b=0 ' "$work/$name" || break
			echo "count 5" >&"${ask_fd[$name]}"
			told $name | paste -d' ' "$work/$name" - | awk '{ for (i = 2; i <= NF / 2; i++) {
				split($i, first, "="); split($(i + NF / 2), more, "="); $i = first[1] "=" first[2] + more[2] }
				NF /= 2; print }' >"$work/sum"
			mv "$work/sum" "$work/$name"
		done
	done
}

# unharmed WHEN PACKETS [FIRST]: each call got all its media; of the muted ones those from this number on.
unharmed() {
	for name in talk mute; do
		broken=$(awk -v n="$2" -v first="${3:-0}" -v name=$name '
			{ for (i = 1; i <= NF; i++) { split($i, pair, "="); is[pair[1]] = pair[2] } calls++ }
			name == "mute" && is["call"] < first { next }
			is["a"] < n || is["lost_a"] != 0 || is["lost_b"] != 0 { print; next }
			name == "talk" ? is["b"] != is["a"] : is["b"] != 0 { print }
			END { if (calls != (name == "talk" ? 3 : 2)) print calls + 0 " calls" }' "$work/$name")
		if [ -z "$broken" ]; then ok "$1: no packet lost, $name"; else not_ok "$1: no packet lost, $name" "$broken"; fi
	done
}

# untouched WHEN: nothing but media came to any call.
untouched() {
	is "$1: nothing was sent to a call" sh -c '! grep -vq " foreign=0 rtcp=0$" "$0/talk" "$0/mute"' "$work"
}

# ports_of KEY: the ports of a JSON fact of the last run, one a line.
ports_of() {
	sed -n "s/.*\"$1\": *\"\([^\"]*\)\".*/\1/p" "$work/out" | tr ',' '\n' |
		awk -F- 'NF { for (port = $1; port <= $NF; port++) print port }' | sort
}
same() { [ "$(cat "$1")" = "$(cat "$2")" ]; }

hold talk --calls 3
hold mute --calls 2 --mute-a
held=$talk_ports,$mute_ports
tr ',' '\n' <<<"$held" | sort >"$work/held"
awk '$1 % 2 == 0' "$work/held" >"$work/held_rtp"
rest=$(seq 30000 30399 | sort | comm -23 - "$work/held" | sort -n | paste -sd,)
is "five calls hold twenty ports" test "$(sort -u "$work/held" | wc -l)" = 20
begin 25
finish
unharmed "before" 25
untouched "before"

### what the sweep says of ports in calls, and that it does no harm

# An RTCP port of a call may send our own compound back, so who answers is another one each time.
sweep="$rtp -H 127.0.0.1 -p $range --state exposed=ok"
begin 50
for i in 1 2 3; do
	check "sweep $i: 20 of 400 ports are in use" 0 '^RTP OK - 127\.0\.0\.1: .* 380 proven closed \(coverage 100%\) \| .* open=20;;;0 closed=380 silent=[0-9]+ rejected=0 undecided=0 ' $sweep
	never "sweep $i: nobody sends media to us" '^leak|strangers'
	run $sweep --output-format json
	cp "$work/out" "$work/sweep$i.json"
done
finish
unharmed "during three sweeps" 50
is "the sweeps reached each call" sh -c '! grep -q " foreign=0 " "$0/talk" "$0/mute"' "$work"
begin 50
finish
unharmed "after the sweeps" 50
untouched "after the sweeps"
answered=0
for i in 1 2 3; do
	cp "$work/sweep$i.json" "$work/out"
	ports_of silent_ports >"$work/silent"
	ports_of answering_ports >"$work/answering"
	sort "$work/silent" "$work/answering" >"$work/open"
	is "sweep $i: silent or answering are exactly the ports in use" same "$work/open" "$work/held"
	is "sweep $i: all RTP ports are silent" test "$(comm -13 "$work/silent" "$work/held_rtp" | wc -l)" = 0
	answered=$((answered + $(wc -l <"$work/answering")))
	also "sweep $i: nothing lost on our side" '"stray":0,"dropped":0'
done
# both of a call only when our two packets meet inside of it
is "one RTCP port of a call answers, as a rule" test "$answered" -le 17
check "as expected" 0 '^RTP OK' "$rtp" -H 127.0.0.1 -p $range --expect-open "$held" --expect-closed "$rest"
check "in use although it must be closed" 1 '^RTP WARNING - 127\.0\.0\.1: 20 ports that must be closed are silent or bound: ' "$rtp" -H 127.0.0.1 -p $range --bound "$held" --expect-closed $range --state exposed=ok

### ports that are known to be in use are left alone

begin 0
finish
begin 50
check "bound" 0 '^RTP OK - 127\.0\.0\.1: 0 of 380 UDP ports answer RTCP, 380 proven closed \(coverage 100%\), 20 bound and not asked \|.* bound=20 ' "$rtp" -H 127.0.0.1 -p $range --bound "$held" --expect-open "$held" --expect-closed "$rest"
check "excluded" 0 '^RTP OK - 127\.0\.0\.1: 0 of 380 UDP ports answer RTCP, 380 proven closed \(coverage 100%\), 20 excluded' "$rtp" -H 127.0.0.1 -p $range --exclude "$held"
check "excluded by a file" 0 ', 20 excluded' "$rtp" -H 127.0.0.1 -p $range --exclude-from "$work/held"
finish
unharmed "bound or excluded" 50
untouched "bound or excluded"
begin 25
for payload in '--payload rtp' '--payload stun' '--send-hex 0x' '--send-hex 80000000'; do
	check "$payload needs --i-own-this-host" 3 'needs --i-own-this-host' "$rtp" -H 127.0.0.1 -p $range $payload
done
finish
unharmed "refused payloads" 25
untouched "refused payloads"

### the inside view

check "local: exactly the ports in use" 0 "^RTP OK - this host: 20 of 400 UDP ports bound \\(IPv4 20, IPv6 0\\): .*open=20;;;0 bound=20" "$rtp" --local -p $range --expect-open "$held" --expect-closed "$rest"
also "local: only on the loopback" '^of these only on the loopback \(20\): '
check "local: the control port" 0 '1 of 1 UDP ports bound .*: 22951 ' "$rtp" --local -p 22951
check "local: as few as are normal" 1 'open 20 is above 10 \(warning\)' "$rtp" --local -p $range --max-open 10
run "$rtp" --local -p $range --output-format json
cp "$work/out" "$work/inside.json"
for key in bound bound_ipv4 bound_loopback; do
	ports_of $key >"$work/bound"
	is "local: JSON $key" same "$work/bound" "$work/held"
done
begin 25
check "compare" 0 '^RTP OK' $sweep --compare "$work/inside.json"
never "compare: all that is bound is reachable" '^bound but not reachable|^bound and undecided|not bound'
run $sweep --compare "$work/inside.json" --output-format json
{ ports_of bound_silent; ports_of bound_answering; } | sort >"$work/open"
is "compare: silent or answering are exactly the bound ones" same "$work/open" "$work/held"
is "compare: and none is closed" test -z "$(ports_of bound_closed)$(ports_of bound_undecided)"
echo 30398-30399 >"$work/list"
run "$rtp" -H 127.0.0.1 -p $range --compare "$work/list" --state exposed=ok,answering-not-bound=ok
also "compare: a list without them" "^bound but not reachable, closed from here \(2\): 30398-30399\$"
if grep -q ' answering=0;' "$work/out"; then
	skip "compare: answers of ports that are not bound" "no RTCP port sent anything back"
else
	also "compare: answers of ports that are not bound" '^answering-not-bound: '
fi
finish
unharmed "compared" 25

### an empty datagram takes a muted call over, and this test sees it

begin 0
finish
victim=${mute_ports%%,*}
check "positive control: an empty datagram moves the media to us" 2 "^RTP CRITICAL - 127\\.0\\.0\\.1: 1 port sends RTP to strangers: $victim, 1 of 1 UDP ports answers \\(1 RTP\\)" "$rtp" -H 127.0.0.1 -p "$victim" --send-hex 0x --i-own-this-host
begin 50
finish
is "positive control: the muted party hears nothing more" grep -Eq '^call=0 a=[0-9] .* lost_a=(4[1-9]|[5-9][0-9]|[1-9][0-9][0-9]) ' "$work/mute"
unharmed "all other calls" 50 1

### ports are closed again when the calls have ended

for name in talk mute; do echo quit >&"${ask_fd[$name]}"; done
until "$rtp" --local -p $range --max-open 0:0 >"$work/out" 2>&1 || [ "$((SECONDS))" -gt 50 ]; do :; done
check "no call, no port" 0 '^RTP OK - 127\.0\.0\.1: 0 of 400 UDP ports answer RTCP, 400 proven closed \(coverage 100%\)' "$rtp" -H 127.0.0.1 -p $range
done_testing
