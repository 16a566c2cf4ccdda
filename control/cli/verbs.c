/* SPDX-License-Identifier: Apache-2.0 */
/* version, completion, help. */
#include <string.h>

#include "control/cli/command.h"
#include "culvert_version.h"

int cv_cli_version(struct cv_cli *cli)
{
	if (cli->json)
		puts("{\"version\": \"" CULVERT_VERSION "\"}");
	else
		puts("culvert " CULVERT_VERSION);
	return CV_CLI_OK;
}

int cv_cli_completion(struct cv_cli *cli)
{
	if (strcmp(cli->operands[0], "bash") != 0) {
		fprintf(stderr, "culvert completion: no script for \"%s\", expected bash\n",
			cli->operands[0]);
		return CV_CLI_USAGE;
	}
	cv_cli_write_completion(stdout);
	return CV_CLI_OK;
}

int cv_cli_help(struct cv_cli *cli)
{
	const struct cv_cli_command *command;
	char name[CV_CLI_NAME_MAX];
	char *argv[CV_CLI_WORDS_MAX + 2] = {(char *)cli->program};
	size_t len = 0;

	if (cli->operand_count == 0) {
		cv_cli_write_overview(stdout);
		return CV_CLI_OK;
	}
	for (int i = 0; i < cli->operand_count && i < CV_CLI_WORDS_MAX; i++) {
		argv[1 + i] = cli->operands[i];
		if (len < sizeof(name))
			len += (size_t)snprintf(name + len, sizeof(name) - len, "%s%s",
						i ? " " : "", argv[1 + i]);
	}
	command = len < sizeof(name) ? cv_cli_find(name) : NULL;
	if (command) {
		cv_cli_write_help(command, stdout);
		return CV_CLI_OK;
	}
	/* Told with the nearest word, as any unknown command is. */
	cv_cli_parse(1 + cli->operand_count, argv, cli, stderr);
	return CV_CLI_USAGE;
}
