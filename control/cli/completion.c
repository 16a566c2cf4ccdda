/* SPDX-License-Identifier: Apache-2.0 */
/* The completion script, from the command table. */
#include <string.h>

#include "control/cli/command.h"

static void write_option_words(const struct cv_cli_option *o, FILE *out)
{
	for (; o->name; o++)
		fprintf(out, " --%s", o->name);
}

/* One case per option value with known words, within a command. */
static void write_value_cases(const struct cv_cli_option *o, const char *letters, FILE *out)
{
	for (size_t i = 0; o[i].name; i++) {
		if (!o[i].words)
			continue;
		fprintf(out, "\t\t--%s", o[i].name);
		if (cv_cli_letter(letters, i))
			fprintf(out, "|-%c", cv_cli_letter(letters, i));
		if (strcmp(o[i].words, "file") == 0)
			fputs(") COMPREPLY=($(compgen -f -- \"$cur\")); return ;;\n", out);
		else
			fprintf(out, ") COMPREPLY=($(compgen -W \"%s\" -- \"$cur\")); return ;;\n",
				o[i].words);
	}
}

static void write_command_case(const struct cv_cli_command *c, FILE *out)
{
	const char *file = c->words ? strstr(c->words, "file") : NULL;

	fprintf(out, "\t\"%s\")\n\t\tcase $prev in\n", c->name);
	write_value_cases(c->options, c->letters, out);
	if (!c->offline)
		write_value_cases(cv_cli_global_options, NULL, out);
	fputs("\t\tesac\n\t\twords=\"", out);
	if (c->words)
		fprintf(out, "%.*s", file ? (int)(file - c->words) : (int)strlen(c->words),
			c->words);
	write_option_words(c->options, out);
	if (!c->offline)
		write_option_words(cv_cli_global_options, out);
	fprintf(out, "\"\n%s\t\t;;\n", file ? "\t\tfiles=1\n" : "");
}

/* Words of a command's name. */
static unsigned int depth(const struct cv_cli_command *c)
{
	unsigned int words = 1;

	for (const char *p = c->name; (p = strchr(p, ' ')); p++)
		words++;
	return words;
}

/* A command with verbs: the next word completes to them and is part of the name. */
static void write_verbs_case(const struct cv_cli_command *c, FILE *out)
{
	unsigned int at = depth(c) + 1;

	fprintf(out,
		"\t\"%s\")\n\t\tif [ \"$COMP_CWORD\" -eq %u ]; then\n"
		"\t\t\tCOMPREPLY=($(compgen -W \"",
		c->name, at);
	for (size_t t = 0; c->verbs[t]; t++) {
		for (const struct cv_cli_command *v = c->verbs[t]; v->name; v++)
			fprintf(out, "%s%s", v == c->verbs[0] ? "" : " ", cv_cli_verb_name(v));
	}
	fprintf(out,
		"\" -- \"$cur\"))\n\t\t\treturn\n\t\tfi\n"
		"\t\tcommand=\"%s ${COMP_WORDS[%u]}\"\n\t\t;;\n",
		c->name, at);
}

void cv_cli_write_completion(FILE *out)
{
	const struct cv_cli_command *c;

	fputs("# bash completion of culvert, written by: culvert completion bash\n"
	      "_culvert()\n{\n"
	      "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
	      "\tlocal words= files= command=${COMP_WORDS[1]}\n"
	      "\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n\t\tCOMPREPLY=($(compgen -W \"",
	      out);
	for (c = cv_cli_commands; c->name; c++)
		fprintf(out, "%s%s", c == cv_cli_commands ? "" : " ", c->name);
	fputs("\" -- \"$cur\"))\n\t\treturn\n\tfi\n\tcase $command in\n", out);
	for (unsigned int words = 1; words <= CV_CLI_WORDS_MAX - 1; words++) {
		for (size_t i = 0; (c = cv_cli_command_at(i)); i++) {
			if (c->verbs && depth(c) == words)
				write_verbs_case(c, out);
		}
		fputs("\tesac\n\tcase $command in\n", out);
	}
	for (size_t i = 0; (c = cv_cli_command_at(i)); i++) {
		if (!c->verbs)
			write_command_case(c, out);
	}
	fputs("\tesac\n"
	      "\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
	      "\tif [ -n \"$files\" ]; then\n"
	      "\t\tCOMPREPLY+=($(compgen -f -- \"$cur\"))\n\tfi\n"
	      "}\n"
	      "complete -o filenames -F _culvert culvert\n",
	      out);
}
