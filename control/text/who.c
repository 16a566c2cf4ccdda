/* SPDX-License-Identifier: Apache-2.0 */
#include "control/text/who.h"

#include <pwd.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Only the local file: a name service may take seconds, and control has one thread. */
static void user_name(uid_t uid, char *buf, size_t size)
{
	FILE *in = fopen("/etc/passwd", "re");
	struct passwd *row;

	buf[0] = '\0';
	while (in && (row = fgetpwent(in))) {
		if (row->pw_uid != uid)
			continue;
		snprintf(buf, size, "%s", row->pw_name);
		break;
	}
	if (in)
		fclose(in);
}

/* Who logged in before sudo (loginuid of the audit system). @return false: not known. */
static bool login_of(pid_t pid, uid_t *ret)
{
	char path[64];
	unsigned int uid;
	bool known;
	FILE *in;

	snprintf(path, sizeof(path), "/proc/%d/loginuid", (int)pid);
	in = fopen(path, "re");
	if (!in)
		return false;
	known = fscanf(in, "%u", &uid) == 1 && uid != UINT32_MAX;
	fclose(in);
	if (known)
		*ret = uid;
	return known;
}

void cv_who_describe(uid_t uid, pid_t pid, char ret[CV_WHO_SIZE])
{
	char name[24], login_name[24];
	uid_t login;
	int n;

	user_name(uid, name, sizeof(name));
	n = snprintf(ret, CV_WHO_SIZE, "%s%suid %u%s", name, name[0] ? " (" : "", (unsigned int)uid,
		     name[0] ? ")" : "");
	if (pid <= 0 || !login_of(pid, &login) || login == uid)
		return;
	user_name(login, login_name, sizeof(login_name));
	snprintf(ret + n, CV_WHO_SIZE - (size_t)n, ", login %s%suid %u%s", login_name,
		 login_name[0] ? " (" : "", (unsigned int)login, login_name[0] ? ")" : "");
}
