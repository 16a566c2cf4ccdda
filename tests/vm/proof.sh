# shellcheck shell=bash disable=SC2034,SC2154 # of and for the tests around this
# SPDX-License-Identifier: Apache-2.0
# What the tests of Secure Boot and of encryption have in common. Sourced after vm.sh.

# The tree of programs that only proofs need; made when there is none.
proof_tree() {
	# shellcheck disable=SC2086 # a list of words
	(img_tree proof $img_packages_proof) >&2 || { say "SKIP: no package of: $img_packages_proof"; exit 77; }
}
proof_tool() { img_in "$IMG_TREES/proof" "$@"; }

# proof_partition NAME: where it begins on the machine's disk, in bytes
proof_partition() {
	python3 - "$LAB_DIR/disk.raw" "$1" <<-'END'
		import struct, sys
		with open(sys.argv[1], "rb") as disk:
		    disk.seek(512 + 72)
		    first, count, size = struct.unpack("<QII", disk.read(16))
		    disk.seek(first * 512)
		    for _ in range(count):
		        entry = disk.read(size)
		        if entry[56:128].decode("utf-16-le").rstrip("\0") == sys.argv[2]:
		            print(struct.unpack_from("<Q", entry, 32)[0] * 512)
	END
}

# proof_flip FILE OFFSET: one bit of it
proof_flip() {
	python3 - "$1" "$2" <<-'END'
		import sys
		with open(sys.argv[1], "r+b") as f:
		    f.seek(int(sys.argv[2]))
		    byte = f.read(1)[0]
		    f.seek(int(sys.argv[2]))
		    f.write(bytes([byte ^ 1]))
	END
}

# The console from here on.
proof_mark() { console=$(stat -c %s "$LAB_DIR/serial.log" 2>/dev/null || echo 0); }
proof_console() { tail -c "+$((console + 1))" "$LAB_DIR/serial.log" | tr -d '\000'; }
proof_shows() { proof_console | grep -aqE -- "$1"; }
proof_hides() { ! proof_shows "$1"; }

# proof_build OUT OPTION...: an image of the system as it is
proof_build() {
	local out=$1
	shift
	"$CV_ROOT/tools/image" --no-install --again --dir "$IMG_DIR" --out "$out" "$@" >"$LAB_DIR/$out.build.out" 2>&1 ||
		{ tail "$LAB_DIR/$out.build.out"; return 1; }
}
