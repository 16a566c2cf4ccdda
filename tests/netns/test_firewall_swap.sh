#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The host's firewall is changed under traffic, and its changer is killed at every step: a packet
# meets the old table or the new one, never a part of one.
# shellcheck source=tests/netns/check.sh
. "$(dirname "$0")/check.sh"
skip_unless_lab
# shellcheck source=tests/netns/firewall.sh
. "$(dirname "$0")/firewall.sh"
command -v nft >/dev/null || { say "SKIP: no nft here"; exit 77; }
CYCLES=${CYCLES:-25} DEVICES=${DEVICES:-100000}

fw_up || exit 1
fw_config a 2222 accept
fw_config b 2223 drop
a=(--config "$LAB_DIR/a.yaml") b=(--config "$LAB_DIR/b.yaml")

# --- 100,000 devices replaced under traffic ----------------------------------------------------------
# Two lists that share nothing but the three that send.
for n in 0 1; do
	python3 - "$n" "$DEVICES" >"$LAB_DIR/list$n" <<-'END'
		import ipaddress, sys
		which, n = int(sys.argv[1]), int(sys.argv[2])
		print("10.66.1.1\nfd66:2::1\n02:66:00:00:00:03")
		for i in range(n):
		    print(ipaddress.ip_address((10 << 24) + (128 + which << 16) + i))
		for i in range(n // 20):
		    print(f"fd00:{which}::{i + 1:x}")
		    print(f"02:77:0{which}:00:{i >> 8:02x}:{i & 255:02x}")
	END
done
devices=$((3 + DEVICES + 2 * (DEVICES / 20)))
quarantine replace "${a[@]}" "$LAB_DIR/list0" >/dev/null
check "the table, with a list of $devices" firewall apply "${a[@]}"
flow=$LAB_BUILD/tests/tools/udp_flow
declare -A at=([free]=10.66.0.2 [cut4]=10.66.1.2 [cut6]=fd66:2::2 [cutmac]=10.66.3.2)
port=7000
declare -A rate=([free]=5000 [cut4]=100000 [cut6]=5000 [cutmac]=5000)
for name in free cut4 cut6 cutmac; do
	port=$((port + 1))
	lab_spawn "recv-$name" box "$flow" recv $port
	# Nobody may be told that a port is closed, else the sender would stop at once.
	wait_for 5 "the receiver" in_ns box bash -c "ss -lun | grep -q :$port"
	lab_spawn "send-$name" "$name" "$flow" send "${at[$name]}" $port ${rate[$name]} 100000000
	eval "sender_$name=${LAB_PIDS[-1]} receiver_$name=${LAB_PIDS[-2]}"
done
wait_for 10 "the free flow" bash -c "[ \$(nsenter --net=/run/netns/$LAB-box '$LAB_BUILD/control/cli/culvert' firewall show --json | jq '.input[\"others-accepted\"].packets') -gt 1000 ]"
good=0
for ((i = 1; i <= CYCLES; i++)); do
	quarantine replace "${a[@]}" "$LAB_DIR/list$((i % 2))" >"$LAB_DIR/replace.txt" &&
		grep -q " $devices in quarantine" "$LAB_DIR/replace.txt" && good=$((good + 1))
	# The rules, too, are replaced now and then.
	[ $((i % 5)) -ne 0 ] || firewall apply "${a[@]}" >/dev/null
done
equal "lists replaced under traffic" "$CYCLES" $good
equal "the kernel has the last one" $devices "$(firewall show --json | jq '[.quarantined[]] | add')"
# What left the senders, their interfaces have counted.
for name in free cut4 cut6 cutmac; do eval "kill \$sender_$name"; done
sleep 0.3
for name in free cut4 cut6 cutmac; do eval "kill \$receiver_$name"; done
wait_for 10 "the receivers" bash -c "cat '$LAB_DIR'/recv-*.out | wc -l | grep -qx 4"
arrived=0
for name in cut4 cut6 cutmac; do
	equal "leaked from $name" "received 0 distinct 0 highest 0 reordered 0" "$(cat "$LAB_DIR/recv-$name.out")"
	arrived=$((arrived + $(ip -n "$LAB-$name" -s -j link show up0 | jq '.[0].stats64.tx.packets')))
done
check "they did send" [ $arrived -gt 10000 ]
free=$(awk '{ print $2 }' "$LAB_DIR/recv-free.out")
check "what was free to pass passed ($free)" [ "$free" -gt 1000 ]
equal "none of it was lost" "$free" "$(awk '{ print $6 }' "$LAB_DIR/recv-free.out")"
fw_ledger
# Neighbour discovery and ARP are theirs to send, too.
dropped=$(count quarantined)
check "what they sent was dropped and counted ($dropped of $arrived)" [ $((arrived - dropped)) -ge 0 -a $((arrived - dropped)) -lt 200 ]

# --- killed at every step -----------------------------------------------------------------------------
printf '192.0.2.1\nfd00::1\n' >"$LAB_DIR/small-a"
printf '192.0.2.2\n02:00:00:00:00:02\n' >"$LAB_DIR/small-b"
quarantine replace "${a[@]}" "$LAB_DIR/small-a" >/dev/null
quarantine replace "${b[@]}" "$LAB_DIR/small-b" >/dev/null
firewall apply "${a[@]}" >/dev/null && fw_table >"$LAB_DIR/a.json"
firewall apply "${b[@]}" >/dev/null && fw_table >"$LAB_DIR/b.json"
check "the two tables differ" not cmp "$LAB_DIR/a.json" "$LAB_DIR/b.json"
: >"$LAB_DIR/none.json"

# killed N COMMAND...: run it, killed at step N; fails when it came to its end before.
killed() {
	local step=$1
	shift
	in_ns box "$LAB_BUILD/tests/tools/kill_at" "$step" "$LAB_BUILD/control/culvert-control" "$@" >/dev/null 2>&1
	[ $? -eq 137 ]
}

# which: name of the whole table that is there, "part" when it is none.
which() {
	local name
	fw_table >"$LAB_DIR/now.json"
	for name in a b none; do cmp -s "$LAB_DIR/now.json" "$LAB_DIR/$name.json" && { say $name; return; }; done
	say part
}

# sweep WHAT BEFORE AFTER RESET COMMAND...: kill the command at step 1, 2, 3, ... until it ends.
sweep() {
	local what=$1 before=$2 after=$3 reset=$4 step=0 now
	local -A seen=()
	shift 4
	while :; do
		step=$((step + 1))
		$reset
		killed $step "$@" || break
		now=$(which)
		seen[$now]=$((${seen[$now]:-0} + 1))
	done
	equal "$what, killed at $((step - 1)) steps: always a whole one" "$((step - 1))" \
		$((${seen[$before]:-0} + ${seen[$after]:-0}))
	check "$what: some before and some behind (${seen[$before]:-0}, ${seen[$after]:-0})" \
		[ "${seen[$before]:-0}" -gt 0 -a "${seen[$after]:-0}" -gt 0 ]
}
to_a() { firewall apply "${a[@]}" >/dev/null; }
to_none() { firewall remove >/dev/null; }
sweep "the first table" none a to_none firewall apply "${a[@]}"
sweep "a table in the place of another" a b to_a firewall apply "${b[@]}"
sweep "no table any more" a none to_a firewall remove

# The list and the sets: whoever was killed, what is in force is whole, the list is whole, and the next
# start puts the list in force.
to_small() { cp "$LAB_DIR/small-a" "$LAB_DIR/log-a/quarantine" && to_a; }
to_a && quarantine replace "${a[@]}" "$LAB_DIR/small-b" >/dev/null && fw_table >"$LAB_DIR/b.json"
quarantine list "${a[@]}" >"$LAB_DIR/small-b.list" && cp "$LAB_DIR/small-a" "$LAB_DIR/small-a.list"
step=0 whole=0 old=0
while step=$((step + 1)) && to_small && killed $step quarantine replace "${a[@]}" "$LAB_DIR/small-b"; do
	now=$(which)
	quarantine list "${a[@]}" >"$LAB_DIR/now.list" 2>&1
	to_a && then=$(which)
	[[ $now = [ab] && $then = [ab] ]] && cmp -s "$LAB_DIR/now.list" "$LAB_DIR/small-$then.list" && whole=$((whole + 1))
	[ "$now" != a ] || old=$((old + 1))
done
equal "elements in the place of others, killed at $((step - 1)) steps: whole, and as the list says" $((step - 1)) $whole
check "some before and some behind ($old, $((whole - old)))" [ $old -gt 0 -a $whole -gt $old ]
