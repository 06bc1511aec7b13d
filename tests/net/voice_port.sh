#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# check_voice_port across a network: a monitor and a target in namespaces of their own. The target
# listens, refuses, rejects with each ICMP error, swallows, and limits its ICMP errors as hosts do.
. "${srcdir:-.}/tests/hosts.sh"
need iptables ip6tables dnsmasq
vp=$PLUGINS/check_voice_port

plugin=$vp
# listen ARGS...: voip_sim on the target; its facts go to $work/facts.
listen() {
	exec {sim_fd}< <(exec nsenter -t "$target" -n ./tests/sim/voip_sim --dir "$work/sim" "$@" 2>"$work/sim.log")
	peers="$peers $!"
	until read -r -u "$sim_fd" fact && [ "$fact" = ready ]; do
		[ -n "$fact" ] || { echo "Bail out! voip_sim does not start"; exit 1; }
		echo "$fact" >>"$work/facts"
	done
}

# line STATE TEXT: the last run has a line with this state and these words.
line() { also "$1 $2" "^ *\\[$1\\] $2"; }

ip addr add 192.0.2.1/24 dev monitor
ip -6 addr add 2001:db8::1/64 dev monitor nodad
# its errors for others come from the first IPv4 and the last IPv6 address
for i in 2 3 4 5; do
	on_target ip addr add 192.0.2.$i/24 dev target
	on_target ip -6 addr add 2001:db8::$((7 - i))/64 dev target nodad
	ip addr add 192.0.2.1$i/24 dev monitor
done
on_target iptables -w -L -n >/dev/null 2>&1 && on_target ip6tables -w -L -n >/dev/null 2>&1 || skip_all "iptables does not work here"
v4() { on_target iptables -w -A "$@"; }
v6() { on_target ip6tables -w -A "$@"; }

# 192.0.2.2 and 2001:db8::2: listeners, a rule per port
listen --address 192.0.2.2 --address 2001:db8::2 --voice --rtp 20000,20002 --rtp-silent 20001
reset=$(sed -n 's/^tcp_reset=.*://p' "$work/facts")
# Columns: port, reject with, outcome words, states under open / closed / filtered.
rejects4='4000 icmp-net-unreachable host_or_network_unreachable,_ICMP_3/0 CUU
4001 icmp-host-unreachable host_or_network_unreachable,_ICMP_3/1 CUU
4002 icmp-proto-unreachable host_or_network_unreachable,_ICMP_3/2 CUU
4003 icmp-port-unreachable (port_closed|connection_refused),_ICMP_3/3 COW
4004 icmp-net-prohibited prohibited_by_a_firewall,_ICMP_3/9 CWO
4005 icmp-host-prohibited prohibited_by_a_firewall,_ICMP_3/10 CWO
4006 icmp-admin-prohibited prohibited_by_a_firewall,_ICMP_3/13 CWO'
rejects6='4000 icmp6-no-route host_or_network_unreachable,_ICMP_1/0 CUU
4001 icmp6-adm-prohibited prohibited_by_a_firewall,_ICMP_1/1 CWO
4002 icmp6-addr-unreachable host_or_network_unreachable,_ICMP_1/3 CUU
4003 icmp6-port-unreachable (port_closed|connection_refused),_ICMP_1/4 COW
4004 icmp6-policy-fail prohibited_by_a_firewall,_ICMP_1/5 CWO
4005 icmp6-reject-route prohibited_by_a_firewall,_ICMP_1/6 CWO'
for transport in tcp udp; do
	while read -r port with _; do v4 INPUT -p $transport --dport "$port" -j REJECT --reject-with "$with"; done <<<"$rejects4"
	while read -r port with _; do v6 INPUT -p $transport --dport "$port" -j REJECT --reject-with "$with"; done <<<"$rejects6"
	v4 INPUT -p $transport --dport 4010 -j DROP
	v6 INPUT -p $transport --dport 4010 -j DROP
