/* SPDX-License-Identifier: Apache-2.0 */
/* Options and operands by the command table; culvert and culvert-control read them alike. */
#include <string.h>

#include "control/cli/command.h"
#include "control/text/nearest.h"

const struct cv_cli_option cv_cli_global_options[] = {
	{"json", NULL, NULL, "print JSON for programs"},
	{"socket", "PATH", "file",
	 "control's socket; else $CULVERT_SOCKET, else /run/culvert/control.sock"},
	{"help", NULL, NULL, "print help and exit"},
	{0},
};

bool cv_cli_is_help(const char *arg)
{
	return strcmp(arg, "--help") == 0 || strcmp(arg, "-h") == 0;
}

static int unknown_option(const struct cv_cli_command *command, const struct cv_cli_option *more,
			  const char *word, FILE *err)
{
	struct cv_nearest nearest = cv_nearest_start(word + strspn(word, "-"));

	for (const struct cv_cli_option *o = more; o && o->name; o++)
		cv_nearest_offer(&nearest, o->name);
	for (const struct cv_cli_option *o = command ? command->options : NULL; o && o->name; o++)
		cv_nearest_offer(&nearest, o->name);
	fprintf(err, "culvert: unknown option \"%s\"", word);
	if (nearest.best)
		fprintf(err, ", did you mean \"--%s\"?", nearest.best);
	fprintf(err, "\nTry: culvert help%s%s\n", command ? " " : "", command ? command->name : "");
	return CV_CLI_USAGE;
}

char cv_cli_letter(const char *letters, size_t i)
{
	return letters && i < strlen(letters) && letters[i] != ' ' ? letters[i] : 0;
}

/* Does @p arg name the option: "--name", "--name=value" with a value, or "-n"? */
static bool names(const struct cv_cli_option *option, char letter, const char *arg)
{
	size_t len = strlen(option->name);

	if (letter && arg[1] == letter && !arg[2])
		return true;
	return strncmp(arg, "--", 2) == 0 && strncmp(arg + 2, option->name, len) == 0 &&
	       (arg[2 + len] == '\0' || (arg[2 + len] == '=' && option->value));
}

static const struct cv_cli_option *find(const struct cv_cli_option *list, const char *letters,
					const char *arg)
{
	for (size_t i = 0; list && list[i].name; i++) {
		if (names(&list[i], cv_cli_letter(letters, i), arg))
			return &list[i];
	}
	return NULL;
}

int cv_cli_take_option(const struct cv_cli_command *command, const struct cv_cli_option *more,
		       int argc, char **argv, int *at, const struct cv_cli_option **ret_option,
		       const char **ret_value, FILE *err)
{
	const char *arg = argv[*at];
	const char *equals = arg[1] == '-' ? strchr(arg, '=') : NULL, *value = "";
	const struct cv_cli_option *option =
		command ? find(command->options, command->letters, arg) : NULL;

	if (!option)
		option = find(more, NULL, arg);
	if (!option)
		return unknown_option(command, more, arg, err);
	if (option->value && !equals && *at + 1 == argc) {
		fprintf(err, "culvert: option --%s needs a value: %s\n", option->name,
			option->value);
		return CV_CLI_USAGE;
	}
	if (option->value)
		value = equals ? equals + 1 : argv[++*at];
	*ret_option = option;
	*ret_value = value;
	return CV_CLI_OK;
}

int cv_cli_check_operands(const struct cv_cli_command *c, char **operands, int count, FILE *err)
{
	if (count >= (int)c->min_operands && count <= (int)c->max_operands)
		return CV_CLI_OK;
	if (count > (int)c->max_operands)
		fprintf(err, "culvert %s: \"%s\" is one argument too many\n", c->name,
			operands[c->max_operands]);
	else
		fprintf(err, "culvert %s: an argument is missing: %s\n", c->name, c->operands);
	fprintf(err, "Try: culvert help %s\n", c->name);
	return CV_CLI_USAGE;
}
