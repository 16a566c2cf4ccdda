/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "control/config/compile.h"
#include "control/config/units.h"
#include "control/policy/report.h"
#include "control/text/read_file.h"

#define EXPIRES_DEFAULT "90d"

struct job {
	const struct cv_policy_args *args;
	const char *output;
	struct cv_bundle_recipe recipe;
	struct cv_bundle_input *inputs; /* their data are malloc'ed */
	char name[CV_BUNDLE_NAME_MAX];
	struct cv_diagnostics diag;
};

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* "city.yaml" is the policy "city". */
static const char *policy_name(struct job *j)
{
	const char *given = cv_policy_value(j->args, "name");
	const char *base = base_name(j->args->operands[0]);
	size_t len = strcspn(base, ".");

	if (given)
		return given;
	snprintf(j->name, sizeof(j->name), "%.*s", (int)(len < sizeof(j->name) ? len : 0), base);
	return j->name;
}

static int read_created(struct job *j)
{
	const char *given = cv_policy_value(j->args, "created");
	const char *epoch = getenv("SOURCE_DATE_EPOCH");
	uint64_t seconds;

	if (given && cv_policy_time(given, &j->recipe.created) < 0)
		return cv_policy_usage(j->args,
				       "--created: \"%s\" is not a time such as "
				       "2026-11-21T13:00:00Z",
				       given);
	if (given)
		return CV_CLI_OK;
	j->recipe.created = time(NULL);
	/* https://reproducible-builds.org/specs/source-date-epoch/ */
	if (epoch && cv_units_integer(epoch, &seconds) == 0 && seconds < INT32_MAX * 100ull)
		j->recipe.created = (int64_t)seconds;
	return CV_CLI_OK;
}

static int read_expires(struct job *j)
{
	const char *given = cv_policy_value(j->args, "expires");
	uint64_t ns;

	if (!given)
		given = EXPIRES_DEFAULT;
	if (strcmp(given, "never") == 0)
		j->recipe.expires = CV_BUNDLE_NEVER;
	else if (cv_units_duration(given, &ns) == 0)
		j->recipe.expires = j->recipe.created + (int64_t)(ns / 1000000000);
	else if (cv_policy_time(given, &j->recipe.expires) < 0)
		return cv_policy_usage(j->args,
				       "--expires: \"%s\" is not right, expected 90d, 2027-02-19, "
				       "2027-02-19T13:00:00Z or never",
				       given);
	return CV_CLI_OK;
}

static int read_arguments(struct job *j)
{
	const char *version = cv_policy_value(j->args, "version");
	int r;

	j->output = cv_policy_value(j->args, "output");
	if (!j->output)
		return cv_policy_usage(j->args, "where to? --output FILE is missing");
	if (!version)
		return cv_policy_usage(j->args, "--version N is missing: one more than the last");
	if (cv_units_integer(version, &j->recipe.version) < 0 || j->recipe.version == 0 ||
	    j->recipe.version > CV_BUNDLE_VERSION_MAX)
		return cv_policy_usage(j->args, "--version: \"%s\" is not a number from 1",
				       version);
	j->recipe.name = policy_name(j);
	r = read_created(j);
	return r == CV_CLI_OK ? read_expires(j) : r;
}

static int read_inputs(struct job *j)
{
	char reason[128];
	size_t size;
	char *data;
	int r;

	for (int i = 0; i < j->args->n_operands; i++) {
		const char *file = j->args->operands[i];

		r = cv_read_file(file, CV_BUNDLE_SIZE_MAX, &data, &size);
		if (r < 0) {
			snprintf(reason, sizeof(reason), "cannot read: %s", strerror(-r));
			return cv_policy_file_wrong(&j->diag, file, r, "check the path", reason);
		}
		j->inputs[j->recipe.n_inputs++] = (struct cv_bundle_input){
			.file = file,
			.name = i == 0 ? CV_BUNDLE_POLICY_FILE : base_name(file),
			.data = data,
			.size = size,
		};
	}
	return 0;
}

/* Findings about files of the bundle are findings about the files that were given. */
static void rename_findings(struct job *j)
{
	for (size_t i = 0; i < j->diag.n; i++) {
		char **file = &j->diag.items[i].file, *given = NULL;

		for (size_t k = 0; *file && !given && k < j->recipe.n_inputs; k++) {
			if (strcmp(*file, j->inputs[k].name) == 0)
				given = strdup(j->inputs[k].file);
		}
		if (given) {
			free(*file);
			*file = given;
		}
	}
}

/* Does the policy compile from what is in the bundle and nothing else? */
static int check_policy(struct job *j, const struct cv_bundle *bundle)
{
	char dir[PATH_MAX], path[PATH_MAX + sizeof(CV_BUNDLE_POLICY_FILE) + 1];
	struct cv_generation *gen = NULL;
	struct cv_config *config = NULL;
	int r = cv_bundle_unpack(bundle, NULL, dir, &j->diag);

	if (r < 0)
		return r;
	snprintf(path, sizeof(path), "%s/" CV_BUNDLE_POLICY_FILE, dir);
	r = cv_config_default(path, &config);
	if (r == 0)
		config->policy_confined = true;
	if (r == 0)
		r = cv_config_compile(config, 1, &gen, &j->diag);
	cv_bundle_name_findings(dir, &j->diag);
	rename_findings(j);
	free(gen);
	cv_config_free(config);
	cv_bundle_discard(bundle, dir);
	return r;
}

static int make(struct job *j, uint8_t **ret_bytes, struct cv_bundle **ret)
{
	size_t size;
	int r = read_inputs(j);

	if (r == 0)
		r = cv_bundle_build(&j->recipe, ret_bytes, &size, &j->diag);
	if (r == 0)
		r = cv_bundle_parse(j->output, *ret_bytes, size, ret, &j->diag);
	if (r == 0)
		r = check_policy(j, *ret);
	if (r == 0)
		r = cv_policy_write_file(j->output, O_TRUNC, 0644, *ret_bytes, size, &j->diag);
	return r;
}

int cv_policy_bundle_command(const struct cv_policy_args *args)
{
	struct job j = {.args = args};
	struct cv_bundle *bundle = NULL;
	uint8_t *bytes = NULL;
	int r = read_arguments(&j);

	if (r != CV_CLI_OK)
		return r;
	j.inputs = calloc((size_t)args->n_operands, sizeof(*j.inputs));
	j.recipe.inputs = j.inputs;
	r = j.inputs ? make(&j, &bytes, &bundle) : -ENOMEM;
	cv_policy_report(args, r == 0 ? cv_policy_bundle_json(bundle) : NULL, &j.diag, r);
	if (r == 0 && !args->json) {
		printf("%s: ", j.output);
		cv_policy_bundle_print(bundle, stdout);
		puts("; not signed yet");
	}
	for (size_t i = 0; i < j.recipe.n_inputs; i++)
		free((void *)j.inputs[i].data);
	free(j.inputs);
	cv_bundle_free(bundle);
	free(bytes);
	cv_diagnostics_free(&j.diag);
	return r == 0 ? CV_CLI_OK : CV_CLI_INPUT;
}
