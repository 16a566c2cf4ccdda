/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What control sends as a capture, in pieces: only whole blocks are written, as they came, and the
 * counts do not depend on how the pieces fall. First byte: size of the pieces.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "control/cli/capture_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void feed(struct cv_capture_file *f, const uint8_t *data, size_t size, size_t piece)
{
	int fd = memfd_create("capture", MFD_CLOEXEC);

	must(fd >= 0 && cv_capture_file_init(f, fd));
	for (size_t at = 0; at < size; at += piece)
		if (!cv_capture_file_take(f, data + at, size - at < piece ? size - at : piece))
			break;
}

static void check(struct cv_capture_file *f, const uint8_t *data, size_t size)
{
	uint8_t *back = malloc(size + 1);

	must(f->error == 0 || f->error == EBADMSG);
	must(f->bytes <= size && f->bytes % 4 == 0);
	must(pread(f->fd, back, size + 1, 0) == (ssize_t)f->bytes);
	must(memcmp(back, data, f->bytes) == 0);
	json_decref(cv_capture_file_json(f, "capture"));
	free(back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cv_capture_file one, many;
	size_t piece;

	if (size == 0)
		return 0;
	piece = data[0] + 1u;
	data++;
	size--;
	feed(&one, data, size, size ? size : 1);
	feed(&many, data, size, piece);
	check(&one, data, size);
	check(&many, data, size);
	must(one.error == many.error && one.frames == many.frames && one.bytes == many.bytes &&
	     one.missed == many.missed && one.seen == many.seen && one.lost == many.lost &&
	     json_equal(one.reasons, many.reasons));
	close(one.fd);
	close(many.fd);
	cv_capture_file_free(&one);
	cv_capture_file_free(&many);
	return 0;
}
