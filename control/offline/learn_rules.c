/* SPDX-License-Identifier: Apache-2.0 */
/* One rule per group of clients and service; its rate from what was seen. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "control/offline/learn_internal.h"

/* A rate below this would hit a device that only starts again. */
#define RATE_LEAST 10u

struct rule_key {
	uint32_t service, from;
	uint32_t index; /* in the order of the policy */
};
#define RULE_KEY 8

static int by_place(const void *a, const void *b)
{
	const struct rule_key *x = a, *y = b;

	if (x->service != y->service)
		return x->service < y->service ? -1 : 1;
	return x->from < y->from ? -1 : x->from > y->from;
}

static struct rule_key key_of(const struct cv_learn *l, const struct cv_learn_edge *e)
{
	return (struct rule_key){.service = e->service, .from = cv_learn_host(l, e->client)->group};
}

static int list_rules(const struct cv_learn *l, struct cv_intern *keys)
{
	for (uint32_t i = 0; i < l->edges.n; i++) {
		const struct cv_learn_edge *e = cv_learn_edge(l, i);
		struct rule_key key;

		if (!cv_learn_is_learned(e))
			continue;
		key = key_of(l, e);
		if (cv_intern_add(keys, &key) == CV_INTERN_NONE)
			return -ENOMEM;
	}
	return 0;
}

/* The rules in order, and which one each edge is under. */
static int number_rules(const struct cv_learn *l, struct cv_learn_shape *s, struct cv_intern *keys)
{
	struct rule_key *sorted = calloc(keys->n + 1, sizeof(*sorted));

	s->rules = calloc(keys->n + 1, sizeof(*s->rules));
	s->rule_of = calloc((size_t)l->edges.n + 1, sizeof(*s->rule_of));
	if (!sorted || !s->rules || !s->rule_of) {
		free(sorted);
		return -ENOMEM;
	}
	if (keys->n)
		memcpy(sorted, keys->items, keys->n * sizeof(*sorted));
	qsort(sorted, keys->n, sizeof(*sorted), by_place);
	for (uint32_t i = 0; i < keys->n; i++) {
		struct rule_key *k = cv_intern_at(keys, cv_intern_find(keys, &sorted[i]));

		k->index = i;
		s->rules[i] = (struct cv_learn_rule){.from = sorted[i].from,
						     .service = sorted[i].service};
	}
	s->n_rules = keys->n;
	free(sorted);
	for (uint32_t i = 0; i < l->edges.n; i++) {
		struct rule_key key = key_of(l, cv_learn_edge(l, i));

		s->rule_of[i] = CV_INTERN_NONE;
		if (cv_learn_is_learned(cv_learn_edge(l, i)))
			s->rule_of[i] =
				((struct rule_key *)cv_intern_at(keys, cv_intern_find(keys, &key)))
					->index;
	}
	return 0;
}

static void add_edge(struct cv_learn *l, struct cv_learn_rule *r, const struct cv_learn_edge *e,
		     uint8_t decoder)
{
	const struct cv_learn_sender *sender;

	for (int d = 0; d < 2; d++) {
		r->packets[d] += e->packets[d];
		r->bytes[d] += e->bytes[d];
	}
	r->rejected += e->rejected;
	r->undecoded = r->undecoded || e->decoder != decoder;
	if (!r->first_ns || e->first_ns < r->first_ns)
		r->first_ns = e->first_ns;
	if (e->last_ns > r->last_ns)
		r->last_ns = e->last_ns;
	if (e->packets[0] == 0 || e->sender == CV_INTERN_NONE)
		return;
	sender = cv_intern_at(&l->senders, e->sender);
	if (sender->peak > r->peak) {
		r->peak = sender->peak;
		r->peak_host = e->client;
	}
}

/*
 * Distinct second halves per rule, of values rule << 32 | x.
 *
 * @param each called for every distinct pair, ascending.
 */
static void for_distinct(uint64_t *pairs, uint32_t n,
			 void (*each)(struct cv_learn *, struct cv_learn_shape *, uint32_t rule,
				      uint32_t x),
			 struct cv_learn *l, struct cv_learn_shape *s)
{
	qsort(pairs, n, sizeof(*pairs), cv_learn_by_u64);
	for (uint32_t i = 0; i < n; i++) {
		if (i == 0 || pairs[i] != pairs[i - 1])
			each(l, s, (uint32_t)(pairs[i] >> 32), (uint32_t)pairs[i]);
	}
}

