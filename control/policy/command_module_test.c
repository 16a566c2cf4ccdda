/* SPDX-License-Identifier: Apache-2.0 */
/* `culvert policy module test`: a module run in the kernel on captures, behind a policy. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "control/offline/policy_file.h"
#include "control/policy/captures.h"
#include "control/policy/module_report.h"
#include "dataplane/policy/generation_build.h"
#include "ebpf/offline.h"

/* Where the module's clock begins, so that a capture's first second is not the machine's. */
#define START_NS 1000000000ull
#define DEVICES 65536u

struct testing {
	const struct cv_policy_args *args;
	struct cv_generation *gen;
	struct cv_captures captures;
	struct cv_bpf_offline *kernel;
	struct cv_module_trial trial;
	int64_t first_ns;
	uint64_t now_ns; /* never back */
};

static int everything_passes(struct cv_generation **ret)
{
	struct cv_generation_build *b = NULL;
	int err = cv_generation_build_create(&b);

	if (!err) {
		struct cv_generation *head = cv_generation_build_head(b);

		head->number = 1;
		head->device_capacity = DEVICES;
		head->policy.contexts[0].ip_action = CV_ACTION_FORWARD;
		head->policy.contexts[0].non_ip_action = CV_ACTION_FORWARD;
		err = cv_generation_build_finish(b, ret);
	}
	cv_generation_build_destroy(b);
	return err;
}

static int load_policy(struct testing *t)
{
	const char *path = cv_policy_value(t->args, "policy");
	struct cv_diagnostics diag = {0};
	int err;

	if (!path)
		return everything_passes(&t->gen)
			       ? cv_policy_say(t->args, CV_CLI_UNREACHABLE, "out of memory")
			       : CV_CLI_OK;
	err = cv_policy_file_load(path, cv_policy_value(t->args, "config"), &t->gen, &diag);
	cv_diagnostics_print(&diag, stderr);
	cv_diagnostics_free(&diag);
	return err < 0 ? CV_CLI_INPUT : CV_CLI_OK;
}

static int gather_captures(struct testing *t)
{
	int err = cv_captures_gather(t->args, t->gen, &t->captures);

	if (err == -ENOMEM)
		return cv_policy_say(t->args, CV_CLI_UNREACHABLE, "out of memory");
	return err < 0 ? CV_CLI_USAGE : CV_CLI_OK;
}

static int load_module(struct testing *t)
{
	const char *path = t->args->operands[0];
	char *bytes = malloc(CV_MODULE_SIZE_MAX + 1);
	struct cv_bpf_why why = {""};
	int code = CV_CLI_OK, err = 0;
	size_t size = 0;
	FILE *f = fopen(path, "rb");

	if (f && bytes)
		size = fread(bytes, 1, CV_MODULE_SIZE_MAX + 1, f);
	if (!f || !bytes || ferror(f)) {
		fprintf(stderr, "%s: error: %s\n", path, strerror(errno));
		code = CV_CLI_INPUT;
	} else {
		err = cv_bpf_offline_open(t->gen, &t->kernel, &why);
		if (!err)
			err = cv_bpf_offline_module(t->kernel, bytes, size, &why);
	}
	if (err == -EINVAL)
		fprintf(stderr, "%s: error: %s\n", path, why.text);
	else if (err)
		cv_policy_say(t->args, CV_CLI_UNREACHABLE, why.text);
	if (err)
		code = err == -EINVAL ? CV_CLI_INPUT : CV_CLI_UNREACHABLE;
	if (f)
		fclose(f);
	free(bytes);
	return code;
}

static void tell_packet(const struct testing *t, const struct cv_source_frame *frame,
			const struct cv_bpf_judged *j)
{
	const char *word = "continue";
	char drop[48];

	if (j->module == CV_TEST_NO_MODULE) {
		word = "not asked";
	} else if ((j->module & ~(CV_MODULE_CODES - 1)) == CV_MODULE_DROP) {
		snprintf(drop, sizeof(drop), "drop %u %s", j->module & (CV_MODULE_CODES - 1),
			 t->trial.module.slot.info.codes[j->module & (CV_MODULE_CODES - 1)]);
		word = drop;
	} else if (j->module != CV_MODULE_CONTINUE) {
		word = "invalid";
	}
	printf("%7" PRIu64 "  rule %-6u %s\n", frame->number, j->rule, word);
}

static int judge(void *owner, const struct cv_source_frame *frame)
{
	struct testing *t = owner;
	struct cv_bpf_judged j;
	uint64_t now;
	int err;

	if (!t->now_ns)
		t->first_ns = frame->ts_ns;
	now = START_NS + (frame->ts_ns > t->first_ns ? (uint64_t)(frame->ts_ns - t->first_ns) : 0);
	t->now_ns = now > t->now_ns ? now : t->now_ns;
	if (frame->len < CV_BPF_OFFLINE_SHORTEST || frame->len > CV_BPF_OFFLINE_LONGEST) {
		t->trial.left_out++;
		return CV_CLI_OK;
	}
	err = cv_bpf_offline_judge(t->kernel, frame->data, frame->len, frame->port, t->now_ns, &j);
	if (err)
		return cv_policy_say(t->args, CV_CLI_UNREACHABLE,
				     "the kernel does not run the program");
	t->trial.packets++;
	if (j.module == CV_TEST_NO_MODULE) {
		if (CV_VERDICT_ACTION(j.verdict) == CV_ACTION_DROP)
			t->trial.dropped_before++;
		else
			t->trial.not_asked++;
	}
	if (cv_policy_value(t->args, "packets") && !t->args->json)
		tell_packet(t, frame, &j);
	return CV_CLI_OK;
}

static int report(struct testing *t)
{
	const char *policy = cv_policy_value(t->args, "policy");

	if (cv_bpf_offline_module_counters(t->kernel, &t->trial.module))
		return cv_policy_say(t->args, CV_CLI_UNREACHABLE,
				     "the kernel does not give the counters");
	if (cv_module_tell_trial(t->args->operands[0], policy, &t->trial, t->args->json))
		return cv_policy_say(t->args, CV_CLI_OUTPUT, "standard output cannot be written");
	if (t->captures.cut)
		return CV_CLI_UNREACHABLE;
	return t->trial.module.counts.invalid ? CV_CLI_OPEN : CV_CLI_OK;
}

int cv_policy_module_test_command(const struct cv_policy_args *args)
{
	struct testing t = {.args = args};
	int code = load_policy(&t);

	if (code == CV_CLI_OK)
		code = gather_captures(&t);
	if (code == CV_CLI_OK)
		code = load_module(&t);
	/* Names of codes for --packets. */
	if (code == CV_CLI_OK)
		(void)cv_bpf_offline_module_counters(t.kernel, &t.trial.module);
	if (code == CV_CLI_OK)
		code = cv_captures_play(&t.captures, judge, &t);
	if (code == CV_CLI_OK)
		code = report(&t);
	cv_bpf_offline_close(t.kernel);
	cv_captures_release(&t.captures);
	free(t.gen);
	return code;
}
