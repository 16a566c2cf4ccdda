/* SPDX-License-Identifier: Apache-2.0 */
/* For tests of alarm rules: a city of some devices, its events, and what the engine tells. */
#ifndef CV_TEST_ALARM_HELP_H
#define CV_TEST_ALARM_HELP_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/alarm/engine.h"
#include "dataplane/normalize/vocabulary.h"

#define HELP_TOLD_MAX 65536

struct help_told {
	int64_t at;
	enum cv_alarm_change change;
	char id[CV_ALARM_NAME_MAX];
	double value;
	uint32_t devices;
};

/* One at a time. */
static struct {
	struct cv_alarm_engine *engine;
	struct help_told told[HELP_TOLD_MAX];
	size_t n;
	bool full; /* the host takes nothing */
	uint64_t version;
	uint32_t interval[64]; /* of device i, s */
} help = {.version = 1};

static inline void help_device(void *owner, uint32_t device, struct cv_alarm_device *ret)
{
	static char urn[64], street[32], district[32];

	/* Devices 1-3 in street A, 4-6 in street B of the same district, others elsewhere. */
	snprintf(urn, sizeof(urn), "urn:dev:x:%u", device);
	snprintf(street, sizeof(street), "%s", device <= 3 ? "310115001" : "310115002");
	snprintf(district, sizeof(district), "310115");
	*ret = (struct cv_alarm_device){
		.urn = urn,
		.urn_len = strlen(urn),
		.kind = device % 2 ? "meter" : "detector",
		.tags = device % 2 ? "old,cellar" : "new",
		.area = {"", device <= 6 ? "310100" : "", device <= 6 ? district : "",
			 device <= 6 ? street : "", ""},
		.interval = device < 64 ? help.interval[device] : 0,
	};
}

static inline bool help_changed(void *owner, const struct cv_alarm *a, enum cv_alarm_change change,
				int64_t at)
{
	struct help_told *t = &help.told[help.n];

	if (help.full)
		return false;
	if (help.n == HELP_TOLD_MAX)
		abort();
	help.n++;
	*t = (struct help_told){
		.at = at, .change = change, .value = a->value, .devices = a->n_devices};
	snprintf(t->id, sizeof(t->id), "%s", a->id);
	return true;
}

static inline void help_begin(const char *text)
{
	static const struct cv_alarm_host host = {.device = help_device, .changed = help_changed};
	struct cv_alarm_rules *rules = NULL;
	struct cv_diagnostics diag = {0};

	help.n = 0;
	help.full = false;
	if (cv_alarm_rules_parse("test", text, strlen(text), &rules, &diag) < 0) {
		cv_diagnostics_print(&diag, stderr);
		abort();
	}
	cv_diagnostics_free(&diag);
	if (cv_alarm_engine_create(rules, 1, &host, &help.engine) < 0)
		abort();
}

static inline void help_end(void)
{
	cv_alarm_engine_destroy(help.engine);
	help.engine = NULL;
}

static inline struct cv_record help_record(unsigned int name, double value)
{
	return (struct cv_record){
		.size = sizeof(struct cv_record),
		.version = CV_RECORD_VERSION,
		.kind = CV_KIND_MEASUREMENT,
		.lane = CV_LANE_MEASUREMENT,
		.name_id = (uint16_t)name,
		.value_type = CV_VALUE_F64,
		.value.f64 = value,
	};
}

static inline void help_event(uint32_t device, unsigned int name, double value, int64_t at)
{
	struct cv_record rec = help_record(name, value);

	cv_alarm_engine_event(help.engine, device, &rec, help.version, at);
}

#endif
