#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Every file of the corpus, and every captured message, through its harness.
. "${srcdir:-.}/tests/lib.sh"

for source in "$srcdir"/tests/fuzz/fuzz_*.c; do
	name=$(basename "$source" .c)
	files=$(find "$srcdir/tests/fuzz/corpus/${name#fuzz_}" -type f 2>/dev/null)
	case $name in
	fuzz_sip_*) files="$files $(find "$srcdir/tests/data/sip" -name '*.sip')" ;;
	fuzz_slp) files="$files $(find "$srcdir/tests/data/slp" -name '*.bin')" ;;
	fuzz_push_reply) files="$files $(find "$srcdir/tests/data/push" -name '*.reply')" ;;
	esac
	run "./tests/fuzz/$name" $files
	if [ "$rc" = 0 ] && [ -n "$files" ]; then ok "$name replays $(echo $files | wc -w) files"; else not_ok "$name" "$(head -n 40 "$work/err")"; fi
done
done_testing
