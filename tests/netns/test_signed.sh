#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A node that takes policies signed by two of its keys: what it takes, what it refuses and why, and
# that the policy in force is disturbed by none of it.
# shellcheck source=tests/netns/check.sh
. "$(dirname "$0")/check.sh"
# shellcheck source=tests/netns/rollout.sh
. "$(dirname "$0")/rollout.sh"
skip_unless_lab

bundle() { # bundle NAME VERSION KEY... : NAME.bundle, signed by the keys
	local name=$1 version=$2 key
	shift 2
	rm -f "$name".bundle*
	culvert policy bundle -o "$name.bundle" --version "$version" "${bundle_args[@]}" b.yaml >/dev/null || return
	for key in "$@"; do culvert policy sign -k "$key.key" "$name.bundle" >/dev/null || return; done
}
# refused WHAT TEXT FILE...
refused() {
	local what=$1 text=$2
	apply "$3"
	equal "$what: refused" 2 $?
	check "$what: says why" grep -qE "$text" apply.txt
	equal "$what: nothing is changed" "$number" "$(live)"
}

lab_up && rollout_config && cd "$LAB_DIR" || exit 1
mkdir trust
for key in one two stranger; do culvert policy keygen -W -p $key.pub -s $key.key >/dev/null; done
cp one.pub two.pub trust/
chmod -R go-w trust
sed -i 's/^policy_trust: .*/policy_trust: { keys: trust, threshold: 2 }/' culvert.yaml
control_start && dataplane_start || exit 1
wait_for 5 "the dataplane" in_step
bundle_args=()
number=$(live)
refused "a plain file" "signed bundles only" a.yaml
bundle first 2 one
refused "one signer of two" "signed by 1 of the trusted keys" first.bundle
bundle first 2 one stranger
refused "a stranger's signature" "signed by 1 of the trusted keys" first.bundle
bundle first 2 one two
check "two signers" apply first.bundle
number=$(live)
check "who signed is known" [ "$(status_of .live.signers)" = 2 ]
bundle older 1 one two
refused "an older version" "version 1 of .* is older than 2" older.bundle
bundle flipped 3 one two
printf X | dd of=flipped.bundle bs=1 seek=1800 conv=notrunc 2>/dev/null
refused "a flipped bit" "damaged|changed|hash" flipped.bundle
bundle_args=(--created 2020-01-01T00:00:00Z --expires 2021-01-01T00:00:00Z)
bundle expired 9 one two
refused "an expired one" "expired at 2021" expired.bundle
bundle_args=()
bundle second 3 one two
check "a newer one" apply second.bundle
check "back" culvert policy revert
equal "to the one before" "$number" "$(live)"
number=$(live)
refused "the old one again" "older than 3" first.bundle
kill -9 "$CONTROL_PID"
wait "$CONTROL_PID" 2>/dev/null
check "control starts with it" control_start
equal "from its store" "$number" "$(live)"
printf ' ' >>"log/policy/$number/policy"
kill -9 "$CONTROL_PID"
wait "$CONTROL_PID" 2>/dev/null
control_start >/dev/null 2>&1
wait "$CONTROL_PID"
equal "but not with one that was changed there" 3 $?
check "which it says" grep -q "is not what was applied" control.out
check "and the kernel judges on" in_ns dev ping -q -c 1 -W 2 "$PLAT_IP"
