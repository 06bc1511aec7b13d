#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# contrib/icinga2 in a real Icinga 2: the configuration is valid, each generated command with each of its
# options gives what the plugin itself gives, performance data reach Graphite, the rules of a site make
# services, passive results that stop turn UNKNOWN, and who may send them can do nothing else.
if [ -z "${ICINGA_NETNS:-}" ] && unshare -n true 2>/dev/null; then
	ICINGA_NETNS=1 exec unshare -n bash "$0" "$@"
fi
[ -z "${ICINGA_NETNS:-}" ] || PATH=$PATH:/usr/sbin:/sbin ip link set lo up
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/engines/icinga2_rig.sh"
need_icinga2
contrib=$srcdir/contrib/icinga2
export MP_CONFIG_FILE=
umask 077

# same NAME EXPECTED ACTUAL: two files.
same() {
	if diff "$2" "$3" >"$work/diff"; then ok "$1"; else not_ok "$1" "$(head -n 20 "$work/diff")"; fi
}

### the peers, and what options name

mkfifo "$work/alive"
exec {alive}<>"$work/alive"
exec {snmp}< <(exec ./tests/sim/snmp_sim --exit-with-parent <"$work/alive" {alive}>&-)
peers="$peers $!"
while IFS='=' read -r -u "$snmp" fact value && [ "$fact" != ready ]; do
	declare "sim_$fact=$value"
done
low=$((16384 + RANDOM % 1000 * 16)) group=$((2000 + RANDOM % 12000))
start_sim --address 127.0.0.1 --slp-port $group --slp-da --rtp $low-$((low + 7)) --rtp-silent $((low + 8))-$((low + 12))
echo alice:secret >"$work/digest"
printf 'hello' >"$work/hello"
printf 'one = %s\ntwo = sip:dup@%s\nthree = sip:unavailable@%s\n' "$sim_sip" "$sim_sip" "$sim_sip" >"$work/sip.list"
printf '127.0.0.1\n127.0.0.2\n' >"$work/hosts.list"
printf '%s\nclosed = 127.0.0.1:%s\n' "$sim_slp" "$((group + 2))" >"$work/slp.list"
printf '%s\n%s\n' "$sim_good" "$sim_refused" >"$work/agents.list"
echo "$((low + 11)) # a call" >"$work/in-use.list"
echo "$low-$((low + 3))" >"$work/inside.list"
echo "1-100=nobody" >"$work/allow.list"
cat >"$work/snmp.ini" <<-'INI'
	[v2c]
	community=sim
	[old]
	user=voip
	auth=MD5
	auth-passphrase=the authentication passphrase
	priv-passphrase=the privacy passphrase
INI
cat >"$work/opts.ini" <<-INI
	[first]
	ruri=sip:code404@pbx.test
	[second]
	count=2
	interval=0.1
	[voice]
	port=$(port_of "$sim_tcp_open")/tcp
	[slp]
	port=$(port_of "$sim_slp")
	[rtp]
	port=$low-$((low + 7))
	[listener]
	port=$(port_of "$sim_sip")/udp=voip_sim
