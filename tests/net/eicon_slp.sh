#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# check_eicon_slp across a network: a monitor and a target in namespaces of their own. The target runs
# agents, refuses, rejects with each ICMP error, swallows, loses datagrams, answers from elsewhere, and
# counts what arrives.
. "${srcdir:-.}/tests/hosts.sh"
need iptables ip6tables dnsmasq
slp=$PLUGINS/check_eicon_slp

plugin=$slp
own=--i-own-this-host
# listen ARGS...: voip_sim on the target; its facts go to $work/facts, what it hears to $work/sim.log.
listen() {
	exec {sim_fd}< <(exec nsenter -t "$target" -n ./tests/sim/voip_sim --dir "$work/sim" "$@" 2>>"$work/sim.log")
	peers="$peers $!"
	until read -r -u "$sim_fd" fact && [ "$fact" = ready ]; do
		[ -n "$fact" ] || { echo "Bail out! voip_sim does not start"; exit 1; }
		echo "$fact" >>"$work/facts"
	done
}
# port ROW: where the agents of 192.0.2.2 have it.
port() { sed -n "s/^$1=192\\.0\\.2\\.2://p" "$work/facts"; }

# line STATE TEXT: the last run has a line with this state and these words.
line() { also "$1 $2" "^ *\\[$1\\] $2"; }
# metric NAME CONDITION: of awk, with the metrics of the last run as its variables.
metric() {
	facts=$(sed -n '1s/.*| //p' "$work/out" | tr ' ' '\n' | sed -n 's/^\([a-z_]*\)=\([0-9.]*\).*/-v \1=\2/p')
	if [ -n "$facts" ] && awk $facts "BEGIN { exit !($2) }"; then ok "$1: $2"; else not_ok "$1: $2" "$(cat "$work/out")"; fi
}

v4() { on_target iptables -w -A "$@"; }
v6() { on_target ip6tables -w -A "$@"; }
v4 INPUT -m addrtype --dst-type BROADCAST 2>/dev/null && v6 INPUT -p udp 2>/dev/null || skip_all "iptables does not work here"
# tally NAME MATCH...: counts datagrams that arrive at the target; tally6 those of IPv6.
tally() { on_target iptables -w -t mangle -A PREROUTING "${@:2}" -m comment --comment "$1"; }
tally6() { on_target ip6tables -w -t mangle -A PREROUTING "${@:2}" -m comment --comment "$1"; }
tallied() {
	on_target sh -c 'iptables -w -t mangle -nvxL PREROUTING; ip6tables -w -t mangle -nvxL PREROUTING' |
		awk -v name="/* $1 */" 'index($0, name) { n += $1 } END { print n + 0 }'
}
# counted NAME OP NUMBER
counted() {
	counted_n=$(tallied "$1")
	if [ "$counted_n" "$2" "$3" ]; then ok "$1: $counted_n datagrams"; else not_ok "$1: $counted_n datagrams, wanted $2 $3"; fi
}
# lose N MATCH...: the first N of them do not come through.
lose() {
	for ((lose_i = 0; lose_i < $1; lose_i++)); do
		v4 "${@:2}" -m statistic --mode nth --every 1000000 --packet 0 -j DROP
	done
}
# hears PID PORT [6]: when that listener has its port.
hears() {
	until grep -Eqs " [0-9A-F]+:$(printf %04X "$2") " "/proc/net/udp${3:-}" || ! kill -0 "$1" 2>/dev/null; do
		LC_ALL=C read -r -t 0.01 _ <>/dev/zero || :
	done
}

ip addr add 192.0.2.1/24 dev monitor
# link-local addresses at once, without a search for others that have them
link=fe80::2 ours=fe80::1
ip link set monitor addrgenmode none
on_target ip link set target addrgenmode none
ip -6 addr flush dev monitor
on_target ip -6 addr flush dev target
ip -6 addr add $ours/64 dev monitor nodad
on_target ip -6 addr add $link/64 dev target nodad
ip -6 addr add 2001:db8::1/64 dev monitor nodad
# its errors for others come from the first IPv4 and the last IPv6 address
for i in {2..16}; do on_target ip addr add 192.0.2.$i/24 dev target; done
for i in 9 8 7 6 5 4 3 2; do on_target ip -6 addr add 2001:db8::$i/64 dev target nodad; done
for i in {21..23}; do on_target ip addr add 192.0.2.$i/24 dev target; done
for i in {41..49}; do ip addr add 192.0.2.$i/24 dev monitor; done
for i in {101..110}; do ip addr add 192.0.2.$i/24 dev monitor; done
limit ipv4/icmp_ratelimit 0
limit ipv6/icmp/ratelimit 0
limit ipv4/icmp_msgs_per_sec 100000
limit ipv4/icmp_msgs_burst 100000
# our own kernel's errors, for hosts that are not there
echo 1 >/proc/sys/net/ipv4/neigh/monitor/mcast_solicit
echo 300 >/proc/sys/net/ipv4/neigh/monitor/retrans_time_ms

# .2 to .5, ::2 and ::3: agents; a rule per port, and what differs from address to address
listen --address 192.0.2.2 --address 192.0.2.3 --address 192.0.2.4 --address 192.0.2.5 \
	--address 2001:db8::2 --address 2001:db8::3 --slp --trace
