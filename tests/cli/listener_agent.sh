#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# check_listener on loopback, without root, against agents good and bad: what each of them is worth, how
# much is asked, several at once, hostile names, and how it ends.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/rows.sh"
umask 077
printf '[default]\ncommunity = sim\n' >"$work/ini"
listener=("$PLUGINS/check_listener" --v2c --credentials "$work/ini")
program=("${listener[@]}")
export MP_CONFIG_FILE=

mkdir "$work/sim"
mkfifo "$work/alive"
exec {alive}<>"$work/alive"
exec {sim}< <(exec ./tests/sim/snmp_sim --dir "$work/sim" --agents 20 --exit-with-parent <"$work/alive" {alive}>&- 2>"$work/sim.log")
sim_pid=$!
peers="$peers $sim_pid"
while IFS='=' read -r -u "$sim" fact value && [ "$fact" != ready ]; do
	declare "sim_$fact=$value"
done
[ "$fact" = ready ] || { sed 's/^/# snmp_sim: /' "$work/sim.log"; echo "Bail out! snmp_sim does not start"; exit 1; }

# asked BEHAVIOUR: how many datagrams it has got.
asked() {
	kill -USR1 "$sim_pid"
	read -r -u "$sim" said
	sed -n "s/^$1 //p" "$work/sim/requests"
}
forget() { kill -USR2 "$sim_pid" && read -r -u "$sim" said; }
value() { sed -n "1s/.*[ |]$1=\\([0-9.]*\\).*/\\1/p" "$work/out"; }

### what each behaviour is worth

