#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The host's firewall: what it protects, what it leaves alone, what it counts.
# shellcheck source=tests/netns/check.sh
. "$(dirname "$0")/check.sh"
skip_unless_lab
# shellcheck source=tests/netns/firewall.sh
. "$(dirname "$0")/firewall.sh"
command -v nft >/dev/null || { say "SKIP: no nft here"; exit 77; }

fw_up || exit 1
fw_config open 2222 accept
fw_config tight 2222 drop
open=(--config "$LAB_DIR/open.yaml") tight=(--config "$LAB_DIR/tight.yaml")
# Not socat: one that forks could outlive the test.
lab_spawn listener box python3 -c '
import selectors, socket
s = selectors.DefaultSelector()
for port in (2222, 3333):
    l = socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True)
    s.register(l, selectors.EVENT_READ, True)
while True:
    for key, _ in s.select():
        if key.data:
            s.register(key.fileobj.accept()[0], selectors.EVENT_READ, False)
        else:
            try: data = key.fileobj.recv(100)
            except OSError: data = None
            if data: key.fileobj.send(data)
            else: s.unregister(key.fileobj); key.fileobj.close()
'
wait_for 5 "the listener" reaches mgmt 10.66.4.2 3333

# --- what was there stays ---------------------------------------------------------------------------
fw_foreign_rules
in_ns box nft -j list ruleset >"$LAB_DIR/before.json"
fw_others >"$LAB_DIR/others.json"
equal "nothing of ours at first" "no table inet culvert: the host's firewall is off" "$(firewall show)"
check "the table is put in place" firewall apply "${tight[@]}"
check "other tables are as they were" cmp "$LAB_DIR/others.json" <(fw_others)
check "devices go into quarantine" quarantine add "${tight[@]}" 192.0.2.7 2001:db8::7 02:00:5e:00:00:07
check "other tables are as they were" cmp "$LAB_DIR/others.json" <(fw_others)
check "the table is removed" firewall remove
in_ns box nft -j list ruleset >"$LAB_DIR/after.json"
check "the ruleset is what it was, to the byte" cmp "$LAB_DIR/before.json" "$LAB_DIR/after.json"
check "to remove nothing is no error" firewall remove

# --- management, and the rest -----------------------------------------------------------------------
firewall apply "${tight[@]}" >/dev/null
check "management reaches the node" reaches mgmt 10.66.4.2 2222
check "management reaches it by IPv6" reaches mgmt fd66:4::2 2222
check "management through a sensor port" reaches sensor 10.66.5.2 2222
check "not the address it is not given" not reaches mgmt fd66:0::2 2222
check "not another port" not reaches mgmt 10.66.4.2 3333
check "nobody else" not reaches free 10.66.0.2 2222
check "a stranger may ping" in_ns free ping -c 1 -W 2 10.66.0.2
check "a stranger may ping by IPv6" in_ns free ping -c 1 -W 2 fd66:0::2
check "the node reaches itself" reaches box 10.66.4.2 3333
check "the node reaches others: answers come back" in_ns box ping -c 1 -W 2 10.66.0.1
quarantine add "${tight[@]}" 10.66.4.1 fd66:4::1 02:66:00:00:00:04 10.66.5.1 >/dev/null
check "no quarantine cuts management" reaches mgmt 10.66.4.2 2222
check "nor by IPv6" reaches mgmt fd66:4::2 2222
check "nor through a sensor port" reaches sensor 10.66.5.2 2222
check "but the rest of it" not in_ns mgmt ping -c 1 -W 1 10.66.4.2
fw_ledger

