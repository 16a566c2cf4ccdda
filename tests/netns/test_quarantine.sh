#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Quarantine for what crosses the node: a device that is put away gets nothing through, at once and
# whatever the policy says; each of its frames is counted and told; it stays away while dataplane or
# control is started again, and comes back when it is let out. On af_xdp ports XDP does it, on a
# pcap port the worker.
# shellcheck source=tests/netns/check.sh
. "$(dirname "$0")/check.sh"
skip_unless_lab
config=$LAB_DIR/culvert.yaml

quarantine() { "${LAB_BOX[@]}" "$LAB_BUILD/control/cli/culvert" quarantine "$@" --config "$config"; }
# What the port's judge dropped for this reason, and what crossed.
dropped() { culvert stats --json | jq '.xdp.devices.quarantine // 0'; }
send() { in_ns dev "$LAB_BUILD/tests/tools/udp_flow" send "$PLAT_IP" 5683 2000 "$1" >/dev/null 2>&1; sleep 1; }
listen() {
	"${LAB_PART[@]}" nsenter "--net=/run/netns/$LAB-plat" -- \
		"$LAB_BUILD/tests/tools/udp_flow" recv 5683 >"$LAB_DIR/recv.out" 2>&1 </dev/null &
	receiver=$!
	wait_for 10 "the receiver" in_ns plat bash -c "ss -Hlun 'sport = :5683' | grep -q ."
}
heard() { kill "$receiver"; wait "$receiver" 2>/dev/null; received=$(sed -n 's/^received \([0-9]*\) .*/\1/p' "$LAB_DIR/recv.out"); }
in_step() { culvert status --json | jq -e ".quarantine.devices == $1 and .quarantine.dataplane == \"in-step\""; }
stop() { kill "$1" && wait "$1" 2>/dev/null; }
# flows WHAT SENT ARRIVED: that many frames are sent, so many arrive, and the others are dropped by
# quarantine.
flows() {
	local before
	before=$(dropped)
	listen
	send "$2"
	heard
	equal "$1: received" "$3" "$received"
	equal "$1: dropped as quarantined" $(($2 - $3)) $(($(dropped) - before))
}

# --- af_xdp: the kernel ---------------------------------------------------------------------------
lab_up && lab_config || exit 1
mac=$(ip -n "$LAB-dev" -j link show dev0 | jq -r '.[0].address')
# Frames are counted one by one: the device says nothing by itself (router solicitations), and the
# neighbours are known before, as ARP is dropped, too, and would hold up what is sent.
in_ns dev sysctl -qw net.ipv6.conf.dev0.disable_ipv6=1
in_ns plat sysctl -qw net.ipv6.conf.plat0.disable_ipv6=1
ip -n "$LAB-dev" neigh replace "$PLAT_IP" lladdr "$(ip -n "$LAB-plat" -j link show plat0 | jq -r '.[0].address')" dev dev0
ip -n "$LAB-plat" neigh replace "$DEV_IP" lladdr "$mac" dev plat0
cat >>"$config" <<-END
	firewall: { enabled: false }
	policy_trust: { allow_unsigned: true }
END
control_start && dataplane_start || exit 1
flows "nobody is away" 200 200
quarantine add "$DEV_IP" >"$LAB_DIR/add.txt"
check "the change is told" grep -qx "1 changed, 1 in quarantine" "$LAB_DIR/add.txt"
check "the kernel has it when the command ends" jq -e '.kernel == 1' <(culvert status --json | jq .quarantine)
flows "put away by address" 300 0
check "the worker has it, too" wait_for 2 "the dataplane" in_step 1
check "ping is stopped" bash -c "! nsenter --net=/run/netns/$LAB-dev ping -c 1 -W 1 $PLAT_IP"
check_ledger
# A shadow policy that would drop or allow whatever else does not differ on it.
sed 's/\(id: 30.*\)action: allow, inspect: false/\1action: drop/' "$LAB_DIR/policy.yaml" >"$LAB_DIR/next.yaml"
check "a policy is tried beside it" culvert policy apply --shadow "$LAB_DIR/next.yaml"
flows "beside a shadow" 50 0
equal "the shadow does not differ" 0 "$(curl -s --unix-socket "$LAB_DIR/control.sock" http://localhost/v1/policy/shadow | jq '[.differences[].packets] | add // 0')"
check "a policy is applied" culvert policy apply "$LAB_DIR/next.yaml"
flows "under another policy" 50 0

"$LAB_BUILD/control/cli/culvert" --socket "$LAB_DIR/control.sock" capture --dropped --rate 2000 -w "$LAB_DIR/away.pcapng" \
	--json >"$LAB_DIR/away.json" 2>"$LAB_DIR/away.err" &
capture=$!
wait_for 5 "the capture" [ -s "$LAB_DIR/away.pcapng" ]
send 20
sleep 0.5
kill -INT "$capture" && wait "$capture"
equal "the frames are in the drop evidence" 20 "$(jq -c .reasons.quarantine "$LAB_DIR/away.json")"

