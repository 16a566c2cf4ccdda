# shellcheck shell=bash disable=SC2034 # for the tests
# SPDX-License-Identifier: Apache-2.0
# Bundles, and what a node does with them. Sourced behind vm.sh.
# shellcheck source=tools/image-disk.sh
. "$CV_ROOT/tools/image-disk.sh"
# shellcheck source=tests/vm/keys.sh
. "$CV_ROOT/tests/vm/keys.sh"
keys=$LAB_DIR/keys
bundles=()

# bundle NAME VERSION KEY [IMAGE-OPTION...]: the system that was built, as $LAB_DIR/NAME.raucb
bundle() {
	local name=$1 version=$2 key=$3
	shift 3
	"$CV_ROOT/tools/image" --no-install --again --dir "$IMG_DIR" --out "vm-$LAB" --no-disk --bundle --version "$version" \
		--cert "$keys/$key.pem" --key "$keys/$key.key" "$@" >"$LAB_DIR/$name.build.out" 2>&1 ||
		{ cat "$LAB_DIR/$name.build.out"; return 1; }
	mv "$IMG_DIR/vm-$LAB/culvert.raucb" "$LAB_DIR/$name.raucb"
	rm -rf "$IMG_DIR/vm-$LAB"
}

# A dataplane that ends at once: such a node is never well. It is given less time to find out.
bad_overlay() {
	local o=$LAB_DIR/bad
	mkdir -p "$o/usr/sbin" "$o/usr/lib/systemd/system/culvert-health.service.d"
	printf '#!/bin/sh\nexit 3\n' >"$o/usr/sbin/culvert-dataplane"
	chmod +x "$o/usr/sbin/culvert-dataplane"
	printf '[Service]\nExecStart=\nExecStart=/usr/bin/culvert update confirm --wait 30\n' \
		>"$o/usr/lib/systemd/system/culvert-health.service.d/sooner.conf"
	say "$o"
}

# noise NAME VERSION KEY [PRODUCT]: signed as it should be, and nothing that could start.
noise() {
	local d=$LAB_DIR/noise part
	rm -rf "$d" "$LAB_DIR/$1.raucb"
	mkdir "$d"
	for part in root verity efi; do head -c 262144 /dev/urandom >"$d/$part.img"; done
	img_manifest "$2" "${4:-}" >"$d/manifest.raucm"
	img_in "$IMG_TREES/tools" rauc bundle --cert="/image/vm/$LAB/keys/$3.pem" --key="/image/vm/$LAB/keys/$3.key" \
		"/image/vm/$LAB/noise" "/image/vm/$LAB/$1.raucb" >"$LAB_DIR/$1.build.out" 2>&1 || { cat "$LAB_DIR/$1.build.out"; return 1; }
}

# upgrade_disks NAME...: as further disks of the machine: ssh would take minutes for each where
# encryption is emulated.
upgrade_disks() {
	local name
	for name in "$@"; do
		bundles+=(-drive "if=none,id=b$name,format=raw,readonly=on,file=/image/vm/$LAB/$name.disk"
			-device "virtio-blk-pci,drive=b$name,serial=$name")
		# A disk has whole sectors; what is behind the bundle's end is not copied.
		cp "$LAB_DIR/$name.raucb" "$LAB_DIR/$name.disk"
		truncate -s %4096 "$LAB_DIR/$name.disk"
	done
}
take() { # take NAME: as /data/NAME.raucb
	vm "rm -f /data/*.raucb; head -c $(stat -c %s "$LAB_DIR/$1.raucb") /dev/disk/by-id/virtio-$1 >/data/$1.raucb"
}
trust() { # trust NAME...: authorities, and lists of what they have revoked
	local name
	for name in "$@"; do cat "$keys/${name%-crl}-$([[ $name = *-crl ]] && echo crl || echo ca).pem"; done >"$LAB_DIR/trust.pem"
	vm_copy "$LAB_DIR/trust.pem" /data/culvert/update/trust.pem
}

field() { vm culvert update status --json | jq -r "$1"; }
phase_is() { [ "$(field .attempt.phase)" = "$1" ]; }
other() { [ "$1" = A ] && say B || say A; }
is_good() { phase_is none && [ "$(vm systemctl is-active culvert-health)" = active ]; }
wait_good() { vm_wait 120 "a good slot" is_good; }
power_on() { vm_start "${bundles[@]}" && vm_up 90 || exit 1; }

refused() { # refused WHAT TEXT FILE-ON-THE-NODE
	says "$1" "$2" vm culvert update install "$3"
}

# The health of it said so; where that came too late, the deadline did.
was_on_trial() { vm_console_is "version $1 is not well|was on trial and is not up" 1; }

# leaves_by_itself VERSION COMMAND...: it makes the node start VERSION, which is never well.
leaves_by_itself() {
	local version=$1 boot was slot began=$SECONDS
	shift
	boot=$(vm_boot_id) was=$(field .version) slot=$(field .slot)
	back() { vm_rebooted "$boot" && [ "$(field '.slot + .attempt.phase')" = "${slot}failed" ]; }
	"$@"
	check "the node leaves it by itself" vm_wait 400 "the way back" back
	say "back $((SECONDS - began)) s after it was to start"
	check "it had really been started" was_on_trial "$version"
	check "and is well" vm culvert health --wait $((60 * VM_SLOW))
	equal "with the version before" "$was" "$(field .version)"
}

# goes_back_by_itself NAME VERSION SLOT: what is never well is installed over the slot that is not SLOT.
goes_back_by_itself() {
	take "$1"
	equal "the slot that runs" "$3" "$(field .slot)"
	check "a bad bundle is installed" vm culvert update install "/data/$1.raucb"
	leaves_by_itself "$2" vm_reboot
}
