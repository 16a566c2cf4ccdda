#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A rule in shadow mode on a pcap: port, where the worker judges: it drops nothing, what it would
# drop is counted, as `policy test` tells of the same capture; an apply and a revert change nothing.
set -uo pipefail
# shellcheck source=tests/netns/check.sh
. "$(dirname "$0")/check.sh"
mkdir -p "$LAB_DIR"
LAB_BOX=()

"$LAB_BUILD/tests/tools/gen_capture" mix 4000 40 "$LAB_DIR/mix.pcap"
lab_config
sed -i -e '/target: "af_xdp:/d' -e 's/listen: "[^"]*"/listen: off/' \
	-e '/^policy:/a policy_trust: { allow_unsigned: true }' "$LAB_DIR/culvert.yaml"
sed -i "/^ports:/a \  - { name: tap, target: \"pcap:$LAB_DIR/mix.pcap\", side: device, rate: 4000/s, repeat: 1000000 }" \
	"$LAB_DIR/culvert.yaml"
policy() { # policy FILE MODE
	cat >"$1" <<-END
		default: { ip: allow, non_ip: allow, inspect: false }
		services: { coap: udp/5683 }
		rules:
		  - { id: 1, from: any, to: any, service: coap, action: drop, mode: $2 }
		  - { id: 2, from: any, to: any, service: any, action: allow }
	END
}
policy "$LAB_DIR/policy.yaml" shadow
policy "$LAB_DIR/enforce.yaml" enforce
culvert policy test --native --json "$LAB_DIR/policy.yaml" "$LAB_DIR/mix.pcap" >"$LAB_DIR/tried.json"
each=$(jq '.rules[] | select(.id == 1).would_drop' "$LAB_DIR/tried.json") frames=$(jq .packets "$LAB_DIR/tried.json")
rule() { curl -s --unix-socket "$LAB_DIR/control.sock" "http://localhost/v1/policy/rules" | jq ".rules[] | select(.rule == 1).dataplane.$1"; }
rx() { culvert stats --json | jq .dataplane.rx; }
counts() { [ "$(rule would_drop)" -gt "$1" ]; }

check "the capture has what the rule would drop" [ "$each" -gt 100 ]
control_start && dataplane_start || exit 1
check "it is counted" wait_for 20 "what it would drop" counts "$each"
equal "and nothing is dropped" 0 "$(rule drops)"
before=$(rule would_drop)
check "a policy that enforces it is tried beside it" culvert policy apply --shadow "$LAB_DIR/enforce.yaml"
check "the trial ends" culvert policy shadow --stop
check "and the rule counts again" wait_for 20 "what it would drop" counts 10
check "before it was more than a round" [ "$before" -gt "$each" ]
equal "nothing was dropped by it" 0 "$(rule drops)"
# The count first: frames that come meanwhile are only more.
now=$(rule would_drop)
check "no more than there was" [ "$now" -le $((($(rx) / frames + 1) * each)) ]
kill "$DATAPLANE_PID"
wait "$DATAPLANE_PID" 2>/dev/null
check_ledger