done
v4 INPUT -p tcp --dport 4009 -j REJECT --reject-with tcp-reset
v6 INPUT -p tcp --dport 4009 -j REJECT --reject-with tcp-reset
# lost datagrams, RTCP reports all of them: three to 4030, three to 20002, one to 4031
v4 INPUT -p udp --dport 4030 -m quota --quota 312 -j DROP
v4 INPUT -p udp --dport 20002 -m quota --quota 312 -j DROP
v4 INPUT -p udp --dport 4031 -m quota --quota 104 -j DROP
# .3 and ::3: all is swallowed; .4: its ICMP errors are; .5 and ::5: nothing listens
v4 INPUT -d 192.0.2.3 -j DROP
v6 INPUT -d 2001:db8::3 -j DROP
v4 OUTPUT -s 192.0.2.4 -p icmp --icmp-type destination-unreachable -j DROP
# behind the target: a network that it forwards to, with a firewall that swallows 5000 and rejects
on_target ip link add inside type veth peer name deeper
on_target ip addr add 198.51.100.129/25 dev inside
on_target ip link set inside up
on_target ip link set deeper up
limit ipv4/ip_forward 1
limit ipv6/conf/all/forwarding 1
v4 FORWARD -p udp --dport 5000 -j DROP
v4 FORWARD -d 198.51.100.128/25 -p udp -j REJECT
v4 FORWARD -d 198.51.100.128/25 -p tcp -j REJECT --reject-with icmp-host-prohibited
on_target ip route add prohibit 198.51.100.13
on_target ip route add unreachable 198.51.100.1
on_target ip route add blackhole 198.51.100.99
on_target ip -6 route add prohibit 2001:db8:1::13
on_target ip -6 route add blackhole 2001:db8:1::99
ip route add 198.51.100.0/24 via 192.0.2.2
ip -6 route add 2001:db8:1::/48 via 2001:db8::2
ip route add prohibit 203.0.113.13
ip route add unreachable 203.0.113.1
ip route add blackhole 203.0.113.99
ip -6 route add prohibit 2001:db8:2::13
ip -6 route add unreachable 2001:db8:2::1
ip -6 route add blackhole 2001:db8:2::99

### what each answer of the network is worth; no limits yet

limit ipv4/icmp_ratelimit 0
limit ipv6/icmp/ratelimit 0
policies=(open closed filtered)
declare -A state_of=([O]=OK [W]=WARNING [C]=CRITICAL [U]=UNKNOWN)
for policy in "${policies[@]}"; do
	row "IPv4, $policy wanted" 2 'VOICE_PORT CRITICAL - 192\.0\.2\.2: .* of 21 ports critical' -H 192.0.2.2 -p 2860,4000-4006,4009/tcp,4010,4011 --show 40 -t 4 --expect "$policy"
	row "IPv6, $policy wanted" 2 'VOICE_PORT CRITICAL - 2001:db8::2: .* of 19 ports critical' -H 2001:db8::2 -p 2860,4000-4005,4009/tcp,4010,4011 --show 40 -t 4 --expect "$policy"
