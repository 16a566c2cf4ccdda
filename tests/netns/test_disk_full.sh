#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The disk of the event log fills up under traffic: forwarding goes on, what cannot be logged is
# counted and told by a gap event, and when there is room again the stream goes on.
# shellcheck source=tests/netns/check.sh
. "$(dirname "$0")/check.sh"
skip_unless_lab

lab_up && lab_config || exit 1
mkdir -p "$LAB_DIR/log"
mount -t tmpfs -o size=24m tmpfs "$LAB_DIR/log" || { say "SKIP: no tmpfs mounts here"; exit 77; }
trap 'umount -l "$LAB_DIR/log" 2>/dev/null; finish' EXIT
sed -i 's/segment_size: 16MiB/segment_size: 1MiB/' "$LAB_DIR/culvert.yaml"
control_start && dataplane_start || exit 1
lab_spawn sink plat "$LAB_BUILD/tests/tools/udp_flow" recv 5683
wait_for 5 sink bash -c "$(declare -f in_ns); LAB=$LAB; in_ns plat ss -Hlun | grep -q :5683"
head -c 30m /dev/zero >"$LAB_DIR/log/ballast" 2>/dev/null
in_ns dev "$LAB_BUILD/tests/tools/udp_flow" send "$PLAT_IP" 5683 20000 60000 >"$LAB_DIR/send.out"
refused=$(culvert stats --json | jq '[.log.lanes.measurement.refused[]?] | add // 0')
check "records were refused and counted ($refused)" [ "$refused" -gt 0 ]
check "forwarding went on" in_ns dev ping -c 1 -W 2 "$PLAT_IP"
rm "$LAB_DIR/log/ballast"
wait_for 10 "room" in_ns dev "$LAB_BUILD/tests/tools/udp_flow" send "$PLAT_IP" 5683 5000 2000
check_ledger
curl -s --unix-socket "$LAB_DIR/control.sock" "http://localhost/v1/events?from=earliest&lane=measurement&follow=0" >"$LAB_DIR/events.ndjson"
check "a gap event tells how many" jq -es '[.[] | select(.type == "city.culvert.gap.v1") | .data.value] | add > 0' "$LAB_DIR/events.ndjson"
values=$(jq -r 'select(.data.name == "seq") | .id' "$LAB_DIR/events.ndjson" | wc -l)
gaps=$(jq -s '[.[] | select(.type == "city.culvert.gap.v1") | .data.value] | add // 0' "$LAB_DIR/events.ndjson")
# Frames that overran the socket's ring are the ledger's rx_missed, not the log's business.
produced=$(culvert stats --json | jq .dataplane.lanes.measurement.produced)
equal "events and explained gaps together ($values + $gaps)" "$produced" $((values + gaps))
