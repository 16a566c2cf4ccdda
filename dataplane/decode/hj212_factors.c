/* SPDX-License-Identifier: Apache-2.0 */
#include <endian.h>
#include <string.h>

#include "dataplane/decode/hj212.h"
#include "dataplane/normalize/vocabulary.h"

#include "hj212_factor_hash.h" /* generated: factor_slots */

#define NAMED(factor, id, exp10)                                                                   \
	{.code = factor, .name = CV_NAME_##id, .unit = (uint16_t)CV_UNIT_OF_##id, .shift = exp10},
#define GAS(factor, id, exp10, flue)                                                               \
	{.code = factor,                                                                           \
	 .name = CV_NAME_##id,                                                                     \
	 .unit = (uint16_t)CV_UNIT_OF_##id,                                                        \
	 .shift = exp10,                                                                           \
	 .flue_name = CV_NAME_##flue,                                                              \
	 .flue_unit = (uint16_t)CV_UNIT_OF_##flue},
#define RAW(factor, id) {.code = factor, .unit = CV_UNIT_##id},

static const struct hj212_factor factors[] = {
#include "dataplane/decode/hj212_factor_list.h"
};

#define COUNT (sizeof(factors) / sizeof(factors[0]))

/* One to eight letters, the first lowest. */
static uint64_t word_of(const char *code, size_t len)
{
	uint32_t low, high;
	uint64_t word = 0;

	if (len < sizeof(low)) {
		while (len-- > 0)
			word = word << 8 | (uint8_t)code[len];
		return word;
	}
	memcpy(&low, code, sizeof(low));
	memcpy(&high, code + len - sizeof(high), sizeof(high));
	return le32toh(low) | (uint64_t)le32toh(high) << 8 * (len - sizeof(high));
}

const struct hj212_factor *hj212_factor(const char *code, size_t len)
{
	uint64_t word;
	unsigned int slot;

	if (len == 0 || len > sizeof(word))
		return NULL;
	word = htole64(word_of(code, len));
	slot = factor_slots[(word * FACTOR_HASH_MULTIPLIER) >> FACTOR_HASH_SHIFT];
	if (slot == FACTOR_HASH_EMPTY || memcmp(factors[slot].code, &word, sizeof(word)) != 0)
		return NULL;
	return &factors[slot];
}

const struct hj212_factor *hj212_factor_table(size_t *ret_count)
{
	*ret_count = COUNT;
	return factors;
}
