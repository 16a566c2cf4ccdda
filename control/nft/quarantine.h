/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The list of devices in quarantine: addresses and MACs. It is kept in a text file, one per line,
 * `#` begins a comment; the file is replaced as a whole, so that a reader finds the list as it was
 * before a change or after it.
 */
#ifndef CV_QUARANTINE_H
#define CV_QUARANTINE_H

#include <stddef.h>
#include <stdint.h>

#include "control/config/diagnostics.h"
#include "dataplane/policy/quarantine_image.h"

/** Largest list file, bytes. */
#define CV_QUARANTINE_FILE_MAX (64u << 20)
/** Room for any entry as text. */
#define CV_QUARANTINE_TEXT_MAX 48

/* Kinds of entry: (id, name, bytes of the key, set in nftables, its key type in nft's own numbers). */
#define CV_QUARANTINE_KINDS(X)                                                                     \
	X(IPV4, "ipv4", 4, "quarantine4", 7)                                                       \
	X(IPV6, "ipv6", 16, "quarantine6", 8)                                                      \
	X(MAC, "mac", 6, "quarantine_mac", 9)

#define CV_QUARANTINE_KIND_ID(id, name, bytes, set, type) CV_QUARANTINE_##id,
enum cv_quarantine_kind { CV_QUARANTINE_KINDS(CV_QUARANTINE_KIND_ID) CV_QUARANTINE_KIND_COUNT };

struct cv_quarantine_entry {
	uint8_t kind; /* enum cv_quarantine_kind */
	uint8_t key[16]; /* as on the wire, the rest zero */
};

/** Starts as all zeros. */
struct cv_quarantine {
	struct cv_quarantine_entry *entries; /* ascending, each once */
	size_t n, capacity;
};

/**
 * Read an IPv4 or IPv6 address or a MAC (aa:bb:cc:dd:ee:ff, also with hyphens).
 *
 * @param ret set on success only.
 * @return NULL; else what is wrong, a sentence's end ("is not an address or MAC").
 */
const char *cv_quarantine_entry_parse(const char *text, struct cv_quarantine_entry *ret);

/** Write so that reading gives the same. */
void cv_quarantine_entry_show(const struct cv_quarantine_entry *entry,
			      char text[CV_QUARANTINE_TEXT_MAX]);

/** Make room for @p n entries in all. @return 0, -E2BIG, -ENOMEM. */
int cv_quarantine_reserve(struct cv_quarantine *q, size_t n);

/** Put entries that were written in any order into order, each once. */
void cv_quarantine_sort(struct cv_quarantine *q);

/** @return 1 added; 0 was there; -E2BIG; -ENOMEM. */
int cv_quarantine_add(struct cv_quarantine *q, const struct cv_quarantine_entry *entry);

/** @return 1 removed; 0 was not there. */
int cv_quarantine_remove(struct cv_quarantine *q, const struct cv_quarantine_entry *entry);

/** Number of entries of a kind. */
size_t cv_quarantine_count(const struct cv_quarantine *q, enum cv_quarantine_kind kind);

/** Free the entries; @p q is empty and usable again. */
void cv_quarantine_free(struct cv_quarantine *q);

/**
 * Read a list; all findings are reported, and a list with findings is not used.
 *
 * @param path what the findings call it.
 * @param ret empty; filled on success only.
 * @return 0; -EINVAL with findings; -ENOMEM.
 */
int cv_quarantine_parse(const char *path, const char *text, size_t len, struct cv_quarantine *ret,
			struct cv_diagnostics *diag);

/** As cv_quarantine_parse() from a file. @return also -ENOENT without a finding: no such file. */
int cv_quarantine_load(const char *path, struct cv_quarantine *ret, struct cv_diagnostics *diag);

/**
 * Write the list beside its place, on the disk when this returns.
 *
 * @return 0 or negative errno; cv_quarantine_keep() puts it in its place, cv_quarantine_discard()
 *         removes it.
 */
int cv_quarantine_write(const char *path, const struct cv_quarantine *q);
int cv_quarantine_keep(const char *path);
void cv_quarantine_discard(const char *path);

/**
 * Wait until nobody else changes the list.
 *
 * @return descriptor; closing it lets others go on; or negative errno.
 */
int cv_quarantine_lock(const char *path);

/** The list as kernel and dataplane judge by it. @return malloc'ed, sealed; NULL: no memory. */
struct cv_quarantine_image *cv_quarantine_image_of(const struct cv_quarantine *q);

const char *cv_quarantine_kind_name(enum cv_quarantine_kind kind);
size_t cv_quarantine_key_size(enum cv_quarantine_kind kind);

#endif
