#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_policy_try.sh CULVERT EXAMPLE.o REFUSED-FOLDER: policies tried on captures with what judges
# beside and behind them on a node: rules in shadow mode, modules, in policy files and in bundles.
set -euo pipefail
# shellcheck source=tests/cli/expect.sh
. "$(dirname "$0")/../cli/expect.sh"
culvert=$(realpath "$1") example=$(realpath "$2") refused=$(realpath "$3")
here=$(realpath "$(dirname "$0")")
[ "$(id -u)" = 0 ] || { echo "SKIP: running programs in the kernel needs root"; exit 77; }
in_work_folder

equal() { [ "$2" = "$3" ] || fail "$1: want $2, got $3"; }
try() { "$culvert" policy test "$@"; }
policy() { # policy FILE MODE CONSTRAINT-MODE
	cat >"$1" <<-YAML
		default: { ip: drop, non_ip: allow }
		groups: { meter: [10.1.0.1/32], other: [10.1.0.2/32], platform: [10.2.0.0/16] }
		services: { coap: udp/5683 }
		rules:
		  - { id: 7, from: meter, to: platform, service: coap, action: allow }
		  - { id: 8, from: other, to: platform, service: coap, action: drop, mode: $2 }
		  - { id: 9, from: any, to: platform, service: coap, action: allow }
	YAML
}

read -r packets drops < <(python3 "$here/captures.py" .)
policy policy.yaml off
policy shadow.yaml shadow
policy enforce.yaml enforce
cp "$example" coap_burst.o

# A module beside a policy file: it drops what it drops on a node, and nobody decodes that.
expect 0 try --json policy.yaml burst.pcap
equal "nothing of a module without one" null "$(jq -c '.reasons.module' out)"
equal "all is judged by XDP too" "$packets" "$(jq .judged_by_kernel out)"
allowed=$(jq .reasons.allow.packets out)
expect 0 try --json --module coap_burst.o policy.yaml burst.pcap
equal "the module drops" "$drops" "$(jq .reasons.module.packets out)"
equal "what it lets go on is allowed" $((allowed - drops)) "$(jq .reasons.allow.packets out)"
equal "the rule that had let it pass says so" "$drops" "$(jq '.rules[] | select(.id == 7).dropped' out)"
equal "the module's own count" "$drops" "$(jq '.module.counters.drops[0].packets' out)"
equal "every packet once" "$packets" "$(jq '[.reasons[].packets] | add' out)"
expect 0 try --module coap_burst.o policy.yaml burst.pcap
says "module coap_burst, asked about"
says "$drops  dropped, code 0: burst"
expect 0 try --native --module coap_burst.o policy.yaml burst.pcap
says "the policy's module was not run"

# The same in a bundle, signed or not; against each other.
expect 0 "$culvert" policy bundle policy.yaml coap_burst.o --version 1 -o with.bundle
expect 0 "$culvert" policy bundle policy.yaml --version 1 -o without.bundle
expect 0 "$culvert" policy keygen --no-password -p key.pub -s key.sec
expect 0 "$culvert" policy sign -k key.sec with.bundle without.bundle
expect 0 try --json with.bundle burst.pcap
equal "the bundle's module drops" "$drops" "$(jq .reasons.module.packets out)"
expect 4 try --json policy.yaml --against with.bundle burst.pcap
equal "packets that end otherwise" "$drops" "$(jq .against.differ.packets out)"
equal "by the module" '["module","allow"]' "$(jq -c '.against.kinds[0] | [.theirs.reason, .ours.reason]' out)"
expect 0 try without.bundle --against policy.yaml burst.pcap
expect 2 try with.bundle --module coap_burst.o burst.pcap
says "has a module of its own"
expect 2 try policy.yaml --module "$refused/loop.o" burst.pcap
says "this loop has no end"
expect 2 try policy.yaml --module missing.o burst.pcap
sed 's/allow/alloW/' with.bundle >broken.bundle
expect 2 try policy.yaml --against broken.bundle burst.pcap

# Rules in shadow mode: nothing is dropped, and what would be is told; XDP and worker agree on it.
other=$(try --json enforce.yaml burst.pcap | jq '.rules[] | select(.id == 8).dropped')
[ "$other" -gt 0 ] || fail "nothing to drop in the capture"
for how in --json "--json --native"; do
	# shellcheck disable=SC2086 # two words
	expect 0 try $how shadow.yaml burst.pcap
	equal "would drop $how" "$other" "$(jq '.rules[] | select(.id == 8).would_drop' out)"
	equal "drops nothing $how" 0 "$(jq '.reasons["deny-rule"].packets // 0' out)"
	equal "counts as hit $how" 0 "$(jq '.never_hit | length' out)"
done
expect 0 try shadow.yaml burst.pcap
says "would drop  first"
says "in shadow mode, would decide $other"
expect 0 try --packets shadow.yaml burst.pcap
equal "packets told" "$other" "$(grep -c 'a rule in shadow mode would drop it' out)"
expect 0 try --json shadow.yaml --against policy.yaml burst.pcap

# Constraints on what is said, in shadow mode: GET would be refused.
sed '/id: 7/s/action: allow/action: allow, coap: { methods: [post], mode: shadow }/' policy.yaml >said.yaml
expect 0 try said.yaml burst.pcap
says "would drop  first"
expect 0 try --json said.yaml burst.pcap
equal "messages would be refused" true "$(jq '.rules[] | select(.id == 7).would_drop > 20' out)"
equal "as many as the constraint drops" "$(jq '.rules[] | select(.id == 7).would_drop' out)" \
	"$(sed 's/, mode: shadow }/ }/' said.yaml >strict.yaml; try --json strict.yaml burst.pcap | jq '.rules[] | select(.id == 7).dropped')"
equal "none is" 0 "$(jq '.reasons["app-denied"].packets // 0' out)"
echo "policies tried on $packets packets"
