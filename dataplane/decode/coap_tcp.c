/* SPDX-License-Identifier: Apache-2.0 */
/* CoAP over TCP (RFC 8323): the same messages behind another header, and signaling. */
#include "dataplane/decode/coap_tcp.h"

#include "dataplane/decode/decoder.h"

/* Length nibbles that announce 1, 2 or 4 more bytes, and what is to be added (RFC 8323 3.2). */
#define EXTENDED_8 13
#define EXTENDED_16 14
#define EXTENDED_32 15

/*
 * RFC 8323 5.3.1: the largest message anybody would announce; more is a stream out of step. A
 * length beyond it would have the flow skip everything that follows.
 */
#define MESSAGE_MAX (16u << 20)

static uint64_t body_length(uint32_t nibble, const uint8_t *more)
{
	switch (nibble) {
	case EXTENDED_8:
		return 13 + (uint64_t)more[0];
	case EXTENDED_16:
		return 269 + ((uint64_t)more[0] << 8 | more[1]);
	case EXTENDED_32:
		return 65805 + ((uint64_t)more[0] << 24 | (uint64_t)more[1] << 16 |
				(uint64_t)more[2] << 8 | more[3]);
	default:
		return nibble;
	}
}

static bool known_class(uint8_t code)
{
	uint8_t class = CV_COAP_CLASS(code);

	return class != 1 && class != 6;
}

int64_t cv_coap_frame(struct cv_coap *m, const uint8_t *data, size_t len, uint32_t *ret_header)
{
	static const uint8_t more[3] = {1, 2, 4};
	uint32_t nibble, extra, header;
	uint64_t body;

	if (len == 0)
		return 0;
	nibble = data[0] >> 4;
	extra = nibble < EXTENDED_8 ? 0 : more[nibble - EXTENDED_8];
	m->token_len = data[0] & 0xf;
	if (m->token_len > CV_COAP_TOKEN_MAX)
		return CV_REJECTED(CV_REJECT_BAD_HEADER);
	header = 2 + extra + m->token_len;
	if (len < 2 + extra)
		return 0;
	body = body_length(nibble, data + 1);
	m->code = data[1 + extra];
	if (!known_class(m->code))
		return CV_REJECTED(CV_REJECT_UNKNOWN_TYPE);
	if (body > MESSAGE_MAX)
		return CV_REJECTED(CV_REJECT_TOO_LARGE);
	if (len < header)
		return 0;
	m->type = CV_COAP_NON; /* 3.2: neither type nor Message ID over a reliable transport */
	m->message_id = 0;
	m->token = data + 2 + extra;
	m->length = header + (uint32_t)body;
	*ret_header = header;
	return m->length;
}
