/* SPDX-License-Identifier: Apache-2.0 */
/* Services about devices as a whole (ASHRAE 135, 16): who is there, what time it is, silence, restart. */
#include "dataplane/decode/bacnet.h"
#include "dataplane/decode/civil_time.h"
#include "dataplane/normalize/vocabulary.h"

static bool at_end(const struct bacnet_pdu *p)
{
	return cv_reader_left(&p->r) == 0;
}

/* Device, longest APDU, segmentation, vendor. */
bool bacnet_i_am(struct bacnet_pdu *p)
{
	uint32_t longest, segmentation, vendor;
	struct bacnet_object object;
	struct cv_label l = {0};
	struct bacnet_tag t;

	if (!bacnet_application(&p->r, BACNET_OBJECT, &t) || !bacnet_object_id(&t, &object) ||
	    !bacnet_application(&p->r, BACNET_UNSIGNED, &t) || !bacnet_unsigned(&t, &longest) ||
	    !bacnet_application(&p->r, BACNET_ENUMERATED, &t) ||
	    !bacnet_unsigned(&t, &segmentation) ||
	    !bacnet_application(&p->r, BACNET_UNSIGNED, &t) || !bacnet_unsigned(&t, &vendor) ||
	    !at_end(p))
		return false;
	p->device = object.instance;
	if (p->quiet)
		return true;
	bacnet_begin(p, CV_LANE_STATUS, CV_KIND_SESSION);
	cv_label_str(&l, "vendor ");
	cv_label_u32(&l, vendor);
	cv_label_str(&l, ", max-apdu ");
	cv_label_u32(&l, longest);
	cv_label_str(&l, ", segmentation ");
	cv_label_u32(&l, segmentation);
	bacnet_put_label(p, CV_TLV_TEXT, &l);
	cv_emit_end(p->d->emit);
	return true;
}

bool bacnet_i_have(struct bacnet_pdu *p)
{
	struct bacnet_object device, object;
	struct cv_record *rec;
	struct bacnet_tag t;

	if (!bacnet_application(&p->r, BACNET_OBJECT, &t) || !bacnet_object_id(&t, &device) ||
	    !bacnet_application(&p->r, BACNET_OBJECT, &t) || !bacnet_object_id(&t, &object) ||
	    !bacnet_application(&p->r, BACNET_CHARACTERS, &t) || !at_end(p))
		return false;
	p->device = device.instance;
	if (p->quiet)
		return true;
	rec = bacnet_begin(p, CV_LANE_STATUS, CV_KIND_STATE);
	bacnet_put_sub(p, &object);
	bacnet_put_string(p, rec, &t);
	cv_emit_end(p->d->emit);
	return true;
}

/* Limits of instances, then for Who-Has what is looked for. */
bool bacnet_who(struct bacnet_pdu *p, bool has)
{
	uint32_t low = 0, high = 0;
	struct bacnet_object object;
	struct cv_label l = {0};
	struct bacnet_tag t;
	bool limited = bacnet_context(&p->r, 0, &t);
	struct cv_record *rec;
	bool named = false, found = false;

	if (limited && (!bacnet_unsigned(&t, &low) || !bacnet_context_unsigned(&p->r, 1, &high)))
		return false;
	if (has) {
		found = bacnet_context_object(&p->r, 2, &object);
		named = !found && bacnet_context(&p->r, 3, &t) && t.len >= 1;
		if (!found && !named)
			return false;
	}
	if (!at_end(p))
		return false;
	if (p->quiet)
		return true;
	rec = bacnet_begin(p, CV_LANE_STATUS, CV_KIND_COMMAND);
	rec->device_end = CV_DEVICE_END_NONE; /* everybody is asked */
	if (limited) {
		cv_label_u32(&l, low);
		cv_label_str(&l, "-");
		cv_label_u32(&l, high);
		bacnet_put_label(p, CV_TLV_CODE, &l);
	}
	if (found)
		bacnet_put_sub(p, &object);
	if (named)
		bacnet_put_string(p, rec, &t);
	cv_emit_end(p->d->emit);
	return true;
}

bool bacnet_set_clock(struct bacnet_pdu *p)
{
	struct bacnet_tag date, time;
	struct cv_record *rec;
	int64_t ts;

	if (!bacnet_application(&p->r, BACNET_DATE, &date) ||
	    !bacnet_application(&p->r, BACNET_TIME_OF_DAY, &time) || !at_end(p))
		return false;
	if (p->quiet)
		return true;
	rec = bacnet_begin(p, CV_LANE_STATUS, CV_KIND_COMMAND);
	rec->name_id = CV_NAME_DEVICE_CLOCK;
	rec->unit_id = CV_UNIT_OF_DEVICE_CLOCK;
	rec->time_quality = CV_TIME_IMPLAUSIBLE;
	if (bacnet_instant(&date, &time, p->service == BACNET_UTC_TIME ? 0 : CV_BEIJING_S, &ts)) {
		rec->time_quality = CV_TIME_DEVICE;
		rec->ts_device_ns = ts;
		rec->value_type = CV_VALUE_F64;
		rec->value.f64 = (double)(ts / 10000000) / 100;
	}
	cv_emit_end(p->d->emit);
	return true;
}

/* How long and what; the password behind it does not leave the decoder. */
bool bacnet_control(struct bacnet_pdu *p)
{
	uint8_t what = p->service == BACNET_COMMUNICATION_CONTROL ? 1 : 0;
	uint32_t minutes, value;
	struct cv_record *rec;
	struct bacnet_tag t;

	if (what == 1 && bacnet_context(&p->r, 0, &t) && !bacnet_unsigned(&t, &minutes))
		return false;
	if (!bacnet_context_unsigned(&p->r, what, &value))
		return false;
	if (!at_end(p) && (!bacnet_context(&p->r, what + 1, &t) || !at_end(p)))
		return false;
	if (p->quiet)
		return true;
	rec = bacnet_begin(p, CV_LANE_STATUS, CV_KIND_COMMAND);
	rec->value_type = CV_VALUE_U64;
	rec->value.u64 = value;
	cv_emit_end(p->d->emit);
	return true;
}
