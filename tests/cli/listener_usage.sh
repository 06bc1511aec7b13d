#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# check_listener's command lines: bad values, what contradicts what, files of owners and of credentials,
# --derive-keys, help.
. "${srcdir:-.}/tests/lib.sh"
listener=$PLUGINS/check_listener
export MP_CONFIG_FILE=

# wrong NAME ERE ARGS...
wrong() {
	wrong_name=$1 wrong_re=$2
	shift 2
	check "$wrong_name" 3 "^LISTENER UNKNOWN - .*$wrong_re" "$listener" "$@"
	[ "$(wc -l <"$work/out")" = 1 ] || not_ok "$wrong_name: one line" "$(cat "$work/out")"
}

### values

while IFS='	' read -r value re; do
	wrong "port list '$value'" "option --port: .*$re" -p "$value"
done <<-'TABLE'
	0	port 0 does not exist
	0/udp=none	port 0 does not exist
	65536	at most 65535
	18446744073709551617	at most 65535
	1-65536	at most 65535
	20-10	ends below its start
	x	digits only
	0x10	digits only
	1-2-3	digits only
	-5	a port is expected
	5-	a port is expected
	,5	a port is expected
	5,,6	a port is expected
	5,	"5" is followed by a comma and no port
	5=any,	"5=any" is followed by a comma and no port
	5 	blanks
	5,5	"5" names a port again
	5/udp,5	"5" names a port again
	5/TCP,5/tcp=x	"5/tcp=x" names a port again
	1-5/tcp,5-9/tcp	"5-9/tcp" names a port again
	5060/sctp	a transport that is not tcp or udp
	5060/	a transport that is not tcp or udp
	5060/tcp/udp	a transport that is not tcp or udp
	5060=	"5060=" names no owner behind "="
	5060/udp=+	names no owner behind "[+]"
	5060=kamailio+	names no owner behind "[+]"
	5060=+kamailio	names no owner before "[+]"
	5060=a++b	names no owner before "[+]"
	5060=a+ +b	names no owner before "[+]"
	5060=~	names no expression behind "~"
	5060=~^kam,1440=none	"5060=~\^kam,1440=none" seems to hold another port
	5060=~(	"[(]" is no POSIX extended regular expression: 
	5060=~[z-a]	is no POSIX extended regular expression: 
	5060=~a{2,1}	"a[{]2,1[}]" is no POSIX extended regular expression: 
	1440=none,5060=~[	"\[" is no POSIX extended regular expression: 
	1-4097/udp=any	too many ports that must be bound: 4096 in all, whole ranges go with --allow
	1-2048=kamailio,4000/tcp=any	too many ports that must be bound
	1-2049=~x	too many ports that must be bound
TABLE
wrong "no port list" 'option --port: .*empty' -p ''
wrong "the same port in two lists" 'option --port: "5060" names a port again' -p 5060-5061 -p 5060
wrong "an owner that would end the line" 'option --port: the value holds a control character' -p $'5060=\nOK - x | time=1;+'
while IFS='	' read -r option value re; do
	wrong "$option '$value'" "option $option: .*$re" "$option" "$value"
done <<-'TABLE'
	--user	nosuchuser	"nosuchuser" is no user of /etc/passwd
	--user	4294967296	"4294967296" is no user of /etc/passwd
	--user	-1	"-1" is no user of /etc/passwd
	--allow	/nowhere/list	/nowhere/list: No such file
	--allow	/	is a folder
	--credentials-fd	2	3 to 1023
	--credentials-fd	1024	3 to 1023
	--credentials-fd	x	3 to 1023
	--agent-port	0	1 to 65535
	--agent-port	65536	1 to 65535
	--engine-id	80001f88	is no engine id: 5 to 32 bytes
	--engine-id	80001f888	column 10: a byte has two hexadecimal digits
	--engine-id	zz	column 1: a hexadecimal digit
	--engine-id	0x	no bytes
	--state	absent=fine	absent=fine
	--state	gone=ok	no outcome: expected, other-owner, absent, unexpected, exposed
TABLE
for option in --user --allow --path --unit --credentials --credentials-fd --agent-port --engine-id --derive-keys --state; do
	wrong "$option, empty" "option $option: .*empty" "$option" ''
done
wrong "an engine id of 33 bytes" 'option --engine-id: .*too many bytes' --engine-id "$(printf '%066d' 1)"
for option in --community --community=public --auth-passphrase=secretsecret --priv-key=00 --localhost; do
	wrong "no such option: $option" "unknown option ${option%%=*}" "$option"
	never "its value is not repeated: $option" 'public|secretsecret'
done
wrong "no positional arguments" '"pbx"' pbx

### what goes together

for option in --credentials=/nowhere --credentials-fd=3 --engine-id=8000000001 --v2c --insecure --source=127.0.0.1 --resolver=127.0.0.1 -4 -6; do
	name=${option%%=*}
	case $name in -4) name=--use-ipv4 ;; -6) name=--use-ipv6 ;; esac
	wrong "$option without an agent" "option $name: is about an agent, and -H names none" "$option"
