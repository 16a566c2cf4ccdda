/* SPDX-License-Identifier: Apache-2.0 */
/* The maps of one policy, made and filled before anybody looks at them. */
#include "ebpf/loader_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "dataplane/policy/rules.h"

void cv_bpf_inner_close(struct cv_bpf_inner *m)
{
	for (unsigned int i = 0; i < CV_INNER_COUNT; i++) {
		if (m->fd[i] >= 0)
			close(m->fd[i]);
	}
}

int cv_bpf_update(int fd, const void *key, const void *value)
{
	return bpf_map_update_elem(fd, key, value, BPF_ANY) ? -errno : 0;
}

static int add_prefix6(const struct cv_bpf_inner *m, const struct cv_gen_prefix *p)
{
	struct cv_prefix6_key key = {.len = p->len};
	__u32 class_id = p->class_id;

	memcpy(&key.addr, p->addr, sizeof(key.addr));
	return cv_bpf_update(m->fd[CV_INNER_prefix6], &key, &class_id);
}

static void *map_array(int fd, size_t size)
{
	return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
}

static size_t whole_pages(size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE) - 1;

	return (size + page) & ~page;
}

/* What makes an address's class, as cv_prefix4_fill() wants it: levels at one stretch. */
struct prefix4 {
	struct cv_block4 *blocks, *tops, *more;
	struct cv_hosts4 *hosts;
	size_t n_blocks, hosts_size, more_size;
};

static int open_prefix4(const struct cv_bpf_inner *m, uint32_t blocks, uint32_t bits,
			struct prefix4 *p)
{
	uint32_t more = blocks - CV_BLOCK4_TOP;

	*p = (struct prefix4){.n_blocks = blocks,
			      .hosts_size = whole_pages(sizeof(struct cv_hosts4) << bits),
			      .more_size =
				      whole_pages((more ? more : 1) * sizeof(struct cv_block4))};
	p->hosts = map_array(m->fd[CV_INNER_hosts4], p->hosts_size);
	p->tops = map_array(m->fd[CV_INNER_tops4], CV_BLOCK4_TOP * sizeof(struct cv_block4));
	p->more = map_array(m->fd[CV_INNER_blocks4], p->more_size);
	if (p->hosts == MAP_FAILED || p->tops == MAP_FAILED || p->more == MAP_FAILED)
		return -errno;
	p->blocks = calloc(blocks, sizeof(struct cv_block4));
	return p->blocks ? 0 : -ENOMEM;
}

static void close_prefix4(const struct prefix4 *p)
{
	if (p->hosts != MAP_FAILED)
		munmap(p->hosts, p->hosts_size);
	if (p->tops != MAP_FAILED)
		munmap(p->tops, CV_BLOCK4_TOP * sizeof(struct cv_block4));
	if (p->more != MAP_FAILED)
		munmap(p->more, p->more_size);
	free(p->blocks);
}

/* Written in place, before anybody looks: a million addresses are a matter of milliseconds. */
static int fill_prefix4(const struct cv_bpf_inner *m, const struct cv_generation *gen,
			uint32_t blocks)
{
	const struct cv_gen_prefix *prefixes = cv_generation_at(gen, gen->prefixes);
	uint32_t bits = gen->policy.hosts4_bits;
	struct prefix4 p;
	int err = open_prefix4(m, blocks, bits, &p);

	if (!err) {
		cv_prefix4_fill(prefixes, gen->prefixes.count, bits, p.blocks, p.hosts);
		memcpy(p.tops, p.blocks, CV_BLOCK4_TOP * sizeof(*p.blocks));
		memcpy(p.more, p.blocks + CV_BLOCK4_TOP,
		       (p.n_blocks - CV_BLOCK4_TOP) * sizeof(*p.blocks));
		cv_prefix4_mark_hosts(prefixes, gen->prefixes.count, p.tops);
	}
	close_prefix4(&p);
	return err;
}

static int fill_senders(const struct cv_bpf_inner *m, const struct cv_generation *gen)
{
	const struct cv_gen_prefix *p = cv_generation_at(gen, gen->prefixes);
	const struct cv_gen_mac *mac = cv_generation_at(gen, gen->macs);
	const struct cv_gen_binding *b = cv_generation_at(gen, gen->bindings);
	int err = 0;

	for (uint32_t i = 0; i < gen->prefixes.count && !err; i++) {
		if (p[i].family == 6)
			err = add_prefix6(m, &p[i]);
	}
	for (uint32_t i = 0; i < gen->macs.count && !err; i++) {
		__u32 class_id = mac[i].class_id;

		err = cv_bpf_update(m->fd[CV_INNER_macs], &mac[i].mac, &class_id);
	}
	for (uint32_t i = 0; i < gen->bindings.count && !err; i++)
		err = cv_bpf_update(m->fd[CV_INNER_bindings], &b[i].key, &b[i].place);
	return err;
}

