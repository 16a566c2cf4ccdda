/* SPDX-License-Identifier: Apache-2.0 */
#include "control/intake/intake.h"

#include <string.h>

#include "dataplane/normalize/device_urn.h"

#define NAME_ROW(id, name) name,
static const char *const count_names[] = {CV_INTAKE_COUNTS(NAME_ROW)};

const char *cv_intake_count_name(enum cv_intake_count what)
{
	return count_names[what];
}

/* Records that are looked at together. */
#define GROUP 32u

struct looked {
	struct cv_record *rec; /* in the copy */
	const char *urn; /* NULL = it names no device */
	size_t len;
	uint64_t print;
	uint32_t device; /* in state, 0 = not there yet */
	bool past; /* read again from the log */
};

/* Everything of a block that is looked at; control's thread. */
static _Alignas(64) uint8_t copy[CV_BLOCK_SIZE];
static char urns[GROUP * CV_DEVICE_URN_MAX];

/* ---- whose it is ---------------------------------------------------------------------------- */

static bool same_text(const struct cv_record *a, const struct cv_record *b, enum cv_tlv_tag tag)
{
	struct cv_tlv_view x = cv_record_tlv(a, tag), y = cv_record_tlv(b, tag);

	return x.len == y.len && (x.len == 0 || memcmp(x.data, y.data, x.len) == 0);
}

/* Whether all is the same that a URN is made of: a message has many values of one device. */
static bool same_device(const struct cv_record *a, const struct cv_record *b)
{
	return a->proto == b->proto && a->family == b->family && a->device_end == b->device_end &&
	       memcmp(a->src, b->src, sizeof(a->src)) == 0 &&
	       memcmp(a->dst, b->dst, sizeof(a->dst)) == 0 && same_text(a, b, CV_TLV_DEVICE) &&
	       same_text(a, b, CV_TLV_SUB);
}

/* @param j room for a URN; the text stays there. */
static void name(const struct cv_intake *in, struct looked *l, struct cv_json *j)
{
	char *from = j->at;

	l->urn = NULL;
	if (!cv_device_urn(l->rec, j) || j->failed)
		return;
	l->urn = from;
	l->len = (size_t)(j->at - from);
	l->print = cv_state_print(in->state, l->urn, l->len);
}

/* ---- what becomes of it --------------------------------------------------------------------- */

/* A flood of records must not become a flood of messages. */
static void tell_unknown(struct cv_intake *in, struct cv_state_device *d, const struct looked *l)
{
	int64_t now = l->rec->ts_rx_ns / 1000000000;

	if (!in->unknown || !d || (d->told_s != 0 && now - d->told_s < CV_INTAKE_TELL_S))
		return;
	if (!in->unknown(in->owner, l->urn, l->len, l->rec))
		return;
	d->told_s = now > 0 && now < UINT32_MAX ? (uint32_t)now : 1;
	in->told++;
}

/* The registry is asked again only when it has changed. */
static void stamp(struct cv_intake *in, struct cv_state_device *d, const struct looked *l)
{
	uint32_t asked = (uint32_t)cv_registry_live_version(in->live) + 1, row, area = 0;

	if (d && d->asked == asked) {
		row = d->row;
		area = d->area;
	} else {
		row = cv_registry_live_find_record(in->live, l->rec, &area);
	}
	if (d) {
		d->asked = asked;
		d->row = row;
		d->area = area;
	}
	l->rec->registry_row = row;
	l->rec->area_row = area;
	if (l->past)
		return;
	in->counts[row ? CV_INTAKE_KNOWN : CV_INTAKE_UNKNOWN]++;
	if (!row)
		tell_unknown(in, d, l);
}

static void take(struct cv_intake *in, struct looked *l)
{
	struct cv_state_device *d;

	l->rec->registry_row = l->rec->area_row = 0;
	if (!l->urn) {
		in->counts[CV_INTAKE_NAMELESS] += !l->past;
		return;
	}
	if (!l->device) /* or one before it in the group has made it */
		l->device = cv_state_device_print(in->state, l->print, l->urn, l->len);
	d = cv_state_at(in->state, l->device);
	if (d && l->past)
		cv_state_take_past(in->state, l->device, l->rec);
	else if (d)
		cv_state_take(in->state, l->device, l->rec);
	if (cv_registry_live_ready(in->live))
		stamp(in, d, l);
	else
		in->counts[CV_INTAKE_UNASKED] += !l->past;
}

