/* SPDX-License-Identifier: Apache-2.0 */
#include "control/subscriber/event_member.h"

/* FNV-1a; the multiplication at the end spreads it over the high bits. */
static uint64_t hash(uint64_t h, const void *data, size_t len)
{
	const uint8_t *at = data;

	for (size_t i = 0; i < len; i++)
		h = (h ^ at[i]) * UINT64_C(0x100000001b3);
	return h;
}

unsigned int cv_event_share(const struct cv_record *rec, unsigned int count)
{
	struct cv_tlv_view device = cv_record_tlv(rec, CV_TLV_DEVICE);
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	if (device.len != 0)
		h = hash(hash(h, &rec->proto, 1), device.data, device.len);
	else if (rec->device_end == CV_DEVICE_END_SRC)
		h = hash(h, rec->src, sizeof(rec->src));
	else if (rec->device_end == CV_DEVICE_END_DST)
		h = hash(h, rec->dst, sizeof(rec->dst));
	else
		return 0;
	h ^= h >> 32;
	h *= UINT64_C(0x9e3779b97f4a7c15);
	return (unsigned int)(((h >> 32) * count) >> 32);
}

void cv_event_member_begin(struct cv_event_member *m)
{
	m->given = m->read = m->start.at;
}

struct cv_cursor cv_event_member_done(const struct cv_event_member *m)
{
	struct cv_cursor done = m->acked;

	for (unsigned int lane = 0; lane < CV_LANE_COUNT; lane++) {
		if (done.next[lane] >= m->given.next[lane] && m->read.next[lane] > done.next[lane])
			done.next[lane] = m->read.next[lane];
	}
	return done;
}
