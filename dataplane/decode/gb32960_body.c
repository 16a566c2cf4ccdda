/* SPDX-License-Identifier: Apache-2.0 */
/* What commands carry: sessions, clocks, orders; real-time data is in gb32960_items.c. */
#include "dataplane/decode/gb32960.h"
#include "dataplane/normalize/vocabulary.h"

#define SIM 20 /* digits of an ICCID */
#define USER 12

const char *gb32960_name(uint8_t command)
{
	static const char *const low[] = {
		[GB32960_LOGIN] = "login",
		[GB32960_REALTIME] = "realtime",
		[GB32960_REISSUE] = "reissue",
		[GB32960_LOGOUT] = "logout",
		[GB32960_PLATFORM_LOGIN] = "platform-login",
		[GB32960_PLATFORM_LOGOUT] = "platform-logout",
		[GB32960_HEARTBEAT] = "heartbeat",
		[GB32960_CLOCK] = "clock",
	};
	static const char *const high[] = {"query", "set", "control"};

	if (command < sizeof(low) / sizeof(low[0]))
		return low[command];
	if (command >= GB32960_QUERY && command <= GB32960_CONTROL)
		return high[command - GB32960_QUERY];
	return NULL;
}

static void put_text(const struct gb32960_frame *f, unsigned int name, const struct cv_label *sub,
		     const uint8_t *at, size_t len)
{
	struct cv_record *rec;

	if (cv_gb_trim(at, len) == 0)
		return;
	rec = gb32960_named(f, name, NULL, sub);
	rec->value_type = CV_VALUE_TEXT;
	cv_gb_text(f->d->emit, rec, at, len);
	if (rec->flags & CV_FLAG_ENCODING)
		rec->value_type = CV_VALUE_BYTES;
	gb32960_end(f);
}

/* Serial number of the login, SIM card, codes of the battery packs. */
static bool login(struct gb32960_frame *f, struct cv_reader *r)
{
	const uint8_t *sim;
	unsigned int count;
	size_t len;

	f->serial = cv_read_be16(r);
	sim = cv_read_bytes(r, SIM);
	count = cv_read_u8(r);
	len = cv_read_u8(r);
	if (r->failed)
		return false;
	gb32960_begin(f, CV_LANE_STATUS, CV_KIND_SESSION);
	gb32960_end(f);
	put_text(f, CV_NAME_DEVICE_SIM, NULL, sim, SIM);
	for (unsigned int i = 1; i <= count && len != 0; i++) {
		const uint8_t *code = cv_read_bytes(r, len);
		struct cv_label sub = {0};

		if (code == NULL)
			return true; /* some count packs and give no codes */
		cv_label_str(&sub, "battery-");
		cv_label_u32(&sub, i);
		put_text(f, CV_NAME_BATTERY_CODE, &sub, code, len);
	}
	return true;
}

/* Serial number, and for a platform its user's name; the password behind it is not told. */
static bool session(struct gb32960_frame *f, struct cv_reader *r)
{
	struct cv_record *rec;
	const uint8_t *user;

	f->serial = cv_read_be16(r);
	if (r->failed)
		return false;
	rec = gb32960_begin(f, CV_LANE_STATUS, CV_KIND_SESSION);
	user = f->command == GB32960_PLATFORM_LOGIN ? cv_read_bytes(r, USER) : NULL;
	if (user != NULL)
		cv_gb_text(f->d->emit, rec, user, USER);
	gb32960_end(f);
	return true;
}

/* 01 done, 02 failed, 03 the VIN is there twice. Some send back all that they answer. */
static bool answer(const struct gb32960_frame *f)
{
	static const char *const results[] = {NULL, "done", "failed", "VIN is used twice"};
	bool session = f->command == GB32960_LOGIN || f->command == GB32960_LOGOUT ||
		       (f->command >= GB32960_PLATFORM_LOGIN && f->command <= GB32960_HEARTBEAT);
	struct cv_record *rec = gb32960_begin(f, CV_LANE_STATUS,
					      f->answer != 1 ? CV_KIND_ERROR
					      : session	     ? CV_KIND_SESSION
							     : CV_KIND_STATE);

	rec->value_type = CV_VALUE_U64;
	rec->value.u64 = f->answer;
	gb32960_put_str(f, CV_TLV_TEXT, results[f->answer]);
	if (f->command >= GB32960_QUERY && f->command != GB32960_CONTROL && f->len > GB32960_TIME)
		cv_emit_tlv(f->d->emit, CV_TLV_BYTES, f->data + GB32960_TIME,
			    f->len - GB32960_TIME);
	gb32960_end(f);
	return true;
}

/* RSA, AES, or not told: nothing of it can be read. */
static bool encrypted(const struct gb32960_frame *f)
{
	const char *how = f->encryption == 2   ? "encrypted (RSA)"
			  : f->encryption == 3 ? "encrypted (AES)"
					       : "encryption not stated";

	if (f->encryption <= 1)
		return false;
	gb32960_raw(f, how, f->data, f->len);
	return true;
}

static bool command(struct gb32960_frame *f, struct cv_reader *r)
{
	switch (f->command) {
	case GB32960_LOGIN:
		return login(f, r);
	case GB32960_LOGOUT:
	case GB32960_PLATFORM_LOGIN:
	case GB32960_PLATFORM_LOGOUT:
		return session(f, r);
	case GB32960_CONTROL:
		/* Behind the order to upgrade stand user and password of a server. */
		gb32960_raw(f, cv_reader_left(r) > 1 ? "withheld" : NULL, r->cur,
			    cv_reader_left(r) != 0);
		return true;
	default:
		gb32960_raw(f, NULL, r->cur, cv_reader_left(r));
		return true;
	}
}

bool gb32960_body(struct gb32960_frame *f)
{
	struct cv_reader r = cv_reader(f->data, f->len);
	bool up = f->direction == CV_DIR_UP;
	const uint8_t *time;

	if (encrypted(f))
		return true;
	time = f->len >= GB32960_TIME ? cv_read_bytes(&r, GB32960_TIME) : NULL;
	if (time != NULL && up) /* the platform's time is not the device's */
		f->time_quality = gb32960_time(time, &f->ts);
	if (f->answer != GB32960_IS_COMMAND && up == (f->command >= GB32960_QUERY))
		return answer(f);
	if (f->command == GB32960_HEARTBEAT || (f->command == GB32960_CLOCK && f->len == 0)) {
		gb32960_begin(f, CV_LANE_STATUS, CV_KIND_SESSION);
		gb32960_end(f);
		return true;
	}
	if (time != NULL && (f->command == GB32960_REALTIME || f->command == GB32960_REISSUE)) {
		if (f->command == GB32960_REISSUE)
			f->stage = CV_STAGE_HISTORY;
		return gb32960_items(f, &r);
	}
	if (time != NULL && command(f, &r))
		return true;
	gb32960_raw(f, "not laid out as the standard has it", f->data,
		    f->command == GB32960_CONTROL ? 0 : f->len);
	return false;
}
