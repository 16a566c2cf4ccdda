/* SPDX-License-Identifier: Apache-2.0 */
/* CoAP options (RFC 7252 3.1, 5.4, 5.10; RFC 7641 2; RFC 7959 2): one pass, nothing kept back. */
#include <string.h>

#include "dataplane/decode/coap_options.h"
#include "dataplane/decode/text.h"

#define SEGMENT_MAX 255 /* bytes of one Uri-Path option, RFC 7252 5.10 */

static const char hex[] = "0123456789ABCDEF";

/*
 * Bytes that cannot stand in a path as they are: controls, '%', '/', DEL, and all above ASCII,
 * which may or may not be UTF-8.
 */
#define ODD_16 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1
static const uint8_t odd_bytes[256] = {
	[0] = ODD_16, ODD_16, ['%'] = 1, ['/'] = 1, [0x7f] = 1, [0x80] = ODD_16, ODD_16,
	ODD_16,	      ODD_16, ODD_16,	 ODD_16,    ODD_16,	ODD_16,
};

/* uint option format, RFC 7252 3.2; len <= 4. */
static inline uint32_t uint_value(const uint8_t *value, uint32_t len)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < len; i++)
		n = n << 8 | value[i];
	return n;
}

static void append(struct cv_coap *m, uint8_t c, bool escape)
{
	uint32_t need = escape ? 3 : 1;

	if (m->path_len + need > sizeof(m->path)) {
		m->has |= CV_COAP_PATH_CUT;
		return;
	}
	if (escape) {
		m->path[m->path_len++] = '%';
		m->path[m->path_len++] = (uint8_t)hex[c >> 4];
		c = (uint8_t)hex[c & 15];
	}
	m->path[m->path_len++] = c;
}

/* A segment that would not be read back as one: as in RFC 7252 6.5 step 6, percent-encoded. */
static void append_escaped(struct cv_coap *m, const uint8_t *value, uint32_t len)
{
	bool utf8 = cv_utf8_valid(value, len);

	for (uint32_t i = 0; i < len && !(m->has & CV_COAP_PATH_CUT); i++)
		append(m, value[i],
		       value[i] < 0x20 || value[i] == '/' || value[i] == '%' || value[i] == 0x7f ||
			       (value[i] >= 0x80 && !utf8));
}

static inline void add_segment(struct cv_coap *m, const uint8_t *value, uint32_t len)
{
	uint32_t at = m->path_len, odd = 0;

	if (m->has & CV_COAP_PATH_CUT)
		return;
	if (m->has & CV_COAP_HAS_PATH) {
		append(m, '/', false);
		at = m->path_len;
	}
	m->has |= CV_COAP_HAS_PATH;
	if (at + len > sizeof(m->path)) {
		append_escaped(m, value, len);
		return;
	}
	for (uint32_t i = 0; i < len; i++) {
		m->path[at + i] = value[i];
		odd |= odd_bytes[value[i]];
	}
	if (odd)
		append_escaped(m, value, len);
	else
		m->path_len = (uint16_t)(at + len);
}

/*
 * A value outside its option's length range makes the option one that is not recognized, and so
 * does a repeat of one that may not repeat: skipped when elective, fatal when critical
 * (RFC 7252 5.4.1, 5.4.3, 5.4.5).
 */
static inline bool take(struct cv_coap *m, uint32_t bit, uint32_t len, uint32_t max)
{
	if (len > max || (m->has & bit))
		return false;
	m->has |= bit;
	return true;
}

