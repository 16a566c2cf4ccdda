/* SPDX-License-Identifier: Apache-2.0 */
/* A generation's policy as BPF maps: built beside the one in force, switched by one store. */
#include "ebpf/loader_internal.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "ingress.skel.h"

struct inner {
	int prefix4, prefix6, rules; /* fds, -1 = none */
};

static void inner_close(struct inner *m)
{
	if (m->prefix4 >= 0)
		close(m->prefix4);
	if (m->prefix6 >= 0)
		close(m->prefix6);
	if (m->rules >= 0)
		close(m->rules);
}

static int add_prefix(const struct inner *m, const struct cv_gen_prefix *p)
{
	struct cv_prefix4_key key4 = {.len = p->len};
	struct cv_prefix6_key key6 = {.len = p->len};
	__u32 class_id = p->class_id;

	if (p->family == 4) {
		memcpy(&key4.addr, p->addr, sizeof(key4.addr));
		return bpf_map_update_elem(m->prefix4, &key4, &class_id, BPF_ANY) ? -errno : 0;
	}
	memcpy(key6.addr, p->addr, sizeof(key6.addr));
	return bpf_map_update_elem(m->prefix6, &key6, &class_id, BPF_ANY) ? -errno : 0;
}

static int fill(const struct inner *m, const struct cv_generation *gen)
{
	const struct cv_gen_prefix *p = cv_generation_at(gen, gen->prefixes);
	const struct cv_gen_rule *r = cv_generation_at(gen, gen->rules);
	int err = 0;

	for (uint32_t i = 0; i < gen->prefixes.count && !err; i++)
		err = add_prefix(m, &p[i]);
	for (uint32_t i = 0; i < gen->rules.count && !err; i++) {
		if (bpf_map_update_elem(m->rules, &r[i].key, &r[i].rule, BPF_ANY))
			err = -errno;
	}
	return err;
}

static int inner_create(const struct cv_generation *gen, struct inner *m)
{
	LIBBPF_OPTS(bpf_map_create_opts, no_prealloc, .map_flags = BPF_F_NO_PREALLOC);
	__u32 prefixes = gen->prefixes.count ? gen->prefixes.count : 1;
	__u32 rules = gen->rules.count ? gen->rules.count : 1;

	*m = (struct inner){-1, -1, -1};
	m->prefix4 = bpf_map_create(BPF_MAP_TYPE_LPM_TRIE, "prefix4", sizeof(struct cv_prefix4_key),
				    sizeof(__u32), prefixes, &no_prealloc);
	if (m->prefix4 < 0)
		return -errno;
	m->prefix6 = bpf_map_create(BPF_MAP_TYPE_LPM_TRIE, "prefix6", sizeof(struct cv_prefix6_key),
				    sizeof(__u32), prefixes, &no_prealloc);
	if (m->prefix6 < 0)
		return -errno;
	m->rules = bpf_map_create(BPF_MAP_TYPE_HASH, "rules", sizeof(struct cv_rule_key),
				  sizeof(struct cv_rule), rules, NULL);
	if (m->rules < 0)
		return -errno;
	return fill(m, gen);
}

static int put(struct bpf_map *outer, __u32 slot, int fd)
{
	return bpf_map_update_elem(bpf_map__fd(outer), &slot, &fd, BPF_ANY) ? -errno : 0;
}

static int install(struct cv_bpf *b, const struct cv_generation *gen, const struct inner *m)
{
	const struct ingress_bpf *o = b->first->object;
	__u32 slot = !CV_EPOCH_SLOT(__atomic_load_n(b->epoch, __ATOMIC_RELAXED));
	int err;

	err = put(o->maps.policy_prefix4, slot, m->prefix4);
	if (!err)
		err = put(o->maps.policy_prefix6, slot, m->prefix6);
	if (!err)
		err = put(o->maps.policy_rules, slot, m->rules);
	if (!err && bpf_map_update_elem(bpf_map__fd(o->maps.policy_defaults), &slot, &gen->defaults,
					BPF_ANY))
		err = -errno;
	if (err)
		return err;
	__atomic_store_n(b->epoch, CV_EPOCH(gen->number, slot), __ATOMIC_RELEASE);
	/* The kernel answers an update of an outer map after a grace period: from here on no frame
	 * is judged by the old slot, and the next install may write there. */
	return put(o->maps.policy_rules, slot, m->rules);
}

int cv_bpf_install(struct cv_bpf *b, const struct cv_generation *gen, struct cv_bpf_why *why)
{
	struct inner m;
	int err;

	if (!b->first)
		return 0;
	err = inner_create(gen, &m);
	if (!err)
		err = install(b, gen, &m);
	inner_close(&m);
	if (err)
		return cv_bpf_fail(why, err,
				   "The kernel does not take the policy of generation %llu "
				   "(%u prefixes, %u rules): %s.",
				   (unsigned long long)gen->number, gen->prefixes.count,
				   gen->rules.count, strerror(-err));
	return 0;
}

uint64_t cv_bpf_generation(const struct cv_bpf *b)
{
	return b->epoch ? CV_EPOCH_NUMBER(__atomic_load_n(b->epoch, __ATOMIC_RELAXED)) : 0;
}
