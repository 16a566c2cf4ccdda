# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# The node's main job, seen from outside: devices and platforms talk through the machine, and a
# subscriber hears what they said. Sourced behind vm.sh, with the machine up.

has() { jq -es "any(.[]; $1)" "$LAB_DIR/events.ndjson"; }
hears() { wait_for $((5 * VM_SLOW)) "event: $1" has "$1"; }

main_job() {
	vm_tunnel
	in_ns mgmt curl -sN "http://127.0.0.1:8480/v1/events?from=earliest" >"$LAB_DIR/events.ndjson" &
	local subscriber=$! sub pid
	lab_parts || return 1
	check "ping crosses" in_ns dev ping -c 3 -W 5 "$PLAT_IP"
	in_ns plat "$COAP_CLIENT" -v 7 -B 15 "coap://$DEV_IP/" >"$LAB_DIR/get.txt" 2>&1
	check "CoAP GET gets its 2.05" grep -q "2\.05" "$LAB_DIR/get.txt"
	printf '[{"bn":"urn:dev:mac:0024befffe804ff1/","n":"temperature","u":"Cel","v":21.5}]' >"$LAB_DIR/pack"
	check "CoAP PUT of a SenML pack" in_ns dev "$COAP_CLIENT" -B 15 -m put -t 110 -f "$LAB_DIR/pack" "coap://$PLAT_IP/pack"
	check "the subscriber outside hears the SenML value" hears '.data.value == 21.5 and .data.unit == "Cel" and .data.proto == "coap"'
	in_ns plat timeout 30 mosquitto_sub -h "$PLAT_IP" -q 1 -t site/7/voltage -C 1 >"$LAB_DIR/sub.txt" &
	sub=$!
	sleep 1
	check "MQTT publish" in_ns dev timeout 30 mosquitto_pub -i meter-7 -h "$PLAT_IP" -q 1 -t site/7/voltage -m 221.5
	wait $sub
	equal "it arrives" 221.5 "$(cat "$LAB_DIR/sub.txt")"
	check "the subscriber hears it" hears '.data.name == "site/7/voltage" and .data.value == 221.5'
	check "mbpoll reads" in_ns plat timeout 30 mbpoll -m tcp -1 -a 1 -r 1 -c 2 -t 4 -o 5 "$DEV_IP"
	check "the subscriber hears Modbus" hears '.data.proto == "modbus"'
	head -c 1048576 /dev/urandom >"$LAB_DIR/megabyte"
	in_ns plat timeout 120 mosquitto_sub -h "$PLAT_IP" -q 1 -t t/big -C 1 -N >"$LAB_DIR/megabyte.back" &
	sub=$!
	sleep 1
	check "1 MB publish" in_ns dev timeout 120 mosquitto_pub -h "$PLAT_IP" -q 1 -t t/big -f "$LAB_DIR/megabyte"
	wait $sub
	check "1 MB arrives intact" cmp "$LAB_DIR/megabyte" "$LAB_DIR/megabyte.back"
	for pid in "${LAB_PIDS[@]}"; do kill "$pid" 2>/dev/null; done
	LAB_PIDS=()
	check_ledger
	kill $subscriber
	say "events heard outside: $(wc -l <"$LAB_DIR/events.ndjson")"
	check "each is a CloudEvent" jq -es 'length > 5 and all(.[]; .specversion == "1.0")' "$LAB_DIR/events.ndjson"
}
