/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "culvert policy test --against running": what is in force is asked of the node and handed to
 * culvert-control, which works on files, in an anonymous one that it inherits.
 */
#include <curl/curl.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "control/cli/client.h"
#include "control/cli/command.h"
#include "control/cli/output.h"

#define OPTION "--against"
#define WORD "running"

/* Source of the policy in force as /proc/self/fd/N. */
static int fetch(const struct cv_cli *cli, const char *head, char **ret)
{
	struct cv_client *client = NULL;
	json_t *doc = NULL;
	const char *text;
	int fd, r;

	curl_global_init(CURL_GLOBAL_NOTHING);
	r = cv_client_create(cli->socket, false, &client);
	if (r == CV_CLI_OK)
		r = cv_client_get(client, "/v1/policy/show?number=0", &doc);
	cv_client_destroy(client);
	if (r != CV_CLI_OK)
		return r;
	text = cv_json_text(doc, "source");
	fd = memfd_create("culvert-running-policy", 0);
	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text) ||
	    asprintf(ret, "%s/proc/self/fd/%d", head, fd) < 0) {
		fprintf(stderr, "culvert: no memory for the policy in force: %s\n",
			strerror(errno));
		r = CV_CLI_UNREACHABLE;
	}
	json_decref(doc);
	return r;
}

int cv_cli_policy_test(struct cv_cli *cli)
{
	int r = CV_CLI_OK;

	for (int i = 0; r == CV_CLI_OK && i < cli->operand_count; i++) {
		if (strcmp(cli->operands[i], OPTION "=" WORD) == 0)
			r = fetch(cli, OPTION "=", &cli->operands[i]);
		else if (strcmp(cli->operands[i], OPTION) == 0 && i + 1 < cli->operand_count &&
			 strcmp(cli->operands[i + 1], WORD) == 0)
			r = fetch(cli, "", &cli->operands[i + 1]);
	}
	return r == CV_CLI_OK ? cv_cli_become_owner(cli) : r;
}
