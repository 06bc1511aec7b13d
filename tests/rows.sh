# SPDX-License-Identifier: GPL-3.0-or-later
# Sourced by the tests with many cases that wait for a deadline: they run side by side.  `program` is an
# array: the plugin and what each case has in common.

# the package's own look at itself needs them least
[ "${VOIP_BRIEF:-}" != all ] || skip_all "VOIP_BRIEF is all"

at() { declare -n at_fact=sim_$1; echo "$at_fact"; }
p() { port_of "$(at "$1")"; }

# row NAME RC ERE ARGS...: a case of `check` that runs in the background until `settle`.
# told NAME RC WORD ERE ARGS...: the same in JSON, which has the outcome's WORD.
rows_name=() rows_rc=() rows_word=() rows_re=() rows_command=() rows_pid=()
launch() {
	row_n=${#rows_name[@]}
	rows_name+=("$1") rows_rc+=("$2") rows_word+=("$3") rows_re+=("$4")
	shift 4
	rows_command+=("$*")
	"${program[@]}" "$@" >"$work/row$row_n" 2>"$work/row$row_n.err" </dev/null &
	rows_pid+=($!)
}
row() { launch "$1" "$2" '' "${@:3}"; }
told() { launch "$@" --output-format json; }
row_result() {
	wait "${rows_pid[$1]}"
	row_rc=$?
	cat "$work/row$1"
	cat "$work/row$1.err" >&2
	return "$row_rc"
}
# check_told NAME RC WORD ERE COMMAND...
check_told() {
	told_name=$1 told_rc=$2 told_word=$3 told_re=$4
	shift 4
	run "$@"
	if [ "$rc" != "$told_rc" ] || [ -s "$work/err" ]; then
		not_ok "$told_name" "exit code $rc, wanted $told_rc" "$(cat "$work/out" "$work/err")" "$*"
	elif ! grep -Eq "\"exit_code\": ?$rc," "$work/out" || ! grep -Eq "\"outcome\": ?\"$told_word\"" "$work/out"; then
		not_ok "$told_name" "wanted exit code $rc and outcome $told_word: $(cat "$work/out")" "$*"
	elif ! grep -Eq -e "\"summary\": ?\".*($told_re).*\"metrics\"" "$work/out"; then
		not_ok "$told_name" "wanted: $told_re" "$(cat "$work/out")" "$*"
	else
		ok "$told_name"
	fi
}
settle() {
	for i in "${!rows_name[@]}"; do
		if [ -n "${rows_word[i]}" ]; then
			check_told "${rows_name[i]}" "${rows_rc[i]}" "${rows_word[i]}" "${rows_re[i]}" row_result "$i" "${rows_command[i]}"
		else
			check "${rows_name[i]}" "${rows_rc[i]}" "${rows_re[i]}" row_result "$i" "${rows_command[i]}"
		fi
	done
	rows_name=() rows_rc=() rows_word=() rows_re=() rows_command=() rows_pid=()
}
