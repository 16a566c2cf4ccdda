/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the log did to its files, in order, and the disks a power failure could leave behind.
 *
 * The recorder stands between the log and the kernel: the linker's --wrap for the calls, and the
 * submission queue for what goes through io_uring. The replayer keeps what was flushed, in the
 * sense of POSIX: data by fsync() of the file, names by fsync() of their folder. Of the rest it
 * keeps what chance says: all, nothing, some writes without the ones before them, parts of writes
 * in sectors of 512 bytes, names up to any point.
 */
#ifndef CV_TEST_TRACE_H
#define CV_TEST_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct trace;

/** Begin to record what happens to the files below @p dir; what is there now is durable. */
struct trace *trace_start(const char *dir);
void trace_stop(struct trace *t);
void trace_free(struct trace *t);

/** Point in time of a trace: so many calls and completions have been seen. */
uint64_t trace_now(const struct trace *t);

/**
 * Build a disk that a power failure at @p kill could leave.
 *
 * @param random a state of tests/random.h.
 * @param to a folder, emptied first.
 */
void trace_build(const struct trace *t, uint64_t kill, uint64_t *random, const char *to);

/** How often each kind of loss was chosen, summed over all that was built. */
struct trace_counts {
	uint64_t states, writes_lost, writes_torn, writes_short, reordered, names_lost;
};
extern struct trace_counts trace_counts;

#endif
