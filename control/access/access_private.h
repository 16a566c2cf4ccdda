/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files of control/access. */
#ifndef CV_ACCESS_PRIVATE_H
#define CV_ACCESS_PRIVATE_H

#include <sqlite3.h>

#include "control/access/access.h"

struct cv_access {
	sqlite3 *db;
	struct cv_principal *first; /* in the order they were made */
	unsigned int count;
	void (*changed)(void *owner);
	void *changed_owner;
	cv_access_note *note;
	void *note_owner;
	uint64_t note_next_ns; /* GCRA of notes, monotonic */
	uint64_t unnoted; /* refusals since the last note */
	uint64_t refusals[CV_ACCESS_REFUSAL_COUNT];
};

#endif
