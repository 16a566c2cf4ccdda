/* SPDX-License-Identifier: Apache-2.0 */
/* A set of files becomes the node's: looked at as a whole, put in place as a whole. */
#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "control/bundle/bundle.h"
#include "control/config/compile.h"
#include "control/provision/place.h"
#include "control/provision/provision.h"
#include "control/rollout/audit.h"
#include "control/text/read_file.h"
#include "control/text/replace_file.h"
#include "control/text/utc_json.h"

#define STAGE ".provision"
#define RECORD "record.json"
#define DONE "provisioned.json"
#define OWN "culvert.yaml"
#define NEW ".factory.yaml"
#define FILE_MAX ((size_t)16 << 20)

struct job {
	const struct cv_provision_request *q;
	const struct cv_provision_set *set;
	char stage[PATH_MAX];
	char hash[CV_PROVISION_HASH];
	struct cv_diagnostics *diag;
};

static int64_t wall_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* A row in the trail of the configuration; control has it open at most for reading meanwhile. */
static void audit(const char *data, const char *hash, const char *result, const char *detail)
{
	char folder[PATH_MAX], path[PATH_MAX];
	const struct cv_audit_entry entry = {.time_ns = wall_ns(),
					     .who = "culvert provision",
					     .what = "provision",
					     .hash = hash,
					     .detail = detail};
	struct cv_audit *trail;
	const char *why = "";

	if (cv_place_path(data, "culvert.yaml.versions", folder) < 0 ||
	    cv_place_path(folder, "audit.db", path) < 0)
		return;
	if (mkdir(folder, 0700) < 0 && errno != EEXIST)
		return;
	if (cv_audit_open(path, &trail, &why) < 0) {
		fprintf(stderr, "culvert provision: %s: %s\n", path, why);
		return;
	}
	cv_audit_finish(trail, cv_audit_begin(trail, &entry), result, "");
	cv_audit_close(trail);
}

/* ---- what was checked is put in place -------------------------------------------------------- */

/* What a person can do about it. */
static const char *remedy(int r)
{
	switch (r) {
	case -ENOSPC:
	case -EDQUOT:
		return "the data partition is full: make room";
	case -EISDIR:
	case -ENOTDIR:
		return "something else has this name: take it away";
	default:
		return NULL;
	}
}

static int move_one(const char *stage, const char *data, const json_t *file,
		    struct cv_diagnostics *diag)
{
	const char *name = json_string_value(json_object_get(file, "name"));
	const char *target = json_string_value(json_object_get(file, "target"));
	int r = name && target ? cv_place_move(stage, name, data, target) : -EBADMSG;

	return r < 0 ? cv_diagnostics_fail(diag, target ? target : RECORD, r, remedy(r),
					   strerror(-r))
		     : 0;
}

static int move_all(const char *stage, const char *data, const json_t *record,
		    struct cv_diagnostics *diag)
{
	json_t *file;
	size_t i;
	int r = 0;

	json_array_foreach(json_object_get(record, "files"), i, file)
	{
		if (r == 0)
			r = move_one(stage, data, file, diag);
	}
	if (r < 0)
		return r;
	r = cv_place_move(stage, RECORD, data, DONE);
	return r < 0 ? cv_diagnostics_fail(diag, DONE, r, remedy(r), strerror(-r)) : 0;
}

static const char *text_of(const json_t *doc, const char *key)
{
	const char *text = json_string_value(json_object_get(doc, key));

	return text ? text : "";
}

/* Was the whole checked? From then on it is put in place, and nothing of it may be thrown away. */
static bool is_begun(const char *stage)
{
	char path[PATH_MAX];

	return cv_place_path(stage, RECORD, path) == 0 &&
	       (access(path, F_OK) == 0 || (errno != ENOENT && errno != ENOTDIR));
}

