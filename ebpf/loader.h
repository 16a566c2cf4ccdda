/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loading the XDP programs, for control. Everything is pinned, so that a policy outlives control
 * and the dataplane; a control that starts again finds the pins, puts the programs it carries in
 * place of the running ones by bpf_link_update, and no frame goes unjudged in between.
 *
 *     DIR/policy_*, DIR/quarantine, DIR/devices, DIR/devices_shadow, DIR/shadow_diffs,
 *     DIR/module_*                                                          shared by all ports
 *     DIR/port-PORT/{link,xsks_map,counters,port_config,peer_map}           one folder per port
 *
 * Pins vanish under `ip netns exec`, which mounts a fresh /sys: enter namespaces with
 * `nsenter --net=`. Interfaces are looked up in the caller's network namespace.
 *
 * One thread per handle. Two processes on one DIR are kept apart by a lock on DIR.
 */
#ifndef CV_LOADER_H
#define CV_LOADER_H

#include <stddef.h>
#include <stdint.h>

#include "dataplane/policy/evidence_abi.h"
#include "dataplane/policy/generation.h"
#include "dataplane/policy/quarantine_image.h"
#include "ebpf/maps.h"

struct cv_bpf;

/** What went wrong and what to do about it: one sentence each. Set whenever a call fails. */
struct cv_bpf_why {
	char text[320];
};

enum cv_xdp_mode { CV_XDP_MODE_NATIVE, CV_XDP_MODE_GENERIC };

/**
 * Load and attach a generation: for each af_xdp port the program, the policy for all, and what is
 * attached under @p dir but not in the generation any more is removed. A generation without af_xdp
 * ports needs no privilege.
 *
 * @param gen checked image; not kept.
 * @param dir folder on a BPF filesystem, made when missing; at most 160 characters.
 * @param quarantine checked list, in force before a program is attached; NULL: the one that is
 *                   pinned stays.
 * @return 0; negative errno with @p why set, and no link is left behind that was not there before.
 */
int cv_bpf_load(const struct cv_generation *gen, const char *dir,
		const struct cv_quarantine_image *quarantine, struct cv_bpf **ret,
		struct cv_bpf_why *why);

/**
 * Put another list of quarantined devices in force on all ports, by one update under traffic. Works
 * on the pins and needs no handle: whoever changes the list does it, one at a time. Waits for the
 * kernel's grace period.
 *
 * @param image checked.
 * @return 0; -ENOENT: no program is loaded under @p dir; negative errno with @p why set, and the
 *         list before stays.
 */
int cv_bpf_quarantine(const char *dir, const struct cv_quarantine_image *image,
		      struct cv_bpf_why *why);

/** Devices in the kernel's list. @return 0, -ENOENT (no program is loaded), negative errno. */
int cv_bpf_quarantined(const char *dir, uint32_t *ret);

/**
 * Switch all ports to the policy of another generation by one store, under traffic. Ports and
 * device_capacity stay those of cv_bpf_load(). The policy before stays loaded for cv_bpf_revert();
 * a shadow is gone. Waits for the kernel's grace period (tens of ms).
 *
 * @return 0, or negative errno with @p why set; the old policy is in force then.
 */
int cv_bpf_install(struct cv_bpf *b, const struct cv_generation *gen, struct cv_bpf_why *why);

/**
 * Judge by this policy beside the one in force, on the same frames, and count where they differ.
 * What was counted before is forgotten.
 *
 * @param gen NULL: no longer.
 * @return 0, or negative errno with @p why set; there is no shadow then.
 */
int cv_bpf_shadow(struct cv_bpf *b, const struct cv_generation *gen, struct cv_bpf_why *why);

/** Put the shadow in force by one store. @return 0, -ENOENT (there is none), negative errno. */
int cv_bpf_promote(struct cv_bpf *b);

/** Put the policy before in force by one store. @return 0, -ENOENT (there is none). */
int cv_bpf_revert(struct cv_bpf *b);

