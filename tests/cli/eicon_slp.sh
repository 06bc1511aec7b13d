#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# check_eicon_slp on loopback, without root: what each kind of peer is worth when an agent is expected and
# when a closed port is, the plan of requests, requirements, many targets, formats.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/rows.sh"
slp=$PLUGINS/check_eicon_slp
program=("$slp" --i-own-this-host)
export MP_CONFIG_FILE=
start_sim --trace
localedef -i de_DE -f UTF-8 "$work/de_DE.UTF-8" 2>/dev/null &
locale=$!

### what each kind of peer is worth

# Columns: kind (a fact of voip_sim, or closed), transport, states when SLP and when a closed port is
# expected, outcome, what is said.
cat >"$work/kinds" <<'EOF_KINDS'
slp both OC slp-v2 /udp: SLPv2 service agent, 3 types \(service:diva\.eicon:capi, service:diva\.eicon:fax, service:diva\.eicon:voice\), scope DEFAULT, in [0-9.]+ [mu]?s
slp tcp OC slp-v2 /tcp: SLPv2 service agent, 3 types
slp_da both OC slp-v2 SLPv(2|1 and SLPv2) service agent, 3 types
slp_both both OC slp-v2 SLPv(2|1 and SLPv2) service agent, 3 types
slp_v1 both OC slp-v1 /udp: SLPv1, 3 types
slp_v1 tcp OC slp-v1 /tcp: SLPv1, 3 types
slp_udp both OC slp-v2 /udp: SLPv(2|1 and SLPv2) service agent
slp_tcp both OC slp-v2 /tcp: SLPv(2|1 and SLPv2) service agent
slp_empty both OC slp-v2 service agent, 0 types
slp_many both OC slp-v2 /tcp: SLPv2 service agent, 300 types \(service:many000\.sim, service:many001\.sim, service:many002\.sim \.\.\.\), .*its UDP replies overflow
slp_auth both OC slp-v2 SLPv2 service agent, 3 types
slp_dying both OC slp-v2 service agent, 3 types
slp_error_4 both OC slp-v2 service agent, 3 types .*scopes voip lab
slp_error_9 both WC slp-error answers with SLPv2 error 9 VER_NOT_SUPPORTED
slp_error_10 both CC slp-error answers with SLPv2 error 10 INTERNAL_ERROR
slp_error_11 both WC slp-error answers with SLPv2 error 11 DA_BUSY_NOW
slp_wrong_xid both CC slp-suspect answers like SLP, but its XID is that of no request: 02 0[ab] 00 00
slp_wrong_xid tcp CC slp-suspect answers like SLP, but its XID is that of no request: 02 0a 00 00
slp_wrong_function both CC slp-suspect answers like SLP, but .*: 02 05 00 00
slp_wrong_count both WC slp-mixed service agent, scope DEFAULT, .*[0-9]+ broken repl(y|ies) beside the good one: a field reaches beyond its end
slp_short both CC slp-suspect a field reaches beyond its end: 02 0a 00 00 51
slp_long both WC slp-truncated an SLP reply that is cut
slp_mandatory both CC slp-suspect a mandatory extension that is not known
slp_trailing both WC slp-trailing 31744 bytes behind the message, perhaps memory of the agent
slp_trailing tcp OC slp-v2 service agent, 3 types
slp_overflow both OC slp-v2 /tcp: SLPv2 service agent, 84 types \(service:diva\.eicon:h00x.*its UDP replies overflow
slp_overflow udp WC slp-truncated an SLP reply that is cut
slp_overflow_udp both WC slp-truncated an SLP reply that is cut
slp_late both OC slp-v2 SLPv(2|1 and SLPv2) service agent
slp_slow tcp OC slp-v2 service agent, 3 types
slp_split tcp OC slp-v2 service agent, 3 types
slp_amplify both OC slp-v2 service agent, 3 types
slp_other_port both OC slp-v2 /tcp: SLPv2 service agent.* udp: no reply from this address, [0-9]+ unsolicited datagrams, the first from 127\.0\.0\.1:
slp_other_port udp CW unsolicited no reply from this address, [0-9]+ unsolicited datagrams, the first from 127\.0\.0\.1:
slp_other_address udp CW unsolicited unsolicited datagrams, the first from 127\.0\.0\.2:
slp_reset both CW tcp-closed-on-data /tcp: accepts, but closes the connection without a reply .* udp: no reply to [0-9]+ datagrams
slp_close both CW tcp-closed-on-data /tcp: accepts, but closes the connection without a reply .* udp: no reply to [0-9]+ datagrams
slp_hold both CW tcp-open-silent /tcp: accepts the connection, but does not reply within [0-9.]+ s, udp: no reply to [0-9]+ datagrams
slp_garbage both WW other answers, but that is not SLP: 6 bytes 70 6f 6e 67 0d 0a \(record the device with --dump-hex\)
slp_echo both WW other sends our own bytes back
udp_silent udp CO silent no reply to 15 datagrams within [0-9.]+ s
udp_answer udp WW other not SLP: 6 bytes 70 6f 6e 67 0d 0a
udp_empty udp WW other not SLP: 0 bytes
udp_evil udp WW other not SLP: 133 bytes 32 32 30 20 65 76 69 6c 20 7c 20 74 69 6d 65 3d \(
udp_other_port udp CW unsolicited [0-9]+ unsolicited datagrams, the first from 127\.0\.0\.1:
udp_echo udp WW other sends our own bytes back
tcp_open tcp CW tcp-open-silent accepts the connection, but does not reply within
tcp_banner tcp WW other not SLP: [0-9]+ bytes 32 32 30 20
tcp_talk_close tcp WW other not SLP: 25 bytes 32 32 30 20 76 6f 69 63 65 2e 65 78 61 6d 70 6c \(
tcp_drip tcp WW other not SLP: [0-9]+ bytes? 64
tcp_evil tcp WW other not SLP: 133 bytes 32 32 30 20 65 76
tcp_reset tcp CW tcp-closed-on-data accepts, but closes the connection without a reply
tcp_close tcp CW tcp-closed-on-data accepts, but closes the connection without a reply
tcp_reset_late tcp CW tcp-closed-on-data accepts, but closes the connection without a reply
tcp_close_late tcp CW tcp-closed-on-data accepts, but closes the connection without a reply
tcp_echo tcp WW other sends our own bytes back
closed both CO refused /udp: port closed, ICMP 3/3 from 127\.0\.0\.1, tcp: connection refused
closed tcp CO refused /tcp: connection refused
EOF_KINDS
port_of_kind() { if [ "$1" = closed ]; then echo 1; else p "$1"; fi; }
declare -A code_of=([O]=0 [W]=1 [C]=2 [U]=3)
while read -r kind transport states outcome re; do
	port=$(port_of_kind "$kind")
	told "$kind/$transport, expected slp" "${code_of[${states:0:1}]}" "$outcome" "$re" -H 127.0.0.1 -p "$port" -T "$transport"
	case $outcome in
	silent) re="$re, silence is not proof of a closed port" ;;
	refused) re="$re \\|" ;;
	slp-v? | slp-mixed | slp-trailing) re="expected closed: it tells strangers what is here" ;;
	*) re="$re.*, expected closed: " ;;
	esac
	row "$kind/$transport, expected closed" "${code_of[${states:1:1}]}" "$re" -H 127.0.0.1 -p "$port" -T "$transport" --expect closed
