#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The pcap: port: dataplane, handoff, control and subscriber fed from a file, without namespaces,
# BPF, hugepages or privilege. What the live chain makes of a capture is what replay makes of it.
set -uo pipefail
# shellcheck source=tests/netns/check.sh
. "$(dirname "$0")/check.sh"
mkdir -p "$LAB_DIR"
LAB_BOX=(env)
if [ "$(id -u)" -eq 0 ]; then
	chown 65534 "$LAB_DIR"
	LAB_BOX=(setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all env "XDG_RUNTIME_DIR=$LAB_DIR")
fi

"$LAB_BUILD/tests/tools/gen_capture" mix 20000 40 "$LAB_DIR/mix.pcap"
lab_config
sed -i -e '/target: "af_xdp:/d' -e 's|127.0.0.1:8480|127.0.0.1:18480|' "$LAB_DIR/culvert.yaml"
sed -i "/^ports:/a \  - { name: devices, target: \"pcap:$LAB_DIR/mix.pcap\", rate: 20000/s }" "$LAB_DIR/culvert.yaml"
chmod -R a+rX "$LAB_DIR"
control_start && dataplane_start || exit 1
frames=$(culvert replay --config "$LAB_DIR/culvert.yaml" --summary "$LAB_DIR/mix.pcap" | tee "$LAB_DIR/summary.json" | jq .packets.rx)
all_played() { culvert stats --json | jq -e ".dataplane.rx == $frames"; }
check "all $frames frames are played" wait_for 30 "the capture's end" all_played
check_ledger
culvert stats --json >"$LAB_DIR/stats.json"
for proto in coap mqtt modbus hj212; do
	equal "$proto messages as in replay" "$(jq ".protocols.$proto.messages" "$LAB_DIR/summary.json")" \
		"$(jq ".dataplane.protocols.$proto.messages" "$LAB_DIR/stats.json")"
done
for lane in alarm measurement status security; do
	equal "$lane events as in replay" "$(jq ".events.$lane" "$LAB_DIR/summary.json")" \
		"$(jq ".log.lanes.$lane.logged" "$LAB_DIR/stats.json")"
done
events=$(curl -s --unix-socket "$LAB_DIR/control.sock" "http://localhost/v1/events?from=earliest&follow=0" | wc -l)
equal "a subscriber gets them all" "$(jq '[.events[]] | add' "$LAB_DIR/summary.json")" "$events"
