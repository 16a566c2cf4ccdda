/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file of consumer groups as somebody damaged it: opening it takes what is sound and nothing
 * else. Half of the inputs get a right checksum, so that more than the checksum is looked at.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "control/subscriber/group_file.h"
#include "dataplane/handoff/handoff.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct cv_group_image *image)
{
	if (!memchr(image->name, '\0', sizeof(image->name)) ||
	    (image->name[0] && !cv_group_name_is_good(image->name)) || image->lanes > 0xf)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct cv_group_image images[CV_GROUPS_MAX];
	struct cv_group_image two[2];
	const struct cv_group_image *newer;
	unsigned int damaged = 0;
	char path[64];
	int fd, file;

	memset(two, 0, sizeof(two));
	memcpy(two, data, size < sizeof(two) ? size : sizeof(two));
	for (size_t i = 0; size % 2 && i < 2; i++) {
		memcpy(two[i].magic, "CVGROUP1", 8);
		two[i].crc32c = 0;
		two[i].crc32c = cv_crc32c(0, &two[i], sizeof(two[i]));
	}
	newer = cv_group_image_newer(two);
	if (newer)
		check(newer);
	file = memfd_create("groups", MFD_CLOEXEC);
	if (file < 0 || write(file, two, sizeof(two)) != (ssize_t)sizeof(two) ||
	    write(file, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	fd = cv_group_file_open(path, images, &damaged);
	if (fd < 0)
		abort();
	for (unsigned int i = 0; i < CV_GROUPS_MAX; i++)
		check(&images[i]);
	if (newer && memcmp(&images[0], newer, sizeof(*newer)) != 0)
		abort();
	close(fd);
	close(file);
	return 0;
}
