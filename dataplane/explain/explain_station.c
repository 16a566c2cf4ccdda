/* SPDX-License-Identifier: Apache-2.0 */
/* Basics Station: a handshake of HTTP, then JSON in frames of WebSocket (RFC 6455 5.2). */
#include "dataplane/explain/explain_text.h"

void cv_explain_station(struct cv_explain *x);

/* Length of 7 bits, of 16 or of 64. */
static size_t length(struct cv_explain *x, bool *masked)
{
	uint32_t first = cv_explain_u8(x, "masked, length"), high;
	size_t len = first & 0x7f;

	*masked = first & 0x80;
	cv_explain_value(x, "%u, %u", first >> 7, first & 0x7f);
	if (len == 126)
		return cv_explain_be16(x, "more of the length");
	if (len == 127) {
		high = cv_explain_be32(x, "more of the length");
		len = (size_t)high << 32 | cv_explain_be32(x, "more of the length");
	}
	return len;
}

/* What the bytes are without the mask. */
static void text(struct cv_explain *x, size_t len, const uint8_t *mask)
{
	const uint8_t *at;
	char clear[160];
	size_t n = 0;

	if (len == 0)
		return;
	at = cv_explain_take(x, len, "text");
	if (at == NULL)
		return;
	for (; n < len && n + 1 < sizeof(clear); n++) {
		uint8_t c = at[n] ^ (mask ? mask[n % 4] : 0);

		clear[n] = (char)(c >= 0x20 && c < 0x7f ? c : '.');
	}
	clear[n] = '\0';
	cv_explain_value(x, "%s", clear);
	cv_explain_meaning(x, mask ? "without the mask" : "");
}

void cv_explain_station(struct cv_explain *x)
{
	static const char *const kinds[] = {
		"goes on", "text", "binary", [8] = "close", "ping", "pong"};
	const uint8_t *mask = NULL;
	uint32_t first;
	bool masked;
	size_t len;

	if (cv_explain_peek(x, 0) == 'G' || cv_explain_peek(x, 0) == 'H') {
		cv_explain_head(x);
		return;
	}
	cv_explain_begin(x, "frame");
	first = cv_explain_u8(x, "last, kind");
	cv_explain_value(x, "%u, %u", first >> 7, first & 15);
	cv_explain_meaning(x, "%s%s", CV_EXPLAIN_NAME(kinds, first & 15, "wrong: reserved"),
			   first & 0x70 ? "; reserved bits are set" : "");
	len = length(x, &masked);
	if (masked)
		mask = cv_explain_take(x, 4, "mask");
	text(x, len, mask);
	cv_explain_end(x);
}
