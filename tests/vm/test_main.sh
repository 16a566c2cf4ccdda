#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The image as it leaves the builder: it starts by itself, real devices and platforms talk through it,
# and a subscriber outside hears of it.
# shellcheck source=tests/vm/vm.sh
. "$(dirname "$0")/vm.sh"
# shellcheck source=tests/vm/job.sh
. "$CV_ROOT/tests/vm/job.sh"
# shellcheck source=tests/vm/docs.sh
. "$CV_ROOT/tests/vm/docs.sh"
skip_unless_vm
# Cards with more queues than the one that a port reads.
VM_TAP=(multi_queue) VM_PORT_NETDEV=,queues=2 VM_PORT_NIC=,mq=on,vectors=6

vm_net_up && vm_disk "$IMG_DIR/out/culvert.raw" 4G && vm_start && vm_up 90 || exit 1
say "answers ssh after $((SECONDS - VM_STARTED)) s (${VM_ACCEL[*]})"
check "it comes to a login on the serial console" vm_wait 30 "login" grep -aq "culvert login:" "$LAB_DIR/serial.log"
check "the node finds itself well" vm culvert health --wait $((60 * VM_SLOW))
say "well after $((SECONDS - VM_STARTED)) s"
vm systemd-analyze time 2>/dev/null | head -n 2

# --- as it was built ----------------------------------------------------------------------------
check "control and dataplane run with the factory configuration" vm systemctl is-active culvert-control culvert-dataplane
equal "no unit failed" "" "$(vm systemctl list-units --failed --plain --no-legend)"
equal "the system is read-only" "/dev/mapper/root /" "$(vm findmnt -no SOURCE,TARGET -t erofs -O ro /)"
check "and checked by dm-verity" vm 'test "$(cat /sys/class/block/dm-0/dm/name)" = root && dmsetup table root | grep -q verity'
check "nothing can be written there" vm '! touch /usr/x && ! touch /etc/x'
data=$(vm findmnt -bno SIZE /data)
check "the data partition has grown to the disk ($((data >> 20)) MiB)" [ "$data" -gt $((2500 << 20)) ]
check "root has no password" vm 'grep -q "^root:\*:" /etc/shadow'
no_password() { [[ $(vm_ssh -S none -o PubkeyAuthentication=no root@$VM_IP true 2>&1) = *"Permission denied (publickey)"* ]]; }
check "a login by password is not offered" no_password
check "the console is on the screen, too" vm 'grep -q "tty0" /sys/class/tty/console/active && systemctl is-active getty@tty1'
check "the firmware has an entry for each slot" vm 'efibootmgr | grep -qE "^Boot[0-9A-F]{4}\*? A" && efibootmgr | grep -qE "^Boot[0-9A-F]{4}\*? B"'
check "hugepages are there" vm 'test "$(cat /proc/sys/vm/nr_hugepages)" -ge 96'
check "what was done for the hardware is told" vm 'test -s /run/culvert-hardware/report.json'
vm cat /run/culvert-hardware/report.json | jq -c .
equal "ports take everything on one of their cards' two queues" '[1,2],[1,2]' \
	"$(vm cat /run/culvert-hardware/report.json | jq -r '[.ports[] | select(.queues_max == 2) | [.queues, .queues_max] | tojson] | join(",")')"
check "the rest of the system is kept off the dataplane's CPU" vm 'test "$(cat /sys/fs/cgroup/system.slice/cpuset.cpus.effective)" = 0'

main_job
for page in first-boot day-2 recovery; do docs_page docs/operator/$page.md; done
check_ledger
say "the machine takes $(vm free -m | awk '/^Mem/ { print $3 }') MiB of memory; the data partition $(vm df -m --output=used /data | tail -n 1) MiB"
