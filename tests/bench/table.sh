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

# turn KEY COMMAND...: the same without what the command says, which takes a shell.
turn() {
	key=$1
	shift
	timeout "$patience" ./tests/bench/bench_time "$@" >>"$work/$key.rounds"
}

# best KEY [COLUMN]: sets wall, cpu, memory and code to those of the round with the least wall time, or CPU
# with column 2.
best() {
	read -r wall cpu memory code <<<"$(sort -n -k "${2:-1},${2:-1}" "$work/$1.rounds" | head -n 1)"
	[ -n "$wall" ] || wall=- cpu=- memory=- code=timeout
}

# show NAME KEY RATIO [COLUMN]: a line of what was measured.
show() {
	best "$2" "${4:-1}"
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

# link_snmp: $work/linked is a program that does nothing and is linked with net-snmp: what nobody who uses
# that library can save.
made_with() { sed -n "s/^$1 = //p" Makefile; }
link_snmp() {
	echo 'int main(void) { return 0; }' >"$work/linked.c"
	$(made_with CC) -O2 -o "$work/linked" "$work/linked.c" -Wl,--no-as-needed $(made_with NETSNMP_LIBS)
}

# start_agents ARGS...: starts snmp_sim and sets a variable per fact: $agent_big, $agent_agents ...; the
# community is in $work/v2c.
start_agents() {
	mkdir -p "$work/agents"
	(umask 077 && printf '[default]\ncommunity=sim\n' >"$work/v2c")
	exec {agents_fd}< <(exec ./tests/sim/snmp_sim --dir "$work/agents" "$@")
	agents_pid=$!
	peers="$peers $!"
	while IFS='=' read -r -u "$agents_fd" fact value; do
		[ "$fact" = ready ] && return
		eval "agent_$fact=\$value"
	done
	echo "Bail out! snmp_sim does not start"
	exit 1
}

# start_snmpd: a real agent of this host, its caches empty; $real is its address, $work/keys has localized
# keys of it. Needs snmpd_rig.sh. False where it cannot be started.
start_snmpd() {
	snmpd=$(PATH=$PATH:/usr/sbin command -v snmpd) && command -v snmpget >/dev/null && [ "$(id -u)" = 0 ] || return
	mkdir -p "$work/real/var"
	echo 'createUser bench SHA-256 "auth of bench" AES-128 "priv of bench"' >"$work/real/var/snmpd.conf"
	real=127.0.0.1:$(./tests/tools/hold_sockets --udp 1 </dev/null | sed -n 's/^udp=//p')
	agent real "${real#*:}" <<<$'rouser bench priv\nrocommunity sim'
	(umask 077 && { printf '[default]\nuser=bench\nauth=SHA-256\npriv=AES-128\n' && keys_of real bench; } >"$work/keys")
}

# sleepers N: processes that do nothing, with three descriptors each; $sleepers is who ends them.
sleepers() {
	(
		for fd in /proc/"$BASHPID"/fd/*; do
			[ "${fd##*/}" -le 2 ] || eval "exec ${fd##*/}>&-"
		done
		trap 'kill $(jobs -p); exit' TERM
		for _ in $(seq "$1"); do sleep 600 & done
		wait
	) &
	sleepers=$!
	peers="$peers $!"
	until [ "$(pgrep -c -P "$sleepers")" -ge "$1" ]; do kill -0 "$sleepers" || return; done
}
