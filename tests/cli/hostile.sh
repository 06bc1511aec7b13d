#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A hostile peer: every row of voip_sim's table over every transport it has, with the verdict wanted.
# All bytes are shown, so that they pass the output contract too. Columns: row, transport or "-" for each, exit code, what line 1 says.
. "${srcdir:-.}/tests/lib.sh"
sip=$PLUGINS/check_sip
start_sim

ok_='200 .* in [0-9.]+ [mu]?s'
cat >"$work/rows" <<EOF
h-wrong-callid - 2 not to our request \(another Call-ID\)
h-wrong-branch - 2 not to our request \(another branch\)
h-wrong-cseq - 2 not to our request \(another CSeq\)
h-wrong-method - 2 not to our request \(another CSeq\)
h-cseq-huge - 2 broken SIP answer: .*CSeq
h-wrong-from-tag - 2 not to our request \(another From tag\)
h-no-to-tag - 0 $ok_
h-two-vias - 2 not to our request \(more than one Via\)
h-two-vias-comma - 2 not to our request \(more than one Via\)
h-no-via - 2 broken SIP answer: .*Via
h-stale-503 - 0 $ok_
h-other-port udp 2 not to our request \(from another address 127\.0\.0\.1:[0-9]+\)
h-random - 2 the answer is not SIP|broken SIP answer
h-empty udp 2 the answer is not SIP
h-empty tcp 2 connection closed before an answer
h-echo - 2 not SIP: an echo service
h-http-400 - 2 HTTP answers, not SIP: HTTP/1\.1 400
h-evil-line - 2 the answer is not SIP: evil/rta=1ms,,,0 load=99 \?\[31mRED
h-sip-3.0 - 2 broken SIP answer: the SIP version is not 2\.0
h-lower-case - 0 $ok_
h-status-999 - 2 broken SIP answer: the status is not
h-status-099 - 2 broken SIP answer: the status is not
h-status-huge - 2 broken SIP answer: the status is not
h-status-minus1 - 2 broken SIP answer: the status is not
h-status-2digit - 2 broken SIP answer: the status is not
h-no-reason - 0 200 in
h-empty-reason - 0 200 in
h-pipe-reason - 0 200 OK / rta=1ms,2,3 'x'=4 in .* \|time=|200 OK / rta=1ms,2,3 'x'=4 in .* \| time=
h-long-reason tcp 0 200 x+\.\.\. in|200 [^|]{61}\.\.\. in
h-long-reason udp 0 200 [^|]{61}\.\.\. in
h-bare-200 - 2 broken SIP answer
h-bare-lf - 0 $ok_
h-crlf-before - 0 $ok_
h-clen-minus1 - 2 broken SIP answer: .*Content-Length
h-clen-huge - 2 broken SIP answer: .*(Content-Length|MiB)
h-clen-larger udp 2 broken SIP answer: the body is shorter
h-clen-larger tcp 2 the answer is not complete: [0-9]+ bytes
h-clen-smaller - 0 $ok_
h-clen-two - 2 broken SIP answer: .*Content-Length
h-clen-nan - 2 broken SIP answer: .*Content-Length
h-clen-missing - 0 $ok_
h-body-2m tcp 2 broken SIP answer: .*(Content-Length|MiB)
h-byte-segments tcp 0 $ok_
h-two-in-one tcp 0 $ok_
h-half-header tcp 2 connection closed before an answer|cut off
h-drip tcp 2 the answer is not complete: [0-9]+ bytes
h-flood-1xx - 2 only 100, no final answer
h-flood-wrong - 0 $ok_
h-compact - 0 $ok_
h-odd-spacing - 0 $ok_
h-folded-server - 0 $ok_
h-folded-tricks - 2 broken SIP answer: a CR without LF
h-empty-names - 2 broken SIP answer: a header line is malformed
h-no-colon - 2 broken SIP answer: a header line is malformed
h-header-30k - 0 $ok_
h-header-70k tcp 2 broken SIP answer: the header is longer than 64 KiB
h-5000-headers - 0 $ok_
h-received-brackets - 0 $ok_
h-nul-server - 2 broken SIP answer: a NUL byte
h-ansi-server - 0 $ok_
h-latin1-server - 0 $ok_
h-long-warning - 0 200
h-contact-injection - 2 broken SIP answer: a CR without LF
h-redirect - 1 302 .*redirected
h-auth-broken - 0 401
h-auth-huge - 0 401
EOF

# many of them keep silent until the deadline: they run side by side
./tests/sim/voip_sim --list | grep '^h-' >"$work/list"
each() { # COMMAND: with row and transport
	while IFS=$'\t' read -r row transports _; do
		for transport in ${transports//,/ }; do "$1"; done
	done <"$work/list"
}
ask() {
	{
		"$sip" -H "sip:$row@$sim_sip" -T "$transport" -t 1 -vvv >"$work/$row.$transport" 2>"$work/$row.$transport.err" </dev/null
		echo $? >"$work/$row.$transport.rc"
	} &
	asked+=($!)
	[ ${#asked[@]} -lt 16 ] || { wait "${asked[@]}"; asked=(); }
}
answer() {
	cat "$work/$row.$transport"
	cat "$work/$row.$transport.err" >&2
	return "$(cat "$work/$row.$transport.rc")"
}
verdict() {
	line=$(awk -v r="$row" -v t="$transport" '$1 == r && ($2 == "-" || $2 == t)' "$work/rows" | head -n 1)
	[ -n "$line" ] || { not_ok "$row over $transport has a verdict" "no line in the table"; return; }
	read -r _ _ code wanted <<<"$line"
	check "$row over $transport" "$code" "$wanted" answer
	never "$row over $transport: no control byte, no forged perfdata" $'\x1b|\x07|rta=.*\\|.*rta=|^[^ ].*\\|.*\\|'
}
asked=()
each ask
wait "${asked[@]}"
each verdict

umask 077
printf 'alice:secret\n' >"$work/credentials"
for row in h-auth-broken h-auth-huge; do
	check "$row with credentials" 2 'credentials refused: ' "$sip" -H "sip:$row@$sim_sip" --credentials-file "$work/credentials"
done
run "$sip" -H "sip:h-ansi-server@$sim_sip" --output-format json
is "json of hostile bytes is ASCII" sh -c "! LC_ALL=C grep -q '[^ -~]' '$work/out'"
run "$sip" -H "sip:h-latin1-server@$sim_sip" --output-format prometheus
is "prometheus text of hostile bytes is ASCII" sh -c "! LC_ALL=C grep -q '[^ -~]' '$work/out'"
done_testing
