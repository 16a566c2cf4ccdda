# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# What the tests of a policy's life share. Sourced behind check.sh.
#
# Two policies that say the same of every frame, with the classes of their groups the other way
# round and other rule ids: the prefixes of one with the rules of the other would drop everything.

policy_pair() {
	local rest='services: { load: udp/9999, ping: icmp, ping6: icmpv6 }'
	cat >"$LAB_DIR/a.yaml" <<-END
		default: { ip: drop, non_ip: allow, inspect: false }
		groups:
		  sensors: [10.77.1.0/24, "fd77::1:0/112"]
		  platform: [10.77.2.0/24, "fd77::2:0/112"]
		$rest
		rules:
		  - { id: 10, from: sensors, to: platform, service: load, action: allow, inspect: false }
		  - { id: 11, from: any, to: any, service: [ping, ping6], action: allow, inspect: false }
	END
	cat >"$LAB_DIR/b.yaml" <<-END
		default: { ip: drop, non_ip: allow, inspect: false }
		groups:
		  platform: [10.77.2.0/24, "fd77::2:0/112"]
		  sensors: [10.77.1.0/24, "fd77::1:0/112"]
		$rest
		rules:
		  - { id: 20, from: sensors, to: platform, service: load, action: allow, inspect: false }
		  - { id: 21, from: any, to: any, service: [ping, ping6], action: allow, inspect: false }
	END
	cp "$LAB_DIR/a.yaml" "$LAB_DIR/policy.yaml"
}

# The lab's configuration, taking policies that nobody has signed.
rollout_config() {
	lab_config forward
	policy_pair
	sed -i '/^policy:/a policy_trust: { allow_unsigned: true }' "$LAB_DIR/culvert.yaml"
}

status_of() { culvert policy status --json | jq -r "$1"; }
live() { status_of .live.number; }
in_step() { [ "$(status_of .dataplane)" = "in step" ]; }
apply() { culvert policy apply "$@" >"$LAB_DIR/apply.txt" 2>&1; }

# Frames that a mixture of the two would drop, and nothing else does.
denied() {
	culvert stats --json | jq '[(.xdp[], .dataplane.reasons) | to_entries[] |
		select(.key | startswith("deny-")) | .value] | add // 0'
}
