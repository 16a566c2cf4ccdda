/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON of a datagram, read once: everything before anything of it becomes a record. */
#include <endian.h>

#include "dataplane/decode/gwmp.h"

/* Digits of the longest frame, padding included. */
#define BASE64_MAX ((LORAWAN_PHY_MAX + 2) / 3 * 4)

static bool is(const struct cv_senml_text *name, const char *want)
{
	return name->len == strlen(want) && memcmp(name->data, want, name->len) == 0;
}

/* A number as it is written, or a string: "datr" is either. */
static bool text_of(struct cv_json_in *j, struct cv_senml_text *t)
{
	if (j->at < j->end && *j->at == '"')
		return cv_json_in_string(j, t);
	t->data = j->at;
	if (!cv_json_in_skip_number(j))
		return false;
	t->len = (uint32_t)(j->at - t->data);
	t->form = CV_SENML_PLAIN;
	return true;
}

static bool number(struct cv_json_in *j, double *ret, bool *has)
{
	if (!cv_json_in_number(j, ret))
		return false;
	*has = true;
	return true;
}

/* "rsig" (of radios with several antennas): the strongest signal is the packet's. */
static bool antennas(struct cv_json_in *j, struct gwmp_packet *p)
{
	bool first_item = true;
	int more;

	if (!cv_json_in_token(j, '['))
		return false;
	while ((more = cv_json_in_item(j, &first_item)) == 1) {
		double rssi = 0, snr = 0;
		bool first = true, has_rssi = false, has_snr = false;
		struct cv_senml_text name;

		if (!cv_json_in_token(j, '{'))
			return false;
		while ((more = cv_json_in_member(j, &first, &name)) == 1) {
			bool ok = is(&name, "rssic")  ? number(j, &rssi, &has_rssi)
				  : is(&name, "lsnr") ? number(j, &snr, &has_snr)
						      : cv_json_in_skip(j);
			if (!ok)
				return false;
		}
		if (more < 0)
			return false;
		if (!has_rssi || (p->has_rssi && p->rssi >= rssi))
			continue;
		p->rssi = rssi;
		p->has_rssi = true;
		p->snr = snr;
		p->has_snr = has_snr;
	}
	return more == 0;
}

static bool damaged(struct cv_json_in *j, struct gwmp_packet *p)
{
	double stat;

	if (!cv_json_in_number(j, &stat))
		return false;
	p->damaged = stat == -1;
	return true;
}

static bool frame_data(struct cv_json_in *j, struct gwmp_packet *p)
{
	if (!cv_json_in_string(j, &p->data))
		return false;
	p->has_data = true;
	return true;
}

