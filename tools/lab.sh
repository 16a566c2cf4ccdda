# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# The lab: devices and a platform in network namespaces of their own, Culvert inline between them.
# Sourced by tools/run and by the end-to-end tests; needs root. Everything it makes carries the
# prefix $LAB, and lab_down removes all of it.
#
#   $LAB-dev: dev0 10.77.1.1 ── cva │ $LAB-box: Culvert │ cvb ── plat0 10.77.2.1 :$LAB-plat

: "${LAB:=cv$$}"
: "${LAB_BUILD:=$CV_ROOT/build}"
LAB_DIR=${LAB_DIR:-/tmp/culvert-$LAB}
DEV_IP=10.77.1.1 PLAT_IP=10.77.2.1
DEV_IP6=fd77::1:1 PLAT_IP6=fd77::2:1
LAB_PIDS=()
# Before the node's own programs; empty where there are no namespaces.
LAB_BOX=(nsenter "--net=/run/netns/$LAB-box" --)
CONTROL_PID="" DATAPLANE_PID=""
# Before every part: Ctrl-C is for the script, which then ends the parts in order; and no part
# outlives a script that was killed. Both execute in place: $! is the part itself.
LAB_PART=(setsid setpriv --pdeathsig TERM --)
# What control is started with, such as nice.
LAB_CONTROL=()

# `ip netns exec` would hide /sys/fs/bpf, and with it every pin.
in_ns() { local ns=$1; shift; nsenter --net="/run/netns/$LAB-$ns" -- "$@"; }

# wait_for SECONDS WHAT COMMAND...: poll until the command succeeds.
wait_for() {
	local deadline=$((SECONDS + $1)) what=$2
	shift 2
	until "$@" >/dev/null 2>&1; do
		if [ $SECONDS -ge "$deadline" ]; then
			say "timed out waiting for $what" >&2
			return 1
		fi
		sleep 0.05
	done
}

# What this machine lacks for the lab, one line each; empty when nothing.
lab_missing() {
	[ "$(id -u)" -eq 0 ] || { say "root privilege"; return; }
	ip netns add "$LAB-x" 2>/dev/null || say "network namespaces"
	ip netns del "$LAB-x" 2>/dev/null
	ip link add "$LAB-x0" type veth peer name "$LAB-x1" 2>/dev/null || say "veth interfaces"
	ip link del "$LAB-x0" 2>/dev/null
	# Without it the wires' offloads stay on, and frames without checksums are dropped unseen.
	command -v ethtool >/dev/null || say "ethtool"
	bpftool prog show >/dev/null 2>&1 || say "the bpf() system call"
	# systemd mounts it; a machine may have another init.
	[ "$(stat -f -c %T /sys/fs/bpf 2>/dev/null)" = bpf_fs ] || mount -t bpf bpf /sys/fs/bpf 2>/dev/null ||
		say "a BPF file system at /sys/fs/bpf"
	python3 -c 'import socket; socket.socket(44, socket.SOCK_RAW, 0)' 2>/dev/null || say "AF_XDP sockets"
}

lab_join() { # lab_join NS INNER BOX-SIDE IPv4 IPv6
	ip netns add "$LAB-$1"
	ip link add "$2" netns "$LAB-$1" type veth peer name "$3" netns "$LAB-box"
	# Without a broadcast address libcoap 4.3.4 takes the interface's own for one, and is silent.
	ip -n "$LAB-$1" addr add "$4/16" brd + dev "$2"
	ip -n "$LAB-$1" addr add "$5/32" dev "$2" nodad
	# A veth end hands over frames without checksums and larger than its MTU unless told not to;
	# a real NIC would have finished both. GRO switches its NAPI on, which XDP's redirect into the
	# other end needs (on_dataplane_loss: forward).
	in_ns "$1" ethtool -K "$2" tx off rx off tso off gso off gro on txvlan off rxvlan off >/dev/null 2>&1
	ip -n "$LAB-$1" link set lo up
	ip -n "$LAB-$1" link set "$2" up
	in_ns box ethtool -K "$3" txvlan off rxvlan off >/dev/null 2>&1
	in_ns box sysctl -qw "net.ipv6.conf.$3.disable_ipv6=1"
	ip -n "$LAB-box" link set "$3" up
}

