/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/verdict/reference.h"

#include <stdlib.h>
#include <string.h>

#include "tests/verdict/reference_parse.h"

/* Devices are searched one by one, in one heap of many: a run of a million frames meets too many
 * for one. */
#define HEAPS 4096u

struct device {
	struct device *next;
	struct cv_device_key key;
	unsigned __int128 tat; /* ns << 6 */
};

struct cv_reference {
	const struct cv_generation *gen;
	const struct cv_quarantine_image *away;
	struct device *heaps[HEAPS];
	unsigned __int128 *meters; /* their tat */
};

struct cv_reference *cv_reference_create(const struct cv_generation *gen)
{
	struct cv_reference *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->gen = gen;
	r->meters = calloc(gen->meters.count + 1u, sizeof(*r->meters));
	if (!r->meters) {
		free(r);
		return NULL;
	}
	return r;
}

void cv_reference_destroy(struct cv_reference *r)
{
	if (!r)
		return;
	for (unsigned int i = 0; i < HEAPS; i++) {
		for (struct device *d = r->heaps[i], *next; d; d = next) {
			next = d->next;
			free(d);
		}
	}
	free(r->meters);
	free(r);
}

/* ---- who ----------------------------------------------------------------------------------- */

static bool in_prefix(const uint8_t *addr, const uint8_t *prefix, unsigned int len)
{
	for (unsigned int bit = 0; bit < len; bit++) {
		unsigned int mask = 0x80u >> bit % 8;

		if ((addr[bit / 8] & mask) != (prefix[bit / 8] & mask))
			return false;
	}
	return true;
}

static uint64_t number_of(const uint8_t mac[6])
{
	uint64_t n = 0;

	for (int i = 5; i >= 0; i--)
		n = n << 8 | mac[i];
	return n;
}

static unsigned int class_of(const struct cv_reference *r, unsigned int family, const uint8_t *addr,
			     const uint8_t *mac)
{
	const struct cv_gen_prefix *p = cv_generation_at(r->gen, r->gen->prefixes);
	const struct cv_gen_mac *m = cv_generation_at(r->gen, r->gen->macs);
	unsigned int best = 0;
	int longest = -1;

	for (uint32_t i = 0; i < r->gen->macs.count; i++) {
		if (m[i].mac == number_of(mac))
			return m[i].class_id;
	}
	for (uint32_t i = 0; i < r->gen->prefixes.count; i++) {
		if (p[i].family == family && p[i].len > longest &&
		    in_prefix(addr, p[i].addr, p[i].len)) {
			longest = p[i].len;
			best = p[i].class_id;
		}
	}
	return best;
}

static bool masked_equal(const uint8_t *addr, const void *want, const void *mask)
{
	const uint8_t *w = want, *m = mask;

	for (int i = 0; i < 16; i++) {
		if ((addr[i] & m[i]) != w[i])
			return false;
	}
	return true;
}

static bool spoofed(const struct cv_reference *r, const struct seen *s)
{
	const struct cv_gen_binding *b = cv_generation_at(r->gen, r->gen->bindings);

	for (uint32_t i = 0; i < r->gen->bindings.count; i++) {
		const struct cv_binding *p = &b[i].place;
		bool mine = b[i].key.kind == CV_BINDING_OF_MAC
				    ? b[i].key.id[0] == number_of(s->src_mac)
				    : b[i].key.kind == s->family &&
					      memcmp(b[i].key.id, s->src, 16) == 0;

		if (!mine)
			continue;
		if (p->flags & CV_BIND_MAC && p->mac != number_of(s->src_mac))
			return true;
		if (p->flags & CV_BIND_VLAN && p->vlan != s->vlan)
			return true;
		if (p->flags & CV_BIND_PREFIX &&
		    (p->family != s->family || !masked_equal(s->src, p->addr, p->mask)))
			return true;
	}
	return false;
}

/* ---- the guard ----------------------------------------------------------------------------- */

static bool guards(const struct cv_guard *g, const struct seen *s, const uint8_t *frame,
		   uint32_t len)
{
	if (s->ethertype == 0x0806)
		return g->family == 4 && len >= s->l3 + 28 &&
		       memcmp(frame + s->l3 + 24, g->addr, 4) == 0;
	if (s->family != g->family || s->later)
		return false;
	if (s->family == 6 && s->proto == 58 && len >= s->l4 + 24) {
		if (frame[s->l4] == 135 && memcmp(frame + s->l4 + 8, g->addr, 16) == 0)
			return true;
		if (frame[s->l4] == 136 && memcmp(s->dst, g->addr, 16) == 0)
			return true;
	}
	if (memcmp(s->dst, g->addr, 16) != 0 || !masked_equal(s->src, g->from, g->from_mask))
		return false;
	if (g->ip_proto && g->ip_proto != s->proto)
		return false;
	return !g->port || memcmp(&g->port, s->dport, 2) == 0;
}

static bool guarded(const struct cv_reference *r, const struct seen *s, const uint8_t *frame,
		    uint32_t len)
{
	for (uint32_t i = 0; i < r->gen->policy.n_guards; i++) {
		if (guards(&r->gen->policy.guards[i], s, frame, len))
			return true;
	}
	return false;
}

