# SPDX-License-Identifier: GPL-3.0-or-later
# Sourced by the tests of send_results, behind lib.sh: receivers of results (http_sim), what came to them, and
# the configuration.
command -v jq >/dev/null 2>&1 || skip_all "jq is not installed"

# start_http ARGS...: starts http_sim and sets $http_NAME for each fact that it prints: a listener's URL, ca.
start_http() {
	exec {http_fd}< <(exec ./tests/sim/http_sim --dir "$work/http" "$@" 2>"$work/http.log")
	peers="$peers $!"
	while IFS='=' read -r -u "$http_fd" fact value; do
		[ "$fact" = ready ] && return
		eval "http_$fact=\$value"
	done
	sed 's/^/# http_sim: /' "$work/http.log"
	echo "Bail out! http_sim does not start"
	exit 1
}

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
