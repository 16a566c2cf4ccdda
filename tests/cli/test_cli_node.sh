#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_cli_node.sh CULVERT CONTROL DATAPLANE CAPTURE: the command line against a running node that
# plays a capture. What it shows must be what replay says of the same capture.
set -euo pipefail
# shellcheck source=tests/cli/expect.sh
. "$(dirname "$0")/expect.sh"
here=$(dirname "$(realpath "$0")")
culvert=$(realpath "$1") control=$(realpath "$2") dataplane=$(realpath "$3") capture=$(realpath "$4")
in_work_folder
export CULVERT_SOCKET=$work/control.sock

patience=200

cat >culvert.yaml <<END
node: cli-test
ports: [ { name: rec, target: "pcap:$capture", side: device } ]
policy: policy.yaml
log:
  dir: $work/log
  segment_size: 1MiB
  retain: { alarm: { size: 4MiB }, measurement: { size: 4MiB }, status: { size: 4MiB }, security: { size: 4MiB } }
api: { socket: $work/control.sock, listen: off }
link: { socket: $work/dataplane.sock }
bpf: { pin_dir: /sys/fs/bpf/cli-test-$$ }
sinks: [ { name: archive, type: file, dir: $work/archive } ]
END
echo 'default: { ip: allow }' >policy.yaml

# Without a node: 3, with the remedy.
expect 3 "$culvert" status
has "is culvert-control running" err

# What is to be seen later, from the same files, offline.
expect 0 "$culvert" replay --summary --config culvert.yaml "$capture"
cp out summary.json
expect 1 "$culvert" replay --sumary "$capture"
has 'did you mean "--summary"?' err
expect 1 "$culvert" replay "$capture" --policy
has "--policy needs a value" err
expect 1 "$culvert" decode --form-server coap 40
has 'did you mean "--from-server"?' err
[ "$(jq -r .ledger summary.json)" = closed ] || fail "replay's ledger is not closed"

start_control
[ "$(jq -r .node out)" = cli-test ] || fail "status --json tells another node"
uptime='"uptime_s": [0-9]+\.[0-9]{1,3},$'
grep -qE "$uptime" out || fail "not milliseconds: $(grep uptime out)"
curl -s --unix-socket control.sock http://localhost/v1/status >out
grep -qE "$uptime" out || fail "not milliseconds: $(grep uptime out)"
expect 0 "$culvert" status
has "not running" out
# Its resources are those of openapi.yaml, its documents what that says.
python=$(command -v /usr/bin/python3 || command -v python3)
"$python" "$here/../subscriber/check_api.py" node control.sock >out || [ $? = 77 ] || fail "$(cat out)"
grep -qE "hold against openapi.yaml|SKIP" out || fail "$(cat out)"

# The events as they come, until control dies.
"$culvert" events --from earliest --json >followed 2>followed.err &
follower=$!
pids+=("$follower")

start_dataplane
played() { "$culvert" stats --json | jq -e --slurpfile s summary.json '.dataplane.rx == $s[0].packets.rx'; }
wait_for "all packets" played

expect 0 "$culvert" ledger --settle 5000
has "ledger: closed" out
expect 0 "$culvert" stats
has "decoded" out
"$culvert" stats --json >stats.json
jq -e --slurpfile s summary.json '
	[.dataplane.protocols | to_entries[] | .value.messages] == [$s[0].protocols[].messages]
	and [.log.lanes[].logged] == [$s[0].events[]]' stats.json >/dev/null ||
	fail "stats and replay disagree: $(cat stats.json summary.json)"

# The same numbers by protocol, and with them what the protocol is; without a node what it is alone.
expect 0 "$culvert" protocols --json
jq -e --slurpfile s summary.json 'map({(.name): .messages}) | add == ($s[0].protocols | map_values(.messages))' out >/dev/null ||
	fail "protocols and replay disagree: $(cat out summary.json)"
