/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small text on disk that is there whole, old or new, whatever happens: two places that are
 * written in turn, each with a sequence number and a checksum; the newer whole one counts. So a
 * change is one write that either happened or did not, and it needs no room on a full disk.
 */
#ifndef CV_PLACES_H
#define CV_PLACES_H

#include <stddef.h>
#include <stdint.h>

/** Longest text. */
#define CV_PLACES_TEXT_MAX (4096 - 24 - 1)

struct cv_places {
	int fd;
	uint64_t sequence; /* of the newest place, 0 = none was ever written */
};

/**
 * Open or make the file, for this process alone.
 *
 * @param ret_text CV_PLACES_TEXT_MAX + 1 bytes, zero-terminated; "" = never written.
 * @return 0; -EBADMSG: neither place is whole; -EBUSY: another process has it; other negative
 *         errno.
 */
int cv_places_open(const char *path, struct cv_places *places, char *ret_text);

/** Make the text what the next open finds. @return 0 or negative errno: the old one counts. */
int cv_places_write(struct cv_places *places, const char *text, size_t len);

void cv_places_close(struct cv_places *places);

#endif
