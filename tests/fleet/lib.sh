# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Nodes that are folders, and their fleet's server. Sourced by the tests of this folder, with BUILD as $1.
#
# A node is DIR/nodes/NAME: data/ is its data partition; cmdline, os-release, boot-id are what its
# kernel and slot say; slot-A and slot-B hold the version that lies there. It runs the real `culvert` in
# a mount namespace and root folder of its own. At the boundary stand, as programs of its PATH:
#     rauc       checks and writes bundles (here files that say version and product)
#     systemctl  reboot: written down, and done by node_boot
#     culvert    for `culvert health` alone, which is the running node's: unwell where its version is in
#                the file "ill"; everything else is the real program
set -uo pipefail
command -v nginx >/dev/null || { echo "SKIP: there is no nginx"; exit 77; }
[ "$(id -u)" -eq 0 ] && unshare -mn true 2>/dev/null || { echo "SKIP: not root, or no namespaces"; exit 77; }
# An address space and a network of the test's own.
[ -n "${FLEET_NS:-}" ] || FLEET_NS=1 exec unshare -mn "$0" "$@"
mount --make-rprivate /
ip link set lo up

# shellcheck source=tests/cli/tally.sh
. "$(dirname "${BASH_SOURCE[0]}")/../cli/tally.sh"
# shellcheck source=tests/fleet/web.sh
. "$(dirname "${BASH_SOURCE[0]}")/web.sh"
BUILD=$(realpath "$1")
DIR=$(mktemp -d)
CULVERT=$BUILD/control/cli/culvert
FLEET=$DIR/www/culvert
URL=https://localhost:8443/culvert
NGINX_PID=''
leave() {
	[ -z "$NGINX_PID" ] || { kill "$NGINX_PID"; wait "$NGINX_PID"; } 2>/dev/null
	umount -lR "$DIR/root" 2>/dev/null
	rm -rf --one-file-system "$DIR"
}
trap leave EXIT
# --- keys and certificates ------------------------------------------------------------------------
fleet_keys() {
	local name
	for name in fleet stranger; do
		"$BUILD/control/culvert-control" policy keygen --no-password --public "$DIR/$name.pub" \
			--secret "$DIR/$name.key" >/dev/null || exit 1
	done
	web_authority "$DIR" ca && web_authority "$DIR" other-ca && web_certificate "$DIR" server ca DNS:localhost || exit 1
}

# --- the server -----------------------------------------------------------------------------------
fleet_server() {
	web_conf "$DIR/nginx" 127.0.0.1:8443 "$DIR/server" "$DIR/www" "location /elsewhere/ { return 301 $URL/; }"
	chmod 755 "$DIR"
	nginx -c "$DIR/nginx/conf" -p "$DIR/nginx" -e "$DIR/nginx/error.log" >"$DIR/nginx/out" 2>&1 &
	NGINX_PID=$!
	for _ in $(seq 100); do
		curl -s --cacert "$DIR/ca.pem" "$URL/" -o /dev/null && return
		sleep 0.1
	done
	cat "$DIR/nginx/out" "$DIR/nginx/error.log"
	exit 1
}

