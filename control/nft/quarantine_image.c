/* SPDX-License-Identifier: Apache-2.0 */
/* The list as kernel and dataplane judge by it. */
#include <stdlib.h>
#include <string.h>

#include "control/nft/quarantine.h"

static int by_order(const void *a, const void *b)
{
	return cv_quarantine_order(a, b);
}

struct cv_quarantine_image *cv_quarantine_image_of(const struct cv_quarantine *q)
{
	static const uint32_t kinds[] = {
		[CV_QUARANTINE_IPV4] = 4,
		[CV_QUARANTINE_IPV6] = 6,
		[CV_QUARANTINE_MAC] = CV_BINDING_OF_MAC,
	};
	struct cv_quarantine_image *image = calloc(1, cv_quarantine_image_size((uint32_t)q->n));

	if (!image)
		return NULL;
	image->count = (uint32_t)q->n;
	for (size_t i = 0; i < q->n; i++) {
		struct cv_binding_key *k = &image->devices[i];
		const uint8_t *b = q->entries[i].key;

		k->kind = kinds[q->entries[i].kind];
		if (q->entries[i].kind == CV_QUARANTINE_MAC)
			for (int byte = 5; byte >= 0; byte--)
				k->id[0] = k->id[0] << 8 | b[byte];
		else
			memcpy(k->id, b, sizeof(k->id));
	}
	qsort(image->devices, image->count, sizeof(image->devices[0]), by_order);
	cv_quarantine_image_seal(image);
	return image;
}
