#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Real devices and platforms through Culvert, unchanged, and what a subscriber hears of it.
# shellcheck source=tests/netns/check.sh
. "$(dirname "$0")/check.sh"
skip_unless_lab

lab_up && lab_config && control_start && dataplane_start && lab_parts || exit 1
events=$LAB_DIR/events.ndjson
curl -sN --unix-socket "$LAB_DIR/control.sock" "http://localhost/v1/events?from=earliest" >"$events" &
LAB_PIDS+=($!)

# has JQ-CONDITION: some event satisfies it.
has() { jq -es "any(.[]; $1)" "$events"; }
hears() { wait_for 5 "event: $1" has "$1"; }

# --- not IoT, but allowed: unharmed ---------------------------------------------------------------
check "ARP and ping cross" in_ns dev ping -c 2 -W 2 "$PLAT_IP"
check "IPv6 ND and ping cross" in_ns dev ping -6 -c 2 -W 2 "$PLAT_IP6"
check "a full 1500-byte packet crosses" in_ns dev ping -c 1 -W 2 -M "do" -s 1472 "$PLAT_IP"
check "IP fragments cross" in_ns dev ping -c 1 -W 2 -s 4000 "$PLAT_IP"
check "IPv6 fragments cross" in_ns dev ping -6 -c 1 -W 2 -s 4000 "$PLAT_IP6"

# --- CoAP -------------------------------------------------------------------------------------
in_ns plat "$COAP_CLIENT" -v 7 -B 3 "coap://$DEV_IP/" >"$LAB_DIR/get.txt" 2>&1
check "CoAP GET gets its 2.05" grep -q "2\.05" "$LAB_DIR/get.txt"
printf '[{"bn":"urn:dev:mac:0024befffe804ff1/","n":"temperature","u":"Cel","v":21.5}]' >"$LAB_DIR/pack"
check "CoAP PUT of a SenML pack" in_ns dev "$COAP_CLIENT" -B 3 -m put -t 110 -f "$LAB_DIR/pack" "coap://$PLAT_IP/pack"
check "subscriber hears the SenML value" hears '.data.value == 21.5 and .data.unit == "Cel" and .data.proto == "coap"'
in_ns plat "$COAP_CLIENT" -B 4 -s 4 "coap://$DEV_IP/time" >"$LAB_DIR/observe.txt" 2>&1
notifications=$(tr '\r' '\n' <"$LAB_DIR/observe.txt" | grep -oE '[0-9]{2}:[0-9]{2}:[0-9]{2}' | sort -u | wc -l)
check "CoAP Observe brings notifications ($notifications)" [ "$notifications" -ge 3 ]
check "subscriber hears a notification with its path" \
	hears '.data.proto == "coap" and .data.name == "time" and (.data.flags // [] | index("notification"))'
head -c 5000 /dev/urandom | base64 -w 0 | head -c 5000 >"$LAB_DIR/blocks"
check "CoAP Block1 upload" in_ns dev "$COAP_CLIENT" -B 5 -b 64 -m put -t 0 -f "$LAB_DIR/blocks" "coap://$PLAT_IP/blocks"
in_ns dev "$COAP_CLIENT" -B 5 -b 64 -o "$LAB_DIR/blocks.back" "coap://$PLAT_IP/blocks" >/dev/null 2>&1
check "CoAP Block2 download brings the same bytes" cmp "$LAB_DIR/blocks" "$LAB_DIR/blocks.back"

# --- MQTT -------------------------------------------------------------------------------------
for version in mqttv311 mqttv5; do
	for qos in 0 1 2; do
		in_ns plat timeout 10 mosquitto_sub -V $version -h "$PLAT_IP" -q 2 -t "t/$version/$qos" -C 1 >"$LAB_DIR/sub.$qos" &
		sub=$!
		wait_for 5 "subscription" bash -c "$(declare -f in_ns); LAB=$LAB; in_ns plat ss -Htn state established '( dport = :1883 )' | grep -q ."
		sleep 0.1 # the SUBACK follows the connection
		check "$version QoS $qos publish" in_ns dev mosquitto_pub -V $version -i "meter-$qos" -h "$PLAT_IP" -q $qos -t "t/$version/$qos" -m "2$qos.5"
		wait $sub
		equal "$version QoS $qos arrives" "2$qos.5" "$(cat "$LAB_DIR/sub.$qos")"
		check "subscriber hears it" hears ".data.name == \"t/$version/$qos\" and .data.value == 2$qos.5"
	done
