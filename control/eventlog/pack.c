/* SPDX-License-Identifier: Apache-2.0 */
/* Making packed segments. */
#include "control/eventlog/pack.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "control/eventlog/log_private.h"
#include "control/eventlog/pack_format.h"

struct packer {
	const struct cv_segment *s;
	int in, out;
	ZSTD_CCtx *zstd;
	uint8_t *raw, *packed;
	struct cv_pack pack;
	uint64_t at; /* in the new file */
};

size_t cv_pack_frame_max(void)
{
	return ZSTD_compressBound(CV_READ_WINDOW);
}

static uint64_t entry_off(const struct cv_segment *s, size_t i)
{
	return s->index[i].off & ~(uint64_t)CV_INDEX_TOLD;
}

static int write_all(int fd, const void *data, size_t len, uint64_t at)
{
	ssize_t done = pwrite(fd, data, len, (off_t)at);

	return done == (ssize_t)len ? 0 : done < 0 ? -errno : -ENOSPC;
}

static int pack_window(struct packer *p, uint64_t from, uint64_t to)
{
	size_t len = (size_t)(to - from), n;
	int res;

	if (to <= from || len > CV_READ_WINDOW)
		return -ENODATA;
	if (pread(p->in, p->raw, len, (off_t)from) != (ssize_t)len)
		return -EIO;
	n = ZSTD_compress2(p->zstd, p->packed, cv_pack_frame_max(), p->raw, len);
	if (ZSTD_isError(n))
		return -EIO;
	res = write_all(p->out, p->packed, n, p->at);
	p->pack.frames[p->pack.count++] = (struct cv_pack_frame){
		.raw_off = from, .off = p->at, .raw_len = (uint32_t)len, .len = (uint32_t)n};
	p->at += n;
	/* Nobody reads these pages again soon. */
	(void)posix_fadvise(p->in, (off_t)from, (off_t)len, POSIX_FADV_DONTNEED);
	return res;
}

static int pack_windows(struct packer *p)
{
	const struct cv_segment *s = p->s;
	int res = 0;

	if (s->index_count == 0)
		return -ENODATA;
	if (entry_off(s, 0) > 0)
		res = pack_window(p, 0, entry_off(s, 0));
	for (size_t i = 0; res == 0 && i < s->index_count; i++)
		res = pack_window(p, entry_off(s, i),
				  i + 1 < s->index_count ? entry_off(s, i + 1) : s->used);
	return res;
}

static int write_table(struct packer *p)
{
	const struct cv_segment *s = p->s;
	size_t index = s->index_count * sizeof(*s->index);
	size_t frames = p->pack.count * sizeof(*p->pack.frames);
	size_t size = sizeof(struct pack_skip) + index + frames + sizeof(struct pack_footer);
	struct pack_footer foot = {
		.magic = CV_PACK_MAGIC,
		.version = CV_PACK_VERSION,
		.first = s->first,
		.end = s->end,
		.used = s->used,
		.newest = s->newest,
		.index_count = s->index_count,
		.frame_count = p->pack.count,
	};
	struct pack_skip skip = {.magic = CV_PACK_SKIP,
				 .size = (uint32_t)(size - sizeof(struct pack_skip))};
	uint8_t *bytes = malloc(size);
	int res;

	if (!bytes)
		return -ENOMEM;
	memcpy(bytes, &skip, sizeof(skip));
	memcpy(bytes + sizeof(skip), s->index, index);
	memcpy(bytes + sizeof(skip) + index, p->pack.frames, frames);
	foot.crc32c = cv_pack_checksum(&foot, bytes + sizeof(skip), index + frames);
	memcpy(bytes + sizeof(skip) + index + frames, &foot, sizeof(foot));
	res = write_all(p->out, bytes, size, p->at);
	p->at += size;
	free(bytes);
	return res;
}

static int open_files(struct packer *p, int dir)
{
	char name[CV_SEGMENT_NAME];

	cv_segment_name(p->s->first, ".log", name);
	p->in = openat(dir, name, O_RDONLY | O_CLOEXEC);
	if (p->in < 0)
		return -errno;
	p->out = openat(dir, CV_PACK_TEMPORARY, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
	return p->out < 0 ? -errno : 0;
}

static int init(struct packer *p, const struct cv_segment *s, int level)
{
	*p = (struct packer){.s = s, .in = -1, .out = -1, .zstd = ZSTD_createCCtx()};
	p->raw = malloc(CV_READ_WINDOW);
	p->packed = malloc(cv_pack_frame_max());
	p->pack.frames = calloc(s->index_count + 1, sizeof(*p->pack.frames));
	p->pack.raw_size = s->used;
	if (!p->zstd || !p->raw || !p->packed || !p->pack.frames)
		return -ENOMEM;
	ZSTD_CCtx_setParameter(p->zstd, ZSTD_c_compressionLevel, level);
	ZSTD_CCtx_setParameter(p->zstd, ZSTD_c_checksumFlag, 1);
	return 0;
}

int cv_pack_make(int dir, const struct cv_segment *s, int level, struct cv_pack *ret,
		 uint64_t *ret_size)
{
	char name[CV_SEGMENT_NAME];
	struct packer p;
	int res = init(&p, s, level);

	if (res == 0)
		res = open_files(&p, dir);
	if (res == 0)
		res = pack_windows(&p);
	if (res == 0)
		res = write_table(&p);
	if (res == 0 && fdatasync(p.out) < 0)
		res = -errno;
	cv_segment_name(s->first, ".zst", name);
	if (res == 0 && renameat(dir, CV_PACK_TEMPORARY, dir, name) < 0)
		res = -errno;
	if (res == 0 && fsync(dir) < 0)
		res = -errno;
	if (res < 0)
		unlinkat(dir, CV_PACK_TEMPORARY, 0);
	ZSTD_freeCCtx(p.zstd);
	free(p.raw);
	free(p.packed);
	if (p.in >= 0)
		close(p.in);
	if (p.out >= 0)
		close(p.out);
	if (res < 0) {
		free(p.pack.frames);
		return res;
	}
	*ret = p.pack;
	*ret_size = p.at;
	return 0;
}
