/* SPDX-License-Identifier: Apache-2.0 */
#include "control/diag.h"

#include <stddef.h>

#define PROGRAM "culvert-control"

void cv_diag(const char *level, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	cv_journal(PROGRAM, NULL, level, format, args);
	va_end(args);
}

void cv_tell(enum cv_message what, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	cv_journal(PROGRAM, cv_messages[what].id, cv_messages[what].level, format, args);
	va_end(args);
}
