#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# check_listener on this host: who holds which port, in a network namespace of its own, where nobody else
# does. Names of processes are those of links to hold_sockets.
if [ -z "${VOIP_NETNS:-}" ]; then
	unshare -n true 2>/dev/null || { echo "1..0 # SKIP no network namespaces for this user"; exit 0; }
	VOIP_NETNS=1 exec unshare -n bash "$0" "$@"
fi
. "${srcdir:-.}/tests/lib.sh"
listener=$PLUGINS/check_listener
export MP_CONFIG_FILE=
PATH=$PATH:/usr/sbin:/sbin
command -v ip >/dev/null || skip_all "ip is not installed"
ip link set lo up || skip_all "no loopback"
me=$(id -un)

mkdir "$work/bin"
mkfifo "$work/alive"
exec {alive}<>"$work/alive"
# hold NAME ARGS...: a process of that name holds sockets; $holder is its pid.
hold() {
	ln -s "$PWD/tests/tools/hold_sockets" "$work/bin/$1"
	exec {held}< <(exec "$work/bin/$1" "${@:2}" <"$work/alive" {alive}>&- 2>&1)
	holder=$!
	peers="$peers $holder"
	while read -r -u "$held" line; do
		[ "$line" = ready ] && return
	done
	echo "Bail out! hold_sockets $*: $line"
	exit 1
}
six=y
[ -e /proc/net/if_inet6 ] && grep -q '^0\{31\}1 ' /proc/net/if_inet6 || six=
hold kamailio --address 0.0.0.0 --udp 1 --tcp 1 --base 5060
kamailio=$holder
hold xmrig --tcp 1 --base 2860
xmrig=$holder
hold a-media-gateway-daemon --udp 1 --base 2861
gateway=$holder
hold slpd --udp 3 --base 1440 --reuseport
slpd=$holder
hold asker --udp 1 --base 1441 --connected
hold client --udp 1 --base 1442 --connected
hold server --address 127.0.0.2 --udp 1 --base 1442
hold $'ev|il;\n[OK] x\e' --tcp 1 --base 6000
evil=$holder
hold twin1 --udp 1 --base 7000 --reuseport
hold twin2 --udp 1 --base 7000 --reuseport
hold ranger --udp 10 --base 16384
held_by() { echo "is held by \"$1\" \\(pid $2, user $me\\) on"; }

### what a port is worth

