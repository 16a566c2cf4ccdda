/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/policy/quarantine_image.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dataplane/handoff/handoff.h"

int cv_quarantine_order(const struct cv_binding_key *a, const struct cv_binding_key *b)
{
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	return memcmp(a->id, b->id, sizeof(a->id));
}

static uint32_t checksum(const struct cv_quarantine_image *image)
{
	uint32_t crc = cv_crc32c(0, image, offsetof(struct cv_quarantine_image, crc32c));

	return cv_crc32c(crc, image->devices, image->count * sizeof(image->devices[0]));
}

void cv_quarantine_image_seal(struct cv_quarantine_image *image)
{
	image->magic = CV_QUARANTINE_MAGIC;
	image->version = CV_QUARANTINE_VERSION;
	image->crc32c = checksum(image);
}

/* Keys are compared as bytes: what is not part of the identity must be zero. */
static bool is_device(const struct cv_binding_key *k)
{
	const uint8_t *id = (const uint8_t *)k->id;
	size_t used = k->kind == 4 ? 4 : k->kind == 6 ? 16 : 6;

	if (k->pad || (k->kind != 4 && k->kind != 6 && k->kind != CV_BINDING_OF_MAC))
		return false;
	if (k->kind == CV_BINDING_OF_MAC)
		return !(k->id[0] >> 48) && !k->id[1];
	for (size_t i = used; i < sizeof(k->id); i++) {
		if (id[i])
			return false;
	}
	return true;
}

int cv_quarantine_image_check(const struct cv_quarantine_image *image, size_t size)
{
	if (size < sizeof(*image) || image->magic != CV_QUARANTINE_MAGIC ||
	    image->version != CV_QUARANTINE_VERSION || image->count > CV_QUARANTINE_MAX ||
	    size != cv_quarantine_image_size(image->count) || image->crc32c != checksum(image))
		return -EBADMSG;
	for (uint32_t i = 0; i < image->count; i++) {
		const struct cv_binding_key *k = &image->devices[i];

		if (!is_device(k) || (i && cv_quarantine_order(k - 1, k) >= 0))
			return -EBADMSG;
	}
	return 0;
}

static int read_all(int fd, void *to, size_t size)
{
	for (size_t got = 0; got < size;) {
		ssize_t n = pread(fd, (char *)to + got, size - got, (off_t)got);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0)
			return -EBADMSG;
		got += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

int cv_quarantine_image_read(int fd, struct cv_quarantine_image **ret)
{
	struct cv_quarantine_image *image;
	struct stat st;
	int err;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_size < (off_t)sizeof(*image) ||
	    st.st_size > (off_t)cv_quarantine_image_size(CV_QUARANTINE_MAX))
		return -EBADMSG;
	image = malloc((size_t)st.st_size);
	if (!image)
		return -ENOMEM;
	err = read_all(fd, image, (size_t)st.st_size);
	if (err == 0)
		err = cv_quarantine_image_check(image, (size_t)st.st_size);
	if (err < 0) {
		free(image);
		return err;
	}
	*ret = image;
	return 0;
}
