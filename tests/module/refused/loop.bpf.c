/* SPDX-License-Identifier: Apache-2.0 */
/* Refused: a loop without a bound. */
#include <culvert_module.h>

static int unbounded(const struct cv_module_ctx *c)
{
	volatile __u32 at = c->l4_off;

	while (at != 7)
		at += 2;
	return cv_continue();
}

CV_MODULE(unbounded);
