/* SPDX-License-Identifier: Apache-2.0 */
/* SenML packs (RFC 8428) in JSON and CBOR, for the encoders of CoAP and MQTT.
 */
#include "tools/citysim/encode_senml.h"

#include <string.h>

void sim_senml_json(struct sim_message *m, const struct sim_input *in)
{
	sim_printf(m, "[{\"bn\":\"%s:\",\"bt\":%lld,", in->device->id,
		   (long long)(in->time_ns / 1000000000));
	for (unsigned int i = 0; i < in->count; i++) {
		const struct sim_reading *r = &in->reading[i];

		sim_printf(m, "%s\"n\":\"%s\"", i ? ",{" : "", r->point->code);
		if (r->point->curve == SIM_CURVE_ALARM)
			sim_printf(m, ",\"vb\":%s}", r->raw ? "true" : "false");
		else
			sim_printf(m, ",\"u\":\"%s\",\"v\":%s}", r->point->unit,
				   sim_decimal(r->raw, r->point->decimals));
	}
	sim_u8(m, ']');
}

/* Head of a CBOR item, RFC 8949 section 3. */
static void item(struct sim_message *m, unsigned int major, uint32_t n)
{
	if (n < 24) {
		sim_u8(m, major << 5 | n);
	} else if (n < 256) {
		sim_u8(m, major << 5 | 24);
		sim_u8(m, n);
	} else if (n < 65536) {
		sim_u8(m, major << 5 | 25);
		sim_be16(m, n);
	} else {
		sim_u8(m, major << 5 | 26);
		sim_be32(m, n);
	}
}

static void text(struct sim_message *m, const char *s)
{
	item(m, 3, (uint32_t)strlen(s));
	sim_put(m, s, strlen(s));
}

/* Whole numbers as such, others as 64-bit floats. */
static void number(struct sim_message *m, double v)
{
	uint64_t bits;

	if (v >= 0 && v < 4e9 && v == (double)(uint32_t)v) {
		item(m, 0, (uint32_t)v);
		return;
	}
	memcpy(&bits, &v, sizeof(bits));
	sim_u8(m, 7 << 5 | 27);
	sim_be32(m, (uint32_t)(bits >> 32));
	sim_be32(m, (uint32_t)bits);
}

/* Labels of RFC 8428 table 4: base name -2, base time -3, name 0, unit 1, value
 * 2, bool 4. */
void sim_senml_cbor(struct sim_message *m, const struct sim_input *in)
{
	item(m, 4, in->count);
	for (unsigned int i = 0; i < in->count; i++) {
		const struct sim_reading *r = &in->reading[i];
		bool alarm = r->point->curve == SIM_CURVE_ALARM;

		item(m, 5, (alarm ? 2u : 3u) + (i == 0 ? 2u : 0u));
		if (i == 0) {
			item(m, 1, 1); /* -2 */
			text(m, sim_text(m, "%s:", in->device->id));
			item(m, 1, 2); /* -3 */
			item(m, 0, (uint32_t)(in->time_ns / 1000000000));
		}
		item(m, 0, 0);
		text(m, r->point->code);
		if (alarm) {
			item(m, 0, 4);
			sim_u8(m, r->raw ? 0xf5 : 0xf4);
		} else {
			item(m, 0, 1);
			text(m, r->point->unit);
			item(m, 0, 2);
			number(m, sim_value(r));
		}
	}
}

void sim_senml_expect(struct sim_message *m, const struct sim_input *in)
{
	for (unsigned int i = 0; i < in->count; i++) {
		const struct sim_reading *r = &in->reading[i];
		struct sim_expect *e = sim_expect_reading(m, in, r);

		e->direction = CV_DIR_UNKNOWN;
		e->time_ns = sim_seconds(in->time_ns);
	}
}
