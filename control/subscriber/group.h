/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Consumer groups: a group is a durable cursor with a name. Its members share the events by
 * device; what one of them has not acknowledged when it leaves is given again, to whoever has its
 * share then. Whenever members come or go a new epoch begins: all go on from the group's cursor,
 * and what is acknowledged with a cursor of an older epoch is refused, because shares have moved.
 * One thread (control's loop).
 */
#ifndef CV_GROUP_H
#define CV_GROUP_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "control/eventlog/eventlog.h"
#include "control/loop/loop.h"
#include "control/subscriber/event_member.h"
#include "control/subscriber/event_query.h"
#include "control/subscriber/event_stream.h"
#include "control/subscriber/http_refusal.h"

/** Most members of a group. */
#define CV_GROUP_MEMBERS_MAX 64
/**
 * How long the share of somebody who asks batch by batch is kept, and how long the last member may
 * acknowledge after its stream has ended, ns.
 */
#define CV_GROUP_SESSION_NS UINT64_C(30000000000)

/** Most groups that one principal may make: one alone does not use up all there are. */
#define CV_GROUPS_OF_ONE 32

struct cv_groups;

/**
 * @param path of the file (group_file.h).
 * @param why set on failure to a sentence with the remedy; valid until the next call.
 * @return 0 or negative errno.
 */
int cv_groups_create(struct cv_loop *loop, struct cv_eventlog *log, const char *path,
		     struct cv_groups **ret, const char **why);

/** Write what is to be written; turns the loop: not from inside a completion. NULL is fine. */
void cv_groups_destroy(struct cv_groups *groups);

/**
 * Make the group at the query's from, unless there is one. Until it is on stable storage nobody may
 * join: a group that was forgotten would begin somewhere else.
 *
 * @param maker id of the principal that asks, below CV_GROUP_MAKER_SIZE bytes; it may make
 * CV_GROUPS_OF_ONE. NULL = somebody on the machine, who may make them all.
 * @return 0; -EINPROGRESS: ask again soon; -EDQUOT, -ENOSPC or -ENOMEM with @p why filled.
 */
int cv_groups_prepare(struct cv_groups *groups, const char *group,
		      const struct cv_event_query *query, const char *maker,
		      struct cv_http_refusal *why);

/**
 * Become a member, of a group that is prepared, for a stream that is about to be made: sets the
 * query's member and where it begins.
 *
 * @param name member that comes again and again (long poll), NULL = one for this stream only.
 * @return 0; -ENOENT, -EBUSY or -ENOMEM with @p why filled.
 */
int cv_groups_join(struct cv_groups *groups, const char *group, const char *name,
		   struct cv_event_query *query, struct cv_http_refusal *why);

/** The stream of the member that cv_groups_join() made; it leaves through left(). */
void cv_groups_attach(struct cv_event_member *member, struct cv_event_stream *stream);

/** What became of an acknowledgement. */
struct cv_group_ack {
	struct cv_cursor cursor; /* of the group */
	uint64_t change; /* for cv_groups_is_durable() */
};

/**
 * Acknowledge everything up to a cursor that an event of the group came with.
 *
 * @return 0; -ENOENT: no such group; -EINVAL: no cursor, or one that was not given yet; -ESTALE:
 *         the members have changed since; @p why filled.
 */
int cv_groups_ack(struct cv_groups *groups, const char *group, const char *cursor,
		  struct cv_group_ack *ret, struct cv_http_refusal *why);

/** Whether a change is on stable storage. */
bool cv_groups_is_durable(const struct cv_groups *groups, const char *group, uint64_t change);
/** Whether it is that the group has been removed. */
bool cv_groups_is_gone(const struct cv_groups *groups, const char *group);

/** Forget a group. Its members' streams end. @return 0 or -ENOENT. */
int cv_groups_remove(struct cv_groups *groups, const char *group);

/**
 * [{"name", "cursor", "lanes", "lag", "created", "acked", "members": [{"slot", "name", "lag"}]}];
 * lag in events, times in seconds since the Unix epoch.
 *
 * @param scope lanes beyond it are as if they were not there; NULL = all.
 * @param own those groups only that the scope is for.
 * @return a new reference, NULL when memory is short.
 */
json_t *cv_groups_json(const struct cv_groups *groups, const struct cv_scope *scope, bool own);

/** A cursor as somebody may see it: 0 for lanes beyond the scope. */
void cv_group_cursor_format(const struct cv_cursor *cursor, const struct cv_scope *scope,
			    char text[CV_CURSOR_TEXT_MAX]);

/** Groups whose slot in the file was damaged and who are lost. */
unsigned int cv_groups_damaged(const struct cv_groups *groups);

#endif