int cv_provision_finish(const char *data, struct cv_diagnostics *diag)
{
	char stage[PATH_MAX], path[PATH_MAX];
	json_t *record;
	int r = cv_place_path(data, STAGE, stage);

	if (r == 0)
		r = cv_place_path(stage, RECORD, path);
	if (r < 0)
		return cv_diagnostics_fail(diag, data, r, NULL, "the name is too long");
	if (!is_begun(stage)) {
		cv_place_clear(stage); /* nothing of it counts yet */
		return 0;
	}
	record = json_load_file(path, 0, NULL);
	if (!record)
		return cv_diagnostics_fail(diag, path, -EBADMSG,
					   "with its folder taken away the node keeps what it has",
					   "cannot be read: what is being given is not known");
	r = move_all(stage, data, record, diag);
	if (r == 0) {
		cv_place_clear(stage);
		audit(data, text_of(record, "hash"), "done", text_of(record, "source"));
	}
	json_decref(record);
	return r == 0 ? 1 : r;
}

/* ---- looking --------------------------------------------------------------------------------- */

static int stage_files(struct job *j)
{
	int r = 0;

	cv_place_clear(j->stage);
	if (mkdir(j->stage, 0700) < 0)
		return cv_diagnostics_fail(j->diag, j->stage, -errno,
					   "is the data partition there?", strerror(errno));
	for (size_t i = 0; r == 0 && i < j->set->n; i++) {
		const struct cv_provision_file *f = &j->set->files[i];

		r = cv_place_write(j->stage, f->name, f->data, f->size, cv_provision_mode(f->kind));
		if (r < 0)
			cv_diagnostics_fail(j->diag, f->name, r,
					    r == -ENOSPC ? "the data partition is full" : NULL,
					    "cannot be kept");
	}
	return r;
}

/* What the node has already and is not given anew, for the look at the whole. */
static int borrow(struct job *j, const char *name, const char *target)
{
	char from[PATH_MAX], to[PATH_MAX], *real;
	int r = cv_place_path(j->q->data, target, from);

	if (r == 0)
		r = cv_place_path(j->stage, name, to);
	if (r < 0 || access(to, F_OK) == 0)
		return r;
	real = realpath(from, NULL);
	if (real && symlink(real, to) < 0)
		r = -errno;
	free(real);
	return r;
}

/* As control will: configuration and policy, together with what they name. */
static int check(struct job *j)
{
	struct cv_generation *gen = NULL;
	struct cv_config *config = NULL;
	char path[PATH_MAX];
	int r = borrow(j, "node.yaml", OWN);

	if (r == 0)
		r = borrow(j, "policy.yaml", "policy.yaml");
	if (r == 0)
		r = borrow(j, "alarms.yaml", "alarms.yaml");
	if (r == 0)
		r = borrow(j, "lists", "lists");
	if (r == 0)
		r = cv_place_path(j->stage, "node.yaml", path);
	if (r < 0)
		return cv_diagnostics_fail(j->diag, j->stage, r, NULL, strerror(-r));
	if (access(path, F_OK) < 0)
		return cv_diagnostics_fail(j->diag, "node.yaml", -EINVAL, NULL,
					   "missing, and the node has no configuration yet");
	r = cv_config_load(path, &config, j->diag);
	if (r == 0)
		r = cv_config_compile(config, 1, &gen, j->diag);
	free(gen);
	cv_config_free(config);
	cv_bundle_name_findings(j->stage, j->diag);
	return r;
}

/* From here on a power cut ends in what was checked. */
static int commit(struct job *j)
{
	json_t *files = json_array(), *record;
	char *text;
	int r;

	for (size_t i = 0; i < j->set->n; i++)
		json_array_append_new(files,
				      json_pack("{s:s, s:s}", "name", j->set->files[i].name,
						"target", cv_provision_target(&j->set->files[i])));
	record = json_pack("{s:o, s:o, s:s, s:o}", "time", cv_utc_json(wall_ns()), "source",
			   cv_text_json(j->q->source), "hash", j->hash, "files", files);
	text = record ? json_dumps(record, JSON_INDENT(1)) : NULL;
	json_decref(record);
	if (!text)
		return -ENOMEM;
	r = cv_place_write(j->stage, RECORD ".new", text, strlen(text), 0644);
	free(text);
	if (r == 0)
		r = cv_sync_folder(j->stage);
	if (r == 0)
		r = cv_place_move(j->stage, RECORD ".new", j->stage, RECORD);
	if (r < 0)
		return cv_diagnostics_fail(j->diag, j->q->data, r, remedy(r), strerror(-r));
	r = cv_provision_finish(j->q->data, j->diag);
	return r < 0 ? r : 0;
}

