/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finding the devices of a burst in stages: what one asks for is there when the next one looks.
 * ask_tags() of all, ask_state() of all, then device_found() of each in turn.
 */
#ifndef CV_DEVICE_BURST_H
#define CV_DEVICE_BURST_H

#include "dataplane/policy/device_table_internal.h"

/** A device between the stages. */
struct device_step {
	struct cv_device_aim aim;
	uint32_t place; /* where it was or may be, 0 = not known */
};

/** @param place where it was when it was last seen, 0 = not known. */
CV_INLINE void ask_tags(const struct cv_device_map *map, const struct cv_device_key *key,
			uint32_t place, struct device_step *d)
{
	const struct cv_device_bucket *b = map->buckets;

	d->place = place;
	if (place) {
		cv_device_name(key, &d->aim);
		__builtin_prefetch(cv_device_at(map, place), 1);
		return;
	}
	cv_device_aim(&b->head, key, &d->aim);
	b += cv_device_choice(&d->aim, 0);
	__builtin_prefetch(b);
	__builtin_prefetch(&b->cell[d->aim.home], 1);
}

/* The state that the tags point to, or the next tags. */
CV_INLINE void ask_state(const struct cv_device_map *map, struct device_step *d)
{
	if (d->place)
		return;
	d->place = cv_device_guess(map, &d->aim);
	if (d->place)
		__builtin_prefetch(cv_device_at(map, d->place), 1);
	else
		__builtin_prefetch(cv_device_bucket(map, cv_device_choice(&d->aim, 1)));
}

/** @return its place, 0: there is no state of it; the aim is whole then. */
CV_INLINE uint32_t device_found(const struct cv_device_map *map, const struct cv_device_key *key,
				struct device_step *d)
{
	/* Another device may have the place by now, and a guess may be wrong. */
	if (d->place && cv_device_is(cv_device_bucket(map, CV_PLACE_BUCKET(d->place)),
				     CV_PLACE_CELL(d->place), &d->aim))
		return d->place;
	cv_device_aim(&map->buckets->head, key, &d->aim);
	return cv_device_find(map, &d->aim);
}

#endif