# Columns: port, reject with, outcome words, states under slp / closed, words from a router.
rejects4='4000 icmp-net-unreachable host_or_network_unreachable,_ICMP_3/0 CU
4001 icmp-host-unreachable host_or_network_unreachable,_ICMP_3/1 CU
4002 icmp-proto-unreachable host_or_network_unreachable,_ICMP_3/2 CU
4003 icmp-port-unreachable (port_closed|connection_refused),_ICMP_3/3 CO prohibited_by_a_firewall,_ICMP_3/3
4004 icmp-net-prohibited prohibited_by_a_firewall,_ICMP_3/9 CO
4005 icmp-host-prohibited prohibited_by_a_firewall,_ICMP_3/10 CO
4006 icmp-admin-prohibited prohibited_by_a_firewall,_ICMP_3/13 CO'
rejects6='4000 icmp6-no-route host_or_network_unreachable,_ICMP_1/0 CU
4001 icmp6-adm-prohibited prohibited_by_a_firewall,_ICMP_1/1 CO
4002 icmp6-addr-unreachable host_or_network_unreachable,_ICMP_1/3 CU
4003 icmp6-port-unreachable (port_closed|connection_refused),_ICMP_1/4 CO prohibited_by_a_firewall,_ICMP_1/4
4004 icmp6-policy-fail prohibited_by_a_firewall,_ICMP_1/5 CO
4005 icmp6-reject-route prohibited_by_a_firewall,_ICMP_1/6 CO'
for chain in "INPUT" "FORWARD"; do
	for transport in tcp udp; do
		while read -r port with _; do v4 $chain -p $transport --dport "$port" -j REJECT --reject-with "$with"; done <<<"$rejects4"
		while read -r port with _; do v6 $chain -p $transport --dport "$port" -j REJECT --reject-with "$with"; done <<<"$rejects6"
		v4 $chain -p $transport --dport 4010 -j DROP
		v6 $chain -p $transport --dport 4010 -j DROP
	done
	v4 $chain -p tcp --dport 4009 -j REJECT --reject-with tcp-reset
	v6 $chain -p tcp --dport 4009 -j REJECT --reject-with tcp-reset
done
# behind the target: a network that it forwards to
on_target ip link add inside type veth peer name deeper
on_target ip addr add 198.51.100.129/25 dev inside
on_target ip -6 addr add 2001:db8:1::129/64 dev inside nodad
on_target ip link set inside up
on_target ip link set deeper up
limit ipv4/ip_forward 1
limit ipv6/conf/all/forwarding 1
ip route add 198.51.100.0/24 via 192.0.2.2
ip -6 route add 2001:db8:1::/48 via 2001:db8::2
on_target ip route add prohibit 198.51.100.13
on_target ip route add unreachable 198.51.100.1
on_target ip route add blackhole 198.51.100.99
# and ways that the monitor itself does not go
ip route add prohibit 203.0.113.13
ip route add unreachable 203.0.113.11
ip route add 203.0.113.0/28 via 192.0.2.2
iptables -w -A OUTPUT -d 203.0.113.5 -j DROP
iptables -w -A OUTPUT -d 203.0.113.6 -j REJECT
iptables -w -A OUTPUT -d 203.0.113.7 -j REJECT --reject-with icmp-admin-prohibited
iptables -w -A OUTPUT -d 192.0.2.4 -p udp -s 192.0.2.41 -j REJECT
iptables -w -t mangle -A OUTPUT -d 198.51.100.165 -j TTL --ttl-set 1
# UDP and TCP to 1440, one each: answers, refuses, is swallowed
v4 INPUT -d 192.0.2.3 -p udp --dport 1440 -j DROP
v4 INPUT -d 192.0.2.4 -p udp --dport 1440 -j REJECT
v4 INPUT -d 192.0.2.5 -p tcp --dport 1440 -j DROP
v4 INPUT -d 192.0.2.6 -j DROP
v4 INPUT -d 192.0.2.8 -p tcp -j DROP
v4 INPUT -d 192.0.2.9 -p udp -j DROP
v4 INPUT -d 192.0.2.10 -p udp -j REJECT --reject-with icmp-admin-prohibited
v4 INPUT -d 192.0.2.11 -p udp -j REJECT --reject-with icmp-host-unreachable
v6 INPUT -d 2001:db8::3 -p udp --dport 1440 -j DROP
v6 INPUT -d 2001:db8::6 -j DROP
# connections that are taken, but get no further
hole=$(port slp_split) reset=$(port slp_late) stop=$(port slp_slow) big_tcp=$(port slp_overflow)
v4 INPUT -p tcp --dport "$hole" --tcp-flags PSH PSH -j DROP
v4 INPUT -p tcp --dport "$reset" --tcp-flags PSH PSH -j REJECT --reject-with tcp-reset
v4 INPUT -p tcp --dport "$stop" --tcp-flags PSH PSH -j REJECT --reject-with icmp-admin-prohibited
v4 OUTPUT -s 192.0.2.3 -p tcp --sport "$big_tcp" -m length --length 1000:65535 -j DROP
v4 INPUT -d 192.0.2.4 -p tcp --dport "$big_tcp" -j DROP
# lost: requests of version 2 for types but the third one; replies; a SYN
lost=$(port slp) late=$(port slp_both) syn=$(port slp_tcp)
v4 INPUT -s 192.0.2.42 -p udp --dport "$lost" -m string --algo bm --from 28 --to 32 --hex-string '|0201|' -j DROP
lose 2 INPUT -s 192.0.2.42 -p udp --dport "$lost"
lose 2 OUTPUT -d 192.0.2.43 -p udp --sport "$late"
lose 1 INPUT -p tcp --dport "$syn" --syn
# answers from another address: the firewall of the target has it so
elsewhere=$(port slp_da)
on_target iptables -w -t raw -A PREROUTING -d 192.0.2.2 -p udp --dport "$elsewhere" -j NOTRACK
on_target iptables -w -t nat -A POSTROUTING -s 192.0.2.2 -p udp --sport "$elsewhere" -j SNAT --to-source 192.0.2.3
# 0.0.0.0 and ::, port 1443: hears broadcasts, and has a reply of 60,000 bytes
mkdir "$work/replay"
types=$(printf 'service:big%04d,' {1..3750})
printf '\x02\x09\x00\x00\x1d\x00\x00\x00\x00\x00\x00\x00\x00\x02en\x00\x00\xff\xff\x00\x07DEFAULT' >"$work/replay/big-req.bin"
printf '\x02\x0a\x00\xea\x73\x00\x00\x00\x00\x00\x00\x00\x00\x02en\x00\x00\xea\x5f%s' "${types%,}" >"$work/replay/big-rep.bin"
listen --address 0.0.0.0 --address :: --slp-port 1443 --slp-replay "$work/replay"
big=$(sed -n 's/^slp_replay=0\.0\.0\.0://p' "$work/facts") big6=$(sed -n 's/^slp_replay6=\[::\]://p' "$work/facts")
iptables -w -t raw -A PREROUTING -s 192.0.2.12 -f -j DROP
ip6tables -w -t raw -A PREROUTING -s 2001:db8::7 -m frag --fragid 0:4294967295 --fraglast -j DROP
# a thousand hosts that do not answer, behind the target
ip route add 198.18.0.0/16 via 192.0.2.2
on_target ip route add blackhole 198.18.0.0/16
tally "a thousand silent hosts, UDP" -d 198.18.0.0/22 -p udp
tally "a thousand silent hosts, TCP" -d 198.18.0.0/22 -p tcp
tally "held back by --rate" -d 198.18.4.0/22 -p udp
tally "nothing to groups unless told so" -p udp -m pkttype --pkt-type broadcast
tally "nothing to groups unless told so" -p udp -m pkttype --pkt-type multicast
tally "nothing to groups unless told so" -d 255.255.255.255
tally "nothing to groups unless told so" -d 192.0.2.255
tally6 "nothing to groups unless told so" -p udp -d ff00::/8
for i in {0..999}; do echo 198.18.$((i / 250)).$((i % 250 + 1)); done >"$work/thousand"
printf '%s\n' 198.18.4.{1..250} >"$work/held"

