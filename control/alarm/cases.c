/* SPDX-License-Identifier: Apache-2.0 */
/* Alarms: what begins, goes on and ends becomes one identity with its events. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/alarm/engine_private.h"
#include "dataplane/normalize/print.h"

/* ---- places --------------------------------------------------------------------------------- */

uint64_t cv_alarm_key(const struct cv_alarm_engine *e, const struct cv_alarm_occurrence *o,
		      const char *area)
{
	const struct cv_alarm_rule *r = cv_alarm_rule_at(e, o->rule);
	uint32_t words[3] = {o->rule, o->device, o->name};

	if (r->merge.by != CV_ALARM_MERGE_NONE)
		words[2] = 0;
	/* Who is of no area is merged with itself. */
	if (r->merge.by == CV_ALARM_MERGE_AREA && *area)
		words[1] = 0;
	return cv_print_add(cv_print_add(e->seed, words, sizeof(words)), area, strlen(area)) | 1;
}

void cv_alarm_area_of(struct cv_alarm_engine *e, uint32_t device, char ret[CV_ALARM_AREA_MAX])
{
	struct cv_alarm_device d;

	e->host.device(e->host.owner, device, &d);
	ret[0] = '\0';
	for (unsigned int level = CV_ALARM_LEVEL_COUNT; level-- > 0 && !ret[0];)
		snprintf(ret, CV_ALARM_AREA_MAX, "%s", d.area[level]);
}

/* The area that an occurrence belongs to: its group's, or that of its device where those are merged. */
static void find_area(struct cv_alarm_engine *e, const struct cv_alarm_occurrence *o,
		      char ret[CV_ALARM_AREA_MAX])
{
	ret[0] = '\0';
	if (o->area)
		snprintf(ret, CV_ALARM_AREA_MAX, "%s", o->area);
	else if (cv_alarm_rule_at(e, o->rule)->merge.by == CV_ALARM_MERGE_AREA)
		cv_alarm_area_of(e, o->device, ret);
}

static int more_room(struct cv_alarm_engine *e)
{
	uint32_t room = e->alarm_room ? 2 * e->alarm_room : 64;
	struct cv_alarm *alarms;

	if (e->alarm_end == 0)
		e->alarm_end = 1; /* 0 is none */
	if (e->alarm_free != 0 || e->alarm_end < e->alarm_room)
		return 0;
	alarms = realloc(e->alarms, room * sizeof(*alarms));
	if (!alarms)
		return -ENOMEM;
	e->alarms = alarms;
	e->alarm_room = room;
	return 0;
}

uint32_t cv_alarm_place(struct cv_alarm_engine *e, uint64_t key)
{
	uint32_t number;

	if (e->active >= e->rules->active || more_room(e) < 0)
		return 0;
	number = e->alarm_free ? e->alarm_free : e->alarm_end;
	if (cv_alarm_table_set(&e->cases, key, number) < 0)
		return 0;
	if (number == e->alarm_free)
		e->alarm_free = e->alarms[number].next_free;
	else
		e->alarm_end++;
	e->alarms[number] = (struct cv_alarm){.key = key, .value = NAN};
	e->active++;
	return number;
}

/* A place on the wheel is free when its time has come: another alarm's would be too late else. */
static void release(struct cv_alarm_engine *e, uint32_t number)
{
	struct cv_alarm *a = &e->alarms[number];
	bool armed = a->node.armed;

	free(a->id);
	free(a->who);
	free(a->comment);
	*a = (struct cv_alarm){.node = a->node, .parked = armed, .next_free = e->alarm_free};
	if (!armed)
		e->alarm_free = number;
}

bool cv_alarm_add_device(struct cv_alarm *a, uint32_t device)
{
	for (uint32_t i = 0; i < a->n_devices; i++) {
		if (a->devices[i] == device)
			return false;
	}
	if (a->n_devices == CV_ALARM_MEMBERS)
		return false;
	a->devices[a->n_devices++] = device;
	return true;
}

/* ---- telling -------------------------------------------------------------------------------- */