# --- nodes ----------------------------------------------------------------------------------------
# The root folder that all of them look at: this machine's, with other mounts over some of its files.
nodes_root() {
	local d
	mkdir -p "$DIR/root" "$DIR/bin"
	mount -t tmpfs tmpfs "$DIR/root"
	for d in /*; do
		case $d in /data | /dev | /run) continue ;; esac
		if [ -L "$d" ]; then cp -P "$d" "$DIR/root/"; elif [ -d "$d" ]; then
			mkdir "$DIR/root$d" && mount --rbind "$d" "$DIR/root$d"
		fi
	done
	mkdir -p "$DIR/root/data/culvert" "$DIR/root/run" "$DIR/root/dev/disk/by-partlabel"
	for d in null zero full random urandom tty; do
		: >"$DIR/root/dev/$d" && mount --bind "/dev/$d" "$DIR/root/dev/$d"
	done
	ln -s /proc/self/fd "$DIR/root/dev/fd"
	# In both slots lies an EROFS, as far as anybody looks.
	for d in a b; do
		{ head -c 1024 /dev/zero && printf '\342\341\365\340'; } >"$DIR/root/dev/disk/by-partlabel/root-$d"
	done
	cat >"$DIR/bin/rauc" <<-'END'
		#!/bin/sh
		echo "rauc $*" >>/data/culvert/rauc.log
		other() { grep -q 'rauc.slot=A' /proc/cmdline && echo B || echo A; }
		case $1 in
		info) head -n 1 "$3" ;;
		status) [ "$2" != --detailed ] || echo '{"slots": []}' ;;
		install) sed -n 's/.*"version": "\([^"]*\)".*/\1/p' "$2" >"/data/culvert/slot-$(other)" ;;
		esac
	END
	cat >"$DIR/bin/systemctl" <<-'END'
		#!/bin/sh
		echo "$*" >>/data/culvert/systemctl.log
	END
	cat >"$DIR/bin/culvert" <<-END
		#!/bin/sh
		[ "\$1" = health ] || exec $CULVERT "\$@"
		version=\$(sed -n 's/^IMAGE_VERSION=//p' /etc/os-release)
		case \$version in
		1.*) ! grep -q '^new:' /data/culvert/culvert.yaml || exit 1 ;;
		esac
		! grep -qx "\$version" /data/culvert/ill 2>/dev/null
	END
	chmod +x "$DIR"/bin/*
}
node_make() { # node_make NAME VERSION
	local n=$DIR/nodes/$1
	mkdir -p "$n/data/update"
	cp "$DIR/fleet.pub" "$DIR/ca.pem" "$n/data/update/"
	: >"$n/data/update/trust.pem" # whom RAUC trusts
	echo "$2" >"$n/data/slot-A"
	cat >"$n/data/culvert.yaml" <<-END
		node: $1
		ports: [ { name: a, target: "pcap:x.pcap" } ]
		update: { url: "$URL", ca: update/ca.pem }
	END
	node_slot "$1" A
}
node_slot() { # node_slot NAME SLOT: what a start of that slot says
	local n=$DIR/nodes/$1
	echo "ro rauc.slot=$2 quiet" >"$n/cmdline"
	printf 'ID=debian\nIMAGE_VERSION=%s\n' "$(cat "$n/data/slot-$2")" >"$n/os-release"
	cat /proc/sys/kernel/random/uuid >"$n/boot-id"
}
node() { # node NAME COMMAND...: on that node
	local n=$DIR/nodes/$1
	shift
	unshare -m sh -euc '
		n=$1 dir=$2 root=$2/root
		shift 2
		mount --bind "$n/data" "$root/data/culvert"
		mount --bind "$n/cmdline" "$root/proc/cmdline"
		mount --bind "$n/boot-id" "$root/proc/sys/kernel/random/boot_id"
		mount --bind "$n/os-release" "$(realpath "$root/usr/lib/os-release")"
		exec chroot "$root" env PATH="$dir/bin:$PATH" "$@"' sh "$n" "$DIR" "$@"
}
poll() { node "$1" culvert update poll --config /data/culvert/culvert.yaml; }
node_version() { sed -n 's/^IMAGE_VERSION=//p' "$DIR/nodes/$1/os-release"; }
slot_of() { sed -n 's/.*rauc.slot=\([AB]\).*/\1/p' "$DIR/nodes/$1/cmdline"; }
# What the machine does when it was told to reboot: the firmware starts the slot on trial once; one
# that says it is not well is left for the other. Who comes first at a start comes before the health, which
# finds a configuration of another version unwell ("new", which only version 2 knows).
node_boot() {
	local n=$DIR/nodes/$1 to other
	[ -s "$n/data/systemctl.log" ] || return 0
	rm "$n/data/systemctl.log"
	other=$(slot_of "$1" | tr AB BA)
	to=$(slot_of "$1")
	[ "$(jq -r '"\(.phase) \(.slot)"' "$n/data/update/attempt.json" 2>/dev/null)" != "trial $other" ] || to=$other
	node_slot "$1" "$to"
	node_start "$1"
	if [ -s "$n/data/systemctl.log" ]; then
		rm "$n/data/systemctl.log"
		node_slot "$1" "$(slot_of "$1" | tr AB BA)"
		node_start "$1"
	fi
}
node_start() { # node_start NAME: what culvert-provision.service and culvert-health.service do
	node "$1" culvert update restore >>"$DIR/nodes/$1/log" 2>&1
	node "$1" culvert update confirm --wait 0 >>"$DIR/nodes/$1/log" 2>&1
}
bundle() { # bundle VERSION: the file; RAUC's stand-in reads it
	printf '{ "compatible": "culvert-x86-64", "version": "%s" }\n' "$1" >"$DIR/culvert-$1.raucb"
	head -c 200000 /dev/zero | tr '\0' ' ' >>"$DIR/culvert-$1.raucb"
	echo "$DIR/culvert-$1.raucb"
}
fleet() { "$CV_ROOT/tools/fleet" "$@"; }
CV_ROOT=$(cd "$(dirname "$0")/../.." && pwd)
export CULVERT_BUILD=$BUILD
