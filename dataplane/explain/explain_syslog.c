/* SPDX-License-Identifier: Apache-2.0 */
/* Syslog: RFC 5424 section 6, RFC 3164 section 4; counted or by line in streams (RFC 6587 3.4). */
#include <ctype.h>

#include "dataplane/explain/explain.h"

void cv_explain_syslog(struct cv_explain *x);

#define STAMP 15 /* "Apr  5 12:56:51" */

/* Bytes up to and with the next @p stop, or all. */
static size_t until(const struct cv_explain *x, char stop)
{
	size_t n = 0, left = cv_explain_left(x);

	while (n < left && cv_explain_peek(x, n) != (uint8_t)stop)
		n++;
	return n < left ? n + 1 : n;
}

/* A word with the blank behind it. */
static void word(struct cv_explain *x, size_t len, const char *name)
{
	const uint8_t *at = x->data + x->at;

	cv_explain_text(x, len, name);
	if (len > 1 && len < 150 && !x->failed)
		cv_explain_value(x, "%.*s", (int)(len - (at[len - 1] == ' ')), (const char *)at);
}

static void priority(struct cv_explain *x)
{
	static const char *const severities[] = {"emergency", "alert",	"critical", "error",
						 "warning",   "notice", "info",	    "debug"};
	static const char *const facilities[] = {
		"kern",	  "user",   "mail",	"daemon", "auth",   "syslog", "lpr",	"news",
		"uucp",	  "cron",   "authpriv", "ftp",	  "ntp",    "audit",  "alert",	"clock",
		"local0", "local1", "local2",	"local3", "local4", "local5", "local6", "local7"};
	size_t len = until(x, '>');
	unsigned int pri = 0;

	for (size_t i = 1; i + 1 < len && i < 4; i++)
		pri = pri * 10 + (cv_explain_peek(x, i) - (unsigned int)'0');
	cv_explain_text(x, len, "priority");
	cv_explain_meaning(x, "%s, %s", CV_EXPLAIN_NAME(facilities, pri >> 3, "wrong: above 191"),
			   severities[pri & 7]);
}

/* "[id name=\"value\"]...", or "-". */
static size_t data_len(const struct cv_explain *x)
{
	bool quoted = false, open = false;
	size_t n = 0, left = cv_explain_left(x);

	for (; n < left; n++) {
		uint8_t c = cv_explain_peek(x, n);

		if (quoted && c == '\\')
			n++;
		else if (c == '"')
			quoted = !quoted;
		else if (!quoted && (c == '[' || c == ']'))
			open = c == '[';
		else if (!open && c == ' ')
			return n + 1;
	}
	return left;
}

static void rfc5424(struct cv_explain *x)
{
	word(x, until(x, ' '), "version");
	word(x, until(x, ' '), "time");
	word(x, until(x, ' '), "host");
	word(x, until(x, ' '), "application");
	word(x, until(x, ' '), "process");
	word(x, until(x, ' '), "message id");
	word(x, data_len(x), "structured data");
}

/* Each part may be missing: a time has colons in their places, a tag ends with one. */
static void rfc3164(struct cv_explain *x)
{
	size_t space, colon;

	if (cv_explain_peek(x, 3) == ' ' && cv_explain_peek(x, 9) == ':' &&
	    cv_explain_peek(x, 12) == ':') {
		word(x, STAMP + (cv_explain_peek(x, STAMP) == ' '), "time");
		space = until(x, ' ');
		if (space >= 2 && cv_explain_peek(x, space - 2) != ':')
			word(x, space, "host");
	}
	space = until(x, ' ');
	colon = until(x, ':');
	if (colon < space || (colon == space - 1 && space > 1))
		cv_explain_text(x, colon, "tag");
}

void cv_explain_syslog(struct cv_explain *x)
{
	size_t whole = x->len, len = 0;

	if (x->stream && isdigit(cv_explain_peek(x, 0))) {
		for (size_t i = 0; isdigit(cv_explain_peek(x, i)) && i < 6; i++)
			len = len * 10 + (cv_explain_peek(x, i) - (size_t)'0');
		cv_explain_text(x, until(x, ' '), "length");
		if (len > cv_explain_left(x)) {
			cv_explain_text(x, len, "message");
			return;
		}
		whole = cv_explain_narrow(x, len);
	} else if (x->stream) {
		whole = cv_explain_narrow(x, until(x, '\n'));
	}
	if (cv_explain_peek(x, 0) == '<') {
		priority(x);
		if (cv_explain_peek(x, 0) == '1' && cv_explain_peek(x, 1) == ' ')
			rfc5424(x);
		else
			rfc3164(x);
	}
	if (cv_explain_left(x) != 0)
		cv_explain_text(x, cv_explain_left(x), "text");
	x->len = whole;
}
