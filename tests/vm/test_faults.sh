#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What happens to a node in the field: its configuration is changed, well and badly; its policy; a clock
# that is a year off; a cable and a card that are drawn; a system that hangs; a disk that is full; an
# image on a disk that is too small for it.
# shellcheck source=tests/vm/vm.sh
. "$(dirname "$0")/vm.sh"
# shellcheck source=tests/vm/job.sh
. "$CV_ROOT/tests/vm/job.sh"
skip_unless_vm

cli=$LAB_BUILD/control/cli/culvert
status() { vm culvert config status --json | jq -r "$1"; }
state_is() { [ "$(status '"\(.live) \(.state)"')" = "$1" ]; }
crosses() { in_ns dev ping -c 1 -W 2 "$PLAT_IP" >/dev/null; }
crosses_not() { ! crosses; }
well() { vm culvert health --wait $((40 * VM_SLOW)); }
# Events with a value of Modbus that there are by now, oldest first.
modbus_events() { in_ns mgmt curl -s "http://127.0.0.1:8480/v1/events?from=earliest&follow=0" | jq -c 'select(.data.proto == "modbus")'; }
speaks() { in_ns plat timeout 30 mbpoll -m tcp -1 -a 1 -r 1 -c 2 -t 4 "$DEV_IP"; }
more_than() { [ "$(modbus_events | wc -l)" -gt "$1" ]; }

# --- a clock that is a year behind ----------------------------------------------------------------
# Each port's card is in a slot of its own, from which it can be drawn.
# shellcheck disable=SC2054 # the commas are of qemu
VM_FIRST=(-device pcie-root-port,id=slot1,chassis=1,slot=1 -device pcie-root-port,id=slot2,chassis=2,slot=2)
VM_CARD_DEVICES+=,bus=slot1 VM_CARD_PLATFORM+=,bus=slot2
year_ago=$(date -u -d '1 year ago' +%FT%T)
vm_net_up && vm_disk "$IMG_DIR/out/culvert.raw" 4G && vm_start -device i6300esb -rtc "base=$year_ago" && vm_up 90 || exit 1
check "a node whose clock is a year behind is well" well
say "its clock: $(vm date -uIs), started with $year_ago"
vm_tunnel
lab_parts || exit 1
check "ping crosses" wait_for $((5 * VM_SLOW)) "a way through" crosses
before=0
hear() { # hear WHAT: something new comes through, and the node stays well
	check "$1: Modbus is answered" speaks
	check "$1: the events are heard" wait_for $((10 * VM_SLOW)) "events" more_than "$before"
	before=$(modbus_events | wc -l)
}
hear "a year behind"
oldest=$(modbus_events | head -n 1 | jq -r .id)
vm date -s "@$(date +%s)" >/dev/null
hear "the clock is set right"
vm date -s "@$(date -d 'next year' +%s)" >/dev/null
hear "a year ahead"
sleep 5
vm date -s "@$(date +%s)" >/dev/null
hear "right again"
equal "the first event is still there" "$oldest" "$(modbus_events | head -n 1 | jq -r .id)"
check "all that is well" well

# --- the configuration ----------------------------------------------------------------------------
vm "sed 's/^node: .*/&\\napi: { connections: 300 }/' /data/culvert/culvert.yaml >/tmp/live.yaml
	sed 's/^node: .*/&\\napi: { listen: \"127.0.0.1:8481\" }/' /data/culvert/culvert.yaml >/tmp/control.yaml
	sed 's/^ports:/prots:/' /data/culvert/culvert.yaml >/tmp/wrong.yaml
	cp /data/culvert/culvert.yaml /tmp/first.yaml"
