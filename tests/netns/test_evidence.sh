#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Drop evidence end to end: frames that are dropped for many reasons, in XDP and in the worker, are
# in the capture with reason and rule, each once; the same policy judges the file alike; sampling
# goes with the last capture; what is sampled closes in the ledger.
# shellcheck source=tests/netns/check.sh
. "$(dirname "$0")/check.sh"
skip_unless_lab
command -v tshark >/dev/null || { say "SKIP: no tshark"; exit 77; }
frames=$CV_ROOT/tests/netns/evidence_frames.py

# capture_start NAME OPTION...: in the background, when it samples.
capture_start() {
	local name=$1
	shift
	# Not by the function: $! must be the program.
	"$LAB_BUILD/control/cli/culvert" --socket "$LAB_DIR/control.sock" capture --dropped --rate 2000 \
		-w "$LAB_DIR/$name.pcapng" --json "$@" >"$LAB_DIR/$name.json" 2>"$LAB_DIR/$name.err" &
	LAB_PIDS+=($!)
	wait_for 5 "$name" [ -s "$LAB_DIR/$name.pcapng" ]
}
# capture_end PID: as Ctrl-C does.
capture_end() { kill -INT "$1" && wait "$1"; }
count() { tshark -r "$LAB_DIR/$1.pcapng" 2>/dev/null | wc -l; }
on() { culvert stats --json | jq -e ".evidence.on == $1"; }

# Until when the program in force on a port samples, ns; 0 = off.
until_ns() {
	local program map
	program=$(bpftool -j link show pinned "/sys/fs/bpf/$LAB/port-$1/link" | jq .prog_id)
	for map in $(bpftool -j prog show id "$program" | jq '.map_ids[]'); do
		bpftool -j map dump id "$map" 2>/dev/null | jq '.. | .evidence? | objects | .until_ns'
	done
}

lab_up && lab_config drop || exit 1
cat >"$LAB_DIR/policy.yaml" <<END
default: { ip: drop, non_ip: drop, inspect: true }
zones: { field: { ports: [devices], unknown: drop } }
bindings: [ { identity: 10.77.1.9, mac: "02:00:00:00:00:99" } ]
groups:
  sensors: [10.77.1.0/24, "fd77::1:0/112"]
  platform: [10.77.2.0/24, "fd77::2:0/112"]
services: { coap: udp/5683, bad: udp/6666, load: udp/9999, big: udp/9998, things: udp/5684 }
rules:
  - { id: 10, from: sensors, to: platform, service: coap, action: allow }
  - { id: 20, from: any, to: any, service: bad, action: drop }
  - { id: 30, from: sensors, to: platform, service: load, action: allow, rate: { packets: 5/s, burst: 200ms } }
  - { id: 40, from: sensors, to: platform, service: big, action: allow, inspect: false }
  - { id: 50, from: sensors, to: platform, service: things, action: allow, coap: { methods: [get] } }
END
printf 'policy_trust: { allow_unsigned: true }\n' >>"$LAB_DIR/culvert.yaml"
sed -i 's/^decode:/decode:\n  hints: [ { port: udp\/5684, decoder: coap } ]/' "$LAB_DIR/culvert.yaml"
ip -n "$LAB-dev" link set dev0 mtu 3000
ip -n "$LAB-box" link set cva mtu 3000
control_start && dataplane_start || exit 1

# --- every reason, frame by frame ---------------------------------------------------------------
check "nothing is sampled while nobody captures" on false
equal "nobody captures over TCP" 403 "$(in_ns box curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1:8480/v1/capture)"
capture_start all && all=$!
capture_start rule --rule 20 && rule=$!
capture_start filter --filter "udp port 7001 and not vlan" && filter=$!
capture_start count --reason 'bad-*' --count 7 && counted=$!
check "sampling is on" on true
in_ns dev python3 "$frames" send dev0 "$LAB_DIR/sent" verdict place rate worker app
culvert ledger --settle 5000 >/dev/null
check "a capture ends by itself" wait $counted
check "a capture ends in order" capture_end $all
check "and so do the others" capture_end $rule
check "and so do the others" capture_end $filter
check "sampling is off again" on false
check "each dropped frame is there once, as it was sent" python3 "$frames" check "$LAB_DIR/sent" "$LAB_DIR/all.pcapng"
equal "--rule" 60 "$(count rule)"
equal "--filter" 2 "$(count filter)"
equal "--reason and --count" 7 "$(count count)"
check "nothing was left out" jq -e '.complete and .unsampled == 0 and .lost == 0 and .frames == .seen' "$LAB_DIR/all.json"
check "what a filter leaves out is counted" jq -e '.seen == .unsampled + .filtered + .frames + .lost and .filtered > 0' "$LAB_DIR/filter.json"
check "Wireshark knows what XDP did" bash -c "tshark -r '$LAB_DIR/all.pcapng' -Y 'frame.comment contains \"reason=deny-rule rule=20\"' 2>/dev/null | wc -l | grep -qx 60"

