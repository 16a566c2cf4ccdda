/* SPDX-License-Identifier: Apache-2.0 */
/* May this message pass, and is this device where it belongs? Called for every message: pure. */
#include "dataplane/policy/app.h"

#include <string.h>

const char *cv_app_kind_name(unsigned int kind)
{
#define TEXT_ROW(id, name) name,
	static const char *const names[] = {CV_APP_KINDS(TEXT_ROW)};

	return kind < CV_APP_KIND_COUNT ? names[kind] : "?";
}

static bool is_number(unsigned int kind)
{
	return kind == CV_APP_TYPE || kind == CV_APP_ANSWER;
}

/*
 * All of the fact's range has to be covered, by several ranges if need be: they are sorted, so that
 * what begins behind the first place not covered yet leaves a hole.
 */
static bool ranges_allow(const struct cv_app_range *r, uint32_t count, const struct cv_app_fact *f)
{
	uint32_t at = f->from;

	for (uint32_t i = 0; i < count; i++) {
		if (r[i].table != f->table || f->unit < r[i].unit_from || f->unit > r[i].unit_to)
			continue;
		if (r[i].from > at || r[i].to < at)
			continue;
		if (r[i].to >= f->to)
			return true;
		at = r[i].to + 1;
	}
	return false;
}

static bool patterns_allow(const struct cv_apps *a, const struct cv_app_constraint *c,
			   const struct cv_app_fact *f)
{
	const struct cv_app_pattern *p = cv_apps_at(a, a->patterns);

	for (uint32_t i = 0; i < c->count; i++) {
		if (cv_app_covers(&p[c->first + i], cv_apps_at(a, a->texts), f))
			return true;
	}
	return false;
}

static bool constraint_allows(const struct cv_apps *a, const struct cv_app_constraint *c,
			      const struct cv_app_fact *f)
{
	const struct cv_app_range *r = cv_apps_at(a, a->ranges);

	if (is_number(c->kind) || c->kind == CV_APP_READ || c->kind == CV_APP_WRITE)
		return !f->unclear && ranges_allow(r + c->first, c->count, f);
	return patterns_allow(a, c, f);
}

bool cv_app_allows(const struct cv_apps *a, const struct cv_app *app,
		   const struct cv_app_fact *fact)
{
	const struct cv_app_constraint *c = cv_apps_at(a, a->constraints);
	bool constrained = (app->closed & 1u << fact->kind) != 0;

	for (uint32_t i = 0; i < app->count; i++) {
		if (c[app->first + i].kind != fact->kind)
			continue;
		if (constraint_allows(a, &c[app->first + i], fact))
			return true;
		constrained = true;
	}
	return !constrained;
}

static uint64_t fold(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

uint32_t cv_app_identity_hash(uint64_t seed, unsigned int proto, const uint8_t *id, size_t len)
{
	uint64_t h = fold(seed ^ 0x9e3779b97f4a7c15ull, len << 8 | proto), word;

	for (; len >= sizeof(word); id += sizeof(word), len -= sizeof(word)) {
		memcpy(&word, id, sizeof(word));
		h = fold(h ^ word, 0xbf58476d1ce4e5b9ull ^ seed);
	}
	word = 0;
	if (len != 0)
		memcpy(&word, id, len);
	h = fold(h ^ word, 0x94d049bb133111ebull ^ seed);
	return (uint32_t)(h ^ h >> 32);
}

const struct cv_binding *cv_app_place(const struct cv_apps *a, unsigned int proto,
				      const uint8_t *id, size_t len)
{
	const struct cv_app_identity *table = cv_apps_at(a, a->identities);
	const struct cv_binding *places = cv_apps_at(a, a->places);
	const uint8_t *texts = cv_apps_at(a, a->texts);
	uint32_t hash, mask = a->identities.count - 1;

	if (!(a->bound & 1u << proto) || len == 0 || len > CV_APP_TEXT_MAX)
		return NULL;
	hash = cv_app_identity_hash(a->seed, proto, id, len);
	for (uint32_t step = 0; step <= a->reach; step++) {
		const struct cv_app_identity *e = &table[(hash + step) & mask];

		if (e->len == 0)
			return NULL;
		if (e->hash == hash && e->proto == proto && e->len == len &&
		    memcmp(texts + e->text, id, len) == 0)
			return &places[e->place];
	}
	return NULL;
}
