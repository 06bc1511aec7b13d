# SPDX-License-Identifier: GPL-3.0-or-later
# Sourced by the tests of Nagios and NRPE in place of lib.sh: a world in which each example of the plugins
# works, and which the generated commands, made from these examples, meet when an engine runs them.
#
# A network namespace with a peer behind every default port; no root needed where users may have one. A plugin
# in $world/plugins is a script that runs the real one and keeps each output, so that a test can tell whether
# an engine lost a byte of it.
PATH=$PATH:/usr/sbin:/sbin
if [ -z "${EXAMPLES_NETNS:-}" ]; then
	if [ "$(id -u)" = 0 ] && unshare -n true 2>/dev/null; then
		EXAMPLES_NETNS=1 exec unshare -n bash "$0" "$@"
	fi
	back="unshare --user --map-user=$(id -u) --map-group=$(id -g)"
	if unshare -rn $back true 2>/dev/null; then
		EXAMPLES_NETNS=1 exec unshare -rn sh -c 'ip link set lo up; exec "$@"' - $back bash "$0" "$@"
	fi
fi
[ "$(id -u)" != 0 ] || ip link set lo up 2>/dev/null
. "${srcdir:-.}/tests/lib.sh" || exit 1
[ -n "${EXAMPLES_NETNS:-}" ] || skip_all "no namespaces for this user"
. "$srcdir/tests/engines/as_nagios_rig.sh" || exit 1
umask 022
export MP_CONFIG_FILE=

