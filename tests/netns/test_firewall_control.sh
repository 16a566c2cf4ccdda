#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The host's firewall in the hands of a running control: put in place, kept in place, left in place.
# shellcheck source=tests/netns/check.sh
. "$(dirname "$0")/check.sh"
skip_unless_lab
command -v nft >/dev/null || { say "SKIP: no nft here"; exit 77; }
control=$LAB_BUILD/control/culvert-control
config=$LAB_DIR/culvert.yaml

lab_up && lab_config || exit 1
cat >>"$config" <<-END
	firewall:
	  enabled: true
	  management: [ { port: tcp/2222, from: 10.77.2.0/24 } ]
END
table() { in_ns box nft list table inet culvert; }
not() { ! "$@"; }
quarantine() { in_ns box "$LAB_BUILD/control/cli/culvert" quarantine "$@" --config "$config"; }
# said N TEXT: control has said it so often.
said() { [ "$(grep -c "$2" "$LAB_DIR/control.out")" -eq "$1" ]; }

control_start && dataplane_start || exit 1
check "control puts the table in place" table
check "both ports are in it" bash -c "nsenter --net=/run/netns/$LAB-box nft list table inet culvert | grep -c 'iifname \"cv[ab]\" counter name \"sensor-port\" drop' | grep -qx 2"
check "the management too" bash -c "nsenter --net=/run/netns/$LAB-box nft list table inet culvert | grep -q 'ip saddr 10.77.2.0/24 tcp dport 2222 counter name \"management\" accept'"
check "what crosses the node does not meet it" in_ns dev ping -c 2 -i 0.2 -W 2 "$PLAT_IP"
equal "control tells the counters" ours "$(in_ns box curl -s http://127.0.0.1:8480/v1/firewall | jq -r .table)"
check "and that requests came by loopback" bash -c "nsenter --net=/run/netns/$LAB-box curl -s http://127.0.0.1:8480/v1/firewall | jq -e '.input.loopback.packets > 0'"

