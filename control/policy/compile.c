/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From rules in order to keys without order.
 *
 * The look-up is fixed: the closer pair of classes first, what names a port before what does not.
 * So wherever a wider rule that is listed earlier meets a closer one, the key of their meeting has
 * to exist and to carry the earlier rule. For each protocol and port the pairs of classes are
 * closed under meeting (pairs of any | class form a lattice), with the wider kinds' pairs as
 * partners; then each key gets the lowest-ranked rule among those that cover it. A frame's first
 * hit is then the closest key, and every rule that covers the frame covers that key: a rule that
 * did not would have a meeting with it that is closer still and exists.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/policy/contexts.h"
#include "control/policy/apps.h"
#include "control/policy/expand.h"
#include "control/policy/meters.h"

/* Meetings tried and covers compared before a policy is called too intricate: seconds of work. */
#define STEPS_MAX (1ull << 30)

struct span {
	const struct cv_policy_entry *items;
	size_t n;
};

/* Keys of one kind, protocol and port: src << 16 | dst, in a hash set that grows. */
struct pair_set {
	uint32_t *pairs; /* in order of adding */
	uint32_t *slots; /* index + 1 into pairs, 0 = free */
	size_t n, room; /* slots: twice room, a power of two */
};

struct compiler {
	const struct cv_policy *policy;
	struct cv_generation_build *build;
	struct cv_policy_contexts contexts;
	struct cv_policy_meters meters;
	unsigned int context; /* in hand */
	struct cv_policy_entries entries; /* of that context */
	struct span any_proto;
	struct pair_set set;
	bool *decides; /* by rule: owns a key as a request */
	uint32_t *beaten_by; /* by rule: who owns a key it asked for, rule index + 1 */
	uint64_t steps;
	size_t keys;
};

static uint32_t pair_of(const struct cv_policy_entry *e)
{
	return (uint32_t)e->src << 16 | e->dst;
}

/* Meeting of two classes: any meets all, a class itself only. False = no frame is in both. */
static bool meet_class(uint16_t a, uint16_t b, uint16_t *ret)
{
	*ret = a ? a : b;
	return !a || !b || a == b;
}

static bool meet(uint32_t a, uint32_t b, uint32_t *ret)
{
	uint16_t src, dst;

	if (!meet_class((uint16_t)(a >> 16), (uint16_t)(b >> 16), &src) ||
	    !meet_class((uint16_t)a, (uint16_t)b, &dst))
		return false;
	*ret = (uint32_t)src << 16 | dst;
	return true;
}

static size_t slot_of(const struct pair_set *s, uint32_t pair)
{
	size_t mask = s->room * 2 - 1;
	size_t at = (pair * 0x9e3779b1u) & mask;

	while (s->slots[at] && s->pairs[s->slots[at] - 1] != pair)
		at = (at + 1) & mask;
	return at;
}

