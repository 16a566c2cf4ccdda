#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Constraints on messages between real clients and real servers: what is allowed works, and what is
# not never reaches the server, by the server's own word.
# shellcheck source=tests/netns/check.sh
. "$(dirname "$0")/check.sh"
skip_unless_lab

lab_up && lab_config || exit 1
cat >"$LAB_DIR/policy.yaml" <<-END
	default: { ip: drop, non_ip: allow, inspect: true }
	groups:
	  sensors: [10.77.1.0/24]
	  platform: [10.77.2.0/24]
	services: { coap: udp/5683, mqtt: tcp/1883, modbus: tcp/502, hj212: tcp/9212, ping: icmp }
	bindings:
	  - { protocol: mqtt, identity: meter-7, prefix: 10.77.1.0/24 }
	  - { protocol: mqtt, identity: meter-8, prefix: 10.88.0.0/16 }
	  - { identity: 10.77.1.9, mac: "02:00:00:00:00:09" }
	rules:
	  - id: 10
	    from: sensors
	    to: platform
	    service: mqtt
	    action: allow
	    mqtt: { clients: ["meter-*", "lab-*"], publish: [up/%c/#, ready], subscribe: [down/%c/+] }
	  - id: 20
	    from: platform
	    to: sensors
	    service: modbus
	    action: allow
	    modbus: { read: [holding.0-99], write: [1/holding.10] }
	  - id: 30
	    from: platform
	    to: sensors
	    service: coap
	    action: allow
	    coap: { methods: [get], paths: [time, .well-known/core] }
	  - id: 40
	    from: sensors
	    to: platform
	    service: hj212
	    action: allow
	    hj212: { commands: [1012, 9013] }
	  - { id: 50, from: any, to: any, service: ping, action: allow }
END
control_start && dataplane_start && lab_parts || exit 1
events=$LAB_DIR/events.ndjson
curl -sN --unix-socket "$LAB_DIR/control.sock" "http://localhost/v1/events?from=earliest" >"$events" &
LAB_PIDS+=($!)
has() { jq -es "any(.[]; $1)" "$events"; }
hears() { wait_for 5 "event: $1" has "$1"; }
denied() { hears ".lane == \"security\" and .data.name == \"$1\" and .data.rule == $2 and .data.method == \"$3\" and .data.code == \"$4\""; }
dropped() { culvert stats --json | jq "[.. | objects | .\"$1\"? | numbers] | add // 0"; }

# --- Modbus: the register itself tells ------------------------------------------------------------
register() { in_ns plat mbpoll -m tcp -1 -q -a 1 -r "$1" -c 1 -t 4 "$DEV_IP" 2>/dev/null | awk '/^\[/ { print $2 }'; }
write() { in_ns plat mbpoll -m tcp -1 -q -o 1 -a "${3:-1}" -r "$1" -t 4 "$DEV_IP" "$2"; }
equal "register 10 is what it was" 1010 "$(register 11)"
check "the set point can be written" write 11 77
equal "and holds the value" 77 "$(register 11)"
check "another register cannot" bash -c "$(declare -f in_ns write); LAB=$LAB DEV_IP=$DEV_IP; ! write 12 78"
equal "and holds what it held" 1011 "$(register 12)"
check "nor can the set point of another unit" bash -c "$(declare -f in_ns write); LAB=$LAB DEV_IP=$DEV_IP; ! write 11 79 2"
equal "which holds what it held" 77 "$(register 11)"
check "inputs cannot be read" bash -c "$(declare -f in_ns); LAB=$LAB; ! in_ns plat mbpoll -m tcp -1 -q -o 1 -a 1 -r 1 -c 1 -t 3 $DEV_IP"
check "subscriber hears of the refused write" denied app-denied 20 write holding.11
check "and of the refused table" denied app-denied 20 read input.0
check "no event says that it was written" bash -c "! jq -es 'any(.[]; .lane != \"security\" and .data.code == \"holding.11\" and .data.method == \"write-single-register\")' $events"

# --- MQTT: the broker's log tells -----------------------------------------------------------------
in_ns plat mosquitto_sub -h "$PLAT_IP" -t 'up/#' -t 'down/#' -v >"$LAB_DIR/broker.got" 2>/dev/null &
LAB_PIDS+=($!)
sleep 0.3
publish() { in_ns dev timeout "${T:-3}" mosquitto_pub -V "${V:-mqttv311}" -i "$1" -h "$PLAT_IP" -q 1 -t "$2" -m "$3"; }
for V in mqttv311 mqttv5; do
	check "$V: below its own name" publish meter-7 up/meter-7/t "21-$V"
	check "$V: which arrives" wait_for 3 message grep -qx "up/meter-7/t 21-$V" "$LAB_DIR/broker.got"
	check "$V: below another's it may not" bash -c "$(declare -f in_ns publish); LAB=$LAB PLAT_IP=$PLAT_IP V=$V; ! publish meter-7 up/meter-9/t 22-$V"
	check "$V: nor as a client that is not allowed" bash -c "$(declare -f in_ns publish); LAB=$LAB PLAT_IP=$PLAT_IP V=$V; ! publish pump-1 up/pump-1/t 23-$V"
	check "$V: nor as one that belongs elsewhere" bash -c "$(declare -f in_ns publish); LAB=$LAB PLAT_IP=$PLAT_IP V=$V; ! publish meter-8 up/meter-8/t 24-$V"
done
check "the broker got nothing else" bash -c "! grep -Eq '2[234]-mqtt' $LAB_DIR/broker.got"
check "nor ever met the other clients" bash -c "! grep -Eq 'pump-1|meter-8' $LAB_DIR/mosquitto.out"
check "subscriber hears of the refused topic" denied app-denied 10 publish up/meter-9/t
check "of the refused client" denied app-denied 10 client pump-1
check "and of the one that belongs elsewhere" hears '.data.name == "spoof" and .data.device == "meter-8"'
in_ns dev timeout 5 mosquitto_sub -i meter-7 -h "$PLAT_IP" -t down/meter-7/set -C 1 >"$LAB_DIR/down" &
sub=$!
wait_for 3 subscription grep -q "meter-7" "$LAB_DIR/mosquitto.out"
sleep 0.3
in_ns plat mosquitto_pub -h "$PLAT_IP" -t down/meter-7/set -m on
wait $sub
equal "what is meant for it arrives" on "$(cat "$LAB_DIR/down")"
check "it cannot listen to all" bash -c "$(declare -f in_ns); LAB=$LAB; ! in_ns dev timeout 2 mosquitto_sub -i meter-7 -h $PLAT_IP -t '#' -C 1"
check "subscriber hears of it" denied app-denied 10 subscribe '#'
check "another protocol does not fit through the port" bash -c "$(declare -f in_ns); LAB=$LAB; ! printf 'GET / HTTP/1.0\r\n\r\n' | in_ns dev timeout 2 socat -t 1 - TCP:$PLAT_IP:1883 | grep ."
check "subscriber hears of that" hears '.data.name == "app-protocol" and .data.rule == 10'

# --- CoAP -----------------------------------------------------------------------------------------
check "CoAP GET of a listed path" bash -c "$(declare -f in_ns); LAB=$LAB; in_ns plat $COAP_CLIENT -B 3 coap://$DEV_IP/time | grep -q :"
in_ns plat "$COAP_CLIENT" -B 2 -m put -e x "coap://$DEV_IP/time" >"$LAB_DIR/put" 2>&1
in_ns plat "$COAP_CLIENT" -B 2 "coap://$DEV_IP/" >"$LAB_DIR/root" 2>&1
check "PUT gets no answer" [ ! -s "$LAB_DIR/put" ]
check "nor does another path" bash -c "! grep -q libcoap $LAB_DIR/root"
check "subscriber hears of the method" denied app-denied 30 type 3

# --- HJ 212 ---------------------------------------------------------------------------------------
lab_spawn hj212-platform plat socat -u TCP-LISTEN:9212,fork,reuseaddr "OPEN:$LAB_DIR/hj212.received,creat,append"
wait_for 5 "HJ 212 platform" bash -c "$(declare -f in_ns); LAB=$LAB; in_ns plat ss -ltn | grep -q :9212"
in_ns dev timeout 3 "$LAB_BUILD/tests/tools/hj212_send" --rate 50 --count 5 "$PLAT_IP" 9212 >/dev/null 2>&1
check "HJ 212 data of a CN that is not listed does not arrive" [ ! -s "$LAB_DIR/hj212.received" ]
check "subscriber hears of it" hears '.data.name == "app-denied" and .data.rule == 40 and .data.method == "type"'

# --- an address that is bound to a MAC address ---------------------------------------------------
ip -n "$LAB-dev" addr add 10.77.1.9/16 dev dev0
in_ns dev ping -c 3 -i 0.2 -W 1 -I 10.77.1.9 "$PLAT_IP" >/dev/null 2>&1
check "subscriber hears of the spoofed address" hears ".data.name == \"spoof\" and .data.code == \"$(ip -n "$LAB-dev" -j link show dev0 | jq -r ".[0].address")\""
check "it is counted by XDP" [ "$(culvert stats --json | jq '.xdp.devices.spoof')" -ge 3 ]

check "the reasons are counted" [ "$(dropped app-denied)" -gt 5 ]
check_ledger