# --- a device goes into quarantine and out again -------------------------------------------------------
quarantine add 10.77.1.9 02:00:00:00:00:09 >"$LAB_DIR/add.txt"
equal "in force at once" "2 changed, 2 in quarantine" "$(cat "$LAB_DIR/add.txt")"
api() { curl -s --unix-socket "$LAB_DIR/control.sock" http://localhost/v1/quarantine "$@"; }
equal "the API has them" '["10.77.1.9","02:00:00:00:00:09"]' "$(api | jq -c .devices)"
equal "it adds" '{"changed":1,"devices":3,"in_force":true,"crossing":true}' "$(printf '10.77.1.8 # flood\n10.77.1.9\n' | api --data-binary @- | jq -c .)"
check "in force at once" in_ns box nft get element inet culvert quarantine4 '{ 10.77.1.8 }'
equal "a wrong line is told" '[2,1,1]' "$(printf '10.77.1.7\nnobody\n' | api --data-binary @- | jq -c '[.findings[0].line, .findings[0].column, .errors]')"
check "and nothing is changed" not in_ns box nft get element inet culvert quarantine4 '{ 10.77.1.7 }'
equal "it removes" '{"changed":1,"devices":2,"in_force":true,"crossing":true}' "$(printf '10.77.1.8' | api -X DELETE --data-binary @- | jq -c .)"
equal "it replaces" '{"changed":3,"devices":1,"in_force":true,"crossing":true}' "$(printf 'fd00::1' | api -X PUT --data-binary @- | jq -c .)"
check "in force at once" in_ns box nft get element inet culvert quarantine6 '{ fd00::1 }'
check "not by TCP" bash -c "nsenter --net=/run/netns/$LAB-box curl -s -o /dev/null -w '%{http_code}' -d 10.0.0.1 http://127.0.0.1:8480/v1/quarantine | grep -q '^4'"
printf '10.77.1.9' | api -X PUT --data-binary @- >/dev/null
sleep 2.5
check "control takes that for no attack" said 0 "back in place"

# --- somebody else has his way with nftables -----------------------------------------------------------
in_ns box nft flush ruleset
check "flushed, the table is back" wait_for 5 "the table" table
check "control says so" wait_for 5 "the word" said 1 "something removed or changed the table inet culvert; it is back"
check "and so are the devices" bash -c "nsenter --net=/run/netns/$LAB-box nft list set inet culvert quarantine4 | grep -q 10.77.1.9"
in_ns box nft insert rule inet culvert input accept
check "a rule put into it is taken out" wait_for 5 "the rule" bash -c "! nsenter --net=/run/netns/$LAB-box nft list chain inet culvert input | grep -qx '.*	accept'"
check "control says so" wait_for 5 "the word" said 2 "it is back"
in_ns box nft 'add table ip mine { chain c { type filter hook input priority 0; }; }'
sleep 1.5
check "another table is nothing to it" said 2 "it is back"
in_ns box nft 'delete table inet culvert; add table inet culvert { chain c { }; }'
check "a foreign table is not taken over, and is told" wait_for 5 "the word" said 1 "not made by culvert"
check "it shows in the status" bash -c "'$LAB_BUILD/control/cli/culvert' --socket '$LAB_DIR/control.sock' status --json | jq -e '.warnings | any(test(\"firewall is not in place\"))'"
sleep 2.5
check "told once" said 1 "not made by culvert"
check "and stays as it is" bash -c "nsenter --net=/run/netns/$LAB-box nft list table inet culvert | grep -c hook | grep -qx 0"
in_ns box nft delete table inet culvert
check "when it goes, ours comes back" wait_for 5 "the table" bash -c "nsenter --net=/run/netns/$LAB-box nft list table inet culvert | grep -q 'culvert host firewall'"
check "all the while frames crossed" in_ns dev ping -c 1 -W 2 "$PLAT_IP"
check_ledger

# --- control ends, in order and not ---------------------------------------------------------------------
in_ns box nft -j list table inet culvert | jq -cS 'del(.nftables[][].packets?, .nftables[][].bytes?)' >"$LAB_DIR/table.json"
kill -9 "$CONTROL_PID" && wait "$CONTROL_PID" 2>/dev/null
check "killed, it leaves the table as it is" cmp "$LAB_DIR/table.json" \
	<(in_ns box nft -j list table inet culvert | jq -cS 'del(.nftables[][].packets?, .nftables[][].bytes?)')
control_start || exit 1
kill "$CONTROL_PID" && wait "$CONTROL_PID" 2>/dev/null
check "ended in order, too" table
check "other tables were never touched" in_ns box nft list table ip mine

# --- what stops it from starting ------------------------------------------------------------------------
in_ns box nft 'delete table inet culvert; add table inet culvert'
"${LAB_BOX[@]}" timeout 20 "$control" --config "$config" >"$LAB_DIR/foreign.txt" 2>&1
equal "with a foreign table it does not start" 3 $?
check "and says what to do" grep -q "not made by culvert.*nft delete table inet culvert" "$LAB_DIR/foreign.txt"
in_ns box nft delete table inet culvert
printf '10.0.0.1\nnobody\n' >"$LAB_DIR/log/quarantine"
"${LAB_BOX[@]}" timeout 20 "$control" --config "$config" >"$LAB_DIR/list.txt" 2>&1
equal "with a wrong list it does not start" 3 $?
check "and says where" grep -q "quarantine:2:1: error: \"nobody\" is not a device" "$LAB_DIR/list.txt"
check "nor is there half a table" not table
rm "$LAB_DIR/log/quarantine"
sed -i 's/enabled: true/enabled: false/' "$config"
CONTROL_PID=
control_start || exit 1
check "without a firewall nftables is not touched" not table
equal "and control says that it is off" off "$(in_ns box curl -s http://127.0.0.1:8480/v1/firewall | jq -r .table)"