### what each answer of the network is worth

policies=(slp closed)
declare -A state_of=([O]=OK [W]=WARNING [C]=CRITICAL [U]=UNKNOWN)
hosts4=(192.0.2.2 198.51.100.130) hosts6=('[2001:db8::2]' '[2001:db8:1::130]')
for port in 4000 4001 4002 4003 4004 4005 4006 4009 4010; do
	printf '%s\n' "${hosts4[@]/%/:$port}" >>"$work/list4"
	printf '%s\n' "${hosts6[@]/%/:$port}" >>"$work/list6"
done
printf '%s\n' 192.0.2.2:4011 192.0.2.2:1440 >>"$work/list4"
printf '%s\n' '[2001:db8::2]:4011' '[2001:db8::2]:1440' >>"$work/list6"
for policy in "${policies[@]}"; do
	for transport in udp tcp; do
		for family in 4 6; do
			row "IPv$family, $transport, $policy wanted" 2 '[0-9]+ of 20 targets critical' --targets "$work/list$family" $own -T $transport --show 40 -t 4 --expect "$policy"
		done
	done
done
declare -A code_of=([O]=0 [W]=1 [C]=2 [U]=3)
mixed_names=()
# mixed NAME ADDRESS "STATES" ERE OPTIONS...: both transports, under slp and closed.
mixed() {
	for policy in 0 1; do
		mixed_names+=("$1, ${policies[policy]} wanted")
		row "${mixed_names[-1]}" "${code_of[${3:policy:1}]}" "^EICON_SLP ${state_of[${3:policy:1}]} - $4" -H "$2" -t 7 --expect "${policies[policy]}" "${@:5}" ${source:+--source 192.0.2.$source}
		source=${source:+$((source + 1))}
	done
}
source=
agent='SLPv2 service agent, 3 types \(service:diva\.eicon:capi, .*, scope DEFAULT, in '
silent='no reply to 15 datagrams within 3(\.[0-9]+)? s'
mixed "UDP and TCP answer" 192.0.2.2 OC "192\\.0\\.2\\.2:1440/udp eicon-slp: $agent"
mixed "UDP and TCP answer, IPv6" 2001:db8::2 OC "\\[2001:db8::2\\]:1440/udp eicon-slp: $agent"
mixed "UDP swallowed, TCP answers" 192.0.2.3 OC "192\\.0\\.2\\.3:1440/tcp eicon-slp: $agent"
mixed "UDP swallowed, TCP answers, IPv6" 2001:db8::3 OC "\\[2001:db8::3\\]:1440/tcp eicon-slp: $agent"
mixed "UDP refused, TCP answers" 192.0.2.4 OC "192\\.0\\.2\\.4:1440/tcp eicon-slp: $agent"
mixed "UDP answers, TCP does not" 192.0.2.5 OC "192\\.0\\.2\\.5:1440/udp eicon-slp: $agent"
mixed "UDP answers, TCP does not, all asked" 192.0.2.5 OC "192\\.0\\.2\\.5:1440/udp eicon-slp: $agent" --all-probes
mixed "all swallowed" 192.0.2.6 CO "192\\.0\\.2\\.6:1440/udp eicon-slp: $silent.*no answer to the TCP connect"
mixed "all swallowed, IPv6" 2001:db8::6 CO "\\[2001:db8::6\\]:1440/udp eicon-slp: $silent.*no answer to the TCP connect"
mixed "nothing listens" 192.0.2.7 CO '192\.0\.2\.7:1440/udp eicon-slp: port closed, ICMP 3/3 from 192\.0\.2\.7, tcp: connection refused'
mixed "nothing listens, IPv6" 2001:db8::5 CO '\[2001:db8::5\]:1440/udp eicon-slp: port closed, ICMP 1/4 from 2001:db8::5, tcp: connection refused'
mixed "UDP refused, TCP swallowed" 192.0.2.8 CO '192\.0\.2\.8:1440/tcp eicon-slp: no answer to the TCP connect within .*, udp: port closed, ICMP 3/3 from 192\.0\.2\.8'
mixed "UDP swallowed, TCP refused" 192.0.2.9 CO "192\\.0\\.2\\.9:1440/udp eicon-slp: $silent, tcp: connection refused"
mixed "UDP prohibited, TCP refused" 192.0.2.10 CO '192\.0\.2\.10:1440/udp eicon-slp: prohibited by a firewall, ICMP 3/13 from 192\.0\.2\.10, tcp: connection refused'
mixed "UDP unreachable, TCP refused" 192.0.2.11 CU '192\.0\.2\.11:1440/(tcp eicon-slp: connection refused, udp: host or network unreachable, ICMP 3/1 from 192\.0\.2\.11|udp eicon-slp: host or network unreachable, ICMP 3/1 from 192\.0\.2\.11, tcp: connection refused)'
mixed "TCP connects, but no more" 192.0.2.2 CW "192\\.0\\.2\\.2:$hole/tcp: accepts the connection, but does not reply" -p "$hole" $own -T tcp
mixed "TCP connects, and is reset by a firewall" 192.0.2.2 CW "192\\.0\\.2\\.2:$reset/tcp: accepts, but closes the connection without a reply" -p "$reset" $own -T tcp
mixed "TCP connects, and is prohibited then" 192.0.2.2 CW "192\\.0\\.2\\.2:$stop/tcp: accepts" -p "$stop" $own -T tcp
mixed "a long reply" 192.0.2.2 OC "192\\.0\\.2\\.2:$big_tcp/tcp: SLPv2" -p "$big_tcp" $own --query types
mixed "a long reply, TCP loses it" 192.0.2.3 WC "192\\.0\\.2\\.3:$big_tcp/udp: an SLP reply that is cut" -p "$big_tcp" $own --query types
mixed "a long reply, no TCP" 192.0.2.4 WC "192\\.0\\.2\\.4:$big_tcp/udp: an SLP reply that is cut" -p "$big_tcp" $own --query types
mixed "no time for TCP" 192.0.2.3 CU '192\.0\.2\.3:1440/.*no reply to 1[0-9] datagrams within (2|1\.[5-9][0-9]*) s' -t 2
# our own kernel does not send it: nothing is known of the port
kernel='our own kernel refuses to send'
mixed "our own firewall drops" 203.0.113.5 UU "203\\.0\\.113\\.5:1440/udp eicon-slp: not checked: $kernel"
mixed "our own firewall rejects" 203.0.113.6 UU '203\.0\.113\.6:1440/'
mixed "our own firewall rejects TCP" 203.0.113.6 UU '203\.0\.113\.6:1440/tcp' -T tcp
mixed "our own firewall prohibits" 203.0.113.7 UU '203\.0\.113\.7:1440/'
mixed "our own firewall rejects UDP, TCP answers" 192.0.2.4 OC "192\\.0\\.2\\.4:1440/tcp eicon-slp: $agent" --source 192.0.2.41
mixed "a route of our own prohibits" 203.0.113.13 UU "203\\.0\\.113\\.13:1440/udp eicon-slp: not checked: $kernel"
mixed "no source address of ours" 192.0.2.2 UU '192\.0\.2\.2:1440/udp eicon-slp: not checked: .*Cannot assign requested address' --source 192.0.2.200
mixed "a broadcast address as target" 192.0.2.255 UU "192\\.0\\.2\\.255:1440/udp eicon-slp: not checked: $kernel"
mixed "a broadcast address as target, our source given" 192.0.2.255 UU "192\\.0\\.2\\.255:1440/udp eicon-slp: not checked: $kernel" --source 192.0.2.47
mixed "a group as target" 233.252.0.1 UU 'option --hostname: "233\.252\.0\.1" is a multicast address'
mixed "no route of ours" 198.19.0.1 CU '198\.19\.0\.1:1440/udp eicon-slp: host or network unreachable: no route from this host'
mixed "no route of ours, IPv6" 2001:db8:5::1 CU '\[2001:db8:5::1\]:1440/udp eicon-slp: host or network unreachable: no route from this host'
mixed "an unreachable route of ours" 203.0.113.11 CU '203\.0\.113\.11:1440/udp eicon-slp: host or network unreachable'
# routers limit their errors by the address that gets them, so each run has its own
source=101
mixed "no route of the router" 198.51.100.7 CU '198\.51\.100\.7:1440/udp eicon-slp: host or network unreachable, ICMP 3/0 from 192\.0\.2\.2'
mixed "a route that the router prohibits" 198.51.100.13 CO '198\.51\.100\.13:1440/udp eicon-slp: prohibited by a firewall, ICMP 3/13 from 192\.0\.2\.2'
mixed "a route that the router has not" 198.51.100.1 CU '198\.51\.100\.1:1440/udp eicon-slp: host or network unreachable, ICMP 3/1 from 192\.0\.2\.2'
mixed "a route that swallows" 198.51.100.99 CO "198\\.51\\.100\\.99:1440/udp eicon-slp: $silent"
mixed "too many hops" 198.51.100.165 CU '198\.51\.100\.165:1440/udp eicon-slp: host or network unreachable, ICMP 11/0 from 192\.0\.2\.2'
source=
mixed "no such host" 192.0.2.99 CU '192\.0\.2\.99:1440/udp eicon-slp: host or network unreachable, ICMP 3/1 from 192\.0\.2\.1 \(this host\)'
# a link-local address is that of an interface
row "a link-local address" 0 "\\[$link%[0-9a-z]+\\]:1443/udp\\): $agent" -H "[$link%monitor]:1443" $own
row "a link-local address, its interface is that of the source" 0 "\\[$link(%[0-9a-z]+)?\\]:1443( \\(\\[$link%[0-9a-z]+\\]:1443)?/udp\\)?: $agent" -H "[$link]:1443" $own --source "$ours%monitor"
row "a link-local address without its interface" 3 'a link-local address needs its interface' -H "[$link]:1443" $own
# lost datagrams
row "two lost requests" 0 "192\\.0\\.2\\.2:$lost/udp: SLPv2, 3 types .*, in 1\\.[2-6][0-9]* s " -H 192.0.2.2 -p "$lost" $own -T udp --proto v2 --query types --source 192.0.2.42 -v
row "two lost replies" 0 "192\\.0\\.2\\.2:$late/udp: SLPv2.* 3 types .*, in [5-8][0-9.]+ ms " -H 192.0.2.2 -p "$late" $own -T udp --query types --source 192.0.2.43 -v
row "a lost SYN" 0 "192\\.0\\.2\\.2:$syn/tcp: $agent" -H 192.0.2.2 -p "$syn" $own -T tcp
# answers from elsewhere
other=$(port slp_other_address)
mixed "another address answers" 192.0.2.2 CW "192\\.0\\.2\\.2:$other/udp: no reply from this address, [0-9]+ unsolicited datagrams, the first from 192\\.0\\.2\\.3:$other" -p "$other" $own -T udp
mixed "another address answers, IPv6" 2001:db8::2 CW "\\[2001:db8::2\\]:$other/udp: no reply from this address, [0-9]+ unsolicited datagrams, the first from \\[2001:db8::3\\]:$other" -p "$other" $own -T udp
mixed "translated to another address" 192.0.2.2 CW "192\\.0\\.2\\.2:$elsewhere/udp: no reply from this address, [0-9]+ unsolicited datagrams, the first from 192\\.0\\.2\\.3:[0-9]+" -p "$elsewhere" $own -T udp
mixed "translated to another address, but TCP" 192.0.2.2 OC "192\\.0\\.2\\.2:$elsewhere/tcp: SLPv2 service .*unsolicited datagrams, the first from 192\\.0\\.2\\.3:[0-9]+" -p "$elsewhere" $own
row "translated to another address that is asked too" 2 '1 of 2 targets critical.*: 192\.0\.2\.2:.*/udp: no reply from this address, [0-9]+ unsolicited' -H 192.0.2.2 -H 192.0.2.3 -p "$elsewhere" $own -T udp
# fragments
row "a reply of 60,000 bytes" 0 "192\\.0\\.2\\.2:$big/udp: SLPv2, 3750 types " -H 192.0.2.2 -p "$big" $own -T udp --query types
row "a reply of 60,000 bytes, IPv6" 0 "\\[2001:db8::2\\]:$big6/udp: SLPv2, 3750 types " -H 2001:db8::2 -p "$big6" $own -T udp --query types
mixed "fragments are swallowed" 192.0.2.12 CO "192\\.0\\.2\\.12:$big/udp: $silent" -p "$big" $own -T udp --query types
mixed "fragments are swallowed, IPv6" 2001:db8::7 CO "\\[2001:db8::7\\]:$big6/udp: $silent" -p "$big6" $own -T udp --query types
mixed "fragments are swallowed, TCP brings it" 192.0.2.12 OC "192\\.0\\.2\\.12:$big/tcp: SLPv2, 3750 types " -p "$big" $own --query types
row "31 KiB behind each message" 1 'bytes behind the message' -H 192.0.2.2 -p "$(port slp_trailing)" $own -T udp
row "held back by --rate" 2 '[0-9]+ of 250 targets critical' --targets "$work/held" --rate 50 -t 2 --show 250 -T udp
started=$EPOCHREALTIME
check "a thousand silent hosts" 2 '1000 of 1000 targets critical' "$slp" --targets "$work/thousand" -t 5 --show 1000
took=$((${EPOCHREALTIME//[!0-9]/} - ${started//[!0-9]/}))
is "a thousand silent hosts: $((took / 1000)) ms" test "$took" -lt 7500000
is "a thousand silent hosts: one line each" test "$(grep -cE '^\[CRITICAL\] 198\.18\.[0-3]\.[0-9]+:1440/udp eicon-slp: no reply to 1[0-5] datagrams' "$work/out")" = 1000
counted "a thousand silent hosts, UDP" -le 15000
counted "a thousand silent hosts, UDP" -ge 10000
counted "a thousand silent hosts, TCP" -le 3000

# rejects RESULT REJECTS HOST-ERE ROUTER-ERE OFFENDER-ERE CLOSED-ICMP: the lines of both policies
rejects() {
	for policy in 0 1; do
		for transport in udp tcp; do
			look "$1, $transport, ${policies[policy]} wanted"
			while read -r port _ words states routed; do
				line "${state_of[${states:policy:1}]}" "$3:$port/$transport: ${words//_/ } from $5\$"
				words=${routed:-$words}
				line "${state_of[${states:policy:1}]}" "$4:$port/$transport: ${words//_/ } from $5\$"
			done <<<"$2"
			closed=(CRITICAL OK) answers=(OK CRITICAL)
			line "${answers[policy]}" "$3:1440/$transport eicon-slp: $agent"
			if [ $transport = tcp ]; then
				for refused in "$3:4009" "$3:4011" "$4:4009"; do line "${closed[policy]}" "$refused/tcp: connection refused\$"; done
				for dropped in "$3" "$4"; do line "${closed[policy]}" "$dropped:4010/tcp: no answer to the TCP connect within (4|3\\.[5-9][0-9]*) s"; done
			else
				line "${closed[policy]}" "$3:4011/udp: port closed, ICMP $6 from $5\$"
				for dropped in "$3" "$4"; do line "${closed[policy]}" "$dropped:4010/udp: $silent"; done
			fi
		done
	done
}
rejects IPv4 "$rejects4" '192\.0\.2\.2' '198\.51\.100\.130' '192\.0\.2\.2' 3/3
rejects IPv6 "$rejects6" '\[2001:db8::2\]' '\[2001:db8:1::130\]' '2001:db8::2' 1/4
for name in "${mixed_names[@]}"; do
	look "$name"
	case $name in
	*"swallowed, closed wanted" | *"swallows, closed wanted") also "$name: says that silence proves nothing" 'silence is not proof' ;;
	"our own firewall"*"answers, slp"* | "our own firewall"*"answers, closed"*) ;;
	"our own firewall"*) also "$name: says whose it is" '(our own kernel|this host)' ;;
	esac