# port NAME RC ERE ARGS...: the sentence of one port.
port() { check "$1" "$2" "^LISTENER [A-Z]+ - $3" "$listener" "${@:4}"; }
port "expected" 0 "5060/udp sip $(held_by kamailio "$kamailio") 0\\.0\\.0\\.0 \\| listeners=1;;;0 hidden=0;;;0\$" -p 5060/udp=kamailio
port "another owner: both are named" 2 "2860/tcp dialpad-voice1 $(held_by xmrig "$xmrig") 127\\.0\\.0\\.1, wanted dialpad \\|" -p 2860/tcp=dialpad
port "no owner" 2 '2860/udp dialpad-voice1 is not bound, wanted dialpad \| listeners=0;;;0 hidden=0;;;0$' -p 2860/udp=dialpad
port "nobody, though anybody would do" 2 '2860/udp dialpad-voice1 is not bound, wanted any owner \|' -p 2860/udp=any
port "nobody that fits" 2 '2860/udp dialpad-voice1 is not bound, wanted ~\^dial \|' -p 2860/udp=~^dial
port "not free" 2 "2860/tcp dialpad-voice1 $(held_by xmrig "$xmrig") 127\\.0\\.0\\.1, wanted free \\|" -p 2860/tcp=none
port "free" 0 '2860/udp dialpad-voice1 is free \|' -p 2860/udp=none
port "free without a wish" 0 '2860/udp dialpad-voice1 is free \|' -p 2860/udp
port "free or not" 0 '2860/tcp dialpad-voice1 is held by "xmrig"' -p 2860/tcp=any-or-none
port "anybody" 0 '2860/tcp dialpad-voice1 is held by "xmrig"' -p 2860/tcp=ANY
port "one of several names" 0 '5060/tcp sip is held by "kamailio"' -p 5060/tcp=opensips+kamailio
port "none of several names" 2 '.*, wanted opensips\+asterisk \|' -p 5060/tcp=opensips+asterisk
port "a name is not its beginning" 2 '.*, wanted kamaili \|' -p 5060/tcp=kamaili
port "nor only begins with it" 2 '.*, wanted kamailio2 \|' -p 5060/tcp=kamailio2
port "names have case" 2 '.*, wanted Kamailio \|' -p 5060/tcp=Kamailio
port "an expression" 0 '.*kamailio' -p '5060/tcp=~^(kam|open)'
port "an expression holds commas" 0 '.*kamailio' -p '5060/tcp=~^k.{6,7}$'
port "two expressions" 0 'this host: 2 of 2 ports bound' -p '5060/tcp=~^kam' -p '5060/udp=~lio$'
port "an expression that does not fit" 2 '.*, wanted ~\^amailio \|' -p '5060/tcp=~^amailio'
port "the kernel keeps 15 bytes of a name" 0 "2861/udp dialpad-voice2 $(held_by a-media-gateway "$gateway") 127" -p 2861/udp=a-media-gateway-daemon
port "less of it is another name" 2 '.*, wanted a-media-gatewa \|' -p 2861/udp=a-media-gatewa
port "the program's file has a name too" 0 '2861/udp .*"a-media-gateway"' -p 2861/udp=hold_sockets
port "an expression may fit that" 0 '2861/udp .*"a-media-gateway"' -p '2861/udp=~^hold_sockets$'
port "both transports" 2 '1 of 2 ports critical: this host: 2860/udp dialpad-voice1 is not bound, wanted xmrig \| ports=2 ok=1 warning=0 critical=1 unknown=0 listeners=1 hidden=0$' -p 2860=xmrig
also "the bound one has a line" "^\\[OK\\] this host: 2860/tcp dialpad-voice1 $(held_by xmrig "$xmrig") 127"
port "no port is named" 0 'this host: 5 of 10 ports bound, all 10 ports ok \| ports=10 ok=10 warning=0 critical=0 unknown=0 listeners=7 hidden=0$'
also "it says what is free" '^\[OK\] this host: 1440/tcp eicon-slp is free$'
also "sockets may share a port" "^\\[OK\\] this host: 1440/udp eicon-slp $(held_by slpd "$slpd") 127\\.0\\.0\\.1, 3 sockets share it\$"
port "a connected socket is no listener" 0 '1441/udp is free \| listeners=0' -p 1441/udp=none
port "nor what is wanted" 2 '1441/udp is not bound, wanted asker \|' -p 1441/udp=asker
port "nor does it hide one" 0 '1442/udp is held by "server" .* on 127\.0\.0\.2 \| listeners=1' -p 1442/udp=server
port "each of those that share a port must fit" 2 '7000/udp is held by "twin2" .* on 127\.0\.0\.1, wanted twin1, also "twin1" \(pid .*\) on 127\.0\.0\.1 \|' -p 7000/udp=twin1
port "and may" 0 '7000/udp is held by "twin.".*, also "twin." ' -p 7000/udp=twin1+twin2

### more than a name

port "the user" 0 '.*kamailio' -p 5060/udp=kamailio --user "$me"
port "the user's number" 0 '.*kamailio' -p 5060/udp=kamailio --user "$(id -u)"
port "one of two users" 0 '.*kamailio' -p 5060/udp=kamailio --user nobody --user "$me"
port "another user" 2 ".*\"kamailio\" \\(pid $kamailio, user $me\\) on 0\\.0\\.0\\.0, wanted kamailio of user nobody \\|" -p 5060/udp=kamailio --user nobody
port "another user of any port" 2 '.*, wanted any owner of user nobody \|' -p 5060/udp --user nobody
port "the path" 0 '.*kamailio' -p 5060/udp=kamailio --path '/nowhere' --path '*/tests/tools/hold_[s]ockets'
port "another path" 2 '.*"kamailio" .*, wanted kamailio in /usr/sbin/kamailio or /opt/\* \|' -p 5060/udp=kamailio --path /usr/sbin/kamailio --path '/opt/*'
port "another unit" 2 '.*"kamailio" .*, wanted kamailio of unit kamailio\*\.service \|' -p 5060/udp=kamailio --unit 'kamailio*.service'
port "all of them" 2 '.*, wanted kamailio of user nobody in /usr/\* of unit x \|' -p 5060/udp=kamailio --user nobody --path '/usr/*' --unit x
port "they are not about free ports" 0 '2860/udp dialpad-voice1 is free' -p 2860/udp=none --user nobody --path /x --unit x
group=
for root in /sys/fs/cgroup /sys/fs/cgroup/unified; do
	[ -e "$root/cgroup.controllers" ] && mkdir "$root/voip-test-$$.service" 2>/dev/null && group=$root/voip-test-$$.service && break
