#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# check_listener against real net-snmp agents on loopback: one that sees who holds a socket, one as
# Debian starts it, one with the configuration of contrib/snmpd, and others with less to say.
snmpd=$(PATH=$PATH:/usr/sbin command -v snmpd)
kamailio=$(PATH=$PATH:/usr/sbin command -v kamailio)
# processes of its own too: an agent knows the owners of 20,000 sockets, and others' count
if [ -z "${SNMPD_NETNS:-}" ] && unshare -n -p -f --mount-proc true 2>/dev/null; then
	SNMPD_NETNS=1 exec unshare -n -p -f --mount-proc --kill-child bash "$0" "$@"
fi
[ -z "${SNMPD_NETNS:-}" ] || ip link set lo up 2>/dev/null
. "${srcdir:-.}/tests/lib.sh"
[ -n "$snmpd" ] || skip_all "snmpd is not installed"
command -v snmpget >/dev/null || skip_all "snmp is not installed"
[ "$(id -u)" = 0 ] || skip_all "only root can start an agent that sees the owners of all sockets"
[ -n "${SNMPD_NETNS:-}" ] || skip_all "no namespaces for this user"
. "$srcdir/tests/rows.sh"
. "$srcdir/tests/engines/snmpd_rig.sh"
export MP_CONFIG_FILE=
umask 022

### who listens

hold dialpad --udp 1 --tcp 1 --base 2861 --address 0.0.0.0
hold python3 --tcp 1 --base 2860
hold crowd --udp 2000 --base 30000
hold pair --udp 2 --tcp 2 --base 5072 --reuseport
hold talking --udp 1 --base 5074 --connected
hold six --udp 1 --tcp 1 --base 5076 --address ::
argv0=/usr/sbin/kamailio hold liar --udp 1 --base 5078
argv0=$'/opt/a|b;c\e[31m\x27d' hold hostile --udp 1 --base 5080
hold voice_server_of_a_long_name --udp 1 --base 5082
[ -z "$kamailio" ] || start_kamailio
start_sim --sip-port 5090

### the agents

full=20161 stock=20162 sample=20163 stale=20164 stopped=20165
mkdir -p "$work/full/var" "$work/sample/var" "$work/stock/var"
while read -r user auth priv; do
	echo "createUser $user $auth \"auth of $user\" $priv \"priv of $user\""
done >"$work/full/var/snmpd.conf" <<-'USERS'
	sha1 SHA AES-128
	sha256 SHA-256 AES-128
	sha512 SHA-512 AES-256
	md5 MD5 DES
	stranger SHA-256 AES-128
USERS
agent full $full < <(
	printf 'exactEngineID 0x80001f88046c6f6f6b6f7574\n'
	printf 'rouser %s priv\n' sha1 sha256 sha512 md5
	printf 'rocommunity%s lookout\n' '' 6
	printf 'rocommunity %s default -V %s\n' nameless nameless elsewhere elsewhere boundless boundless ragged ragged
	printf 'view nameless included .1.3.6.1.2.1.%s\n' 6.20 7.7
	printf 'view elsewhere included .1.3.6.1.2.1.1\n'
	printf 'view boundless included .1.3.6.1.2.1.%s\n' 6.20 7.7 25.4.2
	printf 'view ragged included .1.3.6.1.%s\n' 2.1.6.20 2.1.7.7 2.1.25.4.2.1.2 2.1.25.4.2.1.4 4.1.8072.1.5.3.1.2
	printf 'view old included .1.3.6.1.2.1.%s\n' 6.13 7.5
	printf 'rocommunity old default -V old\n'
)
echo 'createUser sha256 SHA-256 "auth of sha256" AES-128 "priv of sha256"' >"$work/stock/var/snmpd.conf"
agent stock $stock -u Debian-snmp -g Debian-snmp <<<$'rocommunity lookout\nengineID voip\nrouser sha256 priv'
agent stale $stale <<<$'rocommunity lookout\nrwcommunity lever'
agent stopped $stopped <<<'rocommunity lookout'
kill -STOP "$stopped_agent"
rig_stopped=$stopped_agent

