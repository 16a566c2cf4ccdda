#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_rollout.sh BUILD: fifty nodes take a release in stages; a second one, bad on many of them, stops
# by itself, and they come back to what they ran.
# shellcheck source=tests/fleet/lib.sh
. "$(dirname "$0")/lib.sh"
fleet_keys
fleet_server
nodes_root
NODES=()
for i in $(seq 50); do
	NODES+=("cabinet-$i")
	node_make "cabinet-$i" 1.0.0
done
# What timers do: each node asks, restarts where it was told to, and asks again.
everybody() {
	local n
	for n in "${NODES[@]}"; do
		poll "$n" >>"$DIR/nodes/$n/log" 2>&1 || say "$n: poll ended with $?: $(tail -n 2 "$DIR/nodes/$n/log")"
		case " ${DEAD:-} " in *" $n "*) continue ;; esac
		[ -s "$DIR/nodes/$n/data/systemctl.log" ] || continue
		node_boot "$n"
		poll "$n" >>"$DIR/nodes/$n/log" 2>&1 || say "$n: poll ended with $?: $(tail -n 2 "$DIR/nodes/$n/log")"
	done
}
with_version() {
	local n count=0
	for n in "${NODES[@]}"; do [ "$(node_version "$n")" != "$1" ] || count=$((count + 1)); done
	echo $count
}
status() { fleet status "$FLEET" --json | jq -r "$1"; }

# --- a good release -------------------------------------------------------------------------------
began=$SECONDS
check "publish" fleet publish "$FLEET" "$(bundle 2.0.0)" --version 2.0.0 --percent 10 --key "$DIR/fleet.key"
check "the index is signed as minisign does" minisign -V -p "$DIR/fleet.pub" -m "$FLEET/index"
says "nobody has spoken: it waits" 0 '^wait$' fleet step "$FLEET" --stay 0s --key "$DIR/fleet.key"
stage=0
for percent in 10 50 100; do
	equal "stage" $percent "$(status .percent)"
	everybody
	selected=$(status .selected)
	equal "all have spoken" 50 "$(status .nodes)"
	equal "$percent %: who was to, runs it" "$selected" "$(with_version 2.0.0)"
	equal "$percent %: and was found well" "$selected" "$(status .good)"
	check "$percent %: more than before" test "$selected" -gt $stage
	stage=$selected
	want=advance
	[ $percent != 100 ] || want=complete
	says "$percent %: not before every node has had its time" 0 '^wait$' fleet step "$FLEET" --key "$DIR/fleet.key"
	says "$percent %: then" 0 "^$want\$" fleet step "$FLEET" --stay 1s --key "$DIR/fleet.key"
	say "$percent %: $selected of 50 nodes"
done
equal "everybody runs it" 50 "$(with_version 2.0.0)"
equal "each was installed once" 50 "$(cat "$DIR"/nodes/*/data/rauc.log | grep -c '^rauc install')"
check "no bundle is left on a node" test -z "$(find "$DIR/nodes" -name fleet.raucb)"
say "a roll-out to 50 nodes in $((SECONDS - began)) s"

# --- a bad one ------------------------------------------------------------------------------------
# Well on the nodes of the first stage, ill on every second of the others: only numbers find that out.
check "publish another one" fleet publish "$FLEET" "$(bundle 3.0.0)" --version 3.0.0 --key "$DIR/fleet.key"
for n in "${NODES[@]}"; do poll "$n" >/dev/null 2>&1; done # most are told to wait
first=$(fleet status "$FLEET" --json | jq -r '.reports[] | select(.selected) | .node')
for n in "${NODES[@]}"; do
	i=${n#cabinet-}
	grep -qx "$n" <<<"$first" || [ $((i % 2)) = 0 ] || echo 3.0.0 >"$DIR/nodes/$n/data/ill"
done
everybody
says "the first stage is well" 0 '^advance$' fleet step "$FLEET" --stay 0s --key "$DIR/fleet.key"
everybody
failed=$(status .failed)
check "at 50 % some have failed" test "$failed" -gt 2
says "it stops by itself" 4 '^halt$' fleet step "$FLEET" --key "$DIR/fleet.key"
equal "halted" "true 50" "$(status '"\(.halted) \(.percent)"')"
runs=$(with_version 3.0.0)
everybody
equal "nobody begins any more" "$runs" "$(with_version 3.0.0)"
equal "who was not well runs what it ran" $((50 - runs)) "$(with_version 2.0.0)"
equal "ill nodes are not tried twice" "$failed" "$(status .failed)"
check "who failed is listed" sh -c "'$CV_ROOT/tools/fleet' status '$FLEET' | grep -q 'failed, runs 2.0.0: it was tried, was not well'"
says "it stays halted" 4 '^halted$' fleet step "$FLEET" --key "$DIR/fleet.key"
say "stopped after $((runs + failed)) of 50 nodes, $failed of them ill"

# --- one that comes back neither well nor unwell --------------------------------------------------
check "publish a third" fleet publish "$FLEET" "$(bundle 4.0.0)" --version 4.0.0 --percent 100 --key "$DIR/fleet.key"
check "who failed with the one before is not listed" sh -c "! '$CV_ROOT/tools/fleet' status '$FLEET' | grep -q 'failed, runs'"
DEAD="cabinet-3 cabinet-7"
everybody
equal "two are on trial" 2 "$(status .trial)"
says "not yet lost" 0 '^wait$' fleet step "$FLEET" --key "$DIR/fleet.key"
sleep 2
says "two of fifty are tolerated" 0 '^wait$' fleet step "$FLEET" --lost-after 1s --key "$DIR/fleet.key"
says "or not" 4 '^halt$' fleet step "$FLEET" --lost-after 1s --tolerate 3 --key "$DIR/fleet.key"
check "who is lost is listed" sh -c "'$CV_ROOT/tools/fleet' status --lost-after 1s '$FLEET' | grep -q '^cabinet-7 *lost'"
check "resumed" fleet resume "$FLEET" --key "$DIR/fleet.key"
equal "resumed" false "$(status .halted)"

# --- somebody else's report -----------------------------------------------------------------------
cp "$FLEET/reports/cabinet-1.json" "$FLEET/reports/cabinet-51.json"
echo junk >"$FLEET/reports/cabinet-52.json"
equal "are counted as no report" "50 2" "$(status '"\(.nodes) \(.strange)"')"
finish
