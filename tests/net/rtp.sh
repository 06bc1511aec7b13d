#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# check_rtp across a network: a monitor and a target in namespaces of their own. The target limits
# its ICMP errors as a Linux host does unless told otherwise, swallows, and rejects. The limit is one
# per address of ours, so each row has its own.
. "${srcdir:-.}/tests/hosts.sh"
need iptables ip6tables dnsmasq setpriv
[ "$(id -u)" = 0 ] || skip_all "needs root"
rtp=$PLUGINS/check_rtp

plugin=$rtp

# holds NAME CONDITION: of awk, with the metrics of the last run as its variables.
holds() {
	facts=$(sed -n '1s/.*| //p' "$work/out" | tr ' ' '\n' | sed -n 's/^\([a-z_]*\)=\([0-9.]*\).*/-v \1=\2/p')
	if [ -n "$facts" ] && awk $facts "BEGIN { exit !($2) }"; then ok "$1: $2"; else not_ok "$1: $2" "$(cat "$work/out")"; fi
}

for i in {1..40}; do ip addr add 192.0.2.$((100 + i))/24 dev monitor; done
for i in {1..9}; do ip -6 addr add 2001:db8::10$i/64 dev monitor nodad; done
# its errors for others come from the first IPv4 and the last IPv6 address
for i in {2..9}; do
	on_target ip addr add 192.0.2.$i/24 dev target
	on_target ip -6 addr add 2001:db8::$((11 - i))/64 dev target nodad
done
on_target iptables -w -L -n >/dev/null 2>&1 && on_target ip6tables -w -L -n >/dev/null 2>&1 || skip_all "iptables does not work here"
v4() { on_target iptables -w -A "$@"; }
v6() { on_target ip6tables -w -A "$@"; }

# 192.0.2.2 and 2001:db8::2: 100 ports echo, 100 are bound and never read, in the usual range
echoes=16384,17000-17039,20001,20003,22222-22250,25000-25026,32767
quiet=18000-18099
shut=16385-16999,17040-17999,18100-20000,20002,20004-22221,22251-24999,25027-32766
exec {sim_fd}< <(exec nsenter -t "$target" -n ./tests/sim/voip_sim --dir "$work/sim" --address 192.0.2.2 \
	--address 2001:db8::2 --rtp $echoes --rtp-silent $quiet 2>"$work/sim.log")
peers="$peers $!"
until read -r -u "$sim_fd" fact && [ "$fact" = ready ]; do
	[ -n "$fact" ] || { echo "Bail out! voip_sim does not start"; exit 1; }