/* ---- quarantine ---------------------------------------------------------------------------- */

void cv_reference_put_away(struct cv_reference *r, const struct cv_quarantine_image *list)
{
	r->away = list;
}

/* By its MAC, by its source address, or by what ARP says that it has. */
static bool is_away(const struct cv_reference *r, const struct seen *s, const uint8_t *frame,
		    uint32_t len)
{
	bool arp = s->ethertype == 0x0806 && len >= s->l3 + 28;

	for (uint32_t i = 0; r->away && i < r->away->count; i++) {
		const struct cv_binding_key *k = &r->away->devices[i];

		if (k->kind == CV_BINDING_OF_MAC && k->id[0] == number_of(s->src_mac))
			return true;
		if (k->kind == s->family && memcmp(k->id, s->src, 16) == 0)
			return true;
		if (k->kind == 4 && arp && memcmp(k->id, frame + s->l3 + 14, 4) == 0)
			return true;
	}
	return false;
}

/* ---- the rule ------------------------------------------------------------------------------ */

static const struct cv_rule *rule_at(const struct cv_reference *r, unsigned int context,
				     unsigned int match, unsigned int src, unsigned int dst,
				     unsigned int proto, const uint8_t *port)
{
	const struct cv_gen_rule *rules = cv_generation_at(r->gen, r->gen->rules);
	struct cv_rule_key want = {.src_class = (uint16_t)src,
				   .dst_class = (uint16_t)dst,
				   .ip_proto = (uint8_t)proto,
				   .match = CV_KEY_MATCH(match, context)};

	if (port)
		memcpy(&want.port, port, 2);
	for (uint32_t i = 0; i < r->gen->rules.count; i++) {
		if (memcmp(&rules[i].key, &want, sizeof(want)) == 0)
			return &rules[i].rule;
	}
	return NULL;
}

/* The pairs of one kind, from the closest to the widest; a class of 0 is "any" itself. */
static const struct cv_rule *by_pairs(const struct cv_reference *r, unsigned int context,
				      unsigned int match, unsigned int src, unsigned int dst,
				      unsigned int proto, const uint8_t *port)
{
	const unsigned int pairs[4][2] = {{src, dst}, {src, 0}, {0, dst}, {0, 0}};
	const struct cv_rule *found = NULL;

	for (int i = 0; i < 4 && !found; i++)
		found = rule_at(r, context, match, pairs[i][0], pairs[i][1], proto, port);
	return found;
}

static const struct cv_rule *find_rule(const struct cv_reference *r, const struct seen *s,
				       unsigned int context, unsigned int src, unsigned int dst)
{
	const struct cv_rule *found = NULL;
	bool ports = s->proto == 6 || s->proto == 17;

	if (s->later) {
		found = by_pairs(r, context, CV_MATCH_FRAGMENT, src, dst, s->proto, NULL);
	} else if (ports) {
		found = by_pairs(r, context, CV_MATCH_DPORT, src, dst, s->proto, s->dport);
		if (!found)
			found = by_pairs(r, context, CV_MATCH_SPORT, src, dst, s->proto, s->sport);
	}
	if (!found && s->proto)
		found = by_pairs(r, context, CV_MATCH_ANY_PORT, src, dst, s->proto, NULL);
	if (!found)
		found = by_pairs(r, context, CV_MATCH_ANY_PORT, src, dst, 0, NULL);
	return found;
}

/* ---- limits -------------------------------------------------------------------------------- */

static bool limits(const struct cv_limit *l)
{
	return l->cost_packet || l->cost_byte16;
}

/* ITU-T I.371: the frame conforms if it is at most the burst ahead of its time. */
static bool conforms(unsigned __int128 *tat, const struct cv_limit *l, uint64_t now_ns,
		     uint32_t len)
{
	unsigned __int128 now = (unsigned __int128)now_ns * 64;
	unsigned __int128 cost = l->cost_packet + (unsigned __int128)len * l->cost_byte16 / 1024;
	unsigned __int128 next = (*tat > now ? *tat : now) + cost;

	if (next > now + l->burst)
		return false;
	*tat = next;
	return true;
}

static struct device **heap_of(struct cv_reference *r, const struct cv_device_key *key)
{
	const uint8_t *bytes = (const uint8_t *)key;
	unsigned int sum = 0;

	for (size_t i = 0; i < sizeof(*key); i++)
		sum = sum * 31 + bytes[i];
	return &r->heaps[sum % HEAPS];
}

static struct device *find_device(struct cv_reference *r, const struct cv_device_key *key, bool add)
{
	struct device **heap = heap_of(r, key), *d;

	for (d = *heap; d; d = d->next) {
		if (memcmp(&d->key, key, sizeof(*key)) == 0)
			return d;
	}
	if (!add)
		return NULL;
	d = malloc(sizeof(*d));
	if (!d)
		return NULL;
	*d = (struct device){.next = *heap, .key = *key};
	*heap = d;
	return d;
}

