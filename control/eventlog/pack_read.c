/* SPDX-License-Identifier: Apache-2.0 */
/* Reading packed segments. */
#include "control/eventlog/pack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "control/eventlog/log_private.h"
#include "control/eventlog/pack_format.h"

#define TABLE_MAX (64u << 20)

int cv_pack_unpack(const struct cv_pack_frame *f, const void *data, void *to)
{
	size_t n = ZSTD_decompress(to, CV_READ_WINDOW, data, f->len);

	return ZSTD_isError(n) || n != f->raw_len ? -EBADMSG : 0;
}

const struct cv_pack_frame *cv_pack_find(const struct cv_pack *p, uint64_t raw_off)
{
	size_t low = 0, high = p->count;

	if (p->count == 0 || raw_off >= p->raw_size)
		return NULL;
	while (high - low > 1) {
		size_t mid = low + (high - low) / 2;

		if (p->frames[mid].raw_off <= raw_off)
			low = mid;
		else
			high = mid;
	}
	return &p->frames[low];
}

/* Without holes on both sides, and an entry of the index begins a frame. */
static bool frames_are_good(const struct cv_segment *s, const struct cv_pack_frame *f, size_t count,
			    uint64_t table_off)
{
	uint64_t raw = 0, off = 0;
	size_t e = 0;

	for (size_t i = 0; i < count; i++) {
		if (f[i].raw_off != raw || f[i].off != off || f[i].raw_len == 0 ||
		    f[i].raw_len > CV_READ_WINDOW || f[i].raw_len % CV_UNIT != 0 ||
		    f[i].len > cv_pack_frame_max())
			return false;
		if (e < s->index_count && (s->index[e].off & ~(uint64_t)CV_INDEX_TOLD) == raw)
			e++;
		raw += f[i].raw_len;
		off += f[i].len;
	}
	return raw == s->used && off == table_off && e == s->index_count;
}

static int take_tables(struct cv_segment *s, const struct pack_footer *foot, const uint8_t *bytes,
		       uint64_t table_off)
{
	size_t index = (size_t)foot->index_count * sizeof(*s->index);
	size_t frames = (size_t)foot->frame_count * sizeof(*s->pack.frames);

	s->index = malloc(index + 1);
	s->pack.frames = malloc(frames + 1);
	if (!s->index || !s->pack.frames)
		return -ENOMEM;
	memcpy(s->index, bytes, index);
	memcpy(s->pack.frames, bytes + index, frames);
	s->index_count = s->index_room = (size_t)foot->index_count;
	s->pack.count = (size_t)foot->frame_count;
	s->pack.raw_size = s->used = foot->used;
	s->end = foot->end;
	s->newest = foot->newest;
	return cv_index_is_good(s) && frames_are_good(s, s->pack.frames, s->pack.count, table_off)
		       ? 0
		       : -EBADMSG;
}

static bool footer_is_good(const struct pack_footer *foot, const struct cv_segment *s)
{
	return foot->magic == CV_PACK_MAGIC && foot->version == CV_PACK_VERSION &&
	       foot->first == s->first && foot->end >= foot->first && foot->end < CV_SEQ_MAX &&
	       foot->used % CV_UNIT == 0 && foot->index_count > 0 && foot->frame_count > 0 &&
	       foot->index_count < TABLE_MAX / sizeof(struct cv_index_entry) &&
	       foot->frame_count < TABLE_MAX / sizeof(struct cv_pack_frame);
}

static void forget_tables(struct cv_segment *s)
{
	free(s->index);
	free(s->pack.frames);
	s->index = NULL;
	s->index_count = s->index_room = 0;
	s->pack = (struct cv_pack){0};
	s->used = 0;
	s->end = s->first;
	s->newest = INT64_MIN;
}

int cv_pack_load(int fd, struct cv_segment *s)
{
	struct pack_footer foot;
	uint64_t tables;
	uint8_t *bytes;
	int res = -EBADMSG;

	if (s->size < sizeof(foot) + sizeof(struct pack_skip))
		return -EBADMSG;
	if (pread(fd, &foot, sizeof(foot), (off_t)(s->size - sizeof(foot))) != sizeof(foot))
		return -EIO;
	if (!footer_is_good(&foot, s))
		return -EBADMSG;
	tables = foot.index_count * sizeof(struct cv_index_entry) +
		 foot.frame_count * sizeof(struct cv_pack_frame);
	if (tables > s->size - sizeof(foot) - sizeof(struct pack_skip))
		return -EBADMSG;
	bytes = malloc(tables + 1);
	if (!bytes)
		return -ENOMEM;
	if (pread(fd, bytes, tables, (off_t)(s->size - sizeof(foot) - tables)) != (ssize_t)tables)
		res = -EIO;
	else if (cv_pack_checksum(&foot, bytes, tables) == foot.crc32c)
		res = take_tables(s, &foot, bytes,
				  s->size - sizeof(foot) - tables - sizeof(struct pack_skip));
	free(bytes);
	if (res < 0)
		forget_tables(s);
	return res;
}

static int add_frame(struct cv_pack *p, size_t *room, uint64_t off, size_t len, size_t raw_len)
{
	if (p->count == *room) {
		size_t more = *room ? 2 * *room : 256;
		struct cv_pack_frame *grown = realloc(p->frames, more * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		p->frames = grown;
		*room = more;
	}
	p->frames[p->count++] = (struct cv_pack_frame){.raw_off = p->raw_size,
						       .off = off,
						       .raw_len = (uint32_t)raw_len,
						       .len = (uint32_t)len};
	p->raw_size += raw_len;
	return 0;
}

int cv_pack_search(int fd, struct cv_segment *s)
{
	size_t max = cv_pack_frame_max(), room = 0;
	uint8_t *data = malloc(max);
	uint64_t off = 0;
	int res = data ? 0 : -ENOMEM;

	forget_tables(s);
	while (res == 0 && off < s->size) {
		ssize_t got = pread(fd, data, max, (off_t)off);
		unsigned long long raw;
		size_t len;

		if (got <= 0)
			break;
		len = ZSTD_findFrameCompressedSize(data, (size_t)got);
		if (ZSTD_isError(len))
			break; /* what is behind cannot be found */
		raw = ZSTD_getFrameContentSize(data, (size_t)got);
		if (raw == 0)
			break; /* the skippable frame of the table */
		if (raw > CV_READ_WINDOW || raw % CV_UNIT != 0)
			break;
		res = add_frame(&s->pack, &room, off, len, (size_t)raw);
		off += len;
	}
	free(data);
	if (res == 0 && s->pack.count == 0)
		res = -ENOMSG;
	return res;
}