done
row "all swallowed, open wanted" 2 '2 of 2 ports critical' -H 192.0.2.3 -p 2861 -t 5
row "all swallowed, closed wanted" 3 '2 of 2 ports unknown' -H 192.0.2.3 -p 2861 -t 5 --expect closed
row "all swallowed, filtered wanted" 0 'all 2 ports ok' -H 192.0.2.3 -p 2861 -t 5 --expect filtered
row "all swallowed, IPv6" 2 '2 of 2 ports critical' -H 2001:db8::3 -p 2861 -t 5
row "ICMP errors swallowed: closed proves nothing" 2 '192\.0\.2\.4:2860/udp dialpad-voice1: no reply to 5 datagrams, and no refusal of port [0-9]+ either: .*nothing is proven' -H 192.0.2.4 -p 2860/udp
row "ICMP errors swallowed: not even with a canary of ours" 2 'no refusal of port 9 either' -H 192.0.2.4 -p 2860/udp --canary 9
row "the canary refused by a firewall on the way proves nothing" 2 '198\.51\.100\.130:5000/udp: no reply to 5 datagrams, and no refusal of port [0-9]+ either' -H 198.51.100.130 -p 5000/udp
row "rejected by a firewall on the way" 2 '2 of 2 ports critical' -H 198.51.100.130 -p 2860
row "accepted and reset is not open" 1 "WARNING - 192\\.0\\.2\\.2:$reset/tcp: accepted, then reset by the peer" -H 192.0.2.2 -p "$reset/tcp"
row "accepted and reset is not closed" 2 "CRITICAL - 192\\.0\\.2\\.2:$reset/tcp: accepted, then reset by the peer" -H 192.0.2.2 -p "$reset/tcp" --expect closed
row "a media port gets RTCP" 0 '192\.0\.2\.2:20000/udp RTP by convention: answers in .* with 76 bytes' -H 192.0.2.2 -p 20000/udp --expect-hex 80c80006
row "bound and never read is not open" 3 'UNKNOWN - 192\.0\.2\.2:20001/udp RTP by convention: no reply to 4 datagrams, while the host refuses port [0-9]+' -H 192.0.2.2 -p 20001/udp
row "refused with the canary, not before" 2 '192\.0\.2\.2:4030/udp: port closed, ICMP 3/3 from 192\.0\.2\.2, expected open' -H 192.0.2.2 -p 4030/udp
row "an answer with the canary, not before" 0 '192\.0\.2\.2:20002/udp RTP by convention: answers in .* with 76 bytes' -H 192.0.2.2 -p 20002/udp
row "the first canary is lost" 3 '192\.0\.2\.2:4010/udp: no reply to 5 datagrams, while the host refuses port 4031: ' -H 192.0.2.2 -p 4010/udp --canary 4031
row "held back by --rate" 2 '2 of 5 ports critical, 3 unknown' -H 192.0.2.5 -p 1-5/tcp --rate 3 -t 0.5
row "refused on 4096 UDP ports" 0 'all 4096 ports ok' -H 127.0.0.1 -p 1-4096/udp --expect closed --state timeout=critical,silent-proven=critical -t 30
# no neighbour: the kernel gives up after 3 s
row "no such host, IPv4" 2 'CRITICAL - 192\.0\.2\.99:2860/tcp dialpad-voice1: host or network unreachable, ICMP 3/1 from 192\.0\.2\.1( \(this host\))?, expected open' -H 192.0.2.99 -p 2860/tcp -t 6
iptables -w -A OUTPUT -d 192.0.2.2 -p tcp --dport 4020 -j REJECT --reject-with icmp-admin-prohibited
iptables -w -A OUTPUT -d 192.0.2.2 -p udp --dport 4020 -j REJECT --reject-with icmp-port-unreachable
for transport in tcp udp; do
	row "our own firewall is not the target's, $transport" 3 "UNKNOWN - 192\\.0\\.2\\.2:4020/$transport: not checked, ICMP .* \\(this host\\)" -H 192.0.2.2 -p 4020/$transport --expect closed,filtered
done
row "no such host, IPv6" 2 'CRITICAL - \[2001:db8::99\]:2860/tcp dialpad-voice1: host or network unreachable, ICMP 1/3 from 2001:db8::1 \(this host\), expected open' -H 2001:db8::99 -p 2860/tcp -t 6
row "swallowed by a route of the router" 2 '2 of 2 ports critical' -H 198.51.100.99 -p 2860 -t 5
row "swallowed by a route of the router, IPv6" 2 '2 of 2 ports critical' -H 2001:db8:1::99 -p 2860 -t 5
row "no such host, UDP" 2 '192\.0\.2\.98:2860/udp dialpad-voice1: (host or network unreachable, ICMP 3/1 from 192\.0\.2\.1|no reply .*nothing is proven)' -H 192.0.2.98 -p 2860/udp -t 6