uint32_t cv_intake_record(struct cv_intake *in, struct cv_record *rec)
{
	char urn[CV_DEVICE_URN_MAX];
	struct cv_json j = cv_json(urn, sizeof(urn));
	struct looked l = {.rec = rec};

	name(in, &l, &j);
	take(in, &l);
	return l.device;
}

/* ---- blocks --------------------------------------------------------------------------------- */

/* Whose they are, all of a group, and what is needed of each is on its way into the cache. */
static void find_group(struct cv_intake *in, struct looked *group, unsigned int n)
{
	struct cv_json j = cv_json(urns, sizeof(urns));

	for (unsigned int i = 0; i < n; i++) {
		if (i > 0 && same_device(group[i].rec, group[i - 1].rec)) {
			group[i] = (struct looked){.rec = group[i].rec,
						   .past = group[i].past,
						   .urn = group[i - 1].urn,
						   .len = group[i - 1].len,
						   .print = group[i - 1].print};
			continue;
		}
		name(in, &group[i], &j);
		if (group[i].urn)
			cv_state_fetch_print(in->state, group[i].print);
	}
	for (unsigned int i = 0; i < n; i++) {
		group[i].device = group[i].urn ? cv_state_find_print(in->state, group[i].print) : 0;
		cv_state_fetch_device(in->state, group[i].device);
		if (in->fetch)
			in->fetch(in->judge_owner, group[i].device, 0);
	}
	for (unsigned int i = 0; i < n; i++) {
		cv_state_fetch_values(in->state, group[i].device);
		if (in->fetch)
			in->fetch(in->judge_owner, group[i].device, 1);
	}
}

static void take_group(struct cv_intake *in, struct cv_block *b, struct looked *group,
		       unsigned int n)
{
	find_group(in, group, n);
	for (unsigned int i = 0; i < n; i++) {
		struct cv_record *there = (void *)((uint8_t *)b + ((uint8_t *)group[i].rec - copy));

		take(in, &group[i]);
		there->registry_row = group[i].rec->registry_row;
		there->area_row = group[i].rec->area_row;
		if (group[i].device && in->judge)
			in->judge(in->judge_owner, group[i].device, group[i].rec);
	}
}

void cv_intake_block(struct cv_intake *in, struct cv_block *b)
{
	uint32_t used = __atomic_load_n(&b->used, __ATOMIC_RELAXED), at = sizeof(*b);
	struct looked group[GROUP];
	unsigned int n = 0;

	used = used < CV_BLOCK_SIZE ? used : CV_BLOCK_SIZE;
	if (used < at)
		return;
	memcpy(copy + at, (uint8_t *)b + at, used - at);
	while (at < used) {
		struct cv_record *rec = (void *)(copy + at);

		/* Changed after it was checked: readers of the log will tell. */
		if (cv_record_check(rec, used - at) < 0)
			break;
		group[n++] = (struct looked){.rec = rec};
		at += rec->size;
		if (n == GROUP) {
			take_group(in, b, group, n);
			n = 0;
		}
	}
	take_group(in, b, group, n);
}

void cv_intake_past(struct cv_intake *in, const struct cv_block *b, uint64_t from, uint64_t to,
		    int64_t from_ns)
{
	uint32_t at = sizeof(*b);
	struct looked group[GROUP];
	unsigned int n = 0;

	memcpy(copy, b, b->used);
	for (uint64_t seq = b->first_seq; at < b->used; seq++) {
		struct cv_record *rec = (void *)(copy + at);

		at += rec->size;
		if (seq >= from && seq < to && rec->ts_rx_ns >= from_ns)
			group[n++] = (struct looked){.rec = rec, .past = true};
		if (n < GROUP && at < b->used)
			continue;
		find_group(in, group, n);
		for (unsigned int i = 0; i < n; i++)
			take(in, &group[i]);
		n = 0;
	}
}
