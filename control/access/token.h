/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bearer tokens: "culvert_<id>_<secret>", an id of 64 bits to find it by and a secret of 256 random
 * bits. Only the SHA-256 of the whole is kept: with so many random bits a slow hash adds nothing.
 */
#ifndef CV_TOKEN_H
#define CV_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#define CV_TOKEN_ID_SIZE 17 /* 16 hex digits and the zero */
#define CV_TOKEN_SIZE 72 /* "culvert_", id, '_', 43 digits of base64url, zero; rounded up */
#define CV_TOKEN_HASH_SIZE 32

/**
 * Make a token from the kernel's random numbers.
 *
 * @return 0 or -EIO: there are none.
 */
int cv_token_make(char text[CV_TOKEN_SIZE], char id[CV_TOKEN_ID_SIZE],
		  uint8_t hash[CV_TOKEN_HASH_SIZE]);

/** A new id, for what has no secret. @return 0 or -EIO. */
int cv_token_make_id(char id[CV_TOKEN_ID_SIZE]);

/**
 * Take a token apart.
 *
 * @return 0; -EINVAL: it is none.
 */
int cv_token_read(const char *text, char id[CV_TOKEN_ID_SIZE], uint8_t hash[CV_TOKEN_HASH_SIZE]);

/** Compare in a time that says nothing of where they differ. */
bool cv_token_same(const uint8_t a[CV_TOKEN_HASH_SIZE], const uint8_t b[CV_TOKEN_HASH_SIZE]);

/** Whether @p id could be an id. */
bool cv_token_id_is_good(const char *id);

#endif
