# SPDX-License-Identifier: GPL-3.0-or-later
# Sourced by the tests of send_results, behind lib.sh: receivers of results (http_sim), what came to them, and
# the configuration.
command -v jq >/dev/null 2>&1 || skip_all "jq is not installed"

start_http() { start_peer http http_sim "$@"; } # a listener's URL is $http_NAME; $http_ca

# requests NAME...: what came to these listeners, one JSON object in each line; bodies: the bodies alone.
requests() { jq -c --args 'select(.listener as $l | $ARGS.positional | index($l))' "$@" <"$work/http/requests"; }
bodies() { requests "$1" | jq -r .body; }
clear_requests() { : >"$work/http/requests"; }
# way NAME WORDS: from now on the listener behaves so; "ok" is well.
way() { if [ "$2" = ok ]; then : >"$work/http/$1.now"; else echo "$2" >"$work/http/$1.now"; fi; }

# await COMMAND...: until it prints something.
await() {
	for await_tries in {1..400}; do
		[ -z "$("$@")" ] || return 0
		LC_ALL=C read -r -t 0.02 <> <(:) || :
	done
	echo "Bail out! $* never happened"
	exit 1
}

# config: the ini file from standard input.
config() {
	cat >"$work/ini"
	chmod 600 "$work/ini"
}
