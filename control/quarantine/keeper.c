/* SPDX-License-Identifier: Apache-2.0 */
#include "control/quarantine/keeper.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/diag.h"
#include "control/loop/task.h"
#include "control/nft/firewall.h"
#include "ebpf/loader.h"

#define LOOK_NS 100000000u

/* A list is replaced by another file: what tells one from the next. */
struct stamp {
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec changed;
};

struct cv_quarantine_keeper {
	const struct cv_config *config;
	struct cv_loop *loop;
	struct cv_link_quarantine *link;
	bool xdp;
	struct cv_op look;
	struct cv_task task;
	char path[PATH_MAX];
	struct stamp seen; /* of the list that was read last, good or bad */
	struct cv_quarantine_image *image; /* on its way to the dataplane */
	char warning[400]; /* "" = none */
	bool stopping;
	/* The task's: */
	struct stamp fresh;
	struct cv_quarantine_image *read;
	int error;
	char why[400];
};

/* No file is a list, too: that of a node where nobody was ever put away. */
static struct stamp stamp_of(const char *path)
{
	struct stamp s;
	struct stat st;

	memset(&s, 0, sizeof(s)); /* padding is compared */
	if (stat(path, &st) == 0) {
		s.device = st.st_dev;
		s.inode = st.st_ino;
		s.size = st.st_size;
		s.changed = st.st_ctim;
	}
	return s;
}

static int read_list(struct cv_quarantine_keeper *k, struct cv_quarantine_image **ret,
		     struct cv_diagnostics *diag)
{
	struct cv_quarantine list = {0};
	int res = cv_firewall_list(k->config, &list, diag);

	if (res == 0) {
		*ret = cv_quarantine_image_of(&list);
		res = *ret ? 0 : -ENOMEM;
	}
	cv_quarantine_free(&list);
	return res;
}

static void tell(struct cv_quarantine_keeper *k, const struct cv_diagnostics *diag, const char *why)
{
	if (diag && diag->n)
		snprintf(k->why, sizeof(k->why), "%s:%u:%u: %s", diag->items[0].file,
			 diag->items[0].line, diag->items[0].column, diag->items[0].text);
	else
		snprintf(k->why, sizeof(k->why), "%s", why);
}

/* Under the lock of those who change it: nobody's newer list is overwritten by an older one. */
static void work(void *owner)
{
	struct cv_quarantine_keeper *k = owner;
	struct cv_diagnostics diag = {0};
	struct cv_bpf_why why = {""};
	int lock = cv_quarantine_lock(k->path);

	k->fresh = stamp_of(k->path);
	k->read = NULL;
	k->error = read_list(k, &k->read, &diag);
	if (k->error < 0) {
		tell(k, &diag, strerror(-k->error));
	} else if (k->xdp) {
		k->error = cv_bpf_quarantine(k->config->pin_dir, k->read, &why);
		if (k->error < 0)
			tell(k, NULL, why.text[0] ? why.text : "its maps are gone from bpffs");
	}
	cv_diagnostics_free(&diag);
	if (lock >= 0)
		close(lock);
}

static void done(void *owner)
{
	struct cv_quarantine_keeper *k = owner;
	const char *why = "";

	k->seen = k->fresh;
	/* The dataplane can have it even where the kernel does not take it. */
	if (k->read && cv_link_quarantine_offer(k->link, k->read, &why) < 0 && k->error == 0) {
		k->error = -ENOMEM;
		snprintf(k->why, sizeof(k->why), "%s", why);
	}
	free(k->read);
	k->read = NULL;
	if (k->error < 0)
		cv_tell(CV_MESSAGE_QUARANTINE_FAILED, "the quarantine stays as it was: %s", k->why);
	else
		cv_tell(CV_MESSAGE_QUARANTINE, "%u device%s in quarantine", k->link->count,
			k->link->count == 1 ? "" : "s");
	snprintf(k->warning, sizeof(k->warning), "%s", k->error < 0 ? k->why : "");
}

static void on_look(struct cv_op *op, int res, uint32_t flags)
{
	struct cv_quarantine_keeper *k = op->owner;
	struct stamp now;

	if (res != -ETIME || k->stopping)
		return;
	now = stamp_of(k->path);
	/* A list that is being put away by the task is looked at again when that is done. */
	if (memcmp(&now, &k->seen, sizeof(now)) != 0)
		(void)cv_task_start(&k->task);
	cv_loop_timer(k->loop, &k->look, LOOK_NS);
}

int cv_quarantine_keeper_create(struct cv_loop *loop, const struct cv_config *config,
				struct cv_quarantine_keeper **ret, struct cv_diagnostics *diag)
{
	struct cv_quarantine_keeper *k = calloc(1, sizeof(*k));
	int res;

	if (!k)
		return -ENOMEM;
	k->loop = loop;
	k->config = config;
	k->look = (struct cv_op){.done = on_look, .owner = k};
	k->task =
		(struct cv_task){.loop = loop, .work = work, .done = done, .owner = k, .bell = -1};
	res = cv_firewall_list_path(config, k->path);
	if (res == 0)
		res = cv_task_init(&k->task);
	/* Taken before: a change in between is seen by the first look. */
	k->seen = stamp_of(k->path);
	if (res == 0)
		res = read_list(k, &k->image, diag);
	if (res < 0) {
		cv_quarantine_keeper_destroy(k);
		return res;
	}
	*ret = k;
	return 0;
}

const struct cv_quarantine_image *cv_quarantine_keeper_image(const struct cv_quarantine_keeper *k)
{
	return k->image;
}

int cv_quarantine_keeper_start(struct cv_quarantine_keeper *k, struct cv_link_quarantine *link,
			       bool xdp)
{
	const char *why = "";
	int res;

	k->link = link;
	k->xdp = xdp;
	res = cv_link_quarantine_offer(link, k->image, &why);
	if (res < 0) {
		cv_diag("error", "%s", why);
		return res;
	}
	free(k->image);
	k->image = NULL;
	cv_loop_timer(k->loop, &k->look, LOOK_NS);
	return 0;
}

json_t *cv_quarantine_keeper_status(const struct cv_quarantine_keeper *k)
{
	static const char *const words[] = {"absent", "waiting", "in-step", "refused"};
	json_t *doc = json_object();
	const char *why;
	uint32_t kernel;

	json_object_set_new(doc, "devices", json_integer(k->link->count));
	if (k->xdp && cv_bpf_quarantined(k->config->pin_dir, &kernel) == 0)
		json_object_set_new(doc, "kernel", json_integer(kernel));
	json_object_set_new(doc, "dataplane",
			    json_string(words[cv_link_quarantine_in_step(k->link, &why)]));
	return doc;
}

const char *cv_quarantine_keeper_warning(const struct cv_quarantine_keeper *k)
{
	const char *why;

	if (k->warning[0])
		return k->warning;
	return cv_link_quarantine_in_step(k->link, &why) == CV_LINK_UNFIT ? why : NULL;
}

void cv_quarantine_keeper_destroy(struct cv_quarantine_keeper *k)
{
	if (!k)
		return;
	k->stopping = true;
	if (k->look.pending)
		cv_loop_cancel(k->loop, &k->look);
	while (k->look.pending && cv_loop_turn(k->loop) == 0)
		;
	cv_task_release(&k->task);
	free(k->image);
	free(k->read);
	free(k);
}
