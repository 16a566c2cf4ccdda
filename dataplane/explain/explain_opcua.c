/* SPDX-License-Identifier: Apache-2.0 */
/* OPC UA over TCP: IEC 62541-6, 7.1.2 (messages), 6.7.2 (secure conversation). Little-endian. */
#include <string.h>

#include "dataplane/explain/explain.h"

void cv_explain_opcua(struct cv_explain *x);

/* 5.2.2.4: length, -1 for none, and UTF-8. */
static void string(struct cv_explain *x, const char *name)
{
	uint32_t len;

	cv_explain_begin(x, name);
	len = cv_explain_le32(x, "length");
	if (len == UINT32_MAX)
		cv_explain_value(x, "none");
	else
		cv_explain_text(x, len, "text");
	cv_explain_end(x);
}

static void sizes(struct cv_explain *x)
{
	cv_explain_le32(x, "version");
	cv_explain_le32(x, "receive buffer");
	cv_explain_le32(x, "send buffer");
	cv_explain_le32(x, "longest message");
	cv_explain_meaning(x, "0 = any");
	cv_explain_le32(x, "most pieces");
	cv_explain_meaning(x, "0 = any");
}

static void body(struct cv_explain *x, const char *type)
{
	if (strcmp(type, "HEL") == 0 || strcmp(type, "ACK") == 0)
		sizes(x);
	if (strcmp(type, "HEL") == 0) {
		string(x, "endpoint");
	} else if (strcmp(type, "RHE") == 0) {
		string(x, "server");
		string(x, "endpoint");
	} else if (strcmp(type, "ERR") == 0) {
		uint32_t code = cv_explain_le32(x, "status");

		cv_explain_value(x, "0x%08x", code);
		string(x, "reason");
	} else if (strcmp(type, "OPN") == 0) {
		cv_explain_le32(x, "channel");
		string(x, "security policy");
		if (cv_explain_left(x) != 0)
			cv_explain_take(x, cv_explain_left(x), "certificates and content");
	} else if (strcmp(type, "MSG") == 0 || strcmp(type, "CLO") == 0) {
		cv_explain_le32(x, "channel");
		cv_explain_le32(x, "token");
		if (cv_explain_left(x) != 0)
			cv_explain_take(x, cv_explain_left(x), "sequence and content");
	}
}

void cv_explain_opcua(struct cv_explain *x)
{
	static const char *const types[][2] = {
		{"HEL", "hello"},	  {"ACK", "acknowledge"},  {"ERR", "error"},
		{"RHE", "reverse hello"}, {"OPN", "open channel"}, {"MSG", "message"},
		{"CLO", "close channel"},
	};
	const uint8_t *at = cv_explain_take(x, 3, "type");
	const char *type = "", *name = "wrong: no type";
	uint32_t len;
	size_t whole;

	for (size_t i = 0; at != NULL && i < sizeof(types) / sizeof(types[0]); i++) {
		if (memcmp(at, types[i][0], 3) != 0)
			continue;
		type = types[i][0];
		name = types[i][1];
	}
	cv_explain_value(x, "%s", type);
	cv_explain_meaning(x, "%s", name);
	cv_explain_text(x, 1, "piece");
	cv_explain_meaning(x, "F the whole or the last, C more follow, A given up");
	len = cv_explain_le32(x, "length");
	if (x->failed || len < 8) {
		cv_explain_meaning(x, "wrong: shorter than the head");
		return;
	}
	whole = cv_explain_narrow(x, len - 8);
	body(x, type);
	cv_explain_widen(x, whole, "content");
}
