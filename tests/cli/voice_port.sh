#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# check_voice_port on loopback, without root: command lines, what each kind of port is worth under
# each policy, replies, silence, many ports and targets, formats, and how it ends.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/rows.sh"
vp=$PLUGINS/check_voice_port
program=("$vp")
export MP_CONFIG_FILE=
start_sim
localedef -i de_DE -f UTF-8 "$work/de_DE.UTF-8" 2>/dev/null &
locale=$!

# wrong NAME ERE ARGS...
wrong() {
	wrong_name=$1 wrong_re=$2
	shift 2
	check "$wrong_name" 3 "^VOICE_PORT UNKNOWN - .*$wrong_re" "$vp" "$@"
	[ "$(wc -l <"$work/out")" = 1 ] || not_ok "$wrong_name: one line" "$(cat "$work/out")"
}

### command lines

while IFS='	' read -r value re; do
	wrong "port list '$value'" "option --port: .*$re" -H 127.0.0.1 -p "$value"
done <<-'TABLE'
	0	port 0 does not exist
	0/udp	port 0 does not exist
	0-3	port 0 does not exist
	65536	at most 65535
	70000	at most 65535
	58555134348	at most 65535
	18446744073709551617	at most 65535
	1-65536	at most 65535
	20-10	ends below its start
	x	digits only
	0x10	digits only
	1-2-3	digits only
	+5	digits only
	-5	a port is expected
	5-	a port is expected
	,5	a port is expected
	5,,6	a port is expected
	5,	ends in ","
	5 	blanks
	 5	blanks
	5,5	again
	5/udp,5	again
	1-5/tcp,5-9/tcp	again
	1-5000	at most 4096 ports
	1-4096/tcp,1/udp	at most 4096 ports
	5060/sctp	not tcp or udp
	5060/	not tcp or udp
	5060/tcp/udp	not tcp or udp
	5060/tcpudp	not tcp or udp
	5060=opne	not open, closed
	5060=	not open, closed
	5060/tcp=open=closed	not open, closed
	5060=open+	ends in "[+]"
	5060=+open	not open, closed
TABLE
wrong "port list, empty" 'option --port: the value is empty' -H 127.0.0.1 -p ''
wrong "the same port in two lists" 'option --port: .*again' -H 127.0.0.1 -p 5/tcp -p 4-6
while IFS='	' read -r option value re; do
	wrong "$option '$value'" "option $option: .*$re" -H 127.0.0.1 "$option" "$value"
