/* SPDX-License-Identifier: Apache-2.0 */
#include "control/rollout/state.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

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

int cv_state_open(const char *path, struct cv_state_file *file, struct cv_state *ret)
{
	struct cv_state state = {0};
	char text[CV_PLACES_TEXT_MAX + 1];
	json_t *doc = NULL;
	int res = cv_places_open(path, &file->places, text);

	if (res < 0)
		return res;
	if (text[0]) {
		doc = json_loads(text, 0, NULL);
		res = doc ? from_json(doc, &state) : -EBADMSG;
		json_decref(doc);
	}
	if (res < 0) {
		cv_state_close(file);
		return res;
	}
	*ret = state;
	return 0;
}

int cv_state_write(struct cv_state_file *file, const struct cv_state *state)
{
	char text[CV_PLACES_TEXT_MAX + 1];
	json_t *doc = to_json(state);
	size_t len = doc ? json_dumpb(doc, text, sizeof(text), JSON_COMPACT) : 0;

	json_decref(doc);
	return len > CV_PLACES_TEXT_MAX ? -ENOMEM : cv_places_write(&file->places, text, len);
}

void cv_state_close(struct cv_state_file *file)
{
	cv_places_close(&file->places);
}
