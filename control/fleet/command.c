/* SPDX-License-Identifier: Apache-2.0 */
/* `culvert-control fleet VERB`: tools/fleet, for who publishes. */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "control/config/schema.h"
#include "control/config/units.h"
#include "control/fleet/directory.h"
#include "control/policy/command.h"
#include "control/policy/key_file.h"

#define DAYS_DEFAULT 30
#define PRODUCT "culvert-x86-64"
#define STAGES "10,50,100"
#define STAGES_MAX 16
/* Nodes ask every quarter of an hour, and up to five minutes later (culvert-update.timer). */
#define STAY_S (30 * 60)
#define LOST_AFTER_S 3600

struct job {
	const struct cv_policy_args *args;
	const char *dir;
	struct cv_fleet_index index;
	struct cv_fleet_tally tally;
	struct cv_diagnostics diag;
};

/* A whole number from an option. @return 0 or -EINVAL, told. */
static int number(const struct job *j, const char *name, uint64_t min, uint64_t max,
		  uint64_t fallback, uint64_t *ret)
{
	const char *text = cv_policy_value(j->args, name);

	*ret = fallback;
	if (!text || (cv_units_integer(text, ret) == 0 && *ret >= min && *ret <= max))
		return 0;
	cv_policy_usage(j->args, "--%s takes a number from %" PRIu64 " to %" PRIu64, name, min,
			max);
	return -EINVAL;
}

static int end(struct job *j, int r)
{
	cv_diagnostics_print(&j->diag, stderr);
	cv_diagnostics_free(&j->diag);
	return r < 0 ? CV_CLI_INPUT : CV_CLI_OK;
}

static int load(struct job *j)
{
	int r = cv_fleet_load(j->dir, &j->index, &j->diag);

	if (r == -ENOENT)
		cv_diagnostics_add(&j->diag, CV_SEVERITY_ERROR, (struct cv_place){.file = j->dir},
				   "culvert fleet publish makes one", "there is no index here");
	return r;
}

/* A time from an option, s. @return 0 or -EINVAL, told. */
static int duration(const struct job *j, const char *name, int64_t fallback, int64_t *ret)
{
	const char *text = cv_policy_value(j->args, name);
	uint64_t ns;

	*ret = fallback;
	if (!text)
		return 0;
	if (cv_units_duration(text, &ns) == 0) {
		*ret = (int64_t)(ns / 1000000000);
		return 0;
	}
	cv_policy_usage(j->args, "--%s takes a time such as 1h", name);
	return -EINVAL;
}

/* Sign and write what has changed. */
static int store(struct job *j)
{
	const char *path = cv_policy_value(j->args, "key");
	char standard[PATH_MAX];
	struct cv_secret_key key;
	uint64_t days;
	int r = number(j, "days", 1, 3650, DAYS_DEFAULT, &days);

	if (r == 0 && !path) {
		r = cv_key_file_default(false, standard);
		path = standard;
	}
	if (r == 0)
		r = cv_key_file_read(path, cv_policy_value(j->args, "password-file"), &key,
				     &j->diag);
	if (r < 0)
		return r;
	r = cv_fleet_store(j->dir, &j->index, (int64_t)days * 86400, &key, &j->diag);
	cv_secret_key_wipe(&key);
	if (r == 0)
		printf("index %" PRIu64 ": version %s, %" PRIu32 " %%%s\n", j->index.serial,
		       j->index.version, j->index.percent, j->index.halted ? ", halted" : "");
	return r;
}

/* ---- publish, stage, halt, resume -------------------------------------------------------------- */

static int take_window(struct job *j)
{
	static const struct cv_field field = {.name = "window", .type = CV_FIELD_WINDOW};
	const char *text = cv_policy_value(j->args, "window"), *near;
	char expected[160];

	if (!text ||
	    cv_field_read(&field, text, &j->index.window, expected, sizeof(expected), &near) == 0)
		return 0;
	cv_policy_usage(j->args, "--window takes %s", expected);
	return -EINVAL;
}

static int take_version(struct job *j)
{
	const char *version = cv_policy_value(j->args, "version");
	const char *product = cv_policy_value(j->args, "product");

	product = product ? product : PRODUCT;
	if (!version || !cv_fleet_name_is_good(version) ||
	    strlen(version) >= sizeof(j->index.version) || !cv_fleet_name_is_good(product) ||
	    strlen(product) >= sizeof(j->index.product)) {
		cv_policy_usage(j->args, "--version VERSION, as the bundle has it, is missing or "
					 "no version");
		return -EINVAL;
	}
	snprintf(j->index.version, sizeof(j->index.version), "%s", version);
	snprintf(j->index.product, sizeof(j->index.product), "%s", product);
	return 0;
}