done <<-'TABLE'
	--send-hex	0	two hexadecimal digits
	--send-hex	012	column 4: .*two hexadecimal digits
	--send-hex	xy	column 1: a hexadecimal digit
	--send-hex	0x	no bytes
	--expect-hex	0	two hexadecimal digits
	--expect-hex	zz	column 1: a hexadecimal digit
	--expect-regex	(	no regular expression
	--expect-regex	a{2,1}	no regular expression
	--expect-regex	[z-a]	no regular expression
	--hold	60001	0 to 60000
	--hold	-1	0 to 60000
	--hold	x	0 to 60000
	--canary	x	not a port
	--canary	65536	not a port
	--canary	-1	not a port
	--addresses	5	none of all, any, 4, 6
	--addresses	ipv4	none of all, any, 4, 6
	--expect	opne	not open, closed
	--expect	open,	ends in ","
	--expect	,open	not open, closed
	--expect	open closed	not open, closed
	--send	/nowhere/payload	/nowhere/payload: No such file
	--send	/	is a folder
	--send	/dev/null	empty
	--state	silent=ok	no outcome: open, answering
	--state	open=fine	fine
TABLE
for option in --send-hex --expect-hex --expect-regex --canary --expect --addresses --hold; do
	wrong "$option, empty" "option $option: .*empty" -H 127.0.0.1 "$option" ''
done
wrong "1401 bytes to send" 'option --send-hex: .*too many bytes' -H 127.0.0.1 --send-hex "$(printf '%02802d' 0)"
head -c 2097152 /dev/zero >"$work/2mb"
wrong "a file of 2 MB to send" 'option --send: .*2mb: is too large' -H 127.0.0.1 --send "$work/2mb"
wrong "a file and bytes to send" 'option --send: .*--send-hex' -H 127.0.0.1 --send "$work/2mb" --send-hex 00
mkfifo "$work/fifo"
wrong "a pipe without writer to send" 'option --send: .*fifo: no end of file within 0\.3 s' -H 127.0.0.1 -t 0.3 --hold 0 --send "$work/fifo"
wrong "hold longer than the deadline" 'option --timeout: must be longer than --hold' -H 127.0.0.1 -t 0.3
wrong "hold as long as the deadline" 'option --timeout: must be longer than --hold' -H 127.0.0.1 --hold 10000
wrong "bytes of our own to ports that may carry media" 'option --send-hex: .*needs --i-own-this-host' -H 127.0.0.1 -p 5060/udp,30000/udp --send-hex 00
wrong "a file to ports that may carry media" 'option --send: .*needs --i-own-this-host' -H 127.0.0.1 -p 16000-16400 --send "$work/2mb"
wrong "a reply from a port that must be closed" 'option --expect-regex: .*expected to be open' -H 127.0.0.1 --expect closed --expect-regex x
wrong "bytes from a port that must be filtered" 'option --expect-hex: .*expected to be open' -H 127.0.0.1 -p 1,2=filtered --expect-hex 00
wrong "-4 and IPv6 addresses" 'option --addresses: contradicts' -H localhost -4 --addresses 6
wrong "-6 and IPv4 addresses" 'option --addresses: contradicts' -H localhost -6 --addresses 4
wrong "IPv4 address, IPv6 wanted" 'not an address of that family' -H 127.0.0.1 --addresses 6
wrong "IPv6 address, -4" 'not an address of that family' -H ::1 -4
wrong "port in the target" '"127\.0\.0\.1:80" names a port' -H 127.0.0.1:80
wrong "port in an IPv6 target" '"\[::1\]:80" names a port' -H '[::1]:80'
printf '127.0.0.1\n127.0.0.1:80\n' >"$work/targets"
wrong "port in a target file" 'option --targets: .*targets:2: "127\.0\.0\.1:80" names a port' --targets "$work/targets"
wrong "broadcast" 'broadcast' -H 255.255.255.255 --state refused=ok
wrong "multicast" 'multicast' -H 224.0.0.1
wrong "no target" 'no target'
wrong "a word without option, thresholds behind it" '"stray"' -H 127.0.0.1 -p 1/tcp stray -c 0.0000001

run "$vp" --help
is "help exits 3" test "$rc" = 3
is "help is at most 80 columns" test "$(awk 'length > 80' "$work/out" | wc -l)" = 0
is "help is ASCII" sh -c "! LC_ALL=C grep -q '[^ -~]' '$work/out'"
for outcome in open answering silent-proven refused prohibited unreachable timeout reset-after-accept dns local-error; do
	also "help names the outcome $outcome" "^  $outcome( |\$)"
done
"$vp" --emit bash >"$work/completion"
is "the completion is valid bash" bash -n "$work/completion"
"$vp" --emit man >"$work/man.8"
if command -v man >/dev/null 2>&1; then
	is "the man page has no warning" test -z "$(MANWIDTH=80 LC_ALL=C.UTF-8 man --warnings -l "$work/man.8" 2>&1 >/dev/null)"
else
	skip "the man page has no warning" "man is not installed"
fi

### what a port is worth: one run per policy, one line per kind of port

# Columns: kind (a fact of voip_sim, or closed), transport, states under open / closed / filtered /
# closed,filtered / any, what is said.
cat >"$work/kinds" <<'EOF_KINDS'
tcp_open tcp OCCCO open, connected in [0-9.]+ [mu]?s(, expected .*)?$
tcp_banner tcp OCCCO open, connected in .*, says 25 bytes "220 voice\.example ready\\r"
tcp_reset tcp WCCCO accepted, then reset by the peer .*without a byte
tcp_close tcp WCCCO accepted, then closed by the peer .*without a byte
tcp_talk_close tcp OCCCO open, .*says 25 bytes
tcp_reset_late tcp OCCCO open, connected in
tcp_close_late tcp OCCCO open, connected in
tcp_flood tcp OCCCO open, .*says [0-9]+ bytes "flood flood
tcp_drip tcp OCCCO open, .*says [0-9]+ bytes? "dr?i?p?
tcp_echo tcp OCCCO open, connected in
tcp_evil tcp OCCCO open, .*says 133 bytes "220 evil \\x7c time=0 OK\\x3b x="
closed tcp COWOO connection refused(, expected .*)?$
udp_echo udp OCCCO answers in [0-9.]+ [mu]?s with 76 bytes "\\x80\\xc8\\x00\\x06
udp_answer udp OCCCO answers in .* with 6 bytes "pong\\r\\n"
udp_evil udp OCCCO answers in .* with 133 bytes "220 evil \\x7c time=0 OK\\x3b x="
udp_flood udp OCCCO answers in .* with 7 bytes "flood\\r\\n"
udp_empty udp OCCCO answers in .* with 0 bytes(, expected .*)?$
udp_silent udp UWOOO no reply to 4 datagrams, while the host refuses port 6[1-5][0-9]{3}: open or filtered on purpose
udp_other_port udp UWOOO no reply to 4 datagrams, while .*[0-9]+ unsolicited datagrams
closed udp COWOO port closed, ICMP 3/3 from 127\.0\.0\.1(, expected .*)?$
EOF_KINDS
port_of_kind() { if [ "$1" = closed ]; then echo 1; else p "$1"; fi; }
list=
while read -r kind transport _; do list=$list,$(port_of_kind "$kind")/$transport; done <"$work/kinds"
list=${list#,}
row "open wanted" 2 '^VOICE_PORT CRITICAL - 127\.0\.0\.1: 2 of 20 ports critical, 2 unknown, 2 warning: .*ports=20 ok=14 warning=2 critical=2 unknown=2 time_p50=' -H 127.0.0.1 -p "$list" --show 40
row "closed wanted" 2 '16 of 20 ports critical, 2 warning: .*unexpected service, investigate .*ok=2 warning=2 critical=16 unknown=0' -H 127.0.0.1 -p "$list" --show 40 --expect closed
row "filtered wanted" 2 '16 of 20 ports critical, 2 warning: .*ok=2 warning=2 critical=16' -H 127.0.0.1 -p "$list" --show 40 --expect filtered
row "closed or filtered wanted" 2 '16 of 20 ports critical: .*ok=4 warning=0 critical=16' -H 127.0.0.1 -p "$list" --show 40 --expect closed,filtered
row "anything is fine" 0 'OK - 127\.0\.0\.1: all 20 ports ok' -H 127.0.0.1 -p "$list" --show 40 --expect any
row "policies of single ports win" 1 'WARNING - 127\.0\.0\.1: 1 of 4 ports warning: 127\.0\.0\.1:1/udp: port closed.*expected filtered' \
	-H 127.0.0.1 --expect closed -p "$(p tcp_open)/tcp=open,1/tcp,$(p udp_answer)/udp=any,1/udp=filtered"
row "several policies of a port" 0 'all 2 ports ok' -H 127.0.0.1 -p "1/tcp=filtered+closed,$(p tcp_open)/tcp=OPEN+closed"

# silence
silent=$(p udp_silent)/udp
row "a canary of our choice" 3 'UNKNOWN - 127\.0\.0\.1:[0-9]+/udp: no reply to 4 datagrams, while the host refuses port 1: open or filtered on purpose' -H 127.0.0.1 -p "$silent" --canary 1
row "no canary, no proof" 2 'CRITICAL .*: no reply to 3 datagrams: .*nothing is proven, expected open' -H 127.0.0.1 -p "$silent" --canary 0
row "no proof, filtered wanted: the operator says so" 0 'OK .*: no reply to 3 datagrams' -H 127.0.0.1 -p "$silent" --canary 0 --expect filtered
row "no proof, closed wanted" 3 'UNKNOWN .*: no reply to 3 datagrams.*expected closed' -H 127.0.0.1 -p "$silent" --canary 0 --expect closed
row "a canary that answers proves nothing" 2 'no reply to 5 datagrams.*nothing is proven' -H 127.0.0.1 -p "$silent" --canary "$(p udp_answer)"
row "nor does a silent one" 2 'no reply to 5 datagrams, and no refusal of port [0-9]+ either' -H 127.0.0.1 -p "$silent" --canary "$(p udp_other_port)"
row "nor one that the deadline cuts off" 2 'no reply to 2 datagrams: .*nothing is proven' -H 127.0.0.1 -p "$silent" -t 1
row "the state of the deadline" 1 'WARNING .*nothing is proven' -H 127.0.0.1 -p "$silent" -t 1:warning
row "is not for ports that should be closed" 3 'UNKNOWN .*nothing is proven, expected closed' -H 127.0.0.1 -p "$silent" -t 1:ok --expect closed
row "what was learnt before the deadline is told" 2 '1 of 3 ports critical: 127\.0\.0\.1:[0-9]+/udp: no reply' -H 127.0.0.1 -p "$silent,$(p tcp_open)/tcp,$(p udp_answer)/udp" -t 1
row "trace" 3 'no reply to 4 datagrams' -H 127.0.0.1 -p "$silent" -v
trace=$work/row$row_n
row "strangers are not mixed up" 3 'unknown.*: no reply to 4 datagrams.*([34] unsolicited datagrams from|unsolicited datagrams, the first from)' -H 127.0.0.1 -p "$(p udp_flood)/udp,$(p udp_other_port)/udp"
if [ -n "${sim_tcp_open6:-}" ]; then
	row "IPv6, silent" 3 '\[::1\]:[0-9]+/udp: no reply to 4 datagrams, while the host refuses port' -H ::1 -p "$silent"
else
	skip "IPv6, silent" "no ::1"
fi

policies=(open closed filtered closed,filtered any)
declare -A state_of=([O]=OK [W]=WARNING [C]=CRITICAL [U]=UNKNOWN)
settle
for policy in 0 1 2 3 4; do
	while read -r kind transport states re; do
		letter=${states:policy:1}
		port=$(port_of_kind "$kind")
		line="^\\[${state_of[$letter]}\\] 127\\.0\\.0\\.1:$port/$transport: $re"
		name="$kind/$transport under --expect ${policies[policy]}"
		if grep -Eq -e "$line" "$work/row$policy"; then
			ok "$name"
		else
			not_ok "$name" "wanted: $line" "$(grep -F ":$port/$transport" "$work/row$policy")"
		fi
	done <"$work/kinds"
done
is "trace: sent at 0, 0.5 and 1.25 s, and once with the canary" test "$(grep -cE '^\+(0\.000|0\.[56]|1\.[23]|2\.[0-9])[0-9]* s sent 76 bytes: \\x80\\xc8\\x00\\x06' "$trace")" = 4
check "trace of an answer" 0 'answers' "$vp" -H 127.0.0.1 -p "$(p udp_answer)/udp" -v
also "trace: sent" '^\+0\.000 s sent 76 bytes: \\x80\\xc8\\x00\\x06'
also "trace: got" '^\+0\.[0-9]+ s got 6 bytes: pong\\r\\n$'
check "no trace without -v" 0 'answers' "$vp" -H 127.0.0.1 -p "$(p udp_answer)/udp"
is "one line" test "$(wc -l <"$work/out")" = 1

# Whether the reset meets the connect or comes after it is chance; the verdict must not be.
for i in 1 2 3 4 5 6 7 8 9 10; do
	row "accepted and reset at once is not closed, try $i" 2 'accepted, then reset by the peer' -H 127.0.0.1 -p "$(p tcp_reset)/tcp" --expect closed
done
for hold in 0 300; do
	row "refused stays refused, --hold $hold" 2 'tcp: connection refused, expected open' -H 127.0.0.1 -p 1/tcp --hold $hold
done
row "--hold 0 does not wait for the end" 0 'tcp: open, connected in' -H 127.0.0.1 -p "$(p tcp_close)/tcp" --hold 0

# the outcome words and --state
row "open, mapped" 1 'WARNING .*: open, ' -H 127.0.0.1 -p "$(p tcp_open)/tcp" --state open=warning
row "answering, mapped" 2 'CRITICAL .*: answers in ' -H 127.0.0.1 -p "$(p udp_answer)/udp" --state answering=critical
row "silent-proven, mapped" 0 'OK .*: no reply to 4 datagrams, while' -H 127.0.0.1 -p "$(p udp_silent)/udp" --state silent-proven=ok
row "refused, mapped to ok, is still called refused" 0 '^VOICE_PORT OK - .*: connection refused$' -H 127.0.0.1 -p 1/tcp --state refused=ok
row "refused, mapped to warning, prints a line" 1 '^VOICE_PORT WARNING - .*: connection refused' -H 127.0.0.1 -p 1/tcp --state refused=warning
row "timeout, mapped" 1 'WARNING .*: no reply to 3 datagrams: ' -H 127.0.0.1 -p "$(p udp_silent)/udp" --canary 0 --state timeout=warning
row "reset-after-accept, mapped" 2 'CRITICAL .*: accepted, then closed' -H 127.0.0.1 -p "$(p tcp_close)/tcp" --state reset-after-accept=critical
row "mismatch, mapped" 1 'WARNING .*: the reply is not the expected one' -H 127.0.0.1 -p "$(p tcp_talk_close)/tcp" --expect-regex '^221' --state mismatch=warning
row "no-reply, mapped" 1 'WARNING .*: connected, but no reply within ' -H 127.0.0.1 -p "$(p tcp_open)/tcp" --expect-regex x -t 0.5 --state no-reply=warning
row "local-error" 3 'UNKNOWN .*: not checked: .*Cannot assign requested address' -H 127.0.0.1 -p 1/tcp --source 192.0.2.77
row "local-error, mapped" 2 'CRITICAL .*: not checked: ' -H 127.0.0.1 -p 1/udp --source 192.0.2.77 --state local-error=critical
row "an error of our own is no success, whatever is expected" 3 'not checked: ' -H 127.0.0.1 -p 1/tcp --source 192.0.2.77 --expect any
row "a state wins over a policy" 2 'CRITICAL .*: connection refused, expected closed' -H 127.0.0.1 -p 1/tcp --expect closed --state refused=critical
for policy in open closed closed,filtered any; do
	row "a name that does not resolve is UNKNOWN under --expect $policy" 3 'UNKNOWN - nosuch\.invalid: dns: ' -H nosuch.invalid --resolver 127.0.0.1:1 -t 1 --expect $policy
done
row "dns, mapped" 2 'CRITICAL - nosuch\.invalid: dns: ' -H nosuch.invalid --resolver 127.0.0.1:1 -t 1 --state dns=critical
settle

before=$(date +%s%N)
check "a silent resolver ends at the deadline" 3 'nosuch\.invalid: dns: ' "$vp" -H nosuch.invalid --resolver "$sim_udp_silent" -t 1
is "within it" test $((($(date +%s%N) - before) / 1000000)) -lt 2000

### replies

row "regex across three segments" 0 'open, .*says 25 bytes' -H 127.0.0.1 -p "$(p tcp_banner)/tcp" --expect-regex '^220 voice\.example ready'
row "bytes across two segments" 0 'open, ' -H 127.0.0.1 -p "$(p tcp_banner)/tcp" --expect-hex '76 6f 69 63 65'
row "bytes and regex together" 0 'open, ' -H 127.0.0.1 -p "$(p tcp_banner)/tcp" --expect-hex 0d0a --expect-regex 'ready'
row "one of both is not enough" 2 'CRITICAL .*the reply is not the expected one: 25 bytes "220 voice\.example ready' -H 127.0.0.1 -p "$(p tcp_banner)/tcp" --expect-hex 0d0b --expect-regex '^220' -t 1
row "a banner that differs" 2 'the reply is not the expected one: 25 bytes' -H 127.0.0.1 -p "$(p tcp_banner)/tcp" --expect-regex '^221' -t 1
row "it differs whatever -t says" 2 'the reply is not the expected one' -H 127.0.0.1 -p "$(p tcp_banner)/tcp" --expect-regex '^221' -t 1:ok
row "it differs and ends" 2 'the reply is not the expected one' -H 127.0.0.1 -p "$(p tcp_talk_close)/tcp" --expect-regex '^221'
row "it fits and ends" 0 'open, ' -H 127.0.0.1 -p "$(p tcp_talk_close)/tcp" --expect-regex '^220'
row "regex behind a NUL" 0 'open, ' -H 127.0.0.1 -p "$(p tcp_evil)/tcp" --expect-regex 'hidden'
row "NUL in the bytes" 0 'open, ' -H 127.0.0.1 -p "$(p tcp_evil)/tcp" --expect-hex 0x200068696464656e
row "behind a NUL, UDP" 0 'answers in ' -H 127.0.0.1 -p "$(p udp_evil)/udp" --expect-regex 'hidden.*all is well'
row "a flood that never fits ends long before the deadline" 2 'the reply is not the expected one: .* and more' -H 127.0.0.1 -p "$(p tcp_flood)/tcp" --expect-regex nomatch -t 60
row "4096 bytes of a reply count" 0 'open, ' -H 127.0.0.1 -p "$(p tcp_flood)/tcp" --expect-regex '^(.{64}){64}'
row "the next does not" 2 'the reply is not the expected one: .* and more' -H 127.0.0.1 -p "$(p tcp_flood)/tcp" --expect-regex '^(.{64}){64}.'
row "a drip fits as soon as it does" 0 'open, .*says 8 bytes "dripdrip"' -H 127.0.0.1 -p "$(p tcp_drip)/tcp" --expect-regex 'dripdrip'
row "a drip that never fits ends at the deadline" 2 'the reply is not the expected one' -H 127.0.0.1 -p "$(p tcp_drip)/tcp" --expect-regex 'drop' -t 1
row "silence is no reply" 2 'tcp: connected, but no reply within (1 s|9[0-9][0-9] ms), expected open' -H 127.0.0.1 -p "$(p tcp_open)/tcp" --expect-regex x -t 1
row "the end comes before the reply" 2 'CRITICAL .*connected, but no reply within .*, then closed by the peer, expected open' -H 127.0.0.1 -p "$(p tcp_close)/tcp" --expect-regex x
row "a reset comes before the reply" 2 'CRITICAL .*no reply' -H 127.0.0.1 -p "$(p tcp_reset)/tcp" --expect-regex x
row "without a hold time the end is a missing reply" 2 'CRITICAL .*no reply' -H 127.0.0.1 -p "$(p tcp_close)/tcp" --expect-regex x --hold 0
settle
row "sent and echoed" 0 'open, .*says 5 bytes "hello"' -H 127.0.0.1 -p "$(p tcp_echo)/tcp" --send-hex 68656c6c6f --expect-regex '^hello$'
row "reset by what is sent" 1 'WARNING .*: accepted, then reset by the peer' -H 127.0.0.1 -p "$(p tcp_reset_late)/tcp" --send-hex 00
row "closed by what is sent" 1 'WARNING .*: accepted, then closed by the peer' -H 127.0.0.1 -p "$(p tcp_close_late)/tcp" --send-hex 00
row "bytes out and in, UDP" 0 'answers in .* with 3 bytes "\\x00A\\xff"' -H 127.0.0.1 -p "$(p udp_echo)/udp" --i-own-this-host --send-hex 00:41:ff --expect-hex 0041FF
row "the wrong reply, UDP" 2 'CRITICAL .*: the reply is not the expected one: 6 bytes "pong\\r\\n"' -H 127.0.0.1 -p "$(p udp_answer)/udp" --expect-regex '^ping'
row "an empty reply is told from the wrong one" 2 'the reply is not the expected one: 0 bytes, expected open' -H 127.0.0.1 -p "$(p udp_empty)/udp" --expect-regex x
row "from a closed port" 2 'udp: port closed, ICMP 3/3 from 127\.0\.0\.1, expected open' -H 127.0.0.1 -p 1/udp --expect-regex x
row "and from silence" 2 'CRITICAL .*: no reply to 4 datagrams, while the host refuses port [0-9]+, expected open' -H 127.0.0.1 -p "$(p udp_silent)/udp" --expect-regex x
row "silence without canary proves not even a missing reply" 2 'no reply to 3 datagrams: .*nothing is proven' -H 127.0.0.1 -p "$(p udp_silent)/udp" --expect-regex x --canary 0
row "a reply from another port is none" 2 'no reply to 4 datagrams.*unsolicited' -H 127.0.0.1 -p "$(p udp_other_port)/udp" --expect-regex pong
head -c 1400 /dev/zero >"$work/payload"
row "1400 bytes from a file" 0 'answers in .* with 1400 bytes' -H 127.0.0.1 -p "$(p udp_echo)/udp" --i-own-this-host --send "$work/payload"
settle
head -c 1401 /dev/zero >"$work/payload"
wrong "1401 bytes from a file" 'option --send: .*payload: is too large' -H 127.0.0.1 -p 1 --send "$work/payload"

### hostile bytes

for kind in tcp_evil udp_evil; do
	check "$kind with all there is to show" 0 '\| (tcp|udp)[0-9]+=[0-9.]+s;;;0$' "$vp" -H 127.0.0.1 -p "$(p $kind)/${kind%_evil}" -vvv
	never "$kind: no control byte, no forged perfdata" $'\x1b|\x07|\x7f|[|].*[|]|^[^V].*[|]|x=1;'
	for format in json jsonl prometheus oneline; do
		run "$vp" -H 127.0.0.1 -p "$(p $kind)/${kind%_evil}" -vvv --output-format $format
		is "$kind: $format exits 0" test "$rc" = 0
		is "$kind: $format is ASCII" sh -c "! LC_ALL=C grep -q '[^ -~]' '$work/out'"
		is "$kind: nothing on stderr" test ! -s "$work/err"
	done
done

### thresholds and perfdata

tcp=$(p tcp_open)
udp=$(p udp_answer)
check "default ports and their names" 0 'all 4 ports ok' "$vp" -H 127.0.0.1 --expect any -t 5
for line in '2860/tcp dialpad-voice1' '2860/udp dialpad-voice1' '2861/tcp dialpad-voice2' '2861/udp dialpad-voice2'; do
	also "default ports: $line" "^\\[OK\\] 127\\.0\\.0\\.1:$line: "
done
check "names of ports" 0 'all 11 ports ok' "$vp" -H 127.0.0.1 --expect any -t 5 --show 20 \
	-p 427/udp,1440/tcp,1900/udp,5004/udp,5005/udp,5060/tcp,5061/tcp,5353/udp,16384/udp,32767/udp,16383/udp
for line in '427/udp svrloc' '1440/tcp eicon-slp' '1900/udp ssdp' '5004/udp avt-profile-1' '5005/udp avt-profile-2' '5060/tcp sip' \
	'5061/tcp sips' '5353/udp mdns' '16384/udp RTP by convention' '32767/udp RTP by convention' 16383/udp; do
	also "name: $line" "^\\[OK\\] 127\\.0\\.0\\.1:$line: "
done
check "label of a TCP port" 0 "\\| tcp$tcp=0\\.[0-9]+s;;;0\$" "$vp" -H 127.0.0.1 -p "$tcp/tcp"
check "label of a UDP port" 0 "\\| udp$udp=0\\.[0-9]+s;;;0\$" "$vp" -H 127.0.0.1 -p "$udp/udp"
check "no time of a closed port" 2 'expected open$' "$vp" -H 127.0.0.1 -p 1/tcp
check "thresholds in perfdata, each in its place" 0 "tcp$tcp=[0-9.]+s;5;10;0\$" "$vp" -H 127.0.0.1 -p "$tcp/tcp" -w 5 -c 10
check "warning" 1 'WARNING - .*: open, .*time [0-9.]+ s is above 0 s \(warning\)' "$vp" -H 127.0.0.1 -p "$tcp/tcp" -w 0 -c 5
check "critical" 2 'CRITICAL - .*: answers .*time [0-9.]+ s is above 0 s \(critical\)' "$vp" -H 127.0.0.1 -p "$udp/udp" -w 0 -c 0
check "8 ports have a label each" 0 "ports=8 ok=8 .* tcp$tcp=[0-9.]+s;;;0 udp$udp=[0-9.]+s;;;0\$" "$vp" -H 127.0.0.1 -p "$tcp/tcp,$udp/udp,1-6/tcp=closed"
check "9 are folded" 0 'ports=9 ok=9 warning=0 critical=0 unknown=0 time_p50=[0-9.]+s time_p95=[0-9.]+s time_max=[0-9.]+s$' "$vp" -H 127.0.0.1 -p "$tcp/tcp,$udp/udp,1-7/tcp=closed"
check "a bare port is two" 0 'ports=2 ok=2' "$vp" -H 127.0.0.1 -p 1=closed
check "4096 ports are not too many" 0 'all 4096 ports ok' "$vp" -H 127.0.0.1 -p 1-4096/tcp --expect any

# many targets
for i in 1 2 3 4 5 6 7 8 9 10 11 12; do echo "pbx$i = 127.0.0.1"; done >"$work/targets"
printf '# a comment\n\ndead = 127.0.0.2\n' >>"$work/targets"
check "many targets: worst first, counts" 2 "^VOICE_PORT CRITICAL - 2 of 26 ports critical: dead \\(127\\.0\\.0\\.2:$tcp/tcp\\): connection refused, expected open \\| ports=26 ok=24 warning=0 critical=2 unknown=0 time_p50=" "$vp" --targets "$work/targets" -p "$tcp/tcp,$udp/udp"
also "the dead one has a group" '^\[CRITICAL\] dead'
also "with a line for each port" "^  \\[CRITICAL\\] dead \\(127\\.0\\.0\\.2:$udp/udp\\): port closed, ICMP 3/3 from 127\\.0\\.0\\.2"
check "targets from standard input" 0 'pbx \(127\.0\.0\.1:' bash -c 'echo "pbx = 127.0.0.1" | "$0" --targets - -p "$1"' "$vp" "$tcp/tcp"
check "--addresses any is about addresses, not targets" 2 '1 of 2 ports critical' "$vp" -H 127.0.0.1 -H 127.0.0.2 -p "$tcp/tcp" --addresses any
check "an IPv4-mapped address is IPv4" 0 "127\\.0\\.0\\.1:$tcp/tcp: open" "$vp" -H ::ffff:127.0.0.1 -p "$tcp/tcp"

# addresses
if [ -n "${sim_tcp_open6:-}" ]; then
	check "IPv6" 0 "^VOICE_PORT OK - \\[::1\\]:$tcp/tcp: open, .*\\| tcp$tcp=" "$vp" -H ::1 -p "$tcp/tcp"
	check "IPv6 in brackets" 0 "\\[::1\\]:$tcp/tcp: open" "$vp" -H '[::1]' -p "$tcp/tcp"
	check "IPv6, UDP, closed" 2 '\[::1\]:1/udp: port closed, ICMP 1/4 from ::1, expected open' "$vp" -H ::1 -p 1/udp
else
	for name in "IPv6" "IPv6 in brackets" "IPv6, UDP, closed"; do skip "$name" "no ::1"; done
fi
if [ -n "${sim_tcp_open6:-}" ] && grep -Eq '^::1[[:space:]](.*[[:space:]])?localhost([[:space:]]|$)' /etc/hosts; then
	start_sim --address ::1
	six=$(p tcp_open6)
	check "localhost: both addresses, one dead" 2 '^VOICE_PORT CRITICAL - localhost: 1 of 2 ports critical: localhost \(127\.0\.0\.1:' "$vp" -H localhost -p "$six/tcp"
	also "localhost: the living one has a line" "^\\[OK\\] localhost \\(\\[::1\\]:$six/tcp\\): open, "
	check "localhost: any address" 0 "^VOICE_PORT OK - localhost: 1 of 2 addresses as expected, one is enough.* tcp$six=" "$vp" -H localhost -p "$six/tcp" --addresses any
	also "localhost: the dead one is shown" "^\\[CRITICAL\\] localhost \\(127\\.0\\.0\\.1:$six/tcp\\): connection refused, expected open"
	check "localhost: IPv4 addresses" 2 '127\.0\.0\.1:.*connection refused' "$vp" -H localhost -p "$six/tcp" --addresses 4
	check "localhost: IPv6 addresses" 0 '\[::1\]:.*open' "$vp" -H localhost -p "$six/tcp" --addresses 6
	check "localhost: any address, all dead" 2 '2 of 2 ports critical' "$vp" -H localhost -p 1/tcp --addresses any
	check "localhost: both addresses alive" 0 "all 2 ports ok .* tcp$tcp=[0-9.]+s;;;0 dns=[0-9.]+s" "$vp" -H localhost -p "$tcp/tcp"
else
	skip "a name with two addresses" "localhost is not 127.0.0.1 and ::1 here"
fi

### formats

run "$vp" -H 127.0.0.1 -p "$udp/udp" --output-format json
is "json: exit code" test "$rc" = 0
also "json: facts of an answer" "\"outcome\": ?\"answering\",\"address\": ?\"127\\.0\\.0\\.1:$udp\",\"transport\": ?\"udp\".*\"reply\": ?\"pong\\\\\\\\r\\\\\\\\n\",\"reply_bytes\": ?6"
run "$vp" -H 127.0.0.1 -p 2860/udp=any,1/udp --output-format json
is "json: exit code of a closed port" test "$rc" = 2
also "json: facts of a closed port" '"outcome": ?"refused","address": ?"127\.0\.0\.1:1","transport": ?"udp".*"fault": ?"refused","errno": ?111,"icmp_type": ?3,"icmp_code": ?3,"icmp_from": ?"127\.0\.0\.1"'
also "json: the name of the port" '"port_name": ?"dialpad-voice1"'
also "json: exit code inside" '"exit_code": ?2'
run "$vp" -H 127.0.0.1 -p "$(p tcp_close)/tcp" --output-format json
also "json: reset-after-accept" '"outcome": ?"reset-after-accept"'
run "$vp" --targets "$work/targets" -p "$tcp/tcp" --output-format jsonl
is "jsonl: one object per target" test "$(wc -l <"$work/out")" = 13
is "jsonl: exit code" test "$rc" = 2
run "$vp" -H 127.0.0.1 -p "$tcp/tcp,1/udp" --output-format prometheus
also "prometheus: a state per port" "^check_voice_port_state\\{.*address=\"127\\.0\\.0\\.1:1\",transport=\"udp\"\\} 2\$"
also "prometheus: seconds" "^check_voice_port_time_seconds\\{.*:$tcp\".*\\} 0\\."
run "$vp" -H 127.0.0.1 -p "$tcp/tcp,1/udp" --output-format oneline
is "oneline: one line" test "$(wc -l <"$work/out")" = 1

### ends

"$vp" -H 127.0.0.1 -p "$tcp/tcp" >/dev/full 2>"$work/err"
is "full disk: UNKNOWN" test $? = 3
is "full disk: silent on stderr" test ! -s "$work/err"
"$vp" -H 127.0.0.1 -p "$tcp/tcp" >&- 2>"$work/err"
is "closed stdout: UNKNOWN" test $? = 3
is "closed stdout: silent on stderr" test ! -s "$work/err"
{ "$vp" -H 127.0.0.1 -p "$tcp/tcp"; echo $? >"$work/rc"; } 2>"$work/err" | true
is "closed pipe: no death by signal" test "$(cat "$work/rc")" -le 3

# A peer whose trace tells when a datagram has arrived; its row "drop" never answers.
exec {trace_in}< <(exec ./tests/sim/voip_sim --dir "$work/sim2" --trace 2>&1)
peers="$peers $!"
until read -r -u "$trace_in" line && [ "$line" = ready ]; do
	case $line in sip=*) traced=$(port_of "$line") ;; esac
done
printf '%s\r\n' 'OPTIONS sip:drop@127.0.0.1 SIP/2.0' 'Via: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKvp;rport' 'From: <sip:a@127.0.0.1>;tag=a' \
	'To: <sip:drop@127.0.0.1>' 'Call-ID: vp@127.0.0.1' 'CSeq: 1 OPTIONS' 'Max-Forwards: 70' 'Content-Length: 0' '' >"$work/options"
arrived() { until read -r -u "$trace_in" line && [[ $line == *OPTIONS* ]]; do :; done; }
for case in "2 INT" "2 TERM" "4 TERM"; do
	read -r when signal <<<"$case"
	"$vp" -H 127.0.0.1 -p "$tcp/tcp,1/udp=closed,$traced/udp" --i-own-this-host --send "$work/options" -t 30 >"$work/out" 2>"$work/err" &
	pid=$!
	for ((i = 0; i < when; i++)); do arrived; done
	before=$(date +%s%N)
	kill -$signal "$pid"
	wait "$pid"
	rc=$?
	is "SIG$signal after datagram $when: exit 3" test "$rc" = 3
	is "SIG$signal after datagram $when: at once" test $((($(date +%s%N) - before) / 1000000)) -lt 400
	is "SIG$signal after datagram $when: keeps the contract" test -z "$(contract)"
	also "SIG$signal after datagram $when: says so" "^\\[UNKNOWN\\] 127\\.0\\.0\\.1:$traced/udp: interrupted by a signal while waiting for the answer"
	also "SIG$signal after datagram $when: what is known stays" '^\[OK\] 127\.0\.0\.1:1/udp: port closed, ICMP 3/3'
	also "SIG$signal after datagram $when: and the open port" "^\\[OK\\] 127\\.0\\.0\\.1:$tcp/tcp: open, "
done

if wait "$locale"; then
	LOCPATH=$work LC_ALL=de_DE.UTF-8 check "a comma locale" 0 "tcp$tcp=0\\.[0-9]+s;0\\.5;" "$vp" -H 127.0.0.1 -p "$tcp/tcp" -w 0.5
else
	skip "a comma locale" "localedef or its sources are not installed"
fi
done_testing
