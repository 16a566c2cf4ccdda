/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/normalize/device_urn.h"

#include "dataplane/decode/decoder.h"

static bool is_alnum(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_hex(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f');
}

static void put_escaped(struct cv_json *j, uint8_t c)
{
	static const char digit[] = "0123456789ABCDEF";
	char text[3] = {'%', digit[c >> 4], digit[c & 15]};

	cv_json_put(j, text, sizeof(text));
}

static bool is_unreserved(uint8_t c)
{
	return is_alnum(c) || c == '.' || c == '-';
}

/* devunreserved of RFC 9039 section 3.2; everything else as %XX (RFC 8141 section 2). */
static void put_identifier(struct cv_json *j, struct cv_tlv_view v)
{
	size_t i = 0, plain;

	while (i < v.len) {
		for (plain = i; plain < v.len && is_unreserved(v.data[plain]); plain++)
			;
		cv_json_put(j, v.data + i, plain - i);
		if (plain < v.len)
			put_escaped(j, v.data[plain++]);
		i = plain;
	}
}

/* RFC 8141: "urn:", namespace of two or more, ':', at least one character. */
static bool is_urn(struct cv_tlv_view v)
{
	static const char scheme[] = "urn:";
	size_t nid = 4;

	if (v.len < 8)
		return false;
	for (size_t i = 0; i < 4; i++) {
		if ((v.data[i] | (i < 3 ? 0x20 : 0)) != scheme[i])
			return false;
	}
	while (nid < v.len && (is_alnum(v.data[nid]) || v.data[nid] == '-'))
		nid++;
	return nid >= 6 && nid + 1 < v.len && v.data[nid] == ':';
}

/* pchar of RFC 3986, and "/" (RFC 8141 section 2). */
static bool is_urn_char(uint8_t c)
{
	static const char marks[] = "-._~!$&'()*+,;=:@/";

	for (size_t i = 0; i < sizeof(marks) - 1; i++) {
		if (c == marks[i])
			return true;
	}
	return is_alnum(c);
}

/* A URN as the device states it; only what cannot stand in a URN is escaped. */
static void put_urn(struct cv_json *j, struct cv_tlv_view v)
{
	for (size_t i = 0; i < v.len; i++) {
		uint8_t c = v.data[i];
		bool escape =
			c == '%' && i + 2 < v.len && is_hex(v.data[i + 1]) && is_hex(v.data[i + 2]);

		if (escape || is_urn_char(c))
			cv_json_put(j, &c, 1);
		else
			put_escaped(j, c);
	}
}

/* "subtype" of RFC 9039 begins with a letter and has lower-case letters and digits only. */
static void put_subtype(struct cv_json *j, unsigned int proto)
{
	for (const char *p = cv_proto_name(proto); *p; p++) {
		if (is_alnum((uint8_t)*p))
			cv_json_put(j, p, 1);
	}
}

static void put_address(struct cv_json *j, unsigned int family, const uint8_t *addr)
{
	static const char digit[] = "0123456789abcdef";

	if (family == 4) {
		cv_json_ipv4(j, addr);
		return;
	}
	for (int i = 0; i < 16; i++) {
		char pair[2] = {digit[addr[i] >> 4], digit[addr[i] & 15]};

		if (i > 0 && i % 2 == 0)
			cv_json_lit(j, "-");
		cv_json_put(j, pair, sizeof(pair));
	}
}

static bool put_whole(const struct cv_record *rec, struct cv_tlv_view device, struct cv_json *j)
{
	if (device.len != 0 && is_urn(device)) {
		put_urn(j, device);
	} else if (device.len != 0) {
		cv_json_lit(j, "urn:dev:");
		put_subtype(j, rec->proto);
		cv_json_lit(j, ":");
		put_identifier(j, device);
	} else if (rec->device_end != CV_DEVICE_END_NONE && rec->family != 0) {
		cv_json_lit(j, "urn:dev:ip:");
		put_address(j, rec->family,
			    rec->device_end == CV_DEVICE_END_SRC ? rec->src : rec->dst);
	} else {
		return false;
	}
	return true;
}

bool cv_device_urn_whole(const struct cv_record *rec, struct cv_json *j)
{
	return put_whole(rec, cv_record_tlv(rec, CV_TLV_DEVICE), j);
}

bool cv_device_urn(const struct cv_record *rec, struct cv_json *j)
{
	struct cv_tlv_view device, sub;

	cv_record_device(rec, &device, &sub);
	if (!put_whole(rec, device, j))
		return false;
	if (sub.len != 0) {
		cv_json_lit(j, "_");
		put_identifier(j, sub);
	}
	return true;
}
