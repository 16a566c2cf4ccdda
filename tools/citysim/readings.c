/* SPDX-License-Identifier: Apache-2.0 */
/* What a device measures: its own level, the hour of the day, noise. */
#include <math.h>

#include "tools/citysim/city.h"

#define DAY_S 86400
#define TURN 6.283185307179586

/* 0 to 1, once around a day that begins at @p from seconds after midnight in Beijing. */
static double around(double second, double from)
{
	return 0.5 - 0.5 * cos(TURN * (second - from) / DAY_S);
}

/* Where in its range a value is at this time of day, 0 to 1. */
static double level(enum sim_curve curve, double second)
{
	double morning, evening;

	switch (curve) {
	case SIM_CURVE_DAY:
		return around(second, 3 * 3600);
	case SIM_CURVE_NIGHT:
		return around(second, 15 * 3600);
	case SIM_CURVE_RUSH:
		morning = (second - 8 * 3600) / 5400;
		evening = (second - 18 * 3600) / 5400;
		return 0.2 + 0.7 * (exp(-morning * morning) + exp(-evening * evening));
	default:
		return 0.5;
	}
}

static double unit(uint64_t dice)
{
	return (double)(dice >> 11) / 9007199254740992.0;
}

static int64_t value(const struct sim_city *city, const struct sim_group *g,
		     const struct sim_point *p, uint64_t own, uint64_t dice)
{
	double range = (double)(p->high - p->low), at;
	double elapsed = (double)(city->clock_ns / 1000000000 - (int64_t)city->scenario->start_s);
	double second = (double)((city->clock_ns / 1000000000 + SIM_BEIJING_S) % DAY_S);

	if (p->curve == SIM_CURVE_TOTAL) /* a ten-thousandth of the range in an hour at most */
		at = 0.8 * unit(own) + elapsed / 3600e4 * unit(sim_mix(own));
	else
		at = 0.6 * level((enum sim_curve)p->curve, second) + 0.3 * unit(own) +
		     0.1 * unit(dice);
	if (at > 1)
		at = 1;
	return p->low + (int64_t)(at * range);
}

static void alarm(struct sim_input *in, const struct sim_group *g, struct sim_state *state,
		  uint64_t dice)
{
	unsigned int which = (unsigned int)(dice % g->alarm_count), at = 0;

	for (unsigned int i = 0; i < g->profile->point_count; i++) {
		const struct sim_point *p = &g->profile->points[i];

		if (p->curve != SIM_CURVE_ALARM || at++ != which)
			continue;
		state->alarms ^= (uint16_t)(1u << which);
		in->reading[0] = (struct sim_reading){p, state->alarms >> which & 1, false};
		in->count = 1;
	}
}

void sim_city_readings(struct sim_city *city, const struct sim_group *g, struct sim_state *state,
		       unsigned int kind)
{
	struct sim_input *in = &city->input;
	uint64_t dice = sim_mix(in->random ^ 1);

	in->count = 0;
	if (g->encoder->kinds[kind].when == SIM_ON_ALARM) {
		alarm(in, g, state, dice);
		return;
	}
	for (unsigned int i = 0; i < g->profile->point_count; i++) {
		const struct sim_point *p = &g->profile->points[i];

		if (p->curve == SIM_CURVE_ALARM)
			continue;
		dice = sim_mix(dice);
		in->reading[in->count++] = (struct sim_reading){
			.point = p,
			.raw = value(city, g, p, sim_mix(in->device->key + i), dice),
			.faulty = (double)(dice % 1000000) < g->config->faulty * 1e4,
		};
	}
}
