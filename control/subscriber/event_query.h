/* SPDX-License-Identifier: Apache-2.0 */
/* What a subscriber asks for: the parameters of /v1/events (docs/subscriber/README.md). */
#ifndef CV_EVENT_QUERY_H
#define CV_EVENT_QUERY_H

#include <stdbool.h>
#include <stdint.h>

#include "control/access/scope.h"
#include "control/projection/projection.h"
#include "control/subscriber/cursor.h"
#include "control/subscriber/event_filter.h"
#include "control/subscriber/event_member.h"
#include "control/subscriber/event_slow.h"
#include "control/subscriber/group_file.h"
#include "control/subscriber/http_query.h"
#include "control/subscriber/http_refusal.h"
#include "dataplane/normalize/record.h"

/** Events of a batch: without max=, and at most. */
#define CV_BATCH_EVENTS 500
#define CV_BATCH_EVENTS_MAX 10000
/** Time that a batch waits for its first event: without wait=, and at most, ms. */
#define CV_BATCH_WAIT_MS 20000
#define CV_BATCH_WAIT_MAX_MS 300000

enum cv_event_from { CV_FROM_EARLIEST, CV_FROM_LATEST, CV_FROM_SEQUENCE, CV_FROM_TIME };

struct cv_event_query {
	enum cv_event_format format;
	enum cv_event_from from;
	struct cv_cursor cursor; /* CV_FROM_SEQUENCE */
	int64_t from_ns; /* CV_FROM_TIME, ns since the Unix epoch */
	uint32_t lanes; /* bit per enum cv_lane */
	bool follow; /* wait for events to come */
	uint64_t limit; /* events, 0 = no limit */
	struct cv_event_filter *filter; /* owned; NULL = everything */
	struct cv_event_member *member; /* owned; NULL = of no group */
	char group[CV_GROUP_NAME_MAX + 1]; /* "" = none */
	char name[CV_GROUP_NAME_MAX + 1]; /* of the member, for batches */
	struct cv_event_slow slow;
	uint64_t wait_ns; /* for the first event of a batch */
	const struct cv_scope *scope; /* not owned; NULL = everything */
	const struct cv_registry_live *registry; /* not owned; NULL = nothing is told of devices */
};

/**
 * Owner of what it holds is whoever has it: cv_event_query_release(), or a stream made from it.
 *
 * @param accept, last_event_id header values, "" when absent. Last-Event-ID goes before from.
 * @return 0, or -EINVAL with @p why filled.
 */
int cv_event_query_parse(const struct cv_http_query *q, const char *accept,
			 const char *last_event_id, struct cv_event_query *ret,
			 struct cv_http_refusal *why);

/** The same for one batch: the parameters of /v1/events/batch. */
int cv_event_query_parse_batch(const struct cv_http_query *q, const char *accept,
			       struct cv_event_query *ret, struct cv_http_refusal *why);

void cv_event_query_release(struct cv_event_query *q);

/**
 * Tell events with what the registry knows, and look there for areas and tags.
 *
 * @param live NULL = there is none; must outlive the query.
 * @return 0; with @p why filled -EINVAL: it is asked for and there is none, -EBUSY: not yet read.
 */
int cv_event_query_set_registry(struct cv_event_query *q, const struct cv_registry_live *live,
				struct cv_http_refusal *why);

/** Whether a record of a selected lane is wanted. Gap records are, whatever the filters say. */
bool cv_event_query_matches(const struct cv_event_query *q, const struct cv_record *rec);

/** Keep what is wanted within what may be seen; lanes beyond it are as if they were not there. */
void cv_event_query_limit(struct cv_event_query *q, const struct cv_scope *scope);

/**
 * What is seen of a record of a selected lane.
 *
 * @return NULL: it is not wanted, or may not be seen; else as cv_scope_see().
 */
const struct cv_record *cv_event_query_see(const struct cv_event_query *q,
					   const struct cv_record *rec);

/**
 * Devices without which cv_event_query_see() is NULL, gap records aside: to ask this first is quicker.
 *
 * @return NULL: the device alone does not say.
 */
const struct cv_glob_list *cv_event_query_devices(const struct cv_event_query *q);

/**
 * Time as RFC 3339 ("2026-05-04T03:02:01.5+08:00") or as seconds since the Unix epoch.
 *
 * @param ret_ns ns since the Unix epoch.
 * @return 0 or -EINVAL.
 */
int cv_event_time_parse(const char *text, int64_t *ret_ns);

#endif
