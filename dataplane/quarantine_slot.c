/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/quarantine_slot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dataplane/policy/quarantine_set.h"

static int build(int fd, struct cv_quarantine_set **ret)
{
	struct cv_quarantine_image *image = NULL;
	int err = cv_quarantine_image_read(fd, &image);

	if (err == 0)
		err = cv_quarantine_set_create(image, ret);
	free(image);
	return err;
}

int cv_quarantine_slot_init(struct cv_quarantine_slot *q, int fd)
{
	int err = build(fd, &q->set);

	if (err == 0)
		q->set->sequence = 1;
	return err;
}

void cv_quarantine_slot_begin(struct cv_quarantine_slot *q, struct cv_pipeline *pipeline)
{
	q->pipeline = pipeline;
	cv_pipeline_quarantine(pipeline, q->set);
}

void cv_quarantine_slot_release(struct cv_quarantine_slot *q)
{
	if (q->building) {
		pthread_join(q->builder, NULL);
		cv_quarantine_set_destroy(q->built);
		close(q->list);
	}
	cv_quarantine_set_destroy(q->set);
	cv_quarantine_set_destroy(q->before);
}

static void *run_builder(void *arg)
{
	struct cv_quarantine_slot *q = arg;

	q->error = build(q->list, &q->built);
	__atomic_store_n(&q->done, true, __ATOMIC_RELEASE);
	return NULL;
}

static int refused(int err, const char **why)
{
	*why = err == -EBADMSG	? "this program cannot read the list; are both of one version?"
	       : err == -ENOMEM ? "not enough memory for the list"
				: strerror(-err);
	return err == -EAGAIN ? -EIO : err;
}

int cv_quarantine_slot_take(struct cv_quarantine_slot *q, const struct cv_link_msg *asked, int fd,
			    const char **why)
{
	int err;

	if (q->set && q->set->crc32c == asked->crc32c)
		return 0;
	q->asked = *asked;
	q->built = NULL;
	q->done = false;
	q->list = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (q->list < 0)
		return refused(-errno, why);
	err = -pthread_create(&q->builder, NULL, run_builder, q);
	if (err < 0) {
		close(q->list);
		return refused(err, why);
	}
	q->building = true;
	return -EAGAIN;
}

/* One store; the set before is the lcore's until it has turned. */
static int hand_over(struct cv_quarantine_slot *q, const char **why)
{
	pthread_join(q->builder, NULL);
	close(q->list);
	q->building = false;
	if (q->error == 0 && q->built->crc32c != q->asked.crc32c) {
		cv_quarantine_set_destroy(q->built);
		q->error = -EBADMSG;
	}
	if (q->error < 0)
		return refused(q->error, why);
	q->before = q->set;
	q->set = q->built;
	q->set->sequence = q->before ? q->before->sequence + 1 : 1;
	q->turning = true;
	cv_pipeline_quarantine(q->pipeline, q->set);
	return -EAGAIN;
}

int cv_quarantine_slot_end(struct cv_quarantine_slot *q, const char **why)
{
	if (q->building && !__atomic_load_n(&q->done, __ATOMIC_ACQUIRE))
		return -EAGAIN;
	if (q->building)
		return hand_over(q, why);
	if (cv_pipeline_quarantine_taken(q->pipeline) != q->set->sequence)
		return -EAGAIN;
	cv_quarantine_set_destroy(q->before);
	q->before = NULL;
	q->turning = false;
	return 0;
}
