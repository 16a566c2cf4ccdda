/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/decode/json_map.h"
#include "dataplane/decode/text.h"

#include <string.h>

#include "dataplane/decode/device_time.h"
#include "dataplane/decode/iso_time.h"
#include "dataplane/decode/label.h"
#include "dataplane/normalize/vocabulary.h"

#define KEY_MAX 128 /* bytes of a member's name, unescaped; a pointer has no longer segment */
#define TEXT_ROOM 256 /* of device, time and quality */

/* One object or array that the text is inside of. */
struct level {
	uint64_t live; /* bit per value whose pointer leads here and further */
	uint32_t index; /* of an array's next item */
	bool object, first;
};

struct walk {
	struct cv_json_in j;
	const struct cv_gen_json_map *map;
	const struct cv_gen_json_value *value;
	unsigned int depth;
	struct level level[CV_JSON_DEPTH_MAX];
	struct cv_json_found found[CV_JSON_VALUES_MAX];
};

bool cv_json_scalar(struct cv_json_in *j, struct cv_json_found *f)
{
	uint8_t c = j->at < j->end ? *j->at : 0;

	f->text = (struct cv_senml_text){.data = j->at, .form = CV_SENML_PLAIN};
	f->is_true = c == 't';
	if (c == '{' || c == '[') {
		f->kind = CV_JSON_PARTS;
		return true;
	}
	if (c == '"') {
		f->kind = CV_JSON_TEXT;
		return cv_json_in_string(j, &f->text);
	}
	if (c == 't' || c == 'f') {
		f->kind = CV_JSON_BOOL;
		return cv_json_in_word(j, f->is_true ? "true" : "false", f->is_true ? 4 : 5);
	}
	if (c == 'n') {
		f->kind = CV_JSON_NULL;
		return cv_json_in_word(j, "null", 4);
	}
	f->kind = CV_JSON_NUMBER;
	if (!cv_json_in_skip_number(j))
		return false;
	f->text.len = (uint32_t)(j->at - f->text.data);
	return true;
}

/* The level of a topic behind *at, which is moved behind the separator; NULL at the end. */
static const char *next_level(const char **at, const char *end, size_t *len)
{
	const char *level = *at, *slash;

	if (level == NULL)
		return NULL;
	slash = memchr(level, '/', (size_t)(end - level));
	*len = (size_t)((slash ? slash : end) - level);
	*at = slash ? slash + 1 : NULL;
	return level;
}

/* MQTT 4.7.1; a topic that begins with '$' is matched by no wildcard at its beginning, 4.7.2. */
static bool matches(const char *filter, const char *topic, size_t topic_len)
{
	const char *filter_end = filter + strlen(filter), *topic_end = topic + topic_len;
	size_t want_len = 0, len = 0;

	if (topic_len != 0 && *topic == '$' && (*filter == '+' || *filter == '#'))
		return false;
	for (;;) {
		const char *want = next_level(&filter, filter_end, &want_len);
		const char *is = next_level(&topic, topic_end, &len);

		if (want != NULL && want_len == 1 && *want == '#')
			return true; /* "a/#" is "a" too */
		if (want == NULL || is == NULL)
			return want == is;
		if (!(want_len == 1 && *want == '+') &&
		    (want_len != len || memcmp(want, is, len) != 0))
			return false;
	}
}

static const struct cv_gen_json_map *find_map(const struct cv_generation *gen, unsigned int proto,
					      const struct cv_senml_origin *o)
{
	const struct cv_gen_json_map *maps = cv_generation_at(gen, gen->json_maps);

	for (uint32_t i = 0; i < gen->json_maps.count; i++) {
		if (maps[i].proto == proto &&
		    matches(maps[i].filter, (const char *)o->name, o->name_len))
			return &maps[i];
	}
	return NULL;
}

/* Those of @p live whose next segment is this one. */
static uint64_t narrow(const struct walk *w, uint64_t live, const void *segment, size_t len)
{
	uint64_t next = 0;

	for (uint64_t left = live; left != 0; left &= left - 1) {
		unsigned int i = (unsigned int)__builtin_ctzll(left);
		const struct cv_gen_json_value *v = &w->value[i];
		unsigned int at = w->depth - 1;

		if (v->len[at] == len && memcmp(v->path + v->at[at], segment, len) == 0)
			next |= 1ull << i;
	}
	return next;
}

