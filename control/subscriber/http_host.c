/* SPDX-License-Identifier: Apache-2.0 */
#include "control/subscriber/http_host.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

bool cv_http_host_allowed(const char *host, bool any_address)
{
	bool literal = host[0] == '[';
	size_t len = strcspn(host, literal ? "]" : ":");
	unsigned char address[16];
	char name[INET6_ADDRSTRLEN + 2];

	if (literal && host[len++] == '\0')
		return false;
	if (len == 0 || len >= sizeof(name))
		return false;
	if (host[len] == ':' && strspn(host + len + 1, "0123456789") != strlen(host + len + 1))
		return false;
	if (host[len] != ':' && host[len] != '\0')
		return false;
	memcpy(name, host, len);
	name[len] = '\0';
	if (strcasecmp(name, "localhost") == 0 || strcmp(name, "127.0.0.1") == 0 ||
	    strcmp(name, "[::1]") == 0)
		return true;
	if (!any_address)
		return false;
	if (literal) {
		name[len - 1] = '\0';
		return inet_pton(AF_INET6, name + 1, address) == 1;
	}
	return inet_pton(AF_INET, name, address) == 1;
}
