/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files that shape a learned policy. */
#ifndef CV_LEARN_INTERNAL_H
#define CV_LEARN_INTERNAL_H

#include "control/offline/learn.h"

/** Unique, of the language's characters, shorter than 32. */
void cv_learn_name_services(struct cv_learn_shape *s);
/** After the services. */
void cv_learn_name_groups(struct cv_learn_shape *s);

/** learn_groups.c: hosts that do the same become a group. @return 0 or -ENOMEM. */
int cv_learn_group_hosts(struct cv_learn *l, struct cv_learn_shape *s);

/** learn_rules.c: one rule per group of clients and service. @return 0 or -ENOMEM. */
int cv_learn_make_rules(struct cv_learn *l, struct cv_learn_shape *s, double headroom);

/** learn_bind.c: addresses and identities that were seen at one place. */
void cv_learn_write_bindings(const struct cv_learn *l, FILE *out);

/* ---- learn_apps.c: what was said, for the writer --------------------------------------------- */

struct cv_learn_sayings;

/** @return 0 or -ENOMEM. */
int cv_learn_list_sayings(const struct cv_learn *l, const struct cv_learn_shape *s,
			  struct cv_learn_sayings **ret);
/** NULL is fine. */
void cv_learn_free_sayings(struct cv_learn_sayings *list);
/** Messages under a rule that its constraints would refuse as malformed. */
uint64_t cv_learn_malformed(const struct cv_learn_sayings *list, uint32_t rule);
/** The member of the rule that is called like the protocol, with a comma in front. */
void cv_learn_write_app(const struct cv_learn_sayings *list, uint32_t rule, unsigned int proto,
			FILE *out);

static inline bool cv_learn_is_learned(const struct cv_learn_edge *e)
{
	return e->left_out == CV_LEARN_LEFT_OUT_NOTHING;
}

static inline int cv_learn_by_u64(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

#endif
