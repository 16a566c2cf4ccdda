/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/subscriber/group_private.h"

static int refuse(struct cv_http_refusal *why, int res, const char *hint, const char *error,
		  const char *what)
{
	snprintf(why->error, sizeof(why->error), error, what);
	snprintf(why->hint, sizeof(why->hint), "%s", hint);
	return res;
}

/*
 * Members have come or gone: shares move, so that all go on from what all of the old ones have
 * acknowledged. The wall clock keeps epochs apart over a restart.
 */
static void begin_epoch(struct cv_group *g)
{
	uint64_t now = (uint64_t)(cv_loop_wall_ns(g->groups->loop) / 1000);
	unsigned int count = 0;

	g->groups->epoch = now > g->groups->epoch ? now : g->groups->epoch + 1;
	for (struct cv_group_member *m = g->members; m; m = m->next) {
		m->share.start = (struct cv_member_cursor){
			.at = g->image.cursor, .epoch = g->groups->epoch, .slot = count++};
		m->share.acked = g->image.cursor;
		cv_event_member_begin(&m->share);
	}
	for (struct cv_group_member *m = g->members; m; m = m->next) {
		m->share.count = count;
		if (m->stream)
			cv_event_stream_rewind(m->stream);
	}
}

static void remove_member(struct cv_group_member *m)
{
	struct cv_group *g = m->group;
	struct cv_group_member **link = &g->members;

	while (*link != m)
		link = &(*link)->next;
	*link = m->next;
	free(m);
}

static void on_left(struct cv_event_member *share)
{
	struct cv_group_member *m = (struct cv_group_member *)(void *)share;
	struct cv_group *g = m->group;

	if (!g) {
		free(m);
		return;
	}
	m->stream = NULL;
	/* The last one may still acknowledge what it has: nobody else has been given it. */
	if (m->name[0] || (g->members == m && !m->next)) {
		m->expires_ns = cv_loop_mono_ns(g->groups->loop) + CV_GROUP_SESSION_NS;
		return;
	}
	if (cv_group_advance(g))
		cv_group_changed(g);
	remove_member(m);
	begin_epoch(g);
}

void cv_group_expire(struct cv_group *g, uint64_t now_ns)
{
	struct cv_group_member *m, *next;
	bool moved = false, gone = false;

	for (m = g->members; m; m = next) {
		next = m->next;
		if (m->stream || now_ns < m->expires_ns)
			continue;
		moved = (!gone && cv_group_advance(g)) || moved;
		gone = true;
		remove_member(m);
	}
	if (moved)
		g->change++;
	if (gone && g->members)
		begin_epoch(g);
}

static struct cv_cursor place_of(struct cv_groups *groups, const struct cv_event_query *q)
{
	struct cv_cursor at = q->cursor;

	for (int i = 0; i < CV_LANE_COUNT; i++) {
		enum cv_lane lane = (enum cv_lane)i;

		if (q->from == CV_FROM_EARLIEST)
			at.next[i] = cv_eventlog_begin(groups->log, lane);
		else if (q->from == CV_FROM_LATEST || !(q->lanes & 1u << i))
			at.next[i] = cv_eventlog_end(groups->log, lane);
		else if (q->from == CV_FROM_TIME)
			at.next[i] = cv_eventlog_seek(groups->log, lane, q->from_ns);
	}
	return at;
}

static unsigned int made_by(const struct cv_groups *groups, const char *maker)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < CV_GROUPS_MAX; i++) {
		const struct cv_group *g = groups->group[i];

		n += g && g->image.name[0] && strcmp(g->image.made_by, maker) == 0;
	}
	return n;
}

