#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_provision.sh CULVERT CONTROL SCRIPT: a new node is given its things, once, whole or not at all: from a
# folder, from credentials, from file systems in loop devices, with garbage, and with the power cut at
# every step.
set -uo pipefail
# shellcheck source=tests/cli/tally.sh
. "$(dirname "$0")/tally.sh"
CULVERT=$(realpath "$1") CONTROL=$(realpath "$2") SCRIPT=$(realpath "$3")
DIR=$(mktemp -d)
DATA=$DIR/data
leave() {
	umount "$DIR/mnt" 2>/dev/null
	rm -rf "$DIR"
}
trap leave EXIT
provision() { "$CULVERT" provision --data "$DATA" --factory "$DIR/factory.yaml" "$@"; }
config() { # config NODE: a configuration on stdout
	printf 'node: %s\nports: [ { name: a, target: "pcap:x.pcap" } ]\nlog: { dir: /var/lib/culvert/log }\n' "$1"
}
config factory >"$DIR/factory.yaml"
new_node() {
	rm -rf "$DATA"
	mkdir -p "$DATA/trust" "$DATA/update" "$DATA/access"
	cp "$DIR/factory.yaml" "$DATA/culvert.yaml"
	echo 'default: { ip: allow }' >"$DATA/policy.yaml"
}
hash_of() { (cd "$1" && find . -path ./culvert.yaml.versions -prune -o -type f ! -name .factory.yaml -print0 | sort -z | xargs -0 sha256sum | sha256sum); }
trail() { # the newest row of the audit trail
	sqlite3 "$DATA/culvert.yaml.versions/audit.db" \
		'select what, result, detail from audit order by id desc limit 1' 2>/dev/null ||
		python3 -c 'import sqlite3, sys
print("|".join(sqlite3.connect(sys.argv[1]).execute("select what, result, detail from audit order by id desc limit 1").fetchone()))' \
			"$DATA/culvert.yaml.versions/audit.db"
}

"$CONTROL" policy keygen --no-password --public "$DIR/release.pub" --secret "$DIR/release.key" >/dev/null
gift() { # gift FOLDER NODE
	mkdir -p "$1"/{trust,update,access,lists}
	config "$2" >"$1/node.yaml"
	echo 'default: { ip: drop }' >"$1/policy.yaml"
	cp "$DIR/release.pub" "$1/trust/release.pub"
	cp "$DIR/release.pub" "$1/update/fleet.pub"
	printf -- '-----BEGIN CERTIFICATE-----\n' >"$1/update/trust.pem"
	echo 'ssh-ed25519 AAAA operator' >"$1/access/authorized_keys"
	mkdir -p "$1/System Volume Information"
	echo x >"$1/.hidden"
	echo read me >"$1/README.txt"
}
gift "$DIR/stick" one

# --- given, once ----------------------------------------------------------------------------------
new_node
says "a new node" 0 'provisioned from the stick: 6 files' provision --source "the stick" "$DIR/stick"
check "its configuration" cmp "$DIR/stick/node.yaml" "$DATA/culvert.yaml"
check "its policy" cmp "$DIR/stick/policy.yaml" "$DATA/policy.yaml"
check "whose policies it takes" cmp "$DIR/release.pub" "$DATA/trust/release.pub"
check "whose upgrades" cmp "$DIR/release.pub" "$DATA/update/fleet.pub"
equal "keys are private" 600 "$(stat -c %a "$DATA/access/authorized_keys")"
equal "the trail says it" "provision|done|the stick" "$(trail)"
check "nothing of the stick's litter" test ! -e "$DATA/README.txt" -a ! -e "$DATA/.hidden"
check "nothing is left behind" test ! -e "$DATA/.provision"
before=$(hash_of "$DATA")
says "the same once more" 0 'has been provisioned with these files' provision "$DIR/stick"
gift "$DIR/other" two
says "another stick" 4 'configuration of its own and goes on' provision "$DIR/other"
equal "changed nothing" "$before" "$(hash_of "$DATA")"
says "another one, meant" 0 'provisioned' provision --again "$DIR/other"
check "it is that now" grep -q 'node: two' "$DATA/culvert.yaml"
new_node
config mine >"$DATA/culvert.yaml"
says "a node that somebody has configured" 4 'configuration of its own' provision "$DIR/stick"
# A part of it: keys alone, with the configuration and policy that are there.
new_node
mkdir -p "$DIR/keys/access"
echo 'ssh-ed25519 AAAA operator' >"$DIR/keys/access/authorized_keys"
says "keys alone" 0 'provisioned from .*: 1 files' provision "$DIR/keys"
check "the factory's configuration stays" cmp "$DIR/factory.yaml" "$DATA/culvert.yaml"

