/* SPDX-License-Identifier: Apache-2.0 */
/* An index and a report of any bytes: refused with a reason, or what is written of it reads the same. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "control/fleet/index.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
	if (!ok)
		abort();
}

static void try_index(const char *text, size_t size)
{
	struct cv_fleet_index index, again;
	char why[CV_FLEET_WHY] = "", *written = NULL, *twice = NULL;

	memset(&index, 0xaa, sizeof(index));
	memset(&again, 0xaa, sizeof(again));
	if (cv_fleet_index_parse(text, size, &index, why) < 0) {
		must(*why);
		return;
	}
	must(index.percent <= 100 && index.serial > 0 && index.size > 0 &&
	     index.size <= CV_FLEET_BUNDLE_MAX && index.expires > index.created);
	must(cv_fleet_name_is_good(index.bundle) && !strchr(index.bundle, '/'));
	must(strlen(index.sha256) == 64);
	must(cv_fleet_index_write(&index, &written) == 0);
	must(cv_fleet_index_parse(written, strlen(written), &again, why) == 0);
	must(cv_fleet_index_write(&again, &twice) == 0);
	must(strcmp(written, twice) == 0);
	free(written);
	free(twice);
}

static void try_report(const char *text, size_t size)
{
	struct cv_fleet_report report, again;
	char why[CV_FLEET_WHY] = "", *written = NULL;

	memset(&report, 0xaa, sizeof(report));
	memset(&again, 0xaa, sizeof(again));
	if (cv_fleet_report_parse(text, size, &report, why) < 0) {
		must(*why);
		return;
	}
	must(report.outcome < CV_FLEET_OUTCOME_COUNT && cv_fleet_name_is_good(report.node));
	must(cv_fleet_report_write(&report, &written) == 0);
	must(cv_fleet_report_parse(written, strlen(written), &again, why) == 0);
	must(strcmp(report.detail, again.detail) == 0 && report.time == again.time &&
	     report.serial == again.serial && strcmp(report.target, again.target) == 0);
	free(written);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	try_index((const char *)data, size);
	try_report((const char *)data, size);
	return 0;
}
