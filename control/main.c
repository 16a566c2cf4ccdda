/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "control/config/config.h"

int main(int argc, char **argv)
{
	if (argc > 1 && (strcmp(argv[1], "config") == 0 || strcmp(argv[1], "policy") == 0))
		return cv_config_command(argc - 1, argv + 1);
	fputs("usage: culvert-control config|policy ... (see culvert-control config --help)\n",
	      stderr);
	return 1;
}
