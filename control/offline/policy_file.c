/* SPDX-License-Identifier: Apache-2.0 */
#include "control/offline/policy_file.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/config/compile.h"
#include "control/config/config.h"
#include "dataplane/replay/generation_load.h"

static int told(struct cv_diagnostics *diag, const char *path, int err, const char *text)
{
	cv_diagnostics_add(diag, CV_SEVERITY_ERROR, (struct cv_place){.file = path}, NULL, "%s",
			   text);
	return err;
}

static bool is_image(const char *path)
{
	struct stat st;
	FILE *f = stat(path, &st) == 0 && S_ISREG(st.st_mode) ? fopen(path, "rbe") : NULL;
	uint64_t magic = 0;
	bool image = f && fread(&magic, sizeof(magic), 1, f) == 1 && magic == CV_GENERATION_MAGIC;

	if (f)
		fclose(f);
	return image;
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

int cv_policy_file_load(const char *path, const char *config, struct cv_generation **ret,
			struct cv_diagnostics *diag)
{
	struct cv_config *loaded = NULL;
	char why[256] = "";
	int err;

	if (is_image(path)) {
		err = cv_replay_load_generation(path, ret, why, sizeof(why));
		return err < 0 ? told(diag, path, err, why) : 0;
	}
	err = load_config(path, config, &loaded, diag);
	if (err == 0)
		err = cv_config_compile(loaded, 1, ret, diag);
	if (err < 0 && !diag->n)
		told(diag, path, err, strerror(-err));
	cv_config_free(loaded);
	return err;
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
