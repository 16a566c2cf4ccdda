/* SPDX-License-Identifier: Apache-2.0 */
/* The dataplane's end of the link (handoff/link.h). Housekeeping thread only. */
#include "dataplane/run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "dataplane/handoff/link.h"

#define RETRY_US 100000
/* A dataplane that is just being replaced is gone by then. */
#define REFUSALS_MAX 50
#define ANSWER_TIMEOUT_US 400000

static int connect_link(const char *path)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	struct timeval timeout = {.tv_usec = ANSWER_TIMEOUT_US};
	int sock;

	if (strlen(path) >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	strcpy(addr.sun_path, path);
	sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (sock < 0)
		return -errno;
	setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	if (connect(sock, (struct sockaddr *)&addr, sizeof(addr)) < 0) {
		int err = -errno;

		close(sock);
		return err;
	}
	return sock;
}

/* Copy the image out of the memfd before checking it: nobody can change it afterwards. */
int cv_run_read_generation(int fd, struct cv_generation **ret)
{
	struct cv_generation *gen;
	struct stat st;
	size_t size, got = 0;
	int err;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_size <= 0 || st.st_size > 1 << 30)
		return -EBADMSG;
	size = (size_t)st.st_size;
	gen = aligned_alloc(64, (size + 63) & ~(size_t)63);
	if (!gen)
		return -ENOMEM;
	while (got < size) {
		ssize_t n = pread(fd, (char *)gen + got, size - got, (off_t)got);

		if (n <= 0) {
			free(gen);
			return n < 0 ? -errno : -EBADMSG;
		}
		got += (size_t)n;
	}
	err = cv_generation_check(gen, size);
	if (err < 0) {
		free(gen);
		return err;
	}
	*ret = gen;
	return 0;
}

