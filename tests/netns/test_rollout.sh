#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The life of a policy: kill control at every step of every change, two administrators at once, a
# policy that nobody confirms, a disk that is full.
# shellcheck source=tests/netns/check.sh
. "$(dirname "$0")/check.sh"
# shellcheck source=tests/netns/rollout.sh
. "$(dirname "$0")/rollout.sh"
skip_unless_lab

# Control with the steps of a change in it, which dies at the one that kill_at names.
kill_at() { printf '%s\n' "$1" >"$LAB_DIR/kill-at"; }
steps_start() {
	CULVERT_KILL_FILE=$LAB_DIR/kill-at "${LAB_PART[@]}" "${LAB_BOX[@]}" "$LAB_BUILD/control/culvert-control-steps" \
		--config "$LAB_DIR/culvert.yaml" >>"$LAB_DIR/control.out" 2>&1 </dev/null &
	CONTROL_PID=$!
	wait_for 20 "culvert-control" ended_or "$CONTROL_PID" culvert status --json
}
kill_control() {
	kill -9 "$CONTROL_PID" 2>/dev/null
	wait "$CONTROL_PID" 2>/dev/null
}
# One that was killed takes a moment to end, and is there as a zombie until this shell waits for it.
is_dead() { ! grep -q '^State:[[:space:]]*[^Z]' "/proc/$CONTROL_PID/status" 2>/dev/null; }
# Steps that CHANGE goes through.
steps_of() {
	: >"$LAB_DIR/control.out"
	"$@" >/dev/null 2>&1
	sed -n 's/^culvert-control: step: //p' "$LAB_DIR/control.out" | sort -u
}

lab_up && rollout_config || exit 1
mkdir -p "$LAB_DIR/log"
mount -t tmpfs -o size=96m tmpfs "$LAB_DIR/log" || { say "SKIP: no tmpfs mounts here"; exit 77; }
trap 'umount -l "$LAB_DIR/log" 2>/dev/null; finish' EXIT
sed -i 's/segment_size: 16MiB/segment_size: 1MiB/' "$LAB_DIR/culvert.yaml"
steps_start && dataplane_start || exit 1

# --- killed at every step ------------------------------------------------------------------------
killed=0 whole=0 finished=0 back=0 wrong=""
# crash CHANGE...: at each of its steps, from a known state.
crash() {
	local step steps before after kernel live busy
	local where='([.live.number, .shadow.number, .state] | @csv)'
	prepare
	steps=$(steps_of "$@")
	for step in $steps; do
		prepare
		wait_for 10 "the dataplane" in_step
		before=$(status_of "$where")
		kill_at "$step"
		"$@" >/dev/null 2>&1
		if ! wait_for 5 "its end" is_dead; then
			wrong+=" not-killed:$1-$step"
			kill_control
		fi
		wait "$CONTROL_PID" 2>/dev/null
		kill_at ""
		killed=$((killed + 1))
		# Whatever is in force goes on judging without control, and is one whole policy.
		in_ns dev ping -q -c 1 -W 2 "$PLAT_IP" >/dev/null 2>&1 || wrong+=" cut:$1-$step"
		steps_start || return
		wait_for 10 "the dataplane" in_step || wrong+=" dataplane:$1-$step"
		read -r after kernel live busy < <(status_of "\"\($where) \(.kernel) \(.live.number) \(.busy)\"")
		[ "$kernel" = "$live" ] && [ "$busy" = null ] &&
			[ "$(culvert status --json | jq .dataplane.generation)" = "$kernel" ] &&
			whole=$((whole + 1)) || wrong+=" split:$1-$step"
		if [ "$before" = "$after" ]; then back=$((back + 1)); else finished=$((finished + 1)); fi
		culvert policy audit --json | jq -e '[.entries[] | select(.result == "begun")] | length == 0' >/dev/null ||
			wrong+=" audit:$1-$step"
		[ "$(denied)" = 0 ] || wrong+=" mixed:$1-$step"
	done
	say "note: $* killed at: $(paste -sd' ' <<<"$steps")"
}
settle() { # a state to begin from: a policy in force, one to go back to, nothing else
	apply "$LAB_DIR/a.yaml" && return
	culvert policy revert >/dev/null 2>&1
	culvert policy shadow --stop >/dev/null 2>&1
	apply "$LAB_DIR/a.yaml"
}
prepare() { settle; }
crash apply "$LAB_DIR/b.yaml"
crash apply --shadow "$LAB_DIR/b.yaml"
crash culvert policy revert
prepare() { settle; apply --shadow "$LAB_DIR/b.yaml"; }
crash culvert policy promote
prepare() { settle; apply --confirm 10min "$LAB_DIR/b.yaml"; }
crash culvert policy confirm
equal "killed at $killed steps: one whole policy each time" "$killed" "$whole"
check "there were steps before and after the commit ($back taken back, $finished finished)" \
	[ "$back" -ge 10 ] && [ "$finished" -ge 5 ]
equal "nothing went wrong on the way" "" "$wrong"

