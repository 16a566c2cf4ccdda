/* SPDX-License-Identifier: Apache-2.0 */
/* What a sink's process gives up before it talks to anybody outside. */
#ifndef CV_SINK_PROCESS_H
#define CV_SINK_PROCESS_H

#include <stddef.h>
#include <sys/types.h>

/** Descriptors that the keeper leaves open for the process. */
#define CV_SINK_SETTINGS_FD 3
#define CV_SINK_STATUS_FD 4

/** Close everything but the standard three and the two above. */
void cv_sink_close_inherited(void);

/** Who the process is to be. Not root: stays who it is. @return 0 or -ENOENT. */
int cv_sink_find_user(const char *name, uid_t *ret_uid, gid_t *ret_gid);

/**
 * Become that user for good, without groups and capabilities; end with the parent; no new
 * privileges; no system calls that a sender of events has no use for.
 *
 * @param why set on failure.
 * @return 0 or negative errno.
 */
int cv_sink_confine(uid_t uid, gid_t gid, pid_t parent, char *why, size_t why_size);

#endif
