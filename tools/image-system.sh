# shellcheck shell=bash disable=SC2154 # the lists of tools/image-packages.sh
# SPDX-License-Identifier: Apache-2.0
# The system slot's contents: Debian's packages, Culvert, the appliance's own files. Sourced by
# tools/image.

# The kernel's package, unpacked and not installed: installing it wants a maker of initrds.
img_kernel_tree() {
	local tree=$IMG_TREES/kernel
	[ ! -e "$tree.list" ] || return 0
	say "unpacking the kernel"
	rm -rf "$tree"
	mkdir -p "$tree"
	# shellcheck disable=SC2016 # for the inner shell
	img_in "$IMG_TREES/tools" sh -ec '
		name=$(apt-cache depends "$1" | sed -n "s/^ *Depends: \(linux-image-[0-9].*\)/\1/p" | head -n 1)
		cd /var/cache/apt/archives && apt-get -q download "$name"
		dpkg-deb -x "$(ls -t "$name"_*.deb | head -n 1)" /image/trees/kernel
		dpkg-deb -f "$(ls -t "$name"_*.deb | head -n 1)" Package Version Source >/image/trees/kernel.fields' \
		sh "$img_kernel" >"$IMG_DIR/kernel.log" 2>&1 || die "no kernel: see $IMG_DIR/kernel.log"
	echo "$img_kernel" >"$tree.list"
}

img_kernel_version() { ls "$IMG_TREES/kernel/usr/lib/modules" 2>/dev/null || ls "$IMG_TREES/kernel/lib/modules"; }

