/* SPDX-License-Identifier: Apache-2.0 */
/* Help, man page and completion, all from the command table. */
#include <string.h>

#include "control/cli/command.h"
#include "culvert_version.h"

#define EXIT_TEXT_ROW(id, code, text) {#code, text},
static const struct {
	const char *code, *text;
} exits[] = {CV_CLI_EXITS(EXIT_TEXT_ROW)};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void write_options(const struct cv_cli_option *o, FILE *out)
{
	char left[40];

	for (; o->name; o++) {
		snprintf(left, sizeof(left), "--%s%s%s", o->name, o->value ? " " : "",
			 o->value ? o->value : "");
		fprintf(out, "  %-18s %s\n", left, o->help);
	}
}

/* Text for roff: backslashes, hyphens that must stay hyphens, no control line by accident. */
static void write_roff(const char *text, size_t len, FILE *out)
{
	if (len && (*text == '.' || *text == '\''))
		fputs("\\&", out);
	for (; len; text++, len--) {
		if (*text == '\\')
			fputs("\\e", out);
		else if (*text == '-')
			fputs("\\-", out);
		else
			fputc(*text, out);
	}
}

/* Text in lines of at most 78 characters. */
static void write_wrapped(const char *text, bool roff, FILE *out)
{
	size_t column = 0;

	while (*text) {
		size_t len = strcspn(text, " ");

		if (column && column + 1 + len > 78) {
			fputc('\n', out);
			column = 0;
		}
		if (column)
			fputc(' ', out);
		column += len + (column ? 1 : 0);
		if (roff)
			write_roff(text, len, out);
		else
			fwrite(text, len, 1, out);
		text += len;
		text += strspn(text, " ");
	}
	fputc('\n', out);
}

static void write_usage(const struct cv_cli_command *c, FILE *out)
{
	fprintf(out, "culvert %s", c->name);
	if (!c->offline && c->options[0].name)
		fputs(" [OPTION...]", out);
	if (c->operands)
		fprintf(out, " %s", c->operands);
}

void cv_cli_write_help(const struct cv_cli_command *c, FILE *out)
{
	fputs("usage: ", out);
	write_usage(c, out);
	fputs("\n\n", out);
	write_wrapped(c->details, false, out);
	fputc('\n', out);
	if (c->options[0].name)
		write_options(c->options, out);
	if (!c->offline)
		write_options(cv_cli_global_options, out);
	if (c->options[0].name || !c->offline)
		fputc('\n', out);
	fputs("exit codes:\n", out);
	for (size_t i = 0; i < COUNT(exits); i++) {
		if (strstr(c->exits, exits[i].code))
			fprintf(out, "  %s  %s\n", exits[i].code, exits[i].text);
	}
}

void cv_cli_write_overview(FILE *out)
{
	fputs("usage: culvert COMMAND [OPTION...]\n\n", out);
	for (size_t i = 0; i < cv_cli_command_count; i++)
		fprintf(out, "  %-11s %s\n", cv_cli_commands[i].name, cv_cli_commands[i].help);
	fputs("\noptions of every command that talks to the node:\n", out);
	write_options(cv_cli_global_options, out);
	fputs("\nculvert help COMMAND tells more; culvert(1) is the manual.\n", out);
}

static void write_man_options(const struct cv_cli_option *o, FILE *out)
{
	for (; o->name; o++) {
		fputs(".TP\n.B ", out);
		fputs("\\-\\-", out);
		write_roff(o->name, strlen(o->name), out);
		if (o->value)
			fprintf(out, " \\fI%s\\fR", o->value);
		fputc('\n', out);
		write_wrapped(o->help, true, out);
	}
}

