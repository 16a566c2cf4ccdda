/* SPDX-License-Identifier: Apache-2.0 */
/* Which configuration a start takes. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "control/diag.h"
#include "control/node/node_private.h"
#include "control/text/read_file.h"
#include "control/text/sha256_text.h"

#define FILE_MAX ((size_t)16 << 20)
/* A configuration with which control dies so often does not get better. */
#define STARTS_MAX 3

/* The audit trail may lack what came of a change whose control died after it was made. */
static void finish_row(struct cv_node *n)
{
	struct cv_node_state next = n->state;

	if (n->state.audit > 0)
		cv_audit_finish(n->audit, n->state.audit, "done", "");
	cv_audit_interrupted(n->audit);
	next.audit = 0;
	if (n->state.audit != 0)
		(void)cv_node_write(n, &next);
}

static void revert(struct cv_node *n, enum cv_node_change why, const char *text)
{
	json_t *unused = NULL;

	cv_tell(CV_MESSAGE_CONFIG_REVERTED, "configuration %llu %s: going back to %llu",
		(unsigned long long)n->state.live, text, (unsigned long long)n->state.previous);
	(void)cv_node_back(n, why, "culvert-control", &unused);
	json_decref(unused);
}

/* What waits to be confirmed, once more. @return whether it still waits. */
static bool try_again(struct cv_node *n)
{
	struct cv_node_state next = n->state;

	if (!n->state.confirm)
		return false;
	if (cv_deadline_left(&n->state.deadline, n->state.since_ns) == 0) {
		revert(n, CV_NODE_TIMEOUT, "was not confirmed in time");
		return false;
	}
	if (n->state.starts >= STARTS_MAX) {
		revert(n, CV_NODE_FAILED, "was begun with too often");
		return false;
	}
	next.starts++;
	(void)cv_node_write(n, &next);
	return true;
}

static int take_stored(struct cv_node *n, struct cv_config **ret, struct cv_diagnostics *diag)
{
	int res = cv_store_read(&n->store, n->state.live, &n->text, &n->len);

	if (res == 0)
		res = cv_config_parse(n->path, n->text, n->len, ret, diag);
	if (res == 0)
		return 0;
	free(n->text);
	n->text = NULL;
	return res;
}

/* The operator's file was changed by hand, or was never stored: it is a version like any other. */
static void note_file(struct cv_node *n)
{
	struct cv_node_state next = n->state;
	struct cv_about about = {.number = n->state.last + 1,
				 .size = n->len,
				 .origin = CV_ORIGIN_CONFIG,
				 .who = "the file"};
	int64_t row;

	cv_sha256_text(n->text, n->len, about.hash);
	if (strcmp(about.hash, n->state.file_hash) == 0)
		return;
	snprintf(about.name, sizeof(about.name), "%.120s",
		 strrchr(n->path, '/') ? strrchr(n->path, '/') + 1 : n->path);
	about.time_ns = cv_deadline_in(0).wall_ns;
	if (cv_store_begin(&n->store, n->text, n->len, NULL, 0) < 0 ||
	    cv_store_keep(&n->store, &about) < 0)
		return; /* it runs all the same; a full disk is told elsewhere */
	row = cv_node_row(n, CV_NODE_FOUND, "the file", about.number, "", true);
	next.last = next.live = about.number;
	next.previous = n->state.live;
	next.since_ns = about.time_ns;
	snprintf(next.who, sizeof(next.who), "the file");
	memcpy(next.file_hash, about.hash, sizeof(next.file_hash));
	cv_audit_finish(n->audit, row, cv_node_write(n, &next) < 0 ? "refused" : "done", "");
}

static int take_file(struct cv_node *n, struct cv_config **ret, struct cv_diagnostics *diag)
{
	int res = cv_read_file(n->path, FILE_MAX, &n->text, &n->len);

	if (res == 0)
		res = cv_config_parse(n->path, n->text, n->len, ret, diag);
	else /* tells why, as it would without us */
		return cv_config_load(n->path, ret, diag);
	if (res == 0 && n->kept)
		note_file(n);
	return res;
}

static int begin(struct cv_node *n, struct cv_config **ret, struct cv_diagnostics *diag)
{
	const char *why = "";
	int res = cv_node_keep(n, false, &why);

	if (res < 0 && res != -ENOENT) {
		cv_diag("error", "%s: %s (%s)", n->path, why, strerror(-res));
		return res;
	}
	if (!n->kept)
		return take_file(n, ret, diag);
	finish_row(n);
	if (n->state.unwritten && cv_node_write_file(n) < 0)
		cv_tell(CV_MESSAGE_CONFIG_UNWRITTEN,
			"%s: the configuration was confirmed, but the file cannot be written",
			n->path);
	/* Where the file cannot be written it may hold what was taken back. */
	if (!try_again(n) && !n->state.unwritten)
		return take_file(n, ret, diag);
	res = take_stored(n, ret, diag);
	if (res < 0 && n->state.confirm) {
		cv_diagnostics_print(diag, stderr);
		cv_diagnostics_free(diag);
		revert(n, CV_NODE_FAILED, "cannot be read");
		return n->state.unwritten ? take_stored(n, ret, diag) : take_file(n, ret, diag);
	}
	return res;
}

int cv_node_open(const char *path, struct cv_node **ret, struct cv_config **ret_config,
		 struct cv_diagnostics *diag)
{
	struct cv_node *n = calloc(1, sizeof(*n));
	int res;

	if (!n)
		return -ENOMEM;
	n->places.fd = -1;
	n->task.bell = n->probe.bell = -1;
	if (snprintf(n->path, sizeof(n->path), "%s", path) >= (int)sizeof(n->path) - 32) {
		free(n);
		return -ENAMETOOLONG;
	}
	*ret = n; /* also where the file is wrong: there may be one to go back to */
	res = begin(n, &n->running, diag);
	if (res == 0)
		*ret_config = n->running;
	return res;
}

bool cv_node_take_back(struct cv_node *n, int error)
{
	const struct timespec moment = {.tv_nsec = 300000000};

	if (!n || !n->kept || !n->state.confirm)
		return false;
	/* The sockets of one that was killed go away with its last request, a moment later. */
	if (error == -EADDRINUSE && n->state.starts < STARTS_MAX) {
		nanosleep(&moment, NULL);
		return true;
	}
	revert(n, CV_NODE_FAILED, "does not let control start");
	return true;
}
