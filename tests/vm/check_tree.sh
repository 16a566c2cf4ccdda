#!/usr/bin/env bash
# shellcheck disable=SC2317
# SPDX-License-Identifier: Apache-2.0
# check_tree.sh TREE: is the appliance's system, as a folder of files, hardened as docs/security/
# hardening.md says? Prints a line for each finding; exit 1 when there is one.
set -uo pipefail
# The last part of a pipe counts findings in this shell.
shopt -s lastpipe
tree=$(realpath "$1")
source=$(realpath "$(dirname "$0")/../..")
findings=0

# holds WHAT COMMAND...
holds() {
	local what=$1
	shift
	"$@" && return
	echo "not so: $what"
	findings=$((findings + 1))
}
# none WHAT: nothing comes by standard input
none() {
	local got
	got=$(head -n 5 | paste -sd' ')
	[ -z "$got" ] || {
		echo "not so: $1: $got"
		findings=$((findings + 1))
	}
}
has_line() { grep -qxF -- "$2" "$tree/$1" 2>/dev/null; }
enabled() { find "$tree/etc/systemd/system" -name "$1" | grep -q .; }

# ---- programs -----------------------------------------------------------------------------------
find "$tree" -xdev -type f -perm /6000 -printf '/%P\n' | none "no program changes who it runs as"
find "$tree" -xdev -type f -name '*.so*' -prune -o -type f -perm /111 -print0 | xargs -0 getcap 2>/dev/null | none "no program has capabilities of its own"
find "$tree"/{usr/,}{bin,sbin,local/bin} -regextype posix-extended -printf '%f\n' 2>/dev/null |
	grep -xE '(.*-)?(gcc|cc|c99|g\+\+|clang|tcc|as|ld|ld\.bfd|ld\.gold|lld|make|ninja|meson|cpp|bpftool|gdb|strace|ltrace|nm|objdump)(-[0-9.]+)?' |
	none "no compiler, linker or debugger"
find "$tree"/{usr/,}{bin,sbin} -printf '%f\n' 2>/dev/null | grep -xE '(python|perl|ruby|lua|node|php|tclsh)[0-9.]*' | none "no interpreter but the shell"
find "$tree"/{usr/,}{bin,sbin} -printf '%f\n' 2>/dev/null | grep -xE 'apt(-get)?|telnetd?|rshd|rlogin|nc|ncat|socat|tcpdump|curl|wget|ftp' |
	none "no program that fetches, listens or installs"
find "$tree/usr/include" -name '*.h' 2>/dev/null | none "no headers"
find "$tree" -xdev -type f -perm -0002 -printf '/%P\n' | none "no file that everybody may write"
find "$tree" -xdev -type d -perm -0002 ! -perm -1000 -printf '/%P\n' | none "no folder that everybody may write"

# ---- who may log in -----------------------------------------------------------------------------
awk -F: '$2 !~ /^[!*]/ { print $1 }' "$tree/etc/shadow" | none "every password is locked"
awk -F: '$2 !~ /^[!*]/ { print $1 }' "$tree/usr/share/culvert/shadow" | none "every password at start is locked"
awk -F: '$3 == 0 && $1 != "root" { print $1 }' "$tree/etc/passwd" | none "root is the only root"
awk -F: '$1 != "root" && $7 !~ /(nologin|false|sync)$/ { print $1 }' "$tree/etc/passwd" | none "nobody else has a shell"
ls "$tree"/etc/ssh/ssh_host_* 2>/dev/null | none "no SSH key is the image's"
find "$tree"/root "$tree"/home -name authorized_keys 2>/dev/null | none "nobody's key is in the image"
holds "SSH waits for somebody's key" grep -qE '^ConditionPathExists=\|?/run/culvert-(access|host)/ssh-enabled' "$tree/usr/lib/systemd/system/ssh.service.d/appliance.conf"
holds "SSH takes no passwords" has_line etc/ssh/sshd_config.d/culvert.conf "PasswordAuthentication no"
holds "nor asks for them" has_line etc/ssh/sshd_config.d/culvert.conf "KbdInteractiveAuthentication no"
find "$tree/etc/systemd/system" -name 'ssh.socket' -o -name 'sshd*.socket' | none "no socket starts SSH by itself"
for generator in debug run ssh rc-local sysv; do
	find "$tree/usr/lib/systemd/system-generators" -name "systemd-$generator-generator"
done | none "no generator makes shells or services of what it is told"
find "$tree" -xdev -path "$tree/usr/share" -prune -o -type f \( -name '*.key' -o -name 'id_*' -o -name '*_key' \) -print | none "no private key"

# ---- what starts --------------------------------------------------------------------------------
holds "units are off unless the preset names them" has_line usr/lib/systemd/system-preset/00-culvert.preset "disable *"
for unit in auditd.service audit-rules.service culvert-access.service culvert-control.service culvert-dataplane.service culvert-health.service culvert-started.service; do
	holds "$unit is enabled" enabled "$unit"
done
find "$tree/etc/systemd/system" -name '*.service' -printf '%f\n' | sort -u |
	grep -vxE 'culvert-.*|auditd\.service|audit-rules\.service|chrony(d)?\.service|rauc\.service|ssh(d)?\.service|systemd-(networkd|resolved|network-generator|timesyncd|pstore).*|getty@(tty1)?\.service|dbus-org\..*|autovt@\.service' |
	none "no other service is enabled"
