#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The image as it leaves the builder: it starts by itself, real devices and platforms talk through it,
# and a subscriber outside hears of it.
# shellcheck source=tests/vm/vm.sh
. "$(dirname "$0")/vm.sh"
skip_unless_vm

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
check "nothing can be written there" bash -c "! $(declare -f vm in_ns); LAB=$LAB LAB_DIR=$LAB_DIR VM_IP=$VM_IP; ! vm touch /usr/x /etc/x"
data=$(vm findmnt -bno SIZE /data)
check "the data partition has grown to the disk ($((data >> 20)) MiB)" [ "$data" -gt $((2500 << 20)) ]
check "root has no password" vm 'grep -q "^root:\*:" /etc/shadow'
check "a login by password is refused" bash -c "$(declare -f in_ns); LAB=$LAB; ! in_ns mgmt ssh -o PubkeyAuthentication=no -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null root@$VM_IP true"
check "the console is on the screen, too" vm 'grep -q "tty0" /sys/class/tty/console/active && systemctl is-active getty@tty1'
check "the firmware has an entry for each slot" vm 'efibootmgr | grep -qE "^Boot[0-9A-F]{4}\*? A" && efibootmgr | grep -qE "^Boot[0-9A-F]{4}\*? B"'
check "hugepages are there" vm 'test "$(cat /proc/sys/vm/nr_hugepages)" -ge 96'
check "what was done for the hardware is told" vm 'test -s /run/culvert-hardware/report.json'
vm cat /run/culvert-hardware/report.json | jq -c .
check "the rest of the system is kept off the dataplane's CPU" vm 'test "$(cat /sys/fs/cgroup/system.slice/cpuset.cpus.effective)" = 0'

# --- the main job -------------------------------------------------------------------------------
in_ns mgmt ssh -i "$LAB_DIR/key" -o BatchMode=yes -o "UserKnownHostsFile=$LAB_DIR/known_hosts" -N \
	-L 127.0.0.1:8480:127.0.0.1:8480 root@$VM_IP >"$LAB_DIR/tunnel.out" 2>&1 &
LAB_PIDS+=($!)
events=$LAB_DIR/events.ndjson
wait_for 20 "the tunnel" in_ns mgmt bash -c 'exec 3<>/dev/tcp/127.0.0.1/8480'
in_ns mgmt curl -sN "http://127.0.0.1:8480/v1/events?from=earliest" >"$events" &
LAB_PIDS+=($!)
has() { jq -es "any(.[]; $1)" "$events"; }
hears() { wait_for $((5 * VM_SLOW)) "event: $1" has "$1"; }

lab_parts || exit 1
check "ping crosses" in_ns dev ping -c 3 -W 5 "$PLAT_IP"
in_ns plat "$COAP_CLIENT" -v 7 -B 15 "coap://$DEV_IP/" >"$LAB_DIR/get.txt" 2>&1
check "CoAP GET gets its 2.05" grep -q "2\.05" "$LAB_DIR/get.txt"
printf '[{"bn":"urn:dev:mac:0024befffe804ff1/","n":"temperature","u":"Cel","v":21.5}]' >"$LAB_DIR/pack"
check "CoAP PUT of a SenML pack" in_ns dev "$COAP_CLIENT" -B 15 -m put -t 110 -f "$LAB_DIR/pack" "coap://$PLAT_IP/pack"
check "the subscriber outside hears the SenML value" hears '.data.value == 21.5 and .data.unit == "Cel" and .data.proto == "coap"'
in_ns plat timeout 30 mosquitto_sub -h "$PLAT_IP" -q 1 -t site/7/voltage -C 1 >"$LAB_DIR/sub.txt" &
sub=$!
sleep 1
check "MQTT publish" in_ns dev timeout 30 mosquitto_pub -i meter-7 -h "$PLAT_IP" -q 1 -t site/7/voltage -m 221.5
wait $sub
equal "it arrives" 221.5 "$(cat "$LAB_DIR/sub.txt")"
check "the subscriber hears it" hears '.data.name == "site/7/voltage" and .data.value == 221.5'
check "mbpoll reads" in_ns plat timeout 30 mbpoll -m tcp -1 -a 1 -r 1 -c 2 -t 4 -o 5 "$DEV_IP"
check "the subscriber hears Modbus" hears '.data.proto == "modbus"'
head -c 1048576 /dev/urandom >"$LAB_DIR/megabyte"
in_ns plat timeout 120 mosquitto_sub -h "$PLAT_IP" -q 1 -t t/big -C 1 -N >"$LAB_DIR/megabyte.back" &
sub=$!
sleep 1
check "1 MB publish" in_ns dev timeout 120 mosquitto_pub -h "$PLAT_IP" -q 1 -t t/big -f "$LAB_DIR/megabyte"
wait $sub
check "1 MB arrives intact" cmp "$LAB_DIR/megabyte" "$LAB_DIR/megabyte.back"

for pid in "${LAB_PIDS[@]:2}"; do kill "$pid" 2>/dev/null; done
check_ledger
say "events heard outside: $(wc -l <"$events")"
check "each is a CloudEvent" jq -es 'length > 5 and all(.[]; .specversion == "1.0")' "$events"
say "the machine takes $(vm free -m | awk '/^Mem/ { print $3 }') MiB of memory; the data partition $(vm df -m --output=used /data | tail -n 1) MiB"
