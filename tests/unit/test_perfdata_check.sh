#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The judge of all other output is itself judged: good output passes, bad output is refused for the
# stated reason.
. "${srcdir:-.}/tests/lib.sh"
checker=${PERFDATA_CHECK:-./tests/tools/perfdata_check}

# good OUTPUT [ARGUMENT...]: the output is in printf's notation.
good() {
	sample=$1
	shift
	complaints=$(printf "$sample" | "$checker" "$@" 2>&1)
	if [ $? = 0 ] && [ -z "$complaints" ]; then ok "accepts $sample"; else not_ok "accepts $sample" "$complaints"; fi
}

# bad COMPLAINT OUTPUT [ARGUMENT...]: one of the complaints is this line.
bad() {
	complaint=$1 sample=$2
	shift 2
	complaints=$(printf "$sample" | "$checker" "$@" 2>&1)
	if [ $? = 1 ] && printf '%s\n' "$complaints" | grep -Fxq -e "$complaint"; then
		ok "$complaint"
	else
		not_ok "$complaint" "said of $sample" "$complaints"
	fi
}

fill() { head -c "$1" /dev/zero | tr '\0' x; }

good 'SIP OK - 200 OK in 12 ms\n'
good 'SIP OK - 200 OK in 12 ms | time=0.012s;0.5;1;0 code=200\n' --expect-state 0 --format oneline
good 'VOICE PORT WARNING - open | a=-1.5 b=5%%;~:3;@1:2;0;100 c=5B;10:;-5.5:-1.5 d=3c\n[OK] pbx: fine\n' --expect-state 1
good 'SIP CRITICAL - x|a=1;;2\n' --expect-state 2
good 'SIP UNKNOWN - nothing was checked\n' --expect-state 3 --format text
good 'SIP OK - x | abcdefghijklmnopqrs=0;0;0:;0;0\n'
good "SIP OK - $(fill 503)\\n"

bad 'the output is empty' ''
bad 'the last byte is not a newline' 'SIP OK - x'
bad 'line 1 has 513 bytes' "SIP OK - $(fill 504)\\n"
bad 'line 1 does not begin with "SERVICE STATE - "' 'OK - x\n'
bad 'line 1 does not begin with "SERVICE STATE - "' 'SIP FINE - x\n'
bad 'line 1 does not begin with "SERVICE STATE - "' 'SIP OK: x\n'
bad 'line 1 does not begin with "SERVICE STATE - "' 'sip OK - x\n'
bad 'line 1 does not begin with "SERVICE STATE - "' '\nSIP OK - x\n'
bad 'line 1 has no sentence' 'SIP OK - \n'
bad 'line 1 has no sentence' 'SIP OK -  | a=1\n'
bad 'line 1 says OK, the exit code is 2' 'SIP OK - x\n' --expect-state 2
bad 'there is more than one line' 'SIP OK - x\ny\n' --format oneline

bad 'line 1 has the byte 0x1b' 'SIP OK - \033[31mx\n'
bad 'line 2 has the byte 0x0d' 'SIP OK - x\ny\r\n'
bad 'line 1 has the byte 0x00' 'SIP OK - x\000y\n'
bad 'line 1 has the byte 0xc3' 'SIP OK - M\303\274nchen\n'
bad 'line 2 has a bar' 'SIP OK - x\ny|z\n'
bad 'line 2 has a bar' 'SIP OK - x | a=1\ny | b=2\n'
bad 'line 1 has more than one bar' 'SIP OK - x | y | a=1\n'
bad 'line 1 has a semicolon in its text' 'SIP OK - x;y | a=1;2\n'
bad 'line 3 has a semicolon in its text' 'SIP OK - x\ny\n;\n'
bad 'there is a bar without perfdata' 'SIP OK - x | \n'