done <"$work/kinds"
settle

# Each of them could keep a slow machine busy.
told "slp_flood" 2 slp-suspect 'its XID is that of no request' -H 127.0.0.1 -p "$(p slp_flood)" -T tcp
told "slp_flood ends long before the deadline" 2 slp-suspect . -H 127.0.0.1 -p "$(p slp_flood)" -T tcp -t 60 --proto v2
flood=$work/row$row_n
told "tcp_flood" 1 other 'not SLP: [0-9]+ bytes 66 6c 6f 6f 64' -H 127.0.0.1 -p "$(p tcp_flood)" -T tcp
told "udp_flood" 1 other 'not SLP: 7 bytes 66 6c 6f 6f 64 0d 0a' -H 127.0.0.1 -p "$(p udp_flood)" -T udp
settle
is "slp_flood: a few megabytes are enough" test "$(sed -nE 's/.*"reply_bytes": ?\{"value": ?([0-9]+).*/\1/p' "$flood")" -lt 20000000

# --state goes before the policy; one row for each outcome that loopback can bring.
while read -r word args; do
	read -ra args <<<"$args"
	told "$word, mapped" 3 "$word" . --state "$word=unknown" -H 127.0.0.1 "${args[@]}"
done <<-TABLE
	slp-v2 -p $(p slp)
	slp-v1 -p $(p slp_v1)
	slp-error -p $(p slp_error_10)
	slp-truncated -p $(p slp_overflow_udp) -T udp
	other -p $(p slp_echo) -T tcp
	other -p $(p tcp_talk_close) -T tcp
	unsolicited -p $(p slp_other_port) -T udp
	tcp-closed-on-data -p $(p slp_reset) -T tcp
	tcp-open-silent -p $(p tcp_open) -T tcp
	silent -p $(p udp_silent) -T udp
	refused -p 1
	unmet -p $(p slp) --require-type x
	slp-mixed -p $(p slp_wrong_count)
	slp-trailing -p $(p slp_trailing)
	v1-answers -p $(p slp_both) --check-v1
	slp-v2 -p $(p slp) --expect closed
	silent -p $(p udp_silent) -T udp --expect closed
	match -p $(p udp_answer) -T udp --send-hex 00 --expect-regex pong
	mismatch -p $(p udp_answer) -T udp --send-hex 00 --expect-regex ping
