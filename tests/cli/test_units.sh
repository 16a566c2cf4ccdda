#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_units.sh BUILD APPLIANCE: the appliance's units of provisioning and network, as systemd runs them:
# order, sandbox, path unit and the programs they call. A systemd of its own, in namespaces of its own, over
# this machine's files; what it writes is thrown away. The appliance itself is tests/vm's.
set -uo pipefail
BUILD=$(realpath "$1") APPLIANCE=$(realpath "$2")
skip() { echo "SKIP: $*"; exit 77; }
[ "$(id -u)" -eq 0 ] && unshare -mnpuiC --fork true 2>/dev/null || skip "not root, or no namespaces"
for program in /usr/lib/systemd/systemd dbus-daemon networkctl python3 mkfs.ext4 losetup; do
	command -v $program >/dev/null || [ -x $program ] || skip "no $program"
done
DIR=$(mktemp -d)
leave() {
	losetup -nO NAME,BACK-FILE | awk '$2 ~ /\/cvunits-[a-z]*.img/ { print $1 }' | xargs -r losetup -d
	rm -rf --one-file-system "$DIR"
}
trap leave EXIT
cat >"$DIR/begin.sh" <<'END'
#!/bin/bash
# In the namespaces: a root folder over the machine's, with the appliance's units, and systemd in it.
set -e
DIR=$1 BUILD=$2 APPLIANCE=$3 R=$1/root
mount --make-rprivate /
mkdir -p "$DIR/layers" "$R"
mount -t tmpfs tmpfs "$DIR/layers"
mkdir "$DIR/layers/up" "$DIR/layers/work"
mount -t overlay overlay -o "lowerdir=/,upperdir=$DIR/layers/up,workdir=$DIR/layers/work" "$R"
ip link set lo up
ip link add eth0 type veth peer name far
ip link set far up
rm -rf "$R"/etc/systemd/system
mkdir -p "$R"/etc/systemd/system/{sysinit,multi-user}.target.wants "$R"/data/{culvert,var} "$R/opt/build" "$R/opt/out"
cp -R "$APPLIANCE/root/usr/lib/." "$R/usr/lib/"
units=$R/usr/lib/systemd/system
# Debian 12 has neither, and the image's own answer to a failed start is a reboot.
sed -i '/^ImportCredential/d' "$units"/culvert-*.service
rm -rf "$units/emergency.service"
# The machine's watchdog is not for a systemd that is killed.
rm -rf "$R/usr/lib/systemd/system.conf.d"
mount --bind "$BUILD" "$R/opt/build"
mount --bind "$DIR/out" "$R/opt/out"
printf '#!/bin/sh\nexec /opt/build/control/cli/culvert "$@"\n' >"$R/usr/bin/culvert"
chmod 755 "$R/usr/bin/culvert"
ln -sfn /data/culvert "$R/etc/culvert"
mkdir -p "$R/usr/share/culvert/factory"
printf 'node: factory\nports: [ { name: a, target: "pcap:x.pcap" } ]\n' >"$R/usr/share/culvert/factory/culvert.yaml"
echo 'default: { ip: allow }' >"$R/usr/share/culvert/factory/policy.yaml"
own=$R/etc/systemd/system
for unit in culvert-host.service culvert-host.path culvert-provision.service; do ln -s /usr/lib/systemd/system/$unit "$own/sysinit.target.wants/"; done
ln -s /usr/lib/systemd/system/systemd-networkd.service "$own/multi-user.target.wants/"
# A getty hangs up the terminal, and with it who holds it.
for unit in culvert-grow culvert-access console-getty ssh systemd-logind systemd-journal-flush systemd-update-utmp systemd-udevd systemd-udev-trigger; do
	ln -sf /dev/null "$own/$unit.service"
done
ln -s /usr/lib/systemd/system/multi-user.target "$own/default.target"
cat >"$own/checks.service" <<-'UNIT'
	[Unit]
	After=multi-user.target
	[Service]
	Type=oneshot
	ExecStart=/bin/bash /opt/out/checks.sh
	StandardOutput=file:/opt/out/checks.out
	StandardError=file:/opt/out/checks.out
UNIT
ln -s /etc/systemd/system/checks.service "$own/multi-user.target.wants/"
: >"$R/etc/fstab"
mount -t proc proc "$R/proc"
mount -t sysfs -o ro sysfs "$R/sys"
mount -t tmpfs tmpfs "$R/sys/fs/cgroup" 2>/dev/null || true
mount -t cgroup2 cgroup2 "$R/sys/fs/cgroup"
console=$(tty)
mount -t tmpfs -o mode=755 tmpfs "$R/dev"
for node in null zero full random urandom tty loop-control loop0 loop1 loop2 loop3 loop4 loop5 loop6 loop7; do cp -a /dev/$node "$R/dev/"; done
mkdir "$R/dev/pts" "$R/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$R/dev/pts"
ln -s pts/ptmx "$R/dev/ptmx"
ln -s /proc/self/fd "$R/dev/fd"
touch "$R/dev/console"
mount --bind "$console" "$R/dev/console"
for folder in run tmp; do mount -t tmpfs -o mode=1777 tmpfs "$R/$folder"; done
exec chroot "$R" /usr/bin/env -i container=lxc /usr/lib/systemd/systemd --system --log-target=console --show-status=1
END
mkdir "$DIR/out"
cat >"$DIR/out/checks.sh" <<'END'
failures=0 checks=0
check() { checks=$((checks + 1)); "${@:2}" >/dev/null 2>&1 || { echo "FAILED: $1: ${*:2}"; failures=$((failures + 1)); }; }
wait_for() { local end=$((SECONDS + $1)); shift; until "$@"; do [ $SECONDS -lt $end ] || return 1; sleep 0.2; done; }
has() { [[ $(ip -o addr show dev eth0) == *" $1 "* ]]; }
has_not() { ! has "$1"; }
is() { [ "$(systemctl show -P "$2" "$1")" = "$3" ]; }
ended_well() { is "$1" Result success && is "$1" ActiveState inactive && is "$1" ExecMainStatus 0; }
said() { journalctl -q --no-pager -o cat -u "$1" | grep -q "$2"; }
force() { cat >/run/culvert/fresh && mv /run/culvert/fresh /run/culvert/in-force.yaml; }

