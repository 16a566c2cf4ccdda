/* SPDX-License-Identifier: Apache-2.0 */
/* registry show, list, set, remove. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "control/registry/command.h"

/* ---- show, list ----------------------------------------------------------------------------- */

static void print_device(const struct cv_registry_device *d)
{
	char buf[CV_REGISTRY_TEXT_MAX];

	for (unsigned int i = 0; i < CV_REGISTRY_FIELD_COUNT; i++) {
		const char *text = cv_registry_field_get(d, i, buf);

		if (*text)
			printf("%-10s %s\n", cv_registry_fields[i].name, text);
	}
	printf("%-10s %u\n", "row", d->row);
}

int cv_registry_command_show(const struct cv_policy_args *args)
{
	struct cv_registry_store *s = NULL;
	struct cv_registry_device d;
	json_t *devices = json_array();
	int r = cv_registry_command_open(args, CV_REGISTRY_READ, &s), code = r;

	for (int i = 0; r == CV_CLI_OK && i < args->n_operands; i++) {
		int res = cv_registry_store_get(s, args->operands[i], &d);

		if (res == -ENOENT) {
			fprintf(stderr, "culvert registry show: %s is not in the registry\n",
				args->operands[i]);
			code = CV_CLI_OPEN;
		} else if (res < 0) {
			r = code = cv_registry_command_fault(args, s, res);
		} else if (args->json) {
			json_array_append_new(devices, cv_registry_device_json(&d));
		} else {
			if (i > 0)
				putchar('\n');
			print_device(&d);
		}
	}
	if (r == CV_CLI_OK && args->json &&
	    cv_registry_command_print(json_pack("{s:O}", "devices", devices)) != CV_CLI_OK)
		code = CV_CLI_OUTPUT;
	json_decref(devices);
	cv_registry_store_close(s);
	return code;
}

static int list_json(void *owner, const struct cv_registry_device *d, uint64_t rev, bool removed)
{
	return json_array_append_new(owner, cv_registry_device_json(d)) < 0 ? -ENOMEM : 0;
}

static int list_line(void *owner, const struct cv_registry_device *d, uint64_t rev, bool removed)
{
	const char *area = *d->community  ? d->community
			   : *d->street	  ? d->street
			   : *d->district ? d->district
					  : d->city;

	printf("%-48s %-20s %-14s %s\n", d->id, *d->kind ? d->kind : "-", *area ? area : "-",
	       *d->owner ? d->owner : "-");
	return ferror(stdout) ? -EIO : 0;
}

int cv_registry_command_list(const struct cv_policy_args *args)
{
	struct cv_registry_where where = cv_registry_command_where(args);
	const char *limit = cv_policy_value(args, "limit");
	json_t *devices = json_array();
	struct cv_registry_store *s = NULL;
	uint64_t count = 0;
	char *end = NULL;
	int res, r;

	where.limit = limit ? strtoull(limit, &end, 10) : 1000;
	if (limit && (*limit < '0' || *limit > '9' || *end))
		r = cv_policy_usage(args, "--limit %s: a whole number", limit);
	else
		r = cv_registry_command_open(args, CV_REGISTRY_READ, &s);
	if (r == CV_CLI_OK) {
		res = cv_registry_store_count(s, &count);
		if (res == 0)
			res = cv_registry_store_each(s, &where, args->json ? list_json : list_line,
						     devices);
		if (res < 0)
			r = cv_registry_command_fault(args, s, res);
		else if (args->json)
			r = cv_registry_command_print(json_pack(
				"{s:I, s:O}", "count", (json_int_t)count, "devices", devices));
	}
	json_decref(devices);
	cv_registry_store_close(s);
	return r;
}

/* ---- set, remove ---------------------------------------------------------------------------- */

/* "kind=meter" into the device. */
static int take(const struct cv_policy_args *args, const char *text, struct cv_registry_device *d)
{
	size_t n = strcspn(text, "=");
	int field = cv_registry_field_find(text, n);
	char name[64];
	const char *why, *near;

	if (text[n] && field > CV_REGISTRY_FIELD_ID) {
		text += n + 1;
		if (cv_registry_field_set(d, (unsigned int)field, text, strlen(text), &why) == 0)
			return CV_CLI_OK;
		fprintf(stderr, "culvert registry set: %s is wrong: \"%s\" (%s)\n",
			cv_registry_fields[field].name, text, why);
		return CV_CLI_INPUT;
	}
	snprintf(name, sizeof(name), "%.*s", (int)n, text);
	near = cv_registry_field_nearest(name);
	if (!text[n])
		return cv_policy_usage(args, "\"%s\" is no COLUMN=VALUE", text);
	if (field == CV_REGISTRY_FIELD_ID)
		return cv_policy_usage(args, "the id stands before the columns");
	return cv_policy_usage(args, "no column \"%s\"%s%s%s", name,
			       near ? ", did you mean \"" : "", near ? near : "",
			       near ? "\"?" : "");
}

