/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/policy/generation.h"
#include "dataplane/policy/prefix4.h"

/* Buckets are as many as fill them to a third. */
#define HOSTS_PER_BUCKET 3u

uint32_t cv_hosts4_bits(uint32_t hosts)
{
	uint32_t bits = 1;

	if (hosts == 0)
		return 0;
	while (bits < CV_HOSTS4_BITS_MAX && (HOSTS_PER_BUCKET << bits) < hosts)
		bits++;
	return bits;
}

static bool is_host(const struct cv_gen_prefix *p)
{
	return p->family == 4 && p->len == 32;
}

uint32_t cv_hosts4_count(const struct cv_gen_prefix *p, uint32_t count)
{
	uint32_t hosts = 0;

	for (uint32_t i = 0; i < count; i++)
		hosts += is_host(&p[i]);
	return hosts;
}

static uint32_t network_order(const struct cv_gen_prefix *p)
{
	uint32_t addr;

	memcpy(&addr, p->addr, sizeof(addr));
	return addr;
}

static uint32_t host_order(const struct cv_gen_prefix *p)
{
	return (uint32_t)p->addr[0] << 24 | (uint32_t)p->addr[1] << 16 | (uint32_t)p->addr[2] << 8 |
	       p->addr[3];
}

/* ---- counting ------------------------------------------------------------------------------ */

struct counting {
	uint8_t *fill; /* by bucket */
	uint8_t *middle, *last; /* bit by the first 16, the first 24 bits of the address */
	uint32_t bits, blocks;
};

static bool bucket_takes(struct counting *c, const struct cv_gen_prefix *p)
{
	uint8_t *fill;

	if (!is_host(p))
		return false;
	fill = &c->fill[cv_hosts4_bucket(network_order(p), c->bits)];
	if (*fill == CV_HOSTS4_WAYS)
		return false;
	(*fill)++;
	return true;
}

static void need(struct counting *c, uint8_t *seen, uint32_t which)
{
	uint8_t bit = (uint8_t)(1u << which % 8);

	c->blocks += !(seen[which / 8] & bit);
	seen[which / 8] |= bit;
}

static void count_one(struct counting *c, const struct cv_gen_prefix *p)
{
	uint32_t addr = host_order(p);

	if (p->family != 4 || bucket_takes(c, p))
		return;
	if (p->len > 16)
		need(c, c->middle, addr >> 16);
	if (p->len > 24)
		need(c, c->last, addr >> 8);
}

int cv_prefix4_blocks(const struct cv_gen_prefix *p, uint32_t count, uint32_t bits, uint32_t *ret)
{
	struct counting c = {.bits = bits, .blocks = CV_BLOCK4_TOP};

	c.fill = calloc(1, (size_t)1 << bits);
	c.middle = calloc(1, (1u << 16) / 8);
	c.last = calloc(1, (1u << 24) / 8);
	for (uint32_t i = 0; i < count && c.fill && c.middle && c.last; i++)
		count_one(&c, &p[i]);
	if (c.fill && c.middle && c.last)
		*ret = c.blocks;
	else
		c.blocks = 0;
	free(c.fill);
	free(c.middle);
	free(c.last);
	return c.blocks ? 0 : -ENOMEM;
}

/* ---- filling ------------------------------------------------------------------------------- */

static bool add_host(struct cv_hosts4 *hosts, uint32_t bits, const struct cv_gen_prefix *p)
{
	struct cv_hosts4 *b;

	if (!is_host(p))
		return false;
	b = &hosts[cv_hosts4_bucket(network_order(p), bits)];
	for (uint32_t i = 0; i < CV_HOSTS4_WAYS; i++) {
		if (!b->class_id[i]) {
			b->addr[i] = network_order(p);
			b->class_id[i] = p->class_id;
			return true;
		}
	}
	return false;
}

static uint32_t *open_block(struct cv_block4 *blocks, uint32_t *used, uint32_t *entry)
{
	if (!(*entry & CV_BLOCK4_MORE)) {
		uint32_t *fresh = blocks[*used].entry;

		for (unsigned int i = 0; i < CV_BLOCK4_ENTRIES; i++)
			fresh[i] = *entry;
		*entry = (*used)++ | CV_BLOCK4_MORE;
	}
	return blocks[*entry & ~CV_BLOCK4_MORE].entry;
}

/* Prefixes come shortest first, so a fill never meets a block. */
static void add_prefix(struct cv_block4 *blocks, uint32_t *used, const struct cv_gen_prefix *p)
{
	uint32_t addr = host_order(p), *entries = blocks[0].entry, at = addr >> 16, bits = 16;

	if (p->len > 16) {
		entries = open_block(blocks, used, &entries[at]);
		at = (addr >> 8) & 0xff;
		bits = 24;
	}
	if (p->len > 24) {
		entries = open_block(blocks, used, &entries[at]);
		at = addr & 0xff;
		bits = 32;
	}
	for (uint32_t i = 0; i < 1u << (bits - p->len); i++)
		entries[at + i] = p->class_id;
}

void cv_prefix4_fill(const struct cv_gen_prefix *p, uint32_t count, uint32_t bits,
		     struct cv_block4 *blocks, struct cv_hosts4 *hosts)
{
	uint32_t used = CV_BLOCK4_TOP;

	for (uint32_t i = 0; i < count; i++) {
		if (p[i].family == 4 && !add_host(hosts, bits, &p[i]))
			add_prefix(blocks, &used, &p[i]);
	}
}

void cv_prefix4_mark_hosts(const struct cv_gen_prefix *p, uint32_t count, struct cv_block4 *tops)
{
	for (uint32_t i = 0; i < count; i++) {
		if (is_host(&p[i]))
			tops[p[i].addr[0]].entry[p[i].addr[1]] |= CV_BLOCK4_HOSTS;
	}
}
