# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# From the system's files to slots, disk and bundle. Sourced by tools/image. Everything is made without
# loop devices, which a container may lack.

img_tool() { img_in "$IMG_TREES/tools" "$@"; }

# A ram disk with one task: open the slot (appliance/image/init). Its modules are those of disks.
img_initrd() {
	say "making the initial ram disk"
	rm -rf "$IMG_WORK/initrd"
	# shellcheck disable=SC2016 # for the inner shell
	img_tool sh -ec '
		kernel=$1 root=/image/work/initrd from=/image/work/system/usr/lib/modules/$1
		mkdir -p $root/bin $root/proc $root/sys $root/dev $root/run $root/usr/lib/modules/$kernel
		ln -s usr/lib $root/lib; ln -s usr/lib64 $root/lib64; ln -s bin $root/sbin
		cp /usr/bin/busybox $root/bin/busybox
		cp /src/appliance/image/init $root/init
		# No start but a failing one comes by these.
		for applet in cat dd od sed tr xxd; do
			/usr/bin/busybox --list | grep -qx $applet || { echo "busybox has no $applet"; exit 1; }
		done
		for program in modprobe blkid veritysetup; do
			path=$(readlink -f "$(command -v $program)")
			cp "$path" $root/bin/$program
			echo "$path" >>/tmp/files
			ldd "$path" | grep -o "/[^ ]*" | while read -r lib; do
				realpath "$lib" >>/tmp/files
				mkdir -p "$root/usr/$(dirname "${lib#/usr/}" | sed s,^/,,)"
				cp -L "$lib" "$root/usr/$(echo "${lib#/usr/}" | sed s,^/,,)"
			done
		done
		# What the kernel image is made of beside the kernel: these packages, and that of the stub before it.
		dpkg -S /usr/bin/busybox /usr/lib/systemd/boot/efi/linuxx64.efi.stub $(sort -u /tmp/files) >/tmp/owners
		for package in $(sed "s/:.*//" /tmp/owners | sort -u); do
			dpkg-query -W -f "Package: \${Package}\nVersion: \${Version}\nArchitecture: \${Architecture}\n\n" $package
			[ ! -d /image/work/copyright/$package ] || continue
			mkdir /image/work/copyright/$package
			cp -L /usr/share/doc/$package/copyright /image/work/copyright/$package/
		done >/image/work/initrd.fields
		cd $from/kernel
		for pattern in $(grep -v "^#" /src/appliance/image/kernel.initrd); do
			# What the kernel has built in has no file.
			[ ! -e "$pattern" ] || basename "$pattern"
		done | sed "s/\.ko.*//" | sort -u >/tmp/names
		for name in erofs dm-verity efivarfs nvme ahci sd_mod; do grep -qx $name /tmp/names || { echo "no $name"; exit 1; }; done
		modprobe -d /image/work/system -S $kernel --show-depends -a $(cat /tmp/names) >/tmp/insmod
		sed -n "s/^insmod \([^ ]*\).*/\1/p" /tmp/insmod | sort -u | while read -r module; do
			rel=${module#*/usr/lib/modules/$kernel/}; rel=${rel#*/lib/modules/$kernel/}
			mkdir -p "$root/usr/lib/modules/$kernel/$(dirname "$rel")"
			case $module in
			*.xz) xz -dc "$module" >"$root/usr/lib/modules/$kernel/${rel%.xz}" ;;
			*.zst) zstd -qdc "$module" >"$root/usr/lib/modules/$kernel/${rel%.zst}" ;;
			*) cp "$module" "$root/usr/lib/modules/$kernel/$rel" ;;
			esac
		done
		cp $from/modules.builtin $from/modules.builtin.modinfo $from/modules.order $root/usr/lib/modules/$kernel/
		depmod -b $root $kernel
		find $root -exec touch -hd "@$SOURCE_DATE_EPOCH" {} +
		cd $root
		find . -print0 | LC_ALL=C sort -z | cpio -0oH newc --reproducible --quiet -R 0:0 | zstd -q -12 -T1 >/image/work/initrd.zst' \
		sh "$IMG_KERNEL" >"$IMG_DIR/initrd.log" 2>&1 || { tail "$IMG_DIR/initrd.log" >&2; die "see $IMG_DIR/initrd.log"; }
}

