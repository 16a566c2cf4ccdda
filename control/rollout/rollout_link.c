/* SPDX-License-Identifier: Apache-2.0 */
/* The dataplane's side of a change: which generations it judges by. */
#include "control/diag.h"
#include "control/rollout/rollout_private.h"

static struct cv_link_set set_of(const struct cv_rollout *r)
{
	return (struct cv_link_set){
		.live = r->state.live, .shadow = r->state.shadow, .previous = r->state.previous};
}

void cv_rollout_link_switch(struct cv_rollout *r)
{
	struct cv_link_set set = set_of(r);

	/* What has been counted stays where nothing changes for it: a policy that is confirmed. */
	if (!set.shadow && r->live.would && r->link->set.shadow == r->live.would->number)
		set.shadow = r->live.would->number;
	cv_link_policy_switch(r->link, &set);
}

/* As in the kernel (rollout_kernel.c): a policy that is tried goes before. */
void cv_rollout_link_would(struct cv_rollout *r)
{
	struct cv_link_set set = set_of(r);
	const char *why = "";

	if (!r->link || r->stopping || !r->live.would || r->shadow.gen)
		return;
	set.shadow = r->live.would->number;
	if (r->link->set.live == set.live && r->link->set.shadow == set.shadow)
		return;
	if (cv_link_policy_offer(r->link, r->live.would, &why) < 0) {
		cv_diag("warning",
			"the dataplane does not judge the rules in shadow mode of policy %llu: %s",
			(unsigned long long)set.live, why);
		return;
	}
	cv_link_policy_switch(r->link, &set);
}