static int publish(const struct cv_policy_args *args)
{
	struct job j = {.args = args, .dir = args->operands[0]};
	uint64_t percent;
	int r = cv_fleet_load(j.dir, &j.index, &j.diag);

	/* Only its serial counts: a release begins anew. */
	if (r == 0 || r == -ENOENT) {
		j.index = (struct cv_fleet_index){.serial = j.index.serial};
		r = number(&j, "percent", 0, 100, 10, &percent);
		j.index.percent = (uint32_t)percent;
	}
	if (r == 0)
		r = take_version(&j);
	if (r == 0)
		r = take_window(&j);
	if (r == 0 && mkdir(j.dir, 0755) < 0 && errno != EEXIST)
		r = cv_diagnostics_fail(&j.diag, j.dir, -errno, NULL, strerror(errno));
	if (r == 0)
		r = cv_fleet_add_bundle(j.dir, args->operands[1], &j.index, &j.diag);
	if (r == 0)
		r = store(&j);
	return end(&j, r);
}

static int stage(const struct cv_policy_args *args)
{
	struct job j = {.args = args, .dir = args->operands[0]};
	uint64_t percent;
	int r = 0;

	if (cv_units_integer(args->operands[1], &percent) < 0 || percent > 100)
		return cv_policy_usage(args, "PERCENT is a number from 0 to 100");
	r = load(&j);
	if (r == 0)
		r = take_window(&j);
	j.index.percent = (uint32_t)percent;
	if (r == 0)
		r = store(&j);
	return end(&j, r);
}

static int set_halted(const struct cv_policy_args *args, bool halted)
{
	struct job j = {.args = args, .dir = args->operands[0]};
	int r = load(&j);

	j.index.halted = halted;
	if (r == 0)
		r = store(&j);
	return end(&j, r);
}

static int halt(const struct cv_policy_args *args)
{
	return set_halted(args, true);
}

static int resume(const struct cv_policy_args *args)
{
	return set_halted(args, false);
}

/* ---- status, step ------------------------------------------------------------------------------ */

static void list(void *owner, const struct cv_fleet_report *r, bool selected, bool lost)
{
	json_t *rows = owner;

	json_array_append_new(rows,
			      json_pack("{s:s, s:s, s:s, s:s, s:b, s:b, s:s}", "node", r->node,
					"running", r->running, "target", r->target, "outcome",
					cv_fleet_outcome_name(r->outcome), "selected", selected,
					"lost", lost, "detail", r->detail));
}

static json_t *tally_json(const struct job *j)
{
	const struct cv_fleet_tally *t = &j->tally;
	json_t *doc = json_pack("{s:I, s:s, s:i, s:b, s:i, s:i, s:i, s:i}", "serial",
				(json_int_t)j->index.serial, "version", j->index.version, "percent",
				(int)j->index.percent, "halted", j->index.halted, "nodes",
				(int)t->nodes, "selected", (int)t->selected, "lost", (int)t->lost,
				"strange", (int)t->strange);

	for (unsigned int i = 0; doc && i < CV_FLEET_OUTCOME_COUNT; i++)
		json_object_set_new(doc, cv_fleet_outcome_name((enum cv_fleet_outcome)i),
				    json_integer((json_int_t)t->by_outcome[i]));
	return doc;
}

static void tell_tally(const struct job *j)
{
	const struct cv_fleet_tally *t = &j->tally;

	printf("version %s, %" PRIu32 " %%%s: %u of %u nodes selected", j->index.version,
	       j->index.percent, j->index.halted ? ", halted" : "", t->selected, t->nodes);
	for (unsigned int i = 0; i < CV_FLEET_OUTCOME_COUNT; i++)
		printf(", %u %s", t->by_outcome[i],
		       cv_fleet_outcome_name((enum cv_fleet_outcome)i));
	printf(", %u lost\n", t->lost);
	if (t->strange)
		printf("%u files in " CV_FLEET_REPORTS " are no report\n", t->strange);
}