/* Written in place as well: an update for each of a million keys would be a second. */
static int fill_rules(const struct cv_bpf_inner *m, const struct cv_generation *gen,
		      const struct cv_rules_size *size)
{
	size_t whole = whole_pages(size->buckets * sizeof(struct cv_rules_bucket));
	void *at = map_array(m->fd[CV_INNER_rules_flat], whole);

	if (at == MAP_FAILED)
		return -errno;
	cv_rules_fill(cv_generation_at(gen, gen->rules), gen->rules.count, size->bits, at);
	munmap(at, whole);
	return 0;
}

static int fill(const struct cv_bpf_inner *m, const struct cv_generation *gen, uint32_t blocks,
		const struct cv_rules_size *rules)
{
	const struct cv_gen_meter *meters = cv_generation_at(gen, gen->meters);
	int err = fill_prefix4(m, gen, blocks);

	if (!err)
		err = fill_senders(m, gen);
	if (!err)
		err = fill_rules(m, gen, rules);
	for (uint32_t i = 0; i < gen->meters.count && !err; i++) {
		struct cv_meter meter = {.limit = meters[i].limit, .reason = meters[i].reason};

		err = cv_bpf_update(m->fd[CV_INNER_meters], &i, &meter);
	}
	return err;
}

static int create(const struct cv_generation *gen, uint32_t blocks,
		  const struct cv_rules_size *rules, struct cv_bpf_inner *m)
{
	int cpus = libbpf_num_possible_cpus();
	const struct {
		enum bpf_map_type type;
		const char *name;
		__u32 key, value, entries, flags;
	} maps[CV_INNER_COUNT] = {
		[CV_INNER_tops4] = {BPF_MAP_TYPE_ARRAY, "tops4", sizeof(__u32),
				    sizeof(struct cv_block4), CV_BLOCK4_TOP, BPF_F_MMAPABLE},
		[CV_INNER_blocks4] = {BPF_MAP_TYPE_ARRAY, "blocks4", sizeof(__u32),
				      sizeof(struct cv_block4), blocks - CV_BLOCK4_TOP,
				      BPF_F_INNER_MAP | BPF_F_MMAPABLE},
		[CV_INNER_hosts4] = {BPF_MAP_TYPE_ARRAY, "hosts4", sizeof(__u32),
				     sizeof(struct cv_hosts4), 1u << gen->policy.hosts4_bits,
				     BPF_F_INNER_MAP | BPF_F_MMAPABLE},
		[CV_INNER_prefix6] = {BPF_MAP_TYPE_LPM_TRIE, "prefix6",
				      sizeof(struct cv_prefix6_key), sizeof(__u32),
				      gen->prefixes.count, BPF_F_NO_PREALLOC},
		[CV_INNER_macs] = {BPF_MAP_TYPE_HASH, "macs", sizeof(__u64), sizeof(__u32),
				   gen->macs.count, 0},
		[CV_INNER_bindings] = {BPF_MAP_TYPE_HASH, "bindings", sizeof(struct cv_binding_key),
				       sizeof(struct cv_binding), gen->bindings.count, 0},
		[CV_INNER_rules_flat] = {BPF_MAP_TYPE_ARRAY, "rules_flat", sizeof(__u32),
					 sizeof(struct cv_rules_bucket), rules->buckets,
					 BPF_F_INNER_MAP | BPF_F_MMAPABLE},
		[CV_INNER_meters] = {BPF_MAP_TYPE_ARRAY, "meters", sizeof(__u32),
				     sizeof(struct cv_meter), gen->meters.count, BPF_F_INNER_MAP},
		[CV_INNER_hits] = {BPF_MAP_TYPE_ARRAY, "hits", sizeof(__u32),
				   sizeof(struct cv_rule_hits),
				   (gen->policy.n_rules + 1) * (__u32)cpus, BPF_F_INNER_MAP},
	};

	if (cpus < 0)
		return cpus;
	for (unsigned int i = 0; i < CV_INNER_COUNT; i++) {
		LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = maps[i].flags);

		m->fd[i] = bpf_map_create(maps[i].type, maps[i].name, maps[i].key, maps[i].value,
					  maps[i].entries ? maps[i].entries : 1, &opts);
		if (m->fd[i] < 0)
			return -errno;
	}
	m->rules_bits = rules->bits;
	return fill(m, gen, blocks, rules);
}

int cv_bpf_inner_create(const struct cv_generation *gen, struct cv_bpf_inner *m)
{
	struct cv_rules_size rules;
	uint32_t blocks;
	int err = cv_prefix4_blocks(cv_generation_at(gen, gen->prefixes), gen->prefixes.count,
				    gen->policy.hosts4_bits, &blocks);

	memset(m, 0xff, sizeof(*m));
	if (!err)
		err = cv_rules_size(cv_generation_at(gen, gen->rules), gen->rules.count, &rules);
	return err ? err : create(gen, blocks, &rules, m);
}

bool cv_bpf_holds(const struct bpf_map *outer, __u32 slot, __u32 *ret_id)
{
	return !bpf_map_lookup_elem(bpf_map__fd(outer), &slot, ret_id);
}
