/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/journal.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define SOCKET "/run/systemd/journal/socket"

const struct cv_message_row cv_messages[CV_MESSAGE_COUNT] = {
#define ROW(name, id, level, text) {#name, id, level, text},
	CV_MESSAGES(ROW)};

/* systemd.exec(5), $JOURNAL_STREAM: device and inode of what standard error was made to be. */
static bool goes_to_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	uintmax_t device, inode;
	struct stat st;

	return stream && sscanf(stream, "%" SCNuMAX ":%" SCNuMAX, &device, &inode) == 2 &&
	       fstat(STDERR_FILENO, &st) == 0 && st.st_dev == device && st.st_ino == inode;
}

/* syslog(3) */
static int priority_of(const char *level)
{
	if (strcmp(level, "error") == 0)
		return 3;
	return strcmp(level, "warning") == 0 ? 4 : 6;
}

/* systemd's native journal protocol: one field a line; ours have no line feed in them. */
static bool send_native(const char *program, const char *id, const char *level, const char *line)
{
	static const struct sockaddr_un journal = {.sun_family = AF_UNIX, .sun_path = SOCKET};
	char text[2048];
	int sock, len;
	bool sent;

	len = snprintf(text, sizeof(text), "PRIORITY=%d\nSYSLOG_IDENTIFIER=%s\n%s%s%sMESSAGE=%s\n",
		       priority_of(level), program, id ? "MESSAGE_ID=" : "", id ? id : "",
		       id ? "\n" : "", line);
	if (len < 0 || (size_t)len >= sizeof(text) || strchr(line, '\n'))
		return false;
	sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (sock < 0)
		return false;
	sent = sendto(sock, text, (size_t)len, MSG_NOSIGNAL, (const struct sockaddr *)&journal,
		      sizeof(journal)) == len;
	close(sock);
	return sent;
}

void cv_journal(const char *program, const char *id, const char *level, const char *format,
		va_list args)
{
	char line[1024];

	vsnprintf(line, sizeof(line), format, args);
	if (!goes_to_journal() || !send_native(program, id, level, line))
		fprintf(stderr, "%s: %s: %s\n", program, level, line);
}
