#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The short form: the image starts, does its main job, and leaves an upgrade that is not well by itself.
# shellcheck source=tests/vm/vm.sh
. "$(dirname "$0")/vm.sh"
# shellcheck source=tests/vm/job.sh
. "$CV_ROOT/tests/vm/job.sh"
# shellcheck source=tests/vm/upgrade.sh
. "$CV_ROOT/tests/vm/upgrade.sh"
skip_unless_vm

vm_keys "$keys" release && bundle bad 9.2.0 release --overlay "$(bad_overlay)" || exit 1
upgrade_disks bad
vm_net_up && vm_disk "$IMG_DIR/out/culvert.raw" 4G && vm_start "${bundles[@]}" && vm_up 90 || exit 1
say "answers ssh after $((SECONDS - VM_STARTED)) s (${VM_ACCEL[*]})"
check "the node finds itself well" vm culvert health --wait $((60 * VM_SLOW))
say "well after $((SECONDS - VM_STARTED)) s"
main_job
check "its slot is good" wait_good
trust release
goes_back_by_itself bad 9.2.0 A
