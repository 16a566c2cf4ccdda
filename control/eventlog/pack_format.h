/* SPDX-License-Identifier: Apache-2.0 */
/* What is behind the frames of a packed segment; for pack*.c only. */
#ifndef CV_LOG_PACK_FORMAT_H
#define CV_LOG_PACK_FORMAT_H

#include <stddef.h>
#include <stdint.h>

#include "dataplane/handoff/handoff.h"

#define CV_PACK_MAGIC 0x314b434150564343ull /* "CCVPACK1" */
#define CV_PACK_VERSION 1
#define CV_PACK_SKIP 0x184d2a5eu /* a skippable frame, RFC 8878 section 3.1.2 */
#define CV_PACK_TEMPORARY "packing"

struct pack_skip {
	uint32_t magic, size;
};

/* The last bytes of the file; the index and the table of the frames are before it. */
struct pack_footer {
	uint64_t magic;
	uint32_t version;
	uint32_t crc32c; /* of index, table and this with the field 0 */
	uint64_t first, end, used;
	int64_t newest;
	uint64_t index_count, frame_count;
};
_Static_assert(sizeof(struct pack_footer) == 64, "packed segment layout");

static inline uint32_t cv_pack_checksum(const struct pack_footer *foot, const void *tables,
					size_t size)
{
	struct pack_footer f = *foot;

	f.crc32c = 0;
	return cv_crc32c(cv_crc32c(0, tables, size), &f, sizeof(f));
}

#endif
