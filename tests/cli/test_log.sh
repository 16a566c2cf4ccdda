#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# culvert log on a folder that a test's writer left behind: verbs, exit codes, output, no change.
#   test_log.sh CULVERT MAKE_LOG
set -u
culvert=$1 make_log=$2
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
failed=0

# expect CODE WHAT COMMAND...: run it, hold its exit code, keep its output in $dir/out and err
expect() {
	local code=$1 what=$2
	shift 2
	"$@" >"$dir/out" 2>"$dir/err"
	local got=$?
	if [ "$got" -ne "$code" ]; then
		printf 'FAIL %s: exit %s, not %s\n' "$what" "$got" "$code"
		sed 's/^/    /' "$dir/out" "$dir/err"
		failed=1
	fi
}
# holds WHAT COMMAND...: it must succeed
holds() {
	local what=$1
	shift
	"$@" >/dev/null 2>&1 || { printf 'FAIL %s\n' "$what"; sed 's/^/    /' "$dir/out"; failed=1; }
}
state_of() { (cd "$1" && find . -type f -printf '%p %s %T@ ' -exec cksum {} \; | sort); }

"$make_log" "$dir/log" 50000 || exit 1
state_of "$dir/log" >"$dir/before"

expect 0 verify "$culvert" log verify "$dir/log"
holds "verify says so" grep -q 'the log is right' "$dir/out"
holds "no progress where stderr is no terminal" test ! -s "$dir/err"
expect 0 "verify --json" "$culvert" log verify --json "$dir/log"
holds "its numbers" jq -e '.right and .lanes.measurement.records == 50000 and .writer == 0' "$dir/out"
expect 0 info "$culvert" log info "$dir/log"
expect 0 "info --json" "$culvert" log info --json --segments "$dir/log"
holds "its segments" jq -e '.lanes.measurement | .end == 50001 and (.files | length) == .segments' "$dir/out"

expect 0 export "$culvert" log export --lane measurement "$dir/log"
holds "every event once" test "$(jq -r .sequence "$dir/out" | sort -u | wc -l)" -eq 50000
expect 0 "export a range" "$culvert" log export --lane measurement --from 100 --to 200 "$dir/log"
holds "its bounds" test "$(jq -r .id "$dir/out" | sed -n '1p;$p' | tr '\n' ' ')" = "make-log/measurement/100 make-log/measurement/199 "
expect 0 "export by time" "$culvert" log export --from 1970-01-01T00:00:01Z --to 1970-01-01T00:00:01.5Z "$dir/log"
holds "its count" test "$(wc -l <"$dir/out")" -eq 500
expect 0 "export raw" "$culvert" log export --format raw -o "$dir/raw" "$dir/log"
holds "raw begins with a block" test "$(head -c 4 "$dir/raw" | od -An -tx4 | tr -d ' ')" != 00000000
expect 5 "no place to write" "$culvert" log export -o "$dir/none/file" "$dir/log"
expect 1 "a number of all lanes" "$culvert" log export --from 7 "$dir/log"
expect 1 "no such lane" "$culvert" log verify --lane alarms "$dir/log"

expect 0 plan "$culvert" log truncate-plan "$dir/log"
holds "nothing to do" grep -q '^0 segments' "$dir/out"
expect 0 "plan --size" "$culvert" log truncate-plan --size 1MiB --json "$dir/log"
holds "the oldest go first" jq -e '.segments[0].from == 1 and .left <= 8388608 and .freed > 0' "$dir/out"
expect 4 "a target that cannot be reached" "$culvert" log truncate-plan --target 1B "$dir/log"
expect 1 "a target without a unit" "$culvert" log truncate-plan --target many "$dir/log"

expect 2 "no such folder" "$culvert" log verify "$dir/none"
expect 2 "no log" "$culvert" log verify /proc/self/fd
expect 0 "by the configuration" true
printf 'node: make-log\nports:\n  - { name: a, target: "pcap:a.pcap" }\nlog: { dir: %s }\n' "$dir/log" >"$dir/culvert.yaml"
expect 0 "by the configuration" "$culvert" log verify --config "$dir/culvert.yaml"

state_of "$dir/log" >"$dir/after"
holds "nothing was changed" cmp "$dir/before" "$dir/after"

first=$(find "$dir/log/measurement" -name '*.log' | sort | head -1)
printf 'damage' | dd of="$first" bs=1 seek=4200 conv=notrunc status=none
expect 4 "verify of damage" "$culvert" log verify "$dir/log"
holds "where" grep -q '^wrong: .*/measurement/0*1.log: at 0,' "$dir/out"
expect 4 "verify of damage --json" "$culvert" log verify --json "$dir/log"
holds "which" jq -e '.findings[0] | .kind == "damage" and .from == 1 and .to > 1' "$dir/out"
expect 4 "export of damage" "$culvert" log export --lane measurement "$dir/log"
holds "a gap event says so" jq -es '.[0].type == "city.culvert.gap.v1"' "$dir/out"
[ "$failed" -eq 0 ] && echo "test_log: ok"
exit "$failed"