done
if [ -n "$group" ] && echo "$kamailio" >"$group/cgroup.procs" 2>/dev/null; then
	port "the unit" 0 '.*kamailio' -p 5060/udp=kamailio --unit "voip-test-*.service"
	port "the unit in full" 0 '.*kamailio' -p 5060/udp=kamailio --unit "voip-test-$$.service" -v
	also "is shown" ", unit voip-test-$$\\.service\$"
	echo "$kamailio" >"${group%/*}/cgroup.procs"
else
	skip "the unit" "no cgroup can be made"
fi
[ -z "$group" ] || rmdir "$group"

### loopback

port "the loopback is local" 0 '2860/tcp' -p 2860/tcp --only-local
port "all addresses are not" 1 "5060/udp sip $(held_by kamailio "$kamailio") 0\\.0\\.0\\.0, wanted on the loopback only \\|" -p 5060/udp=kamailio --only-local
port "a worse finding is told first" 2 '.*, wanted x \|' -p 5060/udp=x --only-local
if [ -n "$six" ]; then
	hold dual --address :: --udp 1 --tcp 1 --base 8000
	dual=$holder
	hold six --address ::1 --udp 1 --base 8001
	port ":: may take IPv4 too" 0 "8000/tcp $(held_by dual "$dual") :: \\(IPv4 too\\) \\|" -p 8000/tcp=dual
	port "UDP also" 0 "8000/udp $(held_by dual "$dual") :: \\(IPv4 too\\) \\|" -p 8000/udp=dual
	port "it is not local" 1 '.* on :: \(IPv4 too\), wanted on the loopback only \|' -p 8000/tcp=dual --only-local
	port "::1 is" 0 '8001/udp is held by "six" .* on ::1 \|' -p 8001/udp=six --only-local
	echo 1 >/proc/sys/net/ipv6/bindv6only 2>/dev/null
	hold v6only --address :: --udp 1 --tcp 1 --base 8002
	echo 0 >/proc/sys/net/ipv6/bindv6only 2>/dev/null
	hold v4 --address 0.0.0.0 --tcp 1 --base 8002
	port ":: may be IPv6 only" 0 "8002/udp is held by \"v6only\" \\(pid [0-9]+, user $me\\) on :: \\|" -p 8002/udp=v6only
	port "then another may hold IPv4" 2 '8002/tcp is held by "v4" .* on 0\.0\.0\.0, wanted v6only, also "v6only" .* on :: \| listeners=2' -p 8002/tcp=v6only
else
	skip "IPv6" "there is none"
fi

### ranges and --allow

port "a range is told port by port" 0 'this host: 10 of 100 ports bound, all 10 ports ok \|' -p 16350-16449/udp
never "free ones have no line" 'is free|have no listener'
port "a range without a listener" 0 'this host: 0 of 101 ports bound, 17000-17100/udp have no listener \|' -p 17000-17100/udp
port "all ports of a range must be bound" 2 '1 of 11 ports critical: this host: 16394/udp RTP by convention is not bound, wanted ranger \|' -p 16384-16394/udp=ranger
port "none of a range may be bound" 2 '10 of 10 ports critical: this host: 16384/udp .*, wanted free \|' -p 16350-16449/udp=none
printf '# SIP\n5060=kamailio # both\n1440/udp=~^slp\n\n2861/udp\t\n1442/udp=server\n16384-17383/udp=ranger\n6000-6001/tcp,7000/udp\n8000-8002\n9999=x\n' >"$work/allow"
port "a listener that the allow file does not name" 2 "1 of [0-9]+ ports critical: this host: 2860/tcp dialpad-voice1 $(held_by xmrig "$xmrig") 127\\.0\\.0\\.1, which --allow does not name: registered or not, nobody knows this owner \\|" -p 1-65535 --allow "$work/allow"
never "what it names may be free" '9999/'
printf '2860/tcp=dialpad\n' >>"$work/allow"
port "it names somebody else" 2 '.*: 2860/tcp dialpad-voice1 is held by "xmrig" .*, wanted dialpad \|' -p 1-65535 --allow "$work/allow"
printf '2860/tcp=none\n' >"$work/none"
port "it says none" 2 '.*"xmrig" .*, wanted free \|' -p 2800-2900 --allow "$work/none"
sed -i '$s/dialpad/xmrig/' "$work/allow"
port "all is named" 0 'this host: [0-9]+ of 131070 ports bound, all [0-9]+ ports ok \|' -p 1-65535 --allow "$work/allow"
port "an owner in --port goes before" 0 '2860/tcp .*xmrig' -p 2860/tcp=xmrig --allow "$work/none"
port "nothing is allowed" 2 '.*5060/udp sip .*, which --allow does not name' -p 5060/udp --allow /dev/null
port "nor for another user" 2 '.*, wanted xmrig of user nobody \|' -p 2860/tcp --allow "$work/allow" --user nobody

