#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Private NRPE servers with the generated sample run every command, asked by check_nrpe in the current protocol
# over TLS and in the old one, which holds 1,024 bytes. All under a locale with a comma; what it is compared
# with is not.
. "${srcdir:-.}/tests/engines/examples_rig.sh" || exit 1
nrpe=$(command -v nrpe)
check_nrpe=/usr/lib/nagios/plugins/check_nrpe
[ -n "$nrpe" ] || skip_all "nagios-nrpe-server is not installed"
[ -x "$check_nrpe" ] || skip_all "nagios-nrpe-plugin is not installed"

make_world
load_examples
is "the sample has the commands of this test's table" test \
	"$(names_in "$srcdir/contrib/nrpe/voip.cfg")" = "$(printf '%s\n' "${!example_rc[@]}" | sort)"

# server TURN PORT [OPTION...]: returns when it listens.
server() {
	cat >"$work/$1.cfg" <<-CFG
		server_address=127.0.0.1
		server_port=$2
		listen_queue_size=16
		allowed_hosts=127.0.0.1
		dont_blame_nrpe=0
		command_timeout=60
		disable_syslog=1
		log_file=$work/$1.log
		pid_file=$world/$1.pid
	CFG
	adapted "$1" >>"$work/$1.cfg"
	: >"$work/$1.log"
	ours "$work/$1".*
	"${under[@]}" $comma "$nrpe" -c "$work/$1.cfg" -f "${@:3}" &
	peers="$peers $!"
	until (: <"/dev/tcp/127.0.0.1/$2") 2>/dev/null; do
		kill -0 "$!" 2>/dev/null || bail "nrpe $1 does not start"
	done
}

# ask_server PORT OPTIONS NAME...
ask_server() {
	printf '%s\n' "${@:3}" | xargs -P 8 -I% sh -c '"$@" >"$0" 2>&1; echo $? >"$0.rc"' "$work/got/%" \
		$comma "$check_nrpe" -H 127.0.0.1 -p "$1" -t 30 $2 -c %
}
ask_tls() { ask_server 1300 '' "$@"; }
ask_old() { ask_server 1301 '-n -2' "$@"; }

server tls 1300
compare_examples "over TLS" ask_tls
server old 1301 -n
compare_examples "1,024 bytes" ask_old
done_testing