check "provisioning ended well" ended_well culvert-provision.service
check "the machine was set" ended_well culvert-host.service
check "before the network" test "$(systemctl show -P ExecMainExitTimestampMonotonic culvert-host.service)" -lt "$(systemctl show -P ExecMainStartTimestampMonotonic systemd-networkd.service)"
check "provisioning before that" test "$(systemctl show -P ExecMainExitTimestampMonotonic culvert-provision.service)" -le "$(systemctl show -P ExecMainStartTimestampMonotonic culvert-host.service)"
check "the factory's configuration is there" grep -q factory /data/culvert/culvert.yaml
check "the path is watched" wait_for 20 is culvert-host.path SubState waiting
# What control leaves there is followed, and followed back.
mkdir -p /run/culvert
{ cat /data/culvert/culvert.yaml; echo 'network: { interfaces: [ { name: eth0, addresses: [ { address: 10.9.0.2/24 } ] } ] }'; } | force
check "another configuration: its address is set" wait_for 30 has 10.9.0.2/24
check "that ended well" wait_for 20 ended_well culvert-host.service
force </data/culvert/culvert.yaml
check "back: it is gone" wait_for 30 has_not 10.9.0.2/24
check "that ended well" wait_for 20 ended_well culvert-host.service
# A stick.
mkdir -p /tmp/good/culvert /tmp/bad/culvert
echo 'junk:' >/tmp/bad/culvert/node.yaml
printf 'node: given\nports: [ { name: a, target: "pcap:x.pcap" } ]\n' >/tmp/good/culvert/node.yaml
stick() {
	local file=/tmp/cvunits-$1.img
	truncate -s 4M "$file" && mkfs.ext4 -q -L CULVERT -d "/tmp/$1" "$file" && losetup --find --show "$file"
}
device=$(stick bad)
systemctl start culvert-provision.service
check "garbage is told" said culvert-provision.service 'unknown setting "junk"'
check "and changes nothing" grep -q factory /data/culvert/culvert.yaml
losetup -d "$device"
device=$(stick good)
systemctl start culvert-provision.service
check "a good one is taken" grep -q given /data/culvert/culvert.yaml
check "said so" said culvert-provision.service "provisioned from $device: 1 files"
losetup -d "$device"
# What programs tell (docs/operator/messages.md).
systemd-run -q --wait /opt/build/tests/unit/control/test_journal "told by its id"
check "a message is found by its id" wait_for 10 sh -c 'journalctl -q -o cat MESSAGE_ID=a85b36f39cff4ceaaced677f970bab66 | grep -qx "told by its id"'
check "errors are errors" sh -c 'journalctl -q -o cat -p err | grep -qx "told by its id"'
check "warnings are warnings" sh -c 'journalctl -q -o cat -p warning..warning | grep -qx "without an id"'
systemctl start culvert-update.service
check "nobody to ask" said culvert-update.service 'update.url is not set'
check "that ended well" ended_well culvert-update.service
[ $failures = 0 ] || { systemctl --no-pager --failed; journalctl -q --no-pager -u 'culvert-*' | tail -n 40; }
echo "$checks checks, $failures failed"
[ $failures = 0 ] && touch /opt/out/well
touch /opt/out/done
END
# A terminal of its own: systemd wants one for its console.
python3 - "$DIR" "$BUILD" "$APPLIANCE" <<'END'
import os, pty, select, signal, sys, time

folder = sys.argv[1]
# Held open here, too: between two who write to it a terminal that nobody has would end.
fd, end_of_theirs = pty.openpty()
pid = os.fork()
if pid == 0:
    os.close(fd)
    os.login_tty(end_of_theirs)
    os.execvp("unshare", ["unshare", "-mnpuiC", "--fork", "--kill-child", "bash", folder + "/begin.sh"] + sys.argv[1:])
end = time.time() + 180
with open(folder + "/console", "wb") as console:
    while time.time() < end and not os.path.exists(folder + "/out/done"):
        if select.select([fd], [], [], 0.2)[0]:
            console.write(os.read(fd, 65536))
            console.flush()
        elif os.waitpid(pid, os.WNOHANG) != (0, 0):
            sys.exit()
os.kill(pid, signal.SIGKILL)
os.waitpid(pid, 0)
END
[ -e "$DIR/out/done" ] || { tail -n 40 "$DIR/console"; grep -q 'Reached target' "$DIR/console" || skip "systemd does not start in namespaces here"; }
cat "$DIR/out/checks.out"
[ -e "$DIR/out/well" ]
