/* SPDX-License-Identifier: Apache-2.0 */
/* registry history: who changed what. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "control/registry/command.h"
#include "control/text/utc.h"

static int add_change(void *owner, const struct cv_registry_change *c)
{
	char time[CV_UTC_SIZE];

	cv_utc_text(c->time_s, time);
	return json_array_append_new(owner,
				     json_pack("{s:I, s:s, s:s, s:s, s:I, s:I, s:I}", "change",
					       (json_int_t)c->rev, "time", time, "who", c->who,
					       "what", c->what, "added", (json_int_t)c->added,
					       "changed", (json_int_t)c->changed, "removed",
					       (json_int_t)c->removed)) < 0
		       ? -ENOMEM
		       : 0;
}

static int print_change(void *owner, const struct cv_registry_change *c)
{
	char time[CV_UTC_SIZE];

	cv_utc_text(c->time_s, time);
	printf("%s  %-20s +%" PRIu64 " ~%" PRIu64 " -%" PRIu64 "  %s\n", time, c->who, c->added,
	       c->changed, c->removed, c->what);
	return ferror(stdout) ? -EIO : 0;
}

int cv_registry_command_history(const struct cv_policy_args *args)
{
	const char *limit = cv_policy_value(args, "limit");
	json_t *changes = json_array();
	struct cv_registry_store *s = NULL;
	char *end = NULL;
	uint64_t n = limit ? strtoull(limit, &end, 10) : 100;
	int res, r;

	if (limit && (*limit < '0' || *limit > '9' || *end))
		r = cv_policy_usage(args, "--limit %s: a whole number", limit);
	else
		r = cv_registry_command_open(args, CV_REGISTRY_READ, &s);
	if (r == CV_CLI_OK) {
		res = cv_registry_store_history(s, n, args->json ? add_change : print_change,
						changes);
		if (res < 0)
			r = cv_registry_command_fault(args, s, res);
		else if (args->json)
			r = cv_registry_command_print(json_pack("{s:O}", "changes", changes));
	}
	json_decref(changes);
	cv_registry_store_close(s);
	return r;
}