# rejects RESULT REJECTS ADDRESS-ERE OFFENDER-ERE: the lines of the three policies
rejects() {
	for policy in 0 1 2; do
		look "$1, ${policies[policy]} wanted"
		while read -r port _ words states; do
			for transport in tcp udp; do
				line "${state_of[${states:policy:1}]}" "$3:$port/$transport: ${words//_/ } from $4(, expected .*)?\$"
			done
		done <<<"$2"
		listener=${state_of[${states4_listener:policy:1}]}
		line "$listener" "$3:2860/tcp dialpad-voice1: open, connected in [0-9.]+ [mu]?s"
		line "$listener" "$3:2860/udp dialpad-voice1: answers in [0-9.]+ [mu]?s with 4 bytes"
		closed=${state_of[${states4_closed:policy:1}]}
		line "$closed" "$3:4009/tcp: connection refused(, expected .*)?\$"
		line "$closed" "$3:4011/tcp: connection refused(, expected .*)?\$"
		line "$closed" "$3:4011/udp: port closed, ICMP $5 from $4(, expected .*)?\$"
		line "${state_of[${states4_dropped:policy:1}]}" "$3:4010/tcp: no answer to the TCP connect within (4|3\\.[0-9]+) s"
		line "${state_of[${states4_silent:policy:1}]}" "$3:4010/udp: no reply to 4 datagrams, while the host refuses port [0-9]+: open or filtered on purpose"
	done
}
states4_listener=OCC states4_closed=COW states4_dropped=CUO states4_silent=UWO
rejects IPv4 "$rejects4" '192\.0\.2\.2' '192\.0\.2\.2' 3/3
rejects IPv6 "$rejects6" '(2001:db8::2: )?\[2001:db8::2\]' '2001:db8::2' 1/4
look "all swallowed, open wanted"
line CRITICAL '192\.0\.2\.3:2861/tcp dialpad-voice2: no answer to the TCP connect within (5|4\.[0-9]+) s, expected open'
line CRITICAL '192\.0\.2\.3:2861/udp dialpad-voice2: no reply to 5 datagrams, and no refusal of port [0-9]+ either: filtered or open, or the host is down, nothing is proven, expected open'
look "all swallowed, closed wanted"
line UNKNOWN '192\.0\.2\.3:2861/tcp .*expected closed'
line UNKNOWN '192\.0\.2\.3:2861/udp .*nothing is proven, expected closed'
look "all swallowed, filtered wanted"
line OK '192\.0\.2\.3:2861/tcp '
line OK '192\.0\.2\.3:2861/udp '
look "all swallowed, IPv6"
line CRITICAL '.*\[2001:db8::3\]:2861/tcp dialpad-voice2: no answer to the TCP connect'
line CRITICAL '.*\[2001:db8::3\]:2861/udp dialpad-voice2: no reply to 5 datagrams, .*nothing is proven'
look "ICMP errors swallowed: closed proves nothing"
look "ICMP errors swallowed: not even with a canary of ours"
look "the canary refused by a firewall on the way proves nothing"
look "rejected by a firewall on the way"
line CRITICAL '198\.51\.100\.130:2860/tcp dialpad-voice1: prohibited by a firewall, ICMP 3/10 from 192\.0\.2\.2, expected open'
line CRITICAL '198\.51\.100\.130:2860/udp dialpad-voice1: prohibited by a firewall, ICMP 3/3 from 192\.0\.2\.2, expected open'
look "accepted and reset is not open"
look "accepted and reset is not closed"
look "a media port gets RTCP"
look "bound and never read is not open"
look "refused with the canary, not before"
look "an answer with the canary, not before"
look "the first canary is lost"
look "held back by --rate"
line UNKNOWN '192\.0\.2\.5:5/tcp: not started before the deadline: held back by the rate of 3 new probes per second'
look "refused on 4096 UDP ports"
look "swallowed by a route of the router"
line CRITICAL '198\.51\.100\.99:2860/tcp dialpad-voice1: no answer to the TCP connect'
line CRITICAL '198\.51\.100\.99:2860/udp dialpad-voice1: no reply to 5 datagrams, .*nothing is proven'
look "swallowed by a route of the router, IPv6"
line CRITICAL '.*\[2001:db8:1::99\]:2860/udp dialpad-voice1: no reply to 5 datagrams, .*nothing is proven'

### routes

