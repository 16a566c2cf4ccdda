/* SPDX-License-Identifier: Apache-2.0 */
#include "control/alarm/engine.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "control/alarm/engine_private.h"

/* 0 is "any device" and needs no bit. */
#define SCOPE_BITS 64u

#define NAME_ROW(id, name) name,
static const char *const count_names[] = {CV_ALARM_COUNTS(NAME_ROW)};

const char *cv_alarm_count_name(enum cv_alarm_count what)
{
	return count_names[what];
}

/* ---- making it ------------------------------------------------------------------------------ */

static struct cv_wheel_node *node_at(void *owner, uint32_t id)
{
	struct cv_alarm_engine *e = owner;
	uint32_t number = CV_ALARM_ID_NUMBER(id);

	switch (id >> 30) {
	case CV_ALARM_ID_STATE:
		return &cv_alarm_state_at(e, number)->node;
	case CV_ALARM_ID_CASE:
		return &e->alarms[number].node;
	default:
		return &e->groups[number]->node;
	}
}

static void due(void *owner, uint32_t id)
{
	struct cv_alarm_engine *e = owner;
	uint32_t number = CV_ALARM_ID_NUMBER(id);
	int64_t now = node_at(e, id)->due;

	if (id >> 30 == CV_ALARM_ID_STATE)
		cv_alarm_state_due(e, number, now);
	else if (id >> 30 == CV_ALARM_ID_CASE)
		cv_alarm_case_due(e, number, now);
	else
		cv_alarm_group_due(e, number, now);
}

static bool is_same_words(const struct cv_alarm_words *a, const struct cv_alarm_words *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++) {
		if (strcmp(a->items[i], b->items[i]) != 0)
			return false;
	}
	return true;
}

static bool is_any_device(const struct cv_alarm_match *m)
{
	return m->devices.n == 0 && m->kinds.n == 0 && m->tags.n == 0 && m->areas.n == 0;
}

static bool is_same_scope(const struct cv_alarm_match *a, const struct cv_alarm_match *b)
{
	return is_same_words(&a->devices, &b->devices) && is_same_words(&a->kinds, &b->kinds) &&
	       is_same_words(&a->tags, &b->tags) && is_same_words(&a->areas, &b->areas);
}

static void make_scopes(struct cv_alarm_engine *e)
{
	e->n_scopes = 1;
	for (size_t i = 0; i < e->rules->n_rules; i++) {
		const struct cv_alarm_match *m = &e->rules->rules[i].match;
		uint32_t scope = 1;

		if (is_any_device(m))
			continue; /* scope 0 */
		while (scope < e->n_scopes && !is_same_scope(e->scopes[scope], m))
			scope++;
		e->scopes[scope] = m;
		e->n_scopes += scope == e->n_scopes;
		e->scope_of[i] = (uint16_t)scope;
	}
}

static void link_counts(struct cv_alarm_engine *e)
{
	for (size_t i = 0; i < e->rules->n_rules; i++) {
		const struct cv_alarm_rule *rule = &e->rules->rules[i];

		if (rule->condition != CV_ALARM_COUNT || rule->count.of == CV_ALARM_OF_NAMES)
			continue;
		e->next_count[i] = e->counted_by[rule->count.of];
		e->counted_by[rule->count.of] = (uint16_t)(i + 1);
	}
}

static int build(struct cv_alarm_engine *e)
{
	size_t n = e->rules->n_rules + 1;

	e->scope_of = calloc(n, sizeof(*e->scope_of));
	e->scopes = calloc(n, sizeof(const void *));
	e->counted_by = calloc(n, sizeof(*e->counted_by));
	e->next_count = calloc(n, sizeof(*e->next_count));
	if (!e->scope_of || !e->scopes || !e->counted_by || !e->next_count)
		return -ENOMEM;
	if (getrandom(&e->seed, sizeof(e->seed), 0) != sizeof(e->seed))
		return -ENOMEM;
	make_scopes(e);
	link_counts(e);
	return cv_alarm_names_init(&e->names, e->rules);
}

int cv_alarm_engine_create(struct cv_alarm_rules *rules, uint64_t number,
			   const struct cv_alarm_host *host, struct cv_alarm_engine **ret)
{
	struct cv_alarm_engine *e = calloc(1, sizeof(*e));
	int res;

	if (!e)
		return -ENOMEM;
	e->rules = rules;
	e->number = number;
	e->host = *host;
	e->devices.size = sizeof(struct cv_alarm_known);
	e->states.size = sizeof(struct cv_alarm_state);
	e->device_budget = UINT64_MAX;
	e->state_budget = UINT64_MAX;
	e->wheel.node = node_at;
	e->wheel.due = due;
	e->wheel.owner = e;
	res = build(e);
	if (res < 0) {
		e->rules = NULL; /* still the caller's */
		cv_alarm_engine_destroy(e);
		return res;
	}
	*ret = e;
	return 0;
}

