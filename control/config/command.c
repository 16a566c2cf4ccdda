/* SPDX-License-Identifier: Apache-2.0 */
/* `culvert-control config ...`: work on files, no node needed. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control/config/compile.h"
#include "control/config/units.h"
#include "control/text/nearest.h"

enum { EXIT_FINE, EXIT_USAGE, EXIT_INPUT };

static const char usage[] =
	"usage: culvert-control config check [--json] FILE\n"
	"       culvert-control config show FILE\n"
	"       culvert-control config compile [--number N] -o IMAGE FILE\n"
	"       culvert-control config compile [--number N] -o IMAGE --policy POLICY\n"
	"       culvert-control config doc\n"
	"\n"
	"check    says whether a file and the policy it names are right; every finding is told\n"
	"show     prints the configuration with every default filled in\n"
	"compile  writes the generation image that culvert-dataplane runs\n"
	"doc      prints the documentation page of the settings\n"
	"FILE - is standard input. Exit: 0 fine, 1 usage, 2 the input is wrong.\n";

struct arguments {
	const char *file, *policy, *image;
	uint64_t number;
	bool json;
};

static int parse_arguments(int argc, char **argv, struct arguments *a)
{
	for (int i = 2; i < argc; i++) {
		const char *arg = argv[i];
		const char **value = NULL, *number = NULL;

		if (strcmp(arg, "--json") == 0)
			a->json = true;
		else if (strcmp(arg, "-o") == 0 || strcmp(arg, "--output") == 0)
			value = &a->image;
		else if (strcmp(arg, "--policy") == 0)
			value = &a->policy;
		else if (strcmp(arg, "--number") == 0)
			value = &number;
		else if ((arg[0] == '-' && arg[1]) || a->file)
			return -EINVAL;
		else
			a->file = arg;
		if (value && i + 1 == argc)
			return -EINVAL;
		if (value)
			*value = argv[++i];
		if (number && (cv_units_integer(number, &a->number) < 0 || a->number == 0))
			return -EINVAL;
	}
	return 0;
}

static int load(const struct arguments *a, struct cv_config **ret, struct cv_diagnostics *diag)
{
	int r;

	if (!a->policy)
		return cv_config_load(a->file, ret, diag);
	r = cv_config_default(a->policy, ret);
	if (r < 0)
		cv_diagnostics_add(diag, CV_SEVERITY_ERROR, (struct cv_place){.file = a->policy},
				   NULL, "%s", strerror(-r));
	return r;
}

static int write_image(const char *path, const struct cv_generation *gen,
		       struct cv_diagnostics *diag)
{
	FILE *out = fopen(path, "wbe");
	bool done = out && fwrite(gen, gen->size, 1, out) == 1;

	if (out && fclose(out) != 0)
		done = false;
	if (done)
		return 0;
	cv_diagnostics_add(diag, CV_SEVERITY_ERROR, (struct cv_place){.file = path},
			   "check the folder, its rights and the space left", "cannot write: %s",
			   strerror(errno));
	return -EIO;
}

static void tell_size(const struct arguments *a, const struct cv_generation *gen)
{
	printf("%s: ok, ", a->policy ? a->policy : a->file);
	if (!a->policy)
		printf("%" PRIu32 " port%s, ", gen->ports.count, gen->ports.count == 1 ? "" : "s");
	printf("%" PRIu32 " prefixes, %" PRIu32 " rule keys\n", gen->prefixes.count,
	       gen->rules.count);
}

static int run_compile(const struct arguments *a, bool write)
{
	struct cv_diagnostics diag = {0};
	struct cv_generation *gen = NULL;
	struct cv_config *config = NULL;
	int r = load(a, &config, &diag);

	if (r == 0)
		r = cv_config_compile(config, a->number, &gen, &diag);
	if (r == 0 && write)
		r = write_image(a->image, gen, &diag);
	cv_diagnostics_tell(&diag, a->json);
	if (r == 0 && !write && !a->json)
		tell_size(a, gen);
	free(gen);
	cv_config_free(config);
	cv_diagnostics_free(&diag);
	return r < 0 ? EXIT_INPUT : EXIT_FINE;
}

static int run_show(const struct arguments *a)
{
	struct cv_diagnostics diag = {0};
	struct cv_config *config = NULL;
	int r = cv_config_load(a->file, &config, &diag);

	cv_diagnostics_tell(&diag, false);
	if (r == 0)
		cv_config_show(config, stdout);
	cv_config_free(config);
	cv_diagnostics_free(&diag);
	return r < 0 ? EXIT_INPUT : EXIT_FINE;
}

static int wrong_usage(const char *what, const char *why)
{
	static const char *const verbs[] = {"check", "show", "compile", "doc"};
	struct cv_nearest nearest = cv_nearest_start(what ? what : "");

	for (size_t i = 0; what && i < sizeof(verbs) / sizeof(verbs[0]); i++)
		cv_nearest_offer(&nearest, verbs[i]);
	if (nearest.best && strcmp(nearest.best, what) != 0)
		fprintf(stderr, "unknown verb \"%s\", did you mean \"%s\"?\n", what, nearest.best);
	else if (nearest.best && why)
		fprintf(stderr, "%s: %s\n", what, why);
	else if (what)
		fprintf(stderr, "unknown verb \"%s\"\n", what);
	fputs(usage, stderr);
	return EXIT_USAGE;
}

int cv_config_command(int argc, char **argv)
{
	struct arguments a = {.number = 1};
	const char *verb = argc > 1 ? argv[1] : NULL;

	if (verb && (strcmp(verb, "--help") == 0 || strcmp(verb, "help") == 0)) {
		fputs(usage, stdout);
		return EXIT_FINE;
	}
	if (!verb || parse_arguments(argc, argv, &a) < 0)
		return wrong_usage(verb,
				   "an option is unknown or lacks its value, or one FILE too many");
	if (strcmp(verb, "doc") == 0) {
		cv_config_write_doc(stdout);
		return EXIT_FINE;
	}
	if (!a.file == !a.policy)
		return wrong_usage(verb, "which FILE?");
	if (strcmp(verb, "check") == 0)
		return run_compile(&a, false);
	if (strcmp(verb, "compile") == 0 && a.image)
		return run_compile(&a, true);
	if (strcmp(verb, "show") == 0 && a.file)
		return run_show(&a);
	return wrong_usage(verb, "where to? -o IMAGE is missing");
}