# Killed, so that nothing is put away in order: what is pinned goes on judging.
kill -KILL "$CONTROL_PID" && wait "$CONTROL_PID" 2>/dev/null
listen
send 100
heard
equal "without control: received" 0 "$received"
quarantine add "$mac" >/dev/null
quarantine remove "$DEV_IP" >"$LAB_DIR/remove.txt"
check "a change without control" grep -qx "1 changed, 1 in quarantine" "$LAB_DIR/remove.txt"
control_start || exit 1
check "control starts with the list" wait_for 5 "the dataplane" in_step 1
flows "put away by MAC, control started again" 100 0
stop "$DATAPLANE_PID"
flows "without a dataplane" 100 0
dataplane_start || exit 1
check "a dataplane that comes back has the list" wait_for 2 "the dataplane" in_step 1
flows "with another dataplane" 100 0
before=$(dropped)
platform=$(ip -n "$LAB-plat" -j link show plat0 | jq -r '.[0].address')
ip -n "$LAB-dev" neigh del "$PLAT_IP" dev dev0
in_ns dev ping -c 1 -W 1 "$PLAT_IP" >/dev/null
check "ARP is stopped, too" [ "$(dropped)" -gt "$before" ]
ip -n "$LAB-dev" neigh replace "$PLAT_IP" lladdr "$platform" dev dev0
quarantine remove "$mac" >/dev/null
check "the worker lets it pass" wait_for 2 "the dataplane" in_step 0
flows "let out" 200 200
check_ledger

# By the API, and a list as long as a city's; the node answers meanwhile.
awk 'BEGIN { for (i = 0; i < 110000; i++) printf "10.%d.%d.%d\n", 100 + int(i / 65536), int(i / 256) % 256, i % 256 }' >"$LAB_DIR/many"
curl -s -o "$LAB_DIR/put.json" --unix-socket "$LAB_DIR/control.sock" -X PUT --data-binary "@$LAB_DIR/many" \
	http://localhost/v1/quarantine &
put=$!
slowest=0
while kill -0 "$put" 2>/dev/null; do
	took=$(curl -s -o /dev/null -w '%{time_total}' --unix-socket "$LAB_DIR/control.sock" http://localhost/v1/policy)
	took=${took/./}
	took=$((10#${took%???}))
	[ "$took" -le "$slowest" ] || slowest=$took
done
wait "$put"
say "110,000 devices: the slowest answer meanwhile took $slowest ms"
equal "110,000 devices by the API" '{"changed":110000,"devices":110000,"in_force":false,"crossing":true}' "$(jq -c . "$LAB_DIR/put.json")"
check "the worker has them" wait_for 30 "the dataplane" in_step 110000
flows "none of them" 100 100
printf '%s' "$DEV_IP" | curl -s -o /dev/null --unix-socket "$LAB_DIR/control.sock" -X PUT --data-binary @- http://localhost/v1/quarantine
flows "one of one" 100 0
culvert policy audit --json | jq -r '.entries[] | select(.what | startswith("quarantine")) | [.what, .result, .detail] | join("|")' >"$LAB_DIR/audit.txt"
equal "all is in the audit trail" "quarantine-replace|done|$DEV_IP: 110001 changed, 1 in quarantine" "$(head -n 1 "$LAB_DIR/audit.txt")"
equal "the first change, too" "quarantine-add|done|$DEV_IP: 1 changed, 1 in quarantine" "$(tail -n 1 "$LAB_DIR/audit.txt")"
culvert policy audit --json >"$LAB_DIR/audit.json"
check "and who made it" jq -e '[.entries[] | select(.what | startswith("quarantine")) | .who | contains("(uid 0)")] | all' "$LAB_DIR/audit.json"
check_ledger
stop "$DATAPLANE_PID"
stop "$CONTROL_PID"

# --- pcap: the worker -----------------------------------------------------------------------------
rm -rf "$LAB_DIR/log"
"$LAB_BUILD/tests/tools/gen_capture" plain 1000 4 "$LAB_DIR/plain.pcap"
lab_config
sed -i -e '/target: "af_xdp:/d' -e 's/listen: "[^"]*"/listen: off/' "$config"
sed -i "/^ports:/a \  - { name: devices, target: \"pcap:$LAB_DIR/plain.pcap\", side: device, rate: 4000/s, repeat: 1000000 }" "$config"
reason() { culvert stats --json | jq ".dataplane.reasons[\"$1\"] // 0"; }
above() { [ "$(reason "$1")" -gt "$2" ]; }
away=$(python3 - "$LAB_DIR/plain.pcap" <<-'END'
	import socket, sys
	print(socket.inet_ntoa(open(sys.argv[1], "rb").read()[24 + 16 + 26:][:4]))
END
)
control_start && dataplane_start || exit 1
wait_for 5 "frames" above deny-default 0
equal "pcap: nobody is away" 0 "$(reason quarantine)"
quarantine add "$away" >/dev/null
added=${EPOCHREALTIME/./}
check "pcap: the worker drops it" wait_for 10 "the drop" above quarantine 0
say "pcap: seen to be dropped $(((${EPOCHREALTIME/./} - added) / 1000)) ms after the command ended"
stop "$DATAPLANE_PID"
dataplane_start || exit 1
check "pcap: a dataplane that starts has it from its first frame" wait_for 3 "the drop" above quarantine 500
quarantine remove "$away" >/dev/null
check "pcap: let out" wait_for 2 "the dataplane" in_step 0
before=$(reason quarantine)
sleep 0.5
equal "pcap: nothing more is dropped" "$before" "$(reason quarantine)"
stop "$DATAPLANE_PID"
check_ledger
