/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "control/nft/command.h"
#include "control/nft/firewall.h"
#include "control/quarantine/change.h"
#include "control/text/who.h"

static int print_json(json_t *doc)
{
	int r = json_dumpf(doc, stdout, JSON_INDENT(2)) < 0 || putchar('\n') == EOF ? CV_CLI_OUTPUT
										    : CV_CLI_OK;

	json_decref(doc);
	return r;
}

static int run_list(const struct cv_policy_args *args)
{
	char text[CV_QUARANTINE_TEXT_MAX];
	struct cv_quarantine list = {0};
	struct cv_diagnostics diag = {0};
	struct cv_config *config = NULL;
	int r = cv_nft_command_config(args, &config, &diag), code = CV_CLI_OK;

	if (r == 0)
		r = cv_firewall_list(config, &list, &diag);
	if (r < 0) {
		cv_diagnostics_tell(&diag, args->json);
		code = CV_CLI_INPUT;
	} else if (args->json) {
		code = print_json(cv_quarantine_json(&list));
	} else {
		for (size_t i = 0; i < list.n; i++) {
			cv_quarantine_entry_show(&list.entries[i], text);
			puts(text);
		}
	}
	cv_quarantine_free(&list);
	cv_config_free(config);
	cv_diagnostics_free(&diag);
	return code;
}

/* ---- changes -------------------------------------------------------------------------------- */

static int read_operands(const struct cv_policy_args *args, struct cv_quarantine *devices)
{
	for (int i = 0; i < args->n_operands; i++) {
		struct cv_quarantine_entry entry;
		const char *why = cv_quarantine_entry_parse(args->operands[i], &entry);

		if (why) {
			fprintf(stderr, "culvert %s: \"%s\" %s\n", args->command->name,
				args->operands[i], why);
			return -EINVAL;
		}
		if (cv_quarantine_add(devices, &entry) < 0)
			return -ENOMEM;
	}
	return 0;
}

static bool crosses(const struct cv_config *config)
{
	for (size_t i = 0; i < config->n_ports; i++) {
		if (config->ports[i].target.kind == CV_PORT_AF_XDP)
			return true;
	}
	return false;
}

static int tell_change(const struct cv_policy_args *args, const struct cv_config *config,
		       const struct cv_firewall_changed *done)
{
	if (args->json)
		return print_json(cv_firewall_changed_json(done));
	printf("%zu changed, %zu in quarantine\n", done->changed, done->n);
	if (!done->crossing && crosses(config))
		puts("note: no program is loaded in front of the ports; they drop it from the "
		     "start of culvert-control on");
	if (!done->in_force)
		printf("note: not in the host's firewall: %s\n",
		       config->firewall
			       ? "the table comes with the start of culvert-control, or with "
				 "culvert firewall apply"
			       : "firewall.enabled is false");
	return CV_CLI_OK;
}

static int change(const struct cv_policy_args *args, enum cv_firewall_verb verb,
		  const struct cv_quarantine *devices)
{
	struct cv_firewall_changed done;
	struct cv_diagnostics diag = {0};
	struct cv_config *config = NULL;
	char who[CV_WHO_SIZE];
	int r = cv_nft_command_config(args, &config, &diag), code = CV_CLI_INPUT;

	if (r == 0) {
		cv_who_describe(getuid(), getpid(), who);
		r = cv_quarantine_change(config, who, verb, devices, &done, &diag);
		code = r == -EINVAL ? CV_CLI_INPUT : CV_CLI_UNREACHABLE;
	}
	if (r < 0)
		cv_diagnostics_tell(&diag, args->json);
	else
		code = tell_change(args, config, &done);
	cv_config_free(config);
	cv_diagnostics_free(&diag);
	return code;
}

static int change_operands(const struct cv_policy_args *args, enum cv_firewall_verb verb)
{
	struct cv_quarantine devices = {0};
	int code = CV_CLI_INPUT;

	if (read_operands(args, &devices) == 0)
		code = change(args, verb, &devices);
	cv_quarantine_free(&devices);
	return code;
}

static int run_add(const struct cv_policy_args *args)
{
	return change_operands(args, CV_FIREWALL_ADD);
}

static int run_remove(const struct cv_policy_args *args)
{
	return change_operands(args, CV_FIREWALL_REMOVE);
}

static int run_replace(const struct cv_policy_args *args)
{
	const char *path = args->operands[0];
	struct cv_quarantine devices = {0};
	struct cv_diagnostics diag = {0};
	int r = cv_quarantine_load(path, &devices, &diag), code = CV_CLI_INPUT;

	if (r == -ENOENT)
		cv_diagnostics_add(&diag, CV_SEVERITY_ERROR, (struct cv_place){.file = path}, NULL,
				   "%s", strerror(-r));
	if (r < 0)
		cv_diagnostics_tell(&diag, args->json);
	else
		code = change(args, CV_FIREWALL_REPLACE, &devices);
	cv_quarantine_free(&devices);
	cv_diagnostics_free(&diag);
	return code;
}

const struct cv_policy_handler cv_quarantine_handlers[] = {{"list", run_list},
							   {"add", run_add},
							   {"remove", run_remove},
							   {"replace", run_replace},
							   {0}};

int cv_quarantine_command(int argc, char **argv)
{
	static const struct cv_cli_command *const tables[] = {cv_cli_quarantine_offline, NULL};
	static const struct cv_policy_verbs verbs = {"quarantine", tables, cv_quarantine_handlers};

	return cv_policy_run_verb(&verbs, argc, argv);
}
