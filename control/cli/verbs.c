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
	char *argv[4] = {(char *)cli->program};
	int len;

	if (cli->operand_count == 0) {
		cv_cli_write_overview(stdout);
		return CV_CLI_OK;
	}
	for (int i = 0; i < cli->operand_count && i < 2; i++)
		argv[1 + i] = cli->operands[i];
	len = snprintf(name, sizeof(name), "%s%s%s", argv[1], argv[2] ? " " : "",
		       argv[2] ? argv[2] : "");
	command = len < (int)sizeof(name) ? cv_cli_find(name) : NULL;
	if (command) {
		cv_cli_write_help(command, stdout);
		return CV_CLI_OK;
	}
	/* Told with the nearest word, as any unknown command is. */
	cv_cli_parse(1 + cli->operand_count, argv, cli, stderr);
	return CV_CLI_USAGE;
}
