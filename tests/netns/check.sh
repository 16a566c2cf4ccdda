# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Start of every end-to-end test: the lab, a way to check, and an honest skip.
set -uo pipefail
# shellcheck source=tools/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../tools/lib.sh"
LAB=cvt$$
# shellcheck source=tools/lab.sh
. "$CV_ROOT/tools/lab.sh"

failures=0

# check WHAT COMMAND...: run it, say how it went, keep going.
check() {
	local what=$1
	shift
	if "$@" >"$LAB_DIR/check.out" 2>&1; then
		say "ok: $what"
	else
		say "FAILED: $what: $*"
		head -n 20 "$LAB_DIR/check.out"
		failures=$((failures + 1))
	fi
}

# equal WHAT WANT GOT
equal() {
	if [ "$2" = "$3" ]; then
		say "ok: $1 ($3)"
	else
		say "FAILED: $1: want $2, got $3"
		failures=$((failures + 1))
	fi
}

skip_unless_lab() {
	local missing
	missing=$(lab_missing | paste -sd, -)
	[ -z "$missing" ] || { say "SKIP: no $missing here"; exit 77; }
	mkdir -p "$LAB_DIR"
}

# The end of every test that moves traffic.
check_ledger() {
	if culvert ledger --settle 10000 >"$LAB_DIR/ledger.out" 2>&1; then
		say "ok: ledger closed"
	else
		say "FAILED: ledger"
		cat "$LAB_DIR/ledger.out"
		failures=$((failures + 1))
	fi
}

finish() {
	local code=$?
	[ $failures -eq 0 ] && [ $code -eq 0 ] || tail -n 15 "$LAB_DIR"/*.out 2>/dev/null
	lab_down 2>/dev/null
	[ $failures -eq 0 ] || code=1
	exit $code
}
trap finish EXIT
