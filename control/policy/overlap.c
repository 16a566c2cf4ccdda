/* SPDX-License-Identifier: Apache-2.0 */
/* One address is in one group: prefixes of different groups must not overlap. */
#include <stdlib.h>
#include <string.h>

#include "control/policy/parse.h"

static int by_address(const void *pa, const void *pb)
{
	const struct cv_policy_prefix *a = pa, *b = pb;
	int r;

	if (a->prefix.family != b->prefix.family)
		return a->prefix.family - b->prefix.family;
	r = memcmp(a->prefix.addr, b->prefix.addr, sizeof(a->prefix.addr));
	if (r != 0)
		return r;
	if (a->prefix.len != b->prefix.len)
		return a->prefix.len - b->prefix.len;
	return a->line < b->line ? -1 : a->line > b->line;
}

static bool contains(const struct cv_gen_prefix *wide, const struct cv_gen_prefix *narrow)
{
	unsigned int bytes = wide->len / 8, bits = wide->len % 8;

	if (wide->family != narrow->family || wide->len > narrow->len ||
	    memcmp(wide->addr, narrow->addr, bytes) != 0)
		return false;
	return !bits || !((wide->addr[bytes] ^ narrow->addr[bytes]) >> (8 - bits));
}

static void report(struct cv_policy_reader *r, const struct cv_policy_prefix *inner,
		   const struct cv_policy_prefix *outer)
{
	const struct cv_policy *policy = r->policy;
	struct cv_place at = {policy->path, inner->line, inner->column};

	if (inner->prefix.class_id == outer->prefix.class_id) {
		cv_diagnostics_add(r->diag, CV_SEVERITY_WARNING, at, "remove it",
				   "this prefix is in its group already, at line %u column %u",
				   outer->line, outer->column);
		return;
	}
	cv_policy_wrong(r, at, "an address can be in one group only",
			"this prefix of group \"%s\" overlaps one of group \"%s\" at line %u "
			"column %u",
			policy->groups[inner->prefix.class_id - 1].name.text,
			policy->groups[outer->prefix.class_id - 1].name.text, outer->line,
			outer->column);
}

/*
 * In address order a prefix comes behind all that contain it, and those form a chain: the stack,
 * as deep as there are lengths. Holding each against its innermost container is enough, since that
 * one was held against the next.
 */
void cv_policy_check_overlap(struct cv_policy_reader *r)
{
	struct cv_policy *policy = r->policy;
	const struct cv_policy_prefix *stack[130];
	size_t depth = 0, kept = 0;

	if (policy->n_prefixes == 0)
		return;
	qsort(policy->prefixes, policy->n_prefixes, sizeof(*policy->prefixes), by_address);
	for (size_t i = 0; i < policy->n_prefixes; i++) {
		const struct cv_policy_prefix *p = &policy->prefixes[i];

		while (depth && !contains(&stack[depth - 1]->prefix, &p->prefix))
			depth--;
		if (depth) {
			report(r, p, stack[depth - 1]);
			if (stack[depth - 1]->prefix.len == p->prefix.len)
				continue;
		}
		stack[depth++] = p;
	}
	/* Equal prefixes of one group: one is enough. */
	for (size_t i = 0; i < policy->n_prefixes; i++) {
		const struct cv_gen_prefix *p = &policy->prefixes[i].prefix;

		if (kept && memcmp(&policy->prefixes[kept - 1].prefix, p, sizeof(*p)) == 0)
			continue;
		policy->prefixes[kept++] = policy->prefixes[i];
	}
	policy->n_prefixes = kept;
}
