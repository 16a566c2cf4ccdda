/* SPDX-License-Identifier: Apache-2.0 */
/* LoRa Basics Station (LNS protocol): gateways that tell what they hear, JSON in WebSocket frames. */
#include "tools/citysim/encode.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct sim_point radio[] = {
	{"rssi", "device.rssi", "dBm", 0, 0, SIM_CURVE_STEADY, -120, -40},
	{"snr", "device.snr", "dB", 1, 0, SIM_CURVE_STEADY, -200, 120},
};
static const struct sim_profile profiles[] = {
	{"station", "gateway of a LoRaWAN network", radio, SIM_COUNT(radio), 0},
};

enum { OPEN, HEARD };
static const struct sim_kind kinds[] = {
	[OPEN] = {"open", SIM_ON_OPEN, 0},
	[HEARD] = {"heard", SIM_ON_TIME, 1},
};

static void identity(struct sim_device *dev, const struct sim_profile *profile)
{
	snprintf(dev->id, sizeof(dev->id), "a84041ff%08" PRIx32, dev->index);
}

/* RFC 6455 5.2: a whole text; what the device says is masked. */
static void frame(struct sim_message *m, const struct sim_input *in, bool from_device,
		  const char *text)
{
	unsigned int len = (unsigned int)strlen(text);
	uint32_t mask = (uint32_t)in->random | 0x01010101;

	sim_part(m, from_device);
	sim_u8(m, 0x81);
	if (len > 125) {
		sim_u8(m, (from_device ? 0x80 : 0) | 126);
		sim_be16(m, len);
	} else {
		sim_u8(m, (from_device ? 0x80 : 0) | len);
	}
	if (!from_device) {
		sim_put(m, text, len);
		return;
	}
	sim_be32(m, mask);
	for (unsigned int i = 0; i < len; i++)
		sim_u8(m, (uint8_t)text[i] ^ (mask >> (24 - 8 * (i % 4)) & 255));
}

static void open_session(struct sim_message *m, const struct sim_input *in)
{
	struct sim_expect *e;

	sim_part(m, true);
	sim_printf(m,
		   "GET /gateway/%s HTTP/1.1\r\nHost: lns.example:1887\r\nUpgrade: websocket\r\n"
		   "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
		   "Sec-WebSocket-Version: 13\r\n\r\n",
		   in->device->id);
	sim_part(m, false);
	sim_printf(m, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
		      "Connection: Upgrade\r\n\r\n");
	frame(m, in, true,
	      "{\"msgtype\":\"version\",\"station\":\"2.0.6\",\"firmware\":null,"
	      "\"package\":null,\"model\":\"corecell\",\"protocol\":2,\"features\":\"\"}");
	e = sim_expect(m, in, CV_KIND_SESSION);
	e->method = "version";
	e->text = "2.0.6";
	e->code = "corecell";
	frame(m, in, false,
	      "{\"msgtype\":\"router_config\",\"NetID\":[19],\"region\":\"CN470\","
	      "\"freq_range\":[470000000,510000000],\"DRs\":[[12,125,0],[7,125,0]]}");
	e = sim_expect(m, in, CV_KIND_SESSION);
	e->method = "router_config";
	e->code = "CN470";
	e->direction = CV_DIR_DOWN;
}

/* One of the points, or the middle of its range where it was left out. */
static struct sim_reading reading(const struct sim_input *in, unsigned int point)
{
	for (unsigned int i = 0; i < in->count; i++)
		if (in->reading[i].point == &radio[point])
			return in->reading[i];
	return (struct sim_reading){&radio[point], (radio[point].low + radio[point].high) / 2,
				    false};
}

static void expect(struct sim_message *m, const struct sim_input *in, struct sim_expect *e,
		   uint32_t address)
{
	e->lane = CV_LANE_STATUS;
	e->device = sim_text(m, "%08" PRIx32, address);
	e->sub = in->device->id;
}

static void heard(struct sim_message *m, const struct sim_input *in)
{
	struct sim_reading rssi = reading(in, 0), snr = reading(in, 1);
	uint32_t address =
		0x26000000 | (in->device->index & 0xfff) << 8 | (uint32_t)(in->random % 64);
	struct sim_expect *e = sim_expect(m, in, CV_KIND_STATE);

	frame(m, in, true,
	      sim_text(m,
		       "{\"msgtype\":\"updf\",\"MHdr\":64,\"DevAddr\":%" PRIu32
		       ",\"FCtrl\":0,\"FCnt\":%" PRIu32 ",\"FOpts\":\"\",\"FPort\":2,"
		       "\"FRMPayload\":\"%016" PRIx64 "\",\"MIC\":%" PRId32
		       ",\"DR\":5,\"Freq\":486300000,\"upinfo\":{\"rctx\":0,\"xtime\":%" PRId64
		       ",\"rssi\":%s,\"snr\":%s}}",
		       address, in->serial & 0xffff, sim_mix(in->random),
		       (int32_t)sim_mix(~in->random), in->time_ns / 1000, sim_decimal(rssi.raw, 0),
		       sim_decimal(snr.raw, 1)));
	e->name = "network.encrypted_payload";
	e->value_type = CV_VALUE_BYTES;
	expect(m, in, e, address);
	expect(m, in, sim_expect_reading(m, in, &rssi), address);
	expect(m, in, sim_expect_reading(m, in, &snr), address);
}

static void encode(const struct sim_input *in, struct sim_message *m)
{
	if (in->kind == OPEN)
		open_session(m, in);
	else
		heard(m, in);
}

/* The text is no object any more: its first byte is another, under the same mask. */
static void damage(const struct sim_input *in, struct sim_message *m, enum sim_damage damage)
{
	sim_damage_first(in, m, damage, 8, m->bytes[8] ^ 1u);
}

const struct sim_encoder sim_encoder_station = {
	.name = "station",
	.transports = SIM_TCP,
	.port = 1887,
	.opens_once = true,
	.profiles = profiles,
	.profile_count = SIM_COUNT(profiles),
	.kinds = kinds,
	.kind_count = SIM_COUNT(kinds),
	.stream_damages = SIM_BIT(CONTENT),
	.identity = identity,
	.encode = encode,
	.damage = damage,
};