### hostile names

port "a name cannot break the line" 0 "6000/tcp is held by \"ev/il,\\?\\[OK\\] x\\?\" \\(pid $evil, user $me\\) on 127\\.0\\.0\\.1 \\|" -p 6000/tcp -vvv
never "nor make one" '^\[OK\] x'
port "but fits" 0 '6000/tcp' -p '6000/tcp=~^ev[|]il;'
port "in what was wanted too" 2 '.*, wanted a/b,c \|' -p '6000/tcp=a|b;c'
run "$listener" -p 6000/tcp --output-format json
also "json: all of it" '"owner": ?"ev\|il;\\n\[OK\] x\\u001[bB]"'
run "$listener" -p 6000/tcp --output-format prometheus
never "prometheus" '^\[OK\]|^il'

### --state

while read -r word args; do
	read -ra args <<<"$args"
	run "$listener" "${args[@]}" --state "$word=unknown" --output-format json
	is "$word, mapped" test "$rc" = 3
	also "$word: its word" "\"outcome\": ?\"$word\""
done <<-'TABLE'
	expected -p 5060/udp=kamailio
	other-owner -p 5060/udp=x
	absent -p 2860/udp=any
	unexpected -p 2860/tcp=none
	exposed -p 5060/udp --only-local
TABLE
port "not the others" 2 . -p 5060/udp=x --state absent=ok,unexpected=ok,exposed=ok

### without privileges

