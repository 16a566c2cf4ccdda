/* SPDX-License-Identifier: Apache-2.0 */
/* The replayer: a disk that a power failure could leave behind. */
#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/eventlog/log_fixture.h"
#include "tests/eventlog/trace_private.h"
#include "tests/random.h"

#define SECTOR 512

struct trace_counts trace_counts;

/* How the disk loses what was not flushed. */
enum mood { MOOD_NOTHING, MOOD_ALL, MOOD_SOME, MOOD_TORN, MOOD_SHORT, MOOD_COUNT };

struct name {
	int folder, node; /* node -1 = gone */
	char name[TRACE_NAME];
};

struct build {
	const struct trace *t;
	uint64_t kill, *random;
	enum mood mood;
	struct name *names;
	size_t n_names;
};

static unsigned int below(struct build *b, unsigned int n)
{
	return (unsigned int)(next_random_of(b->random) % n);
}

/* Was it flushed: a sync of the node that began after its end and ended before the kill. */
static bool is_durable(const struct build *b, const struct trace_op *op)
{
	if (op->end == 0 || op->end >= b->kill || op->failed)
		return false;
	for (const struct trace_op *s = op + 1; s < b->t->ops + b->t->n_ops; s++) {
		if (s->start >= b->kill && s->type != TRACE_SYNC)
			continue;
		if (s->type == TRACE_SYNC && s->node == op->node && s->start >= op->end &&
		    s->end != 0 && s->end < b->kill && !s->failed)
			return true;
	}
	return false;
}

/* ---- names ---------------------------------------------------------------------------------- */

static struct name *find(struct build *b, int folder, const char *name)
{
	for (size_t i = 0; i < b->n_names; i++)
		if (b->names[i].node >= 0 && b->names[i].folder == folder &&
		    strcmp(b->names[i].name, name) == 0)
			return &b->names[i];
	return NULL;
}

static void add_name(struct build *b, int folder, int node, const char *name)
{
	struct name *n = &b->names[b->n_names++];

	*n = (struct name){.folder = folder, .node = node};
	strcpy(n->name, name);
}

static void apply_name(struct build *b, const struct trace_op *op)
{
	struct name *n = find(b, op->node, op->name), *to;

	if (op->type == TRACE_CREATE || op->type == TRACE_MKDIR) {
		if (!n)
			add_name(b, op->node, op->made, op->name);
	} else if (op->type == TRACE_UNLINK && n) {
		n->node = -1;
	} else if (op->type == TRACE_RENAME && n) {
		to = find(b, op->node, op->to);
		if (to)
			to->node = -1;
		strcpy(n->name, op->to);
	}
}

static bool is_name(const struct trace_op *op)
{
	return op->type >= TRACE_CREATE;
}

/* Each folder's names as a journal keeps them: what was flushed, and on up to some point. */
static void build_names(struct build *b)
{
	const struct trace *t = b->t;

	for (int i = 1; i < t->n_nodes; i++)
		if (t->nodes[i].parent >= 0)
			add_name(b, t->nodes[i].parent, i, t->nodes[i].base_name);
	for (int folder = 0; folder < t->n_nodes; folder++) {
		bool going = true;

		for (size_t i = 0; t->nodes[folder].folder && i < t->n_ops && going; i++) {
			const struct trace_op *op = &t->ops[i];

			if (!is_name(op) || op->node != folder || op->start >= b->kill ||
			    op->failed)
				continue;
			if (!is_durable(b, op) && (b->mood == MOOD_NOTHING ||
						   (b->mood != MOOD_ALL && below(b, 3) == 0))) {
				going = false;
				trace_counts.names_lost++;
				continue;
			}
			apply_name(b, op);
		}
	}
}

/* ---- content -------------------------------------------------------------------------------- */

struct content {
	uint8_t *data;
	uint64_t size, room;
};

static void grow(struct content *c, uint64_t size)
{
	if (size > c->room) {
		c->data = realloc(c->data, size);
		assert(c->data);
		memset(c->data + c->room, 0, size - c->room);
		c->room = size;
	}
	if (size > c->size)
		c->size = size;
}

