#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Tap: one port without a peer hears, decodes and forwards nothing.
# shellcheck source=tests/netns/check.sh
. "$(dirname "$0")/check.sh"
skip_unless_lab

lab_up && lab_config || exit 1
sed -i -e '/name: platform, target/d' -e 's/, peer: platform, on_dataplane_loss: [a-z]*//' "$LAB_DIR/culvert.yaml"
control_start && dataplane_start || exit 1
ip -n "$LAB-dev" neigh add "$PLAT_IP" lladdr 02:00:00:00:00:99 dev dev0
in_ns dev "$LAB_BUILD/tests/tools/udp_flow" send "$PLAT_IP" 5683 2000 1000 >"$LAB_DIR/send.out"
culvert ledger --settle 10000 >/dev/null
culvert stats --json >"$LAB_DIR/stats.json"
equal "every message is decoded" 1000 "$(jq .dataplane.protocols.coap.messages "$LAB_DIR/stats.json")"
equal "nothing is forwarded" 0 "$(jq .dataplane.forwarded "$LAB_DIR/stats.json")"
check "frames end as tapped copies" jq -e '.dataplane.dropped.tap >= 1000' "$LAB_DIR/stats.json"
check_ledger