INI
# Graphite: a port that tells what comes
exec {graphite}< <(exec perl -MIO::Socket::INET -e '$| = 1; $port = IO::Socket::INET->new(LocalAddr => "127.0.0.1", Listen => 1);
	print $port->sockport, "\n"; $from = $port->accept; print while <$from>')
peers="$peers $!"
read -r -u "$graphite" graphite_port

### one node with all of it

at_once=8
node_make probe
parts=$work/probe/etc/conf.d
{
	echo "const MaxConcurrentChecks = $at_once"
	echo "const Files = \"$work\"; const Made = \"$work/made\""
	echo "const ExampleProfile = \"$(cd "$srcdir" && pwd)/contrib/profiles/example.ini\""
	echo 'const At = { }; const Port = { }'
	for fact in ${!sim_@}; do
		echo "At.${fact#sim_} = \"${!fact}\"; Port.${fact#sim_} = \"${!fact##*:}\""
	done
	echo "Port.free = \"$((group + 1))\"; Port.bound = \"$((low + 10))\"; Port.excluded = \"$((low + 12))\""
	echo "Port.closed = \"$((low + 13))-$((low + 15))\""
	echo "object GraphiteWriter \"graphite\" { host = \"127.0.0.1\"; port = $graphite_port; enable_send_thresholds = true }"
} >"$parts/00-facts.conf"
cp "$contrib"/voip-{commands,site,hosts,passive,api-user}.conf "$srcdir"/tests/engines/icinga2/*.conf "$parts"
chmod u+w "$parts"/*
sed -i 's/15m/3s/' "$parts/voip-passive.conf"
printf '[default]\ncommunity = sim\n' >"$work/probe/etc/voip-snmp.ini"
is "commands and examples are valid" node_valid probe

# broken NAME ERE FILE SED: with an edited file of the node it is not valid any more.
broken() {
	cp "$3" "$work/kept"
	sed -i "$4" "$3"
	if node_valid probe; then not_ok "$1" "Icinga accepts it"; else also "$1" "$2"; fi
	cp "$work/kept" "$3"
}
broken "a command without its end is not" 'unexpected end of file' "$parts/voip-commands.conf" '$d'
broken "nor a service of a command that does not exist" "voip_sip' does not exist|'voip_sip' .*not exist" "$parts/voip-commands.conf" 's/"voip_sip"/"voip_ship"/'
broken "nor a template" "template.*voip-service" "$parts/voip-site.conf" 's/^template Service "voip-service"/template Service "other"/'
broken "nor without the folder of the plugins" 'PluginContribDir' "$work/probe/etc/icinga2.conf" '/PluginContribDir/d'

### what passive senders may do

rm "$parts/voip-hosts.conf"
node_start probe
client_make probe1.example.org
client_make probe3.example.org
by_password=(-u "voip-probe:put 30 random characters here")
by_certificate=(--cert "$work/pki/probe1.example.org.crt" --key "$work/pki/probe1.example.org.key")

# may NAME STATUS VERB PATH [JSON]: what the API answers to whom `as` says.
may() {
	api probe "${@:3}" >"$work/body"
	if [ "$(tail -c 3 "$work/status")" = "$2" ]; then ok "$1"; else not_ok "$1" "$(cat "$work/status" "$work/body")"; fi
}
result() { echo "actions/process-check-result?service=$1"; }
good() { echo "{\"exit_status\":0,\"plugin_output\":\"fine\",\"performance_data\":[\"sent=1\"],\"ttl\":$1}"; }
as=("${by_password[@]}")
may "a result for a passive service, by password" 200 POST "$(result 'probe1.example.org!sip')" "$(good 1)"
may "of another host too" 200 POST "$(result 'probe2.example.org!sip')" "$(good 600)"
may "no result for an active service" 404 POST "$(result 'site!voice-ports')" "$(good 600)"
may "no result for a host" 404 POST 'actions/process-check-result?host=site' "$(good 600)"
may "no other action" 404 POST 'actions/reschedule-check?service=probe1.example.org!sip' '{}'
may "no look at objects" 404 GET objects/services
as=("${by_certificate[@]}")
may "a result by certificate" 200 POST "$(result 'probe1.example.org!rtp-exposure')" "$(good 0)"
may "not of another host" 404 POST "$(result 'probe2.example.org!sip')" "$(good 600)"
as=(-u voip-probe:wrong)
may "a wrong password" 401 POST "$(result 'probe1.example.org!sip')" "$(good 600)"
as=(--cert "$work/pki/probe3.example.org.crt" --key "$work/pki/probe3.example.org.key")
may "a certificate of nobody" 401 POST "$(result 'probe1.example.org!sip')" "$(good 600)"
as=(-u rig:rig)
last_result probe probe2.example.org sip >"$work/body"
is "what was sent is there" holds '[.state, .output, .performance_data, .active, .ttl] == [0, "fine", ["sent=1"], false, 600]' "$work/body"

### freshness

passive='objects/services?attrs=__name&attrs=last_check_result&attrs=last_state_ok&attrs=last_state_change'
late='no result has come in time: look at the sender'
await probe "$passive" "[.results[].attrs | select(.__name | startswith(\"probe1\")).last_check_result.output == \"$late\"] == [true, true]"
jq '[.results[].attrs | select(.__name | startswith("probe")) | { key: .__name, value: . }] | from_entries' "$work/body" >"$work/passive"
# turns NAME FILTER: $live is the one with a time to live, $idle the one without, $kept that with a long one.
turns() {
	if jq -e ".\"probe1.example.org!sip\" as \$live | .\"probe1.example.org!rtp-exposure\" as \$idle | .\"probe2.example.org!sip\" as \$kept | $2" \
		"$work/passive" >"$work/out"; then ok "$1"; else not_ok "$1" "$2" "$(cat "$work/passive")"; fi
}
turns "results that stop turn UNKNOWN" '[$live, $idle | .last_check_result.state, .last_state_ok > 0] == [3, true, 3, true]'
turns "after their time to live, and not before" '$live.last_state_change - $live.last_state_ok >= 1'
turns "without one after the interval" '$idle.last_state_change - $idle.last_state_ok >= 3 and $idle.last_state_change > $live.last_state_change'
turns "and what is still alive stays" '$kept.last_check_result.state == 0 and $kept.last_check_result.active == false'
may "a late result makes it green again" 200 POST "$(result 'probe1.example.org!sip')" "$(good 600)"
last_result probe probe1.example.org sip | jq -r '"\(.state) \(.output)"' >"$work/passive"
same "as it says" - "$work/passive" <<<'0 fine'

### every command with every option, by Icinga and directly

# the node connects to Graphite when it starts, or ten seconds later; until then metrics go nowhere
await probe status/GraphiteWriter '.results[0].status.graphitewriter.graphite.connected' || bail "no connection to Graphite"
mkdir "$work/made" "$work/direct"
api probe POST actions/reschedule-check '{"type":"Service","filter":"!service.enable_active_checks || match(\"site*\", host.name)","force":true}' >"$work/body"
is "all checks have run" await probe 'objects/services?attrs=__name&attrs=host_name&attrs=vars&attrs=last_check_result' \
	'[.results[].attrs] | all(.last_check_result)'
jq '[.results[].attrs | select(.vars.text)] | sort_by(.__name)' "$work/body" >"$work/cases"
jq -r '[.results[].attrs | select(.host_name | startswith("site"))] | sort_by(.__name)[] |
	[.__name, .last_check_result.state,
		(.last_check_result.output | scan("/(udp|tcp|tls): 200 OK")[], scan("hostname: the value is empty"))] | join(" ")' \
	"$work/body" >"$work/site"
same "the rules make a site's services" - "$work/site" <<-'SITE'
	site!eicon-slp 0
	site!listeners 0
	site!rtp-exposure 0
	site!sip-tcp 0 tcp
	site!sip-udp 0 udp
	site!voice-ports 0
	site-nowhere!listeners 3 hostname: the value is empty
	site-nowhere!sip-udp 3 hostname: the value is empty
	site-tls!eicon-slp 2
	site-tls!listeners 0
	site-tls!sip-tls 0 tls
SITE

rm "$work/made"/*
jq -r '.[] | (.__name | @sh), (.last_check_result.command | @sh)' "$work/cases" |
	while read -r name && read -r command; do
		echo "cd '$work/direct' && $command >$name 2>&1 </dev/null; echo \$? >$name.rc"
	done | tr '\n' '\0' | xargs -0 -n 1 -P $at_once bash -c

# Lines of name, state, sentence and metrics, without what differs from run to run: the sentence's
# numbers, and of the metrics times and what is asked again on a busy machine.
same_again() {
	LC_ALL=C awk -F '\037' '{
		sub(/ \|.*/, "", $3); sub(/ +$/, "", $3); gsub(/[0-9]+(\.[0-9]+)?( ?[mu]?s)?/, "N", $3)
		sub(/^[^|]*(\| )?/, "", $4); sub(/ +$/, "", $4)
		gsub(/=[0-9.]+s/, "=Ns", $4)
		while (match($4, /(^| )(icmp_rate|packets|retrans|retries|amplification|re(quest|ply)_bytes)=[0-9.]+/)) {
			asked = substr($4, RSTART, RLENGTH); sub(/=.*/, "=N", asked)
			$4 = substr($4, 1, RSTART - 1) asked substr($4, RSTART + RLENGTH) }
		print $1 " " $2 "\t" $3 "\t" $4 }'
}
jq -r '.[] | .__name as $name | .last_check_result |
	[$name, "\(.state)", (.output | split("\n")[0]), "| " + (.performance_data | join(" "))] | join("\u001f")' \
	"$work/cases" | same_again >"$work/by-icinga"
