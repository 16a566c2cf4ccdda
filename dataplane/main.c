/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "dataplane/replay/replay.h"

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "replay") == 0)
		return cv_replay_main(argc - 1, argv + 1);
	if (argc > 1 && strcmp(argv[1], "decode") == 0)
		return cv_decode_main(argc - 1, argv + 1);
	fputs("usage: culvert-dataplane replay|decode --help\n", stderr);
	return CV_REPLAY_USAGE;
}
