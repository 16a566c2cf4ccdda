# shellcheck shell=bash disable=SC2034,SC2054,SC2154 # for the tests; commas are of qemu
# SPDX-License-Identifier: Apache-2.0
# The appliance in a virtual machine, with devices on one port, a platform on the other and an operator
# on the third. Sourced by the tests in this folder; needs root. Everything carries the prefix $LAB.
#
#   $LAB-dev: dev0 10.77.1.1 ── eth1 │ the appliance │ eth2 ── plat0 10.77.2.1 :$LAB-plat
#                   $LAB-mgmt: mgmt0 10.78.0.1 ── eth0 10.78.0.2
set -uo pipefail
# shellcheck source=tools/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../tools/lib.sh"
IMG_DIR=${CULVERT_IMAGE_DIR:-$CV_ROOT/build-image}
LAB_BUILD=${LAB_BUILD:-$CV_ROOT/build}
# shellcheck source=tests/netns/check.sh
. "$CV_ROOT/tests/netns/check.sh" # and with it tools/lab.sh
LAB=cvm$$
# Within the builder's folder: qemu runs in the tools tree, which sees that folder as /image.
LAB_DIR=$IMG_DIR/vm/$LAB
# shellcheck source=tools/image-packages.sh
. "$CV_ROOT/tools/image-packages.sh"
# shellcheck source=tools/image-trees.sh
. "$CV_ROOT/tools/image-trees.sh"

VM_IP=10.78.0.2
VM_PID=''
# For a test's own machine: devices before all others, and what its ports' cards are beside the usual.
VM_FIRST=() VM_PORT_NIC='' VM_PORT_NETDEV='' VM_TAP=()
# Firmware and chip set; what is the firmware's with Secure Boot wants system management mode.
VM_CODE=OVMF_CODE_4M.fd VM_SMM=off
# A machine without virtualisation takes several times as long, a busy one more than that (CULVERT_VM_SLOW).
VM_SLOW=1
# Short: the address of a socket has 107 bytes.
VM_LINK=/tmp/culvert-$LAB.link
# The ports' cards.
VM_CARD_DEVICES=id=card1,netdev=n1,mac=52:54:00:00:00:02 VM_CARD_PLATFORM=id=card2,netdev=n2,mac=52:54:00:00:00:03

vm_missing() {
	[ "$(id -u)" -eq 0 ] || { say "root privilege"; return; }
	[ -e "$IMG_DIR/out/culvert.raw" ] || say "image in $IMG_DIR/out (tools/image makes it)"
	[ -e "$IMG_DIR/trees/tools.list" ] || say "tools tree in $IMG_DIR (tools/image makes it)"
	[ -c /dev/net/tun ] || say "/dev/net/tun"
	ip netns add "$LAB-x" 2>/dev/null || say "network namespaces"
	ip netns del "$LAB-x" 2>/dev/null
	command -v ssh >/dev/null || say "ssh"
	[ -n "$COAP_CLIENT" ] && command -v mosquitto_pub mbpoll jq socat >/dev/null || say "clients (see cv_packages_run in tools/lib.sh)"
}

# Only a CPU that says so runs a guest as it comes; /dev/kvm alone may be for guests of its own kind.
vm_accel() {
	if grep -qwE 'vmx|svm' /proc/cpuinfo && [ -w /dev/kvm ]; then
		VM_ACCEL=(-machine "q35,smm=$VM_SMM,accel=kvm" -cpu host)
	else
		VM_ACCEL=(-machine "q35,smm=$VM_SMM" -accel tcg,thread=multi,tb-size=1024 -cpu max)
		VM_SLOW=${CULVERT_VM_SLOW:-4}
		# Nobody attacks an emulated CPU by timing; guarding it costs a tenth. On a busy machine an emulated
		# timer that was set for one time is lost now and then ("Possible timer handling issue"), and
		# with it the CPU: a tick that comes by itself is not.
		VM_ACCEL+=(-smbios "type=11,value=io.systemd.stub.kernel-cmdline-extra=mitigations=off nohz=off highres=off")
	fi
}

vm_net_up() {
	local ns
	for ns in box dev plat mgmt; do
		ip netns add "$LAB-$ns" || return 1
		ip -n "$LAB-$ns" link set lo up
	done
}

# The host's ends of the machine's ports: made where qemu opens them, then moved to who uses them.
vm_taps() {
	local tap how
	for tap in dev0:dev plat0:plat mgmt0:mgmt; do
		ip -n "$LAB-${tap#*:}" link del "${tap%:*}" 2>/dev/null
		how=(mode tap)
		[ "${tap%:*}" = mgmt0 ] || how+=("${VM_TAP[@]}")
		ip -n "$LAB-box" tuntap add dev "${tap%:*}" "${how[@]}" || return 1
	done
}

