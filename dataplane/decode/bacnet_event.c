/* SPDX-License-Identifier: Apache-2.0 */
/* Event notifications (ASHRAE 135, 13.8): alarms of a building. */
#include <string.h>

#include "dataplane/decode/bacnet.h"
#include "dataplane/decode/civil_time.h"

/* Notify types (21). */
#define NOTIFY_ALARM 0

struct event {
	struct bacnet_object device, object;
	uint32_t process, class, priority, type, notify, from, to;
	struct bacnet_tag message; /* data NULL = none */
	bool dated;
	bool has_to;
	int64_t ts;
	bool timed;
};

static const char *state_name(uint32_t state)
{
	static const char *const names[] = {"normal",	  "fault",     "offnormal",
					    "high-limit", "low-limit", "life-safety-alarm"};

	return state < sizeof(names) / sizeof(names[0]) ? names[state] : NULL;
}

/* [0] time of day, [1] sequence number, or [2] date and time. */
static bool read_stamp(struct cv_reader *r, struct event *e)
{
	struct bacnet_tag t, date, time;

	if (!bacnet_open(r, 3))
		return false;
	if (bacnet_open(r, 2)) {
		if (!bacnet_application(r, BACNET_DATE, &date) ||
		    !bacnet_application(r, BACNET_TIME_OF_DAY, &time) || !bacnet_close(r, 2))
			return false;
		e->dated = true;
		e->timed = bacnet_instant(&date, &time, CV_BEIJING_S, &e->ts);
	} else if (!bacnet_context(r, 0, &t) && !bacnet_context(r, 1, &t)) {
		return false;
	}
	return bacnet_close(r, 3);
}

/* What the standard says is always there, then what depends on the notify type. */
static bool read_event(struct cv_reader *r, struct event *e)
{
	struct cv_reader ignored;
	struct bacnet_tag t;

	if (!bacnet_context_unsigned(r, 0, &e->process) ||
	    !bacnet_context_object(r, 1, &e->device) || !bacnet_context_object(r, 2, &e->object) ||
	    !read_stamp(r, e) || !bacnet_context_unsigned(r, 4, &e->class) ||
	    !bacnet_context_unsigned(r, 5, &e->priority) ||
	    !bacnet_context_unsigned(r, 6, &e->type))
		return false;
	if (bacnet_context(r, 7, &e->message) && e->message.len == 0)
		return false;
	if (!bacnet_context_unsigned(r, 8, &e->notify))
		return false;
	bacnet_context(r, 9, &t);
	if (bacnet_context(r, 10, &t) && !bacnet_unsigned(&t, &e->from))
		return false;
	e->has_to = bacnet_context(r, 11, &t);
	if (e->has_to && !bacnet_unsigned(&t, &e->to))
		return false;
	if (bacnet_open(r, 12) && !bacnet_inside(r, 12, &ignored))
		return false;
	return cv_reader_left(r) == 0;
}

/* "analog-input.3.event-5": the object and the event type */
static void put_code(struct bacnet_pdu *p, const struct event *e)
{
	struct cv_label l = {0};

	cv_label_str(&l, "raw.");
	bacnet_label_object(&l, &e->object, ".");
	cv_label_str(&l, ".event-");
	cv_label_u32(&l, e->type);
	bacnet_put_label(p, CV_TLV_NAME, &l);
	cv_emit_tlv(p->d->emit, CV_TLV_CODE, l.text + 4, l.len - 4);
}

bool bacnet_event(struct bacnet_pdu *p)
{
	struct event e = {.message.data = NULL};
	struct cv_record *rec;
	const char *state;
	bool alarm;

	if (!read_event(&p->r, &e))
		return false;
	p->device = e.device.instance;
	if (p->quiet)
		return true;
	alarm = e.notify == NOTIFY_ALARM;
	rec = bacnet_begin(p, alarm ? CV_LANE_ALARM : CV_LANE_STATUS,
			   alarm ? CV_KIND_ALARM : CV_KIND_STATE);
	bacnet_put_sub(p, &e.object);
	put_code(p, &e);
	if (e.has_to) {
		state = state_name(e.to);
		rec->value_type = CV_VALUE_U64;
		rec->value.u64 = e.to;
		if (state != NULL)
			cv_emit_tlv(p->d->emit, CV_TLV_FLAG, state, strlen(state));
	}
	if (e.dated) {
		rec->time_quality = e.timed ? CV_TIME_DEVICE : CV_TIME_IMPLAUSIBLE;
		rec->ts_device_ns = e.timed ? e.ts : 0;
	}
	if (e.message.data != NULL) {
		uint8_t type = rec->value_type;

		bacnet_put_string(p, rec, &e.message);
		rec->value_type = type; /* the text is about the state */
	}
	cv_emit_end(p->d->emit);
	return true;
}
