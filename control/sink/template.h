/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Topics, subjects and keys as the configuration writes them: text with {placeholders} that each
 * event fills. What an event brings can never be a wildcard, a separator or a blank of the
 * transport, nor what is no text (malformed UTF-8, controls, non-characters): such characters become
 * '_'. Filled texts are well-formed UTF-8.
 */
#ifndef CV_SINK_TEMPLATE_H
#define CV_SINK_TEMPLATE_H

#include <stddef.h>

#include "control/sink/settings.h"

#define CV_SINK_PLACEHOLDERS(X)                                                                    \
	X(NODE, "node") /* id of this node */                                                      \
	X(LANE, "lane")                                                                            \
	X(TYPE, "type") /* measurement, alarm, ... */                                              \
	X(DEVICE, "device") /* its URN */                                                          \
	X(NAME, "name") /* canonical name of the quantity */                                       \
	X(PROTOCOL, "protocol")
#define CV_SINK_PLACEHOLDER_ROW(id, name) CV_SINK_PLACEHOLDER_##id,
enum cv_sink_placeholder {
	CV_SINK_PLACEHOLDERS(CV_SINK_PLACEHOLDER_ROW) CV_SINK_PLACEHOLDER_COUNT
};

/** Room for a filled template, bytes with a terminating zero; longer ones are cut between characters. */
#define CV_SINK_TOPIC_MAX 512

/** Which alphabet a text must keep to. */
enum cv_sink_alphabet {
	CV_SINK_ALPHABET_ANY, /* keys: any text */
	CV_SINK_ALPHABET_NATS, /* tokens between dots, no blanks, no wildcards */
	CV_SINK_ALPHABET_KAFKA, /* letters, digits, '.', '_', '-'; 249 bytes */
	CV_SINK_ALPHABET_MQTT, /* no wildcards */
};

/** The alphabet of a type's topics. */
enum cv_sink_alphabet cv_sink_alphabet_of(enum cv_sink_type type);

/**
 * Is a template right?
 *
 * @param why set when it is not: a sentence.
 * @return 0 or -EINVAL.
 */
int cv_sink_template_check(const char *text, enum cv_sink_alphabet alphabet, char *why,
			   size_t why_size);

/**
 * Fill a template that was checked.
 *
 * @param values by enum cv_sink_placeholder; "" becomes "none".
 * @param ret CV_SINK_TOPIC_MAX bytes.
 * @return length.
 */
size_t cv_sink_template_fill(const char *text, enum cv_sink_alphabet alphabet,
			     const char *const values[CV_SINK_PLACEHOLDER_COUNT], char *ret);

#endif
