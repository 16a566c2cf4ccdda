# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Benches of the decoders and of what is around them; sourced by tools/bench, not run.

# Messages decoded to records, by protocol, and beside peers over the same bytes.
bench_decode() {
	local i first
	be_first
	note "decode: every protocol and the peers, $turns turns"
	"${first[@]}" taskset -c $(($(nproc) - 1)) "$LAB_BUILD/tests/perf/bench_decode" "$turns" >"$LAB_DIR/decode.json" || return 1
	for ((i = 0; i < $(jq '.pairs | length' "$LAB_DIR/decode.json"); i++)); do
		jq -r --argjson i $i '.pairs[$i].turns[] | "\(.culvert_ns) \(.peer_ns)"' "$LAB_DIR/decode.json" >"$LAB_DIR/turns"
		jq -r --argjson i $i '.pairs[$i] | "decode \(.name)", .a, .b, .goal' "$LAB_DIR/decode.json" | {
			read -r name && read -r a && read -r b && read -r goal
			result "$name" "ns/message" "$a" "$b" "$goal" <"$LAB_DIR/turns"
		}
	done
	jq -e '[.pairs[].name] | index("senml json")' "$LAB_DIR/decode.json" >/dev/null ||
		say "decode: no rows beside simdjson: install g++ and libsimdjson-dev, and build again" >&2
	jq '.tsc_ghz as $ghz | .empty_record_ns as $empty | def median: sort | .[length / 2 | floor];
		{protocols: [.protocols[] | ([.turns[].warm_ns] | median) as $warm | {name, from,
			bytes_per_message: (.bytes / .messages), records_per_message: (.records / .messages),
			warm_ns: $warm, cycles_per_byte: ($warm * $ghz * .messages / .bytes),
			messages_per_second: (1e9 / $warm), cold_ns: ([.turns[].cold_ns] | median),
			warm_all: [.turns[].warm_ns], cold_all: [.turns[].cold_ns]}],
		 empty_record_ns: $empty, tsc_ghz: $ghz}' "$LAB_DIR/decode.json" >>"$extra"
}

# The city with its protocols and nothing else: a tenth of its devices, so that most frames are not
# the beginning of connections, and so many damaged messages that one in ten is rejected.
bench_capture() {
	sed -E 's/damaged: [0-9.]+/damaged: 16/; s/devices: ([0-9]+)00,/devices: \1,/; s/^duration:.*/duration: 1d/' \
		"$CV_ROOT/tools/citysim/scenarios/city.yaml" >"$LAB_DIR/mixed.yaml"
	"$LAB_BUILD/tools/citysim/citysim" --json --frames "$1" --out "$2" "$LAB_DIR/mixed.yaml" >"$2.json" || return 1
	jq -e '([.protocols[].rejected] | add) >= 0.05 * ([.protocols[].messages] | add)' "$2.json" >/dev/null ||
		{ say "replay: fewer than 5 % of the messages are malformed"; return 1; }
}

# seconds COMMAND...: CPU time it took, on one core; what it prints goes to $LAB_DIR/out
seconds() {
	local TIMEFORMAT='%U %S'
	{ time "${first[@]}" taskset -c $(($(nproc) - 1)) "$@" >"$LAB_DIR/out" 2>"$LAB_DIR/err"; } 2>"$LAB_DIR/time" ||
		{ tail -n 3 "$LAB_DIR/err" >&2; return 1; }
	awk '{ print $1 + $2 }' "$LAB_DIR/time"
}

# has_frames COUNT COMMAND...: every frame was looked at, by what the command makes of the output
has_frames() {
	local want=$1 got
	shift
	got=$("$@" "$LAB_DIR/out")
	[ "${got:-0}" = "$want" ] || { say "replay: $got frames, not $want"; return 1; }
}

# replay_row NAME FRAMES A-LABEL B-LABEL GOAL: packets/s from "a b" seconds per turn
replay_row() {
	awk -v n="$2" '{ print n / $1, n / $2 }' "$LAB_DIR/turns" | result "$1" "packets/s" "$3" "$4" "$5"
}

bench_replay() {
	local first i a b c file=$LAB_DIR/mixed.pcap small=$LAB_DIR/small.pcap frames few dataplane=$LAB_BUILD/dataplane/culvert-dataplane
	be_first
	bench_capture 300000 "$file" && bench_capture 30000 "$small" || return 1
	frames=$(jq .frames "$file.json") few=$(jq .frames "$small.json")
	if command -v ndpiReader >/dev/null; then
		for ((i = 0; i < turns; i++)); do
			note "replay: beside ndpiReader, turn $((i + 1)) of $turns"
			a=$(seconds "$dataplane" replay --summary "$file") && has_frames "$frames" jq .packets.rx || return 1
			b=$(seconds ndpiReader -i "$file") &&
				has_frames "$frames" awk '/IP packets:/ { print $3 }' || return 1
			echo "$a $b"
		done >"$LAB_DIR/turns"
		replay_row "replay $frames frames" "$frames" "decoded into records, counted" "ndpiReader, flows classified" ">= 20"
	else
		say "replay: no ndpiReader, no row: this release has no libndpi-bin, or it is not installed" >&2
	fi
	for ((i = 0; i < turns; i++)); do
		note "replay: beside tshark, turn $((i + 1)) of $turns"
		a=$(seconds "$dataplane" replay --summary "$small") && has_frames "$few" jq .packets.rx || return 1
		b=$(seconds tshark -n -r "$small" -T ek) && has_frames "$few" grep -c '^{"timestamp"' || return 1
		c=$(seconds "$dataplane" replay "$small") || return 1
		echo "$a $b $c"
	done >"$LAB_DIR/turns"
	replay_row "replay $few frames" "$few" "decoded into records, counted" "tshark -T ek" ">= 300"
	awk -v n="$few" '{ print n / $3, n / $2 }' "$LAB_DIR/turns" |
		result "replay $few frames" "packets/s" "decoded, events printed as JSON" "tshark -T ek" report
}

