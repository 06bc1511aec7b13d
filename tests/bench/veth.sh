#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The rows of the benchmark that need a host of their own on the other end of a veth, with the ICMP
# limits that a Linux host has by default.  Run by tests/bench/run in a fresh network namespace.
. "${srcdir:-.}/tests/bench/table.sh"
PATH=$PATH:/usr/sbin:/sbin
voice_port=$PLUGINS/check_voice_port
rtp=$PLUGINS/check_rtp
check_tcp=/usr/lib/nagios/plugins/check_tcp
range=16384-32767
dropped=16384-31999

absent "rows across a veth" ip && exit
# the target lives as long as its standard input is open
exec {target_in}> >(exec unshare -n bash -c 'echo $$ >"$0"; exec cat >/dev/null' "$work/target")
until [ -s "$work/target" ]; do read -r -t 0.01 _ <>/dev/zero || :; done
target=$(cat "$work/target")
on_target() { nsenter -t "$target" -n "$@"; }

ip link set lo up
ip link add monitor type veth peer name target || { echo "rows across a veth: skipped, no veth"; exit; }
ip link set target netns "$target"
ip addr add 192.0.2.1/24 dev monitor
ip link set monitor up
on_target ip link set lo up
on_target ip addr add 192.0.2.2/24 dev target
on_target ip addr add 192.0.2.3/24 dev target
on_target ip link set target up
# older kernels keep the last two for all namespaces
for limit in icmp_ratelimit=1000 icmp_ratemask=6168 icmp_msgs_per_sec=1000 icmp_msgs_burst=50; do
	on_target sh -c 'echo "${1#*=}" >"/proc/sys/net/ipv4/${1%=*}"' - $limit 2>/dev/null
done

# 100 ports of the range echo, the others are closed
echoes=$(seq 16400 163 32600 | paste -sd,)
exec {sim_fd}< <(exec nsenter -t "$target" -n ./tests/sim/voip_sim --dir "$work/sim" --address 192.0.2.2 --rtp "$echoes" 2>"$work/sim.log")
peers="$peers $!"
until read -r -u "$sim_fd" fact && [ "$fact" = ready ]; do
	[ -n "$fact" ] || { echo "voip_sim does not start"; exit 1; }
done

# find: 100 answering ports
limit=0
if ! absent "100 of 16384 answer: nmap --defeat-icmp-ratelimit" nmap; then
	measure nmap nmap -n -Pn -sU --defeat-icmp-ratelimit -p $range -oG - 192.0.2.2
	best nmap
	limit=$(times 0.1 "$wall")
	found=$(grep -oE '[0-9]+/open/udp' "$work/nmap.said" | wc -l)
	show "100 of 16384 answer: nmap --defeat-icmp-ratelimit, found $found" nmap -
fi
for _ in 1 2 3; do measure find "$rtp" -H 192.0.2.2 --rate 20000 --prove 0; done
best find
show "100 of 16384 answer: check_rtp, found $(perfdata answering find) (limit nmap / 10)" find "$(ratio "$wall" "$limit")"

# prove: silent ports.  nmap would take minutes, so its estimate after one is taken.
if ! absent "15616 UDP ports dropped" iptables; then
	on_target iptables -w -A INPUT -d 192.0.2.3 -p udp --dport ${dropped/-/:} -j DROP
	limit=0
	if ! absent "15616 dropped: nmap -sU" nmap; then
		measure estimate timeout -s INT 61 nmap -n -Pn -sU --stats-every 10s -p $dropped 192.0.2.3
		best estimate
		wall=$(awk '
			function seconds(text, part) { split(text, part, ":"); return part[1] * 3600 + part[2] * 60 + part[3] }
			/^Stats: / { elapsed = seconds($2) }
			/remaining\)/ { sub(/.*\(/, ""); total = elapsed + seconds($1) }
			END { print total ? total : "-" }' "$work/estimate.said")
		limit=$(times 0.1 "$wall")
		line "15616 dropped: nmap -sU for 61 s, wall as it estimates" - "$cpu" "$wall" "$memory" -
	fi
	# prove KEY WORDS ARGS...
	prove() {
		key=$1 words=$2
		shift 2
		measure "$key" "$rtp" -H 192.0.2.3 -p $dropped "$@"
		best "$key"
		show "15616 dropped: check_rtp$words, proven $(perfdata silent "$key") (limit nmap / 10)" "$key" "$(ratio "$wall" "$limit")"
	}
	prove fast " --rate 20000" --rate 20000
	prove default "" --prove 60 -t 90
fi

# 8,000 TCP targets: what goes to a link address that nobody has gets no answer at all
seq 0 3999 | awk '{ printf "127.2.%d.%d\n", int($1 / 250), 1 + $1 % 250 }' >"$work/refused"
seq 0 3999 | awk '{ printf "10.9.%d.%d\n", int($1 / 250), 1 + $1 % 250 }' >"$work/swallowed"
ip route add 10.9.0.0/16 dev monitor
awk '{ print "neigh add " $1 " lladdr 02:00:00:00:00:99 dev monitor nud permanent" }' "$work/swallowed" | ip -batch -
paste -d '\n' "$work/refused" "$work/swallowed" >"$work/targets"
ulimit -n 20000
tcp=("$voice_port" --targets "$work/targets" -p 2860/tcp -t 1 --rate 0 --parallel 10000)
rounds=3
row "8,000 TCP targets: check_voice_port (limit 40 us CPU each)" "$(times 8000 0.00004)" c no "${tcp[@]}"
us=$(awk -v cpu="$cpu" 'BEGIN { printf "%.0f", cpu / 8000 * 1e6 }')
head -n 200 "$work/refused" >"$work/refused200"
name="200 refused: a check_tcp for each (same limit)"
absent "$name" "$check_tcp" ||
	row "$name" "$(times 200 0.00004)" c no sh -c "while read -r t; do $check_tcp -H \$t -p 2860 -t 1; done <$work/refused200"
timeout 60 "${tcp[@]}" --show 8000 >"$work/all"
said() { grep -c "^\[.*: $1" "$work/all"; }
echo "check_voice_port: $us us CPU for each target; $(said 'connection refused') refused, $(said 'no answer to the TCP') silent"
