/* SPDX-License-Identifier: Apache-2.0 */
#include "control/quarantine/change.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "control/rollout/audit.h"

#define NAMED 8 /* devices that a row names; of more it says how many */

static const char *const verbs[] = {"quarantine-add", "quarantine-remove", "quarantine-replace"};

/* What root makes for a control that runs as somebody else is that one's. */
static void give_to_owner(const char *path, const struct stat *folder)
{
	struct stat st;

	if (geteuid() == 0 && stat(path, &st) == 0 && st.st_uid != folder->st_uid)
		(void)!chown(path, folder->st_uid, folder->st_gid);
}

/* The policy's trail; the first change may come before the first start of control. */
static int open_trail(const struct cv_config *config, struct cv_audit **ret, const char **why)
{
	char path[PATH_MAX];
	struct stat folder;
	int res;

	*why = "the audit trail cannot be opened; is log.dir there?";
	if (stat(config->log_dir, &folder) < 0)
		return -errno;
	if (snprintf(path, sizeof(path), "%s/policy", config->log_dir) >= PATH_MAX - 16)
		return -ENAMETOOLONG;
	if (mkdir(path, 0700) == 0)
		give_to_owner(path, &folder);
	else if (errno != EEXIST)
		return -errno;
	strcat(path, "/audit.db");
	res = cv_audit_open(path, ret, why);
	if (res == 0)
		give_to_owner(path, &folder);
	return res;
}

static void describe(const struct cv_quarantine *devices, char *ret, size_t size)
{
	size_t at = 0;

	ret[0] = '\0';
	for (size_t i = 0; i < devices->n && i < NAMED; i++) {
		char text[CV_QUARANTINE_TEXT_MAX];

		cv_quarantine_entry_show(&devices->entries[i], text);
		at += (size_t)snprintf(ret + at, size - at, "%s%s", i ? " " : "", text);
	}
	if (devices->n > NAMED)
		snprintf(ret + at, size - at, " and %zu more", devices->n - NAMED);
}

static int64_t begin(struct cv_audit *trail, const char *who, enum cv_firewall_verb verb,
		     const struct cv_quarantine *devices)
{
	char named[NAMED * CV_QUARANTINE_TEXT_MAX + 40];
	struct cv_audit_entry entry = {
		.who = who, .what = verbs[verb], .hash = "", .detail = named};
	struct timespec now;

	describe(devices, named, sizeof(named));
	clock_gettime(CLOCK_REALTIME, &now);
	entry.time_ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
	return cv_audit_begin(trail, &entry);
}

static void finish(struct cv_audit *trail, int64_t row, int res,
		   const struct cv_firewall_changed *done, const struct cv_diagnostics *diag)
{
	char text[64];

	snprintf(text, sizeof(text), "%zu changed, %zu in quarantine", done->changed, done->n);
	if (res == 0)
		cv_audit_finish(trail, row, "done", text);
	else
		cv_audit_finish(trail, row, "refused",
				diag->n ? diag->items[diag->n - 1].text : strerror(-res));
}

int cv_quarantine_change(const struct cv_config *config, const char *who,
			 enum cv_firewall_verb verb, const struct cv_quarantine *devices,
			 struct cv_firewall_changed *ret, struct cv_diagnostics *diag)
{
	const struct cv_place place = {.file = config->log_dir};
	struct cv_firewall_changed done = {0};
	struct cv_audit *trail = NULL;
	const char *why = "";
	int64_t row = 0;
	int res = open_trail(config, &trail, &why);

	if (res == 0) {
		row = begin(trail, who, verb, devices);
		res = row < 0 ? (int)row : 0;
		why = "the change cannot be written down in the audit trail";
	}
	if (res < 0) {
		cv_diagnostics_add(diag, CV_SEVERITY_ERROR, place,
				   res == -ENOENT ? "start culvert-control once, or check log.dir"
						  : "nothing was changed",
				   "%s (%s)", why, strerror(-res));
		cv_audit_close(trail);
		return res;
	}
	res = cv_firewall_change(config, verb, devices, &done, diag);
	finish(trail, row, res, &done, diag);
	cv_audit_close(trail);
	if (res == 0)
		*ret = done;
	return res;
}
