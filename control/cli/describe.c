/* SPDX-License-Identifier: Apache-2.0 */
/* Help of one command from its row in the table. */
#include <string.h>

#include "control/cli/command.h"

#define EXIT_TEXT_ROW(id, code, text) {#code, text},
const struct cv_cli_exit_text cv_cli_exit_texts[] = {CV_CLI_EXITS(EXIT_TEXT_ROW){0}};

const char *cv_cli_verb_name(const struct cv_cli_command *command)
{
	const char *blank = strrchr(command->name, ' ');

	return blank ? blank + 1 : command->name;
}

void cv_cli_write_options(const struct cv_cli_option *o, const char *letters, FILE *out)
{
	char left[48];

	for (size_t i = 0; o[i].name; i++) {
		char letter = cv_cli_letter(letters, i);
		int n = letter ? snprintf(left, sizeof(left), "-%c, ", letter) : 0;

		snprintf(left + n, sizeof(left) - (size_t)n, "--%s%s%s", o[i].name,
			 o[i].value ? " " : "", o[i].value ? o[i].value : "");
		fprintf(out, "  %-18s %s\n", left, o[i].help);
	}
}

/* Text for roff: backslashes, hyphens that must stay hyphens, no control line by accident. */
void cv_cli_write_roff(const char *text, size_t len, FILE *out)
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

/* As written; an escape is two characters where roff reads one. */
static size_t width(const char *word, size_t len, bool roff)
{
	size_t n = len;

	for (size_t i = 0; roff && i < len; i++)
		n += word[i] == '-' || word[i] == '\\';
	return n;
}

/* Text in lines of at most 78 characters. */
void cv_cli_write_wrapped(const char *text, bool roff, FILE *out)
{
	size_t column = 0;

	while (*text) {
		size_t len = strcspn(text, " ");
		size_t wide = width(text, len, roff);

		if (column && column + 1 + wide > 78) {
			fputc('\n', out);
			column = 0;
		}
		if (column)
			fputc(' ', out);
		column += wide + (column ? 1 : 0);
		if (roff)
			cv_cli_write_roff(text, len, out);
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

static void write_verbs(const struct cv_cli_command *const *tables, FILE *out)
{
	fputs("verbs:\n", out);
	for (; *tables; tables++) {
		for (const struct cv_cli_command *c = *tables; c->name; c++)
			fprintf(out, "  %-11s %s\n", cv_cli_verb_name(c), c->help);
	}
}

static void write_exits(const char *codes, FILE *out)
{
	fputs("exit codes:\n", out);
	for (const struct cv_cli_exit_text *e = cv_cli_exit_texts; e->code; e++) {
		if (strstr(codes, e->code))
			fprintf(out, "  %s  %s\n", e->code, e->text);
	}
}

void cv_cli_write_help(const struct cv_cli_command *c, FILE *out)
{
	fputs("usage: ", out);
	write_usage(c, out);
	fputs("\n\n", out);
	cv_cli_write_wrapped(c->details, false, out);
	fputc('\n', out);
	if (c->verbs) {
		write_verbs(c->verbs, out);
		return;
	}
	if (c->options[0].name)
		cv_cli_write_options(c->options, c->letters, out);
	if (!c->offline)
		cv_cli_write_options(cv_cli_global_options, NULL, out);
	if (c->options[0].name || !c->offline)
		fputc('\n', out);
	write_exits(c->exits, out);
}