vm_taps_move() {
	local tap name ns
	for tap in dev0:dev:10.77.1.1/16 plat0:plat:10.77.2.1/16 mgmt0:mgmt:10.78.0.1/24; do
		IFS=: read -r name ns address <<<"$tap"
		ip -n "$LAB-box" link set "$name" netns "$LAB-$ns" || return 1
		ip -n "$LAB-$ns" addr add "$address" brd + dev "$name"
		# A NIC would have finished checksums and sizes.
		in_ns "$ns" ethtool -K "$name" tx off tso off gso off >/dev/null 2>&1
		in_ns "$ns" sysctl -qw "net.ipv6.conf.$name.disable_ipv6=1"
		ip -n "$LAB-$ns" link set "$name" up
	done
}

# vm_disk IMAGE [SIZE]: a disk of the machine's own.
vm_disk() {
	mkdir -p "$LAB_DIR"
	cp --sparse=always "$1" "$LAB_DIR/disk.raw" && truncate -s "${2:-4G}" "$LAB_DIR/disk.raw"
	cp "$IMG_DIR/trees/tools/usr/share/OVMF/OVMF_VARS_4M.fd" "$LAB_DIR/vars.fd"
	rm -f "$LAB_DIR/key" "$LAB_DIR/known_hosts"
	ssh-keygen -q -t ed25519 -N '' -C test -f "$LAB_DIR/key"
}

# vm_stick NAME LABEL PATH-THERE...: $LAB_DIR/NAME.stick, of vfat, with these files and folders below $LAB_DIR
vm_stick() {
	local name=$1 label=$2
	shift 2
	truncate -s 16M "$LAB_DIR/$name.stick"
	img_in "$IMG_TREES/tools" mkfs.vfat -n "$label" "/image/vm/$LAB/$name.stick" >"$LAB_DIR/stick.out" 2>&1 &&
		img_in "$IMG_TREES/tools" mcopy -s -i "/image/vm/$LAB/$name.stick" "${@/#//image/vm/$LAB/}" ::/ >>"$LAB_DIR/stick.out" 2>&1 ||
		{ cat "$LAB_DIR/stick.out"; return 1; }
}

# vm_credential NAME <VALUE: what the machine's owner hands to it, as a hypervisor can.
vm_credential() { printf 'type=11,value=io.systemd.credential.binary:%s=%s' "$1" "$(base64 -w 0)"; }

# vm_start [QEMU-ARGUMENT...]: from the disk as it is.
vm_start() {
	vm_accel
	vm_taps || return 1
	VM_STARTED=$SECONDS
	: >>"$LAB_DIR/serial.log"
	local net=(
		-netdev tap,id=n0,ifname=mgmt0,script=no,downscript=no -device virtio-net-pci,netdev=n0,mac=52:54:00:00:00:01
		-netdev "tap,id=n1,ifname=dev0,script=no,downscript=no$VM_PORT_NETDEV" -device "virtio-net-pci,$VM_CARD_DEVICES$VM_PORT_NIC"
		-netdev "tap,id=n2,ifname=plat0,script=no,downscript=no$VM_PORT_NETDEV" -device "virtio-net-pci,$VM_CARD_PLATFORM$VM_PORT_NIC"
	)
	local owner=(
		-smbios "$(vm_credential culvert.authorized_keys <"$LAB_DIR/key.pub")"
		-smbios "$(printf '[Match]\nName=eth0\n[Network]\nAddress=%s/24\nLinkLocalAddressing=no\n' $VM_IP |
			vm_credential network.network.50-test)"
	)
	local dir=/image/vm/$LAB
	rm -f "$LAB_DIR/vm.pid"
	(img_in "$IMG_TREES/tools" nsenter "--net=/run/netns/$LAB-box" -- qemu-system-x86_64 "${VM_ACCEL[@]}" \
		-m 2048 -smp 2 -nodefaults -no-user-config -display none "${VM_FIRST[@]}" -device VGA -uuid 6f0c1c5e-0a9e-4f43-9b6b-1d7c2f6f0d11 \
		-drive "if=pflash,format=raw,unit=0,readonly=on,file=/usr/share/OVMF/$VM_CODE" \
		-drive "if=pflash,format=raw,unit=1,file=$dir/vars.fd" \
		-drive "if=none,id=d0,format=raw,file=$dir/disk.raw,cache=unsafe,discard=unmap" \
		-device virtio-blk-pci,drive=d0,bootindex=0 \
		-chardev "socket,id=s0,path=$dir/serial.sock,server=on,wait=off,logfile=$dir/serial.log,logappend=on" -serial chardev:s0 \
		-chardev "socket,id=q0,path=$dir/qmp.sock,server=on,wait=off" -mon chardev=q0,mode=control \
		-device virtio-rng-pci -pidfile "$dir/vm.pid" "${net[@]}" "${owner[@]}" "$@" >"$LAB_DIR/qemu.out" 2>&1 </dev/null) &
	wait_for 20 "qemu" test -s "$LAB_DIR/vm.pid" || { cat "$LAB_DIR/qemu.out" >&2; return 1; }
	VM_PID=$(cat "$LAB_DIR/vm.pid")
	sleep 0.5
	[ -e "/proc/$VM_PID" ] || { cat "$LAB_DIR/qemu.out" >&2; return 1; }
	vm_taps_move
}

