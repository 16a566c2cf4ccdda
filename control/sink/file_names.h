/* SPDX-License-Identifier: Apache-2.0 */
/* Names of the files of a sink: NAME-20260504T030201.123456Z-000.ndjson, and ".part" behind it. */
#ifndef CV_SINK_FILE_NAMES_H
#define CV_SINK_FILE_NAMES_H

#include <stdint.h>

#define CV_SINK_FILE_NAME_MAX 96

/** Name of a file that is being written. @param ret CV_SINK_FILE_NAME_MAX bytes. */
void cv_sink_file_name(const char *sink, uint64_t wall_ns, unsigned int n, char *ret);

/** Give a part its own name; never over another file. @return 0 or -1 with errno. */
int cv_sink_file_finish(int dir, const char *part);

/**
 * Finish the parts of a process that was killed: what is behind their last whole line is cut, since
 * it was not acknowledged. @return 0 or negative errno.
 */
int cv_sink_file_recover(int dir, const char *sink);

/** Delete the oldest finished files until @p keep are left. */
void cv_sink_file_expire(int dir, const char *sink, unsigned int keep);

#endif
