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
	{.name = "ip",
	 .type = CV_FIELD_CHOICE,
	 AT(fallback.ip),
	 .choices = action_choices,
	 .help = "What happens to IP frames that no rule matches."},
	{.name = "non_ip",
	 .type = CV_FIELD_CHOICE,
	 AT(fallback.non_ip),
	 .choices = action_choices,
	 .fallback = "allow",
	 .help = "What happens to frames that are not IP, such as ARP."},
	{.name = "inspect",
	 .type = CV_FIELD_BOOL,
	 AT(fallback.inspect),
	 .fallback = "true",
	 .help = "Decode what passes by default, and by rules that do not say."},
};

static const struct cv_field file_fields[] = {
	{.name = "default",
	 .type = CV_FIELD_SECTION,
	 .fields = default_fields,
	 .n_fields = COUNT(default_fields),
	 .help = "What happens where no rule does."},
	{.name = "zones",
	 .type = CV_FIELD_ELSEWHERE,
	 .fallback = "",
	 .help = "Names for where frames enter, by port and VLAN; see below."},
	{.name = "groups",
	 .type = CV_FIELD_ELSEWHERE,
	 .fallback = "",
	 .help = "Names for addresses: prefixes, MAC addresses, `{ file: PATH }` with one a line, "
		 "`{ group: NAME }`."},
	{.name = "services",
	 .type = CV_FIELD_ELSEWHERE,
	 .fallback = "",
	 .help = "Names for `tcp/PORT`, `udp/PORT`, `tcp`, `udp`, `icmp`, `icmpv6`, `ip/NUMBER`, "
		 "or "
		 "a protocol such as `coap`."},
	{.name = "bindings",
	 .type = CV_FIELD_ELSEWHERE,
	 .fallback = "",
	 .help = "Addresses that may be used at one place only: `identity` and `mac`, `vlan`, "
		 "`prefix`, or `{ file: PATH }`; with `protocol`, what devices call themselves."},
	{.name = "rules",
	 .type = CV_FIELD_ELSEWHERE,
	 .fallback = "",
	 .help = "The first that matches decides; see below."},
};

const struct cv_field cv_policy_file_schema = {
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

/* A rule names zones and groups in one breath. */
static void check_names(struct cv_policy_reader *r)
{
	const struct cv_policy *p = r->policy;

	for (size_t z = 0; z < p->n_zones; z++) {
		for (size_t g = 0; g < p->n_groups; g++) {
			const struct cv_policy_name *name = &p->groups[g].name;

			if (strcmp(p->zones[z].name.text, name->text) == 0)
				cv_policy_wrong(
					r, (struct cv_place){p->path, name->line, name->column},
					NULL, "\"%s\" is the name of a zone already, at line %u",
					name->text, p->zones[z].name.line);
		}
	}
}

struct cv_place cv_policy_place(const struct cv_policy *policy, struct cv_policy_place at)
{
	return (struct cv_place){policy->files[at.file], at.line, at.column};
}

bool cv_policy_has_shadow(const struct cv_policy *policy)
{
	for (size_t i = 0; i < policy->n_rules; i++) {
		if (policy->rules[i].mode == CV_POLICY_SHADOW)
			return true;
	}
	return false;
}

static int read_policy(struct cv_policy *policy, bool confined, const struct cv_yaml *root,
		       struct cv_diagnostics *diag)
{
	struct cv_policy_reader r = {.policy = policy, .diag = diag, .confined = confined};

	cv_schema_defaults(&cv_policy_file_schema, policy);
	r.error = cv_schema_read(&cv_policy_file_schema, root, policy, "", policy->path, diag);
	if (root->kind != CV_YAML_MAP || r.error == -ENOMEM)
		return r.error;
	if (!cv_yaml_get(root, "default"))
		cv_policy_wrong(&r, cv_yaml_place(policy->path, root),
				"default: { ip: drop, non_ip: allow, inspect: true }",
				"\"default\" is missing, expected what happens where no rule does");
	cv_policy_read_zones(&r, cv_yaml_get(root, "zones"));
	if (r.error != -ENOMEM)
		cv_policy_read_groups(&r, cv_yaml_get(root, "groups"));
	check_names(&r);
	if (r.error != -ENOMEM)
		cv_policy_read_services(&r, cv_yaml_get(root, "services"));
	if (r.error != -ENOMEM)
		cv_policy_read_bindings(&r, cv_yaml_get(root, "bindings"));
	if (r.error != -ENOMEM)
		cv_policy_read_rules(&r, cv_yaml_get(root, "rules"));
	if (r.error == 0)
		cv_policy_check_overlap(&r);
	return r.error;
}

static int name_file(struct cv_policy *policy, const char *path)
{
	policy->files = calloc(1, sizeof(*policy->files));
	policy->path = strdup(path);
	if (!policy->files || !policy->path)
		return -ENOMEM;
	policy->files[0] = policy->path;
	policy->n_files = 1;
	return cv_app_build_create(&policy->apps);
}

static int parse(const char *path, const char *text, size_t len, bool confined,
		 struct cv_policy **ret, struct cv_diagnostics *diag)
{
	struct cv_policy *policy = NULL;
	struct cv_yaml *root = NULL;
	int r, read = -ENOMEM;

	r = cv_yaml_parse(path, text, len, &root, diag);
	if (!root)
		return r;
	policy = calloc(1, sizeof(*policy));
	if (policy)
		read = name_file(policy, path);
	if (read == 0)
		read = read_policy(policy, confined, root, diag);
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

int cv_policy_parse(const char *path, const char *text, size_t len, struct cv_policy **ret,
		    struct cv_diagnostics *diag)
{
	return parse(path, text, len, false, ret, diag);
}

static int load(const char *path, bool confined, struct cv_policy **ret,
		struct cv_diagnostics *diag)
{
	char *text = NULL;
	size_t len = 0;
	int r = cv_yaml_read_file(path, &text, &len, diag);

	if (r == 0)
		r = parse(path, text, len, confined, ret, diag);
	free(text);
	if (r < 0 && diag->errors == 0)
		cv_diagnostics_add(diag, CV_SEVERITY_ERROR, (struct cv_place){.file = path}, NULL,
				   "%s", strerror(-r));
	return r;
}

int cv_policy_load(const char *path, struct cv_policy **ret, struct cv_diagnostics *diag)
{
	return load(path, false, ret, diag);
}

int cv_policy_load_confined(const char *path, struct cv_policy **ret, struct cv_diagnostics *diag)
{
	return load(path, true, ret, diag);
}

void cv_policy_free(struct cv_policy *policy)
{
	if (!policy)
		return;
	for (size_t i = 0; i < policy->n_rules; i++) {
		free(policy->rules[i].from.items);
		free(policy->rules[i].to.items);
		free(policy->rules[i].service.items);
		free(policy->rules[i].group_apps);
	}
	for (size_t i = 0; i < policy->n_groups; i++) {
		free(policy->groups[i].includes);
		free(policy->groups[i].classes);
	}
	for (size_t i = 0; i < policy->n_zones; i++) {
		free(policy->zones[i].ports);
		free(policy->zones[i].vlans);
	}
	for (size_t i = 1; i < policy->n_files; i++)
		free(policy->files[i]);
	cv_app_build_destroy(policy->apps);
	free(policy->files);
	free(policy->rules);
	free(policy->services);
	free(policy->bindings);
	free(policy->macs);
	free(policy->prefixes);
	free(policy->groups);
	free(policy->zones);
	free(policy->path);
	free(policy);
}
