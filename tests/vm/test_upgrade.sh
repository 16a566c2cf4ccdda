#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Upgrades: a good one stays, a bad one undoes itself, and pulling the plug at any step leaves a node
# that starts. Makes its own bundles of the system that tools/image has built.
# shellcheck source=tests/vm/vm.sh
. "$(dirname "$0")/vm.sh"
# shellcheck source=tests/vm/keys.sh
. "$CV_ROOT/tests/vm/keys.sh"
skip_unless_vm

keys=$LAB_DIR/keys
vm_keys "$keys" release && vm_keys "$keys" stranger || exit 1

# bundle OUT VERSION KEY [IMAGE-OPTION...]: in $IMG_DIR/OUT
bundle() {
	local out=$1 version=$2 key=$3
	shift 3
	"$CV_ROOT/tools/image" --no-install --dir "$IMG_DIR" --out "$out" --no-disk --bundle --version "$version" \
		--cert "$keys/$key.pem" --key "$keys/$key.key" "$@" >"$LAB_DIR/$out.build.out" 2>&1 ||
		{ cat "$LAB_DIR/$out.build.out"; return 1; }
}
# A dataplane that ends at once: the node of this bundle is never well.
mkdir -p "$LAB_DIR/bad/usr/sbin"
printf '#!/bin/sh\nexit 3\n' >"$LAB_DIR/bad/usr/sbin/culvert-dataplane"
chmod +x "$LAB_DIR/bad/usr/sbin/culvert-dataplane"
say "making bundles"
bundle vm-good 9.1.0 release && bundle vm-bad 9.2.0 release --overlay "$LAB_DIR/bad" && bundle vm-old 0.0.9 release || exit 1

# As further disks: ssh would take minutes for each where encryption is emulated.
bundles=()
for name in good bad old; do
	bundles+=(-drive "if=none,id=b$name,format=raw,readonly=on,file=/image/vm-$name/culvert.raucb"
		-device "virtio-blk-pci,drive=b$name,serial=$name")
done
take() { # take NAME: as /data/NAME.raucb
	vm "rm -f /data/*.raucb; head -c $(stat -c %s "$IMG_DIR/vm-$1/culvert.raucb") /dev/disk/by-id/virtio-$1 >/data/$1.raucb"
}

vm_net_up && vm_disk "$IMG_DIR/out/culvert.raw" 5G && vm_start "${bundles[@]}" && vm_up 90 || exit 1
check "the node is well" vm culvert health --wait $((60 * VM_SLOW))
wait_good() { vm_wait 120 "a good slot" vm 'culvert update status --json | grep -q "\"phase\": \"none\"" && test "$(systemctl is-active culvert-health)" = active'; }
check "its slot is good" wait_good
first=$(vm culvert update status --json | jq -r .version)
slot() { vm culvert update status --json | jq -r .slot; }
equal "it runs slot A" A "$(slot)"
# What the node has of its own survives.
vm 'echo kept >/data/culvert/mine'

# --- refused ------------------------------------------------------------------------------------
refused() { # refused WHAT TEXT FILE-ON-THE-NODE [OPTION...]
	local what=$1 text=$2
	shift 2
	says "$what" "$text" vm culvert update install "$@"
}
take good
refused "a node without trust takes nothing" "trusts nobody" /data/good.raucb
vm_copy "$keys/stranger-ca.pem" /data/culvert/update/trust.pem
refused "a bundle of another key" "not signed by whom" /data/good.raucb
vm_copy "$keys/release-ca.pem" /data/culvert/update/trust.pem
refused "no file" "no such file" /data/none.raucb
vm 'head -c 10000000 /data/good.raucb >/data/short.raucb; rm -f /data/none.raucb'
refused "a truncated bundle" "damaged" /data/short.raucb
vm 'rm /data/short.raucb; printf "\377\377\377\377" | dd of=/data/good.raucb bs=1 seek=30000000 conv=notrunc status=none'
refused "a bundle with flipped bits" "not installed" /data/good.raucb
equal "the attempt is known as unfinished" installing "$(vm culvert update status --json | jq -r .attempt.phase)"
says "and that slot cannot be gone back to" "not whole" vm culvert update rollback
check "the node is still well" vm culvert health

# --- good ---------------------------------------------------------------------------------------
take good
boot=$(vm_boot_id)
began=$SECONDS
check "a good bundle is installed ($first to 9.1.0)" vm culvert update install /data/good.raucb
say "installed in $((SECONDS - began)) s"
vm culvert update status
equal "still the old slot" A "$(slot)"
began=$SECONDS
vm systemctl reboot
check "it starts again" vm_wait 90 "the reboot" vm_rebooted "$boot"
check "the new slot is found good" wait_good
say "good $((SECONDS - began)) s after the reboot was asked for"
equal "it runs slot B" B "$(slot)"
equal "with the new version" 9.1.0 "$(vm culvert update status --json | jq -r .version)"
equal "the node's own data are there" kept "$(vm cat /data/culvert/mine)"
check "the firmware starts B first" vm 'b=$(efibootmgr | sed -nE "s/^Boot([0-9A-F]{4})\*? B.*/\1/p"); efibootmgr | grep -qE "^BootOrder: $b"'

# --- older --------------------------------------------------------------------------------------
take old
refused "an older bundle" "older than 9.1.0" /data/old.raucb
check "the dataplane is attached" vm 'culvert status --json | grep -q "\"attached\": true"'

# --- bad ----------------------------------------------------------------------------------------
take bad
boot=$(vm_boot_id)
check "a bad bundle is installed" vm culvert update install /data/bad.raucb
began=$SECONDS
vm systemctl reboot
back_on_b() { vm_rebooted "$boot" && [ "$(vm culvert update status --json | jq -r '.slot + .attempt.phase')" = Bfailed ]; }
check "the node leaves it by itself" vm_wait 400 "the way back" back_on_b
say "back $((SECONDS - began)) s after the reboot was asked for"
check "and is well" vm culvert health --wait $((60 * VM_SLOW))
equal "with the version before" 9.1.0 "$(vm culvert update status --json | jq -r .version)"
check "it had really been started" grep -aq "version 9.2.0 is not well" "$LAB_DIR/serial.log"
says "a slot that failed cannot be gone back to" "is not good" vm culvert update rollback

# --- the plug is pulled -------------------------------------------------------------------------
for after in ${CULVERT_VM_CUTS:-0.5 3}; do
	vm 'sync'
	vm culvert update install --allow-older /data/bad.raucb >"$LAB_DIR/install.out" 2>&1 &
	sleep "$after"
	vm_kill
	vm_start "${bundles[@]}" && vm_up 90 || exit 1
	check "power cut $after s into an installation: it starts" vm culvert health --wait $((60 * VM_SLOW))
	equal "the slot it had" B "$(slot)"
	equal "the node's own data" kept "$(vm cat /data/culvert/mine)"
done
check_ledger