jq -r '.[] | .__name as $name | .vars.text as $text | .vars.state as $state | .last_check_result |
	"\($name) \(.state == $state and .exit_status == $state and (.output | split("\n")[0] | test($text)))"' \
	"$work/cases" >"$work/as-wanted"
while read -r name _; do
	IFS= read -r line <"$work/direct/$name"
	printf '%s\037%s\037%s\037%s\n' "$name" "$(<"$work/direct/$name.rc")" "$line" "$line"
done <"$work/as-wanted" | same_again >"$work/by-hand"
is "there are as many results by hand" test "$(wc -l <"$work/by-hand")" = "$(jq length "$work/cases")"
while read -r name wanted && IFS= read -r -u 8 by_icinga && IFS= read -r -u 9 by_hand; do
	if [ "$wanted" != true ]; then
		not_ok "$name" "$(jq --arg name "$name" '.[] | select(.__name == $name) | .vars.state, .vars.text, .last_check_result' "$work/cases")"
	elif [ "$by_icinga" != "$by_hand" ]; then
		not_ok "$name, also by hand" "by Icinga: $by_icinga" "by hand:   $by_hand"
	else
		ok "$name, also by hand"
	fi
done <"$work/as-wanted" 8<"$work/by-icinga" 9<"$work/by-hand"

### nothing is left out

