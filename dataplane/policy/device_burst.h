/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finding the devices of a burst in stages: what one asks for is there when the next one looks.
 * ask_tags() of all, ask_states() of those it says so of, then device_found() of each in turn.
 */
#ifndef CV_DEVICE_BURST_H
#define CV_DEVICE_BURST_H

#include "dataplane/policy/device_table_internal.h"

/** A device between the stages. */
struct device_step {
	struct cv_device_aim aim;
	uint32_t place; /* where it was when it was last seen, 0 = not known */
	uint32_t bucket, cells; /* where it may be, one bit for each cell */
};

/**
 * @param place where it was when it was last seen, 0 = not known.
 * @return true: ask_states() wants it.
 */
CV_INLINE bool ask_tags(const struct cv_device_map *map, const struct cv_device_key *key,
			uint32_t place, struct device_step *d)
{
	const struct cv_device_bucket *b = map->buckets;

	d->place = place;
	if (place) {
		cv_device_name(key, &d->aim);
		d->bucket = CV_PLACE_BUCKET(place);
		d->cells = 1u << CV_PLACE_CELL(place);
		__builtin_prefetch(cv_device_at(map, place), 1);
		return false;
	}
	cv_device_aim(&b->head, key, &d->aim);
	b += cv_device_choice(&d->aim, 0);
	__builtin_prefetch(b);
	__builtin_prefetch(&b->cell[d->aim.home], 1);
	return true;
}

/**
 * Ask for the state that the tags point to, or for the tags of the next choice, of all those whose
 * tags are there; then of the rest. So whoever is in its second bucket, one in six of a full
 * table, is not waited for alone.
 *
 * @param list is used up.
 */
CV_INLINE void ask_states(const struct cv_device_map *map, struct device_step **list,
			  unsigned int n)
{
	for (uint32_t choice = 0; n && choice < CV_DEVICE_CHOICES; choice++) {
		unsigned int late = 0;

		for (unsigned int i = 0; i < n; i++) {
			struct device_step *d = list[i];
			const struct cv_device_bucket *b;
			const void *next;

			d->bucket = cv_device_choice(&d->aim, choice);
			b = cv_device_bucket(map, d->bucket);
			d->cells = cv_device_match(b, cv_device_tag(&d->aim));
			next = cv_device_bucket(map, cv_device_choice(&d->aim, choice + 1));
			if (d->cells)
				next = &b->cell[cv_device_lowest(d->cells)];
			__builtin_prefetch(next, 1);
			list[late] = d;
			late += !d->cells;
		}
		n = late;
	}
}

/** @return its place, 0: there is no state of it; the aim is whole then. */
CV_INLINE uint32_t device_found(const struct cv_device_map *map, const struct cv_device_key *key,
				struct device_step *d)
{
	const struct cv_device_bucket *b = cv_device_bucket(map, d->bucket);

	for (uint32_t cells = d->cells; cells; cells &= cells - 1) {
		uint32_t cell = cv_device_lowest(cells);

		if (cv_device_is(b, cell, &d->aim))
			return CV_DEVICE_PLACE(d->bucket, cell);
	}
	/* Another device may have the place by now, and tags of others may have hidden its own. */
	if (d->place)
		cv_device_aim(&map->buckets->head, key, &d->aim);
	return cv_device_find(map, &d->aim);
}

#endif