# --- upgraded before it was given anything --------------------------------------------------------
upgraded() { "$CULVERT" provision --data "$DATA" --factory "$DIR/factory-2.yaml" "$@"; }
config factory-2 >"$DIR/factory-2.yaml"
new_node
says "not seen while it was new" 4 'configuration of its own' upgraded "$DIR/stick"
check "a start of the old image" provision
check "a start of the new one" upgraded
says "a node with the old factory's configuration" 0 'provisioned' upgraded "$DIR/stick"
new_node
check "a start" provision
config mine >"$DATA/culvert.yaml"
check "and one with a configuration made by hand" provision
says "which no upgrade makes new" 4 'configuration of its own' upgraded "$DIR/stick"
new_node
: >"$DATA/culvert.yaml"
check "a start with an empty configuration" provision
says "keys alone do not make it whole" 2 'node.yaml' provision "$DIR/keys"
says "nobody has configured it" 0 'provisioned' provision "$DIR/stick"
check "and now it is" cmp "$DIR/stick/node.yaml" "$DATA/culvert.yaml"

# --- control takes it -----------------------------------------------------------------------------
new_node
check "given" provision --source "the stick" "$DIR/stick"
sed -i "s|^log:.*|log: { dir: $DATA/log, segment_size: 1MiB, retain: { alarm: { size: 4MiB }, measurement: { size: 4MiB }, status: { size: 4MiB }, security: { size: 4MiB } } }\napi: { socket: $DIR/c.sock, listen: off }\nlink: { socket: $DIR/d.sock }\nbpf: { pin_dir: /sys/fs/bpf/prov-$$ }|" "$DATA/culvert.yaml"
"$CONTROL" --config "$DATA/culvert.yaml" >"$DIR/control.out" 2>&1 &
control=$!
for _ in $(seq 200); do
	"$CULVERT" --socket "$DIR/c.sock" status >/dev/null 2>&1 && break
	sleep 0.1
done
"$CULVERT" --socket "$DIR/c.sock" config audit --json >"$DIR/audit.json"
equal "the trail of control begins with it" "provision done" \
	"$(jq -r '.entries | last | "\(.what) \(.result)"' "$DIR/audit.json")"
equal "and what was given is version 1" 1 "$("$CULVERT" --socket "$DIR/c.sock" config status --json | jq .live)"
kill "$control"
wait "$control" 2>/dev/null

# --- garbage --------------------------------------------------------------------------------------
refused() { # refused WHAT PATTERN: whatever lies in $DIR/bad
	local before
	new_node
	before=$(hash_of "$DATA")
	says "$1" 2 "$2" provision --source stick "$DIR/bad"
	check "$1: told what that means" grep -q 'nothing was changed' "$DIR/says.out"
	equal "$1: nothing changed" "$before" "$(hash_of "$DATA")"
	equal "$1: the trail says it" "provision|refused" "$(trail | cut -d'|' -f1,2)"
	rm -rf "$DIR/bad"
	gift "$DIR/bad" bad
}
unread() { # the same where nothing got as far as the trail
	local before
	new_node
	before=$(hash_of "$DATA")
	says "$1" 2 "$2" provision --source stick "$DIR/bad"
	equal "$1: nothing changed" "$before" "$(hash_of "$DATA")"
	rm -rf "$DIR/bad"
	gift "$DIR/bad" bad
}
gift "$DIR/bad" bad
echo 'nodee: x' >"$DIR/bad/node.yaml"
refused "a wrong setting, with its place" 'node.yaml:1:1: error: unknown setting "nodee"'
echo 'version: 7' >>"$DIR/bad/node.yaml"
refused "a configuration for a newer Culvert" 'node.yaml:4:10: error: version: .*newer Culvert'
echo 'rules: 5' >"$DIR/bad/policy.yaml"
refused "a wrong policy" 'policy.yaml:1:8: error'
head -c 100000 /dev/urandom >"$DIR/bad/node.yaml"
refused "noise" 'node.yaml.*error'
echo x >"$DIR/bad/virus.exe"
unread "a file that nobody asked for" 'virus.exe: error: nothing that a node can be given'
ln -sf /etc/shadow "$DIR/bad/policy.yaml"
unread "a link" 'policy.yaml: error: this is a link'
rm "$DIR/bad/policy.yaml"
mkfifo "$DIR/bad/policy.yaml"
unread "a pipe" 'policy.yaml: error: this is no file'
head -c 5000000 /dev/zero >"$DIR/bad/policy.yaml"
unread "a large file" 'policy.yaml: error: larger than 4 MiB'
echo nonsense >"$DIR/bad/trust/release.pub"
unread "a key that is none" 'release.pub:1:'
echo nonsense >"$DIR/bad/update/trust.pem"
unread "a certificate that is none" 'trust.pem: error: this is no PEM'
rm -rf "$DIR/bad"
mkdir "$DIR/bad"
unread "nothing" 'nothing that a node is given'

