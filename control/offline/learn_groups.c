/* SPDX-License-Identifier: Apache-2.0 */
/* Hosts that ask for and serve the same become one group. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/offline/learn_internal.h"

/* With more kinds of host than this, what a host does most decides alone. */
#define READABLE_GROUPS 24u
#define GROUPS_MAX 512u

/* One host does one thing. */
struct activity {
	uint64_t key; /* host << 32 | service << 1 | serves */
	uint64_t packets;
};

static int by_key(const void *a, const void *b)
{
	return cv_learn_by_u64(a, b); /* the key is first */
}

static uint32_t list_activities(const struct cv_learn *l, struct activity *list)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < l->edges.n; i++) {
		const struct cv_learn_edge *e = cv_learn_edge(l, i);
		uint64_t packets = e->packets[0] + e->packets[1];
		uint64_t service = (uint64_t)e->service << 1;

		if (!cv_learn_is_learned(e))
			continue;
		list[n++] = (struct activity){(uint64_t)e->client << 32 | service, packets};
		list[n++] = (struct activity){(uint64_t)e->server << 32 | service | 1, packets};
	}
	qsort(list, n, sizeof(*list), by_key);
	return n;
}

/* Add up what is of the same key. */
static uint32_t unite(struct activity *list, uint32_t n)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < n; i++) {
		if (kept && list[kept - 1].key == list[i].key)
			list[kept - 1].packets += list[i].packets;
		else
			list[kept++] = list[i];
	}
	return kept;
}

static uint64_t mix(uint64_t h, uint64_t v)
{
	h = (h ^ (v + 1)) * 0xff51afd7ed558ccdull;
	return (h ^ h >> 32) | 1; /* 0 = it does nothing */
}

/* Being pinged makes no other kind of host, unless it is all there is. */
static void sign_host(struct cv_learn_host *h, const struct cv_learn_shape *s,
		      const struct activity *a, uint32_t n)
{
	bool ports = false, main_has_port = false;

	for (uint32_t i = 0; i < n; i++)
		ports = ports || s->services[(uint32_t)a[i].key >> 1].port;
	h->signature = 0x9e3779b97f4a7c15ull;
	h->main_service = CV_INTERN_NONE;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t service = (uint32_t)a[i].key >> 1;
		bool port = s->services[service].port != 0;

		if (port || !ports)
			h->signature = mix(h->signature, (uint32_t)a[i].key);
		if (h->main_service != CV_INTERN_NONE &&
		    (main_has_port > port || (main_has_port == port && a[i].packets <= h->most)))
			continue;
		h->main_service = service;
		h->most = a[i].packets;
		main_has_port = port;
	}
	h->role = 0;
	for (uint32_t i = 0; i < n; i++) {
		if ((uint32_t)a[i].key >> 1 == h->main_service)
			h->role |= a[i].key & 1 ? CV_LEARN_SERVES : CV_LEARN_ASKS;
	}
}

struct group_key {
	uint64_t signature;
	uint32_t hosts, main_service, role, pad;
};

static void count_kinds(const struct cv_learn *l, struct cv_intern *kinds)
{
	for (uint32_t i = 0; i < l->hosts.n; i++) {
		struct cv_learn_host *h = cv_learn_host(l, i);
		struct group_key *k, key = {.signature = h->signature};
		uint32_t at;

		h->group = CV_INTERN_NONE;
		if (h->signature == 0)
			continue;
		at = cv_intern_add(kinds, &key);
		if (at == CV_INTERN_NONE)
			continue;
		k = cv_intern_at(kinds, at);
		if (k->hosts++ == 0) {
			k->main_service = h->main_service;
			k->role = h->role;
		}
		h->group = at;
	}
}

/* What it does most, and nothing else of it. */
static void coarsen(const struct cv_learn *l)
{
	for (uint32_t i = 0; i < l->hosts.n; i++) {
		struct cv_learn_host *h = cv_learn_host(l, i);

		if (h->signature)
			h->signature = ((uint64_t)h->main_service << 2 | h->role) + 1;
	}
}

static int make_groups(struct cv_learn *l, struct cv_learn_shape *s)
{
	struct cv_intern kinds;

	cv_intern_init(&kinds, sizeof(struct group_key), sizeof(uint64_t), GROUPS_MAX);
	count_kinds(l, &kinds);
	if (kinds.n > READABLE_GROUPS) {
		cv_intern_release(&kinds);
		cv_intern_init(&kinds, sizeof(struct group_key), sizeof(uint64_t), GROUPS_MAX);
		coarsen(l);
		count_kinds(l, &kinds);
	}
	s->groups = calloc(kinds.n + 1, sizeof(*s->groups));
	for (uint32_t i = 0; s->groups && i < kinds.n; i++) {
		const struct group_key *k = cv_intern_at(&kinds, i);

		s->groups[s->n_groups++] = (struct cv_learn_group){
			.signature = k->signature,
			.hosts = k->hosts,
			.main_service = k->main_service,
			.role = (uint8_t)k->role,
		};
	}
	cv_intern_release(&kinds);
	if (!s->groups)
		return -ENOMEM;
	cv_learn_name_groups(s);
	return 0;
}

int cv_learn_group_hosts(struct cv_learn *l, struct cv_learn_shape *s)
{
	struct activity *list = calloc((size_t)l->edges.n * 2 + 1, sizeof(*list));
	uint32_t n, from = 0;
	int err;

	if (!list)
		return -ENOMEM;
	n = unite(list, list_activities(l, list));
	for (uint32_t i = 1; i <= n; i++) {
		if (i < n && list[i].key >> 32 == list[from].key >> 32)
			continue;
		sign_host(cv_learn_host(l, (uint32_t)(list[from].key >> 32)), s, &list[from],
			  i - from);
		from = i;
	}
	free(list);
	err = make_groups(l, s);
	for (uint32_t i = 0; err == 0 && i < l->edges.n; i++) {
		struct cv_learn_edge *e = cv_learn_edge(l, i);

		if (cv_learn_is_learned(e) &&
		    (cv_learn_host(l, e->client)->group == CV_INTERN_NONE ||
		     cv_learn_host(l, e->server)->group == CV_INTERN_NONE))
			e->left_out = CV_LEARN_LEFT_OUT_TOO_MANY;
	}
	return err;
}
