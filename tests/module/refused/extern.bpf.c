/* SPDX-License-Identifier: Apache-2.0 */
/* Refused: wants something of the kernel. */
#include <culvert_module.h>

extern int CONFIG_HZ __kconfig;

static int wanting(const struct cv_module_ctx *c)
{
	return CONFIG_HZ == 250 ? cv_drop(0) : cv_continue();
}

CV_MODULE(wanting);
