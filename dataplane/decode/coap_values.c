/* SPDX-License-Identifier: Apache-2.0 */
/* Payloads that are values: SenML, JSON, LwM2M. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "dataplane/decode/coap_context.h"
#include "dataplane/decode/json_map.h"
#include "dataplane/decode/text.h"
#include "dataplane/normalize/vocabulary.h"

static struct cv_senml_origin origin_of(struct coap_context *c)
{
	return (struct cv_senml_origin){
		.name = c->name,
		.name_len = c->name_len,
		.device = c->device ? c->device->ep : NULL,
		.device_len = c->device ? c->device->ep_len : 0,
		.code = c->name, /* names in packs are only unique below it */
		.code_len = c->name_len,
		.complete = coap_complete,
		.arg = c,
		.lane = c->lane,
		.kind = c->kind,
	};
}

int coap_emit_senml(struct coap_context *c, struct cv_senml_pack *pack)
{
	const struct cv_coap *m = c->m;
	struct cv_senml_origin o = origin_of(c);
	bool stream = m->format == CV_COAP_SENSML_JSON || m->format == CV_COAP_SENSML_CBOR;
	int err;

	if (m->format == CV_COAP_SENML_JSON || m->format == CV_COAP_SENSML_JSON)
		err = cv_senml_json(pack, m->payload, m->payload_len, stream);
	else
		err = cv_senml_cbor(pack, m->payload, m->payload_len, stream);
	o.put_name = lwm2m_put_senml_name;
	if (!err)
		cv_senml_emit(c->emit, pack, &o);
	return err;
}

bool coap_may_be_json(uint32_t format)
{
	return format == CV_COAP_TEXT || format == CV_COAP_JSON || format == CV_COAP_OCTETS ||
	       format == CV_COAP_FORMAT_NONE;
}

bool coap_emit_json(struct coap_context *c, const struct cv_generation *gen, bool *ret_bad)
{
	const struct cv_coap *m = c->m;
	struct cv_senml_origin o = origin_of(c);

	if (cv_json_map_emit(c->emit, gen, CV_PROTO_COAP, &o, m->payload, m->payload_len, ret_bad))
		return true;
	return m->format == CV_COAP_JSON &&
	       cv_json_flat_emit(c->emit, &o, m->payload, m->payload_len);
}

static float half_float(uint32_t bits)
{
	int exponent = (int)(bits >> 10 & 31);
	float value = (float)(bits & 1023);

	if (exponent == 31)
		value = (bits & 1023) != 0 ? NAN : INFINITY;
	else
		for (value += exponent ? 1024 : 0, exponent -= exponent ? 25 : 24; exponent != 0;
		     exponent += exponent < 0 ? 1 : -1)
			value = exponent < 0 ? value / 2 : value * 2;
	return bits & 0x8000 ? -value : value;
}

/* A float of CBOR (RFC 8949 3.3): @p info 25 to 27. */
static double cbor_float(uint64_t bits, unsigned int info)
{
	uint32_t half = (uint32_t)bits;
	double f64;
	float f32;

	if (info == 25)
		return (double)half_float(half);
	memcpy(&f32, &half, sizeof(f32));
	memcpy(&f64, &bits, sizeof(f64));
	return info == 26 ? (double)f32 : f64;
}

/* One CBOR item that is a value (RFC 8949 3); false for all others. */
static bool cbor_value(struct lwm2m_entry *e, const uint8_t *data, size_t len)
{
	unsigned int major = data[0] >> 5, info = data[0] & 31, more;
	uint64_t arg = info;

	more = info >= 24 && info <= 27 ? 1u << (info - 24) : 0;
	if (info > 27 || len < 1 + more)
		return false;
	for (unsigned int i = 0; i < more; i++)
		arg = (i == 0 ? 0 : arg << 8) | data[1 + i];
	data += 1 + more;
	len -= 1 + more;
	if (major == 2 || major == 3) {
		e->form = major == 2 ? LWM2M_BINARY : LWM2M_PLAIN_TEXT;
		e->text = (struct cv_senml_text){data, (uint32_t)len, CV_SENML_PLAIN};
		return arg == len;
	}
	if (len != 0)
		return false;
	if (major == 7 && (arg == 20 || arg == 21) && more == 0) {
		e->form = LWM2M_BOOL;
		e->is_true = arg == 21;
		return true;
	}
	e->form = LWM2M_REAL;
	if (major < 2)
		e->real = major == 0 ? (double)arg : -1 - (double)arg;
	else if (major == 7 && info >= 25)
		e->real = cbor_float(arg, info);
	else
		return false;
	return true;
}

/* The value of one resource, in text, bytes or CBOR. */
static int emit_resource(struct coap_context *c, struct lwm2m_list *list,
			 const struct lwm2m_path *path)
{
	const struct cv_coap *m = c->m;
	struct lwm2m_entry *e = &list->entry[0];
	struct cv_senml_origin o = origin_of(c);

	if (lwm2m_row(path->id[LWM2M_OBJECT], path->id[LWM2M_RESOURCE]) == NULL &&
	    c->device == NULL &&
	    !lwm2m_is_secret(path)) /* a key stays one before who has it is known */
		return 0;
	e->path = *path;
	e->form = m->format == CV_COAP_OCTETS ? LWM2M_BINARY : LWM2M_PLAIN_TEXT;
	e->text = (struct cv_senml_text){m->payload, m->payload_len, CV_SENML_PLAIN};
	if (m->format == CV_COAP_CBOR && !cbor_value(e, m->payload, m->payload_len))
		return 0;
	list->count = 1;
	lwm2m_emit(c->emit, list, &o);
	return 1;
}

int coap_emit_resources(struct coap_context *c, struct lwm2m_list *list)
{
	const struct cv_coap *m = c->m;
	struct cv_senml_origin o = origin_of(c);
	struct lwm2m_path path;
	unsigned int levels = lwm2m_read_path(&path, c->name, c->name_len);
	int err;

	switch (m->format) {
	case CV_COAP_LWM2M_TLV:
	case CV_COAP_LWM2M_TLV_OLD:
		err = levels != 0 ? lwm2m_read_tlv(list, &path, m->payload, m->payload_len)
				  : -EBADMSG;
		break;
	case CV_COAP_LWM2M_JSON:
	case CV_COAP_LWM2M_JSON_OLD:
		err = lwm2m_read_json(list, &path, m->payload, m->payload_len);
		break;
	case CV_COAP_TEXT:
	case CV_COAP_OCTETS:
	case CV_COAP_CBOR:
	case CV_COAP_FORMAT_NONE:
		return levels >= 3 ? emit_resource(c, list, &path) : 0;
	default:
		return 0;
	}
	if (err != 0)
		return err;
	lwm2m_emit(c->emit, list, &o);
	return list->count != 0;
}

void coap_emit_registration(struct coap_context *c, bool online)
{
	struct cv_record *rec = cv_emit_begin(c->emit, CV_LANE_STATUS, CV_KIND_SESSION);
	const char *state = online ? "online" : "offline";

	coap_complete(c, rec);
	cv_emit_tlv(c->emit, CV_TLV_DEVICE, c->device->ep, c->device->ep_len);
	rec->name_id = CV_NAME_DEVICE_STATE;
	rec->value_type = CV_VALUE_TEXT;
	cv_emit_tlv(c->emit, CV_TLV_TEXT, state, strlen(state));
	if (c->m->payload != NULL && cv_utf8_valid(c->m->payload, c->m->payload_len))
		cv_emit_tlv(c->emit, CV_TLV_CODE, c->m->payload, c->m->payload_len);
	cv_emit_end(c->emit);
}
