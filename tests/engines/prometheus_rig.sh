# SPDX-License-Identifier: GPL-3.0-or-later
# Sourced by the tests with real receivers of metrics, behind lib.sh: a Pushgateway, a node_exporter with
# nothing but its textfile collector, and an InfluxDB 1.x (Debian: prometheus-pushgateway,
# prometheus-node-exporter, influxdb; and curl).  Each is private: a free port of 127.0.0.1, data below
# $work, log $work/NAME.log; it ends with the test.
#
#   pushgateway_start       $pushgateway_url; returns when it listens, like the others
#   pushgateway_metrics     what a scrape gets, on standard output
#   pushgateway_stop        it takes nothing until the next pushgateway_start, on the same port and with
#                           what it had
#   node_exporter_start     $node_exporter_url; it reads $textfile_folder, as nobody when we are root
#   node_exporter_metrics   what a scrape gets: node_textfile_scrape_error is 0 while all files are good
#   node_exporter_stop
#   influxdb_start [auth]   $influxdb_url; with "auth" everybody needs a password (the first one who comes
#                           makes an administrator)
#   influxdb_query DATABASE QUERY
#                           the answer as JSON, times in microseconds; "CREATE DATABASE x" makes one
#                           (DATABASE is ""); $influxdb_login is USER:PASSWORD
#   influxdb_stop           the next influxdb_start finds the data again
#
# The tests look for the programs themselves: command -v prometheus-pushgateway.
textfile_folder=$work/textfile
pushgateway_address=127.0.0.1:0
node_exporter_address=127.0.0.1:0
influxdb_address=127.0.0.1:0
influxdb_login=

bail() {
	echo "Bail out! $*"
	exit 1
}

# serve NAME COMMAND...: reads the program's log until it says on which address it listens.
serve() {
	local name=$1 line fd
	exec {fd}< <(exec "${@:2}" 2>&1 </dev/null)
	eval "${name}_pid=$!"
	peers="$peers $!"
	while IFS= read -r -t 20 -u "$fd" line; do
		printf '%s\n' "$line" >>"$work/$name.log"
		if [[ $line =~ '"Listening on'.*addr(ess)?=([0-9.]+:[0-9]+) ]]; then
			eval "${name}_address=${BASH_REMATCH[2]} ${name}_url=http://${BASH_REMATCH[2]}"
			cat <&"$fd" >>"$work/$name.log" &
			exec {fd}<&-
			return
		fi
	done
	sed 's/^/# /' "$work/$name.log"
	bail "$name does not start"
}

# halt NAME: returns when it has ended.
halt() {
	local pid=$1_pid
	kill "${!pid}"
	wait "${!pid}" 2>/dev/null
	peers=${peers/ ${!pid}/}
}

# fetch CURL-OPTION...: nothing of this user's configuration; the body of an error goes to stderr.
fetch() { curl -q -sS --fail-with-body --noproxy '*' --max-time 20 "$@"; }

pushgateway_start() {
	serve pushgateway prometheus-pushgateway --web.listen-address="$pushgateway_address" \
		--persistence.file="$work/pushgateway.data" # Debian's default lies below /var
}
pushgateway_stop() { halt pushgateway; }
pushgateway_metrics() { fetch "$pushgateway_url/metrics"; }

node_exporter_start() {
	local under=()
	mkdir -p "$textfile_folder"
	if [ "$(id -u)" = 0 ]; then
		chmod 711 "$work"
		chmod 755 "$textfile_folder"
		under=(setpriv --reuid=nobody --regid=nogroup --clear-groups)
	fi
	serve node_exporter "${under[@]}" prometheus-node-exporter --web.listen-address="$node_exporter_address" \
		--collector.disable-defaults --web.disable-exporter-metrics \
		--collector.textfile --collector.textfile.directory="$textfile_folder"
}
node_exporter_stop() { halt node_exporter; }
node_exporter_metrics() { fetch "$node_exporter_url/metrics"; }

influxdb_start() {
	cat >"$work/influxdb.conf" <<-CONF
		reporting-disabled = true
		bind-address = "127.0.0.1:0"
		[meta]
		dir = "$work/influxdb/meta"
		[data]
		dir = "$work/influxdb/data"
		wal-dir = "$work/influxdb/wal"
		query-log-enabled = false
		[monitor]
		store-enabled = false
		[http]
		bind-address = "$influxdb_address"
		log-enabled = false
		auth-enabled = $([ "${1:-}" = auth ] && echo true || echo false)
		[logging]
		format = "logfmt"
		suppress-logo = true
	CONF
	serve influxdb influxd run -config "$work/influxdb.conf"
}
influxdb_stop() { halt influxdb; }
influxdb_query() {
	fetch ${influxdb_login:+-u "$influxdb_login"} -d epoch=u --data-urlencode "db=$1" \
		--data-urlencode "q=$2" "$influxdb_url/query"
}
