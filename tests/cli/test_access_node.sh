#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_access_node.sh CULVERT CONTROL DATAPLANE CAPTURE CAPTURE: two devices in two districts of a city,
# and tokens for one, for the other and for the city: what each is told by every resource of a running
# node, as events, groups, alarms, devices and state, and what it may acknowledge.
set -euo pipefail
# shellcheck source=tests/cli/expect.sh
. "$(dirname "$0")/expect.sh"
culvert=$(realpath "$1") control=$(realpath "$2") dataplane=$(realpath "$3")
first=$(realpath "$4") second=$(realpath "$5")
in_work_folder
export CULVERT_SOCKET=$work/control.sock
# The districts of the devices; a third one has no place in the registry.
south=urn:dev:hj212:CULVERT0000000000000001 north=urn:dev:ow:10e2073a01080063 nowhere=urn:dev:ip:192.0.2.1

cat >culvert.yaml <<END
node: access-test
ports:
  - { name: south, target: "pcap:$first", side: device }
  - { name: north, target: "pcap:$second", side: device }
policy: policy.yaml
alarm_rules: alarms.yaml
log:
  dir: $work/log
  segment_size: 1MiB
  retain: { alarm: { size: 4MiB }, measurement: { size: 4MiB }, status: { size: 4MiB }, security: { size: 4MiB } }
api: { socket: $work/control.sock, listen: "127.0.0.1:0", login: token, peer: { requests: 100 } }
link: { socket: $work/dataplane.sock }
bpf: { pin_dir: /sys/fs/bpf/access-test-$$ }
END
echo 'default: { ip: allow }' >policy.yaml
cat >alarms.yaml <<END
rules:
- { id: silent, grade: 3, match: { devices: [ "$south", "$north" ] }, silence: { after: 1s } }
- { id: several, grade: 1, count: { of: silent, at_least: 2, within: 10min, group: city } }
END
cat >devices.csv <<END
id,kind,city,district,lat,lon
$south,station,440300,440305,22.5,113.9
$north,meter,440300,440306,22.6,113.8
END
mkdir log
expect 0 "$culvert" registry import devices.csv --registry log/registry.db

start_control
start_dataplane
port=$("$culvert" status --json | jq -e .api.tcp_port)

token() { "$culvert" token create "$@" 2>err >token.out || fail "token create $*"; cat token.out; }
# ask TOKEN PATH [CURL-OPTION...]: status on the first line of the file answer, body in the file out
ask() {
	curl -s -o out -w '%{http_code}\n' -H "Authorization: Bearer $1" "${@:3}" "http://127.0.0.1:$port$2" >answer
}
# answers CODE TOKEN PATH [CURL-OPTION...]
answers() {
	checks=$((checks + 1))
	ask "${@:2}"
	[ "$(cat answer)" = "$1" ] || fail "$3 was answered with $(cat answer), expected $1"
}
events() { curl -s -H "Authorization: Bearer $1" "http://127.0.0.1:$port/v1/events?follow=0&from=earliest${2:-}"; }
ids() { jq -r .id "$@" | sort; }
same() { [ "$1" = "$2" ] || fail "$3: expected $1, got $2"; }

of_south=$(token south --area 440305 --ack)
of_north=$(token north --area 440306 --group 'north*')
of_city=$(token city --area 4403 --ack --group city)
of_none=$(token none --area 31)
reader=$(token reader --area 440305 --mask position,text)
hidden=$(token hidden --area 4403 --mask device)
node=$(token node --node)

raised() { "$culvert" alarm list --json --rule several | jq -e '.alarms | length == 1'; }
wait_for "the alarm of the city" raised
kill "${pids[1]}"
wait "${pids[1]}" || true
expect 0 "$culvert" ledger --settle 5000

# Events: each has those of its district, all of them, and nothing else.
events "$node" >all
for who in south north; do
	device=${!who} name=of_$who
	events "${!name}" >some
	same "$(jq -c --arg d "$device" 'select(.subject // "" | startswith($d))' all | ids)" "$(ids some)" "events of $who"
	[ -s some ] || fail "no events of $who"
	same 0 "$(jq -c 'select(.subject // "" | startswith("urn:dev:ip"))' some | wc -l)" "unknown devices in $who"
	same 0 "$(jq -c 'select(.data.alarm.rule == "several")' some | wc -l)" "alarms of the city in $who"
done
events "$of_city" >some
same "$(jq -c --arg a "$south" --arg b "$north" 'select((.subject // "" | startswith($a) or startswith($b)) or
	.data.alarm.rule == "several")' all | ids)" "$(ids some)" "events of the city"
