/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "dataplane/decode/hj212.h"
#include "dataplane/normalize/vocabulary.h"

#define UNIT_OF_ROW(id, text, unit) UNIT_OF_##id = unit,
enum unit_of_name { CV_NAMES(UNIT_OF_ROW) };

#define NAMED(factor, id, exp10)                                                                   \
	{.code = factor, .name = CV_NAME_##id, .unit = (uint16_t)UNIT_OF_##id, .shift = exp10},
#define GAS(factor, id, exp10, flue)                                                               \
	{.code = factor,                                                                           \
	 .name = CV_NAME_##id,                                                                     \
	 .unit = (uint16_t)UNIT_OF_##id,                                                           \
	 .shift = exp10,                                                                           \
	 .flue_name = CV_NAME_##flue,                                                              \
	 .flue_unit = (uint16_t)UNIT_OF_##flue},
#define RAW(factor, id) {.code = factor, .unit = CV_UNIT_##id},

static const struct hj212_factor factors[] = {
#include "dataplane/decode/hj212_factor_list.h"
};

#define COUNT (sizeof(factors) / sizeof(factors[0]))

/* Eight bytes as a number that sorts as they do. */
static uint64_t key(const char *code, size_t len)
{
	uint64_t word = 0;

	memcpy(&word, code, len);
	return __builtin_bswap64(word);
}

const struct hj212_factor *hj212_factor(const char *code, size_t len)
{
	const struct hj212_factor *base = factors;
	uint64_t wanted;

	if (len == 0 || len > sizeof(base->code))
		return NULL;
	wanted = key(code, len);
	for (size_t n = COUNT; n > 1; n -= n / 2)
		if (key(base[n / 2].code, sizeof(base->code)) <= wanted)
			base += n / 2;
	return key(base->code, sizeof(base->code)) == wanted ? base : NULL;
}

const struct hj212_factor *hj212_factor_table(size_t *ret_count)
{
	*ret_count = COUNT;
	return factors;
}
