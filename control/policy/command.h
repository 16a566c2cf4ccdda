/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `culvert-control policy VERB`: verbs that work on files and need no node. A verb is a row in
 * control/cli/policy_offline.c or module_offline.c (arguments, help, man page, completion), a row
 * in command.c (who does it) and a file of its own, command_VERB.c.
 */
#ifndef CV_POLICY_COMMAND_H
#define CV_POLICY_COMMAND_H

#include "control/cli/command.h"

struct cv_policy_given {
	const struct cv_cli_option *option;
	const char *value; /* "" for a switch */
};

/** A command line read by the row of its verb. */
struct cv_policy_args {
	const struct cv_cli_command *command;
	struct cv_policy_given *given; /* options in the order given; the same one may come again */
	size_t n_given;
	char **operands; /* as many as the row allows */
	int n_operands;
	bool json; /* --json was given */
};

/** Value of an option, the last one given; "" for a switch; NULL = not given. */
const char *cv_policy_value(const struct cv_policy_args *args, const char *name);

/**
 * Values of an option that may come several times.
 *
 * @param i which, from 0.
 * @return NULL behind the last one.
 */
const char *cv_policy_value_at(const struct cv_policy_args *args, const char *name, size_t i);

/** Say on stderr what is wrong with the arguments and where help is. @return CV_CLI_USAGE. */
int cv_policy_usage(const struct cv_policy_args *args, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/** Say on stderr what went wrong in a verb. @return @p code. */
int cv_policy_say(const struct cv_policy_args *args, int code, const char *text);

/** Who does a verb; tables end with verb NULL. */
struct cv_policy_handler {
	const char *verb; /* without the command's name */
	int (*run)(const struct cv_policy_args *args);
};

/** A command with verbs: its rows, and who does them. */
struct cv_policy_verbs {
	const char *command; /* "policy" */
	const struct cv_cli_command *const
		*tables; /* each ends with name NULL, the list with NULL */
	const struct cv_policy_handler *handlers;
};

/**
 * Read a command line by the rows of a command and hand it to the verb's handler.
 *
 * @param argv argv[0] is the command's name.
 * @return exit code, enum cv_cli_exit.
 */
int cv_policy_run_verb(const struct cv_policy_verbs *verbs, int argc, char **argv);

/** The same for a command without verbs. @param argv argv[0] is the command's name. */
int cv_policy_run_row(const struct cv_cli_command *row,
		      int (*run)(const struct cv_policy_args *args), int argc, char **argv);

/**
 * The `culvert-control policy ...` commands.
 *
 * @param argv argv[0] is "policy".
 * @return exit code, enum cv_cli_exit.
 */
int cv_policy_command(int argc, char **argv);

/** Is there a handler for this row of the table? For the test that table and handlers agree. */
bool cv_policy_command_known(const struct cv_cli_command *command);

/* Handlers, one per file. Each returns an exit code. */
int cv_policy_check_command(const struct cv_policy_args *args);
int cv_policy_doc_command(const struct cv_policy_args *args);
int cv_policy_explain_command(const struct cv_policy_args *args);
int cv_policy_learn_command(const struct cv_policy_args *args);
int cv_policy_module_build_command(const struct cv_policy_args *args);
int cv_policy_module_test_command(const struct cv_policy_args *args);
int cv_policy_test_command(const struct cv_policy_args *args);
int cv_policy_keygen_command(const struct cv_policy_args *args);
int cv_policy_bundle_command(const struct cv_policy_args *args);
int cv_policy_sign_command(const struct cv_policy_args *args);
int cv_policy_verify_command(const struct cv_policy_args *args);

#endif
