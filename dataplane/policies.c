/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/policies.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dataplane/run.h"

static struct cv_loaded **find(struct cv_policies *p, uint64_t number)
{
	for (unsigned int i = 0; number && i < CV_POLICIES_MAX; i++)
		if (p->loaded[i] && p->loaded[i]->gen->number == number)
			return &p->loaded[i];
	return NULL;
}

static struct cv_loaded *get(struct cv_policies *p, uint64_t number)
{
	struct cv_loaded **at = find(p, number);

	return at ? *at : NULL;
}

int cv_policies_init(struct cv_policies *p, const struct cv_generation *gen, bool police)
{
	int err;

	p->base = gen;
	p->police = police;
	p->image = -1;
	p->set = calloc(1, sizeof(*p->set));
	if (!p->set)
		return -ENOMEM;
	err = cv_loaded_create(gen, true, &p->loaded[0]);
	if (err < 0)
		return err;
	*p->set = (struct cv_policy_set){.live = p->loaded[0], .sequence = 1};
	return 0;
}

void cv_policies_release(struct cv_policies *p)
{
	if (p->building) {
		pthread_join(p->builder, NULL);
		cv_loaded_destroy(p->built);
		close(p->image);
	}
	for (unsigned int i = 0; i < CV_POLICIES_MAX; i++)
		cv_loaded_destroy(p->loaded[i]);
	free(p->set);
	free(p->before);
}

/* ---- building ------------------------------------------------------------------------------ */

/* The image is this thread's until it is done. */
static int build(struct cv_policies *p)
{
	struct cv_generation *gen = NULL;
	struct cv_loaded *l = NULL;
	int err = cv_run_read_generation(p->image, &gen);

	if (err == 0 && (gen->number != p->asked.generation || gen->crc32c != p->asked.crc32c))
		err = -EBADMSG;
	if (err == 0 && !cv_loaded_fits(p->base, gen))
		err = -EXDEV;
	if (err == 0)
		err = cv_loaded_create(gen, true, &l);
	if (err < 0) {
		free(gen);
		return err;
	}
	l->owned = gen;
	p->built = l;
	return 0;
}

static void *run_builder(void *arg)
{
	struct cv_policies *p = arg;

	p->error = build(p);
	__atomic_store_n(&p->done, true, __ATOMIC_RELEASE);
	return NULL;
}

static const char *explain(int err)
{
	switch (err) {
	case -EXDEV:
		return "ports or settings are others: restart culvert-dataplane";
	case -ENOMEM:
		return "not enough memory for its tables";
	case -EBADMSG:
	case -EPROTO:
		return "this program cannot read it; are both of one version?";
	case -ENOBUFS:
		return "too many policies are loaded";
	default:
		return strerror(-err);
	}
}

int cv_policies_build(struct cv_policies *p, const struct cv_link_msg *asked, int fd, int *ret_hits,
		      const char **why)
{
	struct cv_loaded *known = get(p, asked->generation);
	int err;

	if (known && known->gen->crc32c == asked->crc32c) {
		*ret_hits = known->hits_fd;
		return 0;
	}
	p->asked = *asked;
	p->built = NULL;
	p->done = false;
	p->image = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (p->image < 0)
		return -errno;
	err = -pthread_create(&p->builder, NULL, run_builder, p);
	if (err < 0) {
		close(p->image);
		*why = explain(err);
		return err;
	}
	p->building = true;
	return -EAGAIN;
}

/* May the lcore have a look at it, or is it to be kept? */
static bool is_used(const struct cv_policies *p, const struct cv_loaded *l)
{
	return l == p->set->live || l == p->set->shadow || l->gen->number == p->previous ||
	       (p->before && (l == p->before->live || l == p->before->shadow));
}

static int keep(struct cv_policies *p, struct cv_loaded *l)
{
	struct cv_loaded **same = find(p, l->gen->number), **place = NULL;

	if (same && is_used(p, *same))
		return -EEXIST; /* two images of one number */
	if (same)
		place = same;
	for (unsigned int i = 0; i < CV_POLICIES_MAX && !place; i++)
		if (!p->loaded[i])
			place = &p->loaded[i];
	/* One that was got ready and never used: control has given it up. */
	for (unsigned int i = 0; i < CV_POLICIES_MAX && !place; i++)
		if (!is_used(p, p->loaded[i]))
			place = &p->loaded[i];
	if (!place)
		return -ENOBUFS;
	cv_loaded_destroy(*place);
	*place = l;
	return 0;
}

int cv_policies_built(struct cv_policies *p, int *ret_hits, const char **why)
{
	int err;

	if (!__atomic_load_n(&p->done, __ATOMIC_ACQUIRE))
		return -EAGAIN;
	pthread_join(p->builder, NULL);
	close(p->image);
	p->building = false;
	err = p->error;
	if (err == 0) {
		err = keep(p, p->built);
		if (err < 0)
			cv_loaded_destroy(p->built);
		else
			*ret_hits = p->built->hits_fd;
	}
	if (err < 0)
		*why = explain(err);
	return err == -EAGAIN ? -EIO : err;
}

/* ---- turning ------------------------------------------------------------------------------- */

int cv_policies_switch(struct cv_policies *p, const struct cv_link_msg *asked, const char **why)
{
	struct cv_loaded *live = get(p, asked->generation), *shadow = get(p, asked->shadow);
	struct cv_policy_set *set;

	*why = "what is to be judged by is not loaded";
	if (!live || (asked->shadow && !shadow))
		return -ENOENT;
	set = malloc(sizeof(*set));
	*why = explain(-ENOMEM);
	if (!set || (shadow && p->police && cv_loaded_make_shadow(shadow) < 0)) {
		free(set);
		return -ENOMEM;
	}
	*set = (struct cv_policy_set){
		.live = live, .shadow = shadow, .sequence = p->set->sequence + 1};
	p->asked = *asked;
	p->previous = asked->previous;
	p->before = p->set;
	p->set = set;
	p->turning = true;
	cv_pipeline_switch(p->pipeline, set);
	return 0;
}

bool cv_policies_turned(struct cv_policies *p)
{
	if (cv_pipeline_taken(p->pipeline) != p->set->sequence)
		return false;
	free(p->before);
	p->before = NULL;
	p->turning = false;
	for (unsigned int i = 0; i < CV_POLICIES_MAX; i++) {
		if (!p->loaded[i] || is_used(p, p->loaded[i]))
			continue;
		cv_loaded_destroy(p->loaded[i]);
		p->loaded[i] = NULL;
	}
	return true;
}