# The three parts of a slot: system, its hashes, kernel image with the root of the hashes. One kernel
# image serves both slots: profile 0 is slot a, profile 1 is slot b.
img_slot() { # img_slot VERSION [KEYS]: signed by the key `db` there
	say "making the system slot"
	rm -rf "$IMG_WORK/db"
	[ -z "$2" ] || (umask 077; mkdir "$IMG_WORK/db"; cp "$2/db.key" "$2/db.pem" "$IMG_WORK/db/")
	# shellcheck disable=SC2016 # for the inner shell
	img_tool sh -ec '
		version=$1 out=$2 kernel=$3
		cd /image/work
		sign=
		# The kernel within is vouched for by the whole.
		[ ! -d db ] || sign="--signtool=systemd-sbsign --no-sign-kernel --secureboot-private-key=db/db.key --secureboot-certificate=db/db.pem"
		salt=$(printf "culvert %s" "$version" | sha256sum | cut -d" " -f1)
		id=$(uuidgen --sha1 --namespace @oid --name "culvert $version")
		rm -f $out/root.img $out/verity.img $out/efi.img
		# -T leaves what is older as it is: a file that an installation made is so, or not, by when the tree was.
		find slot -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
		mkfs.erofs --quiet -zlz4hc,9 -C65536 -T "$SOURCE_DATE_EPOCH" -U "$id" $out/root.img slot
		veritysetup format --salt "$salt" --uuid "$id" $out/root.img $out/verity.img | sed -n "s/^Root hash:[[:space:]]*//p" >$out/roothash
		words="culvert.roothash=$(cat $out/roothash) $(grep -v "^#" /src/appliance/image/cmdline | tr "\n" " ")"
		printf "ID=a\nTITLE=Slot A\n" >prof-a
		printf "ID=b\nTITLE=Slot B\n" >prof-b
		ukify build --profile=@prof-b --cmdline="culvert.slot=b rauc.slot=B $words" --output=b.efi
		ukify build --linux=/image/trees/kernel/boot/vmlinuz-$kernel --initrd=initrd.zst --os-release=@os-release --uname="$kernel" \
			--profile=@prof-a --cmdline="culvert.slot=a rauc.slot=A $words" --join-profile=b.efi --output=uki.efi $sign
		touch -d "@$SOURCE_DATE_EPOCH" uki.efi
		truncate -s 64M $out/efi.img
		mkfs.vfat -F 32 -s 1 -n CULVERT -i 43554c56 --invariant $out/efi.img
		mmd -i $out/efi.img ::/EFI ::/EFI/BOOT
		mcopy -m -i $out/efi.img uki.efi ::/EFI/BOOT/BOOTX64.EFI
		stat -c "%n %s" uki.efi initrd.zst $out/root.img' \
		sh "$1" "/image/${IMG_OUT##*/}" "$IMG_KERNEL" >"$IMG_DIR/slot.log" 2>&1 ||
		{ rm -rf "$IMG_WORK/db"; tail "$IMG_DIR/slot.log" >&2; die "see $IMG_DIR/slot.log"; }
	rm -rf "$IMG_WORK/db"
}

img_disk() { # img_disk DATA ENCRYPT
	local d=$IMG_WORK/data
	say "making the disk"
	rm -rf "$d" "$IMG_WORK/repart"
	mkdir -p "$d/var/tmp" "$d/var/log" "$d/culvert"
	chmod 1777 "$d/var/tmp"
	[ -z "$1" ] || cp -R --no-preserve=ownership "$1/." "$d/"
	[ ! -d "$d/culvert/access" ] || chmod -R go= "$d/culvert/access"
	[ -z "$2" ] || echo "$2" >"$d/culvert/encrypt"
	mkdir "$IMG_WORK/repart"
	cp "$CV_ROOT"/appliance/image/repart/*.conf "$IMG_WORK/repart/"
	sed -i "s,/image/out/data,/image/work/data,; s,/image/out/,/image/${IMG_OUT##*/}/," "$IMG_WORK/repart"/*.conf
	# The node makes its data of it, with a key of its own, and wipes it. Of a type of its own: systemd-repart
	# tells partitions by that.
	[ -z "$2" ] || sed -i 's/^Label=data/Label=seed/; s/=1G$/=64M/; s/^Type=.*/Type=43554c56-5345-4544-8000-000000000001/' "$IMG_WORK/repart/30-data.conf"
	rm -f "$IMG_OUT/culvert.raw"
	# shellcheck disable=SC2016 # for the inner shell
	img_tool sh -ec '
		systemd-repart --empty=create --size=auto --offline=yes --dry-run=no --seed=43554c56-4552-5400-8000-000000000001 \
			--definitions=/image/work/repart "$1/culvert.raw"' \
		sh "/image/${IMG_OUT##*/}" >"$IMG_DIR/disk.log" 2>&1 || { tail "$IMG_DIR/disk.log" >&2; die "see $IMG_DIR/disk.log"; }
}

