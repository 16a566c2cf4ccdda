/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prefixes for groups. A group's prefixes hold all its addresses and none of any other that was
 * seen, in a group or not. Within that they are few enough to be read: from the widest down, the
 * one that covers most that was not seen is split, until there are as many as can be read.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/offline/learn.h"

/* Nothing wider is said on the word of a capture. */
#define WIDEST4 16
#define WIDEST6 48
/* A prefix of at least this many addresses may have as many unseen as seen ones. */
#define DENSE_SIZE 16.0

struct address {
	uint8_t b[16];
	uint32_t group;
};

/* All addresses of a family, sorted; and those of one group. */
struct list {
	struct address *items;
	uint32_t n;
};

struct cover {
	struct list all, own;
	uint8_t family;
	uint32_t readable;
	struct cv_learn_group *group;
	uint32_t room; /* of group->prefixes */
};

/* A run of own addresses under their longest common prefix. */
struct run {
	uint32_t from, to; /* [from, to) in own */
	uint8_t len;
};

static int by_address(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(((struct address *)0)->b));
}

static bool bit_of(const uint8_t b[16], unsigned int bit)
{
	return b[bit / 8] >> (7 - bit % 8) & 1;
}

static unsigned int bits_of(uint8_t family)
{
	return family == 4 ? 32 : 128;
}

static unsigned int common(const uint8_t a[16], const uint8_t b[16], unsigned int bits)
{
	unsigned int len = 0;

	while (len < bits && bit_of(a, len) == bit_of(b, len))
		len++;
	return len;
}