bail() {
	sed 's/^/# /' "$work"/*.log
	echo "Bail out! $*"
	exit 1
}

world=$work/world

# A comma as decimal point: $comma starts a program under such a locale; empty when this system cannot make one.
comma="env LOCPATH=$work LC_ALL=de_DE.UTF-8"
localedef -i de_DE -f UTF-8 "$work/de_DE.UTF-8" 2>/dev/null &
localedef_pid=$!

### the world

# peer LOG COMMAND...: starts what prints NAME=VALUE lines and "ready", and sets $sim_NAME to each VALUE.
peer() {
	exec {peer_fd}< <(exec "${under[@]}" "${@:2}" 2>"$work/$1.log")
	peers="$peers $!"
	while IFS='=' read -r -u "$peer_fd" fact value; do
		[ "$fact" = ready ] && return
		eval "sim_$fact=\$value"
	done
	bail "$2 does not start"
}

make_world() {
	mkdir -p "$world"/{bin,plugins,lib,said,memory}
	cp "$PLUGINS"/check_{eicon_slp,listener,rtp,sip,voice_port} "$world/bin"
	cp -r --parents lib/*/voip_*.so "$world"
	# check_listener finds the owner that its examples want
	cp tests/sim/voip_sim "$world/bin/kamailio"
	cp tests/sim/snmp_sim "$world/bin"
	for plugin in "$world"/bin/check_*; do
		cat >"$world/plugins/${plugin##*/}" <<-SH
			#!/bin/sh
			said=\$(mktemp '$world/said/XXXXXX') || exit 3
			'$plugin' "\$@" >"\$said"
			rc=\$?
			cat "\$said"
			exit "\$rc"
		SH
		chmod +x "$world/plugins/${plugin##*/}"
	done
	echo 127.0.0.1 >"$world/hosts.list"
	printf '127.0.0.1\nsecond = 127.0.0.1:5060\n' >"$world/pbx.list"
	echo 1440-16383=kamailio >"$world/listeners"
	echo 30000-30010 >"$world/in-use.list"
	printf '[trunk1]\nwarning = 0\n' >"$world/voip.ini"
	printf '[default]\ncommunity = sim\n' >"$world/snmp.ini"
	chmod 600 "$world"/*.ini
	printf '[types]\nsend = 02 09 00 00 1d 00 00 00 00 00 12 34 00 02 65 6e 00 00 ff ff 00 07 44 45 46 41 55 4c 54\nexpect = 02 0a *\n' \
		>"$world/diva.ini"
	ours "$world"
	peer sim "$world/bin/kamailio" --address 127.0.0.1 --dir "$world/sim" --sip-port 5060 --tls-port 5061 \
		--voice --slp-da --rtp-silent 16384-16387
	peer snmp "$world/bin/snmp_sim"
	"${under[@]}" "$world/bin/check_rtp" --local -p 16384-16400 --output-format json >"$world/inside.json"
}

### the examples

# What each command says in this world: its name, its exit code, an ERE for line 1, and further options for it.
example_rows() {
	cat <<-TABLE
		check_eicon_slp	0	OK - 127\.0\.0\.1:1440/udp eicon-slp: SLPv
		check_eicon_slp_expect	2	CRITICAL - .*expected closed: it tells strangers what is here
		check_eicon_slp_type_attr	0	OK - .*service:diva\.eicon:fax
		check_eicon_slp_preset_check_v1_check_amplification	1	WARNING - .*SLPv1 is answered .*amplification=[0-9.]+;5;50;0	-p 1440 -t 1
		check_eicon_slp_multicast_interface_expect_responder	3	UNKNOWN - multicast .* on lo: 1 responder .* not asked to the end	-t 1
		check_eicon_slp_listen	2	CRITICAL - listening on port 1200/udp: nothing heard within [0-9]+ ms	-p 1200
		check_eicon_slp_all_probes_dump_hex	0	OK - .*SLPv1 and SLPv2	-t 1
		check_eicon_slp_profile	0	OK - .*types: the expected reply
		check_listener	0	OK - this host: .* all 10 ports ok
		check_listener_port	2	CRITICAL - .*1440/tcp eicon-slp is held by "kamailio" .*wanted free
		check_listener_port_allow	0	OK - this host: .* of 29888 ports bound
		check_listener_port_user_path_unit	2	CRITICAL - .*wanted kamailio of user kamailio in $world/bin/kamailio of unit kamailio\.service
		check_listener_credentials_port	0	OK - .*5060/udp sip is held by "kamailio" \(pid 4001	--v2c --agent-port $(port_of "$sim_good")
		check_listener_targets_credentials_v2c_port	2	CRITICAL - 1 of 4 ports critical: 127\.0\.0\.1: 2860/tcp dialpad-voice1 is held by "xmrig".* wanted free	--agent-port $(port_of "$sim_good")
		check_rtp	0	OK - 127\.0\.0\.1: 0 of 17 UDP ports answer RTCP, 4 proven silent	-p 16384-16400
		check_rtp_state_file_timeout	0	OK - .*4 proven silent.* oldest_age=0s	-p 16384-16400
		check_rtp_port_exclude_from_verbose	0	OK - .*0 of 989 UDP ports .*11 excluded
		check_rtp_expect_open_expect_closed	0	OK - .*16380 proven closed
		check_rtp_max_answering_max_open	1	WARNING - .*open=4;3;9;0	--max-open 3,9
		check_rtp_compare	0	OK - .*4 proven silent, 13 proven closed	-p 16384-16400
		check_sip	0	OK - 127\.0\.0\.1:5060/udp: 200 OK in .*time=[0-9.]+s;;;0 code=200
		check_sip_transport_warning_critical	0	OK - .*all 3 targets ok .*time_max=[0-9.]+s;0\.5;2	--ca-file $world/sim/ca.pem
		check_sip_all_targets_quorum	2	CRITICAL - .*1 of 1 endpoints work, quorum 2	--ca-file $world/sim/ca.pem
		check_sip_count_interval_loss	0	OK - .*loss=0%;20;60;0;100
		check_sip_targets_show_timeout	0	OK - all 2 targets ok
		check_sip_map	0	OK - .*200 OK
		check_sip_extra_opts	1	WARNING - .*time=[0-9.]+s;0;;0
		check_voice_port	0	OK - .*all 4 ports ok .*tcp2860=[0-9.]+s;;;0 udp2860=
		check_voice_port_expect	2	CRITICAL - 127\.0\.0\.1: 4 of 4 ports critical
		check_voice_port_port	2	CRITICAL - .*5060/udp sip: no reply to [0-9]+ datagrams?	-t 1
		check_voice_port_port_state	0	OK - 127\.0\.0\.1:2861/udp dialpad-voice2: answers
		check_voice_port_port_expect_regex	2	CRITICAL - 127\.0\.0\.1:22/tcp: connection refused, expected open
		check_voice_port_targets_port_timeout	0	OK - .*tcp2860=[0-9.]+s
	TABLE
}

# adapt TURN: lines of generated commands get the hosts and files of this world. Files that a check writes
# belong to a turn.
adapt() {
	sed -E -e "s#/var/lib/voip/192\.0\.2\.7#$world/memory/$1#; s#192\.0\.2\.7|[a-z0-9]+\.example\.org#127.0.0.1#" \
		-e "s#/usr/lib/nagios/plugins/#$world/plugins/#; s#/etc/voip/#$world/#; s#/usr/sbin/kamailio#$world/bin/kamailio#" \
		-e "/dump_hex/s#diva\.ini#$world/memory/$1.ini#; s#([ !])(diva\.ini|[a-z-]+\.(list|json))#\1$world/\2#" \
		-e "s#=trunk1|!trunk1#&@$world/voip.ini#; s#1024-49151#1440-16383#; s#([ !])eth0#\1lo#" \
		-e 's#(listen[ !])50#\10.3#; s#-i 1 #-i 0.1 #; s#!5!1!#!5!0.1!#'
}

# The names of all commands in lines such as "command[NAME]=" or "command_name NAME".
names_in() { sed -nE 's/^command\[([^]]*)\]=.*/\1/p; s/^\s*command_name\s+//p' "$@" | sort; }

# adapted TURN: the sample of NRPE in this world, with the further options.
adapted() {
	grep '^command' "$srcdir/contrib/nrpe/voip.cfg" | adapt "$1" | while IFS= read -r line; do
		name=${line%%]*}
		echo "$line ${example_more[${name#*[}]:-}"
	done
}

