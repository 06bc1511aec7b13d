#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Wrong and unusual command lines: exit 3 and one line that names the option.
. "${srcdir:-.}/tests/lib.sh"
sip=$PLUGINS/check_sip
export MP_CONFIG_FILE=

# wrong NAME ERE ARGS...
wrong() {
	wrong_name=$1 wrong_re=$2
	shift 2
	check "$wrong_name" 3 "^SIP UNKNOWN - .*$wrong_re" "$sip" "$@"
	[ "$(wc -l <"$work/out")" = 1 ] || not_ok "$wrong_name: one line" "$(cat "$work/out")"
}

wrong "no target" 'no target' 
wrong "unknown option" '--hostnam' --hostnam x
wrong "missing value" '--port' -H 127.0.0.1 -p
wrong "positional argument" 'pbx\.example' -H 127.0.0.1 pbx.example
wrong "flag with value" '--alive' -H 127.0.0.1 --alive=yes
wrong "empty host" '--hostname' -H ''
for port in 0 65536 70000 58555134348 abc -1 '50 60' 0x50; do
	wrong "port $port" '--port' -H 127.0.0.1 -p "$port"
done
for range in 10abc 20:10 nan 0x10 1:2:3 '' '~' '@' ':' inf 1e3 ' 1' '1 ' 0,5; do
	wrong "warning '$range'" '--warning.*column [0-9]' -H 127.0.0.1 -w "$range"
	wrong "critical '$range'" '--critical.*column [0-9]' -H 127.0.0.1 -c "$range"
done
for seconds in 0 -1 abc 10: 10:fatal 4000 ''; do
	wrong "timeout '$seconds'" '--timeout' -H 127.0.0.1 -t "$seconds"
done
wrong "unknown outcome" '--state.*silent' -H 127.0.0.1 --state sleepy=ok
wrong "unknown state" '--state' -H 127.0.0.1 --state silent=fine
wrong "both families" '--use-ipv' -H 127.0.0.1 -4 -6
wrong "wrong family" 'family' -H 127.0.0.1 -6
wrong "source is a name" '--source' -H 127.0.0.1 --source localhost
wrong "transport" '--transport' -H 127.0.0.1 -T sctp
wrong "uri" 'port' -H sip:127.0.0.1:0
wrong "uri transport" '"ws" is not udp, tcp or tls' -H 'sip:127.0.0.1;transport=ws'
wrong "sips over udp" 'sips' -H 'sips:127.0.0.1;transport=udp'
wrong "sips with -T udp" 'tls only' -H sips:127.0.0.1 -T udp
wrong "sips with -T tcp" 'tls only' -H sips:127.0.0.1 -T tcp
wrong "password in a URI" 'credentials-file' -H sip:alice:s3cret@127.0.0.1
never "the password of a URI is not repeated" s3cret
wrong "quorum of one endpoint" '--quorum.*all-targets' -H 127.0.0.1 --quorum 2
wrong "method that writes to a person" '--method.*MESSAGE' -H 127.0.0.1 --method MESSAGE
wrong "expect with a comma too many" '--expect' -H 127.0.0.1 --expect 200,
wrong "from is no URI" '--from' -H 127.0.0.1 --from 'sip:a b'
wrong "value told once" '--hostname: "a\.\.b" is neither' -H a..b
wrong "URI of another scheme" 'known scheme' -H http://127.0.0.1
wrong "broadcast" '--hostname: "255\.255\.255\.255" is a broadcast address' -H 255.255.255.255
wrong "multicast" 'multicast' -H '[ff02::1]:5060'
wrong "method that calls" '--method.*INVITE' -H 127.0.0.1 --method INVITE
wrong "method that registers" '--method.*REGISTER' -H 127.0.0.1 --method REGISTER
wrong "header without colon" '--header' -H 127.0.0.1 --header foo
wrong "header of ours" '--header.*Via' -H 127.0.0.1 --header 'Via: x'
wrong "line end in a value" '--user-agent' -H 127.0.0.1 --user-agent $'a\r\nEvil: 1'
wrong "line end in a host" '--hostname' -H $'127.0.0.1\nx'
wrong "expect" '--expect' -H 127.0.0.1 --expect 200,abc
wrong "expect above 699" '--expect' -H 127.0.0.1 --expect 700
wrong "map" '--map' -H 127.0.0.1 --map 404
wrong "password in argv" '--password' -H 127.0.0.1 --password secret
never "the password is not repeated" secret
wrong "user in argv" '--user' -H 127.0.0.1 --user alice
wrong "series longer than the deadline" '--count' -H 127.0.0.1 -n 20 -i 1
wrong "interval below 0.1 s" '--interval' -H 127.0.0.1 -n 2 -i 0.01
wrong "client key alone" '--client-key' -H 127.0.0.1 -T tls --client-key x
wrong "certificate thresholds turned round" '--certificate' -H 127.0.0.1 -D 7:21
wrong "output format" '--output-format' -H 127.0.0.1 --output-format xml
wrong "targets file missing" '--targets.*nowhere' --targets "$work/nowhere"
wrong "extra-opts file missing" 'nowhere' -H 127.0.0.1 --extra-opts="@$work/nowhere"
wrong "emit" '--emit.*man' --emit wordperfect

