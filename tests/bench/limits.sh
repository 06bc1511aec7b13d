#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The limits of start-up cost that do not depend on the machine: instructions and shared libraries.
. "${srcdir:-.}/tests/lib.sh"
sip=$PLUGINS/check_sip
sanitized && skip_all "sanitizers change the cost"
command -v valgrind >/dev/null 2>&1 || skip_all "valgrind is not installed"

start_sim

# instructions COMMAND...: of the whole process
instructions() {
	valgrind --tool=callgrind --callgrind-out-file=/dev/null "$@" 2>&1 | awk '/Collected/ { print $4 }'
}

libraries=$(ldd "$sip" | awk '{ print $1 }' | grep -vE '^(linux-vdso|/lib|libc\.so|libcares\.so|libjansson\.so|libinih\.so)')
is "only libc, c-ares, jansson and inih are linked" test -z "$libraries"

# loads ARGS...: which of the heavy libraries a run opens
loads() {
	strace -f -e trace=openat,open "$sip" "$@" 2>&1 | grep -oE 'lib(ssl|crypto|curl|netsnmp)' | sort -u | tr '\n' ' '
}

if command -v strace >/dev/null 2>&1; then
	is "a UDP check maps no TLS library" test "$(loads -H "$sim_sip")" = ""
	is "a TLS check does" test "$(loads -H "$sim_tls" -T tls --no-verify)" = "libcrypto libssl "
else
	skip "a UDP check maps no TLS library" "strace is not installed"
fi

udp=$(instructions "$sip" -H "$sim_sip")
is "one UDP OPTIONS: $udp of 600000 instructions" test "${udp:-600001}" -le 600000

tls=$(instructions "$sip" -H "$sim_tls" -T tls --ca-file "$sim_ca")
is "one verified TLS probe: $tls of 30000000 instructions" test "${tls:-30000001}" -le 30000000

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
