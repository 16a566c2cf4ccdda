#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Ports of the kind pci: in the built image, whose cards lie behind an emulated IOMMU: the kernel gives
# them up and gets them back, real devices and platforms talk through DPDK's own driver, and what may
# not be taken is not.
# shellcheck source=tests/vm/vm.sh
. "$(dirname "$0")/vm.sh"
# shellcheck source=tests/vm/job.sh
. "$CV_ROOT/tests/vm/job.sh"
skip_unless_vm
not() { ! "$@"; }

VM_FIRST=(-device "intel-iommu,intremap=on,device-iotlb=on")
VM_PORT_NIC=,disable-legacy=on,iommu_platform=on,ats=on
vm_net_up && vm_disk "$IMG_DIR/out/culvert.raw" 4G && vm_start && vm_up 90 || exit 1
say "answers ssh after $((SECONDS - VM_STARTED)) s (${VM_ACCEL[*]})"
check "the node is well before" vm culvert health --wait $((60 * VM_SLOW))

address_of() { vm 'basename "$(realpath /sys/class/net/'"$1"'/device/..)"'; }
driver_of() { vm 'basename "$(readlink /sys/bus/pci/devices/'"$1"'/driver)"'; }
dev=$(address_of eth1) plat=$(address_of eth2) mgmt=$(address_of eth0)
say "devices: $dev, platform: $plat, management: $mgmt"
# configure NAME DEVICES PLATFORM: the factory's file with these ports
configure() {
	vm 'sed "/^ports:/,/^policy:/d" /usr/share/culvert/factory/culvert.yaml' >"$LAB_DIR/factory.yaml"
	{
		cat "$LAB_DIR/factory.yaml"
		printf 'policy: policy.yaml\nports:\n'
		printf '  - { name: devices, target: "%s", side: device, peer: platform }\n' "$2"
		printf '  - { name: platform, target: "%s", side: platform, peer: devices }\n' "$3"
	} >"$LAB_DIR/$1.yaml"
	vm_copy "$LAB_DIR/$1.yaml" "/data/culvert/$1.yaml"
}
attached() { vm culvert status --json | jq -e '.dataplane.attached and all(.ports[]; .mode == "pci")'; }
log_says() { vm "journalctl -b -o cat -u culvert-dataplane | grep -q '$1'"; }

# --- what may not be taken ----------------------------------------------------------------------
configure mixed "pci:$dev" af_xdp:eth2
says "a port of each kind" 'mixed.yaml:[0-9]+:[0-9]+: .*of another kind' vm culvert config check /data/culvert/mixed.yaml
configure management "pci:$dev" "pci:$mgmt"
check "a port that takes the management's card can be asked for" vm culvert config apply /data/culvert/management.yaml --confirm 30min
check "and is refused with the address that would be lost" vm_wait 60 "the refusal" log_says "is eth0, by which the node has its address $VM_IP"
check "the card stays" test "$(driver_of "$mgmt")" = virtio-pci
check "it is taken back" vm culvert config undo --now
vm_wait 60 "the ports of before" vm culvert health

# --- taken --------------------------------------------------------------------------------------
configure pci "pci:$dev" "pci:${plat#0000:}"
vm culvert doctor --config /data/culvert/pci.yaml --json >"$LAB_DIR/doctor.json"
told() { jq -e --arg s "$1" --arg t "$2" 'any(.findings[]; .state == $s and (.text | contains($t)))' "$LAB_DIR/doctor.json"; }
check "doctor: the kernel has the card" told note "card $dev is with the kernel's driver virtio-pci"
check "doctor: an IOMMU confines it" told ok "an IOMMU confines the card"
check "ports on the bus are applied" vm culvert config apply /data/culvert/pci.yaml --confirm 30min
check "the dataplane attaches with them" vm_wait 60 "both ports" attached
check "they are confirmed" vm culvert config confirm
equal "the devices' card is VFIO's" vfio-pci "$(driver_of "$dev")"
equal "the platform's card is VFIO's" vfio-pci "$(driver_of "$plat")"
check "the kernel has their interfaces no more" vm '! ip link show eth1 && ! ip link show eth2'
vm culvert doctor --json >"$LAB_DIR/doctor.json"
check "doctor: the card is VFIO's" told ok "card $dev is with driver vfio-pci"
check "the node is well" vm culvert health --wait $((60 * VM_SLOW))

# --- the main job -------------------------------------------------------------------------------
main_job || exit 1
vm culvert stats --json | jq -c '{rx: .dataplane.rx, forwarded: .dataplane.forwarded}'

# --- the verdict, which is the worker's here ----------------------------------------------------
check "a device is put away" vm culvert quarantine add $DEV_IP
check "and gets nothing through" not in_ns dev ping -c 2 -W 2 "$PLAT_IP"
quarantined() { vm culvert stats --json | jq -e '.dataplane.dropped.quarantine >= 2'; }
check "the drops are counted with their reason" quarantined
check "it comes back" vm culvert quarantine remove $DEV_IP
check "ping crosses again" in_ns dev ping -c 3 -W 5 "$PLAT_IP"
check_ledger

# --- there and back -----------------------------------------------------------------------------
check "an orderly stop" vm systemctl stop culvert-dataplane
equal "gives the card back to its driver" virtio-pci "$(driver_of "$dev")"
check "with its interface" vm_wait 10 "eth1 and eth2" vm 'ip link show eth1 && ip link show eth2'
check "nothing is left to give back" vm '! ls /run/culvert-ports/* 2>/dev/null'
check "a start" vm systemctl start culvert-dataplane
check "takes them again" vm_wait 60 "both ports" attached
check "a dataplane that is killed" vm 'kill -9 "$(pidof culvert-dataplane)"'
check "comes back by itself" vm_wait 60 "both ports" attached
check "and traffic with it" in_ns dev ping -c 3 -W 5 "$PLAT_IP"
check_ledger

# --- no IOMMU -----------------------------------------------------------------------------------
vm 'sync; systemctl poweroff' || true
wait_for $((30 * VM_SLOW)) "the machine to be off" test ! -e "/proc/$VM_PID"
vm_kill
VM_FIRST=() VM_PORT_NIC=
vm_start && vm_up 90 || exit 1
check "without an IOMMU the card is not taken, and it is said why" vm_wait 60 "the refusal" log_says "no IOMMU confines card $dev"
check "the remedy is named" log_says "iommu: optional"
check "the kernel keeps the card" test "$(driver_of "$dev")" = virtio-pci
