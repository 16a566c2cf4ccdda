/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "control/cli/command.h"

/* The *i-th command of a table and the verbs below it; *i is what is left to pass over. */
static const struct cv_cli_command *at(const struct cv_cli_command *table, size_t *i)
{
	const struct cv_cli_command *found;

	for (const struct cv_cli_command *c = table; c->name; c++) {
		if ((*i)-- == 0)
			return c;
		for (size_t v = 0; c->verbs && c->verbs[v]; v++) {
			found = at(c->verbs[v], i);
			if (found)
				return found;
		}
	}
	return NULL;
}

const struct cv_cli_command *cv_cli_command_at(size_t i)
{
	return at(cv_cli_commands, &i);
}

const struct cv_cli_command *cv_cli_find(const char *name)
{
	const struct cv_cli_command *c;

	for (size_t i = 0; (c = cv_cli_command_at(i)); i++) {
		if (strcmp(c->name, name) == 0)
			return c;
	}
	return NULL;
}
