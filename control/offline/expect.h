/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a policy is expected to do with a capture, as a file that lies beside the policy:
 *
 *     expect:
 *       - { frame: 12, action: drop, reason: deny-default }
 *       - { filter: "udp port 5683", action: allow, rule: 10 }
 *       - { filter: "tcp port 23", packets: 0 }
 *
 * Every packet that an expectation is about must be treated as it says, and unless it says how many
 * there are, there must be one. One thread.
 */
#ifndef CV_EXPECT_H
#define CV_EXPECT_H

#include <pcap/pcap.h>

#include "control/config/diagnostics.h"
#include "control/offline/trial.h"

#define CV_EXPECTATIONS_MAX 4096
#define CV_EXPECT_ANY UINT32_MAX

struct cv_expectation {
	unsigned int line, column; /* where the file has it */
	uint64_t frame; /* number of the packet, 0 = those of the filter */
	char filter[512]; /* libpcap expression */
	uint8_t action; /* 0 = any, else enum cv_action + 1 */
	uint8_t reason; /* 0 = any, else enum cv_reason + 1 */
	uint32_t rule; /* id, 0 = default, CV_EXPECT_ANY = any */
	uint32_t packets; /* how many, CV_EXPECT_ANY = at least one */
	/* Found: */
	uint64_t matched, wrong;
	uint64_t first_wrong; /* number of the packet */
	struct cv_trial_verdict first_verdict; /* what became of it */
};

struct cv_expect {
	char *path;
	struct cv_expectation *items;
	size_t n;
	struct bpf_program *programs; /* beside items; bf_insns NULL = no filter */
};

/** Conventions as cv_config_load(). */
int cv_expect_load(const char *path, struct cv_expect **ret, struct cv_diagnostics *diag);
int cv_expect_parse(const char *path, const char *text, size_t len, struct cv_expect **ret,
		    struct cv_diagnostics *diag);

/** Hold a packet against all expectations. */
void cv_expect_frame(struct cv_expect *e, const struct cv_source_frame *frame,
		     const struct cv_trial_verdict *verdict);

/** Is this one met, all packets seen? */
bool cv_expect_met(const struct cv_expectation *x);

/** How many are not met. */
size_t cv_expect_failed(const struct cv_expect *e);

/** "packet 12" or the filter; what is wrong with it, a sentence without a full stop. */
void cv_expect_describe(const struct cv_expectation *x, FILE *out);
void cv_expect_explain(const struct cv_expectation *x, FILE *out);

/** NULL is fine. */
void cv_expect_free(struct cv_expect *e);

#endif
