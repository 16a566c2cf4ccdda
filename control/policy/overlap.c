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
	if (a->at.file != b->at.file)
		return a->at.file < b->at.file ? -1 : 1;
	return a->at.line < b->at.line ? -1 : a->at.line > b->at.line;
}

static bool contains(const struct cv_gen_prefix *wide, const struct cv_gen_prefix *narrow)
{
	unsigned int bytes = wide->len / 8, bits = wide->len % 8;

	if (wide->family != narrow->family || wide->len > narrow->len ||
	    memcmp(wide->addr, narrow->addr, bytes) != 0)
		return false;
	return !bits || !((wide->addr[bytes] ^ narrow->addr[bytes]) >> (8 - bits));
}

/* @param what "this prefix" or "this MAC address". */
static void report(struct cv_policy_reader *r, const char *what, struct cv_policy_place inner,
		   uint16_t inner_class, struct cv_policy_place outer, uint16_t outer_class)
{
	const struct cv_policy *policy = r->policy;
	struct cv_place at = cv_policy_place(policy, inner);
	const char *elsewhere = inner.file == outer.file ? "" : policy->files[outer.file];

	if (inner_class == outer_class) {
		cv_diagnostics_add(r->diag, CV_SEVERITY_WARNING, at, "remove it",
				   "%s is in its group already, at line %u column %u%s%s", what,
				   outer.line, outer.column, *elsewhere ? " of " : "", elsewhere);
		return;
	}
	cv_policy_wrong(r, at, "an address can be in one group only",
			"%s of group \"%s\" overlaps one of group \"%s\" at line %u column %u%s%s",
			what, policy->groups[inner_class - 1].name.text,
			policy->groups[outer_class - 1].name.text, outer.line, outer.column,
			*elsewhere ? " of " : "", elsewhere);
}

static int by_mac(const void *pa, const void *pb)
{
	const struct cv_policy_mac *a = pa, *b = pb;
	int r = cv_gen_mac_order(&a->mac, &b->mac);

	if (r != 0)
		return r;
	if (a->at.file != b->at.file)
		return a->at.file < b->at.file ? -1 : 1;
	return a->at.line < b->at.line ? -1 : a->at.line > b->at.line;
}

static void check_macs(struct cv_policy_reader *r)
{
	struct cv_policy *policy = r->policy;
	size_t kept = 0;

	if (policy->n_macs)
		qsort(policy->macs, policy->n_macs, sizeof(*policy->macs), by_mac);
	for (size_t i = 0; i < policy->n_macs; i++) {
		const struct cv_policy_mac *m = &policy->macs[i];
		const struct cv_policy_mac *first = kept ? &policy->macs[kept - 1] : NULL;

		if (first && first->mac.mac == m->mac.mac)
			report(r, "this MAC address", m->at, m->mac.class_id, first->at,
			       first->mac.class_id);
		else
			policy->macs[kept++] = *m;
	}
	policy->n_macs = kept;
}

static void report_prefix(struct cv_policy_reader *r, const struct cv_policy_prefix *inner,
			  const struct cv_policy_prefix *outer)
{
	report(r, "this prefix", inner->at, inner->prefix.class_id, outer->at,
	       outer->prefix.class_id);
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

	check_macs(r);
	if (policy->n_prefixes == 0)
		return;
	qsort(policy->prefixes, policy->n_prefixes, sizeof(*policy->prefixes), by_address);
	for (size_t i = 0; i < policy->n_prefixes; i++) {
		const struct cv_policy_prefix *p = &policy->prefixes[i];

		while (depth && !contains(&stack[depth - 1]->prefix, &p->prefix))
			depth--;
		if (depth) {
			report_prefix(r, p, stack[depth - 1]);
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