# Columns: address, states under --expect open / closed, words for both transports. Routers limit these
# errors too, one limit for each address of ours, so each IPv4 run has its own.
routes='203.0.113.13 UU not checked: our own kernel refuses to send
203.0.113.1 CU host or network unreachable
203.0.113.7 CU host or network unreachable
203.0.113.99 UU not checked: .*Invalid argument
198.51.100.13 CW prohibited by a firewall, ICMP 3/13 from 192\.0\.2\.2
198.51.100.1 CU host or network unreachable, ICMP 3/1 from 192\.0\.2\.2
198.51.100.7 CU host or network unreachable, ICMP 3/0 from 192\.0\.2\.2
2001:db8:2::13 UU not checked: our own kernel refuses to send
2001:db8:2::1 CU host or network unreachable
2001:db8:2::7 CU host or network unreachable
2001:db8:2::99 UU not checked: .*Invalid argument
2001:db8:1::13 CW prohibited by a firewall, ICMP 1/1 from 2001:db8::2
2001:db8:1::7 CU host or network unreachable, ICMP 1/0 from 2001:db8::2'
declare -A code_of=([O]=0 [W]=1 [C]=2 [U]=3)
source=20
for policy in 0 1; do
	while read -r address states _; do
		source=$((source + 1))
		from="--source 192.0.2.$source"
		case $address in
		198.*) ip addr add 192.0.2.$source/24 dev monitor ;;
		*) from= ;;
		esac
		row "$address, ${policies[policy]} wanted" "${code_of[${states:policy:1}]}" '2 of 2 ports' -H "$address" -p 2860 -t 5 --expect "${policies[policy]}" $from
	done <<<"$routes"
done
for policy in 0 1; do
	while read -r address states words; do
		look "$address, ${policies[policy]} wanted"
		for transport in tcp udp; do
			line "${state_of[${states:policy:1}]}" "(.*: )?\\[?${address//./\\.}\\]?:2860/$transport dialpad-voice1: $words"
		done
		never "$address, ${policies[policy]} wanted: nothing says refused, closed or open" '(connection refused|port closed|: open,|answers)'
	done <<<"$routes"
done
check "no route is no refusal: --state refused=ok does not hide it" 2 '203\.0\.113\.7:2860/tcp dialpad-voice1: host or network unreachable, no route from this host, expected open' "$vp" -H 203.0.113.7 -p 2860/tcp --state refused=ok
for name in "our own firewall is not the target's, tcp" "our own firewall is not the target's, udp" "no such host, IPv4" "no such host, IPv6" "no such host, UDP"; do look "$name"; done
# a kernel that gives up earlier than we do
echo 1 >/proc/sys/net/ipv4/neigh/monitor/mcast_solicit
echo 300 >/proc/sys/net/ipv4/neigh/monitor/retrans_time_ms
check "no such host, UDP, known in time" 2 '192\.0\.2\.97:2860/udp dialpad-voice1: host or network unreachable, ICMP 3/1 from 192\.0\.2\.1 \(this host\), expected open' "$vp" -H 192.0.2.97 -p 2860/udp

### names with two addresses

exec {dns_log}< <(LC_ALL=C exec dnsmasq --no-daemon --conf-file=/dev/null --no-resolv --no-hosts --port=5300 \
	--listen-address=127.0.0.1 --bind-interfaces --user=root --group=root --pid-file= --local=/test/ \
	--host-record=both.test,192.0.2.2,2001:db8::2 \
	--host-record=six-closed.test,192.0.2.2,2001:db8::5 \
	--host-record=six-swallowed.test,192.0.2.2,2001:db8::3 \
	--host-record=four-closed.test,192.0.2.5,2001:db8::2 \
	--host-record=four-swallowed.test,192.0.2.3,2001:db8::2 \
	--host-record=mapped.test,192.0.2.5,::ffff:192.0.2.5 --host-record=group.test,224.0.0.5 \
	--host-record=none.test,192.0.2.5,2001:db8::5 2>&1)
peers="$peers $!"
while read -r -u "$dns_log" line; do
	case $line in *started,*) break ;; esac