TABLE
told "what is wrong with an answer is no word of its own where none should be" 2 slp-v2 'SLPv1 is answered' -H 127.0.0.1 -p "$(p slp_both)" --check-v1 --expect closed
told "nor are bytes behind it" 2 slp-v2 '31744 bytes behind' -H 127.0.0.1 -p "$(p slp_trailing)" --expect closed
row "expected closed, the worst of UDP and TCP counts" 2 'CRITICAL - .*no reply to' -H "$sim_slp_hold" --expect closed --state silent=critical
row "expected slp, the best" 0 'OK - .*no reply to' -H "$sim_slp_hold" --state silent=ok,tcp-open-silent=ok
told "local-error" 3 local-error 'not checked: .*Cannot assign requested address' -H 127.0.0.1 -p 1 --source 192.0.2.77
told "local-error, mapped" 2 local-error 'not checked: ' -H 127.0.0.1 -p 1 --source 192.0.2.77 --state local-error=critical
told "an error of our own proves no closed port" 3 local-error 'not checked: ' -H 127.0.0.1 -p 1 --source 192.0.2.77 --expect closed
row "INTERNAL_ERROR, mapped" 0 'OK - .*INTERNAL_ERROR' -H 127.0.0.1 -p "$(p slp_error_10)" --state slp-error=ok
row "dns" 3 'UNKNOWN - nosuch\.invalid: dns: ' -H nosuch.invalid --resolver 127.0.0.1:1 -t 1
row "dns proves no closed port" 3 'UNKNOWN - nosuch\.invalid: dns: ' -H nosuch.invalid --resolver 127.0.0.1:1 -t 1 --expect closed
row "dns, mapped" 2 'CRITICAL - nosuch\.invalid: dns: ' -H nosuch.invalid --resolver 127.0.0.1:1 -t 1 --state dns=critical
row "the state of the deadline" 1 'WARNING - .*: no reply to [0-9]+ datagrams within' -H 127.0.0.1 -p "$(p udp_silent)" -T udp -t 1:warning
row "is not for ports that should be closed" 0 'silence is not proof' -H 127.0.0.1 -p "$(p udp_silent)" -T udp -t 4:critical --expect closed
row "nor is a run that was too short OK" 3 "no reply to [0-9]+ datagrams within .*, too short a time to tell" -H 127.0.0.1 -p "$(p udp_silent)" -T udp -t 1 --expect closed
row "nor for what is known before" 2 'refused' -H 127.0.0.1 -p 1 -t 1:ok
row "the deadline holds" 2 'no reply to [0-9]+ datagrams within (1|9[0-9][0-9]) m?s' -H 127.0.0.1 -p "$(p udp_silent)" -T udp -t 1

### the plan of requests

# Looked at further below.
formats=()
for format in text oneline json jsonl prometheus; do
	for kind in slp:0 slp_trailing:1 slp_wrong_xid:2; do
		"$slp" --i-own-this-host -H "$(at "${kind%:*}")" --output-format $format >/dev/null &
		formats+=("$format $kind $!")
	done