grep -q '"several"' some || fail "the city is not told of its own alarm"
same "" "$(events "$of_none")" "events of another city"
same "" "$(events "$of_south" "&device=$north")" "events by asking for a device"
same "" "$(events "$of_south" "&area=440306")" "events by asking for an area"

# Devices and state: what is not in scope answers as what does not exist.
answers 200 "$of_city" "/v1/devices"
same "$(printf '%s\n' "$south" "$north" | sort)" "$(jq -r '.devices[].id' out | grep -v _SB | sort)" "devices of the city"
jq -e 'has("count") | not' out >/dev/null || fail "how many devices there are was told"
answers 200 "$of_south" "/v1/devices?limit=1000"
jq -e --arg d "$south" '.devices | length > 0 and all(.id | startswith($d))' out >/dev/null || fail "devices of the south: $(cat out)"
answers 200 "$of_south" "/v1/devices/$south/state"
jq -e '.values | length > 0' out >/dev/null || fail "no state"
jq -e '.registry.lat == 22.5' out >/dev/null || fail "no place"
for path in "/v1/devices/$north/state" "/v1/devices/$nowhere/state" "/v1/devices/urn:dev:x:1/state"; do
	answers 404 "$of_south" "$path"
	mv out "answer.$((checks))"
done
same 1 "$(md5sum answer.* | cut -d' ' -f1 | sort -u | wc -l)" "answers for what is hidden and what is not there"
answers 200 "$of_north" "/v1/registry/$north"
answers 404 "$of_south" "/v1/registry/$north"
answers 200 "$reader" "/v1/devices/$south/state"
jq -e '.registry | has("lat") or has("lon") | not' out >/dev/null || fail "a masked place was told"
jq -e '[.values[] | has("text") or (.value | type == "string")] | any | not' out >/dev/null || fail "a masked text was told"
answers 200 "$hidden" "/v1/devices"
jq -e '.devices == []' out >/dev/null || fail "masked devices were listed"
answers 404 "$hidden" "/v1/devices/$south/state"
answers 404 "$hidden" "/v1/registry/$south"
answers 403 "$of_south" "/v1/registry"
answers 403 "$of_south" "/v1/status"
answers 200 "$node" "/v1/registry"

# Alarms: those of the district, and of the whole city for the city.
alarm_of() { "$culvert" alarm list --json | jq -er --arg r "$1" --arg d "$2" '.alarms[] | select(.rule == $r and (.devices | index($d))) | .id'; }
alarm_south=$(alarm_of silent "$south") alarm_north=$(alarm_of silent "$north") alarm_city=$(alarm_of several "$south")
answers 200 "$of_south" /v1/alarms
same "$alarm_south" "$(jq -r '.alarms[].id' out)" "alarms of the south"
jq -e 'has("active") or has("counts") | not' out >/dev/null || fail "how many alarms there are was told"
answers 200 "$of_city" /v1/alarms
same 3 "$(jq '.alarms | length' out)" "alarms of the city"
answers 200 "$hidden" /v1/alarms
same 0 "$(jq '.alarms | length' out)" "alarms for who may not know devices"
answers 200 "$of_south" "/v1/alarms/$alarm_south"
answers 404 "$of_south" "/v1/alarms/$alarm_north"
mv out one
answers 404 "$of_south" "/v1/alarms/$alarm_city"
cmp -s one out || fail "two answers for alarms that are not there"
answers 404 "$of_south" "/v1/alarms/alarm:silent:none:1"
cmp -s one out || fail "an alarm that is there is told apart"
answers 403 "$of_south" /v1/alarms/rules

# Acknowledging needs a right of its own, and the alarm in scope.
answers 403 "$of_north" "/v1/alarms/$alarm_north/ack" -X POST
answers 403 "$of_north" "/v1/alarms/alarm:silent:none:1/ack" -X POST
answers 404 "$of_south" "/v1/alarms/$alarm_north/ack" -X POST
mv out one
answers 404 "$of_south" "/v1/alarms/alarm:silent:none:1/ack" -X POST
cmp -s one out || fail "an alarm that is there is told apart by acknowledging it"
answers 413 "$of_south" "/v1/alarms/$alarm_south/ack" -d "$(head -c 5000 /dev/zero | tr '\0' x)"
answers 200 "$of_south" "/v1/alarms/$alarm_south/ack" -d '{"comment": "seen in the south"}'
answers 409 "$of_city" "/v1/alarms/$alarm_south/ack" -X POST
answers 200 "$of_city" "/v1/alarms/$alarm_city/ack" -X POST
expect 0 "$culvert" alarm show "$alarm_south"
jq -e '.acknowledged_by | startswith("south (token ")' out >/dev/null || fail "who acknowledged it: $(cat out)"
answers 200 "$reader" "/v1/alarms/$alarm_south"
jq -e 'has("comment") | not' out >/dev/null || fail "a masked comment was told"
answers 405 "$of_south" "/v1/alarms/$alarm_south/ack" -X DELETE
answers 403 "$of_north" "/v1/alarms/$alarm_north/clear" -X POST
answers 404 "$of_south" "/v1/alarms/$alarm_north/clear" -X POST
answers 400 "$of_south" "/v1/alarms/$alarm_south/clear" -d '{"comment": 1}'
answers 200 "$of_south" "/v1/alarms/$alarm_south/clear" -X POST
answers 404 "$of_city" "/v1/alarms/$alarm_south/clear" -X POST
answers 403 "$of_south" /v1/policy/apply -X POST

