/* SPDX-License-Identifier: Apache-2.0 */
#include "control/offline/policy_file.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/bundle/bundle.h"
#include "control/config/compile.h"
#include "control/config/config.h"
#include "control/text/read_file.h"
#include "dataplane/replay/generation_load.h"
#include "ebpf/offline.h"

static int told(struct cv_diagnostics *diag, const char *path, int err, const char *text)
{
	cv_diagnostics_add(diag, CV_SEVERITY_ERROR, (struct cv_place){.file = path}, NULL, "%s",
			   text);
	return err;
}

enum kind { YAML, IMAGE, BUNDLE };

/* Told by how it begins. Standard input and the like are read once, as YAML. */
static enum kind kind_of(const char *path)
{
	struct stat st;
	FILE *f = stat(path, &st) == 0 && S_ISREG(st.st_mode) ? fopen(path, "rbe") : NULL;
	uint64_t head[64] = {0};
	size_t n = f ? fread(head, 1, sizeof(head), f) : 0;

	if (f)
		fclose(f);
	if (n >= sizeof(head[0]) && head[0] == CV_GENERATION_MAGIC)
		return IMAGE;
	return cv_bundle_looks_like(head, n) ? BUNDLE : YAML;
}

/* The configuration with this policy in the place of its own. */
static int load_config(const char *path, const char *config, struct cv_config **ret,
		       struct cv_diagnostics *diag)
{
	char here[PATH_MAX];
	int err, n;

	if (!config)
		return cv_config_default(path, ret);
	err = cv_config_load(config, ret, diag);
	if (err < 0)
		return err;
	/* Relative to here, not to the configuration. */
	if (path[0] == '/' || strcmp(path, "-") == 0)
		n = snprintf((*ret)->policy, sizeof((*ret)->policy), "%s", path);
	else if (getcwd(here, sizeof(here)))
		n = snprintf((*ret)->policy, sizeof((*ret)->policy), "%s/%s", here, path);
	else
		return told(diag, path, -errno, strerror(errno));
	if (n < 0 || (size_t)n >= sizeof((*ret)->policy))
		return told(diag, path, -ENAMETOOLONG, strerror(ENAMETOOLONG));
	return 0;
}

static int open_yaml(const char *path, const char *config, bool confined, struct cv_policy_file *f,
		     struct cv_diagnostics *diag)
{
	struct cv_config *loaded = NULL;
	int err = load_config(path, config, &loaded, diag);

	if (err == 0) {
		loaded->policy_confined = confined;
		err = cv_config_compile_both(loaded, 1, &f->gen, &f->would, diag);
	}
	cv_config_free(loaded);
	return err;
}

static int open_bundle(const char *path, const char *config, struct cv_policy_file *f,
		       struct cv_diagnostics *diag)
{
	char dir[PATH_MAX], policy[PATH_MAX + sizeof(CV_BUNDLE_POLICY_FILE) + 1];
	struct cv_bundle *bundle = NULL;
	int err = cv_bundle_open(path, &bundle, diag);

	if (err == 0) {
		err = cv_bundle_module(bundle, &f->module, &f->module_size);
		if (err == -EINVAL)
			told(diag, bundle->path, err, CV_BUNDLE_ONE_MODULE);
	}
	if (err == 0)
		err = cv_bundle_unpack(bundle, NULL, dir, diag);
	if (err == 0) {
		snprintf(policy, sizeof(policy), "%s/" CV_BUNDLE_POLICY_FILE, dir);
		err = open_yaml(policy, config, true, f, diag);
		cv_bundle_name_findings(dir, diag);
		cv_bundle_discard(bundle, dir);
	}
	cv_bundle_free(bundle);
	return err;
}

int cv_policy_file_open(const char *path, const char *config, struct cv_policy_file *ret,
			struct cv_diagnostics *diag)
{
	struct cv_policy_file f = {0};
	char why[256] = "";
	int err;

	switch (kind_of(path)) {
	case IMAGE:
		err = cv_replay_load_generation(path, &f.gen, why, sizeof(why));
		if (err < 0)
			told(diag, path, err, why);
		break;
	case BUNDLE:
		err = open_bundle(path, config, &f, diag);
		break;
	default:
		err = open_yaml(path, config, false, &f, diag);
	}
	if (err < 0 && !diag->n)
		told(diag, path, err, strerror(-err));
	if (err < 0)
		cv_policy_file_release(&f);
	else
		*ret = f;
	return err;
}

int cv_policy_file_module(struct cv_policy_file *file, const char *path,
			  struct cv_diagnostics *diag)
{
	char *bytes = NULL;
	size_t size = 0;
	int err;

	if (file->module)
		return told(diag, path, -EEXIST, "the policy's bundle has a module of its own");
	err = cv_read_file(path, CV_MODULE_SIZE_MAX, &bytes, &size);
	if (err < 0)
		return told(diag, path, err, strerror(-err));
	file->module = bytes;
	file->module_size = size;
	return 0;
}

void cv_policy_file_release(struct cv_policy_file *file)
{
	free(file->gen);
	free(file->would);
	free(file->module);
	*file = (struct cv_policy_file){0};
}

int cv_policy_file_load(const char *path, const char *config, struct cv_generation **ret,
			struct cv_diagnostics *diag)
{
	struct cv_policy_file f = {0};
	int err = cv_policy_file_open(path, config, &f, diag);

	if (err < 0)
		return err;
	*ret = f.gen;
	f.gen = NULL;
	cv_policy_file_release(&f);
	return 0;
}

int cv_policy_file_port(const struct cv_generation *gen, const char *name)
{
	const struct cv_gen_port *ports = cv_generation_at(gen, gen->ports);

	for (uint32_t i = 0; i < gen->ports.count; i++) {
		if (strcmp(ports[i].name, name) == 0)
			return (int)i;
	}
	return -ENOENT;
}
