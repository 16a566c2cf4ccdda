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

/* A device with components: the component's own row goes before the device's. */
static uint32_t find_row(const struct cv_intake *in, const struct cv_record *rec, const char *urn,
			 size_t len, uint32_t *area)
{
	char whole[CV_DEVICE_URN_MAX];
	struct cv_json j = cv_json(whole, sizeof(whole));
	uint32_t row = cv_registry_live_find(in->live, urn, len, area);

	if (row || cv_record_tlv(rec, CV_TLV_SUB).len == 0)
		return row;
	if (!cv_device_urn_whole(rec, &j) || j.failed)
		return 0;
	return cv_registry_live_find(in->live, whole, (size_t)(j.at - whole), area);
}

/* A flood of records must not become a flood of messages. */
static void tell_unknown(struct cv_intake *in, struct cv_state_device *d, const char *urn,
			 size_t len, const struct cv_record *rec)
{
	if (!in->unknown || !d ||
	    (d->told_ns != 0 && rec->ts_rx_ns - d->told_ns < CV_INTAKE_TELL_NS))
		return;
	if (!in->unknown(in->owner, urn, len, rec))
		return;
	d->told_ns = rec->ts_rx_ns;
	in->told++;
}

void cv_intake_record(struct cv_intake *in, struct cv_record *rec)
{
	char urn[CV_DEVICE_URN_MAX];
	struct cv_json j = cv_json(urn, sizeof(urn));
	uint32_t row = 0, area = 0, device;
	struct cv_state_device *d;
	size_t len;

	rec->registry_row = rec->area_row = 0;
	if (!cv_device_urn(rec, &j) || j.failed) {
		in->counts[CV_INTAKE_NAMELESS]++;
		return;
	}
	len = (size_t)(j.at - urn);
	device = cv_state_device(in->state, urn, len);
	d = cv_state_at(in->state, device);
	if (d)
		cv_state_take(in->state, device, rec);
	if (!cv_registry_live_ready(in->live)) {
		in->counts[CV_INTAKE_UNASKED]++;
		return;
	}
	row = find_row(in, rec, urn, len, &area);
	rec->registry_row = row;
	rec->area_row = area;
	if (d) {
		d->row = row;
		d->area = area;
	}
	in->counts[row ? CV_INTAKE_KNOWN : CV_INTAKE_UNKNOWN]++;
	if (!row)
		tell_unknown(in, d, urn, len, rec);
}

void cv_intake_block(struct cv_intake *in, struct cv_block *b)
{
	_Alignas(8) uint8_t copy[CV_RECORD_MAX];
	struct cv_record *rec = (struct cv_record *)(void *)copy;
	uint32_t used = b->used < CV_BLOCK_SIZE ? b->used : CV_BLOCK_SIZE, at = sizeof(*b);

	while (at + sizeof(*rec) <= used) {
		struct cv_record *there = (struct cv_record *)(void *)((uint8_t *)b + at);
		uint16_t size;

		memcpy(&size, &there->size, sizeof(size));
		if (size < sizeof(*rec) || size > CV_RECORD_MAX || size > used - at)
			return; /* changed after it was checked: readers of the log will tell */
		memcpy(copy, there, size);
		if (cv_record_check(rec, size) < 0 || rec->size != size)
			return;
		cv_intake_record(in, rec);
		there->registry_row = rec->registry_row;
		there->area_row = rec->area_row;
		at += size;
	}
}
