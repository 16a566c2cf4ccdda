#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_registry_node.sh CULVERT CONTROL DATAPLANE CAPTURE: the registry and the latest values of a
# running node, before and after control is killed.
set -euo pipefail
# shellcheck source=tests/cli/expect.sh
. "$(dirname "$0")/expect.sh"
culvert=$(realpath "$1") control=$(realpath "$2") dataplane=$(realpath "$3") capture=$(realpath "$4")
in_work_folder
export CULVERT_SOCKET=$work/control.sock

get() {
	curl -s --unix-socket control.sock "http://localhost$1"
}

cat >culvert.yaml <<END
node: registry-test
ports: [ { name: rec, target: "pcap:$capture", side: device } ]
policy: policy.yaml
log:
  dir: $work/log
  segment_size: 1MiB
  retain: { alarm: { size: 4MiB }, measurement: { size: 4MiB }, status: { size: 4MiB }, security: { size: 4MiB } }
api: { socket: $work/control.sock, listen: off }
link: { socket: $work/dataplane.sock }
bpf: { pin_dir: /sys/fs/bpf/registry-test-$$ }
END
echo 'default: { ip: allow }' >policy.yaml
expect 0 "$culvert" replay --summary --config culvert.yaml "$capture"
cp out summary.json

start_control
start_dataplane
played() { "$culvert" stats --json | jq -e --slurpfile s summary.json '.dataplane.rx == $s[0].packets.rx'; }
wait_for "all packets" played
expect 0 "$culvert" ledger --settle 5000

expect 0 "$culvert" events --from earliest --no-follow --json
jq -r 'select(.type == "city.culvert.measurement.v1") | .subject // empty' out | sort | uniq -c | sort -rn >subjects
device=$(awk 'NR == 1 { print $2 }' subjects)
[ -n "$device" ] || fail "no device measured anything"
count=$(jq -c --arg d "$device" 'select(.subject // "" | startswith($d))' out | wc -l)
if "$culvert" events --area 3101 --from earliest --no-follow >out 2>err; then
	fail "an area was looked for without a registry"
fi
has "there is no registry" err

# One faulty row, and nothing is taken; then all is.
printf 'id,kind,owner,lat,lon,city,district,tags\n%s,meter,Water Works,31.2,121.5,310100,310115,"wet,old"\nurn:dev:x:1,meter,x,91,0,,,\n' \
	"$device" >devices.csv
expect 2 "$culvert" registry import devices.csv --config culvert.yaml
has "devices.csv:3:" err
has "1 of 2 rows are faulty: nothing has changed" err
sed -i '$d' devices.csv
expect 0 "$culvert" registry import devices.csv --config culvert.yaml
has "1 devices added" out
expect 0 "$culvert" registry history --config culvert.yaml
has "registry import devices.csv" out

# What came before is told with it, too: it could not be stamped then.
area_events() { "$culvert" events --area 310115 --from earliest --no-follow --json; }
wait_for "the registry" area_events
jq --arg d "$device" 'select(.type != "city.culvert.gap.v1") | (.subject | startswith($d)) and .area == "310115" and
	.devicekind == "meter" and .data.registry.owner == "Water Works" and
	.data.registry.position.lat == 31.2 and .data.registry.tags == ["wet", "old"]' out >all
! grep -q false all || fail "an event is not told with the registry: $(tail -n 1 out)"
[ "$(grep -c true all)" = "$count" ] || fail "$(grep -c true all) events of the area, not $count"
expect 0 "$culvert" events --tag dry,wet --area 31 --from earliest --no-follow --json
[ "$(wc -l <out)" = "$(wc -l <all)" ] || fail "tag=wet is not the same"
expect 0 "$culvert" events --tag dry --from earliest --no-follow --json
! grep -q "$device" out || fail "a tag that it does not have"

known() { get "/v1/devices/$device/state" | jq -e '.registered and .registry.city == "310100" and (.values | length) > 0'; }
wait_for "the latest values" known
get "/v1/devices/$device/state" | jq -S .values >before

# Killed: the registry is read again, and the values come back from the log.
kill -9 "$control_pid"
wait "$control_pid" 2>/dev/null || true
start_control
wait_for "the latest values after a start" known
same() { get "/v1/devices/$device/state" | jq -S .values | cmp - before; }
wait_for "the same values" same
get "/v1/devices?unknown=1&limit=1000" >out
! jq -e --arg d "$device" '.devices[] | select(.id == $d)' out >/dev/null || fail "it is known"
expect 0 "$culvert" ledger --settle 5000
echo "registry-node: $count events of $device"
