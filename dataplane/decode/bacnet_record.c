/* SPDX-License-Identifier: Apache-2.0 */
/* Pieces of a record: who, what, and names for numbers. */
#include <string.h>

#include "dataplane/decode/bacnet.h"
#include "dataplane/normalize/vocabulary.h"

#define FAR_MAX 8 /* bytes of a far address that are told; MS/TP has 1, Ethernet 6 */

static const char *object_name(uint16_t type)
{
	static const char *const names[] = {
#define OBJECT(number, name) [number] = name,
#include "dataplane/decode/bacnet_name_list.h"
	};

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : NULL;
}

static const char *property_name(uint32_t property)
{
	static const char *const names[] = {
#define PROPERTY(number, name) [number] = name,
#include "dataplane/decode/bacnet_name_list.h"
	};

	return property < sizeof(names) / sizeof(names[0]) ? names[property] : NULL;
}

static const char *service_name(const struct bacnet_pdu *p)
{
	static const char *const confirmed[256] = {
#define CONFIRMED(number, name) [number] = name,
#include "dataplane/decode/bacnet_name_list.h"
	};
	static const char *const unconfirmed[256] = {
#define UNCONFIRMED(number, name) [number] = name,
#include "dataplane/decode/bacnet_name_list.h"
	};

	switch (p->type) {
	case BACNET_UNCONFIRMED:
		return unconfirmed[p->service];
	case BACNET_REJECT:
		return "reject";
	case BACNET_ABORT:
		return "abort";
	default:
		return confirmed[p->service];
	}
}

unsigned int bacnet_unit(uint32_t units)
{
	static const uint8_t known[] = {
#define UNIT_OF(number, unit) [number] = CV_UNIT_##unit,
#include "dataplane/decode/bacnet_name_list.h"
	};

	return units < sizeof(known) ? known[units] : CV_UNIT_NONE;
}

void bacnet_put_label(struct bacnet_pdu *p, enum cv_tlv_tag tag, const struct cv_label *l)
{
	cv_emit_tlv(p->d->emit, tag, l->text, l->len);
}

static void put_numbered(struct cv_label *l, const char *name, const char *what, uint32_t number)
{
	if (name != NULL) {
		cv_label_str(l, name);
		return;
	}
	cv_label_str(l, what);
	cv_label_u32(l, number);
}

void bacnet_label_object(struct cv_label *l, const struct bacnet_object *object,
			 const char *between)
{
	put_numbered(l, object_name(object->type), "object-type-", object->type);
	cv_label_str(l, between);
	cv_label_u32(l, object->instance);
}

void bacnet_label_property(struct cv_label *l, uint32_t property)
{
	put_numbered(l, property_name(property), "property-", property);
}

/* Network and address of one behind a router: "13-3D". */
static void label_far(const struct bacnet_pdu *p, struct cv_label *l)
{
	static const char digit[] = "0123456789ABCDEF";

	cv_label_u32(l, p->far_net);
	cv_label_str(l, "-");
	for (size_t i = 0; i < p->far_len && i < FAR_MAX; i++) {
		cv_label_bytes(l, &digit[p->far[i] >> 4], 1);
		cv_label_bytes(l, &digit[p->far[i] & 0xf], 1);
	}
}

bool bacnet_from_device(const struct bacnet_pdu *p)
{
	bool report = p->service == BACNET_COV_CONFIRMED || p->service == BACNET_EVENT_CONFIRMED;

	switch (p->type) {
	case BACNET_CONFIRMED:
		return report;
	case BACNET_UNCONFIRMED:
		return p->service <= BACNET_EVENT;
	case BACNET_SIMPLE_ACK:
	case BACNET_ERROR:
		return !report;
	default:
		return true;
	}
}

struct cv_record *bacnet_begin(struct bacnet_pdu *p, enum cv_lane lane, enum cv_kind kind)
{
	struct cv_record *rec = cv_emit_begin(p->d->emit, lane, kind);
	const char *name = service_name(p);
	bool up = bacnet_from_device(p);
	struct cv_label l = {0};

	rec->direction = up ? CV_DIR_UP : CV_DIR_DOWN;
	rec->device_end = up ? CV_DEVICE_END_SRC : CV_DEVICE_END_DST;
	rec->raw_len = p->size;
	rec->seq = p->invoke;
	rec->status = (uint16_t)(p->type << 8 | p->service);
	put_numbered(&l, name, "service-", p->service);
	bacnet_put_label(p, CV_TLV_METHOD, &l);
	if (up && p->device != BACNET_NONE) {
		l.len = 0;
		cv_label_u32(&l, p->device);
		bacnet_put_label(p, CV_TLV_DEVICE, &l);
	}
	return rec;
}

void bacnet_put_sub(struct bacnet_pdu *p, const struct bacnet_object *object)
{
	struct cv_label l = {0};

	if (p->far != NULL && p->device == BACNET_NONE && bacnet_from_device(p)) {
		label_far(p, &l);
		if (object != NULL)
			cv_label_str(&l, ".");
	}
	if (object != NULL)
		bacnet_label_object(&l, object, "-");
	if (l.len != 0)
		bacnet_put_label(p, CV_TLV_SUB, &l);
}

void bacnet_put_code(struct bacnet_pdu *p, const struct bacnet_object *object, uint32_t property,
		     uint32_t index)
{
	struct cv_label l = {0};

	cv_label_str(&l, "raw.");
	bacnet_label_object(&l, object, ".");
	cv_label_str(&l, ".");
	bacnet_label_property(&l, property);
	if (index != BACNET_NONE) {
		cv_label_str(&l, "[");
		cv_label_u32(&l, index);
		cv_label_str(&l, "]");
	}
	bacnet_put_label(p, CV_TLV_NAME, &l);
	cv_emit_tlv(p->d->emit, CV_TLV_CODE, l.text + 4, l.len - 4);
}

void bacnet_put_rest(struct bacnet_pdu *p, struct cv_record *rec)
{
	size_t left = cv_reader_left(&p->r);

	if (left == 0)
		return;
	rec->flags |= CV_FLAG_RAW;
	rec->value_type = CV_VALUE_BYTES;
	cv_emit_tlv(p->d->emit, CV_TLV_BYTES, p->r.cur, left);
}
