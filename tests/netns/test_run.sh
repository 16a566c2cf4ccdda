#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# tools/run as a newcomer meets it: interrupted, killed, and where nothing is allowed.
# shellcheck source=tests/netns/check.sh
. "$(dirname "$0")/check.sh"
mkdir -p "$LAB_DIR"
export LAB_BUILD
run=("$CV_ROOT/tools/run" --no-install)

# What runs of this test left: "culvert-cvN" directories, "cvN-*" namespaces, "cvN" pins.
leftovers() {
	{ ls -d /tmp/culvert-cv[0-9]* /sys/fs/bpf/cv[0-9]*; ip netns list; } 2>/dev/null |
		grep -oE "\\bcv($(paste -sd'|' "$LAB_DIR/pids"))\\b" | sort -u
}
# start SIGNAL SECONDS COMMAND...: run it and note its process id, which is in all its names.
start() {
	local signal=$1 after=$2
	shift 2
	# shellcheck disable=SC2016 # for the inner shell
	timeout --foreground -s "$signal" "$after" sh -c 'echo $$ >>"$0"; exec "$@"' "$LAB_DIR/pids" "$@"
}
printed() { grep -qxF "$1" "$LAB_DIR/run.txt"; }

unprivileged=(setpriv --bounding-set=-all --inh-caps=-all)
[ "$(id -u)" -eq 0 ] || unprivileged=()
start TERM 100 "${unprivileged[@]}" "${run[@]}" --for 3 >"$LAB_DIR/run.txt" 2>&1
equal "without privileges: exit code" 0 $?
check "without privileges: says what is missing" printed "this machine lacks, for real devices and platforms:"
check "without privileges: the ledger closes" printed "ledger: closed"
equal "without privileges: nothing is left" "" "$(leftovers)"

missing=$(lab_missing | paste -sd, -)
[ -z "$missing" ] || { say "SKIP: no $missing here"; exit $((failures ? 1 : 77)); }

start INT 12 "${run[@]}" --for 80 >"$LAB_DIR/run.txt" 2>&1
check "interrupted: the ledger closes" printed "ledger: closed"
check "interrupted: the subscriber was served" grep -q 'subscriber received: [1-9]' "$LAB_DIR/run.txt"
equal "interrupted: nothing is left" "" "$(leftovers)"

start KILL 12 "${run[@]}" --for 80 >"$LAB_DIR/run.txt" 2>&1
sleep 2
equal "killed: no program goes on" "" "$(pgrep -f "cv$(tail -n 1 "$LAB_DIR/pids")/(culvert|dataplane)")"
check "killed: there is something to remove" [ -n "$(leftovers)" ]
start TERM 100 "${run[@]}" --for 2 >"$LAB_DIR/run.txt" 2>&1
equal "after a killed run: exit code" 0 $?
equal "after a killed run: nothing is left" "" "$(leftovers)"