done
# .3: 15,000 ports are swallowed; .4: all; .5: rejects; .6: 5000 are swallowed but for ten; .7: nothing listens
few=16500,17000,17500,18000,18500,19000,19500,20000,20500,21000
v4 INPUT -d 192.0.2.3 -p udp --dport 16384:31383 -j DROP
v6 INPUT -d 2001:db8::3 -p udp --dport 16384:31383 -j DROP
v4 INPUT -d 192.0.2.4 -j DROP
v6 INPUT -d 2001:db8::4 -j DROP
v4 INPUT -d 192.0.2.5 -p udp --dport 17000:17019 -j REJECT --reject-with icmp-admin-prohibited
v6 INPUT -d 2001:db8::5 -p udp --dport 17000:17019 -j REJECT --reject-with icmp6-adm-prohibited
v4 INPUT -d 192.0.2.6 -p udp -m multiport --dports $few -j ACCEPT
v4 INPUT -d 192.0.2.6 -p udp --dport 16384:21383 -j DROP
rejects4='4000 icmp-net-unreachable 3/0
4001 icmp-host-unreachable 3/1
4002 icmp-proto-unreachable 3/2
4004 icmp-net-prohibited 3/9
4005 icmp-host-prohibited 3/10
4006 icmp-admin-prohibited 3/13'
rejects6='4000 icmp6-no-route 1/0
4001 icmp6-adm-prohibited 1/1
4002 icmp6-addr-unreachable 1/3
4004 icmp6-policy-fail 1/5
4005 icmp6-reject-route 1/6'
while read -r port with _; do v4 INPUT -d 192.0.2.5 -p udp --dport "$port" -j REJECT --reject-with "$with"; done <<<"$rejects4"
while read -r port with _; do v6 INPUT -d 2001:db8::5 -p udp --dport "$port" -j REJECT --reject-with "$with"; done <<<"$rejects6"
v4 INPUT -d 192.0.2.5 -p udp --dport 4003 -j REJECT --reject-with icmp-port-unreachable
v6 INPUT -d 2001:db8::5 -p udp --dport 4003 -j REJECT --reject-with icmp6-port-unreachable
# behind the target: a network that it forwards to, and ways that it refuses
on_target ip link add inside type veth peer name deeper
on_target ip addr add 198.51.100.129/25 dev inside
on_target ip link set inside up
on_target ip link set deeper up
limit ipv4/ip_forward 1
limit ipv6/conf/all/forwarding 1
v4 FORWARD -d 198.51.100.130 -p udp --dport 5000:5019 -j REJECT
v4 FORWARD -d 198.51.100.130 -p udp --dport 5020:5039 -j REJECT --reject-with icmp-admin-prohibited
on_target ip route add prohibit 198.51.100.13
on_target ip route add unreachable 198.51.100.1
on_target ip route add blackhole 198.51.100.99
on_target ip -6 route add unreachable 2001:db8:1::1
ip route add 198.51.100.0/24 via 192.0.2.2
ip -6 route add 2001:db8:1::/48 via 2001:db8::2
ip route add prohibit 198.18.0.13
ip route add unreachable 198.18.0.1
# a wire of its own, without address resolution, on which packets are counted
ip link add counted type veth peer name counter
ip link set counter netns "$target"
for side in "counted 1" "counter 2"; do
	set -- $side
	in=; [ "$1" = counted ] || in=on_target
	$in sh -c 'echo 1 >/proc/sys/net/ipv6/conf/$0/disable_ipv6
		ip link set $0 address 02:00:00:00:00:01 arp off
		ip addr add 203.0.113.$1/24 dev $0
		ip link set $0 up' "$1" "$2"
done
on_target ip addr add 203.0.113.3/24 dev counter
# packets: how many came out of that wire.
packets() { on_target ip -s -j link show dev counter | sed 's/.*"rx":{[^}]*"packets":\([0-9]*\).*/\1/'; }

exec {dns_log}< <(LC_ALL=C exec dnsmasq --no-daemon --conf-file=/dev/null --no-resolv --no-hosts --port=5300 \
	--listen-address=127.0.0.1 --bind-interfaces --user=root --group=root --pid-file= --local=/test/ \
	--host-record=both.test,192.0.2.2,2001:db8::2 --host-record=six-dead.test,192.0.2.7,2001:db8::4 \
	--host-record=twice.test,203.0.113.2 --host-record=twice.test,203.0.113.3 2>&1)
peers="$peers $!"
while read -r -u "$dns_log" line; do
	case $line in *started,*) break ;; esac
done
dns='--resolver 127.0.0.1:5300'

# our own kernel's errors, for hosts that are not there, have no limit
echo 100000 >/proc/sys/net/ipv4/icmp_msgs_burst 2>/dev/null
echo 100000 >/proc/sys/net/ipv4/icmp_msgs_per_sec 2>/dev/null
limit ipv4/icmp_ratelimit 1000
limit ipv4/icmp_ratemask 6168
limit ipv4/icmp_msgs_per_sec 1000
limit ipv4/icmp_msgs_burst 50
limit ipv6/icmp/ratelimit 1000
fast='--rate 20000'

### a host that limits its ICMP errors


# from4, from6: each time another address of ours; the first one is for those who choose none.
n4=0 n6=0
from4() { from="--source 192.0.2.$((102 + n4++))"; }
from6() { from="--source 2001:db8::10$((2 + n6++))"; }
answering='16384,17000-17039,20001,20003,22222-22250,25000-25026 and 1 more'

