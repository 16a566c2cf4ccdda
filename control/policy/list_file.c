/* SPDX-License-Identifier: Apache-2.0 */
/* List files: millions of addresses, one a line, beside the policy. */
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "control/policy/parse.h"
#include "control/text/read_file.h"

/* Four million of the longest addresses with their bindings. */
#define LIST_SIZE_MAX (512u << 20)
#define FILES_MAX 4096u

/* Beside the policy, unless it is absolute. */
static int resolve(const char *policy, const char *name, char path[PATH_MAX])
{
	char copy[PATH_MAX];
	int n;

	if (snprintf(copy, sizeof(copy), "%s", policy) >= (int)sizeof(copy))
		return -ENAMETOOLONG;
	if (*name == '/')
		n = snprintf(path, PATH_MAX, "%s", name);
	else
		n = snprintf(path, PATH_MAX, "%s/%s", dirname(copy), name);
	return n < 0 || n >= PATH_MAX ? -ENAMETOOLONG : 0;
}

/* @return its number in cv_policy.files, or negative errno. */
static int remember(struct cv_policy *policy, const char *path)
{
	int r;

	if (policy->n_files >= FILES_MAX)
		return -EMFILE;
	r = cv_policy_grow(&policy->files, policy->n_files, sizeof(*policy->files));
	if (r < 0)
		return r;
	policy->files[policy->n_files] = strdup(path);
	return policy->files[policy->n_files] ? (int)policy->n_files++ : -ENOMEM;
}

static char *trim(char *line)
{
	char *end;

	line[strcspn(line, "#")] = '\0';
	line += strspn(line, " \t\r");
	end = line + strlen(line);
	while (end > line && strchr(" \t\r", end[-1]))
		*--end = '\0';
	return line;
}

static void read_lines(struct cv_policy_reader *r, char *text, uint16_t file, cv_policy_line read,
		       void *arg)
{
	uint32_t number = 1;

	for (char *line = text, *next; line; line = next, number++) {
		struct cv_policy_place at = {.line = number, .column = 1, .file = file};
		char *word;

		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		word = trim(line);
		if (*word) {
			at.column = (uint16_t)(word - line + 1);
			read(r, word, at, arg);
		}
		if (r->error == -ENOMEM)
			return;
	}
}

void cv_policy_read_list(struct cv_policy_reader *r, const struct cv_yaml *node,
			 cv_policy_line line, void *arg)
{
	struct cv_place at = cv_yaml_place(r->policy->path, node);
	char path[PATH_MAX], *text = NULL;
	size_t len = 0;
	int err, file;

	if (node->bad)
		return;
	if (node->kind != CV_YAML_SCALAR || !*node->text) {
		cv_policy_wrong(r, at, NULL, "file: expected the path of a list file");
		return;
	}
	if (r->confined && strchr(node->text, '/')) {
		cv_policy_wrong(r, at, "put it into the bundle and name it without a folder",
				"a policy from elsewhere may not name files outside its bundle");
		return;
	}
	err = resolve(r->policy->path, node->text, path);
	if (err == 0)
		err = cv_read_file(path, LIST_SIZE_MAX, &text, &len);
	if (err < 0) {
		cv_policy_wrong(r, at,
				err != -ENOENT ? NULL
				: r->confined  ? "put it into the bundle"
					       : "the path is relative to the policy",
				"cannot read the list file %s: %s", r->confined ? node->text : path,
				strerror(-err));
		return;
	}
	file = remember(r->policy, path);
	if (file < 0)
		cv_policy_wrong(r, at, NULL, "too many list files: %s", strerror(-file));
	else if (cv_yaml_check_encoding(path, text, len, r->diag) < 0)
		r->error = r->error ? r->error : -EINVAL;
	else
		read_lines(r, text, (uint16_t)file, line, arg);
	free(text);
}
