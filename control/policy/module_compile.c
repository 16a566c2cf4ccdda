/* SPDX-License-Identifier: Apache-2.0 */
#include "control/policy/module_compile.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ebpf/module.h"

#define HEADER "culvert_module.h"
/* Of what the compiler prints; a header in the wrong language says a lot. */
#define OUTPUT_MAX (256u << 10)

static const char *const compilers[] = {"clang", "clang-19", "clang-16", "clang-14"};
/* Installed, this program is in sbin beside include; in the build tree both are in folders. */
static const char *const places[] = {"../include", "../ebpf"};

/* Folder of the header that belongs to this program. */
static int find_header(char folder[PATH_MAX], struct cv_diagnostics *diag)
{
	char self[PATH_MAX], file[PATH_MAX + 32];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	const char *dir;

	self[len > 0 ? len : 0] = '\0';
	dir = dirname(self);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (snprintf(folder, PATH_MAX, "%s/%s", dir, places[i]) >= PATH_MAX)
			continue;
		snprintf(file, sizeof(file), "%s/" HEADER, folder);
		if (access(file, R_OK) == 0)
			return 0;
	}
	cv_diagnostics_add(diag, CV_SEVERITY_ERROR, (struct cv_place){.file = HEADER},
			   "install Culvert's headers", "it is not beside this program");
	return -ENOENT;
}

/* ---- what the compiler says ---------------------------------------------------------------- */

static const char *hint_of(const char *text)
{
	if (strstr(text, "bpf/bpf_helpers.h"))
		return "install libbpf's headers: apt-get install libbpf-dev";
	if (strstr(text, "linux/") || strstr(text, "asm/types.h"))
		return "install the kernel's headers: apt-get install linux-libc-dev";
	return NULL;
}

/* "FILE:LINE:COLUMN: " at the start of a line; @p text is what is behind, @p line ends at FILE. */
static bool take_place(char *line, struct cv_place *at, char **text)
{
	for (char *colon = line; (colon = strchr(colon, ':')); colon++) {
		unsigned long number, column = 0;
		char *end;

		number = strtoul(colon + 1, &end, 10);
		if (end == colon + 1 || *end != ':')
			continue;
		if (end[1] != ' ')
			column = strtoul(end + 1, &end, 10);
		if (strncmp(end, ": ", 2) != 0 || !number || number > UINT_MAX || column > UINT_MAX)
			continue;
		*colon = '\0';
		*text = end + 2;
		*at = (struct cv_place){line, (unsigned int)number, (unsigned int)column};
		return true;
	}
	return false;
}

/* A message's kind goes before it: "error: ", "fatal error: ", "warning: ". */
static bool take_severity(char **text, enum cv_severity *ret)
{
	static const struct {
		const char *word;
		enum cv_severity severity;
	} words[] = {
		{"error: ", CV_SEVERITY_ERROR},
		{"fatal error: ", CV_SEVERITY_ERROR},
		{"warning: ", CV_SEVERITY_WARNING},
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t len = strlen(words[i].word);

		if (strncmp(*text, words[i].word, len) == 0) {
			*text += len;
			*ret = words[i].severity;
			return true;
		}
	}
	return false;
}

static void add_line(char *line, const char *source, struct cv_diagnostics *diag)
{
	struct cv_place at = {.file = source};
	enum cv_severity severity;
	char *text = line, *colon;

	if (!take_place(line, &at, &text) && strncmp(line, "clang", 5) == 0 &&
	    (colon = strstr(line, ": ")))
		text = colon + 2;
	if (take_severity(&text, &severity))
		cv_diagnostics_add(diag, severity, at, hint_of(text), "%s", text);
}

void cv_module_finding(struct cv_diagnostics *diag, const char *file, const char *text,
		       const char *hint)
{
	struct cv_place at = {.file = file};
	char copy[sizeof(struct cv_bpf_why)], *rest = copy;
	size_t len;

	snprintf(copy, sizeof(copy), "%s", text);
	if (take_place(copy, &at, &rest) && !at.column)
		at.column = 1; /* of a macro no column is known */
	len = strlen(rest);
	if (len && rest[len - 1] == '.')
		rest[len - 1] = '\0';
	cv_diagnostics_add(diag, CV_SEVERITY_ERROR, at, hint, "%s", rest);
}

/* ---- running it ---------------------------------------------------------------------------- */

/* In the child; returns only when there is no compiler. */
static void become_compiler(const char *source, const char *object, const char *folder)
{
	char include[PATH_MAX + 8], system[PATH_MAX];
	struct utsname machine = {0};

	(void)uname(&machine);
	snprintf(include, sizeof(include), "-I%s", folder);
	snprintf(system, sizeof(system), "/usr/include/%s-linux-gnu", machine.machine);
	for (size_t i = 0; i < sizeof(compilers) / sizeof(compilers[0]); i++)
		execlp(compilers[i], compilers[i], "-target", "bpf", "-mcpu=v3", "-O2", "-g",
		       "-Wall", "-Wextra", "-Wno-unused-parameter", "-fno-caret-diagnostics",
		       "-fno-color-diagnostics", "-fdebug-compilation-dir=.", include, "-idirafter",
		       system, "-c", "-o", object, "--", source, (char *)NULL);
}

static int run_compiler(const char *source, const char *object, const char *folder, int output)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		dup2(output, STDOUT_FILENO);
		dup2(output, STDERR_FILENO);
		become_compiler(source, object, folder);
		_exit(127);
	}
	if (pid < 0)
		return -errno;
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	if (!WIFEXITED(status))
		return -EIO;
	return WEXITSTATUS(status) == 127 ? -ENOENT : WEXITSTATUS(status) ? -EINVAL : 0;
}

static void tell_output(int output, const char *source, struct cv_diagnostics *diag)
{
	char *text = calloc(1, OUTPUT_MAX + 1), *rest = text, *line;
	ssize_t n = text ? pread(output, text, OUTPUT_MAX, 0) : -1;

	if (n < 0)
		cv_diagnostics_add(diag, CV_SEVERITY_ERROR, (struct cv_place){.file = source}, NULL,
				   "no memory for what the compiler says");
	while (n > 0 && (line = strsep(&rest, "\n")))
		add_line(line, source, diag);
	free(text);
}

int cv_module_compile(const char *source, const char *object, struct cv_diagnostics *diag)
{
	const struct cv_place whole = {.file = source};
	char folder[PATH_MAX];
	int r, output;

	if (access(source, R_OK)) {
		r = -errno;
		cv_diagnostics_add(diag, CV_SEVERITY_ERROR, whole, NULL, "%s", strerror(-r));
		return -EINVAL;
	}
	r = find_header(folder, diag);
	if (r)
		return r;
	output = memfd_create("culvert-compiler", MFD_CLOEXEC);
	if (output < 0)
		return -errno;
	r = run_compiler(source, object, folder, output);
	tell_output(output, source, diag);
	close(output);
	if (r == -ENOENT)
		cv_diagnostics_add(diag, CV_SEVERITY_ERROR, whole,
				   "apt-get install clang libbpf-dev, or build it elsewhere",
				   "there is no clang on this machine to compile it with");
	else if (r && !diag->errors)
		cv_diagnostics_add(diag, CV_SEVERITY_ERROR, whole, NULL,
				   "the compiler fails and does not say why (%s)", strerror(-r));
	return r;
}