# --- quarantine ---------------------------------------------------------------------------------------
check "with others: accept there is no need to remove first" firewall apply "${open[@]}"
check "the open node answers" reaches cut4 10.66.1.2 3333
exec 5<> >(in_ns cut4 timeout 20 python3 -c '
import socket, sys
s = socket.create_connection(("10.66.1.2", 3333), 2)
for word in sys.stdin:
    s.send(word.encode())
    s.settimeout(1.5)
    try: open(sys.argv[1], "w").write(s.recv(100).decode())
    except OSError: open(sys.argv[1], "w").write("cut\n")
' "$LAB_DIR/session")
echo one >&5
wait_for 5 "the session" grep -q one "$LAB_DIR/session"
dropped=$(count quarantined)
quarantine add "${open[@]}" 10.66.1.1 >/dev/null
echo two >&5
check "a connection it has is cut, too" wait_for 5 "the cut" grep -q cut "$LAB_DIR/session"
exec 5>&-
check "dropped and counted" [ "$(count quarantined)" -gt "$dropped" ]
quarantine add "${open[@]}" fd66:2::1 02:66:00:00:00:03 >/dev/null
check "an IPv4 address is cut" not in_ns cut4 ping -c 1 -W 1 10.66.1.2
check "its IPv6 address is not" in_ns cut4 ping -c 1 -W 2 fd66:1::2
check "an IPv6 address is cut" not in_ns cut6 ping -c 1 -W 1 fd66:2::2
check "a MAC is cut" not in_ns cutmac ping -c 1 -W 1 10.66.3.2
check "a MAC is cut by IPv6" not in_ns cutmac ping -c 1 -W 1 fd66:3::2
check "others are not" in_ns free ping -c 1 -W 2 10.66.0.2
quarantine remove "${open[@]}" 10.66.1.1 >/dev/null
check "released, it answers" in_ns cut4 ping -c 1 -W 2 10.66.1.2
equal "the list is what is in force" "fd66:2::1 02:66:00:00:00:03" "$(quarantine list "${open[@]}" | paste -sd' ')"

# --- what XDP should not have passed --------------------------------------------------------------
before=$(count sensor-port) forwarded=$(count forward-sensor-port)
check "nothing from a sensor port reaches the node" not in_ns sensor ping -c 3 -i 0.2 -W 1 10.66.5.2
equal "counted, each" 3 $(($(count sensor-port) - before))
check "nor is it routed" not in_ns sensor ping -c 3 -i 0.2 -W 1 10.66.0.1
equal "counted, each" 3 $(($(count forward-sensor-port) - forwarded))
# Not every kernel has VLAN interfaces: another one by the name that a VLAN's would have.
for name in if-sensor.7 if-sensors; do
	ip link add "$name" netns "$LAB-box" type veth peer name up7 netns "$LAB-sensor"
	in_ns box ip link set "$name" up && in_ns box ip addr add 10.67.0.2/24 dev "$name"
	in_ns sensor ip link set up7 up && in_ns sensor ip addr add 10.67.0.1/24 dev up7
	[ $name = if-sensor.7 ] && check "nor from a VLAN on it" not in_ns sensor ping -c 1 -W 1 10.67.0.2
	[ $name = if-sensors ] && check "a port whose name only begins so is another" in_ns sensor ping -c 1 -W 2 10.67.0.2
	in_ns box ip link del "$name"
done
check "others are routed" in_ns free ping -c 1 -W 2 10.66.4.1
fw_ledger
kept=$(count quarantined)
firewall apply "${open[@]}" >/dev/null
check "counters go on when the table is applied again" [ "$(count quarantined)" -ge "$kept" -a "$kept" -gt 0 ]

# --- a table that is not ours, or not as we left it -----------------------------------------------
fw_table >"$LAB_DIR/want.json"
in_ns box nft flush chain inet culvert input
in_ns box nft flush chain inet culvert forward
in_ns box nft delete set inet culvert quarantine6
says "elements of a table changed by hand" "changed by hand" quarantine add "${open[@]}" 192.0.2.9
equal "and the list is as it was" "" "$(quarantine list "${open[@]}" | grep 192.0.2.9)"
check "a table changed by hand is put right" firewall apply "${open[@]}"
check "as it was" cmp "$LAB_DIR/want.json" <(fw_table)
firewall remove >/dev/null
in_ns box nft 'add table inet culvert { comment "culvert host firewall, layout 0"; chain old { }; }'
check "the table of an older version is replaced" firewall apply "${open[@]}"
check "by the same" cmp "$LAB_DIR/want.json" <(fw_table)
firewall remove >/dev/null
for comment in '' 'comment "the culvert under the road";'; do
	in_ns box nft "add table inet culvert { $comment chain input { counter packets 5 bytes 5 drop; }; }"
	in_ns box nft -j list ruleset >"$LAB_DIR/foreign.json"
	says "a foreign table is not taken over" "not made by culvert.*nft delete table inet culvert" firewall apply "${open[@]}"
	says "a foreign table is not removed" "not made by culvert" firewall remove
	check "elements go to the list only" quarantine add "${open[@]}" 192.0.2.8
	check "nothing of it was touched" cmp "$LAB_DIR/foreign.json" <(in_ns box nft -j list ruleset)
	in_ns box nft delete table inet culvert
done

# --- wrong input, no privilege ------------------------------------------------------------------------
printf '192.0.2.1\nfoo\n# fine\n  224.0.0.1 # group\n' >"$LAB_DIR/bad.list"
cp "$LAB_DIR/log-open/quarantine" "$LAB_DIR/list"
says "a wrong line" "bad.list:2:1: error: \"foo\" is not a device" quarantine replace "${open[@]}" "$LAB_DIR/bad.list"
check "and the next one, too" grep -q 'bad.list:4:3: error: "224.0.0.1" is a group' "$LAB_DIR/says.out"
check "the list is as it was" cmp "$LAB_DIR/list" "$LAB_DIR/log-open/quarantine"
says "no device" "\"10.0.0.0/8\" is not a device" quarantine add "${open[@]}" 10.0.0.0/8
sed 's/enabled: true/enabled: false/' "$LAB_DIR/open.yaml" >"$LAB_DIR/off.yaml"
says "a node without firewall" "firewall.enabled is false" firewall apply --config "$LAB_DIR/off.yaml"
chmod 755 "$LAB_DIR" && chmod 777 "$LAB_DIR"/log-open && chmod 666 "$LAB_DIR"/log-open/*
says "no privilege" "CAP_NET_ADMIN" in_ns box setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all \
	"$LAB_BUILD/control/cli/culvert" firewall apply "${open[@]}"
in_ns box nft -j list ruleset >"$LAB_DIR/after.json"
check "in the end the ruleset is what it was, to the byte" cmp "$LAB_DIR/before.json" "$LAB_DIR/after.json"
