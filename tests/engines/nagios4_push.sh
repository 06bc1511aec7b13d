#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# send_results delivers to a private Nagios 4, by its folder of check results and by its pipe: what a plugin printed is
# what Nagios has; results wait while Nagios is stopped or a path is wrong; services whose results stop are noticed.
# The commands of contrib/cron and contrib/systemd run as they stand there.
. "${srcdir:-.}/tests/engines/examples_rig.sh" || exit 1
nagios_plugins=$world/plugins
. "$srcdir/tests/engines/nagios4_rig.sh" || exit 1
dummy=/usr/lib/nagios/plugins/check_dummy
[ -x "$dummy" ] || skip_all "monitoring-plugins-basic is not installed"
command -v jq >/dev/null || skip_all "jq is not installed"

### who sends, and where to

make_world
mkdir "$world"/{local,queues,credentials,voip-plugins,wrong,wrong/denied} "$work/printed"
cp "$PLUGINS/send_results" "$world/local"
ln -s "$dummy" "$world/plugins/"
: >"$world/wrong/file"
mkfifo "$world/wrong/alone"
# receivers NAME SINK PATH [...]: sections of a configuration.
receivers() { printf '[%s]\nsink = nagios-%s\npath = %s\n' "$@"; }
receivers spool spool "$nagios_spool" pipe pipe "$nagios_pipe" icinga pipe "$nagios_pipe" \
	gone pipe "$nagios_dir/none.cmd" lost pipe "$world/none/nagios.cmd" file pipe "$world/wrong/file" \
	folder pipe "$world/wrong" alone pipe "$world/wrong/alone" no_spool spool "$world/none" \
	file_spool spool "$world/wrong/file" denied spool "$world/wrong/denied" >"$world/ini"
sed 's#none\.cmd#nagios.cmd#' "$world/ini" >"$world/corrected"
receivers icinga pipe "$nagios_dir/none.cmd" >"$world/down"
receivers icinga spool "$nagios_spool" >"$world/credentials/send_results.ini"
# a plugin of others, which prints what ours never do
cat >"$world/plugins/odd" <<'SH'
#!/bin/sh
printf '%s\n' 'ODD WARNING - a;b "quoted" \n \\ <b> $x$ `y` ü € | a=1.5s;2;3;0;4 '"'b c'=2%;@1:2;~:5;0;100" 'ü; \t "end"\' '' '   indented'
exit 1
SH
printf '%s\n' 'one = 127.0.0.1' 'two = sip:code503@127.0.0.1' 'three = sip:badserver@127.0.0.1' >"$world/some.list"
printf 'trunk%d = sip:%s@127.0.0.1\n' 1 ok 2 code503 >"$world/trunks.list"
printf 'a-long-name-makes-long-lines-%d = 127.0.0.1\n' {1..60} >"$world/long.list"
ours "$world"
chmod 755 "$world/plugins/odd"
chmod 600 "$world"/{ini,corrected,down}
chmod 400 "$world/credentials/send_results.ini"
chmod 700 "$world"/{queues,credentials,voip-plugins}
chmod 500 "$world/wrong/denied"

# results HOST SERVICE CODE TEXT [...]: lines for its standard input.
results() { printf '%s\t%s\t%s\t%s\n' "$@"; }
# give NAME RC ERE ARGS...: lines of standard input go to it, and it says this.
give() {
	cat >"$work/in"
	check "$1" "$2" "$3" given "${@:4}"
}
given() { "${sender[@]}" "$world/ini" "$@" <"$work/in"; }

### what Nagios has

# passive HOST MORE SERVICE...
passive() { printf "define service {\nuse voip-passive\nhost_name $1\n$2\nservice_description %s\n}\n" "${@:3}"; }
{
	sed '/^### a PBX/,$d; s/!900$/!1/' "$srcdir/contrib/nagios/voip-objects.cfg"
	printf 'define host {\nuse voip-host\nhost_name %s\naddress 127.0.0.1\ncheck_command voip_stale!1\n}\n' \
		here {spool,pipe}-{up,down,one,two,three} pbx media1 trunk{1,2}
	passive here 'check_freshness 0' {spool,pipe}' '{sip,ladder,many,voice,odd,one,two,three,port,a,b,c,{1..100}} late waiting
	passive here 'freshness_threshold 1' fresh
	for host in pbx trunk{1,2}; do passive $host 'check_freshness 0' sip; done
	passive media1 'check_freshness 0' rtp
} >"$work/objects.cfg"
nagios_objects "$work/objects.cfg"
{
	sed -n '/^service_perfdata_file_template=/{s//host_perfdata_file_template=/
		s/\$SERVICEDESC\$//; s/\$LONGSERVICE/$LONGHOST/; s/\$SERVICE\(PERFDATA\|STATEID\|OUTPUT\)\$/$HOST\1$/g; p;}' "$nagios_dir/nagios.cfg"
	echo "host_perfdata_file=$nagios_dir/perfdata"
	echo host_perfdata_file_mode=a
} >"$work/hosts.cfg"
cat "$work/hosts.cfg" >>"$nagios_dir/nagios.cfg"
is "the objects of this test" nagios_valid
start_nagios