done
umask 077
printf '[default]\ncommunity = sim\nuser = monitor\nauth-passphrase = maplesyrup\npriv-passphrase = maplesyrup\n' >"$work/good"
agent="-H 127.0.0.1 --credentials $work/good"
wrong "users of an agent" 'option --user: agents tell no users, only for this host' $agent --user root
wrong "units of an agent" 'option --unit: agents tell no units, only for this host' $agent --unit x
wrong "two sources of credentials" 'option --credentials: and --credentials-fd exclude each other' $agent --credentials-fd 3
wrong "an agent without credentials" 'option --hostname: an agent is asked with --credentials, this host is looked at without -H' -H 127.0.0.1
wrong "this host by its name is an agent too" 'option --hostname: an agent is asked with --credentials' -H localhost
wrong "an engine of SNMPv2c" 'option --engine-id: SNMPv2c has no engines' $agent --engine-id 8000000001 --v2c
wrong "one engine of two agents" 'option --engine-id: is of one agent, for several use engine-id in the credentials file' $agent -H 127.0.0.2 --engine-id 8000000001
ports=9
for ((i = 11; i < 137; i += 2)); do ports=$ports,$i; done
wrong "65 separate ports of an agent" 'option --port: too many separate ports for an agent: 64 in all' $agent --v2c -p "$(tr , '\n' <<<"$ports" | sed 's,$,/udp,' | paste -sd,),200/tcp"
: >"$work/none"
wrong "no target in a file is not this host" 'option --targets: .*none: ' --targets "$work/none"
wrong "a target of the wrong family" 'option --hostname: .*family' $agent --v2c -6

### --allow

while IFS='	' read -r line text re; do
	printf '# owners\n%b' "$text" >"$work/allow"
	wrong "allow file: ${text@Q}" "option --allow: $work/allow:$line: $re" --allow "$work/allow"