agent() {
	while IFS='	' read -r behaviour rc word re args; do
		[ -n "$behaviour" ] || continue
		read -ra args <<<"$args"
		told "$behaviour: ${args[*]}" "$rc" "$word" "$re" -H "$(at "$behaviour")" "${args[@]}"
	done
}
fine='5060/udp sip is held by \\"kamailio\\" \(pid 4001, /usr/sbin/kamailio\) on :: \(perhaps IPv4 too\), also on 0\.0\.0\.0, as of at most 60 s ago"'
silent="no answer from the agent within [0-9.]+ m?s: it is down or filtered, or the community is wrong"
agent <<TABLE
good	0	expected	$fine	-p 5060/udp=kamailio
good	0	expected	$fine	-p 5060/udp
good	2	other-owner	2860/tcp dialpad-voice1 is held by \\\\"xmrig\\\\" \\(pid 4711, /tmp/\\.x/xmrig\\) on 0\\.0\\.0\\.0, wanted dialpad, as of at most 60 s ago"	-p 2860/tcp=dialpad
good	2	unexpected	2860/tcp .*xmrig.*, wanted free, as of	-p 2860/tcp=none
good	2	absent	2861/tcp dialpad-voice2 is not bound, wanted dialpad, as of at most 60 s ago"	-p 2861/tcp=dialpad
good	0	expected	2861/tcp dialpad-voice2 is free, as of	-p 2861/tcp=none
good	2	other-owner	xmrig.*, wanted any owner in /usr/sbin/\\*	-p 2860/tcp=any --path /usr/sbin/*
good	0	expected	kamailio	-p 5060/udp=~^kam --path /usr/sbin/*
good	0	owner-hidden	2862/udp is bound on 0\\.0\\.0\\.0, owner not visible: the agent tells no process, it needs CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH, wanted x is not proven, as of	-p 2862/udp=x
good	1	owner-hidden	2862/udp is bound on	-p 2862/udp=x --require-owner
good	2	unexpected	2862/udp is bound on 0\\.0\\.0\\.0, owner not visible, wanted free	-p 2862/udp=none
good	3	stale	2863/udp was held by pid 9999, which the agent.s processes do not have: it is gone, or newer than that table, as of	-p 2863/udp=kamailio
good	3	stale	2863/udp was held by pid 9999	-p 2863/udp=none
good	2	absent	2864/udp is not bound, wanted kamailio	-p 2864/udp=kamailio
good	0	expected	2864/udp is free	-p 2864/udp=none
good	0	expected	1440/udp eicon-slp is held by .*slpd.* on 127\\.0\\.0\\.1,	-p 1440/udp --only-local
good	1	exposed	5061/tcp sips is held by .* on 0\\.0\\.0\\.0, wanted on the loopback only, as of	-p 5061/tcp=kamailio --only-local
big	0	expected	$fine	-p 5060/udp=kamailio
big	2	absent	2861/tcp .*is not bound	-p 2861/tcp=any
big	0	expected	16384/udp RTP by convention is held by .*rtpengine	-p 16384/udp=rtpengine
big	0	expected	18383/udp RTP by convention is held by .*rtpengine	-p 18383/udp=rtpengine
big	2	absent	18384/udp RTP by convention is not bound	-p 18384/udp=rtpengine
many	0	expected	5060/udp sip is held by .*kamailio.* and 298 more, as of	-p 5060/udp=kamailio
many	0	expected	2861/udp .*is free	-p 2861/udp=none
old	0	owner-hidden	5060/udp sip is bound on 0\\.0\\.0\\.0, owner not visible: .*, of unknown age, by the agent.s old tables: IPv4 only and no owners"	-p 5060/udp=kamailio
old	0	owner-hidden	5061/tcp sips is bound on 0\\.0\\.0\\.0, owner not visible: .*old tables	-p 5061/tcp=kamailio
old	1	owner-hidden	5061/tcp sips is bound	-p 5061/tcp=kamailio --require-owner
old	2	unexpected	2860/tcp .*is bound on 0\\.0\\.0\\.0, owner not visible, wanted free, .*old tables	-p 2860/tcp=none
old	3	no-such-object	40001/tcp not known: the agent.s old tables show no IPv6 socket	-p 40001/tcp=none
old	3	no-such-object	2861/udp .*not known: the agent.s old tables show no IPv6 socket	-p 2861/udp=any
old	3	no-such-object	2861/udp .*not known: .*	-p 2861/udp=none
wildcard	0	expected	5060/tcp sip is held by \\\\"kamailio\\\\".* on any address, as of	-p 5060/tcp=kamailio
wildcard	1	exposed	on any address, wanted on the loopback only	-p 5060/tcp=kamailio --only-local
noproc	0	owner-hidden	owner not visible: the agent does not show hrSWRunTable	-p 5061/tcp=kamailio
noproc	1	owner-hidden	.	-p 5061/tcp=kamailio --require-owner
nopid	0	owner-hidden	owner not visible: the agent tells no process, it needs CAP_SYS_PTRACE and	-p 5061/tcp=kamailio
negative	0	owner-hidden	owner not visible: the agent tells no process	-p 5061/tcp=kamailio
negative	3	stale	2860/tcp .*was held by pid 4294967295, which the agent.s processes do not have	-p 2860/tcp=x
empty	3	no-such-object	the agent shows no listener at all, its view may hide	-p 5060=kamailio
empty	3	no-such-object	the agent shows no listener at all	-p 5060=none
empty	3	no-such-object	the agent shows no listener at all	-p 5060
wrongtype	3	bad-agent	a row that holds no number	-p 5060
hugetext	2	other-owner	held by \\\\"x{61}\\.\\.\\.\\\\" \\(pid 4711, /tmp/\\.x/xmrig\\)	-p 2860/tcp=dialpad
notincreasing	3	bad-agent	the agent.s tables do not increase	-p 5060=none
backwards	3	bad-agent	the agent.s tables do not increase	-p 5060=none
endless	3	bad-agent	the agent.s tables have no end	-p 5060=none -t 20
toobig	0	expected	$fine	-p 5060/udp=kamailio,5061
toobig	2	absent	1440/tcp eicon-slp is not bound	-p 1440/tcp=any
generr	3	bad-agent	the agent failed to read its own tables \\(genErr\\)	-p 5060=none
noaccess	3	auth	refuses access \\(authorizationError\\)	-p 5060=none
zerovars	3	bad-agent	the agent.s reply is empty	-p 5060=none
short	0	expected	$fine	-p 5060/udp=kamailio
short	2	absent	2861/tcp .*is not bound	-p 2861/tcp=any
more	3	bad-agent	the agent.s reply holds more than was asked	-p 5060=none
wrongid	3	no-agent	$silent, while [1-9] datagrams that answer nothing came	-p 5060=none -t 1
wrongcommunity	3	no-agent	$silent, while [1-9] datagrams that answer nothing came	-p 5060=none -t 1
wrongversion	3	no-agent	$silent	-p 5060=none -t 1
truncated	3	no-agent	$silent	-p 5060=none -t 1
trailing	0	expected	$fine	-p 5060/udp=kamailio
silent	3	no-agent	$silent	-p 5060=none -t 1
silent	2	no-agent	$silent	-p 5060=none -t 1:critical
silent	1	no-agent	$silent	-p 5060=none -t 1:critical --state no-agent=warning
refused	3	no-agent	no agent: port closed, ICMP 3/3 from 127\\.0\\.0\\.1"	-p 5060=none
refused	3	no-agent	no agent: port closed	-p 5060=none -t 1:critical
late	3	no-agent	$silent	-p 5060=none -t 1
duplicate	0	expected	$fine	-p 5060/udp=kamailio
lossy	0	expected	$fine	-p 5060/udp=kamailio -t 2
flood	0	expected	$fine	-p 5060/udp=kamailio
flood	2	absent	2861/tcp .*is not bound	-p 2861/tcp=any
otherport	3	no-agent	$silent, while [1-9] datagrams that answer nothing came	-p 5060=none -t 1
TABLE

# --state
while read -r behaviour word args; do
	read -ra args <<<"$args"
	told "$word, mapped" 1 "$word" . -H "$(at "$behaviour")" --state "$word=warning" "${args[@]}"
done <<-'TABLE'
	good expected -p 5060/udp=kamailio
	good other-owner -p 5060/udp=x
	good absent -p 2861/tcp=x
	good unexpected -p 2860/tcp=none
	good owner-hidden -p 2862/udp
	good stale -p 2863/udp
	empty no-such-object -p 5060
	generr bad-agent -p 5060
	refused no-agent -p 5060
TABLE
told "exposed, mapped" 2 exposed . -H "$sim_good" -p 5061/tcp --only-local --state exposed=critical
told "what is mapped to worse than exposed stays" 2 owner-hidden . -H "$sim_good" -p 2862/udp --only-local --state owner-hidden=critical
told "local-error" 3 local-error 'not checked' -H "$sim_good" -p 5060/udp --source 192.0.2.77
told "a name that does not resolve" 3 dns 'dns: ' -H nosuch.invalid --resolver 127.0.0.1:1 -t 1 -p 5060/udp
row "dns" 3 '^LISTENER UNKNOWN - nosuch\.invalid: dns: ' -H nosuch.invalid --resolver 127.0.0.1:1 -t 1
row "the community is that of the agent" 3 "no answer .* the community is wrong" -H "$sim_good" --credentials "$work/wrong" -t 1
printf '[default]\ncommunity = other\n' >"$work/wrong"

settle

# these wait while the next sections run
told "silence before a long deadline is no other silence" 2 no-agent 'no answer from the agent within 10 s: it is down' -H "$sim_silent" -p 5060=none -t 12:critical
told "late" 0 expected "$fine" -H "$sim_late" -p 5060/udp=kamailio -t 9

### how much is asked

while read -r behaviour max args; do
	read -ra args <<<"$args"
	forget
	check "$behaviour: ${args[*]}: few datagrams" 0 '^LISTENER OK - ' "${listener[@]}" -H "$(at "$behaviour")" "${args[@]}"
	sent=$(value packets) got=$(asked "$behaviour")
	is "$behaviour: ${args[*]}: $sent of at most $max, and the agent counts as many" test "$sent" -le "$max" -a "$sent" = "$got"
done <<-'TABLE'
	good 12
	big 12
	big 12 -p 2861=none,18384/udp=none
	toobig 12 -p 5060/udp=kamailio
	good 12 -p 1-65535/tcp
	many 30
TABLE
forget
check "the ports of an agent are told once" 2 '^LISTENER CRITICAL - 1 of 2 ports critical: 127\.0\.0\.1:[0-9]+: 2861/udp dialpad-voice2 is not bound, wanted x, as of at most 60 s ago \| ports=2 ok=1 warning=0 critical=1 unknown=0 listeners=2 hidden=0 time=0\.[0-9]+s;;;0 packets=[1-9]' "${listener[@]}" -H "$sim_good" -p 5060/udp=kamailio,2861/udp=x
check "hidden owners are counted" 0 'LISTENER OK - .*: 2 of 2 ports bound, 2 sockets whose owner is not visible, as of.* listeners=2 hidden=2 ' "${listener[@]}" -H "$sim_nopid" -p 5060/tcp,5061/tcp
check "where IPv6 has a socket of its own" 0 'listeners=2;;;0 hidden=0;;;0 time=0\.[0-9]+s;;;0 packets=' "${listener[@]}" -H "$sim_good" -p 22/tcp=sshd
forget
ports=10
for ((i = 12; i <= 136; i += 2)); do ports=$ports/udp,$i; done
check "64 separate ports" 0 ': 1 of 64 ports bound' "${listener[@]}" -H "$sim_good" -p "$ports/udp"
ports=$(seq -s, 1000 1062)
check "ports side by side are one" 0 ': 0 of 126 ports bound.*all 126 ports ok' "${listener[@]}" -H "$sim_good" -p "$ports"
also "with a line for each" '^\[OK\] .*: 1000/tcp is free'
check "a range of which little is bound" 0 '^LISTENER OK - 127\.0\.0\.1:[0-9]+: 14 of 131070 ports bound, 7 sockets whose owner is not visible, as of' "${listener[@]}" -H "$sim_good" -p 1-65535 --show 30 --state stale=ok
never "free ports of a range have no line" 'is free'
printf '22/tcp=sshd\n25/tcp,631/tcp\n# voice\n1440=slpd\n5060-5061=kamailio # sip\n8443=sshd\n68,323\n53000/udp\n2862-2863/udp=any\n' >"$work/allow"
check "an allow file" 2 '^LISTENER CRITICAL - 1 of 14 ports critical: .*: 2860/tcp dialpad-voice1 is held by "xmrig" .*, which --allow does not name' "${listener[@]}" -H "$sim_good" -p 1-65535 --allow "$work/allow" --state stale=ok

### who asks whom

umask 077
printf '[localhost]\ncommunity = sim\n[127.0.0.1]\ncommunity = wrong\n' >"$work/sections"
by="$PLUGINS/check_listener --v2c -p 5060/udp=kamailio -t 1"
port=$(p good)
check "a section for the name, which has no port" 0 '^LISTENER OK - localhost \(127\.0\.0\.1\): 5060/udp' $by -H localhost --agent-port "$port" --credentials "$work/sections"
check "a section for all" 0 '^LISTENER OK - 127\.0\.0\.1: 5060/udp' $by -H 127.0.0.1 --agent-port "$port" --credentials "$work/sections:localhost"
check "the wrong community" 3 '127\.0\.0\.1:[0-9]+/udp snmp: no answer .*, or the community is wrong' $by -H "$sim_good" --credentials "$work/sections:127.0.0.1"
check "a port of the target goes before" 0 '^LISTENER OK - ' $by -H "$sim_good" --agent-port 1 --credentials "$work/sections:localhost"
exec {ini}<"$work/ini"
check "credentials from a descriptor" 0 '^LISTENER OK - ' $by -H "$sim_good" --credentials-fd "$ini"
exec {ini}<&-
check "credentials from a pipe" 0 '^LISTENER OK - ' $by -H "$sim_good" --credentials <(cat "$work/ini")
check "credentials from standard input" 0 '^LISTENER OK - ' bash -c '"$0" "${@:2}" --credentials - <"$1"' "$PLUGINS/check_listener" "$work/ini" --v2c -p 5060/udp=kamailio -H "$sim_good"
printf '[default]\nuser = monitor\nauth-passphrase = maplesyrup\npriv-passphrase = maplesyrup\n' >"$work/v3"
check "SNMPv3 to who speaks SNMPv2c only" 3 'no answer from the agent within .*: it is down or filtered' "$PLUGINS/check_listener" -H "$sim_good" --credentials "$work/v3" -t 1

### many

printf 'good=%s\nrefused=%s\nempty=%s\nsilent=%s\n' "$sim_good" "$sim_refused" "$sim_empty" "$sim_silent" >"$work/targets"
check "good, refused, empty and silent ones in one run" 2 '^LISTENER CRITICAL - 2 of 5 ports critical, 2 unknown: good \(127\.0\.0\.1\): 2860/tcp dialpad-voice1 is held by "xmrig" .*, wanted dialpad, .* packets=[0-9]+$' "${listener[@]}" --targets "$work/targets" -p 5060/udp=kamailio,2860/tcp=dialpad -t 1:critical --show 20
also "the silent one" '^ *\[CRITICAL\] silent \(127\.0\.0\.1:[0-9]+/udp snmp\): no answer from the agent within'
also "the refused one" '^ *\[UNKNOWN\] refused \(127\.0\.0\.1:[0-9]+/udp snmp\): no agent: port closed'
also "the empty one" '^ *\[UNKNOWN\] empty \(127\.0\.0\.1:[0-9]+/udp snmp\): the agent shows no listener'
also "the good one" '^ *\[OK\] good \(127\.0\.0\.1\): 5060/udp sip is held by "kamailio"'
is "who answers does not wait for who does not" test "$(printf '%.0f' "$(value time_max)")" = 0
tr , '\n' <<<"$sim_agents" | sed 's/^/127.0.0.1:/' >"$work/targets"
check "20 agents" 0 '^LISTENER OK - all 40 ports ok \| ports=40 ok=40 .* listeners=60 hidden=0 time_p50=.* packets=[0-9]+$' "${listener[@]}" --targets "$work/targets" -p 5060=kamailio
is "as many datagrams as 20 times one" test "$(value packets)" -le 60 -a "$(value packets)" = "$(asked agents)"
check "not all of them get their turn" 3 '^LISTENER UNKNOWN - 2 of 2 ports unknown' "${listener[@]}" -H "$sim_silent" -H "$sim_silent" --parallel 1 -p 5060/udp -t 0.5
also "which is said" '^ *\[UNKNOWN\] 127\.0\.0\.1:[0-9]+/udp snmp: not started before the deadline$'

### hostile names

for args in "" -vv "--output-format oneline" "-v --show 1" "--only-local --show 20"; do
	run "${listener[@]}" -H "$sim_control" -p 1440/udp,2860/tcp=xmrig,5060/udp=slpd $args
	is "control: ${args:-plain}: the contract" test -z "$(case $args in *oneline) ;; *) contract ;; esac)"
	is "control: ${args:-plain}: CRITICAL" test "$rc" = 2
	never "control: ${args:-plain}: no line of its own" '^(OK|CRITICAL)|forged [|]|[^[:print:]]|=5;'
done
also "the name is shown, harmless" '"kamailio\?OK - forged / time=0,1,2,3,4 .y.=5\?\?CRITICAL" \(pid 4001'
run "${listener[@]}" -H "$sim_control" -p 1440/udp,2860/tcp=xmrig,5060/udp=slpd --output-format jsonl
is "jsonl: a line for each port" test "$(wc -l <"$work/out")" = 3
run "${listener[@]}" -H "$sim_control" -p 2860/tcp --output-format prometheus
never "prometheus: a name makes no sample" '^(OK|CRITICAL)|forged'
check "a NUL hides nothing from an expression" 0 'held by "xm\?\[31m\?\]0,title\?rig\?hidden, ' "${listener[@]}" -H "$sim_control" -p '2860/tcp=~hidden; [$][(]id'
for behaviour in good control hugetext; do
	for args in -vvv "--output-format json" "--output-format jsonl"; do
		run "${listener[@]}" -H "$(at "$behaviour")" $args --show 99
		never "$behaviour: $args: parameters stay where they are" 'leaked|password'
	done
done
check "a name of 60,000 bytes" 2 'held by "x{61}\.\.\." \(pid 4711, /tmp/\.x/xmrig\)' "${listener[@]}" -H "$sim_hugetext" -p 2860/tcp=dialpad

### formats and ends

run "${listener[@]}" -H "$sim_good" -p 5060/udp=kamailio --output-format json
also "json: facts" '"outcome": ?"expected","address": ?"127\.0\.0\.1:[0-9]+","transport": ?"udp","port": ?5060,"port_name": ?"sip","bound": ?true,"wanted": ?"kamailio","cache_s": ?60,"bound_to": ?"0\.0\.0\.0 ::","sockets": ?1,"owner_visible": ?true,"owner": ?"kamailio","pid": ?4001,"processes": ?1,"path": ?"/usr/sbin/kamailio"'
run "${listener[@]}" -H "$sim_good" -p 2862/udp --output-format json
also "json: a hidden owner" '"owner_visible": ?false,"hidden_why": ?"the agent tells no process'
run "${listener[@]}" --targets "$work/targets" -p 5060=kamailio --output-format jsonl
is "jsonl: a line for each agent" test "$(wc -l <"$work/out")" = 20
run "${listener[@]}" -H "$sim_good" -p 5060,2860 --output-format prometheus
also "prometheus: which port" '^check_listener_listeners\{.*port="?5060"?.*transport="udp".*\} 2$|^check_listener_listeners\{.*transport="udp",port="?5060"?.*\} 2$'
never "prometheus: no port is but a number among its likes" 'n="2"'
check "-v: who and where" 0 . "${listener[@]}" -H "$sim_good" -p 5060/udp=kamailio -v
also "-v: IPv4" '^0\.0\.0\.0: "kamailio" \(pid 4001, /usr/sbin/kamailio\)$'
also "-v: IPv6" '^:: \(perhaps IPv4 too\): "kamailio" \(pid 4001, /usr/sbin/kamailio\)$'

"${listener[@]}" -H "$sim_good" >/dev/full 2>"$work/err"
is "full disk: UNKNOWN" test $? = 3
is "full disk: silent on stderr" test ! -s "$work/err"
"${listener[@]}" -H "$sim_good" >&- 2>"$work/err"
is "closed stdout: UNKNOWN" test $? = 3
is "closed stdout: silent on stderr" test ! -s "$work/err"
{ "${listener[@]}" -H "$sim_good"; echo $? >"$work/rc"; } 2>"$work/err" | true
is "closed pipe: no death by signal" test "$(cat "$work/rc")" -le 3

for signal in TERM INT; do
	forget
	"${listener[@]}" -H "$sim_lossy" -H "$sim_good" -p 2860/tcp=xmrig -t 60 >"$work/out" 2>"$work/err" &
	pid=$!
	until [ "$(asked lossy)" -ge 1 ] && [ "$(asked good)" -ge 2 ]; do
		kill -0 "$pid" 2>/dev/null || break
	done
	before=$(date +%s%N)
	kill -$signal "$pid"
	wait "$pid"
	rc=$?
	is "SIG$signal: exit 3" test "$rc" = 3
	is "SIG$signal: at once" test $((($(date +%s%N) - before) / 1000000)) -lt 400
	is "SIG$signal: keeps the contract" test -z "$(contract)"
	also "SIG$signal: says so" '^ *\[UNKNOWN\] 127\.0\.0\.1:[0-9]+/udp snmp: interrupted by a signal while waiting for the answer'
	also "SIG$signal: what is known stays" '^ *\[OK\] 127\.0\.0\.1:[0-9]+: 2860/tcp dialpad-voice1 is held by "xmrig"'
done
run "$PLUGINS/check_listener" --derive-keys monitor -H "$sim_silent" -t 1
is "an agent that does not tell its engine: UNKNOWN" test "$rc" = 3
also "and why" '^LISTENER UNKNOWN - option --derive-keys: the agent does not tell its engine: (no answer|timeout)'

settle
done_testing
