/* SPDX-License-Identifier: Apache-2.0 */
/* Names and addresses as a policy writes them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/policy/parse.h"

#define NAME_CHARS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"

bool cv_policy_read_name(struct cv_policy_reader *r, const struct cv_yaml *node,
			 struct cv_policy_name *name)
{
	const char *path = r->policy->path;
	size_t len = strlen(node->key);

	if (len == 0 || len >= sizeof(name->text) || strspn(node->key, NAME_CHARS) != len) {
		cv_policy_wrong(r, cv_yaml_key_place(path, node), NULL,
				"\"%.64s\" is not a name, expected at most %zu letters, digits, "
				"'.', '_' and '-'",
				node->key, sizeof(name->text) - 1);
		return false;
	}
	if (strcmp(node->key, "any") == 0) {
		cv_policy_wrong(r, cv_yaml_key_place(path, node), NULL,
				"\"any\" is taken: it stands for everything");
		return false;
	}
	memcpy(name->text, node->key, len + 1);
	name->line = node->key_line;
	name->column = node->key_column;
	return true;
}

bool cv_policy_is_names(struct cv_policy_reader *r, const struct cv_yaml *map, const char *what,
			size_t max)
{
	if (!map || map->bad || (map->kind == CV_YAML_SCALAR && !*map->text && !map->quoted))
		return false;
	if (map->kind != CV_YAML_MAP || map->n > max) {
		cv_policy_wrong(r, cv_yaml_place(r->policy->path, map), NULL,
				"%s: expected a map of at most %zu names", what, max);
		return false;
	}
	return map->n > 0;
}

int cv_policy_grow(void *array, size_t n, size_t element)
{
	void *items, *grown;

	if (n & (n - 1))
		return 0;
	memcpy(&items, array, sizeof(items));
	grown = reallocarray(items, n ? n * 2 : 1, element);
	if (!grown)
		return -ENOMEM;
	memcpy(array, &grown, sizeof(grown));
	return 0;
}

bool cv_policy_parse_mac(const char *text, uint64_t *mac)
{
	uint64_t value = 0;

	if (strlen(text) != 17)
		return false;
	for (unsigned int i = 0; i < 6; i++) {
		const char *p = text + i * 3;
		char pair[3] = {p[0], p[1], 0}, *end;
		unsigned long byte = strtoul(pair, &end, 16);

		if (*end || !strchr("0123456789abcdefABCDEF", p[0]) || (i < 5 && p[2] != ':'))
			return false;
		value |= (uint64_t)byte << 8 * i;
	}
	*mac = value;
	return true;
}
