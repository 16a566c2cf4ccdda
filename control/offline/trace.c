/* SPDX-License-Identifier: Apache-2.0 */
#include "control/offline/trace.h"

#include <stdlib.h>
#include <string.h>

/* Nothing is metered here; verdict.h wants them all the same. */
#define CV_CAS64(p, o, n) (*(p) == (o) ? (*(p) = (n), (o)) : *(p))
#define CV_ADD64(p, n) (*(p) += (n))
#include "dataplane/policy/verdict.h"

static unsigned int bits_of(uint8_t family)
{
	return family == 4 ? 32 : 128;
}

static void cut_to(uint8_t addr[16], unsigned int len)
{
	for (unsigned int bit = len; bit < 128; bit++)
		addr[bit / 8] &= (uint8_t) ~(0x80u >> bit % 8);
}

uint16_t cv_trace_class(const struct cv_generation *gen, uint8_t family, const uint8_t addr[16],
			const struct cv_gen_prefix **ret)
{
	const struct cv_gen_prefix *prefixes = cv_generation_at(gen, gen->prefixes);

	for (int len = (int)bits_of(family); len >= 0; len--) {
		struct cv_gen_prefix key = {.family = family, .len = (uint8_t)len};
		const struct cv_gen_prefix *found;

		memcpy(key.addr, addr, sizeof(key.addr));
		cut_to(key.addr, (unsigned int)len);
		found = bsearch(&key, prefixes, gen->prefixes.count, sizeof(key),
				cv_gen_prefix_order);
		if (found) {
			*ret = found;
			return found->class_id;
		}
	}
	*ret = NULL;
	return 0;
}

const struct cv_rule *cv_trace_rule(const struct cv_generation *gen, const struct cv_rule_key *key)
{
	struct cv_gen_rule wanted = {.key = *key};
	const struct cv_gen_rule *found =
		bsearch(&wanted, cv_generation_at(gen, gen->rules), gen->rules.count,
			sizeof(wanted), cv_gen_rule_order);

	return found ? &found->rule : NULL;
}

const struct cv_gen_binding *cv_trace_binding(const struct cv_generation *gen,
					      const struct cv_binding_key *key)
{
	struct cv_gen_binding wanted = {.key = *key};

	return bsearch(&wanted, cv_generation_at(gen, gen->bindings), gen->bindings.count,
		       sizeof(wanted), cv_gen_binding_order);
}

static struct cv_trace_end find_end(const struct cv_trace *t, const uint8_t addr[16], uint64_t mac)
{
	struct cv_gen_mac wanted = {.mac = mac};
	struct cv_trace_end end = {0};

	if (t->gen->policy.flags & CV_POLICY_MACS)
		end.mac = bsearch(&wanted, cv_generation_at(t->gen, t->gen->macs),
				  t->gen->macs.count, sizeof(wanted), cv_gen_mac_order);
	if (end.mac)
		end.class_id = end.mac->class_id;
	else
		end.class_id = cv_trace_class(t->gen, t->packet.family, addr, &end.prefix);
	return end;
}

static const struct cv_guard *find_guard(const struct cv_trace *t, struct cv_span span)
{
	const struct cv_policy_head *h = &t->gen->policy;

	for (uint32_t i = 0; i < h->n_guards && i < CV_GUARDS_MAX; i++) {
		if (cv_guard_claims(span, &t->packet, &h->guards[i]))
			return &h->guards[i];
	}
	return NULL;
}

/* @return whether the sender is where it is bound to. */
static bool check_bindings(struct cv_trace *t)
{
	struct cv_binding_key key;

	t->address_holds = t->mac_holds = true;
	if (!(t->gen->policy.flags & CV_POLICY_BINDINGS))
		return true;
	cv_binding_key_addr(&t->packet, &key);
	t->address = cv_trace_binding(t->gen, &key);
	if (t->address)
		t->address_holds = cv_binding_holds(&t->address->place, &t->packet, t->src_mac);
	cv_binding_key_mac(t->src_mac, &key);
	t->mac = cv_trace_binding(t->gen, &key);
	if (t->mac)
		t->mac_holds = cv_binding_holds(&t->mac->place, &t->packet, t->src_mac);
	return t->address_holds && t->mac_holds;
}

