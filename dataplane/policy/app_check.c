/* SPDX-License-Identifier: Apache-2.0 */
/* Is a section `apps` what it says? Once per image; everything that reads it relies on this. */
#include <errno.h>
#include <string.h>

#include "dataplane/policy/app.h"
#include "dataplane/policy/generation.h"
#include "decoder_list.h"

_Static_assert(CV_PROTO_COUNT <= 32, "cv_apps.bound has a bit per protocol");

static bool table_fits(const struct cv_apps *a, struct cv_app_table t, size_t element)
{
	return t.offset % 8 == 0 && t.offset >= sizeof(*a) && t.offset <= a->size &&
	       t.count <= (a->size - t.offset) / element;
}

static bool tables_fit(const struct cv_apps *a)
{
	return a->apps.count <= CV_APPS_MAX &&
	       a->identities.count <= 2 * (size_t)CV_APP_IDENTITIES_MAX &&
	       (a->identities.count & (a->identities.count - 1)) == 0 &&
	       table_fits(a, a->apps, sizeof(struct cv_app)) &&
	       table_fits(a, a->constraints, sizeof(struct cv_app_constraint)) &&
	       table_fits(a, a->ranges, sizeof(struct cv_app_range)) &&
	       table_fits(a, a->patterns, sizeof(struct cv_app_pattern)) &&
	       table_fits(a, a->places, sizeof(struct cv_binding)) &&
	       table_fits(a, a->identities, sizeof(struct cv_app_identity)) &&
	       table_fits(a, a->texts, 1);
}

static bool part_of(uint32_t first, uint32_t count, uint32_t max)
{
	return first <= max && count <= max - first;
}

static bool apps_valid(const struct cv_apps *a)
{
	const struct cv_app *app = cv_apps_at(a, a->apps);

	for (uint32_t i = 0; i < a->apps.count; i++, app++) {
		if (app->proto == 0 || app->proto >= CV_PROTO_COUNT || app->flags & ~CV_APP_FLAGS ||
		    app->closed >> CV_APP_CONSTRAINT_KINDS)
			return false;
		if (!part_of(app->first, app->count, a->constraints.count) ||
		    app->count > CV_APP_CONSTRAINT_KINDS)
			return false;
		if (app->meter > a->meters || app->cost > CV_COST_MAX || app->burst > CV_COST_MAX ||
		    (app->meter != 0 && (app->cost == 0 || app->burst < app->cost)))
			return false;
	}
	return true;
}

static bool uses_ranges(unsigned int kind)
{
	return kind == CV_APP_TYPE || kind == CV_APP_ANSWER || kind == CV_APP_READ ||
	       kind == CV_APP_WRITE;
}

static bool ranges_valid(const struct cv_app_range *r, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		if (r[i].from > r[i].to || r[i].unit_from > r[i].unit_to ||
		    r[i].table > CV_REG_HOLDING || r[i].pad)
			return false;
		if (i && (r[i - 1].table > r[i].table ||
			  (r[i - 1].table == r[i].table && r[i - 1].from > r[i].from)))
			return false;
	}
	return true;
}

static bool patterns_valid(const struct cv_apps *a, const struct cv_app_constraint *c)
{
	const struct cv_app_pattern *p = cv_apps_at(a, a->patterns);
	const uint8_t *texts = cv_apps_at(a, a->texts);

	for (uint32_t i = c->first; i < c->first + c->count; i++) {
		if (!part_of(p[i].text, p[i].len, a->texts.count) ||
		    !cv_app_pattern_valid(c->kind, texts + p[i].text, p[i].len))
			return false;
	}
	return true;
}

static bool constraint_valid(const struct cv_apps *a, const struct cv_app_constraint *c)
{
	const struct cv_app_range *r = cv_apps_at(a, a->ranges);

	if (c->kind >= CV_APP_CONSTRAINT_KINDS || c->pad[0] | c->pad[1] | c->pad[2])
		return false;
	if (uses_ranges(c->kind))
		return c->count <= CV_APP_RANGES_MAX &&
		       part_of(c->first, c->count, a->ranges.count) &&
		       ranges_valid(r + c->first, c->count);
	return c->count <= CV_APP_PATTERNS_MAX && part_of(c->first, c->count, a->patterns.count) &&
	       patterns_valid(a, c);
}

static bool constraints_valid(const struct cv_apps *a)
{
	const struct cv_app_constraint *c = cv_apps_at(a, a->constraints);

	for (uint32_t i = 0; i < a->constraints.count; i++) {
		if (!constraint_valid(a, &c[i]))
			return false;
	}
	return true;
}

static bool places_valid(const struct cv_apps *a)
{
	const struct cv_binding *p = cv_apps_at(a, a->places);

	for (uint32_t i = 0; i < a->places.count; i++) {
		if (!p[i].flags || p[i].flags & ~CV_BIND_FLAGS || p[i].pad || p[i].mac >> 48 ||
		    p[i].vlan > 4095)
			return false;
		if (p[i].flags & CV_BIND_PREFIX && p[i].family != 4 && p[i].family != 6)
			return false;
	}
	return true;
}

/* One look-up finds each of them: no free place between its home and where it lies. */
static bool identity_found(const struct cv_apps *a, const struct cv_app_identity *table,
			   uint32_t at)
{
	const struct cv_app_identity *e = &table[at];
	uint32_t mask = a->identities.count - 1, away = (at - e->hash) & mask;

	if (away > a->reach)
		return false;
	for (; away != 0; away--) {
		if (table[(at - away) & mask].len == 0)
			return false;
	}
	return true;
}

static bool identities_valid(const struct cv_apps *a)
{
	const struct cv_app_identity *e = cv_apps_at(a, a->identities);
	const uint8_t *texts = cv_apps_at(a, a->texts);
	uint32_t bound = 0;

	if (a->reach > CV_APP_REACH_MAX)
		return false;
	for (uint32_t i = 0; i < a->identities.count; i++) {
		if (e[i].len == 0)
			continue;
		if (e[i].pad || e[i].proto == 0 || e[i].proto >= CV_PROTO_COUNT ||
		    e[i].place >= a->places.count || e[i].len > CV_APP_TEXT_MAX ||
		    !part_of(e[i].text, e[i].len, a->texts.count))
			return false;
		if (e[i].hash != cv_app_identity_hash(a->seed, e[i].proto, texts + e[i].text,
						      e[i].len) ||
		    !identity_found(a, e, i))
			return false;
		bound |= 1u << e[i].proto;
	}
	return bound == a->bound;
}

int cv_apps_check(const void *data, size_t size)
{
	const struct cv_apps *a = data;

	if (size < sizeof(*a) || a->magic != CV_APPS_MAGIC || a->size < sizeof(*a) ||
	    a->size > size || a->pad || a->meters > CV_APPS_MAX)
		return -EBADMSG;
	if (!tables_fit(a) || !apps_valid(a) || !constraints_valid(a) || !places_valid(a) ||
	    !identities_valid(a))
		return -EBADMSG;
	return 0;
}