pings() { lab_spawn ping dev ping -i 0.2 -W 10 "$PLAT_IP"; sleep 1; }
lost() {
	kill -INT "${LAB_PIDS[-1]}"
	sleep 1
	sed -n 's/.*icmp_seq=\([0-9]*\) ttl.*/\1/p' "$LAB_DIR/ping.out" | sort -nu |
		awk '{ if (last) lost += $1 - last - 1; last = $1 } END { print (last > 10 ? lost + 0 : "too few") }'
}
says "a file with a mistake" "wrong.yaml:5:1: error: unknown setting" vm culvert config apply /tmp/wrong.yaml
pings
check "a change that is confirmed" vm culvert config apply --confirm 5min /tmp/live.yaml
says "a second operator is told" "waits to be confirmed" vm culvert config apply /tmp/control.yaml
check "confirm" vm culvert config confirm
check "it is the file now" vm cmp /data/culvert/culvert.yaml /tmp/live.yaml
now=$(status .live) waits=$((25 * VM_SLOW))
check "a change that nobody confirms" vm culvert config apply --confirm ${waits}s /tmp/control.yaml
check "is in force meanwhile" vm_wait 20 "it" state_is "$((now + 1)) confirm-pending"
check "and undoes itself" vm_wait 90 "the way back" state_is "$now live"
check "the file never changed" vm cmp /data/culvert/culvert.yaml /tmp/live.yaml
equal "no ping was lost" 0 "$(lost)"
check "the node is well" well
# Another CPU for the worker, and ordinary pages: the dataplane starts anew there, and the others go to the one it had.
polls_on() { # polls_on CPU WORDS-OF-ITS-COMMAND-LINE
	[ "$(vm cat /run/culvert-hardware/report.json | jq -r .cpus.worker)" = "$1" ] &&
		[ "$(vm systemctl show -p AllowedCPUs --value system.slice)" = $((1 - $1)) ] &&
		vm "tr '\\0' ' ' <\"/proc/\$(systemctl show -p MainPID --value culvert-dataplane)/cmdline\"" |
		grep -qxF "/usr/sbin/culvert-dataplane --link /run/culvert/dataplane.sock $2"
}
check "the worker has the last CPU" polls_on 1 ""
vm "sed 's/^node: .*/&\\ndataplane: { lcore: 0, hugepages: never }/' /tmp/live.yaml >/tmp/lcore.yaml"
check "it is to have another" vm culvert config apply --now /tmp/lcore.yaml
check "it has, and the others have the one it had" vm_wait 30 "the other CPU" polls_on 0 "--no-huge --lcore 0 "
equal "and no hugepages are kept for it" 0 "$(vm cat /proc/sys/vm/nr_hugepages)"
check "ping crosses there" vm_wait 10 "a way through" crosses
check "back again" vm culvert config apply --now /tmp/live.yaml
check "as it was" vm_wait 30 "the CPU before" polls_on 1 ""
check "ping crosses again" vm_wait 10 "a way through" crosses
check "the node is well all the while" well

# --- the policy -----------------------------------------------------------------------------------
cat >"$LAB_DIR/strict.yaml" <<-END
	default: { ip: allow, non_ip: allow, inspect: true }
	services: { ping: icmp }
	rules:
	  - { id: 7, from: any, to: any, service: ping, action: drop }
END
(
	cd "$LAB_DIR" && "$cli" policy keygen -W -p one.pub -s one.key && "$cli" policy bundle -o strict.bundle --version 2 strict.yaml &&
		cp strict.bundle nobody.bundle && "$cli" policy sign -k one.key strict.bundle
) >"$LAB_DIR/sign.out" 2>&1 || { cat "$LAB_DIR/sign.out"; exit 1; }
for file in one.pub:trust/one.pub strict.bundle:strict.bundle strict.bundle.minisig:strict.bundle.minisig nobody.bundle:nobody.bundle; do
	vm_copy "$LAB_DIR/${file%:*}" "/data/culvert/${file#*:}"
done
says "a policy that nobody signed" "signed" vm culvert policy apply /data/culvert/nobody.bundle
check "ping crosses" crosses
check "a signed one that is not confirmed" vm culvert policy apply --confirm 20s /data/culvert/strict.bundle
check "drops ping" vm_wait 5 "the drop" crosses_not
check "and undoes itself" vm_wait 30 "the way back" crosses
check "the same one again" vm culvert policy apply /data/culvert/strict.bundle
check "drops ping once more" vm_wait 5 "the drop" crosses_not
check "what is not in its rule goes on" speaks
check "revert" vm culvert policy revert
check "ping crosses again" vm_wait 5 "a way through" crosses

