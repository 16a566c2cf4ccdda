/* SPDX-License-Identifier: Apache-2.0 */
#include "control/alarm/rules.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "control/alarm/rules_read.h"
#include "control/text/glob.h"

#define NAME_ROW(id, name) #name,
static const char *const condition_names[] = {CV_ALARM_CONDITIONS(NAME_ROW)};
#define TEXT_ROW(id, name) name,
static const char *const level_names[] = {CV_ALARM_LEVELS(TEXT_ROW)};

const char *cv_alarm_condition_name(unsigned int condition)
{
	return condition < CV_ALARM_CONDITION_COUNT ? condition_names[condition] : "?";
}

const char *cv_alarm_level_name(unsigned int level)
{
	return level < CV_ALARM_LEVEL_COUNT ? level_names[level] : "?";
}

void cv_alarm_wrong(struct cv_alarm_reader *r, struct cv_place at, const char *hint,
		    const char *fmt, ...)
{
	char text[320];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	cv_diagnostics_add(r->diag, CV_SEVERITY_ERROR, at, hint, "%s", text);
	if (r->error == 0)
		r->error = -EINVAL;
}

static void free_words(struct cv_alarm_words *words)
{
	for (size_t i = 0; i < words->n; i++)
		free(words->items[i]);
	free(words->items);
}

void cv_alarm_rules_free(struct cv_alarm_rules *rules)
{
	if (!rules)
		return;
	for (size_t i = 0; i < rules->n_rules; i++) {
		struct cv_alarm_match *m = &rules->rules[i].match;

		free_words(&m->names);
		free_words(&m->devices);
		free_words(&m->kinds);
		free_words(&m->tags);
		free_words(&m->areas);
	}
	cv_schema_release(&cv_alarm_file_schema, rules);
	free(rules->path);
	free(rules);
}

int cv_alarm_rules_find(const struct cv_alarm_rules *rules, const char *id)
{
	for (size_t i = 0; i < rules->n_rules; i++) {
		if (strcmp(rules->rules[i].id, id) == 0)
			return (int)i;
	}
	return -ENOENT;
}

bool cv_alarm_words_match(const struct cv_alarm_words *words, const char *text, size_t len)
{
	for (size_t i = 0; i < words->n; i++) {
		if (cv_glob_matches(words->items[i], strlen(words->items[i]), text, len))
			return true;
	}
	return words->n == 0;
}

/* ---- reading -------------------------------------------------------------------------------- */

static void read_rules(struct cv_alarm_reader *r, const struct cv_yaml *list)
{
	const struct cv_yaml *node = list && list->kind == CV_YAML_LIST ? list->first : NULL;

	/* Each element of the list is a rule; those that are no maps were told. */
	for (size_t i = 0; node && i < r->rules->n_rules; i++, node = node->next) {
		if (node->kind != CV_YAML_MAP)
			continue;
		cv_alarm_read_match(r, cv_yaml_get(node, "match"), &r->rules->rules[i]);
		cv_alarm_check_rule(r, node, &r->rules->rules[i]);
	}
	if (r->error == 0)
		cv_alarm_check_rules(r);
}

static int read_file(struct cv_alarm_rules *rules, const struct cv_yaml *root,
		     struct cv_diagnostics *diag)
{
	struct cv_alarm_reader r = {.rules = rules, .diag = diag};

	cv_schema_defaults(&cv_alarm_file_schema, rules);
	r.error = cv_schema_read(&cv_alarm_file_schema, root, rules, "", rules->path, diag);
	if (root->kind != CV_YAML_MAP || r.error == -ENOMEM)
		return r.error;
	read_rules(&r, cv_yaml_get(root, "rules"));
	return r.error;
}

int cv_alarm_rules_parse(const char *path, const char *text, size_t len,
			 struct cv_alarm_rules **ret, struct cv_diagnostics *diag)
{
	struct cv_alarm_rules *rules;
	struct cv_yaml *root = NULL;
	int read = -ENOMEM, r = cv_yaml_parse(path, text, len, &root, diag);

	if (!root)
		return r;
	rules = calloc(1, sizeof(*rules));
	if (rules)
		rules->path = strdup(path);
	if (rules && rules->path)
		read = read_file(rules, root, diag);
	cv_yaml_free(root);
	if (r == 0)
		r = read;
	if (r < 0) {
		cv_alarm_rules_free(rules);
		return r;
	}
	*ret = rules;
	return 0;
}

int cv_alarm_rules_load(const char *path, struct cv_alarm_rules **ret, struct cv_diagnostics *diag)
{
	char *text = NULL;
	size_t len = 0;
	int r = cv_yaml_read_file(path, &text, &len, diag);

	if (r == 0)
		r = cv_alarm_rules_parse(path, text, len, ret, diag);
	free(text);
	if (r < 0 && diag->errors == 0)
		cv_diagnostics_add(diag, CV_SEVERITY_ERROR, (struct cv_place){.file = path}, NULL,
				   "%s", strerror(-r));
	return r;
}
