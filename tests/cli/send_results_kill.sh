#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# send_results is killed at each system call of a run that reaches outside of the process. A result is either still with its giver, who sees
# that we died before we had it, or arrives; never half of it, and never is the queue left broken.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/receivers.sh"
[ -z "${VOIP_BRIEF:-}" ] || skip_all "VOIP_BRIEF is set"

export ASAN_OPTIONS=detect_leaks=0
command -v strace >/dev/null 2>&1 && strace -o "$work/trace" true 2>/dev/null || skip_all "strace cannot be used"
start_http --listen icinga=
config <<END
[icinga]
sink = icinga2
url = $http_icinga
spool = $work/icinga
[prom]
sink = textfile
path = $work/texts
spool = $work/prom
END
cat >"$work/lines" <<'END'
{"host":"a","service":"x","exit_code":0,"output":"one"}
{"host":"b","service":"x","exit_code":1,"output":"two"}
{"host":"c","service":"x","exit_code":2,"output":"three"}
END
mkdir "$work/icinga" "$work/prom" "$work/texts"
# memory, clocks and signals of its own: between two others nobody sees when it died
inner='mmap,munmap,mremap,mprotect,madvise,brk,rt_sigaction,rt_sigprocmask,sigaltstack,prctl,futex,getpid,gettid,getuid,geteuid,getgid,getegid,getrandom,clock_gettime,set_robust_list,rseq,sched_yield,sched_getaffinity,prlimit64,uname,sysinfo'
shopt -s nullglob

# How many of the three have arrived whole; "broken" for what is neither of them.
arrived_icinga() {
	local got n=0 name
	got=$(<"$work/http/requests")
	for name in 'a!x' 'b!x' 'c!x'; do [[ $got != *"\\\"service\\\":\\\"$name\\\""* ]] || n=$((n + 1)); done
	echo $n
}
arrived_prom() {
	local file n=0 got
	for file in "$work"/texts/*.prom; do
		got=$(<"$file")
		if [[ $got == *_state{host=\"[abc]\",service=\"x\"}\ [012]* ]]; then n=$((n + 1)); else n=broken; fi
	done
	echo $n
}
forget_icinga() { : >"$work/http/requests"; }
forget_prom() { rm -f "$work"/texts/*; }

# series PROFILE: a line per kill: the call's number, results that were queued, results that arrived behind
# one more run, and what that run left behind.
series() {
	local to=("$PLUGINS/send_results" --config "$work/ini" -P "$1") trace=$work/trace.$1 first last n queued
	"forget_$1"
	strace -o "$trace" -e trace="!$inner" "${to[@]}" <"$work/lines"
	first=$(grep -n "$work/ini" "$trace" | head -n 1 | cut -d: -f1)
	last=$(wc -l <"$trace")
	for ((n = first; n <= last; n++)); do
		rm -rf "${work:?}/$1"/*
		"forget_$1"
		strace -o /dev/null -e inject="!$inner":signal=KILL:when="$n" "${to[@]}" <"$work/lines"
		queued=("$work/$1/$1"/queue/*.jsonl)
		"${to[@]}" --flush --now || echo "$n: exit code $?" >&3
		left=("$work/$1/$1"/queue/* "$work/$1/$1"/dead/*)
		echo "$n ${#queued[@]} $("arrived_$1") ${#left[@]}" >&3
	done
}
for profile in icinga prom; do
	series "$profile" 3>"$work/$profile.log" >/dev/null 2>&1 &
	series_pids="${series_pids:-} $!"
done
wait $series_pids

for profile in icinga prom; do
	log=$work/$profile.log
	echo "# $profile: killed at $(wc -l <"$log") calls, queued at $(awk '$2 > 0' "$log" | wc -l), sent and forgotten at $(awk '$2 == 0 && $3 == 3' "$log" | wc -l)"
	is "$profile: a whole run has many calls" test "$(wc -l <"$log")" -gt 60
	is "$profile: what was queued arrives, and all of it or nothing" awk '!($3 == 3 || ($3 == 0 && $2 == 0)) { print "# " $0; bad = 1 } END { exit bad }' "$log"
	is "$profile: nothing is left behind" awk '$4 != 0 || NF != 4 { print "# " $0; bad = 1 } END { exit bad }' "$log"
	is "$profile: most of a run is behind the queue" test "$(awk '$3 == 3' "$log" | wc -l)" -gt 30
done
done_testing