static int make_group(struct cv_groups *groups, const char *name, const struct cv_event_query *q,
		      const char *maker, struct cv_http_refusal *why)
{
	static const char hint[] = "DELETE /v1/groups/NAME forgets one that is not used";
	struct cv_group *g = NULL;
	unsigned int slot;
	int res;

	if (maker && made_by(groups, maker) >= CV_GROUPS_OF_ONE)
		return refuse(why, -EDQUOT, hint, "this token has made as many groups as it may%s",
			      "");
	for (slot = 0; slot < CV_GROUPS_MAX; slot++) {
		g = groups->group[slot];
		if (!g || (!g->image.name[0] && g->durable == g->change))
			break;
	}
	if (slot == CV_GROUPS_MAX)
		return refuse(why, -ENOSPC, hint, "there are as many groups as can be%s", "");
	res = cv_group_file_reserve(groups->fd, slot);
	if (res < 0)
		return refuse(why, -ENOSPC, "free space where the event log is",
			      "the group cannot be stored (%s)", strerror(-res));
	g = g ? g : cv_group_alloc(groups, slot);
	if (!g)
		return refuse(why, -ENOMEM, "try again later", "out of memory%s", "");
	snprintf(g->image.name, sizeof(g->image.name), "%s", name);
	snprintf(g->image.made_by, sizeof(g->image.made_by), "%s", maker ? maker : "");
	g->image.lanes = q->lanes;
	g->image.cursor = place_of(groups, q);
	g->image.created_ns = cv_loop_wall_ns(groups->loop);
	g->image.acked_ns = 0;
	g->gone[0] = '\0';
	cv_group_changed(g);
	g->made = g->change;
	return 0;
}

int cv_groups_prepare(struct cv_groups *groups, const char *group,
		      const struct cv_event_query *query, const char *maker,
		      struct cv_http_refusal *why)
{
	const struct cv_group *g = cv_group_find(groups, group);
	int res = g ? 0 : make_group(groups, group, query, maker, why);

	if (res < 0)
		return res;
	cv_groups_hold(groups);
	return g && g->durable >= g->made ? 0 : -EINPROGRESS;
}

static struct cv_group_member *add_member(struct cv_group *g, const char *name)
{
	struct cv_group_member *m = calloc(1, sizeof(*m));
	struct cv_group_member **link = &g->members;

	if (!m)
		return NULL;
	m->group = g;
	m->share.left = on_left;
	m->expires_ns = cv_loop_mono_ns(g->groups->loop) + CV_GROUP_SESSION_NS;
	snprintf(m->name, sizeof(m->name), "%s", name ? name : "");
	while (*link) /* at the end: who was there keeps its slot */
		link = &(*link)->next;
	*link = m;
	return m;
}

/* A cursor ahead of the log is from a log that was lost: the stream tells, the group goes on. */
static void clamp(struct cv_group *g)
{
	for (int i = 0; i < CV_LANE_COUNT; i++) {
		uint64_t end = cv_eventlog_end(g->groups->log, (enum cv_lane)i);

		if (g->image.cursor.next[i] > end)
			g->image.cursor.next[i] = end;
	}
}

static struct cv_group_member *find_member(const struct cv_group *g, const char *name,
					   unsigned int *ret_count)
{
	struct cv_group_member *found = NULL;

	*ret_count = 0;
	for (struct cv_group_member *m = g->members; m; m = m->next) {
		++*ret_count;
		if (name && strcmp(m->name, name) == 0)
			found = m;
	}
	return found;
}

/* Who has left and may only have acknowledged: its share is somebody's now. */
static void drop_who_left(struct cv_group *g)
{
	struct cv_group_member *m, *next;

	for (m = g->members; m; m = next) {
		next = m->next;
		if (m->stream || m->name[0])
			continue;
		if (cv_group_advance(g))
			g->change++;
		remove_member(m);
	}
}