done <<-'TABLE'
	2	5060=kamailio,\n	"5060=kamailio" is followed by a comma and no port
	2	kamailio\n	.*digits only
	3	22=sshd\n22=sshd\n	"22=sshd" names a port again
	3	1-100/tcp\n22/tcp=sshd\n	"22/tcp=sshd" names a port again
	2	5060/sctp=x	.*not tcp or udp
	4	\n\n5060=~(\n	"[(]" is no POSIX extended regular expression
	3	5060=kamailio # sip\n5061= # sips\n	"5061=" names no owner behind
	2	5060=#x,\n	"5060=#x" is followed by a comma
	2	5060 kamailio\n	.*(blanks|digits only)
TABLE
printf '22=sshd\n5061=\n' >"$work/allow"
wrong "allow file: the line is right" "option --allow: $work/allow:2: \"5061=\" names no owner" --allow "$work/allow"
head -c 1048577 /dev/zero >"$work/large"
wrong "allow file of more than 1 MB" 'option --allow: .*large: is too large' --allow "$work/large"
printf '5060=kamailio\0,\n' >"$work/nul"
wrong "allow file with a NUL" 'option --allow: .*nul:1: ' --allow "$work/nul"
mkfifo "$work/fifo"
wrong "allow file: a pipe without writer" 'option --allow: .*fifo: no end of file within 0\.2 s' -t 0.2 --allow "$work/fifo"

### credentials; all of their rules are in the unit tests

credentials() {
	credentials_re=$1
	printf "$2" >"$work/ini"
	shift 2
	wrong "credentials: $credentials_re" "option --credentials: $work/ini$credentials_re" -H 127.0.0.1 --credentials "$work/ini" "$@"
	never "no secret is told: $credentials_re" 'secret|[dD]eadbeef'
}
credentials ': neither section \[127\.0\.0\.1\] nor \[default\]' '[other]\nuser = x\n'
credentials ':1: community: missing' '[default]\nuser = x\n' --v2c
credentials ':1: user: missing' '[default]\ncommunity = secret\n'
credentials ':2: user: the value is empty' '[default]\nuser =\n'
credentials ':3: auth-passphrase: less than 8 bytes' '[default]\nuser = x\nauth-passphrase = secret\n'
credentials ':1: priv-passphrase: missing' '[default]\nuser = x\nauth-passphrase = secretsecret\n'
credentials ':3: auth: MD5 needs --insecure' '[default]\nuser = x\nauth = MD5\nauth-passphrase = secretsecret\n'
credentials ':3: priv: DES needs --insecure' '[default]\nuser = x\npriv = des\npriv-passphrase = secretsecret\n'
credentials ':3: auth: none needs --insecure' '[default]\nuser = x\nauth = none\npriv = none\n'
credentials ':3: unknown key, the known ones are community user' '[default]\nuser = x\nsecret = secret\n'
credentials ':3: community: given twice' '[default]\ncommunity = secret\ncommunity = secret2\n' --v2c
credentials ':3: auth-key: 4 bytes, but a key of SHA-256 has 32' '[default]\nuser = x\nauth-key = deadbeef\npriv-key = deadbeef\n'
credentials ':3: auth-key: column 9: ' '[default]\nuser = x\nauth-key = deadbeefx\n'
wrong "credentials: no such section" "option --credentials: $work/good: no section \\[pbx\\]" -H 127.0.0.1 --credentials "$work/good:pbx"
wrong "credentials: no file name" 'option --credentials: no file name before the section' -H 127.0.0.1 --credentials :pbx
wrong "credentials: no file" 'option --credentials: /nowhere: No such file' -H 127.0.0.1 --credentials /nowhere
printf '[127.0.0.1]\nuser = x\nauth-passphrase = secretsecret\npriv-passphrase = secretsecret\n[127.0.0.2]\nuser =\n' >"$work/ini"
wrong "credentials: of several agents each is looked at" "option --credentials: $work/ini:6: user: the value is empty" -H 127.0.0.1 -H 127.0.0.2 --credentials "$work/ini"
printf '[default]\nuser = x\nauth-key = %064d\npriv-key = %032d\nengine-id = 8000000001\n' 1 1 >"$work/ini"
wrong "credentials: of another engine" 'option --credentials: .*the section has another engine-id than --engine-id' -H 127.0.0.1 --credentials "$work/ini" --engine-id 8000000002
for mode in 640 604 644; do
	cp "$work/good" "$work/open"
	chmod "$mode" "$work/open"
	wrong "credentials: mode $mode" "option --credentials: $work/open: others can read it, chmod 600" -H 127.0.0.1 --credentials "$work/open" --v2c
done
cp "$work/good" "$work/others"
chmod 600 "$work/others"
if chown 65534 "$work/others" 2>/dev/null; then
	wrong "credentials: of another user" "option --credentials: $work/others: belongs to another user, who can change it" -H 127.0.0.1 --credentials "$work/others" --v2c
else
	skip "credentials: of another user" "only root may give a file away"
fi
wrong "credentials: the descriptor is not open" 'option --credentials-fd: descriptor 9: Bad file descriptor' -H 127.0.0.1 --credentials-fd 9
exec {ini}<<<$'[default]\nuser = x\nauth-passphrase = secret'
wrong "credentials: descriptor and line" "option --credentials-fd: descriptor $ini:3: auth-passphrase: less than 8 bytes" -H 127.0.0.1 --credentials-fd "$ini"
never "no secret is told of a descriptor" '= secret|"secret'
exec {ini}<&-

### --derive-keys

derive() { printf '%b' "$input" | "$listener" "$@" >"$work/out" 2>"$work/err"; rc=$?; first=$(head -n 1 "$work/out"); }
# derived NAME RC ERE INPUT ARGS...
derived() {
	derived_name=$1 derived_rc=$2 derived_re=$3 input=$4
	shift 4
	derive "$@"
	if [ "$rc" = "$derived_rc" ] && [ ! -s "$work/err" ] && grep -Eq "$derived_re" "$work/out"; then
		ok "$derived_name"
	else
		not_ok "$derived_name" "exit code $rc" "$(cat "$work/out" "$work/err")"
	fi
	never "$derived_name: the passphrase is not told" 'maplesyrup|secret'
}
engine=000000000000000000000002
derived "RFC 3414 A.3.2" 0 '^auth-key = 6695febc9288e36282235fc7151f128497b38f3f$' 'maplesyrup\nmaplesyrup\n' --derive-keys monitor:SHA-1:AES-128 --engine-id "$engine"
also "the privacy key is its first 16 bytes" '^priv-key = 6695febc9288e36282235fc7151f1284$'
is "all of the section" test "$(cat "$work/out")" = "[default]
user = monitor
auth = SHA-1
priv = AES-128
auth-key = 6695febc9288e36282235fc7151f128497b38f3f
priv-key = 6695febc9288e36282235fc7151f1284
engine-id = $engine"
cp "$work/out" "$work/derived"
check "a credentials file takes it" 3 'UNKNOWN - 127\.0\.0\.1:1/udp snmp: no agent: port closed' "$listener" -H 127.0.0.1:1 --credentials "$work/derived"
derived "RFC 3414 A.3.1" 0 '^auth-key = 526f5eed9fcce26f8964c2930787d82b$' 'maplesyrup\nmaplesyrup\n' --insecure --derive-keys monitor:md5:aes-128 --engine-id "$engine"
derived "the defaults are SHA-256 and AES-128" 0 '^auth-key = [0-9a-f]{64}$' 'maplesyrup\nsecretsecret\n' --derive-keys monitor --engine-id "0x$engine"
also "the privacy key is of the same hash" '^priv-key = [0-9a-f]{32}$'
is "two passphrases, two keys" test "$(sed -n 's/^auth-key = \(.\{32\}\).*/\1/p' "$work/out")" != "$(sed -n 's/^priv-key = //p' "$work/out")"
also "and their names" '^auth = SHA-256$'
derived "the last line needs no end" 0 '^auth-key = 6695febc' 'maplesyrup\nmaplesyrup' --derive-keys monitor:SHA-1 --engine-id "$engine"
derived "a short passphrase" 3 '^LISTENER UNKNOWN - option --derive-keys: the authentication passphrase is shorter than 8' 'secret1\nmaplesyrup\n' --derive-keys monitor --engine-id "$engine"
derived "a short privacy passphrase" 3 '^LISTENER UNKNOWN - option --derive-keys: the privacy passphrase is shorter than 8' 'maplesyrup\nsecret1\n' --derive-keys monitor --engine-id "$engine"
derived "no second line" 3 '^LISTENER UNKNOWN - option --derive-keys: two passphrases are needed' 'maplesyrup\n' --derive-keys monitor --engine-id "$engine"
derived "no line" 3 '^LISTENER UNKNOWN - option --derive-keys: two passphrases are needed' '' --derive-keys monitor --engine-id "$engine"
derived "a line of 256 bytes" 3 'each a line of at most 255 bytes' "$(printf '%0256d' 7)\nmaplesyrup\n" --derive-keys monitor --engine-id "$engine"
derived "a line of 255 bytes" 0 '^auth-key' "$(printf '%0255d' 7)\nmaplesyrup\n" --derive-keys monitor --engine-id "$engine"
while IFS='	' read -r value re; do
	wrong "--derive-keys '$value'" "option --derive-keys: $re" --derive-keys "$value" --engine-id "$engine"
done <<-'TABLE'
	:SHA-1	no user is given
	monitor:SHA-3	the second word is none of MD5, SHA-1
	monitor:SHA-1:3DES	the third word is none of DES, AES-128
	monitor:none	there is no key of "none"
	monitor:SHA-1:none	there is no key of "none"
	monitor:SHA-1:AES-128:x	the third word is none of
TABLE
wrong "--derive-keys without an engine" 'option --derive-keys: keys are of one engine' --derive-keys monitor
wrong "--derive-keys for two agents" 'option --derive-keys: keys are of one engine' --derive-keys monitor -H 127.0.0.1 -H 127.0.0.2
wrong "--derive-keys of an agent that is not there" 'option --derive-keys: the agent does not tell its engine: .*refused' --derive-keys monitor -H 127.0.0.1:1
wrong "--derive-keys of an unknown name" 'option --derive-keys: dns: ' --derive-keys monitor -H nosuch.invalid --resolver 127.0.0.1:1 -t 1
"$listener" --derive-keys monitor --engine-id "$engine" <<<$'maplesyrup\nmaplesyrup' >/dev/full 2>"$work/err"
is "keys for a full disk: UNKNOWN" test $? = 3
mkfifo "$work/typed"
exec {typed}<>"$work/typed"
printf 'maplesyrup\nmaplesyr' >&"$typed"
"$listener" --derive-keys monitor --engine-id "$engine" <&"$typed" >"$work/out" 2>"$work/err" &
pid=$!
# a signal that comes just before the reading is lost
for ((i = 0; i < 500; i++)); do
	read -r name 2>/dev/null <"/proc/$pid/comm" || break
	if [ "$name" = check_listener ] && grep -Eq '^SigCgt:.*[4-7c-f]...$' "/proc/$pid/status"; then
		kill -TERM "$pid"
	fi 2>/dev/null
	LC_ALL=C read -r -t 0.01 _ <>/dev/zero || :
done
kill -KILL "$pid" 2>/dev/null
wait "$pid"
is "SIGTERM ends the wait for a passphrase" test $? = 3
also "half a line is none" '^LISTENER UNKNOWN - option --derive-keys: two passphrases are needed'
printf '[check_listener]\nderive-keys = monitor\n' >"$work/extra"
wrong "--derive-keys is of the command line" 'derive-keys' --extra-opts="check_listener@$work/extra"

### help

run "$listener" --help
is "help: exit 3" test "$rc" = 3
is "help: what there is by default" grep -q '1440,2860,2861,5060,5061, all any-or-none' <(tr -s ' \n' ' ' <"$work/out")
for word in expected other-owner absent unexpected exposed owner-hidden stale no-agent no-such-object auth bad-agent dns not-started interrupted local-error; do
	also "help: $word" "^ *$word  "
done
never "help: no line is longer than a terminal" '.{81}'
run "$listener" --version
also "version" '^check_listener '
done_testing