done
for name in "a link-local address" "a link-local address, its interface is that of the source" "a link-local address without its interface"; do
	look "$name"
done
look "two lost requests"
metric "two lost requests" 'retries == 4'
is "two lost requests: three times the same" test "$(grep -oE 'sent .*SLPv2 SrvTypeRqst, XID [0-9]+' "$work/out" | sort | uniq -c | awk '{ print $1 }')" = 3
look "two lost replies"
metric "two lost replies" 'retries >= 1'
is "two lost replies: on the wire, the same XID from the same port" test "$(grep -E '^slp v2 SrvTypeRqst .* from 192\.0\.2\.43:' "$work/sim.log" | sort | uniq -c | awk '{ print $1 }')" = 2
look "a lost SYN"
for name in "translated to another address that is asked too" "a reply of 60,000 bytes" "a reply of 60,000 bytes, IPv6" "31 KiB behind each message"; do
	look "$name"
done
look "held back by --rate"
line UNKNOWN '198\.18\.4\.[0-9]+:1440/udp eicon-slp: not asked: held back by the rate'
counted "held back by --rate" -le $((101 * 13))

### names with two addresses

exec {dns_log}< <(LC_ALL=C exec dnsmasq --no-daemon --conf-file=/dev/null --no-resolv --no-hosts --port=5300 \
	--listen-address=127.0.0.1 --bind-interfaces --user=root --group=root --pid-file= --local=/test/ \
	--host-record=both.test,192.0.2.2,2001:db8::2 \
	--host-record=six-closed.test,192.0.2.2,2001:db8::5 \
	--host-record=six-swallowed.test,192.0.2.2,2001:db8::6 \
	--host-record=four-swallowed.test,192.0.2.6,2001:db8::2 \
	--host-record=none.test,192.0.2.7,2001:db8::5 --host-record=group.test,239.255.255.253 2>&1)
