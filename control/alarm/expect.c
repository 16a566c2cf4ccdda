/* SPDX-License-Identifier: Apache-2.0 */
#include "control/alarm/expect.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/config/yaml.h"
#include "control/text/glob.h"
#include "dataplane/normalize/record.h"

#define WORDS 3

static bool is_change(const char *text)
{
	for (unsigned int i = 0; i < CV_ALARM_CHANGE_COUNT; i++) {
		if (strcmp(cv_alarm_change_name(i), text) == 0)
			return true;
	}
	return false;
}

static int add(struct cv_alarm_expect *x, unsigned int line, char *words[WORDS])
{
	struct cv_alarm_expected *lines = x->lines;

	if ((x->n & (x->n + 1)) == 0) /* room for 1, 3, 7, ... */
		lines = realloc(x->lines, (2 * x->n + 1) * sizeof(*lines));
	if (!lines)
		return -ENOMEM;
	x->lines = lines;
	lines[x->n] = (struct cv_alarm_expected){line, words[0], words[1], words[2]};
	x->n++;
	return 0;
}

/* Blanks between words; # begins a comment. @return number of words, more than WORDS: too many. */
static int split(char *text, char *words[WORDS])
{
	char *save = NULL;
	int n = 0;

	text[strcspn(text, "#")] = '\0';
	for (char *w = strtok_r(text, " \t\r", &save); w; w = strtok_r(NULL, " \t\r", &save)) {
		if (n < WORDS)
			words[n] = w;
		n++;
	}
	return n;
}

static int take_line(struct cv_alarm_expect *x, unsigned int line, char *text,
		     struct cv_diagnostics *diag)
{
	struct cv_place at = {x->path, line, 1};
	char *words[WORDS], *copies[WORDS];
	int n = split(text, words);

	if (n == 0)
		return 0;
	if (n != WORDS || !is_change(words[0])) {
		cv_diagnostics_add(diag, CV_SEVERITY_ERROR, at, NULL,
				   "expected STATE RULE SUBJECT; STATE is raised, updated, "
				   "acknowledged or cleared");
		return -EINVAL;
	}
	for (int i = 0; i < WORDS; i++)
		copies[i] = strdup(words[i]);
	if (copies[0] && copies[1] && copies[2] && add(x, line, copies) == 0)
		return 0;
	for (int i = 0; i < WORDS; i++)
		free(copies[i]);
	return -ENOMEM;
}

int cv_alarm_expect_parse(const char *path, const char *text, size_t len,
			  struct cv_alarm_expect **ret, struct cv_diagnostics *diag)
{
	struct cv_alarm_expect *x = calloc(1, sizeof(*x));
	char *copy = strndup(text, len), *at = copy, *next;
	unsigned int line = 1;
	int err = cv_yaml_check_encoding(path, text, len, diag);

	if (x)
		x->path = strdup(path);
	if (!copy || !x || !x->path)
		err = -ENOMEM;
	for (; err != -ENOMEM && at; at = next, line++) {
		int one;

		next = strchr(at, '\n');
		if (next)
			*next++ = '\0';
		one = take_line(x, line, at, diag);
		err = one < 0 ? one : err;
	}
	free(copy);
	if (err < 0) {
		cv_alarm_expect_free(x);
		return err;
	}
	*ret = x;
	return 0;
}

int cv_alarm_expect_load(const char *path, struct cv_alarm_expect **ret,
			 struct cv_diagnostics *diag)
{
	char *text = NULL;
	size_t len = 0;
	int err = cv_yaml_read_file(path, &text, &len, diag);

	if (err == 0)
		err = cv_alarm_expect_parse(path, text, len, ret, diag);
	free(text);
	return err;
}

void cv_alarm_expect_free(struct cv_alarm_expect *x)
{
	for (size_t i = 0; x && i < x->n; i++) {
		free(x->lines[i].change);
		free(x->lines[i].rule);
		free(x->lines[i].subject);
	}
	if (x) {
		free(x->lines);
		free(x->path);
	}
	free(x);
}

void cv_alarm_expect_meet(struct cv_alarm_expect *x, const char *change, const char *rule,
			  const char *subject)
{
	const struct cv_alarm_expected *l;

	/* After the first difference the others would be about that one. */
	if (x->wrong > 0)
		return;
	if (x->met == x->n) {
		fprintf(stderr, "%s: nothing more was expected, but %s %s %s came\n", x->path,
			change, rule, subject);
		x->wrong++;
		return;
	}
	l = &x->lines[x->met++];
	if (strcmp(l->change, change) == 0 && strcmp(l->rule, rule) == 0 &&
	    cv_glob_matches(l->subject, strlen(l->subject), subject, strlen(subject)))
		return;
	fprintf(stderr, "%s:%u: expected %s %s %s, but %s %s %s came\n", x->path, l->line,
		l->change, l->rule, l->subject, change, rule, subject);
	x->wrong++;
}

bool cv_alarm_expect_end(struct cv_alarm_expect *x)
{
	if (x->wrong == 0 && x->met < x->n) {
		const struct cv_alarm_expected *l = &x->lines[x->met];

		fprintf(stderr, "%s:%u: expected %s %s %s, but nothing more came\n", x->path,
			l->line, l->change, l->rule, l->subject);
		x->wrong++;
	}
	return x->wrong == 0;
}
