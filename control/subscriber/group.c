/* SPDX-License-Identifier: Apache-2.0 */
#include "control/subscriber/group.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control/subscriber/group_private.h"

static char why_text[256];

struct cv_group *cv_group_find(const struct cv_groups *groups, const char *name)
{
	for (unsigned int i = 0; i < CV_GROUPS_MAX; i++) {
		struct cv_group *g = groups->group[i];

		if (g && g->image.name[0] && strcmp(g->image.name, name) == 0)
			return g;
	}
	return NULL;
}

/* ---- the file ------------------------------------------------------------------------------- */

static void write_next(struct cv_group *g)
{
	if (g->write.pending || g->done.pending || g->durable == g->change)
		return;
	g->image.serial = g->written.serial;
	g->written = g->image;
	g->writing = g->change;
	g->write_res = 0;
	cv_group_file_write(g->groups->loop, g->groups->fd, g->slot, &g->written, &g->write,
			    &g->done);
}

static void on_write(struct cv_op *op, int res, uint32_t flags)
{
	struct cv_group *g = op->owner;

	g->write_res = res;
}

/* What failed is tried again on the tick. */
static void on_flushed(struct cv_op *op, int res, uint32_t flags)
{
	struct cv_group *g = op->owner;

	if (res < 0 || g->write_res != (int)sizeof(g->written))
		return;
	g->durable = g->writing;
	write_next(g);
}

void cv_group_changed(struct cv_group *g)
{
	g->change++;
	write_next(g);
}

/* ---- progress ------------------------------------------------------------------------------- */

bool cv_group_advance(struct cv_group *g)
{
	struct cv_cursor to = g->image.cursor;
	bool moved = false;

	for (unsigned int lane = 0; g->members && lane < CV_LANE_COUNT; lane++) {
		uint64_t least = UINT64_MAX;

		for (const struct cv_group_member *m = g->members; m; m = m->next) {
			struct cv_cursor done = cv_event_member_done(&m->share);

			if (done.next[lane] < least)
				least = done.next[lane];
		}
		if (least > to.next[lane]) {
			to.next[lane] = least;
			moved = true;
		}
	}
	g->image.cursor = to;
	return moved;
}

/* Keep what groups have not acknowledged, as far as the configuration lets the log. */
void cv_groups_hold(struct cv_groups *groups)
{
	for (unsigned int lane = 0; lane < CV_LANE_COUNT; lane++) {
		uint64_t least = UINT64_MAX;

		for (unsigned int i = 0; i < CV_GROUPS_MAX; i++) {
			const struct cv_group *g = groups->group[i];

			if (g && g->image.name[0] && (g->image.lanes & 1u << lane) &&
			    g->image.cursor.next[lane] < least)
				least = g->image.cursor.next[lane];
		}
		cv_eventlog_hold(groups->log, (enum cv_lane)lane, least);
	}
}

static void on_tick(struct cv_op *op, int res, uint32_t flags)
{
	struct cv_groups *groups = op->owner;
	uint64_t now = cv_loop_mono_ns(groups->loop);

	if (groups->stopping)
		return;
	groups->ticks++;
	for (unsigned int i = 0; i < CV_GROUPS_MAX; i++) {
		struct cv_group *g = groups->group[i];

		if (!g)
			continue;
		cv_group_expire(g, now);
		/* What nobody had to acknowledge is not worth a flush each second. */
		if (groups->ticks % 4 == 0 && cv_group_advance(g))
			g->change++;
		write_next(g);
	}
	cv_groups_hold(groups);
	cv_loop_timer(groups->loop, &groups->tick, TICK_NS);
}

/* ---- life ----------------------------------------------------------------------------------- */

struct cv_group *cv_group_alloc(struct cv_groups *groups, unsigned int slot)
{
	struct cv_group *g = calloc(1, sizeof(*g));

	if (!g)
		return NULL;
	g->groups = groups;
	g->slot = slot;
	g->write = (struct cv_op){.done = on_write, .owner = g};
	g->done = (struct cv_op){.done = on_flushed, .owner = g};
	groups->group[slot] = g;
	return g;
}

static int load(struct cv_groups *groups, const char *path)
{
	struct cv_group_image *images = calloc(CV_GROUPS_MAX, sizeof(*images));
	int res = images ? 0 : -ENOMEM;

	if (res == 0)
		groups->fd = res = cv_group_file_open(path, images, &groups->damaged);
	for (unsigned int i = 0; res >= 0 && i < CV_GROUPS_MAX; i++) {
		struct cv_group *g;

		if (images[i].serial == 0)
			continue;
		g = cv_group_alloc(groups, i);
		if (!g) {
			res = -ENOMEM;
			break;
		}
		g->image = g->written = images[i];
	}
	free(images);
	return res < 0 ? res : 0;
}

int cv_groups_create(struct cv_loop *loop, struct cv_eventlog *log, const char *path,
		     struct cv_groups **ret, const char **why)
{
	struct cv_groups *groups = calloc(1, sizeof(*groups));
	int res;