# run_city: one pass of the worker over the file; sets memory and, with samples, $LAB_DIR/perf.data
run_city() {
	local sample=()
	if command -v perf >/dev/null; then
		rm -f "$LAB_DIR/perf.fifo"
		mkfifo "$LAB_DIR/perf.fifo"
		sample=(env PERF_CONTROL="$LAB_DIR/perf.fifo" perf record -q -e cpu-clock -F 4999 -D -1
			--control="fifo:$LAB_DIR/perf.fifo" -o "$LAB_DIR/perf.data")
	fi
	"${first[@]}" "${sample[@]}" "$LAB_BUILD/tests/perf/bench_city" "$LAB_DIR/city.pcap" -l $(($(nproc) - 1)) --no-pci \
		--no-telemetry --log-level='*:error' "${memory[@]}" >"$LAB_DIR/city.json" 2>"$LAB_DIR/err" || { tail -n 3 "$LAB_DIR/err"; return 1; }
	jq -e '.frames == .forwarded and .records == .drained + .shed and .broken == 0 and .messages > 0' "$LAB_DIR/city.json" >/dev/null ||
		{ say "city: not everything was forwarded and handed over: $(cat "$LAB_DIR/city.json")"; return 1; }
}

# macswap_file FILE FRAMES: packets/s of testpmd that repeats the file from memory
macswap_file() {
	local cpu=$(($(nproc) - 1))
	"${first[@]}" timeout -s INT 20 dpdk-testpmd --lcores="0@0,1@$cpu" --no-pci --no-telemetry "${memory[@]}" \
		--vdev="net_pcap0,rx_pcap=$1,infinite_rx=1" -- --forward-mode=macswap --nb-cores=1 \
		--total-num-mbufs=$(($2 + 16384)) --no-flush-rx --stats-period 1 --burst=32 --auto-start >"$LAB_DIR/testpmd.out" 2>&1
	awk '/Tx-pps:/ && $2 > 0 { pps[++n] = $2 } END { if (n > 2) print pps[n - 1]; else exit 1 }' "$LAB_DIR/testpmd.out" ||
		{ tail -n 5 "$LAB_DIR/testpmd.out" >&2; return 1; }
}

bench_city() {
	local memory first frames b
	"$LAB_BUILD/tools/citysim/citysim" --json --frames 200000 --out "$LAB_DIR/city.pcap" "$CV_ROOT/tools/citysim/scenarios/city.yaml" \
		>"$LAB_DIR/scenario.json" || return 1
	frames=$(jq .frames "$LAB_DIR/scenario.json")
	eal_memory $((frames * 26 / 10240 + 400))
	command -v perf >/dev/null || say "city: no perf, no cycles per stage: install linux-perf" >&2
	for ((i = 0; i < turns; i++)); do
		note "city: $frames frames, turn $((i + 1)) of $turns"
		run_city && b=$(macswap_file "$LAB_DIR/city.pcap" "$frames") || return 1
		[ ! -e "$LAB_DIR/perf.data" ] || "$CV_ROOT/tests/perf/stages" "$LAB_DIR/perf.data" "$LAB_BUILD/tests/perf/bench_city" \
			"$(jq .cycles_per_packet "$LAB_DIR/city.json")" >>"$LAB_DIR/stages"
		cat "$LAB_DIR/city.json" >>"$LAB_DIR/cities"
		echo "$(jq .packets_per_second "$LAB_DIR/city.json") $b"
	done >"$LAB_DIR/turns"
	result "city $frames frames" "packets/s" "worker with everything, 1 M devices' mix" "testpmd macswap" report <"$LAB_DIR/turns"
	jq -s 'def median: sort | .[length / 2 | floor];
		{cycles_per_packet: ([.[].cycles_per_packet] | median), records: .[0].records, messages: .[0].messages,
		 frames: .[0].frames}' "$LAB_DIR/cities" >"$LAB_DIR/city"
	[ ! -e "$LAB_DIR/stages" ] || jq -s --slurpfile city "$LAB_DIR/city" 'def median: sort | .[length / 2 | floor];
		{city: ($city[0] + {stages: (. as $all | [$all[] | keys[]] | unique |
			map({key: ., value: (. as $k | [$all[] | .[$k] // 0] | median)}) | from_entries)})}' "$LAB_DIR/stages" >>"$extra"
}

# For people: what bench_decode and bench_city have beyond rows.
extra_tables() {
	if jq -se 'any(has("protocols"))' "$extra" >/dev/null; then
		say "decoders, one core, into records; a record with nothing in it costs $(jq -r '.empty_record_ns // empty' "$extra") ns:"
		jq -r 'select(.protocols).protocols[] | [.name, .from, (.bytes_per_message | round), (.records_per_message * 10 | round / 10),
			(.warm_ns | round), (.cycles_per_byte * 10 | round / 10), (.messages_per_second | round), (.cold_ns | round)] | @tsv' "$extra" |
			column -t -s "$(printf '\t')" -N "protocol,from,bytes,records,ns/message,cycles/byte,messages/s,ns cold"
	fi
	if jq -se 'any(has("city"))' "$extra" >/dev/null; then
		say "cycles per packet of the city mix, by stage:"
		jq -r 'select(.city).city | "in all\t\(.cycles_per_packet | round)", (.stages | to_entries | sort_by(-.value)[] | "\(.key)\t\(.value | round)")' "$extra" |
			column -t -s "$(printf '\t')"
	fi
}
