/* SPDX-License-Identifier: Apache-2.0 */
#include "control/text/boot_id.h"

#include <stdio.h>
#include <string.h>

void cv_boot_id(char ret[CV_BOOT_ID_SIZE])
{
	FILE *in = fopen("/proc/sys/kernel/random/boot_id", "re");

	ret[0] = '\0';
	if (!in)
		return;
	if (!fgets(ret, CV_BOOT_ID_SIZE, in))
		ret[0] = '\0';
	ret[strcspn(ret, "\n")] = '\0';
	fclose(in);
}
