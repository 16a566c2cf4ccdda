/* SPDX-License-Identifier: Apache-2.0 */
#include "control/policy/command.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "control/text/nearest.h"

static const struct cv_policy_handler handlers[] = {
	{"bundle", cv_policy_bundle_command},
	{"check", cv_policy_check_command},
	{"doc", cv_policy_doc_command},
	{"explain", cv_policy_explain_command},
	{"keygen", cv_policy_keygen_command},
	{"learn", cv_policy_learn_command},
	{"module build", cv_policy_module_build_command},
	{"module test", cv_policy_module_test_command},
	{"sign", cv_policy_sign_command},
	{"test", cv_policy_test_command},
	{"verify", cv_policy_verify_command},
	{0},
};

/* All rows this program has a handler for. */
static const struct cv_cli_command *const tables[] = {
	cv_cli_policy_offline,
	cv_cli_module_offline,
	NULL,
};

static const struct cv_policy_verbs policy_verbs = {"policy", tables, handlers};

const char *cv_policy_value_at(const struct cv_policy_args *args, const char *name, size_t i)
{
	for (size_t g = 0; g < args->n_given; g++) {
		if (strcmp(args->given[g].option->name, name) == 0 && i-- == 0)
			return args->given[g].value;
	}
	return NULL;
}

const char *cv_policy_value(const struct cv_policy_args *args, const char *name)
{
	const char *value = NULL, *next;

	for (size_t i = 0; (next = cv_policy_value_at(args, name, i)); i++)
		value = next;
	return value;
}

int cv_policy_usage(const struct cv_policy_args *args, const char *fmt, ...)
{
	va_list list;

	fprintf(stderr, "culvert %s: ", args->command->name);
	va_start(list, fmt);
	vfprintf(stderr, fmt, list);
	va_end(list);
	fprintf(stderr, "\nTry: culvert help %s\n", args->command->name);
	return CV_CLI_USAGE;
}

int cv_policy_say(const struct cv_policy_args *args, int code, const char *text)
{
	fprintf(stderr, "culvert %s: %s\n", args->command->name, text);
	return code;
}

/* "module build" of "policy module build" */
static const char *verb_of(const struct cv_policy_verbs *verbs,
			   const struct cv_cli_command *command)
{
	return command->name + strlen(verbs->command) + 1;
}

static int (*find_handler(const struct cv_policy_verbs *verbs,
			  const char *verb))(const struct cv_policy_args *args)
{
	for (const struct cv_policy_handler *h = verbs->handlers; h->verb; h++) {
		if (strcmp(h->verb, verb) == 0)
			return h->run;
	}
	return NULL;
}

bool cv_policy_command_known(const struct cv_cli_command *command)
{
	return find_handler(&policy_verbs, verb_of(&policy_verbs, command)) != NULL;
}

static const struct cv_cli_command *find_row(const struct cv_policy_verbs *verbs, const char *verb)
{
	for (size_t t = 0; verbs->tables[t]; t++) {
		for (const struct cv_cli_command *c = verbs->tables[t]; c->name; c++) {
			if (strcmp(verb_of(verbs, c), verb) == 0)
				return c;
		}
	}
	return NULL;
}

/* The row that the first two words or the first one name. @return words taken, 0 = none. */
static int take_verb(const struct cv_policy_verbs *verbs, int argc, char **argv,
		     const struct cv_cli_command **ret)
{
	char two[CV_CLI_NAME_MAX];

	if (argc > 1 && snprintf(two, sizeof(two), "%s %s", argv[0], argv[1]) < (int)sizeof(two)) {
		*ret = find_row(verbs, two);
		if (*ret)
			return 2;
	}
	*ret = argc > 0 ? find_row(verbs, argv[0]) : NULL;
	return *ret ? 1 : 0;
}

static void write_verbs(const struct cv_policy_verbs *verbs, FILE *out)
{
	fprintf(out, "usage: culvert-control %s VERB ...\n\n", verbs->command);
	for (size_t t = 0; verbs->tables[t]; t++) {
		for (const struct cv_cli_command *c = verbs->tables[t]; c->name; c++)
			fprintf(out, "  %-13s %s\n", verb_of(verbs, c), c->help);
	}
	fprintf(out, "\nculvert-control %s VERB --help tells more.\n", verbs->command);
}

static int unknown_verb(const struct cv_policy_verbs *verbs, const char *verb)
{
	struct cv_nearest nearest = cv_nearest_start(verb);

	for (size_t t = 0; verbs->tables[t]; t++) {
		for (const struct cv_cli_command *c = verbs->tables[t]; c->name; c++)
			cv_nearest_offer(&nearest, verb_of(verbs, c));
	}
	fprintf(stderr, "culvert %s: unknown verb \"%s\"", verbs->command, verb);
	if (nearest.best)
		fprintf(stderr, ", did you mean \"%s\"?", nearest.best);
	fputc('\n', stderr);
	return CV_CLI_USAGE;
}

/* Options and operands in any order; operands are gathered at the front of argv. */
static int parse(int argc, char **argv, struct cv_policy_args *args, bool *help)
{
	bool options = true;
	int r = CV_CLI_OK;

	args->operands = argv;
	for (int at = 0; r == CV_CLI_OK && at < argc; at++) {
		struct cv_policy_given *given = &args->given[args->n_given];

		if (options && strcmp(argv[at], "--") == 0) {
			options = false;
		} else if (options && cv_cli_is_help(argv[at])) {
			*help = true;
			return CV_CLI_OK;
		} else if (options && argv[at][0] == '-' && argv[at][1]) {
			r = cv_cli_take_option(args->command, NULL, argc, argv, &at, &given->option,
					       &given->value, stderr);
			args->n_given += r == CV_CLI_OK;
		} else {
			args->operands[args->n_operands++] = argv[at];
		}
	}
	if (r == CV_CLI_OK)
		r = cv_cli_check_operands(args->command, args->operands, args->n_operands, stderr);
	return r;
}

/* @param argv what follows the command's name. */
static int run_row(const struct cv_cli_command *row, int (*run)(const struct cv_policy_args *args),
		   int argc, char **argv)
{
	struct cv_policy_args args = {.command = row};
	bool help = false;
	int r;

	args.given = calloc((size_t)argc + 1, sizeof(*args.given));
	if (!args.given)
		return CV_CLI_UNREACHABLE;
	r = parse(argc, argv, &args, &help);
	args.json = cv_policy_value(&args, "json") != NULL;
	if (r == CV_CLI_OK && help)
		cv_cli_write_help(row, stdout);
	else if (r == CV_CLI_OK)
		r = run(&args);
	free(args.given);
	return r;
}

int cv_policy_run_verb(const struct cv_policy_verbs *verbs, int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : NULL;
	struct cv_policy_args args = {0};
	int words = take_verb(verbs, argc - 1, argv + 1, &args.command);

	if (!verb || cv_cli_is_help(verb)) {
		write_verbs(verbs, verb ? stdout : stderr);
		return verb ? CV_CLI_OK : CV_CLI_USAGE;
	}
	if (!words)
		return unknown_verb(verbs, verb);
	return run_row(args.command, find_handler(verbs, verb_of(verbs, args.command)),
		       argc - 1 - words, argv + 1 + words);
}

int cv_policy_run_row(const struct cv_cli_command *row,
		      int (*run)(const struct cv_policy_args *args), int argc, char **argv)
{
	return run_row(row, run, argc - 1, argv + 1);
}

int cv_policy_command(int argc, char **argv)
{
	return cv_policy_run_verb(&policy_verbs, argc, argv);
}
