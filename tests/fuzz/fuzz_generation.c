/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A generation image from an untrusted place. Input: patches of four bytes (offset, value, kind) on
 * a good image, whose checksum is then made right so that the damage is looked at; or, with an odd
 * first byte, the image as it is. What the check lets through must build and judge.
 */
#include <stdlib.h>
#include <string.h>

#include "dataplane/policy/policy_table.h"
#include "tests/verdict/generate.h"

#define DEVICES_TRIED 4096u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition)
{
	if (!condition)
		abort();
}

static struct cv_generation *good_image(uint64_t seed)
{
	struct cv_random r = {seed};
	struct cv_generation *g = cv_generate_policy(&r, 1);

	must(g != NULL);
	g->device_capacity = 64;
	return g;
}

static void patch(struct cv_generation *g, const uint8_t *data, size_t size)
{
	uint32_t whole = g->size;

	for (size_t i = 0; i + 4 <= size; i += 4) {
		/* Half of them on the head, where the offsets and counts are. */
		uint32_t range = data[i + 3] & 1 ? (uint32_t)sizeof(*g) : whole;
		uint32_t at = (uint32_t)(data[i] << 8 | data[i + 1]) % range;

		((uint8_t *)g)[at] = data[i + 2];
	}
	if (g->size >= sizeof(*g) && g->size <= whole)
		g->crc32c = cv_generation_crc(g);
}

static void use(const struct cv_generation *g)
{
	uint8_t frame[CV_GENERATE_MAX];
	struct cv_device_table *devices = NULL;
	struct cv_policy_table *t = NULL;
	struct cv_random r = {7};
	struct cv_frame f = {.data = frame};

	if (g->device_capacity > DEVICES_TRIED)
		return;
	must(!cv_policy_table_create(g, NULL, &t));
	must(!cv_device_table_create(g->device_capacity, g->number, &devices));
	for (int i = 0; i < 20; i++) {
		f.len = cv_generate_frame(&r, frame);
		f.port = (uint8_t)(i % CV_PORTS_MAX);
		cv_policy_judge(t, devices, &f, 1, 1000);
	}
	cv_policy_table_destroy(t);
	cv_device_table_destroy(devices);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cv_generation *g;
	uint32_t whole;

	if (size == 0 || data[0] & 1) {
		if (!cv_generation_check(data, size))
			use((const void *)data);
		return 0;
	}
	g = good_image(data[0]);
	whole = g->size;
	patch(g, data + 1, size - 1);
	if (!cv_generation_check(g, whole))
		use(g);
	free(g);
	return 0;
}
