#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_hostile.sh BUILD: a directory that is not what it should be, in every way we know: refused, told,
# nothing changed. And a node's hours.
# shellcheck source=tests/fleet/lib.sh
. "$(dirname "$0")/lib.sh"
fleet_keys
fleet_server
nodes_root
node_make alone 1.0.0
N=$DIR/nodes/alone
publish() { fleet publish "$FLEET" "$(bundle "$1")" --version "$1" --percent 100 --key "$DIR/fleet.key" "${@:2}" >/dev/null; }
keep() { rm -rf "$DIR/kept" && cp -a "$FLEET" "$DIR/kept"; }
restore() { rm -rf "$FLEET" && cp -a "$DIR/kept" "$FLEET"; }
sign() { # sign [KEY]: what lies there as index, by minisign itself
	minisign -S -W -s "$DIR/${1:-fleet}.key" -m "$FLEET/index" -x "$FLEET/index.minisig" -t "by hand" >/dev/null 2>&1 </dev/null
}
state() { (cd "$N/data" && find . -type f ! -name rauc.log -print0 | sort -z | xargs -0 sha256sum | sha256sum); }
refused() { # refused WHAT PATTERN
	local before
	before=$(state)
	says "$1" 2 "$2" poll alone
	check "$1: told what that means" grep -q 'nothing was changed; the node goes on as it is' "$DIR/says.out"
	equal "$1: nothing changed" "$before" "$(state)"
	check "$1: RAUC was not asked" test ! -e "$N/data/rauc.log"
	restore
}

# The node has seen one index, of a release that is not newer than what it runs.
publish 0.9.0
says "what is older is let be" 0 'version 0.9.0: waiting, a newer one runs' poll alone
cp -a "$FLEET" "$DIR/older"
publish 2.0.0
keep

sign && check "one that has" minisign -V -p "$DIR/fleet.pub" -m "$FLEET/index"
restore
printf '\001' | dd of="$FLEET/index" bs=1 seek=40 conv=notrunc status=none
refused "a flipped bit in the index" 'not signed by whom update.keys names, or was changed'
sed -i '2s/^\(.\{40\}\)./\1A/' "$FLEET/index.minisig"
cmp -s "$FLEET/index.minisig" "$DIR/kept/index.minisig" && sed -i '2s/^\(.\{40\}\)./\1B/' "$FLEET/index.minisig"
refused "a flipped bit in the signature" 'not signed by whom'
sign stranger
refused "another key" 'not signed by whom'
rm "$FLEET/index.minisig"
refused "no signature" 'index.minisig: the server answers 404'
rm "$FLEET/index"
refused "no index" 'index: the server answers 404'
truncate -s 100 "$FLEET/index"
refused "a truncated index" 'not signed by whom'
truncate -s 100 "$FLEET/index" && sign
refused "a truncated index, signed" 'no JSON object'
head -c 100000000 /dev/zero >"$FLEET/index"
refused "a huge index" 'index is larger than it may be'
head -c 1000000 /dev/zero >"$FLEET/index.minisig"
refused "a huge signature" 'index.minisig is larger than it may be'
: >"$FLEET/index"
: >"$FLEET/index.minisig"
refused "empty files" 'not signed by whom'
change() { jq "$1" "$DIR/kept/index" >"$FLEET/index" && sign; }
change '.created = "2026-01-01T00:00:00Z" | .expires = "2026-01-02T00:00:00Z"'
refused "an expired index" 'has expired; or the node.s clock is wrong'
change '.product = "another-product"'
refused "an index for another product" 'for another product'
change '.culvert_fleet = 2'
refused "a form of the future" 'update it by hand first'
change '.percent = 1000'
refused "a share of a thousand percent" '"percent" is missing or wrong'
change '.bundle = "../../../etc/shadow"'
refused "a bundle elsewhere" '"bundle" is missing or wrong'

# --- the server -----------------------------------------------------------------------------------
config() { sed -i "$@" "$N/data/culvert.yaml"; }
config "s,url: [^ ]*\",url: \"https://localhost:8443/elsewhere\","
refused "a server that sends elsewhere" 'answers 301 and sends elsewhere, which is not followed'
config "s,url: [^ ]*\",url: \"https://127.0.0.1:8443/culvert\","
refused "a certificate for another name" '(subject name|no alternative certificate)'
config "s,url: [^ ]*\",url: \"https://localhost:8444/culvert\","
refused "nobody there" '(refused|connect)'
config "s,url: [^ ]*\",url: \"$URL\","
cp "$DIR/other-ca.pem" "$N/data/update/ca.pem"
refused "a certificate of another authority" 'certificate'
cp "$DIR/ca.pem" "$N/data/update/ca.pem"
chmod 666 "$N/data/update/fleet.pub"
refused "keys that anybody may write" 'not signed by whom'
chmod 644 "$N/data/update/fleet.pub"
config "s,https://localhost,http://localhost,"
says "no TLS: it is no right configuration" 2 'no https:// address' poll alone
config "s,http://localhost,https://localhost,"