static inline enum cv_reject use_option(struct cv_coap *m, uint32_t number, const uint8_t *value,
					uint32_t len)
{
	switch (number) {
	case CV_COAP_OPTION_URI_PATH:
		if (len > SEGMENT_MAX)
			return CV_REJECT_BAD_OPTION;
		add_segment(m, value, len);
		break;
	case CV_COAP_OPTION_CONTENT_FORMAT:
		if (take(m, CV_COAP_HAS_FORMAT, len, 2))
			m->format = uint_value(value, len);
		break;
	case CV_COAP_OPTION_OBSERVE:
		if (take(m, CV_COAP_HAS_OBSERVE, len, 3))
			m->observe = uint_value(value, len);
		break;
	case CV_COAP_OPTION_BLOCK1:
		if (!take(m, CV_COAP_HAS_BLOCK1, len, 3))
			return CV_REJECT_BAD_OPTION;
		m->block1 = uint_value(value, len);
		break;
	case CV_COAP_OPTION_BLOCK2:
		if (!take(m, CV_COAP_HAS_BLOCK2, len, 3))
			return CV_REJECT_BAD_OPTION;
		m->block2 = uint_value(value, len);
		break;
	case CV_COAP_OPTION_URI_QUERY:
		if (m->queries < CV_COAP_QUERIES_MAX)
			m->query[m->queries++] = (struct cv_coap_text){value, len};
		break;
	case CV_COAP_OPTION_LOCATION_PATH:
		if (m->locations < CV_COAP_LOCATIONS_MAX)
			m->location[m->locations++] = (struct cv_coap_text){value, len};
		break;
	case CV_COAP_OPTION_OSCORE:
		m->has |= CV_COAP_HAS_OSCORE;
		break;
	case CV_COAP_OPTION_PROXY_URI:
	case CV_COAP_OPTION_PROXY_SCHEME:
		m->has |= CV_COAP_HAS_PROXY;
		break;
	default:
		break;
	}
	return CV_REJECT_NONE;
}

enum cv_reject cv_coap_options(struct cv_coap *m, const uint8_t *at, const uint8_t *end)
{
	struct cv_coap_option option = {.number = 0};
	enum cv_reject bad;

	m->has = 0;
	m->format = CV_COAP_FORMAT_NONE;
	m->path_len = 0;
	m->payload = NULL;
	m->payload_len = 0;
	m->queries = m->locations = 0;
	while (at < end && *at != CV_COAP_PAYLOAD_MARKER) {
		bad = cv_coap_next_option(&option, &at, end);
		if (!bad)
			bad = use_option(m, option.number, option.value, option.len);
		if (bad)
			return bad;
	}
	if (at < end) {
		if (++at == end) /* RFC 7252 3: a marker without payload is an error */
			return CV_REJECT_BAD_LENGTH;
		m->payload = at;
		m->payload_len = (uint32_t)(end - at);
	}
	return CV_REJECT_NONE;
}

/* RFC 7252 4.2, 4.3 and table 1: what each message type may carry. */
static bool type_carries(uint8_t type, uint8_t code)
{
	switch (type) {
	case CV_COAP_NON:
		return code != CV_COAP_EMPTY;
	case CV_COAP_ACK:
		return code == CV_COAP_EMPTY || CV_COAP_CLASS(code) != CV_COAP_REQUEST;
	case CV_COAP_RST:
		return code == CV_COAP_EMPTY;
	default:
		return true;
	}
}

enum cv_reject cv_coap_datagram(struct cv_coap *m, const uint8_t *data, size_t len)
{
	uint8_t class;

	if (len < 4)
		return CV_REJECT_TRUNCATED;
	if (data[0] >> 6 != 1) /* RFC 7252 3: version */
		return CV_REJECT_BAD_HEADER;
	m->type = data[0] >> 4 & 3;
	m->token_len = data[0] & 0xf;
	m->code = data[1];
	m->message_id = (uint16_t)(data[2] << 8 | data[3]);
	m->length = (uint32_t)len;
	m->token = data + 4;
	if (m->token_len > CV_COAP_TOKEN_MAX)
		return CV_REJECT_BAD_HEADER;
	if (m->code == CV_COAP_EMPTY && (len != 4 || m->token_len != 0))
		return CV_REJECT_BAD_LENGTH; /* RFC 7252 4.1: nothing behind the Message ID */
	if (!type_carries(m->type, m->code))
		return CV_REJECT_BAD_VALUE;
	class = CV_COAP_CLASS(m->code);
	if (class == 1 || class == 6 || class == CV_COAP_SIGNAL)
		return CV_REJECT_UNKNOWN_TYPE;
	if ((size_t)m->token_len > len - 4)
		return CV_REJECT_TRUNCATED;
	return cv_coap_options(m, m->token + m->token_len, data + len);
}