from4 && row "15,000 swallowed, 3 closed" 0 '^RTP OK - 192\.0\.2\.3: 0 of 15003 UDP ports answer RTCP, 1[45][0-9]* proven silent, 3 proven closed' -H 192.0.2.3 -p 16384-31386 $fast $from -v
from4 && row "15,000 swallowed, 10 closed" 0 '^RTP OK - 192\.0\.2\.3: 0 of 15010 UDP ports answer RTCP, 1[45][0-9]* proven silent, 10 proven closed' -H 192.0.2.3 -p 16384-31393 $fast $from --prove 30
from4 && row "15,000 swallowed, no closed port among them" 0 '^RTP OK - 192\.0\.2\.3: 0 of 15000 UDP ports answer RTCP, 15000 proven silent \(coverage 100%\)' -H 192.0.2.3 -p 16384-31383 $fast $from
from6 && row "15,000 swallowed, 3 closed, IPv6" 0 '^RTP OK - 2001:db8::3: 0 of 15003 UDP ports answer RTCP, 1[45][0-9]* proven silent, 3 proven closed' -H 2001:db8::3 -p 16384-31386 $fast $from -v
from4 && row "all swallowed" 3 '^RTP UNKNOWN - 192\.0\.2\.4, UDP 16384-32767: no sign of the host: neither a reply nor an ICMP error to [0-9]+ datagrams .* undecided=16384 coverage=0% ' -H 192.0.2.4 $fast $from
from6 && row "all swallowed, IPv6" 3 '^RTP UNKNOWN - 2001:db8::4, UDP 16384-32767: no sign of the host: .* undecided=16384 coverage=0% ' -H 2001:db8::4 $fast $from
from4 && row "no such host" 3 '^RTP UNKNOWN - 192\.0\.2\.99, UDP 16384-32767: host or network unreachable, ICMP 3/1 from 192\.0\.2\.101 \(this host\).* coverage=0% ' -H 192.0.2.99 -t 10
row "no such host, few ports" 3 '^RTP UNKNOWN - 192\.0\.2\.98, UDP 16384-16483: host or network unreachable, ICMP 3/1 from 192\.0\.2\.101 \(this host\) .* undecided=100 coverage=0% ' -H 192.0.2.98 -p 16384-16483
row "no such host, IPv6" 3 '^RTP UNKNOWN - 2001:db8::99, UDP 16384-16483: (host or network unreachable, ICMP 1/3 from 2001:db8::10[0-9] \(this host\)|no sign of the host: .*) .* undecided=100 coverage=0% ' -H 2001:db8::99 -p 16384-16483
# another program of ours takes the tokens, often or now and then
for i in 0 1 2; do
	from4
	"$rtp" -H 192.0.2.7 -p 40000-49999 --rate "$((i == 0 ? 200 : i))" --passes 1 --prove 0 -t 60 $from >/dev/null 2>&1 &
	peers="$peers $!"
	case $i in
	0) row "the errors go to somebody else" 0 '^RTP OK - 192\.0\.2\.7(: .*0 of 500 UDP ports answer RTCP|, UDP 20000-20499: no sign of the host)' -H 192.0.2.7 -p 20000-20499 --state no-sign=ok $fast $from ;;
	*) row "$i of the errors a second goes to somebody else" 0 '^RTP OK - 192\.0\.2\.6: .*0 of 5000 UDP ports answer RTCP' -H 192.0.2.6 -p 16384-21383 --passes 1 --expect-closed $few --state unproven-closed=ok $from ;;
	esac
