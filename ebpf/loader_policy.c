/* SPDX-License-Identifier: Apache-2.0 */
/* A generation's policy as BPF maps: built beside the one in force, switched by one store. */
#include "ebpf/loader_internal.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "ingress.skel.h"

/* The maps of one slot. */
#define INNER_MAPS(X) X(prefix4) X(prefix6) X(macs) X(bindings) X(rules) X(meters) X(hits)

#define INNER_ROW(name) INNER_##name,
#define OUTER_ROW(name) o->maps.policy_##name,
enum { INNER_MAPS(INNER_ROW) INNER_COUNT };

struct inner {
	int fd[INNER_COUNT]; /* -1 = none */
};

static void inner_close(struct inner *m)
{
	for (unsigned int i = 0; i < INNER_COUNT; i++) {
		if (m->fd[i] >= 0)
			close(m->fd[i]);
	}
}

static int update(int fd, const void *key, const void *value)
{
	return bpf_map_update_elem(fd, key, value, BPF_ANY) ? -errno : 0;
}

static int add_prefix(const struct inner *m, const struct cv_gen_prefix *p)
{
	struct cv_prefix4_key key4 = {.len = p->len};
	struct cv_prefix6_key key6 = {.len = p->len};
	__u32 class_id = p->class_id;

	if (p->family == 4) {
		memcpy(&key4.addr, p->addr, sizeof(key4.addr));
		return update(m->fd[INNER_prefix4], &key4, &class_id);
	}
	memcpy(key6.addr, p->addr, sizeof(key6.addr));
	return update(m->fd[INNER_prefix6], &key6, &class_id);
}

static int fill_senders(const struct inner *m, const struct cv_generation *gen)
{
	const struct cv_gen_prefix *p = cv_generation_at(gen, gen->prefixes);
	const struct cv_gen_mac *mac = cv_generation_at(gen, gen->macs);
	const struct cv_gen_binding *b = cv_generation_at(gen, gen->bindings);
	int err = 0;

	for (uint32_t i = 0; i < gen->prefixes.count && !err; i++)
		err = add_prefix(m, &p[i]);
	for (uint32_t i = 0; i < gen->macs.count && !err; i++) {
		__u32 class_id = mac[i].class_id;

		err = update(m->fd[INNER_macs], &mac[i].mac, &class_id);
	}
	for (uint32_t i = 0; i < gen->bindings.count && !err; i++)
		err = update(m->fd[INNER_bindings], &b[i].key, &b[i].place);
	return err;
}

static int fill(const struct inner *m, const struct cv_generation *gen)
{
	const struct cv_gen_rule *r = cv_generation_at(gen, gen->rules);
	const struct cv_gen_meter *meters = cv_generation_at(gen, gen->meters);
	int err = fill_senders(m, gen);

	for (uint32_t i = 0; i < gen->rules.count && !err; i++)
		err = update(m->fd[INNER_rules], &r[i].key, &r[i].rule);
	for (uint32_t i = 0; i < gen->meters.count && !err; i++) {
		struct cv_meter meter = {.limit = meters[i].limit, .reason = meters[i].reason};

		err = update(m->fd[INNER_meters], &i, &meter);
	}
	return err;
}

static int inner_create(const struct cv_generation *gen, struct inner *m)
{
	int cpus = libbpf_num_possible_cpus();
	const struct {
		enum bpf_map_type type;
		const char *name;
		__u32 key, value, entries, flags;
	} maps[INNER_COUNT] = {
		[INNER_prefix4] = {BPF_MAP_TYPE_LPM_TRIE, "prefix4", sizeof(struct cv_prefix4_key),
				   sizeof(__u32), gen->prefixes.count, BPF_F_NO_PREALLOC},
		[INNER_prefix6] = {BPF_MAP_TYPE_LPM_TRIE, "prefix6", sizeof(struct cv_prefix6_key),
				   sizeof(__u32), gen->prefixes.count, BPF_F_NO_PREALLOC},
		[INNER_macs] = {BPF_MAP_TYPE_HASH, "macs", sizeof(__u64), sizeof(__u32),
				gen->macs.count, 0},
		[INNER_bindings] = {BPF_MAP_TYPE_HASH, "bindings", sizeof(struct cv_binding_key),
				    sizeof(struct cv_binding), gen->bindings.count, 0},
		[INNER_rules] = {BPF_MAP_TYPE_HASH, "rules", sizeof(struct cv_rule_key),
				 sizeof(struct cv_rule), gen->rules.count, 0},
		[INNER_meters] = {BPF_MAP_TYPE_ARRAY, "meters", sizeof(__u32),
				  sizeof(struct cv_meter), gen->meters.count, BPF_F_INNER_MAP},
		[INNER_hits] = {BPF_MAP_TYPE_ARRAY, "hits", sizeof(__u32),
				sizeof(struct cv_rule_hits),
				(gen->policy.n_rules + 1) * (__u32)cpus, BPF_F_INNER_MAP},
	};

	memset(m, 0xff, sizeof(*m));
	if (cpus < 0)
		return cpus;
	for (unsigned int i = 0; i < INNER_COUNT; i++) {
		LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = maps[i].flags);

		m->fd[i] = bpf_map_create(maps[i].type, maps[i].name, maps[i].key, maps[i].value,
					  maps[i].entries ? maps[i].entries : 1, &opts);
		if (m->fd[i] < 0)
			return -errno;
	}
	return fill(m, gen);
}