# --- a policy that nobody confirms ---------------------------------------------------------------
settle
number=$(live)
apply --confirm 2s "$LAB_DIR/b.yaml"
equal "waits to be confirmed" confirm-pending "$(status_of .state)"
check "goes back by itself" wait_for 4 "the deadline" bash -c "$(declare -f status_of live culvert); LAB_BUILD=$LAB_BUILD LAB_DIR=$LAB_DIR; [ \$(live) = $number ]"
equal "to the policy before" "live $number" "$(status_of '[.state, .live.number] | join(" ")')"
apply --confirm 2s "$LAB_DIR/b.yaml"
kill_control
sleep 2.5
steps_start
equal "and when control was away meanwhile" "live $number" "$(status_of '[.state, .live.number] | join(" ")')"
wait_for 10 "the dataplane" in_step
apply --confirm 3s "$LAB_DIR/b.yaml"
number=$(live)
check "confirmed" culvert policy confirm
sleep 3.3
equal "stays" "live $number" "$(status_of '[.state, .live.number] | join(" ")')"

# --- two administrators --------------------------------------------------------------------------
chmod 666 "$LAB_DIR/control.sock"
chmod 755 "$LAB_DIR"
other() { setpriv --reuid 65534 --clear-groups -- "$LAB_BUILD/control/cli/culvert" --socket "$LAB_DIR/control.sock" "$@"; }
apply --confirm 5min "$LAB_DIR/a.yaml"
other policy apply "$LAB_DIR/b.yaml" >"$LAB_DIR/other.txt" 2>&1
equal "the second is refused" 4 $?
check "and told who and when" grep -qE "applied by root \(uid 0\) at 20..-..-..T..:..:..Z, waits to be confirmed" "$LAB_DIR/other.txt"
culvert policy confirm >/dev/null
other policy apply --shadow "$LAB_DIR/b.yaml" >/dev/null
apply "$LAB_DIR/b.yaml"
equal "a shadow of somebody else is in the way" 4 $?
check "whose it is" grep -q "uid 65534" "$LAB_DIR/apply.txt"
other policy shadow --stop >/dev/null
apply --expect 1 "$LAB_DIR/b.yaml"
equal "another policy than expected is in force" 4 $?
# Both at the same moment: one of them, whole; numbers show which.
number=$(live)
for _ in 1 2 3 4 5; do
	culvert policy apply --expect "$number" "$LAB_DIR/a.yaml" >"$LAB_DIR/one.txt" 2>&1 &
	one=$!
	other policy apply --expect "$number" "$LAB_DIR/b.yaml" >"$LAB_DIR/two.txt" 2>&1
	two=$?
	wait $one
	one=$?
	[ $((one + two)) = 4 ] || { say "FAILED: both at once: $one and $two"; failures=$((failures + 1)); }
	number=$(live)
done
check "the audit trail names both" bash -c "$(declare -f culvert); LAB_BUILD=$LAB_BUILD LAB_DIR=$LAB_DIR; culvert policy audit --json | jq -e '[.entries[].who] | any(contains(\"65534\")) and any(contains(\"root\"))'"

# --- the disk is full ----------------------------------------------------------------------------
number=$(live)
head -c 200m /dev/zero >"$LAB_DIR/log/ballast" 2>/dev/null
apply "$LAB_DIR/b.yaml"
code=$?
check "refused on a full disk: $(head -n 1 "$LAB_DIR/apply.txt")" [ $code -ne 0 ]
check "says why" grep -q "full" "$LAB_DIR/apply.txt"
equal "what was in force is" "$number" "$(live)"
check "forwarding goes on" in_ns dev ping -q -c 1 -W 2 "$PLAT_IP"
begin=$(date +%s%N)
check "reverted all the same" culvert policy revert
took=$((($(date +%s%N) - begin) / 1000000))
check "in less than a second ($took ms)" [ "$took" -lt 1000 ]
before=$(live)
check "to another one" [ "$before" != "$number" ]
kill_control
steps_start
equal "which a restart on the full disk finds" "$before" "$(live)"
wait_for 10 "the dataplane" in_step
rm "$LAB_DIR/log/ballast"
check "with room again" apply "$LAB_DIR/b.yaml"
check "the revert is in the audit trail" bash -c "$(declare -f culvert); LAB_BUILD=$LAB_BUILD LAB_DIR=$LAB_DIR; culvert policy audit --json | jq -e '[.entries[] | select(.what == \"revert\")][0].number == $before'"

# --- bad input ------------------------------------------------------------------------------------
number=$(live)
: >"$LAB_DIR/empty.yaml"
apply "$LAB_DIR/empty.yaml"
equal "an empty file" 2 $?
head -c 100m /dev/zero | tr '\0' 'a' >"$LAB_DIR/huge.yaml"
apply "$LAB_DIR/huge.yaml"
equal "100 MB of it" 2 $?
printf 'default: { ip: drop }\nrules: [ { id: 1, from: nobody } ]\n' >"$LAB_DIR/wrong.yaml"
apply "$LAB_DIR/wrong.yaml"
equal "a wrong file" 2 $?
check "is told with line and column" grep -q '^wrong.yaml:2:' "$LAB_DIR/apply.txt"
equal "what was in force is" "$number" "$(live)"
equal "no frame was judged by a mixture" 0 "$(denied)"
check_ledger
