/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file of alarm rules (docs/operator/alarms.md, docs/adr/0043): what the values and silences of
 * devices mean. One table per section (schema.c) feeds reading, checking and the documentation.
 */
#ifndef CV_ALARM_RULES_H
#define CV_ALARM_RULES_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "control/config/diagnostics.h"
#include "dataplane/normalize/record.h"

#define CV_ALARM_RULES_MAX 4096
/** Longest id of a rule with its zero. */
#define CV_ALARM_ID_MAX 48
/** Most words of one list of `match`. */
#define CV_ALARM_WORDS_MAX 256
/** Most names of quantities of all rules together: each is held against the vocabulary. */
#define CV_ALARM_NAMES_MAX 16384
/** Most devices that `count.at_least` can ask for. */
#define CV_ALARM_COUNT_MAX 64

/* What a rule watches; each is a section of the rule with its own keys. */
#define CV_ALARM_CONDITIONS(X)                                                                     \
	X(THRESHOLD, threshold)                                                                    \
	X(RATE, rate)                                                                              \
	X(STUCK, stuck)                                                                            \
	X(SILENCE, silence)                                                                        \
	X(COUNT, count)
#define CV_ALARM_CONDITION_ROW(id, name) CV_ALARM_##id,
enum cv_alarm_condition { CV_ALARM_CONDITIONS(CV_ALARM_CONDITION_ROW) CV_ALARM_CONDITION_COUNT };

/* Together with whom: of the whole node, or of one area as the registry has it. */
#define CV_ALARM_LEVELS(X)                                                                         \
	X(ALL, "all")                                                                              \
	X(CITY, "city")                                                                            \
	X(DISTRICT, "district")                                                                    \
	X(STREET, "street")                                                                        \
	X(COMMUNITY, "community")
#define CV_ALARM_LEVEL_ROW(id, name) CV_ALARM_LEVEL_##id,
enum cv_alarm_level { CV_ALARM_LEVELS(CV_ALARM_LEVEL_ROW) CV_ALARM_LEVEL_COUNT };

/* What occurrences of a rule become one alarm: those of one quantity of a device, of a device, of an
 * area. */
#define CV_ALARM_MERGES(X)                                                                         \
	X(NONE, "none")                                                                            \
	X(DEVICE, "device")                                                                        \
	X(AREA, "area")
#define CV_ALARM_MERGE_ROW(id, name) CV_ALARM_MERGE_##id,
enum cv_alarm_merge { CV_ALARM_MERGES(CV_ALARM_MERGE_ROW) CV_ALARM_MERGE_COUNT };

/** A list of words; n = 0: the list is not there, and anything matches. */
struct cv_alarm_words {
	char **items;
	size_t n;
};

/** Which events a rule looks at: all that is there must match. */
struct cv_alarm_match {
	struct cv_alarm_words names; /* globs of quantities */
	struct cv_alarm_words devices; /* globs of URNs */
	struct cv_alarm_words kinds, tags; /* of devices, as the registry has them */
	struct cv_alarm_words areas; /* beginnings of area codes */
	uint32_t types; /* bit per enum cv_kind */
};

struct cv_alarm_rule {
	unsigned int line, column;
	char id[CV_ALARM_ID_MAX];
	char text[200];
	struct cv_alarm_match match;
	uint8_t condition; /* enum cv_alarm_condition */
	uint8_t grade; /* 1..CV_ALARM_GRADE_MAX */
	uint64_t update_ns; /* told again so often while it goes on, 0 = never */
	struct {
		double above, below; /* NaN = not that side; one of them is set */
		double clear; /* as far back as this it must come */
		uint64_t for_ns;
	} threshold;
	struct {
		double above, below; /* change in per_ns; likewise */
		uint64_t per_ns, window_ns;
	} rate;
	struct {
		uint64_t for_ns;
		double tolerance;
	} stuck;
	struct {
		uint64_t after_ns; /* 0 = by factor */
		double factor; /* of the interval that the registry expects */
	} silence;
	struct {
		uint32_t of; /* index of a rule, CV_ALARM_OF_NAMES: events that match */
		char rule[CV_ALARM_ID_MAX];
		uint32_t at_least;
		uint64_t within_ns;
		uint8_t group; /* enum cv_alarm_level */
	} count;
	struct {
		uint64_t within_ns;
		uint8_t by; /* enum cv_alarm_merge */
	} merge;
};

/** As count.of: the rule counts the events that its `match` names. */
#define CV_ALARM_OF_NAMES UINT32_MAX

struct cv_alarm_rules {
	char *path;
	uint64_t version; /* that its writer counts; 0 = none */
	uint32_t capacity; /* states: a rule's of a device's quantity */
	uint32_t active; /* alarms at a time */
	struct cv_alarm_rule *rules;
	size_t n_rules;
	size_t n_names; /* in all of them */
};

/**
 * Read and check a file of rules; see cv_config_load() for the conventions.
 */
int cv_alarm_rules_load(const char *path, struct cv_alarm_rules **ret, struct cv_diagnostics *diag);
int cv_alarm_rules_parse(const char *path, const char *text, size_t len,
			 struct cv_alarm_rules **ret, struct cv_diagnostics *diag);
/** NULL is fine. */
void cv_alarm_rules_free(struct cv_alarm_rules *rules);

/** Index of a rule by its id, -ENOENT. */
int cv_alarm_rules_find(const struct cv_alarm_rules *rules, const char *id);

/** Write the page docs/operator/alarm-language.md, from the tables that the reader follows. */
void cv_alarm_rules_write_doc(FILE *out);

const char *cv_alarm_condition_name(unsigned int condition);
const char *cv_alarm_level_name(unsigned int level);

/** Does the text match one of the words as a glob? An empty list: yes. */
bool cv_alarm_words_match(const struct cv_alarm_words *words, const char *text, size_t len);

#endif