done
from4 && row "100 answer" 2 "^RTP CRITICAL - 192\\.0\\.2\\.2: 100 of 16384 UDP ports answer \\(100 echo\\): $answering, .* undecided \\(coverage [0-9.]+%.*, more than half of the range is undecided" -H 192.0.2.2 $fast --prove 3 $from
from6 && row "100 answer, IPv6" 2 "^RTP CRITICAL - 2001:db8::2: 100 of 16384 UDP ports answer \\(100 echo\\): $answering, .* undecided \\(coverage [0-9.]+%" -H 2001:db8::2 $fast --prove 3 $from
from4 && row "what is proven of the others is true" 0 '^RTP OK' -H 192.0.2.2 --expect-open $echoes --expect-closed $shut --state unproven-closed=ok --passes 1 --prove 12 $from
cp "$rtp" "$work/check_rtp"
chmod 711 "$work"
from4
setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all --bounding-set=-all "$work/check_rtp" -H 192.0.2.2 $fast --prove 3 $from \
	>"$work/row without any privilege" 2>"$work/err without any privilege" </dev/null &
row_pid["without any privilege"]=$! row_rc["without any privilege"]=2 row_command["without any privilege"]=setpriv
row_re["without any privilege"]="100 of 16384 UDP ports answer \\(100 echo\\): $answering"
from4 && row "rejected by the host" 0 '^RTP OK - 192\.0\.2\.5: .*0 of 40 UDP ports answer RTCP, [0-9]+ proven closed, [0-9]+ rejected' -H 192.0.2.5 -p 17000-17039 --prove 10 $from
from6 && row "rejected by the host, IPv6" 0 '^RTP OK - 2001:db8::5: .*0 of 40 UDP ports answer RTCP, [0-9]+ proven closed, [0-9]+ rejected' -H 2001:db8::5 -p 17000-17039 --prove 10 $from
row "the dead address does not hide the other" 3 '^RTP UNKNOWN - 1 of 2 addresses unknown: six-dead\.test \(2001:db8::4\), UDP 16384-16483: no sign of the host' -H six-dead.test $dns -p 16384-16483 --prove 2
from4 && row "one family of a name" 0 '^RTP OK - six-dead\.test \(192\.0\.2\.7\): ' -H six-dead.test $dns -p 16384-16483 --prove 1 -4 $from

### no way there; the rows above go on meanwhile

check "no route" 3 '^RTP UNKNOWN - 198\.18\.1\.1, UDP 16384-32767: host or network unreachable: no route from this host$' "$rtp" -H 198.18.1.1
check "a route that is unreachable" 3 '^RTP UNKNOWN - 198\.18\.0\.1, UDP 16384-32767: host or network unreachable$' "$rtp" -H 198.18.0.1
check "a route that is prohibited" 3 '^RTP UNKNOWN - 198\.18\.0\.13: not checked: our own kernel refuses to send' "$rtp" -H 198.18.0.13
check "no route, IPv6" 3 '^RTP UNKNOWN - 2001:db8:5::1, UDP 16384-32767: host or network unreachable: no route from this host$' "$rtp" -H 2001:db8:5::1

### rate and number of packets, counted on the wire

# A window never holds more than the rate permits and a burst, however late we look.
before=$(packets)
row "1000 a second" 0 '^RTP OK - 203\.0\.113\.2: .*0 of 2000 UDP ports answer.* packets=(39|40)[0-9][0-9] ' -H 203.0.113.2 -p 20000-21999 --rate 1000 --prove 1 --source 203.0.113.1
: >"$work/samples"
while kill -0 "${row_pid[$row_name]}" 2>/dev/null; do
	echo "${EPOCHREALTIME/[.,]/} $(packets) ${EPOCHREALTIME/[.,]/}" >>"$work/samples"
	LC_ALL=C read -r -t 0.1 _ <>/dev/zero || :
done
look "1000 a second"
after=$(packets)
is "1000 a second: as many on the wire as in the output" grep -q " packets=$((after - before)) " "$work/out"
holds "1000 a second" 'packets <= 1000 * (time + 0.02)'
is "1000 a second: there was something to see" test "$(wc -l <"$work/samples")" -ge 8
is "1000 a second: in each part of the run" awk '
	{ for (i = 0; i < NR - 1; i++) if ($2 - count[i] > ($3 - since[i]) / 1000 + 50) bad = 1
	  since[NR - 1] = $1; count[NR - 1] = $2 } END { exit bad }' "$work/samples"
