/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "control/subscriber/http_stream.h"

char *cv_http_chunk(char *data, size_t len, bool last, size_t *ret_len)
{
	char *from = data, *to = data + len;
	char line[CV_HTTP_CHUNK_ROOM];

	if (len != 0) {
		int n = snprintf(line, sizeof(line), "%zx\r\n", len);

		from -= n;
		memcpy(from, line, (size_t)n);
		memcpy(to, "\r\n", 2);
		to += 2;
	}
	if (last) {
		memcpy(to, "0\r\n\r\n", 5);
		to += 5;
	}
	*ret_len = (size_t)(to - from);
	return from;
}
