/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CV_TEST_TRACE_PRIVATE_H
#define CV_TEST_TRACE_PRIVATE_H

#include <sys/types.h>

#include "tests/eventlog/trace.h"

#define TRACE_NODES_MAX 4096
#define TRACE_NAME 64

enum trace_type {
	TRACE_WRITE,
	TRACE_SIZE, /* the file has at least off + len bytes */
	TRACE_TRUNCATE,
	TRACE_SYNC,
	TRACE_CREATE,
	TRACE_MKDIR,
	TRACE_RENAME,
	TRACE_UNLINK,
};

struct trace_op {
	enum trace_type type;
	uint64_t start, end; /* when it was asked for, and told to be done; end 0 = never */
	bool failed;
	int node; /* the file or, for names, the folder; syncs: either */
	int made; /* CREATE, MKDIR: the new node */
	char name[TRACE_NAME], to[TRACE_NAME]; /* RENAME: within one folder */
	uint64_t off, len;
	uint8_t *data; /* NULL = zeros */
	int linked; /* index of the operation that begins when this one is done, -1 = none */
};

struct trace_node {
	ino_t ino;
	bool folder;
	uint8_t *base; /* content when the trace began */
	uint64_t base_size;
	int parent; /* of what was there at the beginning, -1 = the top or made later */
	char base_name[TRACE_NAME];
};

struct trace {
	char dir[256];
	struct trace_node nodes[TRACE_NODES_MAX]; /* 0 is the top */
	int n_nodes;
	struct trace_op *ops;
	size_t n_ops, room;
	uint64_t now;
};

/* The recorder's side; with its lock held by trace_wrap.c. */
int trace_node_of(struct trace *t, ino_t ino);
int trace_node_new(struct trace *t, ino_t ino, bool folder);
/** @return index of the operation. */
size_t trace_add(struct trace *t, const struct trace_op *op);

#endif
