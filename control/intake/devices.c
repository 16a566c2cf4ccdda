/* SPDX-License-Identifier: Apache-2.0 */
#include "control/intake/devices.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/diag.h"
#include "control/intake/notice.h"
#include "control/intake/refill.h"
#include "control/registry/follow.h"

struct cv_devices {
	struct cv_registry_live *live;
	struct cv_registry_follow *follow;
	struct cv_state *state;
	struct cv_refill *refill; /* NULL = nothing is read again */
	struct cv_notices *notices;
	struct cv_intake intake;
};

static void on_fault(void *owner, const char *why)
{
	cv_diag("warning", "the registry cannot be read: %s; what was read of it stays", why);
}

static bool on_unknown(void *owner, const char *urn, size_t len, const struct cv_record *rec)
{
	const struct cv_devices *d = owner;

	return cv_notice_unknown(d->notices, urn, len, rec);
}

static int open_registry(struct cv_devices *d, struct cv_loop *loop, const char *dir)
{
	char path[PATH_MAX + sizeof(CV_REGISTRY_FILE) + 1];
	struct cv_registry_follow_config follow = {.path = path, .fault = on_fault, .owner = d};
	int res;

	snprintf(path, sizeof(path), "%s/" CV_REGISTRY_FILE, dir);
	res = cv_registry_live_create(path, &d->live);
	follow.live = d->live;
	return res < 0 ? res : cv_registry_follow_create(loop, &follow, &d->follow);
}

static int open_parts(struct cv_devices *d, struct cv_loop *loop, struct cv_eventlog *log,
		      const struct cv_devices_config *config)
{
	int res = cv_state_create(config->state_bytes, &d->state);

	if (res == 0)
		res = open_registry(d, loop, config->dir);
	if (res == 0)
		res = cv_notices_create(loop, log, &d->notices);
	if (res < 0)
		return res;
	d->intake = (struct cv_intake){
		.live = d->live, .state = d->state, .unknown = on_unknown, .owner = d};
	if (config->refill_ns == 0)
		return 0;
	return cv_refill_create(loop, log, &d->intake,
				cv_loop_wall_ns(loop) - (int64_t)config->refill_ns, &d->refill);
}

int cv_devices_create(struct cv_loop *loop, struct cv_eventlog *log,
		      const struct cv_devices_config *config, struct cv_devices **ret,
		      const char **why)
{
	struct cv_devices *d = calloc(1, sizeof(*d));
	int res = d ? open_parts(d, loop, log, config) : -ENOMEM;

	if (res < 0) {
		*why = "no memory for the devices";
		cv_devices_destroy(d);
		return res;
	}
	*ret = d;
	return 0;
}

void cv_devices_destroy(struct cv_devices *d)
{
	if (!d)
		return;
	cv_refill_destroy(d->refill);
	cv_registry_follow_destroy(d->follow);
	cv_notices_destroy(d->notices);
	cv_state_destroy(d->state);
	cv_registry_live_destroy(d->live);
	free(d);
}

struct cv_intake *cv_devices_intake(struct cv_devices *d)
{
	return &d->intake;
}

void cv_devices_look(void *owner, struct cv_block *b)
{
	struct cv_devices *d = owner;

	cv_intake_block(&d->intake, b);
}

uint64_t cv_devices_made(const struct cv_devices *d, enum cv_lane lane)
{
	return cv_notices_made(d->notices, lane);
}

bool cv_devices_refilled(const struct cv_devices *d)
{
	return !d->refill || cv_refill_done(d->refill);
}
