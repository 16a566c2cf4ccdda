/* SPDX-License-Identifier: Apache-2.0 */
/* What is written like HTTP: TR-069 and ONVIF (XML in HTTP), discovery of ONVIF (XML alone), SIP. */
#include "dataplane/explain/explain_text.h"

void cv_explain_cwmp(struct cv_explain *x);
void cv_explain_onvif(struct cv_explain *x);
void cv_explain_sip(struct cv_explain *x);

void cv_explain_cwmp(struct cv_explain *x)
{
	cv_explain_http(x);
}

void cv_explain_onvif(struct cv_explain *x)
{
	if (x->stream)
		cv_explain_http(x);
	else
		cv_explain_body(x, cv_explain_left(x));
}

/* RFC 3261 7.5: lines between messages; 18.3: over UDP what is left is the body. */
void cv_explain_sip(struct cv_explain *x)
{
	struct cv_explain_head h;
	size_t left;

	while (cv_explain_peek(x, 0) == '\r' || cv_explain_peek(x, 0) == '\n')
		if (cv_explain_line(x, "line between messages") != 0)
			break;
	if (cv_explain_left(x) == 0)
		return;
	h = cv_explain_head(x);
	left = cv_explain_left(x);
	cv_explain_body(x, h.stated ? h.len : x->stream ? 0 : left);
	if (h.stated && left < h.len)
		cv_explain_take(x, h.len - left, "more of the body");
}