void cv_alarm_engine_destroy(struct cv_alarm_engine *e)
{
	if (!e)
		return;
	for (uint32_t i = 1; i < e->alarm_end; i++) {
		free(e->alarms[i].id);
		free(e->alarms[i].who);
		free(e->alarms[i].comment);
	}
	for (uint32_t i = 1; i <= e->n_groups; i++)
		free(e->groups[i]);
	free(e->alarms);
	free(e->groups);
	free(e->cases.slots);
	free(e->group_table.slots);
	cv_pool_free(&e->devices);
	cv_pool_free(&e->states);
	cv_alarm_names_free(&e->names);
	free(e->scope_of);
	free(e->scopes);
	free(e->counted_by);
	free(e->next_count);
	cv_alarm_rules_free(e->rules);
	free(e);
}

/* ---- devices -------------------------------------------------------------------------------- */

/* One of the words is among the tags, which have commas between. */
static bool has_tag(const struct cv_alarm_words *words, const char *tags)
{
	for (const char *at = tags; *at;) {
		size_t n = strcspn(at, ",");

		for (size_t i = 0; i < words->n; i++) {
			if (strlen(words->items[i]) == n && memcmp(words->items[i], at, n) == 0)
				return true;
		}
		at += n + (at[n] == ',');
	}
	return words->n == 0;
}

static bool has_area(const struct cv_alarm_words *words, const struct cv_alarm_device *d)
{
	for (size_t i = 0; i < words->n; i++) {
		for (unsigned int level = 0; level < CV_ALARM_LEVEL_COUNT; level++) {
			if (strncmp(d->area[level], words->items[i], strlen(words->items[i])) == 0)
				return true;
		}
	}
	return words->n == 0;
}

static bool is_in(const struct cv_alarm_match *m, const struct cv_alarm_device *d)
{
	if (m->kinds.n && !cv_alarm_words_match(&m->kinds, d->kind, strlen(d->kind)))
		return false;
	return cv_alarm_words_match(&m->devices, d->urn, d->urn_len) &&
	       has_tag(&m->tags, d->tags) && has_area(&m->areas, d);
}

struct cv_alarm_known *cv_alarm_known_of(struct cv_alarm_engine *e, uint32_t device,
					 uint64_t version)
{
	struct cv_alarm_known *known;
	struct cv_alarm_device d;

	while (e->devices.used < device) {
		if (cv_pool_add(&e->devices, &e->device_budget) == 0)
			return NULL;
		known = cv_pool_at(&e->devices, e->devices.used);
		known->version = (uint32_t)version - 1; /* look it up */
	}
	known = cv_pool_at(&e->devices, device);
	if (known->version == (uint32_t)version || e->n_scopes == 1)
		return known;
	e->host.device(e->host.owner, device, &d);
	known->scopes = 0;
	for (uint32_t i = 1; i < e->n_scopes && i < SCOPE_BITS; i++)
		known->scopes |= (uint64_t)is_in(e->scopes[i], &d) << i;
	known->version = (uint32_t)version;
	return known;
}

bool cv_alarm_in_scope(struct cv_alarm_engine *e, uint16_t rule, uint32_t device,
		       const struct cv_alarm_known *known)
{
	uint16_t scope = e->scope_of[rule];
	struct cv_alarm_device d;

	if (scope == 0)
		return true;
	if (scope < SCOPE_BITS)
		return known->scopes >> scope & 1;
	e->host.device(e->host.owner, device, &d);
	return is_in(e->scopes[scope], &d);
}

/* States of a device that lie in front of its newest one, as a rule: made together. */
#define FETCH_STATES 3u

void cv_alarm_engine_fetch(const struct cv_alarm_engine *e, uint32_t device, unsigned int stage)
{
	const struct cv_alarm_known *known;
	uint32_t first;

	if (device == 0 || device > e->devices.used)
		return;
	known = cv_pool_at(&e->devices, device);
	if (stage == 0) {
		__builtin_prefetch(known);
		return;
	}
	first = known->first;
	for (uint32_t i = 0; i < FETCH_STATES && i < first; i++) {
		const struct cv_alarm_state *s = cv_alarm_state_at(e, first - i);

		__builtin_prefetch(s);
		__builtin_prefetch(&s->v1); /* its end is in another line */
	}
}

/* ---- events --------------------------------------------------------------------------------- */

/* What a rule may look at: a number that was measured now and can be. */
static struct cv_alarm_value value_of(const struct cv_record *rec)
{
	struct cv_alarm_value v = {.number = NAN, .unit = rec->unit_id};