static void count_client(struct cv_learn *l, struct cv_learn_shape *s, uint32_t rule, uint32_t host)
{
	s->rules[rule].clients++;
	cv_learn_host(l, host)->limited++;
}

/* All clients have been counted. */
static void share_client(struct cv_learn *l, struct cv_learn_shape *s, uint32_t rule, uint32_t host)
{
	if (cv_learn_host(l, host)->limited > s->rules[rule].shared)
		s->rules[rule].shared = cv_learn_host(l, host)->limited;
}

static void count_server(struct cv_learn *l, struct cv_learn_shape *s, uint32_t rule, uint32_t host)
{
	s->rules[rule].servers++;
}

static void add_to(struct cv_learn *l, struct cv_learn_shape *s, uint32_t rule, uint32_t group)
{
	struct cv_learn_rule *r = &s->rules[rule];

	if (!r->to)
		r->to = calloc(s->n_groups, sizeof(*r->to));
	if (r->to)
		r->to[r->n_to++] = group;
}

static int count_ends(struct cv_learn *l, struct cv_learn_shape *s)
{
	uint64_t *client = calloc((size_t)l->edges.n + 1, sizeof(*client));
	uint64_t *server = calloc((size_t)l->edges.n + 1, sizeof(*server));
	uint64_t *to = calloc((size_t)l->edges.n + 1, sizeof(*to));
	bool made = client && server && to;
	uint32_t n = 0;

	for (uint32_t i = 0; made && i < l->edges.n; i++) {
		const struct cv_learn_edge *e = cv_learn_edge(l, i);
		uint64_t rule = (uint64_t)s->rule_of[i] << 32;

		if (s->rule_of[i] == CV_INTERN_NONE)
			continue;
		client[n] = rule | e->client;
		server[n] = rule | e->server;
		to[n++] = rule | cv_learn_host(l, e->server)->group;
	}
	if (made) {
		for_distinct(client, n, count_client, l, s);
		for_distinct(client, n, share_client, l, s);
		for_distinct(server, n, count_server, l, s);
		for_distinct(to, n, add_to, l, s);
	}
	free(client);
	free(server);
	free(to);
	for (uint32_t i = 0; made && i < s->n_rules; i++)
		made = s->rules[i].to != NULL;
	return made ? 0 : -ENOMEM;
}

/* Up to 1, 2 or 5 times a power of ten. */
static uint64_t round_up(double rate)
{
	uint64_t unit = 1;

	for (;; unit *= 10) {
		if ((double)unit >= rate)
			return unit;
		if (2.0 * (double)unit >= rate)
			return 2 * unit;
		if (5.0 * (double)unit >= rate)
			return 5 * unit;
	}
}

/*
 * A sender has one meter for all its rules. With at most P frames in a second of the clock, hence
 * P(t + 2) in any t seconds, twice P per rule that shares the meter, and a burst of a second, pass
 * whatever they do together: k rules cost k P (t + 2) / (2 k P) <= t + 1 seconds.
 */
static void set_rates(struct cv_learn_shape *s, double headroom)
{
	for (uint32_t i = 0; i < s->n_rules; i++) {
		struct cv_learn_rule *r = &s->rules[i];

		if (r->peak && headroom > 0)
			r->rate = round_up(fmax(RATE_LEAST, r->peak * headroom * r->shared));
	}
}

int cv_learn_make_rules(struct cv_learn *l, struct cv_learn_shape *s, double headroom)
{
	struct cv_intern keys;
	int err;

	cv_intern_init(&keys, sizeof(struct rule_key), RULE_KEY, CV_LEARN_EDGES_MAX);
	err = list_rules(l, &keys);
	if (err == 0)
		err = number_rules(l, s, &keys);
	cv_intern_release(&keys);
	if (err < 0)
		return err;
	for (uint32_t i = 0; i < l->edges.n; i++) {
		if (s->rule_of[i] != CV_INTERN_NONE)
			add_edge(l, &s->rules[s->rule_of[i]], cv_learn_edge(l, i),
				 s->services[s->rules[s->rule_of[i]].service].decoder);
	}
	err = count_ends(l, s);
	if (err == 0)
		set_rates(s, headroom);
	return err;
}
