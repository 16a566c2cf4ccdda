/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control/cli/command.h"
#include "control/text/nearest.h"

#define DEFAULT_SOCKET "/run/culvert/control.sock"

static const struct cv_cli_command *find_command(const char *name)
{
	for (size_t i = 0; i < cv_cli_command_count; i++) {
		if (strcmp(cv_cli_commands[i].name, name) == 0)
			return &cv_cli_commands[i];
	}
	return NULL;
}

static int unknown(FILE *err, const char *what, const char *word, const char *near,
		   const char *dashes, const char *help)
{
	fprintf(err, "culvert: unknown %s \"%s\"", what, word);
	if (near)
		fprintf(err, ", did you mean \"%s%s\"?", dashes, near);
	fprintf(err, "\nTry: culvert help%s%s\n", *help ? " " : "", help);
	return CV_CLI_USAGE;
}

static int unknown_command(const char *word, FILE *err)
{
	struct cv_nearest nearest = cv_nearest_start(word);

	for (size_t i = 0; i < cv_cli_command_count; i++)
		cv_nearest_offer(&nearest, cv_cli_commands[i].name);
	return unknown(err, "command", word, nearest.best, "", "");
}

static int unknown_option(const struct cv_cli *cli, const char *word, FILE *err)
{
	struct cv_nearest nearest = cv_nearest_start(word + strspn(word, "-"));

	for (const struct cv_cli_option *o = cv_cli_global_options; o->name; o++)
		cv_nearest_offer(&nearest, o->name);
	for (const struct cv_cli_option *o = cli->command ? cli->command->options : NULL;
	     o && o->name; o++)
		cv_nearest_offer(&nearest, o->name);
	return unknown(err, "option", word, nearest.best, "--",
		       cli->command ? cli->command->name : "");
}

/* Does @p arg name the option: "--name", or "--name=value" with a value? */
static bool names(const struct cv_cli_option *option, const char *arg)
{
	size_t len = strlen(option->name);

	return strncmp(arg, "--", 2) == 0 && strncmp(arg + 2, option->name, len) == 0 &&
	       (arg[2 + len] == '\0' || (arg[2 + len] == '=' && option->value));
}

static void store_global(struct cv_cli *cli, const char *name, const char *value)
{
	if (strcmp(name, "json") == 0)
		cli->json = true;
	else if (strcmp(name, "socket") == 0)
		cli->socket = value;
}

/* Take the option at argv[*at], and its value. */
static int take_option(int argc, char **argv, int *at, struct cv_cli *cli, FILE *err)
{
	const struct cv_cli_option *option = NULL;
	const char *arg = argv[*at], *equals = strchr(arg, '='), *value = "";
	const struct cv_cli_option *own = cli->command ? cli->command->options : NULL;
	size_t index = 0;

	for (; own && own[index].name && !option; index++) {
		if (names(&own[index], arg))
			option = &own[index];
	}
	for (const struct cv_cli_option *o = cv_cli_global_options; o->name && !option; o++) {
		if (names(o, arg))
			option = o;
	}
	if (!option)
		return unknown_option(cli, arg, err);
	if (option->value) {
		value = equals ? equals + 1 : argv[*at + 1];
		if (!equals && *at + 1 == argc) {
			fprintf(err, "culvert: option --%s needs a value: %s\n", option->name,
				option->value);
			return CV_CLI_USAGE;
		}
		*at += !equals;
	}
	if (own && option >= own && option < own + CV_CLI_OPTIONS_MAX)
		cli->values[index - 1] = value;
	else
		store_global(cli, option->name, value);
	return CV_CLI_OK;
}

