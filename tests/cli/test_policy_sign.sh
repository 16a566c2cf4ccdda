#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_policy_sign.sh CULVERT CONTROL: keygen, bundle, sign and verify, with minisign and tar as
# oracles: what minisign signs we verify, what we sign it verifies, with each other's keys.
set -euo pipefail
# shellcheck source=tests/cli/expect.sh
. "$(dirname "$0")/expect.sh"
culvert=$(realpath "$1")
in_work_folder
export HOME=$work TMPDIR=$work/tmp
unset MINISIGN_CONFIG_DIR SOURCE_DATE_EPOCH
mkdir tmp

policy() { "$culvert" policy "$@"; }

cat >city.yaml <<-'END'
	default: { ip: drop }
	rules:
	  - { id: 1, from: any, to: any, service: any, action: drop }
END
printf '10.0.0.0/8\n' >cameras.txt

# Keys: neither file may be there before; the secret one is its owner's alone.
for name in alice bob carol mallory; do
	expect 0 policy keygen -p $name.pub -s $name.key --no-password
done
[ "$(stat -c %a alice.key)" = 600 ] || fail "alice.key is $(stat -c %a alice.key)"
expect 2 policy keygen -p alice.pub -s new.key --no-password
says "there is a file already"
[ ! -e new.key ] || fail "a secret key without its public key was left"
expect 0 policy keygen --no-password
for file in minisign.pub .minisign/minisign.key; do
	[ -e $file ] || fail "no $file"
done
expect 2 setsid "$culvert" policy keygen -p x.pub -s x.key
says "there is no terminal to ask at (give --password-file FILE)"
expect 1 policy keygen --no-password --password-file x

# Bundles: same input, same bytes; any tar reads them; what does not compile is not bundled.
expect 0 policy bundle -o a.bundle --version 7 --created 2026-11-21 --expires 2099-01-01 city.yaml cameras.txt
sleep 1
SOURCE_DATE_EPOCH=1795219200 expect 0 policy bundle -o b.bundle --version 7 --expires 2099-01-01 city.yaml cameras.txt
cmp a.bundle b.bundle || fail "same input, other bytes"
expect 0 tar tf a.bundle
[ "$(paste -sd' ' out)" = "MANIFEST policy.yaml cameras.txt" ] || fail "tar sees other files"
mkdir unpacked
expect 0 tar xf a.bundle -C unpacked
cmp unpacked/policy.yaml city.yaml || fail "tar unpacks another policy"
cmp unpacked/cameras.txt cameras.txt || fail "tar unpacks another list"
expect 0 policy bundle -o c.bundle --version 8 --expires 30d --name other city.yaml --json
[ "$(jq -r '"\(.ok) \(.name) \(.version) \(.files | length)"' out)" = "true other 8 1" ] || fail "JSON of bundle"
sed 's/drop }$/drip }/' city.yaml >wrong.yaml
expect 2 policy bundle -o wrong.bundle --version 1 wrong.yaml
says "wrong.yaml:3:"
[ ! -e wrong.bundle ] || fail "a policy that does not compile was bundled"
expect 2 policy bundle -o wrong.bundle --version 1 city.yaml nonexistent
expect 2 policy bundle -o wrong.bundle --version 1 city.yaml "$work/MANIFEST"
expect 2 policy bundle -o /nonexistent/x --version 1 city.yaml
expect 1 policy bundle -o x city.yaml
expect 1 policy bundle --version 1 city.yaml
expect 1 policy bundle -o x --version 0 city.yaml
expect 1 policy bundle -o x --version 1 --expires soon city.yaml
expect 1 policy bundle -o x --version 1 --created today city.yaml
# A policy may name the bundle's own files and nothing else on this machine.
printf 'default: { ip: drop }\ngroups: { cameras: { file: %s } }\n' cameras.txt >listed.yaml
expect 0 policy bundle -o listed.bundle --version 1 listed.yaml cameras.txt
expect 2 policy bundle -o wrong.bundle --version 1 listed.yaml
says "listed.yaml:2:28: error: cannot read the list file cameras.txt: No such file or directory (put it into the bundle)"
sed 's,cameras.txt,/etc/hosts,' listed.yaml >outside.yaml
expect 2 policy bundle -o wrong.bundle --version 1 outside.yaml
says "outside.yaml:2:28: error: a policy from elsewhere may not name files outside its bundle"
sed 's,cameras.txt,../cameras.txt,' listed.yaml >outside.yaml
expect 2 policy bundle -o wrong.bundle --version 1 outside.yaml cameras.txt
[ -z "$(ls -A tmp)" ] || fail "left behind: $(ls tmp)"

