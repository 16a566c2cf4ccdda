/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "control/config/yaml.h"

void cv_yaml_free(struct cv_yaml *node)
{
	struct cv_yaml *child, *next;

	if (!node)
		return;
	for (child = node->first; child; child = next) {
		next = child->next;
		cv_yaml_free(child);
	}
	free(node->key);
	free(node->text);
	free(node);
}

struct cv_yaml *cv_yaml_get(const struct cv_yaml *map, const char *key)
{
	if (!map || map->kind != CV_YAML_MAP)
		return NULL;
	for (struct cv_yaml *c = map->first; c; c = c->next) {
		if (c->key && strcmp(c->key, key) == 0)
			return c;
	}
	return NULL;
}

const char *cv_yaml_kind_name(enum cv_yaml_kind kind)
{
	static const char *const names[] = {"a value", "a map", "a list"};

	return names[kind];
}
