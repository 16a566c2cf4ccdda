/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's side of a change. Without an af_xdp port there is none. */
#include <stdio.h>

#include "control/diag.h"
#include "control/rollout/rollout_private.h"

int cv_rollout_kernel_prepare(struct cv_rollout *r, struct cv_version *v, char *why, size_t size)
{
	return 0;
}

void cv_rollout_kernel_abandon(struct cv_rollout *r, struct cv_version *v)
{
}

void cv_rollout_kernel_adopt(struct cv_rollout *r)
{
}

void cv_rollout_kernel_switch(struct cv_rollout *r)
{
	struct cv_bpf_why text = {0};

	if (r->bpf && cv_bpf_generation(r->bpf) != r->live.about.number &&
	    cv_bpf_install(r->bpf, r->live.gen, &text) < 0)
		cv_diag("error", "%s", text.text);
}
