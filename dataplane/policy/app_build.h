/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Put the section `apps` of a generation together: for the policy compiler and for tests. Slow
 * path; one thread per builder.
 *
 *     cv_app_build_begin(b, &(struct cv_app){.proto = CV_PROTO_MODBUS});
 *     cv_app_build_value(b, cv_app_key_find(CV_PROTO_MODBUS, "read", 4), "holding.0-99", 12, &why);
 *     cv_app_build_end(b, &rule.app, &answer_rule.app);
 *
 * The first of the two is for the keys of a rule that lead to the service, the second for the keys
 * that lead back: both must be set, or the way back is open for anything.
 */
#ifndef CV_APP_BUILD_H
#define CV_APP_BUILD_H

#include "dataplane/policy/app.h"
#include "dataplane/policy/app_keys.h"

struct cv_app_build;

/** @return 0 or -ENOMEM. */
int cv_app_build_create(struct cv_app_build **ret);
/** NULL is fine. */
void cv_app_build_destroy(struct cv_app_build *b);

/** A limit of messages; apps with the same number share it. Never 0. */
uint32_t cv_app_build_meter(struct cv_app_build *b);

/**
 * Begin the constraints of one rule.
 *
 * @param like proto, flags (without CV_APP_ANSWERS), meter, cost and burst; the rest is ignored.
 */
void cv_app_build_begin(struct cv_app_build *b, const struct cv_app *like);
/**
 * The rule has this key, perhaps with no value at all: then nothing of its kind is allowed.
 *
 * @return 0 or -EINVAL, the key is of another protocol.
 */
int cv_app_build_key(struct cv_app_build *b, const struct cv_app_key *key);
/**
 * One value of a key.
 *
 * @param why what is wrong, a phrase that follows the value; set with -EINVAL.
 * @return 0; -EINVAL; -E2BIG more values than one list may have; -ENOMEM.
 */
int cv_app_build_value(struct cv_app_build *b, const struct cv_app_key *key, const char *text,
		       size_t len, const char **why);
/**
 * @param ret_app for cv_rule.app towards the service.
 * @param ret_answers for cv_rule.app of what comes back.
 * @return 0; -E2BIG too many apps; -ENOMEM.
 */
int cv_app_build_end(struct cv_app_build *b, uint16_t *ret_app, uint16_t *ret_answers);
/** The same constraints with another limit: for a limit that each of several groups has. */
int cv_app_build_again(struct cv_app_build *b, uint16_t app, uint32_t meter, uint16_t *ret_app);

/**
 * Bind an identity to a place. The same identity may be said twice with the same place.
 *
 * @return 0; -EINVAL the protocol has no identities, or it is empty or longer than
 *         CV_APP_TEXT_MAX; -E2BIG; -ENOMEM.
 */
int cv_app_build_identity(struct cv_app_build *b, unsigned int proto, const void *id, size_t len,
			  const struct cv_binding *place);

/** Nothing was added: the generation needs no section. */
bool cv_app_build_empty(const struct cv_app_build *b);

/**
 * Lay out and check.
 *
 * @param ret the section; the caller frees it with free().
 * @param ret_twice with -EEXIST: text of an identity that has two places, in @p b.
 * @return 0; -EEXIST; -EFBIG larger than 4 GiB; -ENOMEM.
 */
int cv_app_build_finish(struct cv_app_build *b, struct cv_apps **ret,
			struct cv_app_pattern *ret_twice);
/** The text that a pattern of finish() refers to. */
const char *cv_app_build_text(const struct cv_app_build *b, struct cv_app_pattern p);

#endif
