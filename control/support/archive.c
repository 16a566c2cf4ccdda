/* SPDX-License-Identifier: Apache-2.0 */
/* The file: a tar within zstd, bounded before it is compressed, so that it is afterwards. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "control/bundle/tar.h"
#include "control/support/support.h"

/* Of one entry; logs beyond it lose their beginning. */
#define ENTRY_MAX ((size_t)4 << 20)
#define LEVEL 9

static void put(struct cv_support *s, const void *data, size_t len, ZSTD_EndDirective end)
{
	char buffer[16384];
	ZSTD_inBuffer in = {data, len, 0};
	size_t left = 1;

	while (s->error == 0 && (in.pos < in.size || (end != ZSTD_e_continue && left > 0))) {
		ZSTD_outBuffer out = {buffer, sizeof(buffer), 0};

		left = ZSTD_compressStream2(s->zstd, &out, &in, end);
		if (ZSTD_isError(left))
			s->error = -ENOMEM;
		else if (fwrite(buffer, 1, out.pos, s->out) != out.pos)
			s->error = -EIO;
	}
}

int cv_support_begin(struct cv_support *s, FILE *out, uint64_t max)
{
	s->out = out;
	s->zstd = ZSTD_createCCtx();
	if (!s->zstd)
		return -ENOMEM;
	ZSTD_CCtx_setParameter(s->zstd, ZSTD_c_compressionLevel, LEVEL);
	ZSTD_CCtx_setParameter(s->zstd, ZSTD_c_checksumFlag, 1);
	/* What does not compress grows by less than a hundredth; the tar's end is two blocks. */
	s->left = max - max / 64 - 2 * (uint64_t)CV_TAR_BLOCK - 256;
	return 0;
}

void cv_support_add(struct cv_support *s, const char *name, const char *text, size_t len)
{
	static const uint8_t zeros[CV_TAR_BLOCK];
	uint8_t block[CV_TAR_BLOCK];
	char *clean = s->error == 0 ? cv_redact_text(&s->redact, text, len) : NULL;
	size_t size = clean ? strlen(clean) : 0, room;
	const char *from = clean;

	if (!clean || s->left < 2 * CV_TAR_BLOCK) {
		free(clean);
		return;
	}
	room = (size_t)(s->left - CV_TAR_BLOCK) / CV_TAR_BLOCK * CV_TAR_BLOCK;
	if (room > ENTRY_MAX)
		room = ENTRY_MAX;
	if (size > room) {
		from += size - room;
		size = room;
	}
	cv_tar_write(name, size, block);
	put(s, block, sizeof(block), ZSTD_e_continue);
	put(s, from, size, ZSTD_e_continue);
	put(s, zeros, (CV_TAR_BLOCK - size % CV_TAR_BLOCK) % CV_TAR_BLOCK, ZSTD_e_continue);
	s->left -= CV_TAR_BLOCK + (size + CV_TAR_BLOCK - 1) / CV_TAR_BLOCK * CV_TAR_BLOCK;
	s->entries++;
	free(clean);
}

int cv_support_finish(struct cv_support *s)
{
	static const uint8_t end[2 * CV_TAR_BLOCK];

	put(s, end, sizeof(end), ZSTD_e_end);
	if (s->error == 0 && fflush(s->out) != 0)
		s->error = -EIO;
	ZSTD_freeCCtx(s->zstd);
	s->zstd = NULL;
	return s->error;
}
