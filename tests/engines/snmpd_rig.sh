# SPDX-License-Identifier: GPL-3.0-or-later
# Sourced by the tests with a real snmpd, behind lib.sh: agents, each with a folder of its own below
# $work, and processes that hold sockets.
rig_stopped=
trap 'for pid in $rig_stopped; do kill -CONT "$pid"; done 2>/dev/null; cleanup' EXIT
# agents of other users find their folders
chmod 711 "$work"

# The tools and agents of net-snmp with nothing of this host's configuration.
bare=(env MIBS= HOME="$work" SNMPCONFPATH="$work/tools" SNMP_PERSISTENT_DIR="$work/tools")

bail() {
	echo "Bail out! $*"
	exit 1
}

# A v3 request of nobody is answered by a report, whatever the agent's configuration.
answers() {
	"${bare[@]}" snmpget -v3 -l noAuthNoPriv -u nobody -r 0 -t 0.1 "127.0.0.1:$1" .1 2>&1 | grep -q 'Unknown user'
}

# agent NAME PORT [OPTION...]: starts snmpd with the configuration that is on standard input and returns
# when it answers; $NAME_agent is its pid. The array `under` is what starts it. Lines for the agent's own
# file, such as createUser, stand in $work/NAME/var/snmpd.conf before.
under=()
agent() {
	local dir=$work/$1 tries
	mkdir -p "$dir/etc" "$dir/var"
	{ cat && echo "agentAddress udp:127.0.0.1:$2,udp6:[::1]:$2"; } >"$dir/etc/snmpd.conf"
	: >"$dir/log"
	chown -R Debian-snmp: "$dir/var" "$dir/log"
	"${bare[@]}" SNMPCONFPATH="$dir/etc:$dir/var" SNMP_PERSISTENT_DIR="$dir/var" "${under[@]}" \
		"$snmpd" -f -Lf "$dir/log" -I -smux,mteTrigger,mteTriggerConf "${@:3}" &
	peers="$peers $!"
	eval "$1_agent=$!"
	for tries in {1..100}; do
		answers "$2" && return
		kill -0 "$!" 2>/dev/null || break
	done
	sed 's/^/# /' "$dir/log"
	bail "snmpd $1 does not start"
}

# keys_of NAME USER: the lines of a credentials file with what the agent keeps of that user, keys that
# are localized for its engine.
keys_of() {
	awk -v user="\"$2\"" '$1 == "usmUser" && $5 == user {
		print "engine-id=" $4; print "auth-key=" $9; print "priv-key=" $11 }' "$work/$1/var/snmpd.conf"
}

# hold NAME ARGS...: a process of that name holds sockets until the end, or until `release NAME`;
# $NAME_pid, and with --base 0 $NAME_udp and $NAME_tcp, are what it got. `argv0` is what it calls itself.
declare -A hold_fd
argv0=
hold() {
	cp ./tests/tools/hold_sockets "$work/$1"
	mkfifo "$work/$1.in" "$work/$1.out"
	(exec -a "${argv0:-$work/$1}" "$work/$1" "${@:2}" <"$work/$1.in" >"$work/$1.out") &
	eval "$1_pid=$!"
	peers="$peers $!"
	exec {hold_fd[$1]}>"$work/$1.in"
	while IFS='=' read -r fact value; do
		[ "$fact" = ready ] && return
		eval "$1_$fact=\$value"
	done <"$work/$1.out"
	bail "no sockets for $1"
}
release() {
	local pid=$1_pid
	kill "${!pid}"
	wait "${!pid}" 2>/dev/null
}

# Kamailio on UDP and TCP port 5060 of 127.0.0.1, that answers 200.
start_kamailio() {
	cat >"$work/kamailio.cfg" <<-'CFG'
		#!KAMAILIO
		debug=0
		log_stderror=yes
		children=2
		tcp_children=1
		dns=no
		rev_dns=no
		auto_aliases=no
		listen=udp:127.0.0.1:5060
		listen=tcp:127.0.0.1:5060
		loadmodule "sl.so"
		request_route { sl_send_reply("200", "OK"); }
	CFG
	"$kamailio" -f "$work/kamailio.cfg" -L "/usr/lib/$(uname -m)-linux-gnu/kamailio/modules" -Y "$work" -w "$work" \
		-P "$work/kamailio.pid" -DD -E -m 32 -M 4 >"$work/kamailio.log" 2>&1 &
	peers="$peers $!"
	until "$PLUGINS/check_sip" -H 127.0.0.1 -T udp -T tcp -t 2 >/dev/null 2>&1; do
		kill -0 "$!" 2>/dev/null || {
			sed 's/^/# /' "$work/kamailio.log"
			bail "kamailio does not start"
		}
	done
}
