/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The subset of YAML 1.2 that Culvert's files are written in: one document of maps, lists and
 * scalars, block or flow style, comments. Not accepted: anchors, aliases, tags, several documents,
 * keys that are not plain text, the same key twice, control characters in text. Every node knows
 * its place.
 */
#ifndef CV_YAML_H
#define CV_YAML_H

#include <stddef.h>

#include "control/config/diagnostics.h"

/** Largest file, bytes. */
#define CV_YAML_SIZE_MAX (16u << 20)
/** Deepest nesting. */
#define CV_YAML_DEPTH_MAX 16
/** Most nodes of a document. */
#define CV_YAML_NODES_MAX (1u << 20)

enum cv_yaml_kind { CV_YAML_SCALAR, CV_YAML_MAP, CV_YAML_LIST };

struct cv_yaml {
	enum cv_yaml_kind kind;
	bool quoted; /* scalar in quotes: text, never a missing value */
	bool bad; /* already reported; do not report again */
	unsigned int line, column; /* from 1 */
	unsigned int key_line, key_column; /* of the key, in a map */
	char *key; /* in a map, else NULL */
	char *text; /* scalar: zero-terminated, no control characters but in block text */
	struct cv_yaml *next; /* sibling */
	struct cv_yaml *first, *last; /* children */
	size_t n; /* number of children */
};

/**
 * Parse a text.
 *
 * @param path what findings call it.
 * @param ret the tree; set whenever a tree could be made, so that the caller can report what else
 *        is wrong; NULL otherwise. Free with cv_yaml_free().
 * @return 0; -EINVAL with findings; -ENOMEM.
 */
int cv_yaml_parse(const char *path, const char *text, size_t len, struct cv_yaml **ret,
		  struct cv_diagnostics *diag);

/**
 * Read a whole file, at most CV_YAML_SIZE_MAX bytes; "-" = standard input.
 *
 * @param ret malloc'ed, zero behind the last byte.
 * @return 0 or negative errno with a finding.
 */
int cv_yaml_read_file(const char *path, char **ret, size_t *ret_len, struct cv_diagnostics *diag);

/** A text must be UTF-8 (RFC 3629) without zero bytes. @return 0 or -EINVAL with a finding. */
int cv_yaml_check_encoding(const char *path, const char *text, size_t len,
			   struct cv_diagnostics *diag);

/** NULL is fine. */
void cv_yaml_free(struct cv_yaml *node);

/** Child of a map by key, NULL = absent or not a map. */
struct cv_yaml *cv_yaml_get(const struct cv_yaml *map, const char *key);

/** "a list", "a map", "a value". */
const char *cv_yaml_kind_name(enum cv_yaml_kind kind);

static inline struct cv_place cv_yaml_place(const char *file, const struct cv_yaml *node)
{
	return (struct cv_place){.file = file, .line = node->line, .column = node->column};
}

static inline struct cv_place cv_yaml_key_place(const char *file, const struct cv_yaml *node)
{
	return (struct cv_place){.file = file, .line = node->key_line, .column = node->key_column};
}

#endif
