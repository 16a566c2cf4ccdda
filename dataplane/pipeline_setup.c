/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "dataplane/pipeline_internal.h"

static int setup(struct cv_pipeline *p, const struct cv_generation *gen, bool police)
{
	int err = 0;

	if (police)
		err = cv_device_table_create(gen->device_capacity, cv_generation_seed(gen),
					     &p->devices);
	if (err == 0 && p->decode)
		err = cv_inspect_setup(&p->inspect, gen, p->sink, p->counters);
	return err;
}

int cv_pipeline_create_on(const struct cv_policy_set *set, const struct cv_generation *gen,
			  bool police, struct cv_sink *sink, struct cv_counters *counters,
			  struct cv_pipeline **ret)
{
	struct cv_pipeline *p = aligned_alloc(64, (sizeof(*p) + 63) & ~(size_t)63);
	int err = 0;

	if (p == NULL)
		return -ENOMEM;
	*p = (struct cv_pipeline){
		.sink = sink,
		.counters = counters,
		.decode = gen->decode != 0,
	};
	if (set == NULL) {
		p->own.sequence = 1;
		err = cv_loaded_create(gen, false, &p->own.live);
		set = &p->own;
	}
	if (err == 0)
		err = setup(p, gen, police);
	if (err != 0) {
		cv_pipeline_destroy(p);
		return err;
	}
	p->next = set;
	cv_pipeline_turn(p);
	*ret = p;
	return 0;
}

int cv_pipeline_create(const struct cv_generation *gen, bool police, struct cv_sink *sink,
		       struct cv_counters *counters, struct cv_pipeline **ret)
{
	return cv_pipeline_create_on(NULL, gen, police, sink, counters, ret);
}

void cv_pipeline_witness(struct cv_pipeline *p, cv_judge_witness witness, void *arg)
{
	p->inspect.enforce.judge.witness = witness;
	p->inspect.enforce.judge.witness_arg = arg;
}

void cv_pipeline_destroy(struct cv_pipeline *p)
{
	if (p == NULL)
		return;
	cv_inspect_release(&p->inspect);
	cv_device_table_destroy(p->devices);
	cv_loaded_destroy(p->own.live);
	free(p);
}
