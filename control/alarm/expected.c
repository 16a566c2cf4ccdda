/* SPDX-License-Identifier: Apache-2.0 */
#include "control/alarm/expected.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Rows of a step, some 1 ms; between steps, and between looks at a registry that is all read. */
#define STEP 256
#define MORE_NS UINT64_C(5000000)
#define LOOK_NS UINT64_C(2000000000)

struct cv_alarm_expected_devices {
	struct cv_loop *loop;
	const struct cv_registry_live *live;
	struct cv_registry_store *store; /* NULL = there is none yet */
	cv_alarm_expect_device *expect;
	void *owner;
	struct cv_op timer;
	uint64_t rev; /* how far it was read */
	uint32_t row;
	unsigned int taken;
	bool stopping;
	char path[PATH_MAX + sizeof(CV_REGISTRY_FILE) + 1];
};

static int take(void *owner, const struct cv_registry_device *d, uint64_t rev, bool removed)
{
	struct cv_alarm_expected_devices *x = owner;

	if (!removed && d->interval != CV_REGISTRY_NONE && d->interval > 0)
		x->expect(x->owner, d->id, strlen(d->id));
	x->rev = rev;
	x->row = d->row;
	x->taken++;
	return 0;
}

static void on_timer(struct cv_op *op, int res, uint32_t flags)
{
	struct cv_alarm_expected_devices *x = op->owner;
	const char *why = "";

	if (x->stopping)
		return;
	x->taken = 0;
	if (!cv_registry_live_ready(x->live)) {
		cv_loop_timer(x->loop, &x->timer, LOOK_NS / 20);
		return;
	}
	/* What cannot be read is told by who follows the registry (intake/devices.c). */
	if (!x->store && cv_registry_store_open(x->path, CV_REGISTRY_READ, &x->store, &why) < 0)
		x->store = NULL;
	if (x->store)
		(void)cv_registry_store_changes(x->store, x->rev, x->row, STEP, take, x);
	cv_loop_timer(x->loop, &x->timer, x->taken == STEP ? MORE_NS : LOOK_NS);
}

int cv_alarm_expected_devices_create(struct cv_loop *loop, const char *dir,
				     const struct cv_registry_live *live,
				     cv_alarm_expect_device *expect, void *owner,
				     struct cv_alarm_expected_devices **ret)
{
	struct cv_alarm_expected_devices *x = calloc(1, sizeof(*x));

	if (!x)
		return -ENOMEM;
	x->loop = loop;
	x->live = live;
	x->expect = expect;
	x->owner = owner;
	snprintf(x->path, sizeof(x->path), "%s/" CV_REGISTRY_FILE, dir);
	x->timer = (struct cv_op){.done = on_timer, .owner = x};
	cv_loop_timer(loop, &x->timer, MORE_NS);
	*ret = x;
	return 0;
}

void cv_alarm_expected_devices_destroy(struct cv_alarm_expected_devices *x)
{
	if (!x)
		return;
	x->stopping = true;
	if (x->timer.pending)
		cv_loop_cancel(x->loop, &x->timer);
	while (x->timer.pending && cv_loop_turn(x->loop) == 0)
		;
	cv_registry_store_close(x->store);
	free(x);
}

void cv_alarm_expected_devices_again(struct cv_alarm_expected_devices *x)
{
	x->rev = 0;
	x->row = 0;
}
