#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_policy_node.sh CULVERT CONTROL CAPTURE: which policies a running node takes. Whatever it
# refuses leaves the one in force as it is.
set -euo pipefail
# shellcheck source=tests/cli/expect.sh
. "$(dirname "$0")/expect.sh"
culvert=$(realpath "$1") control=$(realpath "$2") capture=$(realpath "$3")
in_work_folder
export CULVERT_SOCKET=$work/control.sock HOME=$work

policy() { "$culvert" policy "$@"; }
in_force() { policy status --json | jq -r "$1"; }

# refused WORDS COMMAND...: it fails, says why, and the policy in force is the one before.
refused() {
	local why=$1 before
	shift
	before=$(in_force .live.number)
	expect 2 "$@"
	says "$why"
	[ "$(in_force .live.number)" = "$before" ] || fail "\"$*\" changed the policy in force"
}

start() {
	"$control" --config culvert.yaml >control.out 2>&1 &
	pids+=($!)
	for _ in $(seq 200); do
		if policy status --json >out 2>err; then return; fi
		sleep 0.05
	done
	fail "control did not come"
}

stop() {
	kill "${pids[-1]}"
	wait "${pids[-1]}" 2>/dev/null || true
	unset 'pids[-1]'
}

cat >culvert.yaml <<-END
	node: sign-test
	ports: [ { name: rec, target: "pcap:$capture", side: device } ]
	policy: policy.yaml
	policy_trust: { keys: trust, threshold: 2 }
	log: { dir: $work/log, segment_size: 1MiB }
	api: { socket: $work/control.sock, listen: off }
	link: { socket: $work/dataplane.sock }
	bpf: { pin_dir: /sys/fs/bpf/sign-test-$$ }
END
printf '10.0.0.0/8\n' >cameras.txt
cat >policy.yaml <<-END
	default: { ip: drop }
	groups: { cameras: { file: cameras.txt } }
	rules: [ { id: 1, from: cameras, to: any, service: any, action: allow } ]
END
for name in alice bob mallory; do
	expect 0 policy keygen -p $name.pub -s $name.key --no-password
done
mkdir trust
cp alice.pub bob.pub trust

# bundle FILE VERSION SIGNER...: of policy.yaml with its list.
bundle() {
	local file=$1 version=$2
	shift 2
	rm -f "$file" "$file".*
	policy bundle -o "$file" --name city --version "$version" policy.yaml cameras.txt >out
	for signer; do policy sign -k "$signer.key" "$file" >out; done
}

# The configuration's own file needs no signature, and its list lies beside it.
start
first=$(in_force .live.number)
# By the API: nothing that too few have signed.
refused "signed bundles only" policy apply policy.yaml
bundle a 7
refused "not signed" policy apply a
bundle a 7 alice
refused "signed by 1 of the trusted keys, 2 must sign" policy apply a
bundle a 7 alice mallory
refused "its key is not trusted" policy apply a
bundle a 7 alice
cp a.minisig a.again.minisig
refused "counts once" policy apply a
bundle a 7 alice bob
expect 0 policy apply a
[ "$(in_force .live.number)" != "$first" ] || fail "the signed policy is not in force"
# Older ones, the same number with other content, damage, expiry.
bundle b 6 alice bob
refused "is older than 7" policy apply b
printf '192.0.2.0/24\n' >>cameras.txt
bundle b 7 alice bob
refused "with other content" policy apply b
bundle b 8 alice bob
printf x | dd of=b bs=1 seek=2562 conv=notrunc status=none
refused "damaged" policy apply b
bundle b 8 alice bob
sed -i 's/version: 8/version: 9/' b
refused "one of the two was changed" policy apply b
policy bundle -o c --version 8 --created 2026-01-01 --expires 2026-01-02 policy.yaml cameras.txt >out
for signer in alice bob; do policy sign -k $signer.key c >out; done
refused "expired at 2026-01-02" policy apply c
# Signed or not, it names no file outside its bundle; findings do not quote such files.
printf 'default: { ip: drop }\ngroups: { g: { file: /etc/passwd } }\n' >evil.yaml
expect 2 policy bundle -o evil --version 9 evil.yaml
mkdir evil.d
cp evil.yaml evil.d/policy.yaml
cat >evil.d/MANIFEST <<-END
	culvert policy bundle 1
	name: city
	version: 9
	created: 2026-01-01T00:00:00Z
	expires: never
	file: policy.yaml $(stat -c %s evil.yaml) $(sha256sum <evil.yaml | cut -d' ' -f1)
END
# GNU tar makes what culvert policy bundle would not.
tar -C evil.d -b 1 -cf evil --format=ustar --mtime=@0 --owner=root:0 --group=root:0 --mode=644 MANIFEST policy.yaml
for signer in alice bob; do policy sign -k $signer.key evil >out; done
refused "may not name files outside its bundle" policy apply evil
cat out err >both
if grep -q root: both; then fail "a file of the node was quoted"; fi
# What is newer is taken; it stays over a restart, without anybody's signature being asked again.
bundle b 8 alice bob
expect 0 policy apply b
live=$(in_force .live.number)
rm trust/alice.pub
stop
start
[ "$(in_force .live.number)" = "$live" ] || fail "another policy after a restart"
bundle b 9 alice bob
refused "2 signatures are needed and only 1 key is trusted" policy apply b
# One step back needs none; that is what revert is for.
expect 0 policy revert
# The node may be told to take anything.
stop
sed -i 's/threshold: 2/threshold: 2, allow_unsigned: true/' culvert.yaml
start
bundle b 9
expect 0 policy apply b
sed '/cameras/d' policy.yaml >plain.yaml
expect 0 policy apply plain.yaml
refused "may not name files outside" policy apply evil.yaml
bundle b 10 bob
printf x | dd of=b bs=1 seek=250 conv=notrunc status=none
before=$(in_force .live.number)
expect 2 policy apply b
[ "$(in_force .live.number)" = "$before" ] || fail "a damaged bundle changed the policy in force"
# The system went back to a version that does not know a word of the policy in force: what it understands is.

bundle b 10
expect 0 policy apply b
sed '/cameras/d; s/drop/allow/' policy.yaml >later.yaml
expect 0 policy apply later.yaml
live=$(in_force .live.number)
stop
about=log/policy/$live/about.json
printf 'words_of_tomorrow: 1\n' >>"log/policy/$live/policy"
if "$control" --config culvert.yaml >control.out 2>&1; then fail "a damaged policy was put in force"; fi
grep -q "is not what was applied" control.out || fail "nothing says that the policy is damaged"
jq --arg hash "$(sha256sum <"log/policy/$live/policy" | cut -d' ' -f1)" '.hash = $hash' "$about" >about
cp about "$about"
start
[ "$(in_force .live.number)" = $((live - 1)) ] || fail "policy $(in_force .live.number) is in force, not $((live - 1))"
grep -q "policy $live is not understood by this version of Culvert: going back to $((live - 1))" control.out ||
	fail "nothing says that the policy went back"
policy audit --json >out
jq -e --argjson n $((live - 1)) '.entries[0] | .number == $n and .what == "go back from what is not understood" and .result == "done"' out >/dev/null ||
	fail "the audit trail does not say that the policy went back"
expect 0 policy apply plain.yaml
stop
printf '%d checks passed\n' $checks
