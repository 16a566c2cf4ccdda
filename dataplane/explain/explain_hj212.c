/* SPDX-License-Identifier: Apache-2.0 */
/* HJ 212-2017, 6.3: "##", length, data segment, check code, CR LF. */
#include <stdio.h>
#include <string.h>

#include "dataplane/decode/hj212.h"
#include "dataplane/decode/hj212_crc.h"
#include "dataplane/explain/explain.h"
#include "dataplane/normalize/vocabulary.h"

void cv_explain_hj212(struct cv_explain *x);

/* Header fields (6.3.3). */
static const char *header(const char *key)
{
	static const char *const names[][2] = {
		{"QN", "request number: when it was made"},
		{"ST", "system type"},
		{"CN", "command number"},
		{"PW", "password"},
		{"MN", "device identity"},
		{"Flag", "version, packet numbers (2), answer wanted (1)"},
		{"PNUM", "packets in all"},
		{"PNO", "number of this packet"},
		{"DataTime", "time of the data, Beijing"},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(key, names[i][0]) == 0)
			return names[i][1];
	return NULL;
}

/* "a34004-Rtd": the factor's name and unit. */
static void explain_factor(struct cv_explain *x, const char *key)
{
	const char *dash = strchr(key, '-');
	const struct hj212_factor *f = dash ? hj212_factor(key, (size_t)(dash - key)) : NULL;

	if (f != NULL && f->name != CV_NAME_NONE)
		cv_explain_meaning(x, "%s, %s", cv_name_text(f->name), dash + 1);
	else if (dash != NULL)
		cv_explain_meaning(x, "factor without a name, %s", dash + 1);
}

/* KEY=VALUE up to a separator, which belongs to it. */
static void item(struct cv_explain *x, size_t end)
{
	size_t len = 0, key_len = 0;
	const uint8_t *at = x->data + x->at;
	char key[40];

	while (x->at + len < end && at[len] != ';' && at[len] != ',' && at[len] != '&')
		len++;
	while (key_len < len && key_len + 1 < sizeof(key) && at[key_len] != '=')
		key_len++;
	snprintf(key, sizeof(key), "%.*s", (int)key_len, (const char *)at);
	len += x->at + len < end && at[len] != '&';
	cv_explain_text(x, len, key);
	if (strcmp(key, "PW") == 0)
		cv_explain_withhold(x);
	if (strcmp(key, "CN") == 0) {
		const struct hj212_command *c = hj212_command(0);
		unsigned int cn = 0;

		sscanf((const char *)at, "CN=%4u", &cn);
		c = hj212_command((uint16_t)cn);
		cv_explain_meaning(x, "command number%s%s", c->name ? ": " : "",
				   c->name ? c->name : "");
	} else if (header(key) != NULL) {
		cv_explain_meaning(x, "%s", header(key));
	} else {
		explain_factor(x, key);
	}
}

static void segment(struct cv_explain *x, size_t end)
{
	cv_explain_begin(x, "data segment");
	while (x->at < end && !x->failed) {
		if (end - x->at >= 5 && memcmp(x->data + x->at, "CP=&&", 5) == 0)
			cv_explain_text(x, 5, "CP");
		else if (end - x->at >= 2 && memcmp(x->data + x->at, "&&", 2) == 0)
			cv_explain_text(x, 2, "end of CP");
		else if (x->data[x->at] == '&')
			cv_explain_text(x, 1, "&");
		else
			item(x, end);
	}
	cv_explain_end(x);
}

void cv_explain_hj212(struct cv_explain *x)
{
	const uint8_t *digits;
	size_t begin;
	unsigned int n = 0, sent = 0;
	char text[8] = "";

	if (!cv_explain_before(x, "##", 2))
		return;
	cv_explain_text(x, 2, "start");
	digits = cv_explain_take(x, 4, "length");
	if (digits == NULL)
		return;
	memcpy(text, digits, 4);
	sscanf(text, "%4u", &n);
	cv_explain_value(x, "%u", n);
	cv_explain_meaning(x, "bytes of the data segment");
	begin = x->at;
	segment(x, n < x->len - begin ? begin + n : x->len);
	if (x->at != begin + n)
		return;
	digits = cv_explain_take(x, 4, "check code");
	if (digits == NULL)
		return;
	memcpy(text, digits, 4);
	sscanf(text, "%4x", &sent);
	cv_explain_value(x, "%.4s", text);
	if (sent == cv_hj212_crc(x->data + begin, n))
		cv_explain_meaning(x, "right");
	else
		cv_explain_meaning(x, "wrong: the data segment wants %04X",
				   cv_hj212_crc(x->data + begin, n));
	if (cv_explain_peek(x, 0) == '\r' && cv_explain_left(x) > 1)
		cv_explain_take(x, 2, "CR LF");
}