img_manifest() { # img_manifest VERSION [PRODUCT]
	cat <<-END
		[update]
		compatible=${2:-culvert-x86-64}
		version=$1

		[bundle]
		format=verity

		[image.rootfs]
		filename=root.img

		[image.verity]
		filename=verity.img

		[image.efi]
		filename=efi.img
	END
}

img_bundle() { # img_bundle VERSION CERT KEY
	say "making the bundle"
	local b=$IMG_WORK/bundle s=$IMG_WORK/sign
	rm -rf "$b" "$s"
	mkdir -p "$b"
	(umask 077; mkdir "$s"; cp "$2" "$s/cert.pem"; cp "$3" "$s/key.pem")
	ln "$IMG_OUT/root.img" "$IMG_OUT/verity.img" "$IMG_OUT/efi.img" "$b/"
	img_manifest "$1" >"$b/manifest.raucm"
	rm -f "$IMG_OUT/culvert.raucb"
	img_tool rauc bundle --cert=/image/work/sign/cert.pem --key=/image/work/sign/key.pem \
		--mksquashfs-args="-comp zstd -Xcompression-level 3" /image/work/bundle \
		"/image/${IMG_OUT##*/}/culvert.raucb" >"$IMG_DIR/bundle.log" 2>&1 || {
		rm -rf "$s"
		tail "$IMG_DIR/bundle.log" >&2
		die "see $IMG_DIR/bundle.log"
	}
	rm -rf "$s" "$b"
}

# What it is made of: SPDX for programs, a list for people, and the texts that the list speaks of.
img_sbom() { # img_sbom VERSION
	"$CV_ROOT/tools/image-sbom" "$1" "$SOURCE_DATE_EPOCH" "$IMG_WORK/dpkg-status" "$IMG_WORK/copyright" \
		"$IMG_TREES/kernel.fields" "$IMG_WORK/initrd.fields" "$IMG_OUT/sbom.spdx.json" "$IMG_OUT/licences.txt" ||
		die "no bill of materials"
	mkdir -p "$IMG_WORK/copyright/culvert"
	cp "$CV_ROOT/LICENSE" "$IMG_WORK/copyright/culvert/copyright"
	# shellcheck disable=SC2016 # for the inner shell
	img_tool sh -ec 'tar --sort=name --format=gnu --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner \
		--mode=u=rwX,go=rX -C /image/work -I "gzip -9n" -cf "$1/copyright.tar.gz" copyright' \
		sh "/image/${IMG_OUT##*/}" || die "no copyright files"
}

# So much may the image use on its disk, in MB.
IMG_GOAL=600

img_report() { # img_report VERSION SECONDS
	local used
	say "version       $1"
	say "slot hash     $(cat "$IMG_OUT/roothash")"
	say "kernel        $IMG_KERNEL"
	say "kernel image  $(($(stat -c %s "$IMG_WORK/uki.efi") >> 20)) MiB"
	say "system        $(($(stat -c %s "$IMG_OUT/root.img") >> 20)) MiB compressed, $(du -sm --apparent-size "$IMG_WORK/slot" | cut -f1) MiB of files"
	if [ -e "$IMG_OUT/culvert.raw" ]; then
		used=$(du --block-size=1 "$IMG_OUT/culvert.raw" | cut -f1)
		say "disk          $IMG_OUT/culvert.raw: $((used >> 20)) MiB used of $(($(stat -c %s "$IMG_OUT/culvert.raw") >> 20)) MiB"
		say "goal          $IMG_GOAL MB used on the disk: $([ "$used" -le $((IMG_GOAL * 1000000)) ] && echo met || echo missed) ($((used / 1000000)) MB)"
	fi
	[ ! -e "$IMG_OUT/culvert.raucb" ] || say "bundle        $IMG_OUT/culvert.raucb: $(($(stat -c %s "$IMG_OUT/culvert.raucb") >> 20)) MiB"
	say "built in      $2 s"
}