done
check "retained publish" in_ns dev mosquitto_pub -r -h "$PLAT_IP" -q 1 -t t/retained -m kept
equal "retained message arrives" kept "$(in_ns dev timeout 5 mosquitto_sub -h "$PLAT_IP" -t t/retained -C 1)"
head -c 1048576 /dev/urandom >"$LAB_DIR/megabyte"
in_ns dev timeout 20 mosquitto_sub -h "$PLAT_IP" -q 1 -t t/big -C 1 -N >"$LAB_DIR/megabyte.back" &
sub=$!
sleep 0.5
check "1 MB publish" in_ns dev timeout 20 mosquitto_pub -h "$PLAT_IP" -q 1 -t t/big -f "$LAB_DIR/megabyte"
wait $sub
check "1 MB arrives intact, through Culvert twice" cmp "$LAB_DIR/megabyte" "$LAB_DIR/megabyte.back"
check "subscriber hears of the megabyte" hears '.data.name == "t/big" and .data.raw_len > 1048576'

# --- Modbus and HJ 212 ------------------------------------------------------------------------
check "mbpoll reads" in_ns plat mbpoll -m tcp -1 -a 1 -r 1 -c 2 -t 4 "$DEV_IP"
check "subscriber hears the mapped register" \
	hears '.data.proto == "modbus" and .data.name == "weather.temperature" and .data.unit == "Cel"'
lab_spawn hj212-platform plat socat -u TCP-LISTEN:9212,fork,reuseaddr "OPEN:$LAB_DIR/hj212.received,creat,append"
wait_for 5 "HJ 212 platform" bash -c "$(declare -f in_ns); LAB=$LAB; in_ns plat ss -ltn | grep -q :9212"
check "HJ 212 sender" in_ns dev "$LAB_BUILD/tests/tools/hj212_send" --rate 50 --count 20 "$PLAT_IP" 9212
check "subscriber hears HJ 212 values" hears '.data.proto == "hj212" and .data.name == "air.pm2_5"'

# --- VLAN tags kept -----------------------------------------------------------------------------
in_ns plat timeout 5 tcpdump -ni plat0 -e -c 1 vlan 77 >"$LAB_DIR/vlan.out" 2>&1 &
dump=$!
wait_for 5 tcpdump grep -q listening "$LAB_DIR/vlan.out"
check "send a tagged frame" in_ns dev python3 -c '
import socket
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind(("dev0", 0))
s.send(b"\xff" * 6 + b"\x02\0\0\0\0\x09" + b"\x81\x00\x00\x4d\x08\x06" + b"\x00\x01\x08\x00\x06\x04\x00\x01" + bytes(40))'
wait $dump
check "VLAN tag arrives" grep -q "vlan 77" "$LAB_DIR/vlan.out"

# --- what policy forbids --------------------------------------------------------------------------
before=$(culvert stats --json | jq '[.xdp[]."deny-default" // 0] | add')
check "a forbidden port is closed" bash -c "$(declare -f in_ns); LAB=$LAB; ! in_ns dev timeout 1 bash -c 'echo >/dev/tcp/$PLAT_IP/22'"
check "and counted as deny-default" bash -c "[ \$($LAB_BUILD/control/cli/culvert --socket $LAB_DIR/control.sock stats --json | jq '[.xdp[].\"deny-default\" // 0] | add') -gt $before ]"
lab_spawn load-platform plat "$LAB_BUILD/tests/tools/udp_flow" recv 9999
in_ns dev "$LAB_BUILD/tests/tools/udp_flow" send "$PLAT_IP" 9999 20000 20000 >/dev/null
limited=$(culvert stats --json | jq '[.xdp[]."rate-device" // 0] | add')
check "a device over its limit loses the excess ($limited of 20000)" [ "$limited" -gt 10000 ]
check "and not more" [ "$limited" -lt 15500 ]

check_ledger
check "every line the subscriber got is a CloudEvent" jq -es 'length > 20 and all(.[]; .specversion == "1.0" and (.id | test("/[a-z]+/[0-9]+$")))' "$events"