	switch (rec->value_type) {
	case CV_VALUE_F64:
		v.number = rec->value.f64;
		break;
	case CV_VALUE_I64:
		v.number = (double)rec->value.i64;
		break;
	case CV_VALUE_U64:
		v.number = (double)rec->value.u64;
		break;
	case CV_VALUE_BOOL:
		v.number = rec->value.u64 != 0;
		break;
	default:
		v.truthy = rec->kind == CV_KIND_ALARM;
		break;
	}
	if (rec->stage != CV_STAGE_REALTIME && rec->stage != CV_STAGE_MINUTE) {
		v.number = NAN; /* of an hour, of a day, of long ago */
		v.truthy = false;
		return v;
	}
	if (!isfinite(v.number) || rec->quality == CV_QUALITY_BAD || (rec->flags & CV_FLAG_RANGE)) {
		v.number = NAN;
		return v;
	}
	v.truthy = v.number != 0;
	return v;
}

static void look(struct cv_alarm_engine *e, uint16_t rule, uint32_t device, uint32_t name,
		 const struct cv_alarm_value *v)
{
	const struct cv_alarm_rule *r = cv_alarm_rule_at(e, rule);
	uint32_t state;

	if (r->condition == CV_ALARM_COUNT) {
		if (v->truthy)
			cv_alarm_hit(e, rule, device, e->now);
		return;
	}
	if (r->condition != CV_ALARM_SILENCE && isnan(v->number))
		return;
	state = cv_alarm_state_of(e, device, rule, r->condition == CV_ALARM_SILENCE ? 0 : name);
	if (state != 0)
		cv_alarm_judge(e, state, v, e->now);
}

void cv_alarm_engine_event(struct cv_alarm_engine *e, uint32_t device, const struct cv_record *rec,
			   uint64_t version, int64_t now)
{
	const struct cv_alarm_known *known;
	struct cv_alarm_value value;
	struct cv_alarm_list list;
	uint32_t name;

	e->version = version;
	cv_alarm_engine_advance(e, now);
	/* What a policy dropped has not happened; what a platform says is not the device. */
	if (device == 0 || (rec->flags & CV_FLAG_DENIED) ||
	    (rec->direction == CV_DIR_DOWN && rec->kind != CV_KIND_COMMAND))
		return;
	list = cv_alarm_names_find(&e->names, rec, &name);
	if (list.n == 0)
		return;
	known = cv_alarm_known_of(e, device, version);
	if (!known)
		return;
	e->counts[CV_ALARM_COUNT_LOOKED]++;
	value = value_of(rec);
	value.version = version;
	for (uint32_t i = 0; i < list.n; i++) {
		uint16_t rule = e->names.rules[list.first + i];

		if (cv_alarm_rule_at(e, rule)->match.types >> rec->kind & 1 &&
		    cv_alarm_in_scope(e, rule, device, known))
			look(e, rule, device, name, &value);
	}
}

void cv_alarm_engine_advance(struct cv_alarm_engine *e, int64_t now)
{
	if (now > e->now)
		e->now = now;
	cv_wheel_advance(&e->wheel, e->now);
}

bool cv_alarm_engine_watches_silence(const struct cv_alarm_engine *e)
{
	for (size_t i = 0; i < e->rules->n_rules; i++) {
		const struct cv_alarm_rule *r = &e->rules->rules[i];

		if (r->condition == CV_ALARM_SILENCE && r->silence.after_ns == 0)
			return true;
	}
	return false;
}

void cv_alarm_engine_expect(struct cv_alarm_engine *e, uint32_t device, uint64_t version,
			    int64_t now)
{
	const struct cv_alarm_known *known = cv_alarm_known_of(e, device, version);

	e->version = version;
	cv_alarm_engine_advance(e, now);
	for (size_t i = 0; known && i < e->rules->n_rules; i++) {
		uint32_t state;

		if (e->rules->rules[i].condition != CV_ALARM_SILENCE ||
		    e->rules->rules[i].silence.after_ns != 0 ||
		    !cv_alarm_in_scope(e, (uint16_t)i, device, known))
			continue;
		state = cv_alarm_state_of(e, device, (uint16_t)i, 0);
		if (state != 0 && cv_alarm_state_at(e, state)->known == 0)
			cv_alarm_silence_begin(e, state, version, e->now);
	}
}

/* ---- what there is -------------------------------------------------------------------------- */

const struct cv_alarm_rules *cv_alarm_engine_rules(const struct cv_alarm_engine *e)
{
	return e->rules;
}

uint64_t cv_alarm_engine_number(const struct cv_alarm_engine *e)
{
	return e->number;
}

const uint64_t *cv_alarm_engine_counts(const struct cv_alarm_engine *e)
{
	return e->counts;
}

uint32_t cv_alarm_engine_states(const struct cv_alarm_engine *e)
{
	return e->states.used;
}

uint64_t cv_alarm_engine_bytes(const struct cv_alarm_engine *e)
{
	return sizeof(*e) + cv_pool_bytes(&e->devices) + cv_pool_bytes(&e->states) +
	       e->alarm_room * sizeof(struct cv_alarm) +
	       e->n_groups * sizeof(struct cv_alarm_group) + e->names.room * sizeof(uint16_t);
}
