/* SPDX-License-Identifier: Apache-2.0 */
/* A generation's policy as BPF maps: built beside the one in force, switched by one store. */
#include "ebpf/loader_internal.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "ingress.skel.h"

#define OUTER_ROW(name) o->maps.policy_##name,

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

static int put_slot(const struct cv_bpf *b, const struct cv_generation *gen,
		    const struct cv_bpf_inner *m, __u32 slot)
{
	const struct ingress_bpf *o = b->first->object;
	const struct bpf_map *outer[CV_INNER_COUNT] = {CV_INNER_MAPS(OUTER_ROW)};
	const __u8 *places = cv_generation_at(gen, gen->places);
	static const __u8 nowhere[CV_VLANS];
	struct cv_policy_head head = gen->policy;
	int err = 0;

	head.rules_bits = m->rules_bits;
	for (unsigned int i = 0; i < CV_INNER_COUNT && !err; i++)
		err = cv_bpf_update(bpf_map__fd(outer[i]), &slot, &m->fd[i]);
	for (__u32 port = 0; port < CV_PORTS_MAX && !err; port++) {
		__u32 row = slot * CV_PORTS_MAX + port;
		bool there = (port + 1) * CV_VLANS <= gen->places.count;

		err = cv_bpf_update(bpf_map__fd(o->maps.policy_places), &row,
				    there ? places + port * (size_t)CV_VLANS : nowhere);
	}
	if (!err)
		err = cv_bpf_update(bpf_map__fd(o->maps.policy_head), &slot, &head);
	if (!err)
		err = cv_held_put(b->dir, CV_HELD_HITS, slot, m->fd[CV_INNER_hits]);
	return err;
}

/* Build a policy in a slot that nobody looks at. */
static int build(struct cv_bpf *b, const struct cv_generation *gen, __u32 *ret)
{
	__u32 slot = free_slot(b);
	struct cv_bpf_inner m;
	int err;

	if (slot == CV_POLICY_SLOTS)
		return -ENOBUFS;
	err = cv_bpf_inner_create(gen, &m);
	if (!err)
		err = put_slot(b, gen, &m, slot);
	if (!err)
		err = cv_modules_build(b, slot);
	cv_bpf_inner_close(&m);
	if (!err)
		*ret = slot;
	return err;
}

/* The kernel answers an update of any outer map after a grace period, even one that changes
 * nothing: after that nobody judges by a word read before. */
int cv_bpf_wait_begin(struct cv_bpf *b)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts);

	b->wait_inner = bpf_map_create(BPF_MAP_TYPE_ARRAY, "wait_in", sizeof(__u32), sizeof(__u32),
				       1, NULL);
	if (b->wait_inner < 0)
		return -errno;
	opts.inner_map_fd = (__u32)b->wait_inner;
	b->wait_outer = bpf_map_create(BPF_MAP_TYPE_ARRAY_OF_MAPS, "wait", sizeof(__u32),
				       sizeof(__u32), 1, &opts);
	return b->wait_outer < 0 ? -errno : 0;
}

static void wait_for_readers(const struct cv_bpf *b)
{
	const __u32 zero = 0;

	if (b->wait_outer >= 0)
		(void)cv_bpf_update(b->wait_outer, &zero, &b->wait_inner);
}

static void empty_slot(const struct cv_bpf *b, __u32 slot)
{
	const struct ingress_bpf *o = b->first->object;
	const struct bpf_map *outer[CV_INNER_COUNT] = {CV_INNER_MAPS(OUTER_ROW)};

	cv_modules_clear(b, slot);
	for (unsigned int i = 0; i < CV_INNER_COUNT; i++) {
		__u32 id;

		if (cv_bpf_holds(outer[i], slot, &id))
			(void)bpf_map_delete_elem(bpf_map__fd(outer[i]), &slot);
	}
	cv_held_drop(b->dir, CV_HELD_HITS, slot);
}

void cv_bpf_settle(struct cv_bpf *b)
{
	struct cv_epoch e = cv_bpf_epoch(b);

	if (!b->first)
		return;
	wait_for_readers(b);
	for (__u32 slot = 0; slot < CV_POLICY_SLOTS; slot++) {
		if (!is_taken(b, e, slot))
			empty_slot(b, slot);
	}
}

/* The one store, the wait, and then the memory of slots that nobody needs goes back. */
static void switch_to(struct cv_bpf *b, struct cv_epoch e)
{
	__atomic_store_n(b->epoch, cv_epoch_word(e), __ATOMIC_RELEASE);
	cv_bpf_settle(b);
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
	struct cv_shadow_key diff;

	forget(b->first->object->maps.shadow_diffs, &diff);
	cv_bpf_devices_forget(b->first->object->maps.devices_shadow);
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
		wait_for_readers(b);
	}
	if (fresh)
		forget_shadow(b);
	b->reserved &= ~(1u << to->live | 1u << to->shadow | 1u << to->previous);
	__atomic_store_n(b->epoch, cv_epoch_word(*to), __ATOMIC_RELEASE);
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
