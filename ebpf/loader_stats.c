/* SPDX-License-Identifier: Apache-2.0 */
#include "ebpf/loader_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
			add(&ret->shadow, &each[i].shadow, 1);
			add(&ret->differ, &each[i].differ, 1);
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

static void add_hits(struct cv_rule_hits *sum, const struct cv_rule_hits *h)
{
	sum->packets += h->packets;
	sum->bytes += h->bytes;
	sum->drops += h->drops;
	sum->would_drop += h->would_drop;
	if (h->last_ns > sum->last_ns)
		sum->last_ns = h->last_ns;
}

int cv_bpf_hits(const struct cv_bpf *b, uint32_t slot, struct cv_rule_hits *hits, uint32_t n)
{
	int cpus = libbpf_num_possible_cpus(), err = 0;
	struct cv_policy_head head;
	__u32 id;
	int fd;

	if (!b->first || !cv_bpf_holds(b->first->object->maps.policy_hits, slot, &id))
		return -ENOENT;
	fd = cv_held_get(b->dir, CV_HELD_HITS, slot, id, false);
	if (fd < 0)
		return fd;
	if (bpf_map_lookup_elem(bpf_map__fd(b->first->object->maps.policy_head), &slot, &head))
		err = -errno;
	memset(hits, 0, n * sizeof(*hits));
	for (int cpu = 0; cpu < cpus && !err; cpu++) {
		for (__u32 i = 0; i < n && i <= head.n_rules && !err; i++) {
			__u32 at = (__u32)cpu * (head.n_rules + 1) + i;
			struct cv_rule_hits h;

			if (bpf_map_lookup_elem(fd, &at, &h))
				err = -errno;
			else
				add_hits(&hits[i], &h);
		}
	}
	close(fd);
	return err;
}

int cv_bpf_differences(const struct cv_bpf *b, struct cv_bpf_difference *ret, unsigned int max)
{
	struct cv_shadow_key *at = NULL;
	unsigned int n = 0;
	int fd;

	if (!b->first)
		return 0;
	fd = bpf_map__fd(b->first->object->maps.shadow_diffs);
	while (n < max && !bpf_map_get_next_key(fd, at, &ret[n].key)) {
		at = &ret[n].key;
		/* It may have given way to another in between. */
		if (!bpf_map_lookup_elem(fd, at, &ret[n].count))
			n++;
	}
	return (int)n;
}