# As the drop-in starts it: the capabilities and the user of the one, the options of the other.
drop_in=$srcdir/contrib/snmpd/voip-owners.conf
capabilities=$(sed -n 's/^AmbientCapabilities=//p' "$drop_in" | tr 'A-Z' 'a-z' | sed 's/cap_/+/g; s/ /,/g')
printf 'createUser voip SHA-256 "the authentication passphrase" AES-128 "the privacy passphrase"\n' >"$work/sample/var/snmpd.conf"
under=(setpriv --reuid=Debian-snmp --regid=Debian-snmp --init-groups --no-new-privs --inh-caps "-all,$capabilities"
	--ambient-caps "-all,$capabilities" --bounding-set "-all,$capabilities")
agent sample $sample < <(sed '/^agentAddress/d' "$srcdir/contrib/snmpd/snmpd-voip.conf")
under=()

### how to speak with them

(
	umask 077
	cat >"$work/keys" <<-'INI'
		[v2c]
		community=lookout
		[v2c-wrong]
		community=outlook
		[nameless]
		community=nameless
		[elsewhere]
		community=elsewhere
		[boundless]
		community=boundless
		[ragged]
		community=ragged
		[old]
		community=old
		[voip]
		user=voip
		auth-passphrase=the authentication passphrase
		priv-passphrase=the privacy passphrase
		[voip-auth-only]
		user=voip
		priv=none
		auth-passphrase=the authentication passphrase
		[sha1]
		user=sha1
		auth=SHA-1
		auth-passphrase=auth of sha1
		priv-passphrase=priv of sha1
		[sha256]
		user=sha256
		auth=SHA-256
		priv=AES-128
		auth-passphrase=auth of sha256
		priv-passphrase=priv of sha256
		[sha512]
		user=sha512
		auth=SHA-512
		priv=AES-256
		auth-passphrase=auth of sha512
		priv-passphrase=priv of sha512
		[md5]
		user=md5
		auth=MD5
		priv=DES
		auth-passphrase=auth of md5
		priv-passphrase=priv of md5
		[stranger]
		user=stranger
		auth-passphrase=auth of stranger
		priv-passphrase=priv of stranger
		[nobody]
		user=nobody
		auth-passphrase=auth of nobody
		priv-passphrase=priv of nobody
		[wrong-auth]
		user=sha256
		auth-passphrase=auth of sha257
		priv-passphrase=priv of sha256
		[wrong-priv]
		user=sha256
		auth-passphrase=auth of sha256
		priv-passphrase=priv of sha257
		[wrong-algorithm]
		user=sha256
		auth=SHA-512
		auth-passphrase=auth of sha256
		priv-passphrase=priv of sha256
		[pinned]
		user=sha256
		engine-id=0x80001f88046c6f6f6b6f7574
		auth-passphrase=auth of sha256
		priv-passphrase=priv of sha256
		[wrong-pin]
		user=sha256
		engine-id=0x80001f88046c6f6f6b6f7575
		auth-passphrase=auth of sha256
		priv-passphrase=priv of sha256
	INI
	printf '[sha1-keys]\nuser=sha1\nauth=SHA-1\n%s\n' "$(keys_of full sha1)" >>"$work/keys"
	printf '[sha256-keys]\nuser=sha256\n%s\n' "$(keys_of full sha256)" >>"$work/keys"
	printf '[sha512-keys]\nuser=sha512\nauth=SHA-512\npriv=AES-256\n%s\n' "$(keys_of full sha512)" >>"$work/keys"
	printf '[md5-keys]\nuser=md5\nauth=MD5\npriv=DES\n%s\n' "$(keys_of full md5)" >>"$work/keys"
	printf '[sha256-wrong-keys]\nuser=sha256\n%s\n' "$(keys_of full sha1 | sed 's/\(auth-key=.*\)/\1000102030405060708090a0b/')" >>"$work/keys"
)
is "the agent has put keys in the place of the passphrases" sh -c '! grep -q "^createUser\|auth of" "$0"/full/var/snmpd.conf' "$work"

listener=$PLUGINS/check_listener
program=("$listener" -H 127.0.0.1)
# ask SECTION PORT [SECONDS]: the options to ask an agent by SNMPv3; v2c is the same by SNMPv2c.
ask() { echo "--credentials $work/keys:$1 --agent-port $2 -t ${3:-8}"; }
v2c() { echo "$(ask "$@") --v2c"; }
tool() { "${bare[@]}" "snmp$1" -On -r 0 -t "${tool_s:-5}" "${@:2}" 2>&1; }

### versions, algorithms, passphrases and keys