static void tell(struct cv_alarm_engine *e, uint32_t number, enum cv_alarm_change change,
		 int64_t at)
{
	static const enum cv_alarm_count counts[] = {
		[CV_ALARM_RAISED] = CV_ALARM_COUNT_RAISED,
		[CV_ALARM_UPDATED] = CV_ALARM_COUNT_UPDATED,
		[CV_ALARM_ACKNOWLEDGED] = CV_ALARM_COUNT_ACKNOWLEDGED,
		[CV_ALARM_CLEARED] = CV_ALARM_COUNT_CLEARED,
	};
	struct cv_alarm *a = &e->alarms[number];

	a->told_ns = at;
	e->counts[counts[change]]++;
	if (a->untold == 0 && e->host.changed(e->host.owner, a, change, at))
		return;
	a->untold |= (uint8_t)(1u << change);
	e->untold = true;
	e->counts[CV_ALARM_COUNT_PUT_OFF]++;
}

static bool retell_one(struct cv_alarm_engine *e, uint32_t number)
{
	struct cv_alarm *a = &e->alarms[number];

	for (unsigned int change = 0; change < CV_ALARM_CHANGE_COUNT; change++) {
		if (!(a->untold >> change & 1))
			continue;
		if (!e->host.changed(e->host.owner, a, (enum cv_alarm_change)change, e->now))
			return false;
		a->untold &= (uint8_t) ~(1u << change);
	}
	if (a->gone && a->on == 0)
		release(e, number);
	return true;
}

bool cv_alarm_engine_retell(struct cv_alarm_engine *e)
{
	for (uint32_t i = 1; e->untold && i < e->alarm_end; i++) {
		if (e->alarms[i].untold != 0 && !retell_one(e, i))
			return false;
	}
	e->untold = false;
	return true;
}

/* ---- life ----------------------------------------------------------------------------------- */

/* More than one quantity of a device can have an alarm of its own. */
static bool is_of_quantities(const struct cv_alarm_rule *r)
{
	const struct cv_alarm_words *names = &r->match.names;

	return r->merge.by == CV_ALARM_MERGE_NONE &&
	       (names->n > 1 || (names->n == 1 && strchr(names->items[0], '*')));
}

/* alarm:RULE:SUBJECT:MILLISECONDS; the time tells it from the one before. */
static char *make_id(struct cv_alarm_engine *e, const struct cv_alarm_occurrence *o,
		     const char *area, int64_t now)
{
	const struct cv_alarm_rule *r = cv_alarm_rule_at(e, o->rule);
	const char *name =
		o->name && is_of_quantities(r) ? cv_alarm_names_text(&e->names, o->name) : "";
	struct cv_alarm_device d;
	char *id = NULL;
	int n;

	if (o->device != 0 && !*area) {
		e->host.device(e->host.owner, o->device, &d);
		n = asprintf(&id, "alarm:%s:%.*s%s%s:%" PRId64, r->id, (int)d.urn_len, d.urn,
			     *name ? "/" : "", name, now / 1000000);
	} else {
		n = asprintf(&id, "alarm:%s:%s%s:%" PRId64, r->id, *area ? "area:" : "all", area,
			     now / 1000000);
	}
	return n < 0 ? NULL : id;
}

static uint32_t raise(struct cv_alarm_engine *e, const struct cv_alarm_occurrence *o, uint64_t key,
		      const char *area, int64_t now)
{
	char *id = make_id(e, o, area, now);
	uint32_t number = id ? cv_alarm_place(e, key) : 0;
	struct cv_alarm *a;

	if (number == 0) {
		free(id);
		e->counts[CV_ALARM_COUNT_ACTIVE_FULL]++;
		return 0;
	}
	a = &e->alarms[number];
	a->id = id;
	a->rule = o->rule;
	a->unit = o->unit;
	a->name = o->name;
	a->device = o->device;
	a->since_ns = o->since;
	a->raised_ns = now;
	a->value = o->value;
	a->on = 1;
	snprintf(a->area, sizeof(a->area), "%s", area);
	if (o->device != 0)
		cv_alarm_add_device(a, o->device);
	for (uint32_t i = 0; i < o->n_hits; i++)
		cv_alarm_add_device(a, o->hits[i].device);
	tell(e, number, CV_ALARM_RAISED, now);
	return number;
}

uint32_t cv_alarm_begin(struct cv_alarm_engine *e, const struct cv_alarm_occurrence *o, int64_t now)
{
	char area[CV_ALARM_AREA_MAX];
	uint64_t key;
	uint32_t number;

	find_area(e, o, area);
	key = cv_alarm_key(e, o, area);
	number = cv_alarm_table_find(&e->cases, key);
	if (number == 0)
		return raise(e, o, key, area, now);
	e->alarms[number].on++;
	e->alarms[number].clear_at = 0;
	for (uint32_t i = 0; i < o->n_hits; i++)
		cv_alarm_go_on(e, number, o->hits[i].device, o->value, now);
	if (o->device != 0)
		cv_alarm_go_on(e, number, o->device, o->value, now);
	return number;
}

