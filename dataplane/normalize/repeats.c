/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/normalize/repeats.h"

static struct cv_repeat *set_of(const struct cv_repeats *r, uint64_t print)
{
	return r->slot + (size_t)(print & r->mask) * CV_REPEAT_WAYS;
}

static struct cv_repeat *find(const struct cv_repeats *r, uint64_t print)
{
	struct cv_repeat *set = set_of(r, print);

	for (unsigned int i = 0; i < CV_REPEAT_WAYS; i++)
		if (set[i].print == print && set[i].until_ns > r->now_ns)
			return &set[i];
	return NULL;
}

/* A free place, else that of the message whose time ends first. */
static struct cv_repeat *room(const struct cv_repeats *r, uint64_t print)
{
	struct cv_repeat *set = set_of(r, print), *best = set;

	for (unsigned int i = 0; i < CV_REPEAT_WAYS; i++) {
		if (set[i].print == print || set[i].print == 0)
			return &set[i];
		if (set[i].until_ns < best->until_ns)
			best = &set[i];
	}
	return best;
}

static void remember(struct cv_repeats *r, uint64_t print, int64_t lifetime_ns)
{
	struct cv_repeat *at;

	if (r->pending_count == CV_REPEATS_PENDING)
		return;
	at = room(r, print);
	if (at->print != 0 && at->print != print && at->until_ns > r->now_ns)
		r->crowded++;
	*at = (struct cv_repeat){print, r->now_ns + lifetime_ns};
	r->pending[r->pending_count++] = at;
}

bool cv_repeat_part(struct cv_repeats *r, uint64_t print, int64_t lifetime_ns)
{
	print += print == 0;
	if (find(r, print) != NULL)
		return true;
	remember(r, print, lifetime_ns);
	return false;
}

bool cv_repeated(struct cv_repeats *r, uint64_t print, int64_t lifetime_ns)
{
	if (r == NULL || !cv_repeat_part(r, print, lifetime_ns))
		return false;
	cv_repeat_found(r);
	return true;
}

void cv_repeat_forget(struct cv_repeats *r, uint64_t print)
{
	struct cv_repeat *at = find(r, print + (print == 0));

	if (at != NULL)
		*at = (struct cv_repeat){0};
}

void cv_repeat_begin(struct cv_repeats *r, uint64_t print, int64_t lifetime_ns)
{
	if (r != NULL)
		remember(r, print + (print == 0), lifetime_ns);
}

static void forget(struct cv_repeats *r, uint32_t pending_count)
{
	while (r->pending_count > pending_count)
		*r->pending[--r->pending_count] = (struct cv_repeat){0};
}

void cv_repeats_back(struct cv_repeats *r, struct cv_repeats_mark mark)
{
	forget(r, mark.pending_count);
	r->found = mark.found;
}

void cv_repeats_settle(struct cv_repeats *r, bool delivered)
{
	if (!delivered)
		forget(r, 0);
	r->pending_count = 0;
}
