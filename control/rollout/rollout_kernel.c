/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's side of a change. Without an af_xdp port there is none. */
#include <stdio.h>

#include "control/diag.h"
#include "control/rollout/rollout_private.h"
#include "ebpf/module.h"

int cv_rollout_kernel_prepare(struct cv_rollout *r, struct cv_version *v, char *why, size_t size)
{
	struct cv_bpf_why text = {0};
	uint32_t slot;
	int res;

	if (!r->bpf)
		return 0;
	res = cv_rollout_stage_module(r, v, why, size);
	if (res < 0)
		return res;
	res = cv_bpf_prepare(r->bpf, v->gen, &slot, &text);
	if (res < 0)
		snprintf(why, size, "%s", text.text);
	else
		v->slot = (int)slot;
	return res;
}

void cv_rollout_kernel_abandon(struct cv_rollout *r, struct cv_version *v)
{
	if (r->bpf && v->slot >= 0)
		cv_bpf_abandon(r->bpf, (uint32_t)v->slot);
	v->slot = -1;
}

/* What the loader keeps of an earlier control is of no use: this one prepares its own. */
void cv_rollout_kernel_adopt(struct cv_rollout *r)
{
	struct cv_bpf_why why = {""};

	if (!r->bpf)
		return;
	r->live.slot = (int)cv_bpf_epoch(r->bpf).live;
	cv_rollout_kernel_switch(r);
	cv_rollout_kernel_settle(r);
	/* The policy is in force without its module rather than not at all; the status says so. */
	if (cv_bpf_module_ensure(r->bpf, CV_MODULE_ALL_PORTS, r->live.module, r->live.module_size,
				 &why)) {
		r->module_missing = r->live.about.number;
		snprintf(r->module_warning, sizeof(r->module_warning),
			 "policy %llu is in force without its module: %s",
			 (unsigned long long)r->live.about.number, why.text);
		cv_diag("warning", "%s", r->module_warning);
	}
}

static uint32_t slot_of(const struct cv_version *v)
{
	return v->gen && v->slot >= 0 ? (uint32_t)v->slot : CV_SLOT_NONE;
}

/* A policy that is tried goes before the rules in shadow mode of the one in force. */
static uint32_t shadow_slot(const struct cv_rollout *r)
{
	if (r->shadow.gen || !r->live.would_place)
		return slot_of(&r->shadow);
	return r->live.would_place - 1;
}

void cv_rollout_kernel_switch(struct cv_rollout *r)
{
	const struct cv_epoch to = {
		.number = r->live.about.number,
		.live = slot_of(&r->live),
		.shadow = shadow_slot(r),
		.previous = slot_of(&r->previous),
	};

	if (r->bpf)
		cv_bpf_switch(r->bpf, &to);
}

static void judge_would(struct cv_rollout *r)
{
	struct cv_bpf_why why = {""};
	char text[400] = "";
	uint32_t slot;
	int res = cv_rollout_stage_module(r, &r->live, text, sizeof(text));

	if (res == 0)
		res = cv_bpf_prepare(r->bpf, r->live.would, &slot, &why);
	if (res < 0) {
		cv_diag("warning", "the rules in shadow mode of policy %llu are not judged: %s%s",
			(unsigned long long)r->live.about.number, text, why.text);
		return;
	}
	r->live.would_place = slot + 1;
	cv_rollout_kernel_switch(r);
}

void cv_rollout_kernel_settle(void *rollout)
{
	struct cv_rollout *r = rollout;

	if (!r->bpf)
		return;
	cv_bpf_settle(r->bpf);
	r->previous.would_place = 0;
	if (r->shadow.gen)
		r->live.would_place = 0;
	else if (r->live.would && !r->live.would_place)
		judge_would(r);
}