before=$(packets)
check "2000 a second unless asked otherwise" 0 'packets=4000 ' "$rtp" -H 203.0.113.2 -p 20000-23999 --passes 1 --prove 0
holds "2000 a second unless asked otherwise" 'time >= 1.98 && time <= 4'
is "2000 a second unless asked otherwise: on the wire" test "$(packets)" = "$((before + 4000))"
before=$(packets)
check "no more than --packets" 3 '^RTP UNKNOWN - 203\.0\.113\.2, UDP 20000-21999: .*incomplete: --packets is used up .* undecided=2000 .* packets=1000 ' "$rtp" -H 203.0.113.2 -p 20000-21999 $fast --packets 1000
is "no more than --packets: on the wire" test "$(packets)" = "$((before + 1000))"
before=$(packets)
check "two addresses share both" 3 'packets=1000 ' "$rtp" -H twice.test $dns -p 20000-21999 --rate 1000 --packets 1000
holds "two addresses share both" 'packets <= 1000 * (time + 0.05)'
is "two addresses share both: on the wire" test "$(packets)" = "$((before + 1000))"

### proofs that are carried from run to run

state=$work/state
from4 && check "state file: a first small run" 0 ' proven closed.* oldest_age=0s ' "$rtp" -H 192.0.2.7 $fast --passes 1 --prove 3 --state-file "$state" $from
closed=$(sed -n '1s/.* closed=\([0-9]*\) .*/\1/p' "$work/out")
coverage=$(sed -n '1s/.* coverage=\([0-9.]*\)%.*/\1/p' "$work/out")
holds "state file: a first small run" 'closed >= 5 && silent == 0'
from4 && check "state file: a second one" 0 ' proven closed' "$rtp" -H 192.0.2.7 $fast --passes 1 --prove 6 --state-file "$state" $from -v
holds "state file: a second one goes on" "closed >= $closed + 5 && silent == 0 && coverage >= $coverage"
also "state file: a second one says so" "^$closed proofs of earlier runs count, the oldest is of [0-9]+ s ago"
cp "$state" "$work/kept"
check "state file: of another address" 3 'belongs to 192\.0\.2\.7, another address' "$rtp" -H 192.0.2.2 --state-file "$state"
check "state file: of an address for a name with two" 3 'belongs to one address' "$rtp" -H both.test $dns --state-file "$state"
is "state file: refused and untouched" cmp "$state" "$work/kept"
now=$EPOCHSECONDS
oldest='20003|20011|20017|20024|20038'
{
	printf 'monitoring-plugins-voip sweep 1\ntarget 192.0.2.7\n'
	for port in {20000..20039}; do
		[[ $port =~ ^($oldest)$ ]] && age=50000 || age=$((1000 + port % 7))
		echo "$port closed $((now - age))"
	done
	echo 'end 40'
} >"$state"
from4 && check "state file: the oldest first" 0 '^RTP OK - 192\.0\.2\.7: 0 of 40 UDP ports answer RTCP, 40 proven closed \(coverage 100%\)' "$rtp" -H 192.0.2.7 -p 20000-20039 --passes 1 --prove 8 --state-file "$state" $from
holds "state file: the oldest are proven again" 'oldest_age >= 900 && oldest_age < 2000'
again=$(awk -v now="$now" '$2 == "closed" && $3 >= now { n++ } END { print n + 0 }' "$state")
is "state file: the rest as before" test "$again" -ge 5 -a "$again" -le 30

### what came of the rows

