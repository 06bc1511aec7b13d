#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# contrib/icinga2/voip-distributed with two real nodes: what the satellite checks arrives at the master,
# and when the satellite has gone cluster-zone is what says so.
if [ -z "${ICINGA_NETNS:-}" ] && unshare -n true 2>/dev/null; then
	ICINGA_NETNS=1 exec unshare -n bash "$0" "$@"
fi
[ -z "${ICINGA_NETNS:-}" ] || PATH=$PATH:/usr/sbin:/sbin ip link set lo up
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/engines/icinga2_rig.sh"
need_icinga2
contrib=$srcdir/contrib/icinga2
distributed=$contrib/voip-distributed
export MP_CONFIG_FILE=
master=master.example.org satellite=site-a.example.org
start_sim --address 127.0.0.1

### the master has all of the configuration, the satellite only the zones

node_make $master "$distributed/zones.conf"
zones=$work/$master/zones.d
cp -R "$distributed/zones.d/." "$zones"
chmod -R u+w "$zones"
mkdir "$zones/global-templates"
cp "$contrib"/voip-{commands,site}.conf "$zones/global-templates"
cp "$contrib"/voip-{passive,api-user}.conf "$zones/master"
chmod u+w "$zones"/*/*
sed -i "s/address = .*/address = \"127.0.0.1\"; vars.voip_sip_port = $(port_of "$sim_sip")/" "$zones/site-a/hosts.conf"
sed -i 's/check_interval = 1m/check_interval = 1s/' "$zones/global-templates/voip-site.conf"
is "the master's configuration is valid" node_valid $master
node_start $master
sed "s/192\.0\.2\.1/127.0.0.1/; s/5665/${node_port[$master]}/" "$distributed/zones.conf" >"$work/zones.conf"
node_make $satellite "$work/zones.conf"
is "so is the satellite's" node_valid $satellite
node_start $satellite

last=attrs=last_check_result
ordinary="objects/services/pbx1.site-a.example.org!sip-udp?$last"
# cluster_zone STATE: the master is told to check until it says so.
cluster_zone() {
	local end=$((SECONDS + await_s))
	until last_result $master site-a satellite >"$work/body" && holds ".state == $1" "$work/body"; do
		[ "$SECONDS" -lt "$end" ] || return 1
		api $master POST 'actions/reschedule-check?service=site-a!satellite' '{"force":true}' >/dev/null
		sleep 0.1
	done
}
is "cluster-zone is OK when the satellite is connected" cluster_zone 0
is "the satellite has got its hosts and checks them" await $master "$ordinary" '.results[0].attrs.last_check_result.state == 0'
jq '.results[0].attrs.last_check_result' "$work/body" >"$work/result"
jq -r '.check_source, .scheduling_source, .command[0]' "$work/result" >"$work/out"
also "the result is the satellite's" "^$satellite$"
never "and not the master's" "$master"
also "by the command that came from the master" '/check_sip$'
is "with its performance data" holds '.performance_data | map(split("=")[0]) == ["time", "code", "retrans"]' "$work/result"

### the satellite goes

node_stop $satellite
is "cluster-zone is CRITICAL when it has gone" cluster_zone 2
jq -r .output "$work/body" >"$work/out"
also "and names the zone" 'site-a'
api $master GET "$ordinary" >"$work/body"
is "what it checked stays green" holds '.results[0].attrs.last_check_result | .state == 0 and .check_source == "site-a.example.org"' "$work/body"
node_start $satellite
is "back again, cluster-zone is OK" cluster_zone 0
done_testing