# take OBJECT...: until there is a result of each, HOST/SERVICE or HOST/, that was not taken yet. take_until COMMAND...
declare -A state=() output=() perfdata=() long=()
arrived=
take() {
	local object
	for object; do take_until is_there "$object" || return; done
}
is_there() { [ -n "${state[$1]:-}" ]; }
take_until() {
	local object end=$((SECONDS + 15))
	until "$@"; do
		[ $SECONDS -lt $end ] && next_result || return
		object=$result_host/$result_service
		state[$object]=$result_state output[$object]=$result_output perfdata[$object]=$result_perfdata long[$object]=$result_long
		arrived+="$result_service, "
	done
}
forget() { state=() arrived= result_states=(); }

# Nagios writes \n for a line end, and \\, in all but the first line.
as_long() { printf '%s' "${1//\\/\\\\}" | sed -z 's/\n/\\n/g'; }
got() { printf '%s\n' "${state[$1]:-none}" "${output[$1]:-}" "${perfdata[$1]:-}" "${long[$1]:-}"; }
# wanted NAME CODE: what Nagios should have of the output in $work/printed/NAME.
wanted() {
	local line rest
	IFS= read -r -d '' rest <"$work/printed/$1"
	line=${rest%%$'\n'*} rest=${rest#*$'\n'}
	[[ $line = *' | '* ]] || line+=' | '
	printf '%s\n' "$2" "$(sed 's/;/:/g' <<<"${line%% | *}")" "${line#* | }" "$(as_long "${rest%$'\n'}")"
}
# same NAME OBJECT [CODE]: Nagios has it as it was printed, with that exit code or the one in NAME.rc.
same() {
	local code=${3:-$(<"$work/printed/$1.rc")}
	take "$2"
	if [ "$(got "$2")" = "$(wanted "$1" "$code")" ]; then
		ok "$1: as printed"
	else
		not_ok "$1: as printed" "$(diff <(wanted "$1" "$code") <(got "$2"))"
	fi
}
# same_line NAME TARGET OBJECT [CODE]: as the target's line of JSON in $work/printed/NAME says.
same_line() {
	local wrong
	take "$3"
	wrong=$(jq -nr --arg name "$2" --arg code "${4:-}" --args '
		def number: if . == null or . == "" then null else tonumber end;
		def items: [split(" ")[] | capture("^(?<label>[^=]+)=(?<value>[0-9.]+)(?<unit>[^;]*)(;(?<warning>[^;]*))?(;(?<critical>[^;]*))?(;(?<min>[^;]*))?(;(?<max>[^;]*))?$")
			| {(.label): (del(.label) | .value |= number | .min |= number | .max |= number | with_entries(select(.value != null and .value != "")))}] | add;
		def long: gsub("\\\\"; "\\\\");
		$ARGS.positional as [$state, $output, $perfdata, $long]
		| [inputs | select(.name == $name)] | if length == 1 then .[0] else error("\(length) lines of \($name)") end
		| [(if $code == "" then "\(.exit_code)" else $code end), "\(.service) \(.state) - \(.summary)", .metrics, (.details // [] | map(long) | join("\\n"))] as $wanted
		| [$state, $output, ($perfdata | items), $long] as $got
		| if $got == $wanted then empty else "wanted \($wanted)", "got \($got)" end' \
		"${state[$3]:-none}" "${output[$3]:-}" "${perfdata[$3]:-}" "${long[$3]:-}" <"$work/printed/$1" 2>&1)
	if [ -z "$wrong" ]; then ok "$1, $2: as printed"; else not_ok "$1, $2: as printed" "$wrong"; fi
}

### by the spool and by the pipe: what a plugin printed

# wrap PROFILE NAME RC ARGS... -- PLUGIN ARG...: it prints what the plugin printed, and nothing else.
wrap() {
	run "${sender[@]}" "$world/ini" -P "$1" "${@:4}"
	cp "$work/out" "$work/printed/$1 $2"
	echo "$rc" >"$work/printed/$1 $2.rc"
	is "$1 $2: exit code $3" test "$rc" = "$3"
	is "$1 $2: nothing else is said" test ! -s "$work/err"
}
bin=$world/bin
"$bin/check_sip" --targets "$world/some.list" -w 0.5 -c 2 -v --output-format jsonl >"$work/printed/lines"
"$bin/check_voice_port" -H 127.0.0.1 -p 2860/tcp -w 0.5 --output-format jsonl >"$work/printed/port"
wait "$localedef_pid" || comma=
# glibc loses $LOCPATH when a library of libcurl's makes a locale; the other tests look for leaks
sender=("${under[@]}" env ASAN_OPTIONS=detect_leaks=0 $comma "$world/local/send_results" --spool "$world/queues" --config)
give "a result that is to stay fresh" 0 'spool: 1 sent' -P spool < <(results here fresh 0 fresh)
for way in spool pipe; do
	wrap $way sip 0 -H here -S "$way sip" -- "$bin/check_sip" -H 127.0.0.1 -w 0.5 -c 2
	wrap $way ladder 0 -H here -S "$way ladder" -- "$bin/check_sip" -H sip:warning@127.0.0.1 -vvv
	wrap $way many 0 -H here -S "$way many" -- "$bin/check_sip" --targets "$world/long.list" --show 60
	wrap $way voice 2 -H here -S "$way voice" -- "$bin/check_voice_port" -H 127.0.0.1 -w 0.5 -c 2 -p 2860-2862/tcp
	wrap $way odd 1 -H here -S "$way odd" -- "$world/plugins/odd"
	wrap $way up 1 -H $way-up --host-check -- "$world/plugins/odd"
	wrap $way down 2 -H $way-down --host-check -- "$bin/check_sip" -H sip:code503@127.0.0.1 -vv
	give "$way: lines of JSON" 0 "$way: 3 sent" -P $way -H here -S "$way {name}" <"$work/printed/lines"
	give "$way: a line of JSON about ports" 0 "$way: 1 sent" -P $way -H here -S "$way port" <"$work/printed/port"
	give "$way: lines of JSON about hosts" 0 "$way: 3 sent" -P $way -H "$way-{name}" --host-check <"$work/printed/lines"
done
for way in spool pipe; do
	for service in sip ladder voice odd; do same "$way $service" "here/$way $service"; done
	same "$way up" $way-up/ 0
	same "$way down" $way-down/ 1
	for target in one two three; do same_line lines $target "here/$way $target"; done
	same_line port 127.0.0.1 "here/$way port"
	same_line lines one $way-one/ 0
	same_line lines two $way-two/ 1
	same_line lines three $way-three/ 0
done
same "spool many" "here/spool many"
take "here/pipe many"
is "it is longer than a line of the pipe" test "$(wc -c <"$work/printed/pipe many")" -gt 4096
wanted "pipe many" 0 >"$work/wanted"
is "pipe many: state, line 1 and performance data as printed" test "$(got "here/pipe many" | head -n 3)" = "$(head -n 3 "$work/wanted")"
cut=${long[here/pipe many]}
is "pipe many: of the rest what fits" grep -Fq "${cut%...}" "$work/wanted"
is "pipe many: the line is full" test $((${#cut} + ${#output[here/pipe many]} + ${#perfdata[here/pipe many]})) -gt 3900

### paths that are wrong

results here late 2 'late, but there' >"$work/late"
give "no such pipe" 1 "gone: 1 wait in the queue: $nagios_dir/none.cmd: No such file or directory, next try in" -P gone <"$work/late"
give "no such folder of a pipe" 1 "lost: 1 wait in the queue: $world/none/nagios.cmd: No such file or directory" -P lost <"$work/late"
give "a pipe that is a file" 1 "file: 1 wait in the queue: $world/wrong/file: is not a pipe" -P file <"$work/late"
is "the file stays as it was" test ! -s "$world/wrong/file"
give "a pipe that is a folder" 1 "folder: 1 wait in the queue: $world/wrong: Is a directory" -P folder <"$work/late"
give "a pipe that nobody reads" 1 "alone: 1 wait in the queue: $world/wrong/alone: nobody reads from it" -P alone <"$work/late"
give "no such spool" 1 "no_spool: 1 wait in the queue: $world/none: No such file or directory" -P no_spool <"$work/late"
give "a spool that is a file" 1 "file_spool: 1 wait in the queue: $world/wrong/file: Not a directory" -P file_spool <"$work/late"
give "a spool that lets us not in" 1 "denied: 1 wait in the queue: $world/wrong/denied: Permission denied" -P denied <"$work/late"
run "${sender[@]}" "$world/ini" -P lost -H here -S late -- "$world/plugins/odd"
is "with a plugin: its exit code" test "$rc" = 1
is "with a plugin: what is wrong stands aside" grep -Eq 'lost: 2 wait in the queue' "$work/err"
check "once the path is right, it is too early" 1 'gone: 1 wait in the queue, next try in' "${sender[@]}" "$world/corrected" -P gone --flush
check "--now it is sent" 0 'gone: 1 sent \|' "${sender[@]}" "$world/corrected" -P gone --flush --now
take here/late
is "and arrives" test "${state[here/late]} ${output[here/late]}" = '2 late, but there'

### many at once, more than a pipe holds

padding=$(printf '%1000s' '')
padding=${padding// /x}
for way in spool pipe; do
	for i in {1..100}; do results here "$way $i" $((i % 4)) "$i $padding end|i=$i;50;90"; done >"$work/many"
	give "$way: 100 results of 1,000 bytes" 0 "$way: 100 sent" -P $way <"$work/many"
done
for way in spool pipe; do
	take "here/$way "{1..100}
	wrong=
	for i in {1..100}; do
		[ "$(got "here/$way $i")" = "$(printf '%s\n' $((i % 4)) "$i $padding end" "i=$i;50;90" '')" ] || wrong+=" $i"
	done
	is "$way: all 100 arrived whole" test -z "$wrong"
done

### Nagios is stopped

was_fresh() { [[ ${result_states[here/fresh]:-} = *'0 3 '* ]]; }
is "freshness: UNKNOWN when nobody sends" take_until was_fresh
is "freshness: it says so" test "${output[here/fresh]:-}" = 'UNKNOWN: no result for 1 s: does the sender still run?'
end_nagios() {
	stop_nagios
	is "Nagios knew what each result was about" eval '! grep -Eiq "could not be found|unable to find" "$nagios_log"'
}
end_nagios
kill "${peers##* }" # who reads its results: they begin anew
# its child that reads the pipe ends a moment later
while ls -l /proc/[0-9]*/fd 2>/dev/null | grep -Fq "$nagios_pipe"; do :; done
forget
round() { results here "$1 $3" $2 "round $2" here "$1 $4" $2 "round $2" here "$1 $5" $2 "round $2"; }
give "spool: taken while Nagios is stopped" 0 'spool: 3 sent' -P spool < <(round spool 3 a b c)
give "spool: again" 0 'spool: 3 sent' -P spool < <(round spool 1 c b a)
give "spool: and again" 0 'spool: 3 sent' -P spool < <(round spool 2 b c a)
give "pipe: they wait" 1 'pipe: 3 wait in the queue: .*/nagios.cmd: nobody reads from it, next try in [0-9]+ s' -P pipe < <(round pipe 3 a b c)
give "pipe: it is not tried again at once" 1 'pipe: 6 wait in the queue, next try in [0-9]+ s \(--now' -P pipe < <(round pipe 1 c b a)
give "pipe: all wait" 1 'pipe: 10 wait in the queue' -P pipe < <(round pipe 2 b c a; results here fresh 0 'fresh again')
# Two hours pass; Nagios removes what is older than one.
for file in "$nagios_spool"/c*; do
	[ ! -e "$file" ] || touch -d "@$(($(stat -c %Y "$file") - 7200))" "$file"
done
nagios_env=($comma)
start_nagios
take "here/spool "{a,b,c}
is "spool: the newest of each" test "${output[here/spool a]:-}, ${output[here/spool b]:-}, ${output[here/spool c]:-}" = 'round 2, round 2, round 2'
is "spool: nothing older" test "${result_states[here/spool a]:-}${result_states[here/spool b]:-}${result_states[here/spool c]:-}" = '2 2 2 '
arrived=
check "pipe: the newest of each goes" 0 'pipe: 4 sent, 6 superseded by newer ones' "${sender[@]}" "$world/ini" -P pipe --flush --now
is_fresh() { [ "${state[here/fresh]:-} ${output[here/fresh]:-}" = '0 fresh again' ]; }
is "freshness: fresh again" take_until is_fresh
is "pipe: in their order" test "${arrived//fresh, /}" = 'pipe b, pipe c, pipe a, '
is "pipe: nothing older" test "${result_states[here/pipe a]:-}${result_states[here/pipe b]:-}${result_states[here/pipe c]:-}" = '2 2 2 '
check "pipe: nothing is left" 0 'pipe: nothing to send' "${sender[@]}" "$world/ini" -P pipe --flush

### the commands of contrib/cron and contrib/systemd

# here_and_now FILE...: their lines with the paths and addresses of this world.
here_and_now() {
	sed "s#/usr/lib/nagios/plugins#$world/plugins#g; s#/usr/local/bin#$world/local#g; s#/usr/bin/send_results#$world/local/send_results#g
		s#/etc/voip/#$world/#g; s#%S/#$world/#g; s#192\.0\.2\.[0-9]*#127.0.0.1#g" "$@"
}
# as_told NAME COMMAND VARIABLE...: a shell runs it as whose it is, in this environment; what a plugin said is kept.
as_told() {
	local kept
	rm -f "$world"/said/*
	(cd / && run "${under[@]}" env -i "${@:3}" /bin/sh -c "$2"; echo "$rc" >"$work/rc")
	rc=$(<"$work/rc")
	kept=("$world"/said/*)
	[ ! -e "${kept[0]}" ] || cp "${kept[0]}" "$work/printed/$1"
	echo "$rc" >"$work/printed/$1.rc"
}
leave_one() { # QUEUES TEXT: a result that waits; half a minute later it may go
	results here waiting 1 "$2" | "${sender[@]}" "$world/down" --spool "$1" -P icinga >"$work/out" 2>&1
	rm "$1/icinga/backoff"
}

crontab=$srcdir/contrib/cron/voip-checks
cron_environment=("$(here_and_now "$crontab" | grep '^PATH=')" HOME=/ SHELL=/bin/sh LOGNAME=nagios)
mapfile -t jobs < <(here_and_now "$crontab" | sed -nE "s#send_results #&--config $world/ini --spool $world/queues #; /^[0-9*]/p")
is "cron: four lines of the user nagios" test "$(printf '%s\n' "${jobs[@]}" | awk '{ print $6 }' | tr '\n' ' ')" = 'nagios nagios nagios nagios '
names=(sip trunks rtp flush)
for i in "${!jobs[@]}"; do
	read -r _ _ _ _ _ _ job <<<"${jobs[i]}"
	[ "${names[i]}" != flush ] || leave_one "$world/queues" 'left for cron'
	as_told "cron ${names[i]}" "$job" "${cron_environment[@]}"
	is "cron ${names[i]}: nothing to mail" test "$rc$(cat "$work/out" "$work/err")" = 0
done
same 'cron sip' pbx/sip
same_line 'cron trunks' trunk1 trunk1/sip
same_line 'cron trunks' trunk2 trunk2/sip
same 'cron rtp' media1/rtp
take here/waiting
is "cron flush: what waited" test "${output[here/waiting]:-}" = 'left for cron'

forget
units=("$srcdir"/contrib/systemd/{voip-check,send-results}.service)
unit() { sed -n "s/^$1=//p" "${units[$2]}"; } # KEY INDEX
unit_environment=(PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin STATE_DIRECTORY="$world/voip-plugins" CREDENTIALS_DIRECTORY="$world/credentials")
mapfile -t jobs < <(unit ExecStart 0 | here_and_now)
is "systemd: three commands" test ${#jobs[@]} = 3
is "systemd: the folder of the state" test "$(unit StateDirectory 0) $(unit StateDirectory 1)" = 'voip-plugins voip-plugins'
names=(sip rtp trunks)
old_umask=$(umask)
umask "$(unit UMask 0)"
for i in "${!jobs[@]}"; do
	as_told "systemd ${names[i]}" "exec ${jobs[i]}" "${unit_environment[@]}"
	is "systemd ${names[i]}: well" grep -qw "$rc" <<<"0 $(unit SuccessExitStatus 0)"
	is "systemd ${names[i]}: all is sent" eval '! grep -hq "SEND_RESULTS [^O]" "$work/out" "$work/err"'
done
leave_one "$world/voip-plugins" 'left for systemd'
as_told "systemd flush" "exec $(unit ExecStart 1 | here_and_now)" "${unit_environment[@]}"
is "systemd flush: well" test "$rc" = 0
umask "$old_umask"
same 'systemd sip' pbx/sip
same 'systemd rtp' media1/rtp
same_line 'systemd trunks' trunk1 trunk1/sip
same_line 'systemd trunks' trunk2 trunk2/sip
take here/waiting
is "systemd flush: what waited" test "${output[here/waiting]:-}" = 'left for systemd'
is "systemd: what a check remembers is in the state" test -s "$world/voip-plugins/media1.rtp"
end_nagios
done_testing
