/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/decode/lorawan.h"

#include <math.h>

#include "dataplane/normalize/hearing.h"
#include "dataplane/normalize/vocabulary.h"

/* Lengths of whole frames: MHDR, content, MIC. */
#define MIC 4
#define JOIN_REQUEST_LEN 23 /* 6.2.4 */
#define DATA_MIN 12 /* MHDR, FHDR of seven, MIC */
#define REJOIN_02_LEN 19 /* 1.1, 6.2.4.1 */
#define REJOIN_1_LEN 24 /* 1.1, 6.2.4.2 */

static uint64_t little(const uint8_t *p, int bytes)
{
	uint64_t value = 0;

	while (bytes-- > 0)
		value = value << 8 | p[bytes];
	return value;
}

static bool take_join(struct lorawan_frame *f, const uint8_t *phy, size_t len)
{
	if (len != JOIN_REQUEST_LEN)
		return false;
	f->join_eui = little(phy + 1, 8);
	f->device_eui = little(phy + 9, 8);
	f->count = (uint16_t)little(phy + 17, 2);
	return true;
}

/* Types 0 and 2 name the network, type 1 the join server. */
static bool take_rejoin(struct lorawan_frame *f, const uint8_t *phy, size_t len)
{
	bool one = len == REJOIN_1_LEN && phy[1] == 1;

	if (!one && !(len == REJOIN_02_LEN && (phy[1] == 0 || phy[1] == 2)))
		return false;
	f->join_eui = one ? little(phy + 2, 8) : 0;
	f->device_eui = little(phy + (one ? 10 : 5), 8);
	f->count = (uint16_t)little(phy + (one ? 18 : 13), 2);
	return true;
}

static bool take_data(struct lorawan_frame *f, const uint8_t *phy, size_t len)
{
	size_t at;

	if (len < DATA_MIN)
		return false;
	f->address = (uint32_t)little(phy + 1, 4);
	f->fctrl = phy[5];
	f->count = (uint16_t)little(phy + 6, 2);
	f->options = phy + 8;
	f->options_len = f->fctrl & LORAWAN_OPTIONS;
	at = 8 + (size_t)f->options_len;
	if (at + MIC > len)
		return false;
	if (at + MIC < len)
		f->port = phy[at++];
	f->payload = phy + at;
	f->payload_len = len - MIC - at;
	return true;
}

static bool take(struct lorawan_frame *f, const uint8_t *phy, size_t len)
{
	/* Bits 4-2 are reserved and zero, the major version is 0 (4.2). */
	if (len < 1 + MIC || (phy[0] & 0x1f) != 0)
		return false;
	f->type = phy[0] >> 5;
	switch (f->type) {
	case LORAWAN_JOIN_REQUEST:
		return take_join(f, phy, len);
	case LORAWAN_REJOIN:
		return take_rejoin(f, phy, len);
	case LORAWAN_JOIN_ACCEPT:
	case LORAWAN_PROPRIETARY:
		f->payload = phy + 1;
		f->payload_len = len - 1;
		return f->type == LORAWAN_PROPRIETARY || len == 17 || len == 33;
	default:
		return take_data(f, phy, len);
	}
}

void lorawan_parse(struct lorawan_frame *f, const uint8_t *phy, size_t len)
{
	*f = (struct lorawan_frame){.port = -1};
	if (!take(f, phy, len)) {
		*f = (struct lorawan_frame){
			.type = LORAWAN_STRANGE,
			.port = -1,
			.payload = phy,
			.payload_len = len,
		};
		return;
	}
	/* The code of a join accept is encrypted with it, and a maker's own frame need not have one. */
	if (f->type == LORAWAN_JOIN_ACCEPT || f->type == LORAWAN_PROPRIETARY)
		return;
	f->has_mic = true;
	memcpy(f->mic, phy + len - MIC, MIC);
}

static void put_label(struct cv_emit *e, enum cv_tlv_tag tag, const struct cv_label *l)
{
	if (l->len != 0)
		cv_emit_tlv(e, tag, l->text, l->len);
}

static bool is_data(const struct lorawan_frame *f)
{
	return f->type >= LORAWAN_UP && f->type <= LORAWAN_CONFIRMED_DOWN;
}