/* ---- slots --------------------------------------------------------------------------------- */

struct cv_epoch cv_bpf_epoch(const struct cv_bpf *b)
{
	__u64 word = b->epoch ? __atomic_load_n(b->epoch, __ATOMIC_RELAXED) : 0;

	return (struct cv_epoch){.number = CV_EPOCH_NUMBER(word),
				 .live = CV_EPOCH_LIVE(word),
				 .shadow = CV_EPOCH_SHADOW(word),
				 .previous = CV_EPOCH_PREVIOUS(word)};
}

static bool is_taken(const struct cv_bpf *b, struct cv_epoch e, __u32 slot)
{
	return (e.number && slot == e.live) || slot == e.shadow || slot == e.previous ||
	       b->reserved & 1u << slot;
}

/* @return CV_POLICY_SLOTS: none. */
static __u32 free_slot(const struct cv_bpf *b)
{
	struct cv_epoch e = cv_bpf_epoch(b);
	__u32 slot = 0;

	while (slot < CV_POLICY_SLOTS && is_taken(b, e, slot))
		slot++;
	return slot;
}

static int put_slot(const struct cv_bpf *b, const struct cv_generation *gen, const struct inner *m,
		    __u32 slot)
{
	const struct ingress_bpf *o = b->first->object;
	const struct bpf_map *outer[INNER_COUNT] = {INNER_MAPS(OUTER_ROW)};
	const __u8 *places = cv_generation_at(gen, gen->places);
	static const __u8 nowhere[CV_VLANS];
	int err = 0;

	for (unsigned int i = 0; i < INNER_COUNT && !err; i++)
		err = update(bpf_map__fd(outer[i]), &slot, &m->fd[i]);
	for (__u32 port = 0; port < CV_PORTS_MAX && !err; port++) {
		__u32 row = slot * CV_PORTS_MAX + port;
		bool there = (port + 1) * CV_VLANS <= gen->places.count;

		err = update(bpf_map__fd(o->maps.policy_places), &row,
			     there ? places + port * (size_t)CV_VLANS : nowhere);
	}
	if (!err)
		err = update(bpf_map__fd(o->maps.policy_head), &slot, &gen->policy);
	return err;
}

/* Build a policy in a slot that nobody looks at. */
static int build(struct cv_bpf *b, const struct cv_generation *gen, __u32 *ret)
{
	__u32 slot = free_slot(b);
	struct inner m;
	int err;

	if (slot == CV_POLICY_SLOTS)
		return -ENOBUFS;
	err = inner_create(gen, &m);
	if (!err)
		err = put_slot(b, gen, &m, slot);
	if (!err)
		err = cv_modules_build(b, slot);
	inner_close(&m);
	if (!err)
		*ret = slot;
	return err;
}

/* The map a slot of an outer map holds. @return fd, or negative errno. */
static int inner_of(const struct bpf_map *outer, __u32 slot)
{
	__u32 id;
	int fd;

	if (bpf_map_lookup_elem(bpf_map__fd(outer), &slot, &id))
		return -errno;
	fd = bpf_map_get_fd_by_id(id);
	return fd < 0 ? -errno : fd;
}

/* The kernel answers an update of an outer map after a grace period, even one that changes
 * nothing: after that nobody judges by a word read before. */
static void wait_for_readers(const struct bpf_map *outer, __u32 slot)
{
	int fd = inner_of(outer, slot);

	if (fd < 0)
		return;
	(void)update(bpf_map__fd(outer), &slot, &fd);
	close(fd);
}

static void empty_slot(const struct cv_bpf *b, __u32 slot)
{
	const struct ingress_bpf *o = b->first->object;
	const struct bpf_map *outer[INNER_COUNT] = {INNER_MAPS(OUTER_ROW)};

	cv_modules_clear(b, slot);
	for (unsigned int i = 0; i < INNER_COUNT; i++) {
		int fd = inner_of(outer[i], slot);

		if (fd < 0)
			continue;
		close(fd);
		(void)bpf_map_delete_elem(bpf_map__fd(outer[i]), &slot);
	}
}

/* The one store, the wait, and then the memory of slots that nobody needs goes back. */
static void switch_to(struct cv_bpf *b, struct cv_epoch e)
{
	__atomic_store_n(b->epoch, cv_epoch_word(e), __ATOMIC_RELEASE);
	wait_for_readers(b->first->object->maps.policy_rules, e.live);
	for (__u32 slot = 0; slot < CV_POLICY_SLOTS; slot++) {
		if (!is_taken(b, e, slot))
			empty_slot(b, slot);
	}
}

