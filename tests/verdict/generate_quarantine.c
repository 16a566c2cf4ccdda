/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "tests/verdict/generate.h"

#define MOST 40u

static int by_order(const void *a, const void *b)
{
	return cv_quarantine_order(a, b);
}

static struct cv_binding_key any_device(struct cv_random *r)
{
	struct cv_binding_key k = {0};
	struct cv_device_key device;

	if (cv_once_in(r, 20)) {
		k.kind = CV_BINDING_OF_MAC;
		k.id[0] = cv_generate_mac(cv_below(r, CV_GENERATE_MACS));
		return k;
	}
	cv_generate_device(r, &device);
	k.kind = device.family;
	memcpy(k.id, device.addr, sizeof(k.id));
	return k;
}

struct cv_quarantine_image *cv_generate_quarantine(struct cv_random *r)
{
	uint32_t n = cv_once_in(r, 4) ? 0 : 1 + cv_below(r, MOST);
	struct cv_quarantine_image *image = calloc(1, cv_quarantine_image_size(n));

	if (!image)
		return NULL;
	for (uint32_t i = 0; i < n; i++)
		image->devices[i] = any_device(r);
	qsort(image->devices, n, sizeof(image->devices[0]), by_order);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t kept = image->count;

		if (!kept || cv_quarantine_order(&image->devices[kept - 1], &image->devices[i]))
			image->devices[image->count++] = image->devices[i];
	}
	cv_quarantine_image_seal(image);
	return image;
}
