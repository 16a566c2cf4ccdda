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
	if (cli->operand_count == 0) {
		cv_cli_write_overview(stdout);
		return CV_CLI_OK;
	}
	for (size_t i = 0; i < cv_cli_command_count; i++) {
		if (strcmp(cv_cli_commands[i].name, cli->operands[0]) == 0) {
			cv_cli_write_help(&cv_cli_commands[i], stdout);
			return CV_CLI_OK;
		}
	}
	/* Told with the nearest word, as any unknown command is. */
	return cv_cli_parse(2, (char *[]){(char *)cli->program, cli->operands[0], NULL}, cli,
			    stderr);
}