bad 'Nagios sees 2 metrics, Icinga 1' 'SIP OK - x | a=1 b\n'
bad 'Nagios sees 3 metrics, Icinga 2' 'SIP OK - x | a=1 junk b=2\n'
bad 'Nagios sees 2 metrics, Icinga 1' 'SIP OK - x | a=1\ny | z\n'
bad 'Nagios sees the label d, Icinga a::d' 'SIP OK - x | a::b=1 d=2\n'
bad 'Nagios and Icinga see different numbers in a' 'SIP OK - x | a=1,5s\n'
bad 'Nagios and Icinga see different numbers in a' 'SIP OK - x | a=1e5\n'

bad 'label is not [a-z0-9_]{1,19}: Time' 'SIP OK - x | Time=1\n'
bad 'label is not [a-z0-9_]{1,19}: a b' "SIP OK - x | 'a b'=1\\n"
bad 'label is not [a-z0-9_]{1,19}: a::b' 'SIP OK - x | a::b=1\n'
bad 'label is not [a-z0-9_]{1,19}: abcdefghijklmnopqrst' 'SIP OK - x | abcdefghijklmnopqrst=1\n'
bad 'label is not [a-z0-9_]{1,19}: ' 'SIP OK - x | =1\n'
bad 'label is not unique: a' 'SIP OK - x | a=1 b=2 a=3\n'

bad 'value of a is not a number: ' 'SIP OK - x | a=\n'
bad 'value of a is not a number: U' 'SIP OK - x | a=U\n'
bad 'value of a is not a number: nan' 'SIP OK - x | a=nan\n'
bad 'value of a is not a number: -nan' 'SIP OK - x | a=-nan\n'
bad 'value of a is not a number: inf' 'SIP OK - x | a=inf\n'
bad 'value of a is not a number: .5' 'SIP OK - x | a=.5\n'
bad 'value of a is not a number: 5.s' 'SIP OK - x | a=5.s\n'
bad 'value of a is not a number: +5' 'SIP OK - x | a=+5\n'
bad 'value of a is a negative zero' 'SIP OK - x | a=-0.0s\n'
bad 'unit of a is not known: ,5s' 'SIP OK - x | a=1,5s\n'
bad 'unit of a is not known: e5' 'SIP OK - x | a=1e5\n'
bad 'unit of a is not known: ms' 'SIP OK - x | a=1ms\n'
bad 'unit of a is not known: S' 'SIP OK - x | a=1S\n'

bad 'threshold of a should be a plain number: 0:10' 'SIP OK - x | a=1;0:10\n'
bad 'threshold of a is not a range: 20:10' 'SIP OK - x | a=1;20:10\n'
bad 'threshold of a is not a range: 1:2:3' 'SIP OK - x | a=1;;1:2:3\n'
bad 'threshold of a is not a range: 10abc' 'SIP OK - x | a=1;10abc\n'
bad 'threshold of a is not a range: -10' 'SIP OK - x | a=1;-10\n'
bad 'threshold of a is not a range: ~' 'SIP OK - x | a=1;~\n'
bad 'threshold of a is not a range: @' 'SIP OK - x | a=1;@\n'
bad 'threshold of a is not a range: :5' 'SIP OK - x | a=1;:5\n'
bad 'bound of a is not a number: 0:' 'SIP OK - x | a=1;;;0:\n'
bad 'bound of a is not a number: U' 'SIP OK - x | a=1;;;;U\n'
bad 'value of a is below its minimum' 'SIP OK - x | a=-1;;;0\n'
bad 'value of a is above its maximum' 'SIP OK - x | a=101%%;;;0;100\n'
bad 'too many fields in a' 'SIP OK - x | a=1;;;;;\n'
bad 'too many metrics' "SIP OK - x |$(for i in $(seq 130); do printf ' a%d=1' "$i"; done)\\n"

for wrong in --help '--format json' '--expect-state 4' '--expect-state' '--format'; do
	echo 'SIP OK - x' | "$checker" $wrong >/dev/null 2>&1
	is "$wrong is wrong usage" test $? = 2
done
done_testing
