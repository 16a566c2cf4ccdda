/* SPDX-License-Identifier: Apache-2.0 */
/* `culvert alarm test`: rules tried on captures, by the engine that judges on a node. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "control/alarm/command.h"
#include "control/alarm/expect.h"
#include "control/alarm/host.h"
#include "control/config/units.h"
#include "control/offline/records.h"
#include "control/policy/captures.h"
#include "control/text/utc.h"
#include "dataplane/normalize/cloudevent.h"

/* Devices of captures: a bound of memory, not of what is reasonable. */
#define STATE_BYTES (UINT64_C(1) << 30)
#define HINTS_MAX 64

struct testing {
	const struct cv_policy_args *args;
	struct cv_records *records;
	struct cv_captures captures;
	struct cv_intake intake;
	struct cv_registry_live *live;
	struct cv_state *state;
	struct cv_alarm_engine *engine;
	struct cv_alarm_expect *expect; /* NULL = nothing is expected */
	uint64_t told[CV_ALARM_CHANGE_COUNT], seq;
	int64_t now;
	int error; /* of writing */
};

/* ---- what comes of it ----------------------------------------------------------------------- */

/* "urn:dev:a:1" of alarm:RULE:urn:dev:a:1:1777863720000 */
static void subject_of(const struct cv_alarm *a, const char *rule, char *ret, size_t size)
{
	const char *at = a->id + strlen("alarm:") + strlen(rule) + 1, *end = strrchr(at, ':');

	snprintf(ret, size, "%.*s", end ? (int)(end - at) : 0, at);
}

static void print_line(const struct testing *t, const struct cv_alarm *a, const char *change,
		       const char *subject, int64_t at)
{
	const struct cv_alarm_rule *r = cv_alarm_engine_rule(t->engine, a);
	char time[CV_UTC_SIZE];

	cv_utc_text(at / 1000000000, time);
	printf("%s %s %s %s %s", time, change, cv_alarm_colour(r->grade), r->id, subject);
	if (a->value == a->value)
		printf(" %.10g", a->value);
	if (a->n_devices > 1)
		printf(" (%" PRIu32 " devices)", a->n_devices);
	putchar('\n');
}

static void print_event(struct testing *t, const struct cv_alarm *a, enum cv_alarm_change change,
			int64_t at)
{
	static char line[CV_CLOUDEVENT_MAX + 1];
	_Alignas(8) uint8_t memory[CV_ALARM_RECORD_ROOM];
	struct cv_alarm_urns urns = cv_alarm_host_urns(&t->intake);
	struct cv_record *rec = cv_alarm_record(t->engine, a, change, at, &urns, memory);
	size_t len = cv_cloudevent_json(rec, "test", ++t->seq, line, CV_CLOUDEVENT_MAX);

	line[len] = '\n';
	fwrite(line, 1, len + 1, stdout);
}

static bool changed(void *owner, const struct cv_alarm *a, enum cv_alarm_change change, int64_t at)
{
	struct testing *t = owner;
	const char *rule = cv_alarm_engine_rule(t->engine, a)->id;
	char subject[CV_ALARM_NAME_MAX];

	t->told[change]++;
	subject_of(a, rule, subject, sizeof(subject));
	if (t->args->json)
		print_event(t, a, change, at);
	else
		print_line(t, a, cv_alarm_change_name(change), subject, at);
	if (t->expect)
		cv_alarm_expect_meet(t->expect, cv_alarm_change_name(change), rule, subject);
	if (ferror(stdout))
		t->error = EIO;
	return true;
}

static void host_device(void *owner, uint32_t device, struct cv_alarm_device *ret)
{
	struct testing *t = owner;

	cv_alarm_host_device(&t->intake, device, ret);
}

/* ---- what goes in --------------------------------------------------------------------------- */

static void each_record(void *owner, const struct cv_record *rec)
{
	_Alignas(8) uint8_t copy[CV_RECORD_MAX];
	struct testing *t = owner;
	uint32_t device;

	memcpy(copy, rec, rec->size);
	device = cv_intake_record(&t->intake, (struct cv_record *)(void *)copy);
	if (rec->ts_rx_ns > t->now)
		t->now = rec->ts_rx_ns;
	cv_alarm_host_event(&t->intake, t->engine, device,
			    (const struct cv_record *)(const void *)copy, rec->ts_rx_ns);
}

static int each_frame(void *owner, const struct cv_source_frame *frame)
{
	struct testing *t = owner;

	if (cv_records_frame(t->records, frame) < 0)
		return cv_policy_say(t->args, CV_CLI_INPUT, "out of memory");
	return t->error ? CV_CLI_OUTPUT : CV_CLI_OK;
}

/* ---- setting up ----------------------------------------------------------------------------- */

