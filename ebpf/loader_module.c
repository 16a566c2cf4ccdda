/* SPDX-License-Identifier: Apache-2.0 */
/* Modules in a node: put beside the policies they belong to, replaced, counted. */
#include "ebpf/module.h"
#include "ebpf/loader_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "ingress.skel.h"

#define MAP(b, name) bpf_map__fd((b)->first->object->maps.name)

/* ---- slots --------------------------------------------------------------------------------- */

static int reset_counts(const struct cv_bpf *b, uint32_t slot)
{
	int err, cpus = libbpf_num_possible_cpus();
	struct cv_module_counts *none;

	if (cpus < 0)
		return cpus;
	none = calloc((size_t)cpus, sizeof(*none));
	if (!none)
		return -ENOMEM;
	err = cv_bpf_update(MAP(b, module_counts), &slot, none);
	free(none);
	return err;
}

/* The program first: whoever finds ports finds a module. Replacing it is that one update. */
static int put(const struct cv_bpf *b, uint32_t slot, int program, const struct cv_module_slot *s)
{
	int err = reset_counts(b, slot);

	if (!err)
		err = cv_bpf_update(MAP(b, module_programs), &slot, &program);
	if (!err)
		err = cv_bpf_update(MAP(b, module_slots), &slot, s);
	if (!err)
		err = cv_held_put(b->dir, CV_HELD_MODULE, slot, program);
	return err;
}

static int read_slot(const struct cv_bpf *b, uint32_t slot, struct cv_module_slot *ret)
{
	if (bpf_map_lookup_elem(MAP(b, module_slots), &slot, ret))
		return -errno;
	/* Of an older version, whose module looks at other maps than ours. */
	return ret->ports && ret->layout == CV_MODULE_LAYOUT ? 0 : -ENOENT;
}

static int program_of(const struct cv_bpf *b, uint32_t slot)
{
	__u32 id;

	if (bpf_map_lookup_elem(MAP(b, module_programs), &slot, &id))
		return -errno;
	return cv_held_get(b->dir, CV_HELD_MODULE, slot, id, true);
}

void cv_modules_clear(const struct cv_bpf *b, uint32_t slot)
{
	static const struct cv_module_slot none;

	(void)cv_bpf_update(MAP(b, module_slots), &slot, &none);
	(void)bpf_map_delete_elem(MAP(b, module_programs), &slot);
	cv_held_drop(b->dir, CV_HELD_MODULE, slot);
}

/* ---- with the loader ----------------------------------------------------------------------- */

/* Did an earlier control run this port by another number? */
static bool is_renumbered(const struct cv_bpf *b, unsigned int i)
{
	int fd = bpf_map__fd(b->ports[i].object->maps.port_config);
	struct cv_xdp_port config;
	char link[CV_PIN_PATH_SIZE];
	__u32 zero = 0;

	return !cv_pins_path(b->dir, b->ports[i].name, "link", link, sizeof(link)) &&
	       !access(link, F_OK) && !bpf_map_lookup_elem(fd, &zero, &config) && config.index != i;
}

/*
 * A frame that is with a module of an earlier control goes on by the number its port had. Where
 * numbers have changed no module runs until the ports know theirs.
 */
int cv_modules_begin(struct cv_bpf *b)
{
	int err = 0;

	b->module.keep = true;
	for (unsigned int i = 0; i < b->count; i++) {
		if (b->ports[i].object && is_renumbered(b, i))
			b->module.keep = false;
	}
	for (uint32_t slot = 0; slot < CV_POLICY_SLOTS && !b->module.keep; slot++)
		cv_modules_clear(b, slot);
	for (unsigned int i = 0; i < b->count && !err; i++) {
		uint32_t at = CV_MODULE_FINISH(i);
		int finish;

		if (!b->ports[i].object)
			continue;
		finish = bpf_program__fd(b->ports[i].object->progs.module_finish);
		err = cv_bpf_update(MAP(b, module_programs), &at, &finish);
	}
	return err;
}

static int keep_module(const struct cv_bpf *b, uint32_t from, uint32_t to)
{
	struct cv_module_slot s;
	int err, program;

	err = read_slot(b, from, &s);
	if (err)
		return err == -ENOENT ? 0 : err;
	program = program_of(b, from);
	if (program == -ENOENT || program == -EPERM) /* cv_bpf_module_ensure() puts it back */
		return 0;
	if (program < 0)
		return program;
	err = put(b, to, program, &s);
	close(program);
	return err;
}

int cv_modules_build(struct cv_bpf *b, uint32_t slot)
{
	struct cv_epoch e = cv_bpf_epoch(b);
	int err = 0;

	cv_modules_clear(b, slot);
	if (b->module.staged)
		err = put(b, slot, b->module.program, &b->module.slot);
	else if (b->module.keep && e.number)
		err = keep_module(b, e.live, slot);
	if (!err)
		cv_modules_forget(b);
	return err;
}