done
row "silence, traced" 2 'no reply to 15 datagrams within' -H 127.0.0.1 -p "$(p udp_silent)" -T udp -v
silent_trace=$work/row$row_n
row "version 1 only, silence, traced" 2 'no reply to 6 datagrams within' -H 127.0.0.1 -p "$(p udp_silent)" -T udp -v --proto v1
silent_v1=$work/row$row_n
row "version 2 to one who has 1 only" 2 'no reply to 9 datagrams' -H 127.0.0.1 -p "$(p slp_v1)" --proto v2 -T udp
row "version 1 to one who has 2 only" 2 'accepts the connection, but does not reply' -H 127.0.0.1 -p "$(p slp)" --proto v1 -T tcp
row "a tag that version 1 cannot say leaves version 2" 2 'CRITICAL - .*no reply to [0-9]+ datagrams' -H 127.0.0.1 -p "$(p udp_silent)" -T udp --lang de-DE
row "--scope, another" 1 'error 4 SCOPE_NOT_SUPPORTED' -H "$sim_slp_error_4" --scope office
told "--all-probes, version 2 only" 0 slp-v2 'SLPv2 service agent' -H "$sim_slp" --all-probes
told "--all-probes: what each step met" 0 slp-v2 'SLPv1 and SLPv2' -H "$sim_slp_both" --all-probes
all_probes=$work/row$row_n
told "json: the error" 1 slp-error 'error 11' -H "$sim_slp_error_11" -T tcp
error=$work/row$row_n
row "amplification of bytes that are not SLP" 2 'amplification [0-9.]+ is above 10 \(critical\)' -H 127.0.0.1 -p "$(p udp_flood)" -T udp --check-amplification 5:10
settle
sent() { grep -cE "^\\+[0-9.]+ s sent $1" "${2:-$work/out}"; }
is "a request is sent three times" test "$(sent '29 bytes to [^ ]+, SLPv2 SrvTypeRqst' "$silent_trace")" = 3
is "at 0, 0.5 and 1.25 s" test "$(grep -cE '^\+(0\.000|0\.[56][0-9]*|1\.[23][0-9]*) s sent 29 bytes to [^ ]+, SLPv2' "$silent_trace")" = 3
is "with one XID" test "$(grep -E 'sent 29 bytes' "$silent_trace" | grep -oE 'XID [0-9]+' | sort -u | wc -l)" = 1
is "five requests have five XIDs" test "$(grep -oE 'XID [0-9]+' "$silent_trace" | sort -u | wc -l)" = 5
is "version 1 alone has two requests" test "$(sent '.*SLPv1' "$silent_v1"),$(sent '.*SLPv2' "$silent_v1")" = 6,0
check "stops at the first answer" 0 ' request_bytes=76B;;;0 reply_bytes=154B;;;0 amplification=3\.1[0-9]+;;;0 retries=0;;;0$' "$slp" --i-own-this-host -H "$sim_slp" -v
is "types and the advert are all that is asked" test "$(sent .)" = 2
also "types of all naming authorities come first" '^\+0\.000 s sent 29 bytes to [^ ]+, SLPv2 SrvTypeRqst, XID'
also "types are listed" '^type service:diva\.eicon:fax$'
xid=$(grep -oE 'SrvTypeRqst, XID [0-9]+' "$work/out")
check "no trace without -v" 0 'SLPv2' "$slp" --i-own-this-host -H "$sim_slp"
is "one line" test "$(wc -l <"$work/out")" = 1
run "$slp" --i-own-this-host -H "$sim_slp" -v
never "another run has another XID" "$xid\$"
check "an overflow goes on over TCP" 0 '/tcp: SLPv2 .*its UDP replies overflow' "$slp" --i-own-this-host -H "$sim_slp_overflow" -v
is "with the same XID" test "$(grep -E 'sent 29 bytes to [^ ]+, SLPv2 SrvTypeRqst' "$work/out" | grep -oE 'XID [0-9]+' | uniq -c | awk '{print $1}')" = 2

