/* SPDX-License-Identifier: Apache-2.0 */
#include "control/access/token.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define PREFIX "culvert_"
#define PREFIX_LEN (sizeof(PREFIX) - 1)
#define ID_LEN (CV_TOKEN_ID_SIZE - 1)
#define SECRET_BYTES 32
#define SECRET_LEN 43 /* of base64url without padding */
#define TOKEN_LEN (PREFIX_LEN + ID_LEN + 1 + SECRET_LEN)

_Static_assert(TOKEN_LEN < CV_TOKEN_SIZE, "room for a token");
_Static_assert(CV_TOKEN_HASH_SIZE == crypto_hash_sha256_BYTES, "SHA-256");

int cv_token_make_id(char id[CV_TOKEN_ID_SIZE])
{
	uint8_t bytes[ID_LEN / 2];

	if (sodium_init() < 0)
		return -EIO;
	randombytes_buf(bytes, sizeof(bytes));
	sodium_bin2hex(id, CV_TOKEN_ID_SIZE, bytes, sizeof(bytes));
	return 0;
}

int cv_token_make(char text[CV_TOKEN_SIZE], char id[CV_TOKEN_ID_SIZE],
		  uint8_t hash[CV_TOKEN_HASH_SIZE])
{
	uint8_t secret[SECRET_BYTES];
	char digits[SECRET_LEN + 1];

	if (cv_token_make_id(id) < 0)
		return -EIO;
	randombytes_buf(secret, sizeof(secret));
	sodium_bin2base64(digits, sizeof(digits), secret, sizeof(secret),
			  sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	snprintf(text, CV_TOKEN_SIZE, PREFIX "%s_%s", id, digits);
	crypto_hash_sha256(hash, (const unsigned char *)text, TOKEN_LEN);
	sodium_memzero(secret, sizeof(secret));
	sodium_memzero(digits, sizeof(digits));
	return 0;
}

bool cv_token_id_is_good(const char *id)
{
	return strlen(id) == ID_LEN && strspn(id, "0123456789abcdef") == ID_LEN;
}

int cv_token_read(const char *text, char id[CV_TOKEN_ID_SIZE], uint8_t hash[CV_TOKEN_HASH_SIZE])
{
	char found[CV_TOKEN_ID_SIZE];

	if (strlen(text) != TOKEN_LEN || strncmp(text, PREFIX, PREFIX_LEN) != 0 ||
	    text[PREFIX_LEN + ID_LEN] != '_')
		return -EINVAL;
	memcpy(found, text + PREFIX_LEN, ID_LEN);
	found[ID_LEN] = '\0';
	if (!cv_token_id_is_good(found))
		return -EINVAL;
	memcpy(id, found, sizeof(found));
	crypto_hash_sha256(hash, (const unsigned char *)text, TOKEN_LEN);
	return 0;
}

bool cv_token_same(const uint8_t a[CV_TOKEN_HASH_SIZE], const uint8_t b[CV_TOKEN_HASH_SIZE])
{
	return sodium_memcmp(a, b, CV_TOKEN_HASH_SIZE) == 0;
}
