/* SPDX-License-Identifier: Apache-2.0 */
/* Refused: has a program beside the module's. */
#include <culvert_module.h>

static int fine(const struct cv_module_ctx *c)
{
	return cv_continue();
}

CV_MODULE(fine);

SEC("xdp")
int aside(struct xdp_md *md)
{
	return XDP_TX;
}