/* First address with prefix @p addr/@p len, or behind the last one. */
static uint32_t edge_of_prefix(const struct list *l, const uint8_t addr[16], unsigned int len,
			       bool behind)
{
	uint32_t lo = 0, hi = l->n;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		unsigned int same = common(l->items[mid].b, addr, len);
		bool before = same < len ? !bit_of(l->items[mid].b, same) : behind;

		if (before)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static struct run run_of(const struct cover *c, uint32_t from, uint32_t to)
{
	return (struct run){
		from, to,
		(uint8_t)common(c->own.items[from].b, c->own.items[to - 1].b, bits_of(c->family))};
}

/* May not stay whole: too wide, or a stranger is in it. */
static bool must_split(const struct cover *c, const struct run *r)
{
	const uint8_t *addr = c->own.items[r->from].b;
	uint32_t first = edge_of_prefix(&c->all, addr, r->len, false);
	uint32_t last = edge_of_prefix(&c->all, addr, r->len, true);

	return r->len < (c->family == 4 ? WIDEST4 : WIDEST6) || last - first != r->to - r->from;
}

/* Addresses a prefix covers beyond those seen; 0 where that is as it should be. */
static double waste(const struct cover *c, const struct run *r)
{
	double size = 1, seen = r->to - r->from;

	for (unsigned int bit = r->len; bit < bits_of(c->family); bit++)
		size *= 2;
	if (size >= DENSE_SIZE && seen * 2 >= size)
		return 0;
	return size - seen;
}

static uint32_t middle(const struct cover *c, const struct run *r)
{
	uint32_t at = r->from;

	while (at < r->to && !bit_of(c->own.items[at].b, r->len))
		at++;
	return at;
}

static int put(struct cover *c, const struct run *r)
{
	struct cv_learn_group *g = c->group;
	struct cv_learn_prefix *p;

	if (g->n_prefixes == c->room) {
		uint32_t room = c->room ? c->room * 2 : 16;

		p = reallocarray(g->prefixes, room, sizeof(*p));
		if (!p)
			return -ENOMEM;
		g->prefixes = p;
		c->room = room;
	}
	p = &g->prefixes[g->n_prefixes++];
	*p = (struct cv_learn_prefix){.family = c->family, .len = r->len, .seen = r->to - r->from};
	memcpy(p->addr, c->own.items[r->from].b, sizeof(p->addr));
	for (unsigned int bit = r->len; bit < 128; bit++)
		p->addr[bit / 8] &= (uint8_t) ~(0x80u >> bit % 8);
	return 0;
}

/* Split what must be, leaf by leaf, in order of addresses. @return runs, freed by the caller. */
static struct run *keep_apart(const struct cover *c, uint32_t *ret_n)
{
	struct run *runs = calloc((size_t)c->own.n * 2 + 130, sizeof(*runs));
	struct run stack[130]; /* one per bit, and the other half of each */
	uint32_t depth = 0, n = 0;

	if (!runs)
		return NULL;
	stack[depth++] = run_of(c, 0, c->own.n);
	while (depth) {
		struct run r = stack[--depth];
		uint32_t at;

		if (!must_split(c, &r) || r.to - r.from == 1) {
			runs[n++] = r;
			continue;
		}
		at = middle(c, &r);
		stack[depth++] = run_of(c, at, r.to);
		stack[depth++] = run_of(c, r.from, at);
	}
	*ret_n = n;
	return runs;
}

static uint32_t most_waste(const struct cover *c, const struct run *runs, uint32_t n)
{
	uint32_t worst = CV_INTERN_NONE;
	double most = 0;

	for (uint32_t i = 0; i < n; i++) {
		double w = waste(c, &runs[i]);

		if (w > most) {
			most = w;
			worst = i;
		}
	}
	return worst;
}

static int cover_family(struct cover *c)
{
	uint32_t n = 0, worst, at;
	struct run *runs;
	int err = 0;

	if (c->own.n == 0)
		return 0;
	runs = keep_apart(c, &n);
	if (!runs)
		return -ENOMEM;
	while (n < c->readable && (worst = most_waste(c, runs, n)) != CV_INTERN_NONE) {
		struct run r = runs[worst];

		at = middle(c, &r);
		memmove(&runs[worst + 2], &runs[worst + 1], (n - worst - 1) * sizeof(*runs));
		runs[worst] = run_of(c, r.from, at);
		runs[worst + 1] = run_of(c, at, r.to);
		n++;
	}
	for (uint32_t i = 0; err == 0 && i < n; i++)
		err = put(c, &runs[i]);
	free(runs);
	return err;
}

static int list_of(const struct cv_learn *l, uint8_t family, struct list *ret)
{
	ret->items = calloc((size_t)l->hosts.n + 1, sizeof(*ret->items));
	ret->n = 0;
	if (!ret->items)
		return -ENOMEM;
	for (uint32_t i = 0; i < l->hosts.n; i++) {
		const struct cv_learn_host *h = cv_learn_host(l, i);

		if (h->family != family)
			continue;
		memcpy(ret->items[ret->n].b, h->addr, sizeof(h->addr));
		ret->items[ret->n++].group = h->group;
	}
	qsort(ret->items, ret->n, sizeof(*ret->items), by_address);
	return 0;
}

static int cover_groups(struct cover *c, struct cv_learn_shape *s)
{
	int err = 0;

	for (uint32_t g = 0; err == 0 && g < s->n_groups; g++) {
		c->group = &s->groups[g];
		c->room = c->group->n_prefixes;
		c->own.n = 0;
		for (uint32_t i = 0; i < c->all.n; i++) {
			if (c->all.items[i].group == g)
				c->own.items[c->own.n++] = c->all.items[i];
		}
		err = cover_family(c);
	}
	return err;
}

int cv_learn_cover(const struct cv_learn *l, struct cv_learn_shape *s, uint32_t readable)
{
	static const uint8_t families[] = {4, 6};
	int err = 0;

	for (int f = 0; err == 0 && f < 2; f++) {
		struct cover c = {.family = families[f], .readable = readable};

		err = list_of(l, families[f], &c.all);
		if (err == 0)
			c.own.items = calloc((size_t)c.all.n + 1, sizeof(*c.own.items));
		if (err == 0)
			err = c.own.items ? cover_groups(&c, s) : -ENOMEM;
		free(c.all.items);
		free(c.own.items);
	}
	return err;
}
