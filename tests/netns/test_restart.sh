#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Control is stopped in order and started again while the dataplane forwards: nothing passes it by,
# nothing is lost, and the ledger closes across it. What no dataplane uses is detached.
# shellcheck source=tests/netns/check.sh
. "$(dirname "$0")/check.sh"
skip_unless_lab

rate=1000 count=5000
receiver_listens() { in_ns plat ss -Hlun 'sport = :5683' | grep -q .; }
bypass() { culvert stats --json | jq '[.xdp[].bypass // 0] | add'; }
steered() { culvert ledger --json | jq '.equations[] | select(.name == "xdp-steered").left'; }
# Frames that the lab's own wires dropped: a veth end queues 256 and has no one to wait for.
dropped_by() { ip -n "$LAB-$1" -j -s link show "$2" | jq '.[0].stats64.tx.dropped'; }
attached() { ip -n "$LAB-box" -j link show "$1" | jq -e '.[0].xdp' >/dev/null; }
stop() {
	kill "$1"
	wait "$1" 2>/dev/null
}

lab_up && lab_config forward && control_start && dataplane_start || exit 1
mac=$(ip -n "$LAB-plat" -j link show plat0 | jq -r '.[0].address')
ip -n "$LAB-dev" neigh replace "$PLAT_IP" lladdr "$mac" dev dev0 nud permanent
bypassed=$(bypass)
nsenter --net="/run/netns/$LAB-plat" -- "$LAB_BUILD/tests/tools/udp_flow" recv 5683 >"$LAB_DIR/recv.out" &
receiver=$!
wait_for 10 "the receiver" receiver_listens
nsenter --net="/run/netns/$LAB-dev" -- "$LAB_BUILD/tests/tools/udp_flow" send "$PLAT_IP" 5683 $rate $count >"$LAB_DIR/send.out" &
sender=$!

sleep 1
stop "$CONTROL_PID"
check "it says what stays" grep -q "the dataplane runs: its XDP programs stay" "$LAB_DIR/control.out"
check "XDP stays attached to the devices' port" attached cva
check "and to the platform's" attached cvb
sleep 1
check "control comes back" control_start
check "the dataplane attaches again" wait_for 20 "the dataplane" dataplane_attached
wait $sender
check_ledger
equal "frames that passed the dataplane by" "$bypassed" "$(bypass)"
check "all that was steered is told of, before and after" [ "$(steered)" -ge $((count - $(dropped_by dev dev0))) ]
kill "$receiver"
wait $receiver
read -r _ received _ distinct _ <"$LAB_DIR/recv.out"
equal "frames that arrived, or that a wire dropped" $count \
	$((distinct + $(dropped_by dev dev0) + $(dropped_by box cvb)))
equal "none twice" "$received" "$distinct"

# The dataplane first: then nobody uses them.
stop "$DATAPLANE_PID"
stop "$CONTROL_PID"
check "nothing stays attached to the devices' port" bash -c "! ip -n $LAB-box -j link show cva | jq -e '.[0].xdp'"
check "nor to the platform's" bash -c "! ip -n $LAB-box -j link show cvb | jq -e '.[0].xdp'"
check "no pin is left" [ ! -e "/sys/fs/bpf/$LAB/policy_epoch" ]

# Control first: what stays then goes with the next control that ends alone.
control_start && dataplane_start || exit 1
stop "$CONTROL_PID"
stop "$DATAPLANE_PID"
check "XDP goes on judging for itself" attached cva
control_start || exit 1
stop "$CONTROL_PID"
check "the next one takes it away" bash -c "! ip -n $LAB-box -j link show cva | jq -e '.[0].xdp'"