plan() { check "$1" 0 "$2" "$slp" --i-own-this-host -v "${@:3}"; }
plan "--query types" ' request_bytes=29B' -H "$sim_slp" --query types
plan "--query services" '3 services.* services=3' -H "$sim_slp" --query services
is "--query services: one request for each type" test "$(sent '.* SrvRqst')" = 3
also "--query services: URLs" '^service service:diva\.eicon:fax://192\.0\.2\.7:4712$'
plan "--query attrs" 'OK - ' -H "$sim_slp" --query attrs
also "--query attrs: lists" '^attributes \(channels=60\),\(capabilities=voice,conference\)'
plan "--query sa" 'SLPv2 service agent' -H "$sim_slp" --query sa
plan "--query da" 'SLPv2 directory agent,.* up [0-9.]+ [a-z]+.* da_uptime=[0-9]+s' -H "$sim_slp_da" --query da
plan "--query types,services,attrs,sa,da" 'SLPv2 service and directory agent, 3 types .*3 services' -H "$sim_slp_da" --query types,services,attrs,sa,da
check "boot time 0" 1 'WARNING - .*: the directory agent is going down - SLPv2 directory agent' "$slp" --i-own-this-host -H "$sim_slp_dying" --query da
plan "--type" '1 service, ' -H "$sim_slp" --query services --type service:diva.eicon:fax
plan "--type, abstract" '3 services, ' -H "$sim_slp" --query services --type service:diva.eicon
plan "--type, another" '0 services, .* services=0' -H "$sim_slp" --query services --type service:printer
plan "--type, attributes of a URL" 'OK - ' -H "$sim_slp" --query attrs --type service:diva.eicon:fax://192.0.2.7:4712
also "--type: they are there" '^attributes .*\(t38=true\)'
plan "--predicate" '1 service, ' -H "$sim_slp" --query services --predicate '(channels>=60)'
plan "--predicate, version 1" '1 service, ' -H "$sim_slp_v1" --query services --type service:diva.eicon:voice --predicate '(channels>=60)'
check "--predicate that the agent refuses" 2 'CRITICAL - .*no good reply to the request for services: SLPv2 error 2 PARSE_ERROR - SLPv2' "$slp" --i-own-this-host -H "$sim_slp" --query services --predicate '((('
plan "--scope" 'service agent, 3 types' -H "$sim_slp_error_4" --scope voip
is "--scope: nothing asked twice" test "$(sent '.* SrvTypeRqst')" = 1
plan "the scopes of the advert are used" 'scopes voip lab' -H "$sim_slp_error_4"
plan "--lang" 'SLPv2 service agent' -H "$sim_slp" --lang de-DE
is "--lang is in the request" test "$(sent '32 bytes to [^ ]+, SLPv2 SrvTypeRqst')" = 1
for option in --type --predicate; do
	check "$option that fits no datagram" 3 'UNKNOWN - option .*has more than 1024 bytes' "$slp" --i-own-this-host -H "$sim_slp" --query services $option "$(printf '%02000d' 0)"
done
check "--scope that fits no datagram" 3 'UNKNOWN - option --scope: has more than 1024 bytes' "$slp" --i-own-this-host -H "$sim_slp" -T udp --scope "$(printf '%02000d' 0)"
plan "--proto v1" 'SLPv1, 3 types .* request_bytes=18B' -H "$sim_slp_both" --proto v1
plan "--proto v2" 'SLPv2 service agent, 3 types .* request_bytes=76B' -H "$sim_slp_both" --proto v2
plan "-T tcp" '/tcp: SLPv2 service agent, 3 types .* request_bytes=76B' -H "$sim_slp_both" -T tcp
check "-T udp to one without" 2 '/udp: port closed, ICMP 3/3 from 127\.0\.0\.1 ?\|' "$slp" --i-own-this-host -H 127.0.0.1 -p 1 -T udp
plan "--all-probes" 'SLPv1 and SLPv2 service and directory agent, 3 types' -H "$sim_slp_da" --all-probes
for asked in 'SLPv2 SrvTypeRqst' 'SLPv2 SrvRqst' 'SLPv1 SrvTypeRqst' 'SLPv1 SrvRqst'; do
	is "--all-probes: $asked over both" test "$(sent ".*$asked")" -ge 2
done
is "--all-probes: is told" grep -Eq '"udp": ?"slp-v2","tcp": ?"slp-v2","tcp_v1": ?"slp-v1"' "$all_probes"
is "json: its number" grep -Eq '"slp_error": ?11' "$error"

### requirements

# Columns: state, kind, what is said when it is not met, options.
while IFS='	' read -r state kind re args; do
	eval "args=($args)"
	[ "$state" = 2 ] && word=unmet || word='slp-v[12]'
	told "$kind ${args[*]}" "$state" "$word" "$re" -H "$(at "$kind")" "${args[@]}"
