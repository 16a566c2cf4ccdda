/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why a frame is judged as it is: the steps of the verdict, taken one by one over the generation
 * image by the functions of verdict.h, with what was looked for and what was found. Limits are
 * named, not applied: they depend on what came before.
 */
#ifndef CV_TRACE_H
#define CV_TRACE_H

#include <stdbool.h>
#include <stdio.h>

#include <jansson.h>

#include "dataplane/policy/generation.h"

/* What decided. */
#define CV_TRACE_STEPS(X)                                                                          \
	X(PARSE, "parse") /* the frame cannot be judged */                                         \
	X(GUARD, "guard") /* management of this node */                                            \
	X(NON_IP, "non-ip")                                                                        \
	X(SPOOF, "binding") /* an identity is at a place it is not bound to */                     \
	X(UNKNOWN, "unknown") /* a sender in no group, in a zone that refuses such */              \
	X(RULE, "rule")                                                                            \
	X(DEFAULT, "default")
#define CV_TRACE_STEP_ROW(id, name) CV_TRACE_##id,
enum cv_trace_step { CV_TRACE_STEPS(CV_TRACE_STEP_ROW) CV_TRACE_STEP_COUNT };

/** How the class of one end was found. */
struct cv_trace_end {
	uint16_t class_id; /* 0 = in no group */
	const struct cv_gen_mac *mac; /* by its MAC address, or */
	const struct cv_gen_prefix *prefix; /* by this prefix, the longest */
};

struct cv_trace_probe {
	struct cv_rule_key key;
	const struct cv_rule *rule; /* NULL = there is none of this key */
};

struct cv_trace {
	const struct cv_generation *gen;
	struct cv_packet packet;
	uint64_t src_mac, dst_mac; /* as cv_load_mac() gives them */
	uint8_t port;
	uint8_t number; /* of the context */
	const struct cv_context *context;
	enum cv_trace_step step; /* what decided */
	uint32_t verdict; /* before limits and decoding */
	const struct cv_guard *guard; /* that claims the frame, NULL = none */
	bool classes; /* the ends' classes were asked for */
	struct cv_trace_end src, dst;
	const struct cv_gen_binding *address, *mac; /* of the sender, NULL = not bound */
	bool address_holds, mac_holds;
	struct cv_trace_probe probes[CV_PROBES]; /* in the order tried, to the first hit */
	unsigned int n_probes;
	const struct cv_rule *rule; /* NULL = the default */
	const struct cv_limit *limit; /* of the sender, NULL = none */
	uint32_t limit_reason; /* what a refusal by it is called */
	const struct cv_gen_meter *meter, *port_meter; /* shared limits, NULL = none */
};

/** @param port index of the port the frame comes in by. */
void cv_trace(const struct cv_generation *gen, const uint8_t *data, uint32_t len, uint8_t port,
	      struct cv_trace *ret);

/** Class of an address by the longest prefix. @param ret set when there is one. */
uint16_t cv_trace_class(const struct cv_generation *gen, uint8_t family, const uint8_t addr[16],
			const struct cv_gen_prefix **ret);
/** The rule of a key, NULL = none. */
const struct cv_rule *cv_trace_rule(const struct cv_generation *gen, const struct cv_rule_key *key);
/** What is bound to a place, NULL = it is not. */
const struct cv_gen_binding *cv_trace_binding(const struct cv_generation *gen,
					      const struct cv_binding_key *key);

/* Names for people; each writes a word or a few into @p text of CV_TRACE_TEXT bytes. */
#define CV_TRACE_TEXT 160
const char *cv_trace_step_name(enum cv_trace_step step);
void cv_trace_group(const struct cv_generation *gen, uint16_t class_id, char *text);
void cv_trace_zone(const struct cv_generation *gen, uint8_t zone, char *text);
/** "10 telemetry (line 9)" */
void cv_trace_rule_text(const struct cv_generation *gen, const struct cv_rule *rule, char *text);
/** "udp/5683", "answers of tcp/502", "any". */
void cv_trace_service(const struct cv_rule_key *key, char *text);
/** "10 packets/s and 1000 bytes/s, burst 1s" */
void cv_trace_limit(const struct cv_limit *limit, char *text);
void cv_trace_prefix(const struct cv_gen_prefix *p, char *text);
void cv_trace_mac(uint64_t mac, char *text);
/** "MAC 02:..., VLAN 30, 10.1.0.0/16" */
void cv_trace_place(const struct cv_binding *place, char *text);

/** What a rule's messages may say, a line behind @p indent; nothing where @p app is 0. */
void cv_trace_app(const struct cv_generation *gen, uint16_t app, const char *indent, FILE *out);
/** The same: {"protocol": name, key: [values]}, or null. */
json_t *cv_trace_app_json(const struct cv_generation *gen, uint16_t app);

/** The trace for a person, a line per step. */
void cv_trace_write(const struct cv_trace *t, FILE *out);
/** For a program. @return NULL without memory. */
json_t *cv_trace_json(const struct cv_trace *t);

#endif
