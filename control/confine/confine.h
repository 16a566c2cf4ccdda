/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What culvert-control gives up: capabilities before it opens anything, system calls once it has
 * started. docs/security/confinement.md says what is left and why.
 */
#ifndef CV_CONFINE_H
#define CV_CONFINE_H

#include <stddef.h>
#include <stdint.h>

/** Exit code of a process that made a system call it may not make. */
#define CV_CONFINE_EXIT 3

/* enum, name */
#define CV_CONFINE_MODES(X)                                                                        \
	X(ENFORCE, "enforce") /* another system call ends control */                               \
	X(LOG, "log") /* the kernel logs it */                                                     \
	X(OFF, "off")

#define CV_CONFINE_ROW(id, name) CV_CONFINE_##id,
enum cv_confine_mode { CV_CONFINE_MODES(CV_CONFINE_ROW) CV_CONFINE_MODE_COUNT };

/**
 * Keep these capabilities, of those that are there, and no others; nothing that is executed gets
 * any back. For the calling thread and those it makes.
 *
 * @param keep bit per CAP_*.
 * @return 0 or negative errno.
 */
int cv_confine_capabilities(uint64_t keep);

/**
 * From now on only the system calls of calls.h, for all threads. Another one is not made: where
 * @p mode is ENFORCE the process says which and ends with CV_CONFINE_EXIT.
 *
 * @return 0; -ENOTSUP: this build cannot; negative errno: the kernel does not take it.
 */
int cv_confine_calls(enum cv_confine_mode mode);

#endif
