#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The checks as snmpd runs them (contrib/snmpd/voip-extend.conf): what an asker gets is what they say.
snmpd=$(PATH=$PATH:/usr/sbin command -v snmpd)
. "${srcdir:-.}/tests/lib.sh"
[ -n "$snmpd" ] || skip_all "snmpd is not installed"
command -v snmpget >/dev/null || skip_all "snmp is not installed"
[ "$(id -u)" = 0 ] || skip_all "only root can start the agent as its user"
. "$srcdir/tests/engines/snmpd_rig.sh"

start_sim
port=$(port_of "$sim_udp_answer") # free for a moment: the agent's takes the next
agent_port=$((port + 20000 > 60000 ? port - 20000 : port + 20000))
host=${sim_sip%:*} tcp=$(port_of "$sim_tcp_silent")
# the agent's user finds the programs, whoever owns the build tree
install -m 755 "$PLUGINS"/check_* "$work"
sed "s|/usr/lib/nagios/plugins|$work|; s|-H 192.0.2.7|-H $host|; s|check_sip |check_sip -p $(port_of "$sim_sip") |; s|2860/tcp|$tcp/tcp|; s|1440=|$(port_of "$sim_sip")/udp=|" \
	"$srcdir/contrib/snmpd/voip-extend.conf" >"$work/extend.conf"
echo 'rocommunity lookout' >>"$work/extend.conf"
agent extend "$agent_port" -u Debian-snmp -g Debian-snmp <"$work/extend.conf"

# extended COLUMN NAME: the value that an asker gets.
extended() {
	local oid=.1.3.6.1.4.1.8072.1.3.2.3.1.$1.${#2}.$(printf %s "$2" | od -An -tu1 | xargs | tr ' ' .)
	"${bare[@]}" snmpget -v2c -c lookout -Oqv -t 10 "127.0.0.1:$agent_port" "$oid"
}
is "check_sip: the exit code" test "$(extended 4 sip)" = 0
is "check_sip: the first line" grep -q '^"\?SIP OK - .*200 OK in .* | time=0\.[0-9]*s;;;0' <(extended 1 sip)
is "check_voice_port: the exit code" test "$(extended 4 voice_port)" = 0
is "check_voice_port: the first line" grep -q 'VOICE_PORT OK - .*open' <(extended 1 voice_port)
is "check_listener: an unexpected listener is CRITICAL" test "$(extended 4 listener)" = 2
done_testing
