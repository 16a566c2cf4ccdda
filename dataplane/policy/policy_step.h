/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A frame between the stages of a burst (policy_table.c), and the stage that asks for the classes
 * of both ends and for the first rule.
 */
#ifndef CV_POLICY_STEP_H
#define CV_POLICY_STEP_H

#include "dataplane/policy/device_burst.h"
#include "dataplane/policy/policy_lookup.h"

/* One frame between the stages. */
struct step {
	struct flow_key key;
	struct cv_judgement j;
	struct flow_entry *flow; /* its set, then its entry; NULL = not asked for */
	const struct cv_context *context;
	const struct cv_rule *rule;
	const struct cv_limit *limit; /* of the sender */
	struct device_step sender;
	uint64_t want; /* the first rule key to try */
	uint32_t class_id[2]; /* of source and destination, or where prefix4 says more */
	uint32_t probes; /* rule keys to try */
	uint32_t number; /* of the context */
	uint32_t place; /* of its state, as the flow knows it; 0 = not known */
	uint32_t reason; /* of a refusal by the limit */
	bool open; /* not decided by parsing */
	bool known; /* its flow was remembered */
	bool spoofed; /* a binding does not hold */
	bool ask; /* the device has a say */
	bool learn;
};

static inline bool asks_source(const struct step *s)
{
	return cv_needs_classes(s->context) || cv_asks_sender(s->context);
}

/*
 * Ask for what the classes of new frames will be read from. By itself and tight: a processor that
 * waits for a translation before it lets go of a prefetch (Zen 3) then waits for those of many
 * frames at once.
 */
CV_INLINE void ask_classes(const struct cv_policy_table *t, const struct cv_frame *frames,
			   const struct step *steps, unsigned int n)
{
	uint64_t src = UINT64_MAX, dst = UINT64_MAX; /* of the frame before */

	for (unsigned int i = 0; i < n; i++) {
		const struct cv_packet *p = &frames[i].packet;

		if (!steps[i].open || steps[i].known || p->family != 4)
			continue;
		if (p->src.v4 != src && asks_source(&steps[i]))
			ask_class4(&t->prefix4, p->src.v4);
		if (p->dst.v4 != dst && cv_needs_classes(steps[i].context))
			ask_class4(&t->prefix4, p->dst.v4);
		src = p->src.v4;
		dst = p->dst.v4;
	}
}

/* One end of the frame before: many senders have one receiver, and the other way round. */
struct end {
	uint64_t addr;
	uint32_t class_id;
};

CV_INLINE uint32_t begin_end(const struct cv_policy_table *t, const struct cv_packet *p,
			     const uint64_t *addr, const uint8_t *mac, struct end *before)
{
	if (p->family != 4 || t->head.flags & CV_POLICY_MACS)
		return begin_class(t, p, addr, mac);
	if (before->addr == addr[0])
		before->class_id = rest_of_class4(&t->prefix4, (uint32_t)addr[0], before->class_id);
	else
		*before = (struct end){addr[0], begin_class4(&t->prefix4, (uint32_t)addr[0])};
	return before->class_id;
}

static inline void begin_classes(const struct cv_policy_table *t, const struct cv_frame *f,
				 struct step *s, struct end before[2])
{
	const struct cv_packet *p = &f->packet;

	s->class_id[0] = s->class_id[1] = 0;
	if (asks_source(s))
		s->class_id[0] = begin_end(t, p, (const uint64_t *)p->src.q,
					   f->data + CV_ETH_SOURCE, &before[0]);
	if (cv_needs_classes(s->context))
		s->class_id[1] = begin_end(t, p, (const uint64_t *)p->dst.q, f->data, &before[1]);
	if (t->head.flags & CV_POLICY_BINDINGS)
		s->spoofed = is_spoofed(t, p, cv_load_mac(f->data + CV_ETH_SOURCE));
}

/* Ask for the rule that the first key leads to. */
static inline void ask_first_rule(const struct cv_policy_table *t, const struct cv_packet *p,
				  struct step *s)
{
	struct cv_rule_key key;

	s->probes =
		cv_probe_mask(s->context, p, (uint16_t)s->class_id[0], (uint16_t)s->class_id[1]);
	if (!s->probes)
		return;
	cv_probe_key((uint32_t)__builtin_ctz(s->probes), p, s->number, (uint16_t)s->class_id[0],
		     (uint16_t)s->class_id[1], &key);
	s->want = rule_key(&key);
	ask_rule(&t->rules, s->want);
}

static inline void find_classes(const struct cv_policy_table *t, const struct cv_frame *frames,
				struct step *steps, unsigned int n)
{
	uint8_t late[CV_BURST_MAX]; /* whose classes are behind one more block */
	struct end before[2] = {{.addr = UINT64_MAX}, {.addr = UINT64_MAX}};
	unsigned int n_late = 0;

	ask_classes(t, frames, steps, n);
	for (unsigned int i = 0; i < n; i++) {
		struct step *s = &steps[i];

		if (!s->open || s->known)
			continue;
		begin_classes(t, &frames[i], s, before);
		if ((s->class_id[0] | s->class_id[1]) & CV_BLOCK4_MORE)
			late[n_late++] = (uint8_t)i;
		else
			ask_first_rule(t, &frames[i].packet, s);
	}
	for (unsigned int i = 0; i < n_late; i++) {
		const struct cv_packet *p = &frames[late[i]].packet;
		struct step *s = &steps[late[i]];

		s->class_id[0] = middle_class4(&t->prefix4, p->src.v4, s->class_id[0]);
		s->class_id[1] = middle_class4(&t->prefix4, p->dst.v4, s->class_id[1]);
	}
	for (unsigned int i = 0; i < n_late; i++) {
		const struct cv_packet *p = &frames[late[i]].packet;
		struct step *s = &steps[late[i]];

		s->class_id[0] = last_class4(&t->prefix4, p->src.v4, s->class_id[0]);
		s->class_id[1] = last_class4(&t->prefix4, p->dst.v4, s->class_id[1]);
		ask_first_rule(t, p, s);
	}
}

#endif
