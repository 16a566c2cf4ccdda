/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a decoder tells of the message in hand so that policy can judge it. A decoder states facts
 * (cv_judge_fact) where cv_decode.judge is set, once per message, before or after its records; it
 * does not ask what became of them. The first fact that is refused decides.
 */
#ifndef CV_JUDGE_H
#define CV_JUDGE_H

#include "dataplane/policy/app.h"

/** Bytes of a refused text that are kept for the record. */
#define CV_JUDGE_TEXT 120

/** Where the device's end of the message in hand was seen. */
struct cv_sighting {
	uint64_t addr[2]; /* as in cv_packet */
	uint64_t mac; /* of the frame at that end, as cv_load_mac() gives it */
	uint16_t vlan;
	uint8_t family;
};

struct cv_judge;

/** Hears what decoders state instead of a judge, to learn from it. */
typedef void (*cv_judge_witness)(void *arg, const struct cv_judge *judge,
				 const struct cv_app_fact *fact);

/** Owner: the flow stage, for one message. */
struct cv_judge {
	cv_judge_witness witness; /* NULL on a node; else nothing is judged */
	void *witness_arg;
	const struct cv_apps *apps; /* never NULL */
	const struct cv_app *app; /* of the frame's rule; NULL = only bindings are asked */
	struct cv_sighting device;
	uint8_t proto; /* enum cv_proto of the decoder */
	bool answers; /* the frame comes from the end that was asked, by the rule's word */

	uint8_t reason; /* out: enum cv_reason of a refusal, 0 = none so far */
	uint8_t kind; /* of the fact refused, enum cv_app_kind */
	uint8_t table, unit;
	bool cut; /* text is only the beginning */
	uint32_t from, to;
	uint32_t who; /* hash of an identity that was where it belongs, 0 = none */
	uint32_t len;
	uint8_t text[CV_JUDGE_TEXT];
};

/** State one fact. */
void cv_judge_fact(struct cv_judge *j, const struct cv_app_fact *fact);
/** State that the message has this type number. */
void cv_judge_type(struct cv_judge *j, uint32_t number);
/** State that receivers may read the message in more than one way, or that the sender must not
 * send it. */
void cv_judge_malformed(struct cv_judge *j);

#endif
