#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Targets by name against dnsmasq: NAPTR, SRV, several addresses, quorum, and resolvers that fail.
if [ -z "${VOIP_NETNS:-}" ]; then
	unshare -n true 2>/dev/null || { echo "1..0 # SKIP no network namespaces for this user"; exit 0; }
	VOIP_NETNS=1 exec unshare -n bash "$0" "$@"
fi
. "${srcdir:-.}/tests/lib.sh"
dnsmasq=$(PATH=$PATH:/usr/sbin command -v dnsmasq) || skip_all "dnsmasq is not installed"
ip link set lo up
sip=$PLUGINS/check_sip
start_sim
port=$(port_of "$sim_sip")

exec {dns_log}< <(LC_ALL=C exec "$dnsmasq" --no-daemon --conf-file=/dev/null --no-resolv --no-hosts --port=5300 \
	--listen-address=127.0.0.1 --bind-interfaces --user=root --group=root --pid-file= --local=/test/ \
	--naptr-record=naptr.test,20,10,s,SIP+D2U,,_sip._udp.naptr.test \
	--naptr-record=naptr.test,10,10,s,SIP+D2T,,_sip._tcp.naptr.test \
	--srv-host=_sip._tcp.naptr.test,one.test,"$port",10,10 \
	--srv-host=_sip._udp.naptr.test,one.test,"$port",10,10 \
	--srv-host=_sip._udp.srv.test,one.test,"$port",10,10 \
	--srv-host=_sip._udp.srv.test,two.test,"$port",20,10 \
	--srv-host=_sip._udp.half.test,one.test,"$port",10,10 \
	--srv-host=_sip._udp.half.test,one.test,1,20,10 \
	--srv-host=_sip._udp.none.test,.,0,0,0 \
	--host-record=one.test,127.0.0.1,::1 \
	--host-record=two.test,127.0.0.1 \
	--host-record=v4.test,127.0.0.1 2>&1)
peers="$peers $!"
while read -r -u "$dns_log" line; do
	case $line in *started,*) break ;; esac
done
by="--resolver 127.0.0.1:5300"

check "address record and port" 0 "v4\.test \(127\.0\.0\.1:$port/udp\): 200 OK.* dns=" "$sip" -H v4.test -p "$port" $by
check "name without SRV takes the default port" 2 'v4\.test \(127\.0\.0\.1:5060/udp\): port closed' "$sip" -H v4.test $by
check "NAPTR chooses the transport" 0 "naptr\.test \([^ ]*:$port/tcp\): 200 OK" "$sip" -H naptr.test $by
check "the transport given wins over NAPTR" 0 "naptr\.test \([^ ]*:$port/udp\): 200 OK" "$sip" -H naptr.test $by -T udp
check "SRV gives port and host" 0 "srv\.test \([^ ]*:$port/udp\): 200 OK" "$sip" -H srv.test $by
check "IPv4 only" 0 "srv\.test \(127\.0\.0\.1:" "$sip" -H srv.test $by -4
check "IPv6 only" 0 "srv\.test \(\[::1\]:" "$sip" -H srv.test $by -6
check "wrong family" 3 'v4\.test: dns: ' "$sip" -H v4.test -p "$port" $by -6
check "every address of every SRV target" 0 '^SIP OK - srv\.test: all 3 targets ok' "$sip" -H srv.test $by --all-targets
check "one of three dead" 2 '^SIP CRITICAL - half\.test: 2 of 4 targets critical' "$sip" -H half.test $by --all-targets
check "quorum met" 1 '^SIP WARNING - .*2 of 4 endpoints work, quorum 2' "$sip" -H half.test $by --all-targets --quorum 2
check "quorum missed" 2 '^SIP CRITICAL - .*2 of 4 endpoints work, quorum 3' "$sip" -H half.test $by --all-targets --quorum 3
check "service not offered" 3 'none\.test: dns: ' "$sip" -H none.test $by
check "no such name" 3 'nosuch\.test: dns: .*no such name' "$sip" -H nosuch.test $by
check "no such name, mapped" 2 'nosuch\.test: dns: ' "$sip" -H nosuch.test $by --state dns=critical
check "a silent resolver ends at the deadline" 3 'v4\.test: dns: ' "$sip" -H v4.test --resolver "$sim_sip" -t 1
check "a resolver that talks nonsense" 3 'v4\.test: dns: ' "$sip" -H v4.test --resolver "$sim_udp_echo" -t 1
check "no resolver there" 3 'v4\.test: dns: ' "$sip" -H v4.test --resolver 127.0.0.1:1 -t 3
for i in $(seq 300); do echo "v4.test:$port"; done >"$work/names"
check "300 names in one run" 0 'all 300 targets ok' "$sip" --targets "$work/names" $by
done_testing
