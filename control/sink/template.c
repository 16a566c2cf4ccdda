/* SPDX-License-Identifier: Apache-2.0 */
#include "control/sink/template.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

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

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '-';
}

/* May the byte stand in what an event brings? Separators may not. */
static bool fits_value(char c, enum cv_sink_alphabet alphabet)
{
	unsigned char u = (unsigned char)c;

	switch (alphabet) {
	case CV_SINK_ALPHABET_NATS:
		return u > ' ' && u != 0x7f && !strchr(".*>", c);
	case CV_SINK_ALPHABET_KAFKA:
		return is_word(c);
	case CV_SINK_ALPHABET_MQTT:
		return u >= ' ' && u != 0x7f && !strchr("/+#", c);
	default:
		return true;
	}
}

/* And in the template itself? There separators are what they are. */
static bool fits_template(char c, enum cv_sink_alphabet alphabet)
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
	for (const char *at = text; *at; at++) {
		size_t len;

		if (*at == '{') {
			if (placeholder_at(at, &len) < 0) {
				snprintf(why, why_size,
					 "a placeholder is one of {node}, {lane}, {type}, "
					 "{device}, {name}, {protocol}");
				return -EINVAL;
			}
			at += len - 1;
		} else if (*at == '}' || !fits_template(*at, alphabet)) {
			snprintf(why, why_size, "'%c' cannot stand in it", *at);
			return -EINVAL;
		}
	}
	return 0;
}

size_t cv_sink_template_fill(const char *text, enum cv_sink_alphabet alphabet,
			     const char *const values[CV_SINK_PLACEHOLDER_COUNT], char *ret)
{
	size_t room = alphabet == CV_SINK_ALPHABET_KAFKA ? KAFKA_TOPIC_MAX : CV_SINK_TOPIC_MAX - 1;
	size_t used = 0, len;

	while (*text && used < room) {
		int which = *text == '{' ? placeholder_at(text, &len) : -1;
		const char *value;

		if (which < 0) {
			ret[used++] = *text++;
			continue;
		}
		text += len;
		value = *values[which] ? values[which] : "none";
		for (; *value && used < room; value++)
			ret[used++] = fits_value(*value, alphabet) ? *value : '_';
	}
	ret[used] = '\0';
	return used;
}