static int grow(struct pair_set *s)
{
	size_t room = s->room ? s->room * 2 : 64;
	uint32_t *pairs = reallocarray(s->pairs, room, sizeof(*pairs));
	uint32_t *slots;

	if (!pairs)
		return -ENOMEM;
	s->pairs = pairs;
	slots = calloc(room * 2, sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	free(s->slots);
	s->slots = slots;
	s->room = room;
	for (size_t i = 0; i < s->n; i++)
		s->slots[slot_of(s, s->pairs[i])] = (uint32_t)i + 1;
	return 0;
}

static int add_pair(struct pair_set *s, uint32_t pair)
{
	size_t at;

	if (s->n == s->room) {
		int r = grow(s);

		if (r < 0)
			return r;
	}
	at = slot_of(s, pair);
	if (s->slots[at])
		return 0;
	s->pairs[s->n++] = pair;
	s->slots[at] = (uint32_t)s->n;
	return 0;
}

static void clear(struct pair_set *s)
{
	if (s->slots)
		memset(s->slots, 0, s->room * 2 * sizeof(*s->slots));
	s->n = 0;
}

/* Close the pairs of @p own under meeting with the pairs of all @p partners. */
static int close_pairs(struct compiler *c, struct span own, const struct span partners[3])
{
	int r = 0;

	clear(&c->set);
	for (size_t i = 0; r == 0 && i < own.n; i++)
		r = add_pair(&c->set, pair_of(&own.items[i]));
	for (size_t k = 0; r == 0 && k < c->set.n; k++) {
		for (size_t p = 0; p < 3; p++) {
			for (size_t i = 0; r == 0 && i < partners[p].n; i++) {
				uint32_t both;

				if (meet(c->set.pairs[k], pair_of(&partners[p].items[i]), &both))
					r = add_pair(&c->set, both);
			}
			c->steps += partners[p].n;
		}
		if (c->steps > STEPS_MAX || c->keys + c->set.n > CV_RULES_MAX)
			r = -E2BIG;
	}
	return r;
}

static uint32_t lowest_rank(struct compiler *c, uint32_t pair, const struct span partners[3])
{
	uint32_t best = UINT32_MAX, both;

	for (size_t p = 0; p < 3; p++) {
		for (size_t i = 0; i < partners[p].n; i++) {
			const struct cv_policy_entry *e = &partners[p].items[i];

			if (e->rank < best && meet(pair, pair_of(e), &both) && both == pair)
				best = e->rank;
		}
		c->steps += partners[p].n;
	}
	return best;
}

static struct cv_rule make_rule(const struct compiler *c, uint32_t at, bool answer,
				uint16_t src_class)
{
	const struct cv_policy_rule *rule = &c->policy->rules[at];
	struct cv_rule out = {.id = rule->id, .action = rule->action, .index = at + 1};

	if (rule->action == CV_ACTION_DROP)
		return out;
	if (rule->inspect)
		out.flags |= CV_RULE_INSPECT;
	if (rule->exempt)
		out.flags |= CV_RULE_EXEMPT;
	out.app = cv_policy_app_of(rule, answer, src_class);
	if (answer)
		return out;
	if (rule->limited[CV_POLICY_PER_DEVICE]) {
		out.limit = cv_policy_limit_of(&rule->limits[CV_POLICY_PER_DEVICE]);
		out.flags |= out.limit.burst ? CV_RULE_POLICE : 0;
	}
	out.meter = cv_policy_meter_of(&c->meters, rule, at, src_class);
	return out;
}

static int emit_key(struct compiler *c, const struct cv_policy_entry *like, uint32_t pair,
		    uint32_t rank)
{
	static const uint8_t match[CV_PROBE_KINDS] = {
		[CV_PROBE_DPORT] = CV_MATCH_DPORT,	  [CV_PROBE_SPORT] = CV_MATCH_SPORT,
		[CV_PROBE_FRAGMENT] = CV_MATCH_FRAGMENT,  [CV_PROBE_ANY_PORT] = CV_MATCH_ANY_PORT,
		[CV_PROBE_ANY_PROTO] = CV_MATCH_ANY_PORT,
	};
	struct cv_gen_rule out = {
		.key = {.src_class = (uint16_t)(pair >> 16),
			.dst_class = (uint16_t)pair,
			.port = htons(like->port),
			.ip_proto = like->ip_proto,
			.match = CV_KEY_MATCH(match[like->kind], c->context)},
		.rule = make_rule(c, rank / 2, rank & 1, (uint16_t)(pair >> 16)),
	};

	if (!(rank & 1))
		c->decides[rank / 2] = true;
	c->keys++;
	return cv_generation_build_rule(c->build, &out);
}

/* The rows of one kind, protocol and port. */
static struct span run_at(const struct cv_policy_entries *e, size_t at)
{
	size_t end = at;

	while (end < e->n && e->items[end].kind == e->items[at].kind &&
	       e->items[end].ip_proto == e->items[at].ip_proto &&
	       e->items[end].port == e->items[at].port)
		end++;
	return (struct span){&e->items[at], end - at};
}

static struct span find_run(const struct cv_policy_entries *e, uint8_t kind, uint8_t ip_proto)
{
	for (size_t i = 0; i < e->n; i++) {
		if (e->items[i].kind == kind && e->items[i].ip_proto == ip_proto)
			return run_at(e, i);
	}
	return (struct span){0};
}

static int compile_run(struct compiler *c, struct span own)
{
	struct span partners[3] = {own};
	int r;

	if (own.items->kind < CV_PROBE_ANY_PORT)
		partners[1] = find_run(&c->entries, CV_PROBE_ANY_PORT, own.items->ip_proto);
	if (own.items->kind < CV_PROBE_ANY_PROTO)
		partners[2] = c->any_proto;
	r = close_pairs(c, own, partners);
	for (size_t i = 0; r == 0 && i < c->set.n; i++) {
		uint32_t pair = c->set.pairs[i];

		r = emit_key(c, own.items, pair, lowest_rank(c, pair, partners));
	}
	for (size_t i = 0; r == 0 && i < own.n; i++) {
		uint32_t rule = own.items[i].rank / 2;
		uint32_t winner = lowest_rank(c, pair_of(&own.items[i]), partners) / 2;

		if (winner != rule && !(own.items[i].rank & 1) && !c->beaten_by[rule])
			c->beaten_by[rule] = winner + 1;
	}
	return r;
}

static void warn_shadowed(const struct compiler *c, bool shadow, struct cv_diagnostics *diag)
{
	for (size_t i = 0; i < c->policy->n_rules; i++) {
		const struct cv_policy_rule *rule = &c->policy->rules[i];
		const struct cv_policy_rule *winner =
			c->beaten_by[i] ? &c->policy->rules[c->beaten_by[i] - 1] : NULL;
		struct cv_place at = {c->policy->path, rule->line, rule->column};

		if (c->decides[i] || rule->mode == CV_POLICY_OFF ||
		    (rule->mode == CV_POLICY_SHADOW && !shadow))
			continue;
		if (winner)
			cv_diagnostics_add(diag, CV_SEVERITY_WARNING, at, "move it up or remove it",
					   "rule %u never decides: rule %u at line %u comes first",
					   rule->id, winner->id, winner->line);
		else
			cv_diagnostics_add(
				diag, CV_SEVERITY_WARNING, at, "move it up or remove it",
				"rule %u never decides: earlier rules match all it names",
				rule->id);
	}
}

static int compile_context(struct compiler *c, bool shadow)
{
	struct cv_policy_view view = {c->contexts.in[c->context], c->contexts.out[c->context],
				      shadow};
	int r = cv_policy_expand(c->policy, &view, c->beaten_by, &c->entries);

	if (r < 0)
		return r;
	c->any_proto = find_run(&c->entries, CV_PROBE_ANY_PROTO, 0);
	for (size_t at = 0; r == 0 && at < c->entries.n;) {
		struct span own = run_at(&c->entries, at);

		r = compile_run(c, own);
		at += own.n;
	}
	free(c->entries.items);
	c->entries = (struct cv_policy_entries){0};
	return r;
}

static int compile_rules(struct compiler *c, bool shadow, struct cv_diagnostics *diag)
{
	int r;

	c->decides = calloc(c->policy->n_rules + 1, sizeof(*c->decides));
	c->beaten_by = calloc(c->policy->n_rules + 1, sizeof(*c->beaten_by));
	if (!c->decides || !c->beaten_by)
		return -ENOMEM;
	r = cv_policy_make_meters(c->policy, c->build, &c->meters);
	for (c->context = 0; r == 0 && c->context < c->contexts.n; c->context++)
		r = compile_context(c, shadow);
	if (r == 0)
		warn_shadowed(c, shadow, diag);
	return r;
}

static int add_name(struct cv_generation_build *build, const char *text, unsigned int line,
		    uint32_t id,
		    int (*add)(struct cv_generation_build *, const struct cv_gen_name *))
{
	struct cv_gen_name out = {.id = id, .line = line};

	snprintf(out.text, sizeof(out.text), "%s", text);
	return add(build, &out);
}

static int add_senders(const struct cv_policy *policy, struct cv_generation_build *build)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < policy->n_prefixes; i++)
		r = cv_generation_build_prefix(build, &policy->prefixes[i].prefix);
	for (size_t i = 0; r == 0 && i < policy->n_macs; i++)
		r = cv_generation_build_mac(build, &policy->macs[i].mac);
	for (size_t i = 0; r == 0 && i < policy->n_bindings; i++)
		r = cv_generation_build_binding(build, &policy->bindings[i].binding);
	return r;
}