look "15,000 swallowed, 3 closed"
holds "15,000 swallowed, 3 closed" 'silent >= 14900 && closed == 3 && answering == 0 && rejected == 0 && time <= 16'
also "15,000 swallowed, 3 closed: canaries" '^canaries: [0-9]+ sent, [0-9]+ refused$'
look "15,000 swallowed, 10 closed"
holds "15,000 swallowed, 10 closed" 'silent >= 14900 && silent <= 15000 && closed == 10 && answering == 0 && rejected == 0 && time <= 32'
look "15,000 swallowed, no closed port among them"
holds "15,000 swallowed, no closed port among them" 'time <= 16'
look "15,000 swallowed, 3 closed, IPv6"
holds "15,000 swallowed, 3 closed, IPv6" 'silent >= 14900 && closed == 3 && answering == 0 && time <= 16'
look "all swallowed"
holds "all swallowed" 'open == 0 && closed == 0 && rejected == 0 && open_max == 16384 && time <= 15'
look "all swallowed, IPv6"
look "no such host"
holds "no such host" 'open == 0 && closed == 0 && rejected == 0 && time <= 10.1'
look "no such host, few ports"
holds "no such host, few ports: within the time that a kernel needs" 'time <= 8'
look "no such host, IPv6"
look "the errors go to somebody else"
holds "the errors go to somebody else: closed is never proven silent" 'silent == 0 && closed <= 60'
for i in 1 2; do
	look "$i of the errors a second goes to somebody else"
	holds "$i of the errors a second goes to somebody else" 'closed >= 1 && closed <= 10 && silent <= 4990'
	never "$i of the errors a second goes to somebody else: closed is never proven silent" 'must be closed (is|are) silent'
done
for name in "100 answer" "100 answer, IPv6" "without any privilege"; do
	look "$name"
	also "$name: which" "^exposed: $echoes\$"
	holds "$name: nothing is invented" 'closed >= 5 && closed <= 100 && silent <= 3 && rejected == 0 && undecided == 16284 - closed - silent'
	holds "$name: the bound holds" 'open_max >= 200 && coverage >= 0.6 && coverage < 2'
	holds "$name: in time" 'time <= 7 && packets <= 33000'
done
look "what is proven of the others is true"
holds "what is proven of the others is true" 'open_max >= 200 && closed >= 10 && rejected == 0'
never "what is proven of the others is true: closed is never proven silent" 'must be closed (is|are) silent'
look "rejected by the host"
also "rejected by the host: which error, and who sent it" '^rejected: [0-9]+ errors, ICMP 3/13 from 192\.0\.2\.5, the first for port 170[01][0-9]$'
holds "rejected by the host" 'rejected >= 2 && rejected <= 20 && closed >= 2 && closed <= 20 && rejected + closed >= 10 && silent == 0'
look "rejected by the host, IPv6"
also "rejected by the host, IPv6: which error, and who sent it" '^rejected: [0-9]+ errors, ICMP 1/1 from 2001:db8::5, the first for port 170[01][0-9]$'
holds "rejected by the host, IPv6" 'rejected >= 2 && rejected <= 20 && closed >= 2 && closed <= 20 && rejected + closed >= 10 && silent == 0'
check "both addresses of a name" 2 '^RTP CRITICAL - 2 of 2 addresses critical: both\.test \(2001:db8::2\): 43 of 4000 UDP ports answer' "$rtp" -H both.test $dns -p 16384-20383 $fast --prove 1
for address in 2001:db8::2 192\\.0\\.2\\.2; do
	also "both addresses of a name: $address" "^\\[CRITICAL\\] both\\.test \\($address\\): 43 of 4000 UDP ports answer \\(43 echo\\): 16384,17000-17039,20001,20003"
done
look "the dead address does not hide the other"
also "the dead address does not hide the other: the other" '^\[OK\] six-dead\.test \(192\.0\.2\.7\): .*0 of 100 UDP ports answer'
look "one family of a name"
never "one family of a name: not the other" '2001:db8'

### a host without limits: everything is decided

limit ipv4/icmp_ratelimit 0
limit ipv4/icmp_ratemask 0
limit ipv4/icmp_msgs_per_sec 1000000
limit ipv4/icmp_msgs_burst 1000000
limit ipv6/icmp/ratelimit 0
for address in 192.0.2.2 2001:db8::2; do
	check "no limit, $address: everything is decided" 0 "100 of 16384 UDP ports answer \\(100 echo\\): $answering, 100 proven silent, 16184 proven closed \\(coverage 100%\\)" "$rtp" -H $address $fast --expect-open $echoes,$quiet --expect-closed $shut
	holds "no limit, $address" 'time <= 8'
