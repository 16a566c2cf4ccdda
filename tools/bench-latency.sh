# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Benches of the way from a frame to a subscriber's event; sourced by tools/bench, not run.
# shellcheck disable=SC2154 # what is not set here is set by it and by tools/lib.sh

# cpu_ms PID: CPU time of all its threads so far.
cpu_ms() { cat /proc/"$1"/task/*/schedstat | awk '{ sum += $1 } END { print sum / 1e6 }'; }

bench_handoff() {
	local i before
	note "handoff: $turns turns at 1 M events/s"
	lab_up && lab_config && control_start || return 1
	"$LAB_BUILD/tests/perf/bench_handoff" "$LAB_DIR/dataplane.sock" 1000000 "$turns" >"$LAB_DIR/handoff.json" || return 1
	jq -e '.ring_sent == .ring_taken and .ring_sent > 0' "$LAB_DIR/handoff.json" >/dev/null ||
		{ say "handoff: the ring lost records"; return 1; }
	jq -r '.turns[] | "\(.handoff_ns) \(.private_ns)"' "$LAB_DIR/handoff.json" |
		result "handoff" "ns/event" "records in the handoff, control draining" "records in private memory" "difference <= 5"
	jq -r '.turns[] | "\(.handoff_ns - .private_ns) \(.ring_ns - .private_ns)"' "$LAB_DIR/handoff.json" |
		result "handoff alone" "ns/event" "the handoff, control draining" "rte_ring, 32 pointers at once, a reader" "<= 3"
	dataplane_start || return 1
	sleep 1
	for ((i = 0; i < turns; i++)); do
		note "handoff: 10 s without a frame, turn $((i + 1)) of $turns"
		before=$(cpu_ms "$CONTROL_PID")
		sleep 10
		echo "$(cpu_ms "$CONTROL_PID") $before" | awk '{ print $1 - $2, 10000 }'
	done | result "handoff idle" "ms CPU" "control, 10 s without a frame" "10 s" "0"
	lab_done
	note "handoff: $turns turns of 1000 wakes"
	"$LAB_BUILD/tests/perf/bench_wake" "$LAB_DIR/wake" 1000 "$turns" >"$LAB_DIR/wake.json" || return 1
	jq -r '.turns[] | "\(.culvert_us) \(.eventfd_us)"' "$LAB_DIR/wake.json" |
		result "handoff wake p99" us "published until control looks" "eventfd until epoll returns" "<= 1.5"
	rm -rf "$LAB_DIR/wake"
}

# latency_row COLUMN PEER-COLUMN PEER RATE GOAL: of the lines of $LAB_DIR/turns, p50 and p99 of each side
latency_row() {
	cut -d' ' -f"$1,$2" "$LAB_DIR/turns" |
		result "latency p$([ "$1" = 1 ] && echo 50 || echo 99)" us "frame in to NDJSON event, $4/s" "$3, $4/s" "$5"
}

# One rate: p50 and p99 of Culvert, UDP and mosquitto in turn.
latency_at() {
	local tool=$LAB_BUILD/tests/perf/bench_latency rate=$1 count=$2 i
	: >"$LAB_DIR/turns"
	for ((i = 0; i < turns; i++)); do
		note "latency: $rate/s, turn $((i + 1)) of $turns"
		in_ns dev "$tool" culvert "$PLAT_IP" "$LAB_DIR/control.sock" "$rate" "$count" >"$LAB_DIR/a" || return 1
		in_ns dev "$tool" udp "$rate" "$count" >"$LAB_DIR/b" || return 1
		in_ns dev "$tool" mqtt 127.0.0.1 "$rate" "$count" >"$LAB_DIR/c" || return 1
		jq -se 'all(.[]; .received == .sent)' "$LAB_DIR/a" "$LAB_DIR/b" "$LAB_DIR/c" >/dev/null ||
			note "latency: not everything arrived: $(cat "$LAB_DIR/a" "$LAB_DIR/b" "$LAB_DIR/c")"
		jq -sr 'map("\(.p50_us) \(.p99_us)") | join(" ")' "$LAB_DIR/a" "$LAB_DIR/b" "$LAB_DIR/c" >>"$LAB_DIR/turns"
	done
}

# One event and its flush, against 4 KiB and a flush; both on one CPU, as control has on a node of two.
durable_append() {
	local i
	for ((i = 0; i < turns; i++)); do
		note "latency: durable append, turn $((i + 1)) of $turns"
		taskset -c $(($(nproc) - 1)) "$LAB_BUILD/tests/perf/bench_eventlog" "$LAB_DIR/bench-log" 2 one-record >"$LAB_DIR/durable.json" || return 1
		rm -rf "$LAB_DIR/bench-log"
		jq -sr 'map({(.case): .p99_us}) | add | "\(."one-record") \(."raw-one-record")"' "$LAB_DIR/durable.json"
	done >"$LAB_DIR/turns"
	result "durable p99" us "one event into the log" "one write of 4 KiB, O_DIRECT, and a flush" "<= 1.5" <"$LAB_DIR/turns"
}

bench_latency() {
	local rate q
	durable_append || return 1
	lab_up && lab_config && control_start && dataplane_start || return 1
	cat >"$LAB_DIR/mosquitto.conf" <<-END
		listener 1883 127.0.0.1
		allow_anonymous true
		set_tcp_nodelay true
	END
	lab_spawn mosquitto dev mosquitto -c "$LAB_DIR/mosquitto.conf"
	lab_spawn sink plat "$LAB_BUILD/tests/tools/udp_flow" recv 5683
	wait_for 5 mosquitto in_ns dev mosquitto_pub -h 127.0.0.1 -t ready -n
	for rate in 10000 100000; do
		latency_at $rate $((rate * 3)) || return 1
		for q in 1 2; do
			latency_row $q $((q + 2)) "UDP loopback round trip" $rate report
			latency_row $q $((q + 4)) "mosquitto pub to sub" $rate \
				"$([ $rate = 10000 ] && echo report || { [ $q = 1 ] && echo "<= 0.4" || echo "<= 0.5"; })"
		done
	done
	check_closed || return 1
	lab_done
}

# What an event costs the rules, by devices.
alarm_rules_cost() {
	local i
	for ((i = 0; i < turns; i++)); do
		note "alarm: rules, turn $((i + 1)) of $turns"
		"$LAB_BUILD/tests/perf/bench_alarm" "$CV_ROOT/appliance/alarms.yaml" 3000000 4000000 >"$LAB_DIR/a" &&
			"$LAB_BUILD/tests/perf/bench_alarm" "$CV_ROOT/appliance/alarms.yaml" 1000 4000000 >"$LAB_DIR/b" || return 1
		jq -sr 'map(.ns_per_event) | join(" ")' "$LAB_DIR/a" "$LAB_DIR/b"
	done >"$LAB_DIR/turns"
	result "alarm rules" ns/event "3 million devices" "1 thousand devices" "flat" <"$LAB_DIR/turns"
	jq -r '"\(.bytes_per_device) 1"' "$LAB_DIR/a" | result "alarm rules" bytes/device "3 million devices" "none" report
}

# A node of DEVICES devices, registered, each with a latest value, and the example's alarm rules.
overload_node() {
	lab_config
	sed -i "/^policy:/a policy_trust: { allow_unsigned: true }\nalarm_rules: $CV_ROOT/appliance/alarms.yaml" "$LAB_DIR/culvert.yaml"
	sed -i "s|^log: .*|log: { dir: $LAB_DIR/log, segment_size: 64MiB, retain: { measurement: { size: 4GiB, age: any } } }|" "$LAB_DIR/culvert.yaml"
	sed -i "s|^services: {|services: { fire: udp/5026,|; s|service: \[coap, mqtt, hj212\]|service: [coap, mqtt, hj212, fire]|" "$LAB_DIR/policy.yaml"
	cp "$LAB_DIR/policy.yaml" "$LAB_DIR/a.yaml"
	sed 's|id: 50,|id: 51,|' "$LAB_DIR/a.yaml" >"$LAB_DIR/b.yaml"
	"$LAB_BUILD/tests/eventlog/make_log" "$LAB_DIR/log" "$1" 64 "$1" || return 1
	awk -v n="$1" 'BEGIN { print "id,kind,city,district,street"
		for (i = 0; i < n; i++) printf "urn:dev:hj212:31011500%08d,station,310100,310115,3101150%02d\n", i, i % 97 }' >"$LAB_DIR/devices.csv"
	culvert registry import "$LAB_DIR/devices.csv" --config "$LAB_DIR/culvert.yaml" >/dev/null || return 1
	rm "$LAB_DIR/devices.csv"
	control_start && wait_for 300 "$1 devices" holds "$1" && dataplane_start
}

holds() {
	curl -s --unix-socket "$LAB_DIR/control.sock" http://localhost/v1/registry |
		jq -e --argjson n "$1" '.registry.ready and .registry.devices >= $n and .state.devices >= $n'
}

# measured FIELD: what the worker did with measurements so far.
measured() { culvert stats --json | jq ".dataplane.lanes.measurement.$1"; }

# What came faster than the lcore could take: counted, of any kind.
missed_frames() { culvert stats --json | jq .dataplane.ports.devices.rx_missed; }

# Alarms while measurements are shed and the policy changes.
alarm_latency() {
	local i swapper produced shed lost missed others devices=${LAB_DEVICES:-3000000}
	note "alarm: a node with $devices devices"
	# As on a node: the worker has the last CPU to itself, and control goes before what shares the others.
	others=0-$(($(nproc) - 2))
	LAB_CONTROL=(taskset -c "$others" nice -n "$(sed -n 's/^Nice=//p' "$CV_ROOT/appliance/culvert-control.service.in")")
	lab_up && overload_node $devices || return 1
	lab_spawn coap plat "$LAB_BUILD/tests/tools/udp_flow" recv 5683
	lab_spawn fire plat "$LAB_BUILD/tests/tools/udp_flow" recv 5026
	for ((i = 0; i < turns; i++)); do
		note "alarm: latency, turn $((i + 1)) of $turns"
		produced=$(measured produced) shed=$(measured shed) missed=$(missed_frames)
		touch "$LAB_DIR/go"
		swaps 0 &
		swapper=$!
		in_ns dev taskset -c "$others" "$LAB_BUILD/tests/perf/bench_overload" "$PLAT_IP" "$LAB_DIR/control.sock" "${LAB_OVERLOAD:-30000}" 1000 20000 $((i * 20000)) >"$LAB_DIR/a" || { note "alarm: the load ended early: $(cat "$LAB_DIR/a")"; return 1; }
		rm "$LAB_DIR/go"
		wait $swapper
		lost=$(jq '.sent - .received' "$LAB_DIR/a") missed=$(($(missed_frames) - missed))
		[ "$lost" -le $missed ] || { note "alarm: $lost lost, and the receive ring missed $missed: $(cat "$LAB_DIR/a")"; return 1; }
		produced=$(($(measured produced) - produced)) shed=$(($(measured shed) - shed))
		note "alarm: $(cat "$LAB_DIR/a"); measurements: $produced, of them $shed shed; frames that the receive ring missed: $missed"
		[ $((shed * 2)) -ge "$produced" ] || note "alarm: less than twice what the node takes"
		jq -r '"\(.p9999_us / 1000) 100 \(.p50_us / 1000)"' "$LAB_DIR/a"
	done >"$LAB_DIR/turns"
	cut -d' ' -f1,2 "$LAB_DIR/turns" | result "alarm p99.99" ms "frame in to event, 1000/s beside an overload" "limit" "<= 1"
	cut -d' ' -f3,2 "$LAB_DIR/turns" | awk '{ print $2, $1 }' | result "alarm p50" ms "the same" "limit" report
	LAB_CONTROL=()
	check_closed || return 1
	lab_done
}

bench_alarm() { alarm_rules_cost && alarm_latency; }
