/* SPDX-License-Identifier: Apache-2.0 */
/* registry import, registry export. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/registry/command.h"

struct telling {
	const char *file;
	json_t *faults; /* NULL = told on stderr */
	uint64_t size; /* of the file, 0 = not known */
	bool terminal;
	unsigned int percent;
};

static volatile sig_atomic_t cancelled;

static void on_signal(int number)
{
	cancelled = 1;
}

static void tell(void *owner, const struct cv_registry_fault *f)
{
	struct telling *t = owner;

	if (t->faults) {
		json_array_append_new(t->faults, json_pack("{s:s, s:I, s:I, s:s, s:s*}", "file",
							   t->file, "line", (json_int_t)f->line,
							   "column", (json_int_t)f->column, "text",
							   f->text, "hint", f->hint));
		return;
	}
	if (t->terminal)
		fputs("\r\033[K", stderr);
	fprintf(stderr, "%s:%lu:%u: error: %s", t->file, f->line, f->column, f->text);
	if (f->hint)
		fprintf(stderr, " (%s)", f->hint);
	fputc('\n', stderr);
}

static void progress(void *owner, uint64_t bytes, uint64_t rows)
{
	struct telling *t = owner;

	if (t->terminal && t->size > 0)
		fprintf(stderr, "\r%3" PRIu64 " %%, %" PRIu64 " devices",
			bytes < t->size ? bytes * 100 / t->size : 100, rows);
	else if (t->terminal)
		fprintf(stderr, "\r%" PRIu64 " devices", rows);
}

static int tell_result(const struct cv_policy_args *args, const struct cv_registry_tally *t,
		       struct telling *telling, int res)
{
	const char *state = res < 0			     ? "nothing has changed"
			    : cv_policy_value(args, "check") ? "checked"
							     : "imported";

	if (telling->terminal)
		fputs("\r\033[K", stderr);
	if (args->json)
		return cv_registry_command_print(
			json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:O}", "state", state, "rows",
				  (json_int_t)t->rows, "faulty", (json_int_t)t->faulty, "added",
				  (json_int_t)(res < 0 ? 0 : t->added), "changed",
				  (json_int_t)(res < 0 ? 0 : t->changed), "same",
				  (json_int_t)(res < 0 ? 0 : t->same), "faults", telling->faults));
	if (res < 0)
		fprintf(stderr, "%" PRIu64 " of %" PRIu64 " rows are faulty: nothing has changed\n",
			t->faulty, t->rows);
	else if (cv_policy_value(args, "check"))
		printf("%" PRIu64 " rows, no faults\n", t->rows);
	else
		printf("%" PRIu64 " devices added, %" PRIu64 " changed, %" PRIu64 " as before\n",
		       t->added, t->changed, t->same);
	return CV_CLI_OK;
}

static int run_import(const struct cv_policy_args *args, struct cv_registry_store *s,
		      struct cv_registry_import *import, struct telling *telling)
{
	struct sigaction action = {.sa_handler = on_signal}, before[2];
	struct cv_registry_tally tally;
	int r, res;

	sigaction(SIGINT, &action, &before[0]);
	sigaction(SIGTERM, &action, &before[1]);
	res = cv_registry_import(s, import, &tally);
	sigaction(SIGINT, &before[0], NULL);
	sigaction(SIGTERM, &before[1], NULL);
	if (res < 0 && res != -EINVAL) {
		if (telling->terminal)
			fputs("\r\033[K", stderr);
		return cv_registry_command_fault(args, s, res);
	}
	r = tell_result(args, &tally, telling, res);
	return r != CV_CLI_OK ? r : res < 0 ? CV_CLI_INPUT : CV_CLI_OK;
}

int cv_registry_command_import(const struct cv_policy_args *args)
{
	const char *file = args->operands[0];
	bool standard = strcmp(file, "-") == 0;
	struct telling telling = {
		.file = standard ? "standard input" : file,
		.terminal = isatty(STDERR_FILENO) == 1,
	};
	struct cv_registry_import import = {
		.check_only = cv_policy_value(args, "check") != NULL,
		.cancel = &cancelled,
		.tell = tell,
		.progress = progress,
		.owner = &telling,
	};
	struct cv_registry_store *s = NULL;
	struct stat st;
	int r = cv_registry_command_format(args, file, &import.format);

	if (r != CV_CLI_OK)
		return r;
	import.in = standard ? stdin : fopen(file, "re");
	if (!import.in) {
		fprintf(stderr, "culvert %s: %s: %s\n", args->command->name, file, strerror(errno));
		return CV_CLI_INPUT;
	}
	if (fstat(fileno(import.in), &st) == 0 && S_ISREG(st.st_mode))
		telling.size = (uint64_t)st.st_size;
	if (args->json)
		telling.faults = json_array();
	if (!import.check_only)
		r = cv_registry_command_open(args, CV_REGISTRY_WRITE, &s);
	if (r == CV_CLI_OK)
		r = run_import(args, s, &import, &telling);
	cv_registry_store_close(s);
	json_decref(telling.faults);
	if (!standard)
		fclose(import.in);
	return r;
}

int cv_registry_command_export(const struct cv_policy_args *args)
{
	struct cv_registry_where where = cv_registry_command_where(args);
	const char *file = cv_policy_value(args, "output");
	struct cv_registry_store *s = NULL;
	enum cv_registry_format format;
	FILE *out = stdout;
	int res, r = cv_registry_command_format(args, file, &format);

	if (r == CV_CLI_OK)
		r = cv_registry_command_open(args, CV_REGISTRY_READ, &s);
	if (r != CV_CLI_OK)
		return r;
	if (file)
		out = fopen(file, "we");
	res = out ? cv_registry_export(s, &where, format, out) : -EIO;
	if (out && (fflush(out) != 0 || ferror(out)))
		res = -EIO;
	if (out && file && fclose(out) != 0)
		res = -EIO;
	if (res == -EIO) {
		fprintf(stderr, "culvert %s: %s cannot be written: %s\n", args->command->name,
			file ? file : "standard output", strerror(errno));
		r = CV_CLI_OUTPUT;
	} else if (res < 0) {
		r = cv_registry_command_fault(args, s, res);
	}
	cv_registry_store_close(s);
	return r;
}