/* What stays as it is must still fit what is set. */
static int put(struct cv_registry_store *s, const struct cv_policy_args *args, bool *added)
{
	struct cv_registry_device d;
	enum cv_registry_put what;
	unsigned int field;
	const char *why;
	int r = CV_CLI_OK, res = cv_registry_store_get(s, args->operands[0], &d);

	*added = res == -ENOENT;
	if (*added)
		cv_registry_device_init(&d);
	else if (res < 0)
		return cv_registry_command_fault(args, s, res);
	if (cv_registry_field_set(&d, CV_REGISTRY_FIELD_ID, args->operands[0],
				  strlen(args->operands[0]), &why) < 0) {
		fprintf(stderr, "culvert registry set: \"%s\" is no id (%s)\n", args->operands[0],
			why);
		return CV_CLI_INPUT;
	}
	for (int i = 1; r == CV_CLI_OK && i < args->n_operands; i++)
		r = take(args, args->operands[i], &d);
	if (r != CV_CLI_OK)
		return r;
	if (cv_registry_device_check(&d, &field, &why) < 0)
		return cv_policy_say(args, CV_CLI_INPUT, why);
	d.given |= d.given & CV_REGISTRY_AREA_FIELDS ? CV_REGISTRY_AREA_FIELDS : 0;
	res = cv_registry_store_put(s, &d, &what);
	return res < 0 ? cv_registry_command_fault(args, s, res) : CV_CLI_OK;
}

static int commit(struct cv_registry_store *s, const struct cv_policy_args *args, int code)
{
	int res = code == CV_CLI_OK ? cv_registry_store_commit(s) : 0;

	if (res < 0)
		code = cv_registry_command_fault(args, s, res);
	if (code != CV_CLI_OK)
		cv_registry_store_rollback(s);
	return code;
}

int cv_registry_command_set(const struct cv_policy_args *args)
{
	struct cv_registry_store *s = NULL;
	bool added = false;
	int res, r = cv_registry_command_open(args, CV_REGISTRY_WRITE, &s);

	if (r != CV_CLI_OK)
		return r;
	res = cv_registry_store_begin(s);
	r = res < 0 ? cv_registry_command_fault(args, s, res)
		    : commit(s, args, put(s, args, &added));
	cv_registry_store_close(s);
	if (r != CV_CLI_OK)
		return r;
	if (args->json)
		return cv_registry_command_print(
			json_pack("{s:s, s:b}", "id", args->operands[0], "added", added));
	printf("%s is %s\n", args->operands[0], added ? "added" : "changed");
	return CV_CLI_OK;
}

static int remove_all(struct cv_registry_store *s, const struct cv_policy_args *args)
{
	int code = CV_CLI_OK;

	for (int i = 0; i < args->n_operands; i++) {
		int res = cv_registry_store_remove(s, args->operands[i]);

		if (res == -ENOENT) {
			fprintf(stderr, "culvert registry remove: %s is not in the registry\n",
				args->operands[i]);
			code = CV_CLI_OPEN;
		} else if (res < 0) {
			return cv_registry_command_fault(args, s, res);
		}
	}
	if (code != CV_CLI_OK)
		fputs("culvert registry remove: nothing has changed\n", stderr);
	return code;
}

int cv_registry_command_remove(const struct cv_policy_args *args)
{
	struct cv_registry_store *s = NULL;
	int res, r = cv_registry_command_open(args, CV_REGISTRY_WRITE, &s);

	if (r != CV_CLI_OK)
		return r;
	res = cv_registry_store_begin(s);
	r = res < 0 ? cv_registry_command_fault(args, s, res)
		    : commit(s, args, remove_all(s, args));
	cv_registry_store_close(s);
	if (r != CV_CLI_OK)
		return r;
	if (args->json)
		return cv_registry_command_print(json_pack("{s:i}", "removed", args->n_operands));
	printf("%d devices forgotten\n", args->n_operands);
	return CV_CLI_OK;
}
