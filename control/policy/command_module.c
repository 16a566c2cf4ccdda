/* SPDX-License-Identifier: Apache-2.0 */
/* culvert policy module build */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "control/policy/command.h"
#include "control/policy/module_compile.h"
#include "control/policy/module_report.h"
#include "ebpf/module.h"

/* One build: names of what it writes, and where it has come to. */
struct build {
	const char *source;
	char object[PATH_MAX]; /* what the user gets */
	char compiled[PATH_MAX + 16], stripped[PATH_MAX + 16]; /* beside it, removed at the end */
	struct cv_diagnostics diag;
	struct cv_module_info info;
	char *bytes;
	size_t size;
	bool verified;
};

static int be_silent(enum libbpf_print_level level, const char *format, va_list args)
{
	return 0;
}

static int fail(struct build *b, int err, const char *file, const char *what)
{
	cv_diagnostics_add(&b->diag, CV_SEVERITY_ERROR, (struct cv_place){.file = file}, NULL,
			   "%s: %s", what, strerror(-err));
	return err;
}

/* "x.bpf.c" becomes "x.o" in the folder one is in. */
static int name_files(struct build *b, const char *output)
{
	char copy[PATH_MAX];
	const char *base;
	size_t len;
	int n;

	if (strlen(b->source) >= sizeof(copy))
		return fail(b, -ENAMETOOLONG, b->source, "the name is too long");
	strcpy(copy, b->source);
	base = basename(copy);
	len = strlen(base);
	if (len > 2 && strcmp(base + len - 2, ".c") == 0)
		len -= 2;
	if (len > 4 && strncmp(base + len - 4, ".bpf", 4) == 0)
		len -= 4;
	n = output ? snprintf(b->object, sizeof(b->object), "%s", output)
		   : snprintf(b->object, sizeof(b->object), "%.*s.o", (int)len, base);
	if (n >= (int)sizeof(b->object))
		return fail(b, -ENAMETOOLONG, output, "the name is too long");
	snprintf(b->compiled, sizeof(b->compiled), "%s.%d.1", b->object, getpid());
	snprintf(b->stripped, sizeof(b->stripped), "%s.%d.2", b->object, getpid());
	return 0;
}

/* The compiler would blame the source for a folder that cannot be written. */
static int try_output(struct build *b)
{
	int fd = open(b->compiled, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);

	if (fd < 0) {
		fail(b, -errno, b->object, "cannot write");
		return -EIO;
	}
	close(fd);
	return 0;
}

/* libbpf's linker leaves out what only a debugger reads, which is most of the object. */
static int strip(struct build *b)
{
	struct bpf_linker *linker;
	int err = 0;

	libbpf_set_print(be_silent);
	linker = bpf_linker__new(b->stripped, NULL);
	if (!linker)
		return fail(b, -errno, b->object, "cannot write");
	if (bpf_linker__add_file(linker, b->compiled, NULL) || bpf_linker__finalize(linker))
		err = -EINVAL;
	bpf_linker__free(linker);
	return err ? fail(b, err, b->source, "the object cannot be linked") : 0;
}

static int read_object(struct build *b)
{
	FILE *f = fopen(b->stripped, "rb");
	int err = 0;

	b->bytes = malloc(CV_MODULE_SIZE_MAX + 1);
	if (!f || !b->bytes) {
		err = fail(b, -errno, b->object, "cannot read");
	} else {
		b->size = fread(b->bytes, 1, CV_MODULE_SIZE_MAX + 1, f);
		if (ferror(f))
			err = fail(b, -EIO, b->object, "cannot read");
	}
	if (f)
		fclose(f);
	return err;
}

static int refused(struct build *b, const struct cv_bpf_why *why)
{
	cv_module_finding(&b->diag, b->source, why->text, NULL);
	return -EINVAL;
}

static int verify(struct build *b, bool verbose)
{
	struct cv_module_log log = {NULL};
	struct cv_bpf_why why = {""};
	int program = -1;
	int err = cv_module_load(b->bytes, b->size, -1, -1, &program, &log, &why);

	if (verbose && log.text)
		fprintf(stderr, "%s", log.text);
	free(log.text);
	if (err) {
		refused(b, &why);
		return err;
	}
	close(program);
	b->verified = true;
	return 0;
}

static int build(struct build *b, const struct cv_policy_args *args)
{
	struct cv_bpf_why why = {""};
	int err = name_files(b, cv_policy_value(args, "output"));

	if (!err)
		err = try_output(b);
	if (!err)
		err = cv_module_compile(b->source, b->compiled, &b->diag);
	if (!err)
		err = strip(b);
	if (!err)
		err = read_object(b);
	if (!err && cv_module_check(b->bytes, b->size, &b->info, &why))
		err = refused(b, &why);
	if (!err && !cv_policy_value(args, "no-verify"))
		err = verify(b, cv_policy_value(args, "verbose") != NULL);
	if (!err && rename(b->stripped, b->object))
		err = fail(b, -errno, b->object, "cannot write");
	return err;
}

/* No compiler, no right to load: it is not the source that is wrong. */
static int exit_code(int err)
{
	switch (err) {
	case 0:
		return CV_CLI_OK;
	case -ENOENT:
	case -EPERM:
		return CV_CLI_UNREACHABLE;
	case -EIO:
	case -ENOSPC:
	case -EROFS:
		return CV_CLI_OUTPUT;
	default:
		return CV_CLI_INPUT;
	}
}

int cv_policy_module_build_command(const struct cv_policy_args *args)
{
	struct build *b = calloc(1, sizeof(*b));
	int err;

	if (!b)
		return CV_CLI_UNREACHABLE;
	b->source = args->operands[0];
	err = build(b, args);
	if (err || b->diag.warnings)
		cv_diagnostics_tell(&b->diag, err && args->json);
	if (!err)
		err = cv_module_tell_built(b->object, b->size, &b->info, b->verified, args->json);
	(void)unlink(b->compiled);
	(void)unlink(b->stripped);
	cv_diagnostics_free(&b->diag);
	free(b->bytes);
	free(b);
	return exit_code(err);
}