mine="\"dialpad\" \\(pid $dialpad_pid, $work/dialpad\\)"
row "SNMPv2c" 0 "^LISTENER OK - 127\\.0\\.0\\.1: .*2861/udp [a-z0-9-]+ is held by $mine" -p 2861/udp=dialpad $(v2c v2c $full)
for who in sha1 sha256 sha512 sha1-keys sha256-keys sha512-keys pinned; do
	row "SNMPv3 $who" 0 "^LISTENER OK - 127\\.0\\.0\\.1: .*2861/udp [a-z0-9-]+ is held by $mine" -p 2861/udp=dialpad $(ask $who $full)
done
row "SNMPv3, an agent whose engine is called voip" 0 "2861/udp [a-z0-9-]+ is bound" -p 2861/udp=dialpad $(ask sha256 $stock)
for who in md5 md5-keys; do
	row "SNMPv3 $who with --insecure" 0 "2861/udp [a-z0-9-]+ is held by $mine" -p 2861/udp=dialpad --insecure $(ask $who $full)
	row "SNMPv3 $who" 3 'auth: MD5 needs --insecure' -p 2861/udp=dialpad $(ask $who $full)
done

program=("$listener" -H ::1)
row "SNMPv2c over IPv6" 0 "2861/udp [a-z0-9-]+ is held by $mine" -p 2861/udp=dialpad $(v2c v2c $full)
row "SNMPv3 over IPv6" 0 "2861/udp [a-z0-9-]+ is held by $mine" -p 2861/udp=dialpad $(ask sha256 $full)
program=("$listener" -H 127.0.0.1)
row "the wanted engine by option" 0 "2861/udp [a-z0-9-]+ is held by $mine" -p 2861/udp=dialpad --engine-id 80001f88046c6f6f6b6f7574 $(ask sha256 $full)

### who refuses, and who is silent

# refused NAME WORD ERE ARGS...: at once, although there is time.
refused() {
	program=(timeout 4 "$listener" -H 127.0.0.1)
	told "$1" 3 "$2" "$3" -p 2861/udp=dialpad "${@:4}"
	program=("$listener" -H 127.0.0.1)
}
refused "a user that the agent does not know" auth 'user' $(ask nobody $full)
refused "a wrong authentication passphrase" auth 'authenticat|digest' $(ask wrong-auth $full)
refused "wrong authentication keys" auth 'authenticat|digest' $(ask sha256-wrong-keys $full)
refused "another authentication algorithm" auth 'authenticat|digest' $(ask wrong-algorithm $full)
refused "a user without a view" auth 'access|authorization' $(ask stranger $full)
refused "a user who must encrypt and does not" auth 'access|authorization' --insecure $(ask voip-auth-only $sample)
refused "an engine that is not the pinned one" auth 'engine' $(ask wrong-pin $full)
refused "an engine that is not the wanted one by option" auth 'engine' --engine-id 80001f88046c6f6f6b6f7575 $(ask sha256 $full)
refused "keys of another agent" auth 'engine' $(ask sha256-keys $sample)
refused "nobody on the agent's port" no-agent 'no agent: port closed' $(v2c v2c 20199)
silent='no answer from the agent'
community="$silent.*or the community is wrong"
privacy="$silent.*or the privacy key is wrong"
told "a wrong community" 3 no-agent "$community" -p 2861/udp $(v2c v2c-wrong $full 3)
told "SNMPv2c where there is only SNMPv3" 3 no-agent "$community" -p 2861/udp $(v2c v2c $sample 3)
told "a wrong privacy passphrase" 3 no-agent "$privacy" -p 2861/udp $(ask wrong-priv $full 3)
told "an agent that hangs, SNMPv2c" 3 no-agent "$community" -p 2861/udp $(v2c v2c $stopped 3)
told "an agent that hangs, SNMPv3" 3 no-agent "$privacy" -p 2861/udp $(ask sha256 $stopped 3)

### outcomes

