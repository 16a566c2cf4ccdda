#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every command shown in README and docs runs: each ```sh block, in order, against a running lab.
# A block runs with `set -e` from the top of the source tree; `culvert` and the other programs are
# on the PATH as after an installation, and CULVERT_SOCKET points to the lab's node.
# shellcheck source=tests/netns/check.sh
. "$(dirname "$0")/../netns/check.sh"
skip_unless_lab

lab_up && lab_config || exit 1
# The pages apply plain files; what signatures are for has a page and tests of its own.
echo 'policy_trust: { allow_unsigned: true }' >>"$LAB_DIR/culvert.yaml"
control_start && dataplane_start && lab_parts || exit 1
in_ns plat mbpoll -m tcp -1 -a 1 -r 1 -c 2 -t 4 "$DEV_IP" >/dev/null
printf '[{"bn":"urn:dev:mac:0024befffe804ff1/","n":"temperature","u":"Cel","v":21.5}]' >"$LAB_DIR/pack"
in_ns dev "$COAP_CLIENT" -B 3 -m put -t 110 -f "$LAB_DIR/pack" "coap://$PLAT_IP/pack" >/dev/null 2>&1

# What a command in the docs means here: a shorter run, the tests that are running already, a while
# of a subscription that has no end, the places where an installed node has its things.
here() {
	sed -e "s#^curl -N '[^?]*/v1/events'\$#code=0; timeout 2 & || code=\$?; [ \$code -eq 124 ]#" \
		-e 's|\./tools/run\b|./tools/run --no-install --for 5|' \
		-e 's;^\(\./tools/\(test\|image-test\|bench\|fuzz\|oracle-diff\|confusion\)\)\>.*;\1 --help;' \
		-e "s|/run/culvert/control.sock|$LAB_DIR/control.sock|g" \
		-e "s|/etc/culvert/culvert.yaml|$LAB_DIR/culvert.yaml|g" \
		-e "s|/etc/culvert/policy.yaml|$LAB_DIR/policy.yaml|g" \
		-e "s#/tmp/\(dropped.pcapng\|head\|host\|stick\|node-data\|fleet\|batch\|brain.token\|node.yaml\|in-force.yaml\|support.tar.zst\)\b#$LAB_DIR/\1#g" \
		-e "s|/safe/|$LAB_DIR/safe/|g" \
		-e "s|/var/lib/culvert/log|$LAB_DIR/log|g"
}

# A stream that follows has no end: it must still be open, and have said something, after 3 s.
runs() {
	if ! grep -q "/v1/events'\?$" "$1"; then
		in_ns box timeout 120 bash -euo pipefail "$1"
		return
	fi
	in_ns box timeout 3 bash -euo pipefail "$1" >"$LAB_DIR/stream" &
	local stream=$!
	sleep 1
	in_ns plat mbpoll -m tcp -1 -a 1 -r 1 -c 2 -t 4 "$DEV_IP" >/dev/null
	wait $stream
	[ $? -eq 124 ] && grep -q weather.temperature "$LAB_DIR/stream"
}

export CULVERT_SOCKET=$LAB_DIR/control.sock
PATH=$LAB_BUILD/control/cli:$LAB_BUILD/control:$LAB_BUILD/dataplane:$LAB_BUILD/tests/tools:$PATH
blocks=0
cd "$CV_ROOT" || exit 1
while read -r file; do
	awk -v dir="$LAB_DIR" -v base="$(basename "$file" .md)" '
		/^```sh$/ { n++; out = sprintf("%s/block-%03d.sh", dir, n); next }
		/^```$/ { if (out) close(out); out = ""; next }
		out { print > out }' "$file"
	for block in "$LAB_DIR"/block-*.sh; do
		[ -e "$block" ] || continue
		blocks=$((blocks + 1))
		here <"$block" >"$block.here"
		# In the box: the HTTP port on loopback is there.
		check "$file: $(head -n 1 "$block")" runs "$block.here"
		rm -f "$block" "$block.here"
	done
done < <(git ls-files 'README.md' 'docs/*.md' 'docs/**/*.md')
check "there are commands in the docs ($blocks)" [ $blocks -ge 5 ]
check_ledger
