/* SPDX-License-Identifier: Apache-2.0 */
/* Links and connections: who is there since when, and whether the other end takes it. */
#include <string.h>

#include "dataplane/decode/dlt698.h"
#include "dataplane/normalize/vocabulary.h"

#define FACTORY 32 /* bytes of maker, versions and their dates */
#define NEGOTIATED (2 + 8 + 16 + 2 + 2 + 1 + 2 + 4) /* bytes of versions, abilities and sizes */

static void put_text(struct dlt698_apdu *a, const char *text)
{
	cv_emit_tlv(a->d->emit, CV_TLV_TEXT, text, strlen(text));
}

static struct cv_record *session(struct dlt698_apdu *a, uint64_t value, unsigned int unit)
{
	struct cv_record *rec = dlt698_begin(a, CV_LANE_STATUS, CV_KIND_SESSION);

	rec->value_type = CV_VALUE_U64;
	rec->value.u64 = value;
	rec->unit_id = (uint16_t)unit;
	return rec;
}

/* Login, heartbeat, logout: seconds between heartbeats and the time of the terminal. */
void dlt698_link_request(struct dlt698_apdu *a, struct cv_reader *r)
{
	uint16_t period;
	const uint8_t *time;

	a->choice = cv_read_u8(r);
	period = cv_read_be16(r);
	time = cv_read_bytes(r, 10);
	if (r->failed || a->dry)
		return;
	a->time_quality = dlt698_time(time, 10, &a->ts);
	session(a, period, CV_UNIT_S);
	cv_emit_end(a->d->emit);
}

void dlt698_link_response(struct dlt698_apdu *a, struct cv_reader *r)
{
	static const char *const results[] = {"accepted", "address in use", "not allowed", "full"};
	uint8_t result = cv_read_u8(r);

	cv_read_bytes(r,
		      3 * 10); /* when it was asked, received and answered: the platform's clock */
	if (r->failed || a->dry)
		return;
	session(a, result & 7, CV_UNIT_NONE);
	if ((result & 7) < 4)
		put_text(a, results[result & 7]);
	cv_emit_end(a->d->emit);
}

/* What proves who asks is not told. */
void dlt698_connect_request(struct dlt698_apdu *a, struct cv_reader *r)
{
	static const char *const mechanisms[] = {"public", "password", "symmetric", "signature"};
	uint8_t mechanism;

	cv_read_bytes(r, NEGOTIATED);
	mechanism = cv_read_u8(r);
	if (mechanism > 0)
		cv_read_bytes(r, cv_axdr_length(r));
	if (mechanism > 1)
		cv_read_bytes(r, cv_axdr_length(r));
	if (r->failed || a->dry)
		return;
	session(a, mechanism, CV_UNIT_NONE);
	if (mechanism < 4)
		put_text(a, mechanisms[mechanism]);
	cv_emit_end(a->d->emit);
}

void dlt698_connect_response(struct dlt698_apdu *a, struct cv_reader *r)
{
	static const char *const results[] = {
		"accepted",  "password", "symmetric decryption", "asymmetric decryption",
		"signature", "version"};
	const uint8_t *factory = cv_read_bytes(r, FACTORY);
	struct cv_record *rec;
	uint8_t result;

	cv_read_bytes(r, NEGOTIATED);
	result = cv_read_u8(r);
	if (cv_read_u8(r) != 0) { /* random number and signature */
		cv_read_bytes(r, cv_axdr_length(r));
		cv_read_bytes(r, cv_axdr_length(r));
	}
	if (r->failed || a->dry)
		return;
	session(a, result, CV_UNIT_NONE);
	put_text(a, result < 6 ? results[result] : "refused");
	cv_emit_end(a->d->emit);
	rec = dlt698_begin(a, CV_LANE_STATUS, CV_KIND_STATE);
	rec->name_id = CV_NAME_DEVICE_VERSION;
	rec->value_type = CV_VALUE_TEXT;
	cv_emit_tlv(a->d->emit, CV_TLV_TEXT, factory, FACTORY);
	cv_emit_end(a->d->emit);
}

void dlt698_session(struct dlt698_apdu *a)
{
	if (a->dry)
		return;
	session(a, 0, CV_UNIT_NONE);
	cv_emit_end(a->d->emit);
}