told "expected" 0 expected 'dialpad' -p 2861/udp=dialpad $(v2c v2c $full)
told "expected, by TCP" 0 expected 'python3' -p 2860/tcp=python3 $(v2c v2c $full)
told "a regular expression" 0 expected 'python3' -p '2860/tcp=~^pyth.n[23]$' $(v2c v2c $full)
told "anybody" 0 expected 'python3' -p 2860/tcp=any $(v2c v2c $full)
told "other owner" 2 other-owner 'python3.*wanted dialpad' -p 2860/tcp=dialpad $(v2c v2c $full)
row "other owner: both are named" 2 "^LISTENER CRITICAL - 127\\.0\\.0\\.1: .*2860/tcp dialpad-voice1 is held by \"python3\" \\(pid $python3_pid, $work/python3\\) on 127\\.0\\.0\\.1, wanted dialpad" -p 2860/tcp=dialpad $(v2c v2c $full)
told "absent" 2 absent '2862/udp' -p 2862/udp=any $(v2c v2c $full)
told "absent, with an owner's name" 2 absent '2860/udp' -p 2860/udp=python3 $(v2c v2c $full)
told "unexpected" 2 unexpected '2861/udp.*dialpad' -p 2861/udp=none $(v2c v2c $full)
told "nobody, as wanted" 0 expected '1440' -p 1440=none $(v2c v2c $full)
told "hidden from the agent" 0 owner-hidden '2861/udp' -p 2861/udp=dialpad $(v2c v2c $stock)
row "hidden from the agent: what it lacks" 0 'owner not visible: .*CAP_SYS_PTRACE' -p 2861/udp=dialpad $(v2c v2c $stock)
told "hidden from the agent, but asked for" 1 owner-hidden '2861/udp' -p 2861/udp=dialpad --require-owner $(v2c v2c $stock)
told "hidden from the agent, but it must be free" 2 unexpected '2861/udp' -p 2861/udp=none $(v2c v2c $stock)
told "the agent's own socket is not hidden from it" 0 expected 'snmpd' -p $stock/udp=snmpd $(v2c v2c $stock)
told "exposed" 1 exposed '2861/udp' -p 2861/udp=dialpad --only-local $(v2c v2c $full)
told "exposed, IPv6" 1 exposed '5076/tcp' -p 5076/tcp=six --only-local $(v2c v2c $full)
told "only on the loopback" 0 expected '2860/tcp' -p 2860/tcp=python3 --only-local $(v2c v2c $full)
row "the agent's cache" 0 'as of at most 60 s ago' -p 2861/udp=dialpad $(v2c v2c $full)

### what else holds sockets

if [ -n "$kamailio" ]; then
	row "Kamailio" 0 '^LISTENER OK' -p 5060=kamailio $(v2c v2c $full)
	row "Kamailio, but not on TLS" 2 '5061/tcp' -p 5060/udp=kamailio,5061/tcp=any,1440=none $(v2c v2c $full)
else
	skip "Kamailio" "kamailio is not installed"
fi
row "voip_sim" 0 '^LISTENER OK' -p 5090=voip_sim $(v2c v2c $full)
row "two sockets on one port" 0 '^LISTENER OK' -p 5072=pair $(v2c v2c $full)
told "a connected socket is no listener" 0 expected '5074/udp' -p 5074/udp=none $(v2c v2c $full)
row "IPv6" 0 '^LISTENER OK' -p 5076=six $(v2c v2c $full)
row "a name as long as the agent shows it" 0 '"voice_server_of"' -p 5082/udp=voice_server_of $(v2c v2c $full)
row "the path is what a process calls itself" 0 '"liar" \(pid [0-9]+, /usr/sbin/kamailio\)' -p 5078/udp=liar --path '/usr/sbin/*' $(v2c v2c $full)
row "a path that is not the wanted one" 2 "$work/dialpad" -p 2861/udp=dialpad --path '/usr/sbin/*' $(v2c v2c $full)
row "a path that would spoil the output" 0 'hostile' -p 5080/udp=hostile $(v2c v2c $full)
row "one of 2,000 sockets" 0 '"crowd".*packets=([1-9]|1[0-2])(;| |$)' -p 31234/udp=crowd $(v2c v2c $full)
row "five ports of which three are behind 2,000 sockets" 2 'packets=([1-9]|1[0-2])(;| |$)' -p 1440=none,2860/tcp=python3,2861/udp=dialpad,32000/udp=any,65535/udp=none $(v2c v2c $full)
printf '%s\n' '2861=dialpad' '2860/tcp=python3' >"$work/allow"
told "--allow names all that is bound" 0 expected '' -p 2850-2870 --allow "$work/allow" $(v2c v2c $full)
echo '2861=dialpad' >"$work/allow-less"
told "--allow does not name a listener" 2 unexpected '2860/tcp.*python3' -p 2850-2870 --allow "$work/allow-less" $(v2c v2c $full)
row "the default ports" 0 '^LISTENER OK.*packets=([1-9]|1[0-2])(;| |$)' $(v2c v2c $full)