if [ "$(id -u)" = 0 ] && setpriv --reuid 65534 --regid 65534 --clear-groups "$listener" --version >/dev/null 2>&1; [ $? = 3 ]; then
	as_nobody() { check "nobody: $1" "$2" "^LISTENER [A-Z]+ - $3" setpriv --reuid 65534 --regid 65534 --clear-groups "$listener" "${@:4}"; }
	why='the descriptors of [0-9]+ of [0-9]+ processes may not be read, CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH would show them'
	as_nobody "the user is told, and what would show more" 0 "5060/udp sip is bound by user root on 0\\.0\\.0\\.0, owner not visible: $why, wanted kamailio is not proven \\| listeners=1;;;0 hidden=1;;;0\$" -p 5060/udp=kamailio
	as_nobody "hidden owners are counted" 0 'this host: 5 of 10 ports bound, 7 sockets whose owner is not visible, all 10 ports ok \| .* listeners=7 hidden=7$'
	also "each with a line" "^\\[OK\\] this host: 1440/udp eicon-slp is bound by user root on 127\\.0\\.0\\.1, owner not visible: $why, 3 sockets share it\$"
	as_nobody "an owner may be required" 1 "5060/udp sip is bound by user root on 0\\.0\\.0\\.0, owner not visible: $why, wanted kamailio is not proven \\|" -p 5060/udp=kamailio --require-owner
	as_nobody "with another state" 2 '5060/udp sip is bound by user root' -p 5060/udp=kamailio --require-owner --state owner-hidden=critical
	as_nobody "the right user" 0 '5060/udp sip is bound by user root' -p 5060/udp=kamailio --user root
	as_nobody "another user, who may have got it from root" 0 "5060/udp sip is bound by user root on 0\\.0\\.0\\.0, owner not visible: $why, wanted kamailio of user nobody is not proven" -p 5060/udp=kamailio --user nobody
	as_nobody "what must be free is not" 2 '2860/tcp dialpad-voice1 is bound by user root on 127\.0\.0\.1, owner not visible, wanted free \|' -p 2860/tcp=none
	as_nobody "free ports are" 0 '2860/udp dialpad-voice1 is free \|' -p 2860/udp=none --require-owner
	as_nobody "nobody is there" 2 '2860/udp dialpad-voice1 is not bound, wanted any owner \|' -p 2860/udp=any
	as_nobody "exposed" 1 '5060/udp sip is bound by user root on 0\.0\.0\.0, owner not visible, wanted on the loopback only \|' -p 5060/udp=kamailio --only-local
	as_nobody "which --allow does not name" 2 '5060/udp sip is bound by user root on 0\.0\.0\.0, owner not visible, which --allow does not name' -p 5060/udp --allow /dev/null
	mkdir -m 755 "$work/own" && chmod 755 "$work" "$work/bin"
	ln -s "$PWD/tests/tools/hold_sockets" "$work/own/own"
	exec {held}< <(exec setpriv --reuid 65534 --regid 65534 --clear-groups "$work/own/own" --udp 1 --base 9000 <"$work/alive" {alive}>&-)
	peers="$peers $!"
	while read -r -u "$held" line && [ "$line" != ready ]; do :; done
	as_nobody "one's own are visible" 0 '9000/udp is held by "own" \(pid [0-9]+, user nobody\) on 127\.0\.0\.1 \| listeners=1;;;0 hidden=0' -p 9000/udp=own --user nobody --require-owner
	run setpriv --reuid 65534 --regid 65534 --clear-groups "$listener" -p 5060/udp --output-format json
	also "nobody: json" '"outcome": ?"owner-hidden".*"owner_visible": ?false,"user": ?"root","hidden_why": ?"the descriptors of'
else
	skip "without privileges" "this user cannot become another"
fi

### formats and ends

run "$listener" -p 5060/udp=kamailio --output-format json
is "json: exit code" test "$rc" = 0
also "json: facts" "\"outcome\": ?\"expected\",\"transport\": ?\"udp\",\"port\": ?5060,\"port_name\": ?\"sip\",\"bound\": ?true,\"wanted\": ?\"kamailio\",\"bound_to\": ?\"0\\.0\\.0\\.0\",\"sockets\": ?1,\"owner_visible\": ?true,\"user\": ?\"$me\",(\"unit\": ?\"[^\"]*\",)?\"owner\": ?\"kamailio\",\"pid\": ?$kamailio,\"processes\": ?1,\"path\": ?\"[^\"]*/hold_sockets\""
run "$listener" -p 17000-17100/udp --output-format json
also "json: a range" '"port": ?17000,"last_port": ?17100,(.*)"bound": ?false'
run "$listener" -p 1440/udp --output-format json
also "json: shared sockets" '"sockets": ?3,.*"metrics": ?\{"listeners": ?\{"value": ?3'
run "$listener" -p 5060,2860 --output-format prometheus
also "prometheus: which port" '^check_listener_listeners\{.*port="?2860"?.*transport="tcp".*\} 1$|^check_listener_listeners\{.*transport="tcp",port="?2860"?.*\} 1$'
never "prometheus: no port is but a number among its likes" 'n="2"'
check "oneline" 0 '^LISTENER OK - this host: 5 of 10' "$listener" --output-format oneline
is "oneline: one line" test "$(wc -l <"$work/out")" = 1
check "-v: who and where" 0 . "$listener" -p 5060/udp -v
also "-v: with path" "^0\\.0\\.0\\.0: \"kamailio\" \\(pid $kamailio, user $me\\), /.*/tests/tools/hold_sockets"
check "--show" 2 . "$listener" -p 5060=x,2860,1440 --show 2
is "--show: two lines and the rest" test "$(wc -l <"$work/out")" = 4
"$listener" >/dev/full 2>"$work/err"
is "full disk: UNKNOWN" test $? = 3
is "full disk: silent on stderr" test ! -s "$work/err"
"$listener" >&- 2>"$work/err"
is "closed stdout: UNKNOWN" test $? = 3
is "closed stdout: silent on stderr" test ! -s "$work/err"
done_testing
