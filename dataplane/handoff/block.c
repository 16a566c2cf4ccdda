/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/handoff/handoff.h"

#include <errno.h>
#include <string.h>

static bool head_is_good(const struct cv_block *b, unsigned int lane)
{
	return b->magic == CV_BLOCK_MAGIC && b->version == CV_BLOCK_VERSION && b->lane == lane &&
	       b->used >= sizeof(*b) && b->used <= CV_BLOCK_SIZE && b->used % 8 == 0 &&
	       b->count > 0;
}

int cv_block_check(const struct cv_block *b, unsigned int lane)
{
	/* Copied once: the producer could change the head behind the check. */
	const struct cv_block head = *b;
	size_t at = sizeof(head);
	uint32_t count = 0;

	if (!head_is_good(&head, lane))
		return -EBADMSG;
	while (at < head.used) {
		const struct cv_record *rec =
			(const struct cv_record *)(const void *)((const uint8_t *)b + at);
		size_t size = __atomic_load_n(&rec->size, __ATOMIC_RELAXED);

		/* Nor is its size believed twice: the check looks no farther than the first one. */
		if (size < sizeof(*rec) || size > head.used - at ||
		    cv_record_check(rec, size) < 0 || rec->lane != lane)
			return -EBADMSG;
		at += size;
		count++;
	}
	return at == head.used && count == head.count ? 0 : -EBADMSG;
}

uint32_t cv_block_crc(const struct cv_block *b)
{
	struct cv_block head = *b;
	size_t used = head.used;
	uint32_t crc;

	if (used < sizeof(head) || used > CV_BLOCK_SIZE)
		return 0;
	head.crc32c = 0;
	crc = cv_crc32c(0, &head, sizeof(head));
	return cv_crc32c(crc, b + 1, used - sizeof(head));
}
