/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which records a subscriber wants: compiled once from the parameters of the request, evaluated on
 * the record itself. A filter is a row here and two functions in event_filter.c; all rows that are
 * given must match.
 */
#ifndef CV_EVENT_FILTER_H
#define CV_EVENT_FILTER_H

#include <stdbool.h>
#include <stdint.h>

#include "control/registry/live.h"
#include "control/subscriber/http_refusal.h"
#include "control/text/glob_list.h"
#include "dataplane/normalize/record.h"

/* In the order of their cost. id is also the parameter. */
#define CV_EVENT_FILTERS(X)                                                                        \
	X(type) /* kinds */                                                                        \
	X(quality) /* of the value, as stated */                                                   \
	X(protocol)                                                                                \
	X(area) /* beginnings of codes, by the registry */                                         \
	X(tag) /* of the registry */                                                               \
	X(name) /* canonical or raw, globs */                                                      \
	X(device) /* URN, globs */

struct cv_event_filter;

/** What a parameter is taken into. */
struct cv_event_filter_parse {
	struct cv_event_filter *filter; /* NULL = lets everything pass; made by the first row */
	struct cv_http_refusal *why;
};

/** Take one parameter; @p parse is a struct cv_event_filter_parse. @return 0 or -EINVAL. */
#define CV_EVENT_FILTER_TAKE(id) int cv_event_filter_take_##id(void *parse, const char *value);
CV_EVENT_FILTERS(CV_EVENT_FILTER_TAKE)

/** Whether it asks for areas or tags: before it is used it needs the registry. NULL is fine. */
bool cv_event_filter_needs_registry(const struct cv_event_filter *f);
/** @param live must outlive the filter. */
void cv_event_filter_set_registry(struct cv_event_filter *f, const struct cv_registry_live *live);

/** Whether a record passes. @param f NULL lets everything pass. */
bool cv_event_filter_matches(const struct cv_event_filter *f, const struct cv_record *rec);

/** The devices that it asks for, NULL = any. @param f NULL is fine. */
const struct cv_glob_list *cv_event_filter_devices(const struct cv_event_filter *f);

/** Memory of a filter, bytes. */
uint64_t cv_event_filter_size(const struct cv_event_filter *f);

/** The same for filters that were given the same; 0 for none. */
uint64_t cv_event_filter_fingerprint(const struct cv_event_filter *f);

/** NULL is fine. */
void cv_event_filter_free(struct cv_event_filter *f);

/**
 * A list of names to a set of bits.
 *
 * @param key parameter, for the refusal.
 * @param list all names as in ", a, b".
 * @return 0; -EINVAL with @p why filled: parameter, position and remedy.
 */
int cv_event_filter_names(struct cv_http_refusal *why, const char *key, const char *value,
			  const char *list, const char *(*name_of)(unsigned int),
			  unsigned int count, uint64_t *ret);

#endif
