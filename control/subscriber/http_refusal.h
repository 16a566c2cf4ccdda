/* SPDX-License-Identifier: Apache-2.0 */
/* Why a request is refused, for whoever sent it. */
#ifndef CV_HTTP_REFUSAL_H
#define CV_HTTP_REFUSAL_H

/** The two members of the answer. */
struct cv_http_refusal {
	char error[320];
	char hint[320];
};

/**
 * "unknown lane 'alram', did you mean 'alarm'?" with everything allowed as the hint.
 *
 * @param name_of gives the @p count words that are known.
 * @return -EINVAL.
 */
int cv_http_refuse_word(struct cv_http_refusal *why, const char *what, const char *word,
			const char *allowed, const char *(*name_of)(unsigned int),
			unsigned int count);

/** "bad value 'x' for count" and what to give instead. @return -EINVAL. */
int cv_http_refuse_value(struct cv_http_refusal *why, const char *key, const char *value,
			 const char *hint);

#endif