done <<-'TABLE'
	0	slp	3 types	--require-type service:diva.eicon:fax,service:diva.eicon:capi
	0	slp	3 types	--require-type SERVICE:Diva.Eicon:FAX
	0	slp	3 types	--require-type service:diva.eicon
	2	slp	no type service:sip	--require-type service:diva.eicon:fax,service:sip
	2	slp	no type service:diva.eicon:fa	--require-type service:diva.eicon:fa
	2	slp_empty	no type x	--require-type x
	0	slp_many	300 types	--require-type service:many299.sim
	0	slp_v1	SLPv1	--require-type service:diva.eicon:fax
	0	slp	3 services	--min-services 3
	2	slp	3 .*4 required	--min-services 4
	0	slp_empty	0 types	--min-services 0
	2	slp_empty	0 .*1 required	--min-services 1
	0	slp	1 service	--min-services 1 --type service:diva.eicon:fax
	2	slp	1 .*2 required	--min-services 2 --type service:diva.eicon:fax
	0	slp	3 services	--min-lifetime 10800
	2	slp	expires in 10800 s, 10801 required	--min-lifetime 10801
	0	slp	1 service	--min-lifetime 10801 --type service:diva.eicon:fax
	2	slp_empty	no service	--min-lifetime 1
	0	slp	SLPv2	--attr 'channels>=30' --attr capabilities=fax
	0	slp	SLPv2	--attr 'channels>=60'
	2	slp	attribute channels>=61 is not met by [36]0	--attr 'channels>=61'
	0	slp	SLPv2	--attr 'channels>59.5'
	2	slp	attribute channels>60 is not met	--attr 'channels>60'
	0	slp	SLPv2	--attr 'channels<=30'
	2	slp	attribute channels<=29 is not met	--attr 'channels<=29'
	0	slp	SLPv2	--attr 'channels<31'
	2	slp	attribute channels<30 is not met	--attr 'channels<30'
	0	slp	SLPv2	--attr ' CAPABILITIES = Conference '
	2	slp	attribute firmware=9\.2 is not met by 9\.1	--attr firmware=9.2
	0	slp	SLPv2	--attr 'firmware!=9.2'
	2	slp	attribute firmware!=9\.1 is not met by 9\.1	--attr 'firmware!=9.1'
	0	slp	SLPv2	--attr t38
	2	slp	attribute t39 is not there	--attr t39
	2	slp	attribute t39!=x is not there	--attr 't39!=x'
	2	slp	attribute capabilities>=3 is not met by	--attr 'capabilities>=3'
	2	slp	attribute channels>=60 is not met by 30	--attr 'channels>=60' --type service:diva.eicon:fax
	2	slp_empty	attribute channels is not there	--attr channels
	2	slp_v1	attribute channels>=60 is not met by 30, 60	--attr 'channels>=60' --attr capabilities=fax
	0	slp_v1	SLPv1	--attr 'channels>=30' --attr capabilities=fax
	2	slp_v1	attribute channels>60 is not met	--attr 'channels>60'
	0	slp	service agent	--require-role sa
	2	slp	no directory agent advertises itself	--require-role da
	0	slp_da	service and directory agent	--require-role sa,da
	2	slp_v1	no service agent advertises itself	--require-role sa
	0	slp	scope DEFAULT	--require-scope default
	2	slp	no scope voip	--require-scope DEFAULT,voip
	0	slp_error_4	scopes voip lab	--require-scope voip --require-scope lab
	0	slp_da	directory agent	--min-uptime 1
	2	slp_da	directory agent is up for [0-9.]+ [a-z]+ only	--min-uptime 86400
	2	slp	no directory agent tells its boot time	--min-uptime 1
	2	slp_dying	going down	--min-uptime 1
	2	slp	no type x, 3 of 9 required services	--require-type x --min-services 9
	2	slp	1 of 9 required services, attribute y is not there	--type service:diva.eicon:fax --min-services 9 --attr y
TABLE
row "--check-v1, answered" 1 'WARNING - .*SLPv1 is answered' -H "$sim_slp_both" --check-v1
told "--check-v1 asks over TCP too" 1 v1-answers 'SLPv1 is answered' -H "$sim_slp_both" --check-v1
v1=$work/row$row_n
row "--check-v1, not answered" 0 'OK - .*SLPv2' -H "$sim_slp" --check-v1
row "--check-v1, with an error" 1 'WARNING' -H "$sim_slp_error_9" --check-v1
row "an amplification above C" 2 'amplification 156\.897 is above 10 \(critical\), 50 datagrams for each request .*amplification=156\.8[0-9]+;5;10;0' -H "$sim_slp_amplify" --check-amplification 5:10
row "above W" 1 'amplification 3\.138 is above 2 \(warning\) .*amplification=3\.1[0-9]+;2;10;0' -H "$sim_slp" --check-amplification 2:10
row "below both" 0 'OK - .*amplification=3\.1[0-9]+;5;10;0' -H "$sim_slp" --check-amplification 5:10
row "only W" 1 'above 2 \(warning\)' -H "$sim_slp" --check-amplification 2
row "with bytes behind the reply" 2 'amplification 109[0-9]\.[0-9]+ is above 10' -H "$sim_slp_trailing" --check-amplification 5:10
row "TCP amplifies nothing" 3 'UNKNOWN - option --check-amplification: is measured with SLP over UDP' -H "$sim_slp_amplify" --check-amplification 0:0 -T tcp
row "-w" 1 'WARNING - .*time [0-9.]+ s is above 0 s \(warning\) .*time=[0-9.]+s;0;9;0' -H "$sim_slp" -w 0 -c 9
row "-c" 2 'CRITICAL - .*time [0-9.]+ s is above 0 s \(critical\) .*time=[0-9.]+s;0;0;0' -H "$sim_slp" -w 0 -c 0
settle
is "and tells so" grep -Eq '"udp": ?"slp-v2","tcp": ?"slp-v2","tcp_v1": ?"slp-v1"' "$v1"

