#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A node on pcap: ports, as anybody may run it: no root, no namespace, no BPF.
# shellcheck source=tests/netns/check.sh
. "$(dirname "$0")/check.sh"
mkdir -p "$LAB_DIR"
LAB_BOX=()

# play FRAMES REPEAT: the same traffic, REPEAT times more
play() {
	"$LAB_BUILD/tests/tools/gen_capture" plain "$1" 3 "$LAB_DIR/plain.pcap"
	lab_config
	cat >"$LAB_DIR/ports.yaml" <<-END
		  - { name: tap, target: "pcap:$LAB_DIR/plain.pcap", side: device, repeat: $2 }
	END
	sed -i -e '/target: "af_xdp:/d' -e "/^ports:/r $LAB_DIR/ports.yaml" -e 's/listen: "[^"]*"/listen: off/' \
		"$LAB_DIR/culvert.yaml"
	control_start && dataplane_start 2>"$LAB_DIR/start.txt"
}
stop() {
	kill "$DATAPLANE_PID" "$CONTROL_PID" 2>/dev/null
	wait "$DATAPLANE_PID" "$CONTROL_PID"
}
received() { culvert ledger --json | jq '.equations[] | select(.name == "dataplane-rx").left'; }
has_received() { [ "$(received)" -ge "$1" ]; }

play 100 2 || exit 1
wait_for 10 "the frames" has_received 300
sleep 0.5 # a fourth round would follow at once
check_ledger
equal "a file with repeat: 2 is played three times" 300 "$(received)"
stop

play 100 0 || exit 1
wait_for 10 "the frames" has_received 100
sleep 0.5
equal "without repeat it is played once" 100 "$(received)"
stop

play 9000 1
check "a file too long to repeat is refused with the bound" \
	grep -q 'it must have 1 to 8192 frames; cut it or leave out repeat' "$LAB_DIR/start.txt"
