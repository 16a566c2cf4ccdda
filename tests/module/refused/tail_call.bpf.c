/* SPDX-License-Identifier: Apache-2.0 */
/* Refused: leaves by a way of its own. */
#include <culvert_module.h>

static int leaving(const struct cv_module_ctx *c)
{
	if (c->rule == 3)
		bpf_tail_call((void *)c->data, &cv_module_next, 0);
	return cv_continue();
}

CV_MODULE(leaving);