done
# named NAME RC ERE HOST ARGS...
named() { row "$1" "$2" "$3" -H "$4" --resolver 127.0.0.1:5300 "${@:5}"; }
six='\[2001:db8::' four='192\.0\.2\.'
named "both alive" 0 'OK - both\.test: all 8 ports ok .* tcp2860=[0-9.]+s;;;0 .*udp2861=[0-9.]+s;;;0 dns=' both.test
named "IPv6 closed is not hidden" 2 "CRITICAL - six-closed\\.test: 2 of 4 ports critical: six-closed\\.test \\(${six}5\\]:2860/tcp dialpad-voice1\\): connection refused, expected open" six-closed.test -p 2860
named "any address: IPv6 closed" 0 'OK - six-closed\.test: 1 of 2 addresses as expected, one is enough' six-closed.test -p 2860 --addresses any
named "IPv4 addresses: IPv6 closed" 0 'OK - six-closed\.test: all 2 ports ok' six-closed.test -p 2860 --addresses 4
named "IPv6 addresses: IPv6 closed" 2 '2 of 2 ports critical' six-closed.test -p 2860 --addresses 6
named "IPv4 closed is not hidden" 2 "CRITICAL - four-closed\\.test: 2 of 4 ports critical: four-closed\\.test \\(${four}5:2860/tcp dialpad-voice1\\): connection refused" four-closed.test -p 2860
named "-6: IPv4 closed" 0 'all 2 ports ok' four-closed.test -p 2860 -6
named "a swallowed IPv6 does not hide IPv4" 2 "CRITICAL - six-swallowed\\.test: 1 of 2 ports critical: six-swallowed\\.test \\(${six}3\\]:2860/tcp dialpad-voice1\\): no answer to the TCP connect within" six-swallowed.test -p 2860/tcp -t 2
named "a swallowed IPv4 does not hide IPv6" 2 "four-swallowed\\.test \\(${four}3:2860/tcp dialpad-voice1\\): no answer" four-swallowed.test -p 2860/tcp -t 2
named "any address: IPv6 swallowed" 0 '1 of 2 addresses as expected, one is enough.* tcp2860=0\.0' six-swallowed.test -p 2860/tcp -t 2 --addresses any
named "any address, but one must be right in all ports" 2 'CRITICAL - six-closed\.test: [0-9] of [0-9] ports critical' six-closed.test -p 2860/tcp,2861/tcp=closed --addresses any
named "closed on all addresses" 0 'all 8 ports ok' none.test --expect closed
named "closed on all addresses, but one listens" 2 "CRITICAL - six-closed\\.test: 4 of 8 ports critical: six-closed\\.test \\(${four}2:2860/tcp dialpad-voice1\\): open, .*expected closed: unexpected service, investigate" six-closed.test --expect closed
named "any of none" 2 '8 of 8 ports critical' none.test --addresses any
named "the family that a name lacks" 3 'dns: ' nosuch.test -6
look "both alive"
for address in "${four}2" "${six}2\\]"; do
	line OK "both\\.test \\($address:2860/tcp dialpad-voice1\\): open, connected in"
	line OK "both\\.test \\($address:2861/udp dialpad-voice2\\): answers in"
done
look "IPv6 closed is not hidden"
line CRITICAL "six-closed\\.test \\(${six}5\\]:2860/udp dialpad-voice1\\): port closed, ICMP 1/4 from 2001:db8::5, expected open"
line OK "six-closed\\.test \\(${four}2:2860/tcp dialpad-voice1\\): open, "
look "any address: IPv6 closed"
line CRITICAL "six-closed\\.test \\(${six}5\\]:2860/tcp dialpad-voice1\\): connection refused, expected open"
look "IPv4 addresses: IPv6 closed"
never "IPv4 addresses: no IPv6 line" '2001:db8'
look "IPv6 addresses: IPv6 closed"
look "IPv4 closed is not hidden"
line OK "four-closed\\.test \\(${six}2\\]:2860/udp dialpad-voice1\\): answers in"
look "-6: IPv4 closed"
look "a swallowed IPv6 does not hide IPv4"
line OK "six-swallowed\\.test \\(${four}2:2860/tcp dialpad-voice1\\): open, connected in ([0-9.]+ us|[0-9]{1,2}(\\.[0-9]+)? ms)\$"
look "a swallowed IPv4 does not hide IPv6"
line OK "four-swallowed\\.test \\(${six}2\\]:2860/tcp dialpad-voice1\\): open, connected in ([0-9.]+ us|[0-9]{1,2}(\\.[0-9]+)? ms)\$"
for name in "any address: IPv6 swallowed" "any address, but one must be right in all ports" "closed on all addresses" \
	"closed on all addresses, but one listens" "any of none" "the family that a name lacks"; do
	look "$name"
