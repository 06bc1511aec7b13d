#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# send_results around a plugin: what is printed, what the exit code is, what is sent. The receiver is a
# folder of Prometheus text files, the queue a folder.
. "${srcdir:-.}/tests/lib.sh"

send=$PLUGINS/send_results
export nap=$((100000 + $$)) # seconds; nobody else sleeps as long
mkdir -p "$work/prom" "$work/spool"
cat >"$work/ini" <<END
[prom]
sink = textfile
path = $work/prom
[gone]
sink = textfile
path = $work/nowhere
[tiny]
sink = textfile
path = $work/prom
spool = $work/no-queue
END
chmod 600 "$work/ini"
plugin() { # NAME: a plugin whose body is on standard input
	{ echo '#!/bin/sh' && cat; } >"$work/$1"
	chmod +x "$work/$1"
}
wrap=("$send" --config "$work/ini" --spool "$work/spool" -P prom -H pbx -S sip)

# wrapped NAME RC STDOUT STDERR-ERE COMMAND...: output is compared whole, standard error by line 1.
wrapped() {
	wrapped_name=$1 wrapped_rc=$2 wrapped_out=$3 wrapped_err=$4
	shift 4
	run "$@"
	if [ "$rc" != "$wrapped_rc" ] || [ "$(cat "$work/out")" != "$wrapped_out" ]; then
		not_ok "$wrapped_name" "exit code $rc, wanted $wrapped_rc" "$(cat "$work/out" "$work/err")"
	elif [ -z "$wrapped_err" ] && [ -s "$work/err" ]; then
		not_ok "$wrapped_name" "standard error:" "$(cat "$work/err")"
	elif ! head -n 1 "$work/err" | grep -Eq -e "$wrapped_err" && [ -n "$wrapped_err" ]; then
		not_ok "$wrapped_name" "standard error: $(cat "$work/err")" "wanted: $wrapped_err"
	else
		ok "$wrapped_name"
	fi
}
# sent NAME STATE: the last result that arrived.
sent() {
	value=$(cat "$work"/prom/*.prom 2>/dev/null | awk '/_state\{/ { print $NF }')
	if [ "$value" = "$2" ]; then ok "$1"; else not_ok "$1" "state $value, wanted $2" "$(cat "$work"/prom/*.prom 2>&1)"; fi
	rm -f "$work"/prom/*.prom
}

for code in 0 1 2 3; do
	plugin fine <<<"echo 'X - text | a=1s;2;3'; echo long; exit $code"
	wrapped "exit code $code and the output are the plugin's" "$code" "$(printf 'X - text | a=1s;2;3\nlong')" '' "${wrap[@]}" -- "$work/fine" arg
	sent "exit code $code is sent" "$code"
done
plugin args <<<'for a; do echo "[$a]"; done'
wrapped "arguments reach the plugin as they are" 0 "$(printf '[a b]\n[--host]\n[$HOME;]')" '' "${wrap[@]}" -- "$work/args" 'a b' --host '$HOME;'
cat >"$work/fd" <<END
[web]
sink = pushgateway
url = http://127.0.0.1:1
user = u
password_fd = 7
END
echo hush >"$work/hush"
plugin peep <<<'[ ! -e /proc/self/fd/7 ] || cat /proc/self/fd/7; [ -r /proc/$PPID/environ ] && [ "$(id -u)" != 0 ] && echo open; echo OK'
with_fd() { "$@" 7<"$work/hush"; }
chmod 600 "$work/fd"
wrapped "a plugin does not get the descriptor of the secret" 0 "OK" 'web: 1 wait' with_fd "$send" --config "$work/fd" --spool "$work/spool" -P web -H pbx -S sip -- "$work/peep"
chmod 620 "$work/fd"
wrapped "a configuration that others can write is refused" 3 "SEND_RESULTS UNKNOWN - option --profile: $work/fd: can be written by others, chmod 600 (see send_results --help)" '' with_fd "$send" --config "$work/fd" --spool "$work/spool" -P web -H pbx -S sip -- "$work/peep"
plugin code <<<'echo odd; exit 7'
wrapped "an exit code above 3 is UNKNOWN" 3 "UNKNOWN - exit code 7, it said: odd" '' "${wrap[@]}" -- "$work/code"
sent "and sent so" 3
plugin signal <<<'echo half; kill -SEGV $$'
wrapped "a signal is UNKNOWN" 3 "UNKNOWN - ended by signal 11 (Segmentation fault), it said: half" '' "${wrap[@]}" -- "$work/signal"
plugin silent <<<'exit 0'
wrapped "silence is not OK" 3 "UNKNOWN - the plugin printed nothing" '' "${wrap[@]}" -- "$work/silent"
plugin stderr <<<'echo trouble >&2; exit 0'
wrapped "standard error alone is not OK either, and is passed on" 3 "UNKNOWN - the plugin printed nothing, standard error: trouble" '^trouble$' "${wrap[@]}" -- "$work/stderr"
plugin both <<<'echo warn >&2; echo OK - fine'
wrapped "standard error stays apart" 0 "OK - fine" '^warn$' "${wrap[@]}" -- "$work/both"
wrapped "a plugin that is not there is UNKNOWN" 3 "UNKNOWN - cannot run $work/none: No such file or directory" '' "${wrap[@]}" -- "$work/none"
plugin hang <<<'echo begun; sleep $nap & wait'
SECONDS=0
wrapped "the time limit is UNKNOWN" 3 "UNKNOWN - no end within 0.3 s, it said: begun" '' "${wrap[@]}" --time-limit 0.3 -- "$work/hang"
plugin deaf <<<'trap "" TERM; echo begun; while :; do sleep $nap; done'
wrapped "who does not hear SIGTERM is killed" 3 "UNKNOWN - no end within 0.2 s, it said: begun" '' "${wrap[@]}" --time-limit 0.2 -- "$work/deaf"
plugin leave <<<'sleep $nap & echo OK - child; exit 0'
wrapped "a child that keeps the pipe open is not waited for" 0 "OK - child" '' "${wrap[@]}" -- "$work/leave"
pkill -f "sleep $nap" 2>/dev/null
is "none of this took long" test "$SECONDS" -lt 15
plugin loud <<<'head -c 300000 /dev/zero >&2; echo OK - loud'
mkfifo "$work/unread"
SECONDS=0
exec 8<>"$work/unread"
timeout -s KILL 20 "${wrap[@]}" -- "$work/loud" >"$work/out" 2>"$work/unread"
is "a standard error that nobody reads holds up nothing" test "$?$(cat "$work/out")" = "0OK - loud" -a "$SECONDS" -lt 10
exec 8>&-
plugin much <<<'yes 0123456789 | head -c 300000; exit 1'
wrapped "more than --max-output is dropped" 1 "$(yes 0123456789 | head -c 1000)" '' "${wrap[@]}" --max-output 1000 -- "$work/much"
rm -f "$work"/prom/*.prom
plugin metrics <<<'printf "OK - |"; for i in $(seq 10 60); do printf " m$i=123456"; done'
run "${wrap[@]}" --max-output 256 -- "$work/metrics"
is "half a number is not sent as a number" test "$(awk '/^metrics_m/ { print $NF }' "$work"/prom/*.prom | sort -u)" = 123456

plugin fine <<<"echo 'OK - text'"
plugin bad <<<"echo 'CRITICAL - text'; exit 2"
wrapped "--quiet is silent when all is well" 0 "" '' "${wrap[@]}" -q -- "$work/fine"
wrapped "and is not when the plugin is not" 2 "CRITICAL - text" '' "${wrap[@]}" -q -- "$work/bad"
rm -f "$work"/prom/*.prom

# receivers and queues that fail
gone=("$send" --config "$work/ini" --spool "$work/spool" -P gone -H pbx -S sip)
wrapped "a receiver that is not there changes no exit code" 0 "OK - text" \
	"^SEND_RESULTS WARNING - gone: 1 wait in the queue: .*nowhere.*No such file or directory.* next try in [0-9]+ s" "${gone[@]}" -- "$work/fine"
wrapped "the next one waits too" 2 "CRITICAL - text" "^SEND_RESULTS WARNING - gone: 2 wait in the queue, next try in [0-9]+ s \(--now tries at once\)" "${gone[@]}" -- "$work/bad"
mkdir "$work/nowhere"
run "${gone[@]:0:7}" --flush --now
is "when it is back the newest one is sent" grep -q '^SEND_RESULTS OK - gone: 1 sent, 1 superseded by newer ones |' "$work/out"
is "which is the last one" grep -q '_state{.*} 2$' "$work"/nowhere/*.prom
tiny=("$send" --config "$work/ini" --spool "$work/spool" -P tiny -H pbx -S sip)
wrapped "without a queue it is sent all the same, and said" 0 "OK - text" "^SEND_RESULTS WARNING - tiny: 1 sent, queue: .*no-queue" "${tiny[@]}" -- "$work/fine"
sent "it arrived" 0
rm -rf "$work/nowhere"
lost=("$send" --config "$work/ini" --spool "$work/no-queue" -P gone -H pbx -S sip)
wrapped "neither queued nor sent is lost: OK becomes UNKNOWN" 3 "OK - text" "^SEND_RESULTS CRITICAL - gone: 1 lost: .*nowhere.*queue: .*no-queue" "${lost[@]}" -- "$work/fine"
wrapped "CRITICAL stays" 2 "CRITICAL - text" "^SEND_RESULTS CRITICAL - gone: 1 lost" "${lost[@]}" -- "$work/bad"

plugin warn <<<'echo W; exit 1'
if command -v python3 >/dev/null 2>&1; then
	deaf() { python3 -c 'import os,signal,sys; signal.signal(signal.SIGCHLD, signal.SIG_IGN); os.execv(sys.argv[1], sys.argv[1:])' "$@"; }
	wrapped "a parent that ignores SIGCHLD is no time limit" 1 "W" '' deaf "${wrap[@]}" --time-limit 3 -- "$work/warn"
	sent "and its result is sent" 1
else
	skip "a parent that ignores SIGCHLD" "python3 is not installed"
fi

# a disk that is slow
if command -v strace >/dev/null 2>&1 && strace -o /dev/null true 2>/dev/null; then
	seq 1 50 | sed 's/.*/h&\tx\t0\tOK/' >"$work/fifty"
	slow() { ASAN_OPTIONS=detect_leaks=0 strace -o /dev/null -e inject=fsync:delay_exit=50000 "${wrap[@]:0:7}" "$@" <"$work/fifty"; }
	run slow -t 0.5
	is "a folder on a slow disk has a deadline too" grep -Eq 'prom: [0-9]+ sent, [0-9]+ wait in the queue: no time left' "$work/out"
	run "${wrap[@]:0:7}" --flush
	is "and the rest goes later" grep -Eq 'prom: [0-9]+ sent \|' "$work/out"
	is "all arrived" test "$(ls "$work"/prom | wc -l)" = 50
	rm -f "$work"/prom/*.prom
	old() { ASAN_OPTIONS=detect_leaks=0 strace -f -o /dev/null -e inject=pidfd_open:error=ENOSYS "$@"; }
	wrapped "a kernel without descriptors of processes is no time limit" 1 "W" '' old "${wrap[@]}" --time-limit 3 -- "$work/warn"
	sent "its result is sent" 1
else
	skip "a disk that is slow" "strace cannot be used"
fi

# SIGTERM ends the plugin, and nothing is sent
mkfifo "$work/begun"
plugin wait <<<"echo OK; echo >$work/begun; sleep \$nap & wait"
"${wrap[@]}" -- "$work/wait" >"$work/out" 2>"$work/err" &
pid=$!
read -r <"$work/begun"
kill -TERM "$pid"
wait "$pid"
rc=$?
is "SIGTERM is UNKNOWN" test "$rc" = 3
is "and said" grep -q '^UNKNOWN - interrupted, no result is sent$' "$work/out"
is "no result is sent" test -z "$(ls "$work/prom")"
is "the plugin is gone" sh -c '! pgrep -f "^/bin/sh $1" >/dev/null' - "$work/wait"

"${wrap[@]}" -- "$work/wait" >"$work/out" 2>"$work/err" &
pid=$!
read -r <"$work/begun"
kill -HUP "$pid"
wait "$pid"
is "SIGHUP leaves no plugin behind either" test "$? $(pgrep -cf "^/bin/sh $work/wait")" = '3 0'
(ulimit -f 0 && exec "${wrap[@]}" -- "$work/fine" >/dev/null 2>&1)
is "a limit on files is a result that is lost, not a killed run" test $? = 3
run "${wrap[@]}" --dry-run -- "$work/bad"
is "--dry-run has the plugin's exit code" test "$rc" = 2
is "and shows what would be sent" grep -q '"host":"pbx","service":"sip"' "$work/out"
is "and sends nothing" test -z "$(ls "$work/prom")"
"${wrap[@]}" -- "$work/fine" >/dev/full 2>"$work/err"
is "a full standard output is UNKNOWN" test $? = 3
sent "and the result is sent all the same" 0
done_testing
