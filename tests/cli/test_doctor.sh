#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_doctor.sh CULVERT: culvert doctor on this machine, on interfaces made for it, and on a tree
# of proc and sys in which everything is wrong. What it says is held against what was set up.
set -euo pipefail
# shellcheck source=tests/cli/expect.sh
. "$(dirname "$0")/expect.sh"
culvert=$(realpath "$1")
in_work_folder

cat >node.yaml <<END
node: doctor-test
ports:
  - { name: wire, target: "af_xdp:cvdoc0", side: device }
  - { name: gone, target: "af_xdp:cvnone0", side: platform }
policy: policy.yaml
log: { dir: $work/log, segment_size: 1MiB, retain: { alarm: { size: 4MiB }, measurement: { size: 4MiB }, status: { size: 4MiB }, security: { size: 4MiB } } }
END

# state CHECK TEXT: the state of the finding whose text has TEXT
state() { jq -r --arg c "$1" --arg t "$2" '[.findings[] | select(.check == $c and (.text | contains($t)))][0].state' out; }
is() { # is STATE CHECK TEXT
	[ "$(state "$2" "$3")" = "$1" ] || { cat out; fail "$2 '$3' is $(state "$2" "$3"), expected $1"; }
}
# Whatever is not well has a remedy, but for what is only said.
remedies() {
	jq -e 'all(.findings[]; .state == "ok" or .remedy != "")' out >/dev/null || fail "a finding without a remedy"
}

# ---- this machine ---------------------------------------------------------------------------------
expect 1 "$culvert" doctor --jsno
says 'did you mean "--json"?'
expect 1 "$culvert" doctor file
expect 2 "$culvert" doctor --config nowhere.yaml
says nowhere.yaml
# No interface of that name: a problem.
expect 4 "$culvert" doctor --config node.yaml --json
is problem "port gone" "there is no interface cvnone0"
is ok kernel "$(uname -r)"
remedies
cpus=$(nproc --all)
[ "$cpus" -lt 2 ] || is ok processor "$cpus CPUs, the worker takes"
expect 4 "$culvert" doctor --config node.yaml
says "ip link lists the interfaces there are"
"$culvert" doctor --config node.yaml >/dev/full 2>err && fail "a full output is no output"
expect 0 "$culvert" doctor --help

# ---- a tree in which all is wrong -----------------------------------------------------------------
mkdir -p bad/proc/sys/kernel bad/proc/sys/net/core bad/proc/net bad/proc/irq/33 bad/proc/irq/34
cpu=bad/sys/devices/system/cpu
mkdir -p $cpu/cpu3/cpufreq bad/sys/devices/system/node/node0 bad/sys/devices/system/node/node1
mkdir -p bad/sys/devices/system/clocksource/clocksource0 bad/sys/class/net/cvdoc0/{queues/rx-{0..7},device}
printf 'model name\t: Old CPU\nflags\t\t: fpu sse2\n' >bad/proc/cpuinfo
echo 5.10.0-28-amd64 >bad/proc/sys/kernel/osrelease
echo 2 >bad/proc/sys/kernel/io_uring_disabled
echo 0 >bad/proc/sys/net/core/bpf_jit_enable
echo 'tmpfs /run tmpfs rw 0 0' >bad/proc/mounts
echo 'TCP  1' >bad/proc/net/protocols
printf 'HugePages_Total:   10\nHugepagesize:  2048 kB\n' >bad/proc/meminfo
echo 0-3 >$cpu/online
echo 1 >$cpu/isolated
echo powersave >$cpu/cpu3/cpufreq/scaling_governor
for irq in 33 34; do echo 2-3 >bad/proc/irq/$irq/effective_affinity_list; done
echo 'count 0' >bad/proc/irq/34/spurious
mkdir -p bad/sys/class/watchdog/watchdog0
echo iTCO_wdt >bad/sys/class/watchdog/watchdog0/identity
echo 60 >bad/sys/class/watchdog/watchdog0/timeout
echo inactive >bad/sys/class/watchdog/watchdog0/state
echo hpet >bad/sys/devices/system/clocksource/clocksource0/current_clocksource
echo 0-1 >bad/sys/devices/system/node/node0/cpulist
echo 2-3 >bad/sys/devices/system/node/node1/cpulist
echo 9000 >bad/sys/class/net/cvdoc0/mtu
echo 0 >bad/sys/class/net/cvdoc0/carrier
echo 0 >bad/sys/class/net/cvdoc0/device/numa_node
ln -s ../../../bus/drivers/e1000 bad/sys/class/net/cvdoc0/device/driver
expect 4 "$culvert" doctor --root bad --config node.yaml --json
is problem processor "no SSE 4.2"
is warning processor "time stamp counter stops"
is problem kernel "5.10.0-28-amd64 is older"
is problem io_uring "io_uring_disabled is 2"
is problem bpf "not below a bpffs"
is warning bpf "interpreted"
is problem af_xdp "no AF_XDP"
is warning hugepages "10 of 2048 kB"
is note numa "2 memory nodes"
is warning isolation "CPU 3"
is warning interrupts "1 interrupt come to the worker's CPU 3, the first is 33"
is warning frequency powersave
is warning "clock source" hpet
is note watchdog "iTCO_wdt is not in use"
is problem "port wire" "no carrier, driver e1000"
is problem "port wire" "8 queues"
is note "port wire" "MTU of cvdoc0 is 9000"
is warning "port wire" "memory node 0, the worker's CPU 3 is not"
remedies

