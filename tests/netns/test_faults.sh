#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# kill -9 of control, then of the dataplane, under a numbered flow: which frames and events are
# missing afterwards, and is every one of them explained?
# shellcheck source=tests/netns/check.sh
. "$(dirname "$0")/check.sh"
skip_unless_lab

# Frames that the lab's own wires dropped: a veth end queues 256 and has no one to wait for.
dropped_by() { ip -n "$LAB-$1" -j -s link show "$2" | jq '.[0].stats64.tx.dropped'; }

receiver_listens() { in_ns plat ss -Hlun 'sport = :5683' | grep -q .; }

# The numbered flow, from the device to the platform. No frame leaves before it can be received.
start_flow() {
	nsenter --net="/run/netns/$LAB-plat" -- "$LAB_BUILD/tests/tools/udp_flow" recv 5683 >"$LAB_DIR/recv.out" &
	receiver=$!
	wait_for 10 "the receiver" receiver_listens
	nsenter --net="/run/netns/$LAB-dev" -- "$LAB_BUILD/tests/tools/udp_flow" send "$PLAT_IP" 5683 $rate $count >"$LAB_DIR/send.out" &
	sender=$!
}

# The flow leaves in order only while its next hop is known: the frames that wait for ARP's answer
# are sent by whoever brings that answer, while the sender itself already overtakes them.
know_platform() {
	local mac
	mac=$(ip -n "$LAB-plat" -j link show plat0 | jq -r '.[0].address')
	ip -n "$LAB-dev" neigh replace "$PLAT_IP" lladdr "$mac" dev dev0 nud permanent
}

# Frames that the kernel itself sent to the peer port for want of a dataplane.
bypass() { culvert stats --json | jq '[.xdp[].bypass // 0] | add'; }
# Frames that found the socket's ring full. It holds 2,048, a second of the first flow: a worker that
# stands still for so long does it because of the fault that was made.
overruns() { culvert stats --json | jq '[.dataplane.ports[].rx_missed] | add'; }
# Other work on the machine can take the CPU from it for two seconds: let it come first, within its
# scheduling group and with the group, where sessions have one each.
prefer_dataplane() {
	local task
	echo -10 >"/proc/$DATAPLANE_PID/autogroup"
	for task in "/proc/$DATAPLANE_PID/task"/*; do renice -n -10 -p "${task##*/}"; done
} >/dev/null 2>&1

something_logged() { culvert stats --json | jq -e '.log.lanes.measurement.logged > 0'; }

lab_up && know_platform && lab_config forward && control_start && dataplane_start || exit 1

rate=2000 count=12000
prefer_dataplane
bypassed=$(bypass) # what the kernel sent before there was a dataplane
start_flow

# --- control dies: forwarding goes on, records wait ------------------------------------------------
sleep 1.5
kill -9 "$CONTROL_PID"
wait "$CONTROL_PID" 2>/dev/null
sleep 1
check "control comes back" control_start
check "the dataplane attaches again" wait_for 10 "dataplane" dataplane_attached
wait $sender
sent=$(sed 's/sent //' "$LAB_DIR/send.out")
equal "frames sent" $count "$sent"
wait_for 10 "events" something_logged
check_ledger
equal "frames that passed the dataplane by" "$bypassed" "$(bypass)"
kill "$receiver"
wait $receiver
read -r _ received _ distinct _ highest _ reordered <"$LAB_DIR/recv.out"
equal "frames that overran the worker" 0 "$(overruns)"
equal "frames that arrived while control was dead and after" $count \
	$((distinct + $(dropped_by dev dev0) + $(dropped_by box cvb)))
equal "none twice" "$received" "$distinct"
equal "none reordered" 0 "$reordered"
equal "highest number" $count "$highest"

curl -s --unix-socket "$LAB_DIR/control.sock" "http://localhost/v1/events?from=earliest&lane=measurement&follow=0" >"$LAB_DIR/events.ndjson"
values=$(jq -r 'select(.data.name == "seq") | .data.value' "$LAB_DIR/events.ndjson" | sort -n | uniq | wc -l)
twice=$(jq -r 'select(.data.name == "seq") | .data.value' "$LAB_DIR/events.ndjson" | sort -n | uniq -d | wc -l)
gaps=$(jq -s '[.[] | select(.type == "city.culvert.gap.v1") | .data.value] | add // 0' "$LAB_DIR/events.ndjson")
equal "events and explained gaps together ($values + $gaps)" \
	$((count - $(dropped_by dev dev0))) $((values + gaps))
equal "events delivered twice" 0 "$twice"

# --- the dataplane dies: XDP goes on judging and bypasses ------------------------------------------
count=10000
start_flow
sleep 1
kill -9 "$DATAPLANE_PID"
wait "$DATAPLANE_PID" 2>/dev/null
sleep 1.5
check "XDP forwards in the kernel meanwhile" [ "$(bypass)" -gt $((bypassed + 500)) ]
check "and goes on judging" bash -c "$(declare -f in_ns); LAB=$LAB; ! in_ns dev timeout 1 bash -c 'echo >/dev/tcp/$PLAT_IP/22'"
check "the dataplane comes back" dataplane_start
prefer_dataplane
wait $sender
check_ledger
kill "$receiver"
wait $receiver
read -r _ received _ distinct _ <"$LAB_DIR/recv.out"
# What was in the dead process's rings is gone; everything else arrives.
check "frames lost with the process: $((count - distinct)) of $count, at most its rings" [ $((count - distinct)) -le 4096 ]
equal "none twice" "$received" "$distinct"
