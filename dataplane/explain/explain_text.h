/* SPDX-License-Identifier: Apache-2.0 */
/* Parts of layouts of text protocols: heads as of HTTP (RFC 9112) and SIP, XML. */
#ifndef CV_EXPLAIN_TEXT_H
#define CV_EXPLAIN_TEXT_H

#include "dataplane/explain/explain.h"

/** What the fields of a head say of the body. */
struct cv_explain_head {
	bool stated, chunked;
	size_t len; /* of the body, where stated */
};

/** Start line, fields and the empty line, a field of the explanation each. */
struct cv_explain_head cv_explain_head(struct cv_explain *x);
/** The next @p len bytes, XML element by element where they are XML, else as text. */
void cv_explain_body(struct cv_explain *x, size_t len);
/** A whole message of HTTP. */
void cv_explain_http(struct cv_explain *x);

#endif
