/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For tests: says by source port what it shall return, and keeps what it saw in a map of its own.
 *   7000 + n  drop with code n      7100  a value that means nothing
 * Its budget is so small that nothing keeps it.
 */
#include <culvert_module.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct cv_module_ctx);
} codes_saw SEC(".maps");

static int codes(const struct cv_module_ctx *c)
{
	struct cv_module_ctx saw = *c;
	__u32 zero = 0;

	saw.data = saw.data_end = 0;
	bpf_map_update_elem(&codes_saw, &zero, &saw, BPF_ANY);
	if (c->sport >= 7000 && c->sport < 7000 + CV_MODULE_CODES)
		return cv_drop(c->sport - 7000);
	return c->sport == 7100 ? 77 : cv_continue();
}

CV_MODULE(codes, .budget_ns = 1, .codes = {"zero", [15] = "fifteen"});
