/* SPDX-License-Identifier: Apache-2.0 */
#include "control/diag.h"

#include <stdarg.h>
#include <stdio.h>

void cv_diag(const char *level, const char *format, ...)
{
	char line[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	fprintf(stderr, "culvert-control: %s: %s\n", level, line);
}
