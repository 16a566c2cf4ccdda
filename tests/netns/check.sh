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

# says [-i] WHAT TEXT COMMAND...: it fails orderly (1 to 10) and says so, in capitals or not with -i;
# its output is then in says.out.
says() {
	local match=(-E) what text code
	if [ "$1" = -i ]; then
		match+=(-i)
		shift
	fi
	what=$1 text=$2
	shift 2
	"$@" >"$LAB_DIR/says.out" 2>&1 </dev/null
	code=$?
	if [ $code -ge 1 ] && [ $code -le 10 ] && grep -q "${match[@]}" -- "$text" "$LAB_DIR/says.out"; then
		say "ok: $what: $(grep "${match[@]}" -m 1 -- "$text" "$LAB_DIR/says.out")"
	else
		say "FAILED: $what: exit $code, want /$text/"
		cat "$LAB_DIR/says.out"
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
