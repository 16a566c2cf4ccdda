/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Heads of HTTP/1.1 (RFC 9112) and of what is written like it: SIP (RFC 3261), RTSP. A start line,
 * fields, an empty line. Pieces point into the text.
 */
#ifndef CV_HTTP_HEAD_H
#define CV_HTTP_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Longest head, bytes. */
#define CV_HTTP_HEAD_MAX 4000

struct cv_http_text {
	const uint8_t *data;
	size_t len;
};

struct cv_http_head {
	struct cv_http_text method, target; /* of a request */
	unsigned int status; /* of an answer, 0 = a request */
	struct cv_http_text reason;
	struct cv_http_text fields;
	size_t len; /* of all, the empty line included */
};

/** Outcomes of cv_http_head(). */
enum cv_http { CV_HTTP_BAD = -1, CV_HTTP_MORE, CV_HTTP_OK };

/**
 * Read a head.
 *
 * @param version how the version begins: "HTTP/1.", "SIP/2.0".
 * @param ret filled as far as it goes; the start line is valid once fields.data is set.
 */
enum cv_http cv_http_head(struct cv_http_head *ret, const char *version, const uint8_t *data,
			  size_t len);

/**
 * Value of a field, white space around it taken off.
 *
 * @param name in any case.
 * @param brief its one-letter form, 0 = none.
 */
bool cv_http_field(const struct cv_http_head *h, const char *name, char brief,
		   struct cv_http_text *ret);

/** Content-Length; @return 1 it is there, 0 not, -1 malformed. */
int cv_http_length(const struct cv_http_head *h, char brief, size_t *ret);

/** Does @p text have @p word in it, in any case? */
bool cv_http_has(struct cv_http_text text, const char *word);
/** Where @p word is in @p text, in its own case; NULL = nowhere. */
const uint8_t *cv_text_find(struct cv_http_text text, const char *word);

/**
 * Text of the first XML element of this local name in @p xml: what is between its tag and the next,
 * white space around it taken off.
 *
 * @param rest set to what is behind the tag, where true.
 */
bool cv_xml_text(struct cv_http_text xml, const char *name, struct cv_http_text *ret,
		 struct cv_http_text *rest);

#endif