api probe GET 'objects/checkcommands?attrs=name&attrs=arguments' >"$work/commands"
for program in eicon_slp listener rtp sip voice_port; do
	"$PLUGINS/check_$program" --emit bash | sed -n "s/^\tlocal options='\(.*\)'$/\1/p" | tr ' ' '\n' |
		grep -vxE -e '--(emit|version|help|derive-keys)' | sort >"$work/options"
	jq -r --arg name "voip_$program" '.results[].attrs | select(.name == $name).arguments | keys[]' "$work/commands" |
		sort >"$work/arguments"
	jq -r --arg program "/check_$program" '.[].last_check_result.command | select(.[0] | endswith($program)) | .[]' "$work/cases" |
		grep -oE '^--[a-z0-9-]+' | sort -u >"$work/tried"
	is "check_$program has options" grep -qx -e --hostname "$work/options"
	same "voip_$program has each of them" "$work/options" "$work/arguments"
	same "and each has run here" "$work/options" "$work/tried"
done

# Each variable is its option's value, and there are no options without one.
jq -r '
	def passed($command; $option; $value):
		if $value == true then $command | index($option)
		elif $option == "--verbose" then ($command | map(select(. == $option)) | length) == ($value | tonumber)
		else any(range($command | length);
			$command[.] == "\($option)=\($value)" or $command[.] == $option and
			($command[. + 1] == $value or ($command[. + 1] | tonumber? // "none") == $value))
		end;
	.[] | .__name as $name | .last_check_result.command as $command |
	[.vars | to_entries[] | select(.key | startswith("voip_")) | .option = "--" + (.key | sub("^voip_(eicon_slp|voice_port|[a-z]+)_"; "") | gsub("_"; "-")) |
		.value |= if type == "array" then .[] else . end | select(.value != false) |
		.value |= if type == "string" then gsub("\\$\\$"; "$") else . end] as $set |
	($set[] | select(passed($command; .option; .value) | not) | "\($name): \(.key) is not \(.option)"),
	(($command[1:] | map(select(startswith("--")) | sub("=.*"; ""))) - ["--hostname"] - [$set[].option] | .[] | "\($name): \(.) is not set")' \
	"$work/cases" >"$work/wrong"
same "each variable is the value of its option, and none else is passed" /dev/null "$work/wrong"

# words NAME ERE SERVICE: how the service's arguments were passed.
words() {
	jq -r --arg name "$3" '.[] | select(.__name == $name).last_check_result.command[1:] | map("[\(.)]") | join("")' "$work/cases" >"$work/out"
	also "$1" "$2"
}
words "a word is a word whatever it holds" "\[--user-agent\]\[a user agent of \"two\" \\$ words\]" sip!headers
words "a list repeats the option" "\[--header\]\[X-One: 1\]\[--header\]\[X-Two: 'a\|b'; c\]" sip!headers
words "a number repeats it without value" 'words\]\[--verbose\]\[--verbose\]$' sip!headers
words "so does true, once" '[^]]\]\[--verbose\]$' voice-port!silence
words "true is an option without its optional value" '\[--multicast\]\[--port\]' eicon-slp!group
words "a text is its value" '\[--multicast=239\.1\.2\.3\]' eicon-slp!other-group
words "and of a list each" '\[--extra-opts=first@[^]]*\]\[--extra-opts=second@' sip!sections
words "false leaves the target out" '^\[--allow\]\[[^]]*\]\[--port\]' listener!allowed

### Graphite

api probe POST "$(result 'probe2.example.org!sip')" '{"exit_status":0,"plugin_output":"last","performance_data":["last=1"]}' >"$work/body"
while read -r -t 20 -u "$graphite" path number _ && [[ $path != *.last.value ]]; do
	echo "$path $number"
done | grep -E '^icinga2\.(sip|voice-port|eicon-slp|rtp|listener)\.' |
	LC_ALL=C awk '{ printf "%s %.6f\n", $1, $2 }' | sort >"$work/got"
jq -r '.[] | .__name as $name | .last_check_result.performance_data[] | "\($name) \(.)"' "$work/cases" |
	LC_ALL=C awk '{ split($1, name, "!"); split($2, metric, "="); split(metric[2], part, ";"); command = name[1]; gsub("-", "_", command)
		split("value warn crit min max", field, " "); sub(/(s|B|%)$/, "", part[1])
		for (i = 1; i <= 5; i++)
			if (part[i] ~ /^-?[0-9.]+$/)
				printf "icinga2.%s.services.%s.voip_%s.perfdata.%s.%s %.6f\n", name[1], name[2], command, metric[1], field[i], part[i] }' |
	sort >"$work/expected"
same "Graphite gets label, value and plain thresholds of every metric" "$work/expected" "$work/got"
is "of five programs" test "$(cut -d. -f5 "$work/got" | sort -u | wc -l)" = 5
done_testing
