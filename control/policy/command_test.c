/* SPDX-License-Identifier: Apache-2.0 */
/* `culvert policy test`: a policy tried on captures, by what would judge on a node. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/offline/policy_file.h"
#include "control/offline/report.h"
#include "control/policy/captures.h"
#include "control/policy/module_report.h"

struct testing {
	const struct cv_policy_args *args;
	const char *against_name;
	struct cv_policy_file policy, against; /* against.gen NULL = held against nothing */
	struct cv_captures captures;
	struct cv_trial *trial, *other;
	struct cv_tally *tally;
	struct cv_expect *expect; /* NULL = none */
	bool kernel, packets;
};

static int tell(struct cv_diagnostics *diag, int err)
{
	cv_diagnostics_print(diag, stderr);
	cv_diagnostics_free(diag);
	return err < 0 ? CV_CLI_INPUT : CV_CLI_OK;
}

static int load_policy(const struct testing *w, const char *path, struct cv_policy_file *ret)
{
	struct cv_diagnostics diag = {0};
	int err = cv_policy_file_open(path, cv_policy_value(w->args, "config"), ret, &diag);

	return tell(&diag, err);
}

/* What a bundle carries, or what lies beside a policy file. */
static int load_module(struct testing *w)
{
	const char *path = cv_policy_value(w->args, "module");
	struct cv_diagnostics diag = {0};

	return path ? tell(&diag, cv_policy_file_module(&w->policy, path, &diag)) : CV_CLI_OK;
}

static int load_expectations(struct testing *w)
{
	const char *path = cv_policy_value(w->args, "expect");
	struct cv_diagnostics diag = {0};

	return path ? tell(&diag, cv_expect_load(path, &w->expect, &diag)) : CV_CLI_OK;
}

static int gather_captures(struct testing *w)
{
	int err = cv_captures_gather(w->args, w->policy.gen, &w->captures);

	if (err == -ENOMEM)
		return cv_policy_say(w->args, CV_CLI_INPUT, "out of memory");
	return err < 0 ? CV_CLI_USAGE : CV_CLI_OK;
}

static int start_trials(struct testing *w)
{
	struct cv_bpf_why why = {""};
	int err = cv_trial_create(&w->policy, w->kernel, &w->trial, &why);

	if (err == 0 && w->against.gen)
		err = cv_trial_create(&w->against, w->kernel, &w->other, &why);
	if (err == -EPERM) {
		cv_policy_say(w->args, CV_CLI_UNREACHABLE, why.text);
		return cv_policy_say(w->args, CV_CLI_UNREACHABLE,
				     "--native judges by the worker's tables alone");
	}
	if (err < 0)
		return cv_policy_say(w->args, err == -EINVAL ? CV_CLI_INPUT : CV_CLI_UNREACHABLE,
				     why.text);
	return cv_tally_create(w->policy.gen, w->policy.would != NULL, &w->tally) < 0
		       ? cv_policy_say(w->args, CV_CLI_INPUT, "out of memory")
		       : CV_CLI_OK;
}

static int setup(struct testing *w)
{
	const char *against = cv_policy_value(w->args, "against");
	int code = load_policy(w, w->args->operands[0], &w->policy);

	/* culvert hands over the policy in force in a file without a name. */
	w->against_name = against && strncmp(against, "/proc/self/fd/", 14) == 0
				  ? "the policy in force"
				  : against;
	w->kernel = !cv_policy_value(w->args, "native");
	w->packets = cv_policy_value(w->args, "packets") != NULL;
	if (code == CV_CLI_OK && against)
		code = load_policy(w, against, &w->against);
	if (code == CV_CLI_OK)
		code = load_module(w);
	if (code == CV_CLI_OK)
		code = load_expectations(w);
	if (code == CV_CLI_OK)
		code = gather_captures(w);
	return code == CV_CLI_OK ? start_trials(w) : code;
}

static int judge(void *owner, const struct cv_source_frame *frame)
{
	struct testing *w = owner;
	struct cv_trial_verdict ours, theirs;
	struct cv_bpf_why why = {""};
	int err = cv_trial_frame(w->trial, frame, frame->port, &ours, &why);

	if (err == 0 && w->other)
		err = cv_trial_frame(w->other, frame, frame->port, &theirs, &why);
	if (err < 0)
		return cv_policy_say(w->args,
				     err == -ENOTRECOVERABLE ? CV_CLI_FAULT : CV_CLI_UNREACHABLE,
				     why.text);
	cv_tally_frame(w->tally, frame, &ours, w->other ? &theirs : NULL);
	if (w->expect)
		cv_expect_frame(w->expect, frame, &ours);
	if (w->packets && w->args->json)
		cv_report_packet_json(frame, &ours, w->other ? &theirs : NULL, stdout);
	else if (w->packets)
		cv_report_packet(frame, &ours, w->other ? &theirs : NULL, stdout);
	return CV_CLI_OK;
}

/* What the module did, or that it was not asked. @return malloc'ed lines, NULL = there is none. */
static char *tell_module(const struct testing *w, json_t **ret_json)
{
	struct cv_bpf_module m = {0};
	char *text = NULL;
	size_t size;
	FILE *out;

	*ret_json = NULL;
	if (!w->policy.module)
		return NULL;
	if (cv_trial_module(w->trial, &m) < 0)
		return strdup("the policy's module was not run: that needs the kernel\n");
	*ret_json = json_pack("{s:o, s:o}", "module", cv_module_info_json(&m.slot.info), "counters",
			      cv_module_counts_json(&m));
	out = open_memstream(&text, &size);
	if (!out)
		return NULL;
	cv_module_tell_counts(&m, out);
	fclose(out);
	return text;
}

static int report(const struct testing *w)
{
	json_t *module_json;
	char *module = tell_module(w, &module_json);
	struct cv_report r = {
		.policy = w->args->operands[0],
		.against = w->against_name,
		.kernel = w->kernel,
		.tally = w->tally,
		.expect = w->expect,
		.module = module,
		.module_json = module_json,
	};
	int err = w->args->json ? cv_report_write_json(&r, stdout) : cv_report_write(&r, stdout);

	json_decref(module_json);
	free(module);
	if (err < 0 || fflush(stdout) != 0)
		return cv_policy_say(w->args, CV_CLI_OUTPUT, "standard output cannot be written");
	if (w->captures.cut)
		return CV_CLI_UNREACHABLE;
	if (w->tally->differ.packets || (w->expect && cv_expect_failed(w->expect)))
		return CV_CLI_OPEN;
	return CV_CLI_OK;
}

int cv_policy_test_command(const struct cv_policy_args *args)
{
	struct testing w = {.args = args};
	int code = setup(&w);

	if (code == CV_CLI_OK)
		code = cv_captures_play(&w.captures, judge, &w);
	if (code == CV_CLI_OK)
		code = report(&w);
	cv_trial_destroy(w.trial);
	cv_trial_destroy(w.other);
	cv_tally_free(w.tally);
	cv_expect_free(w.expect);
	cv_captures_release(&w.captures);
	cv_policy_file_release(&w.policy);
	cv_policy_file_release(&w.against);
	return code;
}
