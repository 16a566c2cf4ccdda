/* SPDX-License-Identifier: Apache-2.0 */
/* The part of a request target behind '?': key=value pairs, decoded (WHATWG URL 5.1). */
#ifndef CV_HTTP_QUERY_H
#define CV_HTTP_QUERY_H

#include <stdbool.h>
#include <stddef.h>

#define CV_HTTP_TARGET_MAX 2048 /* longest request target, bytes; longer is 414 */
#define CV_HTTP_PARAMS_MAX 16

struct cv_http_param {
	const char *key;
	const char *value; /* "" when there was no '=' */
};

struct cv_scope;

/** On whose behalf something is asked. */
struct cv_http_asker {
	const struct cv_scope *scope; /* NULL = everything may be seen */
	bool node; /* also the node's documents */
	bool out_of_scope; /* the answer hides something that is there, for the audit trail */
};

struct cv_http_query {
	struct cv_http_asker *asker; /* NULL = one who may see everything */
	struct cv_http_param param[CV_HTTP_PARAMS_MAX]; /* in order */
	unsigned int count;
	char text[CV_HTTP_TARGET_MAX]; /* what they point into */
};

/**
 * Split and decode: '+' is a space, %XX a byte.
 *
 * @return 0, -EINVAL (bad %XX, or %00), -E2BIG (too many or too long).
 */
int cv_http_query_parse(const char *text, size_t len, struct cv_http_query *ret);

/** Value of the first parameter with that key, or NULL. */
const char *cv_http_query_get(const struct cv_http_query *q, const char *key);

/** What whoever asks may see, NULL = everything. */
const struct cv_scope *cv_http_query_scope(const struct cv_http_query *q);
/** Whether whoever asks may read the node's documents. */
bool cv_http_query_is_for_node(const struct cv_http_query *q);

/** Somebody asked for something that is there, by its name, and is told that it is not. */
void cv_http_query_hide(const struct cv_http_query *q);

#endif
