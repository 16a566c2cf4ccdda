/* SPDX-License-Identifier: Apache-2.0 */
#include "control/doctor/doctor.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control/cli/node_rows.h"

#define DEFAULT_CONFIG "/etc/culvert/culvert.yaml"

#define STATE_NAME_ROW(id, name) name,
static const char *const state_names[] = {CV_DOCTOR_STATES(STATE_NAME_ROW)};

__attribute__((format(printf, 5, 6))) void cv_doctor_add(struct cv_doctor *d, const char *check,
							 enum cv_doctor_state state,
							 const char *remedy, const char *format,
							 ...)
{
	struct cv_doctor_finding *f = &d->findings[d->n];
	va_list list;

	if (d->n == CV_DOCTOR_FINDINGS_MAX)
		return;
	d->n++;
	f->state = state;
	snprintf(f->check, sizeof(f->check), "%s", check);
	snprintf(f->remedy, sizeof(f->remedy), "%s", remedy);
	va_start(list, format);
	vsnprintf(f->text, sizeof(f->text), format, list);
	va_end(list);
}

__attribute__((format(printf, 2, 3))) void cv_doctor_remedy(struct cv_doctor *d, const char *format,
							    ...)
{
	struct cv_doctor_finding *f = &d->findings[d->n - 1];
	va_list list;

	va_start(list, format);
	vsnprintf(f->remedy, sizeof(f->remedy), format, list);
	va_end(list);
}

enum cv_doctor_state cv_doctor_worst(const struct cv_doctor *d)
{
	enum cv_doctor_state worst = CV_DOCTOR_OK;

	for (size_t i = 0; i < d->n; i++)
		if (d->findings[i].state > worst)
			worst = d->findings[i].state;
	return worst;
}

/* Names of the machine may be no UTF-8. */
static json_t *text_of(const char *text)
{
	json_t *string = json_string(text);

	return string ? string : json_string("not UTF-8");
}

json_t *cv_doctor_json(const struct cv_doctor *d)
{
	json_t *list = json_array();

	for (size_t i = 0; i < d->n; i++) {
		const struct cv_doctor_finding *f = &d->findings[i];

		json_array_append_new(list,
				      json_pack("{s:o, s:s, s:o, s:o}", "check", text_of(f->check),
						"state", state_names[f->state], "text",
						text_of(f->text), "remedy", text_of(f->remedy)));
	}
	return json_pack("{s:s, s:o}", "state", state_names[cv_doctor_worst(d)], "findings", list);
}

void cv_doctor_run(struct cv_doctor *d)
{
	static void (*const checks[])(struct cv_doctor *) = {
		cv_doctor_processor, cv_doctor_kernel,	  cv_doctor_bpf,
		cv_doctor_hugepages, cv_doctor_isolation, cv_doctor_clock,
		cv_doctor_disk,	     cv_doctor_watchdog,  cv_doctor_ports,
	};

	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
		checks[i](d);
}

/* Text of a machine may steer a terminal. */
static void put_plain(const char *text, FILE *out)
{
	for (; *text; text++)
		fputc((unsigned char)*text < 0x20 || *text == 0x7f ? '?' : *text, out);
}

static int tell(const struct cv_doctor *d, bool json)
{
	int counts[CV_DOCTOR_STATE_COUNT] = {0};

	if (json) {
		json_t *doc = cv_doctor_json(d);
		int res = json_dumpf(doc, stdout, JSON_INDENT(2));

		json_decref(doc);
		return res < 0 || putchar('\n') == EOF || fflush(stdout) == EOF ? -EIO : 0;
	}
	for (size_t i = 0; i < d->n; i++) {
		const struct cv_doctor_finding *f = &d->findings[i];

		counts[f->state]++;
		printf("%-8s %-14s ", state_names[f->state], f->check);
		put_plain(f->text, stdout);
		putchar('\n');
		if (f->remedy[0]) {
			printf("%-23s -> ", "");
			put_plain(f->remedy, stdout);
			putchar('\n');
		}
	}
	printf("%d problem%s, %d warning%s\n", counts[CV_DOCTOR_PROBLEM],
	       counts[CV_DOCTOR_PROBLEM] == 1 ? "" : "s", counts[CV_DOCTOR_WARNING],
	       counts[CV_DOCTOR_WARNING] == 1 ? "" : "s");
	return fflush(stdout) == EOF ? -EIO : 0;
}

/*
 * The configuration says which interfaces and folders count; without it the machine alone is
 * looked at.
 *
 * @return 0, or -EINVAL: told.
 */
static int load(struct cv_doctor *d, const char *path, struct cv_config **ret)
{
	struct cv_diagnostics diag = {0};
	int res;

	if (!path && access(DEFAULT_CONFIG, F_OK) < 0) {
		cv_doctor_add(d, "config", CV_DOCTOR_NOTE,
			      "name the node's file with --config to have its ports looked at",
			      "there is no " DEFAULT_CONFIG ": the machine alone is looked at");
		return 0;
	}
	path = path ? path : DEFAULT_CONFIG;
	res = cv_config_load(path, ret, &diag);
	if (res < 0)
		cv_diagnostics_print(&diag, stderr);
	else
		cv_doctor_add(d, "config", CV_DOCTOR_OK, "", "%s", path);
	cv_diagnostics_free(&diag);
	return res;
}

static int run(const struct cv_policy_args *args)
{
	const char *root = cv_policy_value(args, "root");
	struct cv_doctor *d = calloc(1, sizeof(*d));
	struct cv_config *config = NULL;
	int code = CV_CLI_OK;

	if (!d)
		return cv_policy_say(args, CV_CLI_UNREACHABLE, "out of memory");
	d->root = root ? root : "";
	if (load(d, cv_policy_value(args, "config"), &config) < 0) {
		code = CV_CLI_INPUT;
	} else {
		d->config = config;
		cv_doctor_run(d);
		if (cv_doctor_worst(d) == CV_DOCTOR_PROBLEM)
			code = CV_CLI_OPEN;
		if (tell(d, args->json) < 0)
			code = CV_CLI_OUTPUT;
	}
	cv_config_free(config);
	free(d);
	return code;
}

int cv_doctor_command(int argc, char **argv)
{
	static const struct cv_cli_command row = {CV_CLI_DOCTOR_ROW};

	return cv_policy_run_row(&row, run, argc, argv);
}