/* Those somebody should look at; what became of an earlier release is over. */
static void tell_bad(const struct job *j, const json_t *rows)
{
	json_t *row;
	size_t i;

	json_array_foreach((json_t *)rows, i, row)
	{
		bool lost = json_is_true(json_object_get(row, "lost"));
		const char *outcome = json_string_value(json_object_get(row, "outcome"));

		if (strcmp(json_string_value(json_object_get(row, "target")), j->index.version) !=
		    0)
			continue;
		if (lost || strcmp(outcome, "failed") == 0)
			printf("%-20s %s, runs %s%s%s\n",
			       json_string_value(json_object_get(row, "node")),
			       lost ? "lost" : outcome,
			       json_string_value(json_object_get(row, "running")), ": ",
			       json_string_value(json_object_get(row, "detail")));
	}
}

static int count(struct job *j, cv_fleet_visit *visit, void *owner)
{
	int64_t lost_after;
	int r = duration(j, "lost-after", LOST_AFTER_S, &lost_after);

	if (r == 0)
		r = load(j);
	if (r == 0)
		r = cv_fleet_count(j->dir, &j->index, lost_after, &j->tally, visit, owner,
				   &j->diag);
	return r;
}

static int status(const struct cv_policy_args *args)
{
	struct job j = {.args = args, .dir = args->operands[0]};
	json_t *rows = json_array(), *doc;
	int r = count(&j, list, rows);

	if (r == 0 && args->json) {
		doc = tally_json(&j);
		json_object_set(doc, "reports", rows);
		json_dumpf(doc, stdout, JSON_INDENT(1));
		putchar('\n');
		json_decref(doc);
	} else if (r == 0) {
		tell_tally(&j);
		tell_bad(&j, rows);
	}
	json_decref(rows);
	return end(&j, r);
}

/* "10,50,100". @return the first above @p percent; 100 behind the last; -EINVAL, told. */
static int next_stage(const struct job *j, const char *text)
{
	const char *given = text;

	for (unsigned int i = 0; *text && i < STAGES_MAX; i++) {
		char *behind;
		unsigned long percent = strtoul(text, &behind, 10);

		if (behind == text || percent > 100 || (*behind && *behind != ','))
			break;
		if (percent > j->index.percent)
			return (int)percent;
		text = *behind ? behind + 1 : behind;
	}
	if (!*text)
		return 100;
	cv_policy_usage(j->args, "--stages takes percentages such as " STAGES ", not \"%.40s\"",
			given);
	return -EINVAL;
}

static int make_step(struct job *j, enum cv_fleet_step what)
{
	const char *stages = cv_policy_value(j->args, "stages");
	int next = next_stage(j, stages ? stages : STAGES);

	if (next < 0)
		return next;
	tell_tally(j);
	printf("%s\n", cv_fleet_step_name(what));
	if (what == CV_FLEET_STEP_ADVANCE)
		j->index.percent = (uint32_t)next;
	else if (what == CV_FLEET_STEP_HALT)
		j->index.halted = true;
	else
		return 0;
	return store(j);
}

static int step(const struct cv_policy_args *args)
{
	struct job j = {.args = args, .dir = args->operands[0]};
	enum cv_fleet_step what = CV_FLEET_STEP_WAIT;
	uint64_t tolerate;
	int64_t stay;
	int r = number(&j, "tolerate", 0, 100, 10, &tolerate), code;

	if (r == 0)
		r = duration(&j, "stay", STAY_S, &stay);
	if (r == 0)
		r = count(&j, NULL, NULL);
	if (r == 0) {
		what = cv_fleet_decide(&j.index, &j.tally, (unsigned int)tolerate,
				       time(NULL) - j.index.created >= stay);
		r = make_step(&j, what);
	}
	code = end(&j, r);
	if (code == CV_CLI_OK && (what == CV_FLEET_STEP_HALT || what == CV_FLEET_STEP_HALTED))
		return CV_CLI_OPEN;
	return code;
}

static const struct cv_policy_handler handlers[] = {
	{"publish", publish},
	{"stage", stage},
	{"halt", halt},
	{"resume", resume},
	{"status", status},
	{"step", step},
	{0},
};

int cv_fleet_command(int argc, char **argv)
{
	static const struct cv_cli_command *const tables[] = {cv_cli_fleet_offline, NULL};
	static const struct cv_policy_verbs verbs = {"fleet", tables, handlers};

	return cv_policy_run_verb(&verbs, argc, argv);
}
