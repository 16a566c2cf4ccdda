/* SPDX-License-Identifier: Apache-2.0 */
#include "control/eventlog/segment_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define READ_SIZE (1u << 20)

int cv_segment_file_init(struct cv_segment_file *f, int fd, uint64_t size,
			 const struct cv_pack *pack)
{
	*f = (struct cv_segment_file){.fd = fd, .size = size};
	f->buffer = aligned_alloc(CV_BLOCK_ALIGN, READ_SIZE);
	if (pack->frames) {
		f->pack = pack;
		f->size = pack->raw_size;
		f->packed = malloc(cv_pack_frame_max());
	}
	return f->buffer && (!f->pack || f->packed) ? 0 : -ENOMEM;
}

void cv_segment_file_release(struct cv_segment_file *f)
{
	free(f->buffer);
	free(f->packed);
	f->buffer = f->packed = NULL;
}

/* One bad sector must not hide its neighbours: what cannot be read in one go is read by units. */
static size_t read_units(struct cv_segment_file *f, uint64_t off, size_t want)
{
	size_t done = 0;

	for (; done < want; done += CV_BLOCK_ALIGN) {
		ssize_t got = pread(f->fd, f->buffer + done, CV_BLOCK_ALIGN, (off_t)(off + done));

		if (got == CV_BLOCK_ALIGN)
			continue;
		if (got >= 0)
			break; /* the file is shorter than it was */
		memset(f->buffer + done, 0, CV_BLOCK_ALIGN);
		f->unreadable += CV_BLOCK_ALIGN;
	}
	return done;
}

/* A chain of blocks does not cross frames, so what is left of one is enough. */
static const struct cv_block *view_packed(struct cv_segment_file *f, uint64_t off, size_t *avail)
{
	const struct cv_pack_frame *frame = cv_pack_find(f->pack, off);
	uint64_t left;

	if (!frame || frame == f->bad)
		return NULL;
	if (f->buffer_len == 0 || f->buffer_off != frame->raw_off) {
		f->buffer_len = 0;
		if (pread(f->fd, f->packed, frame->len, (off_t)frame->off) != (ssize_t)frame->len ||
		    cv_pack_unpack(frame, f->packed, f->buffer) < 0) {
			f->bad = frame;
			return NULL;
		}
		f->buffer_off = frame->raw_off;
		f->buffer_len = frame->raw_len;
	}
	left = frame->raw_off + frame->raw_len - off;
	*avail = left < CV_BLOCK_SIZE ? (size_t)left : CV_BLOCK_SIZE;
	return (const struct cv_block *)(const void *)(f->buffer + (off - f->buffer_off));
}

const struct cv_block *cv_segment_file_view(struct cv_segment_file *f, uint64_t off, size_t *avail)
{
	uint64_t left = f->size - off;
	size_t want = left < CV_BLOCK_SIZE ? (size_t)left : CV_BLOCK_SIZE;
	/* Who goes on behind what was read goes on; who comes from elsewhere may want this block only. */
	bool goes_on =
		f->buffer_len > 0 && off >= f->buffer_off && off <= f->buffer_off + f->buffer_len;

	if (f->pack)
		return view_packed(f, off, avail);
	if (off < f->buffer_off || off + want > f->buffer_off + f->buffer_len) {
		ssize_t got =
			pread(f->fd, f->buffer, goes_on ? READ_SIZE : CV_BLOCK_SIZE, (off_t)off);

		f->buffer_off = off;
		f->buffer_len = got < 0 ? 0 : (size_t)got;
		if (f->buffer_len < want)
			f->buffer_len = read_units(f, off, want);
		if (f->buffer_len < want)
			return NULL;
	}
	*avail = want;
	return (const struct cv_block *)(const void *)(f->buffer + (off - f->buffer_off));
}

void cv_segment_file_forget(struct cv_segment_file *f)
{
	f->buffer_len = 0;
}
