/* SPDX-License-Identifier: Apache-2.0 */
#include "control/ctl/access_control.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "control/diag.h"

static void note(void *owner, const char *who, const char *what, const char *result,
		 const char *detail)
{
	cv_rollout_note(owner, who, what, result, detail);
}

void cv_access_control_open(struct cv_loop *loop, struct cv_rollout *rollout,
			    struct cv_access_owner *ret)
{
	char path[PATH_MAX];
	const char *why = "";
	int res;

	*ret = (struct cv_access_owner){.loop = loop};
	snprintf(path, sizeof(path), "%s/access.db", cv_rollout_dir(rollout));
	res = cv_access_open(path, &ret->access, &why);
	if (res < 0)
		cv_diag("error", "%s: %s (%s)", path, why, strerror(-res));
	else
		cv_access_set_note(ret->access, note, rollout);
}
