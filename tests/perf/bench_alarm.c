/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_alarm: what an event costs alarm rules. A city's rules (appliance/alarms.yaml and the like),
 * devices in an order without pattern, each with two quantities that rules look at and one that
 * only silence does; all of them known to the engine beforehand, and some alarms.
 *
 *     bench_alarm RULES DEVICES EVENTS      prints one JSON object
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "control/alarm/engine.h"
#include "dataplane/normalize/vocabulary.h"
#include "tests/random.h"

#define GROUP 32

static uint64_t seed = 1, told;

static void device_of(void *owner, uint32_t device, struct cv_alarm_device *ret)
{
	static char urn[64], street[32];
	int n = snprintf(urn, sizeof(urn), "urn:dev:hj212:31011500%08u", device);

	snprintf(street, sizeof(street), "3101150%02u", device % 97);
	*ret = (struct cv_alarm_device){
		.urn = urn,
		.urn_len = (size_t)n,
		.kind = "meter",
		.tags = device % 10 ? "" : "warning-level-4m",
		.area = {"", "310100", "310115", street, ""},
		.interval = 3600,
	};
}

static bool changed(void *owner, const struct cv_alarm *a, enum cv_alarm_change change, int64_t at)
{
	told++;
	return true;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void event(struct cv_alarm_engine *e, uint32_t device, unsigned int which, int64_t at)
{
	static const uint16_t names[] = {CV_NAME_TANK_PRESSURE, CV_NAME_WATER_LEVEL,
					 CV_NAME_WEATHER_HUMIDITY};
	/* Some are beyond what rules allow, for a while. */
	bool odd = (device * 2654435761u >> 20) == (uint32_t)(at >> 40) % 4096;
	struct cv_record rec = {
		.size = sizeof(rec),
		.version = CV_RECORD_VERSION,
		.kind = CV_KIND_MEASUREMENT,
		.lane = CV_LANE_MEASUREMENT,
		.name_id = names[which],
		.value_type = CV_VALUE_F64,
		.value.f64 = odd ? 2000 : 1 + (double)(device % 8) / 8,
	};

	cv_alarm_engine_event(e, device, &rec, 1, at);
}

/* As the intake has it: what a group needs is fetched for all of it. */
static void group(struct cv_alarm_engine *e, uint32_t devices, int64_t *at, int64_t step)
{
	uint32_t device[GROUP];

	for (int i = 0; i < GROUP; i++)
		device[i] = 1 + (uint32_t)(next_random_of(&seed) % devices);
	for (unsigned int stage = 0; stage < 2; stage++)
		for (int i = 0; i < GROUP; i++)
			cv_alarm_engine_fetch(e, device[i], stage);
	for (int i = 0; i < GROUP; i++)
		event(e, device[i], (unsigned int)(next_random_of(&seed) % 3), *at += step);
}

int main(int argc, char **argv)
{
	static const struct cv_alarm_host host = {.device = device_of, .changed = changed};
	uint32_t devices = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 0;
	uint64_t events = argc > 3 ? strtoull(argv[3], NULL, 10) : 0, i;
	struct cv_alarm_rules *rules = NULL;
	struct cv_alarm_engine *e = NULL;
	struct cv_diagnostics diag = {0};
	int64_t at = INT64_C(1777863720000000000), step;
	double begin, ns;

	if (devices == 0 || events == 0) {
		fprintf(stderr, "usage: bench_alarm RULES DEVICES EVENTS\n");
		return 1;
	}
	if (cv_alarm_rules_load(argv[1], &rules, &diag) < 0) {
		cv_diagnostics_print(&diag, stderr);
		return 2;
	}
	rules->capacity = 64u << 20;
	rules->active = 1 << 20;
	if (cv_alarm_engine_create(rules, 1, &host, &e) < 0)
		return 3;
	/* Each device speaks about once an hour. */
	step = INT64_C(3600000000000) / ((int64_t)devices * 3);
	for (i = 0; i < (uint64_t)devices * 3; i++)
		event(e, (uint32_t)(i / 3) + 1, (unsigned int)(i % 3), at += step);
	begin = now();
	for (i = 0; i < events; i += GROUP)
		group(e, devices, &at, step);
	ns = (now() - begin) / (double)events;
	printf("{\"devices\": %u, \"events\": %llu, \"ns_per_event\": %.1f, \"states\": %u, "
	       "\"bytes_per_device\": %.1f, \"active\": %u, \"told\": %llu}\n",
	       devices, (unsigned long long)events, ns, cv_alarm_engine_states(e),
	       (double)cv_alarm_engine_bytes(e) / devices, cv_alarm_engine_active(e),
	       (unsigned long long)told);
	cv_alarm_engine_destroy(e);
	return 0;
}
