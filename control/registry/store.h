/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The registry's database (SQLite, write-ahead log): who writes it is `culvert registry`, control
 * reads it beside. A device has a row number that is never another's, also when it is removed: a
 * removed row stays as a mark that it is. Each change has a number that grows (rev), so that a
 * reader who knows how far it has read asks for what is new only. One thread per handle.
 */
#ifndef CV_REGISTRY_STORE_H
#define CV_REGISTRY_STORE_H

#include "control/registry/device.h"

/** Name of the file in log.dir. */
#define CV_REGISTRY_FILE "registry.db"

struct cv_registry_store;

enum cv_registry_mode {
	CV_REGISTRY_READ, /* -ENOENT when there is none */
	CV_REGISTRY_WRITE, /* made when there is none */
};

/**
 * @param why set on failure to a sentence with the remedy; static.
 * @return 0, -ENOENT, -EPROTO (of a newer version), -EBADMSG (no registry), or negative errno.
 */
int cv_registry_store_open(const char *path, enum cv_registry_mode mode,
			   struct cv_registry_store **ret, const char **why);
/** Gives up a change that was begun. NULL is fine. */
void cv_registry_store_close(struct cv_registry_store *s);

/** What the last call failed with, for people. */
const char *cv_registry_store_why(const struct cv_registry_store *s);

/**
 * Begin a change: all of it or nothing is there afterwards, whatever happens.
 *
 * @return 0; -EBUSY: somebody else is changing it.
 */
int cv_registry_store_begin(struct cv_registry_store *s);
int cv_registry_store_commit(struct cv_registry_store *s);
void cv_registry_store_rollback(struct cv_registry_store *s);

enum cv_registry_put { CV_REGISTRY_SAME, CV_REGISTRY_ADDED, CV_REGISTRY_CHANGED };

/**
 * Write the fields that are given, within a change. The four codes of an area go together: where
 * one is given, those that are not are empty.
 */
int cv_registry_store_put(struct cv_registry_store *s, const struct cv_registry_device *d,
			  enum cv_registry_put *ret);

/** Who makes the changes from now on, and by what: written down with each. */
void cv_registry_store_by(struct cv_registry_store *s, const char *who, const char *what);

/** A change that was made. */
struct cv_registry_change {
	uint64_t rev;
	int64_t time_s; /* since the Unix epoch */
	const char *who, *what;
	uint64_t added, changed, removed; /* devices */
};

/** Changes, newest first. @param limit 0 = all. @param visit not 0 ends the walk with it. */
int cv_registry_store_history(struct cv_registry_store *s, uint64_t limit,
			      int (*visit)(void *owner, const struct cv_registry_change *c),
			      void *owner);

/** Within a change. @return 0, -ENOENT. */
int cv_registry_store_remove(struct cv_registry_store *s, const char *id);

/** @return 0, -ENOENT. */
int cv_registry_store_get(struct cv_registry_store *s, const char *id,
			  struct cv_registry_device *ret);
int cv_registry_store_get_row(struct cv_registry_store *s, uint32_t row,
			      struct cv_registry_device *ret);

/** Devices there are. */
int cv_registry_store_count(struct cv_registry_store *s, uint64_t *ret);

/** Number of the newest change. */
int cv_registry_store_rev(struct cv_registry_store *s, uint64_t *ret);

/** @return 0 to go on; anything else ends the walk with it. */
typedef int cv_registry_visit(void *owner, const struct cv_registry_device *d, uint64_t rev,
			      bool removed);

struct cv_registry_where {
	uint32_t after; /* devices behind this row */
	uint64_t limit; /* 0 = all */
	const char *area; /* any code of its area begins so; NULL = any */
	const char *kind, *owner, *zone; /* NULL = any */
};

/** Devices in the order of their rows. */
int cv_registry_store_each(struct cv_registry_store *s, const struct cv_registry_where *where,
			   cv_registry_visit *visit, void *owner);

/** What has changed behind (rev, row), removed devices too, in this order; at most @p limit. */
int cv_registry_store_changes(struct cv_registry_store *s, uint64_t rev, uint32_t row,
			      uint64_t limit, cv_registry_visit *visit, void *owner);

#endif
