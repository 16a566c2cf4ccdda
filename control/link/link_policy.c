/* SPDX-License-Identifier: Apache-2.0 */
#include "control/link/link_policy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/diag.h"
#include "control/link/link_socket.h"

static struct cv_link_offer *find(struct cv_link_policy *p, uint64_t number)
{
	for (unsigned int i = 0; number && i < CV_LINK_OFFERS; i++)
		if (p->offers[i].number == number)
			return &p->offers[i];
	return NULL;
}

static const struct cv_link_offer *find_const(const struct cv_link_policy *p, uint64_t number)
{
	for (unsigned int i = 0; number && i < CV_LINK_OFFERS; i++)
		if (p->offers[i].number == number)
			return &p->offers[i];
	return NULL;
}

static void forget_hits(struct cv_link_offer *o)
{
	if (o->hits)
		munmap(o->hits, o->hits_size);
	o->hits = NULL;
	o->hits_size = 0;
}

/* The dataplane is another process: what it sends must not be able to shrink under our reads. */
static void take_hits(struct cv_link_offer *o, int fd)
{
	struct stat st;
	void *at;

	forget_hits(o);
	if (fd < 0 || !(fcntl(fd, F_GET_SEALS) & F_SEAL_SHRINK) || fstat(fd, &st) < 0 ||
	    st.st_size < (off_t)sizeof(struct cv_rule_hits) || st.st_size > 1 << 30)
		return;
	at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		return;
	o->hits = at;
	o->hits_size = (size_t)st.st_size;
}

const struct cv_rule_hits *cv_link_policy_hits(const struct cv_link_policy *p, uint64_t number,
					       uint32_t *ret_count)
{
	const struct cv_link_offer *o = find_const(p, number);

	if (!o || !o->hits)
		return NULL;
	*ret_count = (uint32_t)(o->hits_size / sizeof(struct cv_rule_hits));
	return o->hits;
}

static void drop(struct cv_link_offer *o)
{
	forget_hits(o);
	if (o->number && o->fd >= 0)
		close(o->fd);
	*o = (struct cv_link_offer){.fd = -1};
}

void cv_link_policy_init(struct cv_link_policy *p)
{
	*p = (struct cv_link_policy){.sock = -1};
	for (unsigned int i = 0; i < CV_LINK_OFFERS; i++)
		p->offers[i].fd = -1;
}

void cv_link_policy_release(struct cv_link_policy *p)
{
	for (unsigned int i = 0; i < CV_LINK_OFFERS; i++)
		drop(&p->offers[i]);
}

/* The dataplane has answered about this one, or it is none of the set. */
static bool is_settled(const struct cv_link_policy *p, uint64_t number)
{
	const struct cv_link_offer *o = find_const(p, number);

	return !o || o->state == CV_LINK_READY || o->state == CV_LINK_UNFIT;
}

static uint64_t if_ready(const struct cv_link_policy *p, uint64_t number)
{
	const struct cv_link_offer *o = find_const(p, number);

	return o && o->state == CV_LINK_READY ? number : 0;
}

static void send_switch(struct cv_link_policy *p)
{
	const struct cv_link_offer *live = find_const(p, p->set.live);
	struct cv_link_msg msg = {
		.magic = CV_LINK_MAGIC,
		.version = CV_LINK_VERSION,
		.type = CV_LINK_SWITCH,
		.generation = p->set.live,
		.shadow = if_ready(p, p->set.shadow),
		.previous = if_ready(p, p->set.previous),
	};

	p->asked = true;
	if (!live || live->state != CV_LINK_READY) {
		p->state = CV_LINK_UNFIT;
		snprintf(p->why, sizeof(p->why), "%s", live ? live->why : "it is not there");
		cv_diag("warning", "the dataplane does not take generation %llu: %s",
			(unsigned long long)p->set.live, p->why);
		return;
	}
	p->state = CV_LINK_WAITING;
	(void)cv_link_send(p->sock, &msg, -1, -1);
}

