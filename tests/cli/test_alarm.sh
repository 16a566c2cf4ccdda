#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_alarm.sh CULVERT CONTROL DATAPLANE CAPTURE: alarms from frames to subscribers: raised, updated,
# acknowledged, cleared, over HTTP, on the command line and in the lane alarm; through kill -9 of
# control; and rules put in force, signed and not.
set -euo pipefail
# shellcheck source=tests/cli/expect.sh
. "$(dirname "$0")/expect.sh"
culvert=$(realpath "$1") control=$(realpath "$2") dataplane=$(realpath "$3") capture=$(realpath "$4")
in_work_folder
export CULVERT_SOCKET=$work/control.sock
station=urn:dev:hj212:CULVERT0000000000000001

at_loss() { "$culvert" alarm history >&2 || true; }
changes() { "$culvert" alarm history --json | jq -r '.data.alarm | "\(.state) \(.rule) \(.id)"'; }
has_change() { changes | grep -q "^$1 $2 "; }
id_of() { "$culvert" alarm list --json --rule "$1" | jq -er '.alarms[0].id'; }

cat >culvert.yaml <<END
node: alarm-test
ports: [ { name: rec, target: "pcap:$capture", side: device } ]
policy: policy.yaml
alarm_rules: alarms.yaml
log:
  dir: $work/log
  segment_size: 1MiB
  retain: { alarm: { size: 4MiB }, measurement: { size: 4MiB }, status: { size: 4MiB }, security: { size: 4MiB } }
api: { socket: $work/control.sock, listen: off }
link: { socket: $work/dataplane.sock }
bpf: { pin_dir: /sys/fs/bpf/alarm-test-$$ }
END
echo 'default: { ip: allow }' >policy.yaml
cat >alarms.yaml <<END
rules:
- { id: dust, text: too much dust, grade: 2, match: { names: air.pm2_5 }, threshold: { above: 11, clear: 10.5 } }
- { id: dirty, grade: 3, match: { names: air.pm2_5 }, threshold: { above: 11, clear: 1 }, update: 1s }
- { id: missed, grade: 4, match: { kinds: buoy }, silence: { factor: 2 } }
- { id: silent, grade: 4, match: { devices: "$station" }, silence: { after: 3s } }
END

# Wrong rules: control does not start, and says where they are.
sed 's/above/colour/' alarms.yaml >right
mv alarms.yaml kept && mv right alarms.yaml
expect 2 "$control" --config culvert.yaml
has 'alarms.yaml:2:' err
has 'unknown setting "colour"' err
mv kept alarms.yaml

# One that the registry expects every second and that never speaks.
expect 0 "$culvert" registry set --registry log/registry.db urn:dev:test:1 kind=buoy interval=1
start_control
expect 0 "$culvert" alarm list
start_dataplane
wait_for "the alarm about dust" id_of dust
dust=$(id_of dust)
[ "${dust#alarm:dust:"$station":}" != "$dust" ] || fail "strange id $dust"
wait_for "the alarm about silence" id_of silent
silent=$(id_of silent)
wait_for "the alarm about a device that was never heard" id_of missed
[ "$(id_of missed | cut -d: -f3-6)" = urn:dev:test:1 ] || fail "another device was missed: $(id_of missed)"
kill "$dataplane_pid"
wait "$dataplane_pid" || true

expect 0 "$culvert" alarm list
has "2 orange" out
has "4 blue" out
expect 0 "$culvert" alarm show "$dust"
[ "$(jq -r '.devices | join(",")' out)" = "$station" ] || fail "$(cat out)"
[ "$(jq -r '.value, .unit, .threshold, .text' out | paste -sd' ')" = "13.3 ug/m3 11 too much dust" ] || fail "$(cat out)"
expect 2 "$culvert" alarm show alarm:none
expect 0 "$culvert" alarm ack "$dust" --comment "sent somebody"
has "acknowledged by" out
expect 4 "$culvert" alarm ack "$dust"
expect 2 "$culvert" alarm ack alarm:dust:none:1
wait_for "the acknowledgement" has_change acknowledged dust