/* A value that the pointers in @p live lead to or into. */
static bool take(struct walk *w, uint64_t live)
{
	struct cv_json_found f = {0};
	uint64_t inside = 0;

	for (uint64_t left = live; left != 0; left &= left - 1) {
		unsigned int i = (unsigned int)__builtin_ctzll(left);

		if (w->value[i].segments > w->depth)
			inside |= 1ull << i;
	}
	if (live == 0)
		return cv_json_in_skip(&w->j);
	if (!cv_json_scalar(&w->j, &f))
		return false;
	for (uint64_t left = live & ~inside; left != 0; left &= left - 1)
		w->found[__builtin_ctzll(left)] = f;
	if (f.kind != CV_JSON_PARTS)
		return true;
	if (inside == 0)
		return cv_json_in_skip(&w->j);
	w->level[w->depth++] = (struct level){
		.live = inside,
		.object = *w->j.at++ == '{',
		.first = true,
	};
	return true;
}

/* The next member or item: 1; 0 when there is none; -1. */
static int next_part(struct walk *w, struct level *l, uint64_t *ret_live)
{
	struct cv_label index = {0};
	struct cv_senml_text name;
	uint8_t key[KEY_MAX];
	bool cut = false;
	size_t len;
	int more;

	if (!l->object) {
		more = cv_json_in_item(&w->j, &l->first);
		cv_label_u32(&index, l->index++);
		*ret_live = more == 1 ? narrow(w, l->live, index.text, index.len) : 0;
		return more;
	}
	more = cv_json_in_member(&w->j, &l->first, &name);
	if (more != 1)
		return more;
	len = cv_senml_text_copy(&name, key, sizeof(key), &cut);
	*ret_live = cut ? 0 : narrow(w, l->live, key, len);
	return 1;
}

/* @return false where the text is not JSON. */
static bool walk(struct walk *w)
{
	unsigned int count = w->map->count;

	cv_json_in_space(&w->j);
	if (!take(w, count == 64 ? UINT64_MAX : (1ull << count) - 1))
		return false;
	while (w->depth != 0) {
		uint64_t live;
		int more = next_part(w, &w->level[w->depth - 1], &live);

		if (more < 0)
			return false;
		if (more == 0)
			w->depth--;
		else if (cv_json_in_space(&w->j), !take(w, live))
			return false;
	}
	cv_json_in_space(&w->j);
	return w->j.at == w->j.end;
}

/* What all records of one payload have from it. */
struct common {
	uint8_t device[TEXT_ROOM];
	size_t device_len;
	bool has_time, time_known, has_quality, good;
	int64_t time_ns;
};

static void take_time(struct common *c, const struct cv_gen_json_map *map,
		      const struct cv_json_found *f)
{
	int64_t scale = map->time_format == CV_JSON_SECONDS ? 1000000000 : 1000000;
	size_t zone = strlen(map->zone), len;
	uint8_t text[TEXT_ROOM];
	bool cut = false;
	double number;

	c->has_time = true;
	len = cv_senml_text_copy(&f->text, text, sizeof(text) - sizeof(map->zone), &cut);
	if (map->time_format == CV_JSON_ISO8601) {
		c->time_known = !cut && cv_iso_time(text, len, &c->time_ns);
		memcpy(text + len, map->zone, zone);
		if (!c->time_known)
			c->time_known = !cut && cv_iso_time(text, len + zone, &c->time_ns);
		return;
	}
	/* Seconds and the rest apart: a double of nanoseconds since 1970 is only good to 256 ns. */
	if (cut || !cv_text_number(text, len, &number) ||
	    !(number >= 0 && number < 4e18 / (double)scale))
		return; /* the year 2096 */
	c->time_ns = (int64_t)number * scale;
	c->time_ns += (int64_t)((number - (double)(int64_t)number) * (double)scale);
	c->time_known = true;
}

static void take_quality(struct common *c, const struct cv_gen_json_map *map,
			 const struct cv_json_found *f)
{
	uint8_t text[sizeof(map->good)];
	bool cut = false;
	size_t len = strlen(map->good), n;

	c->has_quality = true;
	if (f->kind == CV_JSON_BOOL) {
		c->good = f->is_true ? len == 4 && memcmp(map->good, "true", 4) == 0
				     : len == 5 && memcmp(map->good, "false", 5) == 0;
		return;
	}
	n = cv_senml_text_copy(&f->text, text, sizeof(text), &cut);
	c->good = !cut && n == len && memcmp(text, map->good, len) == 0;
}

