/* SPDX-License-Identifier: Apache-2.0 */
/* From edges to what the policy will say: which are learned, and the services they are of. */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "control/offline/learn_internal.h"

/* The language has 1024 names; some are left for people. */
#define SERVICES_MAX 512u
#define TEMPORARY_PORT 32768u

static enum cv_learn_left_out judge(const struct cv_learn_edge *e)
{
	if (e->ip_proto == IPPROTO_TCP && !e->opened)
		return CV_LEARN_LEFT_OUT_REFUSED;
	/* Neighbour discovery is one way at times and IPv6 does not live without it. */
	if (e->decoder || e->ip_proto == IPPROTO_ICMPV6)
		return CV_LEARN_LEFT_OUT_NOTHING;
	if (e->ip_proto != IPPROTO_TCP && (!e->packets[0] || !e->packets[1]))
		return CV_LEARN_LEFT_OUT_UNANSWERED;
	if (e->sure == CV_LEARN_GUESSED && e->port >= TEMPORARY_PORT)
		return CV_LEARN_LEFT_OUT_TEMPORARY;
	return CV_LEARN_LEFT_OUT_NOTHING;
}

struct service_key {
	uint16_t port;
	uint8_t ip_proto, decoder;
	uint32_t edges;
	uint64_t packets;
};
#define SERVICE_KEY 3

/* What is decoded first, then by protocol and port. */
static int by_kind(const void *a, const void *b)
{
	const struct cv_learn_service *x = a, *y = b;

	if (!x->decoder != !y->decoder)
		return x->decoder ? -1 : 1;
	if (x->decoder != y->decoder)
		return x->decoder < y->decoder ? -1 : 1;
	if (x->ip_proto != y->ip_proto)
		return x->ip_proto < y->ip_proto ? -1 : 1;
	return x->port < y->port ? -1 : x->port > y->port;
}

static int collect(struct cv_learn *l, struct cv_intern *seen)
{
	for (uint32_t i = 0; i < l->edges.n; i++) {
		struct cv_learn_edge *e = cv_learn_edge(l, i);
		struct service_key key = {.port = e->port, .ip_proto = e->ip_proto};
		struct service_key *s;
		uint32_t at;

		e->left_out = (uint8_t)judge(e);
		if (!cv_learn_is_learned(e))
			continue;
		at = cv_intern_add(seen, &key);
		if (at == CV_INTERN_NONE) {
			if (seen->n < SERVICES_MAX)
				return -ENOMEM;
			e->left_out = CV_LEARN_LEFT_OUT_TOO_MANY;
			continue;
		}
		s = cv_intern_at(seen, at);
		s->edges++;
		s->packets += e->packets[0] + e->packets[1];
		if (e->decoder && (!s->decoder || e->decoder < s->decoder))
			s->decoder = e->decoder;
	}
	return 0;
}

static uint32_t find_service(const struct cv_learn_shape *s, const struct cv_learn_edge *e)
{
	for (uint32_t i = 0; i < s->n_services; i++) {
		if (s->services[i].ip_proto == e->ip_proto && s->services[i].port == e->port)
			return i;
	}
	return CV_INTERN_NONE;
}

static int make_services(struct cv_learn *l, struct cv_learn_shape *s)
{
	struct cv_intern seen;
	int err;

	cv_intern_init(&seen, sizeof(struct service_key), SERVICE_KEY, SERVICES_MAX);
	err = collect(l, &seen);
	s->services = calloc(seen.n + 1, sizeof(*s->services));
	if (err == 0 && !s->services)
		err = -ENOMEM;
	for (uint32_t i = 0; err == 0 && i < seen.n; i++) {
		const struct service_key *k = cv_intern_at(&seen, i);

		s->services[s->n_services++] = (struct cv_learn_service){
			.ip_proto = k->ip_proto,
			.port = k->port,
			.decoder = k->decoder,
			.packets = k->packets,
			.edges = k->edges,
		};
	}
	cv_intern_release(&seen);
	if (err < 0)
		return err;
	qsort(s->services, s->n_services, sizeof(*s->services), by_kind);
	cv_learn_name_services(s);
	for (uint32_t i = 0; i < l->edges.n; i++)
		cv_learn_edge(l, i)->service = find_service(s, cv_learn_edge(l, i));
	return 0;
}

static void sum_left_out(const struct cv_learn *l, struct cv_learn_shape *s)
{
	for (uint32_t i = 0; i < l->edges.n; i++) {
		const struct cv_learn_edge *e = cv_learn_edge(l, i);
		struct cv_learn_left *left = &s->left[e->left_out];

		left->edges++;
		left->packets += e->packets[0] + e->packets[1];
		left->bytes += e->bytes[0] + e->bytes[1];
	}
}

int cv_learn_shape(struct cv_learn *l, const struct cv_learn_wish *wish, struct cv_learn_shape *ret)
{
	struct cv_learn_shape s = {0};
	int err = make_services(l, &s);

	if (err == 0)
		err = cv_learn_group_hosts(l, &s);
	if (err == 0)
		err = cv_learn_make_rules(l, &s, wish->headroom);
	if (err == 0)
		err = cv_learn_cover(l, &s, wish->prefixes);
	if (err < 0) {
		cv_learn_shape_free(&s);
		return err;
	}
	sum_left_out(l, &s);
	*ret = s;
	return 0;
}

void cv_learn_shape_free(struct cv_learn_shape *s)
{
	for (uint32_t i = 0; i < s->n_groups; i++)
		free(s->groups[i].prefixes);
	for (uint32_t i = 0; i < s->n_rules; i++)
		free(s->rules[i].to);
	free(s->services);
	free(s->groups);
	free(s->rules);
	free(s->rule_of);
	*s = (struct cv_learn_shape){0};
}
