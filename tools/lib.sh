# shellcheck shell=bash disable=SC2034 # the package lists are for the scripts that source this
# SPDX-License-Identifier: Apache-2.0
# Shared by the scripts in tools/; sourced, not run.

CV_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export CV_ROOT
# Debian keeps ip, bpftool and ethtool where a user's PATH may not look.
export PATH="$PATH:/usr/sbin:/sbin"

say() { printf '%s\n' "$*"; }
die() {
	printf '%s: error: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

# Run as root: directly, or through sudo.
as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo -E env "PATH=$PATH" "$@"
	else
		die "this step needs root and there is no sudo; run it as root: $*"
	fi
}

# What each job needs, as Debian packages. "a|b": the first one this release has. The build makes
# the tests' programs too (tools/run plays some of them), so their libraries are among its needs.
cv_packages_build="meson ninja-build ccache pkg-config gcc libc6-dev clang llvm bpftool libdpdk-dev
libbpf-dev libxdp-dev libpcap-dev libnftnl-dev libmnl-dev liburing-dev libfyaml-dev libjansson-dev
libcurl4-openssl-dev libsmartcols-dev libsodium-dev libllhttp-dev|libhttp-parser-dev libelf-dev zlib1g-dev
libsqlite3-dev libzstd-dev libssl-dev
libnats-dev librdkafka-dev libseccomp-dev
libcmocka-dev libcbor-dev libcoap3-dev libmodbus-dev libmosquitto-dev python3"
cv_packages_run="iproute2 iputils-ping ethtool procps curl jq libcoap3-bin mosquitto mosquitto-clients mbpoll
socat"
cv_packages_test="$cv_packages_run nftables git clang-format codespell tshark tcpdump mandoc shellcheck
python3-jsonschema openssl nginx nats-server minisign systemd dbus libclang-rt-dev dpdk dpdk-dev prometheus zstd"
# Peers that only a bench needs, and what builds or samples: simdjson, nDPI, perf; DPDK's examples.
# A bench goes without a row of the first ones where a release has them not.
cv_packages_perf="g++ libsimdjson-dev libndpi-bin linux-perf binutils"
cv_packages_bench="dpdk-doc make"
# The image's builder and its tests in virtual machines; the rest is in trees of their own.
cv_packages_vm="debootstrap openssh-client openssl"
cv_packages_stream="redis-server nats-server libnats-dev nginx libnginx-mod-nchan"

cv_is_installed() {
	dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q '^install ok installed'
}

# cv_install PACKAGE...: installs what is missing; says nothing when there is nothing to do.
cv_install() {
	local want=() spec name chosen
	for spec in "$@"; do
		chosen=
		for name in ${spec//|/ }; do
			if cv_is_installed "$name"; then chosen=installed; fi
		done
		[ -n "$chosen" ] || want+=("$spec")
	done
	[ ${#want[@]} -gt 0 ] || return 0
	say "installing: ${want[*]}"
	as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq || die "apt-get update failed"
	local names=()
	for spec in "${want[@]}"; do
		chosen=
		for name in ${spec//|/ }; do
			if [ -z "$chosen" ] && apt-cache show "$name" >/dev/null 2>&1; then chosen=$name; fi
		done
		[ -n "$chosen" ] || die "this release has no package for: $spec"
		names+=("$chosen")
	done
	as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
		"${names[@]}" >/dev/null || die "apt-get install failed"
}

# cv_install_some PACKAGE...: the same, as far as this release has them.
cv_install_some() {
	local name
	for name in "$@"; do
		cv_is_installed "$name" || (cv_install "$name") || say "going on without $name" >&2
	done
}
