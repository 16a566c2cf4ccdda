/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages per second. How many messages a frame completes is known when it is decoded, and then
 * its bytes are consumed: so a frame passes while the limit is kept, and what it said is taken off
 * afterwards. A sender is ahead of its limit by one frame at most, and pays for it.
 */
#include "dataplane/flow/inspect.h"

static uint64_t fold(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/*
 * Who the limit is counted for: an identity that was where it is bound to, else the address. An
 * identity that nothing vouches for would be a way to have as many limits as one has names.
 */
static uint64_t key_of(const struct cv_inspect *in, const struct cv_flow *f)
{
	const struct cv_enforce *e = &in->enforce;
	const struct cv_packet *p = &e->frame->packet;
	uint64_t h = fold(e->app->meter ^ 0x9e3779b97f4a7c15ull, in->gen->number ^ in->flows.seed);

	if (!(e->app->flags & CV_APP_RATE_SENDER))
		return h | 1;
	if (f->who != 0)
		return fold(h ^ f->who, 0xd6e8feb86659fd93ull ^ f->proto) | 1;
	h = fold(h ^ p->src.q[0], 0xbf58476d1ce4e5b9ull ^ p->vlan);
	return fold(h ^ p->src.q[1], 0x94d049bb133111ebull ^ p->family) | 1;
}

/* The state of a key, or one that nobody needs any more. NULL: all are in use. */
static struct cv_limit_state *find(const struct cv_limits *l, uint64_t key, uint64_t now)
{
	struct cv_limit_state *set = &l->state[(size_t)((key >> 16) & l->mask) * CV_LIMIT_WAYS];
	struct cv_limit_state *idle = NULL;

	for (unsigned int way = 0; way < CV_LIMIT_WAYS; way++) {
		if (set[way].key == key)
			return &set[way];
		if (set[way].tat <= now)
			idle = &set[way];
	}
	if (idle != NULL)
		*idle = (struct cv_limit_state){.key = key};
	return idle;
}

enum cv_reason cv_enforce_rate(struct cv_inspect *in, const struct cv_flow *f)
{
	const struct cv_app *app = in->enforce.app;
	uint64_t now = in->enforce.now_ns << 6, next;
	struct cv_limit_state *s;

	if (app == NULL || app->meter == 0)
		return 0;
	s = find(&in->enforce.limits, key_of(in, f), now);
	if (s == NULL)
		return CV_REASON_NO_STATE;
	next = (s->tat > now ? s->tat : now) + app->cost;
	return next - now > app->burst ? CV_REASON_RATE_MESSAGES : 0;
}

void cv_enforce_charge(struct cv_inspect *in, const struct cv_flow *f)
{
	const struct cv_app *app = in->enforce.app;
	uint64_t now = in->enforce.now_ns << 6, said = in->enforce.said;
	struct cv_limit_state *s;

	if (app == NULL || app->meter == 0 || said == 0)
		return;
	s = find(&in->enforce.limits, key_of(in, f), now);
	if (s == NULL)
		return;
	said = said < 4096 ? said : 4096; /* CV_COST_MAX is 2^46 */
	s->tat = (s->tat > now ? s->tat : now) + said * app->cost;
}
