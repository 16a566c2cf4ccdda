/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The list of quarantined devices on its way to the dataplane: it comes with the welcome, and again
 * whenever it changes or a dataplane comes back. One thread (control's loop).
 */
#ifndef CV_LINK_QUARANTINE_H
#define CV_LINK_QUARANTINE_H

#include <stdint.h>

#include "control/link/link_policy.h"
#include "dataplane/policy/quarantine_image.h"

struct cv_link_quarantine {
	uint64_t number; /* of the list, rises with every one */
	uint32_t crc32c, count; /* of the list */
	int fd; /* sealed memfd, -1 = none yet */
	int sock; /* the attached dataplane's, -1 = none; the link server's */
	enum cv_link_readiness state; /* of that dataplane */
	char why[80]; /* UNFIT: its words */
};

/** Begins with an empty list. @return 0, or negative errno with @p why set. */
int cv_link_quarantine_init(struct cv_link_quarantine *q, const char **why);
void cv_link_quarantine_release(struct cv_link_quarantine *q);

/**
 * Another list, from now on.
 *
 * @param image sealed; not kept.
 * @return 0; negative errno with @p why set, and the list before stays.
 */
int cv_link_quarantine_offer(struct cv_link_quarantine *q, const struct cv_quarantine_image *image,
			     const char **why);

/** Does the dataplane judge by the list? @param why set when UNFIT, valid until the next call. */
enum cv_link_readiness cv_link_quarantine_in_step(const struct cv_link_quarantine *q,
						  const char **why);

/** A dataplane is attached, or gone (sock -1). */
void cv_link_quarantine_attach(struct cv_link_quarantine *q, int sock);

/** QUARANTINED has come. */
void cv_link_quarantine_answer(struct cv_link_quarantine *q, const struct cv_link_msg *msg);

#endif
