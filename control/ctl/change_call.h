/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the calls that change a policy or the node's configuration have in common: who asks, what must
 * be in force before (If-Match), the time to confirm, and an answer that is waited for. And parameters
 * that resources of both take.
 */
#ifndef CV_CHANGE_CALL_H
#define CV_CHANGE_CALL_H

#include <jansson.h>

#include "control/subscriber/http_server.h"

/** Of every change. */
struct cv_change_head {
	uint64_t id; /* of the call */
	const char *who;
	uint64_t expect; /* number that must be in force, 0 = any */
	uint64_t confirm_ns; /* 0 = no confirmation is asked for */
};

/** How one kind of change is made. */
struct cv_change_kind {
	const char *bad_match; /* refusal of an If-Match that is no number */
	uint64_t lost_ns; /* so long after the call its answer is not coming any more */
	/**
	 * @param request of cv_change_call(), to be begun.
	 * @return a refusal with *ret_status set, NULL: it is under way.
	 */
	json_t *(*begin)(void *owner, void *request, const struct cv_change_head *head,
			 int *ret_status);
	/** @return what became of the call, NULL: it is still under way. */
	json_t *(*answer)(void *owner, uint64_t id, int *ret_status);
};

/** Begin the change of a call, or look what became of it. For a route's change(). */
json_t *cv_change_call(const struct cv_change_kind *kind, void *owner, void *request,
		       const struct cv_http_call *call, struct cv_http_answer *answer);

/** Refuse a call with status 400. */
json_t *cv_change_refuse(struct cv_http_answer *answer, const char *error, const char *hint);

/** A whole number of the query; @p ret stays as it is when it is not there. @return false: it is none. */
bool cv_query_number(const struct cv_http_query *query, const char *key, uint64_t *ret);

/** How many entries of a trail are asked for. */
unsigned int cv_query_limit(const struct cv_http_query *query);

/** The document that refuses a parameter. */
json_t *cv_query_bad_value(const char *what);

#endif
