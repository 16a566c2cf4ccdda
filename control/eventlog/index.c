/* SPDX-License-Identifier: Apache-2.0 */
#include "control/eventlog/log_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CV_INDEX_MAGIC 0x3158444956435643ull
#define CV_INDEX_VERSION 1
#define CV_INDEX_FILE_MAX (64u << 20)

/* Head of the sidecar file; the entries follow. */
struct index_head {
	uint64_t magic;
	uint32_t version;
	uint32_t crc32c; /* of the whole file with this field 0 */
	uint64_t first, end, used, size;
	int64_t newest;
	uint64_t count;
};
_Static_assert(sizeof(struct index_head) == 64, "index file layout");

static int reserve(struct cv_segment *s)
{
	size_t room = s->index_room ? s->index_room * 2 : 64;
	struct cv_index_entry *grown;

	if (s->index_count < s->index_room)
		return 0;
	grown = realloc(s->index, room * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	s->index = grown;
	s->index_room = room;
	return 0;
}

int cv_index_add(struct cv_segment *s, const struct cv_block *b, uint64_t off, bool told,
		 bool force)
{
	const struct cv_index_entry *last = s->index_count ? &s->index[s->index_count - 1] : NULL;

	if (!last || told || force ||
	    off - (last->off & ~(uint64_t)CV_INDEX_TOLD) >= CV_INDEX_STEP) {
		if (reserve(s) < 0)
			return -ENOMEM;
		s->index[s->index_count++] = (struct cv_index_entry){
			.seq = b->first_seq,
			.newest_before = s->newest,
			.off = off | (told ? CV_INDEX_TOLD : 0),
		};
	}
	if (b->last_ts_ns > s->newest)
		s->newest = b->last_ts_ns;
	if (b->first_ts_ns > s->newest)
		s->newest = b->first_ts_ns;
	s->end = b->first_seq + b->count;
	return 0;
}

ssize_t cv_index_find(const struct cv_segment *s, uint64_t seq)
{
	size_t low = 0, high = s->index_count;

	if (s->index_count == 0 || s->index[0].seq > seq)
		return -1;
	while (high - low > 1) {
		size_t mid = low + (high - low) / 2;

		if (s->index[mid].seq <= seq)
			low = mid;
		else
			high = mid;
	}
	return (ssize_t)low;
}

static uint32_t file_crc(struct index_head head, const struct cv_index_entry *entries)
{
	head.crc32c = 0;
	return cv_crc32c(cv_crc32c(0, &head, sizeof(head)), entries,
			 (size_t)head.count * sizeof(*entries));
}

/* @return the sidecar's bytes, the caller's to free; NULL when memory is out. */
static void *make_file(const struct cv_segment *s, size_t *ret_size)
{
	struct index_head head = {
		.magic = CV_INDEX_MAGIC,
		.version = CV_INDEX_VERSION,
		.first = s->first,
		.end = s->end,
		.used = s->used,
		.size = s->size,
		.newest = s->newest,
		.count = s->index_count,
	};
	size_t entries = s->index_count * sizeof(*s->index);
	uint8_t *data = malloc(sizeof(head) + entries);

	if (!data)
		return NULL;
	head.crc32c = file_crc(head, s->index);
	memcpy(data, &head, sizeof(head));
	if (entries > 0)
		memcpy(data + sizeof(head), s->index, entries);
	*ret_size = sizeof(head) + entries;
	return data;
}

static void save_as(struct cv_log_lane *l, const struct cv_segment *s, const char *name)
{
	size_t size;
	void *data = make_file(s, &size);
	int fd = -1;

	if (data)
		fd = openat(l->dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
	if (fd >= 0) {
		if (pwrite(fd, data, size, 0) != (ssize_t)size)
			unlinkat(l->dir, name, 0);
		close(fd);
	}
	free(data);
}

void cv_index_save(struct cv_log_lane *l, const struct cv_segment *s)
{
	char name[CV_SEGMENT_NAME];

	cv_segment_name(s->first, ".idx", name);
	save_as(l, s, name);
}

void cv_index_active_saved(struct cv_op *op, int res, uint32_t flags)
{
	/* Should it fail, the next one says more. */
}

void cv_index_save_active(struct cv_log_lane *l)
{
	struct cv_index_active *a = &l->index;
	size_t size;

	if (a->fd < 0 || a->op.pending)
		return;
	free(a->bytes);
	a->bytes = make_file(cv_lane_active(l), &size);
	if (a->bytes)
		io_uring_prep_write(cv_loop_sqe(l->log->loop, &a->op), a->fd, a->bytes,
				    (unsigned int)size, 0);
}

void cv_index_save_active_now(struct cv_log_lane *l)
{
	if (l->index.fd >= 0 && cv_lane_active(l))
		save_as(l, cv_lane_active(l), CV_INDEX_ACTIVE);
}

bool cv_index_is_good(const struct cv_segment *s)
{
	uint64_t seq = s->first, off = 0;

	for (size_t i = 0; i < s->index_count; i++) {
		const struct cv_index_entry *e = &s->index[i];
		uint64_t at = e->off & ~(uint64_t)CV_INDEX_TOLD;

		if (e->seq < seq || e->seq >= s->end || at % CV_UNIT != 0 || at >= s->used ||
		    (i > 0 && at <= off))
			return false;
		seq = e->seq + 1;
		off = at;
	}
	return true;
}

static bool head_is_good(const struct index_head *head, const struct cv_segment *s, size_t size)
{
	return head->magic == CV_INDEX_MAGIC && head->version == CV_INDEX_VERSION &&
	       head->first == s->first && head->size == s->size && head->used <= head->size &&
	       head->used % CV_UNIT == 0 && head->end >= head->first && head->end < CV_SEQ_MAX &&
	       (head->count > 0) == (head->used > 0) &&
	       head->count == (size - sizeof(*head)) / sizeof(struct cv_index_entry) &&
	       (size - sizeof(*head)) % sizeof(struct cv_index_entry) == 0;
}

/* @return the whole file in memory of the caller, NULL: absent or not one of ours. */
static uint8_t *read_file(int dir, const char *name, size_t *size)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	uint8_t *data = NULL;
	struct stat st;

	*size = 0;
	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size <= CV_INDEX_FILE_MAX &&
	    (size_t)st.st_size >= sizeof(struct index_head)) {
		*size = (size_t)st.st_size;
		data = malloc(*size);
		if (data && pread(fd, data, *size, 0) != (ssize_t)*size) {
			free(data);
			data = NULL;
		}
	}
	close(fd);
	return data;
}

