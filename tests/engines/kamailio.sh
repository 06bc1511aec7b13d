#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# check_sip against a real Kamailio on loopback, in a network namespace of its own where the system
# allows one.
kamailio=$(PATH=$PATH:/usr/sbin command -v kamailio)
modules=/usr/lib/$(uname -m)-linux-gnu/kamailio/modules
if [ -z "${KAMAILIO_NETNS:-}" ] && unshare -n true 2>/dev/null; then
	KAMAILIO_NETNS=1 exec unshare -n bash "$0" "$@"
fi
[ -z "${KAMAILIO_NETNS:-}" ] || ip link set lo up 2>/dev/null
. "${srcdir:-.}/tests/lib.sh"
[ -n "$kamailio" ] || skip_all "kamailio is not installed"
[ -f "$modules/tls.so" ] || skip_all "kamailio-tls-modules is not installed"

sip=$PLUGINS/check_sip
certs=$work/certs
./tests/sim/voip_sim --make-certs "$certs" || skip_all "no certificates"
sed "s|@CERTDIR@|$certs|" "$srcdir/tests/engines/kamailio-tls.cfg" >"$work/tls.cfg"
sed -e "s|@TLS_PROFILES@|$work/tls.cfg|" -e "s|/usr/lib/x86_64-linux-gnu/kamailio/modules|$modules|" \
	"$srcdir/tests/engines/kamailio.cfg" >"$work/kamailio.cfg"

# Starts Kamailio and returns when it answers.
start_kamailio() {
	"$kamailio" -f "$work/kamailio.cfg" -Y "$work" -w "$work" -P "$work/kamailio.pid" -DD -E -m 32 -M 4 "$@" \
		>"$work/kamailio.log" 2>&1 &
	kamailio_pid=$!
	peers="$peers $kamailio_pid"
	until "$sip" -H 127.0.0.1 -p 25060 -T udp -T tcp -t 2 >/dev/null 2>&1; do
		kill -0 "$kamailio_pid" 2>/dev/null || {
			sed 's/^/# /' "$work/kamailio.log"
			echo "Bail out! kamailio does not start"
			exit 1
		}
	done
}

stop_kamailio() {
	kill "$kamailio_pid"
	wait "$kamailio_pid" 2>/dev/null
}

start_kamailio
ca="--ca-file $certs/ca.pem"
uri() { echo "sip:$1@127.0.0.1:25060"; }

check "udp" 0 '^SIP OK - 127\.0\.0\.1:25060/udp: 200 OK in [0-9.]+ [mu]?s, kamtest/1\.0 \| time=' "$sip" -H 127.0.0.1 -p 25060
check "tcp" 0 '127\.0\.0\.1:25060/tcp: 200 OK' "$sip" -H 127.0.0.1 -p 25060 -T tcp
check "udp and tcp in one run" 0 '^SIP OK - 127\.0\.0\.1: all 2 targets ok' "$sip" -H 127.0.0.1 -p 25060 -T udp -T tcp
check "IPv6 bare" 0 '\[::1\]:25060/udp: 200 OK' "$sip" -H ::1 -p 25060
check "IPv6 tcp" 0 '\[::1\]:25060/tcp: 200 OK' "$sip" -H '[::1]:25060' -T tcp
check "tls verified" 0 '127\.0\.0\.1:25061/tls: 200 OK.*certificate [0-9]+ days' "$sip" -H 127.0.0.1 -p 25061 -T tls $ca
check "tls unknown issuer" 2 'TLS.*(issuer|trusted)' "$sip" -H 127.0.0.1 -p 25061 -T tls
check "tls expired" 2 'certificate expired 41 days ago' "$sip" -H 127.0.0.1 -p 25062 -T tls $ca
check "tls wrong name" 2 'name is (DNS:)?example\.org, wanted 127\.0\.0\.1' "$sip" -H 127.0.0.1 -p 25063 -T tls $ca
check "tls right by --tls-name" 0 '200 OK' "$sip" -H 127.0.0.1 -p 25063 -T tls $ca --tls-name example.org
check "tls five days left" 2 '200 OK.*cert_days' "$sip" -H 127.0.0.1 -p 25064 -T tls $ca
check "tls five days left, own thresholds" 1 '200 OK' "$sip" -H 127.0.0.1 -p 25064 -T tls $ca -D 10:3
check "tls wrong name, not verified" 0 'certificate NOT VERIFIED' "$sip" -H 127.0.0.1 -p 25063 -T tls --no-verify
check "tls expired, not verified: the days still count" 2 'certificate NOT VERIFIED, certificate expired 41 days ago' "$sip" -H 127.0.0.1 -p 25062 -T tls --no-verify
check "tls to the plain port" 2 'no answer to the TLS handshake within' "$sip" -H 127.0.0.1 -p 25060 -T tls $ca -t 1
check "plain tcp to the tls port" 2 '25061/tcp: ' "$sip" -H 127.0.0.1 -p 25061 -T tcp -t 3
check "tls 1.3 asked of a 1.2 server" 2 'TLS handshake failed: .*version' "$sip" -H 127.0.0.1 -p 25064 -T tls $ca --min-tls 1.3