# --- a cable, a card ------------------------------------------------------------------------------
vm_qmp '{"execute": "set_link", "arguments": {"name": "card1", "up": false}}'
no_carrier() { [ "$(vm cat /sys/class/net/eth1/carrier)" = 0 ]; }
check "a cable is drawn" vm_wait 5 "no carrier" no_carrier
check "nothing crosses" crosses_not
check "that is not the node's fault" well
vm_qmp '{"execute": "set_link", "arguments": {"name": "card1", "up": true}}'
check "the cable is back: ping crosses" vm_wait 10 "a way through" crosses
vm_qmp '{"execute": "device_del", "arguments": {"id": "card1"}}'
check "a card is drawn" vm_wait 15 "its end" vm '! test -e /sys/class/net/eth1'
says "the node says so" "eth1 is down or gone" vm culvert health
vm_qmp "{\"execute\": \"device_add\", \"arguments\": {\"driver\": \"virtio-net-pci\", $(sed 's/\([a-z]*\)=\([^,]*\)/"\1": "\2"/g' <<<"$VM_CARD_DEVICES")}}"
check "the card is back: the node takes it into use" vm_wait 30 "a way through" crosses
check "and is well" well
vm_tunnel
hear "behind all that"
check_ledger

# --- a system that hangs --------------------------------------------------------------------------
# systemd that has crashed stays, and nothing is served any more; neither is the watchdog.
says_watchdog() { vm 'culvert doctor --json || true' | jq -e 'any(.findings[]; .check == "watchdog" and .state == "ok")'; }
check "the watchdog is fed" says_watchdog
boot=$(vm_boot_id)
vm kill -SEGV 1
vm_unlink
check "what hangs is started again" vm_wait 120 "the next start" vm_rebooted "$boot"
check "and is well" well
vm_tunnel
hear "behind the watchdog"

# --- a disk that is full --------------------------------------------------------------------------
# Small segments, so that a little traffic wants new ones.
vm_new_log 1MiB
check "the node with small segments is well" well
vm_tunnel
vm 'fallocate -l $(($(stat -f -c "%f * %S" /data) - 8388608)) /data/ballast; dd if=/dev/zero of=/data/ballast2 bs=64k status=none' 2>/dev/null
equal "the data partition is full" 0 "$(vm stat -f -c %a /data)"
flood() { seq 4000 | in_ns dev timeout 120 mosquitto_pub -l -i meter-9 -h "$PLAT_IP" -t site/9/voltage; }
refused() { flood; [ "$(vm culvert stats --json | jq '[.log.lanes.measurement.refused[]?] | add // 0')" -gt 0 ]; }
check "what cannot be written is counted" wait_for $((60 * VM_SLOW)) "a lane without room" refused
says "the node says so" "the disk is in trouble" vm culvert health
check "the journal has it by its id" vm 'journalctl -b -q -p err -o cat MESSAGE_ID=a85b36f39cff4ceaaced677f970bab66 | grep -q "^the disk of the lane measurement"'
check "frames cross all the same" crosses
vm 'rm /data/ballast /data/ballast2'
check "with room again it is well" well
check "the journal has that, too" vm_wait 10 "the message" vm 'journalctl -b -q -o cat MESSAGE_ID=2eacef3ad4aa4de1a36df1eb1da1f0b6 | grep -q "lane measurement again"'
flood
before=$(modbus_events | wc -l)
hear "with room again"
gap() { in_ns mgmt curl -s "http://127.0.0.1:8480/v1/events?from=earliest&lane=measurement&follow=0" | jq -es 'any(.[]; .type == "city.culvert.gap.v1")'; }
check "what is missing is told" gap
for pid in "${LAB_PIDS[@]}"; do kill "$pid" 2>/dev/null; done
check_ledger
check "the log is whole" vm culvert log verify
vm_kill

# --- a disk that is too small ---------------------------------------------------------------------
vm_disk "$IMG_DIR/out/culvert.raw" 4G
truncate -s 2000M "$LAB_DIR/disk.raw"
vm_start || exit 1
check "an image that was cut says what to do" vm_wait 60 "the console" grep -aqE "has 2000 MiB, the image on it [0-9]+: it was cut" "$LAB_DIR/serial.log"
check "and does not stop there" vm_wait 90 "the next start" vm_console_is "slot a cannot be started" 2