peers="$peers $!"
while read -r -u "$dns_log" line; do
	case $line in *started,*) break ;; esac
done
# named NAME RC ERE HOST ARGS...
named() {
	names+=("$1")
	row "$1" "$2" "$3" -H "$4" --resolver 127.0.0.1:5300 -t 4 "${@:5}"
}
names=()
named "both addresses answer" 0 'OK - all 2 targets ok .* types=6 responders=2 .* dns_max=|OK - both\.test: .* responders=2' both.test
named "IPv6 closed is not hidden" 2 'CRITICAL - .*six-closed\.test \(\[2001:db8::5\]:1440/udp eicon-slp\): port closed, ICMP 1/4 from 2001:db8::5, tcp: connection refused' six-closed.test
named "any address: IPv6 closed" 0 'OK - six-closed\.test: 1 of 2 addresses as expected, one is enough' six-closed.test --addresses any
named "IPv4 addresses: IPv6 closed" 0 "OK - six-closed\\.test \\(192\\.0\\.2\\.2:1440/udp eicon-slp\\): $agent" six-closed.test --addresses 4
named "IPv6 addresses: IPv6 closed" 2 'CRITICAL - six-closed\.test \(\[2001:db8::5\]:1440/udp eicon-slp\): port closed' six-closed.test --addresses 6
named "IPv6 swallowed is not hidden" 2 "CRITICAL - .*six-swallowed\\.test \\(\\[2001:db8::6\\]:1440/udp eicon-slp\\): $silent" six-swallowed.test
named "any address: IPv6 swallowed" 0 'OK - six-swallowed\.test: 1 of 2 addresses as expected, one is enough' six-swallowed.test --addresses any
named "IPv4 swallowed is not hidden" 2 "CRITICAL - .*four-swallowed\\.test \\(192\\.0\\.2\\.6:1440/udp eicon-slp\\): $silent" four-swallowed.test
named "any of none" 2 'CRITICAL - none\.test: 2 of 2 targets critical' none.test --addresses any
named "closed on all addresses" 0 'OK - ' none.test --expect closed
named "closed on all addresses, but one answers" 2 "CRITICAL - .*six-closed\\.test \\(192\\.0\\.2\\.2:1440/udp eicon-slp\\): $agent.*expected closed" six-closed.test --expect closed
named "no such name" 3 'UNKNOWN - nosuch\.test: dns: ' nosuch.test
named "a name that leads to a group" 3 'UNKNOWN - group\.test: dns: the name leads to no address of a host' group.test
for name in "${names[@]}"; do
	look "$name"
	case $name in
	"both addresses answer")
		line OK "both\\.test \\(192\\.0\\.2\\.2:1440/udp eicon-slp\\): $agent"
		line OK "both\\.test \\(\\[2001:db8::2\\]:1440/udp eicon-slp\\): $agent"
		;;
	"IPv6 swallowed is not hidden") line OK "six-swallowed\\.test \\(192\\.0\\.2\\.2:1440/udp eicon-slp\\): $agent" ;;
	"IPv4 addresses: IPv6 closed") never "$name: no IPv6 line" '2001:db8' ;;
	esac
