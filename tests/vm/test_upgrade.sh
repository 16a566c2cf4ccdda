#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Upgrades: a good one stays, a bad one undoes itself, what is not for this node is refused, and pulling
# the plug at any step leaves a node that starts; so does a good slot that rots. Makes its own bundles of
# the system that tools/image has built. CULVERT_VM_PARTS names the parts to run, in this order: refused cuts
# first good rot bad noise keys; the plug (cuts, first) is pulled only when asked for, which the test vm-cuts
# does; rot wants good before it.
# shellcheck source=tests/vm/vm.sh
. "$(dirname "$0")/vm.sh"
# shellcheck source=tests/vm/upgrade.sh
. "$CV_ROOT/tests/vm/upgrade.sh"
skip_unless_vm
parts=${CULVERT_VM_PARTS:-refused good rot bad noise keys}
wants() { [[ " $parts " == *" $1 "* ]]; }

for who in release stranger next; do vm_keys "$keys" $who || exit 1; done
say "making bundles"
bundle good 9.1.0 release || exit 1
bundle bad 9.2.0 release --overlay "$(bad_overlay)" || exit 1
noise old 0.0.9 release && noise other 9.9.9 release culvert-riscv64 && noise strange 9.9.9 stranger &&
	noise broken 9.3.0 release && noise older-next 0.0.9 next || exit 1
upgrade_disks good bad old other strange broken older-next

vm_net_up && vm_disk "$IMG_DIR/out/culvert.raw" 5G && vm_start "${bundles[@]}" && vm_up 90 || exit 1
check "the node is well" vm culvert health --wait $((60 * VM_SLOW))
check "its slot is good" wait_good
first=$(field .version)
equal "it runs slot A" A "$(field .slot)"
# What the node has of its own survives.
vm 'echo kept >/data/culvert/mine; sync'
runs=A

if wants refused; then
	take good
	refused "a node without trust takes nothing" "trusts nobody" /data/good.raucb
	trust release
	take strange
	refused "a bundle of another key" "not signed by whom" /data/strange.raucb
	refused "no file" "no such file" /data/none.raucb
	take other
	refused "a bundle for another product" 'for "culvert-riscv64"' /data/other.raucb
	take old
	refused "an older bundle" "older than ${first//+/\\+}" /data/old.raucb
	take good
	vm 'head -c 10000000 /data/good.raucb >/data/short.raucb'
	refused "a truncated bundle" "damaged" /data/short.raucb
	equal "none of them was an attempt" none "$(field .attempt.phase)"
	vm 'rm /data/short.raucb; printf "\377\377\377\377" | dd of=/data/good.raucb bs=1 seek=30000000 conv=notrunc status=none'
	refused "a bundle with flipped bits" "not installed" /data/good.raucb
	equal "that attempt is known as unfinished" installing "$(field .attempt.phase)"
	says "and the slot cannot be gone back to" "not whole" vm culvert update rollback
	check "the node is still well" vm culvert health
fi
trust release

# --- the plug is pulled -------------------------------------------------------------------------
# cut WHEN PATTERN [SECONDS]: so long after the installation has said that.
cut() {
	take good
	vm culvert update install /data/good.raucb >"$LAB_DIR/install.out" 2>&1 &
	local install=$!
	wait_for $((60 * VM_SLOW)) "$1" grep -q "$2" "$LAB_DIR/install.out" || failures=$((failures + 1))
	sleep "${3:-0}"
	vm_kill
	wait $install
	power_on
	check "the plug is pulled, $1: the node starts" vm culvert health --wait $((60 * VM_SLOW))
	equal "its own data" kept "$(vm cat /data/culvert/mine)"
	check "the attempt is known" still_installing
}
# Told to the firmware is told: behind the last step the new slot is tried, and is good.
still_installing() { [ "$(field .attempt.phase)" = installing ] || wait_good; }
if wants cuts; then
	cut "while the bundle is looked at" "Verifying signature"
	equal "the slot it had" A "$(field .slot)"
	says "the other slot is not to be used" "not whole" vm culvert update rollback
	cut "when the system begins to be written" "Copying image to rootfs"
	equal "the slot it had" A "$(field .slot)"
	cut "in the midst of that" "Copying image to rootfs" $((1 * VM_SLOW))
	cut "while hashes are written" "Copying image to verity"
	equal "the slot it had" A "$(field .slot)"
	cut "while the kernel image is written" "Copying image to efi"
	cut "when all is written" "Installing done"
	runs=$(field .slot)
	say "it runs slot $runs"
