#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# check_eicon_slp's command lines: bad values, what contradicts what, broken profiles, help.
. "${srcdir:-.}/tests/lib.sh"
slp=$PLUGINS/check_eicon_slp
profiles=$srcdir/tests/data/profile
export MP_CONFIG_FILE=

# wrong NAME ERE ARGS...
wrong() {
	wrong_name=$1 wrong_re=$2
	shift 2
	check "$wrong_name" 3 "^EICON_SLP UNKNOWN - .*$wrong_re" "$slp" "$@"
	[ "$(wc -l <"$work/out")" = 1 ] || not_ok "$wrong_name: one line" "$(cat "$work/out")"
}

while IFS='	' read -r option value re; do
	wrong "$option '$value'" "option $option: .*$re" -H 127.0.0.1 "$option" "$value"
done <<-'TABLE'
	--port	0	1 to 65535
	--port	65536	1 to 65535
	--port	1440/udp	1 to 65535
	--preset	svrloc	none of eicon-slp, slp
	--proto	v3	none of auto, v1, v2, raw
	--transport	sctp	none of both, udp, tcp
	--query	type	"type" is not types, services, attrs, sa or da
	--query	,types	is not types
	--query	types,,sa	is not types
	--query	types,	ends in ","
	--addresses	ipv4	none of all, any, 4, 6
	--lang	d e	language
	--lang	d|e	language
	--send-hex	0	column 2: a byte has two hexadecimal digits
	--send-hex	02 0	column 5: a byte has two hexadecimal digits
	--send-hex	02xy	column 3: a hexadecimal digit
	--send-hex	0x	no bytes
	--expect-hex	012	column 4: a byte has two hexadecimal digits
	--expect-hex	zz	column 1: a hexadecimal digit
	--expect-regex	(	no regular expression
	--expect-regex	[z-a]	no regular expression
	--profile	/nowhere/profile	/nowhere/profile: No such file
	--profile	/	is a folder
	--profile	/dev/null	no \[section\]
	--dump-hex	/nowhere/record	/nowhere/record: No such file
	--expect	open	none of slp, closed
	--require-type	,x	empty name
	--require-type	x,,y	empty name
	--require-type	x,	ends in ","
	--require-role	ua	"ua" is not sa or da
	--require-role	sa,	ends in ","
	--require-scope	a,,b	empty name
	--require-scope	a,	ends in ","
	--min-services	x	no number from 0 to [0-9]+
	--min-services	-1	no number from 0 to [0-9]+
	--min-services	1000001	no number from 0 to [0-9]+
	--min-services	99999999999999999999	no number from 0 to [0-9]+
	--min-lifetime	65536	0 to 65535
	--min-lifetime	-1	0 to 65535
	--min-uptime	x	0 to [0-9]+00
	--min-uptime	100000001	0 to [0-9]+00
	--attr	>=30	column 1: the name of the attribute is missing
	--attr	=	column 1: the name of the attribute is missing
	--attr	channels>=	column 11: the value is missing
	--attr	channels>=x	column 11: the value is no number
	--attr	channels>30x	column 10: the value is no number
	--attr	channels!30	column 9: the relation is none of
	--attr	channels==30	column 9: the relation is none of
	--check-amplification	x	W or W:C
	--check-amplification	5:	W or W:C
	--check-amplification	:5	W or W:C
	--check-amplification	-1:5	W or W:C
	--check-amplification	5:50:500	W or W:C
	--check-amplification	50:5	critical number below the warning one
	--state	silent=fine	silent=fine
	--state	quiet=ok	no outcome: slp-v2, slp-v1
TABLE
while IFS='	' read -r option value re; do
	wrong "$option=$value" "option $option: .*$re" "$option=$value"
done <<-'TABLE'
	--multicast	127.0.0.1	no multicast address
	--multicast	all	no numeric address
	--multicast	239.1.1.1:1440	no numeric address
	--broadcast	239.1.1.1	no IPv4 broadcast address
	--broadcast	ff02::1	no IPv4 broadcast address
	--broadcast	lan	no numeric address
	--listen	0	0\.1 to 3600
	--listen	0.01	0\.1 to 3600
	--listen	3601	0\.1 to 3600
	--listen	x	0\.1 to 3600
TABLE
while IFS='	' read -r option value re; do
	wrong "$option '$value'" "option $option: .*$re" --listen 0.1 "$option" "$value"
done <<-'TABLE'
	--interface	nosuch0	No such device
	--interface	a-name-that-is-too-long-for-any-interface	No such device
	--ttl	0	1 to 255
	--ttl	256	1 to 255
	--min-responders	-1	0 to [0-9]+
	--min-responders	1000001	0 to [0-9]+
	--max-responders	x	0 to [0-9]+
	--max-responders	-1	0 to [0-9]+
	--expect-responder	diva	no numeric address
	--expect-responder	192.0.2.7:1440	no numeric address
	--expect-responder	192.0.2.7,	ends in ","
TABLE
for option in --preset --proto --transport --query --type --scope --predicate --lang --addresses --profile --send-hex --expect-hex \
	--expect-regex --dump-hex --expect --require-type --require-role --require-scope --min-services --min-lifetime --min-uptime \
	--attr --check-amplification; do
	wrong "$option, empty" "option $option: .*empty" -H 127.0.0.1 "$option" ''
done
many() { printf "$1%.0s," $(seq "$2"); }
wrong "33 types" 'option --require-type: .*at most 32' -H 127.0.0.1 --require-type "$(many x 32)x"
wrong "33 scopes" 'option --require-scope: .*at most 32' -H 127.0.0.1 --require-scope "$(many x 32)x"
wrong "33 attributes" 'option --attr: .*at most 32' -H 127.0.0.1 $(printf -- '--attr a%d ' {1..33})
wrong "65 responders" 'option --expect-responder: .*at most 64' --listen 0.1 --expect-responder "$(many 192.0.2.7 64)192.0.2.7"
wrong "1401 bytes to send" 'option --send-hex: .*column 2803: .*too many bytes' -H 127.0.0.1 --send-hex "$(printf '%02802d' 0)"
for option in --type --scope --predicate --lang; do
	wrong "$option, 70000 bytes" "option $option: " -H 127.0.0.1 "$option" "$(printf '%070000d' 0)"
done
wrong "no target" 'no target'
wrong "a word without option" '"stray"' -H 127.0.0.1 stray
wrong "a group without =" '"239\.1\.1\.1"' --multicast 239.1.1.1
wrong "a host that is a group" 'option --hostname: .*multicast' -H 239.255.255.253
wrong "a host that is all hosts" 'option --hostname: .*broadcast' -H 255.255.255.255
wrong "port 0 in the target" '"127\.0\.0\.1:0" has no port' -H 127.0.0.1:0
wrong "IPv6 address, -4" 'not an address of that family' -H ::1 -4
wrong "-4 and IPv6 addresses" 'option --addresses: contradicts' -H localhost -4 --addresses 6

# What contradicts what; columns: the option named, what is said of it, the arguments.
while IFS='	' read -r option re args; do
	read -ra args <<<"$args"
	wrong "${args[*]}" "option --$option: .*$re" "${args[@]}"
done <<-'TABLE'
	broadcast	--multicast exclude	--multicast --broadcast
	broadcast	--listen exclude	--broadcast --listen 1
	hostname	not asked with	-H 127.0.0.1 --multicast
	hostname	not asked with	-H 127.0.0.1 --broadcast
	hostname	not asked with	-H 127.0.0.1 --listen 1
	send-hex	not for groups	--multicast --send-hex 00
	profile	not for groups	--listen 1 --profile /dev/null
	transport	no TCP	--multicast -T tcp
	interface	belongs to	-H 127.0.0.1 --interface lo
	min-responders	belongs to	-H 127.0.0.1 --min-responders 1
	max-responders	belongs to	-H 127.0.0.1 --max-responders 1
	expect-responder	belongs to	-H 127.0.0.1 --expect-responder 127.0.0.1
	broadcast	IPv6	--broadcast -6
	multicast	contradicts	--multicast=239.1.1.1 -6
	multicast	contradicts	--multicast=ff02::116 -4
	query	asked one thing	--multicast --query types,sa
	query	asked one thing	--multicast --require-type x --require-scope y
	type	is needed	--multicast --query services
	type	is needed	--multicast --attr channels
	check-v1	not for groups	--multicast --check-v1
	listen	only hears	--listen 1 --require-type x
	listen	only hears	--listen 1 --attr x
	listen	only hears	--listen 1 --min-services 0
	listen	only hears	--listen 1 --require-role da
	listen	only hears	--listen 1 --min-uptime 1
	send-hex	exclude	-H 127.0.0.1 --send-hex 00 --profile /dev/null
	proto	needs --send-hex	-H 127.0.0.1 --proto raw
	proto	neither v1 nor v2	-H 127.0.0.1 --proto v1 --send-hex 00
	proto	neither v1 nor v2	-H 127.0.0.1 --proto v2 --profile /dev/null
	proto	own bytes	-H 127.0.0.1 --send-hex 00 --query types
	proto	own bytes	-H 127.0.0.1 --send-hex 00 --attr x
	proto	own bytes	-H 127.0.0.1 --send-hex 00 --check-v1
	expect-hex	belong to	-H 127.0.0.1 --expect-hex 00
	attr	name it with --type	-H 127.0.0.1 --require-type x --attr y
	all-probes	single hosts	--multicast --all-probes
	require-role	version 1	-H 127.0.0.1 --proto v1 --require-role sa
	check-amplification	over UDP	--multicast --check-amplification 1:2
	expect-hex	belong to	-H 127.0.0.1 --expect-regex x
	expect-hex	belong to	-H 127.0.0.1 --profile /dev/null --expect-regex x
	check-v1	contradicts	-H 127.0.0.1 --check-v1 --proto v2
	expect	nothing to require	-H 127.0.0.1 --expect closed --require-type x
	expect	nothing to require	-H 127.0.0.1 --expect closed --min-services 0
	expect	no reply	-H 127.0.0.1 --expect closed --send-hex 00 --expect-hex 00
	dump-hex	one -H	-H 127.0.0.1 -H 127.0.0.2 --dump-hex /nowhere/record
TABLE
# The first line of each bad profile says where it is wrong and what is said of it.
for profile in "$profiles"/bad-*.ini; do
	told=$(head -n 1 "$profile" | tr -d '\000\r')
	told=${told#\# }
	line=${told%%: *}
	if [ "$line" = 0 ]; then where=$profile; else where=$profile:$line; fi
	run "$slp" -H 127.0.0.1 --profile "$profile"
	if [ "$rc" = 3 ] && [ -z "$(contract)" ] && grep -Fq -e "option --profile: $where: ${told#*: } (see" "$work/out"; then
		ok "${profile##*/}"
	else
		not_ok "${profile##*/}" "wanted $where: ${told#*: }" "$(cat "$work/out" "$work/err")"
	fi
done

printf '127.0.0.1\n127.0.0.1:5004\n' >"$work/targets"
for args in "-H 127.0.0.1 -p 5004" "-H 127.0.0.1:16384" "-H [::1]:32767" "-H 127.0.0.1 -p 2859" "--multicast -p 5004" "--broadcast -p 16384" \
	"-H 127.0.0.1 -p 5004 --send-hex 00" "-H 127.0.0.1 -p 5004 --profile $profiles/good-one.ini" "--targets $work/targets"; do
	wrong "$args may carry media" 'option --port: .*needs --i-own-this-host' $args
done
for args in "-p 1" "-p 5060 -T tcp" "-p 16384 -T tcp"; do
	check "$args needs no owner" 2 'connection refused' "$slp" -H 127.0.0.1 $args
done

run "$slp" --help
is "help exits 3" test "$rc" = 3
is "help is at most 80 columns" test "$(awk 'length > 80' "$work/out" | wc -l)" = 0
is "help is ASCII" sh -c "! LC_ALL=C grep -q '[^ -~]' '$work/out'"
also "help says that the protocol is not known" 'does not claim to speak it'
for outcome in slp-v2 slp-v1 match slp-error slp-truncated slp-suspect mismatch other unsolicited tcp-closed-on-data tcp-open-silent \
	silent prohibited refused unreachable unmet slp-mixed slp-trailing v1-answers dns not-started interrupted local-error; do
	also "help names the outcome $outcome" "^  $outcome( |\$)"
done
"$slp" --emit bash >"$work/completion"
is "the completion is valid bash" bash -n "$work/completion"
"$slp" --emit man >"$work/man.8"
if command -v man >/dev/null 2>&1; then
	is "the man page has no warning" test -z "$(MANWIDTH=80 LC_ALL=C.UTF-8 man --warnings -l "$work/man.8" 2>&1 >/dev/null)"
else
	skip "the man page has no warning" "man is not installed"
fi
done_testing