static int add_names(const struct cv_policy *policy, struct cv_generation_build *build)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < policy->n_groups; i++)
		r = add_name(build, policy->groups[i].name.text, policy->groups[i].name.line, 0,
			     cv_generation_build_group_name);
	for (size_t i = 0; r == 0 && i < policy->n_rules; i++)
		r = add_name(build, policy->rules[i].name, policy->rules[i].line,
			     policy->rules[i].id, cv_generation_build_rule_name);
	return r;
}

int cv_policy_compile(const struct cv_policy *policy, const struct cv_policy_target *target,
		      struct cv_generation_build *build, struct cv_diagnostics *diag)
{
	struct compiler c = {.policy = policy, .build = build};
	int r = cv_policy_find_contexts(policy, target, build, &c.contexts, diag);

	if (r == 0)
		r = add_senders(policy, build);
	if (r == 0)
		r = add_names(policy, build);
	if (r == 0)
		r = cv_policy_add_apps(policy, build, diag);
	if (r == 0)
		r = compile_rules(&c, target->shadow, diag);
	if (r == -E2BIG && c.contexts.n < CV_CONTEXTS_MAX)
		cv_diagnostics_add(diag, CV_SEVERITY_ERROR, (struct cv_place){.file = policy->path},
				   "name fewer groups and services in one rule",
				   "the rules multiply to more than %u keys", CV_RULES_MAX);
	cv_policy_free_meters(&c.meters);
	free(c.entries.items);
	free(c.set.pairs);
	free(c.set.slots);
	free(c.decides);
	free(c.beaten_by);
	return r;
}
