/* SPDX-License-Identifier: Apache-2.0 */
/* Between group.c (groups and their file) and group_member.c (who shares them). */
#ifndef CV_GROUP_PRIVATE_H
#define CV_GROUP_PRIVATE_H

#include "control/subscriber/group.h"
#include "control/subscriber/group_file.h"

#define TICK_NS UINT64_C(1000000000)

struct cv_group_member {
	struct cv_event_member share; /* first: what the stream knows */
	struct cv_group *group; /* NULL = it was removed */
	struct cv_group_member *next;
	struct cv_event_stream *stream; /* NULL = not connected */
	uint64_t expires_ns; /* while not connected, monotonic */
	char name[CV_GROUP_NAME_MAX + 1]; /* of one who comes again and again; "" = of a stream */
};

struct cv_group {
	struct cv_groups *groups;
	unsigned int slot; /* in the file */
	struct cv_group_image image; /* as it is now; without name the slot is free */
	struct cv_group_image written; /* being written, or as it was written last */
	uint64_t change, writing, durable; /* changes: made, being written, on stable storage */
	uint64_t made; /* the change that made it, 0 = it was there */
	char gone[CV_GROUP_NAME_MAX + 1]; /* name of what was removed from this slot */
	int write_res;
	struct cv_op write, done;
	struct cv_group_member *members;
	uint64_t wanted; /* fingerprint of what the members ask for */
};

struct cv_groups {
	struct cv_loop *loop;
	struct cv_eventlog *log;
	int fd;
	struct cv_op tick;
	uint64_t ticks;
	uint64_t epoch; /* of the last change of members */
	unsigned int damaged;
	bool stopping;
	struct cv_group *group[CV_GROUPS_MAX]; /* NULL = never used */
};

struct cv_group *cv_group_find(const struct cv_groups *groups, const char *name);
struct cv_group *cv_group_alloc(struct cv_groups *groups, unsigned int slot);
/** Move the cursor to where all members are through. @return whether it moved. */
bool cv_group_advance(struct cv_group *g);
/** The image has changed: write it. */
void cv_group_changed(struct cv_group *g);
/** Let go of members that are not connected and have not come back in time. */
void cv_group_expire(struct cv_group *g, uint64_t now_ns);
void cv_groups_hold(struct cv_groups *groups);

#endif
