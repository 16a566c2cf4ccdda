/* SPDX-License-Identifier: Apache-2.0 */
#include "control/text/utc_json.h"

#include <stdio.h>
#include <string.h>

#include "control/text/utc.h"

json_t *cv_utc_json(int64_t ns)
{
	char text[CV_UTC_SIZE];

	cv_utc_text(ns / 1000000000, text);
	return json_string(text);
}

json_t *cv_utc_json_ms(int64_t ns)
{
	char seconds[CV_UTC_SIZE], text[CV_UTC_SIZE + 8];
	size_t n;

	cv_utc_text(ns / 1000000000, seconds);
	n = strlen(seconds);
	if (n < 2 || seconds[n - 1] != 'Z')
		return json_null();
	snprintf(text, sizeof(text), "%.*s.%03dZ", (int)n - 1, seconds,
		 (int)(ns % 1000000000 / 1000000));
	return json_string(text);
}

json_t *cv_text_json(const char *text)
{
	json_t *string = json_string(text);

	return string ? string : json_string("not UTF-8");
}
