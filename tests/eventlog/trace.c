/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/eventlog/trace_private.h"

int trace_node_of(struct trace *t, ino_t ino)
{
	/* The newest: numbers of removed files are used again. */
	for (int i = t->n_nodes - 1; i >= 0; i--)
		if (t->nodes[i].ino == ino)
			return i;
	return -1;
}

int trace_node_new(struct trace *t, ino_t ino, bool folder)
{
	assert(t->n_nodes < TRACE_NODES_MAX);
	t->nodes[t->n_nodes] = (struct trace_node){.ino = ino, .folder = folder, .parent = -1};
	return t->n_nodes++;
}

size_t trace_add(struct trace *t, const struct trace_op *op)
{
	if (t->n_ops == t->room) {
		t->room = t->room ? 2 * t->room : 1024;
		t->ops = realloc(t->ops, t->room * sizeof(*t->ops));
		assert(t->ops);
	}
	t->ops[t->n_ops] = *op;
	t->ops[t->n_ops].start = ++t->now;
	return t->n_ops++;
}

static void take_file(struct trace *t, int node, int dir, const char *name, uint64_t size)
{
	struct trace_node *n = &t->nodes[node];
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);

	assert(fd >= 0);
	n->base = malloc(size + 1);
	n->base_size = size;
	assert(n->base && pread(fd, n->base, size, 0) == (ssize_t)size);
	close(fd);
}

static void take_folder(struct trace *t, int folder, const char *path)
{
	DIR *d = opendir(path);
	struct dirent *e;

	assert(d);
	while ((e = readdir(d))) {
		char below[600];
		struct stat st;
		int node;

		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		assert(fstatat(dirfd(d), e->d_name, &st, 0) == 0);
		node = trace_node_new(t, st.st_ino, S_ISDIR(st.st_mode));
		t->nodes[node].parent = folder;
		snprintf(t->nodes[node].base_name, TRACE_NAME, "%.*s", TRACE_NAME - 1, e->d_name);
		snprintf(below, sizeof(below), "%s/%.255s", path, e->d_name);
		if (S_ISDIR(st.st_mode))
			take_folder(t, node, below);
		else
			take_file(t, node, dirfd(d), e->d_name, (uint64_t)st.st_size);
	}
	closedir(d);
}

struct trace *trace_new(const char *dir);

struct trace *trace_new(const char *dir)
{
	struct trace *t = calloc(1, sizeof(*t));
	struct stat st;

	assert(t && stat(dir, &st) == 0);
	snprintf(t->dir, sizeof(t->dir), "%s", dir);
	trace_node_new(t, st.st_ino, true);
	take_folder(t, 0, dir);
	return t;
}

void trace_free(struct trace *t)
{
	for (int i = 0; i < t->n_nodes; i++)
		free(t->nodes[i].base);
	for (size_t i = 0; i < t->n_ops; i++)
		free(t->ops[i].data);
	free(t->ops);
	free(t);
}

uint64_t trace_now(const struct trace *t)
{
	return t->now;
}