### addresses, many targets, formats

row "an IPv4-mapped address is IPv4" 0 '127\.0\.0\.1:[0-9]+/udp\)?: SLPv2' -H "[::ffff:127.0.0.1]:$(p slp)"
if [ -n "${sim_slp6:-}" ]; then
	row "IPv6" 0 'OK - \[::1\]:[0-9]+/udp: SLPv2 service agent' -H ::1 -p "$(p slp)"
	row "IPv6, closed" 2 '\[::1\]:1/udp: port closed, ICMP 1/4 from ::1, tcp: connection refused' -H ::1 -p 1
else
	for name in "IPv6" "IPv6, closed"; do skip "$name" "no ::1"; done
fi
if [ -n "${sim_slp6:-}" ] && grep -Eq '^::1[[:space:]](.*[[:space:]])?localhost([[:space:]]|$)' /etc/hosts; then
	row "localhost: both addresses" 0 'localhost: all 2 targets ok .* dns=[0-9.]+s' -H localhost -p "$(p slp)"
	row "localhost: IPv6 addresses" 0 '\[::1\]:.*SLPv2' -H localhost -p "$(p slp)" --addresses 6
	row "localhost: any address, all dead" 2 'CRITICAL - localhost: ' -H localhost -p 1 --addresses any
else
	skip "a name with two addresses" "localhost is not 127.0.0.1 and ::1 here"
fi
for i in {1..30}; do echo "127.0.0.$i:$(p udp_silent)"; done >"$work/targets"
row "the deadline comes before many were asked" 2 'CRITICAL - .*no reply to [0-9]+ datagrams? within' --targets "$work/targets" -T udp --parallel 1 -t 0.3 --show 30
late=$work/row$row_n
settle
is "who was not asked is UNKNOWN" grep -Eq '^\[UNKNOWN\] 127\.0\.0\.[0-9]+:[0-9]+/udp: not asked' "$late"
for format in "${formats[@]}"; do
	read -r format kind pid <<<"$format"
	wait "$pid"
	is "$format: exit code of ${kind%:*}" test "$?" = "${kind#*:}"
done
for format in oneline json jsonl prometheus; do
	run "$slp" -H 127.0.0.1 --attr '=' --output-format $format
	is "$format: exit code of a usage error" test "$rc" = 3
done
check_told "json" 0 slp-v2 'SLPv2' "$slp" --i-own-this-host -H "$sim_slp_da" --query types,services,attrs,sa,da --output-format json
also "json: version, roles, scopes" '"slp_version": ?"2","roles": ?"sa da","scopes": ?"DEFAULT"'
also "json: types" '"types": ?"service:diva\.eicon:capi service:diva\.eicon:fax service:diva\.eicon:voice"'
also "json: services" '"services": ?"service:diva\.eicon:capi://192\.0\.2\.7:4711 service:diva\.eicon:fax://192\.0\.2\.7:4712 '
also "json: attributes" '"attributes": ?"\(channels=30\),.*"min_lifetime": ?10800,"authenticated": ?false'
run "$slp" --i-own-this-host -H "$sim_slp_auth" --output-format json
also "json: authenticated" '"authenticated": ?true'
run "$slp" --i-own-this-host -H "$sim_slp" --output-format prometheus
also "prometheus: a state" '^check_eicon_slp_state\{.*transport="udp"\} 0$'
also "prometheus: seconds" '^check_eicon_slp_time_seconds\{.*\} 0\.'
also "prometheus: bytes, once" '^check_eicon_slp_request_bytes\{.*\} 76$'
if wait "$locale"; then
	LOCPATH=$work LC_ALL=de_DE.UTF-8 check "a comma locale" 0 'time=0\.[0-9]+s;0\.5;.*amplification=3\.1' "$slp" --i-own-this-host -H "$sim_slp" -w 0.5
