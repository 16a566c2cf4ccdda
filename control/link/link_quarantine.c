/* SPDX-License-Identifier: Apache-2.0 */
#include "control/link/link_quarantine.h"

#include <stdio.h>
#include <unistd.h>

#include "control/diag.h"
#include "control/link/link_socket.h"

static void tell(struct cv_link_quarantine *q)
{
	struct cv_link_msg msg = {
		.magic = CV_LINK_MAGIC,
		.version = CV_LINK_VERSION,
		.type = CV_LINK_QUARANTINE,
		.generation = q->number,
		.crc32c = q->crc32c,
	};

	if (q->sock < 0)
		return;
	q->state = CV_LINK_WAITING;
	/* A send that fails shows as the link's end. */
	(void)cv_link_send(q->sock, &msg, q->fd, -1);
}

int cv_link_quarantine_init(struct cv_link_quarantine *q, const char **why)
{
	struct cv_quarantine_image nobody = {0};

	*q = (struct cv_link_quarantine){.fd = -1, .sock = -1};
	cv_quarantine_image_seal(&nobody);
	return cv_link_quarantine_offer(q, &nobody, why);
}

void cv_link_quarantine_release(struct cv_link_quarantine *q)
{
	if (q->fd >= 0)
		close(q->fd);
	q->fd = -1;
}

int cv_link_quarantine_offer(struct cv_link_quarantine *q, const struct cv_quarantine_image *image,
			     const char **why)
{
	int fd = cv_link_file("culvert-quarantine", image, cv_quarantine_image_size(image->count));

	*why = "no memory for the list of quarantined devices";
	if (fd < 0)
		return fd;
	cv_link_quarantine_release(q);
	q->fd = fd;
	q->number++;
	q->crc32c = image->crc32c;
	q->count = image->count;
	tell(q);
	return 0;
}

enum cv_link_readiness cv_link_quarantine_in_step(const struct cv_link_quarantine *q,
						  const char **why)
{
	*why = q->why;
	return q->sock < 0 ? CV_LINK_ABSENT : q->state;
}

void cv_link_quarantine_attach(struct cv_link_quarantine *q, int sock)
{
	q->sock = sock;
	tell(q);
}

void cv_link_quarantine_answer(struct cv_link_quarantine *q, const struct cv_link_msg *msg)
{
	if (msg->generation != q->number)
		return; /* there is a newer list by now */
	q->state = msg->error ? CV_LINK_UNFIT : CV_LINK_READY;
	snprintf(q->why, sizeof(q->why), "%.79s", msg->text);
	if (msg->error)
		cv_diag("warning",
			"the dataplane does not take the list of %u quarantined devices: %s",
			q->count, q->why);
}
