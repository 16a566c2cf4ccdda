#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Swaps under traffic: 200 policies, and 50 times the programs themselves (control is killed and
# starts again), while a numbered flow runs as fast as it can. No frame is judged by a mixture of
# two policies, none is lost but in queues that were counted, and the order is kept.
# CV_SWAPS, CV_PROGRAM_SWAPS, CV_RATE (frames/s asked for) and CV_RATE_MIN change the measure.
# shellcheck source=tests/netns/check.sh
. "$(dirname "$0")/check.sh"
# shellcheck source=tests/netns/rollout.sh
. "$(dirname "$0")/rollout.sh"
skip_unless_lab

swaps=${CV_SWAPS:-200} program_swaps=${CV_PROGRAM_SWAPS:-50} rate=${CV_RATE:-1000000}
rate_min=${CV_RATE_MIN:-0}

dropped_by() { ip -n "$LAB-$1" -j -s link show "$2" | jq '.[0].stats64.tx.dropped'; }
overruns() { culvert stats --json | jq '[.dataplane.ports[].rx_missed] | add'; }
bypassed() { culvert stats --json | jq '[.xdp[].bypass // 0] | add'; }
tx_full() { culvert stats --json | jq '.dataplane.dropped["tx-full"] // 0'; }
socket_full() { in_ns plat nstat -asz UdpRcvbufErrors | awk '/UdpRcvbufErrors/ { print $2 }'; }
rx() { culvert stats --json | jq '.dataplane.rx'; }

lab_up && rollout_config && control_start && dataplane_start --lcore 1 || exit 1
wait_for 5 "the dataplane" in_step
# Neighbours are known before the flow, or its first frames wait for them.
in_ns dev ping -q -c 2 -i 0.2 "$PLAT_IP" >/dev/null
nsenter --net="/run/netns/$LAB-plat" -- "$LAB_BUILD/tests/tools/udp_flow" recv 9999 >"$LAB_DIR/recv.out" &
receiver=$!
wait_for 10 "the receiver" in_ns plat bash -c "ss -Hlun 'sport = :9999' | grep -q ."
bypassed_before=$(bypassed) rx_before=$(rx)
nsenter --net="/run/netns/$LAB-dev" -- taskset -c 0 "$LAB_BUILD/tests/tools/udp_flow" send "$PLAT_IP" 9999 "$rate" 90000000 \
	>"$LAB_DIR/send.out" 2>"$LAB_DIR/send.time" &
sender=$!
LAB_PIDS+=("$sender" "$receiver")
sleep 1

# --- data -----------------------------------------------------------------------------------------
begin=$(date +%s%N) ok=0
for ((i = 1; i <= swaps; i++)); do
	[ $((i % 2)) = 1 ] && policy=b || policy=a
	apply "$LAB_DIR/$policy.yaml" && ok=$((ok + 1))
done
took=$((($(date +%s%N) - begin) / 1000000))
equal "policies put in force" "$swaps" "$ok"
say "note: $((took / swaps)) ms each"
equal "the last one is in force everywhere" "$(live) $(live) in step" \
	"$(status_of '[.live.number, .kernel, .dataplane] | join(" ")')"
begin=$(date +%s%N)
check "reverted under load" culvert policy revert
check "in $((($(date +%s%N) - begin) / 1000000)) ms" [ $((($(date +%s%N) - begin) / 1000000)) -lt 1000 ]

# --- programs -------------------------------------------------------------------------------------
ok=0
for ((i = 1; i <= program_swaps; i++)); do
	kill -9 "$CONTROL_PID"
	wait "$CONTROL_PID" 2>/dev/null
	control_start >/dev/null 2>&1 && ok=$((ok + 1))
done
equal "programs replaced" "$program_swaps" "$ok"
check "the dataplane is in step" wait_for 10 "the dataplane" in_step

# --- what became of the frames --------------------------------------------------------------------
kill "$sender"
wait "$sender"
sleep 0.5
check_ledger
kill "$receiver"
wait "$receiver"
sent=$(sed 's/sent //' "$LAB_DIR/send.out")
seconds=$(sed 's/in \(.*\) s/\1/' "$LAB_DIR/send.time")
read -r _ received _ distinct _ _ _ reordered <"$LAB_DIR/recv.out"
judged=$(($(rx) - rx_before))
say "note: $sent frames sent in $seconds s: $(jq -n "$sent / $seconds | floor") a second; $judged judged by the dataplane"
equal "frames judged by a mixture of two policies" 0 "$(denied)"
equal "frames that passed the dataplane by" "$bypassed_before" "$(bypassed)"
queues=$(($(dropped_by dev dev0) + $(overruns) + $(tx_full) + $(dropped_by box cvb) + $(socket_full)))
# The queues also count the few frames that are not of the flow (ARP, IPv6's own).
check "arrived, or lost in a queue that counted it ($sent = $distinct + $queues)" \
	jq -en "$distinct + $queues - $sent | . >= 0 and . <= 20"
equal "none twice" "$received" "$distinct"
equal "out of order" 0 "$reordered"
check "at least $rate_min frames a second" [ "$(jq -n "$sent / $seconds | floor")" -ge "$rate_min" ]