fi

# cut_start WHEN PATTERN: the first start of what was installed.
cut_start() {
	local seen
	take good
	check "installed again" vm culvert update install --allow-older /data/good.raucb
	seen=$(vm_console "$2")
	vm_reboot
	vm_wait 120 "$1" vm_console_is "$2" $((seen + 1)) || failures=$((failures + 1))
	vm_kill
	power_on
	check "the plug is pulled at the first start, $1: the node starts" vm culvert health --wait $((60 * VM_SLOW))
	equal "the slot it had" $runs "$(field .slot)"
	check "what was tried is known to have failed" vm_wait 60 "the verdict" phase_is failed
}
if wants first; then
	cut_start "when the firmware starts it" 'BdsDxe: starting Boot.*"[AB]"'
	cut_start "when its kernel runs" 'Linux version'
	cut_start "when its services start" 'systemd\[1\]: Hostname set|Welcome to'
	says "a slot that failed cannot be gone back to" "is not good" vm culvert update rollback
	equal "its own data" kept "$(vm cat /data/culvert/mine)"
fi

starts_first() { # starts_first SLOT
	vm "b=\$(efibootmgr | sed -nE 's/^Boot([0-9A-F]{4})\\*? $1.*/\\1/p'); efibootmgr | grep -qE \"^BootOrder: \$b\""
}

# --- good ---------------------------------------------------------------------------------------
if wants good; then
	take good
	boot=$(vm_boot_id)
	began=$SECONDS
	check "a good bundle is installed ($first to 9.1.0)" vm culvert update install --allow-older /data/good.raucb
	say "installed in $((SECONDS - began)) s"
	vm culvert update status
	equal "still the old slot" $runs "$(field .slot)"
	runs=$(other $runs)
	began=$SECONDS
	vm_reboot
	check "it starts again" vm_wait 90 "the reboot" vm_rebooted "$boot"
	check "the new slot is found good" wait_good
	say "good $((SECONDS - began)) s after the reboot was asked for"
	vm_kill
	power_on
	equal "it stays when the plug is pulled" $runs "$(field .slot)"
	check "and is well" vm culvert health --wait $((60 * VM_SLOW))
	equal "with the new version" 9.1.0 "$(field .version)"
	equal "its own data" kept "$(vm cat /data/culvert/mine)"
	check "the firmware starts it first" starts_first $runs
	check "the dataplane is attached" vm 'culvert status --json | grep -q "\"attached\": true"'
	# Back by hand, to the configuration that the older system had.
	older=$(vm cat /data/culvert/culvert.yaml)
	equal "it is generation" 2 "$(field .generation)"
	vm "sed -i 's/^node: .*/node: renamed-since/' /data/culvert/culvert.yaml"
	boot=$(vm_boot_id)
	check "roll back" vm culvert update rollback
	equal "what runs keeps its own meanwhile" "node: renamed-since" "$(vm grep ^node: /data/culvert/culvert.yaml)"
	vm_reboot
	check "it starts again" vm_wait 90 "the reboot" vm_rebooted "$boot"
	check "the older slot is found good" wait_good
	runs=$(other $runs)
	equal "it runs" $runs "$(field .slot)"
	equal "with its own configuration" "$older" "$(vm cat /data/culvert/culvert.yaml)"
	check "and is well" vm culvert health --wait $((60 * VM_SLOW))
fi