printf '[check_sip]\np=25060\nhostname=127.0.0.1\nalive=\n' >"$work/good.ini"
printf '[other]\npassword=x\nuser=y\n' >"$work/secret.ini"
chmod 644 "$work/secret.ini"
wrong "section missing" 'nosuch' -H 127.0.0.1 --extra-opts="nosuch@$work/good.ini"
wrong "secret that others can read" 'chmod 600' -H 127.0.0.1 --extra-opts="other@$work/secret.ini"
printf 'alice:secret\n' >"$work/credentials"
chmod 644 "$work/credentials"
wrong "credentials that others can read" 'credentials-file.*chmod 600' -H 127.0.0.1 --credentials-file "$work/credentials"
printf 'nothing\n' >"$work/credentials"
chmod 600 "$work/credentials"
wrong "credentials without password" 'credentials-file.*USER:PASSWORD' -H 127.0.0.1 --credentials-file "$work/credentials"
check "one-letter keys and flags of an ini file work" 2 '^SIP CRITICAL - 127\.0\.0\.1:25060/udp' "$sip" --extra-opts="@$work/good.ini" -t 1

for key in emit=man help version extra-opts=x; do
	printf '[check_sip]\n%s\n' "$key" >"$work/only.ini"
	wrong "ini key $key" 'only on the command line' -H 127.0.0.1 --extra-opts="@$work/only.ini"
done
mkfifo -m 600 "$work/fifo"
wrong "extra-opts of a pipe without writer" 'fifo: no end of file within 0\.3 s' -H 127.0.0.1 -t 0.3 --extra-opts="@$work/fifo"
wrong "targets of a pipe without writer" '--targets: .*fifo: no end of file within 0\.3 s' -t 0.3 --targets "$work/fifo"
wrong "no target in a target file" '--targets: /dev/null: holds no target' --targets /dev/null

printf 'good = 127.0.0.1:1\nbad line here\n' >"$work/targets"
wrong "broken line in a target file" 'targets.*:2' --targets "$work/targets"
printf 'sip:127.0.0.1:99999\n' >"$work/targets"
wrong "bad URI in a target file" '--targets.*port' --targets "$work/targets"

run "$sip" --help
is "help exits 3" test "$rc" = 3
is "help is at most 80 columns" test "$(awk 'length > 80' "$work/out" | wc -l)" = 0
is "help is ASCII" sh -c "! LC_ALL=C grep -q '[^ -~]' '$work/out'"
also "help ends with the table of states" 'local-error +UNKNOWN'
also "help has examples" 'check_sip -H pbx.example.org'
is "help says nothing on stderr" test ! -s "$work/err"
is "the README's states are those of --help" cmp -s \
	<(awk '$1 ~ /^[a-z-]+$/ && $2 ~ /^(OK|WARNING|CRITICAL|UNKNOWN)$/ { print $1, $2 }' "$work/out" | sort) \
	<(sed -n '/^## check_sip/,/^## check_voice_port/s/^| `\([a-z-]*\)` | \([A-Z]*\) |.*/\1 \2/p' "$srcdir/README.md" | sort)
run "$sip" -V
is "version exits 3" test "$rc" = 3
also "version names the collection" '^check_sip [0-9]+\.[0-9]+\.[0-9]+ \(monitoring-plugins-voip\)$'

for format in json jsonl; do
	run "$sip" --output-format $format -H 127.0.0.1 -p 0
	is "$format: wrong usage exits 3" test "$rc" = 3
	also "$format: wrong usage is an object" '^\{"schema": ?1,.*"state": ?"UNKNOWN".*--port.*\}$'
done
run "$sip" -H 127.0.0.1 -p 0 --output-format=json
also "the format is known whatever the order" '^\{"schema"'

run "$sip" --emit man
printf '%s' "$(cat "$work/out")" >"$work/check_sip.8"
if command -v man >/dev/null 2>&1; then
	is "the man page has no warning" test -z "$(MANWIDTH=80 LC_ALL=C.UTF-8 man --warnings -l "$work/check_sip.8" 2>&1 >/dev/null)"
else
	skip "the man page has no warning" "man is not installed"
fi
"$sip" --emit bash >"$work/completion"
is "the completion is valid bash" bash -n "$work/completion"
done_testing
