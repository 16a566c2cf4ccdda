/* SPDX-License-Identifier: Apache-2.0 */
#include <curl/curl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "control/cli/command.h"

int main(int argc, char **argv)
{
	struct cv_cli cli;
	int r;

	/* "culvert events | head" ends in silence. */
	signal(SIGPIPE, SIG_DFL);
	setlocale(LC_CTYPE, "");
	if (argc == 2 && strcmp(argv[1], "--dump-man") == 0) {
		cv_cli_write_man(stdout);
		return CV_CLI_OK;
	}
	r = cv_cli_parse(argc, argv, &cli, stderr);
	if (r != CV_CLI_OK)
		return r;
	if (!cli.command->offline)
		curl_global_init(CURL_GLOBAL_NOTHING);
	if (strcmp(cli.command->name, "policy test") == 0)
		return cv_cli_policy_test(&cli);
	return cli.command->run ? cli.command->run(&cli) : cv_cli_become_owner(&cli);
}
