# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# For the tests of the host's firewall: a node in a namespace of its own with a neighbour on each of
# its interfaces, no XDP anywhere. Sourced behind check.sh.
#
#   box (the node)  lan0 ── free, cut4, cut6, cutmac, mgmt: one interface each; sen0 ── sensor
#
# The neighbour NAME is 10.66.I.1 and fd66:I::1, the node on its interface 10.66.I.2 and fd66:I::2.

FW_NEIGHBOURS=(free cut4 cut6 cutmac mgmt sensor)

fw_index() {
	local i
	for i in "${!FW_NEIGHBOURS[@]}"; do [ "${FW_NEIGHBOURS[i]}" != "$1" ] || echo "$i"; done
}

fw_up() {
	local name i
	mkdir -p "$LAB_DIR/log"
	ip netns add "$LAB-box" && ip -n "$LAB-box" link set lo up || return 1
	for name in "${FW_NEIGHBOURS[@]}"; do
		i=$(fw_index "$name")
		ip netns add "$LAB-$name"
		ip link add up0 netns "$LAB-$name" address "02:66:00:00:00:0$i" type veth \
			peer name "if-$name" netns "$LAB-box" || return 1
		ip -n "$LAB-$name" addr add "10.66.$i.1/24" dev up0
		ip -n "$LAB-$name" addr add "fd66:$i::1/64" dev up0 nodad
		ip -n "$LAB-box" addr add "10.66.$i.2/24" dev "if-$name"
		ip -n "$LAB-box" addr add "fd66:$i::2/64" dev "if-$name" nodad
		ip -n "$LAB-$name" link set up0 up
		ip -n "$LAB-box" link set "if-$name" up
		ip -n "$LAB-$name" route add default via "10.66.$i.2"
	done
	in_ns box sysctl -qw net.ipv4.ip_forward=1
}

# In the place of the lab's own: other namespaces.
lab_down() {
	local pid name
	for pid in "${LAB_PIDS[@]}"; do kill "$pid" 2>/dev/null; done
	for name in box "${FW_NEIGHBOURS[@]}"; do ip netns del "$LAB-$name" 2>/dev/null; done
	if [ -n "${LAB_KEEP:-}" ]; then touch "$LAB_DIR/kept"; else rm -rf "$LAB_DIR"; fi
}

# fw_config NAME PORT OTHERS: a configuration with a log folder, and so a list, of its own.
fw_config() {
	mkdir -p "$LAB_DIR/log-$1"
	cat >"$LAB_DIR/$1.yaml" <<-END
		node: $LAB-node
		ports: [ { name: sensor, target: "af_xdp:if-sensor" } ]
		log: { dir: $LAB_DIR/log-$1 }
		firewall:
		  enabled: true
		  others: $3
		  management:
		    - { port: tcp/$2, from: 10.66.4.0/24 }
		    - { port: tcp/$2, from: "fd66:4::/64", address: "fd66:4::2" }
		    - { port: tcp/$2, from: 10.66.5.1 }
	END
}

# firewall, quarantine: as typed on the node, with a configuration.
firewall() { in_ns box "$LAB_BUILD/control/cli/culvert" firewall "$@"; }
quarantine() { in_ns box "$LAB_BUILD/control/cli/culvert" quarantine "$@"; }

# count COUNTER: packets of it.
count() { firewall show --json | jq --arg name "$1" '(.input + .forward)[$name].packets'; }

# fw_table: the node's table without what moves, to compare. fw_others: every other table.
fw_table() {
	in_ns box nft -j list table inet culvert 2>/dev/null |
		jq -cS '.nftables | map(del(.[].handle, .[].packets, .[].bytes, .metainfo))
			| map(if .set.elem then .set.elem |= sort else . end)'
}
fw_others() {
	in_ns box nft -j list ruleset | jq -cS '.nftables | map(select((to_entries[0].value
		| [.family, .table // .name]) != ["inet", "culvert"]))'
}

# The others of each chain add up to its total: every packet in one place.
fw_ledger() {
	check "every packet is counted in one place" jq -e '
		(.input.input.packets == ([.input[].packets] | add) - .input.input.packets) and
		(.forward.forward.packets == ([.forward[].packets] | add) - .forward.forward.packets)
	' <(firewall show --json)
}

# reaches NAME ADDRESS PORT: does a TCP connection come about?
reaches() {
	in_ns "$1" timeout 2 python3 -c 'import socket, sys
socket.create_connection((sys.argv[1], int(sys.argv[2])), 1.5).close()' "$2" "$3"
}
not() { ! "$@"; }

# What an administrator may have there already.
fw_foreign_rules() {
	in_ns box nft -f - <<-'END'
		table ip filter {
			set blocked { type ipv4_addr; flags interval; elements = { 192.0.2.0/24 } }
			map jumps { type inet_service : verdict; elements = { 9 : drop } }
			counter mine { packets 7 bytes 700 }
			chain input { type filter hook input priority 0; policy accept; ip saddr @blocked drop; tcp dport vmap @jumps; }
			chain other { counter packets 3 bytes 300 accept comment "an administrator's"; }
		}
		table inet fw {
			chain forward { type filter hook forward priority 10; policy accept; ct state invalid drop
			}
		}
		table bridge b {
			chain c { }
		}
		table ip6 culvert {
			chain input { }
		}
	END
}
