/* SPDX-License-Identifier: Apache-2.0 */
/* From the JSON of a datagram to records. */
#include "dataplane/decode/gwmp.h"
#include "dataplane/decode/iso_time.h"
#include "dataplane/decode/text.h"
#include "dataplane/normalize/vocabulary.h"

#define PIECE_MAX 20
#define HAS_POSITION (1u << GWMP_LATITUDE | 1u << GWMP_LONGITUDE)

static int64_t rounded(double value)
{
	return (int64_t)(value < 0 ? value - 0.5 : value + 0.5);
}

/* What fits an integer in the units of a position; further away is nowhere. */
static bool sane(double value)
{
	return value > -1e6 && value < 1e6;
}

static uint8_t time_of(const struct cv_senml_text *text, int64_t *ret)
{
	*ret = 0;
	if (text->len == 0)
		return CV_TIME_ABSENT;
	return cv_iso_time(text->data, text->len, ret) ? CV_TIME_DEVICE : CV_TIME_IMPLAUSIBLE;
}

/* A piece of the radio's own text: short and plain, or left out. */
static void put_piece(struct cv_label *l, const char *before, const struct cv_senml_text *t)
{
	if (t->len == 0 || t->len > PIECE_MAX || !cv_ascii_text(t->data, t->len))
		return;
	cv_label_str(l, l->len != 0 ? before : before + 1);
	cv_label_bytes(l, t->data, t->len);
}

/* "866.349812 MHz SF7BW125 4/6"; of FSK, whose rate is a number, "869.1 MHz FSK 50000". */
static void put_how(struct cv_label *l, const struct gwmp_packet *p)
{
	bool fsk = p->rate.len != 0 && (uint8_t)(p->rate.data[0] - '0') <= 9;

	put_piece(l, " ", &p->frequency);
	if (l->len != 0)
		cv_label_str(l, " MHz");
	put_piece(l, fsk ? " FSK " : " ", &p->rate);
	if (!fsk)
		put_piece(l, " ", &p->coding);
}

/* @return true: it was heard before. */
static bool emit_packet(const struct gwmp_message *m, const struct gwmp_packet *p)
{
	bool up = m->id == GWMP_PUSH_DATA, cut = false;
	uint8_t phy[LORAWAN_PHY_MAX];
	size_t len = cv_senml_text_copy(&p->data, phy, sizeof(phy), &cut);
	struct lorawan_radio radio = {
		.d = m->d,
		.gateway = m->gateway,
		.has_rssi = up && p->has_rssi,
		.has_snr = up && p->has_snr,
		.rssi = p->rssi,
		.snr = p->snr,
		.direction = up ? CV_DIR_UP : CV_DIR_DOWN,
		.damaged = p->damaged,
		.raw_len = m->size,
	};
	struct lorawan_frame f;

	put_how(&radio.how, p);
	if (up)
		radio.time_quality = time_of(&p->time, &radio.ts);
	lorawan_parse(&f, phy, len);
	return lorawan_records(&f, &radio);
}

static struct cv_record *begin(const struct gwmp_message *m, enum cv_lane lane, enum cv_kind kind,
			       const char *method)
{
	struct cv_record *rec = cv_emit_begin(m->d->emit, lane, kind);
	struct cv_label gateway = {0};

	rec->direction = CV_DIR_UP;
	rec->device_end = CV_DEVICE_END_SRC;
	rec->raw_len = m->size;
	rec->seq = m->token;
	rec->status = m->id;
	cv_label_hex(&gateway, m->gateway, 16);
	cv_emit_tlv(m->d->emit, CV_TLV_DEVICE, gateway.text, gateway.len);
	cv_emit_tlv(m->d->emit, CV_TLV_METHOD, method, strlen(method));
	return rec;
}

