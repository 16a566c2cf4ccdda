/* SPDX-License-Identifier: Apache-2.0 */
#include "ebpf/loader_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "ingress.skel.h"

static const struct cv_bpf_port *xdp_port(const struct cv_bpf *b, unsigned int port)
{
	return port < b->count && b->ports[port].object ? &b->ports[port] : NULL;
}

static void add(struct cv_count *sum, const struct cv_count *c, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		sum[i].packets += c[i].packets;
		sum[i].bytes += c[i].bytes;
	}
}

int cv_bpf_counters(const struct cv_bpf *b, unsigned int port, struct cv_xdp_counts *ret)
{
	const struct cv_bpf_port *p = xdp_port(b, port);
	int cpus = libbpf_num_possible_cpus(), err = 0;
	struct cv_xdp_counts *each;
	__u32 zero = 0;

	if (!p)
		return -ENOENT;
	if (cpus < 0)
		return cpus;
	each = calloc((size_t)cpus, sizeof(*each));
	if (!each)
		return -ENOMEM;
	if (bpf_map_lookup_elem(bpf_map__fd(p->object->maps.counters), &zero, each))
		err = -errno;
	if (!err) {
		memset(ret, 0, sizeof(*ret));
		for (int i = 0; i < cpus; i++) {
			add(ret->reason, each[i].reason, CV_REASON_COUNT);
			add(ret->path, each[i].path, CV_XDP_PATH_COUNT);
		}
	}
	free(each);
	return err;
}

int cv_bpf_mode(const struct cv_bpf *b, unsigned int port, enum cv_xdp_mode *ret)
{
	const struct cv_bpf_port *p = xdp_port(b, port);

	if (!p)
		return -ENOENT;
	*ret = p->mode;
	return 0;
}
