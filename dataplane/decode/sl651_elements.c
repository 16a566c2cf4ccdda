/* SPDX-License-Identifier: Apache-2.0 */
/* Elements, functions and the check code of SL 651-2014. */
#include <string.h>

#include "dataplane/decode/crc16_table.h"
#include "dataplane/decode/sl651.h"
#include "dataplane/normalize/vocabulary.h"

#define ELEMENT(id, code, name, shift, stage, sub)                                                 \
	{id, code, CV_NAME_##name, shift, CV_STAGE_##stage, sub},
static const struct sl651_element elements[] = {
#include "dataplane/decode/sl651_element_list.h"
};

#define ELEMENTS (sizeof(elements) / sizeof(elements[0]))

const struct sl651_element *sl651_element(uint8_t id)
{
	size_t low = 0, high = ELEMENTS;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (elements[mid].id == id)
			return &elements[mid];
		if (elements[mid].id < id)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

const struct sl651_element *sl651_element_by_code(const uint8_t *code, size_t len)
{
	if (len == 0 || len >= sizeof(elements[0].code))
		return NULL;
	for (size_t i = 0; i < ELEMENTS; i++)
		if (elements[i].code[0] == (char)code[0] &&
		    memcmp(elements[i].code, code, len) == 0 && elements[i].code[len] == '\0')
			return &elements[i];
	return NULL;
}

const struct sl651_element *sl651_element_table(size_t *ret_count)
{
	*ret_count = ELEMENTS;
	return elements;
}

/* Annex B, from 2FH to 51H. */
static const char *const functions[] = {
	[0x2f - 0x2f] = "keep-alive",
	[0x30 - 0x2f] = "test-report",
	[0x31 - 0x2f] = "uniform-period-report",
	[0x32 - 0x2f] = "timed-report",
	[0x33 - 0x2f] = "added-report",
	[0x34 - 0x2f] = "hourly-report",
	[0x35 - 0x2f] = "manual-report",
	[0x36 - 0x2f] = "picture",
	[0x37 - 0x2f] = "query-realtime",
	[0x38 - 0x2f] = "query-period",
	[0x39 - 0x2f] = "query-manual",
	[0x3a - 0x2f] = "query-elements",
	[0x40 - 0x2f] = "set-basic-parameters",
	[0x41 - 0x2f] = "basic-parameters",
	[0x42 - 0x2f] = "set-running-parameters",
	[0x43 - 0x2f] = "running-parameters",
	[0x44 - 0x2f] = "query-pump-motors",
	[0x45 - 0x2f] = "query-version",
	[0x46 - 0x2f] = "query-state",
	[0x47 - 0x2f] = "clear-storage",
	[0x48 - 0x2f] = "factory-reset",
	[0x49 - 0x2f] = "set-password",
	[0x4a - 0x2f] = "set-clock",
	[0x4b - 0x2f] = "set-ic-card",
	[0x4c - 0x2f] = "pump-control",
	[0x4d - 0x2f] = "valve-control",
	[0x4e - 0x2f] = "gate-control",
	[0x4f - 0x2f] = "quota-control",
	[0x50 - 0x2f] = "query-events",
	[0x51 - 0x2f] = "query-clock",
};

const char *sl651_function(uint8_t fn)
{
	return fn >= 0x2f && fn <= 0x51 ? functions[fn - 0x2f] : NULL;
}

bool sl651_has_class(uint8_t fn)
{
	return (fn >= 0x30 && fn <= 0x34) || (fn >= 0x36 && fn <= 0x38) || fn == 0x3a || fn == 0x44;
}

bool sl651_is_parameters(uint8_t fn)
{
	return (fn >= SL651_SET_BASIC && fn <= SL651_GET_RUNNING) || fn == SL651_PASSWORD;
}

uint16_t sl651_crc(const uint8_t *data, size_t len)
{
	static const uint16_t table[256] = CRC16_TABLE(CRC16_A001);
	uint16_t crc = 0xffff;

	for (size_t i = 0; i < len; i++)
		crc = (uint16_t)(crc >> 8 ^ table[(crc ^ data[i]) & 0xff]);
	return crc;
}
