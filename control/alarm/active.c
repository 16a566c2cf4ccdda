/* SPDX-License-Identifier: Apache-2.0 */
/* Active alarms: looking at them, and taking over those from before a restart. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/alarm/engine_private.h"

const struct cv_alarm_rule *cv_alarm_engine_rule(const struct cv_alarm_engine *e,
						 const struct cv_alarm *alarm)
{
	return cv_alarm_rule_at(e, alarm->rule);
}

const struct cv_alarm *cv_alarm_engine_at(const struct cv_alarm_engine *e, uint32_t number)
{
	const struct cv_alarm *a = number && number < e->alarm_end ? &e->alarms[number] : NULL;

	return a && a->id && !a->gone ? a : NULL;
}

uint32_t cv_alarm_engine_end(const struct cv_alarm_engine *e)
{
	return e->alarm_end ? e->alarm_end : 1;
}

const struct cv_alarm *cv_alarm_engine_find(const struct cv_alarm_engine *e, const char *id)
{
	for (uint32_t i = 1; i < e->alarm_end; i++) {
		const struct cv_alarm *a = cv_alarm_engine_at(e, i);

		if (a && strcmp(a->id, id) == 0)
			return a;
	}
	return NULL;
}

uint32_t cv_alarm_engine_active(const struct cv_alarm_engine *e)
{
	return e->active;
}

const char *cv_alarm_engine_quantity(const struct cv_alarm_engine *e, const struct cv_alarm *alarm)
{
	return cv_alarm_names_text(&e->names, alarm->name);
}

double cv_alarm_engine_threshold(const struct cv_alarm_engine *e, const struct cv_alarm *alarm)
{
	const struct cv_alarm_rule *r = cv_alarm_rule_at(e, alarm->rule);

	switch (r->condition) {
	case CV_ALARM_THRESHOLD:
		return isnan(r->threshold.below) ? r->threshold.above : r->threshold.below;
	case CV_ALARM_RATE:
		return isnan(r->rate.below) ? r->rate.above : r->rate.below;
	case CV_ALARM_COUNT:
		return r->count.at_least;
	default:
		return NAN;
	}
}

/* ---- from before ---------------------------------------------------------------------------- */

static struct cv_alarm_occurrence occurrence_of(struct cv_alarm_engine *e, uint16_t rule,
						const struct cv_alarm_past *past)
{
	return (struct cv_alarm_occurrence){
		.rule = rule,
		.device = past->device,
		.name = cv_alarm_names_number(&e->names, past->name, strlen(past->name)),
	};
}

/* The devices that counted are taken to have done so when it was told last. */
static int restore_group(struct cv_alarm_engine *e, uint32_t number)
{
	struct cv_alarm *a = &e->alarms[number];
	struct cv_alarm_group *g = cv_alarm_group_of(e, a->rule, a->area);

	if (!g)
		return -ENOSPC;
	g->on = true;
	g->alarm = number;
	for (g->n = 0; g->n < a->n_devices && g->n < CV_ALARM_COUNT_MAX; g->n++)
		g->hits[g->n] = (struct cv_alarm_hit){a->devices[g->n], a->told_ns};
	cv_wheel_arm(&e->wheel, CV_ALARM_ID(CV_ALARM_ID_GROUP, g->number),
		     a->told_ns + (int64_t)cv_alarm_rule_at(e, a->rule)->count.within_ns);
	return 0;
}

static char *copy_or_null(const char *text)
{
	return *text ? strdup(text) : NULL;
}

int cv_alarm_engine_restore(struct cv_alarm_engine *e, const struct cv_alarm_past *past)
{
	int rule = cv_alarm_rules_find(e->rules, past->rule);
	struct cv_alarm_occurrence o;
	struct cv_alarm *a;
	uint64_t key;
	uint32_t n;

	if (rule < 0)
		return -ENOENT;
	cv_alarm_engine_advance(e, past->told_ns);
	o = occurrence_of(e, (uint16_t)rule, past);
	key = cv_alarm_key(e, &o, past->area);
	if (cv_alarm_table_find(&e->cases, key) != 0)
		return -EEXIST;
	n = cv_alarm_place(e, key);
	if (n == 0)
		return -ENOSPC;
	a = &e->alarms[n];
	a->id = strdup(past->id);
	a->who = copy_or_null(past->who);
	a->comment = a->who ? strdup(past->comment) : NULL;
	a->acked_ns = past->acked_ns;
	a->since_ns = past->since_ns;
	a->raised_ns = past->raised_ns;
	a->told_ns = past->told_ns;
	a->value = past->value;
	a->name = o.name;
	a->unit = past->unit;
	a->device = past->device;
	a->rule = (uint16_t)rule;
	snprintf(a->area, sizeof(a->area), "%s", past->area);
	for (uint32_t i = 0; i < past->n_named; i++)
		cv_alarm_add_device(a, past->devices[i]);
	if (e->rules->rules[rule].condition == CV_ALARM_COUNT) {
		a->on = 1;
		return restore_group(e, n);
	}
	a->on = a->n_devices;
	a->restored = a->n_devices < 64 ? (UINT64_C(1) << a->n_devices) - 1 : UINT64_MAX;
	return 0;
}

uint32_t cv_alarm_rejoin(struct cv_alarm_engine *e, const struct cv_alarm_occurrence *o)
{
	char area[CV_ALARM_AREA_MAX] = "";
	struct cv_alarm *a;
	uint32_t number;

	if (e->active == 0)
		return 0;
	if (cv_alarm_rule_at(e, o->rule)->merge.by == CV_ALARM_MERGE_AREA)
		cv_alarm_area_of(e, o->device, area);
	number = cv_alarm_table_find(&e->cases, cv_alarm_key(e, o, area));
	if (number == 0)
		return 0;
	a = &e->alarms[number];
	for (uint32_t i = 0; i < a->n_devices; i++) {
		if (a->devices[i] == o->device && a->restored >> i & 1) {
			a->restored &= ~(UINT64_C(1) << i);
			return number;
		}
	}
	return 0;
}
