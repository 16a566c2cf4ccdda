/* SPDX-License-Identifier: Apache-2.0 */
#include "control/bundle/tar.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct header {
	char name[CV_TAR_NAME];
	char mode[8], uid[8], gid[8];
	char size[12], mtime[12];
	char checksum[8];
	char type; /* '0': a plain file */
	char link[100];
	char magic[6]; /* "ustar" and a zero */
	char version[2]; /* "00" */
	char user[32], group[32];
	char device_major[8], device_minor[8];
	char prefix[155];
	char unused[12];
};
_Static_assert(sizeof(struct header) == CV_TAR_BLOCK, "ustar's layout");

void cv_tar_write(const char *name, size_t size, uint8_t block[CV_TAR_BLOCK])
{
	struct header h = {
		.mode = "0000644",
		.uid = "0000000",
		.gid = "0000000",
		.mtime = "00000000000",
		.checksum = {' ', ' ', ' ', ' ', ' ', ' ', ' ', ' '},
		.type = '0',
		.magic = "ustar",
		.version = {'0', '0'},
		.user = "root",
		.group = "root",
		.device_major = "0000000",
		.device_minor = "0000000",
	};
	const uint8_t *bytes = (const uint8_t *)&h;
	unsigned int sum = 0;

	memcpy(h.name, name, strnlen(name, CV_TAR_NAME - 1));
	snprintf(h.size, sizeof(h.size), "%011llo", (unsigned long long)size & 077777777777);
	for (size_t i = 0; i < sizeof(h); i++)
		sum += bytes[i];
	/* Six digits, a zero and a blank: as every tar has written it. */
	snprintf(h.checksum, 7, "%06o", sum & 0777777);
	memcpy(block, &h, sizeof(h));
}

static bool octal(const char *text, size_t digits, size_t *ret)
{
	size_t value = 0;

	for (size_t i = 0; i < digits; i++) {
		if (text[i] < '0' || text[i] > '7')
			return false;
		value = value << 3 | (size_t)(text[i] - '0');
	}
	*ret = value;
	return text[digits] == 0;
}

const char *cv_tar_read(const uint8_t block[CV_TAR_BLOCK], char *ret_name, size_t *ret_size)
{
	uint8_t expected[CV_TAR_BLOCK];
	struct header h;
	char name[CV_TAR_NAME];
	size_t size;

	memcpy(&h, block, sizeof(h));
	if (memcmp(h.magic, "ustar", 6) != 0)
		return "not the header of a file: damaged, or no bundle";
	if (h.type != '0')
		return "a link, a folder or something else that is not a plain file";
	if (!memchr(h.name, 0, sizeof(h.name)) || h.prefix[0])
		return "its name is too long";
	if (!octal(h.size, sizeof(h.size) - 1, &size))
		return "its size is not a number";
	memcpy(name, h.name, sizeof(name));
	/* All else must be as it is always written: nothing can hide in a header. */
	cv_tar_write(name, size, expected);
	if (memcmp(block, expected, sizeof(expected)) != 0)
		return "its header is not as culvert policy bundle writes it";
	memcpy(ret_name, name, sizeof(name));
	*ret_size = size;
	return NULL;
}
