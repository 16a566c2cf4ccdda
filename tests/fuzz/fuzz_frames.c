/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames from a stranger, in pieces: whatever the pieces are, the same frames come out, and each
 * is what its head says.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/subscriber/frames.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct tally {
	uint64_t frames, sum;
	size_t used;
	int error;
};

static void check(const struct cv_frame *f, struct tally *t)
{
	const struct cv_record *rec = cv_frame_payload(f);

	if (f->type >= CV_FRAME_COUNT || f->lane >= CV_LANE_COUNT || f->len % 8 != 0)
		abort();
	if (f->type == CV_FRAME_RECORD &&
	    (rec->size != f->len || cv_record_check(rec, f->len) < 0 || rec->lane != f->lane))
		abort();
	t->frames++;
	for (size_t i = 0; i < sizeof(*f) + f->len; i++)
		t->sum = t->sum * 31 + ((const uint8_t *)f)[i];
}

static struct tally read_all(const uint8_t *data, size_t size, size_t piece)
{
	static struct cv_frame_reader r;
	struct tally t = {0};

	memset(&r, 0, sizeof(r));
	while (t.used < size) {
		size_t n = size - t.used < piece ? size - t.used : piece, used;
		const struct cv_frame *f = NULL;
		int res = cv_frames_feed(&r, data + t.used, n, &used, &f);

		if (used > n || (res == 0 && used != n) || (res == 1) != (f != NULL))
			abort();
		t.used += used;
		t.error = res < 0 ? res : 0;
		if (res < 0)
			break;
		if (f)
			check(f, &t);
	}
	if (t.error &&
	    cv_frames_feed(&r, data, 1, &(size_t){0}, &(const struct cv_frame *){0}) != -EBADMSG)
		abort();
	return t;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tally whole = read_all(data, size, size ? size : 1), bytes = read_all(data, size, 1);
	struct tally some = read_all(data, size, 61);

	if (whole.frames != bytes.frames || whole.sum != bytes.sum || whole.error != bytes.error ||
	    whole.frames != some.frames || whole.sum != some.sum || whole.error != some.error)
		abort();
	return 0;
}
