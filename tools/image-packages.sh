# shellcheck shell=bash disable=SC2034,SC2154 # lists for, and of, the scripts around this
# SPDX-License-Identifier: Apache-2.0
# Debian packages of the image and of what builds it. Sourced after tools/lib.sh.

# What puts the image together, signs bundles, and boots the result.
img_packages_tools="systemd-repart systemd-ukify systemd-boot-efi systemd-boot-tools python3-pefile mtools dosfstools
e2fsprogs erofs-utils squashfs-tools cryptsetup-bin openssl rauc cpio kmod zstd xz-utils busybox-static
uuid-runtime qemu-system-x86 ovmf iproute2 efibootmgr"

# Culvert is compiled and tested in a tree of its own, against the image's own libraries.
img_packages_build="$cv_packages_build git"

# What its tests in that tree need beside (tools/image-test): not the peers of the tests end to end.
img_packages_test="iproute2 procps curl jq clang-format codespell shellcheck mandoc openssl python3-jsonschema
libclang-rt-dev zstd util-linux socat minisign ethtool nftables e2fsprogs python3-yaml"

# What runs on the node. The programs' libraries are found by looking at the programs.
img_packages_root="systemd systemd-sysv systemd-resolved udev dbus kmod login passwd util-linux mount
libpam-systemd iproute2 ethtool procps nftables chrony e2fsprogs fdisk systemd-repart
efibootmgr rauc rauc-service squashfs-tools cryptsetup-bin systemd-cryptsetup
libtss2-esys-3.0.2-0t64 libtss2-mu-4.0.1-0t64 libtss2-rc0t64 libtss2-tcti-device0t64 openssh-server ca-certificates less nano-tiny|nano auditd
librte-net-af-xdp25 librte-mempool-ring25
librte-net-virtio25 librte-net-vmxnet3-25 librte-net-e1000-25 librte-net-igc25 librte-net-ixgbe25 librte-net-i40e25
librte-net-iavf25 librte-net-ice25 librte-net-ena25 librte-net-bnxt25"

# The kernel is unpacked beside them: its package wants a maker of initrds, and the image has its own.
img_kernel=linux-image-amd64

# What the tests of Secure Boot and of encryption want beside the tools: firmware's variables, a TPM.
img_packages_proof="python3-virt-firmware swtpm"
