/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "control/nft/command.h"
#include "control/nft/firewall.h"

#define DEFAULT_CONFIG "/etc/culvert/culvert.yaml"

int cv_nft_command_config(const struct cv_policy_args *args, struct cv_config **ret,
			  struct cv_diagnostics *diag)
{
	const char *path = cv_policy_value(args, "config");

	return cv_config_load(path ? path : DEFAULT_CONFIG, ret, diag);
}

static int tell_why(const struct cv_nft_why *why)
{
	fprintf(stderr, "culvert-control: error: %s\n", why->text);
	return CV_CLI_UNREACHABLE;
}

/* ---- show ----------------------------------------------------------------------------------- */

static int show_json(struct cv_nft *nft, struct cv_nft_why *why)
{
	json_t *doc = cv_firewall_document(nft, true, why);
	int r;

	if (!doc)
		return tell_why(why);
	r = json_dumpf(doc, stdout, JSON_INDENT(2)) < 0 || putchar('\n') == EOF ? CV_CLI_OUTPUT
										: CV_CLI_OK;
	json_decref(doc);
	return r;
}

static void show_counters(const struct cv_nft_count *counts)
{
	for (unsigned int i = 0; i < CV_NFT_COUNTER_COUNT; i++) {
		enum cv_nft_counter counter = (enum cv_nft_counter)i;

		if (cv_nft_counter_is_total(counter))
			printf("%-22s %12s %15s\n", "", "packets", "bytes");
		printf("%s%-*s %12" PRIu64 " %15" PRIu64 "  %s\n",
		       cv_nft_counter_is_total(counter) ? "" : "  ",
		       cv_nft_counter_is_total(counter) ? 22 : 20, cv_nft_counter_name(counter),
		       counts[i].packets, counts[i].bytes, cv_nft_counter_meaning(counter));
	}
}

static int show_sets(struct cv_nft *nft, struct cv_nft_why *why)
{
	fputs("in quarantine: ", stdout);
	for (unsigned int i = 0; i < CV_QUARANTINE_KIND_COUNT; i++) {
		enum cv_quarantine_kind kind = (enum cv_quarantine_kind)i;
		size_t n;

		if (cv_nft_elements(nft, kind, &n, why) < 0)
			return tell_why(why);
		printf("%s%zu %s", i ? ", " : "", n, cv_quarantine_kind_name(kind));
	}
	putchar('\n');
	return CV_CLI_OK;
}

static int show_text(struct cv_nft *nft, struct cv_nft_why *why)
{
	struct cv_nft_count counts[CV_NFT_COUNTER_COUNT];
	enum cv_nft_owner owner;

	if (cv_nft_owner(nft, &owner, why) < 0)
		return tell_why(why);
	if (owner == CV_NFT_ABSENT) {
		puts("no table inet culvert: the host's firewall is off");
		return CV_CLI_OK;
	}
	if (owner == CV_NFT_FOREIGN) {
		puts("the table inet culvert was not made by culvert: the host's firewall is off");
		return CV_CLI_OK;
	}
	if (cv_nft_counters(nft, counts, why) < 0)
		return tell_why(why);
	show_counters(counts);
	return show_sets(nft, why);
}

static int run_show(const struct cv_policy_args *args)
{
	struct cv_nft_why why = {""};
	struct cv_nft *nft = NULL;
	int r = cv_nft_open(&nft, &why);

	r = r < 0 ? tell_why(&why) : args->json ? show_json(nft, &why) : show_text(nft, &why);
	cv_nft_close(nft);
	return r;
}

/* ---- apply, remove -------------------------------------------------------------------------- */

static int run_apply(const struct cv_policy_args *args)
{
	struct cv_diagnostics diag = {0};
	struct cv_config *config = NULL;
	int r = cv_nft_command_config(args, &config, &diag), code = CV_CLI_INPUT;

	if (r == 0 && !config->firewall) {
		cv_diagnostics_add(&diag, CV_SEVERITY_ERROR,
				   (struct cv_place){.file = config->path},
				   "firewall: { enabled: true }",
				   "firewall.enabled is false: there is nothing to put in place");
		r = -EINVAL;
	} else if (r == 0) {
		r = cv_firewall_apply(config, &diag);
		code = CV_CLI_UNREACHABLE;
	}
	cv_diagnostics_tell(&diag, args->json);
	if (r == 0 && !args->json)
		puts("the table inet culvert is in place");
	cv_config_free(config);
	cv_diagnostics_free(&diag);
	return r < 0 ? code : CV_CLI_OK;
}

static int run_remove(const struct cv_policy_args *args)
{
	struct cv_nft_why why = {""};
	struct cv_nft *nft = NULL;
	int r = cv_nft_open(&nft, &why);

	if (r == 0)
		r = cv_nft_remove(nft, &why);
	cv_nft_close(nft);
	if (r < 0)
		return tell_why(&why);
	if (args->json)
		puts(r ? "{\"removed\": true}" : "{\"removed\": false}");
	else
		puts(r ? "the table inet culvert is removed" : "there is no table inet culvert");
	return CV_CLI_OK;
}

const struct cv_policy_handler cv_firewall_handlers[] = {
	{"show", run_show}, {"apply", run_apply}, {"remove", run_remove}, {0}};

int cv_firewall_command(int argc, char **argv)
{
	static const struct cv_cli_command *const tables[] = {cv_cli_firewall_offline, NULL};
	static const struct cv_policy_verbs verbs = {"firewall", tables, cv_firewall_handlers};

	return cv_policy_run_verb(&verbs, argc, argv);
}