### agents that tell less

told "no names of processes" 0 owner-hidden '2861/udp' -p 2861/udp=dialpad $(v2c nameless $full)
told "no names of processes, but asked for" 1 owner-hidden '2861/udp' -p 2861/udp=dialpad --require-owner $(v2c nameless $full)
told "no tables" 3 no-such-object '' -p 2861/udp=dialpad $(v2c elsewhere $full)
told "no tables: nothing is said to be free" 3 no-such-object '' -p 1440=none $(v2c elsewhere $full)
told "no age of the tables" 0 expected 'dialpad' -p 2861/udp=dialpad $(v2c boundless $full)
# to GETBULK of several columns 5.9.3 answers genErr then
told "a view that ends in the middle of a table" 0 expected 'dialpad' -p 2861/udp=dialpad $(v2c ragged $full)
told "only the old tables" 0 owner-hidden '2861/udp' -p 2861/udp=dialpad $(v2c old $full)
told "only the old tables, absent or of IPv6" 3 no-such-object '2862/udp' -p 2862/udp=any $(v2c old $full)
settle

### many agents

printf '%s\n' "first = 127.0.0.1:$full" "hangs = 127.0.0.1:$stopped" "last = 127.0.0.1:$stock" >"$work/hosts"
for how in "sha256 by SNMPv3" "v2c by SNMPv2c"; do
	options="$(ask ${how%% *} 161 2)"
	[ "${how%% *}" = sha256 ] || options="$options --v2c"
	run "$listener" --targets "$work/hosts" -p 2861/udp=dialpad $options -v
	is "three agents, of which one hangs, ${how#* }" test "$rc" = 3
	also "the first one has answered" "\[OK\] first \(127\.0\.0\.1\): .*held by $mine"
	also "the one that hangs is named" "\[UNKNOWN\] hangs .*$silent"
	also "the last one has answered" "\[OK\] last .*owner not visible"
done

### keys of passphrases

for who in sha1:SHA-1:AES-128 sha256:SHA-256:AES-128 sha512:SHA-512:AES-256; do
	user=${who%%:*}
	"$listener" -H 127.0.0.1 --agent-port $full --derive-keys "$who" >"$work/out" 2>"$work/err" \
		< <(printf '%s\n' "auth of $user" "priv of $user")
	for line in $(keys_of full "$user"); do
		also "--derive-keys ${who#*:}: the agent's own ${line%%=*}" "^${line%%=*} *= *(0x)?${line#*=0x}\$"
	done
done

### the configuration of contrib/snmpd, with the drop-in's capabilities

v3="-v3 -l authPriv -u voip -a SHA-256 -x AES"
phrases=(-A "the authentication passphrase" -X "the privacy passphrase")
check "contrib/snmpd: processes are seen" 0 "is held by $mine" "$listener" -H 127.0.0.1 -p 2861/udp=dialpad $(ask voip $sample)
tool walk $v3 "${phrases[@]}" 127.0.0.1:$sample .1 >"$work/walk"
columns=$(grep -aoE '^\.1\.[0-9.]+' "$work/walk" | sed -E 's/^(\.1\.3\.6\.1\.2\.1\.(6\.20\.1\.4|7\.7\.1\.8|25\.4\.2\.1\.2|25\.4\.2\.1\.4)|\.1\.3\.6\.1\.4\.1\.8072\.1\.5\.3\.1\.[23])\..*/\1/' | sort -u | paste -sd' ')
is "contrib/snmpd: the view is these columns and nothing else" test "$columns" = \
	".1.3.6.1.2.1.25.4.2.1.2 .1.3.6.1.2.1.25.4.2.1.4 .1.3.6.1.2.1.6.20.1.4 .1.3.6.1.2.1.7.7.1.8 .1.3.6.1.4.1.8072.1.5.3.1.2 .1.3.6.1.4.1.8072.1.5.3.1.3"
for oid in .1.3.6.1.2.1.1.1.0 ".1.3.6.1.2.1.25.4.2.1.5.$dialpad_pid"; do
	tool get $v3 "${phrases[@]}" 127.0.0.1:$sample "$oid" >"$work/out"
	also "contrib/snmpd: $oid is not shown" 'No Such Object'
	tool get -v2c -c lookout 127.0.0.1:$full "$oid" >"$work/out"
	also "but it is there" 'STRING: "'
