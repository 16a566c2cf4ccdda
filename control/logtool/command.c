/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "control/logtool/logtool.h"
#include "control/text/utc.h"

#define DEFAULT_CONFIG "/etc/culvert/culvert.yaml"

/* "alarm,status" to bits. @return 0 or -EINVAL. */
static int read_lanes(const char *text, uint32_t *ret)
{
	*ret = 0;
	while (true) {
		size_t len = strcspn(text, ",");
		int lane = 0;

		while (lane < CV_LANE_COUNT &&
		       (strlen(cv_lane_name((unsigned int)lane)) != len ||
			strncmp(cv_lane_name((unsigned int)lane), text, len) != 0))
			lane++;
		if (lane == CV_LANE_COUNT)
			return -EINVAL;
		*ret |= 1u << lane;
		if (text[len] == '\0')
			return 0;
		text += len + 1;
	}
}

static int load_config(const struct cv_policy_args *args, struct cv_config **ret)
{
	const char *path = cv_policy_value(args, "config");
	struct cv_diagnostics diag = {0};
	int res;

	if (!path && args->n_operands > 0)
		return 0;
	res = cv_config_load(path ? path : DEFAULT_CONFIG, ret, &diag);
	if (res < 0)
		cv_diagnostics_tell(&diag, args->json);
	cv_diagnostics_free(&diag);
	return res;
}

int cv_logtool_open(const struct cv_policy_args *args, struct cv_logtool *ret)
{
	const char *lanes = cv_policy_value(args, "lane"), *why = "";
	const char *dir = args->n_operands > 0 ? args->operands[0] : NULL;
	int res;

	*ret = (struct cv_logtool){.args = args, .lanes = (1u << CV_LANE_COUNT) - 1};
	if (lanes && read_lanes(lanes, &ret->lanes) < 0)
		return cv_policy_usage(args,
				       "--lane %s: alarm, measurement, status, security, "
				       "commas between",
				       lanes);
	if (load_config(args, &ret->config) < 0)
		return CV_CLI_INPUT;
	res = cv_log_image_open(dir ? dir : ret->config->log_dir, &ret->image, &why);
	if (res < 0)
		return cv_policy_say(args, CV_CLI_INPUT, why);
	return CV_CLI_OK;
}

void cv_logtool_close(struct cv_logtool *t)
{
	cv_log_image_close(t->image);
	cv_config_free(t->config);
}

void cv_logtool_time(int64_t ns, char text[CV_LOGTOOL_TIME])
{
	int64_t seconds = ns / 1000000000, ms = ns % 1000000000 / 1000000;
	char utc[CV_UTC_SIZE];
	size_t len;

	text[0] = '\0';
	if (ns == INT64_MAX || ns == INT64_MIN)
		return;
	if (ms < 0) {
		ms += 1000;
		seconds--;
	}
	cv_utc_text(seconds, utc);
	len = strlen(utc);
	if (len > 1 && utc[len - 1] == 'Z')
		len--;
	snprintf(text, CV_LOGTOOL_TIME, "%.*s.%03" PRId64 "Z", (int)len, utc, ms);
}

int cv_logtool_print(json_t *doc)
{
	int r = json_dumpf(doc, stdout, JSON_INDENT(2)) < 0 || putchar('\n') == EOF ||
				fflush(stdout) == EOF
			? CV_CLI_OUTPUT
			: CV_CLI_OK;

	json_decref(doc);
	return r;
}

/* ---- progress ------------------------------------------------------------------------------- */

void cv_logtool_progress_start(struct cv_logtool_progress *p, uint64_t total)
{
	*p = (struct cv_logtool_progress){
		.on = isatty(STDERR_FILENO) == 1 && total > 0,
		.total = total,
		.told = 101,
	};
}

void cv_logtool_progress_add(struct cv_logtool_progress *p, uint64_t bytes)
{
	unsigned int percent;

	p->done += bytes;
	if (!p->on)
		return;
	percent = p->done >= p->total ? 100 : (unsigned int)(p->done * 100 / p->total);
	if (percent != p->told)
		fprintf(stderr, "\r%3u %% of %" PRIu64 " MiB", percent, p->total >> 20);
	p->told = percent;
}

void cv_logtool_progress_end(struct cv_logtool_progress *p)
{
	if (p->on && p->told <= 100)
		fputs("\r\033[K", stderr);
	p->on = false;
}

/* ---- verbs ---------------------------------------------------------------------------------- */

const struct cv_policy_handler cv_log_handlers[] = {
	{"verify", cv_logtool_verify},
	{"info", cv_logtool_info},
	{"export", cv_logtool_export},
	{"truncate-plan", cv_logtool_plan},
	{0},
};

int cv_log_command(int argc, char **argv)
{
	static const struct cv_cli_command *const tables[] = {cv_cli_log_offline, NULL};
	static const struct cv_policy_verbs verbs = {"log", tables, cv_log_handlers};

	return cv_policy_run_verb(&verbs, argc, argv);
}