static int check_operands(const struct cv_cli *cli, FILE *err)
{
	const struct cv_cli_command *c = cli->command;

	if (cli->operand_count >= (int)c->min_operands &&
	    cli->operand_count <= (int)c->max_operands)
		return CV_CLI_OK;
	if (cli->operand_count > (int)c->max_operands)
		fprintf(err, "culvert %s: \"%s\" is one argument too many\n", c->name,
			cli->operands[c->max_operands]);
	else
		fprintf(err, "culvert %s: an argument is missing: %s\n", c->name, c->operands);
	fprintf(err, "Try: culvert help %s\n", c->name);
	return CV_CLI_USAGE;
}

static bool is_help(const char *arg)
{
	return strcmp(arg, "--help") == 0 || strcmp(arg, "-h") == 0;
}

/* Options and operands in any order; operands are gathered at the front of argv. */
static int parse_rest(int argc, char **argv, int at, struct cv_cli *cli, FILE *err)
{
	bool options = true;
	int r;

	cli->operands = argv;
	for (; at < argc; at++) {
		if (options && strcmp(argv[at], "--") == 0) {
			options = false;
		} else if (options && is_help(argv[at])) {
			argv[0] = (char *)(cli->command ? cli->command->name : "help");
			cli->operand_count = cli->command ? 1 : 0;
			cli->command = find_command("help");
			return CV_CLI_OK;
		} else if (options && strcmp(argv[at], "--version") == 0 && !cli->command) {
			cli->command = find_command("version");
			return CV_CLI_OK;
		} else if (options && argv[at][0] == '-' && argv[at][1]) {
			r = take_option(argc, argv, &at, cli, err);
			if (r != CV_CLI_OK)
				return r;
		} else if (!cli->command) {
			cli->command = find_command(argv[at]);
			if (!cli->command)
				return unknown_command(argv[at], err);
			if (cli->command->offline) {
				cli->operands = argv + at + 1;
				cli->operand_count = argc - at - 1;
				return CV_CLI_OK;
			}
		} else {
			cli->operands[cli->operand_count++] = argv[at];
		}
	}
	if (!cli->command) {
		fputs("culvert: which command?\nTry: culvert help\n", err);
		return CV_CLI_USAGE;
	}
	return check_operands(cli, err);
}

int cv_cli_parse(int argc, char **argv, struct cv_cli *cli, FILE *err)
{
	const char *socket = getenv("CULVERT_SOCKET");
	const char *no_colour = getenv("NO_COLOR");
	int r;

	*cli = (struct cv_cli){.program = argc ? argv[0] : "culvert"};
	cli->socket = socket && *socket ? socket : DEFAULT_SOCKET;
	cli->colour = isatty(STDOUT_FILENO) && !(no_colour && *no_colour);
	r = parse_rest(argc, argv, 1, cli, err);
	if (r != CV_CLI_OK || !cli->command->offline)
		return r;
	/* "culvert replay --help" alone is ours; with more it is the other program's. */
	if (cli->operand_count == 1 && is_help(cli->operands[0])) {
		cli->operands[0] = (char *)cli->command->name;
		cli->command = find_command("help");
	}
	return CV_CLI_OK;
}

const char *cv_cli_value(const struct cv_cli *cli, const char *name)
{
	for (size_t i = 0; i < CV_CLI_OPTIONS_MAX && cli->command->options[i].name; i++) {
		if (strcmp(cli->command->options[i].name, name) == 0)
			return cli->values[i];
	}
	return NULL;
}

int cv_cli_number(const struct cv_cli *cli, const char *name, unsigned long min, unsigned long max,
		  unsigned long fallback, unsigned long *ret)
{
	const char *text = cv_cli_value(cli, name);
	unsigned long value;
	char *end;

	*ret = fallback;
	if (!text)
		return CV_CLI_OK;
	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno || *text < '0' || *text > '9' || *end || value < min || value > max) {
		fprintf(stderr, "culvert %s: --%s: \"%s\" is not right, expected %lu to %lu\n",
			cli->command->name, name, text, min, max);
		return CV_CLI_USAGE;
	}
	*ret = value;
	return CV_CLI_OK;
}