jq -e 'all(.[]; (.title | length > 3) and (.tcp or .udp)) and (map(select(.name == "modbus"))[0].tcp == [502])' out >/dev/null ||
	fail "protocols: $(cat out)"
expect 0 "$culvert" protocols
grep -Eq '^modbus +Modbus/TCP, .* tcp 502, udp 502 +[0-9]' out || fail "protocols has no line of Modbus: $(cat out)"
expect 0 "$culvert" --socket "$work/nowhere.sock" protocols
grep -Eq 'MESSAGES' out && fail "counters of a node that is not there"
has "HJ 212" out

# Every event there is, in both forms.
events=$(jq '[.events[]] | add' summary.json)
[ "$events" -gt 0 ] || fail "the capture gives no events"
expect 0 "$culvert" events --from earliest --no-follow --json
[ "$(wc -l <out)" = "$events" ] || fail "events gives $(wc -l <out) lines, replay $events"
jq -es 'all(.specversion == "1.0" and (.id | startswith("cli-test/")))' out >/dev/null || fail "not CloudEvents"
expect 0 "$culvert" events --from earliest --no-follow --limit 2
[ "$(wc -l <out)" = 2 ] || fail "--limit 2 gives $(wc -l <out) lines"
grep -q $'\033' out && fail "colour where there is no terminal"
expect 2 "$culvert" events --lane alarn
has 'did you mean' err
expect 1 "$culvert" events --lanes alarm
has '"--lane"' err

# The sink has them, too, and the node says so.
archived() { "$culvert" sinks --json | jq -e --argjson n "$events" '.[0] | .delivered == $n and .lag == 0'; }
wait_for "the sink's last event" archived
[ "$(cat archive/*.ndjson* | jq -r .id | sort -u | wc -l)" = "$events" ] || fail "the sink lacks events"
expect 0 "$culvert" sinks
has "connected" out
expect 0 "$culvert" ledger --settle 5000
has "sink:archive" out
has "ledger: closed" out

# A reader that has enough ends it in silence.
set +o pipefail
(trap - PIPE; "$culvert" events --from earliest --json 2>err | head -n 1 >out)
set -o pipefail
[ ! -s err ] || fail "a closed pipe is told: $(cat err)"

# The live view: lines where there is no terminal, a drawn page where there is one.
expect 0 "$culvert" top --for 2
[ "$(wc -l <out)" = 2 ] || fail "top --for 2 prints $(wc -l <out) lines"
has "ledger closed" out
if command -v script >/dev/null; then
	script -qec "stty rows 20 cols 60; '$culvert' top --for 1" /dev/null >out </dev/null
	has "handoff" out
	[ "$(grep -c $'\033\\[K' out)" -le 20 ] || fail "top draws more lines than the terminal has"
fi

# Control dies in the middle of a stream: what came is whole, and it is told.
"$culvert" stats --watch >watched 2>watched.err &
watcher=$!
pids+=("$watcher")
tables() { [ "$(grep -c '^STAGE' watched)" -ge "$1" ]; }
wait_for "a second table" tables 2
kill -9 "$control_pid"
wait "$follower" && fail "events ended well although control died" || code=$?
[ "$code" = 3 ] || fail "events ended with $code, expected 3"
has "went away" followed.err
[ "$(wc -l <followed)" = "$events" ] || fail "followed $(wc -l <followed) events of $events"

# Who watches waits for it, and says so.
wait_for "the watcher's word" grep "waiting for control" watched.err
seen=$(grep -c '^STAGE' watched)
"$control" --config culvert.yaml >>control.out 2>&1 &
pids+=($!)
wait_for "control again" grep "control is back" watched.err
wait_for "tables again" tables $((seen + 2))
grep -q '^culvert: control at .* went away\|^culvert: cannot reach control' watched.err || fail "no reason told: $(cat watched.err)"
[ "$(wc -l <watched.err)" = 3 ] || fail "told more than once: $(cat watched.err)"
kill "$watcher"
printf 'ok: %s events, ledger closed\n' "$events"