# --- hours ----------------------------------------------------------------------------------------
now=$(date -u +%s)
hours() { printf '%s-%s' "$(date -u -d "@$((now + $1 * 3600))" +%H:%M)" "$(date -u -d "@$((now + $2 * 3600))" +%H:%M)"; }
config "s,update: {,update: { window: $(hours 2 3)\,,"
says "not the node's hour" 0 "waiting, it is not this node's hour" poll alone
config "s,window: [^ ]*\,,,"
fleet stage "$FLEET" 100 --window "$(hours 2 3)" --key "$DIR/fleet.key" >/dev/null
says "not the fleet's hour" 0 "waiting, it is not the fleet's hour" poll alone
fleet stage "$FLEET" 0 --window any --key "$DIR/fleet.key" >/dev/null
says "not its turn" 0 "waiting, it is not this node's turn" poll alone
fleet halt "$FLEET" --key "$DIR/fleet.key" >/dev/null
says "halted" 0 'waiting, the roll-out is halted' poll alone
equal "what it has told" "waiting the roll-out is halted" "$(jq -r '"\(.outcome) \(.detail)"' "$FLEET/reports/alone.json")"
check "RAUC was not asked" test ! -e "$N/data/rauc.log"
fleet stage "$FLEET" 100 --key "$DIR/fleet.key" >/dev/null
fleet resume "$FLEET" --key "$DIR/fleet.key" >/dev/null
keep
# The one it saw long ago, and one with the serial of the one it has seen.
for f in index index.minisig; do cp "$DIR/older/$f" "$FLEET/"; done
refused "an older index" 'older than one that was seen here'
config "s,update: {,update: { window: $(hours 2 3)\,,"
check "it has seen the newest" poll alone
change '.percent = 99'
refused "another one with the same serial" 'the serial of another one that was seen here'
config "s,window: [^ ]*\,,,"

# --- the bundle -----------------------------------------------------------------------------------
damaged() { # damaged WHAT PATTERN
	rm -f "$N/data/update/fleet.json"
	says "$1" 2 "$2" poll alone
	check "$1: RAUC was not asked" test ! -e "$N/data/rauc.log"
	check "$1: nothing is left of it" test ! -e "$N/data/update/fleet.raucb"
	equal "$1: it runs what it ran" 1.0.0 "$(node_version alone)"
	restore
}
B=$FLEET/culvert-2.0.0.raucb
printf x | dd of="$B" bs=1 seek=100000 conv=notrunc status=none
damaged "a bundle with another byte" 'not the file that the index describes'
truncate -s 1000 "$B"
damaged "a truncated bundle" 'not the file that the index describes'
head -c 50000000 /dev/zero >>"$B"
damaged "a bundle that is larger" 'larger than it may be'
rm "$B"
damaged "no bundle" 'the server answers 404'
rm -f "$N/data/update/fleet.json"
rm "$B"
for _ in 1 2 3; do poll alone >/dev/null 2>&1; done
equal "what fails three times is told as failed" failed "$(jq -r .outcome "$FLEET/reports/alone.json")"
says "and left alone" 0 'failed, it could not be installed' poll alone
check "nothing was asked for a fourth time" test "$(grep -c 'GET /culvert/culvert-2.0.0.raucb' "$DIR/nginx/access.log")" -le 8
restore
rm -f "$N/data/update/fleet.json"

says "two at once" 3 'another upgrade is at work' node alone flock /data/culvert/update culvert update poll \
	--config /data/culvert/culvert.yaml
says "nor a person beside the timer" 3 'another upgrade is at work' node alone flock /data/culvert/update culvert update install /data/x.raucb
fleet publish "$FLEET" "$(bundle 1.9.0)" --version 2.0.0 --percent 100 --key "$DIR/fleet.key" >/dev/null
says "published as what it is not" 2 'has version 1.9.0, and was published as 2.0.0' poll alone
check "it was not installed" sh -c "! grep -q '^rauc install' '$N/data/rauc.log'"
publish 2.0.0
rm -f "$N/data/update/fleet.json"

# --- and after all that it still takes a good one -------------------------------------------------
says "a good one" 0 'version 2.0.0: trial' poll alone
equal "told to restart" reboot "$(cat "$N/data/systemctl.log")"
says "asked again before it did" 0 'trial, started by the next reboot' poll alone
node_boot alone
says "well" 0 'version 2.0.0: good' poll alone
equal "runs it" 2.0.0 "$(node_version alone)"
# A server that takes no reports: the node goes on.
rm "$FLEET/reports/alone.json"
mv "$FLEET/reports" "$FLEET/gone"
: >"$FLEET/reports"
says "no place for reports" 0 'the report was not taken' poll alone
finish
