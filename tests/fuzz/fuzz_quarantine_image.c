/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A list of quarantined devices from an untrusted place. Input: with an even first byte patches of
 * four bytes (offset, value, kind) on a good list, whose checksum is then made right so that the
 * damage is looked at; else the list as it is. What the check lets through must build, and the set
 * must hold each device of the list and nobody else.
 */
#include <stdlib.h>
#include <string.h>

#include "dataplane/policy/quarantine_lookup.h"

#define DEVICES 24u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition)
{
	if (!condition)
		abort();
}

static struct cv_quarantine_image *good_image(void)
{
	struct cv_quarantine_image *image = calloc(1, cv_quarantine_image_size(DEVICES));

	must(image != NULL);
	image->count = DEVICES;
	for (uint32_t i = 0; i < DEVICES; i++) {
		static const uint32_t kinds[] = {CV_BINDING_OF_MAC, 4, 6};
		uint8_t *id = (uint8_t *)image->devices[i].id;

		image->devices[i].kind = kinds[i / (DEVICES / 3)];
		id[0] = 2;
		id[3] = (uint8_t)i;
	}
	cv_quarantine_image_seal(image);
	return image;
}

static void patch(struct cv_quarantine_image *image, const uint8_t *data, size_t size)
{
	uint32_t whole = (uint32_t)cv_quarantine_image_size(DEVICES);

	for (size_t i = 0; i + 4 <= size; i += 4)
		((uint8_t *)image)[(uint32_t)(data[i] << 8 | data[i + 1]) % whole] = data[i + 2];
	if (image->count <= DEVICES && size % 4 < 2)
		cv_quarantine_image_seal(image);
}

static void use(const struct cv_quarantine_image *image)
{
	struct cv_quarantine_set *s = NULL;
	struct cv_binding_key other = {.kind = 4, .id = {~0ull, ~0ull}};

	must(cv_quarantine_set_create(image, &s) == 0);
	must(s->count == image->count && s->crc32c == image->crc32c);
	for (uint32_t i = 0; i < image->count; i++)
		must(quarantine_has(s, &image->devices[i]));
	must(!quarantine_has(s, &other));
	cv_quarantine_set_destroy(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cv_quarantine_image *image;

	if (size && data[0] & 1) {
		image = malloc(size);
		must(image != NULL);
		memcpy(image, data + 1, --size);
	} else {
		image = good_image();
		must(cv_quarantine_image_check(image, cv_quarantine_image_size(DEVICES)) == 0);
		if (size)
			patch(image, data + 1, size - 1);
		size = cv_quarantine_image_size(DEVICES);
	}
	if (cv_quarantine_image_check(image, size) == 0)
		use(image);
	free(image);
	return 0;
}