# The same, put right: nothing is left to say of it.
printf 'model name\t: New CPU\nflags\t\t: fpu sse2 sse4_2 nonstop_tsc\n' >bad/proc/cpuinfo
echo 6.12.0 >bad/proc/sys/kernel/osrelease
echo 0 >bad/proc/sys/kernel/io_uring_disabled
echo 1 >bad/proc/sys/net/core/bpf_jit_enable
echo 'bpf /sys/fs/bpf bpf rw 0 0' >bad/proc/mounts
echo 'XDP  1' >bad/proc/net/protocols
printf 'HugePages_Total:   96\nHugepagesize:  2048 kB\n' >bad/proc/meminfo
echo active >bad/sys/class/watchdog/watchdog0/state
echo 2-3 >$cpu/isolated
echo performance >$cpu/cpu3/cpufreq/scaling_governor
echo 0-1 >bad/proc/irq/33/effective_affinity_list
echo tsc >bad/sys/devices/system/clocksource/clocksource0/current_clocksource
rm -r bad/sys/devices/system/node/node1 bad/sys/class/net/cvdoc0/queues/rx-[1-7]
echo 0-3 >bad/sys/devices/system/node/node0/cpulist
echo 1500 >bad/sys/class/net/cvdoc0/mtu
echo 1 >bad/sys/class/net/cvdoc0/carrier
sed -i '/gone/d' node.yaml
expect 0 "$culvert" doctor --root bad --config node.yaml --json
jq -e '.state == "ok"' out >/dev/null || { cat out; fail "something is still wrong"; }
is ok watchdog "iTCO_wdt, 60 s"
# The appliance's way: systemd's slices are kept off the CPU.
echo >$cpu/isolated
for slice in system.slice user.slice init.scope; do
	mkdir -p bad/sys/fs/cgroup/$slice
	echo 0-2 >bad/sys/fs/cgroup/$slice/cpuset.cpus.effective
done
expect 0 "$culvert" doctor --root bad --config node.yaml --json
[ "$(state isolation "all other programs are kept off")" = ok ] || fail "$(cat out)"
echo 0-3 >bad/sys/fs/cgroup/user.slice/cpuset.cpus.effective
expect 0 "$culvert" doctor --root bad --config node.yaml --json
[ "$(state isolation "other programs may run")" = warning ] || fail "$(cat out)"
echo 2-3 >$cpu/isolated
rm -r bad/sys/class/watchdog
expect 0 "$culvert" doctor --root bad --config node.yaml --json
is note watchdog "there is none"
remedies
echo garbage >bad/sys/class/net/cvdoc0/mtu
: >bad/proc/cpuinfo
expect 4 "$culvert" doctor --root bad --config node.yaml