static void put(struct content *c, const struct trace_op *op, uint64_t from, uint64_t len)
{
	if (len == 0)
		return;
	grow(c, op->off + from + len);
	if (op->data)
		memcpy(c->data + op->off + from, op->data + from, len);
	else
		memset(c->data + op->off + from, 0, len);
}

/* A write that nobody knows to be on the disk. */
static void put_some(struct build *b, struct content *c, const struct trace_op *op, bool *lost)
{
	uint64_t sectors = (op->len + SECTOR - 1) / SECTOR, n;

	if (b->mood == MOOD_NOTHING || (b->mood != MOOD_ALL && below(b, 3) == 0)) {
		trace_counts.writes_lost++;
		*lost = true;
		return;
	}
	trace_counts.reordered += *lost;
	if (b->mood == MOOD_ALL || b->mood == MOOD_SOME || below(b, 2)) {
		put(c, op, 0, op->len);
		return;
	}
	if (b->mood == MOOD_SHORT) {
		n = (uint64_t)below(b, (unsigned int)sectors) * SECTOR;
		trace_counts.writes_short++;
		put(c, op, 0, n < op->len ? n : op->len);
		return;
	}
	trace_counts.writes_torn++;
	for (uint64_t s = 0; s < sectors; s++) {
		n = op->len - s * SECTOR;
		if (below(b, 2))
			put(c, op, s * SECTOR, n < SECTOR ? n : SECTOR);
	}
}

static void build_content(struct build *b, int node, struct content *c)
{
	const struct trace_node *n = &b->t->nodes[node];
	bool lost = false;

	grow(c, n->base_size);
	if (n->base_size)
		memcpy(c->data, n->base, n->base_size);
	for (size_t i = 0; i < b->t->n_ops; i++) {
		const struct trace_op *op = &b->t->ops[i];

		if (op->node != node || op->start >= b->kill || op->type > TRACE_TRUNCATE)
			continue;
		if (op->type == TRACE_WRITE && is_durable(b, op)) {
			put(c, op, 0, op->len);
		} else if (op->type == TRACE_WRITE) {
			put_some(b, c, op, &lost);
		} else if (op->type == TRACE_TRUNCATE && (is_durable(b, op) || below(b, 2))) {
			if (c->size > 0)
				memset(c->data, 0, c->size);
			c->size = 0;
			grow(c, op->len);
		} else if (op->type == TRACE_SIZE && (is_durable(b, op) || below(b, 2))) {
			grow(c, op->off + op->len);
		}
	}
}

static void write_file(struct build *b, int node, const char *path)
{
	struct content c = {0};
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);

	assert(fd >= 0);
	build_content(b, node, &c);
	assert(write(fd, c.data, c.size) == (ssize_t)c.size);
	close(fd);
	free(c.data);
}

static void write_folder(struct build *b, int folder, const char *path)
{
	for (size_t i = 0; i < b->n_names; i++) {
		const struct name *n = &b->names[i];
		char below_path[600];

		if (n->node < 0 || n->folder != folder)
			continue;
		snprintf(below_path, sizeof(below_path), "%s/%s", path, n->name);
		if (b->t->nodes[n->node].folder) {
			assert(mkdir(below_path, 0750) == 0);
			write_folder(b, n->node, below_path);
		} else {
			write_file(b, n->node, below_path);
		}
	}
}

void trace_build(const struct trace *t, uint64_t kill, uint64_t *random, const char *to)
{
	struct build b = {.t = t, .kill = kill, .random = random};

	b.mood = (enum mood)below(&b, MOOD_COUNT);
	b.names = calloc(t->n_ops + TRACE_NODES_MAX, sizeof(*b.names));
	assert(b.names);
	fx_remove_tree(to);
	assert(mkdir(to, 0750) == 0);
	build_names(&b);
	write_folder(&b, 0, to);
	free(b.names);
	trace_counts.states++;
}