static void write_man_command(const struct cv_cli_command *c, FILE *out)
{
	fprintf(out, ".SS culvert %s", c->name);
	if (c->operands) {
		fputc(' ', out);
		write_roff(c->operands, strlen(c->operands), out);
	}
	fputc('\n', out);
	write_wrapped(c->details, true, out);
	write_man_options(c->options, out);
	fputs(".PP\nExit codes: ", out);
	for (const char *p = c->exits; *p; p++)
		fprintf(out, "%s", *p == ' ' ? ", " : (char[]){*p, 0});
	fputs(".\n", out);
}

void cv_cli_write_man(FILE *out)
{
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
	write_man_options(cv_cli_global_options, out);
	fputs(".SH COMMANDS\n", out);
	for (size_t i = 0; i < cv_cli_command_count; i++)
		write_man_command(&cv_cli_commands[i], out);
	fputs(".SH EXIT STATUS\n", out);
	for (size_t i = 0; i < COUNT(exits); i++) {
		fprintf(out, ".TP\n.B %s\n", exits[i].code);
		write_wrapped(exits[i].text, true, out);
	}
	fputs(".SH ENVIRONMENT\n"
	      ".TP\n.B CULVERT_SOCKET\nSocket of control where\n.B \\-\\-socket\nis not given.\n"
	      ".TP\n.B NO_COLOR\nWhen set and not empty: no colour.\n"
	      ".SH FILES\n"
	      ".TP\n.I /run/culvert/control.sock\nSocket of control.\n"
	      ".TP\n.I /etc/culvert/culvert.yaml\nConfiguration of the node.\n",
	      out);
}

static void write_option_words(const struct cv_cli_option *o, FILE *out)
{
	for (; o->name; o++)
		fprintf(out, " --%s", o->name);
}

/* One case per option value with known words, within a command. */
static void write_value_cases(const struct cv_cli_option *o, FILE *out)
{
	for (; o->name; o++) {
		if (!o->words)
			continue;
		if (strcmp(o->words, "file") == 0)
			fprintf(out, "\t\t--%s) COMPREPLY=($(compgen -f -- \"$cur\")); return ;;\n",
				o->name);
		else
			fprintf(out,
				"\t\t--%s) COMPREPLY=($(compgen -W \"%s\" -- \"$cur\")); return "
				";;\n",
				o->name, o->words);
	}
}

static void write_command_case(const struct cv_cli_command *c, FILE *out)
{
	const char *file = c->words ? strstr(c->words, "file") : NULL;

	fprintf(out, "\t%s)\n\t\tcase $prev in\n", c->name);
	write_value_cases(c->options, out);
	if (!c->offline)
		write_value_cases(cv_cli_global_options, out);
	fputs("\t\tesac\n\t\twords=\"", out);
	if (c->words)
		fprintf(out, "%.*s", file ? (int)(file - c->words) : (int)strlen(c->words),
			c->words);
	write_option_words(c->options, out);
	if (!c->offline)
		write_option_words(cv_cli_global_options, out);
	fprintf(out, "\"\n%s\t\t;;\n", file ? "\t\tfiles=1\n" : "");
}

void cv_cli_write_completion(FILE *out)
{
	fputs("# bash completion of culvert, written by: culvert completion bash\n"
	      "_culvert()\n{\n"
	      "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
	      "\tlocal words= files=\n"
	      "\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n\t\tCOMPREPLY=($(compgen -W \"",
	      out);
	for (size_t i = 0; i < cv_cli_command_count; i++)
		fprintf(out, "%s%s", i ? " " : "", cv_cli_commands[i].name);
	fputs("\" -- \"$cur\"))\n\t\treturn\n\tfi\n\tcase ${COMP_WORDS[1]} in\n", out);
	for (size_t i = 0; i < cv_cli_command_count; i++)
		write_command_case(&cv_cli_commands[i], out);
	fputs("\tesac\n"
	      "\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
	      "\tif [ -n \"$files\" ]; then\n"
	      "\t\tCOMPREPLY+=($(compgen -f -- \"$cur\"))\n\tfi\n"
	      "}\n"
	      "complete -o filenames -F _culvert culvert\n",
	      out);
}
