/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/decode/decoder.h"

#include <errno.h>
#include <string.h>

#define TEXT_ROW(id, name) name,

const char *cv_proto_name(unsigned int proto)
{
	static const char *const names[] = {CV_PROTOS(TEXT_ROW)};

	return proto < CV_PROTO_COUNT ? names[proto] : "?";
}

int cv_proto_by_name(const char *name, size_t len)
{
	for (unsigned int i = 1; i < CV_PROTO_COUNT; i++) {
		if (strlen(cv_proto_name(i)) == len && memcmp(cv_proto_name(i), name, len) == 0)
			return (int)i;
	}
	return -ENOENT;
}
