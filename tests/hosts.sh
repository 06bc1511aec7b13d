# SPDX-License-Identifier: GPL-3.0-or-later
# Sourced by the tests that need a network: they run in a namespace of their own, the monitor, with a
# link to a second one, the target.  The tests say what stands on it.
if [ -z "${VOIP_NETNS:-}" ]; then
	unshare -n true 2>/dev/null || { echo "1..0 # SKIP no network namespaces for this user"; exit 0; }
	VOIP_NETNS=1 exec unshare -n bash "$0" "$@"
fi
. "${srcdir:-.}/tests/lib.sh"
PATH=$PATH:/usr/sbin:/sbin

# need TOOL...
need() {
	for tool; do command -v "$tool" >/dev/null 2>&1 || skip_all "$tool is not installed"; done
}

# the target lives as long as its standard input is open
exec {target_in}> >(exec unshare -n bash -c 'echo $$ >"$0"; exec cat >/dev/null' "$work/target")
until [ -s "$work/target" ]; do LC_ALL=C read -r -t 0.01 _ <>/dev/zero || :; done
target=$(cat "$work/target")
on_target() { nsenter -t "$target" -n "$@"; }
# limit KEY VALUE: below /proc/sys/net of the target; older kernels keep some for all namespaces.
limit() { on_target sh -c 'echo "$2" >"/proc/sys/net/$1"' - "$1" "$2" 2>/dev/null; }

need ip
ip link set lo up
ip link add monitor type veth peer name target || skip_all "no veth"
ip link set target netns "$target"
ip link set monitor up
on_target ip link set lo up
on_target ip link set target up

# row NAME RC ERE ARGS...: starts $plugin in the background; `look NAME` judges it as `check` does, so
# that `also` and the rest can read its lines.
declare -A row_pid row_rc row_re row_command
row() {
	row_name=$1 row_rc[$1]=$2 row_re[$1]=$3
	shift 3
	row_command[$row_name]=$*
	"$plugin" "$@" >"$work/row ${row_name//\//.}" 2>"$work/err ${row_name//\//.}" </dev/null &
	row_pid[$row_name]=$!
}
row_result() {
	wait "${row_pid[$1]}"
	code=$?
	cat "$work/row ${1//\//.}"
	cat "$work/err ${1//\//.}" >&2
	return "$code"
}
look() { check "$1" "${row_rc[$1]}" "${row_re[$1]}" row_result "$1" "${row_command[$1]}"; }