/* Degrees and metres as they are written, to the units of a position; no fix is all zeros. */
static void emit_position(const struct gwmp_message *m, const struct gwmp_content *c, int64_t ts,
			  uint8_t quality)
{
	const double *n = c->number;
	struct cv_record *rec;

	if ((c->stat & HAS_POSITION) != HAS_POSITION ||
	    (n[GWMP_LATITUDE] == 0 && n[GWMP_LONGITUDE] == 0) || !sane(n[GWMP_LATITUDE]) ||
	    !sane(n[GWMP_LONGITUDE]) || !sane(n[GWMP_ALTITUDE]))
		return;
	rec = begin(m, CV_LANE_MEASUREMENT, CV_KIND_MEASUREMENT, "stat");
	rec->name_id = CV_NAME_DEVICE_POSITION;
	rec->ts_device_ns = ts;
	rec->time_quality = quality;
	cv_emit_position(
		m->d->emit, rounded(n[GWMP_LATITUDE] * 1e7), rounded(n[GWMP_LONGITUDE] * 1e7),
		c->stat & 1u << GWMP_ALTITUDE ? rounded(n[GWMP_ALTITUDE] * 1e3) : CV_POSITION_NONE);
	cv_emit_end(m->d->emit);
}

static void emit_stat(const struct gwmp_message *m, const struct gwmp_content *c)
{
	static const struct {
		enum cv_name name;
		const char *code;
	} rows[GWMP_NUMBER_COUNT] = {
		[GWMP_RECEIVED] = {CV_NAME_NETWORK_RECEIVED, "rxnb"},
		[GWMP_RECEIVED_GOOD] = {CV_NAME_NETWORK_RECEIVED_GOOD, "rxok"},
		[GWMP_FORWARDED] = {CV_NAME_NETWORK_FORWARDED, "rxfw"},
		[GWMP_ACKNOWLEDGED] = {CV_NAME_NETWORK_ACKNOWLEDGED, "ackr"},
		[GWMP_DOWNLINKS] = {CV_NAME_NETWORK_DOWNLINKS, "dwnb"},
		[GWMP_SENT] = {CV_NAME_NETWORK_SENT, "txnb"},
		[GWMP_TEMPERATURE] = {CV_NAME_DEVICE_TEMPERATURE, "temp"},
	};
	int64_t ts;
	uint8_t quality = time_of(&c->stat_time, &ts);

	emit_position(m, c, ts, quality);
	for (unsigned int i = GWMP_ALTITUDE + 1; i < GWMP_NUMBER_COUNT; i++) {
		struct cv_record *rec;

		if (!(c->stat & 1u << i))
			continue;
		rec = begin(m, cv_name_lane(rows[i].name), CV_KIND_MEASUREMENT, "stat");
		rec->name_id = rows[i].name;
		rec->unit_id = (uint16_t)cv_name_unit(rows[i].name);
		rec->value_type = CV_VALUE_F64;
		rec->value.f64 = c->number[i];
		rec->ts_device_ns = ts;
		rec->time_quality = quality;
		cv_emit_tlv(m->d->emit, CV_TLV_CODE, rows[i].code, strlen(rows[i].code));
		cv_emit_end(m->d->emit);
	}
}

void gwmp_emit_content(const struct gwmp_message *m, const struct gwmp_content *c)
{
	bool stat = m->id == GWMP_PUSH_DATA && (c->stat & GWMP_HAS_STAT);
	unsigned int again = 0;

	for (unsigned int i = 0; i < c->count; i++)
		again += emit_packet(m, &c->packet[i]);
	if (stat)
		emit_stat(m, c);
	else if (again != 0 && again == c->count)
		cv_repeat_found(m->d->repeats);
}

void gwmp_emit_session(const struct gwmp_message *m)
{
	begin(m, CV_LANE_STATUS, CV_KIND_SESSION, "pull-data");
	cv_emit_end(m->d->emit);
}

void gwmp_emit_sent(const struct gwmp_message *m, const struct gwmp_content *c)
{
	uint8_t text[64];
	bool cut = false;
	size_t len =
		c->error.len != 0 ? cv_senml_text_copy(&c->error, text, sizeof(text), &cut) : 0;
	bool failed = len != 0 && !(len == 4 && memcmp(text, "NONE", 4) == 0);

	begin(m, CV_LANE_STATUS, failed ? CV_KIND_ERROR : CV_KIND_STATE, "tx-ack");
	if (failed)
		cv_emit_tlv(m->d->emit, CV_TLV_TEXT, text, cv_utf8_prefix(text, len));
	cv_emit_end(m->d->emit);
}
