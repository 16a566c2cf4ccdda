# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# The Debian trees of the image's builder: where packages come from, and trees made of them.
# Sourced by tools/image after tools/lib.sh, and by what works in those trees. Needs root.
#
#   $IMG_DIR/debs         packages as they were fetched, for every tree
#   $IMG_DIR/trees/base   debootstrap's minimal system, copied for the others
#   $IMG_DIR/trees/NAME   with the packages of a list, which lies beside it in NAME.list

: "${IMG_DIR:=$CV_ROOT/build-image}"
IMG_RELEASE=trixie
IMG_TREES=$IMG_DIR/trees

# Package hosts: those of this machine's own apt, whichever release it runs.
img_apt_uri() { # img_apt_uri SUITE-PATTERN LABEL: the first source that fits
	apt-get indextargets --format '$(REPO_URI)|$(RELEASE)|$(COMPONENT)|$(LABEL)' 'Created-By: Packages' |
		awk -F'|' -v suite="$1" -v label="$2" '$2 ~ suite && $3 == "main" && $4 == label { print $1; exit }'
}

img_find_sources() {
	IMG_MAIN_URI=$(img_apt_uri '^[a-z]+$' Debian)
	IMG_SECURITY_URI=$(img_apt_uri '-security$' Debian-Security)
	[ -n "$IMG_MAIN_URI" ] || die "this machine's apt has no Debian source: see /etc/apt, then apt-get update"
	[ -n "$IMG_SECURITY_URI" ] || say "note: this machine's apt has no security source; building without" >&2
}

img_write_sources() { # img_write_sources TREE
	{
		echo "deb $IMG_MAIN_URI $IMG_RELEASE main"
		echo "deb $IMG_MAIN_URI $IMG_RELEASE-updates main"
		[ -z "$IMG_SECURITY_URI" ] || echo "deb $IMG_SECURITY_URI $IMG_RELEASE-security main"
	} >"$1/etc/apt/sources.list"
	# Proxies and the like.
	apt-config dump 2>/dev/null | grep -E '^Acquire::(http|https|Retries)' >"$1/etc/apt/apt.conf.d/90host" || true
}

# img_in TREE COMMAND...: in a mount namespace of its own, so that nothing stays mounted. The source
# tree is at /src, read-only; the builder's folder at /image; packages in the common cache, unless
# IMG_NO_CACHE is set.
img_in() {
	local tree=$1
	shift
	mkdir -p "$IMG_DIR/debs/partial" "$tree/src" "$tree/image" "$tree/run/netns" "$tree/var/cache/apt/archives"
	# shellcheck disable=SC2016 # for the inner shell
	as_root unshare --mount --propagation private sh -c '
		set -e
		tree=$1 src=$2 dir=$3 no_cache=$4; shift 4
		# pivot_root, not chroot: sandboxes within a chroot may not be made.
		mount --bind "$tree" "$tree"
		mount -t proc proc "$tree/proc"
		mount --rbind /sys "$tree/sys"
		mount --rbind /dev "$tree/dev"
		mount -t tmpfs tmpfs "$tree/tmp"
		[ ! -d /run/netns ] || mount --rbind /run/netns "$tree/run/netns"
		mount --bind "$src" "$tree/src"
		mount -o remount,ro,bind "$tree/src"
		mount --bind "$dir" "$tree/image"
		[ -n "$no_cache" ] || mount --bind "$dir/debs" "$tree/var/cache/apt/archives"
		cp /etc/resolv.conf "$tree/etc/resolv.conf" 2>/dev/null || true
		cp /etc/hosts "$tree/etc/hosts" 2>/dev/null || true
		mkdir -p "$tree/.old"
		cd "$tree"; pivot_root . .old; umount -l /.old; rmdir /.old 2>/dev/null || true
		cd /
		exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 LC_ALL=C.UTF-8 TZ=UTC \
			DEBIAN_FRONTEND=noninteractive ${SOURCE_DATE_EPOCH:+SOURCE_DATE_EPOCH=$SOURCE_DATE_EPOCH} "$@"' \
		img "$tree" "$CV_ROOT" "$IMG_DIR" "${IMG_NO_CACHE:-}" "$@"
}

img_base() {
	local base=$IMG_TREES/base
	[ ! -e "$base.list" ] || return 0
	cv_install debootstrap
	say "making the base tree ($IMG_RELEASE)"
	rm -rf "$base"
	mkdir -p "$base" "$IMG_DIR/debs"
	as_root debootstrap --variant=minbase --cache-dir="$IMG_DIR/debs" "$IMG_RELEASE" "$base" "$IMG_MAIN_URI" \
		>"$IMG_DIR/base.log" 2>&1 || die "debootstrap failed: see $IMG_DIR/base.log"
	img_write_sources "$base"
	printf 'APT::Install-Recommends "false";\nDpkg::Use-Pty "false";\nAPT::Keep-Downloaded-Packages "true";\n' \
		>"$base/etc/apt/apt.conf.d/80image"
	# A tree that a power cut spoils is made again.
	echo force-unsafe-io >"$base/etc/dpkg/dpkg.cfg.d/80image"
	# No program of a tree starts a service.
	printf '#!/bin/sh\nexit 101\n' >"$base/usr/sbin/policy-rc.d"
	chmod +x "$base/usr/sbin/policy-rc.d"
	img_in "$base" sh -c 'apt-get -q update && apt-get -qy dist-upgrade' >>"$IMG_DIR/base.log" 2>&1 ||
		die "the base tree cannot be brought up to date: see $IMG_DIR/base.log"
	date -u +%FT%TZ >"$base.list"
}

# img_tree NAME PACKAGE...: a tree with these packages; "a|b" is the first the release has. A tree
# whose list has not changed stays as it is.
img_tree() {
	local name=$1 tree=$IMG_TREES/$1 want
	shift
	want=$(printf '%s\n' "$@" | LC_ALL=C sort -u)
	[ ! -e "$tree.list" ] || [ "$(cat "$tree.list")" != "$want" ] || return 0
	img_find_sources
	img_base
	say "making the tree \"$name\" ($(wc -w <<<"$want") packages and what they need)"
	rm -rf "$tree" "$tree.list"
	cp -a --reflink=auto "$IMG_TREES/base" "$tree"
	# shellcheck disable=SC2016 # for the inner shell
	img_in "$tree" sh -c '
		chosen=
		for spec in "$@"; do
			found=
			for one in $(echo "$spec" | tr "|" " "); do
				if [ -z "$found" ] && apt-cache show "$one" >/dev/null 2>&1; then found=$one; fi
			done
			[ -n "$found" ] || { echo "no package for $spec" >&2; exit 1; }
			chosen="$chosen $found"
		done
		apt-get -qy install $chosen' sh "$@" >"$IMG_DIR/$name.log" 2>&1 ||
		die "the tree \"$name\" cannot be made: see $IMG_DIR/$name.log"
	printf '%s\n' "$want" >"$tree.list"
}
