#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The limits of start-up cost that do not depend on the machine: instructions and shared libraries.
. "${srcdir:-.}/tests/bench/table.sh"
. "$srcdir/tests/engines/snmpd_rig.sh"
sip=$PLUGINS/check_sip
voice_port=$PLUGINS/check_voice_port
rtp=$PLUGINS/check_rtp
slp=$PLUGINS/check_eicon_slp
listener=$PLUGINS/check_listener
sanitized && skip_all "sanitizers change the cost"
command -v valgrind >/dev/null 2>&1 || skip_all "valgrind is not installed"

start_sim
start_agents
hold crowd --udp 2000
hold owner --udp 3 --tcp 2
has_snmpd=no
start_snmpd && has_snmpd=yes
v2c=("$listener" -H "$agent_big" --v2c --credentials "$work/v2c")
held=${owner_udp//,//udp,}/udp,${owner_tcp//,//tcp,}/tcp

# linked PROGRAM: the libraries other than libc
linked() {
	ldd "$1" | awk '{ print $1 }' | grep -vE '^(linux-vdso|/lib|libc\.so)' | sed 's/\.so.*//' | sort | tr '\n' ' '
}

is "check_sip is linked with c-ares, inih and jansson only" test "$(linked "$sip")" = "libcares libinih libjansson "
is "check_voice_port too" test "$(linked "$voice_port")" = "libcares libinih libjansson "
is "check_eicon_slp too" test "$(linked "$slp")" = "libcares libinih libjansson "
is "check_rtp also with libmnl" test "$(linked "$rtp")" = "libcares libinih libjansson libmnl "
is "check_listener too" test "$(linked "$listener")" = "libcares libinih libjansson libmnl "

# loads COMMAND...: which of the heavy libraries a run opens. The dynamic linker tells it, because a program
# with secrets in its memory does not let strace read it.
loads() {
	LD_DEBUG=files "$@" 2>&1 | sed -nE 's/.*calling init: .*\/(lib(ssl|crypto|curl|netsnmp))\.so.*/\1/p' | sort -u | tr '\n' ' '
}

tcp_port=$(port_of "$sim_tcp_silent")
udp_port=$(port_of "$sim_udp_echo")
check "check_voice_port finds what it is measured with" 0 '' "$voice_port" -H 127.0.0.1 -p "$tcp_port/tcp,$udp_port/udp"
check "check_rtp too" 2 '1 of 1 UDP ports answer' "$rtp" -H 127.0.0.1 -p "$udp_port"
check "check_listener of this host" 0 'all 5 ports ok' "$listener" -p "$held"
check "check_listener of an agent" 0 '5 of 10 ports bound' "${v2c[@]}"
is "a UDP check maps no TLS library" test "$(loads "$sip" -H "$sim_sip")" = ""
is "a TLS check does" test "$(loads "$sip" -H "$sim_tls" -T tls --no-verify)" = "libcrypto libssl "
is "check_voice_port maps no TLS library" test "$(loads "$voice_port" -H 127.0.0.1 -p "$tcp_port/tcp,$udp_port/udp")" = ""
is "check_eicon_slp maps no TLS library" test "$(loads "$slp" -H "$sim_slp" --i-own-this-host)" = ""
is "check_rtp maps no TLS library" test "$(loads "$rtp" -H 127.0.0.1 -p "$udp_port")" = ""
is "check_listener of this host maps neither SNMP nor TLS library" test "$(loads "$listener" -p "$held")" = ""
is "of an agent it does" test "$(loads "${v2c[@]}")" = "libcrypto libnetsnmp libssl "

udp=$(instructions "$sip" -H "$sim_sip")
is "one UDP OPTIONS: $udp of 600000 instructions" test "${udp:-600001}" -le 600000

tls=$(instructions "$sip" -H "$sim_tls" -T tls --ca-file "$sim_ca")
is "one verified TLS probe: $tls of 30000000 instructions" test "${tls:-30000001}" -le 30000000

tcp=$(instructions "$voice_port" -H 127.0.0.1 -p "$tcp_port/tcp")
is "one TCP port: $tcp of 500000 instructions" test "${tcp:-500001}" -le 500000

port=$(instructions "$voice_port" -H 127.0.0.1 -p "$udp_port/udp")
is "one UDP port: $port of 500000 instructions" test "${port:-500001}" -le 500000

agent=$(instructions "$slp" -H "$sim_slp" --i-own-this-host --query types)
is "one SLP agent: $agent of 500000 instructions" test "${agent:-500001}" -le 500000

kill -USR2 "$agents_pid" && read -r -u "$agents_fd" _
"${v2c[@]}" >/dev/null
kill -USR1 "$agents_pid" && read -r -u "$agents_fd" _
packets=$(sed -n 's/^big //p' "$work/agents/requests")
is "an agent with 2,000 UDP rows: $packets of 12 packets" test "${packets:-13}" -gt 0 -a "${packets:-13}" -le 12

base=0
if link_snmp 2>"$work/log"; then
	base=$(instructions "$work/linked")
	some=$(($(instructions "${v2c[@]}") - base))
	is "an agent with 2,000 UDP rows: $some of 5000000 instructions over linking net-snmp" test "$some" -gt 0 -a "$some" -le 5000000
else
	not_ok "a program linked with net-snmp" "$(cat "$work/log")"
fi
if [ $has_snmpd = yes ]; then
	v3=("$listener" -H "$real" --credentials "$work/keys" -p "$held")
	check "check_listener of snmpd by SNMPv3" 0 'all 5 ports ok' "${v3[@]}"
	some=$(($(instructions "${v3[@]}") - base))
	is "SNMPv3, localized keys: $some of 16000000 instructions over linking net-snmp" test "$some" -gt 0 -a "$some" -le 16000000
else
	skip "instructions of SNMPv3" "snmpd, snmpget and root are needed"
fi

./tests/bench/bench_time "$sip" -H "$sim_sip" >"$work/one"
seq 10000 | awk '{ printf "127.1.%d.%d\n", int($1 / 256), $1 % 256 }' >"$work/targets"
kill ${peers}
peers=
start_sim --address 0.0.0.0
./tests/bench/bench_time "$sip" --targets "$work/targets" -p "$(port_of "$sim_sip")" -t 60 >"$work/many"
read -r _ _ memory code <"$work/many"
is "10,000 UDP targets all answer" test "$code" = 0
is "10,000 UDP targets: $memory of 16384 KiB" test "$memory" -le 16384
done_testing
