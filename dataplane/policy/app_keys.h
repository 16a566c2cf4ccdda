/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a policy can say about a protocol's messages. One list, app_key_list.h, feeds the policy
 * parser, its documentation and `policy explain`. Slow path.
 */
#ifndef CV_APP_KEYS_H
#define CV_APP_KEYS_H

#include "dataplane/policy/app.h"

/* How a value is written; cv_app_syntax_text() says it to people. */
#define CV_APP_SYNTAXES(X)                                                                         \
	X(NUMBERS, "a number, a range FROM-TO, or a name")                                         \
	X(REGISTERS, "[UNITS/]TABLE[.FROM[-TO]], TABLE one of coil, discrete, input, holding")     \
	X(TOPIC, "a topic filter: + is one level, a last # all below, %c the client id")           \
	X(PATH, "a path without leading /: + is one segment, a last # all below")                  \
	X(NAME, "a name in which * stands for any characters")

#define CV_APP_SYNTAX_ROW(id, text) CV_APP_SYNTAX_##id,
enum cv_app_syntax { CV_APP_SYNTAXES(CV_APP_SYNTAX_ROW) CV_APP_SYNTAX_COUNT };

struct cv_app_key {
	uint8_t proto; /* enum cv_proto */
	uint8_t kind; /* enum cv_app_kind */
	uint8_t syntax; /* enum cv_app_syntax */
	uint16_t closes; /* bit per enum cv_app_kind */
	uint32_t min, max; /* of a number */
	const char *name;
	const char *help;
};

/** All keys. @param ret_count their number. */
const struct cv_app_key *cv_app_keys(size_t *ret_count);
/** The key of a protocol by name, or NULL. */
const struct cv_app_key *cv_app_key_find(unsigned int proto, const char *name, size_t len);
const char *cv_app_syntax_text(unsigned int syntax);
/** What the protocol's identity is called, NULL when its messages carry none. */
const char *cv_app_identity_name(unsigned int proto);

/** Name of a number under a key ("write-single-coil", "put"), NULL when it has none. */
const char *cv_app_number_name(const struct cv_app_key *key, uint32_t number);

/**
 * Read one value of a key of syntax NUMBERS or REGISTERS.
 *
 * @param ret sorted and merged by nobody; set on success.
 * @param why what is wrong, a phrase that follows the value. Set on failure.
 * @return 0 or -EINVAL.
 */
int cv_app_range_parse(const struct cv_app_key *key, const char *text, size_t len,
		       struct cv_app_range *ret, const char **why);

#endif
