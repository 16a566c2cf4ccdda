/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is this CoAP, on a port where nothing says so? The header alone says little: one random datagram
 * in a few hundred passes. So every option must be a registered one with a length it may have, in
 * a place that makes sense, and what remains must look like what the options announce.
 */
#include "dataplane/decode/coap_probe.h"

#include <string.h>

#include "dataplane/decode/coap_options.h"
#include "dataplane/decode/text.h"

enum content { CONTENT_OPAQUE, CONTENT_PRINTABLE, CONTENT_RESPONSE };

/* Registered options (IANA CoRE Parameters) and their length in bytes. */
static const struct option {
	uint16_t number;
	uint16_t min, max;
	uint8_t content; /* enum content; RESPONSE: opaque, and only an answer has use for it */
} options[] = {
	{1, 0, 8, CONTENT_OPAQUE}, /* If-Match */
	{3, 1, 255, CONTENT_PRINTABLE}, /* Uri-Host */
	{4, 1, 8, CONTENT_RESPONSE}, /* ETag */
	{5, 0, 0, CONTENT_OPAQUE}, /* If-None-Match */
	{6, 0, 3, CONTENT_RESPONSE}, /* Observe */
	{7, 0, 2, CONTENT_OPAQUE}, /* Uri-Port */
	{8, 0, 255, CONTENT_PRINTABLE}, /* Location-Path */
	{9, 0, 255, CONTENT_OPAQUE}, /* OSCORE */
	{11, 1, 255, CONTENT_PRINTABLE}, /* Uri-Path */
	{12, 0, 2, CONTENT_OPAQUE}, /* Content-Format */
	{14, 0, 4, CONTENT_RESPONSE}, /* Max-Age */
	{15, 0, 255, CONTENT_PRINTABLE}, /* Uri-Query */
	{16, 1, 1, CONTENT_OPAQUE}, /* Hop-Limit */
	{17, 0, 2, CONTENT_OPAQUE}, /* Accept */
	{20, 0, 255, CONTENT_PRINTABLE}, /* Location-Query */
	{23, 0, 3, CONTENT_RESPONSE}, /* Block2 */
	{27, 0, 3, CONTENT_OPAQUE}, /* Block1 */
	{28, 0, 4, CONTENT_OPAQUE}, /* Size2 */
	{35, 1, 1034, CONTENT_PRINTABLE}, /* Proxy-Uri */
	{39, 1, 255, CONTENT_PRINTABLE}, /* Proxy-Scheme */
	{60, 0, 4, CONTENT_OPAQUE}, /* Size1 */
	{252, 1, 40, CONTENT_OPAQUE}, /* Echo */
	{258, 0, 1, CONTENT_OPAQUE}, /* No-Response */
	{292, 0, 8, CONTENT_OPAQUE}, /* Request-Tag */
};

struct look {
	unsigned int path; /* Uri-Path options */
	uint32_t format; /* Content-Format, CV_COAP_FORMAT_NONE without one */
	bool response; /* an option that only an answer has use for */
};

/* Assigned codes, one bit per detail (IANA CoRE Parameters). */
static bool known_code(uint8_t code)
{
	static const uint32_t details[8] = {
		[0] = 0x000000fe, /* 0.01-0.07 */
		[2] = 0x8000003e, /* 2.01-2.05, 2.31 */
		[4] = 0x2040b37f, /* 4.00-4.06, 4.08, 4.09, 4.12, 4.13, 4.15, 4.22, 4.29 */
		[5] = 0x0000013f, /* 5.00-5.05, 5.08 */
	};

	return details[code >> 5] >> (code & 0x1f) & 1;
}

static bool printable(const uint8_t *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if ((s[i] < 0x20 && s[i] != '\t' && s[i] != '\n' && s[i] != '\r') || s[i] == 0x7f)
			return false;
	}
	return cv_utf8_valid(s, len);
}

static bool plausible_option(struct look *look, const struct cv_coap_option *o)
{
	const struct option *known = NULL;

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]) && !known; i++) {
		if (options[i].number == o->number)
			known = &options[i];
	}
	if (!known || o->len < known->min || o->len > known->max)
		return false;
	if (known->content == CONTENT_PRINTABLE && !printable(o->value, o->len))
		return false;
	look->response |= known->content == CONTENT_RESPONSE;
	look->path += o->number == CV_COAP_OPTION_URI_PATH;
	if (o->number == CV_COAP_OPTION_CONTENT_FORMAT) {
		look->format = 0;
		for (uint32_t i = 0; i < o->len; i++)
			look->format = look->format << 8 | o->value[i];
	}
	return true;
}

/* A payload that begins like what its format is made of; unknown formats do not vouch. */
static bool plausible_payload(uint32_t format, const uint8_t *data, size_t len)
{
	switch (format) {
	case CV_COAP_TEXT:
	case CV_COAP_LINK:
	case CV_COAP_XML:
	case CV_COAP_FORMAT_NONE:
		return printable(data, len);
	case CV_COAP_JSON:
	case CV_COAP_SENML_JSON:
	case CV_COAP_SENSML_JSON:
	case CV_COAP_LWM2M_JSON:
		return (data[0] == '[' || data[0] == '{') && printable(data, len);
	case CV_COAP_SENML_CBOR:
	case CV_COAP_SENSML_CBOR: /* an array, RFC 8949 3.1 */
		return data[0] >> 5 == 4;
	case CV_COAP_OCTETS:
	case CV_COAP_CBOR:
	case CV_COAP_LWM2M_TLV:
		return true;
	default:
		return false;
	}
}

static bool plausible(uint8_t type, uint8_t code, const struct look *look, const uint8_t *payload,
		      size_t len)
{
	bool request = CV_COAP_CLASS(code) == CV_COAP_REQUEST;

	if (request) {
		if (type > CV_COAP_NON || look->path == 0)
			return false;
		if (len != 0 && (code == CV_COAP_GET || code == CV_COAP_DELETE))
			return false;
	} else if (look->path != 0 || len == 0 ||
		   (look->format == CV_COAP_FORMAT_NONE && !look->response)) {
		return false;
	}
	return len == 0 || plausible_payload(look->format, payload, len);
}

static enum cv_probe probe_datagram(const uint8_t *data, size_t len)
{
	struct look look = {.format = CV_COAP_FORMAT_NONE};
	struct cv_coap_option option = {.number = 0};
	const uint8_t *at, *end = data + len;
	uint8_t type, token_len;

	if (len < 5 || data[0] >> 6 != 1 || !known_code(data[1]))
		return CV_PROBE_NO;
	type = data[0] >> 4 & 3;
	token_len = data[0] & 0xf;
	if (type == CV_COAP_RST || token_len > CV_COAP_TOKEN_MAX || len - 4 < token_len)
		return CV_PROBE_NO;
	at = data + 4 + token_len;
	while (at < end && *at != CV_COAP_PAYLOAD_MARKER) {
		if (cv_coap_next_option(&option, &at, end) || !plausible_option(&look, &option))
			return CV_PROBE_NO;
	}
	if (at < end && ++at == end)
		return CV_PROBE_NO;
	return plausible(type, data[1], &look, at, (size_t)(end - at)) ? CV_PROBE_YES : CV_PROBE_NO;
}

enum cv_probe cv_coap_probe(const uint8_t *data, size_t len, bool datagram)
{
	return datagram ? probe_datagram(data, len) : CV_PROBE_NO;
}
