/* SPDX-License-Identifier: Apache-2.0 */
#include "control/registry/follow.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "control/loop/task.h"

#define BATCH 1024u /* rows that are read in one go; 1.6 MB */
#define SLICE 128u /* rows that are taken over in a turn; some 0.1 ms */
#define LOOK_NS UINT64_C(1000000000) /* between looks at the file */
#define NOW_NS 1u

struct row {
	struct cv_registry_device device;
	uint64_t rev;
	bool removed;
};

/* What tells that a file has changed: of the database and of its write-ahead log. */
struct print {
	struct timespec time[2];
	off_t size[2];
	ino_t node[2];
};

struct cv_registry_follow {
	struct cv_loop *loop;
	struct cv_registry_live *live;
	void (*fault)(void *owner, const char *why);
	void *owner;
	char *path;
	struct cv_task task;
	struct cv_op timer;
	bool stopping, faulty;
	struct print seen; /* before what was read last */
	/* The thread's while it runs. */
	struct cv_registry_store *store; /* NULL = not open */
	struct row *rows; /* BATCH */
	unsigned int count;
	uint64_t rev;
	uint32_t last;
	int res;
	char why[200];
	/* The loop's, when it does not. */
	unsigned int taken;
};

static struct print print_of(const struct cv_registry_follow *f)
{
	static const char *const ends[] = {"", "-wal"};
	char path[PATH_MAX + 8];
	struct print p = {0};

	for (int i = 0; i < 2; i++) {
		struct stat st;

		snprintf(path, sizeof(path), "%s%s", f->path, ends[i]);
		if (stat(path, &st) < 0)
			continue;
		p.time[i] = st.st_mtim;
		p.size[i] = st.st_size;
		p.node[i] = st.st_ino;
	}
	return p;
}

/* ---- on the thread -------------------------------------------------------------------------- */

static int collect(void *owner, const struct cv_registry_device *d, uint64_t rev, bool removed)
{
	struct cv_registry_follow *f = owner;

	f->rows[f->count++] = (struct row){*d, rev, removed};
	return 0;
}

static void read_batch(void *owner)
{
	struct cv_registry_follow *f = owner;
	const char *why = "";

	f->count = 0;
	f->res = 0;
	if (!f->rows)
		f->rows = malloc(BATCH * sizeof(*f->rows));
	if (!f->rows)
		f->res = -ENOMEM;
	else if (!f->store)
		f->res = cv_registry_store_open(f->path, CV_REGISTRY_READ, &f->store, &why);
	if (f->res == 0) {
		f->res = cv_registry_store_changes(f->store, f->rev, f->last, BATCH, collect, f);
		why = f->res < 0 ? cv_registry_store_why(f->store) : "";
	}
	snprintf(f->why, sizeof(f->why), "%s", f->res == -ENOMEM ? "no memory for it" : why);
}

/* ---- on the loop ---------------------------------------------------------------------------- */

static void tell(struct cv_registry_follow *f, int res, const char *why)
{
	/* An import commits: asked again. No file is no fault. */
	bool faulty = res < 0 && res != -ENOENT;

	if (res == -EBUSY)
		return;
	if (faulty && !f->faulty && f->fault)
		f->fault(f->owner, why);
	f->faulty = faulty;
}

static void rest(struct cv_registry_follow *f)
{
	free(f->rows);
	f->rows = NULL;
	cv_loop_timer(f->loop, &f->timer, LOOK_NS);
}

static void read_more(struct cv_registry_follow *f)
{
	f->seen = print_of(f);
	f->taken = 0;
	if (cv_task_start(&f->task) < 0)
		rest(f);
}

static void take_some(struct cv_registry_follow *f)
{
	int res = 0;

	for (unsigned int i = 0; i < SLICE && f->taken < f->count && res == 0; i++) {
		const struct row *r = &f->rows[f->taken];

		res = cv_registry_live_take(f->live, &r->device, r->rev, r->removed);
		if (res < 0)
			break;
		f->rev = r->rev;
		f->last = r->device.row;
		f->taken++;
	}
	if (res < 0) {
		tell(f, res, "no memory for more devices");
		memset(&f->seen, 0, sizeof(f->seen)); /* look again */
		rest(f);
	} else if (f->taken < f->count) {
		cv_loop_timer(f->loop, &f->timer, NOW_NS);
	} else if (f->count == BATCH) {
		read_more(f);
	} else {
		cv_registry_live_complete(f->live);
		tell(f, 0, "");
		rest(f);
	}
}

static void was_read(void *owner)
{
	struct cv_registry_follow *f = owner;

	if (f->stopping)
		return;
	if (f->res == 0) {
		take_some(f);
		return;
	}
	tell(f, f->res, f->why);
	f->count = 0;
	if (f->res != -ENOENT)
		memset(&f->seen, 0, sizeof(f->seen));
	rest(f);
}

static void on_timer(struct cv_op *op, int res, uint32_t flags)
{
	struct cv_registry_follow *f = op->owner;
	struct print now;

	if (f->stopping)
		return;
	if (f->taken < f->count) {
		take_some(f);
		return;
	}
	now = print_of(f);
	if (memcmp(&now, &f->seen, sizeof(now)) == 0)
		cv_loop_timer(f->loop, &f->timer, LOOK_NS);
	else
		read_more(f);
}

int cv_registry_follow_create(struct cv_loop *loop, const struct cv_registry_follow_config *config,
			      struct cv_registry_follow **ret)
{
	struct cv_registry_follow *f = calloc(1, sizeof(*f));
	int res;

	if (!f)
		return -ENOMEM;
	f->loop = loop;
	f->live = config->live;
	f->fault = config->fault;
	f->owner = config->owner;
	f->timer = (struct cv_op){.done = on_timer, .owner = f};
	f->task = (struct cv_task){
		.loop = loop, .work = read_batch, .done = was_read, .owner = f, .bell = -1};
	f->path = strdup(config->path);
	res = f->path ? cv_task_init(&f->task) : -ENOMEM;
	if (res < 0) {
		cv_registry_follow_destroy(f);
		return res;
	}
	read_more(f);
	*ret = f;
	return 0;
}

void cv_registry_follow_destroy(struct cv_registry_follow *f)
{
	if (!f)
		return;
	f->stopping = true;
	cv_task_release(&f->task);
	if (f->timer.pending)
		cv_loop_cancel(f->loop, &f->timer);
	while (f->timer.pending && cv_loop_turn(f->loop) == 0)
		;
	cv_registry_store_close(f->store);
	free(f->rows);
	free(f->path);
	free(f);
}
