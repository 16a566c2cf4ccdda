#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What an operator meets when something is missing: a message that names it and the remedy, a
# documented exit code, nothing lost, no crash.
# shellcheck source=tests/netns/check.sh
. "$(dirname "$0")/check.sh"
skip_unless_lab
control=$LAB_BUILD/control/culvert-control
dataplane=$LAB_BUILD/dataplane/culvert-dataplane

lab_up && lab_config || exit 1
cfg=$LAB_DIR/culvert.yaml

# --- configuration ----------------------------------------------------------------------------
sed 's/^api:/aip:/' "$cfg" >"$LAB_DIR/typo.yaml"
line=$(grep -n '^aip:' "$LAB_DIR/typo.yaml" | cut -d: -f1)
says -i "a misspelt key" "typo\.yaml:$line:1: .*aip.*api" "$control" config check "$LAB_DIR/typo.yaml"
says -i "culvert config check says the same" "typo\.yaml:$line:1: .*aip.*api" culvert config check "$LAB_DIR/typo.yaml"
says -i "no such file" "nowhere\.yaml.*No such file" "$control" --config "$LAB_DIR/nowhere.yaml"
sed 's/af_xdp:cva/af_xdp:eth99/' "$cfg" >"$LAB_DIR/noif.yaml"
says -i "a missing interface" "eth99" "${LAB_BOX[@]}" timeout 20 "$control" --config "$LAB_DIR/noif.yaml"

# --- the machine ------------------------------------------------------------------------------
sed "s|dir: $LAB_DIR/log|dir: $LAB_DIR/nobody|" "$cfg" >"$LAB_DIR/nobody.yaml"
mkdir -p "$LAB_DIR/nobody" && chmod 777 "$LAB_DIR" "$LAB_DIR/nobody"
says -i "no privilege" "root" \
	"${LAB_BOX[@]}" timeout 20 setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all "$control" --config "$LAB_DIR/nobody.yaml"
check "nothing is left of it" [ ! -e "/sys/fs/bpf/$LAB" ]
setpriv --reuid=65534 --regid=65534 --clear-groups mkdir "/sys/fs/bpf/$LAB" 2>/dev/null || { mkdir "/sys/fs/bpf/$LAB" && chown 65534 "/sys/fs/bpf/$LAB"; }
says -i "pins of another user" "belongs to another user.*rm -r" "${LAB_BOX[@]}" timeout 20 "$control" --config "$cfg"
rmdir "/sys/fs/bpf/$LAB"
"${LAB_BOX[@]}" python3 -c '
import socket, time
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("127.0.0.1", 8480)); s.listen(); time.sleep(60)' &
squatter=$!
wait_for 5 squatter bash -c "$(declare -f in_ns); LAB=$LAB; in_ns box ss -ltn | grep -q :8480"
says -i "an occupied port" "8480.*in use" "${LAB_BOX[@]}" timeout 20 "$control" --config "$cfg"
kill $squatter
says -i "an unwritable log folder" "/proc/culvert" "${LAB_BOX[@]}" timeout 20 "$control" --config <(sed "s|dir: $LAB_DIR/log|dir: /proc/culvert|; s|policy: policy.yaml|policy: $LAB_DIR/policy.yaml|" "$cfg")
says -i "control is not there" "culvert-control" culvert status

# --- no hugepages is no error, and is said -------------------------------------------------------
control_start || exit 1
dataplane_start --no-huge || exit 1
check "the dataplane says what it runs on" grep -q "4 KiB pages" "$LAB_DIR/dataplane.out"
says -i "a second dataplane" "another dataplane is attached" "${LAB_BOX[@]}" timeout 20 "$dataplane" --link "$LAB_DIR/dataplane.sock" --pin-dir "/sys/fs/bpf/$LAB"
says -i "a second control" "another|already|in use" "${LAB_BOX[@]}" timeout 20 "$control" --config "$cfg"
check "the first pair still forwards" in_ns dev ping -c 1 -W 2 "$PLAT_IP"
check_ledger

# --- captures that are none -----------------------------------------------------------------------
says -i "not a capture" "not a capture|unknown file format|pcap" culvert replay "$0"
says -i "no such capture" "No such file" culvert replay "$LAB_DIR/none.pcap"
"$LAB_BUILD/tests/tools/gen_capture" mix 100 3 "$LAB_DIR/whole.pcap"
head -c 5000 "$LAB_DIR/whole.pcap" >"$LAB_DIR/cut.pcap"
says -i "a capture cut short" "cut|truncated" culvert replay "$LAB_DIR/cut.pcap"
check "what was readable of it came out" bash -c "'$LAB_BUILD/control/cli/culvert' replay '$LAB_DIR/cut.pcap' 2>/dev/null | grep -q specversion"
