#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Ports of the kind pci: on a machine that does not have the cards: who is asked says what is missing and
# what to do, and touches nothing. With cards: tests/vm/test_pci.sh.
# shellcheck source=tests/netns/check.sh
. "$(dirname "$0")/check.sh"
skip_unless_lab
dataplane=$LAB_BUILD/dataplane/culvert-dataplane
kept=$LAB_DIR/kept

lab_up && lab_config || exit 1
cp "$LAB_DIR/culvert.yaml" "$LAB_DIR/xdp.yaml"
sed -i 's/, on_dataplane_loss: forward//; s/af_xdp:cva/pci:0000:fe:1f.6/; s/af_xdp:cvb/pci:fe:1f.7/' "$LAB_DIR/culvert.yaml"
control_start || exit 1
equal "control gives them no program" '["pci","pci"]' "$(culvert status --json | jq -c '[.ports[].mode]')"
equal "and names the whole address" 0000:fe:1f.7 "$(culvert status --json | jq -r '.ports[1].target')"
bind() { "${LAB_BOX[@]}" timeout 60 "$dataplane" bind --link "$LAB_DIR/dataplane.sock" --kept "$kept" "$@"; }
says "a card that is not there" "port devices: there is no PCI device 0000:fe:1f.6" bind
check "each port is told" grep -q "port platform: there is no PCI device 0000:fe:1f.7" "$LAB_DIR/says.out"

# A card that cannot be taken, in a tree of files in sysfs' place.
sys=$LAB_DIR/sys/bus/pci/devices/0000:fe:1f.6
mkdir -p "$sys/net/dev0" "$LAB_DIR/sys/bus/pci/devices/0000:fe:1f.7"
echo 0x020000 >"$sys/class"
echo 0x030000 >"$LAB_DIR/sys/bus/pci/devices/0000:fe:1f.7/class"
says "no IOMMU" "port devices: no IOMMU confines card 0000:fe:1f.6; .* iommu: optional" bind --sys "$LAB_DIR/sys"
check "no network card" grep -q "0000:fe:1f.7 is no network card (class 0x030000)" "$LAB_DIR/says.out"
mkdir -p "$sys/net/lo"
says "the interface of an address" "is lo, by which the node has its address 127.0.0.1" bind --sys "$LAB_DIR/sys"
check "nothing was taken" test ! -e "$kept"
check "nothing is to be given back" "$dataplane" release --kept "$kept" --sys "$LAB_DIR/sys"
says "an unknown option" "unknown option" "$dataplane" bind --links x
says "an argument too many" "unexpected argument" "$dataplane" release all

# The dataplane itself says what it lacks, and control goes on.
says "no hugepages" "pci: ports need 96 free hugepages" "${LAB_BOX[@]}" timeout 60 "$dataplane" --link "$LAB_DIR/dataplane.sock" --no-huge
check "control answers" culvert status
cp "$LAB_DIR/xdp.yaml" "$LAB_DIR/culvert.yaml"
kill "$CONTROL_PID" && wait "$CONTROL_PID" 2>/dev/null
control_start || exit 1
check "where there are no such ports bind has nothing to do" bind