# --- a policy that is replaced meanwhile ----------------------------------------------------------
sed 's/id: 20,/id: 21,/' "$LAB_DIR/policy.yaml" >"$LAB_DIR/next.yaml"
capture_start swap --reason deny-rule && swap=$!
touch "$LAB_DIR/go"
while [ -e "$LAB_DIR/go" ]; do in_ns dev python3 "$frames" send dev0 "$LAB_DIR/sent-swap" swap; done &
sender=$!
# grows BYTES: the capture becomes so much longer.
grows() { wait_for 20 "more frames" eval "[ \$(stat -c %s '$LAB_DIR/swap.pcapng') -gt $(($(stat -c %s "$LAB_DIR/swap.pcapng") + $1)) ]"; }
check "frames are dropped by one policy" grows 4000
check "another policy is put in force" culvert policy apply "$LAB_DIR/next.yaml"
check "frames are dropped by the next" grows 4000
rm "$LAB_DIR/go"
wait $sender
check "a capture outlives a policy" capture_end $swap
tshark -r "$LAB_DIR/swap.pcapng" -T fields -e frame.comment 2>/dev/null | grep -o 'rule=2[01] generation=[0-9]*' | sort -u >"$LAB_DIR/pairs"
equal "each frame names the policy that judged it" "$(printf 'rule=20 generation=1\nrule=21 generation=2')" "$(cat "$LAB_DIR/pairs")"
check "the policy before comes back" culvert policy revert

# --- what stops frames that the policy lets pass ------------------------------------------------
kill "$DATAPLANE_PID" && wait "$DATAPLANE_PID"
capture_start loss && loss=$!
in_ns dev python3 "$frames" send dev0 "$LAB_DIR/sent-loss" loss
culvert ledger --settle 5000 >/dev/null
check "a capture without a dataplane ends in order" capture_end $loss
check "dataplane-loss" python3 "$frames" check "$LAB_DIR/sent-loss" "$LAB_DIR/loss.pcapng"

# --- the same policy says the same of the file ---------------------------------------------------
same() { culvert replay --evidence --summary --config "$LAB_DIR/culvert.yaml" "$@"; }
check "replay says the same" same "$LAB_DIR/all.pcapng" "$LAB_DIR/loss.pcapng"
same "$LAB_DIR/all.pcapng" "$LAB_DIR/loss.pcapng" >"$LAB_DIR/same.json"
check "of every frame" jq -e '.evidence.different == 0 and .evidence.others == 0 and .evidence.equal >= 360
	and .evidence.frames == .evidence.equal + .evidence.equal_by_rule' "$LAB_DIR/same.json"
# By rule only: what hangs on other frames or on the path, and that is all of it.
stateful=$(jq -s '[.[].reasons | to_entries[] | select(.key | test("^(rate-|oversize|dataplane-loss)")) | .value] | add' \
	"$LAB_DIR/all.json" <(tshark -r "$LAB_DIR/loss.pcapng" 2>/dev/null | wc -l | jq '{reasons: {"dataplane-loss": .}}'))
check "limits and the path by rule ($stateful)" jq -e ".evidence.equal_by_rule >= 30 and .evidence.equal_by_rule <= $stateful" "$LAB_DIR/same.json"
sed 's/bad: udp\/6666/bad: udp\/6667/' "$LAB_DIR/policy.yaml" >"$LAB_DIR/other.yaml"
sed "s/policy.yaml/other.yaml/" "$LAB_DIR/culvert.yaml" >"$LAB_DIR/other-node.yaml"
culvert replay --evidence --config "$LAB_DIR/other-node.yaml" "$LAB_DIR/rule.pcapng" >"$LAB_DIR/other.out"
equal "another policy is told from it" 4 $?
equal "frame by frame" 60 "$(grep -c 'for deny-rule, rule 20; this policy says deny-default, rule 0' "$LAB_DIR/other.out")"

# --- who dies ------------------------------------------------------------------------------------
dataplane_start || exit 1
capture_start dies && dies=$!
kill -9 $dies
check "sampling ends with a client that is killed" wait_for 2 off on false
in_ns dev python3 "$frames" send dev0 "$LAB_DIR/sent-dead" verdict
culvert ledger --settle 3000 --json >"$LAB_DIR/ledger.json"
check "what is sampled is accounted for" jq -e '[.equations[] | select(.name | startswith("evidence:")) | .difference] == [0, 0, 0]' "$LAB_DIR/ledger.json"
check "and it was something" jq -e '[.equations[] | select(.name | startswith("evidence:")) | .left] | all(. > 0)' "$LAB_DIR/ledger.json"
check_ledger
capture_start orphan && orphan=$!
kill -9 "$CONTROL_PID"
wait $orphan
equal "a capture whose control dies says so" 3 $?
check "its file is whole" tshark -r "$LAB_DIR/orphan.pcapng"
check "it was sampled for" [ "$(until_ns devices)" -gt 0 ]
sleep 2.1 # the lease
in_ns dev python3 "$frames" send dev0 "$LAB_DIR/sent-lapsed" loss worker verdict
equal "sampling ends by itself when control has died" 0 "$(until_ns devices)"
control_start || exit 1
check "the next control samples for nobody" on false
