#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Learning from live traffic: a plain bridge stands where Culvert will, learn listens on both of its
# sides for a while, and the node that then runs the learned policy lets the same traffic pass.
# shellcheck source=tests/netns/check.sh
. "$(dirname "$0")/check.sh"
skip_unless_lab
culvert_control() { "$LAB_BUILD/control/culvert-control" "$@"; }

lab_up && lab_config || exit 1
ip link add "$LAB-x0" type bridge 2>/dev/null || { say "SKIP: no bridges here"; exit 77; }
ip link del "$LAB-x0"
in_ns box ip link add cvbr type bridge
for side in cva cvb; do in_ns box ip link set "$side" master cvbr; done
in_ns box ip link set cvbr up

talk() { # some CoAP one way, a few pings with answers, a port that nobody serves
	in_ns dev "$LAB_BUILD/tests/tools/udp_flow" send "$PLAT_IP" 5683 2000 400 >"$LAB_DIR/send.out"
	in_ns plat ping -q -c 3 -i 0.2 "$DEV_IP" >"$LAB_DIR/ping.out"
}
listening() { # the tap is in /proc/net/packet of its namespace
	[ "$(in_ns box cat /proc/net/packet | tail -n +2 | wc -l)" -ge 2 ]
}

# Much headroom: the second talk may run on an idle machine and the first on a busy one.
lab_spawn learned box "$LAB_BUILD/control/culvert-control" policy learn --live cva --live cvb \
	--duration 60s --headroom 20 --json -o "$LAB_DIR/learned.yaml"
learner=$!
wait_for 10 "the taps" listening || exit 1
check "traffic crosses the bridge" talk
# What came while the learner had no CPU is learned, too, though it is interrupted before it runs again.
kill -STOP $learner
in_ns dev bash -c "exec 3<>/dev/tcp/$PLAT_IP/9" 2>/dev/null # refused
kill -INT $learner
kill -CONT $learner
wait $learner
equal "an interrupt ends it in order" 0 $?
check "the policy is accepted" culvert_control policy check "$LAB_DIR/learned.yaml"
equal "the CoAP flow is learned, each frame once" 400 \
	"$(jq '.rules[] | select(.service == "coap").packets_there' "$LAB_DIR/learned.out")"
check "the ping is learned with its answers" \
	jq -e '.rules[] | select(.service == "icmp") | .packets_there >= 3 and .packets_back == 3' \
	"$LAB_DIR/learned.out"
check "the refused connection is not" \
	grep -q "^# left out: TCP that was never accepted" "$LAB_DIR/learned.yaml"

# A bounded time is one.
start=$SECONDS
check "it ends by itself" in_ns box "$LAB_BUILD/control/culvert-control" policy learn --live cva \
	--duration 1s -o "$LAB_DIR/quiet.yaml"
check "after the time given" [ $((SECONDS - start)) -le 5 ]

# The node takes over with what was learned.
for side in cva cvb; do in_ns box ip link set "$side" nomaster; done
in_ns box ip link del cvbr
cp "$LAB_DIR/learned.yaml" "$LAB_DIR/policy.yaml"
control_start && dataplane_start || exit 1
check "the same traffic crosses the node" talk

# What is in force, asked of the node, against the same policy and against none of its rules.
sed -e '/^rules:/,$d' "$LAB_DIR/learned.yaml" >"$LAB_DIR/none.yaml"
against_running() {
	CULVERT_SOCKET=$LAB_DIR/control.sock "$LAB_BUILD/control/cli/culvert" policy test --native \
		--against running --json "$1" "$LAB_DIR/flow.pcap"
}
in_ns dev timeout 10 tcpdump -q -i dev0 -c 20 -w "$LAB_DIR/flow.pcap" udp port 5683 >/dev/null 2>&1 &
dump=$!
LAB_PIDS+=("$dump")
dumping() { [ "$(in_ns dev cat /proc/net/packet | tail -n +2 | wc -l)" -ge 1 ]; }
wait_for 5 "the capture" dumping || exit 1
talk
wait $dump
equal "nothing differs from what is in force" 0 \
	"$(against_running "$LAB_DIR/learned.yaml" | jq .against.differ.packets)"
equal "without its rules all of it does" 20 \
	"$(against_running "$LAB_DIR/none.yaml" | jq .against.differ.packets)"
culvert ledger --settle 10000 >/dev/null
culvert stats --json >"$LAB_DIR/stats.json"
equal "both CoAP flows pass whole" 800 "$(jq .dataplane.protocols.coap.messages "$LAB_DIR/stats.json")"
check_ledger
