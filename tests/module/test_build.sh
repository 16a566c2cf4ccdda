#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_build.sh CULVERT EXAMPLE.bpf.c REFUSED-FOLDER: building modules from source, and what is said
# of mistakes. What the kernel has to verify is left out where there is no right to ask it.
set -euo pipefail
# shellcheck source=tests/cli/expect.sh
. "$(dirname "$0")/../cli/expect.sh"
culvert=$(realpath "$1") example=$(realpath "$2") refused=$(realpath "$3")
in_work_folder
cp "$refused"/*.bpf.c .

build() { "$culvert" policy module build "$@"; }

expect 0 build --no-verify "$example" -o example.o
has "module coap_burst, ABI 1" out
has "not verified" out
[ "$(wc -c <example.o)" -lt 20000 ] || fail "debug sections were left in"
expect 0 build --no-verify --json "$example" -o example.o
[ "$(jq -r '.name, .verified, .codes."0"' out | paste -sd' ')" = "coap_burst false burst" ] || fail "JSON"
expect 0 build --no-verify bounds.bpf.c
[ -f bounds.o ] || fail "the object is not named by its source"

# Mistakes of the language, several at once, with their places.
printf '#include <culvert_module.h>\nstatic int m(const struct cv_module_ctx *c)\n{\n\treturn c->no + nothing;\n}\nCV_MODULE(m);\n' >wrong.bpf.c
expect 2 build wrong.bpf.c
has "wrong.bpf.c:4:12: error: no member named 'no'" err
has "wrong.bpf.c:4:17: error: " err
[ ! -e wrong.o ] || fail "an object of a wrong source"
expect 2 build --json wrong.bpf.c
[ "$(jq '.errors, .findings[0].line' out | paste -sd' ')" = "2 4" ] || fail "JSON of findings"
printf 'int main(void) { return 0; }\n' >none.bpf.c
expect 2 build --no-verify none.bpf.c
has "CV_MODULE" err
: >empty.bpf.c
expect 2 build --no-verify empty.bpf.c
expect 2 build missing.bpf.c
has "missing.bpf.c: error: No such file" err
expect 2 build --no-verify helper.bpf.c
has "helper.bpf.c:8:15: error: bpf_redirect (helper 23) may not be called" err
expect 2 build --no-verify abi.bpf.c
has "abi.bpf.c:13:1: error: The module was built against ABI 99" err
[ -z "$(find . -name '*.[12]')" ] || fail "files are left behind"

mkdir empty
expect 3 env PATH="$work/empty" "$culvert" policy module build wrong.bpf.c
has "there is no clang on this machine" err
expect 5 build --no-verify "$example" -o /proc/none.o

[ "$(id -u)" = 0 ] || { echo "SKIP: the kernel's part needs root"; exit 77; }
expect 0 build "$example" -o example.o
has "the kernel has verified it" out
expect 2 build loop.bpf.c
has "loop.bpf.c:9:9: error: this loop has no end that the kernel can prove" err
if grep -q "processed " err; then fail "the whole log without --verbose"; fi
expect 2 build --verbose loop.bpf.c
has "processed " err
expect 2 build writes.bpf.c
has "writes.bpf.c:10:9: error: a module must not change frames" err
[ ! -e writes.o ] || fail "an object that was refused"
# Without the right to ask the kernel: said so, with the way out.
expect 3 setpriv --bounding-set=-all --inh-caps=-all "$culvert" policy module build "$example" -o other.o
has "--no-verify" err
echo "modules are built, mistakes are told"