# As when somebody pulls the plug.
vm_kill() {
	[ -n "$VM_PID" ] || return 0
	kill -9 "$VM_PID" 2>/dev/null
	while [ -e "/proc/$VM_PID" ]; do sleep 0.05; done
	VM_PID=''
	vm_unlink
}

# One connection for all that is said to the machine: each new one takes seconds where there is no
# virtualisation, and sshd does not answer for a while who has come and gone too often.
vm_ssh() {
	in_ns mgmt ssh -i "$LAB_DIR/key" -S "$VM_LINK" -o BatchMode=yes -o StrictHostKeyChecking=accept-new -o LogLevel=ERROR \
		-o "UserKnownHostsFile=$LAB_DIR/known_hosts" -o KexAlgorithms=curve25519-sha256 "$@"
}
vm_unlink() {
	vm_ssh -O exit root@$VM_IP >/dev/null 2>&1
	rm -f "$VM_LINK"
}
vm_link() {
	vm_ssh -O check root@$VM_IP >/dev/null 2>&1 && return
	rm -f "$VM_LINK"
	vm_ssh -o ConnectTimeout=$((10 * VM_SLOW)) -o ServerAliveInterval=15 -o ServerAliveCountMax=4 \
		-M -N -f root@$VM_IP </dev/null >>"$LAB_DIR/link.out" 2>&1
}

# vm COMMAND...: in the machine, as root, over its management port.
vm() { vm_link && vm_ssh root@$VM_IP "$@"; }

# The machine's API, for who is outside, at the same address.
vm_tunnel() {
	vm_link && vm_ssh -O forward -L 127.0.0.1:8480:127.0.0.1:8480 root@$VM_IP
	wait_for $((5 * VM_SLOW)) "the tunnel" in_ns mgmt bash -c 'exec 3<>/dev/tcp/127.0.0.1/8480'
}

vm_copy() { # vm_copy FILE PATH-THERE
	vm "cat >'$2'" <"$1"
}

# vm_wait SECONDS WHAT COMMAND...: SECONDS are those of a fast machine.
vm_wait() {
	local seconds=$1
	shift
	wait_for $((seconds * VM_SLOW)) "$@" || { tail -n 25 "$LAB_DIR/serial.log" >&2; return 1; }
}

vm_up() { vm_wait "${1:-60}" "the machine to answer" vm true; }

# The start that runs now, for telling one from the next.
vm_boot_id() { vm cat /proc/sys/kernel/random/boot_id; }
vm_rebooted() { # vm_rebooted OLD-BOOT-ID
	local id
	id=$(vm_boot_id 2>/dev/null) && [ -n "$id" ] && [ "$id" != "$1" ]
}
vm_reboot() {
	vm systemctl reboot
	vm_unlink
}
# vm_new_log SEGMENT-SIZE [SED]: the node with an empty event log of such segments, and SED on its configuration.
vm_new_log() {
	vm "systemctl stop culvert-dataplane culvert-control; rm -rf /var/lib/culvert/log
		sed -i 's,^  dir: /var/lib/culvert/log,&\n  segment_size: $1,; ${2:-}' /data/culvert/culvert.yaml
		systemctl start culvert-control culvert-dataplane"
}
# Lines of the console that match, since the test began.
vm_console() { grep -acE -- "$1" "$LAB_DIR/serial.log"; }
vm_console_is() { [ "$(vm_console "$1")" -ge "$2" ]; }

# vm_qmp JSON...: what the machine's hardware is told.
vm_qmp() {
	(cd "$LAB_DIR" && { printf '%s\n' '{"execute": "qmp_capabilities"}' "$@"; sleep 2; } | socat - UNIX-CONNECT:qmp.sock) >"$LAB_DIR/qmp.out" || return
	! grep '"error"' "$LAB_DIR/qmp.out"
}

# In place of the lab's own: check.sh ends with it.
lab_down() {
	local ns
	vm_kill
	for pid in "${LAB_PIDS[@]}"; do kill "$pid" 2>/dev/null; done
	for ns in dev plat mgmt box; do
		ip netns pids "$LAB-$ns" 2>/dev/null | xargs -r kill 2>/dev/null
		ip netns del "$LAB-$ns" 2>/dev/null
	done
	# The code is that of who calls.
	if [ -n "${LAB_KEEP:-}" ] || [ "$failures" -gt 0 ] || [ "${code:-0}" -ne 0 ]; then
		say "left for looking: $LAB_DIR/serial.log"
		rm -f "$LAB_DIR/disk.raw"
	else
		rm -rf "$LAB_DIR"
	fi
}

skip_unless_vm() {
	local missing
	missing=$(vm_missing | paste -sd, -)
	[ -z "$missing" ] || { say "SKIP: no $missing here"; exit 77; }
	mkdir -p "$LAB_DIR"
	trap 'exit 130' HUP INT TERM
}

# The machine's own command line, in place of this build's.
culvert() { vm culvert "$@"; }
