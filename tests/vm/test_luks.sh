#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A node that encrypts its data, by its TPM and by a key that is handed over: made at the first start, opened
# at the next, not opened elsewhere; and nothing of the data is legible on the disk.
# shellcheck source=tests/vm/vm.sh
. "$(dirname "$0")/vm.sh"
# shellcheck source=tests/vm/proof.sh
. "$CV_ROOT/tests/vm/proof.sh"
skip_unless_vm
not() { ! "$@"; }
proof_tree

dir=/image/vm/$LAB
secret="a secret of this site $LAB"
mkdir -p "$LAB_DIR/site/culvert"
echo "$secret" >"$LAB_DIR/site/culvert/site-secret"

# tpm_up NAME: a TPM with the state that it has there
tpm_up() {
	mkdir -p "$LAB_DIR/$1"
	rm -f "$LAB_DIR/tpm.sock" "$LAB_DIR/tpm.pid"
	(proof_tool swtpm socket --tpm2 --tpmstate "dir=$dir/$1" --ctrl "type=unixio,path=$dir/tpm.sock" --flags not-need-init,startup-clear \
		--pid "file=$dir/tpm.pid" --terminate >"$LAB_DIR/tpm.out" 2>&1 </dev/null) &
	wait_for 20 "the TPM" test -S "$LAB_DIR/tpm.sock" || { cat "$LAB_DIR/tpm.out"; return 1; }
	VM_FIRST=(-chardev "socket,id=tpm,path=$dir/tpm.sock" -tpmdev "emulator,id=tpm0,chardev=tpm" -device "tpm-crb,tpmdev=tpm0")
}
legible() { grep -aqF "$1" "$LAB_DIR/disk.raw"; }
data_is_encrypted() {
	equal "data are behind the cipher" /dev/mapper/data "$(vm findmnt -no SOURCE /data)"
	check "by LUKS" vm 'cryptsetup isLuks "$(blkid -t PARTLABEL=data -o device)"'
	equal "what the site gave is there" "$secret" "$(vm cat /data/culvert/site-secret)"
	check "they take the disk" vm 'test "$(findmnt -bno SIZE /data)" -gt 2500000000'
	equal "what the image had of it is wiped" "" "$(vm 'blkid -p -s TYPE -o value "$(blkid -t PARTLABEL=seed -o device)"')"
	check "the node is well" vm culvert health --wait $((60 * VM_SLOW))
}

# --- TPM ----------------------------------------------------------------------------------------
proof_build vm-tpm --encrypt tpm2 --data "$LAB_DIR/site" || exit 1
vm_net_up && vm_disk "$IMG_DIR/vm-tpm/culvert.raw" 4G && tpm_up tpm || exit 1
check "before the first start the site's secret can be read on the disk" legible "$secret"
vm_start && vm_up 150 || exit 1
say "answers ssh after $((SECONDS - VM_STARTED)) s (${VM_ACCEL[*]})"
data_is_encrypted
check "the TPM has the key" vm 'cryptsetup luksDump "$(blkid -t PARTLABEL=data -o device)" | grep -q systemd-tpm2'
vm "echo '$secret, later' >/data/culvert/later; sync"
check_ledger
vm_kill
check "now it cannot, nor what came later" not legible "$secret"
tpm_up tpm && vm_start && vm_up 120 || exit 1
equal "the next start opens them by itself" "$secret, later" "$(vm cat /data/culvert/later)"
vm_kill
tpm_up other-tpm || exit 1
proof_mark
vm_start || exit 1
check "another machine's TPM does not" vm_wait 100 "the failed start" proof_shows 'this start failed'
check "and nobody gets in" not vm true
vm_kill
VM_FIRST=()

# --- a key that is handed over ------------------------------------------------------------------
rm -f "$LAB_DIR/known_hosts"
proof_build vm-key --encrypt key --data "$LAB_DIR/site" && vm_disk "$IMG_DIR/vm-key/culvert.raw" 4G || exit 1
head -c 32 /dev/urandom >"$LAB_DIR/data.key"
key=(-smbios "$(vm_credential culvert.data.key <"$LAB_DIR/data.key")")
vm_start "${key[@]}" && vm_up 150 || exit 1
data_is_encrypted
vm sync
vm_kill
check "nothing can be read on the disk" not legible "$secret"
vm_start "${key[@]}" && vm_up 120 || exit 1
equal "the next start opens them" "$secret" "$(vm cat /data/culvert/site-secret)"
vm_kill
cp "$LAB_DIR/data.key" "$LAB_DIR/culvert-data.key"
vm_stick key CULVERT-KEY culvert-data.key || exit 1
vm_start -device qemu-xhci -drive "if=none,id=key,format=raw,readonly=on,file=$dir/key.stick" -device usb-storage,drive=key &&
	vm_up 120 || exit 1
equal "and so does one with the key on a stick" "$secret" "$(vm cat /data/culvert/site-secret)"
vm_kill
head -c 32 /dev/urandom >"$LAB_DIR/wrong.key"
proof_mark
vm_start -smbios "$(vm_credential culvert.data.key <"$LAB_DIR/wrong.key")" || exit 1
check "another key does not" vm_wait 100 "the failed start" proof_shows 'this start failed'
vm_kill
rm -rf "$IMG_DIR/vm-tpm" "$IMG_DIR/vm-key"