else
	skip "a comma locale" "localedef or its sources are not installed"
fi

### it registers nothing

mv "$work/sim.log" "$work/traced"
is "the trace of the peer shows requests" grep -q 'slp v2 SrvTypeRqst' "$work/traced"
is "in version 1 too" grep -q 'slp v1 SrvTypeRqst' "$work/traced"
is "and over TCP" grep -q 'slp v2 SrvTypeRqst .* TCP ' "$work/traced"
is "but no registration" test "$(grep -cE 'Srv(De)?Reg |registrations=[1-9]' "$work/traced")" = 0
is "nor anything else but requests" test "$(grep '^slp ' "$work/traced" | grep -cvE ' (SrvRqst|AttrRqst|SrvTypeRqst) ')" = 0

### the ports of the two presets, own registrations, recorded agents, many agents

unused() { ! cat /proc/net/udp /proc/net/udp6 /proc/net/tcp /proc/net/tcp6 2>/dev/null | grep -q "^ *[0-9]*: [0-9A-F]*:$(printf %04X "$1") "; }
if unused 427; then
	check "--preset slp" 2 '127\.0\.0\.1:427/udp svrloc: port closed' "$slp" -H 127.0.0.1 --preset slp
	check "-p wins over it" 2 '127\.0\.0\.1:1/udp: port closed' "$slp" -H 127.0.0.1 --preset slp -p 1
else
	skip "--preset slp" "port 427 is in use"
fi
printf '%s\n' 'service:diva.eicon:fax://192.0.2.7:1 60 scope=lab (channels=8),secure' >"$work/reg"
exec {slp_fd}< <(exec ./tests/sim/voip_sim --dir "$work/slp" --slp --slp-da --slp-boot $(($(date +%s) - 5000)) --slp-file "$work/reg" --slp-replay "$srcdir/tests/data/slp" 2>/dev/null)
peers="$peers $!"
served= replay=
while IFS='=' read -r -u "$slp_fd" fact value; do
	case $fact in eicon_slp) served=$value ;; slp_replay) replay=$value ;; ready) break ;; esac
done
if [ -n "$served" ]; then
	check "the port of eicon-slp needs no option" 0 'OK - 127\.0\.0\.1:1440/udp eicon-slp: SLPv2 service agent, 1 type \(service:diva\.eicon:fax\), scope lab' "$slp" -H 127.0.0.1
	check "its scope is asked for" 0 '1 service, ' "$slp" -H 127.0.0.1 --min-services 1 --min-lifetime 60 --attr 'channels>=8' --attr secure --require-scope lab
	check "and its lifetime is short" 2 'expires in 60 s, 61 required' "$slp" -H 127.0.0.1 --min-lifetime 61
	check "it is up for long" 0 "directory agent, .* da_uptime=50[0-9][0-9]s" "$slp" -H 127.0.0.1 --min-uptime 4999
	check "the preset of 427 asks 427" 2 ':427/udp' "$slp" -H 127.0.0.1 --preset slp -t 3
	check "what OpenSLP said" 0 'SLPv2, 3 types \(service:diva\.eicon:capi, service:sip\.voip, service:printer:lpr\)' "$slp" --i-own-this-host -H "$replay"
else
	skip "the default port" "port 1440 is in use"
fi
start_sim --address 0.0.0.0
for i in {1..200}; do echo "diva$i = 127.1.2.$i"; done >"$work/targets"
check "200 targets" 0 '^EICON_SLP OK - all 200 targets ok \| targets=200 ok=200 warning=0 critical=0 unknown=0 time_p50=.* types=600 responders=200 ' "$slp" --i-own-this-host --targets "$work/targets" -p "$(p slp)"
also "200 targets: one line each" '^\[OK\] diva1 \(127\.1\.2\.1:[0-9]+/udp\): SLPv2 service agent'
echo 'dead = 127.1.2.3:1' >>"$work/targets"
check "and one that is dead" 2 '^EICON_SLP CRITICAL - 1 of 201 targets critical: dead \(127\.1\.2\.3:1/udp\): port closed' "$slp" --i-own-this-host --targets "$work/targets" -p "$(p slp)"
run "$slp" --i-own-this-host --targets "$work/targets" -p "$(p slp)" --output-format jsonl
is "jsonl: one object per target" test "$rc,$(wc -l <"$work/out")" = 2,201
done_testing
