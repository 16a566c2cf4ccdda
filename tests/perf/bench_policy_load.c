/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_policy_load: from a policy file to a generation as control makes it, and from there into
 * the kernel and into the worker's tables: time of each step, and the memory it takes.
 *
 *     bench_policy_load POLICY      prints one JSON object
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "control/policy/policy.h"
#include "dataplane/policy/policy_table.h"
#include "ebpf/loader_internal.h"
#include "ebpf/offline.h"

static double now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

/* The most this process had so far. */
static double peak_mib(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (double)usage.ru_maxrss / 1024;
}

static int compile(const char *path, struct cv_generation **ret)
{
	struct cv_policy_target target = {0};
	struct cv_generation_build *build = NULL;
	struct cv_diagnostics diag = {0};
	struct cv_policy *policy = NULL;
	double start = now_ms(), read;
	int err = cv_policy_load(path, &policy, &diag);

	read = now_ms() - start;
	if (!err)
		err = cv_generation_build_create(&build);
	if (!err)
		err = cv_policy_compile(policy, &target, build, &diag);
	if (!err)
		err = cv_generation_build_finish(build, ret);
	cv_generation_build_destroy(build);
	cv_policy_free(policy);
	cv_diagnostics_free(&diag);
	if (!err)
		printf("\"read_ms\":%.1f,\"compile_ms\":%.1f,\"image_bytes\":%u,\"prefixes\":%u,"
		       "\"control_peak_mib\":%.0f,",
		       read, now_ms() - start - read, (*ret)->size, (*ret)->prefixes.count,
		       peak_mib());
	return err;
}

static int install(const struct cv_generation *g, struct cv_bpf_why *why)
{
	struct cv_bpf b = {0};
	int err = cv_bpf_offline_start(&b, g->device_capacity);
	double start = now_ms();

	if (!err)
		err = cv_bpf_install(&b, g, why);
	if (!err)
		printf("\"install_ms\":%.1f,", now_ms() - start);
	cv_bpf_offline_stop(&b);
	return err;
}

static int build_tables(const struct cv_generation *g)
{
	struct cv_policy_table *t = NULL;
	double start = now_ms();
	int err = cv_policy_table_create(g, NULL, &t);

	if (!err)
		printf("\"worker_ms\":%.1f,\"peak_mib\":%.0f", now_ms() - start, peak_mib());
	cv_policy_table_destroy(t);
	return err;
}

int main(int argc, char **argv)
{
	struct cv_generation *g = NULL;
	struct cv_bpf_why why = {""};
	int err = -EINVAL;

	printf("{");
	if (argc == 2)
		err = compile(argv[1], &g);
	if (!err)
		err = install(g, &why);
	if (!err)
		err = build_tables(g);
	printf("}\n");
	if (err)
		fprintf(stderr, "bench_policy_load: %s %s\n", strerror(-err), why.text);
	free(g);
	return err ? 1 : 0;
}