static int load(int dir, struct cv_segment *s, const char *name, bool exact)
{
	struct cv_index_entry *entries;
	struct cv_segment view;
	struct index_head head;
	uint8_t *data;
	size_t size;

	data = read_file(dir, name, &size);
	if (!data)
		return -ENOENT;
	memcpy(&head, data, sizeof(head));
	/* The active segment's is written over a longer one of the segment before. */
	if (!exact && head.count < (size - sizeof(head)) / sizeof(*entries))
		size = sizeof(head) + (size_t)head.count * sizeof(*entries);
	entries = (struct cv_index_entry *)(void *)(data + sizeof(head));
	view = (struct cv_segment){.first = head.first,
				   .end = head.end,
				   .used = head.used,
				   .index = entries,
				   .index_count = (size_t)head.count};
	if (!head_is_good(&head, s, size) || file_crc(head, entries) != head.crc32c ||
	    !cv_index_is_good(&view)) {
		free(data);
		return -EBADMSG;
	}
	memmove(data, entries, (size_t)head.count * sizeof(*entries));
	s->index = (struct cv_index_entry *)(void *)data;
	s->index_count = s->index_room = (size_t)head.count;
	s->end = head.end;
	s->used = head.used;
	s->newest = head.newest;
	return 0;
}

int cv_index_load(int dir, struct cv_segment *s)
{
	char name[CV_SEGMENT_NAME];

	cv_segment_name(s->first, ".idx", name);
	return load(dir, s, name, true);
}

int cv_index_load_active(int dir, struct cv_segment *s)
{
	return load(dir, s, CV_INDEX_ACTIVE, false);
}
