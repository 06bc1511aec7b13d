#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# SIPp as a further peer: its own transaction layer answers 100 and later 200, over UDP and TCP.
if [ -z "${VOIP_NETNS:-}" ] && unshare -n true 2>/dev/null; then
	VOIP_NETNS=1 exec unshare -n bash "$0" "$@"
fi
. "${srcdir:-.}/tests/lib.sh"
sipp=$(command -v sipp) || skip_all "sipp is not installed"
[ -z "${VOIP_NETNS:-}" ] || ip link set lo up
sip=$PLUGINS/check_sip
scenario=$(cd "$srcdir" && pwd)/tests/engines/sipp.xml

# serve TRANSPORT-MODE: one call after another on port 25070
serve() {
	(cd "$work" && exec "$sipp" -sf "$scenario" -t "$1" -i 127.0.0.1 -p 25070 -nostdin -m 100 >/dev/null 2>&1) &
	peers="$peers $!"
	until "$sip" -H 127.0.0.1:25070 -T "$2" -t 2 >/dev/null 2>&1; do
		kill -0 "${peers##* }" 2>/dev/null || { echo "Bail out! sipp does not start"; exit 1; }
	done
}

serve u1 udp
check "udp: 100, then 200" 0 '200 OK in 2[0-9][0-9] ms, sipp' "$sip" -H 127.0.0.1:25070
check "udp: three in a row" 0 'loss=0%' "$sip" -H 127.0.0.1:25070 -n 3 -i 0.3
serve t1 tcp
check "tcp: 100, then 200" 0 '200 OK in 2[0-9][0-9] ms, sipp' "$sip" -H 127.0.0.1:25070 -T tcp
done_testing
