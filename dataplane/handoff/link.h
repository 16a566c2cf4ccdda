/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The link: a SOCK_SEQPACKET Unix socket on which dataplane and control find each other.
 *
 *     dataplane connects -> control: WELCOME  + fd of the generation (sealed memfd), fd of the list
 *                                             of quarantined devices (likewise)
 *     dataplane -> control: ATTACH            + fd of the handoff memfd, fd of the doorbell eventfd
 *     control -> dataplane: ATTACHED
 *
 * From then on control keeps the dataplane's policies, in two phases:
 *
 *     control -> dataplane: PREPARE           + fd of a generation: build it, off the lcore
 *     dataplane -> control: PREPARED          it is there, or why not (the old one stays in force)
 *     control -> dataplane: SWITCH            numbers of what to judge by, what to judge beside it
 *                                             and what to keep; the rest may be freed
 *     dataplane -> control: SWITCHED          the lcore judges by it
 *
 * Beside the policies, whenever a dataplane attaches and whenever the list changes:
 *
 *     control -> dataplane: QUARANTINE        + fd of the list (policy/quarantine_image.h)
 *     dataplane -> control: QUARANTINED       the lcore judges by it, or why not (the one before
 *                                             stays in force)
 *
 * Either side's death shows as end of file. The dataplane goes on forwarding and tries again every
 * 100 ms; control drains the handoff of a dataplane that is gone.
 */
#ifndef CV_LINK_H
#define CV_LINK_H

#include <stdint.h>

#define CV_LINK_MAGIC 0x4b4e4c43u /* "CLNK" */
#define CV_LINK_VERSION 3

enum cv_link_type {
	CV_LINK_WELCOME = 1,
	CV_LINK_ATTACH,
	CV_LINK_ATTACHED,
	CV_LINK_REFUSED,
	CV_LINK_PREPARE,
	CV_LINK_PREPARED,
	CV_LINK_SWITCH,
	CV_LINK_SWITCHED,
	CV_LINK_QUARANTINE,
	CV_LINK_QUARANTINED,
};

struct cv_link_msg {
	uint32_t magic;
	uint16_t version;
	uint16_t type; /* enum cv_link_type */
	uint64_t generation; /* number; SWITCH, SWITCHED: of the one in force; of the list */
	uint64_t incarnation; /* ATTACH: of the dataplane */
	uint64_t shadow, previous; /* SWITCH, SWITCHED: numbers, 0 = none */
	int32_t error; /* REFUSED, PREPARED, SWITCHED, QUARANTINED: negative errno, 0 = done */
	uint32_t crc32c; /* PREPARE, PREPARED, QUARANTINE, QUARANTINED: of the image */
	char text[80]; /* where error is set: why, for a person */
};
_Static_assert(sizeof(struct cv_link_msg) == 128, "link message is ABI");

/**
 * Send one message with up to two file descriptors (-1 = none).
 *
 * @return 0 or negative errno.
 */
int cv_link_send(int sock, const struct cv_link_msg *msg, int fd0, int fd1);

/**
 * Receive one message; descriptors the peer did not send are -1. The caller owns them.
 *
 * @return 0, -EPIPE at end of file, -EPROTO for a message of another shape, other negative errno.
 */
int cv_link_recv(int sock, struct cv_link_msg *msg, int fds[2]);

#endif
