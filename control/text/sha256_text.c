/* SPDX-License-Identifier: Apache-2.0 */
#include "control/text/sha256_text.h"

#include <sodium.h>

void cv_sha256_text(const void *data, size_t len, char ret[CV_SHA256_TEXT_SIZE])
{
	unsigned char hash[crypto_hash_sha256_BYTES];

	crypto_hash_sha256(hash, data, len);
	sodium_bin2hex(ret, CV_SHA256_TEXT_SIZE, hash, sizeof(hash));
}
