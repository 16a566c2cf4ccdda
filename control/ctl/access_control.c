/* SPDX-License-Identifier: Apache-2.0 */
#include "control/ctl/access_control.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "control/diag.h"

static void note(void *owner, const char *who, const char *what, const char *result,
		 const char *detail)
{
	cv_rollout_note(owner, who, what, result, detail);
}

void cv_access_control_open(struct cv_loop *loop, struct cv_rollout *rollout,
			    struct cv_access_owner *ret)
{
	char path[PATH_MAX];
	const char *why = "";
	int res;

	*ret = (struct cv_access_owner){.loop = loop};
	snprintf(path, sizeof(path), "%s/access.db", cv_rollout_dir(rollout));
	res = cv_access_open(path, &ret->access, &why);
	if (res < 0)
		cv_diag("error", "%s: %s (%s)", path, why, strerror(-res));
	else
		cv_access_set_note(ret->access, note, rollout);
}

static int resolve(const struct cv_config *config, const char *name, char *ret)
{
	ret[0] = '\0';
	return *name ? cv_config_resolve(config, name, ret) : 0;
}

int cv_tls_control_open(const struct cv_config *config, struct cv_tls_control *ret)
{
	const struct cv_config_tls *wanted = &config->tls;
	char why[CV_TLS_WHY_MAX] = "a path is too long";
	int res = 0;

	ret->tls = NULL;
	if (!wanted->listen[0])
		return 0;
	ret->files =
		(struct cv_tls_files){ret->cert, ret->key, ret->client_ca, wanted->client_required};
	if (resolve(config, wanted->cert, ret->cert) < 0 ||
	    resolve(config, wanted->key, ret->key) < 0 ||
	    resolve(config, wanted->client_ca, ret->client_ca) < 0)
		res = -ENAMETOOLONG;
	if (res == 0)
		res = cv_tls_create(&ret->files, &ret->tls, why);
	if (res < 0)
		cv_diag("error", "api.tls: %s", why);
	return res;
}

void cv_tls_control_watch(struct cv_tls_control *t)
{
	char why[CV_TLS_WHY_MAX];
	int res = t->tls ? cv_tls_refresh(t->tls, why) : 0;

	if (res < 0)
		cv_tell(CV_MESSAGE_CERTIFICATE_BAD,
			"api.tls: %s; the certificate before stays in use", why);
	else if (res > 0)
		cv_tell(CV_MESSAGE_CERTIFICATE_NEW,
			"api.tls: new connections get the certificate in %s", t->cert);
}

void cv_tls_control_close(struct cv_tls_control *t)
{
	cv_tls_destroy(t->tls);
}
