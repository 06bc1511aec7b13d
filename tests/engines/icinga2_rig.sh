# SPDX-License-Identifier: GPL-3.0-or-later
# Sourced by the tests with a real Icinga 2, behind lib.sh: private nodes as this user, each with all
# that it has in $work/NODE, on loopback ports of the kernel's choice, under certificates of one CA.
#
#   node_make NODE [ZONES]      folders, certificate and etc/icinga2.conf, which includes etc/conf.d/*.conf,
#                               and the file ZONES instead of a zone of its own. Port, CA and folders are
#                               in node_port[NODE], $icinga_ca and $work/NODE; the log is $work/NODE/console
#   node_valid NODE [ARG...]    daemon -C; what it says stays in $work/out
#   node_start NODE [ARG...]    returns when its API listens; ends the test when it does not.
#                               ARG is as -D VoipPassiveInterval=2
#   node_stop NODE              returns when it has gone
#   node_restart NODE [ARG...]  on the same port
#   node_find NODE              node_port again, behind a reload for what its master sent
#   client_make NAME            a certificate for clients: $work/pki/NAME.crt and NAME.key
#   password_user NODE NAME PASSWORD PERMISSIONS, certificate_user NODE CN PERMISSIONS
#                               an ApiUser, before the start; PERMISSIONS as '[ "*" ]'
#   api NODE VERB PATH [JSON]   prints the answer; $work/status ends with its HTTP status, or with 000. The
#                               array `as` says who asks: as=(-u NAME:PASSWORD) or as=(--cert FILE --key FILE)
#   last_result NODE HOST SERVICE
#                               prints the service's last_check_result, null when there is none
#   holds FILTER FILE           whether jq finds FILTER true
#   await NODE PATH FILTER      asks until jq finds FILTER true in the answer, which stays in $work/body;
#                               false after $await_s seconds
#
# A node's certificate has no name but NODE: a client that connects to 127.0.0.1 has to say so, like
# curl with --connect-to. Only a node's main process may be signalled, never its group.
declare -A node_pid=() node_port=()
icinga2=$(PATH=$PATH:/usr/sbin command -v icinga2)
icinga_ca=$work/pki/ca.crt
as=(-u rig:rig)
await_s=30

need_icinga2() {
	local tool
	[ -n "$icinga2" ] || skip_all "icinga2 is not installed"
	for tool in curl jq openssl; do
		command -v "$tool" >/dev/null || skip_all "$tool is not installed"
	done
}

bail() {
	echo "Bail out! $*"
	exit 1
}

### certificates: what icinga2 pki makes, with keys that take no second

new_key=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout)

# certificate NAME FOLDER
certificate() {
	local pki=$work/pki
	{
		mkdir -p "$pki"
		[ -e "$icinga_ca" ] || openssl req -x509 "${new_key[@]}" "$pki/ca.key" -days 2 -subj '/CN=Icinga CA' -out "$icinga_ca"
		openssl req "${new_key[@]}" "$2/$1.key" -subj "/CN=$1" -out "$pki/$1.csr" &&
			openssl x509 -req -in "$pki/$1.csr" -CA "$icinga_ca" -CAkey "$pki/ca.key" -CAcreateserial -days 2 \
				-extfile <(echo "subjectAltName=DNS:$1") -out "$2/$1.crt"
	} >"$work/openssl.log" 2>&1 || bail "no certificate of $1: $(cat "$work/openssl.log")"
}
client_make() { certificate "$1" "$work/pki"; }

### nodes

node_make() {
	local dir=$work/$1
	mkdir -p "$dir"/{etc/conf.d,zones.d,data/certs,cache,log,run,spool}
	certificate "$1" "$dir/data/certs"
	cp "$icinga_ca" "$dir/data/certs/"
	cat "${2:-/dev/stdin}" >"$dir/etc/zones.conf" <<-'CONF'
		object Endpoint NodeName { }
		object Zone NodeName { endpoints = [ NodeName ] }
	CONF
	cat >"$dir/etc/icinga2.conf" <<-CONF
		const NodeName = "$1"
		const PluginDir = "/usr/lib/nagios/plugins"
		const PluginContribDir = "$PLUGINS"
		include <itl>
		include <plugins>
		include "zones.conf"
		object CheckerComponent "checker" { }
		object ApiListener "api" {
			bind_host = "127.0.0.1"
			bind_port = ApiPort
			accept_config = true
			accept_commands = true
		}
		include "conf.d/*.conf"
	CONF
	password_user "$1" rig rig '[ "*" ]'
}

password_user() {
	echo "object ApiUser \"$2\" { password = \"$3\"; permissions = $4 }" >>"$work/$1/etc/conf.d/users.conf"
}
certificate_user() {
	echo "object ApiUser \"$2\" { client_cn = \"$2\"; permissions = $3 }" >>"$work/$1/etc/conf.d/users.conf"
}

# node_command NODE [ARG...]: the command line of its daemon, in the array `daemon`.
node_command() {
	local dir=$work/$1
	daemon=("$icinga2" daemon -c "$dir/etc/icinga2.conf" -D ConfigDir="$dir/etc" -D ZonesDir="$dir/zones.d"
		-D DataDir="$dir/data" -D CacheDir="$dir/cache" -D LogDir="$dir/log" -D InitRunDir="$dir/run"
		-D SpoolDir="$dir/spool" -D RunAsUser="$(id -un)" -D RunAsGroup="$(id -gn)"
		-D ApiPort="${node_port[$1]:-0}" "${@:2}")
}

node_valid() {
	node_command "$@"
	"${daemon[@]}" -C >"$work/out" 2>&1
}

node_find() {
	node_port[$1]=$(sed -n "s/.*new listener on '\[127\.0\.0\.1\]:\([0-9]*\)'.*/\1/p" "$work/$1/console" | tail -n 1)
}

node_start() {
	node_command "$@"
	: >"$work/$1/console"
	"${daemon[@]}" >>"$work/$1/console" 2>&1 &
	node_pid[$1]=$!
	peers="$peers $!"
	until grep -q 'Activated all objects' "$work/$1/console"; do
		kill -0 "${node_pid[$1]}" 2>/dev/null || {
			sed 's/^/# /' "$work/$1/console"
			bail "the node $1 does not start"
		}
		sleep 0.02
	done
	node_find "$1"
}

node_stop() {
	kill "${node_pid[$1]}"
	wait "${node_pid[$1]}" 2>/dev/null
}

node_restart() {
	node_stop "$1"
	node_start "$@"
}

### the API

api() {
	local request=(-X "$2")
	[ $# -lt 4 ] || request=(-X POST -H "X-HTTP-Method-Override: $2" -d "$4")
	curl -sS --max-time 20 --cacert "$icinga_ca" --connect-to "::127.0.0.1:${node_port[$1]}" "${as[@]}" \
		-H 'Accept: application/json' "${request[@]}" -w '%{stderr}%{http_code}' "https://$1/v1/$3" 2>"$work/status"
}

last_result() {
	api "$1" GET objects/services "{\"service\":\"$2!$3\",\"attrs\":[\"last_check_result\"]}" |
		jq '.results[0].attrs.last_check_result'
}

holds() { jq -e "$1" "$2" >/dev/null 2>&1; }

await() {
	local end=$((SECONDS + await_s))
	until api "$1" GET "$2" >"$work/body" && holds "$3" "$work/body"; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.05
	done
}