# A consumer group of one's own, by TCP: read, acknowledge, come back behind it.
answers 200 "$of_north" "/v1/events/batch?group=north&member=a&from=earliest&wait=0"
count=$(jq length out)
[ "$count" -gt 0 ] || fail "the group was given nothing"
cursor=$(curl -s -D - -o /dev/null -H "Authorization: Bearer $of_north" \
	"http://127.0.0.1:$port/v1/events/batch?group=north&member=a&from=earliest&wait=0" |
	sed -n 's/\r$//; s/^[Cc]ulvert-[Cc]ursor: //p')
answers 200 "$of_north" "/v1/groups/north/ack?cursor=$cursor" -X POST
answers 200 "$of_north" "/v1/events/batch?group=north&member=a&wait=0"
same 0 "$(jq length out)" "events behind what was acknowledged"
answers 200 "$of_city" "/v1/events/batch?group=city&member=a&from=earliest&wait=0"
answers 200 "$of_city" /v1/groups
same city "$(jq -r '.groups[].name' out)" "groups of the city"
answers 200 "$node" /v1/groups
same "city north" "$(jq -r '.groups[].name' out | sort | xargs)" "groups"
for path in "/v1/groups/north" "/v1/groups/none"; do
	answers 403 "$of_city" "$path" -X DELETE
	answers 403 "$of_city" "$path/ack?cursor=x" -X POST
	answers 403 "$of_city" "/v1/events/batch?group=${path##*/}&wait=0"
done
answers 403 "$of_south" "/v1/events/batch?group=south&wait=0"
answers 403 "$of_south" /v1/groups
# Others of the group must see the same.
wider=$(token wider --area 4403 --group 'north*')
# Nobody makes all the groups there can be.
for i in $(seq 32); do
	answers 200 "$wider" "/v1/events/batch?group=north-$i&wait=0"
done
answers 403 "$wider" "/v1/events/batch?group=north-33&wait=0"
answers 200 "$wider" "/v1/events/batch?group=north-32&wait=0"
answers 200 "$of_north" "/v1/events/batch?group=north-33&wait=0"
answers 200 "$wider" /v1/groups/north-32 -X DELETE
answers 200 "$wider" "/v1/events/batch?group=north-34&wait=0"
answers 409 "$wider" "/v1/events/batch?group=north&member=b&wait=0"
answers 200 "$of_north" /v1/groups/north -X DELETE

# All of it is written down, and counted.
expect 0 "$culvert" policy audit --json
grep -q "out-of-scope: GET /v1/devices/" out || fail "the audit trail has no look at what is out of scope"
"$culvert" token list --json >out
jq -e '.refusals["out-of-scope"] >= 6 and .refusals.forbidden >= 6' out >/dev/null || fail "refusals: $(jq .refusals out)"
curl -s --unix-socket control.sock http://localhost/metrics >metrics
grep -q "^culvert_api_refusals_total{reason=\"out-of-scope\"} [1-9]" metrics || fail "no metric"
"$culvert" status --json | jq -e '.api.refusals > 10' >/dev/null || fail "the status does not tell of refusals"

# More than one address may ask for without a credential.
python3 - "$port" <<'END' >answers
import socket, sys
peers = [socket.create_connection(("127.0.0.1", int(sys.argv[1]))) for _ in range(120)]
for peer in peers:
    try:
        peer.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n" * 4)
        print(peer.recv(4096).decode().replace("\r", ""))
    except OSError:
        pass # more than are told
END
grep -q '^HTTP/1.1 429 ' answers && grep -q '^Retry-After: [1-9]' answers || fail "nobody is told to ask less often"
sleep 1.2
answers 200 "$of_city" /
expect 0 "$culvert" ledger --settle 5000
echo "access-node: $checks checks"
