/* SPDX-License-Identifier: Apache-2.0 */
/* Refused: does not ask whether the look-up found something. */
#include <culvert_module.h>

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, __u64);
} seen SEC(".maps");

static int careless(const struct cv_module_ctx *c)
{
	__u64 *n = bpf_map_lookup_elem(&seen, &c->rule);

	*n += 1;
	return cv_continue();
}

CV_MODULE(careless);
