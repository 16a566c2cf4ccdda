/* SPDX-License-Identifier: Apache-2.0 */
/* What was learned, for programs. */
#include <arpa/inet.h>
#include <errno.h>
#include <jansson.h>

#include "control/offline/learn_internal.h"
#include "dataplane/decode/decoder.h"

#define LEFT_OUT_TEXT(id, text) text,
static const char *const left_out_text[] = {CV_LEARN_LEFT_OUT(LEFT_OUT_TEXT)};
#define REASON_TEXT(id, text) text,
static const char *const reason_text[] = {CV_REASONS(REASON_TEXT)};

static json_t *left_out(const struct cv_learn_shape *s)
{
	json_t *list = json_array();

	for (unsigned int i = 1; i < CV_LEARN_LEFT_OUT_COUNT; i++) {
		if (s->left[i].edges)
			json_array_append_new(list,
					      json_pack("{ss sI sI sI}", "why", left_out_text[i],
							"pairs", (json_int_t)s->left[i].edges,
							"packets", (json_int_t)s->left[i].packets,
							"bytes", (json_int_t)s->left[i].bytes));
	}
	return list;
}

static json_t *bad(const struct cv_learn *l)
{
	json_t *o = json_object();

	for (unsigned int i = 0; i < CV_REASON_COUNT; i++) {
		if (l->bad[i])
			json_object_set_new(o, reason_text[i], json_integer((json_int_t)l->bad[i]));
	}
	return o;
}

static json_t *groups(const struct cv_learn_shape *s)
{
	json_t *o = json_object();

	for (uint32_t g = 0; g < s->n_groups; g++) {
		json_t *list = json_array();

		for (uint32_t i = 0; i < s->groups[g].n_prefixes; i++) {
			const struct cv_learn_prefix *p = &s->groups[g].prefixes[i];
			char text[INET6_ADDRSTRLEN];

			inet_ntop(p->family == 4 ? AF_INET : AF_INET6, p->addr, text, sizeof(text));
			json_array_append_new(list,
					      json_pack("{ss si si}", "address", text, "length",
							(int)p->len, "seen", (int)p->seen));
		}
		json_object_set_new(o, s->groups[g].name,
				    json_pack("{si so}", "addresses", (int)s->groups[g].hosts,
					      "prefixes", list));
	}
	return o;
}

static json_t *services(const struct cv_learn_shape *s)
{
	json_t *o = json_object();

	for (uint32_t i = 0; i < s->n_services; i++) {
		const struct cv_learn_service *sv = &s->services[i];

		json_object_set_new(o, sv->name,
				    json_pack("{si si so sI}", "ip_proto", (int)sv->ip_proto,
					      "port", (int)sv->port, "decoder",
					      sv->decoder ? json_string(cv_proto_name(sv->decoder))
							  : json_null(),
					      "packets", (json_int_t)sv->packets));
	}
	return o;
}

static json_t *rules(const struct cv_learn_shape *s)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < s->n_rules; i++) {
		const struct cv_learn_rule *r = &s->rules[i];
		json_t *to = json_array();

		for (uint32_t k = 0; k < r->n_to; k++)
			json_array_append_new(to, json_string(s->groups[r->to[k]].name));
		json_array_append_new(
			list, json_pack("{si ss so ss sI sI sI si si si sI}", "id",
					(int)(i + 1) * 10, "from", s->groups[r->from].name, "to",
					to, "service", s->services[r->service].name,
					"packets_there", (json_int_t)r->packets[0], "packets_back",
					(json_int_t)r->packets[1], "bytes",
					(json_int_t)(r->bytes[0] + r->bytes[1]), "clients",
					(int)r->clients, "servers", (int)r->servers, "peak_per_s",
					(int)r->peak, "rate_per_s", (json_int_t)r->rate));
	}
	return list;
}

int cv_learn_write_json(const struct cv_learn *l, const struct cv_learn_shape *s, FILE *out)
{
	const struct cv_learn_left *learned = &s->left[CV_LEARN_LEFT_OUT_NOTHING];
	json_t *o = json_pack("{sI sI s{sI sI} so so sI sI sI so so so}", "packets",
			      (json_int_t)l->frames, "bytes", (json_int_t)l->bytes, "learned",
			      "pairs", (json_int_t)learned->edges, "packets",
			      (json_int_t)learned->packets, "left_out", left_out(s), "bad", bad(l),
			      "non_ip", (json_int_t)l->non_ip, "fragments",
			      (json_int_t)l->fragments, "forgotten", (json_int_t)l->forgotten,
			      "groups", groups(s), "services", services(s), "rules", rules(s));
	int err = 0;

	if (!o)
		return -ENOMEM;
	if (json_dumpf(o, out, JSON_INDENT(2)) < 0 || fputc('\n', out) == EOF)
		err = -EIO;
	json_decref(o);
	return err;
}