/* Ask for whatever the dataplane lacks. A send that fails shows as the link's end. */
static void reconcile(struct cv_link_policy *p)
{
	for (unsigned int i = 0; i < CV_LINK_OFFERS && p->sock >= 0; i++) {
		struct cv_link_offer *o = &p->offers[i];
		struct cv_link_msg msg = {
			.magic = CV_LINK_MAGIC,
			.version = CV_LINK_VERSION,
			.type = CV_LINK_PREPARE,
			.generation = o->number,
			.crc32c = o->crc32c,
		};

		if (!o->number || o->asked)
			continue;
		o->asked = true;
		o->state = CV_LINK_WAITING;
		(void)cv_link_send(p->sock, &msg, o->fd, -1);
	}
	if (p->sock >= 0 && !p->asked && is_settled(p, p->set.live) &&
	    is_settled(p, p->set.shadow) && is_settled(p, p->set.previous))
		send_switch(p);
}

int cv_link_policy_offer(struct cv_link_policy *p, const struct cv_generation *gen,
			 const char **why)
{
	struct cv_link_offer *o = find(p, gen->number);
	int fd;

	for (unsigned int i = 0; i < CV_LINK_OFFERS && !o; i++)
		if (!p->offers[i].number)
			o = &p->offers[i];
	*why = "too many generations are under way";
	if (!o)
		return -ENOBUFS;
	fd = cv_link_generation_file(gen, why);
	if (fd < 0)
		return fd;
	drop(o);
	*o = (struct cv_link_offer){.number = gen->number, .crc32c = gen->crc32c, .fd = fd};
	reconcile(p);
	return 0;
}

static bool in_set(const struct cv_link_set *set, uint64_t number)
{
	return number == set->live || number == set->shadow || number == set->previous;
}

void cv_link_policy_withdraw(struct cv_link_policy *p, uint64_t number)
{
	struct cv_link_offer *o = find(p, number);

	if (o && !in_set(&p->set, number))
		drop(o);
}

enum cv_link_readiness cv_link_policy_ready(const struct cv_link_policy *p, uint64_t number,
					    const char **why)
{
	const struct cv_link_offer *o = find_const(p, number);

	*why = o ? o->why : "it was not offered";
	if (!o)
		return CV_LINK_UNFIT;
	return p->sock < 0 ? CV_LINK_ABSENT : o->state;
}

void cv_link_policy_switch(struct cv_link_policy *p, const struct cv_link_set *set)
{
	p->set = *set;
	p->asked = false;
	p->state = CV_LINK_WAITING;
	for (unsigned int i = 0; i < CV_LINK_OFFERS; i++)
		if (p->offers[i].number && !in_set(set, p->offers[i].number))
			drop(&p->offers[i]);
	reconcile(p);
}

enum cv_link_readiness cv_link_policy_in_step(const struct cv_link_policy *p, const char **why)
{
	*why = p->why;
	return p->sock < 0 ? CV_LINK_ABSENT : p->state;
}

int cv_link_policy_live_file(const struct cv_link_policy *p)
{
	const struct cv_link_offer *o = find_const(p, p->set.live);

	return o ? o->fd : -1;
}

void cv_link_policy_attach(struct cv_link_policy *p, int sock)
{
	p->sock = sock;
	p->asked = false;
	p->state = CV_LINK_WAITING;
	for (unsigned int i = 0; i < CV_LINK_OFFERS; i++) {
		p->offers[i].asked = false;
		p->offers[i].state = CV_LINK_WAITING;
		forget_hits(&p->offers[i]); /* another process counts from now on */
	}
	reconcile(p);
}

int cv_link_policy_answer(struct cv_link_policy *p, const struct cv_link_msg *msg, int fd)
{
	struct cv_link_offer *o;

	if (msg->type == CV_LINK_SWITCHED) {
		/* An older question's answer says nothing about this one. */
		if (msg->generation != p->set.live || !p->asked ||
		    msg->shadow != if_ready(p, p->set.shadow))
			return 0;
		p->state = msg->error ? CV_LINK_UNFIT : CV_LINK_READY;
		snprintf(p->why, sizeof(p->why), "%.79s", msg->text);
		return 0;
	}
	if (msg->type != CV_LINK_PREPARED)
		return -EPROTO;
	o = find(p, msg->generation);
	if (!o || o->crc32c != msg->crc32c)
		return 0; /* taken back meanwhile */
	o->state = msg->error ? CV_LINK_UNFIT : CV_LINK_READY;
	snprintf(o->why, sizeof(o->why), "%.79s", msg->text);
	take_hits(o, fd);
	reconcile(p);
	return 0;
}
