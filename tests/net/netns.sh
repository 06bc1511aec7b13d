#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What a network in between does to a check: a monitor and a router in namespaces of their own. The
# router refuses, prohibits, knows no way, or swallows.
if [ -z "${VOIP_NETNS:-}" ]; then
	unshare -n true 2>/dev/null || { echo "1..0 # SKIP no network namespaces for this user"; exit 0; }
	VOIP_NETNS=1 exec unshare -n bash "$0" "$@"
fi
. "${srcdir:-.}/tests/lib.sh"
command -v ip >/dev/null 2>&1 || skip_all "ip is not installed"
sip=$PLUGINS/check_sip

# the router lives as long as its standard input is open
exec {router_in}> >(exec unshare -n bash -c 'echo $$ >"$0"; exec cat >/dev/null' "$work/router")
until [ -s "$work/router" ]; do read -r -t 0.01 _ <>/dev/zero || :; done
router=$(cat "$work/router")
in_router() { nsenter -t "$router" -n "$@"; }

ip link set lo up
ip link add monitor type veth peer name router || skip_all "no veth"
ip link set router netns "$router"
ip addr add 192.0.2.1/24 dev monitor
ip -6 addr add 2001:db8::1/64 dev monitor nodad
ip link set monitor up
in_router ip link set lo up
in_router ip addr add 192.0.2.2/24 dev router
in_router ip -6 addr add 2001:db8::2/64 dev router nodad
in_router ip link set router up
in_router sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
# or the router would soon be silent
in_router sh -c 'echo 0 >/proc/sys/net/ipv4/icmp_ratelimit'
in_router sh -c 'echo 1 >/proc/sys/net/ipv6/conf/all/forwarding'
ip route add default via 192.0.2.2
ip -6 route add 2001:db8:1::/48 via 2001:db8::2
in_router ip route add prohibit 198.51.100.13
in_router ip route add unreachable 198.51.100.1
in_router ip route add blackhole 198.51.100.99
in_router ip -6 route add prohibit 2001:db8:1::13

for transport in udp tcp; do
	check "$transport: closed port" 2 "192\.0\.2\.2:5060/$transport: (port closed, ICMP 3/3 from 192\.0\.2\.2|connection refused)" "$sip" -H 192.0.2.2 -T $transport
	check "$transport: prohibited by the router" 2 "198\.51\.100\.13:5060/$transport: prohibited by a firewall, ICMP 3/13 from 192\.0\.2\.2" "$sip" -H 198.51.100.13 -T $transport -t 5
	check "$transport: the router says unreachable" 2 "198\.51\.100\.1:5060/$transport: host or network unreachable, ICMP 3/1 from 192\.0\.2\.2" "$sip" -H 198.51.100.1 -T $transport -t 5
	check "$transport: the router says no route" 2 "198\.51\.100\.7:5060/$transport: host or network unreachable, ICMP 3/0 from 192\.0\.2\.2" "$sip" -H 198.51.100.7 -T $transport -t 5
	check "$transport: swallowed" 2 "198\.51\.100\.99:5060/$transport: no answer to .* within (1 s|99)" "$sip" -H 198.51.100.99 -T $transport -t 1
	check "$transport: IPv6 prohibited" 2 "\[2001:db8:1::13\]:5060/$transport: prohibited by a firewall, ICMP 1/1 from 2001:db8::2" "$sip" -H 2001:db8:1::13 -T $transport -t 5
	check "$transport: IPv6 closed" 2 "\[2001:db8::2\]:5060/$transport: (port closed, ICMP 1/4 from 2001:db8::2|connection refused)" "$sip" -H 2001:db8::2 -T $transport
done
check "link-local address with scope" 2 'fe80::.*%' "$sip" -H "$(in_router ip -6 -o addr show dev router scope link | awk '{ print $4 }' | cut -d/ -f1)%monitor" -t 2
ip route add prohibit 203.0.113.13
check "local policy" 2 '203\.0\.113\.13:5060/udp: (prohibited|host or network)' "$sip" -H 203.0.113.13
ip route del default
check "no route" 2 'host or network unreachable' "$sip" -H 198.51.100.1
check "no route, tcp" 2 'host or network unreachable' "$sip" -H 198.51.100.1 -T tcp
check "source that is not ours" 3 'not checked: ' "$sip" -H 192.0.2.2 --source 192.0.2.77
done_testing
