/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The commands of `culvert`: one table that feeds parsing, help, man page and completion. A verb
 * or option that is not here does not exist.
 */
#ifndef CV_CLI_COMMAND_H
#define CV_CLI_COMMAND_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define CV_CLI_OPTIONS_MAX 16
/** Longest name of a command, "policy keygen", with its zero. */
#define CV_CLI_NAME_MAX 48
/** Most words of a command's name, "policy module build". */
#define CV_CLI_WORDS_MAX 3

/* What the program's end says; documented in the man page. */
#define CV_CLI_EXITS(X)                                                                            \
	X(OK, 0, "done, and what was asked about is well")                                         \
	X(USAGE, 1, "wrong usage")                                                                 \
	X(INPUT, 2, "an input file or a value is wrong")                                           \
	X(UNREACHABLE, 3, "control or a program of Culvert cannot be reached")                     \
	X(OPEN, 4, "the ledger is open, or a check failed")                                        \
	X(OUTPUT, 5, "the output cannot be written")                                               \
	X(FAULT, 6, "two parts of Culvert contradict each other: a fault in Culvert")
#define CV_CLI_EXIT_ROW(id, code, text) CV_CLI_##id = (code),
enum cv_cli_exit { CV_CLI_EXITS(CV_CLI_EXIT_ROW) };

struct cv_cli_exit_text {
	const char *code, *text;
};
/** Ends with code NULL. */
extern const struct cv_cli_exit_text cv_cli_exit_texts[];

struct cv_cli_option {
	const char *name; /* long name, without dashes */
	const char *value; /* what it takes, NULL = a switch */
	const char *words; /* what completion offers for the value, blanks between, or NULL */
	const char *help;
};

/** Row for commands of other programs that print JSON; the others have it by themselves. */
#define CV_CLI_OPTION_JSON                                                                         \
	{                                                                                          \
		"json", NULL, NULL, "print JSON for programs"                                      \
	}

struct cv_cli;

struct cv_cli_command {
	const char *name; /* as typed: "status", "policy check" */
	const char *operands; /* as in usage, "" = none */
	unsigned int min_operands, max_operands;
	const char *words; /* what completion offers for operands; "file" = file names */
	const char *help; /* a sentence without a full stop, for lists */
	const char *details; /* paragraphs for help and man page */
	struct cv_cli_option options[CV_CLI_OPTIONS_MAX]; /* ends with name NULL */
	const char *letters; /* short forms of the options in their order, blank = none; or NULL */
	const char *exits; /* the codes it can end with, blanks between */
	bool offline; /* arguments behind the verb go to another program as they are */
	/* A command with verbs ("policy") is nothing by itself. Tables end with name NULL, the list
	 * with NULL. */
	const struct cv_cli_command *const *verbs;
	const char *owner; /* program that does its verbs; NULL = culvert-control */
	int (*run)(struct cv_cli *cli); /* NULL for one with verbs, and in tables that
					   culvert-control shares */
};

/** The table; ends with name NULL. */
extern const struct cv_cli_command cv_cli_commands[];
/** Verbs of `culvert policy` that culvert-control does without a node; ends with name NULL. */
extern const struct cv_cli_command cv_cli_policy_offline[];
/** Verbs of `culvert policy` that ask the running node; ends with name NULL. */
extern const struct cv_cli_command cv_cli_policy_online[];
/** Verbs of `culvert policy module` likewise. */
extern const struct cv_cli_command cv_cli_module_offline[];
/** And those that ask the node. */
extern const struct cv_cli_command cv_cli_module_online[];
/** Verbs of `culvert firewall` and `culvert quarantine`, done by culvert-control. */
extern const struct cv_cli_command cv_cli_firewall_offline[];
extern const struct cv_cli_command cv_cli_quarantine_offline[];
/** Verbs of `culvert token`. */
extern const struct cv_cli_command cv_cli_token_verbs[];
/** Verbs of `culvert config` on files, done by culvert-control, and those that ask the node. */
extern const struct cv_cli_command cv_cli_config_offline[];
extern const struct cv_cli_command cv_cli_config_online[];
/** Verbs of `culvert log` likewise. */
extern const struct cv_cli_command cv_cli_log_offline[];
/** Verbs of `culvert alarm` that ask control; and those that need no node, likewise. */
extern const struct cv_cli_command cv_cli_alarm_online[];
extern const struct cv_cli_command cv_cli_alarm_offline[];
/** Verbs of `culvert registry` likewise. */
extern const struct cv_cli_command cv_cli_registry_offline[];
/** Verbs of `culvert update` likewise. */
extern const struct cv_cli_command cv_cli_update_offline[];
/** `culvert config host` likewise. */
extern const struct cv_cli_command cv_cli_host_offline[];
/** Verbs of `culvert fleet` likewise. */
extern const struct cv_cli_command cv_cli_fleet_offline[];
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

/**
 * All commands in the order of the table; verbs come behind the command they belong to.
 *
 * @return NULL behind the last one.
 */
const struct cv_cli_command *cv_cli_command_at(size_t i);

/** Command by its whole name, NULL = there is none. */
const struct cv_cli_command *cv_cli_find(const char *name);