static unsigned int sender_refuses(struct cv_reference *r, const struct seen *s,
				   const struct cv_context *c, const struct cv_rule *rule,
				   unsigned int src, uint32_t len, uint64_t now_ns)
{
	struct cv_device_key key = {.vlan = (uint16_t)s->vlan, .family = (uint16_t)s->family};
	unsigned int reason = CV_REASON_RATE_DEVICE;
	const struct cv_limit *limit = NULL;
	struct device *d;

	if (rule && rule->flags & CV_RULE_EXEMPT) {
		limit = NULL;
	} else if (c->unknown == CV_UNKNOWN_LIMIT && src == 0) {
		limit = &c->unknown_limit;
		reason = CV_REASON_RATE_UNKNOWN;
	} else if (rule && rule->flags & CV_RULE_POLICE) {
		limit = &rule->limit;
	} else if (limits(&c->device_limit)) {
		limit = &c->device_limit;
	}
	memcpy(key.addr, s->src, sizeof(key.addr));
	d = find_device(r, &key, limit || (c->unknown == CV_UNKNOWN_LEARN && src == 0));
	if (!d)
		return 0;
	return limit && !conforms(&d->tat, limit, now_ns, len) ? reason : 0;
}

static unsigned int meter_refuses(struct cv_reference *r, uint32_t number, uint32_t len,
				  uint64_t now_ns)
{
	const struct cv_gen_meter *m = cv_generation_at(r->gen, r->gen->meters);

	if (number >= r->gen->meters.count || !limits(&m[number].limit) ||
	    conforms(&r->meters[number], &m[number].limit, now_ns, len))
		return 0;
	return m[number].reason;
}

/* ---- the whole ----------------------------------------------------------------------------- */

static struct cv_judgement outcome(unsigned int action, unsigned int reason)
{
	return (struct cv_judgement){.verdict = action | reason << 8};
}

static void refuse(struct cv_judgement *j, unsigned int reason)
{
	j->verdict = CV_ACTION_DROP | reason << 8;
	j->inspect = 0;
	j->app = 0;
}

static struct cv_judgement by_rule(const struct cv_context *c, const struct cv_rule *rule)
{
	unsigned int action = rule ? rule->action : c->ip_action;
	unsigned int reason = rule ? CV_REASON_ALLOW : CV_REASON_ALLOW_DEFAULT;
	struct cv_judgement j;

	if (action == CV_ACTION_HOST)
		reason = CV_REASON_ALLOW_HOST;
	if (action == CV_ACTION_DROP)
		reason = rule ? CV_REASON_DENY_RULE : CV_REASON_DENY_DEFAULT;
	j = outcome(action, reason);
	if (rule) {
		j.rule = rule->id;
		j.index = rule->index;
	}
	if (action != CV_ACTION_DROP) {
		j.inspect = rule ? (rule->flags & CV_RULE_INSPECT) != 0 : c->inspect;
		j.app = rule ? rule->app : 0;
	}
	return j;
}

struct cv_judgement cv_reference_judge(struct cv_reference *r, unsigned int port,
				       const uint8_t *frame, uint32_t len, uint64_t now_ns)
{
	const uint8_t *places = cv_generation_at(r->gen, r->gen->places);
	struct seen s;
	unsigned int bad = reference_parse(frame, len, &s), place = port * CV_VLANS + s.vlan;
	unsigned int context = place < r->gen->places.count ? places[place] : 0, src, dst;
	const struct cv_context *c = &r->gen->policy.contexts[context];
	const struct cv_rule *rule;
	struct cv_judgement j;

	if (bad)
		return outcome(CV_ACTION_DROP, bad);
	if (guarded(r, &s, frame, len))
		return outcome(CV_ACTION_HOST, CV_REASON_ALLOW_GUARD);
	if (is_away(r, &s, frame, len))
		return outcome(CV_ACTION_DROP, CV_REASON_QUARANTINE);
	if (!s.family)
		return outcome(c->non_ip_action, c->non_ip_action == CV_ACTION_DROP
							 ? CV_REASON_DENY_NON_IP
							 : CV_REASON_ALLOW_NON_IP);
	if (spoofed(r, &s))
		return outcome(CV_ACTION_DROP, CV_REASON_SPOOF);
	src = class_of(r, s.family, s.src, s.src_mac);
	dst = class_of(r, s.family, s.dst, s.dst_mac);
	if (c->unknown == CV_UNKNOWN_DROP && src == 0)
		return outcome(CV_ACTION_DROP, CV_REASON_UNKNOWN);
	rule = find_rule(r, &s, context, src, dst);
	j = by_rule(c, rule);
	if ((j.verdict & 0xff) == CV_ACTION_DROP)
		return j;
	bad = sender_refuses(r, &s, c, rule, src, len, now_ns);
	if (!bad && rule && rule->meter)
		bad = meter_refuses(r, rule->meter - 1, len, now_ns);
	if (!bad)
		bad = meter_refuses(r, port, len, now_ns);
	if (bad)
		refuse(&j, bad);
	return j;
}