/**
 * The same in two steps, for who has to ask others before anything is changed: build a policy in a
 * slot of its own, which nothing but cv_bpf_switch() and cv_bpf_abandon() frees.
 *
 * @return 0; -ENOBUFS: all slots are taken; negative errno with @p why set. Nothing is changed then.
 */
int cv_bpf_prepare(struct cv_bpf *b, const struct cv_generation *gen, uint32_t *ret_slot,
		   struct cv_bpf_why *why);

/** Give a prepared slot up. */
void cv_bpf_abandon(struct cv_bpf *b, uint32_t slot);

/**
 * Judge by these slots from now on: one store. A shadow that is new begins with nothing counted.
 * cv_bpf_settle() must follow before anything else is prepared.
 */
void cv_bpf_switch(struct cv_bpf *b, const struct cv_epoch *to);

/** After the kernel's grace period, free slots that are neither in use nor prepared. Blocks. */
void cv_bpf_settle(struct cv_bpf *b);

/** Which slot is what. All CV_SLOT_NONE or zero without af_xdp port. */
struct cv_epoch cv_bpf_epoch(const struct cv_bpf *b);

/**
 * Hits of the rules of a slot, summed over CPUs.
 *
 * @param slot from cv_bpf_epoch().
 * @param hits @p n entries, by rule index.
 * @return 0, -ENOENT (empty slot, no af_xdp port), negative errno.
 */
int cv_bpf_hits(const struct cv_bpf *b, uint32_t slot, struct cv_rule_hits *hits, uint32_t n);

/** One kind of difference between live and shadow policy. */
struct cv_bpf_difference {
	struct cv_shadow_key key;
	struct cv_shadow_diff count;
};

/**
 * The differences that are remembered, at most @p max; the least recent may have been forgotten.
 *
 * @return how many, or negative errno.
 */
int cv_bpf_differences(const struct cv_bpf *b, struct cv_bpf_difference *ret, unsigned int max);

/** Number of the generation in force, 0 = none. */
uint64_t cv_bpf_generation(const struct cv_bpf *b);

/**
 * Counters of a port since it was first attached, summed over CPUs.
 *
 * @param port index in the generation's ports.
 * @return 0, -ENOENT (not an af_xdp port), or negative errno.
 */
int cv_bpf_counters(const struct cv_bpf *b, unsigned int port, struct cv_xdp_counts *ret);

/** How a port's program runs. @return 0 or -ENOENT. */
int cv_bpf_mode(const struct cv_bpf *b, unsigned int port, enum cv_xdp_mode *ret);

/**
 * Begin, change or end (until_ns 0) the sampling of dropped frames on all ports.
 *
 * @param config until_ns is CLOCK_MONOTONIC.
 * @return 0 or negative errno: the rings cannot be read.
 */
int cv_bpf_evidence_configure(struct cv_bpf *b, const struct cv_evidence_config *config);

/** One copy. @param head ts_ns is CLOCK_MONOTONIC, port is filled. */
typedef void cv_bpf_sample(void *owner, const struct cv_sample *head, const uint8_t *data);

/** Take all copies out of the rings. */
void cv_bpf_evidence_read(struct cv_bpf *b, cv_bpf_sample *take, void *owner);

/**
 * Dropped frames of one port that were wanted, and copies taken out of its ring, since it was
 * loaded.
 *
 * @return 0, -ENOENT (not an af_xdp port), or negative errno.
 */
int cv_bpf_evidence_counts(const struct cv_bpf *b, unsigned int port,
			   struct cv_evidence_counts *ret, uint64_t *ret_read);

/** Give up the handle; programs and pins stay. NULL is fine. */
void cv_bpf_close(struct cv_bpf *b);

/** Detach every program pinned under @p dir and remove the pins. Nothing there is fine. */
int cv_bpf_detach(const char *dir, struct cv_bpf_why *why);

#endif