done
check "no limit: swallowed and closed" 0 ': 0 of 16384 UDP ports answer RTCP, 15000 proven silent, 1384 proven closed \(coverage 100%\)' "$rtp" -H 192.0.2.3 $fast
check "no limit: rejected and closed" 0 ': 0 of 16384 UDP ports answer RTCP, 16364 proven closed, 20 rejected, ICMP 3/13 from 192\.0\.2\.5 \(coverage 100%\)' "$rtp" -H 192.0.2.5 $fast
also "no limit: who rejects" '^rejected: 20 errors, ICMP 3/13 from 192\.0\.2\.5, the first for port 170[01][0-9]$'
check "each ICMP error" 0 ': 0 of 8 UDP ports answer RTCP, 2 proven closed, 6 rejected, .*\(coverage 100%\)' "$rtp" -H 192.0.2.5 -p 4000-4007
while read -r port _ icmp; do also "each ICMP error: $icmp" "^rejected: 1 error, ICMP $icmp from 192\\.0\\.2\\.5, for port $port\$"; done <<<"$rejects4"
check "each ICMPv6 error" 0 ': 0 of 7 UDP ports answer RTCP, 2 proven closed, 5 rejected, .*\(coverage 100%\)' "$rtp" -H 2001:db8::5 -p 4000-4006
while read -r port _ icmp; do also "each ICMPv6 error: $icmp" "^rejected: 1 error, ICMP $icmp from 2001:db8::5, for port $port\$"; done <<<"$rejects6"
check "refused by a router is not closed" 0 '^RTP OK - 198\.51\.100\.130: 0 of 40 UDP ports answer RTCP, 40 rejected' "$rtp" -H 198.51.100.130 -p 5000-5039
also "refused by a router: in the name of the port" '^rejected: 20 errors, ICMP 3/3 from 192\.0\.2\.2, the first for port 50[01][0-9]$'
also "refused by a router: prohibited" '^rejected: 20 errors, ICMP 3/13 from 192\.0\.2\.2, the first for port 50[23][0-9]$'
# a limit of the routes, not of ICMP
check "prohibited by a router" 0 ' 0 of 40 UDP ports answer RTCP, [0-9]+ rejected, .*[0-9]+ undecided' "$rtp" -H 198.51.100.13 -p 5000-5039 --prove 1
also "prohibited by a router: which error, and who sent it" '^rejected: [0-9]+ errors, ICMP 3/13 from 192\.0\.2\.2, the first for port 50[0-3][0-9]$'
holds "prohibited by a router" 'rejected >= 5 && closed == 0 && silent == 0'
check "a router says unreachable" 3 '^RTP UNKNOWN - 198\.51\.100\.1, UDP 5000-5039: host or network unreachable, ICMP 3/1 from 192\.0\.2\.2 .* undecided=40 ' "$rtp" -H 198.51.100.1 -p 5000-5039 --prove 1
check "a router knows no way" 3 '^RTP UNKNOWN - 198\.51\.100\.7, UDP 5000-5039: host or network unreachable, ICMP 3/0 from 192\.0\.2\.2 .* undecided=40 ' "$rtp" -H 198.51.100.7 -p 5000-5039 --prove 1
check "a router says unreachable, IPv6" 3 '^RTP UNKNOWN - 2001:db8:1::1, UDP 5000-5039: host or network unreachable, ICMP 1/[03] from 2001:db8::' "$rtp" -H 2001:db8:1::1 -p 5000-5039 --prove 1
check "a router swallows" 3 '^RTP UNKNOWN - 198\.51\.100\.99, UDP 5000-5039: no sign of the host' "$rtp" -H 198.51.100.99 -p 5000-5039 --prove 2
done_testing
