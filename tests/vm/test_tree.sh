#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The built system's files are hardened as they should be; and what looks after that would notice if they
# were not: each of many ways to spoil a copy is found, by its name.
set -uo pipefail
# shellcheck source=tools/lib.sh
. "$(dirname "$0")/../../tools/lib.sh"
IMG_DIR=${CULVERT_IMAGE_DIR:-$CV_ROOT/build-image}
tree=$IMG_DIR/work/system
[ -d "$tree/usr" ] || { say "SKIP: no system in $IMG_DIR/work (tools/image makes it)"; exit 77; }
[ "$(id -u)" -eq 0 ] || { say "SKIP: no root privilege"; exit 77; }
look() { "$CV_ROOT/tests/vm/check_tree.sh" "$1"; }
failed=0

look "$tree" || { say "FAILED: the system is not as it should be"; failed=1; }

work=$(mktemp -d "$IMG_DIR/spoilt.XXXXXX")
trap 'rm -rf "$work"' EXIT
# Hard links, and what is spoilt is written anew.
cp -al "$tree" "$work/tree" || exit 1
cd "$work/tree" || exit 1
put() { mkdir -p "$(dirname "$1")"; rm -f "$1"; cat >"$1"; }
change() { local text; text=$(sed "$2" "$1"); put "$1" <<<"$text"; }
# spoil TEXT COMMAND...: after the command the look finds TEXT; then the place is as before.
spoil() {
	local text=$1 found
	shift
	"$@"
	if found=$(look "$work/tree"); then
		say "FAILED: unnoticed: $text"
		failed=1
	elif ! grep -qF -- "$text" <<<"$found"; then
		say "FAILED: not told as \"$text\": $found"
		failed=1
	else
		say "ok: noticed: $(grep -m 1 -F -- "$text" <<<"$found")"
	fi
	rm -rf "$work/tree"
	cp -al "$tree" "$work/tree"
	cd "$work/tree" || exit 1
}
setuid() { put usr/bin/helper <<<x; chmod 4755 usr/bin/helper; }
compiler() { put usr/bin/x86_64-linux-gnu-gcc-14 <<<x; }
python() { put usr/bin/python3.13 <<<x; }
anybody() { put usr/lib/anybody <<<x; chmod 666 usr/lib/anybody; }
password() { change etc/shadow 's/^root:[^:]*/root:$y$j9T$x/'; }
toor() { { cat etc/passwd; echo 'toor:x:0:0::/:/usr/sbin/nologin'; } >passwd.new; mv passwd.new etc/passwd; }
host_key() { put etc/ssh/ssh_host_ed25519_key <<<x; }
always_ssh() { rm usr/lib/systemd/system/ssh.service.d/appliance.conf; }
generator() { put usr/lib/systemd/system-generators/systemd-ssh-generator <<<x; }
service() { mkdir -p etc/systemd/system/multi-user.target.wants; ln -s /usr/lib/systemd/system/x.service etc/systemd/system/multi-user.target.wants/debug-shell.service; }
no_audit() { find etc/systemd/system -name auditd.service -delete; }
open_rules() { change etc/audit/rules.d/culvert.rules 's/^-e 2$/-e 1/'; }
later_sysctl() { put etc/sysctl.d/99-local.conf <<<'kernel.dmesg_restrict = 0'; }
exec_data() { change etc/fstab 's/,noexec//'; }
module() { put "$(echo usr/lib/modules/*/kernel)/net/tipc/tipc.ko.xz" <<<x; }
unlisted() { local m; m=$(echo usr/lib/modules/*); put "$m/kernel/net/extra/extra.ko.xz" <<<x; { cat "$m/modules.dep"; echo kernel/net/extra/extra.ko.xz:; } >dep.new; mv dep.new "$m/modules.dep"; }

spoil "changes who it runs as: /usr/bin/helper" setuid
spoil "no compiler" compiler
spoil "no interpreter" python
spoil "everybody may write: /usr/lib/anybody" anybody
spoil "every password is locked: root" password
spoil "root is the only root: toor" toor
spoil "no SSH key is the image's" host_key
spoil "SSH waits for somebody's key" always_ssh
spoil "no generator" generator
spoil "no other service is enabled: debug-shell" service
spoil "auditd.service is enabled" no_audit
spoil "nobody changes the rules" open_rules
spoil "kernel.dmesg_restrict is 1 (it is 0)" later_sysctl
spoil "data are mounted without programs" exec_data
spoil "nobody needs here" module
spoil "every module is on the list" unlisted
[ $failed -eq 0 ]
