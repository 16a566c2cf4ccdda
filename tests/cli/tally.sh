# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# For tests that go on after a failure and count: sourced, with a folder of the test's own in DIR. Those
# that end at the first one have expect.sh, those of the lab tests/netns/check.sh.
failures=0 checks=0

say() { printf '%s\n' "$*"; }

# What else a failure should show is a test's own.
at_loss() { :; }
bad() {
	say "FAILED: $*"
	failures=$((failures + 1))
	at_loss
}

# check WHAT COMMAND...: it works.
check() {
	local what=$1
	shift
	checks=$((checks + 1))
	"$@" >"$DIR/check.out" 2>&1 || { bad "$what: $*"; head -n 20 "$DIR/check.out"; }
}

# equal WHAT WANT GOT
equal() { checks=$((checks + 1)); [ "$2" = "$3" ] || bad "$1: want $2, got $3"; }

# says WHAT CODE PATTERN COMMAND...: it ends with CODE, or with 1 to 10 where that is "fails", and says so.
says() {
	local what=$1 want=$2 text=$3 code
	shift 3
	checks=$((checks + 1))
	"$@" >"$DIR/says.out" 2>&1 </dev/null
	code=$?
	{ { [ $code = "$want" ] || { [ "$want" = fails ] && [ $code -ge 1 ] && [ $code -le 10 ]; }; } &&
		grep -qE -- "$text" "$DIR/says.out"; } || {
		bad "$what: exit $code, want $want and /$text/"
		cat "$DIR/says.out"
	}
}

# The last command of a test.
finish() {
	say "$checks checks, $failures failed"
	[ $failures -eq 0 ]
}