/* ---- may it be -------------------------------------------------------------------------------- */

static bool same_text(const char *a, const char *b)
{
	char *x = NULL, *y = NULL;
	size_t n = 0, m = 0;
	bool same = cv_read_file(a, FILE_MAX, &x, &n) == 0 &&
		    cv_read_file(b, FILE_MAX, &y, &m) == 0 && n == m && memcmp(x, y, n) == 0;

	free(x);
	free(y);
	return same;
}

void cv_provision_remember(const struct cv_provision_request *q)
{
	char own[PATH_MAX], known[PATH_MAX], *text = NULL;
	size_t len;
	int r;

	if (cv_place_path(q->data, OWN, own) < 0 || cv_place_path(q->data, NEW, known) < 0 ||
	    !same_text(own, q->factory) || same_text(own, known))
		return;
	r = cv_read_file(own, FILE_MAX, &text, &len);
	if (r == 0)
		r = cv_replace_file(known, text, len, 0644);
	if (r == 0)
		r = cv_sync_folder(q->data);
	if (r < 0)
		fprintf(stderr, "culvert provision: %s: %s\n", known, strerror(-r));
	free(text);
}

/*
 * Has somebody configured it? Not where the configuration is the factory's, nor what the factory's was
 * before an upgrade, nor where a power cut has left an empty one.
 */
static bool is_configured(const struct cv_provision_request *q)
{
	char own[PATH_MAX], known[PATH_MAX];
	struct stat st;

	if (cv_place_path(q->data, OWN, own) < 0 || cv_place_path(q->data, NEW, known) < 0 ||
	    stat(own, &st) < 0 || st.st_size == 0)
		return false;
	return !same_text(own, q->factory) && !same_text(own, known);
}

/* @return 0 the node is new, or --again; 1 it has these files; 2 it has others. */
static int has_been(const struct job *j)
{
	char path[PATH_MAX];
	json_t *done;
	int is = 0;

	if (cv_place_path(j->q->data, DONE, path) < 0)
		return 0;
	done = json_load_file(path, 0, NULL);
	if (done)
		is = strcmp(text_of(done, "hash"), j->hash) == 0 ? 1 : 2;
	else if (is_configured(j->q))
		is = 2; /* by hand */
	json_decref(done);
	return j->q->again ? 0 : is;
}

/* @return 0 where it goes on at the next start, else @p r: it is as it was. */
static int give_up(struct job *j, int r, enum cv_provision_outcome *ret)
{
	bool begun = is_begun(j->stage);
	char detail[256];

	if (!begun)
		cv_place_clear(j->stage);
	snprintf(detail, sizeof(detail), "%.120s: %.100s", j->q->source,
		 j->diag->n ? j->diag->items[0].text : strerror(-r));
	audit(j->q->data, j->hash, begun ? "begun" : "refused", detail);
	*ret = CV_PROVISION_BEGUN;
	return begun ? 0 : r;
}

int cv_provision_install(const struct cv_provision_request *q, const struct cv_provision_set *set,
			 enum cv_provision_outcome *ret, struct cv_diagnostics *diag)
{
	struct job j = {.q = q, .set = set, .diag = diag};
	int is, r;

	if (cv_place_path(q->data, STAGE, j.stage) < 0)
		return cv_diagnostics_fail(diag, q->data, -ENAMETOOLONG, NULL,
					   "the name is too long");
	if (set->n == 0)
		return cv_diagnostics_fail(diag, q->source, -EINVAL, NULL,
					   "there is nothing that a node is given");
	if (is_begun(j.stage))
		return cv_diagnostics_fail(diag, j.stage, -EBUSY, NULL,
					   "what was begun before is not finished");
	cv_provision_hash(set, j.hash);
	is = has_been(&j);
	if (is) {
		*ret = is == 1 ? CV_PROVISION_ALREADY : CV_PROVISION_REFUSED;
		return 0;
	}
	r = stage_files(&j);
	if (r == 0)
		r = check(&j);
	if (r == 0)
		r = commit(&j);
	if (r < 0)
		return give_up(&j, r, ret);
	*ret = CV_PROVISION_DONE;
	return 0;
}
