#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A rule in shadow mode drops nothing, and what it would drop is counted; an apply, a shadow policy
# and a revert in between change nothing of that.
# shellcheck source=tests/netns/check.sh
. "$(dirname "$0")/check.sh"
skip_unless_lab

lab_up && lab_config || exit 1
policy() { # policy FILE MODE
	cat >"$1" <<-END
		default: { ip: allow, non_ip: allow, inspect: false }
		services: { load: udp/9999 }
		rules:
		  - { id: 1, from: any, to: any, service: load, action: drop, mode: $2 }
		  - { id: 2, from: any, to: any, service: any, action: allow }
	END
}
policy "$LAB_DIR/policy.yaml" shadow
sed -i '$a policy_trust: { allow_unsigned: true }' "$LAB_DIR/culvert.yaml"
policy "$LAB_DIR/next.yaml" enforce
# number DOCUMENT JQ: ask control.
number() { curl -s --unix-socket "$LAB_DIR/control.sock" "http://localhost/v1/policy/$1" | jq "$2"; }
would() { number rules '.rules[] | select(.rule == 1) | .kernel.would_drop'; }
send() { in_ns dev "$LAB_BUILD/tests/tools/udp_flow" send "$PLAT_IP" 9999 2000 "$1" >/dev/null; sleep 0.3; }

control_start && dataplane_start || exit 1
in_ns dev ping -c 1 -W 2 "$PLAT_IP" >/dev/null
send 300
equal "what it would drop is counted" 300 "$(would)"
equal "and nothing is dropped" 0 "$(culvert stats --json | jq '.xdp.devices["deny-rule"] // 0')"
check "a policy is tried beside it" culvert policy apply --shadow "$LAB_DIR/next.yaml"
send 100
equal "the policy that is tried counts" 100 "$(number shadow '[.differences[].packets] | add')"
check "the trial ends" culvert policy shadow --stop
send 50
equal "and the rule counts again" 50 "$(would)"
check "the rule acts" culvert policy apply "$LAB_DIR/next.yaml"
send 40
equal "and drops" 40 "$(culvert stats --json | jq '.xdp.devices["deny-rule"] // 0')"
check "back again" culvert policy revert
send 30
equal "it drops nothing more" 40 "$(culvert stats --json | jq '.xdp.devices["deny-rule"] // 0')"
equal "and counts again" 30 "$(would)"
check_ledger
