/* SPDX-License-Identifier: Apache-2.0 */
#include "control/policy/command.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "control/text/nearest.h"

static const struct {
	const char *verb;
	int (*run)(const struct cv_policy_args *args);
} handlers[] = {
	{"check", cv_policy_check_command},
	{"learn", cv_policy_learn_command},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

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

static int (*find_handler(const char *verb))(const struct cv_policy_args *args)
{
	for (size_t i = 0; i < COUNT(handlers); i++) {
		if (strcmp(handlers[i].verb, verb) == 0)
			return handlers[i].run;
	}
	return NULL;
}

bool cv_policy_command_known(const struct cv_cli_command *command)
{
	return find_handler(cv_cli_verb_name(command)) != NULL;
}

static const struct cv_cli_command *find_row(const char *verb)
{
	for (const struct cv_cli_command *c = cv_cli_policy_offline; c->name; c++) {
		if (strcmp(cv_cli_verb_name(c), verb) == 0)
			return c;
	}
	return NULL;
}

static void write_verbs(FILE *out)
{
	fputs("usage: culvert-control policy VERB ...\n\n", out);
	for (const struct cv_cli_command *c = cv_cli_policy_offline; c->name; c++)
		fprintf(out, "  %-11s %s\n", cv_cli_verb_name(c), c->help);
	fputs("\nculvert-control policy VERB --help tells more.\n", out);
}

static int unknown_verb(const char *verb)
{
	struct cv_nearest nearest = cv_nearest_start(verb);

	for (const struct cv_cli_command *c = cv_cli_policy_offline; c->name; c++)
		cv_nearest_offer(&nearest, cv_cli_verb_name(c));
	fprintf(stderr, "culvert policy: unknown verb \"%s\"", verb);
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

int cv_policy_command(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : NULL;
	struct cv_policy_args args = {.command = verb ? find_row(verb) : NULL};
	bool help = false;
	int r;

	if (!verb || cv_cli_is_help(verb)) {
		write_verbs(verb ? stdout : stderr);
		return verb ? CV_CLI_OK : CV_CLI_USAGE;
	}
	if (!args.command)
		return unknown_verb(verb);
	args.given = calloc((size_t)argc, sizeof(*args.given));
	if (!args.given)
		return CV_CLI_UNREACHABLE;
	r = parse(argc - 2, argv + 2, &args, &help);
	args.json = cv_policy_value(&args, "json") != NULL;
	if (r == CV_CLI_OK && help)
		cv_cli_write_help(args.command, stdout);
	else if (r == CV_CLI_OK)
		r = find_handler(verb)(&args);
	free(args.given);
	return r;
}