# Culvert, compiled in a tree of Debian 13 against the libraries the image has. In the trees the source
# is at /src and the build in /image/compile, wherever they are here: no path of this machine gets in.
img_compile() {
	say "compiling Culvert for Debian 13"
	mkdir -p "$IMG_DIR/ccache"
	rm -rf "$IMG_WORK/stage"
	# shellcheck disable=SC2016 # for the inner shell
	img_in "$IMG_TREES/build" sh -ec '
		export CCACHE_DIR=/image/ccache CC="ccache gcc" GIT_CONFIG_COUNT=1
		export GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0=/src
		cd /src
		[ -f /image/compile/build.ninja ] ||
			meson setup --prefix=/usr --sysconfdir=/etc --localstatedir=/var -Dmutants=false -Dwerror=false /image/compile
		# Ids of builds are sums over what is stripped behind, and that differs with what the compiler cache had.
		grep -q build-id=none /image/compile/build.ninja || meson configure /image/compile -Dc_link_args=-Wl,--build-id=none
		# Only what is installed: the tests have a run of their own (tools/image-test).
		ninja -C /image/compile build.ninja
		meson introspect --targets /image/compile | python3 -c "
import json, sys
for target in json.load(sys.stdin):
    if target[\"installed\"]:
        print(*target[\"filename\"], sep=chr(10))" |
			sed "s,^/image/compile/,," | sort | xargs -r ninja -C /image/compile
		DESTDIR=/image/work/stage meson install -C /image/compile --no-rebuild --strip --quiet' \
		>"$IMG_DIR/compile.log" 2>&1 || { tail -n 30 "$IMG_DIR/compile.log" >&2; die "see $IMG_DIR/compile.log"; }
}

# Debian packages of the libraries that the installed programs want and the system lacks.
img_missing_libraries() {
	# shellcheck disable=SC2016 # for the inner shell
	img_in "$IMG_TREES/build" sh -ec '
		find /image/work/stage -type f -perm /111 -exec readelf -d {} + 2>/dev/null |
			sed -n "s/.*(NEEDED).*\[\(.*\)\]/\1/p" | sort -u |
			while read -r lib; do
				path=$(ldconfig -p | sed -n "s,.*[[:space:]]$lib .*=> ,,p" | head -n 1)
				dpkg-query -S "$(basename "$path")" | grep -v -e "-dev:" | sed "s/:.*//" | head -n 1
			done | sort -u'
}

# What the packages' scripts leave that differs from one making to the next, or that no node needs.
img_prune() {
	local s=$1
	rm -rf "$s"/var/cache "$s"/var/log "$s"/var/lib/apt "$s"/var/backups "$s"/src "$s"/image "$s"/.old \
		"$s"/etc/apt "$s"/usr/share/{doc,man,info,locale,lintian,bug,doc-base,zoneinfo-icu,menu,pixmaps,perl5} \
		"$s"/usr/lib/udev/hwdb.d "$s"/usr/lib/udev/hwdb.bin "$s"/etc/.pwd.lock "$s"/usr/include
	rm -f "$s"/etc/{passwd,group,shadow,gshadow,subuid,subgid}- "$s"/usr/sbin/policy-rc.d "$s"/etc/resolv.conf \
		"$s"/etc/ssh/ssh_host_* "$s"/etc/hostname "$s"/boot/*
	rm -f "$s/usr/lib/modules/$IMG_KERNEL"/{build,source}
	rm -f "$s/etc/audit/rules.d/audit.rules"
	# Nobody logs in but root, so nobody has to become root.
	find "$s" -xdev -type f -perm /6000 -exec chmod a-s {} +
	# Ways to a shell or to units of one's own by the command line or by credentials, SSH that was not
	# enabled, and what this system does not have.
	rm -f "$s"/usr/lib/systemd/system-generators/systemd-{debug,run,ssh,rc-local,sysv,hibernate-resume,system-update}-generator
}

# The modules of the list, and what they depend on.
img_modules() {
	local s=$1
	# shellcheck disable=SC2016 # for the inner shell
	img_in "$IMG_TREES/tools" sh -ec '
		kernel=$1
		cd "/image/work/system/usr/lib/modules/$kernel"
		depmod -b /image/work/system "$kernel"
		cd kernel
		grep -v "^#" /src/appliance/image/kernel.keep | while read -r pattern; do
			# shellcheck disable=SC2086
			find $pattern -name "*.ko*" 2>/dev/null || true
		done | sed "s,^,kernel/," | sort -u >/tmp/listed
		cd ..
		awk "NR == FNR { listed[\$1]; next }
			{ sub(/:\$/, \"\", \$1) } \$1 in listed { for (i = 1; i <= NF; i++) print \$i }" \
			/tmp/listed modules.dep | sort -u >/tmp/keep
		[ "$(wc -l </tmp/keep)" -gt 200 ]
		find kernel -name "*.ko*" | sort >/tmp/all
		comm -23 /tmp/all /tmp/keep | xargs -r rm
		find kernel -type d -empty -delete' sh "$IMG_KERNEL" || die "the list of modules cannot be applied"
	[ -d "$s/usr/lib/modules/$IMG_KERNEL/kernel/drivers/vfio" ] || die "the list of modules lost some"
}

# /var lies on the data partition: its folders as the packages have them, made at each start.
img_var_folders() {
	local s=$1
	(cd "$s" && find var -mindepth 1 -type d \( -path var/lib/dpkg -prune -o -printf '%p %m %U %G\n' \)) |
		LC_ALL=C sort | while read -r path mode uid gid; do
			printf 'd /%s %04o %s %s\n' "$path" "0$mode" "$uid" "$gid"
		done >"$s/usr/lib/tmpfiles.d/00-culvert-var.conf"
	echo 'd /var/cache 0755 root root' >>"$s/usr/lib/tmpfiles.d/00-culvert-var.conf"
	rm -rf "${s:?}/var"
	mkdir "$s/var"
}

# img_copyright DOC: the packages' copyright files, which the system itself has no room for. A package's
# folder may be a link to another's.
img_copyright() {
	local file name
	for file in "$1"/*/copyright; do
		name=$(basename "$(dirname "$file")")
		[ -e "$file" ] || continue
		mkdir -p "$IMG_WORK/copyright/$name"
		cp -L "$file" "$IMG_WORK/copyright/$name/"
	done
}

# The system without what a single image has of its own: img_own.
img_system() {
	local s=$IMG_WORK/system libraries
	libraries=$(img_missing_libraries)
	# shellcheck disable=SC2086 # lists of words
	img_tree root $img_packages_root $libraries
	say "assembling the system"
	rm -rf "$s" "$s.done"
	cp -a --reflink=auto "$IMG_TREES/root" "$s"
	# Purged, apt takes the packages it has fetched with it.
	IMG_NO_CACHE=yes img_in "$s" sh -c 'dpkg --purge --force-all apt libapt-pkg7.0 sqv debian-archive-keyring perl-base >/dev/null 2>&1; true'
	cp -a "$s/var/lib/dpkg/status" "$IMG_WORK/dpkg-status"
	rm -rf "$IMG_WORK/copyright"
	mkdir "$IMG_WORK/copyright"
	img_copyright "$s/usr/share/doc"
	img_copyright "$IMG_TREES/kernel/usr/share/doc"
	cp -a "$s/usr/share/common-licenses" "$IMG_WORK/copyright/"
	# The kernel, then ours over Debian's.
	mkdir -p "$s/usr/lib/modules"
	cp -a "$IMG_TREES"/kernel/{usr/,}lib/modules/* "$s/usr/lib/modules/" 2>/dev/null || true
	[ -d "$s/usr/lib/modules/$IMG_KERNEL/kernel" ] || die "the kernel's package has no modules"
	img_prune "$s"
	img_modules "$s"
	cp -a "$IMG_WORK/stage/." "$s/"
	rm -rf "$s/usr/share/man" "$s/usr/include"
	mkdir -p "$s/usr/share/culvert/factory" "$s/data" "$s/boot"
	mv "$s"/etc/culvert/*.yaml "$s/usr/share/culvert/factory/"
	rm -rf "$s/etc/culvert"
	ln -s /data/culvert "$s/etc/culvert"
	cp -R --no-preserve=ownership "$CV_ROOT/appliance/root/." "$s/"
	ln -sf /run/systemd/resolve/stub-resolv.conf "$s/etc/resolv.conf"
	: >"$s/etc/machine-id"
	echo culvert >"$s/etc/hostname"
	# Days of password changes are days of this build.
	sed -i -E 's/^([^:]*:[^:]*):[0-9]*:/\1:20000:/' "$s/etc/shadow"
	sed -i -E 's/^root:[^:]*:/root:*:/' "$s/etc/shadow"
	cp -a "$s/etc/shadow" "$s/usr/share/culvert/shadow"
	img_in "$s" sh -ec "depmod -a $IMG_KERNEL; systemctl preset-all >/dev/null 2>&1; ldconfig"
	rm -rf "$s/src" "$s/image" "$s/.old" "${s:?}"/tmp/* "${s:?}"/run/* "${s:?}"/dev/* "$s/etc/resolv.conf" "$s/etc/.pwd.lock"
	ln -sf /run/systemd/resolve/stub-resolv.conf "$s/etc/resolv.conf"
	printf '127.0.0.1 localhost\n::1 localhost\n' >"$s/etc/hosts"
	rm -rf "$s/var/cache"
	img_var_folders "$s"
}

# The version, and what is put over the rest.
img_own() { # img_own VERSION OVERLAY
	local s=$IMG_WORK/slot
	rm -rf "$s"
	cp -a --reflink=auto "$IMG_WORK/system" "$s"
	printf '%s\n' 'PRETTY_NAME="Culvert '"$1"'"' IMAGE_ID=culvert "IMAGE_VERSION=$1" >"$IMG_WORK/os-release"
	grep -v -e '^PRETTY_NAME=' "$s/usr/lib/os-release" >>"$IMG_WORK/os-release"
	cp "$IMG_WORK/os-release" "$s/usr/lib/os-release"
	[ -z "$2" ] || cp -R --no-preserve=ownership "$2/." "$s/"
}