/* Who: DevAddr, or DevEUI where the frame has it. What is damaged says nothing for sure. */
static void put_device(const struct lorawan_frame *f, const struct lorawan_radio *radio)
{
	struct cv_label device = {0}, gateway = {0};

	if (radio->gateway != 0)
		cv_label_hex(&gateway, radio->gateway, 16);
	if (!radio->damaged && is_data(f))
		cv_label_hex(&device, f->address, 8);
	else if (!radio->damaged && f->device_eui != 0)
		cv_label_hex(&device, f->device_eui, 16);
	if (device.len == 0) {
		put_label(radio->d->emit, CV_TLV_DEVICE, &gateway);
		return;
	}
	put_label(radio->d->emit, CV_TLV_DEVICE, &device);
	put_label(radio->d->emit, CV_TLV_SUB, &gateway);
}

static void put_numbers(const struct lorawan_frame *f, struct cv_emit *e)
{
	static const char *const methods[] = {
		"join-request",	    "join-accept",  "unconfirmed-up",
		"unconfirmed-down", "confirmed-up", "confirmed-down",
		"rejoin-request",   "proprietary",  "not-lorawan",
	};
	struct cv_label code = {0}, mic = {0};

	cv_emit_tlv(e, CV_TLV_METHOD, methods[f->type], strlen(methods[f->type]));
	if (f->port >= 0)
		cv_label_u32(&code, (uint32_t)f->port);
	else if (f->join_eui != 0)
		cv_label_hex(&code, f->join_eui, 16);
	put_label(e, CV_TLV_CODE, &code);
	for (int i = 0; f->has_mic && i < MIC; i++)
		cv_label_hex(&mic, f->mic[i], 2);
	put_label(e, CV_TLV_CORRELATION, &mic);
}

static struct cv_record *begin(const struct lorawan_frame *f, const struct lorawan_radio *radio,
			       enum cv_kind kind)
{
	struct cv_record *rec = cv_emit_begin(radio->d->emit, CV_LANE_STATUS, kind);
	bool up = radio->direction == CV_DIR_UP;

	rec->direction = radio->direction;
	rec->device_end = up ? CV_DEVICE_END_SRC : CV_DEVICE_END_DST;
	rec->raw_len = radio->raw_len;
	rec->status = f->type;
	rec->seq = f->count;
	rec->ts_device_ns = radio->ts;
	rec->time_quality = radio->time_quality;
	if (radio->damaged)
		rec->quality = CV_QUALITY_BAD;
	put_device(f, radio);
	put_numbers(f, radio->d->emit);
	return rec;
}

/* "adr ack fopts 091103": options are MAC commands, in 1.1 encrypted, and are not read. */
static void put_flags(const struct lorawan_frame *f, struct cv_emit *e, bool up)
{
	struct cv_label l = {0};

	if (!is_data(f))
		return;
	if (f->fctrl & LORAWAN_ADR)
		cv_label_str(&l, " adr");
	if (up && (f->fctrl & LORAWAN_ADR_REQUEST))
		cv_label_str(&l, " adr-ack-req");
	if (f->fctrl & LORAWAN_ACK)
		cv_label_str(&l, " ack");
	if (f->fctrl & LORAWAN_PENDING)
		cv_label_str(&l, up ? " class-b" : " pending");
	if (f->options_len != 0)
		cv_label_str(&l, " fopts ");
	for (int i = 0; i < f->options_len; i++)
		cv_label_hex(&l, f->options[i], 2);
	if (l.len != 0)
		cv_emit_tlv(e, CV_TLV_FLAG, l.text + 1, l.len - 1);
}

static enum cv_name name_of(const struct lorawan_frame *f)
{
	switch (f->type) {
	case LORAWAN_JOIN_REQUEST:
	case LORAWAN_REJOIN:
		return CV_NAME_NETWORK_JOIN;
	case LORAWAN_PROPRIETARY:
	case LORAWAN_STRANGE:
		return CV_NAME_NETWORK_VENDOR_PAYLOAD;
	default:
		return f->payload_len ? CV_NAME_NETWORK_ENCRYPTED_PAYLOAD
				      : CV_NAME_NETWORK_EMPTY_FRAME;
	}
}

static enum cv_kind kind_of(const struct lorawan_frame *f, const struct lorawan_radio *radio)
{
	if (f->type == LORAWAN_JOIN_REQUEST || f->type == LORAWAN_REJOIN ||
	    f->type == LORAWAN_JOIN_ACCEPT)
		return CV_KIND_SESSION;
	return radio->direction == CV_DIR_DOWN ? CV_KIND_COMMAND : CV_KIND_STATE;
}

