/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file of alarm rules of any bytes: findings, or rules that an engine works by: events and a long
 * silence, through all that is watched, without a change that contradicts the one before.
 */
#include "tests/unit/control/alarm_help.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Everything that was raised and is not cleared is active, and nothing else. */
static void check_told(void)
{
	uint32_t active = 0;

	for (size_t i = 0; i < help.n; i++) {
		const struct help_told *t = &help.told[i];

		active += t->change == CV_ALARM_RAISED;
		if (t->change == CV_ALARM_CLEARED && active-- == 0)
			abort();
		if (t->devices == 0)
			abort();
	}
	if (active != cv_alarm_engine_active(help.engine))
		abort();
}

static void run(struct cv_alarm_rules *rules)
{
	static const struct cv_alarm_host host = {.device = help_device, .changed = help_changed};
	static const unsigned int names[] = {CV_NAME_TANK_PRESSURE, CV_NAME_WATER_LEVEL,
					     CV_NAME_FIRE_ALARM, CV_NAME_DEVICE_BATTERY};
	int64_t now = INT64_C(1777863720000000000);

	help.n = 0;
	if (cv_alarm_engine_create(rules, 1, &host, &help.engine) < 0)
		abort();
	for (uint32_t i = 0; i < 200 && help.n < HELP_TOLD_MAX / 2; i++) {
		now += INT64_C(7000000000) * (i % 13);
		help_event(1 + i % 7, names[i % 4], (double)(i * 37 % 2000) - 100, now);
	}
	cv_alarm_engine_advance(help.engine, now + INT64_C(86400000000000) * 400);
	check_told();
	help_end();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cv_alarm_rules *rules = NULL;
	struct cv_diagnostics diag = {0};

	if (cv_alarm_rules_parse("fuzz", (const char *)data, size, &rules, &diag) < 0) {
		if (diag.errors == 0)
			abort(); /* refused without a word */
	} else if (rules->n_rules <= 100) {
		run(rules);
	} else {
		cv_alarm_rules_free(rules);
	}
	cv_diagnostics_free(&diag);
	return 0;
}
