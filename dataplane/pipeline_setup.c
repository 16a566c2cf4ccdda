/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "dataplane/pipeline_internal.h"

int cv_pipeline_create(const struct cv_generation *gen, bool police, struct cv_sink *sink,
		       struct cv_counters *counters, struct cv_pipeline **ret)
{
	struct cv_pipeline *p = aligned_alloc(64, (sizeof(*p) + 63) & ~(size_t)63);
	int err;

	if (p == NULL)
		return -ENOMEM;
	*p = (struct cv_pipeline){
		.sink = sink,
		.counters = counters,
		.decode = gen->decode != 0,
	};
	err = cv_policy_table_create(gen, NULL, &p->policy);
	if (err == 0 && police)
		err = cv_device_table_create(gen->device_capacity, gen->crc32c ^ gen->number << 32,
					     &p->devices);
	if (err == 0 && p->decode)
		err = cv_inspect_setup(&p->inspect, gen, sink, counters);
	if (err != 0) {
		cv_pipeline_destroy(p);
		return err;
	}
	*ret = p;
	return 0;
}

void cv_pipeline_destroy(struct cv_pipeline *p)
{
	if (p == NULL)
		return;
	cv_inspect_release(&p->inspect);
	cv_device_table_destroy(p->devices);
	cv_policy_table_destroy(p->policy);
	free(p);
}