void cv_alarm_go_on(struct cv_alarm_engine *e, uint32_t alarm, uint32_t device, double value,
		    int64_t now)
{
	struct cv_alarm *a = &e->alarms[alarm];
	uint64_t every = cv_alarm_rule_at(e, a->rule)->update_ns;

	if (a->gone)
		return;
	if (!isnan(value))
		a->value = value;
	if (cv_alarm_add_device(a, device) ||
	    (every != 0 && (uint64_t)(now - a->told_ns) >= every && now > a->told_ns))
		tell(e, alarm, CV_ALARM_UPDATED, now);
}

static void clear(struct cv_alarm_engine *e, uint32_t number, int64_t now)
{
	struct cv_alarm *a = &e->alarms[number];

	cv_alarm_table_remove(&e->cases, a->key);
	e->active--;
	a->gone = true;
	tell(e, number, CV_ALARM_CLEARED, now);
	if (a->untold == 0 && a->on == 0)
		release(e, number);
}

void cv_alarm_end(struct cv_alarm_engine *e, uint32_t alarm, double value, int64_t now)
{
	struct cv_alarm *a = &e->alarms[alarm];
	int64_t within = (int64_t)cv_alarm_rule_at(e, a->rule)->merge.within_ns;

	if (!isnan(value))
		a->value = value;
	a->on -= a->on > 0;
	if (a->on > 0)
		return;
	if (a->gone) {
		if (a->untold == 0)
			release(e, alarm);
		return;
	}
	if (within == 0) {
		clear(e, alarm, now);
		return;
	}
	a->clear_at = now + within;
	cv_wheel_arm(&e->wheel, CV_ALARM_ID(CV_ALARM_ID_CASE, alarm), a->clear_at);
}

void cv_alarm_case_due(struct cv_alarm_engine *e, uint32_t alarm, int64_t now)
{
	struct cv_alarm *a = &e->alarms[alarm];

	if (a->parked) {
		a->parked = false;
		a->next_free = e->alarm_free;
		e->alarm_free = alarm;
	} else if (a->clear_at > now) {
		cv_wheel_arm(&e->wheel, CV_ALARM_ID(CV_ALARM_ID_CASE, alarm), a->clear_at);
	} else if (a->clear_at != 0 && a->id && !a->gone) {
		clear(e, alarm, a->clear_at);
	}
}

/* Who has it in hand. @return 0 or -ENOMEM. */
static int set_who(struct cv_alarm *a, const char *who, const char *comment, int64_t now)
{
	char *w = strdup(who), *c = strdup(comment);

	if (!w || !c) {
		free(w);
		free(c);
		return -ENOMEM;
	}
	free(a->who);
	free(a->comment);
	a->who = w;
	a->comment = c;
	a->acked_ns = now;
	return 0;
}

int cv_alarm_engine_ack(struct cv_alarm_engine *e, const char *id, const char *who,
			const char *comment, int64_t now)
{
	const struct cv_alarm *found = cv_alarm_engine_find(e, id);
	uint32_t number;
	int res;

	if (!found)
		return -ENOENT;
	if (found->who)
		return -EALREADY;
	number = (uint32_t)(found - e->alarms);
	res = set_who(&e->alarms[number], who, comment, now);
	if (res == 0)
		tell(e, number, CV_ALARM_ACKNOWLEDGED, now);
	return res;
}

/*
 * Its place is kept while occurrences go on, so that they find it when they end and do not raise it
 * anew before. Those of before a restart, which nobody has heard of since, have no state that could.
 */
int cv_alarm_engine_clear(struct cv_alarm_engine *e, const char *id, const char *who,
			  const char *comment, int64_t now)
{
	const struct cv_alarm *found = cv_alarm_engine_find(e, id);
	struct cv_alarm *a;
	uint32_t silent;
	int res;

	if (!found)
		return -ENOENT;
	a = &e->alarms[found - e->alarms];
	res = set_who(a, who, comment, now);
	if (res < 0)
		return res;
	silent = (uint32_t)__builtin_popcountll(a->restored);
	a->on -= a->on < silent ? a->on : silent;
	a->restored = 0;
	clear(e, (uint32_t)(a - e->alarms), now);
	return 0;
}
