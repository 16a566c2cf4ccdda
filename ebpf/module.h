/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A security team's own eBPF object (culvert_module.h): read and checked as bytes, verified by the
 * kernel, put behind the built-in verdict. docs/security/modules.md says what may be in one.
 *
 * The bytes come from outside. What this file reads of them it reads with bounds; libbpf, which
 * reads the rest, runs in a child process, so that whatever an object does to it ends there.
 */
#ifndef CV_MODULE_H
#define CV_MODULE_H

#include <stdbool.h>
#include <stddef.h>

#include "ebpf/loader.h"
#include "ebpf/module_maps.h"

/** Largest object, bytes. `policy module build` leaves debug sections out: real ones have some ten
 * kilobytes. */
#define CV_MODULE_SIZE_MAX (1u << 20)

/**
 * Check an object without the kernel: that it is one, its ABI, that it has the entry of
 * culvert_module.h and no other program, and calls only helpers that modules may use.
 *
 * @param ret what it says of itself, strings ended.
 * @return 0; -EINVAL with @p why "FILE:LINE:COLUMN: REASON" or "REASON".
 */
int cv_module_check(const void *object, size_t size, struct cv_module_info *ret,
		    struct cv_bpf_why *why);

/** The verifier's words of a refused module; free() them. */
struct cv_module_log {
	char *text;
};

/**
 * Check an object and load it: its maps and its program, attached to nothing. The verifier also
 * proves that it does not write to frames.
 *
 * @param frame map cv_module_frame, or -1: one of its own (nothing can run it then).
 * @param next map cv_module_next likewise.
 * @param ret the program's descriptor, to be closed; its maps live as long as it does.
 * @param log set whenever the verifier refuses, else text = NULL. May be NULL.
 * @return 0; negative errno with @p why set: -EINVAL and -EACCES the object is refused, -EPERM no
 *         right to load.
 */
int cv_module_load(const void *object, size_t size, int frame, int next, int *ret,
		   struct cv_module_log *log, struct cv_bpf_why *why);

/* ---- in a node ----------------------------------------------------------------------------- */

/*
 * A module belongs to the policy it came with: it lies in that policy's slot, and whatever puts the
 * policy in force or out of it (install, promote, revert) does the same to the module by the same
 * one store. A policy has at most one module, for all ports or for some.
 */

#define CV_MODULE_ALL_PORTS UINT32_MAX

/**
 * Verify a module and keep it for the next policy that is built: by cv_bpf_install() or
 * cv_bpf_shadow(), which use it up. A policy built without has no module; the one of
 * cv_bpf_load() keeps the module that an earlier control has left in force.
 *
 * @param ports a bit for each port of the generation.
 * @param object NULL: none after all.
 * @return 0; negative errno with @p why set, and nothing is kept.
 */
int cv_bpf_module_stage(struct cv_bpf *b, uint32_t ports, const void *object, size_t size,
			struct cv_bpf_why *why);

/**
 * Put a module in the policy in force, in place of the one there by one update, under traffic. The
 * old one's maps go with it; the new one starts with empty maps and counters.
 *
 * @return 0; negative errno with @p why set, and what was there goes on.
 */
int cv_bpf_module_install(struct cv_bpf *b, uint32_t ports, const void *object, size_t size,
			  struct cv_bpf_why *why);

/** Take the module of the policy in force away. None there is fine. */
void cv_bpf_module_remove(struct cv_bpf *b);

/**
 * For a start: see that the policy in force has this module. The very one that an earlier control
 * has left stays, with what it remembers.
 *
 * @param object NULL: it has none.
 * @return as cv_bpf_module_install(); 0 without af_xdp port.
 */
int cv_bpf_module_ensure(struct cv_bpf *b, uint32_t ports, const void *object, size_t size,
			 struct cv_bpf_why *why);

struct cv_bpf_module {
	struct cv_module_slot slot;
	struct cv_module_counts counts; /* since it was put there, summed over CPUs */
};

/**
 * A module and its counters.
 *
 * @param slot from cv_bpf_epoch().
 * @return 0, -ENOENT (that policy has none), or negative errno.
 */
int cv_bpf_module_counters(const struct cv_bpf *b, uint32_t slot, struct cv_bpf_module *ret);

/** Fewer timed runs than this say nothing about the mean. */
#define CV_MODULE_TIMED_MIN 16u

/** Mean run time, ns; 0 = not known yet. */
uint64_t cv_bpf_module_mean_ns(const struct cv_bpf_module *m);

/** Is the mean above what the module states as its budget? */
bool cv_bpf_module_over_budget(const struct cv_bpf_module *m);

#endif
