/* SPDX-License-Identifier: Apache-2.0 */
/* Reports counted, and what follows from them. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "control/fleet/directory.h"

#define STEP_NAME(id, name) name,
static const char *const step_names[] = {CV_FLEET_STEPS(STEP_NAME)};

const char *cv_fleet_step_name(enum cv_fleet_step step)
{
	return step < CV_FLEET_STEP_COUNT ? step_names[step] : "unknown";
}

struct count {
	const struct cv_fleet_index *index;
	int64_t lost_before; /* seconds since 1970 */
	struct cv_fleet_tally *tally;
	cv_fleet_visit *visit;
	void *owner;
};

/* When a node has spoken is when its file was written: by our clock, not by its. */
static int read_report(int dir, const char *name, struct cv_fleet_report *ret, int64_t *ret_when)
{
	char text[CV_FLEET_REPORT_MAX + 1], why[CV_FLEET_WHY];
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	size_t len = strlen(name);
	struct stat st;
	ssize_t n = -1;

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		n = read(fd, text, sizeof(text));
	if (fd >= 0)
		close(fd);
	if (n < 0 || cv_fleet_report_parse(text, (size_t)n, ret, why) < 0)
		return -EINVAL;
	/* Nobody speaks for another one: the server lets each write its own file only. */
	if (strlen(ret->node) + 5 != len || strncmp(ret->node, name, len - 5) != 0)
		return -EINVAL;
	*ret_when = st.st_mtime;
	return 0;
}

static void take(struct count *c, const struct cv_fleet_report *r, int64_t when)
{
	bool selected = cv_fleet_selects(c->index, r->node);
	bool current = strcmp(r->target, c->index->version) == 0;
	bool busy = current && (r->outcome == CV_FLEET_INSTALLING || r->outcome == CV_FLEET_TRIAL);
	bool lost = selected && busy && when < c->lost_before;

	c->tally->nodes++;
	c->tally->selected += selected;
	if (lost)
		c->tally->lost++;
	else if (selected)
		c->tally->by_outcome[current ? r->outcome : CV_FLEET_WAITING]++;
	if (c->visit)
		c->visit(c->owner, r, selected, lost);
}

static bool is_report(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return entry->d_name[0] != '.' && len > 5 && strcmp(entry->d_name + len - 5, ".json") == 0;
}

int cv_fleet_count(const char *dir, const struct cv_fleet_index *index, int64_t lost_after,
		   struct cv_fleet_tally *ret, cv_fleet_visit *visit, void *owner,
		   struct cv_diagnostics *diag)
{
	struct count c = {index, time(NULL) - lost_after, ret, visit, owner};
	char path[PATH_MAX];
	struct dirent *entry;
	DIR *reports;

	*ret = (struct cv_fleet_tally){0};
	snprintf(path, sizeof(path), "%.3900s/" CV_FLEET_REPORTS, dir);
	reports = opendir(path);
	if (!reports && errno == ENOENT)
		return 0;
	if (!reports) {
		int r = -errno;

		cv_diagnostics_add(diag, CV_SEVERITY_ERROR, (struct cv_place){.file = path}, NULL,
				   "%s", strerror(-r));
		return r;
	}
	while ((entry = readdir(reports)) && ret->nodes < CV_FLEET_NODES_MAX) {
		struct cv_fleet_report report;
		int64_t when;

		if (!is_report(entry))
			continue;
		if (read_report(dirfd(reports), entry->d_name, &report, &when) == 0)
			take(&c, &report, when);
		else
			ret->strange++;
	}
	closedir(reports);
	return 0;
}

enum cv_fleet_step cv_fleet_decide(const struct cv_fleet_index *index,
				   const struct cv_fleet_tally *t, unsigned int tolerate,
				   bool all_asked)
{
	unsigned int bad = t->by_outcome[CV_FLEET_FAILED] + t->lost;
	unsigned int good = t->by_outcome[CV_FLEET_GOOD];

	if (index->halted)
		return CV_FLEET_STEP_HALTED;
	if ((uint64_t)bad * 100 > (uint64_t)tolerate * t->selected)
		return CV_FLEET_STEP_HALT;
	if (t->nodes == 0 || !all_asked)
		return CV_FLEET_STEP_WAIT; /* nobody has spoken yet, or others may */
	if (index->percent == 100 && good == t->selected)
		return CV_FLEET_STEP_COMPLETE;
	if (index->percent < 100 &&
	    (uint64_t)good * 100 >= (uint64_t)(100 - tolerate) * t->selected)
		return CV_FLEET_STEP_ADVANCE;
	return CV_FLEET_STEP_WAIT;
}
