/* SPDX-License-Identifier: Apache-2.0 */
/* Refused: built against another version of the header. */
#include <culvert_module.h>

#undef CULVERT_MODULE_ABI
#define CULVERT_MODULE_ABI 99

static int other_abi(const struct cv_module_ctx *c)
{
	return cv_continue();
}

CV_MODULE(other_abi);
