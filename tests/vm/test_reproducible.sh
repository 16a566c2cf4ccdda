#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Two builds of one commit give the same system slot. The second is made in another folder, at another
# time, with its system's packages installed and its programs linked anew; from the same packages.
set -uo pipefail
# shellcheck source=tools/lib.sh
. "$(dirname "$0")/../../tools/lib.sh"
IMG_DIR=${CULVERT_IMAGE_DIR:-$CV_ROOT/build-image}
[ -e "$IMG_DIR/out/culvert.raw" ] || { say "SKIP: no image in $IMG_DIR/out (tools/image makes it)"; exit 77; }
[ "$(id -u)" -eq 0 ] || { say "SKIP: no root privilege"; exit 77; }

again=$IMG_DIR-again
trap 'rm -rf "$again"' EXIT
rm -rf "$again"
mkdir -p "$again/trees"
cp -a --reflink=auto "$IMG_DIR/debs" "$IMG_DIR/ccache" "$again/"
cp -a --reflink=auto "$IMG_DIR"/trees/{base,build,tools,kernel}{,.list} "$IMG_DIR/trees/kernel.fields" "$again/trees/"
version=0.0.0-twice
# A commit made meanwhile is not what is asked about.
SOURCE_DATE_EPOCH=$(git -C "$CV_ROOT" log -1 --format=%ct)
export SOURCE_DATE_EPOCH
"$CV_ROOT/tools/image" --no-install --dir "$IMG_DIR" --out twice --no-disk --version $version >"$again/first.log" 2>&1 ||
	{ tail "$again/first.log"; exit 1; }
"$CV_ROOT/tools/image" --no-install --dir "$again" --no-disk --version $version >"$again/second.log" 2>&1 ||
	{ tail "$again/second.log"; exit 1; }
first=$(cat "$IMG_DIR/twice/roothash") second=$(cat "$again/out/roothash")
say "first  $first"
say "second $second"
cmp "$IMG_DIR/twice/root.img" "$again/out/root.img" && cmp "$IMG_DIR/twice/efi.img" "$again/out/efi.img" &&
	cmp "$IMG_DIR/twice/sbom.spdx.json" "$again/out/sbom.spdx.json" &&
	cmp "$IMG_DIR/twice/copyright.tar.gz" "$again/out/copyright.tar.gz" && [ "$first" = "$second" ] && [ ${#first} -eq 64 ] || {
	diff -r "$IMG_DIR/work/slot" "$again/work/slot" 2>/dev/null | head -n 20
	say "FAILED: the two differ"
	exit 1
}
say "ok: both builds are the same"
rm -rf "$IMG_DIR/twice"
