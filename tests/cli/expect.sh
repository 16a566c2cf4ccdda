# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# For the tests of single commands: run one, hold its exit code and its words against what is wanted,
# end the test at the first that differs. Sourced; outputs of the last command are in out and err of
# the folder $work. The end-to-end tests, which go on, have tests/netns/check.sh.
# shellcheck disable=SC2154 # programs are the test's: culvert, control, dataplane
checks=0
pids=()
work=

# A folder of the test's own to work in; it goes in the end, and with it every one of $pids.
in_work_folder() {
	work=$(mktemp -d)
	trap leave_work_folder EXIT
	cd "$work" || exit
}
leave_work_folder() {
	local pid
	for pid in "${pids[@]}"; do kill -9 "$pid" 2>/dev/null || true; done
	rm -rf "$work"
}

fail() {
	printf 'FAIL: %s\n' "$*" >&2
	tail -n 20 control.out dataplane.out out err >&2 2>/dev/null || true
	exit 1
}

# wait_for WHAT COMMAND...: until it works, $patience times a twentieth of a second; what a test wants
# to be seen when it never does is its own at_loss.
patience=400
at_loss() { :; }
wait_for() {
	for _ in $(seq "$patience"); do
		"${@:2}" >out 2>err && return
		sleep 0.05
	done
	at_loss
	fail "$1 did not come"
}

# Of $control, with culvert.yaml; sets control_pid. $culvert must find it.
start_control() {
	"$control" --config culvert.yaml >control.out 2>&1 &
	control_pid=$!
	pids+=("$control_pid")
	wait_for control "$culvert" status --json
}

# Of $dataplane, which plays what ports name; sets dataplane_pid.
start_dataplane() {
	"$dataplane" --link "$work/dataplane.sock" --no-huge >dataplane.out 2>&1 &
	dataplane_pid=$!
	pids+=("$dataplane_pid")
}

# expect CODE COMMAND...: run it.
expect() {
	local want=$1 got=0
	shift
	checks=$((checks + 1))
	"$@" >out 2>err </dev/null || got=$?
	[ "$got" = "$want" ] || fail "\"$*\" ended with $got, expected $want"
}

# says TEXT: the outputs of the last command have it.
says() {
	cat out err >both
	grep -qF -- "$1" both || fail "the outputs do not say \"$1\""
}

# has TEXT FILE
has() { grep -qF -- "$1" "$2" || fail "no \"$1\" in $2"; }
