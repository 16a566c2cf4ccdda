/* SPDX-License-Identifier: Apache-2.0 */
/* Associations (ACSE in BER): who opens one by which mechanism, and whether it is taken. */
#include <string.h>

#include "dataplane/decode/dlms.h"

#define REQUEST 0x60
#define ANSWER 0x61

/* Fields of AARQ and AARE. */
#define CONTEXT 0xa1
#define RESULT 0xa2 /* AARE */
#define DIAGNOSTIC 0xa3 /* AARE */
#define SERVER_TITLE 0xa4 /* AARE */
#define MECHANISM_REQUEST 0x8b
#define MECHANISM_ANSWER 0x89

struct association {
	uint8_t context; /* 1 names, 2 short names; 3 and 4 the same, ciphered */
	uint8_t mechanism;
	uint8_t result;
	uint8_t diagnostic;
};

static uint8_t last_byte(const uint8_t *at, size_t len)
{
	return len > 0 ? at[len - 1] : 0;
}

/* One field. What proves who asks (calling and responding value) is not looked at. */
static void field(struct dlms_apdu *a, struct association *s, uint8_t tag, const uint8_t *at,
		  size_t len)
{
	switch (tag) {
	case CONTEXT:
		s->context = last_byte(at, len);
		break;
	case RESULT:
		s->result = last_byte(at, len);
		break;
	case DIAGNOSTIC:
		s->diagnostic = last_byte(at, len);
		break;
	case MECHANISM_REQUEST:
	case MECHANISM_ANSWER:
		s->mechanism = last_byte(at, len);
		break;
	case SERVER_TITLE:
		if (a->tag == ANSWER && len == 10) /* an octet string of eight */
			dlms_title(a, at + 2, len - 2);
		break;
	default:
		break;
	}
}

static void put_session(struct dlms_apdu *a, const struct association *s)
{
	static const char *const mechanisms[] = {"lowest",	"low",	     "high",
						 "high-md5",	"high-sha1", "high-gmac",
						 "high-sha256", "high-ecdsa"};
	bool refused = a->tag == ANSWER && s->result != 0;
	struct cv_record *rec =
		dlms_begin(a, CV_LANE_STATUS, refused ? CV_KIND_ERROR : CV_KIND_SESSION);
	struct cv_label label = {0};

	rec->value_type = CV_VALUE_U64;
	rec->value.u64 = a->tag == ANSWER ? s->result : s->context;
	if (refused) {
		rec->quality = CV_QUALITY_BAD;
		cv_label_str(&label, "refused, diagnostic ");
		cv_label_u32(&label, s->diagnostic);
	} else if (a->tag == ANSWER) {
		cv_label_str(&label, "accepted");
	} else {
		cv_label_str(&label, s->mechanism < 8 ? mechanisms[s->mechanism] : "other");
		cv_label_str(&label, s->context == 2 || s->context == 4 ? ", short names" : "");
		cv_label_str(&label, s->context >= 3 ? ", ciphered" : "");
	}
	cv_emit_tlv(a->d->emit, CV_TLV_TEXT, label.text, label.len);
	cv_emit_end(a->d->emit);
}

void dlms_associate(struct dlms_apdu *a, struct cv_reader *r)
{
	struct association s = {0};
	size_t len = cv_axdr_length(r);
	const uint8_t *at = cv_read_bytes(r, len);
	struct cv_reader in;

	if (at == NULL) /* not even a reader of nothing can be made of it */
		return;
	in = cv_reader(at, len);
	while (!r->failed && cv_reader_left(&in) > 0) {
		uint8_t tag = cv_read_u8(&in);
		size_t size = cv_axdr_length(&in);
		const uint8_t *value = cv_read_bytes(&in, size);

		if (in.failed)
			r->failed = true;
		else
			field(a, &s, tag, value, size);
	}
	if (r->failed || a->dry)
		return;
	put_session(a, &s);
}