lab_up() {
	mkdir -p "$LAB_DIR"
	ip netns add "$LAB-box" || return 1
	ip -n "$LAB-box" link set lo up
	lab_join dev dev0 cva "$DEV_IP" "$DEV_IP6"
	lab_join plat plat0 cvb "$PLAT_IP" "$PLAT_IP6"
}

# forget_logs DIR: what controls that were killed have left in shared memory of the logs below it.
forget_logs() {
	local log
	for log in "$1"/log*/; do
		[ ! -d "$log" ] || stat -c '%d %i' "$log" | xargs printf '/dev/shm/culvert-log-%x-%x\n' | xargs rm -f
	done
}

lab_down() {
	local pid ns
	for pid in "${LAB_PIDS[@]}" $DATAPLANE_PID; do kill "$pid" 2>/dev/null; done
	[ -n "$DATAPLANE_PID" ] && wait "$DATAPLANE_PID" 2>/dev/null
	[ -n "$CONTROL_PID" ] && kill "$CONTROL_PID" 2>/dev/null && wait "$CONTROL_PID" 2>/dev/null
	for pid in "${LAB_PIDS[@]}"; do kill -9 "$pid" 2>/dev/null; done
	for ns in dev plat box; do
		# A part that forks for each connection may have left some behind.
		ip netns pids "$LAB-$ns" 2>/dev/null | xargs -r kill -9 2>/dev/null
		ip netns del "$LAB-$ns" 2>/dev/null
	done
	rm -rf "/sys/fs/bpf/$LAB"
	forget_logs "$LAB_DIR"
	if [ -n "${LAB_KEEP:-}" ]; then touch "$LAB_DIR/kept"; else rm -rf "$LAB_DIR"; fi
}