void cv_modules_forget(struct cv_bpf *b)
{
	if (b->module.staged)
		close(b->module.program);
	b->module.staged = false;
	b->module.keep = false;
}

/* ---- for control --------------------------------------------------------------------------- */

/* FNV-1a: tells objects apart, protects nothing. */
static __u64 identity_of(const void *object, size_t size)
{
	const uint8_t *at = object;
	__u64 hash = 0xcbf29ce484222325ull;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ at[i]) * 0x100000001b3ull;
	return hash;
}

static int load(const struct cv_bpf *b, uint32_t ports, const void *object, size_t size,
		struct cv_module_slot *s, struct cv_bpf_why *why)
{
	int program = -1, err;

	if (!b->first)
		return cv_bpf_fail(why, -ENOTSUP,
				   "No port of this node is an af_xdp port; modules run in the "
				   "kernel, on those only.");
	*s = (struct cv_module_slot){
		.ports = ports,
		.layout = CV_MODULE_LAYOUT,
		.since = (__u64)time(NULL),
		.identity = identity_of(object, size),
	};
	err = cv_module_check(object, size, &s->info, why);
	if (!err)
		err = cv_module_load(object, size, MAP(b, module_frame), MAP(b, module_programs),
				     &program, NULL, why);
	return err ? err : program;
}

int cv_bpf_module_stage(struct cv_bpf *b, uint32_t ports, const void *object, size_t size,
			struct cv_bpf_why *why)
{
	struct cv_module_slot s;
	int program = -1;

	if (object) {
		program = load(b, ports, object, size, &s, why);
		if (program < 0)
			return program;
	}
	cv_modules_forget(b);
	if (object) {
		b->module.program = program;
		b->module.slot = s;
		b->module.staged = true;
	}
	return 0;
}

int cv_bpf_module_install(struct cv_bpf *b, uint32_t ports, const void *object, size_t size,
			  struct cv_bpf_why *why)
{
	struct cv_module_slot s;
	int err, program = load(b, ports, object, size, &s, why);

	if (program < 0)
		return program;
	err = put(b, cv_bpf_epoch(b).live, program, &s);
	close(program);
	if (err)
		return cv_bpf_fail(why, err, "The kernel does not take the module: %s.",
				   strerror(-err));
	return 0;
}

void cv_bpf_module_remove(struct cv_bpf *b)
{
	if (b->first)
		cv_modules_clear(b, cv_bpf_epoch(b).live);
}

int cv_bpf_module_ensure(struct cv_bpf *b, uint32_t ports, const void *object, size_t size,
			 struct cv_bpf_why *why)
{
	struct cv_module_slot s;

	if (!b->first)
		return 0;
	if (!object) {
		cv_bpf_module_remove(b);
		return 0;
	}
	if (!read_slot(b, cv_bpf_epoch(b).live, &s) && s.ports == ports &&
	    s.identity == identity_of(object, size))
		return 0;
	return cv_bpf_module_install(b, ports, object, size, why);
}

/* ---- counters ------------------------------------------------------------------------------ */

static void add_counts(struct cv_module_counts *sum, const struct cv_module_counts *c)
{
	sum->runs += c->runs;
	sum->continued += c->continued;
	sum->invalid += c->invalid;
	sum->absent += c->absent;
	for (int i = 0; i < CV_MODULE_CODES; i++) {
		sum->drops[i].packets += c->drops[i].packets;
		sum->drops[i].bytes += c->drops[i].bytes;
	}
	sum->timed += c->timed;
	sum->time_ns += c->time_ns;
	if (c->time_max_ns > sum->time_max_ns)
		sum->time_max_ns = c->time_max_ns;
}

int cv_bpf_module_counters(const struct cv_bpf *b, uint32_t slot, struct cv_bpf_module *ret)
{
	int err, cpus = libbpf_num_possible_cpus();
	struct cv_module_counts *each;
	struct cv_bpf_module m = {0};

	if (!b->first || slot >= CV_POLICY_SLOTS)
		return -ENOENT;
	err = read_slot(b, slot, &m.slot);
	if (err)
		return err;
	if (cpus < 0)
		return cpus;
	each = calloc((size_t)cpus, sizeof(*each));
	if (!each)
		return -ENOMEM;
	if (bpf_map_lookup_elem(MAP(b, module_counts), &slot, each))
		err = -errno;
	for (int i = 0; i < cpus; i++)
		add_counts(&m.counts, &each[i]);
	free(each);
	if (!err)
		*ret = m;
	return err;
}

uint64_t cv_bpf_module_mean_ns(const struct cv_bpf_module *m)
{
	return m->counts.timed < CV_MODULE_TIMED_MIN ? 0 : m->counts.time_ns / m->counts.timed;
}

bool cv_bpf_module_over_budget(const struct cv_bpf_module *m)
{
	return cv_bpf_module_mean_ns(m) > m->slot.info.budget_ns;
}
