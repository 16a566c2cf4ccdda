#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_try.sh CULVERT EXAMPLE.o CODES.o REFUSED-FOLDER: modules tried on captures, in the kernel.
set -euo pipefail
# shellcheck source=tests/cli/expect.sh
. "$(dirname "$0")/../cli/expect.sh"
culvert=$(realpath "$1") example=$(realpath "$2") codes=$(realpath "$3") refused=$(realpath "$4")
here=$(realpath "$(dirname "$0")")
[ "$(id -u)" = 0 ] || { echo "SKIP: running programs in the kernel needs root"; exit 77; }
in_work_folder

equal() { [ "$2" = "$3" ] || fail "$1: want $2, got $3"; }
try() { "$culvert" policy module test "$@"; }

read -r packets drops < <(python3 "$here/captures.py" .)
cmp burst.pcap "$here/burst.pcap" || fail "tests/module/burst.pcap is not what captures.py writes"

expect 0 try "$example" burst.pcap
has "$drops  dropped, code 0: burst" out
has "$((packets - drops))  continued" out
expect 0 try --json "$example" --pcap burst.pcap
equal "drops" "$drops" "$(jq '.counters.drops[0].packets' out)"
equal "every packet is counted once" "$packets" \
	"$(jq '.counters | .continued + .invalid + ([.drops[].packets] | add)' out)"
expect 0 try --packets "$example" burst.pcap
equal "packets told as dropped" "$drops" "$(grep -c 'drop 0 burst$' out)"
# The first five copies pass, the others of that second do not; the same id a minute later does.
equal "the sixth packet" "drop 0 burst" "$(awk '$1 == 6 { print $4, $5, $6 }' out)"
equal "the fifth packet" "continue" "$(awk '$1 == 5 { print $4 }' out)"
equal "the last packet" "continue" "$(awk -v n="$packets" '$1 == n { print $4 }' out)"

# Behind a policy: the module is asked about what passes only.
cat >policy.yaml <<'YAML'
default: { ip: drop, non_ip: allow }
groups: { meter: [10.1.0.1/32], platform: [10.2.0.0/16] }
services: { coap: udp/5683 }
rules:
  - { id: 7, from: meter, to: platform, service: coap, action: allow }
YAML
expect 0 try --json --policy policy.yaml "$example" burst.pcap
equal "dropped by the policy" 6 "$(jq .dropped_before out)"
equal "asked" "$((packets - 6))" "$(jq .counters.runs out)"
equal "drops behind the policy" "$drops" "$(jq '.counters.drops[0].packets' out)"
expect 0 try --filter 'src host 10.1.0.2' "$example" burst.pcap
has "5  continued" out

# Every code, and a value that means nothing.
python3 - "$here" <<'PY'
import sys
sys.path.insert(0, sys.argv[1])
import captures
out = [(n, captures.coap(n, sport=7000 + n % 16)) for n in range(160)] + [(200, captures.coap(1, sport=7100))]
captures.frames.write_pcap("codes.pcap", out)
PY
expect 4 try --json "$codes" codes.pcap
for code in $(seq 0 15); do
	equal "code $code" 10 "$(jq ".counters.drops[] | select(.code == $code).packets" out)"
done
equal "invalid" 1 "$(jq .counters.invalid out)"

expect 2 try "$refused/loop.o" burst.pcap
has "loop.bpf.c:9:9: this loop has no end" err
expect 2 try "$refused/abi.o" burst.pcap
has "built against ABI 99" err
head -c 3000 "$example" >cut.o
expect 2 try cut.o burst.pcap
has "cut short or damaged" err
expect 2 try missing.o burst.pcap
expect 2 try "$example" missing.pcap
expect 1 try "$example"
head -c 900 burst.pcap >cut.pcap
expect 3 try "$example" cut.pcap
expect 3 setpriv --bounding-set=-all --inh-caps=-all "$culvert" policy module test "$example" burst.pcap
echo "modules tried on $packets packets"
