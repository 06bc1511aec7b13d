# SPDX-License-Identifier: GPL-3.0-or-later
# Sourced by the benchmarks: measuring programs, and a table of program, instructions, CPU, wall,
# memory, ratio to the limit.
. "${srcdir:-.}/tests/lib.sh"
rounds=${BENCH_ROUNDS:-5}
patience=300 # seconds for any one program

# line NAME INSTRUCTIONS CPU WALL MEMORY RATIO
line() { printf '%-68s %12s %8s %8s %8s %8s\n' "$@"; }

# absent NAME COMMAND: whether it cannot be run, and then says so in the table.
absent() {
	command -v "$2" >/dev/null 2>&1 && return 1
	printf '%-68s %s is not installed\n' "$1" "${2##*/}"
}

# ratio VALUE LIMIT
ratio() { awk -v value="$1" -v limit="$2" 'BEGIN { if (limit > 0 && value > 0) printf "%.2f", value / limit; else print "-" }'; }

# times FACTOR VALUE
times() { awk -v factor="$1" -v value="$2" 'BEGIN { print factor * value }'; }

instructions() {
	command -v valgrind >/dev/null 2>&1 || { echo -; return; }
	timeout "$patience" valgrind --tool=callgrind --callgrind-out-file=/dev/null "$@" 2>&1 | awk '/Collected/ { print $4 }'
}

# measure KEY COMMAND...: one round more; what the command says is in $work/KEY.said.
measure() {
	key=$1
	shift
	timeout "$patience" ./tests/bench/bench_time sh -c 'exec "$@" >"$0"' "$work/$key.said" "$@" >>"$work/$key.rounds"
}

# best KEY: sets wall, cpu, memory and code to those of the round with the least wall time.
best() {
	read -r wall cpu memory code <<<"$(sort -n "$work/$1.rounds" | head -n 1)"
	[ -n "$wall" ] || wall=- cpu=- memory=- code=timeout
}

# show NAME KEY RATIO: a line of what was measured.
show() {
	best "$2"
	line "$1" - "$cpu" "$wall" "$memory" "$3"
}

# perfdata LABEL KEY: a number of what the last round of KEY said.
perfdata() { tr ' ;' '\n\n' <"$work/$2.said" | sed -n "s/^$1=//p" | head -n 1; }

# row NAME LIMIT-VALUE UNIT-OF-LIMIT COUNT COMMAND...: UNIT is i (instructions), w (wall), c (CPU),
# - (none); COUNT is no where instructions are not counted.
row() {
	name=$1 limit=$2 unit=$3 count=$4
	shift 4
	absent "$name" "$1" && return
	n=-
	[ "$count" = no ] || n=$(instructions "$@")
	: >"$work/row.rounds"
	for _ in $(seq "$rounds"); do
		timeout "$patience" ./tests/bench/bench_time "$@" >>"$work/row.rounds"
	done
	best row
	case $unit in
	i) value=$n ;;
	w) value=$wall ;;
	c) value=$cpu ;;
	*) value=- ;;
	esac
	line "$name" "$n" "$cpu" "$wall" "$memory" "$(ratio "$value" "$limit")"
}
