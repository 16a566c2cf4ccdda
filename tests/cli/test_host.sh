#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_host.sh CULVERT APPLIANCE: what `culvert config host` writes is what its readers take: a real
# systemd-networkd sets the addresses, and those before them when the configuration goes back; OpenSSH reads
# the keys, and chrony, where it is there, the servers.
set -uo pipefail
NETWORKD=/lib/systemd/systemd-networkd
[ -x $NETWORKD ] && command -v dbus-daemon networkctl >/dev/null || { echo "SKIP: no systemd-networkd, or no D-Bus"; exit 77; }
[ "$(id -u)" -eq 0 ] && unshare -mn true 2>/dev/null || { echo "SKIP: not root, or no namespaces"; exit 77; }
[ -n "${HOST_NS:-}" ] || HOST_NS=1 exec unshare -mn "$0" "$@"
# shellcheck source=tests/cli/tally.sh
. "$(dirname "$0")/tally.sh"
CULVERT=$(realpath "$1") APPLIANCE=$(realpath "$2")
DIR=$(mktemp -d)
PIDS=()
leave() {
	[ ${#PIDS[@]} = 0 ] || { kill "${PIDS[@]}"; wait "${PIDS[@]}"; } 2>/dev/null
	rm -rf "$DIR"
}
trap leave EXIT
at_loss() { tail -n 8 "$DIR/networkd.out"; ip -o addr show dev eth0; }
wait_for() { # wait_for SECONDS COMMAND...
	local deadline=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $deadline ] || return 1
		sleep 0.1
	done
}
# A /run of the test's own, and devices that need no udev: networkd takes read-only /sys for a container.
mount --make-rprivate /
mount -t tmpfs tmpfs /run
mount -t sysfs -o ro sysfs /sys
mkdir -p /run/systemd/network /run/systemd/netif/{links,leases,lldp} /run/dbus
chown -R systemd-network:systemd-network /run/systemd/netif
echo lxc >/run/systemd/container
ip link set lo up
ip link add eth0 type veth peer name far
ip link set far up
# What the image has.
cp "$APPLIANCE/root/usr/lib/systemd/network/80-management.network" /run/systemd/network/
dbus-daemon --system --nofork --nopidfile --address=unix:path=/run/dbus/system_bus_socket >"$DIR/dbus.out" 2>&1 &
PIDS+=($!)
wait_for 20 test -S /run/dbus/system_bus_socket || { echo "SKIP: no bus"; cat "$DIR/dbus.out"; exit 77; }
KEY=$(ssh-keygen -q -t ed25519 -N '' -C anna@desk -f "$DIR/key" && cat "$DIR/key.pub")
cat >"$DIR/plain.yaml" <<-'END'
	node: n
	ports: [ { name: a, target: "pcap:x.pcap" } ]
END
cat "$DIR/plain.yaml" - >"$DIR/full.yaml" <<-END
	network:
	  interfaces: [ { name: eth0, addresses: [ { address: 10.9.0.2/24 }, { address: "fd00:9::2/64" } ], gateway: 10.9.0.1, gateway6: "fe80::1" } ]
	time: { servers: [ { server: ntp.example }, { server: 10.9.0.1, nts: true } ] }
	users: [ { name: anna, keys: [ { key: "$KEY" } ] } ]
END
host() { "$CULVERT" config host "$DIR/$1.yaml"; }
has() { [[ $(ip -o addr show dev eth0) == *" $1 "* ]]; }
has_not() { ! has "$1"; }

check "nothing asked for" host plain
SYSTEMD_LOG_TARGET=console $NETWORKD >"$DIR/networkd.out" 2>&1 &
PIDS+=($!)
check "networkd is on the bus" wait_for 20 networkctl status eth0
says_reload() { "$CULVERT" config host "$DIR/full.yaml" --root "$DIR/root" | grep -qx 'would run: networkctl reload'; }
check "the command that is to follow" says_reload
reload() { networkctl reload; }
has_link_local() { [ -n "$(ip -o -6 addr show dev eth0 scope link)" ]; }
check "eth0 is up as the image has it" wait_for 20 has_link_local
check "addresses asked for" host full
check "networkd is told" reload
check "they are set" wait_for 20 has 10.9.0.2/24
check "of both families" wait_for 20 has fd00:9::2/64
has_route() { [[ $(ip "$1" route show default) == *"via $2 dev eth0"* ]]; }
check "the router is" wait_for 20 has_route -4 10.9.0.1
check "of both families" wait_for 20 has_route -6 fe80::1
check "the same again" host full
equal "changes nothing" "0 written, 0 removed, 4 as they were" "$(host full)"
check "gone back to" host plain
check "networkd is told" reload
check "the addresses are gone" wait_for 20 has_not 10.9.0.2/24
check "of both families" wait_for 20 has_not fd00:9::2/64
check "no SSH" test ! -e /run/culvert-host/authorized_keys -a ! -e /run/culvert-host/ssh-enabled

check "once more" host full
keys_read() { ssh-keygen -l -f /run/culvert-host/authorized_keys | grep -q 'anna@desk (ED25519)'; }
check "OpenSSH reads the keys" keys_read
if command -v sshd >/dev/null; then
	sed -e "s,/data/ssh/ssh_host_ed25519_key,$DIR/key," "$APPLIANCE/root/etc/ssh/sshd_config.d/culvert.conf" >"$DIR/sshd.conf"
	mkdir -p /run/sshd
	check "the server takes its settings" "$(command -v sshd)" -t -f "$DIR/sshd.conf"
else
	say "no sshd: its settings are not tried"
fi
if command -v chronyd >/dev/null; then
	sed "s,/var/lib/chrony,$DIR,; s,/var/log/chrony,$DIR," "$APPLIANCE/root/etc/chrony/chrony.conf" >"$DIR/chrony.conf"
	servers_read() { chronyd -p -f /run/chrony-dhcp/culvert.sources | grep -q 'server ntp.example iburst'; }
	check "chrony takes the servers" servers_read
	check "and its settings" chronyd -p -f "$DIR/chrony.conf"
else
	say "no chronyd: its settings are not tried"
fi
finish
