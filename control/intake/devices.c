/* SPDX-License-Identifier: Apache-2.0 */
#include "control/intake/devices.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/diag.h"
#include "control/intake/notice.h"

#define LOOK_NS UINT64_C(1000000000) /* between looks at the file */
#define MORE_NS UINT64_C(2000000) /* between steps while there is more to take over */

struct cv_devices {
	struct cv_loop *loop;
	struct cv_registry_live *live;
	struct cv_state *state;
	struct cv_notices *notices;
	struct cv_intake intake;
	struct cv_op timer;
	bool stopping;
	bool told; /* that the file cannot be read */
};

static void tell(struct cv_devices *d, int res)
{
	/* An import commits: asked again. */
	if (res < 0 && res != -EBUSY && !d->told)
		cv_diag("warning", "the registry cannot be read: %s; what was read of it stays",
			cv_registry_live_why(d->live));
	if (res != -EBUSY)
		d->told = res < 0;
}

static void on_timer(struct cv_op *op, int res, uint32_t flags)
{
	struct cv_devices *d = op->owner;

	if (d->stopping)
		return;
	res = cv_registry_live_step(d->live);
	tell(d, res);
	cv_loop_timer(d->loop, &d->timer, res > 0 ? MORE_NS : LOOK_NS);
}

static bool on_unknown(void *owner, const char *urn, size_t len, const struct cv_record *rec)
{
	const struct cv_devices *d = owner;

	return cv_notice_unknown(d->notices, urn, len, rec);
}

static int open_parts(struct cv_devices *d, const char *dir)
{
	char path[PATH_MAX + sizeof(CV_REGISTRY_FILE) + 1];
	int res;

	snprintf(path, sizeof(path), "%s/" CV_REGISTRY_FILE, dir);
	res = cv_registry_live_create(path, &d->live);
	if (res == 0)
		res = cv_state_create(CV_DEVICES_STATE_BYTES, &d->state);
	if (res < 0)
		return res;
	/* One that cannot be read stops no node: its events come all the same. */
	do {
		res = cv_registry_live_step(d->live);
	} while (res > 0);
	tell(d, res);
	return 0;
}

int cv_devices_create(struct cv_loop *loop, struct cv_eventlog *log, const char *dir,
		      struct cv_devices **ret, const char **why)
{
	struct cv_devices *d = calloc(1, sizeof(*d));
	int res = d ? open_parts(d, dir) : -ENOMEM;

	if (res == 0)
		res = cv_notices_create(loop, log, &d->notices);
	if (res < 0) {
		*why = "no memory for the devices";
		cv_devices_destroy(d);
		return res;
	}
	d->loop = loop;
	d->intake = (struct cv_intake){
		.live = d->live, .state = d->state, .unknown = on_unknown, .owner = d};
	d->timer = (struct cv_op){.done = on_timer, .owner = d};
	cv_loop_timer(loop, &d->timer, LOOK_NS);
	*ret = d;
	return 0;
}

void cv_devices_destroy(struct cv_devices *d)
{
	if (!d)
		return;
	d->stopping = true;
	if (d->timer.pending)
		cv_loop_cancel(d->loop, &d->timer);
	while (d->timer.pending && cv_loop_turn(d->loop) == 0)
		;
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
