/* SPDX-License-Identifier: Apache-2.0 */
/* `culvert support`: one file with what its makers need to see of a node, and no secret in it. */
#ifndef CV_SUPPORT_H
#define CV_SUPPORT_H

#include <stdint.h>
#include <stdio.h>

#include "control/config/config.h"
#include "control/support/redact.h"

/** The file under way: a tar within zstd, of at most so many bytes. */
struct cv_support {
	struct cv_redact redact;
	const struct cv_config *config; /* NULL = cannot be read */
	const char *config_path;
	FILE *out;
	void *zstd;
	uint64_t left; /* bytes that may still go into the tar */
	int error;
	unsigned int entries;
};

/** Add a text under a name; secrets are taken out of it. Of one too long the end is kept. */
void cv_support_add(struct cv_support *s, const char *name, const char *text, size_t len);

/** Write the file's end. @return 0 or negative errno. */
int cv_support_finish(struct cv_support *s);

/** Begin. @param max bytes of the file. @return 0 or negative errno. */
int cv_support_begin(struct cv_support *s, FILE *out, uint64_t max);

/** What there is to add, the most telling first. */
void cv_support_collect(struct cv_support *s);

/** @param argv argv[0] is "support". @return exit code. */
int cv_support_command(int argc, char **argv);

#endif
