/* SPDX-License-Identifier: Apache-2.0 */
/* Overview and man page, both from the command table. */
#include <string.h>

#include "control/cli/command.h"
#include "culvert_version.h"

void cv_cli_write_overview(FILE *out)
{
	fputs("usage: culvert COMMAND [OPTION...]\n\n", out);
	for (const struct cv_cli_command *c = cv_cli_commands; c->name; c++)
		fprintf(out, "  %-11s %s\n", c->name, c->help);
	fputs("\noptions of every command that talks to the node:\n", out);
	cv_cli_write_options(cv_cli_global_options, NULL, out);
	fputs("\nculvert help COMMAND tells more; culvert(1) is the manual.\n", out);
}

static void write_man_options(const struct cv_cli_option *o, const char *letters, FILE *out)
{
	for (size_t i = 0; o[i].name; i++) {
		fputs(".TP\n.B ", out);
		if (cv_cli_letter(letters, i))
			fprintf(out, "\\-%c, ", cv_cli_letter(letters, i));
		fputs("\\-\\-", out);
		cv_cli_write_roff(o[i].name, strlen(o[i].name), out);
		if (o[i].value)
			fprintf(out, " \\fI%s\\fR", o[i].value);
		fputc('\n', out);
		cv_cli_write_wrapped(o[i].help, true, out);
	}
}

static void write_man_command(const struct cv_cli_command *c, FILE *out)
{
	fprintf(out, ".SS culvert %s", c->name);
	if (c->operands) {
		fputc(' ', out);
		cv_cli_write_roff(c->operands, strlen(c->operands), out);
	}
	fputc('\n', out);
	cv_cli_write_wrapped(c->details, true, out);
	write_man_options(c->options, c->letters, out);
	if (c->verbs)
		return;
	fputs(".PP\nExit codes: ", out);
	for (const char *p = c->exits; *p; p++)
		fprintf(out, "%s", *p == ' ' ? ", " : (char[]){*p, 0});
	fputs(".\n", out);
}

void cv_cli_write_man(FILE *out)
{
	const struct cv_cli_command *c;

	fputs(".\\\" SPDX-License-Identifier: Apache-2.0\n"
	      ".\\\" Written by culvert --dump-man from control/cli/table.c; do not edit.\n"
	      ".TH CULVERT 1 2026-01-01 \"culvert " CULVERT_VERSION "\" \"Culvert\"\n"
	      ".SH NAME\nculvert \\- watch and question a Culvert node\n"
	      ".SH SYNOPSIS\n.B culvert\n.I COMMAND\n[\\fIOPTION\\fR...]\n"
	      ".SH DESCRIPTION\n"
	      "Culvert stands between the sensors of a city and their platforms, judges and\n"
	      "forwards their packets unchanged and offers what they say as events.\n"
	      ".B culvert\nasks the node's control process, and works on files without a node.\n"
	      ".SH OPTIONS\nEvery command that talks to the node takes these.\n",
	      out);
	write_man_options(cv_cli_global_options, NULL, out);
	fputs(".SH COMMANDS\n", out);
	for (size_t i = 0; (c = cv_cli_command_at(i)); i++)
		write_man_command(c, out);
	fputs(".SH EXIT STATUS\n", out);
	for (const struct cv_cli_exit_text *e = cv_cli_exit_texts; e->code; e++) {
		fprintf(out, ".TP\n.B %s\n", e->code);
		cv_cli_write_wrapped(e->text, true, out);
	}
	fputs(".SH ENVIRONMENT\n"
	      ".TP\n.B CULVERT_SOCKET\nSocket of control where\n.B \\-\\-socket\nis not given.\n"
	      ".TP\n.B NO_COLOR\nWhen set and not empty: no colour.\n"
	      ".SH FILES\n"
	      ".TP\n.I /run/culvert/control.sock\nSocket of control.\n"
	      ".TP\n.I /etc/culvert/culvert.yaml\nConfiguration of the node.\n",
	      out);
}
