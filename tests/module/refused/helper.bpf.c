/* SPDX-License-Identifier: Apache-2.0 */
/* Refused: sends the frame where it likes. */
#include <culvert_module.h>

static int redirecting(const struct cv_module_ctx *c)
{
	if (c->port == 1)
		return (int)bpf_redirect(2, 0);
	return cv_continue();
}

CV_MODULE(redirecting);
