/* SPDX-License-Identifier: Apache-2.0 */
#include "control/sink/secrets.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What keeps others from a secret; NULL = nothing is wrong. */
static const char *weakness(const struct stat *st)
{
	if (!S_ISREG(st->st_mode))
		return "it is no regular file";
	if (st->st_uid != 0 && st->st_uid != geteuid())
		return "it belongs to somebody else: chown root";
	if (st->st_mode & (S_IRWXG | S_IRWXO))
		return "others may read it: chmod 600";
	return NULL;
}

static int read_all(int fd, char **ret, size_t size)
{
	char *text = malloc(size + 1);
	size_t have = 0;
	ssize_t n = 0;

	if (!text)
		return -ENOMEM;
	while (have < size && (n = read(fd, text + have, size - have)) > 0)
		have += (size_t)n;
	if (n < 0) {
		free(text);
		return -errno;
	}
	text[have] = '\0';
	if (strlen(text) != have || have == 0) {
		explicit_bzero(text, have);
		free(text);
		return -EBADMSG;
	}
	*ret = text;
	return 0;
}

static int read_file(const char *path, bool secret, char **ret, char *why, size_t why_size)
{
	int fd, res = 0;
	struct stat st;
	const char *weak;

	if (!*path)
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) < 0) {
		res = -errno;
		snprintf(why, why_size, "%.150s cannot be read (%s)", path, strerror(errno));
	} else if (secret && (weak = weakness(&st)) != NULL) {
		res = -EPERM;
		snprintf(why, why_size, "%.150s holds a secret, and %s", path, weak);
	} else if (st.st_size > (off_t)CV_SINK_SECRET_MAX) {
		res = -EFBIG;
		snprintf(why, why_size, "%.150s is larger than 256 KiB", path);
	} else {
		res = read_all(fd, ret, CV_SINK_SECRET_MAX);
		if (res < 0)
			snprintf(why, why_size, "%.150s is empty or no text", path);
	}
	if (fd >= 0)
		close(fd);
	return res;
}

static void cut_line(char *text)
{
	if (text)
		text[strcspn(text, "\r\n")] = '\0';
}

int cv_sink_secrets_read(const struct cv_config_sink *sink, struct cv_sink_secrets *ret, char *why,
			 size_t why_size)
{
	int res;

	memset(ret, 0, sizeof(*ret));
	res = read_file(sink->password_file, true, &ret->password, why, why_size);
	if (res == 0)
		res = read_file(sink->token_file, true, &ret->token, why, why_size);
	if (res == 0)
		res = read_file(sink->credentials_file, true, &ret->credentials, why, why_size);
	if (res == 0)
		res = read_file(sink->key_file, true, &ret->key, why, why_size);
	if (res == 0)
		res = read_file(sink->cert_file, false, &ret->cert, why, why_size);
	if (res == 0)
		res = read_file(sink->ca_file, false, &ret->ca, why, why_size);
	cut_line(ret->password);
	cut_line(ret->token);
	return res;
}

static void wipe(char *text)
{
	if (text)
		explicit_bzero(text, strlen(text));
	free(text);
}

void cv_sink_secrets_wipe(struct cv_sink_secrets *s)
{
	wipe(s->password);
	wipe(s->token);
	wipe(s->credentials);
	wipe(s->key);
	free(s->cert);
	free(s->ca);
	memset(s, 0, sizeof(*s));
}