# Sign and verify: one signer, several, thresholds; each key counts once.
mkdir trust
cp alice.pub bob.pub carol.pub trust
expect 4 policy verify --keys trust a.bundle
says "not signed"
expect 0 policy sign -k alice.key a.bundle
[ -e a.bundle.minisig ] || fail "no a.bundle.minisig"
expect 0 policy verify --keys trust a.bundle
expect 4 policy verify --keys trust --threshold 2 a.bundle
says "signed by 1 of the trusted keys, 2 must sign"
cp alice.pub trust/alice-again.pub
expect 0 policy sign -k alice.key -x a.bundle.again.minisig a.bundle
expect 4 policy verify --keys trust --threshold 2 a.bundle
says "counts once"
expect 0 policy sign -k mallory.key a.bundle
expect 4 policy verify --keys trust --threshold 2 a.bundle
says "its key is not trusted"
expect 0 policy sign -k bob.key -t "Bob has read it" a.bundle
expect 0 policy verify --keys trust --threshold 2 a.bundle
says "Bob has read it"
expect 0 policy verify --keys trust --threshold 2 --json a.bundle
[ "$(jq -r '"\(.ok) \(.signers) \(.threshold)"' out)" = "true 2 2" ] || fail "JSON of verify"
expect 4 policy verify --keys trust --threshold 4 a.bundle
says "4 signatures are needed and only 3 keys are trusted"
expect 4 policy verify -p carol.pub a.bundle
expect 0 policy verify -p carol.pub -p alice.pub a.bundle
expect 4 policy verify -p mallory.pub -x a.bundle.minisig a.bundle
# Signing again replaces one's own signature only.
before=$(find . | wc -l)
expect 0 policy sign -k alice.key a.bundle
expect 0 policy sign -k bob.key a.bundle
[ "$(find . | wc -l)" = "$before" ] || fail "signing again made another file"
# Age and version.
expect 0 policy verify --keys trust --min-version 7 a.bundle
expect 4 policy verify --keys trust --min-version 8 a.bundle
says 'version 7 of "city" is older than 8'
expect 4 policy verify --keys trust --at 2099-01-01 a.bundle
says "expired at 2099-01-01T00:00:00Z"
expect 0 policy verify --keys trust --at 2098-12-31T23:59:59Z a.bundle
expect 1 policy verify --threshold 0 a.bundle
expect 1 policy verify --at now a.bundle
# Damage: cut short, longer, one byte; signatures of something else.
for change in 'head -c -1 a.bundle' 'head -c 1000 a.bundle' 'cat a.bundle city.yaml' \
	'sed s/10.0.0.0/10.0.0.1/ a.bundle' 'sed s/root/toor/ a.bundle' 'head -c 0 a.bundle' 'cat city.yaml'; do
	$change >damaged.bundle
	expect 2 policy verify --keys trust -x a.bundle.minisig damaged.bundle
	expect 2 policy sign -k alice.key damaged.bundle
done
sed 's/version: 7/version: 9/' a.bundle >damaged.bundle
# A manifest that reads well is still not what was signed.
expect 4 policy verify --keys trust -x a.bundle.minisig damaged.bundle
says "one of the two was changed"
expect 4 policy verify --keys trust -x a.bundle.minisig c.bundle
says "one of the two was changed"
expect 2 policy verify --keys trust -x alice.pub a.bundle
expect 2 policy verify --keys trust -x nonexistent a.bundle
expect 2 policy verify -p city.yaml a.bundle
chmod o+w trust
expect 2 policy verify --keys trust a.bundle
says "anybody may write to it"
chmod o-w trust

