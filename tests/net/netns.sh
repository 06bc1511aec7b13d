#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What a network in between does to a check: a monitor and a router in namespaces of their own. The
# target is a router: it refuses, prohibits, knows no way, or swallows.
. "${srcdir:-.}/tests/hosts.sh"
sip=$PLUGINS/check_sip

ip addr add 192.0.2.1/24 dev monitor
ip -6 addr add 2001:db8::1/64 dev monitor nodad
on_target ip addr add 192.0.2.2/24 dev target
on_target ip -6 addr add 2001:db8::2/64 dev target nodad
on_target sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
# or the router would soon be silent
on_target sh -c 'echo 0 >/proc/sys/net/ipv4/icmp_ratelimit'
on_target sh -c 'echo 1 >/proc/sys/net/ipv6/conf/all/forwarding'
ip route add default via 192.0.2.2
ip -6 route add 2001:db8:1::/48 via 2001:db8::2
on_target ip route add prohibit 198.51.100.13
on_target ip route add unreachable 198.51.100.1
on_target ip route add blackhole 198.51.100.99
on_target ip -6 route add prohibit 2001:db8:1::13

for transport in udp tcp; do
	check "$transport: closed port" 2 "192\.0\.2\.2:5060/$transport: (port closed, ICMP 3/3 from 192\.0\.2\.2|connection refused)" "$sip" -H 192.0.2.2 -T $transport
	check "$transport: prohibited by the router" 2 "198\.51\.100\.13:5060/$transport: prohibited by a firewall, ICMP 3/13 from 192\.0\.2\.2" "$sip" -H 198.51.100.13 -T $transport -t 5
	check "$transport: the router says unreachable" 2 "198\.51\.100\.1:5060/$transport: host or network unreachable, ICMP 3/1 from 192\.0\.2\.2" "$sip" -H 198.51.100.1 -T $transport -t 5
	check "$transport: the router says no route" 2 "198\.51\.100\.7:5060/$transport: host or network unreachable, ICMP 3/0 from 192\.0\.2\.2" "$sip" -H 198.51.100.7 -T $transport -t 5
	check "$transport: swallowed" 2 "198\.51\.100\.99:5060/$transport: no answer to .* within (1(\.[0-9]+)? s|99)" "$sip" -H 198.51.100.99 -T $transport -t 1
	check "$transport: IPv6 prohibited" 2 "\[2001:db8:1::13\]:5060/$transport: prohibited by a firewall, ICMP 1/1 from 2001:db8::2" "$sip" -H 2001:db8:1::13 -T $transport -t 5
	check "$transport: IPv6 closed" 2 "\[2001:db8::2\]:5060/$transport: (port closed, ICMP 1/4 from 2001:db8::2|connection refused)" "$sip" -H 2001:db8::2 -T $transport
done
check "link-local address with scope" 2 'fe80::.*%' "$sip" -H "$(on_target ip -6 -o addr show dev target scope link | awk '{ print $4 }' | cut -d/ -f1)%monitor" -t 2
ip route add prohibit 203.0.113.13
check "local policy" 2 '203\.0\.113\.13:5060/udp: (prohibited|host or network)' "$sip" -H 203.0.113.13
ip route del default
check "no route" 2 'host or network unreachable' "$sip" -H 198.51.100.1
check "no route, tcp" 2 'host or network unreachable' "$sip" -H 198.51.100.1 -T tcp
check "source that is not ours" 3 'not checked: ' "$sip" -H 192.0.2.2 --source 192.0.2.77
done_testing
