#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Secure Boot with own keys: firmware that knows them starts the signed image, and no other: not one that
# was changed, nor one that nobody signed. What the kernel image then vouches for, the system, is held to
# its hash.
# shellcheck source=tests/vm/vm.sh
. "$(dirname "$0")/vm.sh"
# shellcheck source=tests/vm/proof.sh
. "$CV_ROOT/tests/vm/proof.sh"
skip_unless_vm
proof_tree

VM_CODE=OVMF_CODE_4M.secboot.fd VM_SMM=on
VM_FIRST=(-global "driver=cfi.pflash01,property=secure,value=on" -global ICH9-LPC.disable_s3=1)
keys=$LAB_DIR/keys dir=/image/vm/$LAB
"$CV_ROOT/tools/secure-boot-keys" "$keys" Test || exit 1
says "keys are not written over" "is there already" "$CV_ROOT/tools/secure-boot-keys" "$keys"
says "a folder without keys signs nothing" "db.key" "$CV_ROOT/tools/image" --no-install --dir "$IMG_DIR" --secure-boot "$LAB_DIR"
proof_build vm-signed --secure-boot "$keys" || exit 1
# The owner's keys, as somebody enters them in the firmware's menu.
enrol() {
	local owner
	owner=$(cat "$keys/owner")
	proof_tool virt-fw-vars --input "/image/trees/tools/usr/share/OVMF/OVMF_VARS_4M.fd" --output "$dir/vars.fd" \
		--set-pk "$owner" "$dir/keys/PK.pem" --add-kek "$owner" "$dir/keys/KEK.pem" --add-db "$owner" "$dir/keys/db.pem" --secure-boot
}
# starts_not WHAT: the firmware says no, and no kernel says a word
starts_not() {
	proof_mark
	vm_start || return 1
	check "$1: the firmware refuses it" wait_for $((60 * VM_SLOW)) "the refusal" proof_shows 'Access Denied|Security Violation'
	sleep 5
	check "$1: nothing of it ran" proof_hides 'Linux version|culvert'
	vm_kill
}

# --- signed -------------------------------------------------------------------------------------
vm_net_up && vm_disk "$IMG_DIR/vm-signed/culvert.raw" 4G && check "the keys are enrolled" enrol || exit 1
vm_start && vm_up 120 || exit 1
say "answers ssh after $((SECONDS - VM_STARTED)) s (${VM_ACCEL[*]})"
check "Secure Boot is in force" vm 'test "$(od -An -t u1 -j 4 -N 1 /sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c | tr -d " ")" = 1'
check "the kernel is locked down" vm 'grep -q "\[integrity\]" /sys/kernel/security/lockdown'
check "and keeps its memory to itself" vm '! head -c 1 /dev/mem'
check "the node is well" vm culvert health --wait $((60 * VM_SLOW))
check_ledger
vm sync
vm_kill
cp --sparse=always "$LAB_DIR/disk.raw" "$LAB_DIR/good.raw"

# --- changed ------------------------------------------------------------------------------------
efi=$dir/disk.raw@@$(proof_partition efi-a)
img_tool() { img_in "$IMG_TREES/tools" "$@"; }
img_tool mcopy -o -i "$efi" ::/EFI/BOOT/BOOTX64.EFI "$dir/uki.efi" || exit 1
proof_flip "$LAB_DIR/uki.efi" $(($(stat -c %s "$LAB_DIR/uki.efi") / 2))
img_tool mcopy -o -i "$efi" "$dir/uki.efi" ::/EFI/BOOT/BOOTX64.EFI || exit 1
starts_not "one bit of the kernel image changed"

# --- unsigned -----------------------------------------------------------------------------------
cp --sparse=always "$IMG_DIR/out/culvert.raw" "$LAB_DIR/disk.raw"
truncate -s 4G "$LAB_DIR/disk.raw"
starts_not "an image that nobody signed"

# --- what the kernel image vouches for ----------------------------------------------------------
# By any firmware: the kernel checks it.
VM_CODE=OVMF_CODE_4M.fd VM_SMM=off VM_FIRST=()
mv "$LAB_DIR/good.raw" "$LAB_DIR/disk.raw"
cp "$IMG_DIR/trees/tools/usr/share/OVMF/OVMF_VARS_4M.fd" "$LAB_DIR/vars.fd"
proof_flip "$LAB_DIR/disk.raw" $(($(proof_partition root-a) + 1024 + 16))
proof_mark
vm_start || exit 1
check "one bit of the system changed: the kernel starts" wait_for $((60 * VM_SLOW)) "the kernel" proof_shows 'Linux version'
check "and stops at the block" wait_for $((60 * VM_SLOW)) "the end" proof_shows 'dm-verity device corrupted|cannot be started'
check "before anything of it ran" proof_hides 'systemd\[1\]|login:'
vm_kill
rm -rf "$IMG_DIR/vm-signed"
