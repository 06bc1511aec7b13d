#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What a machine can see of the conventions: licence line, size, banned calls, format.
. "${srcdir:-.}/tests/lib.sh"

report() {
	if [ -z "$2" ]; then ok "$1"; else not_ok "$1" "$2"; fi
}

code=$(cd "$srcdir" && find lib plugins tests -name '*.[ch]' | sort)
scripts=$(cd "$srcdir" && find .ci tests contrib -name '*.sh' -o -name run -o -name quickstart | sort)
cd "$srcdir" || exit 1

report "each file names its licence" "$(for f in $code $scripts; do
	head -n 2 "$f" | grep -q 'SPDX-License-Identifier: GPL-3.0-or-later' || echo "$f"
done)"

report "no file above 500 lines" "$(for f in $code; do
	n=$(wc -l <"$f")
	[ "$n" -le 500 ] || echo "$f: $n lines"
done)"

# A body begins with { and ends with } in column 1.
report "no function above 60 lines" "$(for f in $code; do
	awk -v f="$f" '/^\{/ { start = NR } /^\}/ { if (start && NR - start - 1 > 60) print f ":" start ": " NR - start - 1 " lines"; start = 0 }' "$f"
done)"

report "no banned call" "$(grep -nE '\b(strcpy|strcat|sprintf|vsprintf|strncpy|strncat|strtok|strtok_r|strstr|sscanf|scanf|gets|atoi|atol|atoll|atof|setlocale|alarm|system|popen)[[:space:]]*\(' $(echo "$code" | grep -E '^(lib|plugins)/'))"

report "no mark of unfinished work" "$(grep -nE '\b(TO[D]O|FIX[M]E|X[X]X|HA[C]K)\b' $code $scripts)"

if command -v clang-format >/dev/null 2>&1; then
	report "clang-format has nothing to say" "$(clang-format --dry-run $code 2>&1 | grep warning: | head -n 20)"
else
	skip "clang-format has nothing to say" "clang-format is not installed"
fi
done_testing