done

### a host that limits its ICMP errors as Linux does unless told otherwise

limit ipv4/icmp_ratemask 6168
limit ipv4/icmp_msgs_per_sec 1000
limit ipv4/icmp_msgs_burst 50
limit ipv4/icmp_ratelimit 1000
limit ipv6/icmp/ratelimit 1000
v4 INPUT -d 192.0.2.5 -p udp --dport 6000:8999 -j DROP
# Closed ports without an ICMP error of their own must not be taken for silent ones. The limit is one
# per address of ours, so each run has its own.
lists=(4021-4060/udp 4021-4060/udp,6000-8999/udp 6000-8999/udp,4021-4060/udp)
for i in 0 1 2; do
	row "40 closed ports: ${lists[i]}" 3 ' ports ' -H 192.0.2.5 -p "${lists[i]}" --show 5000 -t 20 --expect closed --source 192.0.2.1$((i + 2)) --state timeout=unknown,silent-proven=unknown
done
row "40 closed ports, IPv6" 3 ' ports ' -H 2001:db8::5 -p 4021-4060/udp --show 5000 -t 20 --expect closed
# burst ADDRESS: spends all ICMP errors that the target has for us
burst() {
	for ((port = 3000; port < 3064; port++)); do
		echo >"/dev/udp/$1/$port"
	done 2>/dev/null
}
burst 192.0.2.5
check "closed, ICMP errors spent before" 2 '192\.0\.2\.5:2860/udp dialpad-voice1: port closed, ICMP 3/3 from 192\.0\.2\.5, expected open' "$vp" -H 192.0.2.5 -p 2860/udp
burst 192.0.2.5
check "silent, ICMP errors spent before" 3 '192\.0\.2\.2:20001/udp .*no reply to 4 datagrams, while the host refuses port' "$vp" -H 192.0.2.2 -p 20001/udp
burst 2001:db8::5
check "closed, ICMP errors spent before, IPv6" 2 '\[2001:db8::5\]:2860/udp dialpad-voice1: port closed, ICMP 1/4 from 2001:db8::5, expected open' "$vp" -H 2001:db8::5 -p 2860/udp
for name in "${lists[@]/#/40 closed ports: }" "40 closed ports, IPv6"; do
	look "$name"
	is "$name: none is called silent or answering" test 0 = "$(grep -cE ':40[2-6][0-9]/udp: (no reply to .* while the host refuses|answers)' "$work/out")"
	also "$name: some are refused" '^\[OK\] .*:40[2-6][0-9]/udp: port closed, ICMP (3/3 from 192\.0\.2\.5|1/4 from 2001:db8::5)$'
done
# the same address twice, and a name that leads to many hosts
check "a mapped address is that of IPv4, and asked once" 2 'CRITICAL - mapped\.test \(192\.0\.2\.5:2860/tcp dialpad-voice1\): connection refused, expected open' "$vp" -H mapped.test -p 2860/tcp --resolver 127.0.0.1:5300
check "a name that leads to a group is not asked" 3 'UNKNOWN - group\.test: dns: the name leads to no address of a host' "$vp" -H group.test --resolver 127.0.0.1:5300
# nobody but ourselves: the kernel may connect a socket to itself
echo "40000 40009" >/proc/sys/net/ipv4/ip_local_port_range
for _ in $(seq 20); do
	"$vp" -H 127.0.0.1 -p 40000-40009 --expect closed --output-format oneline
done >"$work/out"
never "we do not find ourselves" '^VOICE_PORT (CRITICAL|WARNING|UNKNOWN)'
is "and the ports are looked at" test "$(grep -c '^VOICE_PORT OK - 127.0.0.1: all 20 ports ok' "$work/out")" = 20
echo "32768 60999" >/proc/sys/net/ipv4/ip_local_port_range
# an hour between two errors: none is left
limit ipv4/icmp_ratelimit 3600000
check "closed, and no ICMP error to come" 2 '192\.0\.2\.5:2860/udp dialpad-voice1: no reply to 5 datagrams, and no refusal of port [0-9]+ either: .*nothing is proven' "$vp" -H 192.0.2.5 -p 2860/udp
done_testing