# What other programs call an archive: none of it is a bundle.
(cd unpacked && tar cf ../gnu.tar MANIFEST policy.yaml cameras.txt)
(cd unpacked && tar cf ../ustar.tar --format=ustar --mtime=@0 --owner=root:0 --group=root:0 --mode=644 \
	MANIFEST policy.yaml cameras.txt)
(cd unpacked && tar cf ../pax.tar --format=pax MANIFEST policy.yaml cameras.txt)
ln -s /etc/passwd unpacked/link
(cd unpacked && tar cf ../link.tar --format=ustar --mtime=@0 --owner=root:0 --group=root:0 --mode=644 \
	MANIFEST policy.yaml link)
tar cPf absolute.tar --format=ustar "$work/unpacked/MANIFEST"
gzip -k gnu.tar
for odd in gnu.tar ustar.tar pax.tar link.tar absolute.tar gnu.tar.gz; do
	expect 2 policy verify --keys trust -x a.bundle.minisig $odd
done
# GNU tar's own ustar differs from a bundle in nothing but its longer end: the headers are the same.
cmp -n "$(($(stat -c %s a.bundle) - 1024))" a.bundle ustar.tar || fail "not the ustar that tar writes"
expect 0 tar df ustar.tar -C unpacked

command -v minisign >/dev/null || {
	printf '%d checks passed; SKIP: no minisign to compare with\n' $checks
	exit 77
}
# Ours, read by minisign.
expect 0 minisign -V -p alice.pub -m a.bundle
expect 0 policy sign -k bob.key -x bob.minisig -t "Bob has read it" a.bundle
expect 0 minisign -V -p bob.pub -m a.bundle -x bob.minisig
says "Bob has read it"
expect 1 minisign -V -p carol.pub -m a.bundle
expect 0 minisign -S -s alice.key -m a.bundle -x m.minisig -t "by minisign"
expect 0 policy verify -p alice.pub -x m.minisig a.bundle
says "by minisign"
expect 0 minisign -R -s alice.key -p recreated.pub
cmp <(tail -n 1 recreated.pub) <(tail -n 1 alice.pub) || fail "minisign reads another key"
# minisign's, read by us: hashed and legacy.
expect 0 minisign -G -W -p m.pub -s m.key
expect 0 minisign -S -s m.key -m a.bundle -x m.minisig
expect 0 policy verify -p m.pub -x m.minisig a.bundle
expect 0 minisign -S -l -s m.key -m a.bundle -x l.minisig
[ "$(sed -n 2p l.minisig | head -c 2)" = RW ] || fail "not a legacy signature"
expect 0 policy verify -p m.pub -x l.minisig a.bundle
expect 4 policy verify -p m.pub -x l.minisig c.bundle
expect 0 policy sign -k m.key -x ours.minisig a.bundle
expect 0 minisign -V -p m.pub -m a.bundle -x ours.minisig
# With a password, both ways; at minisign's full cost, which takes its time.
printf 'open sesame\n' >password
expect 0 policy keygen -p e.pub -s e.key --password-file password
minisign -S -s e.key -m a.bundle -x e.minisig <password >out 2>err || fail "minisign cannot read our encrypted key"
expect 0 policy verify -p e.pub -x e.minisig a.bundle
printf 'open sesame\nopen sesame\n' | minisign -G -f -p e.pub -s e.key >out 2>err || fail "minisign -G"
expect 2 setsid "$culvert" policy sign -k e.key a.bundle
expect 0 policy sign -k e.key --password-file password -x e.minisig a.bundle
expect 0 minisign -V -p e.pub -m a.bundle -x e.minisig
printf '%d checks passed\n' $checks
