/* SPDX-License-Identifier: Apache-2.0 */
#include "control/warnings.h"

#include <stdarg.h>
#include <stdio.h>

void cv_warn(json_t *list, const char *format, ...)
{
	char text[768];
	json_t *string;
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	string = json_string(text); /* refuses what is not UTF-8: a name in it may not be */
	json_array_append_new(list, string ? string : json_string("not UTF-8"));
}
