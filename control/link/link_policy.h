/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which generations the dataplane has, and which it judges by. Control offers generations; the
 * dataplane builds each beside the one in force and says when it is ready, or why not. Then one
 * message names the one to judge by. A dataplane that comes, or comes back, is brought to the same.
 * One thread (control's loop).
 */
#ifndef CV_LINK_POLICY_H
#define CV_LINK_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/handoff/link.h"
#include "dataplane/policy/generation.h"

/** Live, shadow, previous, one being built, and one that was just given up. */
#define CV_LINK_OFFERS 5

enum cv_link_readiness {
	CV_LINK_ABSENT, /* no dataplane is attached: it will get it when it comes */
	CV_LINK_WAITING,
	CV_LINK_READY,
	CV_LINK_UNFIT, /* the dataplane refuses, and goes on as before */
};

/** Generation numbers; 0 = none. */
struct cv_link_set {
	uint64_t live, shadow, previous;
};

struct cv_link_offer {
	uint64_t number; /* 0 = free */
	uint32_t crc32c;
	int fd; /* sealed memfd */
	bool asked; /* PREPARE is sent to the dataplane that is attached */
	enum cv_link_readiness state; /* of that dataplane */
	char why[80]; /* UNFIT: its words */
	void *hits; /* where the dataplane counts hits of rules, mapped; NULL = not known */
	size_t hits_size;
};

struct cv_link_policy {
	struct cv_link_offer offers[CV_LINK_OFFERS];
	struct cv_link_set set; /* what is in force */
	int sock; /* the attached dataplane's, -1 = none; the link server's */
	bool asked; /* SWITCH to the set is sent */
	enum cv_link_readiness state; /* of the set */
	char why[80];
};

void cv_link_policy_init(struct cv_link_policy *p);
void cv_link_policy_release(struct cv_link_policy *p);

/**
 * Offer a generation; one with the same number is replaced.
 *
 * @param why set on failure.
 * @return 0 or negative errno.
 */
int cv_link_policy_offer(struct cv_link_policy *p, const struct cv_generation *gen,
			 const char **why);

/** Take an offer back that is not part of the set. */
void cv_link_policy_withdraw(struct cv_link_policy *p, uint64_t number);

/** How far the dataplane is with an offer. @param why set when UNFIT, valid until the next call. */
enum cv_link_readiness cv_link_policy_ready(const struct cv_link_policy *p, uint64_t number,
					    const char **why);

/** Judge by this set from now on; offers outside of it are taken back. */
void cv_link_policy_switch(struct cv_link_policy *p, const struct cv_link_set *set);

/** Whether the dataplane judges by the set. */
enum cv_link_readiness cv_link_policy_in_step(const struct cv_link_policy *p, const char **why);

/** The image in force as a file, -1 = none. */
int cv_link_policy_live_file(const struct cv_link_policy *p);

/** A dataplane is attached, or gone (sock -1). */
void cv_link_policy_attach(struct cv_link_policy *p, int sock);

/**
 * PREPARED or SWITCHED has come.
 *
 * @param fd that came with it, -1 = none; stays the caller's.
 * @return 0, or -EPROTO: answers nothing that was asked.
 */
int cv_link_policy_answer(struct cv_link_policy *p, const struct cv_link_msg *msg, int fd);

/**
 * Hits of the rules of an offer in the dataplane that is attached, by rule index.
 *
 * @return NULL: not known.
 */
const struct cv_rule_hits *cv_link_policy_hits(const struct cv_link_policy *p, uint64_t number,
					       uint32_t *ret_count);

#endif
