/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control/cli/command.h"
#include "control/text/nearest.h"

#define DEFAULT_SOCKET "/run/culvert/control.sock"

static bool belongs(const struct cv_cli_command *command, const struct cv_cli_command *group)
{
	size_t len = group ? strlen(group->name) : 0;
	const char *verb = cv_cli_verb_name(command);

	if (!group)
		return verb == command->name;
	return strncmp(command->name, group->name, len) == 0 && verb == command->name + len + 1;
}

static int unknown_command(const struct cv_cli_command *group, const char *word, FILE *err)
{
	struct cv_nearest nearest = cv_nearest_start(word);
	const struct cv_cli_command *c;

	for (size_t i = 0; (c = cv_cli_command_at(i)); i++) {
		if (belongs(c, group))
			cv_nearest_offer(&nearest, cv_cli_verb_name(c));
	}
	fprintf(err, "culvert%s%s: unknown %s \"%s\"", group ? " " : "", group ? group->name : "",
		group ? "verb" : "command", word);
	if (nearest.best)
		fprintf(err, ", did you mean \"%s\"?", nearest.best);
	fprintf(err, "\nTry: culvert help%s%s\n", group ? " " : "", group ? group->name : "");
	return CV_CLI_USAGE;
}

/* The next word of the command's name. */
static int descend(struct cv_cli *cli, const char *word, FILE *err)
{
	const struct cv_cli_command *group = cli->command, *found;
	char name[CV_CLI_NAME_MAX];
	int len = snprintf(name, sizeof(name), "%s%s%s", group ? group->name : "", group ? " " : "",
			   word);

	found = len < (int)sizeof(name) && !strchr(word, ' ') ? cv_cli_find(name) : NULL;
	if (!found)
		return unknown_command(group, word, err);
	cli->command = found;
	return CV_CLI_OK;
}

static void store_global(struct cv_cli *cli, const char *name, const char *value)
{
	if (strcmp(name, "json") == 0)
		cli->json = true;
	else if (strcmp(name, "socket") == 0)
		cli->socket = value;
}

static int take_option(int argc, char **argv, int *at, struct cv_cli *cli, FILE *err)
{
	const struct cv_cli_option *own = cli->command ? cli->command->options : NULL, *option;
	const char *value;
	int r = cv_cli_take_option(cli->command, cv_cli_global_options, argc, argv, at, &option,
				   &value, err);

	if (r != CV_CLI_OK)
		return r;
	if (own && option >= own && option < own + CV_CLI_OPTIONS_MAX)
		cli->values[option - own] = value;
	else
		store_global(cli, option->name, value);
	return CV_CLI_OK;
}

/* Nothing but options may stand between the words of a command's name. */
static bool wants_name(const struct cv_cli *cli)
{
	return !cli->command || cli->command->verbs;
}

/* "--help" and "--version" anywhere are commands of their own. */
static bool take_command_option(const char *arg, char **argv, struct cv_cli *cli)
{
	if (cv_cli_is_help(arg)) {
		argv[0] = (char *)(cli->command ? cli->command->name : "help");
		cli->operand_count = cli->command ? 1 : 0;
		cli->command = cv_cli_find("help");
		return true;
	}
	if (strcmp(arg, "--version") == 0 && !cli->command) {
		cli->command = cv_cli_find("version");
		return true;
	}
	return false;
}

static int check_command(const struct cv_cli *cli, FILE *err)
{
	if (wants_name(cli)) {
		fprintf(err, "culvert%s%s: which %s?\nTry: culvert help%s%s\n",
			cli->command ? " " : "", cli->command ? cli->command->name : "",
			cli->command ? "verb" : "command", cli->command ? " " : "",
			cli->command ? cli->command->name : "");
		return CV_CLI_USAGE;
	}
	return cv_cli_check_operands(cli->command, cli->operands, cli->operand_count, err);
}

/* Options and operands in any order; operands are gathered at the front of argv. */
static int parse_rest(int argc, char **argv, int at, struct cv_cli *cli, FILE *err)
{
	bool options = true;
	int r = CV_CLI_OK;

	cli->operands = argv;
	for (; r == CV_CLI_OK && at < argc; at++) {
		if (options && strcmp(argv[at], "--") == 0) {
			options = false;
		} else if (options && take_command_option(argv[at], argv, cli)) {
			return CV_CLI_OK;
		} else if (options && argv[at][0] == '-' && argv[at][1]) {
			r = take_option(argc, argv, &at, cli, err);
		} else if (wants_name(cli)) {
			r = descend(cli, argv[at], err);
			if (r == CV_CLI_OK && cli->command->offline) {
				cli->operands = argv + at + 1;
				cli->operand_count = argc - at - 1;
				return CV_CLI_OK;
			}
		} else {
			cli->operands[cli->operand_count++] = argv[at];
		}
	}
	return r == CV_CLI_OK ? check_command(cli, err) : r;
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
	if (cli->operand_count == 1 && cv_cli_is_help(cli->operands[0])) {
		cli->operands[0] = (char *)cli->command->name;
		cli->command = cv_cli_find("help");
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
