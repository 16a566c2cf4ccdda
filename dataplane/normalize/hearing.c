/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/normalize/hearing.h"

#include <math.h>
#include <string.h>

#include "dataplane/normalize/vocabulary.h"

void cv_hearing_mark(struct cv_emit *e, uint64_t print)
{
	e->rec->heard = print;
}

void cv_hearing_gateway(struct cv_emit *e, uint64_t id, double rssi, double snr)
{
	const struct cv_gateway g = {
		.id = id,
		.rssi = isfinite(rssi) ? rssi : NAN,
		.snr = isfinite(snr) ? snr : NAN,
	};

	cv_emit_tlv(e, CV_TLV_GATEWAYS, &g, sizeof(g));
}

/* Power of the signal: below the noise the RSSI is mostly the noise's (SX1276 data sheet, 5.5.5). */
static double power(const struct cv_gateway *g)
{
	if (isnan(g->rssi))
		return -INFINITY;
	return g->snr < 0 ? g->rssi + g->snr : g->rssi;
}

/* Does @p a come before @p b? Of the same two always the same one. */
static bool better(const struct cv_gateway *a, const struct cv_gateway *b)
{
	double pa = power(a), pb = power(b);

	if (pa != pb)
		return pa > pb;
	if (isnan(a->snr) != isnan(b->snr))
		return isnan(b->snr);
	if (!isnan(a->snr) && a->snr != b->snr)
		return a->snr > b->snr;
	return a->id < b->id;
}

static void take_out(struct cv_hearing *w, unsigned int at)
{
	w->count--;
	memmove(&w->gateway[at], &w->gateway[at + 1], (w->count - at) * sizeof(w->gateway[0]));
}

/*
 * One more gateway, in its place; one that is there already with its best signal. More than can be
 * listed: the weakest is left out, whatever the order they came in.
 *
 * @return true: it is the best now.
 */
static bool add_gateway(struct cv_hearing *w, const struct cv_gateway *g)
{
	unsigned int at = 0;

	for (unsigned int i = 0; g->id != 0 && i < w->count; i++) {
		if (w->gateway[i].id != g->id)
			continue;
		if (!better(g, &w->gateway[i]))
			return false;
		take_out(w, i);
	}
	while (at < w->count && !better(g, &w->gateway[at]))
		at++;
	if (w->count == CV_GATEWAYS_MAX) {
		w->cut = true;
		if (at == w->count)
			return false;
		w->count--;
	}
	memmove(&w->gateway[at + 1], &w->gateway[at], (w->count - at) * sizeof(w->gateway[0]));
	w->gateway[at] = *g;
	w->count++;
	return at == 0;
}

static struct cv_hearing *find(const struct cv_hearings *h, uint64_t print)
{
	uint32_t i = h->bucket[print & h->mask];

	while (i != CV_HEARING_NONE && h->slot[i].print != print)
		i = h->slot[i].next;
	return i == CV_HEARING_NONE ? NULL : &h->slot[i];
}

static void unlink_first(struct cv_hearings *h)
{
	struct cv_hearing *w = &h->slot[h->first];
	uint32_t *at = &h->bucket[w->print & h->mask];

	while (*at != h->first)
		at = &h->slot[*at].next;
	*at = w->next;
	h->first = (h->first + 1) % (h->max + 1);
	h->count--;
}

/* Who it is of: all that stands before what it says. */
static uint32_t identity_len(const struct cv_hearing *w)
{
	const struct cv_record *rec = (const struct cv_record *)(const void *)w->record;
	static const enum cv_tlv_tag content[] = {CV_TLV_FLAG, CV_TLV_TEXT, CV_TLV_BYTES};
	uint32_t len = w->len;

	for (unsigned int i = 0; i < sizeof(content) / sizeof(content[0]); i++) {
		struct cv_tlv_view v = cv_record_tlv(rec, content[i]);

		if (v.data != NULL && (size_t)(v.data - w->record) - sizeof(struct cv_tlv) < len)
			len = (uint32_t)(v.data - w->record) - (uint32_t)sizeof(struct cv_tlv);
	}
	return len;
}

static void tell_signal(const struct cv_hearing *w, struct cv_emit *e, enum cv_name name,
			double value)
{
	struct cv_record *rec;

	if (isnan(value))
		return;
	rec = cv_emit_again(e, (const struct cv_record *)(const void *)w->record, identity_len(w));
	rec->kind = CV_KIND_MEASUREMENT;
	rec->flags = 0;
	rec->name_id = (uint16_t)name;
	rec->unit_id = (uint16_t)cv_name_unit(name);
	rec->value_type = CV_VALUE_F64;
	rec->value.f64 = value;
	cv_emit_end(e);
}

