# SPDX-License-Identifier: GPL-3.0-or-later
# Sourced by the shell tests: TAP output, running a plugin, starting peers.  The tests run in the
# top folder of the build tree with $srcdir set.
set -u
srcdir=${srcdir:-.}
PLUGINS=${PLUGINS:-$PWD/plugins}
work=$(mktemp -d "${TMPDIR:-/tmp}/voip-test.XXXXXX")
tests_n=0
peers=

cleanup() {
	local IFS=$' \t\n' # a signal may come while a line is being split
	for pid in $peers; do kill "$pid" 2>/dev/null; done
	for pid in $peers; do wait "$pid" 2>/dev/null; done
	rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

ok() {
	tests_n=$((tests_n + 1))
	echo "ok $tests_n - $1"
}

# not_ok NAME LINE...
not_ok() {
	tests_n=$((tests_n + 1))
	echo "not ok $tests_n - $1"
	shift
	printf '%s\n' "$@" | sed 's/^/# /'
}

# is NAME CONDITION...: the condition is a command.
is() {
	is_name=$1
	shift
	if "$@"; then ok "$is_name"; else not_ok "$is_name" "failed: $*"; fi
}

skip() {
	tests_n=$((tests_n + 1))
	echo "ok $tests_n - $1 # SKIP $2"
}

skip_all() {
	echo "1..0 # SKIP $*"
	exit 0
}

# What needs other hosts or engines takes long; a second look at the same tree goes without.
case $0 in
*/net/* | */engines/*) [ -z "${VOIP_BRIEF:-}" ] || skip_all "VOIP_BRIEF is set" ;;
esac

done_testing() {
	echo "1..$tests_n"
}

# run COMMAND...: sets rc, first (line 1); stdout and stderr stay in $work/out and $work/err.
run() {
	"$@" >"$work/out" 2>"$work/err" </dev/null
	rc=$?
	first=$(head -n 1 "$work/out")
}

# What is wrong with the last run's output as a plugin's output; empty when nothing.
contract() {
	[ "$rc" -le 3 ] || echo "exit code $rc"
	[ -s "$work/err" ] && sed 's/^/stderr: /' "$work/err"
	./tests/tools/perfdata_check --expect-state "$rc" <"$work/out" 2>&1
}

# check NAME RC ERE COMMAND...: a plugin in text format must exit with RC, match ERE on line 1 and
# keep the output contract.
check() {
	check_name=$1 check_rc=$2 check_re=$3
	shift 3
	run "$@"
	broken=$(contract)
	if [ "$rc" != "$check_rc" ]; then
		not_ok "$check_name" "exit code $rc, wanted $check_rc" "$(cat "$work/out" "$work/err")" "$*"
	elif ! printf '%s\n' "$first" | grep -Eq -e "$check_re"; then
		not_ok "$check_name" "line 1: $first" "wanted: $check_re" "$*"
	elif [ -n "$broken" ]; then
		not_ok "$check_name" "$broken" "$(cat "$work/out")" "$*"
	else
		ok "$check_name"
	fi
}

# also NAME ERE: some line of the last run's output matches.
also() {
	if grep -Eq -e "$2" "$work/out"; then ok "$1"; else not_ok "$1" "no line matches $2" "$(cat "$work/out")"; fi
}

# never NAME ERE: no line of the last run's output matches.
never() {
	if grep -Eq -e "$2" "$work/out"; then not_ok "$1" "a line matches $2" "$(cat "$work/out")"; else ok "$1"; fi
}

# start_peer NAME PROGRAM ARGS...: starts a peer of tests/sim and sets $NAME_FACT for each fact that it prints.
start_peer() {
	local name=$1 program=$2
	shift 2
	exec {peer_fd}< <(exec "./tests/sim/$program" --dir "$work/$name" "$@" 2>"$work/$name.log")
	peers="$peers $!"
	while IFS='=' read -r -u "$peer_fd" fact value; do
		[ "$fact" = ready ] && return
		eval "${name}_$fact=\$value"
	done
	sed "s/^/# $program: /" "$work/$name.log"
	echo "Bail out! $program does not start"
	exit 1
}
start_sim() { start_peer sim voip_sim "$@"; } # $sim_sip, $sim_ca ...

# Whether this tree is built with sanitizers, which change costs and sections.
sanitized() {
	head -n 20 config.log | grep -q -- '--enable-sanitizers'
}

port_of() {
	echo "${1##*:}"
}
