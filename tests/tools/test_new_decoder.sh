#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_new_decoder.sh SOURCE-ROOT: tools/new-decoder in a scratch copy. What it makes builds, its
# test fails and says what to write; and the build refuses a decoder that lacks a part.
set -euo pipefail
source=$1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# The copy's objects are those of the build at hand but for its place.
export CCACHE_NOHASHDIR=1 CCACHE_BASEDIR=$scratch
(cd "$source" && { git ls-files -z || find . -path ./build -prune -o -type f -print0; }) |
	(cd "$source" && tar -c --null -T - --ignore-failed-read 2>/dev/null) | tar -x -C "$scratch"
cd "$scratch"

fail() {
	printf 'FAIL: %s\n' "$*" >&2
	exit 1
}
refuses() { # WHAT-IT-SAYS
	! meson setup --reconfigure build >log 2>&1 || fail "built without: $1"
	grep -qF -- "$1" log || { tail -5 log; fail "did not say: $1"; }
	echo "refused: $1"
}

! tools/new-decoder Bad-Name 2>log || fail "took a name that is none"
! tools/new-decoder coap 2>log || fail "made a decoder twice"
grep -q 'in dataplane/decode/decoders.list already' log || fail "did not say where the name is"
tools/new-decoder trialmeter
meson setup build >log 2>&1 || { tail -20 log; fail "what was made is not set up"; }
ninja -C build tests/decode/test_trialmeter tests/decode/fuzz_decode_trialmeter >log 2>&1 ||
	{ tail -20 log; fail "what was made does not build"; }
! build/tests/decode/test_trialmeter >log 2>&1 || fail "the test of nothing written passes"
grep -q 'the decoder trialmeter is not written' log || { cat log; fail "does not say what is missing"; }
for part in tests/samples/trialmeter/stream.bin dataplane/decode/trialmeter.c \
	tests/decode/test_trialmeter.c docs/protocols/trialmeter.md; do
	grep -q "$part" log || fail "does not say to write $part"
done
build/tests/decode/fuzz_decode_trialmeter -runs=200 tests/samples/trialmeter
! tests/decode/check_written . 2>log || fail "the template passes for written"
grep -q dataplane/decode/trialmeter.c log || fail "does not say which file is not written"

for part in dataplane/decode/trialmeter.c tests/decode/test_trialmeter.c \
	tests/samples/trialmeter/README.md docs/protocols/trialmeter.md; do
	mv "$part" aside
	refuses "is missing $part"
	mv aside "$part"
done
mv tests/samples/trialmeter/stream.bin aside
refuses 'has no sample in tests/samples/trialmeter'
mv aside tests/samples/trialmeter/stream.bin
echo 'trialmeter | |' >>dataplane/decode/decoders.list
refuses 'is listed twice'
echo PASS
