/* SPDX-License-Identifier: Apache-2.0 */
/* Who does something, for records of who changed what. Leaf code. */
#ifndef CV_WHO_H
#define CV_WHO_H

#include <sys/types.h>

#define CV_WHO_SIZE 96

/**
 * "root (uid 0)", with the login behind sudo when the system tells it.
 *
 * @param pid of the process, 0 = not known.
 */
void cv_who_describe(uid_t uid, pid_t pid, char ret[CV_WHO_SIZE]);

#endif