static void tell(struct cv_emit *e, const struct cv_hearing *w)
{
	struct cv_record *rec;

	rec = cv_emit_again(e, (const struct cv_record *)(const void *)w->record, w->len);
	rec->flags &= ~CV_FLAG_DUPLICATE;
	if (w->cut)
		rec->flags |= CV_FLAG_TRUNCATED;
	cv_emit_tlv(e, CV_TLV_GATEWAYS, w->gateway, w->count * sizeof(w->gateway[0]));
	cv_emit_end(e);
	tell_signal(w, e, CV_NAME_DEVICE_RSSI, w->gateway[0].rssi);
	tell_signal(w, e, CV_NAME_DEVICE_SNR, w->gateway[0].snr);
}

static uint64_t shed_of(const struct cv_emit *e, const struct cv_hearing *w)
{
	const struct cv_record *rec = (const struct cv_record *)(const void *)w->record;

	return e->sink->lane[rec->lane].shed;
}

/* The oldest is told now. What found no memory was not: the device's next try is news. */
static void tell_first(struct cv_hearings *h, struct cv_emit *e)
{
	const struct cv_hearing *w = &h->slot[h->first];
	uint64_t shed = shed_of(e, w);
	bool hold = e->hold;

	e->hold = false; /* it has happened, whatever becomes of the frame in hand */
	unlink_first(h);
	tell(e, w);
	h->told++;
	if (shed_of(e, w) != shed)
		cv_repeat_forget(h->repeats, w->print);
	e->hold = hold;
}

/* Bytes of the record in front of its gateways; 0 = it is not as it should be. */
static uint32_t split(const struct cv_record *rec, struct cv_gateway *g)
{
	struct cv_tlv_view v = cv_record_tlv(rec, CV_TLV_GATEWAYS);
	size_t len;

	if (v.len != sizeof(*g))
		return 0;
	memcpy(g, v.data, sizeof(*g));
	len = (size_t)(v.data - (const uint8_t *)rec) - sizeof(struct cv_tlv);
	return len > CV_HEARING_RECORD ? 0 : (uint32_t)len;
}

static void keep(struct cv_hearing *w, const struct cv_record *rec, uint32_t len)
{
	struct cv_record *kept = (struct cv_record *)(void *)w->record;

	memcpy(w->record, rec, len);
	kept->heard = 0;
	kept->size = (uint16_t)len; /* until its end is made: for those who look for a TLV */
	w->len = (uint16_t)len;
}

static void add(struct cv_hearings *h, const struct cv_record *rec, uint32_t len,
		const struct cv_gateway *g)
{
	uint32_t i = (h->first + h->count) % (h->max + 1);
	uint32_t *bucket = &h->bucket[rec->heard & h->mask];
	struct cv_hearing *w = &h->slot[i];

	w->print = rec->heard;
	w->until_ns = h->now_ns + h->hold_ns;
	w->next = *bucket;
	w->count = 0;
	w->cut = false;
	keep(w, rec, len);
	add_gateway(w, g);
	*bucket = i;
	h->count++;
}

bool cv_hearing_take(struct cv_hearings *h, struct cv_emit *e, struct cv_record *rec)
{
	struct cv_gateway g;
	uint32_t len = split(rec, &g);
	struct cv_hearing *w;

	if (len == 0) {
		rec->heard = 0;
		return false;
	}
	h->heard++;
	w = find(h, rec->heard);
	if (w != NULL || rec->flags & CV_FLAG_DUPLICATE) {
		h->copies++;
		if (w != NULL && add_gateway(w, &g))
			keep(w, rec, len);
		return true;
	}
	/* First to a place of its own: telling another one may take the memory that it is in. */
	add(h, rec, len, &g);
	h->early += h->hold_ns != 0 && h->count > h->max;
	if (h->count > h->max || h->hold_ns == 0)
		tell_first(h, e);
	return true;
}

void cv_hearings_age(struct cv_hearings *h, struct cv_emit *e)
{
	for (int i = 0; i < CV_HEARINGS_STEP && h->count != 0; i++) {
		if (h->slot[h->first].until_ns > h->now_ns)
			break;
		tell_first(h, e);
	}
}

void cv_hearings_drain(struct cv_hearings *h, struct cv_emit *e)
{
	while (h->count != 0)
		tell_first(h, e);
}