static void take_topic_level(struct common *c, unsigned int number, const struct cv_senml_origin *o)
{
	const char *at = (const char *)o->name, *end = at + o->name_len, *level = NULL;
	size_t len = 0;

	for (unsigned int i = 0; i < number; i++)
		level = next_level(&at, end, &len);
	if (level == NULL || len > sizeof(c->device))
		return;
	memcpy(c->device, level, len);
	c->device_len = len;
}

static void take_common(struct common *c, const struct walk *w, const struct cv_senml_origin *o)
{
	take_topic_level(c, w->map->device_level, o);
	for (unsigned int i = 0; i < w->map->count; i++) {
		const struct cv_json_found *f = &w->found[i];
		bool cut = false;

		if (f->kind == CV_JSON_ABSENT || f->kind >= CV_JSON_NULL)
			continue;
		if (w->value[i].role == CV_JSON_TIME)
			take_time(c, w->map, f);
		if (w->value[i].role == CV_JSON_QUALITY)
			take_quality(c, w->map, f);
		if (w->value[i].role != CV_JSON_DEVICE)
			continue;
		c->device_len = cv_senml_text_copy(&f->text, c->device, sizeof(c->device), &cut);
		if (cut) /* half an identity would be another's */
			c->device_len = 0;
	}
}

static void emit_value(struct cv_emit *e, const struct cv_senml_origin *o, const struct common *c,
		       const struct cv_gen_json_value *v, const struct cv_json_found *f)
{
	enum cv_lane lane = o->lane;
	enum cv_kind kind = o->kind;
	bool numeric = v->name_id == 0 || cv_name_unit(v->name_id) != CV_UNIT_NONE;
	struct cv_record *rec;

	if (v->name_id != 0 && kind == CV_KIND_MEASUREMENT) {
		lane = cv_name_lane(v->name_id);
		kind = lane == CV_LANE_ALARM	? CV_KIND_ALARM
		       : lane == CV_LANE_STATUS ? CV_KIND_STATE
						: CV_KIND_MEASUREMENT;
	}
	rec = cv_emit_begin(e, lane, kind);
	o->complete(o->arg, rec);
	if (c->device_len != 0)
		cv_emit_tlv(e, CV_TLV_DEVICE, c->device, c->device_len);
	else if (o->device_len != 0)
		cv_emit_tlv(e, CV_TLV_DEVICE, o->device, o->device_len);
	rec->name_id = v->name_id;
	if (v->name_id == 0)
		cv_emit_tlv(e, CV_TLV_NAME, v->name, strlen(v->name));
	rec->unit_id = v->unit_id;
	if (v->unit_id == 0 && v->unit_name[0])
		cv_emit_tlv(e, CV_TLV_UNIT, v->unit_name, strlen(v->unit_name));
	if (v->code[0])
		cv_emit_tlv(e, CV_TLV_CODE, v->code, strlen(v->code));
	else
		cv_emit_tlv(e, CV_TLV_CODE, o->code, o->code_len);
	if (c->has_quality)
		rec->quality = c->good ? CV_QUALITY_GOOD : CV_QUALITY_BAD;
	if (c->has_time)
		cv_device_time_ns(rec, c->time_known, c->time_ns);
	cv_json_put_value(e, rec, f, v, numeric);
	cv_emit_end(e);
}

static bool emit_all(struct cv_emit *e, const struct walk *w, const struct cv_senml_origin *o)
{
	struct common c = {0};
	bool any = false;

	take_common(&c, w, o);
	for (unsigned int i = 0; i < w->map->count; i++) {
		uint8_t kind = w->found[i].kind;

		if (w->value[i].role != CV_JSON_VALUE || kind == CV_JSON_ABSENT ||
		    kind == CV_JSON_PARTS)
			continue;
		emit_value(e, o, &c, &w->value[i], &w->found[i]);
		any = true;
	}
	return any;
}

bool cv_json_map_emit(struct cv_emit *e, const struct cv_generation *gen, unsigned int proto,
		      const struct cv_senml_origin *o, const uint8_t *data, size_t len,
		      bool *ret_bad)
{
	const struct cv_gen_json_map *map = find_map(gen, proto, o);
	const struct cv_gen_json_value *values = cv_generation_at(gen, gen->json_values);
	struct walk w;

	if (map == NULL)
		return false;
	w.j = (struct cv_json_in){data, data + len};
	w.map = map;
	w.value = values + map->first;
	w.depth = 0;
	for (unsigned int i = 0; i < map->count; i++)
		w.found[i].kind = CV_JSON_ABSENT;
	if (!walk(&w)) {
		*ret_bad = true;
		return false;
	}
	return emit_all(e, &w, o);
}
