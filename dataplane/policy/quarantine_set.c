/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/policy/quarantine_set.h"

#include <errno.h>
#include <stdlib.h>

#include "dataplane/policy/policy_memory.h"
#include "dataplane/policy/quarantine_lookup.h"

/* With eight bits per device one sender in eight that is not put away is looked up in vain. */
#define FILTER_BITS 8u

static void put(struct cv_quarantine_set *s, const struct cv_binding_key *k)
{
	uint64_t hash = quarantine_hash(k);
	uint32_t step = 0;

	s->macs |= k->kind == CV_BINDING_OF_MAC;
	s->addresses |= k->kind != CV_BINDING_OF_MAC;
	s->filter[quarantine_bit(s, hash) / 64] |= 1ull << quarantine_bit(s, hash) % 64;
	while (s->entries[(hash + step) & s->mask].kind)
		step++;
	s->entries[(hash + step) & s->mask] = *k;
	if (step > s->reach)
		s->reach = step;
}

int cv_quarantine_set_create(const struct cv_quarantine_image *image,
			     struct cv_quarantine_set **ret)
{
	uint32_t n = cv_power_of_two(image->count);
	uint32_t bits = n < 64 / FILTER_BITS ? 64 : n * FILTER_BITS;
	struct cv_quarantine_set *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->count = image->count;
	s->crc32c = image->crc32c;
	s->filter_mask = bits - 1;
	s->mask = 2 * n - 1;
	s->filter = calloc(bits / 64, sizeof(*s->filter));
	s->entries = calloc(2 * (size_t)n, sizeof(*s->entries));
	if (!s->filter || !s->entries) {
		cv_quarantine_set_destroy(s);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < image->count; i++)
		put(s, &image->devices[i]);
	*ret = s;
	return 0;
}

void cv_quarantine_set_destroy(struct cv_quarantine_set *s)
{
	if (!s)
		return;
	free(s->filter);
	free(s->entries);
	free(s);
}
