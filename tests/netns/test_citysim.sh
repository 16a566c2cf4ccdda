#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A city over a wire, into a tap of a whole node: what citysim says it sent is what the node counts,
# event by event up to its log.
# shellcheck source=tests/netns/check.sh
. "$(dirname "$0")/check.sh"
skip_unless_lab

citysim=$LAB_BUILD/tools/citysim/citysim
scenario=$CV_ROOT/tools/citysim/scenarios/small.yaml
lab_up && lab_config || exit 1
sed -i -e '/name: platform, target/d' -e 's/, peer: platform, on_dataplane_loss: [a-z]*//' \
	-e 's/side: device/side: unknown/' "$LAB_DIR/culvert.yaml"
sed -i '/^decode:/,$d' "$LAB_DIR/culvert.yaml"
{
	echo "decode:"
	echo "  hints:"
	"$citysim" --list | sed -nE 's/^([a-z0-9]+), port ([0-9]+), (.*)/\1 \2 \3/p' | while read -r name port transports; do
		for transport in tcp udp; do
			[[ ${transports,,} != *$transport* ]] ||
				echo "    - { port: $transport/$port, decoder: $name }"
		done
	done
} >>"$LAB_DIR/culvert.yaml"
echo 'default: { ip: allow, non_ip: allow, inspect: true }' >"$LAB_DIR/policy.yaml"
control_start && dataplane_start || exit 1

# A frame that finds the ring full is lost before anybody counts it: slow enough for a busy machine.
check "citysim sends" in_ns dev "$citysim" --json -i dev0 -r 3k/s "$scenario"
cp "$LAB_DIR/check.out" "$LAB_DIR/sent.json"
culvert ledger --settle 10000 >/dev/null
# Radio frames wait for other gateways a moment longer than the last frame of the wire.
told() { culvert stats --json | jq -e '(.dataplane.flow["radio-waiting"] // 0) == 0'; }
check "no radio frame waits any more" wait_for 5 "the radio frames" told
culvert ledger --settle 10000 >/dev/null
culvert stats --json >"$LAB_DIR/stats.json"
sent() { jq "$1" "$LAB_DIR/sent.json"; }
stats() { jq ".dataplane.$1" "$LAB_DIR/stats.json"; }

for protocol in $(jq -r ".protocols | keys[]" "$LAB_DIR/sent.json"); do
	equal "$protocol messages" "$(sent ".protocols.$protocol.messages")" "$(stats "protocols.$protocol.messages")"
	equal "$protocol rejected" "$(sent ".protocols.$protocol.rejected")" \
		"$(stats "protocols.$protocol.rejected | add // 0")"
done
# The events that reached the log, by protocol and kind; parse errors are limited in number.
culvert events --from earliest --no-follow --json 2>/dev/null |
	jq -rn '[inputs | select(.type != "city.culvert.parse-error.v1")] | group_by([.data.proto, .type])
		| map("\(.[0].data.proto) \(.[0].type | split(".")[2]) \(length)") | .[]' | sort >"$LAB_DIR/heard"
# What a device sends a second time under the same number is an event once.
cleaned=$(stats 'protocols.coap | has("repeated")')
jq -r --argjson cleaned "$cleaned" '.protocols | to_entries[] | .key as $p | .value | (if $cleaned and .repeated.recognised then .repeated.events else {} end) as $r
	| .events | to_entries[] | "\($p) \(.key) \(.value - ($r[.key] // 0))" | select(endswith(" 0") | not)' \
	"$LAB_DIR/sent.json" | sort >"$LAB_DIR/expected"
check "every event is in the log, once" diff "$LAB_DIR/expected" "$LAB_DIR/heard"
check "and there are some" [ "$(wc -l <"$LAB_DIR/expected")" -gt 15 ]
check_ledger
