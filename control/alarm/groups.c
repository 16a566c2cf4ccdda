/* SPDX-License-Identifier: Apache-2.0 */
/* N devices of an area within some time. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/alarm/engine_private.h"
#include "dataplane/normalize/print.h"

/* Groups of all count rules together; a city of 20 million has some 20,000 communities. */
#define GROUPS_MAX 262144u

static uint64_t key_of(const struct cv_alarm_engine *e, uint16_t rule, const char *area)
{
	return cv_print_add(e->seed + rule, area, strlen(area)) | 1;
}

static int more_room(struct cv_alarm_engine *e)
{
	uint32_t room = e->group_room ? 2 * e->group_room : 64;
	struct cv_alarm_group **groups;

	if (e->n_groups + 1 < e->group_room)
		return 0;
	groups = e->n_groups < GROUPS_MAX ? realloc(e->groups, room * sizeof(*groups)) : NULL;
	if (!groups)
		return -1;
	e->groups = groups;
	e->group_room = room;
	return 0;
}

struct cv_alarm_group *cv_alarm_group_of(struct cv_alarm_engine *e, uint16_t rule, const char *area)
{
	uint64_t key = key_of(e, rule, area);
	uint32_t number = cv_alarm_table_find(&e->group_table, key);
	struct cv_alarm_group *g;

	if (number != 0)
		return e->groups[number];
	g = more_room(e) == 0 ? calloc(1, sizeof(*g)) : NULL;
	if (!g || cv_alarm_table_set(&e->group_table, key, e->n_groups + 1) < 0) {
		free(g);
		e->counts[CV_ALARM_COUNT_GROUPS_FULL]++;
		return NULL;
	}
	g->key = key;
	g->rule = rule;
	g->number = ++e->n_groups;
	snprintf(g->area, sizeof(g->area), "%s", area);
	e->groups[g->number] = g;
	return g;
}

static void remove_hit(struct cv_alarm_group *g, uint16_t i)
{
	g->n--;
	memmove(&g->hits[i], &g->hits[i + 1], (size_t)(g->n - i) * sizeof(g->hits[0]));
}

/* Oldest first; who is hit again is the newest. Of many the oldest go: they never decide. */
static void add_hit(struct cv_alarm_group *g, uint32_t device, int64_t now)
{
	for (uint16_t i = 0; i < g->n; i++) {
		if (g->hits[i].device == device) {
			remove_hit(g, i);
			break;
		}
	}
	if (g->n == CV_ALARM_COUNT_MAX)
		remove_hit(g, 0);
	g->hits[g->n++] = (struct cv_alarm_hit){.device = device, .at = now};
}

static void expire(struct cv_alarm_group *g, const struct cv_alarm_rule *r, int64_t now)
{
	while (g->n > 0 && g->hits[0].at + (int64_t)r->count.within_ns <= now)
		remove_hit(g, 0);
}

/* When there are too few, if no more come. */
static int64_t ends_at(const struct cv_alarm_group *g, const struct cv_alarm_rule *r)
{
	return g->hits[g->n - r->count.at_least].at + (int64_t)r->count.within_ns;
}

void cv_alarm_group_due(struct cv_alarm_engine *e, uint32_t group, int64_t now)
{
	struct cv_alarm_group *g = e->groups[group];
	const struct cv_alarm_rule *r = cv_alarm_rule_at(e, g->rule);

	if (!g->on)
		return;
	if (g->n >= r->count.at_least && ends_at(g, r) > now) {
		cv_wheel_arm(&e->wheel, CV_ALARM_ID(CV_ALARM_ID_GROUP, group), ends_at(g, r));
		return;
	}
	if (g->n >= r->count.at_least)
		now = ends_at(g, r);
	g->on = false;
	expire(g, r, now);
	if (g->alarm != 0)
		cv_alarm_end(e, g->alarm, g->n, now);
	g->alarm = 0;
}

static void begin(struct cv_alarm_engine *e, struct cv_alarm_group *g, int64_t now)
{
	struct cv_alarm_occurrence o = {
		.rule = g->rule,
		.area = g->area,
		.hits = g->hits,
		.n_hits = g->n,
		.since = g->hits[0].at,
		.value = g->n,
	};

	g->on = true;
	g->alarm = cv_alarm_begin(e, &o, now);
}

void cv_alarm_hit(struct cv_alarm_engine *e, uint16_t rule, uint32_t device, int64_t now)
{
	const struct cv_alarm_rule *r = cv_alarm_rule_at(e, rule);
	const struct cv_alarm_known *known = cv_alarm_known_of(e, device, e->version);
	struct cv_alarm_group *g;
	struct cv_alarm_device d;

	if (!known || !cv_alarm_in_scope(e, rule, device, known))
		return;
	e->host.device(e->host.owner, device, &d);
	if (r->count.group != CV_ALARM_LEVEL_ALL && !*d.area[r->count.group])
		return; /* nobody knows where it is */
	g = cv_alarm_group_of(e, rule,
			      r->count.group == CV_ALARM_LEVEL_ALL ? "" : d.area[r->count.group]);
	if (!g)
		return;
	/* The wheel may be a tick behind. */
	if (g->node.armed)
		cv_alarm_group_due(e, g->number, now);
	expire(g, r, now);
	add_hit(g, device, now);
	if (g->n < r->count.at_least)
		return;
	if (g->on && g->alarm != 0)
		cv_alarm_go_on(e, g->alarm, device, g->n, now);
	else if (!g->on)
		begin(e, g, now);
	cv_wheel_arm(&e->wheel, CV_ALARM_ID(CV_ALARM_ID_GROUP, g->number), ends_at(g, r));
}
