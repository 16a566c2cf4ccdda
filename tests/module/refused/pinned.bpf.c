/* SPDX-License-Identifier: Apache-2.0 */
/* Refused: a map that would outlive the module. */
#include <culvert_module.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, __u32);
	__type(value, __u64);
} kept SEC(".maps");

static int keeping(const struct cv_module_ctx *c)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&kept, &zero) ? cv_continue() : cv_drop(0);
}

CV_MODULE(keeping);
