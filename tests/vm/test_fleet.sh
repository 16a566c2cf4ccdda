#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A new node, and nobody beside it: a stick with garbage, then a good one, put in while it runs; by what
# that said it asks its fleet's directory, takes a release over HTTPS, starts it, is well, and says so; the
# next release is not well, the node leaves it by itself, and the roll-out stops.
# shellcheck source=tests/vm/vm.sh
. "$(dirname "$0")/vm.sh"
# shellcheck source=tests/vm/upgrade.sh
. "$CV_ROOT/tests/vm/upgrade.sh"
# shellcheck source=tests/fleet/web.sh
. "$CV_ROOT/tests/fleet/web.sh"
command -v nginx >/dev/null || { echo "SKIP: there is no nginx"; exit 77; }
skip_unless_vm

cli=$LAB_BUILD/control/cli/culvert
www=$LAB_DIR/www fleet=$LAB_DIR/www/culvert url=https://10.78.0.1:8443/culvert
health() { vm culvert health --wait $((60 * VM_SLOW)); }

# --- the fleet's server -------------------------------------------------------------------------
server_up() {
	local n=$LAB_DIR/nginx
	web_conf "$n" 10.78.0.1:8443 "$keys/web" "$www"
	lab_spawn nginx mgmt nginx -c "$n/conf" -p "$n" -e "$n/error.log"
	wait_for 10 "the server" in_ns mgmt curl -s --cacert "$keys/web-ca.pem" "$url/" -o /dev/null
}
fleet_says() { [ "$("$cli" fleet status "$fleet" --json | jq -r "$1")" = "$2" ]; }
publish() { # publish NAME VERSION
	"$cli" fleet publish "$fleet" "$LAB_DIR/$1.raucb" --version "$2" --percent 100 --key "$keys/fleet.key"
}

# --- sticks -------------------------------------------------------------------------------------
stick_in() {
	vm_qmp "{\"execute\": \"blockdev-add\", \"arguments\": {\"node-name\": \"stick-$1\", \"driver\": \"raw\", \"read-only\": true,
		\"file\": {\"driver\": \"file\", \"filename\": \"/image/vm/$LAB/$1.stick\"}}}" \
		"{\"execute\": \"device_add\", \"arguments\": {\"driver\": \"usb-storage\", \"id\": \"stick-$1\", \"drive\": \"stick-$1\"}}"
}
stick_out() {
	vm_qmp "{\"execute\": \"device_del\", \"arguments\": {\"id\": \"stick-$1\"}}"
	vm_wait 20 "the stick's end" vm '! blkid -t LABEL=CULVERT -o device | grep -q /dev/sd' &&
		vm_qmp "{\"execute\": \"blockdev-del\", \"arguments\": {\"node-name\": \"stick-$1\"}}"
}
trail_has() { vm culvert config audit --json | jq -e --arg what "$1" --arg result "$2" 'any(.entries[]; .what == $what and .result == $result)'; }
node_is() { [ "$(vm culvert status --json | jq -r .node)" = "$1" ]; }

vm_keys "$keys" release && web_authority "$keys" web-ca && web_certificate "$keys" web web-ca IP:10.78.0.1 || exit 1
(cd "$keys" && "$cli" policy keygen --no-password --public fleet.pub --secret fleet.key) >/dev/null || exit 1
say "making bundles"
bundle good 9.1.0 release && bundle bad 9.2.0 release --overlay "$(bad_overlay)" || exit 1
vm_net_up && vm_disk "$IMG_DIR/out/culvert.raw" 5G && vm_start -device qemu-xhci && vm_up 90 || exit 1
check "a new node is well" health

# --- told by a stick ----------------------------------------------------------------------------
mkdir -p "$LAB_DIR/garbage/culvert" "$LAB_DIR/gift/culvert/update"
head -c 3000 /dev/urandom >"$LAB_DIR/garbage/culvert/node.yaml"
vm cat /data/culvert/culvert.yaml >"$LAB_DIR/before.yaml"
{
	sed 's/^node: .*/node: cabinet-1/' "$LAB_DIR/before.yaml"
	printf 'update: { url: "%s", ca: update/web-ca.pem }\n' "$url"
} >"$LAB_DIR/gift/culvert/node.yaml"
cp "$keys/fleet.pub" "$keys/web-ca.pem" "$LAB_DIR/gift/culvert/update/"
cp "$keys/release-ca.pem" "$LAB_DIR/gift/culvert/update/trust.pem"
vm_stick garbage CULVERT garbage/culvert && vm_stick gift CULVERT gift/culvert || exit 1
check "a stick with garbage is put in" stick_in garbage
check "the console says what is wrong with it" vm_wait 30 "its message" vm_console_is 'node\.yaml:[0-9]+:[0-9]+: error' 1
check "its node goes on with what it has" vm cmp /data/culvert/culvert.yaml /dev/stdin <"$LAB_DIR/before.yaml"
check "and is well" health
check "it is drawn" stick_out garbage
check "a good one is put in" stick_in gift
check "the node becomes what it says" vm_wait 60 "its name" node_is cabinet-1
check "the trail says so" trail_has provision "done"
check "it is well" health
check "the stick is drawn" stick_out gift
told=$(vm_console 'has been provisioned with these files')
check "put in once more" stick_in gift
check "it is nothing new" vm_wait 30 "its message" vm_console_is 'has been provisioned with these files' $((told + 1))
check "it is drawn again" stick_out gift

# --- asks its fleet -----------------------------------------------------------------------------
poll() { vm systemctl start culvert-update.service; }
check "a timer asks" vm systemctl is-active culvert-update.timer
check "nobody answers: the unit fails" eval '! poll'
check "the journal says why" vm 'journalctl -u culvert-update.service | grep -q "nothing was changed; the node goes on as it is"'
server_up || exit 1
check "publish 9.1.0" publish good 9.1.0
boot=$(vm_boot_id)
began=$SECONDS
poll
check "the node starts anew by itself" vm_wait 200 "the reboot" vm_rebooted "$boot"
check "the new slot is found good" wait_good
say "asked, fetched, installed, started and found good in $((SECONDS - began)) s"
equal "it runs the release" 9.1.0 "$(field .version)"
equal "in the other slot" B "$(field .slot)"
check "it asks again" poll
check "the directory has heard that it is well" fleet_says '"\(.good) \(.nodes)"' "1 1"
equal "the roll-out is" complete "$("$cli" fleet step "$fleet" --stay 0s --key "$keys/fleet.key" | tail -n 1)"

# --- a release that is not well -----------------------------------------------------------------
check "publish 9.2.0" publish bad 9.2.0
leaves_by_itself 9.2.0 poll
check "it asks again" poll
check "the directory has heard that it failed" fleet_says .failed 1
says "the roll-out stops" halt "$cli" fleet step "$fleet" --tolerate 0 --key "$keys/fleet.key"
boot=$(vm_boot_id)
check "it asks once more" poll
equal "what failed is not tried again" "$boot" "$(vm_boot_id)"
check "its name is still its own" node_is cabinet-1
check_ledger
