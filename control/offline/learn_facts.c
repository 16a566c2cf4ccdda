/* SPDX-License-Identifier: Apache-2.0 */
/* What was said on an edge: by the decoders' own statements, which constraints are judged by. */
#include <string.h>

#include "control/offline/learn.h"
#include "dataplane/policy/app_keys.h"

static uint32_t find_host(const struct cv_learn *l, const uint8_t addr[16], uint32_t family)
{
	struct cv_learn_host key = {.family = family};

	memcpy(key.addr, addr, sizeof(key.addr));
	return cv_intern_find(&l->hosts, &key);
}

void cv_learn_record(struct cv_learn *l, const struct cv_record *rec)
{
	uint32_t src = find_host(l, rec->src, rec->family);
	uint32_t dst = find_host(l, rec->dst, rec->family), edge;
	bool back;

	if (src == CV_INTERN_NONE || dst == CV_INTERN_NONE || rec->proto == 0)
		return;
	edge = cv_learn_find_edge(l, src, dst, rec->ip_proto, rec->sport, rec->dport, &back);
	if (edge == CV_INTERN_NONE)
		return;
	if (rec->kind == CV_KIND_PARSE_ERROR)
		cv_learn_edge(l, edge)->rejected++;
	else
		cv_learn_edge(l, edge)->decoder = rec->proto;
}

static bool is_client_level(const char *level, size_t len, const struct cv_app_fact *fact)
{
	return fact->client && len == fact->client_len && len != 0 &&
	       memcmp(level, fact->client, len) == 0 && !memchr(level, '+', len) &&
	       !memchr(level, '#', len);
}

/* Texts of levels with the client's own name as "%c"; 0 behind the end, or it does not fit. */
static bool put_text(const struct cv_app_fact *fact, struct cv_learn_fact *ret)
{
	bool levels = fact->kind == CV_APP_PUBLISH || fact->kind == CV_APP_SUBSCRIBE;
	const char *at = (const char *)fact->text, *end = at + fact->len;
	size_t n = 0;

	while (at < end) {
		const char *slash = levels ? memchr(at, '/', (size_t)(end - at)) : NULL;
		size_t len = (size_t)((slash ? slash : end) - at);
		bool own = levels && is_client_level(at, len, fact);

		if (n + (own ? 2 : len) + 1 >= sizeof(ret->text))
			return false;
		memcpy(ret->text + n, own ? "%c" : at, own ? 2 : len);
		n += own ? 2 : len;
		at += len;
		if (slash) {
			ret->text[n++] = '/';
			at++;
		}
	}
	return true;
}

/* Only what can be written in a policy as it is: the rest cannot be constrained. */
static bool is_plain(const struct cv_learn_fact *f)
{
	size_t len = strlen(f->text);

	for (size_t i = 0; i < len; i++) {
		if (f->text[i] < ' ' || f->text[i] > '~')
			return false;
	}
	if (f->kind == CV_APP_CLIENT && strchr(f->text, '*'))
		return false;
	return cv_app_pattern_valid((enum cv_app_kind)f->kind, (const uint8_t *)f->text, len);
}

static bool has_text(uint8_t kind)
{
	return kind == CV_APP_PATH || kind == CV_APP_CLIENT || kind == CV_APP_PUBLISH ||
	       kind == CV_APP_SUBSCRIBE;
}

void cv_learn_witness(void *arg, const struct cv_judge *judge, const struct cv_app_fact *fact)
{
	struct cv_learn *l = arg;
	struct cv_learn_said said = {.edge = l->edge};
	struct cv_learn_fact key = {
		.proto = judge->proto,
		.kind = fact->kind,
		.table = fact->table,
		.unit = fact->unit,
		.unclear = fact->unclear,
		.from = fact->from,
		.to = fact->to,
	};
	uint32_t i;

	if (fact->kind == CV_APP_IDENTITY)
		cv_learn_see_identity(l, judge, fact);
	if (l->edge == CV_INTERN_NONE || fact->kind == CV_APP_IDENTITY)
		return;
	if (fact->kind == CV_APP_TYPE && judge->answers &&
	    cv_app_key_find(judge->proto, "answers", strlen("answers")))
		key.kind = CV_APP_ANSWER;
	if (has_text(fact->kind) && !fact->unclear && (!put_text(fact, &key) || !is_plain(&key))) {
		memset(key.text, 0, sizeof(key.text));
		key.unclear = true;
	}
	said.fact = cv_intern_add(&l->facts, &key);
	i = said.fact == CV_INTERN_NONE ? CV_INTERN_NONE : cv_intern_add(&l->said, &said);
	if (i != CV_INTERN_NONE)
		((struct cv_learn_said *)cv_intern_at(&l->said, i))->count++;
}
