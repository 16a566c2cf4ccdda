/* SPDX-License-Identifier: Apache-2.0 */
/* What is kept of a slot, on disk. */
#include "control/update/generation.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/text/read_file.h"
#include "control/text/replace_file.h"

#define FOLDER "generations"
#define PATH_SIZE 512
#define CONFIG_MAX ((size_t)16 << 20)

void cv_update_generation_release(struct cv_update_generation *g)
{
	free(g->config);
	*g = (struct cv_update_generation){0};
}

/* ---- the file -------------------------------------------------------------------------------- */

static int read_doc(const json_t *doc, struct cv_update_generation *ret)
{
	const char *version, *config = NULL;
	json_int_t number;
	int closed;

	if (json_unpack((json_t *)doc, "{s:I, s:s, s:b, s?s}", "number", &number, "version",
			&version, "closed", &closed, "config", &config) < 0 ||
	    number < 1 || strlen(version) >= sizeof(ret->version))
		return -EBADMSG;
	*ret = (struct cv_update_generation){.number = (uint64_t)number, .closed = closed};
	strcpy(ret->version, version);
	if (!config)
		return 0;
	ret->config = strdup(config);
	ret->len = strlen(config);
	return ret->config ? 0 : -ENOMEM;
}

int cv_update_generation_read(const char *dir, const char *slot, const char *version,
			      struct cv_update_generation *ret)
{
	struct cv_update_generation g = {0};
	json_t *doc = NULL;
	char name[64];
	int r;

	snprintf(name, sizeof(name), FOLDER "/%.8s.json", slot);
	r = cv_update_read_json(dir, name, &doc);
	if (r == 0)
		r = read_doc(doc, &g);
	json_decref(doc);
	/* A Culvert that keeps no generations has written another system there. */
	if (r == 0 && version && strcmp(version, g.version) != 0)
		r = -ENOENT;
	if (r == 0)
		*ret = g;
	else
		cv_update_generation_release(&g);
	return r;
}

/* For root alone: a configuration may hold what others must not read. */
static int write_generation(const char *dir, const char *slot, const struct cv_update_generation *g)
{
	char folder[PATH_SIZE], path[PATH_SIZE + 32], *text;
	json_t *doc = json_pack("{s:I, s:s, s:b}", "number", (json_int_t)g->number, "version",
				g->version, "closed", g->closed);
	int r;

	if (doc && g->config &&
	    json_object_set_new(doc, "config", json_stringn(g->config, g->len)) < 0) {
		json_decref(doc);
		return -EILSEQ;
	}
	text = json_dumps(doc, JSON_INDENT(1));
	json_decref(doc);
	if (!text)
		return -ENOMEM;
	if (snprintf(folder, sizeof(folder), "%s/" FOLDER, dir) >= (int)sizeof(folder)) {
		free(text);
		return -ENAMETOOLONG;
	}
	snprintf(path, sizeof(path), "%s/%.8s.json", folder, slot);
	r = mkdir(folder, 0700) < 0 && errno != EEXIST ? -errno : 0;
	if (r == 0)
		r = cv_replace_file(path, text, strlen(text), 0600);
	if (r == 0)
		r = cv_sync_folder(folder);
	if (r == 0)
		r = cv_sync_folder(dir);
	free(text);
	return r;
}

void cv_update_generation_forget(const char *dir, const char *slot)
{
	char path[PATH_MAX];

	/* A number that is left behind is not used: the system there is another one, or not good. */
	if (snprintf(path, sizeof(path), "%s/" FOLDER "/%.8s.json", dir, slot) < (int)sizeof(path))
		(void)unlink(path);
}

/* ---- numbers --------------------------------------------------------------------------------- */

static uint64_t number_of(const char *dir, const char *slot, const char *version)
{
	struct cv_update_generation g = {0};
	uint64_t number = cv_update_generation_read(dir, slot, version, &g) == 0 ? g.number : 0;

	cv_update_generation_release(&g);
	return number;
}

uint64_t cv_update_generation_number(const char *dir, const struct cv_update_self *self)
{
	uint64_t number = number_of(dir, self->slot, self->version);

	return number ? number : number_of(dir, self->other, NULL) + 1;
}

int cv_update_generation_good(const char *dir, const struct cv_update_self *self)
{
	uint64_t own = number_of(dir, self->slot, self->version),
		 left = number_of(dir, self->other, NULL);
	struct cv_update_generation g = {.number = left + 1};

	/* Said twice, as by a start after a power cut. */
	if (own > left)
		return 0;
	snprintf(g.version, sizeof(g.version), "%s", self->version);
	return write_generation(dir, self->slot, &g);
}

/* ---- the configuration ----------------------------------------------------------------------- */