static void probe(struct cv_trace *t)
{
	uint32_t mask = cv_probe_mask(t->context, &t->packet, t->src.class_id, t->dst.class_id);

	for (uint32_t bit = 0; bit < CV_PROBES && !t->rule; bit++) {
		struct cv_trace_probe *p = &t->probes[t->n_probes];

		if (!(mask >> bit & 1))
			continue;
		cv_probe_key(bit, &t->packet, t->number, t->src.class_id, t->dst.class_id, &p->key);
		p->rule = cv_trace_rule(t->gen, &p->key);
		t->rule = p->rule;
		t->n_probes++;
	}
}

static const struct cv_gen_meter *meter_at(const struct cv_generation *gen, uint32_t i)
{
	const struct cv_gen_meter *m = cv_generation_at(gen, gen->meters);

	return i < gen->meters.count && cv_limits(&m[i].limit) ? &m[i] : NULL;
}

static void find_limits(struct cv_trace *t)
{
	t->limit = cv_sender_limit(t->context, t->rule, t->src.class_id, &t->limit_reason);
	if (!(t->gen->policy.flags & CV_POLICY_METERS))
		return;
	if (t->rule && t->rule->meter)
		t->meter = meter_at(t->gen, t->rule->meter - 1);
	t->port_meter = meter_at(t->gen, t->port % CV_PORTS_MAX);
}

static enum cv_trace_step decide(struct cv_trace *t, struct cv_judgement *j)
{
	bool rules = cv_needs_classes(t->context);

	t->classes = rules || cv_asks_sender(t->context);
	if (t->classes)
		t->src = find_end(t, t->packet.src.b, t->src_mac);
	if (rules)
		t->dst = find_end(t, t->packet.dst.b, t->dst_mac);
	if (!check_bindings(t)) {
		cv_judge_drop(j, CV_REASON_SPOOF);
		return CV_TRACE_SPOOF;
	}
	if (t->context->unknown == CV_UNKNOWN_DROP && !t->src.class_id) {
		cv_judge_drop(j, CV_REASON_UNKNOWN);
		return CV_TRACE_UNKNOWN;
	}
	probe(t);
	cv_judge_rule(t->context, t->rule, j);
	if (CV_VERDICT_ACTION(j->verdict) != CV_ACTION_DROP)
		find_limits(t);
	return t->rule ? CV_TRACE_RULE : CV_TRACE_DEFAULT;
}

void cv_trace(const struct cv_generation *gen, const uint8_t *data, uint32_t len, uint8_t port,
	      struct cv_trace *ret)
{
	struct cv_span span = {data, data + len};
	const uint8_t *places = cv_generation_at(gen, gen->places);
	struct cv_judgement j = {0};
	struct cv_trace t = {.gen = gen, .port = port};
	int bad = cv_parse(span, &t.packet);
	uint32_t at = port * CV_VLANS + t.packet.vlan;

	t.number = at < gen->places.count ? places[at] : 0;
	t.context = &gen->policy.contexts[t.number % CV_CONTEXTS_MAX];
	if (len >= CV_ETH_HEAD) {
		t.dst_mac = cv_load_mac(data);
		t.src_mac = cv_load_mac(data + CV_ETH_SOURCE);
	}
	t.guard = bad ? NULL : find_guard(&t, span);
	if (bad) {
		cv_judge_drop(&j, (uint32_t)bad);
		t.step = CV_TRACE_PARSE;
	} else if (t.guard) {
		cv_judge_guard(&j);
		t.step = CV_TRACE_GUARD;
	} else if (!t.packet.family) {
		cv_judge_non_ip(t.context, &j);
		t.step = CV_TRACE_NON_IP;
	} else {
		t.step = decide(&t, &j);
	}
	t.verdict = j.verdict;
	*ret = t;
}
