/* SPDX-License-Identifier: Apache-2.0 */
#include "control/sink/template.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "dataplane/normalize/json_write.h"

/* Longest name of a topic, Kafka's bound; the others take more. */
#define KAFKA_TOPIC_MAX 249

#define NAME_ROW(id, name) name,
static const char *const names[] = {CV_SINK_PLACEHOLDERS(NAME_ROW)};

enum cv_sink_alphabet cv_sink_alphabet_of(enum cv_sink_type type)
{
	switch (type) {
	case CV_SINK_NATS:
		return CV_SINK_ALPHABET_NATS;
	case CV_SINK_KAFKA:
		return CV_SINK_ALPHABET_KAFKA;
	case CV_SINK_MQTT:
		return CV_SINK_ALPHABET_MQTT;
	default:
		return CV_SINK_ALPHABET_ANY;
	}
}

/* The character at @p text, -1 = it is not well-formed, and one byte long. */
static int32_t character_at(const char *text, size_t *ret_len)
{
	const uint8_t *p = (const uint8_t *)text;
	size_t n = cv_utf8_length(p, 4); /* it stops at the zero that ends the text */
	int32_t c = n < 2 ? p[0] : p[0] & (0x7f >> n);

	for (size_t i = 1; i < n; i++)
		c = c << 6 | (p[i] & 0x3f);
	*ret_len = n ? n : 1;
	return n ? c : -1;
}

/*
 * May the character stand in a text of MQTT (MQTT 5, 1.5.4)? Neither controls nor what Unicode says
 * will never be one. The other transports' clients are no better off with them.
 */
static bool is_text(int32_t c)
{
	return c >= ' ' && !(c >= 0x7f && c <= 0x9f) && !(c >= 0xfdd0 && c <= 0xfdef) &&
	       (c & 0xfffe) != 0xfffe;
}

static bool is_one_of(int32_t c, const char *marks)
{
	return c < 0x80 && strchr(marks, c);
}

static bool is_word(int32_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '-';
}

/* May the character stand in what an event brings? Separators may not. */
static bool fits_value(int32_t c, enum cv_sink_alphabet alphabet)
{
	switch (alphabet) {
	case CV_SINK_ALPHABET_NATS:
		return is_text(c) && !is_one_of(c, " .*>");
	case CV_SINK_ALPHABET_KAFKA:
		return is_word(c);
	case CV_SINK_ALPHABET_MQTT:
		return is_text(c) && !is_one_of(c, "/+#");
	default:
		return is_text(c);
	}
}

/* And in the template itself? There separators are what they are. */
static bool fits_template(int32_t c, enum cv_sink_alphabet alphabet)
{
	if (alphabet == CV_SINK_ALPHABET_MQTT)
		return c == '/' || fits_value(c, alphabet);
	return (alphabet != CV_SINK_ALPHABET_ANY && c == '.') || fits_value(c, alphabet);
}

/* @return the placeholder at @p text, which begins with '{', or -1; *ret_len with both braces. */
static int placeholder_at(const char *text, size_t *ret_len)
{
	const char *end = strchr(text, '}');
	size_t len = end ? (size_t)(end - text) - 1 : 0;

	for (int i = 0; end && i < CV_SINK_PLACEHOLDER_COUNT; i++) {
		if (strlen(names[i]) == len && memcmp(names[i], text + 1, len) == 0) {
			*ret_len = len + 2;
			return i;
		}
	}
	return -1;
}

/* Empty tokens ("a..b"), which a subject of NATS cannot have (nor begin or end with a dot). */
static bool has_empty_token(const char *text)
{
	return *text == '.' || text[strlen(text) - 1] == '.' || strstr(text, "..");
}

int cv_sink_template_check(const char *text, enum cv_sink_alphabet alphabet, char *why,
			   size_t why_size)
{
	if (*text == '\0' || (alphabet == CV_SINK_ALPHABET_NATS && has_empty_token(text))) {
		snprintf(why, why_size, "it has an empty part");
		return -EINVAL;
	}
	if (*text == '$' && alphabet != CV_SINK_ALPHABET_ANY) {
		snprintf(why, why_size, "names that begin with '$' are the server's own");
		return -EINVAL;
	}
	for (size_t len; *text; text += len) {
		int32_t c = character_at(text, &len);

		if (c == '{') {
			if (placeholder_at(text, &len) < 0) {
				snprintf(why, why_size,
					 "a placeholder is one of {node}, {lane}, {type}, "
					 "{device}, {name}, {protocol}");
				return -EINVAL;
			}
		} else if (c == '}' || !fits_template(c, alphabet)) {
			snprintf(why, why_size, "'%.*s' cannot stand in it", (int)len, text);
			return -EINVAL;
		}
	}
	return 0;
}

/* What is being filled; nothing comes behind what did not fit. */
struct filling {
	char *text;
	size_t used, room;
};

static void put(struct filling *f, const char *text, size_t len)
{
	if (len > f->room - f->used) {
		f->room = f->used;
		return;
	}
	memcpy(f->text + f->used, text, len);
	f->used += len;
}

static void put_value(struct filling *f, const char *value, enum cv_sink_alphabet alphabet)
{
	for (size_t len; *value && f->used < f->room; value += len) {
		int32_t c = character_at(value, &len);
		/* Topics that begin with '$' are the server's own. */
		bool fits = fits_value(c, alphabet) &&
			    (c != '$' || f->used > 0 || alphabet == CV_SINK_ALPHABET_ANY);

		put(f, fits ? value : "_", fits ? len : 1);
	}
}

size_t cv_sink_template_fill(const char *text, enum cv_sink_alphabet alphabet,
			     const char *const values[CV_SINK_PLACEHOLDER_COUNT], char *ret)
{
	struct filling f = {.text = ret,
			    .room = alphabet == CV_SINK_ALPHABET_KAFKA ? KAFKA_TOPIC_MAX
								       : CV_SINK_TOPIC_MAX - 1};

	for (size_t len; *text && f.used < f.room; text += len) {
		int which = *text == '{' ? placeholder_at(text, &len) : -1;

		if (which >= 0) {
			put_value(&f, *values[which] ? values[which] : "none", alphabet);
		} else {
			(void)character_at(text, &len);
			put(&f, text, len);
		}
	}
	/* Cut behind a dot, a subject would end in an empty token. */
	if (alphabet == CV_SINK_ALPHABET_NATS && f.used > 0 && ret[f.used - 1] == '.')
		f.used--;
	ret[f.used] = '\0';
	return f.used;
}