/* A text as it can be kept: no configuration that any Culvert takes holds a zero or is not UTF-8. */
static int read_config(const char *config, char **ret, size_t *ret_len)
{
	json_t *text;
	int r = cv_read_file(config, CONFIG_MAX, ret, ret_len);

	*ret = r == 0 ? *ret : NULL;
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	text = json_stringn(*ret, *ret_len);
	if (!text || memchr(*ret, 0, *ret_len)) {
		free(*ret);
		*ret = NULL;
	}
	json_decref(text);
	return 0;
}

bool cv_update_generation_differs(const struct cv_update_generation *g, const char *config)
{
	char *text = NULL;
	size_t len = 0;
	bool differs;

	if (!g->config)
		return false;
	differs = cv_read_file(config, CONFIG_MAX, &text, &len) < 0 || len != g->len ||
		  memcmp(text, g->config, len) != 0;
	free(text);
	return differs;
}

/* @return 1: it was written; 0: it is the same. */
static int put_config(const struct cv_update_generation *g, const char *config)
{
	char folder[PATH_MAX];
	struct stat old;
	int r;

	if (!cv_update_generation_differs(g, config))
		return 0;
	snprintf(folder, sizeof(folder), "%s", config);
	r = cv_replace_file(config, g->config, g->len,
			    stat(config, &old) == 0 ? old.st_mode & 0777 : 0640);
	if (r == 0)
		r = cv_sync_folder(dirname(folder));
	return r < 0 ? r : 1;
}

int cv_update_generation_leave(const char *dir, const char *config,
			       const struct cv_update_self *self)
{
	struct cv_update_generation g = {.number = cv_update_generation_number(dir, self)};
	int r = read_config(config, &g.config, &g.len);

	snprintf(g.version, sizeof(g.version), "%s", self->version);
	if (r == 0)
		r = write_generation(dir, self->slot, &g);
	cv_update_generation_release(&g);
	return r;
}

/* ---- starts ---------------------------------------------------------------------------------- */

/* What the slot before had in its last moment, which may be long after it was told to be left. */
static int close_other(const char *dir, const char *config, const struct cv_update_self *self)
{
	struct cv_update_generation g = {0};
	int r = cv_update_generation_read(dir, self->other, NULL, &g);

	if (r == 0 && !g.closed) {
		free(g.config);
		g.closed = true;
		r = read_config(config, &g.config, &g.len);
		if (r == 0)
			r = write_generation(dir, self->other, &g);
	}
	cv_update_generation_release(&g);
	return r;
}

int cv_update_generation_enter(const char *dir, const char *config,
			       const struct cv_update_self *self, struct cv_update_attempt *attempt)
{
	struct cv_update_attempt done = *attempt;
	struct cv_update_generation g = {0};
	int r = close_other(dir, config, self), put;

	/* Without it there would be no way back to what is there now. */
	if (r < 0)
		return r == -ENOENT && !attempt->restore ? 0 : r;
	if (!attempt->restore)
		return 0;
	r = cv_update_generation_read(dir, self->slot, self->version, &g);
	if (r == 0)
		r = put_config(&g, config);
	cv_update_generation_release(&g);
	if (r < 0)
		return r;
	/* From here on the file is this system's: a start again leaves it as it is. */
	put = r;
	done.restore = false;
	r = cv_update_write(dir, &done);
	if (r < 0)
		return r;
	*attempt = done;
	return put;
}

/* What was changed while the other system was on trial is not thrown away. */
static void save_replaced(const char *dir, const char *config, const struct cv_update_self *self)
{
	struct cv_update_generation other = {0};
	char path[PATH_MAX], *text = NULL;
	size_t len = 0;
	int r = cv_update_generation_read(dir, self->other, NULL, &other);

	if ((r < 0 || !other.config || cv_update_generation_differs(&other, config)) &&
	    cv_read_file(config, CONFIG_MAX, &text, &len) == 0 &&
	    snprintf(path, sizeof(path), "%s.replaced", config) < (int)sizeof(path))
		(void)cv_replace_file(path, text, len, 0600);
	free(text);
	cv_update_generation_release(&other);
}

int cv_update_generation_return(const char *dir, const char *config,
				const struct cv_update_self *self)
{
	struct cv_update_generation g = {0};
	int put = 0, r = cv_update_generation_read(dir, self->slot, self->version, &g);

	/* Where the other one has not begun the file is ours, with what was changed since. */
	if (r == 0 && g.closed) {
		if (cv_update_generation_differs(&g, config))
			save_replaced(dir, config, self);
		r = put = put_config(&g, config);
		if (r >= 0) {
			g.closed = false;
			r = write_generation(dir, self->slot, &g);
		}
	}
	cv_update_generation_release(&g);
	return r < 0 && r != -ENOENT ? r : put;
}