static void close_both(const int fds[2])
{
	for (int i = 0; i < 2; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

/* Connect and read the welcome; generation and quarantine, which are the caller's, come with it. */
static int greet(struct cv_run *run, int fds[2])
{
	struct cv_link_msg msg;
	int sock = connect_link(run->options.link);
	int err;

	fds[0] = fds[1] = -1;
	if (sock < 0)
		return sock;
	err = cv_link_recv(sock, &msg, fds);
	if (err == 0 && msg.type == CV_LINK_WELCOME && fds[0] >= 0 && fds[1] >= 0) {
		run->link = sock;
		return 0;
	}
	close_both(fds);
	if (err == 0 && msg.type == CV_LINK_REFUSED) {
		msg.text[sizeof(msg.text) - 1] = '\0';
		snprintf(run->refusal, sizeof(run->refusal), "%s", msg.text);
		err = -ECONNREFUSED;
	}
	close(sock);
	return err < 0 ? err : -EPROTO;
}

int cv_run_fetch_generation(struct cv_run *run, const volatile bool *stop)
{
	int fds[2], err, refusals = 0;
	bool told = false;

	while ((err = greet(run, fds)) < 0) {
		if (*stop)
			return -EINTR;
		if (err == -ECONNREFUSED && run->refusal[0] && ++refusals == REFUSALS_MAX) {
			cv_diag("error", "control refuses this dataplane: %s", run->refusal);
			return err;
		}
		if (!told)
			cv_diag("note", "waiting for culvert-control at %s (%s)", run->options.link,
				strerror(-err));
		told = true;
		usleep(RETRY_US);
	}
	err = cv_run_read_generation(fds[0], &run->gen);
	if (err == 0)
		err = cv_quarantine_slot_init(&run->quarantine, fds[1]);
	close_both(fds);
	if (err < 0)
		cv_diag("error",
			"control sent a generation or a quarantine this program cannot read (%s); "
			"are culvert-control and culvert-dataplane of one version?",
			strerror(-err));
	return err;
}

int cv_run_attach(struct cv_run *run)
{
	struct cv_link_msg msg = {
		.magic = CV_LINK_MAGIC,
		.version = CV_LINK_VERSION,
		.type = CV_LINK_ATTACH,
		.generation = run->gen->number,
		.incarnation = run->handoff.header->incarnation,
	};
	int fds[2] = {-1, -1};
	int err = cv_link_send(run->link, &msg, run->handoff.fd, run->doorbell);

	if (err == 0)
		err = cv_link_recv(run->link, &msg, fds);
	close_both(fds);
	if (err == 0 && msg.type == CV_LINK_ATTACHED) {
		run->refusal[0] = '\0';
		return 0;
	}
	if (err == 0 && msg.type == CV_LINK_REFUSED) {
		msg.text[sizeof(msg.text) - 1] = '\0';
		/* Every 100 ms we ask again; what is new is said. */
		if (strcmp(run->refusal, msg.text) != 0)
			cv_diag("error", "control refuses the handoff: %s", msg.text);
		snprintf(run->refusal, sizeof(run->refusal), "%s", msg.text);
	}
	close(run->link);
	run->link = -1;
	return err < 0 ? err : -EPROTO;
}

static bool link_is_up(struct cv_run *run)
{
	struct cv_link_msg msg;
	ssize_t n = recv(run->link, &msg, sizeof(msg), MSG_DONTWAIT | MSG_PEEK);

	return n > 0 || (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR));
}

void cv_run_keep_attached(struct cv_run *run)
{
	int fds[2];

	if (run->link >= 0) {
		if (link_is_up(run))
			return;
		cv_diag("warning",
			"control is gone; forwarding goes on, records wait in the handoff");
		close(run->link);
		run->link = -1;
	}
	/* What it has in force comes by the link once we are attached, and is taken as any other. */
	if (greet(run, fds) < 0)
		return;
	close_both(fds);
	if (cv_run_attach(run) == 0)
		cv_diag("note", "attached to control again");
}

/* ---- what control asks for ------------------------------------------------------------------------------ */

static void answer(struct cv_run *run, const struct cv_link_msg *asked, enum cv_link_type type,
		   int error, const char *why, int fd)
{
	struct cv_link_msg msg = {
		.magic = CV_LINK_MAGIC,
		.version = CV_LINK_VERSION,
		.type = (uint16_t)type,
		.generation = asked->generation,
		.shadow = asked->shadow,
		.previous = asked->previous,
		.crc32c = asked->crc32c,
		.error = error,
	};

	snprintf(msg.text, sizeof(msg.text), "%s", why);
	if (run->link >= 0)
		(void)cv_link_send(run->link, &msg, fd, -1);
}

/* @return whether the build or the turn that was asked for goes on. */
static bool goes_on(struct cv_run *run)
{
	struct cv_policies *p = &run->policies;
	const char *why = "";
	int fd = -1, res;

	if (run->quarantine.building || run->quarantine.turning) {
		res = cv_quarantine_slot_end(&run->quarantine, &why);
		if (res != -EAGAIN)
			answer(run, &run->quarantine.asked, CV_LINK_QUARANTINED, res, why, -1);
		return res == -EAGAIN;
	}
	if (p->building) {
		res = cv_policies_built(p, &fd, &why);
		if (res != -EAGAIN)
			answer(run, &p->asked, CV_LINK_PREPARED, res, why, fd);
		return res == -EAGAIN;
	}
	if (p->turning) {
		if (!cv_policies_turned(p))
			return true;
		run->handoff.header->generation = p->set->live->gen->number;
		cv_diag("note", "generation %llu is in force",
			(unsigned long long)p->set->live->gen->number);
		answer(run, &p->asked, CV_LINK_SWITCHED, 0, "", -1);
	}
	return false;
}

static void obey(struct cv_run *run, const struct cv_link_msg *msg, int fd)
{
	struct cv_policies *p = &run->policies;
	const char *why = "";
	int hits = -1, res;

	if (msg->type == CV_LINK_PREPARE) {
		res = fd < 0 ? -EPROTO : cv_policies_build(p, msg, fd, &hits, &why);
		if (res != -EAGAIN)
			answer(run, msg, CV_LINK_PREPARED, res, why, hits);
	} else if (msg->type == CV_LINK_SWITCH) {
		res = cv_policies_switch(p, msg, &why);
		if (res < 0)
			answer(run, msg, CV_LINK_SWITCHED, res, why, -1);
	} else if (msg->type == CV_LINK_QUARANTINE) {
		res = fd < 0 ? -EPROTO : cv_quarantine_slot_take(&run->quarantine, msg, fd, &why);
		if (res != -EAGAIN)
			answer(run, msg, CV_LINK_QUARANTINED, res, why, -1);
	}
}

void cv_run_obey(struct cv_run *run)
{
	struct cv_link_msg msg;
	int fds[2];

	/* One thing at a time: what else was asked for waits in the socket. */
	if (goes_on(run) || run->link < 0)
		return;
	if (recv(run->link, &msg, sizeof(msg), MSG_DONTWAIT | MSG_PEEK) <= 0)
		return; /* an end of file is keep_attached()'s business */
	if (cv_link_recv(run->link, &msg, fds) < 0)
		return;
	obey(run, &msg, fds[0]);
	close_both(fds);
}