/* One more in a group that is there. @return NULL with *why filled. */
static struct cv_group_member *enter(struct cv_group *g, const char *name, struct cv_event_query *q,
				     int *ret_res, struct cv_http_refusal *why)
{
	uint64_t wanted = cv_event_filter_fingerprint(q->filter) ^ (q->scope ? q->scope->print : 0);
	unsigned int count;
	struct cv_group_member *m;

	drop_who_left(g);
	m = find_member(g, name, &count);
	*ret_res = -EBUSY;
	if (count > 0 && (wanted != g->wanted || q->lanes != g->image.lanes)) {
		refuse(why, 0, "give the lanes and filters that the others have, or another group",
		       "the members of group '%.63s' ask for other events", g->image.name);
		return NULL;
	}
	if (m && m->stream) {
		refuse(why, 0, "a member asks once at a time; each needs a name of its own",
		       "member '%.63s' is asking already", name);
		return NULL;
	}
	if (count == CV_GROUP_MEMBERS_MAX && !m) {
		refuse(why, 0, "64 at most", "group '%.63s' has too many members", g->image.name);
		return NULL;
	}
	g->wanted = wanted;
	q->from = CV_FROM_SEQUENCE;
	if (m) {
		m->share.start.at = q->cursor = m->share.acked;
		return m;
	}
	cv_group_advance(g);
	q->cursor = g->image.cursor;
	clamp(g);
	g->image.lanes = q->lanes;
	*ret_res = -ENOMEM;
	refuse(why, 0, "try again later", "out of memory%s", "");
	m = add_member(g, name);
	if (m) {
		begin_epoch(g);
		cv_group_changed(g);
	}
	return m;
}

int cv_groups_join(struct cv_groups *groups, const char *group, const char *name,
		   struct cv_event_query *query, struct cv_http_refusal *why)
{
	struct cv_group *g = cv_group_find(groups, group);
	struct cv_group_member *m;
	int res = 0;

	if (!g)
		return refuse(why, -ENOENT, "ask again", "group '%.63s' was removed", group);
	m = enter(g, name, query, &res, why);
	if (!m)
		return res;
	query->member = &m->share;
	return 0;
}

void cv_groups_attach(struct cv_event_member *member, struct cv_event_stream *stream)
{
	((struct cv_group_member *)(void *)member)->stream = stream;
}

static bool is_given(const struct cv_event_member *m, const struct cv_cursor *at)
{
	for (unsigned int lane = 0; lane < CV_LANE_COUNT; lane++) {
		if (at->next[lane] > m->read.next[lane])
			return false;
	}
	return true;
}

int cv_groups_ack(struct cv_groups *groups, const char *group, const char *cursor,
		  struct cv_group_ack *ret, struct cv_http_refusal *why)
{
	struct cv_group *g = cv_group_find(groups, group);
	struct cv_group_member *m = g ? g->members : NULL;
	struct cv_member_cursor at;

	if (!g)
		return refuse(why, -ENOENT, "GET /v1/groups lists all", "no group '%.63s'", group);
	if (cv_member_cursor_parse(cursor, &at) < 0 || at.epoch == 0)
		return refuse(why, -EINVAL,
			      "give the cursor of an event of this group as it was given",
			      "bad value '%.100s' for cursor", cursor);
	while (m && (m->share.start.epoch != at.epoch || m->share.start.slot != at.slot))
		m = m->next;
	if (!m)
		return refuse(why, -ESTALE,
			      "what was not acknowledged comes again: acknowledge that",
			      "the members of group '%.63s' have changed since", group);
	if (!is_given(&m->share, &at.at))
		return refuse(why, -EINVAL, "acknowledge what was received",
			      "the cursor '%.100s' is ahead of what was given", cursor);
	for (unsigned int lane = 0; lane < CV_LANE_COUNT; lane++) {
		if (at.at.next[lane] > m->share.acked.next[lane])
			m->share.acked.next[lane] = at.at.next[lane];
	}
	m->expires_ns = cv_loop_mono_ns(groups->loop) + CV_GROUP_SESSION_NS;
	if (cv_group_advance(g)) {
		g->image.acked_ns = cv_loop_wall_ns(groups->loop);
		cv_group_changed(g);
	}
	*ret = (struct cv_group_ack){.cursor = g->image.cursor, .change = g->change};
	return 0;
}

int cv_groups_remove(struct cv_groups *groups, const char *group)
{
	struct cv_group *g = cv_group_find(groups, group);
	struct cv_group_member *m, *next;

	if (!g)
		return -ENOENT;
	for (m = g->members; m; m = next) {
		next = m->next;
		m->group = NULL;
		if (m->stream)
			cv_event_stream_end(m->stream);
		else
			free(m);
	}
	g->members = NULL;
	snprintf(g->gone, sizeof(g->gone), "%s", g->image.name);
	g->image.name[0] = '\0';
	cv_group_changed(g);
	cv_groups_hold(groups);
	return 0;
}