# --- a good slot that rots ----------------------------------------------------------------------
# By the firmware alone it would be started for ever.
partition() { say "/dev/disk/by-partlabel/$1-$(tr AB ab <<<"$2")"; } # partition PART SLOT
break_block() { vm "dd if=/dev/zero of=$1 bs=4096 count=1 conv=notrunc,fsync status=none; sync"; }
# What the ram disk has counted of the slot's starts.
counted() { vm "dd if=$(partition verity "$1") bs=4096 skip=2047 count=1 status=none | tr -d '\\000'"; }
start_is_over() { vm systemctl is-active culvert-started; }
slot_is() { [ "$(field .slot)" = "$1" ]; }
# The plug is pulled; what runs then is the other slot, which stays.
falls_back() {
	vm_kill
	vm_start "${bundles[@]}" && vm_up 200 || exit 1
	runs=$(other $runs)
	check "what was started then is good" wait_good
	# A machine that has just come up answers late.
	check "it is the other slot" vm_wait 10 "its slot" slot_is $runs
	check "the firmware starts it first" starts_first $runs
	check "its start is over" vm_wait 60 "its end" start_is_over
	equal "its own data" kept "$(vm cat /data/culvert/mine)"
}
if wants rot; then
	# The ram disk gives up where it cannot open the hashes.
	equal "there is another good slot" good "$(field '.slots[] | select(.running | not).state')"
	broken=$(partition verity $runs)
	vm "dd if=$broken of=/data/block bs=4096 count=1 status=none"
	break_block "$broken"
	falls_back
	check "what was broken said so" vm_console_is "slot $(tr AB ab <<<"$(other $runs)") cannot be started" 1
	# A block that is read later stops the kernel.
	vm "dd if=/data/block of=$broken bs=4096 conv=notrunc,fsync status=none; rm /data/block"
	equal "a start that is over is not counted" "" "$(counted $runs)"
	vm "echo starts 3 | dd of=$(partition verity $runs) bs=4096 seek=2047 conv=sync,notrunc,fsync status=none"
	equal "as if three had ended early" "starts 3" "$(counted $runs)"
	break_block "$(partition root $runs)"
	panics=$(vm_console 'not syncing: dm-verity device corrupted')
	falls_back
	check "two more did" vm_console_is 'not syncing: dm-verity device corrupted' $((panics + 2))
	check "then it was left" vm_console_is "slot $(tr AB ab <<<"$(other $runs)") was started 5 times" 1
fi

# --- bad ----------------------------------------------------------------------------------------
if wants bad; then
	goes_back_by_itself bad 9.2.0 $runs
	says "a slot that failed cannot be gone back to" "is not good" vm culvert update rollback
fi
# Signed and whole, and nothing in it that could start.
if wants noise; then
	take broken
	boot=$(vm_boot_id)
	check "what cannot start is installed" vm culvert update install /data/broken.raucb
	vm_reboot
	check "the firmware leaves it" vm_wait 200 "the way back" vm_rebooted "$boot"
	equal "the slot it had" $runs "$(field .slot)"
	check "what was tried is known to have failed" vm_wait 60 "the verdict" phase_is failed
fi

# --- keys ---------------------------------------------------------------------------------------
# That a bundle is refused for its age says that its signature was found good.
if wants keys; then
	take older-next
	refused "a key this node was not told of" "not signed by whom" /data/older-next.raucb
	trust release next
	refused "both authorities: the new one is taken" "older than" /data/older-next.raucb
	take old
	refused "and so is the old one" "older than" /data/old.raucb
	trust next
	refused "the old one is gone: its bundles are refused" "not signed by whom" /data/old.raucb
	vm_crl "$keys" next && trust next next-crl
	take older-next
	refused "a list that revokes nothing changes nothing" "older than" /data/older-next.raucb
	vm_crl "$keys" next "$keys/next.pem" && trust next next-crl
	refused "a certificate that was revoked" "no longer" /data/older-next.raucb
	check "rauc says why" grep -qi revoked "$LAB_DIR/says.out"
	check "the node is still well" vm culvert health --wait $((20 * VM_SLOW))
fi
check_ledger
