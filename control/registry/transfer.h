/* SPDX-License-Identifier: Apache-2.0 */
/* Files into the registry and out of it. */
#ifndef CV_REGISTRY_TRANSFER_H
#define CV_REGISTRY_TRANSFER_H

#include <signal.h>

#include "control/registry/reader.h"
#include "control/registry/store.h"

struct cv_registry_tally {
	uint64_t rows; /* of the file, faulty ones too */
	uint64_t faulty;
	uint64_t added, changed, same;
};

struct cv_registry_import {
	FILE *in;
	enum cv_registry_format format;
	bool check_only; /* nothing is written */
	const volatile sig_atomic_t *cancel; /* gives up where this is not 0; NULL = never */
	cv_registry_tell *tell;
	/* How far it is: bytes of the file; called every 4096 rows; NULL = nobody wants to know. */
	void (*progress)(void *owner, uint64_t bytes, uint64_t rows);
	void *owner; /* of both */
};

/**
 * All devices of the file become part of the registry in one change, or, where one row is faulty,
 * none. Faults are told, all of them. Memory: 64 MiB of the database's cache, and up to 43
 * bytes for each row to find devices that come twice.
 *
 * @return 0; -EINVAL: faults were told; -ECANCELED; or negative errno: cv_registry_store_why().
 */
int cv_registry_import(struct cv_registry_store *s, const struct cv_registry_import *import,
		       struct cv_registry_tally *ret);

/**
 * Write devices, in the order of their rows.
 *
 * @return 0, -EIO (the output), or negative errno.
 */
int cv_registry_export(struct cv_registry_store *s, const struct cv_registry_where *where,
		       enum cv_registry_format format, FILE *out);

struct cv_json;
/** What is known of a device as members of a JSON object; nothing for what is not. */
void cv_registry_put_members(struct cv_json *j, const struct cv_registry_device *d);

/** One device as a row; and the line of column names. @return 0 or -EIO. */
int cv_registry_write_device(const struct cv_registry_device *d, enum cv_registry_format format,
			     FILE *out);
int cv_registry_write_head(enum cv_registry_format format, FILE *out);

#endif