# --- credentials ----------------------------------------------------------------------------------
new_node
mkdir -p "$DIR/credentials"
config vm >"$DIR/credentials/culvert.provision.node.yaml"
cp "$DIR/release.pub" "$DIR/credentials/culvert.provision.trust--release.pub"
echo other >"$DIR/credentials/culvert.root.hash"
says "credentials" 0 'provisioned from credentials: 2 files' provision --credentials --source credentials "$DIR/credentials"
check "they are the node's" test -s "$DATA/trust/release.pub"
rm "$DIR"/credentials/culvert.provision.*
check "none: nothing to say" provision --credentials "$DIR/credentials"

# --- a power cut at every step --------------------------------------------------------------------
# What a start finds: staged files without a record, with one, and with any number of them in place.
files=$(cd "$DIR/stick" && ls node.yaml policy.yaml trust/* update/* access/*)
cut=0
for after in none $files all; do
	new_node
	provision "$DIR/stick" >/dev/null
	mv "$DATA/provisioned.json" "$DIR/record"
	rm -rf "$DATA.cut"
	cp -a "$DATA" "$DATA.cut"
	new_node
	mkdir "$DATA/.provision"
	cp -r "$DIR"/stick/{node.yaml,policy.yaml,trust,update,access} "$DATA/.provision/"
	cp "$DIR/record" "$DATA/.provision/record.json"
	if [ "$after" != none ]; then
		for f in $files; do
			target=$f
			[ "$f" != node.yaml ] || target=culvert.yaml
			mv "$DATA/.provision/$f" "$DATA/$target"
			[ "$f" != "$after" ] || break
		done
	fi
	says "cut after $after" 0 'interrupted is finished' provision
	equal "cut after $after: whole" "$(cd "$DATA.cut" && hash_of .)" "$(rm -f "$DATA/provisioned.json" && cd "$DATA" && hash_of .)"
	cut=$((cut + 1))
done
new_node
before=$(hash_of "$DATA")
mkdir -p "$DATA/.provision/trust"
cp "$DIR/stick/node.yaml" "$DATA/.provision/"
check "cut before it was checked" provision
equal "that is forgotten" "$before" "$(hash_of "$DATA")"
check "and leaves nothing" test ! -e "$DATA/.provision"
say "power cut $cut times"

# --- it cannot go on -------------------------------------------------------------------------------
# A folder where a file is to be: what is in place is not forgotten, and what is not is kept.
new_node
provision "$DIR/stick" >/dev/null
rm -rf "$DATA.whole"
cp -a "$DATA" "$DATA.whole"
new_node
rm "$DATA/policy.yaml"
mkdir "$DATA/policy.yaml"
touch "$DATA/policy.yaml/in-the-way"
says "something in the way" 5 'policy.yaml: error: Is a directory \(something else has this name: take it away\)' \
	provision --source "the stick" "$DIR/stick"
check "told that it is not over" grep -q 'not finished.*the next start' "$DIR/says.out"
check "and not that nothing was changed" eval '! grep -q "nothing was changed" "$DIR/says.out"'
check "files before it are in place" cmp "$DIR/stick/node.yaml" "$DATA/culvert.yaml"
check "files behind it are kept" cmp "$DIR/release.pub" "$DATA/.provision/trust/release.pub"
check "it does not count as provisioned" test ! -e "$DATA/provisioned.json"
equal "the trail says it" "provision|begun|the stick: Is a directory" "$(trail)"
for again in "" --again; do
	# shellcheck disable=SC2086 # one word or none
	says "another stick${again:+, meant,} has to wait" 5 'not finished.*the next start' provision $again "$DIR/other"
	check "and changes nothing" cmp "$DIR/stick/node.yaml" "$DATA/culvert.yaml"
	check "nor what is kept" cmp "$DIR/release.pub" "$DATA/.provision/trust/release.pub"
done
says "at the next start it is there still" 5 'policy.yaml: error: Is a directory' provision
rm -r "$DATA/policy.yaml"
says "it is taken away" 0 'interrupted is finished' provision
equal "and the next start finishes" "$(cd "$DATA.whole" && rm provisioned.json && hash_of .)" \
	"$(jq -e .source "$DATA/provisioned.json" >/dev/null && rm "$DATA/provisioned.json" && hash_of "$DATA")"
equal "which the trail says" "provision|done|the stick" "$(trail)"
check "nothing is left behind" test ! -e "$DATA/.provision"
new_node
before=$(hash_of "$DATA")
mkdir -p "$DATA/.provision/trust"
echo '{' >"$DATA/.provision/record.json"
cp "$DIR/release.pub" "$DATA/.provision/trust/"
says "a record that cannot be read" 5 'record.json: error: cannot be read.*taken away' provision "$DIR/stick"
check "is no reason to forget" test -e "$DATA/.provision/trust/release.pub"
rm -r "$DATA/.provision"
equal "without it all is as it was" "$before" "$(hash_of "$DATA")"

# --- the unit's script, on file systems -----------------------------------------------------------
# In a mount namespace of its own, where /data and the programs are as on the appliance.
script() { # script IMAGE...
	unshare -m sh -euc '
		dir=$1; shift
		mkdir -p "$dir/root" "$dir/bin"
		mount --bind "$dir/root" /mnt; mount -t tmpfs tmpfs "$dir/root"
		for d in /*; do
			case $d in /data|/mnt|/run|/tmp) continue ;; esac
			[ -d "$d" ] && mkdir -p "$dir/root$d" && mount --rbind "$d" "$dir/root$d" || cp -a "$d" "$dir/root/"
		done
		mkdir -p "$dir/root/data/culvert" "$dir/root/run" "$dir/root/tmp" "$dir/root$dir"
		mount --bind "$dir/data" "$dir/root/data/culvert"
		mount --bind "$dir" "$dir/root$dir"
		exec chroot "$dir/root" env PATH="$dir/bin:$PATH" "$@"' sh "$DIR" "$SCRIPT" "$@"
}
image() { # image NAME FOLDER
	mkfs.ext4 -q -L CULVERT -d "$2" "$DIR/$1.img" 4M 2>/dev/null
}
if [ "$(id -u)" -eq 0 ] && unshare -m true 2>/dev/null; then
	mkdir -p "$DIR/bin" "$DIR/fs/culvert" "$DIR/fs-bad/culvert" "$DIR/fs-empty" "$DIR/factory"
	printf '#!/bin/sh\nexec %s "$@"\n' "$CULVERT" >"$DIR/bin/culvert"
	printf '#!/bin/sh\necho "systemctl $*" >>%s/restarts\n' "$DIR" >"$DIR/bin/systemctl"
	chmod +x "$DIR"/bin/*
	cp -r "$DIR/stick/." "$DIR/fs/culvert/"
	rm -rf "$DIR/fs/culvert/System Volume Information"
	echo junk >"$DIR/fs-bad/culvert/node.yaml"
	image good "$DIR/fs" && image bad "$DIR/fs-bad" && image empty "$DIR/fs-empty" || bad "no file systems"
	head -c 1000000 /dev/urandom >"$DIR/noise.img"
	new_node
	rm "$DATA/culvert.yaml"
	says "noise on a stick" 2 'no file system in it' script "$DIR/noise.img"
	check "an empty stick" script "$DIR/empty.img"
	says "a stick with garbage" 2 'found a value, expected a map' script "$DIR/bad.img"
	check "no restart for it" test ! -e "$DIR/restarts"
	says "garbage first, then a good one" 2 'provisioned from .*good.img: 6 files' script "$DIR/bad.img" "$DIR/good.img"
	check "the good one counts" cmp "$DIR/stick/node.yaml" "$DATA/culvert.yaml"
	check "who runs starts anew" grep -q 'try-restart culvert-access.service culvert-control.service' "$DIR/restarts"
	rm "$DIR/restarts"
	says "at the next start" 0 'has been provisioned with these files' script "$DIR/good.img"
	check "nobody starts anew" test ! -e "$DIR/restarts"
else
	say "not root: the unit's script is not tried"
fi
finish
