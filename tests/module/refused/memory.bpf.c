/* SPDX-License-Identifier: Apache-2.0 */
/* Refused: maps that would take gigabytes. */
#include <culvert_module.h>

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 100000000);
	__type(key, __u64);
	__type(value, __u64);
} everything SEC(".maps");

static int greedy(const struct cv_module_ctx *c)
{
	return bpf_map_lookup_elem(&everything, c->src) ? cv_continue() : cv_drop(0);
}

CV_MODULE(greedy);
