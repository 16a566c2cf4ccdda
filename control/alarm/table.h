/* SPDX-License-Identifier: Apache-2.0 */
/* From keys that are hashes already to numbers: open addressing, for thousands, not for millions. */
#ifndef CV_ALARM_TABLE_H
#define CV_ALARM_TABLE_H

#include <stdint.h>

struct cv_alarm_slot {
	uint64_t key; /* 0 = free */
	uint32_t number;
};

/** All zeros is an empty table; its owner frees the slots. */
struct cv_alarm_table {
	struct cv_alarm_slot *slots;
	uint32_t mask, used;
};

/** @param key not 0. @return its number, 0 = it is not there. */
uint32_t cv_alarm_table_find(const struct cv_alarm_table *t, uint64_t key);
/** @return 0 or -ENOMEM. */
int cv_alarm_table_set(struct cv_alarm_table *t, uint64_t key, uint32_t number);
void cv_alarm_table_remove(struct cv_alarm_table *t, uint64_t key);

#endif
