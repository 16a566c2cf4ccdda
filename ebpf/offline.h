/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The XDP object that control carries, loaded without being attached or pinned, judging frames one
 * by one by BPF_PROG_RUN: for trying a policy. Its maps are its own; nothing of a running node is
 * touched. One thread per handle.
 */
#ifndef CV_BPF_OFFLINE_H
#define CV_BPF_OFFLINE_H

#include "ebpf/module.h"

struct cv_bpf_offline;

/** BPF_PROG_RUN takes no frame shorter than an Ethernet header, and none of more than a page. */
#define CV_BPF_OFFLINE_SHORTEST 14u
#define CV_BPF_OFFLINE_LONGEST 3400u

struct cv_bpf_judged {
	uint32_t verdict; /* CV_VERDICT(action, reason) */
	uint32_t rule, index; /* id, where hits are counted; 0 = default */
	uint32_t app; /* constraints on the decoded message, 0 = none */
	uint32_t inspect;
	uint32_t shadow; /* verdict of cv_bpf_offline_shadow()'s policy, CV_TEST_NO_SHADOW = none */
	uint32_t module; /* what the module returned, CV_TEST_NO_MODULE = it was not asked */
};

/**
 * Load the object and install a policy.
 *
 * @param gen checked image; not kept.
 * @return 0; -EPERM without privilege; another negative errno. @p why is set.
 */
int cv_bpf_offline_open(const struct cv_generation *gen, struct cv_bpf_offline **ret,
			struct cv_bpf_why *why);

/**
 * Judge a frame of CV_BPF_OFFLINE_SHORTEST to _LONGEST bytes.
 *
 * @param port index of the port it came in by.
 * @param now_ns time for limits, below 2^58, never back.
 * @return 0 or negative errno.
 */
int cv_bpf_offline_judge(struct cv_bpf_offline *o, const uint8_t *data, uint32_t len, uint32_t port,
			 uint64_t now_ns, struct cv_bpf_judged *ret);

/**
 * Put a module behind the policy; verdicts are then with its word.
 *
 * @return 0; negative errno with @p why set, as of cv_module_load().
 */
int cv_bpf_offline_module(struct cv_bpf_offline *o, const void *object, size_t size,
			  struct cv_bpf_why *why);

/** Judge by another policy beside it from now on. @return 0; negative errno with @p why set. */
int cv_bpf_offline_shadow(struct cv_bpf_offline *o, const struct cv_generation *gen,
			  struct cv_bpf_why *why);

/** What the module did so far. @return 0, -ENOENT (there is none), negative errno. */
int cv_bpf_offline_module_counters(const struct cv_bpf_offline *o, struct cv_bpf_module *ret);

/** NULL is fine. */
void cv_bpf_offline_close(struct cv_bpf_offline *o);

/* ---- for tests, which look into the maps ---------------------------------------------------- */

/**
 * Load the object into port 0 of a handle that cv_bpf_install() and cv_bpf_counters() work on.
 * @p b zeroed by the caller, to be given to cv_bpf_offline_stop() in any case.
 */
int cv_bpf_offline_start(struct cv_bpf *b, uint32_t devices);
void cv_bpf_offline_stop(struct cv_bpf *b);

#endif
