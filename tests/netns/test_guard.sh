#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The guard: whatever a policy says, management reaches the node through a sensor port, and nobody
# else does by the same door.
# shellcheck source=tests/netns/check.sh
. "$(dirname "$0")/check.sh"
skip_unless_lab

NODE_IP=10.77.1.254

lab_up && lab_config || exit 1
ip -n "$LAB-box" addr add "$NODE_IP/16" dev cva
# By another name than the kernel's: addresses, the firewall and /sys know only that.
ip -n "$LAB-box" link property add dev cva altname sensors-west
sed -i 's/af_xdp:cva/af_xdp:sensors-west/' "$LAB_DIR/culvert.yaml"
cat >"$LAB_DIR/policy.yaml" <<-END
	default: { ip: drop, non_ip: drop, inspect: false }
	services: { admin: tcp/2222, other: tcp/2223 }
	rules:
	  - { id: 1, from: any, to: any, service: admin, action: drop }
	  - { id: 2, from: any, to: any, service: other, action: drop }
	  - { id: 3, from: any, to: any, service: any, action: drop }
END
cat >>"$LAB_DIR/culvert.yaml" <<-END
	firewall:
	  enabled: false
	  management: [{ port: tcp/2222, from: 10.77.1.0/24 }]
END
echo here >"$LAB_DIR/page"
for port in 2222 2223; do
	lab_spawn "admin-$port" box python3 -m http.server --bind 0.0.0.0 --directory "$LAB_DIR" "$port"
done
# from NS PORT: is the node's service there?
from() { in_ns "$1" curl -s -m "$3" -o /dev/null "http://$NODE_IP:$2/page"; }
refused() { ! from "$@"; }

# /sys is that of the namespace here.
port_is_up() { ip netns exec "$LAB-box" "$LAB_BUILD/control/cli/culvert" --socket "$LAB_DIR/control.sock" health --json | jq -e '.checks[] | select(.name == "ports") | .ok'; }

control_start || exit 1
wait_for 10 "the node's service" from dev 2222 1
check "management from its prefix, no dataplane" from dev 2222 5
dataplane_start || exit 1
check "management from its prefix" from dev 2222 5
check "another port of the node from there" refused dev 2223 2
check "the same port from elsewhere" refused plat 2222 2
culvert stats --json >"$LAB_DIR/stats.json"
check "what passed is counted as guarded" jq -e '.xdp.devices["allow-guard"] > 10' "$LAB_DIR/stats.json"
check "nothing else passed" jq -e '[.xdp.devices, .xdp.platform | .allow // 0] | add == 0' "$LAB_DIR/stats.json"
check "the port is up by its other name" port_is_up
check "the rules drop what is not" jq -e '.xdp.devices["deny-rule"] >= 1 and .xdp.platform["deny-rule"] >= 1' \
	"$LAB_DIR/stats.json"
check_ledger

# With the host's firewall behind: what the guard passes it passes, and no quarantine cuts that.
firewall() { in_ns box "$LAB_BUILD/control/cli/culvert" firewall show --json; }
kill "$CONTROL_PID" && wait "$CONTROL_PID" 2>/dev/null
sed -i 's/enabled: false/enabled: true/' "$LAB_DIR/culvert.yaml"
control_start || exit 1
check "management through policy and firewall" from dev 2222 5
in_ns box "$LAB_BUILD/control/cli/culvert" quarantine add --config "$LAB_DIR/culvert.yaml" \
	"$DEV_IP" "$(ip -n "$LAB-dev" -j link show dev0 | jq -r '.[0].address')" >"$LAB_DIR/add.txt"
equal "its peer goes into quarantine" "2 changed, 2 in quarantine" "$(cat "$LAB_DIR/add.txt")"
check "that does not cut it either" from dev 2222 5
firewall >"$LAB_DIR/firewall.json"
check "the firewall counts it as management" jq -e '.input.management.packets > 10' "$LAB_DIR/firewall.json"
equal "and XDP passed nothing by mistake" 0 "$(jq '.input["sensor-port"].packets' "$LAB_DIR/firewall.json")"
