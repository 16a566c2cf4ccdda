#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_rollback.sh BUILD: a node goes back to the system before, and to the configuration that it had: one
# with a setting that only the newer system knows would keep the older one from ever being well.
# shellcheck source=tests/fleet/lib.sh
. "$(dirname "$0")/lib.sh"
nodes_root
fleet_keys
N=$DIR/nodes/alone
C=$N/data/culvert.yaml
G=$N/data/update/generations
fresh() { # fresh: a node that runs 1.0.0, then 2.0.0 with a setting that 1.0.0 does not know
	rm -rf "$N"
	node_make alone 1.0.0
	bundle 2.0.0 >/dev/null
	cp "$DIR/culvert-2.0.0.raucb" "$N/data/"
	cp "$C" "$DIR/one.yaml"
	equal "the first generation" 1 "$(field .generation)"
	says "an upgrade" 0 'slot B, version 2.0.0: started once' node alone culvert update install --reboot /data/culvert/culvert-2.0.0.raucb
	node_boot alone
	equal "it runs the new one" 2.0.0 "$(node_version alone)"
	cmp -s "$C" "$DIR/one.yaml" || check "with the configuration it had" false
	echo "new: 1" >>"$C"
	cp "$C" "$DIR/two.yaml"
}
field() { node alone culvert update status --json | jq -r "$1"; }
same() { check "$1" cmp "$C" "$DIR/$2.yaml"; }

# --- back, and back again -------------------------------------------------------------------------
fresh
equal "the second generation" 2 "$(field .generation)"
equal "and the one before it" 1 "$(field '.slots[] | select(.slot == "A") | .generation')"
says "status says so" 0 '^slot A .*generation 1$' node alone culvert update status
says "back" 0 'configuration: that of generation 1, with version 1.0.0; what is there now is kept' \
	node alone culvert update rollback --reboot
check "what becomes of newer data is told" grep -q 'newer than 1.0.0 wrote stays' "$DIR/says.out"
same "until the reboot all is as it was" two
echo "# late" >>"$C"
cp "$C" "$DIR/two.yaml"
node_boot alone
equal "the system before" 1.0.0 "$(node_version alone)"
same "with its configuration" one
equal "is a generation of its own" 3 "$(field .generation)"
says "back from there" 0 'that of generation 2, with version 2.0.0' node alone culvert update rollback --reboot
node_boot alone
equal "the newer system" 2.0.0 "$(node_version alone)"
same "with its configuration, to the last change" two

# --- the way back fails ---------------------------------------------------------------------------
echo 1.0.0 >"$N/data/ill"
check "back to one that is not well" node alone culvert update rollback --reboot
node_boot alone
equal "the newer system again" 2.0.0 "$(node_version alone)"
same "with its configuration" two
equal "what was tried is known to have failed" failed "$(field .attempt.phase)"
says "and not tried again" 2 'was tried and is not good' node alone culvert update rollback

# --- cut --------------------------------------------------------------------------------------------
# The power is cut while the older one starts: the firmware has forgotten it.
fresh
check "back" node alone culvert update rollback --reboot
rm "$N/data/systemctl.log"
node_slot alone A
check "its configuration" node alone culvert update restore
same "is there" one
node_slot alone B
node_start alone
same "and the newer one has its own again" two
equal "what was tried is known to have failed" failed "$(field .attempt.phase)"

# --- nobody asked ---------------------------------------------------------------------------------
# The newer slot rots long after it was good, and the firmware starts the older one.
fresh
node_slot alone A
says "its own configuration" 0 'slot A, version 1.0.0: its own configuration is back' node alone culvert update restore
same "is there" one
check "what the newer one had is not lost" cmp "$C.replaced" "$DIR/two.yaml"
echo "# since" >>"$C"
cp "$C" "$DIR/one.yaml"
node_start alone
same "and stays, with what is changed since" one

# --- the configuration stays ----------------------------------------------------------------------
fresh
cp "$DIR/one.yaml" "$C"
echo "# kept" >>"$C"
cp "$C" "$DIR/two.yaml"
says "back without it" 0 'configuration: stays \(--keep-config\)' node alone culvert update rollback --keep-config --reboot
node_boot alone
equal "the system before" 1.0.0 "$(node_version alone)"
same "with the configuration of the newer one" two

# What it does not understand leads back by itself.
fresh
check "back without it" node alone culvert update rollback --keep-config --reboot
node_boot alone
equal "the newer system again" 2.0.0 "$(node_version alone)"
same "with its configuration" two

# A Culvert that kept no generations has made the upgrade.
fresh
rm -r "$G"
says "nothing is known" 0 'configuration: stays; which one slot A had is not known' node alone culvert update rollback --reboot
same "it stays" two

# --- no room ----------------------------------------------------------------------------------------
fresh
rm -r "$G"
: >"$G"
before=$(cat "$N/data/update/attempt.json")
says "what runs cannot be kept: nothing is installed" 5 'cannot keep the configuration' \
	node alone culvert update install /data/culvert/culvert-2.0.0.raucb
check "told what that means" grep -q 'nothing was changed' "$DIR/says.out"
says "nor gone back to" 5 'cannot keep the configuration' node alone culvert update rollback
equal "nothing was begun" "$before" "$(cat "$N/data/update/attempt.json")"
equal "once it was installed, before" 1 "$(grep -c '^rauc install' "$N/data/rauc.log")"
finish
