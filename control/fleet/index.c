/* SPDX-License-Identifier: Apache-2.0 */
#include "control/fleet/index.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "control/bundle/bundle.h"
#include "control/config/schema.h"

#define OUTCOME_NAME(id, name) name,
static const char *const outcome_names[] = {CV_FLEET_OUTCOMES(OUTCOME_NAME)};

const char *cv_fleet_outcome_name(enum cv_fleet_outcome outcome)
{
	return outcome < CV_FLEET_OUTCOME_COUNT ? outcome_names[outcome] : "unknown";
}

static bool is_made_of(const char *text, const char *alphabet)
{
	return *text && strspn(text, alphabet) == strlen(text);
}

#define WORD "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

bool cv_fleet_name_is_good(const char *name)
{
	return is_made_of(name, WORD "._-+~") && name[0] != '.' && name[0] != '-';
}

/* ---- reading --------------------------------------------------------------------------------- */

/* Takes one member after the other out of a document; what is left in the end is too much. */
struct taker {
	json_t *doc;
	char *why;
	bool failed;
};

static void wrong(struct taker *t, const char *key, const char *expected)
{
	if (!t->failed)
		snprintf(t->why, CV_FLEET_WHY, "\"%.16s\" is missing or wrong, expected %.100s",
			 key, expected);
	t->failed = true;
}

/* @return of the document, valid until it goes. */
static const char *take_text(struct taker *t, const char *key, size_t size, const char *expected)
{
	json_t *value = json_object_get(t->doc, key);
	const char *text = json_string_value(value);

	if (!text || strlen(text) != json_string_length(value) || strlen(text) >= size) {
		wrong(t, key, expected);
		return "";
	}
	return text;
}

static void take_name(struct taker *t, const char *key, char *ret, size_t size)
{
	const char *text = take_text(t, key, size, "a name");

	if (!t->failed && !cv_fleet_name_is_good(text))
		wrong(t, key, "a name of letters, digits and ._-+~");
	snprintf(ret, size, "%s", text);
}

static uint64_t take_number(struct taker *t, const char *key, uint64_t min, uint64_t max)
{
	const json_t *value = json_object_get(t->doc, key);
	json_int_t n = json_integer_value(value);
	char expected[64];

	if (json_is_integer(value) && n >= 0 && (uint64_t)n >= min && (uint64_t)n <= max)
		return (uint64_t)n;
	snprintf(expected, sizeof(expected), "a number from %" PRIu64 " to %" PRIu64, min, max);
	wrong(t, key, expected);
	return min;
}

static int64_t take_time(struct taker *t, const char *key)
{
	const char *text = take_text(t, key, CV_BUNDLE_TIME_TEXT, "a time");
	int64_t seconds = 0;

	if (!t->failed && (cv_bundle_time_parse(text, &seconds) < 0 || seconds == CV_BUNDLE_NEVER))
		wrong(t, key, "a time such as 2026-11-22T08:00:00Z");
	return seconds;
}

static bool take_bool(struct taker *t, const char *key)
{
	const json_t *value = json_object_get(t->doc, key);

	if (!json_is_boolean(value))
		wrong(t, key, "true or false");
	return json_is_true(value);
}

static const struct cv_field window_field = {.name = "window", .type = CV_FIELD_WINDOW};

static void take_window(struct taker *t, struct cv_config_window *ret)
{
	const char *text = take_text(t, "window", 16, "hours such as 01:30-04:00, or any"), *near;
	char expected[160];

	if (!t->failed &&
	    cv_field_read(&window_field, text, ret, expected, sizeof(expected), &near) < 0)
		wrong(t, "window", expected);
}

static void take_outcome(struct taker *t, enum cv_fleet_outcome *ret)
{
	const char *text = take_text(t, "outcome", 16, "an outcome");
	unsigned int i = 0;

	while (i < CV_FLEET_OUTCOME_COUNT && strcmp(outcome_names[i], text) != 0)
		i++;
	if (i == CV_FLEET_OUTCOME_COUNT)
		wrong(t, "outcome", "waiting, installing, trial, good or failed");
	else
		*ret = (enum cv_fleet_outcome)i;
}

/* A document of the form, of exactly so many members. */
static int begin(const char *text, size_t len, size_t max, const char *mark, size_t members,
		 struct taker *ret)
{
	json_error_t error;

	if (len > max) {
		snprintf(ret->why, CV_FLEET_WHY, "larger than %zu bytes", max);
		return -EINVAL;
	}
	ret->doc = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	if (!json_is_object(ret->doc)) {
		snprintf(ret->why, CV_FLEET_WHY, "no JSON object: %.100s",
			 ret->doc ? "another value" : error.text);
		json_decref(ret->doc);
		return -EINVAL;
	}
	if (json_integer_value(json_object_get(ret->doc, mark)) != CV_FLEET_FORM)
		wrong(ret, mark, "the form that this Culvert reads: update it by hand first");
	else if (json_object_size(ret->doc) != members)
		wrong(ret, mark, "only members that are known");
	return 0;
}

static int end(struct taker *t)
{
	json_decref(t->doc);
	return t->failed ? -EINVAL : 0;
}

