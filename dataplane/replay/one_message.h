/* SPDX-License-Identifier: Apache-2.0 */
/* `culvert-dataplane decode`: one message, from the command line to its events. */
#ifndef CV_ONE_MESSAGE_H
#define CV_ONE_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "dataplane/explain/explain.h"

/** What one IPv4 packet holds beside the heads. */
#define CV_ONE_MESSAGE_MAX (65535 - 20 - 20)

struct cv_one_message {
	uint8_t data[CV_ONE_MESSAGE_MAX];
	size_t len;
	bool tcp;
	bool from_server;
	uint16_t server_port;
	uint8_t proto;
	bool explain; /* field by field, and then the events */
	bool json; /* with explain: as one object */
	bool found; /* the protocol, by content */
	const char *generation; /* file, NULL = none */
};

/** Tell on stderr. @return CV_REPLAY_USAGE. */
__attribute__((format(printf, 1, 2))) int cv_one_message_wrong(const char *format, ...);

/** @return 0 = go on, or an exit code with *@p stop set. */
int cv_one_message_parse(int argc, char **argv, struct cv_one_message *m, bool *stop);

/**
 * Print the fields of a message and the events it becomes.
 *
 * @param events CloudEvents, one JSON object per line, zero-terminated.
 * @return 0 or negative errno.
 */
int cv_explain_print(const struct cv_one_message *m, const struct cv_explain *x, const char *events,
		     FILE *out);

#endif
