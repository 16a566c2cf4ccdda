/* SPDX-License-Identifier: Apache-2.0 */
#include "control/registry/command.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "control/config/config.h"
#include "control/text/who.h"
#include "dataplane/normalize/json_write.h"

#define DEFAULT_CONFIG "/etc/culvert/culvert.yaml"
#define PATH_SIZE (PATH_MAX + sizeof(CV_REGISTRY_FILE) + 1)

static int find_registry(const struct cv_policy_args *args, char path[PATH_SIZE])
{
	const char *given = cv_policy_value(args, "registry"),
		   *config_path = cv_policy_value(args, "config");
	struct cv_config *config = NULL;
	struct cv_diagnostics diag = {0};
	int res = 0;

	if (given) {
		snprintf(path, PATH_SIZE, "%s", given);
		return 0;
	}
	res = cv_config_load(config_path ? config_path : DEFAULT_CONFIG, &config, &diag);
	if (res < 0)
		cv_diagnostics_tell(&diag, args->json);
	else
		snprintf(path, PATH_SIZE, "%s/" CV_REGISTRY_FILE, config->log_dir);
	cv_config_free(config);
	cv_diagnostics_free(&diag);
	return res;
}

/* "registry set urn:dev:a:1 kind=meter" */
static void say_who(const struct cv_policy_args *args, struct cv_registry_store *s)
{
	char who[CV_WHO_SIZE], what[512];
	size_t n = (size_t)snprintf(what, sizeof(what), "%s", args->command->name);

	cv_who_describe(getuid(), getpid(), who);
	for (int i = 0; i < args->n_operands && n < sizeof(what); i++)
		n += (size_t)snprintf(what + n, sizeof(what) - n, " %s", args->operands[i]);
	if (n >= sizeof(what))
		memcpy(what + sizeof(what) - 4, "...", 4);
	cv_registry_store_by(s, who, what);
}

int cv_registry_command_open(const struct cv_policy_args *args, enum cv_registry_mode mode,
			     struct cv_registry_store **ret)
{
	char path[PATH_SIZE];
	const char *why = "";

	if (find_registry(args, path) < 0)
		return CV_CLI_INPUT;
	if (cv_registry_store_open(path, mode, ret, &why) == 0) {
		say_who(args, *ret);
		return CV_CLI_OK;
	}
	fprintf(stderr, "culvert %s: %s: %s\n", args->command->name, path, why);
	return CV_CLI_INPUT;
}

int cv_registry_command_format(const struct cv_policy_args *args, const char *file,
			       enum cv_registry_format *ret)
{
#define NAME_ROW(id, name) name,
	static const char *const names[] = {CV_REGISTRY_FORMATS(NAME_ROW)};
	const char *given = cv_policy_value(args, "format");
	const char *end = file ? strrchr(file, '.') : NULL;

	*ret = end && (strcmp(end, ".ndjson") == 0 || strcmp(end, ".jsonl") == 0 ||
		       strcmp(end, ".json") == 0)
		       ? CV_REGISTRY_NDJSON
		       : CV_REGISTRY_CSV;
	if (!given)
		return CV_CLI_OK;
	for (unsigned int i = 0; i < CV_REGISTRY_FORMAT_COUNT; i++) {
		if (strcmp(given, names[i]) == 0) {
			*ret = (enum cv_registry_format)i;
			return CV_CLI_OK;
		}
	}
	return cv_policy_usage(args, "--format %s: csv or ndjson", given);
}

struct cv_registry_where cv_registry_command_where(const struct cv_policy_args *args)
{
	return (struct cv_registry_where){
		.area = cv_policy_value(args, "area"),
		.kind = cv_policy_value(args, "kind"),
		.owner = cv_policy_value(args, "owner"),
		.zone = cv_policy_value(args, "zone"),
	};
}

int cv_registry_command_fault(const struct cv_policy_args *args, const struct cv_registry_store *s,
			      int res)
{
	if (res == -ECANCELED)
		return cv_policy_say(args, CV_CLI_INPUT, "given up; nothing has changed");
	if (res == -EBUSY)
		return cv_policy_say(args, CV_CLI_INPUT,
				     "somebody else is changing the registry; try again");
	fprintf(stderr, "culvert %s: %s (%s)\n", args->command->name, strerror(-res),
		cv_registry_store_why(s));
	return CV_CLI_INPUT;
}

json_t *cv_registry_device_json(const struct cv_registry_device *d)
{
	char text[sizeof(*d) * 6 + 512]; /* each byte of a text as \u00XX at worst */
	struct cv_json j = cv_json(text, sizeof(text));

	cv_json_open(&j, '{');
	cv_registry_put_members(&j, d);
	cv_json_close(&j, '}');
	return json_loadb(text, (size_t)(j.at - text), 0, NULL);
}

int cv_registry_command_print(json_t *doc)
{
	int r = doc && json_dumpf(doc, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(12)) == 0 &&
				putchar('\n') != EOF && fflush(stdout) == 0
			? CV_CLI_OK
			: CV_CLI_OUTPUT;

	json_decref(doc);
	return r;
}

/* ---- verbs ---------------------------------------------------------------------------------- */

const struct cv_policy_handler cv_registry_handlers[] = {
	{"import", cv_registry_command_import},	  {"export", cv_registry_command_export},
	{"show", cv_registry_command_show},	  {"list", cv_registry_command_list},
	{"set", cv_registry_command_set},	  {"remove", cv_registry_command_remove},
	{"history", cv_registry_command_history}, {0},
};

int cv_registry_command(int argc, char **argv)
{
	static const struct cv_cli_command *const tables[] = {cv_cli_registry_offline, NULL};
	static const struct cv_policy_verbs verbs = {"registry", tables, cv_registry_handlers};

	return cv_policy_run_verb(&verbs, argc, argv);
}