declare -A example_rc=() example_re=() example_more=()
load_examples() {
	while IFS=$'\t' read -r name rc re more; do
		example_rc[$name]=$rc example_re[$name]=$re example_more[$name]=$more
	done < <(example_rows)
	mkdir "$work/direct" "$work/got"
	ours "$work/direct"
	wait "$localedef_pid" || comma=
	if [ -n "$comma" ]; then
		is "a locale with a comma" test "$($comma printf %.1f 1,5)" = 1,5
	else
		skip "a locale with a comma" "localedef or its sources are not installed"
	fi
}

# run_directly NAME...: each example as it stands in the sample of NRPE, by a shell and without $comma, so what an
# engine must not change; $work/direct/NAME is what it says, NAME.rc its exit code.
run_directly() {
	printf 'command[%s]=\n' "$@" >"$work/wanted"
	adapted direct | grep -Ff "$work/wanted" |
		sed -nE "s#^command\[([^]]*)\]=$world/plugins/(.*)#$world/bin/\2 >$work/direct/\1 2>\&1; echo \$? >$work/direct/\1.rc#p" |
		"${under[@]}" xargs -P 8 -d '\n' -n 1 sh -c
}

# shape FILE...: line 1 without the numbers that another run has other values of; thresholds, units and labels stay.
shape() {
	awk -F ' [|] ' 'FNR == 1 {
		gsub(/[0-9]+(\.[0-9]+)?/, "N", $1); gsub(/N [um]?s/, "N s", $1); gsub(/=-?[0-9.]+/, "=N", $2); print $1 " | " $2 }' "$@"
}

# against_example NAME: compares what an engine got of a command, $work/got/NAME and NAME.rc, with the table, with the
# direct run, and byte for byte with what the plugin said; prints what is wrong.
against_example() {
	local line= direct= rc= direct_rc=
	read -r line <"$work/got/$1"
	read -r rc <"$work/got/$1.rc"
	read -r direct <"$work/direct/$1"
	read -r direct_rc <"$work/direct/$1.rc"
	[ "$rc" = "${example_rc[$1]}" ] || echo "state $rc, wanted ${example_rc[$1]}"
	[[ "$line" =~ ${example_re[$1]} ]] || printf '%s\n' "line 1: $line" "wanted: ${example_re[$1]}"
	[ "$rc" = "$direct_rc" ] || echo "directly: state $direct_rc"
	shape "$work/got/$1" "$work/direct/$1" | uniq | awk 'END { exit NR != 1 }' || printf '%s\n' "line 1: $line" "directly: $direct"
	[ -n "${said[=$(<"$work/got/$1")]:-}" ] || echo "the plugin has not said: $(<"$work/got/$1")"
}

# compare_examples TITLE ASK: a case for each example. `ASK NAME...` makes the engine run these commands and leaves
# what it got. On a busy machine a peer of ours may answer too late for what the table wants: what differs is
# run again, twice at most, by the engine and directly.
compare_examples() {
	local name turn left=("${!example_rc[@]}") wrong
	declare -A said why=()
	for turn in 1 2 3; do
		rm -f "$world"/memory/*
		[ $turn = 1 ] && [ -e "$work/direct/${left[0]}" ] || run_directly "${left[@]}"
		"$2" "${left[@]}"
		said=()
		for name in "$world"/said/*; do said[=$(<"$name")]=1; done
		wrong=()
		for name in "${left[@]}"; do
			why[$name]=$(against_example "$name" 2>&1)
			[ -z "${why[$name]}" ] || wrong+=("$name")
		done
		[ ${#wrong[@]} != 0 ] || break
		left=("${wrong[@]}")
	done
	for name in $(printf '%s\n' "${!example_rc[@]}" | sort); do
		if [ -z "${why[$name]}" ]; then ok "$1: $name"; else not_ok "$1: $name" "${why[$name]}"; fi
	done
}
