/* SPDX-License-Identifier: Apache-2.0 */
/* What `culvert policy test` found, for a person and for a program. */
#ifndef CV_REPORT_H
#define CV_REPORT_H

#include <stdio.h>

#include <jansson.h>

#include "control/offline/expect.h"
#include "control/offline/tally.h"

struct cv_report {
	const char *policy; /* as given */
	const char *against; /* what it was held against, NULL = nothing */
	bool kernel; /* XDP was asked */
	const struct cv_tally *tally;
	const struct cv_expect *expect; /* NULL = none */
	const char *module; /* what its module did, lines; NULL = it has none */
	json_t *module_json; /* the same; the caller's, NULL = none */
};

/** @return 0 or -ENOMEM, -EIO. */
int cv_report_write(const struct cv_report *r, FILE *out);
int cv_report_write_json(const struct cv_report *r, FILE *out);

/** One line on one packet; as JSON an object. @param theirs NULL = there is none. */
void cv_report_packet(const struct cv_source_frame *frame, const struct cv_trial_verdict *ours,
		      const struct cv_trial_verdict *theirs, FILE *out);
int cv_report_packet_json(const struct cv_source_frame *frame, const struct cv_trial_verdict *ours,
			  const struct cv_trial_verdict *theirs, FILE *out);

/** "10.1.0.3", "10.1.0.3 in VLAN 30", "not IP". @param text 80 bytes. */
void cv_report_device(const struct cv_tally_difference *d, char *text);

/** "10.1.0.3:40000 to 10.2.0.5:5683 udp". @param text 160 bytes. */
void cv_report_flow(const struct cv_packet *p, char *text);

#endif
