# SPDX-License-Identifier: GPL-3.0-or-later
# Sourced by the tests with a real Nagios 4, behind lib.sh: one private instance below $work, for root under the
# user nagios (see as_nagios_rig.sh). Seconds are its minutes: check_interval 5 is 5 s.
#
#   nagios_objects FILE...       writes the configuration: copies of these object files beside Debian's templates,
#                                contacts and time periods; $USER1$ is $nagios_plugins, or Debian's folder
#   nagios_valid                 nagios4 -v; what it says is in $work/valid.log
#   start_nagios / stop_nagios   start returns when the pipe is open; what Nagios kept at the last stop it has again.
#                                The array nagios_env is what starts it, such as env LC_ALL=de_DE.UTF-8
#   $nagios_spool                check_result_path, looked at every second
#   $nagios_pipe                 command_file
#   nagios_command COMMAND       writes "[now] COMMAND" into the pipe, for example DISABLE_SVC_CHECK;host;service
#   next_result                  waits for the next result that Nagios takes, active or passive, in their order, and
#                                sets result_host, _service, _state (0 to 3), _output, _perfdata, _long (line ends are
#                                "\n" as Nagios keeps them), _command; false when none comes in 10 s. The array
#                                result_states has all states so far by HOST/SERVICE, "0 0 2 "
#   await_result HOST SERVICE [ERE]   reads results until one of that service whose "STATE OUTPUT" matches; false
#                                after 15 s
#   nagios_kept HOST SERVICE FIELD    what it has on disk, after stop_nagios: plugin_output, performance_data,
#                                long_plugin_output, current_state, check_type (0 active, 1 passive), last_check ...
#
# Each result comes from service_perfdata_file, which Nagios writes before it goes on; `tail` says when. A line
# for a service that does not exist is in $nagios_log only.
nagios=$(PATH=$PATH:/usr/sbin command -v nagios4)
debian_objects=/etc/nagios4/objects
[ -n "$nagios" ] || skip_all "nagios4-core is not installed"
[ -f "$debian_objects/templates.cfg" ] || skip_all "nagios4-common is not installed"
nagios_dir=$work/nagios
nagios_spool=$nagios_dir/spool
nagios_pipe=$nagios_dir/nagios.cmd
nagios_log=$nagios_dir/nagios.log
. "$srcdir/tests/engines/as_nagios_rig.sh" || exit 1
mkdir -p "$nagios_spool"

nagios_objects() {
	rm -rf "$nagios_dir/objects"
	mkdir "$nagios_dir/objects"
	cp "$debian_objects"/{templates,contacts,timeperiods,commands}.cfg "$@" "$nagios_dir/objects"
	{
		grep '^illegal_' "${debian_objects%/objects}/nagios.cfg"
		cat <<-CFG
			cfg_dir=$nagios_dir/objects
			log_file=$nagios_log
			resource_file=$nagios_dir/resource.cfg
			object_cache_file=$nagios_dir/objects.cache
			status_file=$nagios_dir/status.dat
			state_retention_file=$nagios_dir/retention.dat
			command_file=$nagios_pipe
			query_socket=$nagios_dir/nagios.qh
			lock_file=$nagios_dir/nagios.pid
			temp_file=$nagios_dir/nagios.tmp
			temp_path=$nagios_dir
			check_result_path=$nagios_spool
			check_result_reaper_frequency=1
			check_external_commands=1
			retain_state_information=1
			use_syslog=0
			check_for_updates=0
			enable_notifications=0
			execute_host_checks=0
			interval_length=1
			service_inter_check_delay_method=0.03
			max_service_check_spread=1
			check_service_freshness=1
			service_freshness_check_interval=1
			additional_freshness_latency=0
			process_performance_data=1
			service_perfdata_file=$nagios_dir/perfdata
			service_perfdata_file_mode=a
			service_perfdata_file_template=$(perfdata_template)\tSTATEID::\$SERVICESTATEID\$\tOUTPUT::\$SERVICEOUTPUT\$\tLONG::\$LONGSERVICEOUTPUT\$\tEND::
		CFG
	} >"$nagios_dir/nagios.cfg"
	echo "\$USER1\$=${nagios_plugins:-/usr/lib/nagios/plugins}" >"$nagios_dir/resource.cfg"
	ours "$nagios_dir"
}

# The one of contrib/nagios/README.
perfdata_template() { sed -n 's/^ *service_perfdata_file_template=//p' "$srcdir/contrib/nagios/README"; }

nagios_valid() { "${under[@]}" "$nagios" -v "$nagios_dir/nagios.cfg" >"$work/valid.log" 2>&1; }

nagios_env=()
start_nagios() {
	: >"$nagios_dir/perfdata"
	: >"$nagios_log"
	ours "$nagios_dir"
	"${under[@]}" "${nagios_env[@]}" "$nagios" "$nagios_dir/nagios.cfg" >"$work/nagios.log" 2>&1 &
	nagios_pid=$!
	peers="$peers $nagios_pid"
	exec {nagios_results}< <(exec tail -n +1 -f --pid="$nagios_pid" "$nagios_dir/perfdata")
	peers="$peers $!"
	until grep -qs 'command file worker' "$nagios_log"; do
		kill -0 "$nagios_pid" 2>/dev/null || {
			sed 's/^/# /' "$work/nagios.log"
			echo "Bail out! nagios4 does not start"
			exit 1
		}
	done
}

stop_nagios() {
	kill "$nagios_pid"
	wait "$nagios_pid" 2>/dev/null
}

nagios_command() { echo "[$(date +%s)] $1" >"$nagios_pipe"; }

declare -A result_states=()
result_host='' result_service='' result_state='' result_output='' result_perfdata='' result_long='' result_command=''
next_result() {
	local line field fields
	# with IFS as it is: a signal may come while this waits
	read -r -t 10 -u "$nagios_results" line || return
	IFS=$'\t' read -r -a fields <<<"$line"
	for field in "${fields[@]}"; do
		case $field in
		HOSTNAME::*) result_host=${field#*::} ;;
		SERVICEDESC::*) result_service=${field#*::} ;;
		SERVICEPERFDATA::*) result_perfdata=${field#*::} ;;
		SERVICECHECKCOMMAND::*) result_command=${field#*::} ;;
		STATEID::*) result_state=${field#*::} ;;
		OUTPUT::*) result_output=${field#*::} ;;
		LONG::*) result_long=${field#*::} ;;
		esac
	done
	result_states[$result_host/$result_service]+="$result_state "
}

await_result() {
	local end=$((SECONDS + 15))
	while [ $SECONDS -lt $end ] && next_result; do
		[ "$result_host/$result_service" = "$1/$2" ] || continue
		[[ "$result_state $result_output" =~ ${3:-.} ]] && return
	done
	false
}

nagios_kept() {
	awk -v host="$1" -v service="$2" -v field="$3" '
		/^service {/ { delete of }
		{ key = $1; sub(/=.*/, "", key); of[key] = substr($0, length(key) + 2) }
		/^}/ && of["host_name"] == host && of["service_description"] == service { print of[field] }' "$nagios_dir/retention.dat"
}