done
tool set $v3 "${phrases[@]}" 127.0.0.1:$sample .1.3.6.1.4.1.8072.1.5.3.1.2.1.3.6.1.2.1.6.20 i 0 >"$work/out"
also "contrib/snmpd: nothing can be set" 'noAccess'
tool get -v3 -l authNoPriv -u voip -a SHA-256 "${phrases[@]:0:2}" 127.0.0.1:$sample .1.3.6.1.2.1.6.20 >"$work/out"
also "contrib/snmpd: nothing without encryption" 'authorizationError'
for community in public private lookout; do
	tool_s=0.5 tool get -v2c -c $community 127.0.0.1:$sample .1.3.6.1.2.1.6.20 >"$work/out"
	also "contrib/snmpd: no community $community" 'Timeout'
done
is "contrib/snmpd: no passphrase stays" sh -c '! grep -q "^createUser\|passphrase\"" "$0"/sample/var/snmpd.conf' "$work"
is "contrib/snmpd: the agent's file is for the agent" test "$(stat -c '%a %U' "$work/sample/var/snmpd.conf")" = "600 Debian-snmp"

### what has changed since the agent looked

# lever TABLE SECONDS: how long the agent keeps the table.
lever() {
	tool set -v2c -c lever 127.0.0.1:$stale ".1.3.6.1.4.1.8072.1.5.3.1.2.1.3.6.1.2.1.$1" i "$2" >/dev/null
}
hold mayfly --udp 1 --tcp 1 --base 5084
tool getnext -v2c -c lookout 127.0.0.1:$stale .1.3.6.1.2.1.6.20 .1.3.6.1.2.1.7.7 >/dev/null
release mayfly
hold late --udp 1 --tcp 1 --base 5086
for port in 5084/udp 5084/tcp; do
	check_told "a process that has ended: $port" 3 stale "$port" "$listener" -H 127.0.0.1 -p $port=mayfly $(v2c v2c $stale) --output-format json
	check_told "a process that has ended, anybody wanted: $port" 3 stale "$port" "$listener" -H 127.0.0.1 -p $port=any $(v2c v2c $stale) --output-format json
done
check "a listener that the agent cannot know yet" 2 '5086/udp.*as of at most 60 s ago' "$listener" -H 127.0.0.1 -p 5086/udp=late $(v2c v2c $stale)
lever 6.20 0
lever 7.7 0
lever 25.4.2 0
check_told "the agent has looked again: absent" 2 absent '5084/udp' "$listener" -H 127.0.0.1 -p 5084/udp=mayfly $(v2c v2c $stale) --output-format json
check_told "the agent has looked again: there" 0 expected 'late' "$listener" -H 127.0.0.1 -p 5086/udp=late $(v2c v2c $stale) --output-format json

### nothing of this host's configuration is read, and nothing is written

if command -v strace >/dev/null; then
	mkdir -p "$work/home"
	foreign="\"($work/home|/root/\\.snmp|/var/lib/snmp|/etc/snmp|/usr/share/snmp|/usr/lib/snmp)"
	# traced COMMAND...
	traced() {
		env HOME="$work/home" ASAN_OPTIONS=detect_leaks=0 strace -f -qq -e trace=%file,write -o "$work/trace" "$@" >"$work/out" 2>"$work/err"
	}
	for how in "$(v2c v2c $full)" "$(ask sha256 $full)" "$(ask sha256-keys $full)" "$(ask wrong-auth $full)"; do
		name=${how#*:}
		name=${name%% *}
		traced "$listener" -H 127.0.0.1 -p 2861/udp=dialpad $how
		is "silence, $name: it ran" grep -q '^LISTENER' "$work/out"
		is "silence, $name: no foreign file" sh -c '! grep -E "$0" "$1"' "$foreign" "$work/trace"
		is "silence, $name: no file written" sh -c '! grep -E "O_WRONLY|O_RDWR|O_CREAT|mkdir|rename|unlink" "$0" | grep -v /dev/' "$work/trace"
		is "silence, $name: nothing on standard error" sh -c '[ ! -s "$0/err" ] && ! grep -q "write(2," "$0/trace"' "$work"
	done
	SNMP_PERSISTENT_DIR=$work/home/persistent traced snmpget -v2c -c lookout 127.0.0.1:$full .1.3.6.1.2.1.1.3.0
	is "the trace sees what snmpget reads and writes" grep -Eq "$foreign" "$work/trace"
else
	skip "silence" "strace is not installed"
fi
done_testing
