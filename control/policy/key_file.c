/* SPDX-License-Identifier: Apache-2.0 */
#include "control/policy/key_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "control/policy/report.h"
#include "control/text/read_file.h"

int cv_key_file_default(bool make, char path[PATH_MAX])
{
	const char *dir = getenv("MINISIGN_CONFIG_DIR"), *home = getenv("HOME");
	int n;

	if (!(dir && *dir) && !(home && *home))
		return -ENOENT;
	n = dir && *dir ? snprintf(path, PATH_MAX, "%s", dir)
			: snprintf(path, PATH_MAX, "%s/.minisign", home);
	if (n >= PATH_MAX - (int)sizeof("/minisign.key"))
		return -ENAMETOOLONG;
	if (make && mkdir(path, 0700) < 0 && errno != EEXIST)
		return -errno;
	strcpy(path + n, "/minisign.key");
	return 0;
}

static int read_password(const char *file, char *ret, struct cv_diagnostics *diag)
{
	char *text, reason[128];
	size_t len;
	int r = cv_read_file(file, CV_SIGN_FILE_MAX, &text, &len);

	if (r < 0) {
		snprintf(reason, sizeof(reason), "cannot read: %s", strerror(-r));
		return cv_policy_file_wrong(diag, file, r, NULL, reason);
	}
	len = strcspn(text, "\r\n");
	if (len == 0 || len >= CV_PASSWORD_MAX)
		r = cv_policy_file_wrong(diag, file, -EINVAL, NULL,
					 "its first line is not a password: 1 to 1023 bytes");
	else
		memcpy(ret, text, len);
	ret[r == 0 ? len : 0] = 0;
	explicit_bzero(text, strlen(text));
	free(text);
	return r;
}

/* One line without echo. The terminal is as it was when this returns. */
static int ask(FILE *tty, const char *prompt, char *ret)
{
	struct termios was, quiet;
	char *line;

	if (tcgetattr(fileno(tty), &was) < 0)
		return -errno;
	fprintf(tty, "%s: ", prompt);
	fflush(tty);
	quiet = was;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	tcsetattr(fileno(tty), TCSAFLUSH, &quiet);
	line = fgets(ret, CV_PASSWORD_MAX, tty);
	tcsetattr(fileno(tty), TCSAFLUSH, &was);
	fputc('\n', tty);
	if (!line)
		return -EINVAL;
	ret[strcspn(ret, "\r\n")] = 0;
	return *ret ? 0 : -EINVAL;
}

static int ask_twice(FILE *tty, const char *prompt, char *ret, struct cv_diagnostics *diag)
{
	char again[CV_PASSWORD_MAX] = "";
	int r = ask(tty, prompt, ret);

	if (r == 0)
		r = ask(tty, "The same again", again);
	if (r == 0 && strcmp(ret, again) != 0)
		r = cv_policy_file_wrong(diag, "password", -EINVAL, NULL,
					 "the two are not the same");
	else if (r < 0)
		cv_policy_file_wrong(diag, "password", r, NULL, "none was given");
	explicit_bzero(again, sizeof(again));
	return r;
}

int cv_key_file_password(const char *file, const char *prompt, bool twice,
			 char ret[CV_PASSWORD_MAX], struct cv_diagnostics *diag)
{
	FILE *tty;
	int r;

	if (file)
		return read_password(file, ret, diag);
	tty = fopen("/dev/tty", "r+e");
	if (!tty)
		return cv_policy_file_wrong(diag, "password", -ENOTTY, "give --password-file FILE",
					    "there is no terminal to ask at");
	setbuf(tty, NULL);
	r = twice ? ask_twice(tty, prompt, ret, diag) : ask(tty, prompt, ret);
	if (r < 0 && !twice)
		cv_policy_file_wrong(diag, "password", r, NULL, "none was given");
	fclose(tty);
	return r;
}

static int parse(const char *path, const char *text, size_t len, const char *password_file,
		 struct cv_secret_key *ret, struct cv_diagnostics *diag)
{
	char password[CV_PASSWORD_MAX] = "", prompt[128];
	int r = cv_secret_key_parse(path, text, len, NULL, ret, diag);

	if (r != -ENOKEY)
		return r;
	snprintf(prompt, sizeof(prompt), "Password of %.100s", path);
	r = cv_key_file_password(password_file, prompt, false, password, diag);
	if (r == 0)
		r = cv_secret_key_parse(path, text, len, password, ret, diag);
	explicit_bzero(password, sizeof(password));
	return r;
}

int cv_key_file_read(const char *path, const char *password_file, struct cv_secret_key *ret,
		     struct cv_diagnostics *diag)
{
	char *text, reason[128];
	size_t len;
	int r = cv_read_file(path, CV_SIGN_FILE_MAX, &text, &len);

	if (r < 0) {
		snprintf(reason, sizeof(reason), "cannot read: %s", strerror(-r));
		return cv_policy_file_wrong(
			diag, path, r, r == -ENOENT ? "make one with: culvert policy keygen" : NULL,
			reason);
	}
	r = parse(path, text, len, password_file, ret, diag);
	explicit_bzero(text, len);
	free(text);
	return r;
}