# ---- cards of pci ports ---------------------------------------------------------------------------
cat >cards.yaml <<END
node: doctor-test
ports: [ { name: wire, target: "pci:03:00.0", peer: far }, { name: far, target: "pci:04:00.0", peer: wire } ]
policy: policy.yaml
END
pci=bad/sys/bus/pci/devices
mkdir -p $pci/0000:03:00.0 $pci/0000:05:00.0 bad/sys/devices/system/node/node0
printf 'model name\t: New CPU\nflags\t\t: fpu sse2 sse4_2 nonstop_tsc\n' >bad/proc/cpuinfo
for card in 0000:03:00.0 0000:05:00.0; do echo 0x020000 >$pci/$card/class; done
ln -s ../../drivers/igb $pci/0000:03:00.0/driver
echo 0 >$pci/0000:03:00.0/numa_node
echo 0-1 >bad/sys/devices/system/node/node0/cpulist
expect 4 "$culvert" doctor --root bad --config cards.yaml --json
is note "port wire" "card 0000:03:00.0 is with the kernel's driver igb"
is problem "port wire" "no IOMMU"
is warning "port wire" "0000:03:00.0 is at memory node 0, the worker's CPU 3 is not"
is problem "port far" "there is no PCI device 0000:04:00.0"
says "0000:03:00.0 (igb)"
says "0000:05:00.0 (none)"
remedies
sed -i 's/"pci:03:00.0"/&, iommu: optional/; s/04:00.0/05:00.0/' cards.yaml
echo 0x030000 >$pci/0000:05:00.0/class
expect 4 "$culvert" doctor --root bad --config cards.yaml --json
is warning "port wire" "can write to all memory"
is problem "port far" "no network card (class 0x030000)"
echo 0x020000 >$pci/0000:05:00.0/class
echo 0-3 >bad/sys/devices/system/node/node0/cpulist
for card in 0000:03:00.0 0000:05:00.0; do
	ln -sfn ../../drivers/vfio-pci $pci/$card/driver
	ln -sfn ../../../kernel/iommu_groups/7 $pci/$card/iommu_group
done
expect 0 "$culvert" doctor --root bad --config cards.yaml --json
is ok "port wire" "is with driver vfio-pci"
is ok "port wire" "an IOMMU confines the card (group 7)"
is ok "port wire" "0000:03:00.0 is at memory node 0, as is the worker's CPU 3"
# VFIO makes a group of its own for a card that nothing confines.
mkdir -p bad/sys/kernel/iommu_groups/7
echo vfio-noiommu >bad/sys/kernel/iommu_groups/7/name
expect 4 "$culvert" doctor --root bad --config cards.yaml --json
is warning "port wire" "can write to all memory"
is problem "port far" "it is not taken"

# ---- real interfaces ------------------------------------------------------------------------------
ns=cvdoc$$
if [ "$(id -u)" -ne 0 ] || ! ip netns add $ns 2>/dev/null; then
	printf '%d checks, without interfaces: no network namespaces here\n' "$checks"
	exit
fi
trap 'ip netns del $ns; leave_work_folder' EXIT
ip -n $ns link add cvdoc0 numrxqueues 4 numtxqueues 4 type veth peer name cvdoc1
expect 4 ip netns exec $ns "$culvert" doctor --config node.yaml --json
is problem "port wire" "driver veth"
ip -n $ns link set cvdoc0 up
ip -n $ns link set cvdoc1 up
expect 4 ip netns exec $ns "$culvert" doctor --config node.yaml --json
is problem "port wire" "4 queues"
# Whether this kernel's veth has zero-copy is the kernel's to say; that it said it, ours.
jq -e '[.findings[] | select(.check == "port wire" and (.text | test("copy mode|zero-copy")))] | length == 1' out \
	>/dev/null || fail "neither copy nor zero-copy"
# The remedy is right.
ip netns exec $ns ethtool -L cvdoc0 rx 1 tx 1
expect 4 ip netns exec $ns "$culvert" doctor --config node.yaml --json # /sys/fs/bpf is hidden there
is ok "port wire" "one queue"
printf '%d checks\n' "$checks"
