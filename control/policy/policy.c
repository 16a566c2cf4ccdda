/* SPDX-License-Identifier: Apache-2.0 */
#include "control/policy/policy.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "control/config/schema.h"
#include "control/policy/parse.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define AT(member)                                                                                 \
	.offset = offsetof(struct cv_policy, member),                                              \
	.size = sizeof(((struct cv_policy *)0)->member)

static const char *const action_choices[] = {"drop", "allow", NULL};

static const struct cv_field default_fields[] = {
	{.name = "ip", .type = CV_FIELD_CHOICE, AT(fallback.ip), .choices = action_choices},
	{.name = "non_ip",
	 .type = CV_FIELD_CHOICE,
	 AT(fallback.non_ip),
	 .choices = action_choices,
	 .fallback = "allow"},
	{.name = "inspect", .type = CV_FIELD_BOOL, AT(fallback.inspect), .fallback = "true"},
};

static const struct cv_field file_fields[] = {
	{.name = "default",
	 .type = CV_FIELD_SECTION,
	 .fields = default_fields,
	 .n_fields = COUNT(default_fields)},
	{.name = "groups", .type = CV_FIELD_ELSEWHERE, .fallback = ""},
	{.name = "services", .type = CV_FIELD_ELSEWHERE, .fallback = ""},
	{.name = "rules", .type = CV_FIELD_ELSEWHERE, .fallback = ""},
};

static const struct cv_field file_schema = {
	.type = CV_FIELD_SECTION, .fields = file_fields, .n_fields = COUNT(file_fields)};

void cv_policy_wrong(struct cv_policy_reader *r, struct cv_place at, const char *hint,
		     const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	cv_diagnostics_add(r->diag, CV_SEVERITY_ERROR, at, hint, "%s", text);
	if (r->error == 0)
		r->error = -EINVAL;
}

static int read_policy(struct cv_policy *policy, const struct cv_yaml *root,
		       struct cv_diagnostics *diag)
{
	struct cv_policy_reader r = {.policy = policy, .diag = diag};

	cv_schema_defaults(&file_schema, policy);
	r.error = cv_schema_read(&file_schema, root, policy, "", policy->path, diag);
	if (root->kind != CV_YAML_MAP || r.error == -ENOMEM)
		return r.error;
	if (!cv_yaml_get(root, "default"))
		cv_policy_wrong(&r, cv_yaml_place(policy->path, root),
				"default: { ip: drop, non_ip: allow, inspect: true }",
				"\"default\" is missing, expected what happens where no rule does");
	cv_policy_read_groups(&r, cv_yaml_get(root, "groups"));
	cv_policy_read_services(&r, cv_yaml_get(root, "services"));
	if (r.error != -ENOMEM)
		cv_policy_read_rules(&r, cv_yaml_get(root, "rules"));
	if (r.error == 0)
		cv_policy_check_overlap(&r);
	return r.error;
}

int cv_policy_parse(const char *path, const char *text, size_t len, struct cv_policy **ret,
		    struct cv_diagnostics *diag)
{
	struct cv_policy *policy = NULL;
	struct cv_yaml *root = NULL;
	int r, read = -ENOMEM;

	r = cv_yaml_parse(path, text, len, &root, diag);
	if (!root)
		return r;
	policy = calloc(1, sizeof(*policy));
	if (policy)
		policy->path = strdup(path);
	if (policy && policy->path)
		read = read_policy(policy, root, diag);
	cv_yaml_free(root);
	if (r == 0)
		r = read == -E2BIG ? -EINVAL : read;
	if (r < 0) {
		cv_policy_free(policy);
		return r;
	}
	*ret = policy;
	return 0;
}

int cv_policy_load(const char *path, struct cv_policy **ret, struct cv_diagnostics *diag)
{
	char *text = NULL;
	size_t len = 0;
	int r = cv_yaml_read_file(path, &text, &len, diag);

	if (r == 0)
		r = cv_policy_parse(path, text, len, ret, diag);
	free(text);
	if (r < 0 && diag->errors == 0)
		cv_diagnostics_add(diag, CV_SEVERITY_ERROR, (struct cv_place){.file = path}, NULL,
				   "%s", strerror(-r));
	return r;
}

void cv_policy_free(struct cv_policy *policy)
{
	if (!policy)
		return;
	for (size_t i = 0; i < policy->n_rules; i++) {
		free(policy->rules[i].from.items);
		free(policy->rules[i].to.items);
		free(policy->rules[i].service.items);
	}
	free(policy->rules);
	free(policy->services);
	free(policy->prefixes);
	free(policy->groups);
	free(policy->path);
	free(policy);
}