int cv_fleet_index_parse(const char *text, size_t len, struct cv_fleet_index *ret, char *why)
{
	struct cv_fleet_index i = {0};
	struct taker t = {.why = why};
	int r = begin(text, len, CV_FLEET_INDEX_MAX, "culvert_fleet", 12, &t);

	if (r < 0)
		return r;
	i.serial = take_number(&t, "serial", 1, INT64_MAX);
	i.created = take_time(&t, "created");
	i.expires = take_time(&t, "expires");
	take_name(&t, "product", i.product, sizeof(i.product));
	i.halted = take_bool(&t, "halted");
	i.percent = (uint32_t)take_number(&t, "percent", 0, 100);
	take_window(&t, &i.window);
	take_name(&t, "version", i.version, sizeof(i.version));
	take_name(&t, "bundle", i.bundle, sizeof(i.bundle));
	i.size = take_number(&t, "size", 1, CV_FLEET_BUNDLE_MAX);
	snprintf(i.sha256, sizeof(i.sha256), "%s",
		 take_text(&t, "sha256", sizeof(i.sha256), "64 hex digits"));
	if (!t.failed && (strlen(i.sha256) != 64 || !is_made_of(i.sha256, "0123456789abcdef")))
		wrong(&t, "sha256", "64 hex digits");
	if (!t.failed && i.expires <= i.created)
		wrong(&t, "expires", "a time after \"created\"");
	r = end(&t);
	if (r == 0)
		*ret = i;
	return r;
}

/* What a node says is printed on its publisher's terminal: nothing that steers one (ECMA-48, C0 and C1). */
static void make_plain(char *text)
{
	for (unsigned char *at = (unsigned char *)text; *at; at++) {
		if (*at < 0x20 || *at == 0x7f)
			*at = '?';
		else if (at[0] == 0xc2 && at[1] >= 0x80 && at[1] < 0xa0)
			at[0] = at[1] = '?';
	}
}

int cv_fleet_report_parse(const char *text, size_t len, struct cv_fleet_report *ret, char *why)
{
	struct cv_fleet_report p = {0};
	struct taker t = {.why = why};
	int r = begin(text, len, CV_FLEET_REPORT_MAX, "culvert_report", 8, &t);

	if (r < 0)
		return r;
	take_name(&t, "node", p.node, sizeof(p.node));
	take_name(&t, "running", p.running, sizeof(p.running));
	take_name(&t, "target", p.target, sizeof(p.target));
	p.serial = take_number(&t, "serial", 1, INT64_MAX);
	take_outcome(&t, &p.outcome);
	snprintf(p.detail, sizeof(p.detail), "%s",
		 take_text(&t, "detail", sizeof(p.detail), "a short text"));
	make_plain(p.detail);
	p.time = take_time(&t, "time");
	r = end(&t);
	if (r == 0)
		*ret = p;
	return r;
}

/* ---- writing --------------------------------------------------------------------------------- */

static int dump(json_t *doc, char **ret)
{
	char *text = doc ? json_dumps(doc, JSON_INDENT(1)) : NULL;
	int r = text && asprintf(ret, "%s\n", text) >= 0 ? 0 : -ENOMEM;

	free(text);
	json_decref(doc);
	return r;
}

int cv_fleet_index_write(const struct cv_fleet_index *i, char **ret)
{
	char created[CV_BUNDLE_TIME_TEXT], expires[CV_BUNDLE_TIME_TEXT], *window = NULL;
	size_t len;
	FILE *out = open_memstream(&window, &len);
	int r;

	if (!out)
		return -ENOMEM;
	cv_field_show(&window_field, &i->window, out);
	if (fclose(out) == EOF)
		return -ENOMEM;
	cv_bundle_time_text(i->created, created);
	cv_bundle_time_text(i->expires, expires);
	r = dump(json_pack("{s:i, s:I, s:s, s:s, s:s, s:b, s:i, s:s, s:s, s:s, s:I, s:s}",
			   "culvert_fleet", CV_FLEET_FORM, "serial", (json_int_t)i->serial,
			   "created", created, "expires", expires, "product", i->product, "halted",
			   i->halted, "percent", (int)i->percent, "window", window, "version",
			   i->version, "bundle", i->bundle, "size", (json_int_t)i->size, "sha256",
			   i->sha256),
		 ret);
	free(window);
	return r;
}

int cv_fleet_report_write(const struct cv_fleet_report *p, char **ret)
{
	char time[CV_BUNDLE_TIME_TEXT];

	cv_bundle_time_text(p->time, time);
	return dump(json_pack("{s:i, s:s, s:s, s:s, s:I, s:s, s:s, s:s}", "culvert_report",
			      CV_FLEET_FORM, "node", p->node, "running", p->running, "target",
			      p->target, "serial", (json_int_t)p->serial, "outcome",
			      cv_fleet_outcome_name(p->outcome), "detail", p->detail, "time", time),
		    ret);
}

/* ---- whose turn ------------------------------------------------------------------------------ */

bool cv_fleet_selects(const struct cv_fleet_index *index, const char *node)
{
	unsigned char hash[crypto_hash_sha256_BYTES];
	crypto_hash_sha256_state state;
	uint32_t place;

	crypto_hash_sha256_init(&state);
	crypto_hash_sha256_update(&state, (const unsigned char *)index->version,
				  strlen(index->version) + 1);
	crypto_hash_sha256_update(&state, (const unsigned char *)node, strlen(node));
	crypto_hash_sha256_final(&state, hash);
	place = ((uint32_t)hash[0] << 24 | (uint32_t)hash[1] << 16 | (uint32_t)hash[2] << 8 |
		 hash[3]) %
		100;
	return place < index->percent;
}
