/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secrets and certificates of a sink, read while the process may still read them and kept in
 * memory only: not in arguments, environment, messages or dumps.
 */
#ifndef CV_SINK_SECRETS_H
#define CV_SINK_SECRETS_H

#include <stddef.h>

#include "control/sink/settings.h"

/** Largest of such files, bytes. */
#define CV_SINK_SECRET_MAX ((size_t)256 * 1024)

struct cv_sink_secrets {
	char *password, *token; /* without the line's end */
	char *credentials; /* as the file is */
	char *key, *cert, *ca; /* PEM */
};

/**
 * Read what the settings name. Files that hold a secret must be regular, belong to root or to us,
 * and nobody but their owner may read them.
 *
 * @param why set on failure: what is wrong with which file and what to do.
 * @return 0 or negative errno. cv_sink_secrets_wipe() in any case.
 */
int cv_sink_secrets_read(const struct cv_config_sink *sink, struct cv_sink_secrets *ret, char *why,
			 size_t why_size);

/** Overwrite and free. */
void cv_sink_secrets_wipe(struct cv_sink_secrets *s);

#endif
