/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The commands of `culvert`: one table that feeds parsing, help, man page and completion. A verb
 * or option that is not here does not exist.
 */
#ifndef CV_CLI_COMMAND_H
#define CV_CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define CV_CLI_OPTIONS_MAX 12

/* What the program's end says; documented in the man page. */
#define CV_CLI_EXITS(X)                                                                            \
	X(OK, 0, "done, and what was asked about is well")                                         \
	X(USAGE, 1, "wrong usage")                                                                 \
	X(INPUT, 2, "an input file or a value is wrong")                                           \
	X(UNREACHABLE, 3, "control or a program of Culvert cannot be reached")                     \
	X(OPEN, 4, "the ledger is open, or a check failed")                                        \
	X(OUTPUT, 5, "the output cannot be written")
#define CV_CLI_EXIT_ROW(id, code, text) CV_CLI_##id = (code),
enum cv_cli_exit { CV_CLI_EXITS(CV_CLI_EXIT_ROW) };

struct cv_cli_option {
	const char *name; /* long name, without dashes */
	const char *value; /* what it takes, NULL = a switch */
	const char *words; /* what completion offers for the value, blanks between, or NULL */
	const char *help;
};

struct cv_cli;

struct cv_cli_command {
	const char *name;
	const char *operands; /* as in usage, "" = none */
	unsigned int min_operands, max_operands;
	const char *words; /* what completion offers for operands; "file" = file names */
	const char *help; /* a sentence without a full stop, for lists */
	const char *details; /* paragraphs for help and man page */
	struct cv_cli_option options[CV_CLI_OPTIONS_MAX]; /* ends with name NULL */
	const char *exits; /* the codes it can end with, blanks between */
	bool offline; /* arguments behind the verb go to another program as they are */
	int (*run)(struct cv_cli *cli);
};

extern const struct cv_cli_command cv_cli_commands[];
extern const size_t cv_cli_command_count;
/** Options of every command that is not offline; ends with name NULL. */
extern const struct cv_cli_option cv_cli_global_options[];

/** A parsed command line. */
struct cv_cli {
	const struct cv_cli_command *command;
	const char *program; /* argv[0] */
	const char
		*values[CV_CLI_OPTIONS_MAX]; /* by option; "" for a given switch, NULL = absent */
	char **operands; /* offline: everything behind the verb */
	int operand_count;
	bool json;
	const char *socket;
	bool colour; /* stdout is a terminal and NO_COLOR is unset */
};

/** Value of an option of the command, NULL = not given. */
const char *cv_cli_value(const struct cv_cli *cli, const char *name);

/**
 * Whole number from an option.
 *
 * @param fallback when the option is not given.
 * @return 0; CV_CLI_USAGE when it is not a number from min to max, told on stderr.
 */
int cv_cli_number(const struct cv_cli *cli, const char *name, unsigned long min, unsigned long max,
		  unsigned long fallback, unsigned long *ret);

/**
 * Parse a command line.
 *
 * @param err where wrong usage is told.
 * @return CV_CLI_OK with @p cli->command set; CV_CLI_USAGE. "--help" and "--version" become the
 *         commands help and version.
 */
int cv_cli_parse(int argc, char **argv, struct cv_cli *cli, FILE *err);

void cv_cli_write_help(const struct cv_cli_command *command, FILE *out);
void cv_cli_write_overview(FILE *out);
void cv_cli_write_man(FILE *out);
void cv_cli_write_completion(FILE *out);

/* Handlers. Each returns an exit code. */
int cv_cli_status(struct cv_cli *cli);
int cv_cli_stats(struct cv_cli *cli);
int cv_cli_ledger(struct cv_cli *cli);
int cv_cli_events(struct cv_cli *cli);
int cv_cli_top(struct cv_cli *cli);
int cv_cli_replay(struct cv_cli *cli);
int cv_cli_decode(struct cv_cli *cli);
int cv_cli_config(struct cv_cli *cli);
int cv_cli_policy(struct cv_cli *cli);
int cv_cli_version(struct cv_cli *cli);
int cv_cli_completion(struct cv_cli *cli);
int cv_cli_help(struct cv_cli *cli);

#endif
