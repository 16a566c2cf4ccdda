# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# What the operator's pages show, done: blocks "sh appliance" in the machine, blocks "sh desk" outside,
# where ssh leads to it. Sourced behind vm.sh, with the machine up.

docs_ssh() { # an ssh for the desk
	mkdir -p "$LAB_DIR/desk/bin"
	cat >"$LAB_DIR/desk/bin/ssh" <<-END
		#!/bin/bash
		exec $(command -v ssh) -i '$LAB_DIR/key' -o BatchMode=yes -o LogLevel=ERROR -o 'UserKnownHostsFile=$LAB_DIR/known_hosts' \
			-S '$VM_LINK' "\${@/root@NODE/root@$VM_IP}"
	END
	chmod +x "$LAB_DIR/desk/bin/ssh"
}
docs_run() { # docs_run BLOCK
	vm_link || return
	case $1 in
	*.appliance) vm timeout $((60 * VM_SLOW)) bash -eu -s <"$1" ;;
	*.desk) (cd "$LAB_DIR/desk" && PATH=$LAB_DIR/desk/bin:$PATH in_ns mgmt timeout $((60 * VM_SLOW)) bash -eu "$1") ;;
	esac
}
docs_page() { # docs_page FILE
	local block n=0
	docs_ssh
	rm -f "$LAB_DIR"/block-*
	awk -v dir="$LAB_DIR" '
		/^```sh (appliance|desk)$/ { out = sprintf("%s/block-%03d.%s", dir, ++n, $2); next }
		/^```$/ { if (out) close(out); out = ""; next }
		out { print > out }' "$CV_ROOT/$1"
	for block in "$LAB_DIR"/block-*; do
		[ -e "$block" ] || continue
		n=$((n + 1))
		check "$1: $(head -n 1 "$block")" docs_run "$block"
	done
	check "$1 has commands ($n)" [ $n -gt 0 ]
}
