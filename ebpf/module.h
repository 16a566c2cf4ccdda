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

#include "ebpf/culvert_module.h"
#include "ebpf/loader.h"

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

#endif
