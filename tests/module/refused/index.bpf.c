/* SPDX-License-Identifier: Apache-2.0 */
/* Refused: an index from the frame into an array that is smaller. */
#include <culvert_module.h>

struct counts {
	__u64 by_port[1024];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct counts);
} counts SEC(".maps");

static int counting(const struct cv_module_ctx *c)
{
	__u32 zero = 0;
	struct counts *n = bpf_map_lookup_elem(&counts, &zero);

	if (n)
		n->by_port[c->dport]++;
	return cv_continue();
}

CV_MODULE(counting);
