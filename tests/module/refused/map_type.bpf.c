/* SPDX-License-Identifier: Apache-2.0 */
/* Refused: a map of a kind that modules may not have. */
#include <culvert_module.h>

struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP);
	__uint(max_entries, 16);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} ports SEC(".maps");

static int with_devmap(const struct cv_module_ctx *c)
{
	__u32 key = c->port;

	return bpf_map_lookup_elem(&ports, &key) ? cv_continue() : cv_drop(0);
}

CV_MODULE(with_devmap);
