/* SPDX-License-Identifier: Apache-2.0 */
#include "control/rollout/state.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dataplane/handoff/handoff.h"

#define PLACE_SIZE 4096u /* one page of a disk: written whole or not, and checked all the same */
#define MAGIC 0x3145544154535643ull /* "CVSTATE1" little-endian */

struct place {
	uint64_t magic;
	uint64_t sequence;
	uint32_t len; /* of the text */
	uint32_t crc32c; /* of the place with this field 0 */
	char text[PLACE_SIZE - 24];
};
_Static_assert(sizeof(struct place) == PLACE_SIZE, "state file layout");

static uint32_t crc_of(const struct place *p)
{
	struct place copy = *p;

	copy.crc32c = 0;
	return cv_crc32c(0, &copy, sizeof(copy));
}

static bool is_whole(const struct place *p)
{
	return p->magic == MAGIC && p->len < sizeof(p->text) && p->crc32c == crc_of(p);
}

static json_t *to_json(const struct cv_state *s)
{
	return json_pack(
		"{s:I s:I s:I s:I s:I s:I s:s s:s s:b s:I s:I s:s s:s s:I s:I s:I s:s s:s}", "last",
		(json_int_t)s->last, "live", (json_int_t)s->live, "previous",
		(json_int_t)s->previous, "shadow", (json_int_t)s->shadow, "live_since",
		(json_int_t)s->live_since_ns, "shadow_since", (json_int_t)s->shadow_since_ns,
		"live_who", s->live_who, "shadow_who", s->shadow_who, "confirm", s->confirm,
		"deadline_wall", (json_int_t)s->deadline_wall_ns, "deadline_boot",
		(json_int_t)s->deadline_boot_ns, "boot_id", s->boot_id, "intent", s->intent,
		"intent_number", (json_int_t)s->intent_number, "intent_audit",
		(json_int_t)s->intent_audit, "version", (json_int_t)s->version, "version_hash",
		s->version_hash, "seed_hash", s->seed_hash);
}

static void copy_text(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%s", from);
}

static int from_json(json_t *doc, struct cv_state *ret)
{
	json_int_t last, live, previous, shadow, since, shadow_since, wall, boot, number, audit,
		version;
	const char *who, *shadow_who, *boot_id, *intent, *seed, *newest;
	int confirm;

	if (json_unpack(doc,
			"{s:I s:I s:I s:I s:I s:I s:s s:s s:b s:I s:I s:s s:s s:I s:I s:I s:s s:s}",
			"last", &last, "live", &live, "previous", &previous, "shadow", &shadow,
			"live_since", &since, "shadow_since", &shadow_since, "live_who", &who,
			"shadow_who", &shadow_who, "confirm", &confirm, "deadline_wall", &wall,
			"deadline_boot", &boot, "boot_id", &boot_id, "intent", &intent,
			"intent_number", &number, "intent_audit", &audit, "version", &version,
			"version_hash", &newest, "seed_hash", &seed) < 0)
		return -EBADMSG;
	*ret = (struct cv_state){
		.last = (uint64_t)last,
		.live = (uint64_t)live,
		.previous = (uint64_t)previous,
		.shadow = (uint64_t)shadow,
		.live_since_ns = since,
		.shadow_since_ns = shadow_since,
		.confirm = confirm,
		.deadline_wall_ns = wall,
		.deadline_boot_ns = (uint64_t)boot,
		.intent_number = (uint64_t)number,
		.intent_audit = audit,
		.version = (uint64_t)version,
	};
	copy_text(ret->live_who, sizeof(ret->live_who), who);
	copy_text(ret->shadow_who, sizeof(ret->shadow_who), shadow_who);
	copy_text(ret->boot_id, sizeof(ret->boot_id), boot_id);
	copy_text(ret->intent, sizeof(ret->intent), intent);
	copy_text(ret->version_hash, sizeof(ret->version_hash), newest);
	copy_text(ret->seed_hash, sizeof(ret->seed_hash), seed);
	return 0;
}

static int read_newest(struct cv_state_file *file, struct cv_state *ret)
{
	struct place places[2] = {0};
	const struct place *newest = NULL;
	ssize_t got = pread(file->fd, places, sizeof(places), 0);
	json_t *doc;
	int res;

	if (got < 0)
		return -errno;
	for (int i = 0; i < 2; i++)
		if (is_whole(&places[i]) && (!newest || places[i].sequence > newest->sequence))
			newest = &places[i];
	if (!newest) {
		static const struct place blank;

		/* Made and never written, as by a crash in the very first start. */
		*ret = (struct cv_state){0};
		return memcmp(&places[0], &blank, sizeof(blank)) == 0 &&
				       memcmp(&places[1], &blank, sizeof(blank)) == 0
			       ? 0
			       : -EBADMSG;
	}
	file->sequence = newest->sequence;
	doc = json_loadb(newest->text, newest->len, 0, NULL);
	res = doc ? from_json(doc, ret) : -EBADMSG;
	json_decref(doc);
	return res;
}

int cv_state_open(const char *path, struct cv_state_file *file, struct cv_state *ret)
{
	struct cv_state state;
	int res;

	*file = (struct cv_state_file){.fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
	if (file->fd < 0)
		return -errno;
	res = flock(file->fd, LOCK_EX | LOCK_NB) < 0 ? EBUSY : 0;
	/* Both places have their room from now on. */
	if (!res)
		res = posix_fallocate(file->fd, 0, 2 * PLACE_SIZE);
	res = res ? -res : read_newest(file, &state);
	if (res < 0) {
		cv_state_close(file);
		return res;
	}
	*ret = state;
	return 0;
}

int cv_state_write(struct cv_state_file *file, const struct cv_state *state)
{
	struct place p = {.magic = MAGIC, .sequence = file->sequence + 1};
	json_t *doc = to_json(state);
	size_t len = doc ? json_dumpb(doc, p.text, sizeof(p.text) - 1, JSON_COMPACT) : 0;
	ssize_t put;

	json_decref(doc);
	if (len == 0 || len >= sizeof(p.text))
		return -ENOMEM;
	p.len = (uint32_t)len;
	p.crc32c = crc_of(&p);
	put = pwrite(file->fd, &p, sizeof(p), (off_t)(p.sequence % 2 * PLACE_SIZE));
	if (put != (ssize_t)sizeof(p))
		return put < 0 ? -errno : -EIO;
	if (fdatasync(file->fd) < 0)
		return -errno;
	file->sequence++;
	return 0;
}

void cv_state_close(struct cv_state_file *file)
{
	if (file->fd >= 0)
		close(file->fd);
	file->fd = -1;
}
