/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "dataplane/flow/fragment.h"

int cv_fragments_setup(struct cv_fragments *t)
{
	*t = (struct cv_fragments){.slot = calloc(CV_DATAGRAMS, sizeof(*t->slot))};
	return t->slot ? 0 : -ENOMEM;
}

void cv_fragments_release(struct cv_fragments *t)
{
	free(t->slot);
	t->slot = NULL;
}
