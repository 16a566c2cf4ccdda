/* SPDX-License-Identifier: Apache-2.0 */
#include "control/diag.h"

#include <stdarg.h>
#include <stdio.h>

#define LINE 1024
#define PROGRAM "culvert-control"

void cv_diag(const char *level, const char *format, ...)
{
	char line[LINE];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	cv_journal(PROGRAM, NULL, level, line);
}

void cv_tell(enum cv_message what, const char *format, ...)
{
	char line[LINE];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	cv_journal(PROGRAM, cv_messages[what].id, cv_messages[what].level, line);
}