static int tell(const struct testing *t, struct cv_diagnostics *diag, int res)
{
	cv_diagnostics_print(diag, stderr);
	if (res < 0 && diag->errors == 0)
		cv_policy_say(t->args, CV_CLI_INPUT, strerror(-res));
	cv_diagnostics_free(diag);
	return res < 0 ? CV_CLI_INPUT : CV_CLI_OK;
}

static int load_rules(struct testing *t)
{
	const struct cv_alarm_host host = {.owner = t, .device = host_device, .changed = changed};
	const char *expect = cv_policy_value(t->args, "expect");
	struct cv_alarm_rules *rules = NULL;
	struct cv_diagnostics diag = {0};
	int res = cv_alarm_rules_load(t->args->operands[0], &rules, &diag);

	if (res == 0)
		res = cv_alarm_engine_create(rules, 1, &host, &t->engine);
	if (res < 0)
		cv_alarm_rules_free(rules);
	if (res == 0 && expect)
		res = cv_alarm_expect_load(expect, &t->expect, &diag);
	return tell(t, &diag, res);
}

static int load_registry(struct testing *t)
{
	const char *path = cv_policy_value(t->args, "registry");
	int res = cv_registry_live_create(path ? path : "", &t->live);

	if (res == 0)
		res = cv_state_create(STATE_BYTES, &t->state);
	if (res < 0)
		return cv_policy_say(t->args, CV_CLI_INPUT, strerror(-res));
	t->intake = (struct cv_intake){.live = t->live, .state = t->state};
	while (path && (res = cv_registry_live_step(t->live)) > 0)
		;
	if (path && (res < 0 || !cv_registry_live_ready(t->live))) {
		fprintf(stderr, "culvert alarm test: %s: %s\n", path,
			res < 0 ? cv_registry_live_why(t->live) : "no such registry");
		return CV_CLI_INPUT;
	}
	return CV_CLI_OK;
}

static int set_up_records(struct testing *t)
{
	const char *hints[HINTS_MAX], *hint;
	unsigned int n = 0;

	while ((hint = cv_policy_value_at(t->args, "hint", n))) {
		if (n == HINTS_MAX)
			return cv_policy_usage(t->args, "more than %d hints", HINTS_MAX);
		hints[n++] = hint;
	}
	return cv_records_create(each_record, t, hints, n, &t->records) < 0 ? CV_CLI_USAGE
									    : CV_CLI_OK;
}

static int set_up(struct testing *t, uint64_t *ret_after)
{
	const char *after = cv_policy_value(t->args, "after");
	int code, res;

	*ret_after = 0;
	if (after && (cv_units_duration(after, ret_after) < 0 || *ret_after > INT64_MAX / 4))
		return cv_policy_usage(t->args, "--after %s: a time such as 90s, 2h", after);
	code = load_rules(t);
	if (code == CV_CLI_OK)
		code = load_registry(t);
	if (code == CV_CLI_OK)
		code = set_up_records(t);
	if (code != CV_CLI_OK)
		return code;
	res = cv_captures_gather(t->args, cv_records_generation(t->records), &t->captures);
	if (res == -ENOMEM)
		return cv_policy_say(t->args, CV_CLI_INPUT, "out of memory");
	return res < 0 ? CV_CLI_USAGE : CV_CLI_OK;
}

static int sum_up(struct testing *t)
{
	const uint64_t *counts = cv_alarm_engine_counts(t->engine);

	if (!t->args->json)
		printf("%" PRIu64 " raised, %" PRIu64 " updated, %" PRIu64 " cleared; %" PRIu64
		       " events looked at\n",
		       t->told[CV_ALARM_RAISED], t->told[CV_ALARM_UPDATED],
		       t->told[CV_ALARM_CLEARED], counts[CV_ALARM_COUNT_LOOKED]);
	if (fflush(stdout) != 0 || t->error)
		return cv_policy_say(t->args, CV_CLI_OUTPUT, "standard output cannot be written");
	if (t->expect && !cv_alarm_expect_end(t->expect))
		return CV_CLI_OPEN;
	return t->captures.cut ? CV_CLI_UNREACHABLE : CV_CLI_OK;
}

int cv_alarm_command_test(const struct cv_policy_args *args)
{
	struct testing *t = calloc(1, sizeof(*t));
	uint64_t after;
	int code;

	if (!t)
		return cv_policy_say(args, CV_CLI_INPUT, "out of memory");
	t->args = args;
	code = set_up(t, &after);
	if (code == CV_CLI_OK)
		code = cv_captures_play(&t->captures, each_frame, t);
	if (code == CV_CLI_OK) {
		cv_records_finish(t->records);
		cv_alarm_engine_advance(t->engine, t->now + (int64_t)after);
		code = sum_up(t);
	}
	cv_records_destroy(t->records);
	cv_captures_release(&t->captures);
	cv_alarm_expect_free(t->expect);
	cv_alarm_engine_destroy(t->engine);
	cv_state_destroy(t->state);
	cv_registry_live_destroy(t->live);
	free(t);
	return code;
}
