#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The limits of start-up cost that do not depend on the machine: instructions and shared libraries.
. "${srcdir:-.}/tests/lib.sh"
sip=$PLUGINS/check_sip
voice_port=$PLUGINS/check_voice_port
rtp=$PLUGINS/check_rtp
slp=$PLUGINS/check_eicon_slp
sanitized && skip_all "sanitizers change the cost"
command -v valgrind >/dev/null 2>&1 || skip_all "valgrind is not installed"

start_sim

# instructions COMMAND...: of the whole process
instructions() {
	valgrind --tool=callgrind --callgrind-out-file=/dev/null "$@" 2>&1 | awk '/Collected/ { print $4 }'
}

# linked PROGRAM: the libraries other than libc
linked() {
	ldd "$1" | awk '{ print $1 }' | grep -vE '^(linux-vdso|/lib|libc\.so)' | sed 's/\.so.*//' | sort | tr '\n' ' '
}

is "check_sip is linked with c-ares, inih and jansson only" test "$(linked "$sip")" = "libcares libinih libjansson "
is "check_voice_port too" test "$(linked "$voice_port")" = "libcares libinih libjansson "
is "check_eicon_slp too" test "$(linked "$slp")" = "libcares libinih libjansson "
is "check_rtp also with libmnl" test "$(linked "$rtp")" = "libcares libinih libjansson libmnl "

# loads COMMAND...: which of the heavy libraries a run opens
loads() {
	strace -f -e trace=openat,open "$@" 2>&1 | grep -oE 'lib(ssl|crypto|curl|netsnmp)' | sort -u | tr '\n' ' '
}

tcp_port=$(port_of "$sim_tcp_silent")
udp_port=$(port_of "$sim_udp_echo")
check "check_voice_port finds what it is measured with" 0 '' "$voice_port" -H 127.0.0.1 -p "$tcp_port/tcp,$udp_port/udp"
check "check_rtp too" 2 '1 of 1 UDP ports answer' "$rtp" -H 127.0.0.1 -p "$udp_port"
if command -v strace >/dev/null 2>&1; then
	is "a UDP check maps no TLS library" test "$(loads "$sip" -H "$sim_sip")" = ""
	is "a TLS check does" test "$(loads "$sip" -H "$sim_tls" -T tls --no-verify)" = "libcrypto libssl "
	is "check_voice_port maps no TLS library" test "$(loads "$voice_port" -H 127.0.0.1 -p "$tcp_port/tcp,$udp_port/udp")" = ""
	is "check_eicon_slp maps no TLS library" test "$(loads "$slp" -H "$sim_slp" --i-own-this-host)" = ""
	is "check_rtp maps no TLS library" test "$(loads "$rtp" -H 127.0.0.1 -p "$udp_port")" = ""
else
	skip "which checks map a TLS library" "strace is not installed"
fi

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
