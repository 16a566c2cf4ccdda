/* SPDX-License-Identifier: Apache-2.0 */
#include "control/config/config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/config/schema.h"
#include "control/config/units.h"
#include "control/text/ifname.h"

static int make(const char *path, struct cv_config **ret)
{
	struct cv_config *config;

	if (strlen(path) >= sizeof(config->path))
		return -ENAMETOOLONG;
	config = calloc(1, sizeof(*config));
	if (!config)
		return -ENOMEM;
	strcpy(config->path, path);
	cv_schema_defaults(&cv_schema, config);
	*ret = config;
	return 0;
}

int cv_config_default(const char *policy, struct cv_config **ret)
{
	struct cv_config *config;
	int r = make("", &config);

	if (r < 0)
		return r;
	if (strlen(policy) >= sizeof(config->policy)) {
		cv_config_free(config);
		return -ENAMETOOLONG;
	}
	strcpy(config->policy, policy);
	strcpy(config->node, "offline");
	*ret = config;
	return 0;
}

/* Of a file for a program that knows more. */
static bool is_newer(const struct cv_yaml *root)
{
	const struct cv_yaml *node = cv_yaml_get(root, "version");
	uint64_t version = 0;

	return node && node->kind == CV_YAML_SCALAR &&
	       cv_units_integer(node->text, &version) == 0 && version > CV_CONFIG_VERSION;
}

/* The one thing to say of it: what else is strange in it may be right there. */
static int refuse_newer(const char *path, const struct cv_yaml *root, struct cv_diagnostics *diag)
{
	cv_diagnostics_add(diag, CV_SEVERITY_ERROR,
			   cv_yaml_place(path, cv_yaml_get(root, "version")),
			   "update Culvert first, or take one of culvert config history",
			   "version: this file is for a newer Culvert, this one reads version %d",
			   CV_CONFIG_VERSION);
	return -EINVAL;
}

int cv_config_parse(const char *path, const char *text, size_t len, struct cv_config **ret,
		    struct cv_diagnostics *diag)
{
	struct cv_config *config = NULL;
	struct cv_yaml *root = NULL;
	int r, read;

	r = cv_yaml_parse(path, text, len, &root, diag);
	if (!root)
		return r;
	if (is_newer(root)) {
		r = refuse_newer(path, root, diag);
		cv_yaml_free(root);
		return r;
	}
	read = make(path, &config);
	if (read == 0)
		read = cv_schema_read(&cv_schema, root, config, "", path, diag);
	/* Settings are compared only once each of them is right: no findings out of findings. */
	if (r == 0 && read == 0)
		read = cv_config_check(config, root, diag);
	cv_yaml_free(root);
	if (r == 0)
		r = read;
	if (r < 0) {
		cv_config_free(config);
		return r;
	}
	*ret = config;
	return 0;
}

int cv_config_load(const char *path, struct cv_config **ret, struct cv_diagnostics *diag)
{
	char *text = NULL;
	size_t len = 0;
	int r = cv_yaml_read_file(path, &text, &len, diag);

	if (r == 0)
		r = cv_config_parse(path, text, len, ret, diag);
	free(text);
	if (r < 0 && diag->errors == 0)
		cv_diagnostics_add(diag, CV_SEVERITY_ERROR, (struct cv_place){.file = path}, NULL,
				   "%s", strerror(-r));
	return r;
}

void cv_config_free(struct cv_config *config)
{
	if (!config)
		return;
	cv_schema_release(&cv_schema, config);
	free(config);
}

int cv_config_resolve(const struct cv_config *config, const char *name, char *ret)
{
	const char *slash = strrchr(config->path, '/');
	int dir = slash && name[0] != '/' ? (int)(slash - config->path) + 1 : 0;
	int n = snprintf(ret, PATH_MAX, "%.*s%s", dir, config->path, name);

	return n < 0 || n >= PATH_MAX ? -ENAMETOOLONG : 0;
}

bool cv_config_has_port(const struct cv_config *config, const char *interface)
{
	char name[IF_NAMESIZE], wanted[IF_NAMESIZE];

	cv_kernel_ifname(interface, wanted);
	for (size_t i = 0; i < config->n_ports; i++) {
		if (config->ports[i].target.kind != CV_PORT_AF_XDP)
			continue;
		cv_kernel_ifname(config->ports[i].target.text, name);
		if (strcmp(name, wanted) == 0)
			return true;
	}
	return false;
}