done
counted "nothing to groups unless told so" -eq 0

### groups

# a second link, without agents of port 1441; a third one that is down; the routes lead astray
ip link add spare type veth peer name spare_peer
ip link add dead type veth peer name dead_peer
ip link set spare_peer netns "$target"
ip link set spare up
on_target ip link set spare_peer up
ip addr add 203.0.113.33/28 dev spare
on_target ip addr add 203.0.113.34/28 dev spare_peer
ip addr add 203.0.113.49/28 dev dead
ip route add 239.0.0.0/8 dev spare
# two agents of port 1441, one who announces himself on 1480
listen --address 192.0.2.21 --address 2001:db8::8 --slp-port 1441
listen --address 192.0.2.22 --address 2001:db8::9 --slp-port 1441
listen --address 192.0.2.23 --slp-port 1442 --slp-announce 200:1480
v4 INPUT -p udp --dport 1450 -j DROP
iptables -w -A OUTPUT -p udp --dport 1451 -j DROP
iptables -w -A OUTPUT -p udp --dport 1452 -j REJECT
lose 1 INPUT -s 192.0.2.44 -d 239.255.255.253
lose 1 OUTPUT -s 192.0.2.22 -d 192.0.2.45
group=239.255.255.253 whole='255.255.255.255'
tally "asks, then twice to be sure" -s 192.0.2.46 -d $group -p udp --dport 1441
tally "names the two who answered" -s 192.0.2.46 -p udp --dport 1441 -m string --algo bm --string 192.0.2.21 -m string --algo bm --string 192.0.2.22
tally6 "asks three times, as lists have no IPv6" -d ff02::116 -p udp --dport 1441
tally "one hop" -d $group -p udp --dport 1444 -m ttl --ttl-eq 1
tally6 "one hop, IPv6" -d ff02::116 -p udp --dport 1444 -m hl --hl-eq 1
tally "four hops" -d $group -p udp --dport 1445 -m ttl --ttl-eq 4
tally6 "four hops, IPv6" -d ff02::116 -p udp --dport 1445 -m hl --hl-eq 4
tally "one hop of a broadcast" -d $whole -p udp --dport 1446 -m ttl --ttl-eq 1
tally "one hop of a directed broadcast" -d 192.0.2.255 -p udp --dport 1446 -m ttl --ttl-eq 1
tally "one hop to a network behind a router" -d 198.51.100.255 -p udp --dport 1446 -m ttl --ttl-eq 1
tally "four hops of a broadcast" -d $whole -p udp --dport 1447 -m ttl --ttl-eq 4
for way in target spare_peer; do
	tally "by $way" -i $way -d $group -p udp --dport 1448
	tally "by $way, broadcast" -i $way -d $whole -p udp --dport 1448
	tally6 "by $way, IPv6" -i $way -d ff02::116 -p udp --dport 1448
	tally "by $way, as routed" -i $way -d $group -p udp --dport 1449
done
groups=()
# grouped NAME RC ERE ARGS...
grouped() {
	groups+=("$1")
	row "$@" $own -t 5
}
m="--multicast --interface monitor"
two='2 responders \(192\.0\.2\.2[12] SA, 192\.0\.2\.2[12] SA\), SLPv2 service agent'
grouped "two agents of a group" 0 "^EICON_SLP OK - multicast 239\\.255\\.255\\.253:1441/udp on monitor: $two, scope DEFAULT" $m -p 1441 \
	--source 192.0.2.46 --min-responders 2 --max-responders 2 --expect-responder 192.0.2.21,192.0.2.22 -v
