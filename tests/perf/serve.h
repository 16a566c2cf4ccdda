/* SPDX-License-Identifier: Apache-2.0 */
/* The server of the tests over a real event log, for benches; see tests/subscriber/serve.c. */
#ifndef CV_BENCH_SERVE_H
#define CV_BENCH_SERVE_H

#include <stdio.h>
#include <sys/types.h>

struct serve {
	pid_t pid;
	FILE *to, *from;
	char port[8]; /* of TCP on 127.0.0.1 */
	char access[256]; /* file of tokens, which it leaves */
};

/**
 * Start it, and wait until it listens; ends the program when it does not.
 *
 * @param path of its Unix socket.
 */
struct serve serve_start(char *program, const char *path);

/** End it, wait, and remove what it leaves. */
void serve_end(struct serve *s);

#endif
