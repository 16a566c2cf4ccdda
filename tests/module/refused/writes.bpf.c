/* SPDX-License-Identifier: Apache-2.0 */
/* Refused: changes the frame. */
#include <culvert_module.h>

static int writing(const struct cv_module_ctx *c)
{
	__u8 *at = (__u8 *)cv_at(c, 0, 6);

	if (at)
		at[0] = 2;
	return cv_continue();
}

CV_MODULE(writing);
