#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A security team's module on a whole node: built, carried in a bundle, applied, replaced and taken
# back under traffic, kept over a crash of control; what it drops is in the ledger.
# shellcheck source=tests/netns/check.sh
. "$(dirname "$0")/check.sh"
skip_unless_lab

lab_up && lab_config || exit 1
printf 'policy_trust: { allow_unsigned: true }\n' >>"$LAB_DIR/culvert.yaml"
cp "$CV_ROOT/ebpf/examples/coap_burst.bpf.c" "$LAB_DIR/"
# The same with another name, and one that the kernel refuses.
sed 's/coap_burst(/coap_burst2(/; s/CV_MODULE(coap_burst,/CV_MODULE(coap_burst2,/' "$LAB_DIR/coap_burst.bpf.c" >"$LAB_DIR/coap_burst2.bpf.c"
for module in coap_burst coap_burst2; do
	check "$module is built and verified" culvert policy module build "$LAB_DIR/$module.bpf.c" -o "$LAB_DIR/$module.o"
done
check "one for the kernel to refuse is built" culvert policy module build --no-verify \
	"$CV_ROOT/tests/module/refused/loop.bpf.c" -o "$LAB_DIR/loop.o"

version=0
# bundle NAME FILE...: the next version of the policy, with these files beside it
bundle() {
	version=$((version + 1))
	culvert policy bundle --version $version -o "$LAB_DIR/$1" "$LAB_DIR/policy.yaml" "${@:2}" >/dev/null
}
apply() { culvert policy apply "$LAB_DIR/$1"; }
module() { culvert policy module show --json | jq -r ".live | $1"; }
drops() { culvert stats --json | jq '.xdp.devices.module // 0'; }

cat >"$LAB_DIR/coap.py" <<'PY'
"""coap.py send ADDRESS FIRST COUNT COPIES PAUSE-MS | receive ADDRESS FILE: CoAP messages with ids
from FIRST on; what came, one id per line."""
import socket
import sys
import time

s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
if sys.argv[1] == "receive":
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
    s.bind((sys.argv[2], 5683))
    with open(sys.argv[3], "w", buffering=1) as out:
        while True:
            data = s.recv(2048)
            out.write(f"{data[2] << 8 | data[3]}\n")
first, count, copies, pause = map(int, sys.argv[3:7])
s.bind(("0.0.0.0", 40000))
for i in range(first, first + count):
    for _ in range(copies):
        s.sendto(bytes((0x40, 1, i >> 8 & 255, i & 255)) + b"\xb1t", (sys.argv[2], 5683))
    time.sleep(pause / 1000)
PY
send() { in_ns dev python3 "$LAB_DIR/coap.py" send "$PLAT_IP" "$@"; }
received() { sort "$LAB_DIR/received" | uniq -c | awk -v a="$1" -v b="$2" '$2 >= a && $2 < b { n += $1 } END { print n + 0 }'; }
has_received() { [ "$(received "$1" "$2")" -ge "$3" ]; }

control_start && dataplane_start || exit 1
lab_spawn receiver plat python3 "$LAB_DIR/coap.py" receive "$PLAT_IP" "$LAB_DIR/received"
wait_for 60 "the receiver" test -e "$LAB_DIR/received"
equal "no module yet" null "$(culvert policy module show --json | jq .live)"
send 1 1 20 0
wait_for 30 "messages without a module" has_received 1 2 20
equal "without a module a burst passes" 20 "$(received 1 2)"

# --- applied with its policy -----------------------------------------------------------------------
bundle first "$LAB_DIR/coap_burst.o"
check "a bundle with a module is applied" apply first
equal "it is in force" coap_burst "$(module .name)"
send 100 1 20 0
send 200 200 1 2
wait_for 30 "messages behind the module" has_received 200 400 200
equal "of a burst the first five pass" 5 "$(received 100 101)"
equal "others all pass" 200 "$(received 200 400)"
equal "the rest is dropped for the module's reason" 15 "$(drops)"
equal "and counted under its code" 15 "$(module '.counters.drops[0].packets')"
equal "no frame went by without it" 0 "$(module .counters.absent)"
check "culvert policy module show" culvert policy module show
check_ledger

# --- refused: nothing changes ----------------------------------------------------------------------
bundle refused "$LAB_DIR/loop.o"
apply refused >"$LAB_DIR/refused.out" 2>&1
check "a module the kernel refuses is refused with its line" grep -q "loop.bpf.c:9:9: this loop has no end" "$LAB_DIR/refused.out"
equal "the one in force stays" coap_burst "$(module .name)"

# --- replaced under traffic ------------------------------------------------------------------------
send 1000 6000 1 2 &
sender=$!
for i in 1 2 3 4 5 6; do
	name=coap_burst$([ $((i % 2)) = 1 ] && echo 2)
	bundle "swap$i" "$LAB_DIR/$name.o" && apply "swap$i" >"$LAB_DIR/swap.out" 2>&1 || say "swap $i: $(cat "$LAB_DIR/swap.out")"
	equal "swap $i" "$name" "$(module .name)"
done
check "one step back" culvert policy revert
equal "brings the module of that policy" coap_burst2 "$(module .name)"
kill -0 $sender 2>/dev/null && say "ok: traffic went on meanwhile" || { say "FAILED: traffic ended before the swaps did"; failures=$((failures + 1)); }
wait $sender
wait_for 60 "all messages" has_received 1000 7000 6000
equal "0 of 6000 messages lost in 7 changes" 6000 "$(received 1000 7000)"
equal "none dropped by a module" 15 "$(drops)"

# --- control dies ------------------------------------------------------------------------------------
send 9000 1 5 0
kill -9 "$CONTROL_PID"
wait "$CONTROL_PID" 2>/dev/null
send 9000 1 5 0
control_start || exit 1
wait_for 20 "the dataplane" dataplane_attached
send 9000 1 5 0
equal "its memory outlives control" coap_burst2 "$(module .name)"
wait_for 30 "drops" bash -c "[ \$($LAB_BUILD/control/cli/culvert --socket $LAB_DIR/control.sock stats --json | jq '.xdp.devices.module') -ge 25 ]"
equal "five passed, ten were dropped" "5 25" "$(received 9000 9001) $(drops)"

# --- taken away --------------------------------------------------------------------------------------
bundle plain
check "a policy without a module" apply plain
equal "takes it away" null "$(culvert policy module show --json | jq .live)"
send 9100 1 20 0
wait_for 30 "messages without a module" has_received 9100 9101 20
equal "and a burst passes again" 20 "$(received 9100 9101)"
check_ledger