static void emit_heard(const struct lorawan_frame *f, const struct lorawan_radio *radio,
		       enum cv_name name, double value)
{
	struct cv_record *rec = begin(f, radio, CV_KIND_MEASUREMENT);

	rec->name_id = name;
	rec->unit_id = cv_name_unit(name);
	rec->value_type = CV_VALUE_F64;
	rec->value.f64 = value;
	cv_emit_end(radio->d->emit);
}

/*
 * Frames that are one event however many heard them: of devices, told from each other by counter or
 * nonce and code. Makers' own frames have no such thing, and damaged ones are not what was sent.
 */
static bool is_merged(const struct lorawan_frame *f, const struct lorawan_radio *radio)
{
	return radio->d->repeats != NULL && radio->d->emit->hearings != NULL && !radio->damaged &&
	       radio->direction == CV_DIR_UP &&
	       (f->type == LORAWAN_UP || f->type == LORAWAN_CONFIRMED_UP ||
		f->type == LORAWAN_JOIN_REQUEST || f->type == LORAWAN_REJOIN);
}

/* Of all that is on air, whatever protocol brought it: what one knows is what the other knows. */
static uint64_t print_of(const struct lorawan_frame *f, const struct lorawan_radio *radio)
{
	struct {
		uint64_t join_eui, device_eui;
		uint32_t address;
		uint16_t count;
		int16_t port;
		uint8_t mic[MIC], type, fctrl, options_len, zero;
	} head = {
		.join_eui = f->join_eui,
		.device_eui = f->device_eui,
		.address = f->address,
		.count = f->count,
		.port = f->port,
		.type = f->type,
		.fctrl = f->fctrl,
		.options_len = f->options_len,
	};
	uint64_t print = cv_repeats_seed(radio->d->repeats) ^ CV_PROTO_GWMP;

	memcpy(head.mic, f->mic, MIC);
	print = cv_print_add(print, &head, sizeof(head));
	if (f->options_len != 0)
		print = cv_print_add(print, f->options, f->options_len);
	if (f->payload_len != 0)
		print = cv_print_add(print, f->payload, f->payload_len);
	return print + (print == 0);
}

static struct cv_record *begin_frame(const struct lorawan_frame *f,
				     const struct lorawan_radio *radio)
{
	struct cv_record *rec = begin(f, radio, kind_of(f, radio));

	rec->name_id = name_of(f);
	put_flags(f, radio->d->emit, radio->direction == CV_DIR_UP);
	put_label(radio->d->emit, CV_TLV_TEXT, &radio->how);
	if (f->payload_len != 0) {
		rec->value_type = CV_VALUE_BYTES;
		rec->flags |= CV_FLAG_RAW;
		cv_emit_tlv(radio->d->emit, CV_TLV_BYTES, f->payload, f->payload_len);
	}
	if (radio->direction == CV_DIR_UP)
		cv_hearing_gateway(radio->d->emit, radio->gateway,
				   radio->has_rssi ? radio->rssi : NAN,
				   radio->has_snr ? radio->snr : NAN);
	return rec;
}

/* Its signal is told with the best that is known when it is told. */
static bool records_once(const struct lorawan_frame *f, const struct lorawan_radio *radio)
{
	uint64_t print = print_of(f, radio);
	bool again = cv_repeat_part(radio->d->repeats, print, LORAWAN_LIFETIME);
	struct cv_record *rec = begin_frame(f, radio);

	if (again)
		rec->flags |= CV_FLAG_DUPLICATE;
	cv_hearing_mark(radio->d->emit, print);
	cv_emit_end(radio->d->emit);
	return again;
}

bool lorawan_records(const struct lorawan_frame *f, const struct lorawan_radio *radio)
{
	if (is_merged(f, radio))
		return records_once(f, radio);
	begin_frame(f, radio);
	cv_emit_end(radio->d->emit);
	if (radio->has_rssi)
		emit_heard(f, radio, CV_NAME_DEVICE_RSSI, radio->rssi);
	if (radio->has_snr)
		emit_heard(f, radio, CV_NAME_DEVICE_SNR, radio->snr);
	return false;
}