grouped "four agents of the usual port" 0 '4 responders \(192\.0\.2\.[2-5] SA, 192' $m --max-responders 4 --min-responders 4
grouped "two of three required" 2 "CRITICAL - .*: 2 of 3 required responders - $two" $m -p 1441 --min-responders 3
grouped "two, but one expected" 2 "CRITICAL - .*: 2 responders, at most 1 expected - $two" $m -p 1441 --max-responders 1
grouped "another one expected" 2 "CRITICAL - .*: nothing from 192\\.0\\.2\\.24 - $two" $m -p 1441 --expect-responder 192.0.2.21 --expect-responder 192.0.2.24
grouped "nobody expected" 2 "CRITICAL - .*: $two.* expected closed" $m -p 1441 --expect closed
grouped "types of a group" 0 '2 responders .*, 3 types \(service:diva\.eicon:capi' $m -p 1441 --query types --require-type service:diva.eicon:fax
grouped "two agents of an IPv6 group" 0 'OK - multicast \[ff02::116\]:1441/udp on monitor: 2 responders \((2001:db8::[89]|fe80::[0-9a-f:]+%[0-9a-z]+) SA, ' \
	-6 $m -p 1441 --min-responders 2 -v
grouped "a group with its interface" 0 'OK - multicast \[ff02::116%[0-9a-z]+\]:1443/udp: 1 responder \(fe80::[0-9a-f:]+%[0-9a-z]+ SA\)' --multicast=ff02::116%monitor -p 1443
grouped "a link-local responder" 0 'OK - .* 1 responder ' -6 $m -p 1443 --expect-responder "$link%monitor"
grouped "a link-local responder, of the interface asked" 0 'OK - .* 1 responder ' -6 $m -p 1443 --expect-responder "$link"
grouped "an IPv6 group without an interface" 3 'UNKNOWN - multicast \[ff02::116\]:1441/udp: not checked: a link-local group needs an interface' -6 --multicast -p 1441
grouped "a lost request to a group" 0 "OK - .*: $two" $m -p 1441 --source 192.0.2.44 --min-responders 2
grouped "a lost reply of one" 0 "OK - .*: $two" $m -p 1441 --source 192.0.2.45 --min-responders 2 -v
grouped "nobody in the group" 2 'CRITICAL - multicast 239\.255\.255\.253:1444/udp on monitor: no reply within (2|1\.[5-9][0-9]*) s' $m -p 1444
grouped "nobody in the group, IPv6" 2 'CRITICAL - multicast \[ff02::116\]:1444/udp on monitor: no reply within' -6 $m -p 1444
grouped "nobody, as wanted" 0 'OK - .*: no reply within .*silence is not proof' $m -p 1445 --ttl 4 --expect closed
grouped "nobody, as wanted, IPv6" 0 'OK - .*: no reply within' -6 $m -p 1445 --ttl 4 --max-responders 0
grouped "the group is swallowed" 2 'CRITICAL - .*: no reply within' $m -p 1450
grouped "our own firewall drops what goes to a group" 3 'UNKNOWN - .*: not checked: ' $m -p 1451
grouped "our own firewall drops what goes to a group, closed wanted" 3 'UNKNOWN - .*: not checked: ' $m -p 1451 --expect closed
grouped "our own firewall rejects what goes to a group" 3 'UNKNOWN - .*: not checked: ' $m -p 1452 --expect closed
grouped "another interface" 2 'CRITICAL - multicast 239\.255\.255\.253:1441/udp on spare: no reply within' --multicast --interface spare -p 1441
grouped "the agent by the other interface" 0 'OK - multicast 239\.255\.255\.253:1443/udp on monitor: 1 responder \(192\.0\.2\.2 SA\)' $m -p 1443
grouped "an interface that is down" 3 'UNKNOWN - multicast 239\.255\.255\.253:1441/udp on dead: not checked: no route' --multicast --interface dead -p 1441
grouped "an interface that is down, closed wanted" 3 'UNKNOWN - multicast \[ff02::116\]:1441/udp on dead: not checked: no route' -6 --multicast --interface dead -p 1441 --expect closed
grouped "an interface that is not there" 3 'UNKNOWN - option --interface: ' --multicast --interface nosuch -p 1441
grouped "an interface, multicast" 2 ': no reply within' --multicast --interface monitor -p 1448
grouped "an interface, IPv6" 2 ': no reply within' -6 --multicast --interface monitor -p 1448
grouped "an interface, broadcast" 2 ': no reply within' --broadcast --interface monitor -p 1448
grouped "as routed" 2 'multicast 239\.255\.255\.253:1449/udp: no reply within' --multicast -p 1449
grouped "a broadcast" 0 'OK - broadcast 255\.255\.255\.255:1443/udp on monitor: 1 responder \(192\.0\.2\.2 SA\), SLPv2 service agent' --broadcast --interface monitor -p 1443 -v
grouped "a broadcast by the other interface" 2 'CRITICAL - broadcast 255\.255\.255\.255:1441/udp on spare: no reply within' --broadcast --interface spare -p 1441
grouped "a directed broadcast" 0 'OK - broadcast 192\.0\.2\.255:1443/udp: 1 responder \(192\.0\.2\.2 SA\), SLPv2 service agent' --broadcast=192.0.2.255 -p 1443 --max-responders 1
grouped "a broadcast, closed wanted" 2 'CRITICAL - broadcast .*expected closed' --broadcast=192.0.2.255 -p 1443 --expect closed
grouped "a broadcast without a route" 3 'UNKNOWN - broadcast 255\.255\.255\.255:1443/udp: not checked: no route from this host' --broadcast -p 1443
grouped "a broadcast that nobody hears" 2 ': no reply within' --broadcast --interface monitor -p 1446
grouped "a directed broadcast that nobody hears" 2 ': no reply within' --broadcast=192.0.2.255 -p 1446
grouped "a broadcast behind a router" 2 '(: no reply within|host or network unreachable)' --broadcast=198.51.100.255 -p 1446
grouped "a broadcast of four hops" 2 ': no reply within' --broadcast --interface monitor -p 1447 --ttl 4