/** Name of a command within the one it is a verb of: "check" of "policy check". */
const char *cv_cli_verb_name(const struct cv_cli_command *command);

/**
 * Take the option at argv[*at], and its value.
 *
 * @param command whose options are known, may be NULL.
 * @param more further options, name NULL behind the last; may be NULL.
 * @param at moved to the value when that is an argument of its own.
 * @param ret_value "" for a switch.
 * @return CV_CLI_OK or CV_CLI_USAGE, told on @p err.
 */
int cv_cli_take_option(const struct cv_cli_command *command, const struct cv_cli_option *more,
		       int argc, char **argv, int *at, const struct cv_cli_option **ret_option,
		       const char **ret_value, FILE *err);

/** Are there as many operands as the command takes? @return CV_CLI_OK or CV_CLI_USAGE, told. */
int cv_cli_check_operands(const struct cv_cli_command *command, char **operands, int count,
			  FILE *err);

bool cv_cli_is_help(const char *arg);

/** Short form of the i-th option, 0 = none. @param letters as in struct cv_cli_command. */
char cv_cli_letter(const char *letters, size_t i);

/** Text for roff: backslashes, hyphens that must stay hyphens, no control line by accident. */
void cv_cli_write_roff(const char *text, size_t len, FILE *out);

/** Write text in lines of at most 78 characters. @param roff for a manual page. */
void cv_cli_write_wrapped(const char *text, bool roff, FILE *out);
/** @param letters as in struct cv_cli_command. */
void cv_cli_write_options(const struct cv_cli_option *options, const char *letters, FILE *out);
void cv_cli_write_help(const struct cv_cli_command *command, FILE *out);
void cv_cli_write_overview(FILE *out);
void cv_cli_write_man(FILE *out);
void cv_cli_write_completion(FILE *out);

/**
 * Become the program that does the command, by the same table; for rows without a handler.
 */
int cv_cli_become_owner(struct cv_cli *cli);

/**
 * Ask culvert-dataplane something that it answers in JSON.
 *
 * @param args its arguments, NULL behind the last.
 * @return CV_CLI_OK; CV_CLI_UNREACHABLE, told on stderr.
 */
int cv_cli_ask_dataplane(const char *const *args, json_t **ret);

/** The same, with the policy in force where --against says `running`. */
int cv_cli_policy_test(struct cv_cli *cli);

/* Handlers. Each returns an exit code. */
int cv_cli_status(struct cv_cli *cli);
int cv_cli_stats(struct cv_cli *cli);
int cv_cli_ledger(struct cv_cli *cli);
int cv_cli_health(struct cv_cli *cli);
int cv_cli_events(struct cv_cli *cli);
int cv_cli_groups(struct cv_cli *cli);
int cv_cli_capture(struct cv_cli *cli);
int cv_cli_sinks(struct cv_cli *cli);
int cv_cli_top(struct cv_cli *cli);
int cv_cli_protocols(struct cv_cli *cli);
int cv_cli_replay(struct cv_cli *cli);
int cv_cli_module_show(struct cv_cli *cli);
int cv_cli_decode(struct cv_cli *cli);
int cv_cli_config_status(struct cv_cli *cli);
int cv_cli_config_diff(struct cv_cli *cli);
int cv_cli_config_apply(struct cv_cli *cli);
int cv_cli_config_confirm(struct cv_cli *cli);
int cv_cli_config_undo(struct cv_cli *cli);
int cv_cli_config_rollback(struct cv_cli *cli);
int cv_cli_config_history(struct cv_cli *cli);
int cv_cli_config_export(struct cv_cli *cli);
int cv_cli_config_audit(struct cv_cli *cli);
int cv_cli_alarm_list(struct cv_cli *cli);
int cv_cli_alarm_show(struct cv_cli *cli);
int cv_cli_alarm_ack(struct cv_cli *cli);
int cv_cli_alarm_clear(struct cv_cli *cli);
int cv_cli_alarm_apply(struct cv_cli *cli);
int cv_cli_alarm_rules(struct cv_cli *cli);
int cv_cli_alarm_history(struct cv_cli *cli);
int cv_cli_policy_status(struct cv_cli *cli);
int cv_cli_policy_apply(struct cv_cli *cli);
int cv_cli_policy_shadow(struct cv_cli *cli);
int cv_cli_policy_stop(struct cv_cli *cli);
int cv_cli_policy_promote(struct cv_cli *cli);
int cv_cli_policy_confirm(struct cv_cli *cli);
int cv_cli_policy_revert(struct cv_cli *cli);
int cv_cli_policy_history(struct cv_cli *cli);
int cv_cli_policy_diff(struct cv_cli *cli);
int cv_cli_policy_show(struct cv_cli *cli);
int cv_cli_policy_audit(struct cv_cli *cli);
int cv_cli_policy_rules(struct cv_cli *cli);
int cv_cli_token_create(struct cv_cli *cli);
int cv_cli_token_list(struct cv_cli *cli);
int cv_cli_token_revoke(struct cv_cli *cli);
int cv_cli_version(struct cv_cli *cli);
int cv_cli_completion(struct cv_cli *cli);
int cv_cli_help(struct cv_cli *cli);

#endif