# Remove what runs of tools/run left that were killed: theirs is the process id in the name.
lab_sweep() {
	local dir lab ns
	for dir in /tmp/culvert-cv[0-9]*; do
		lab=${dir##*/culvert-}
		[ -O "$dir" ] && [ ! -e "$dir/kept" ] && [ ! -e "/proc/${lab#cv}" ] || continue
		for ns in dev plat box; do
			# A program that changed its user (mosquitto) did not get the death signal.
			ip netns pids "$lab-$ns" 2>/dev/null | xargs -r kill
			ip netns del "$lab-$ns" 2>/dev/null
		done
		forget_logs "$dir"
		rm -rf "/sys/fs/bpf/$lab" "$dir"
	done
}

# lab_spawn NAME NS COMMAND...: start a long-lived part, its output in $LAB_DIR/NAME.out.
lab_spawn() {
	local name=$1 ns=$2
	shift 2
	"${LAB_PART[@]}" nsenter --net="/run/netns/$LAB-$ns" -- "$@" >"$LAB_DIR/$name.out" 2>&1 </dev/null &
	LAB_PIDS+=($!)
}

lab_config() { # lab_config [ON-LOSS]: write the node's configuration and policy
	cat >"$LAB_DIR/policy.yaml" <<-END
		default: { ip: drop, non_ip: allow, inspect: true }
		groups:
		  sensors: [10.77.1.0/24, "fd77::1:0/112"]
		  platform: [10.77.2.0/24, "fd77::2:0/112"]
		services: { coap: udp/5683, mqtt: tcp/1883, modbus: tcp/502, hj212: tcp/9212, ping: icmp, ping6: icmpv6, web: tcp/8080, load: udp/9999 }
		rules:
		  - { id: 10, from: sensors, to: platform, service: [coap, mqtt, hj212], action: allow, inspect: true }
		  - { id: 20, from: platform, to: sensors, service: [coap, modbus], action: allow, inspect: true }
		  - { id: 30, from: any, to: any, service: [ping, ping6], action: allow, inspect: false }
		  - { id: 40, from: platform, to: sensors, service: web, action: allow, inspect: true }
		  - { id: 50, from: sensors, to: platform, service: load, action: allow, inspect: true, rate: { packets: 5000/s, burst: 200ms } }
	END
	cat >"$LAB_DIR/culvert.yaml" <<-END
		node: $LAB-node
		ports:
		  - { name: devices, target: "af_xdp:cva", side: device, peer: platform, on_dataplane_loss: ${1:-forward} }
		  - { name: platform, target: "af_xdp:cvb", side: platform, peer: devices, on_dataplane_loss: ${1:-forward} }
		policy: policy.yaml
		log: { dir: $LAB_DIR/log, segment_size: 16MiB }
		api: { socket: $LAB_DIR/control.sock, listen: "127.0.0.1:8480" }
		link: { socket: $LAB_DIR/dataplane.sock }
		bpf: { pin_dir: /sys/fs/bpf/$LAB }
		dataplane: { flush: ${LAB_FLUSH:-1ms} }
		decode:
		  modbus:
		    registers:
		      - { unit: 1, table: holding, address: 0, type: s16, scale: 0.02, name: weather.temperature, unit_name: Cel }
		      - { unit: 1, table: holding, address: 1, type: u16, scale: 0.05, name: weather.humidity, unit_name: "%RH" }
	END
}

# A program that gave up need not be waited for.
ended_or() { [ ! -e "/proc/$1" ] || "${@:2}"; }

control_start() {
	# Not in_ns: $! must be the program, not a shell around it.
	"${LAB_CONTROL[@]}" "${LAB_PART[@]}" "${LAB_BOX[@]}" "$LAB_BUILD/control/culvert-control" --config "$LAB_DIR/culvert.yaml" \
		>>"$LAB_DIR/control.out" 2>&1 </dev/null &
	CONTROL_PID=$!
	wait_for 60 "culvert-control" ended_or "$CONTROL_PID" culvert status --json &&
		culvert status --json >/dev/null 2>&1 || { tail -n 20 "$LAB_DIR/control.out" >&2; return 1; }
}

dataplane_start() {
	"${LAB_PART[@]}" "${LAB_BOX[@]}" "$LAB_BUILD/dataplane/culvert-dataplane" --link "$LAB_DIR/dataplane.sock" \
		--pin-dir "/sys/fs/bpf/$LAB" "$@" >>"$LAB_DIR/dataplane.out" 2>&1 </dev/null &
	DATAPLANE_PID=$!
	wait_for 30 "culvert-dataplane" ended_or "$DATAPLANE_PID" dataplane_attached &&
		dataplane_attached >/dev/null || { tail -n 20 "$LAB_DIR/dataplane.out" >&2; return 1; }
}

dataplane_attached() { culvert status --json | jq -e '.dataplane.attached == true'; }

culvert() { "$LAB_BUILD/control/cli/culvert" --socket "$LAB_DIR/control.sock" "$@"; }

# The real devices and platforms, long-lived ones.
# Debian tells the builds of libcoap apart by TLS library.
COAP_CLIENT=$(command -v coap-client coap-client-notls coap-client-openssl | head -n 1)
COAP_SERVER=$(command -v coap-server coap-server-notls coap-server-openssl | head -n 1)

lab_parts() {
	local t=$LAB_BUILD/tests
	cat >"$LAB_DIR/mosquitto.conf" <<-END
		listener 1883
		allow_anonymous true
		persistence false
	END
	lab_spawn mosquitto plat mosquitto -c "$LAB_DIR/mosquitto.conf"
	lab_spawn coap-platform plat "$COAP_SERVER" -A "$PLAT_IP" -d 100
	lab_spawn coap-device dev "$COAP_SERVER" -A "$DEV_IP" -d 100
	lab_spawn modbus-device dev "$t/netns/modbus_server" 502
	wait_for 10 mosquitto in_ns plat mosquitto_pub -h "$PLAT_IP" -t ready -n
}
