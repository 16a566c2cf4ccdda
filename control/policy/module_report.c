/* SPDX-License-Identifier: Apache-2.0 */
#include "control/policy/module_report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

json_t *cv_module_info_json(const struct cv_module_info *info)
{
	json_t *codes = json_object();
	json_t *root = json_pack("{s:s, s:i, s:i, s:o}", "name", info->name, "abi", (int)info->abi,
				 "budget_ns", (int)info->budget_ns, "codes", codes);
	char code[8];

	for (int i = 0; root && i < CV_MODULE_CODES; i++) {
		if (!info->codes[i][0])
			continue;
		snprintf(code, sizeof(code), "%d", i);
		json_object_set_new(codes, code, json_string(info->codes[i]));
	}
	return root;
}

static int tell_json(const char *path, size_t size, const struct cv_module_info *info,
		     bool verified)
{
	json_t *root = cv_module_info_json(info);
	int r = 0;

	if (!root)
		return -ENOMEM;
	json_object_set_new(root, "object", json_string(path));
	json_object_set_new(root, "bytes", json_integer((json_int_t)size));
	json_object_set_new(root, "verified", json_boolean(verified));
	if (json_dumpf(root, stdout, JSON_INDENT(2)) < 0 || putchar('\n') == EOF)
		r = -EIO;
	json_decref(root);
	return r;
}

int cv_module_tell_built(const char *path, size_t size, const struct cv_module_info *info,
			 bool verified, bool json)
{
	if (json)
		return tell_json(path, size, info, verified);
	printf("%s: module %s, ABI %u, budget %u ns per frame\n", path, info->name, info->abi,
	       info->budget_ns);
	for (int i = 0; i < CV_MODULE_CODES; i++) {
		if (info->codes[i][0])
			printf("  drop code %d: %s\n", i, info->codes[i]);
	}
	puts(verified ? "  the kernel has verified it" : "  not verified by a kernel");
	return fflush(stdout) ? -EIO : 0;
}

/* ---- counters ------------------------------------------------------------------------------ */

static json_t *drops_json(const struct cv_bpf_module *m)
{
	json_t *drops = json_array();

	for (int i = 0; i < CV_MODULE_CODES; i++) {
		const struct cv_count *c = &m->counts.drops[i];
		const char *name = m->slot.info.codes[i];

		if (c->packets || *name)
			json_array_append_new(drops,
					      json_pack("{s:i, s:s, s:I, s:I}", "code", i, "name",
							name, "packets", (json_int_t)c->packets,
							"bytes", (json_int_t)c->bytes));
	}
	return drops;
}

json_t *cv_module_counts_json(const struct cv_bpf_module *m)
{
	const struct cv_module_counts *c = &m->counts;

	return json_pack("{s:I, s:I, s:I, s:I, s:o, s:{s:I, s:I, s:I, s:I, s:b}}", "runs",
			 (json_int_t)c->runs, "continued", (json_int_t)c->continued, "invalid",
			 (json_int_t)c->invalid, "absent", (json_int_t)c->absent, "drops",
			 drops_json(m), "time", "timed_runs", (json_int_t)c->timed, "mean_ns",
			 (json_int_t)cv_bpf_module_mean_ns(m), "max_ns", (json_int_t)c->time_max_ns,
			 "budget_ns", (json_int_t)m->slot.info.budget_ns, "over_budget",
			 cv_bpf_module_over_budget(m));
}

static int tell_trial_json(const char *object, const char *policy, const struct cv_module_trial *t)
{
	json_t *root = json_pack("{s:s, s:s?, s:I, s:I, s:I, s:I}", "object", object, "policy",
				 policy, "packets", (json_int_t)t->packets, "dropped_before",
				 (json_int_t)t->dropped_before, "not_asked",
				 (json_int_t)t->not_asked, "left_out", (json_int_t)t->left_out);
	int r = 0;

	if (!root)
		return -ENOMEM;
	json_object_set_new(root, "module", cv_module_info_json(&t->module.slot.info));
	json_object_set_new(root, "counters", cv_module_counts_json(&t->module));
	if (json_dumpf(root, stdout, JSON_INDENT(2)) < 0 || putchar('\n') == EOF)
		r = -EIO;
	json_decref(root);
	return r;
}

static void tell_time(const struct cv_bpf_module *m)
{
	uint64_t mean = cv_bpf_module_mean_ns(m);

	if (!mean)
		return;
	printf("run time: mean %" PRIu64 " ns, longest %" PRIu64 " ns of %" PRIu64
	       " timed runs; budget %u ns%s\n",
	       mean, (uint64_t)m->counts.time_max_ns, (uint64_t)m->counts.timed,
	       m->slot.info.budget_ns, cv_bpf_module_over_budget(m) ? ": OVER BUDGET" : "");
}

static void tell_words(const struct cv_bpf_module *m, FILE *out)
{
	const struct cv_module_counts *c = &m->counts;

	fprintf(out, "%12" PRIu64 "  continued\n", (uint64_t)c->continued);
	for (int i = 0; i < CV_MODULE_CODES; i++) {
		if (c->drops[i].packets || m->slot.info.codes[i][0])
			fprintf(out, "%12" PRIu64 "  dropped, code %d%s%s\n",
				(uint64_t)c->drops[i].packets, i,
				m->slot.info.codes[i][0] ? ": " : "", m->slot.info.codes[i]);
	}
	if (c->invalid)
		fprintf(out, "%12" PRIu64 "  returned what means nothing; went on\n",
			(uint64_t)c->invalid);
}

void cv_module_tell_counts(const struct cv_bpf_module *m, FILE *out)
{
	fprintf(out, "module %s, asked about %" PRIu64 " packets\n", m->slot.info.name,
		(uint64_t)m->counts.runs);
	tell_words(m, out);
}

int cv_module_tell_trial(const char *object, const char *policy, const struct cv_module_trial *t,
			 bool json)
{
	if (json)
		return tell_trial_json(object, policy, t);
	printf("%s: module %s behind %s, %" PRIu64 " packets\n", object, t->module.slot.info.name,
	       policy ? policy : "a policy that lets everything pass", t->packets);
	tell_words(&t->module, stdout);
	if (t->dropped_before)
		printf("%12" PRIu64 "  dropped by the policy before\n", t->dropped_before);
	if (t->not_asked)
		printf("%12" PRIu64 "  of the guard, never asked about\n", t->not_asked);
	if (t->left_out)
		printf("%12" PRIu64 "  too short or too long to run here\n", t->left_out);
	tell_time(&t->module);
	return fflush(stdout) ? -EIO : 0;
}