	*why = "out of memory";
	if (!groups)
		return -ENOMEM;
	groups->loop = loop;
	groups->log = log;
	groups->fd = -1;
	groups->tick = (struct cv_op){.done = on_tick, .owner = groups};
	res = load(groups, path);
	if (res < 0) {
		snprintf(why_text, sizeof(why_text),
			 "cannot use %.120s, the cursors of consumer groups (%s): make it readable "
			 "and writable for this user",
			 path, strerror(-res));
		*why = why_text;
		cv_groups_destroy(groups);
		return res;
	}
	cv_groups_hold(groups);
	cv_loop_timer(loop, &groups->tick, TICK_NS);
	*ret = groups;
	return 0;
}

static bool in_flight(const struct cv_groups *groups)
{
	for (unsigned int i = 0; i < CV_GROUPS_MAX; i++) {
		const struct cv_group *g = groups->group[i];

		if (g && (g->write.pending || g->done.pending))
			return true;
	}
	return groups->tick.pending;
}

void cv_groups_destroy(struct cv_groups *groups)
{
	if (!groups)
		return;
	groups->stopping = true;
	cv_loop_cancel(groups->loop, &groups->tick);
	for (unsigned int i = 0; i < CV_GROUPS_MAX; i++) {
		struct cv_group *g = groups->group[i];

		if (g && cv_group_advance(g))
			cv_group_changed(g);
	}
	while (in_flight(groups) && cv_loop_turn(groups->loop) == 0)
		;
	for (unsigned int i = 0; i < CV_GROUPS_MAX; i++) {
		if (groups->group[i])
			cv_group_expire(groups->group[i], UINT64_MAX);
		free(groups->group[i]);
	}
	if (groups->fd >= 0)
		close(groups->fd);
	free(groups);
}

bool cv_groups_is_durable(const struct cv_groups *groups, const char *name, uint64_t change)
{
	const struct cv_group *g = cv_group_find(groups, name);

	return !g || g->durable >= change;
}

bool cv_groups_is_gone(const struct cv_groups *groups, const char *name)
{
	for (unsigned int i = 0; i < CV_GROUPS_MAX; i++) {
		const struct cv_group *g = groups->group[i];

		if (g && strcmp(g->gone, name) == 0 && g->durable != g->change)
			return false;
	}
	return true;
}

unsigned int cv_groups_damaged(const struct cv_groups *groups)
{
	return groups->damaged;
}

/* ---- for people ----------------------------------------------------------------------------- */

void cv_group_cursor_format(const struct cv_cursor *cursor, const struct cv_scope *scope,
			    char text[CV_CURSOR_TEXT_MAX])
{
	struct cv_cursor seen = *cursor;

	for (unsigned int lane = 0; lane < CV_LANE_COUNT; lane++) {
		if (!(cv_scope_lanes(scope) & 1u << lane))
			seen.next[lane] = 0;
	}
	cv_cursor_format(&seen, text);
}

static uint64_t lag_behind(const struct cv_group *g, const struct cv_cursor *at, uint32_t lanes)
{
	uint64_t lag = 0;

	for (unsigned int lane = 0; lane < CV_LANE_COUNT; lane++) {
		uint64_t end = cv_eventlog_end(g->groups->log, (enum cv_lane)lane);

		if ((lanes & 1u << lane) && at->next[lane] < end)
			lag += end - at->next[lane];
	}
	return lag;
}

static json_t *members_json(const struct cv_group *g, uint32_t lanes)
{
	json_t *rows = json_array();

	for (const struct cv_group_member *m = g->members; m; m = m->next) {
		struct cv_cursor done = cv_event_member_done(&m->share);

		json_array_append_new(rows,
				      json_pack("{s:I, s:s, s:b, s:I}", "slot",
						(json_int_t)m->share.start.slot, "name", m->name,
						"connected", m->stream != NULL, "lag",
						(json_int_t)lag_behind(g, &done, lanes)));
	}
	return rows;
}

static json_t *lanes_json(uint32_t lanes)
{
	json_t *names = json_array();

	for (unsigned int lane = 0; lane < CV_LANE_COUNT; lane++) {
		if (lanes & 1u << lane)
			json_array_append_new(names, json_string(cv_lane_name(lane)));
	}
	return names;
}

static json_t *group_json(const struct cv_group *g, const struct cv_scope *scope)
{
	uint32_t lanes = g->image.lanes & cv_scope_lanes(scope);
	char cursor[CV_CURSOR_TEXT_MAX];
	json_t *row;

	cv_group_cursor_format(&g->image.cursor, scope, cursor);
	row = json_pack("{s:s, s:s, s:o, s:I, s:I, s:I, s:o}", "name", g->image.name, "cursor",
			cursor, "lanes", lanes_json(lanes), "lag",
			(json_int_t)lag_behind(g, &g->image.cursor, lanes), "created",
			(json_int_t)(g->image.created_ns / 1000000000), "acked",
			(json_int_t)(g->image.acked_ns / 1000000000), "members",
			members_json(g, lanes));
	/* Whose tokens there are is the node's own matter. */
	if (!scope && g->image.made_by[0])
		json_object_set_new(row, "maker", json_string(g->image.made_by));
	return row;
}

json_t *cv_groups_json(const struct cv_groups *groups, const struct cv_scope *scope, bool own)
{
	json_t *rows = json_array();

	for (unsigned int i = 0; i < CV_GROUPS_MAX; i++) {
		const struct cv_group *g = groups->group[i];

		if (g && g->image.name[0] && (!own || cv_scope_has_group(scope, g->image.name)))
			json_array_append_new(rows, group_json(g, scope));
	}
	return rows;
}
