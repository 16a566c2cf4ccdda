/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bounds-checked cursor with a sticky error: a read past the end returns 0, moves nothing and
 * sets failed; the caller checks once at the end. No decoder touches bytes in another way.
 */
#ifndef CV_READER_H
#define CV_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cv_reader {
	const uint8_t *cur;
	const uint8_t *end;
	bool failed;
};

static inline struct cv_reader cv_reader(const void *data, size_t len)
{
	const uint8_t *p = data;

	return (struct cv_reader){.cur = p, .end = p + len, .failed = false};
}

static inline size_t cv_reader_left(const struct cv_reader *r)
{
	return (size_t)(r->end - r->cur);
}

/** Take @p len bytes; NULL and failed when there are fewer. */
static inline const uint8_t *cv_read_bytes(struct cv_reader *r, size_t len)
{
	const uint8_t *p = r->cur;

	if (r->failed || cv_reader_left(r) < len) {
		r->failed = true;
		return NULL;
	}
	r->cur += len;
	return p;
}

static inline uint8_t cv_read_u8(struct cv_reader *r)
{
	const uint8_t *p = cv_read_bytes(r, 1);

	return p ? p[0] : 0;
}

static inline uint16_t cv_read_be16(struct cv_reader *r)
{
	const uint8_t *p = cv_read_bytes(r, 2);

	return p ? (uint16_t)(p[0] << 8 | p[1]) : 0;
}

static inline uint32_t cv_read_be32(struct cv_reader *r)
{
	const uint8_t *p = cv_read_bytes(r, 4);

	return p ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3] : 0;
}

#endif
