#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_metrics.sh CONTROL DATAPLANE CULVERT CAPTURE MONITORING: /metrics of a node that has played a
# capture, held against promtool, against the other documents and against the table; the alert rules
# and the dashboard that are shipped, against promtool and against the same table.
set -euo pipefail
# shellcheck source=tests/cli/expect.sh
. "$(dirname "$0")/expect.sh"
here=$(dirname "$(realpath "$0")")
control=$(realpath "$1") dataplane=$(realpath "$2") culvert=$(realpath "$3") capture=$(realpath "$4")
monitoring=$(realpath "$5")
command -v promtool >/dev/null || { echo "SKIP: no promtool here"; exit 77; }
in_work_folder
export CULVERT_SOCKET=$work/control.sock

cat >culvert.yaml <<END
node: metrics-test
ports: [ { name: 'rec.1-a', target: "pcap:$capture", side: device } ]
policy: policy.yaml
log:
  dir: $work/log
  segment_size: 1MiB
  retain: { alarm: { size: 4MiB }, measurement: { size: 4MiB }, status: { size: 4MiB }, security: { size: 4MiB } }
api: { socket: $work/control.sock, listen: off }
link: { socket: $work/dataplane.sock }
bpf: { pin_dir: /sys/fs/bpf/metrics-test-$$ }
sinks: [ { name: archive, type: file, dir: $work/archive } ]
END
printf 'default: { ip: drop }\nservices: { all: udp/5683 }\nrules: [ { id: 7, from: any, to: any, service: all, action: allow, inspect: true } ]\n' >policy.yaml
scrape() { curl -sf --unix-socket control.sock http://localhost/metrics >metrics; }
value() { awk -v m="$1" '$0 ~ /^#/ { next } { name = $0; sub(/ [^ ]*$/, "", name); if (name == m) print $NF }' metrics; }
is() { [ "$(value "$1")" = "$2" ] || fail "$1 is $(value "$1"), expected $2"; checks=$((checks + 1)); }

start_control

# Before there is a dataplane.
scrape
promtool check metrics <metrics >out 2>&1 || fail "promtool, without a dataplane: $(cat out)"
[ ! -s out ] || fail "promtool complains: $(cat out)"
is culvert_dataplane_attached 0
is culvert_received_packets_total 0

start_dataplane
wait_for "dataplane" sh -c "'$culvert' status --json | jq -e .dataplane.attached"
wait_for "rest" sh -c "'$culvert' ledger --settle 2000 --json | jq -e '.state == \"closed\"' &&
	'$culvert' stats --json | jq -e '.dataplane.rx > 0' && '$culvert' sinks --json | jq -e '.[0].lag == 0'"
sleep 0.3
"$culvert" stats --json >stats.json
"$culvert" ledger --settle 2000 --json >ledger.json
scrape
promtool check metrics <metrics >out 2>&1 || fail "promtool: $(cat out)"
[ ! -s out ] || fail "promtool complains: $(cat out)"
[ "$(curl -s -o /dev/null -w '%{content_type}' --unix-socket control.sock http://localhost/metrics)" = \
	"text/plain; version=0.0.4; charset=utf-8" ] || fail "content type"
[ "$(curl -s -o /dev/null -w '%{http_code}' -X POST --unix-socket control.sock http://localhost/metrics)" = 405 ] ||
	fail "POST is not refused"

# The same figures as the other documents.
of() { jq -r "$1" stats.json; }
is culvert_dataplane_attached 1
is culvert_received_packets_total "$(of .dataplane.rx)"
is culvert_received_bytes_total "$(of .dataplane.rx_bytes)"
is culvert_inspected_packets_total "$(of .dataplane.inspected)"
is 'culvert_decoded_messages_total{protocol="coap"}' "$(of .dataplane.protocols.coap.messages)"
is 'culvert_decode_outcomes_total{outcome="decoded"}' "$(of .dataplane.outcome.decoded)"
is 'culvert_port_received_packets_total{port="rec.1-a"}' "$(of '.dataplane.ports["rec.1-a"].rx')"
is 'culvert_port_mode_info{port="rec.1-a",mode="pcap"}' 1
for lane in alarm measurement status security; do
	is "culvert_log_records_total{lane=\"$lane\"}" "$(of ".log.lanes.$lane.logged")"
	is "culvert_lane_produced_records_total{lane=\"$lane\"}" "$(of ".dataplane.lanes.$lane.produced")"
done
is 'culvert_ledger_state{state="closed"}' 1
is 'culvert_ledger_state{state="open"}' 0
is 'culvert_sink_state{sink="archive",state="connected"}' 1
is 'culvert_sink_events_total{sink="archive",what="delivered"}' "$(of '[.log.lanes[].logged] | add')"
is culvert_policy_generation "$("$culvert" policy status --json | jq -r .live.number)"
[ "$(value 'culvert_policy_rule_hits_total{rule="7",judge="dataplane"}')" -gt 0 ] || fail "rule 7 decided nothing"
# Every term of every equation.
terms=$(jq '[.equations[].terms | length] | add' ledger.json)
[ "$(grep -c '^culvert_ledger_term{' metrics)" = "$terms" ] || fail "not $terms terms of the ledger"
# Every reason a packet can be dropped for, even those it was not.
[ "$(grep -c '^culvert_dropped_packets_total{' metrics)" -ge 10 ] || fail "reasons are missing"

# The table is what is served: no sample without a row, each row seen, but for those that need more.
"$control" --dump-metrics >table
sed -nE 's/^\| `(culvert_[a-z0-9_]+)` .*/\1/p' table | sort >names
[ "$(sort -u names | wc -l)" = "$(wc -l <names)" ] || fail "a name comes twice"
grep -v '^#' metrics | sed -E 's/[ {].*//' | sort -u >served
comm -13 names served >extra
[ ! -s extra ] || fail "not in the table: $(cat extra)"
comm -23 names served | grep -vxE 'culvert_(xdp_packets_total|xdp_judged_packets_total|firewall_in_place|rejected_messages_total)' >missing || true
[ ! -s missing ] || fail "never served: $(cat missing)"

# What is shipped uses these names only, and is right.
cp "$monitoring/alerts.yaml" "$here/alerts_test.yaml" .
promtool check rules alerts.yaml >out 2>&1 || fail "$(cat out)"
promtool test rules alerts_test.yaml >out 2>&1 || fail "$(cat out)"
jq -r '.. | .expr? // empty' "$monitoring/dashboard.json" >exprs
[ "$(wc -l <exprs)" -gt 20 ] || fail "the dashboard asks for next to nothing"
{ cat exprs; grep -v '^ *\(summary\|remedy\|- alert\|#\)' alerts.yaml; } | grep -oE 'culvert_[a-z0-9_]+' | sort -u >used
comm -13 names used >extra
[ ! -s extra ] || fail "rules or dashboard ask for what there is not: $(cat extra)"
# Each question of the dashboard is PromQL.
{
	printf 'groups:\n  - name: dashboard\n    rules:\n'
	n=0
	while read -r expr; do
		n=$((n + 1))
		expr=${expr//\$__rate_interval/5m}
		printf "      - { record: 'q%d', expr: '%s' }\n" $n "${expr//\'/\'\'}"
	done <exprs
} >questions.yaml
promtool check rules questions.yaml >out 2>&1 || fail "$(cat out)"
printf '%d checks\n' "$checks"
