#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A day of a city in an hour: six hundred devices of every kind, with damage, repeats and bursts, at 24
# times their speed, and somebody outside who hears all of it. Nothing grows, what is missing is told, the
# ledger closes. CULVERT_SOAK: seconds; CULVERT_SOAK_RATE: frames a second (90 are the scenario's own).
# shellcheck source=tests/vm/vm.sh
. "$(dirname "$0")/vm.sh"
skip_unless_vm
seconds=${CULVERT_SOAK:-3600} rate=${CULVERT_SOAK_RATE:-2160}
citysim=$LAB_BUILD/tools/citysim/citysim scenario=$CV_ROOT/tools/citysim/scenarios/small.yaml

vm_net_up && vm_disk "$IMG_DIR/out/culvert.raw" 4G && vm_start && vm_up 90 || exit 1
# Small enough that retention takes segment after segment.
vm_new_log 4MiB 's,{ size: [0-9]*GiB,{ size: 16MiB,'
check "the node is well" vm culvert health --wait $((60 * VM_SLOW))
vm_tunnel
mkfifo "$LAB_DIR/events"
ip netns exec "$LAB-mgmt" curl -sN "http://127.0.0.1:8480/v1/events?from=earliest" >"$LAB_DIR/events" &
subscriber=$!
LAB_PIDS+=($!)
"$CV_ROOT/tests/vm/soak_events.py" <"$LAB_DIR/events" >"$LAB_DIR/heard.json" &
LAB_PIDS+=($!)

# sample: memory of its own (KiB) and open files of control and dataplane, bytes of the log
sample() {
	vm 'for unit in culvert-control culvert-dataplane; do
			pid=$(systemctl show -P MainPID $unit)
			printf "%s %s " "$(awk "/^RssAnon/ { print \$2 }" /proc/$pid/status)" "$(ls /proc/$pid/fd | wc -l)"
		done
		du -sb /var/lib/culvert/log | cut -f1'
}
began=$SECONDS frames=0
for ((run = 1; SECONDS - began < seconds; run++)); do
	in_ns dev "$citysim" -i dev0 -r "$rate/s" -s $run --json "$scenario" >"$LAB_DIR/run.json" 2>"$LAB_DIR/citysim.out" ||
		{ check "the devices speak" false; break; }
	frames=$((frames + $(jq .frames "$LAB_DIR/run.json")))
	sample >>"$LAB_DIR/samples" || { check "the node answers" false; break; }
	say "$((SECONDS - began)) s, $((run * 20)) min of the city, $frames frames; KiB and files of control, of the dataplane, log: $(tail -n 1 "$LAB_DIR/samples")"
done

check_ledger
check "the node is well after it" vm culvert health --wait $((20 * VM_SLOW))
restarts() { vm 'systemctl show -P NRestarts culvert-control culvert-dataplane' | paste -sd' '; }
equal "nothing was started again" "0 0" "$(restarts | tr -s ' ')"
# From the first quarter on, when what there is once for each device is there.
check "nothing grows" awk '{ for (i = 1; i <= 4; i++) row[NR, i] = $i }
	END { first = int(NR / 4) + 1
		for (i = 1; i <= 4; i++)
			if (row[NR, i] > row[first, i] * 1.1 + (i % 2 ? 4096 : 4)) { print "column " i ": " row[first, i] " -> " row[NR, i]; bad = 1 }
		exit bad }' "$LAB_DIR/samples"
check "the log keeps to its bounds" awk '$5 > 160 * 1048576 { print; exit 1 }' "$LAB_DIR/samples"
# An emulated machine tells more slowly than it hears: what retention takes before it is told is a gap.
caught_up() { vm culvert stats --json | jq -e '(.subscribers | length) == 1 and .subscribers[0].lag == 0'; }
check "who hears it comes to the end" vm_wait 300 "the subscriber" caught_up
vm culvert status --json >"$LAB_DIR/status.json"
sleep $VM_SLOW
kill $subscriber
wait_for 20 "what was heard" test -s "$LAB_DIR/heard.json"
say "heard: $(cat "$LAB_DIR/heard.json")"
check "who hears it misses nothing that was not told" jq -e '.holes == 0 and .events > 0' "$LAB_DIR/heard.json"
check "and has all that there is" jq -es '.[0].next as $next | .[1].log.lanes | to_entries | all(.value.end <= ($next[.key] // 1))' \
	"$LAB_DIR/heard.json" "$LAB_DIR/status.json"
say "of $frames frames: $(vm culvert stats --json | jq -c '{rx: .dataplane.rx, missed: [.. | .rx_missed? // empty] | add, shed: [.dataplane.lanes[].shed] | add}')"