### listening, meanwhile: a port of ours for each

# heard NAME RC ERE PORT ARGS...
heard() {
	grouped "$1" "$2" "$3" -p "$4" --listen 2 "${@:5}"
	case " $* " in
	*" -6 "*) hears "${row_pid[$1]}" "$4" 6 ;;
	*) hears "${row_pid[$1]}" "$4" ;;
	esac
}
# tell ADDRESS PORT BYTES: from the target
tell() { on_target bash -c 'printf "$3" >"/dev/udp/$1/$2"' - "$@"; }
advert='\x02\x08\0\0\x49\0\0\0\0\0\0\0\0\x02en\0\0\x5f\0\0\0\0\x23service:directory-agent://192.0.2.2\0\x07DEFAULT\0\0\0\0\0'
request='\x02\x09\0\0\x1d\x20\0\0\0\0\0\x07\0\x02en\0\0\xff\xff\0\x07DEFAULT'
heard "nothing is heard of a group that was not asked for" 2 'CRITICAL - listening on port 1480/udp: nothing heard within 2(\.[0-9]+)? s' 1480
heard "announcements to a group" 0 'OK - listening to group 239\.255\.255\.253:1480/udp on monitor: 1 responder \(192\.0\.2\.23 DA\), SLPv2 directory agent, scope DEFAULT' 1480 $m
heard "announcements to a group, closed wanted" 2 'CRITICAL - listening .*1 responder \(192\.0\.2\.23 DA\), .*, expected closed' 1480 $m --expect closed
heard "announcements, but another interface" 2 'CRITICAL - listening to group 239\.255\.255\.253:1480/udp on spare: nothing heard' 1480 --multicast --interface spare
heard "announcements, another one expected" 2 'CRITICAL - listening .*: nothing from 192\.0\.2\.24 - 1 responder' 1480 $m --expect-responder 192.0.2.24
row "the port is taken" 3 'UNKNOWN - listening on port 1480/udp: not checked: port 1480 is in use on this host' --listen 1 -t 2 -p 1480 $own
row "a group that no route leads to" 3 'UNKNOWN - listening to group 224\.0\.1\.22:1480/udp: not checked: cannot join the group' --listen 1 --multicast=224.0.1.22 -p 1480 $own
row "a link-local group without an interface" 3 'UNKNOWN - listening to group \[ff02::116\]:1480/udp: not checked: a link-local group needs an interface' --listen 1 -6 --multicast -p 1480 $own
heard "nothing is heard" 2 'CRITICAL - listening on port 1461/udp: nothing heard' 1461
heard "nothing is heard, as wanted" 0 'OK - listening on port 1462/udp: nothing heard .*silence is not proof' 1462 --expect closed
heard "an advert to us" 0 'OK - listening on port 1463/udp: 1 responder \(192\.0\.2\.2 DA\), SLPv2 directory agent, scope DEFAULT' 1463
tell 192.0.2.1 1463 "$advert"
heard "an advert to us, closed wanted" 2 'CRITICAL - listening on port 1464/udp: 1 responder .*, expected closed' 1464 --expect closed
tell 192.0.2.1 1464 "$advert"
heard "an advert to us, IPv6" 0 'OK - listening on port 1465/udp: 1 responder \(2001:db8::[0-9] DA\)' 1465 -6
tell 2001:db8::1 1465 "$advert"
heard "a request to us" 2 'CRITICAL - listening on port 1466/udp: nobody offers services, but 1 request was heard' 1466
tell 192.0.2.1 1466 "$request"
heard "something else" 1 'WARNING - listening on port 1467/udp: heard from 192\.0\.2\.2: .*not SLP: 4 bytes 70 6f 6e 67' 1467
tell 192.0.2.1 1467 pong
heard "an advert by the interface" 0 'OK - listening on port 1468/udp on monitor: 1 responder' 1468 --interface monitor
tell 192.0.2.1 1468 "$advert"
heard "an advert by another interface" 2 'CRITICAL - listening on port 1469/udp on spare: nothing heard' 1469 --interface spare
tell 192.0.2.1 1469 "$advert"
heard "a group of IPv6" 0 'OK - listening to group \[ff02::116\]:1470/udp on monitor: 1 responder' 1470 -6 $m
until grep -Eqs ' monitor +ff020000000000000000000000000116 ' /proc/net/igmp6 || ! kill -0 "${row_pid[a group of IPv6]}" 2>/dev/null; do
	LC_ALL=C read -r -t 0.01 _ <>/dev/zero || :
done
tell ff02::116%target 1470 "$advert"
heard "a broadcast to all" 2 'CRITICAL - listening on port 1471/udp: nobody offers services, but [0-9]+ requests? (was|were) heard' 1471
on_target "$slp" --broadcast --interface target -p 1471 $own -t 1 >/dev/null
heard "the expected one" 0 'OK - ' 1472 --expect-responder 192.0.2.2 --max-responders 1
tell 192.0.2.1 1472 "$advert"
for name in "${groups[@]}" "the port is taken" "a group that no route leads to" "a link-local group without an interface"; do
	look "$name"
	case $name in
	"two agents of a group" | "a lost reply of one")
		for i in 1 2; do also "$name: .2$i answers once" "^responder 192\\.0\\.2\\.2$i:1441 SA, 1 message"; done
		metric "$name" 'responders == 2'
		;;
	"two agents of an IPv6 group") metric "$name" 'responders == 2' ;;
	"a broadcast") also "$name: one reply" '^responder 192\.0\.2\.2:1443 SA, 1 message' ;;
	esac
done
counted "asks, then twice to be sure" -eq 3
counted "names the two who answered" -eq 2
counted "asks three times, as lists have no IPv6" -eq 3
for name in "one hop" "one hop, IPv6" "four hops" "four hops, IPv6" "one hop of a broadcast" "one hop of a directed broadcast" \
	"one hop to a network behind a router" "four hops of a broadcast"; do
	counted "$name" -eq 2
done
for way in "" ", broadcast" ", IPv6"; do
	counted "by target$way" -eq 2
	counted "by spare_peer$way" -eq 0
done
counted "by target, as routed" -eq 0
counted "by spare_peer, as routed" -eq 2
done_testing
