/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "control/registry/index.h"
#include "control/registry/print.h"
#include "control/registry/transfer.h"

#define PROGRESS_ROWS 4096u

struct importing {
	const struct cv_registry_import *import;
	struct cv_registry_reader reader;
	struct cv_registry_key key;
	struct cv_registry_index seen; /* print to line */
	struct cv_registry_tally tally;
};

/* Two rows of one device: which of them is meant nobody can say. */
static int check_twice(struct importing *g, const struct cv_registry_device *d)
{
	uint64_t print = cv_registry_print(&g->key, d->id, strlen(d->id));
	const struct cv_registry_slot *before = cv_registry_index_find(&g->seen, print);
	unsigned long line = g->reader.row_line;

	if (before)
		return cv_registry_reader_tell(&g->reader, line, 1, NULL,
					       "%.100s was in line %u already", d->id,
					       (unsigned int)before->row);
	return cv_registry_index_set(&g->seen, print, line < UINT32_MAX ? (uint32_t)line : 0, 0);
}

static void count(struct cv_registry_tally *t, enum cv_registry_put what)
{
	t->added += what == CV_REGISTRY_ADDED;
	t->changed += what == CV_REGISTRY_CHANGED;
	t->same += what == CV_REGISTRY_SAME;
}

/* One row. @return 1 go on, 0 the end, negative errno. */
static int step(struct importing *g, struct cv_registry_store *s)
{
	struct cv_registry_device d;
	enum cv_registry_put what;
	int res = cv_registry_reader_next(&g->reader, &d);

	if (res > 0) {
		res = check_twice(g, &d);
		res = res < 0 ? res : 1;
	}
	if (res == -EINVAL) {
		g->tally.rows++;
		g->tally.faulty++;
		return 1;
	}
	if (res == -EBADMSG) {
		g->tally.faulty++;
		return 0;
	}
	if (res <= 0)
		return res;
	g->tally.rows++;
	/* Once it is clear that nothing comes of it, faults are all that is looked for. */
	if (g->import->check_only || g->tally.faulty > 0)
		return 1;
	res = cv_registry_store_put(s, &d, &what);
	if (res < 0)
		return res;
	count(&g->tally, what);
	return 1;
}

static int run(struct importing *g, struct cv_registry_store *s)
{
	const struct cv_registry_import *import = g->import;
	int res;

	do {
		if (import->cancel && *import->cancel)
			return -ECANCELED;
		res = step(g, s);
		if (import->progress && (res <= 0 || g->tally.rows % PROGRESS_ROWS == 0))
			import->progress(import->owner, g->reader.bytes, g->tally.rows);
	} while (res > 0);
	return res < 0 ? res : g->tally.faulty > 0 ? -EINVAL : 0;
}

int cv_registry_import(struct cv_registry_store *s, const struct cv_registry_import *import,
		       struct cv_registry_tally *ret)
{
	static struct importing g; /* one at a time */
	int res;

	memset(&g, 0, sizeof(g));
	g.import = import;
	cv_registry_reader_init(&g.reader, import->in, import->format, import->tell, import->owner);
	res = cv_registry_key_make(&g.key);
	if (res == 0 && !import->check_only)
		res = cv_registry_store_begin(s);
	if (res == 0) {
		res = run(&g, s);
		if (res == 0 && !import->check_only)
			res = cv_registry_store_commit(s);
		if (res < 0 && !import->check_only)
			cv_registry_store_rollback(s);
	}
	cv_registry_index_free(&g.seen);
	*ret = g.tally;
	return res;
}
