/* SPDX-License-Identifier: Apache-2.0 */
/* Refused: reads the frame without asking where it ends. */
#include <culvert_module.h>

static int too_far(const struct cv_module_ctx *c)
{
	if (c->family != 4)
		return cv_continue();
	return c->data[60] == 7 ? cv_drop(1) : cv_continue();
}

CV_MODULE(too_far);