grep -L '^NoNewPrivileges=yes' "$tree"/usr/lib/systemd/system/culvert-*.service | none "no service of ours gains privileges by what it executes"
holds "a failed start gives no shell" grep -q '^ExecStart=/bin/sleep' "$tree/usr/lib/systemd/system/emergency.service"
holds "data are mounted without programs and devices" grep -qE '^[^#]*[[:space:]]/data[[:space:]].*nosuid,nodev,noexec' "$tree/etc/fstab"

# ---- the kernel ---------------------------------------------------------------------------------
for word in lockdown=integrity module.sig_enforce=1 slab_nomerge vsyscall=none debugfs=off audit=1 intel_iommu=on systemd.gpt_auto=no; do
	holds "the kernel's command line has $word" grep -qxF "$word" "$source/appliance/image/cmdline"
done
# sysctl KEY VALUE: what the last file says that names it
sysctl() {
	local got
	got=$(cat "$tree"/usr/lib/sysctl.d/*.conf "$tree"/etc/sysctl.d/*.conf 2>/dev/null | sed -nE "s/^-?${1//./\\.}[[:space:]]*=[[:space:]]*(.*)$/\1/p" | tail -n 1)
	holds "$1 is $2 (it is ${got:-not said})" [ "$got" = "$2" ]
}
while read -r key value; do sysctl "$key" "$value"; done <<'END'
kernel.dmesg_restrict 1
kernel.kexec_load_disabled 1
kernel.kptr_restrict 2
kernel.perf_event_paranoid 3
kernel.sysrq 0
kernel.unprivileged_bpf_disabled 1
kernel.unprivileged_userns_clone 0
kernel.yama.ptrace_scope 2
kernel.core_pattern |/bin/false
dev.tty.ldisc_autoload 0
fs.protected_fifos 2
fs.protected_hardlinks 1
fs.protected_regular 2
fs.protected_symlinks 1
fs.suid_dumpable 0
vm.unprivileged_userfaultfd 0
net.core.bpf_jit_harden 1
net.ipv4.conf.all.accept_redirects 0
net.ipv4.conf.all.accept_source_route 0
net.ipv4.conf.all.send_redirects 0
net.ipv4.tcp_syncookies 1
net.ipv6.conf.all.accept_redirects 0
net.ipv6.conf.all.accept_source_route 0
END
modules=$(echo "$tree"/usr/lib/modules/*/kernel)
holds "there is one kernel's modules" [ -d "$modules" ]
# Families with a history, and ways to memory or to other machines.
find "$modules" -regextype posix-extended -regex '.*/(dccp|sctp|rds|tipc|atm|ax25|can|bluetooth|mac80211|n_hdlc|af_alg|algif_.*|firewire.*|thunderbolt|cramfs|udf|hfs|hfsplus|jffs2|ksmbd|cifs|nfs|nfsd|9p|ceph|vmw_vsock.*|snd.*|vhost.*|kvm.*|tun|tap|pktgen|netconsole|usbip.*|floppy|binfmt_misc|mmc_test|test_.*|.*-error-inject|dummy|null_blk|scsi_debug|brd|zram|msr|cpuid)(\.ko.*)?' |
	none "no module of a family that nobody needs here"
for module in vfio-pci vfio_iommu_type1 virtio_net dm-verity dm-crypt erofs ext4 nf_tables loop squashfs; do
	holds "module $module is there" sh -c "find '$modules' -name '$module.ko*' | grep -q ."
done
# What depmod knows is what the list names and what that depends on.
listed=$(cd "$modules" && grep -v '^#' "$source/appliance/image/kernel.keep" | while read -r pattern; do
	# shellcheck disable=SC2086 # a pattern
	find $pattern -name '*.ko*' 2>/dev/null
done | sed 's,^,kernel/,' | sort -u)
awk -v listed="$listed" 'BEGIN { n = split(listed, l, "\n"); for (i = 1; i <= n; i++) want[l[i]] }
	{ sub(/:$/, "", $1); all[$1]; if ($1 in want) for (i = 1; i <= NF; i++) fine[$i] }
	END { for (m in all) if (!(m in fine)) print m }' "${modules%/kernel}/modules.dep" | none "every module is on the list, or what such a one needs"

# ---- the trace ----------------------------------------------------------------------------------
rules=$tree/etc/audit/rules.d
for key in operator node kernel mount clock; do
	holds "audit of \"$key\"" grep -qsE -- "-k $key\$" "$rules"/culvert.rules
done
holds "the rules are loaded where /etc is read-only" grep -qs "^ExecStart=.*auditctl -R /etc/audit/rules.d/culvert.rules" "$tree/usr/lib/systemd/system/audit-rules.service.d/appliance.conf"
holds "nobody changes the rules while the node runs" sh -c "cat '$rules'/*.rules | tail -n 1 | grep -qx -- '-e 2'"
holds "the journal outlives a start" grep -qs '^Storage=persistent' "$tree/usr/lib/systemd/journald.conf.d/culvert.conf"
[ $findings -eq 0 ]
