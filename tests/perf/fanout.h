/* SPDX-License-Identifier: Apache-2.0 */
/* What the sides of bench_fanout share. One thread; nothing is freed before the program ends. */
#ifndef CV_FANOUT_H
#define CV_FANOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define FANOUT_SUBSCRIBERS_MAX 250u
#define FANOUT_TEXT_MAX 2048u

struct fanout {
	unsigned int subscribers, of, events; /* see bench_fanout.c */
	char text[FANOUT_TEXT_MAX]; /* an event as Culvert writes it; what peers are given */
	size_t text_len;

	char path[64]; /* its socket */
	bool adding; /* it has been told to and has not answered */

	char *host, *port; /* of the peer whose turn it is */
	int publisher; /* non-blocking */
	char *out; /* bytes for it, [out_at, out_len) not yet written */
	size_t out_at, out_len;
};

struct fanout_side {
	const char *name;
	char first; /* a line that begins with it is a delivery, and no other does */
	/** Connect, ask, wait until the place is taken. @return descriptor; ends the program on failure. */
	int (*subscribe)(struct fanout *f, unsigned int i);
	/** Who publishes. @return descriptor to poll. */
	int (*open)(struct fanout *f);
	/** More events, as many as go without waiting. @return how many, of the @p left there are. */
	unsigned int (*publish)(struct fanout *f, unsigned int done, unsigned int left);
	/** Take what it answered, and write what is left over. */
	void (*ready)(struct fanout *f, bool readable);
	void (*close)(struct fanout *f);
};

extern const struct fanout_side fanout_culvert, fanout_nats, fanout_nchan;

/** Device of the n-th event. */
unsigned int fanout_device(const struct fanout *f, unsigned int n);

/** Write @p request and read to the end of what @p until ends. */
void fanout_ask(int fd, const char *request, const char *until);
int fanout_connect(const char *host, const char *port);
_Noreturn void fanout_die(const char *what);

#endif
