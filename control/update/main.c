/* SPDX-License-Identifier: Apache-2.0 */
/*
 * culvert-update: what `culvert update` becomes. A program of its own, so that the one that runs all day
 * does not load an HTTPS client and all that comes with it (docs/adr/0018).
 */
#include <stdio.h>
#include <string.h>

#include "control/cli/command.h"
#include "control/update/update.h"

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "update") == 0)
		return cv_update_command(argc - 1, argv + 1);
	fputs("usage: culvert-update update VERB ... (what `culvert update VERB` runs)\n", stderr);
	return CV_CLI_USAGE;
}