/* Names of four letters, compared as one word. */
#define NAME(a, b, c, d)                                                                           \
	((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)

static bool packet_member(struct cv_json_in *j, struct gwmp_packet *p,
			  const struct cv_senml_text *name)
{
	uint32_t word = 0;

	if (name->len != sizeof(word))
		return cv_json_in_skip(j);
	memcpy(&word, name->data, sizeof(word));
	switch (le32toh(word)) {
	case NAME('r', 's', 's', 'i'):
		return number(j, &p->rssi, &p->has_rssi);
	case NAME('l', 's', 'n', 'r'):
		return number(j, &p->snr, &p->has_snr);
	case NAME('f', 'r', 'e', 'q'):
		return text_of(j, &p->frequency);
	case NAME('d', 'a', 't', 'r'):
		return text_of(j, &p->rate);
	case NAME('c', 'o', 'd', 'r'):
		return text_of(j, &p->coding);
	case NAME('s', 't', 'a', 't'):
		return damaged(j, p);
	case NAME('t', 'i', 'm', 'e'):
		return j->at < j->end && *j->at == '"' ? cv_json_in_string(j, &p->time)
						       : cv_json_in_skip(j);
	case NAME('r', 's', 'i', 'g'):
		return antennas(j, p);
	case NAME('d', 'a', 't', 'a'):
		return frame_data(j, p);
	default:
		return cv_json_in_skip(j);
	}
}

static enum cv_reject packet(struct cv_json_in *j, struct gwmp_content *c)
{
	struct cv_senml_text name;
	struct gwmp_packet *p;
	bool first = true;
	int more;

	if (c->count == GWMP_PACKETS_MAX)
		return CV_REJECT_TOO_LARGE;
	p = &c->packet[c->count];
	*p = (struct gwmp_packet){0};
	if (!cv_json_in_token(j, '{'))
		return CV_REJECT_BAD_PAYLOAD;
	while ((more = cv_json_in_member(j, &first, &name)) == 1) {
		if (!packet_member(j, p, &name))
			return CV_REJECT_BAD_PAYLOAD;
	}
	/* Base64 (RFC 4648), padded or not; section 4's own example is in the other alphabet. */
	if (p->has_data && p->data.form == CV_SENML_PLAIN)
		p->data.form = CV_SENML_BASE64URL;
	if (more < 0 || !p->has_data || p->data.form != CV_SENML_BASE64URL ||
	    !cv_senml_text_valid(&p->data))
		return CV_REJECT_BAD_PAYLOAD;
	if (p->data.len > BASE64_MAX)
		return CV_REJECT_TOO_LARGE;
	c->count++;
	return CV_REJECT_NONE;
}

static enum cv_reject packets(struct cv_json_in *j, struct gwmp_content *c)
{
	enum cv_reject reject;
	bool first = true;
	int more;

	if (!cv_json_in_token(j, '['))
		return CV_REJECT_BAD_PAYLOAD;
	while ((more = cv_json_in_item(j, &first)) == 1) {
		reject = packet(j, c);
		if (reject != CV_REJECT_NONE)
			return reject;
	}
	return more == 0 ? CV_REJECT_NONE : CV_REJECT_BAD_PAYLOAD;
}

static bool stat(struct cv_json_in *j, struct gwmp_content *c)
{
	static const char *const names[GWMP_NUMBER_COUNT] = {
		[GWMP_LATITUDE] = "lati",      [GWMP_LONGITUDE] = "long",
		[GWMP_ALTITUDE] = "alti",      [GWMP_RECEIVED] = "rxnb",
		[GWMP_RECEIVED_GOOD] = "rxok", [GWMP_FORWARDED] = "rxfw",
		[GWMP_ACKNOWLEDGED] = "ackr",  [GWMP_DOWNLINKS] = "dwnb",
		[GWMP_SENT] = "txnb",	       [GWMP_TEMPERATURE] = "temp",
	};
	struct cv_senml_text name;
	bool first = true;
	int more;

	if (!cv_json_in_token(j, '{'))
		return false;
	c->stat |= GWMP_HAS_STAT;
	while ((more = cv_json_in_member(j, &first, &name)) == 1) {
		unsigned int i = 0;
		bool number = j->at < j->end && (*j->at == '-' || (uint8_t)(*j->at - '0') <= 9);

		while (i < GWMP_NUMBER_COUNT && !is(&name, names[i]))
			i++;
		if (is(&name, "time") && j->at < j->end && *j->at == '"') {
			if (!cv_json_in_string(j, &c->stat_time))
				return false;
		} else if (i == GWMP_NUMBER_COUNT || !number) { /* "null" without a fix */
			if (!cv_json_in_skip(j))
				return false;
		} else {
			if (!cv_json_in_number(j, &c->number[i]))
				return false;
			c->stat |= 1u << i;
		}
	}
	return more == 0;
}

static bool tx_ack(struct cv_json_in *j, struct gwmp_content *c)
{
	struct cv_senml_text name;
	bool first = true;
	int more;

	if (!cv_json_in_token(j, '{'))
		return false;
	while ((more = cv_json_in_member(j, &first, &name)) == 1) {
		bool ok = is(&name, "error") && j->at < j->end && *j->at == '"'
				  ? cv_json_in_string(j, &c->error)
				  : cv_json_in_skip(j);
		if (!ok)
			return false;
	}
	return more == 0;
}

static enum cv_reject or_bad(bool ok)
{
	return ok ? CV_REJECT_NONE : CV_REJECT_BAD_PAYLOAD;
}

static enum cv_reject part(struct cv_json_in *j, struct gwmp_content *c,
			   const struct cv_senml_text *name)
{
	if (is(name, "rxpk"))
		return packets(j, c);
	if (is(name, "stat"))
		return or_bad(stat(j, c));
	if (is(name, "txpk"))
		return packet(j, c);
	if (is(name, "txpk_ack"))
		return or_bad(tx_ack(j, c));
	return or_bad(cv_json_in_skip(j));
}

enum cv_reject gwmp_json(struct gwmp_content *c, const uint8_t *text, size_t len)
{
	struct cv_json_in j = {.at = text, .end = text + len};
	enum cv_reject reject;
	struct cv_senml_text name;
	bool first = true;
	int more;

	c->count = 0;
	c->stat = 0;
	c->stat_time.len = c->error.len = 0;
	if (len == 0)
		return CV_REJECT_NONE;
	if (!cv_json_in_token(&j, '{'))
		return CV_REJECT_BAD_PAYLOAD;
	while ((more = cv_json_in_member(&j, &first, &name)) == 1) {
		reject = part(&j, c, &name);
		if (reject != CV_REJECT_NONE)
			return reject;
	}
	cv_json_in_space(&j);
	return or_bad(more == 0 && j.at == j.end);
}