# Killed: every alarm is the one it was, and is told nobody again.
changes >before
kill -9 "$control_pid"
wait "$control_pid" 2>/dev/null || true
start_control
expect 0 "$culvert" alarm show "$dust"
[ "$(jq -r '.state, .comment' out | paste -sd' ')" = "acknowledged sent somebody" ] || fail "$(cat out)"
expect 0 "$culvert" alarm show "$silent"
changes | diff before - || fail "a restart told something"
# Without what was written behind: from the log alone.
kill -9 "$control_pid"
wait "$control_pid" 2>/dev/null || true
rm -f log/alarms.db log/alarms.db-wal log/alarms.db-shm
start_control
expect 0 "$culvert" alarm show "$dust"
[ "$(jq -r .comment out)" = "sent somebody" ] || fail "$(cat out)"

# One that will not speak any more: it is over when somebody says so, and silence goes on unheard.
missed=$(id_of missed)
expect 0 "$culvert" alarm clear "$missed" --comment "taken away"
has "cleared by" out
expect 2 "$culvert" alarm clear "$missed"
wait_for "the clear" has_change cleared missed
last_of_missed() { "$culvert" alarm history --json | jq -r '.data.alarm | select(.rule == "missed") | "\(.state) \(.comment)"' | tail -n 1; }
sleep 3
[ "$(last_of_missed)" = "cleared taken away" ] || fail "what was cleared by hand: $(last_of_missed)"

# The station speaks again, with less dust: both end as what they were, and a new one begins.
start_dataplane
wait_for "the end of silence" has_change cleared silent
wait_for "the end of dust" has_change cleared dust
wait_for "an update" has_change updated dirty
changes >after
grep -qx "cleared dust $dust" after || fail "another alarm was cleared: $(cat after)"
grep -qx "cleared silent $silent" after || fail "another alarm was cleared: $(cat after)"
wait_for "the next alarm about dust" id_of dust
[ "$(id_of dust)" != "$dust" ] || fail "an alarm that was cleared came again"
expect 0 "$culvert" alarm history
has "raised orange dust $station" out
kill "$dataplane_pid"
wait "$dataplane_pid" || true
expect 0 "$culvert" ledger --settle 5000
has "ledger: closed" out

# Rules by the API: not unless they are signed; then those of rules that are gone are cleared.
cat >new.yaml <<END
version: 2
rules:
- { id: dust, grade: 1, match: { names: air.pm2_5 }, threshold: { above: 12, clear: 10.5 } }
END
next=$(id_of dust)
expect 2 "$culvert" alarm apply new.yaml
has "too few trusted keys" err
mkdir trust
expect 0 "$culvert" policy keygen --no-password -p trust/key.pub -s key
sed 's/version: 2/version: 1/' new.yaml >old.yaml
for file in new.yaml old.yaml; do expect 0 "$culvert" alarm sign --key key "$file"; done
expect 0 "$culvert" alarm apply new.yaml
has "alarm rules" out
expect 4 "$culvert" alarm apply old.yaml
has "higher version" err
echo 'rules: [ { id: x } ]' >wrong.yaml
expect 2 "$culvert" alarm apply wrong.yaml
has "alarms.yaml:1:" err
[ "$(id_of dust)" = "$next" ] || fail "the alarm did not outlive the change of its rule"
expect 0 "$culvert" alarm rules
diff new.yaml out
# They outlive a restart, until the configuration's file changes.
kill "$control_pid"
wait "$control_pid" || true
start_control
expect 0 "$culvert" alarm rules
diff new.yaml out
[ "$(id_of dust)" = "$next" ] || fail "the alarm did not outlive the restart"
kill "$control_pid"
wait "$control_pid" || true
echo 'rules: []' >alarms.yaml
start_control
wait_for "the end of an alarm without a rule" grep -q "cleared dust $next" <(changes)
expect 0 "$culvert" ledger --settle 5000
has "ledger: closed" out
echo "alarms: ok"