static int refused(const struct cv_generation *gen, int err, struct cv_bpf_why *why)
{
	return cv_bpf_fail(why, err,
			   "The kernel does not take the policy of generation %llu (%u prefixes, "
			   "%u rules): %s.",
			   (unsigned long long)gen->number, gen->prefixes.count, gen->rules.count,
			   strerror(-err));
}

int cv_bpf_install(struct cv_bpf *b, const struct cv_generation *gen, struct cv_bpf_why *why)
{
	struct cv_epoch e = cv_bpf_epoch(b);
	__u32 slot;
	int err;

	if (!b->first)
		return 0;
	err = build(b, gen, &slot);
	if (err)
		return refused(gen, err, why);
	e.previous = e.number ? e.live : CV_SLOT_NONE;
	e.live = slot;
	e.shadow = CV_SLOT_NONE;
	e.number = gen->number;
	switch_to(b, e);
	return 0;
}

static void forget(const struct bpf_map *map, void *key)
{
	while (!bpf_map_get_next_key(bpf_map__fd(map), NULL, key))
		(void)bpf_map_delete_elem(bpf_map__fd(map), key);
}

/* What was counted for another shadow. */
static void forget_shadow(const struct cv_bpf *b)
{
	struct cv_device_key device;
	struct cv_shadow_key diff;

	forget(b->first->object->maps.shadow_diffs, &diff);
	forget(b->first->object->maps.devices_shadow, &device);
}

int cv_bpf_prepare(struct cv_bpf *b, const struct cv_generation *gen, uint32_t *ret_slot,
		   struct cv_bpf_why *why)
{
	int err;

	*ret_slot = CV_SLOT_NONE;
	if (!b->first)
		return 0;
	err = build(b, gen, ret_slot);
	if (err)
		return refused(gen, err, why);
	b->reserved |= 1u << *ret_slot;
	return 0;
}

void cv_bpf_abandon(struct cv_bpf *b, uint32_t slot)
{
	if (!b->first || slot >= CV_POLICY_SLOTS || !(b->reserved & 1u << slot))
		return;
	b->reserved &= ~(1u << slot);
	empty_slot(b, slot);
}

void cv_bpf_switch(struct cv_bpf *b, const struct cv_epoch *to)
{
	struct cv_epoch e = cv_bpf_epoch(b);
	bool fresh = to->shadow != CV_SLOT_NONE && to->shadow != e.shadow;

	if (!b->first)
		return;
	if (fresh && e.shadow != CV_SLOT_NONE) { /* or the old one would go on counting */
		e.shadow = CV_SLOT_NONE;
		__atomic_store_n(b->epoch, cv_epoch_word(e), __ATOMIC_RELEASE);
		wait_for_readers(b->first->object->maps.policy_rules, e.live);
	}
	if (fresh)
		forget_shadow(b);
	b->reserved &= ~(1u << to->live | 1u << to->shadow | 1u << to->previous);
	switch_to(b, *to);
}

int cv_bpf_shadow(struct cv_bpf *b, const struct cv_generation *gen, struct cv_bpf_why *why)
{
	struct cv_epoch e = cv_bpf_epoch(b);
	int err = 0;

	if (!b->first)
		return 0;
	e.shadow = CV_SLOT_NONE;
	switch_to(b, e);
	forget_shadow(b);
	if (!gen)
		return 0;
	err = build(b, gen, &e.shadow);
	if (err)
		return refused(gen, err, why);
	switch_to(b, e);
	return 0;
}

static int number_of(const struct cv_bpf *b, __u32 slot, __u64 *ret)
{
	struct cv_policy_head head;

	if (bpf_map_lookup_elem(bpf_map__fd(b->first->object->maps.policy_head), &slot, &head))
		return -errno;
	*ret = head.number;
	return 0;
}

int cv_bpf_promote(struct cv_bpf *b)
{
	struct cv_epoch e = cv_bpf_epoch(b);
	int err;

	if (!b->first || e.shadow == CV_SLOT_NONE)
		return -ENOENT;
	err = number_of(b, e.shadow, &e.number);
	if (err)
		return err;
	e.previous = e.live;
	e.live = e.shadow;
	e.shadow = CV_SLOT_NONE;
	switch_to(b, e);
	return 0;
}

int cv_bpf_revert(struct cv_bpf *b)
{
	struct cv_epoch e = cv_bpf_epoch(b);
	__u32 was = e.live;
	int err;

	if (!b->first || e.previous == CV_SLOT_NONE)
		return -ENOENT;
	err = number_of(b, e.previous, &e.number);
	if (err)
		return err;
	e.live = e.previous;
	e.previous = was;
	e.shadow = CV_SLOT_NONE;
	switch_to(b, e);
	return 0;
}

uint64_t cv_bpf_generation(const struct cv_bpf *b)
{
	return cv_bpf_epoch(b).number;
}