for row in 404:1 405:1 480:1 486:1 501:1 403:1 483:1 400:1 408:2 500:2 503:2 504:2 302:1 603:1; do
	check "code ${row%:*}" "${row#*:}" ": ${row%:*} Test Reply" "$sip" -H "$(uri "code${row%:*}")"
done
check "alive by option" 0 ': 404 ' "$sip" -H "$(uri code404)" --alive
check "map" 0 ': 503 ' "$sip" -H "$(uri code503)" --map 5xx=ok
check "expect" 2 'not an expected code' "$sip" -H "$(uri ok)" --expect 404
check "retry after" 1 'retry after 17 s' "$sip" -H "$(uri retryafter)"
check "silence" 2 'no answer to OPTIONS \(sent 2 times\) within (1 s|99)' "$sip" -H "$(uri drop)" -t 1
check "silence, state by option" 3 'no answer' "$sip" -H "$(uri drop)" -t 1:unknown
check "first copy lost" 0 '200 OK in .*, 1 retransmission' "$sip" -H "$(uri loss1)"
check "slow" 1 '200 OK in 1\.[5-9] s' "$sip" -H "$(uri slow1500)" -w 1
check "100 then 200" 0 '200 OK in (7|8|9)[0-9][0-9] ms' "$sip" -H "$(uri trying)"
check "answered twice" 0 '200 OK' "$sip" -H "$(uri dup)"
check "body" 0 '200 OK' "$sip" -H "$(uri sdp)" -T tcp
check "hostile header" 0 '200 OK' "$sip" -H "$(uri badserver)" -vvv
check "series" 0 'loss=0%.*' "$sip" -H 127.0.0.1 -p 25060 -n 3 -i 0.1 --loss 1:50 --jitter 1:2

umask 077
printf '[check_sip]\nuser=alice\npassword=secret\n[wrong]\nuser=alice\npassword=nope\n' >"$work/voip.ini"
printf 'alice:secret\n' >"$work/credentials"
check "challenge without credentials" 0 'authentication required' "$sip" -H "$(uri auth)"
check "digest MD5" 0 ': 200 OK' "$sip" -H "$(uri auth)" --extra-opts="@$work/voip.ini"
never "password is not shown" 'secret'
check "digest MD5 over tcp, credentials file, all bytes shown" 0 ': 200 OK' "$sip" -H "$(uri auth)" -T tcp --credentials-file "$work/credentials" -vvv
never "nothing of the digest is shown" 'secret|response="|nonce="'
check "digest, wrong password" 2 'credentials refused: user or password refused' "$sip" -H "$(uri auth)" --extra-opts="wrong@$work/voip.ini"
stop_kamailio

start_kamailio -A SHA256
check "digest SHA-256" 0 ': 200 OK' "$sip" -H "$(uri auth)" --extra-opts="@$work/voip.ini"
check "digest SHA-256, wrong password" 2 'credentials refused' "$sip" -H "$(uri auth)" --extra-opts="wrong@$work/voip.ini"

# pike bans an address after some 200 requests in two seconds; a target file is the quickest way there
for i in $(seq 450); do echo "n$i = 127.0.0.1:25060"; done >"$work/many"
"$sip" --targets "$work/many" -t 2 >/dev/null 2>&1
check "banned by pike: silence, not OK" 2 'no answer' "$sip" -H 127.0.0.1 -p 25060 -t 1
check "tcp is banned as well, after the connect" 2 'no answer to OPTIONS \(sent 1 time\) within' "$sip" -H 127.0.0.1 -p 25060 -T tcp -t 1
done_testing
