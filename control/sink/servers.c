/* SPDX-License-Identifier: Apache-2.0 */
#include "control/sink/servers.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char blanks[] = ", ";

static unsigned int count(const char *servers)
{
	unsigned int n = 0;

	while (*(servers += strspn(servers, blanks))) {
		servers += strcspn(servers, blanks);
		n++;
	}
	return n;
}

int cv_sink_server(const char *servers, unsigned int n, uint16_t fallback_port, char *ret_host,
		   uint16_t *ret_port)
{
	unsigned int all = count(servers);
	char text[256], *host = text, *colon, *end;
	unsigned long port = fallback_port;

	if (all == 0)
		return -ENOENT;
	for (n %= all, servers += strspn(servers, blanks); n > 0; n--) {
		servers += strcspn(servers, blanks);
		servers += strspn(servers, blanks);
	}
	snprintf(text, sizeof(text), "%.*s", (int)strcspn(servers, blanks), servers);
	if (strstr(text, "://"))
		host = strstr(text, "://") + 3;
	colon = strrchr(host, ':');
	if (*host == '[' && (end = strchr(host, ']')) != NULL) {
		host++;
		*end = '\0';
		colon = end[1] == ':' ? end + 1 : NULL;
	}
	if (colon) {
		*colon = '\0';
		port = strtoul(colon + 1, &end, 10);
		if (end == colon + 1 || *end || port == 0 || port > 65535)
			return -EINVAL;
	}
	if (!*host)
		return -EINVAL;
	strcpy(ret_host, host);
	*ret_port = (uint16_t)port;
	return 0;
}
