#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The layers of HACKING.md: who includes whom, which objects may print or exit, and no writable data
# in the library.
. "${srcdir:-.}/tests/lib.sh"

# allowed LAYER LAYERS: files of LAYER include only from LAYERS.
allowed() {
	found=$(grep -nE '^#include "[a-z]+/' "$srcdir/lib/$1"/*.[ch] |
		grep -vE "#include \"($(echo "$2" | tr ' ' '|'))/")
	if [ -z "$found" ]; then ok "lib/$1 includes only $2"; else not_ok "lib/$1 includes only $2" "$found"; fi
}

allowed base "base"
allowed proto "base proto"
allowed report "base report"
allowed cli "base report cli"
allowed net "base proto net"
allowed local "base local"
allowed snmp "base proto snmp"
allowed push "base report cli push"
allowed check "base proto report cli net local snmp check"

found=$(grep -nE '#include <(sys/|netinet/|arpa/|net/|time|stdio|stdlib|unistd|poll|errno)' "$srcdir"/lib/proto/*.[ch])
if [ -z "$found" ]; then ok "lib/proto has no socket, clock or stdio header"; else not_ok "lib/proto has no socket, clock or stdio header" "$found"; fi

found=$(grep -nE '#include "[a-z_]+\.h"' "$srcdir"/lib/*/*.[ch])
if [ -z "$found" ]; then ok "include lines in lib name their layer"; else not_ok "include lines in lib name their layer" "$found"; fi

# Objects are named lib/<layer>/<program>-<module>.o
noisy='exit|_exit|abort|quick_exit|printf|puts|putchar|fputs|fprintf|vprintf|vfprintf|perror|__printf_chk|__fprintf_chk|__vfprintf_chk'
objects=$(ls lib/*/*.o 2>/dev/null)
is "there are objects to look at" test "$(echo "$objects" | wc -l)" -ge 40
for object in $objects; do
	case $object in
	lib/cli/* | lib/base/*-mem.o) continue ;;
	esac
	nm -u "$object" | grep -E " ($noisy)(@|\$)" | sed "s|^|$object:|"
done >"$work/noisy"
is "only lib/cli and mem.o print or exit" test ! -s "$work/noisy"
sed 's/^/# /' "$work/noisy"

if sanitized; then
	skip "no writable data in the library" "sanitizers add their own"
else
	size -A $objects |
		awk '/:$/ { file = $1 } ($1 ~ /^\.(data|bss)(\..*)?$/ && $1 !~ /^\.data\.rel\.ro/ && $2 > 0) { print file, $1, $2 }' >"$work/data"
	is "no writable data in the library" test ! -s "$work/data"
	sed 's/^/# /' "$work/data"
fi
done_testing
