/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Policy bundles: one file that carries a policy. A ustar archive (POSIX.1-2017 pax, "ustar
 * Interchange Format") of MANIFEST, policy.yaml, the list files the policy refers to and BPF
 * modules. What goes in decides every byte: a reader takes exactly what the writer makes and
 * nothing else, so that there is no second way to write the same bundle and nothing to hide in it.
 * docs/security/signing.md has the format.
 *
 * The order for what comes from outside: cv_bundle_open() or cv_bundle_parse(), then
 * cv_bundle_verify(), and only then look at the files. None of this blocks but for reading the
 * file; hashing takes some milliseconds per megabyte.
 */
#ifndef CV_BUNDLE_H
#define CV_BUNDLE_H

#include "control/bundle/sign.h"

/** Largest bundle, bytes. */
#define CV_BUNDLE_SIZE_MAX ((size_t)256 << 20)
/** Most files, the manifest not counted. */
#define CV_BUNDLE_FILES_MAX 128
/** Longest name of a file or policy, with its zero. */
#define CV_BUNDLE_NAME_MAX 64
#define CV_BUNDLE_SHA256_SIZE 32
/** Highest version: what JSON and SQL take everywhere. */
#define CV_BUNDLE_VERSION_MAX ((uint64_t)INT64_MAX)
/** The policy's name in every bundle. */
#define CV_BUNDLE_POLICY_FILE "policy.yaml"
/** As a time of expiry: never. */
#define CV_BUNDLE_NEVER INT64_MAX

/* What a file of a bundle is; told by its name. id, name */
#define CV_BUNDLE_KINDS(X)                                                                         \
	X(POLICY, "policy") /* policy.yaml */                                                      \
	X(MODULE, "module") /* *.o: a BPF object */                                                \
	X(LIST, "list") /* all else */
#define CV_BUNDLE_KIND_ID(id, name) CV_BUNDLE_##id,
enum cv_bundle_kind { CV_BUNDLE_KINDS(CV_BUNDLE_KIND_ID) };

struct cv_bundle_file {
	char name[CV_BUNDLE_NAME_MAX]; /* letters, digits, '.', '_', '-'; not '.' or '-' first */
	const uint8_t *data; /* within the bundle's bytes */
	size_t size;
	uint8_t sha256[CV_BUNDLE_SHA256_SIZE];
	enum cv_bundle_kind kind;
};

struct cv_bundle {
	char *path; /* what findings call it */
	const uint8_t *bytes; /* the whole archive: what is signed */
	size_t size;
	uint8_t sha256[CV_BUNDLE_SHA256_SIZE]; /* of the whole archive */
	char name[CV_BUNDLE_NAME_MAX]; /* of the policy */
	uint64_t version; /* of the policy, from 1 to CV_BUNDLE_VERSION_MAX */
	int64_t created, expires; /* seconds since 1970; expires may be CV_BUNDLE_NEVER */
	struct cv_bundle_file *files; /* policy.yaml, then the others by name */
	size_t n_files;
	uint8_t *owned; /* bytes, when this has to free them */
};

/**
 * Read a bundle and check that it is whole: archive, manifest, names, sizes and hashes. Says
 * nothing about who made it.
 *
 * @param path file, "-" = standard input.
 * @param ret set on success only; free with cv_bundle_free().
 * @param diag the finding names file, place within it and reason.
 * @return 0; -EINVAL not a bundle or damaged; -EFBIG; another negative errno when it cannot be
 *         read. Every failure has a finding.
 */
int cv_bundle_open(const char *path, struct cv_bundle **ret, struct cv_diagnostics *diag);

/**
 * As cv_bundle_open() from memory.
 *
 * @param path what findings call it.
 * @param bytes not copied: they must outlive the bundle.
 */
int cv_bundle_parse(const char *path, const void *bytes, size_t size, struct cv_bundle **ret,
		    struct cv_diagnostics *diag);

/** NULL is fine. */
void cv_bundle_free(struct cv_bundle *bundle);

/** Do the bytes look like a bundle, rather than like a policy file in YAML? */
bool cv_bundle_looks_like(const void *bytes, size_t size);

/** File by name, NULL = absent. The first file is always the policy. */
const struct cv_bundle_file *cv_bundle_find(const struct cv_bundle *bundle, const char *name);

/** What a node demands of a bundle. */
struct cv_bundle_demand {
	unsigned int threshold; /* so many different trusted keys must have signed; from 1 */
	bool allow_unsigned; /* take it without, too */
	uint64_t min_version; /* older ones are refused; 0 = any */
	/* Hash of the bundle of exactly that version, NULL = not known: one version number stands
	 * for one content. */
	const uint8_t *min_version_sha256;
	int64_t now; /* seconds since 1970; a caller that has seen a later time gives that */
};

/** What was found; for audit and display. */
struct cv_bundle_proof {
	unsigned int signers; /* different trusted keys that signed */
	bool is_signed; /* signers >= threshold */
};

/**
 * Decide whether a bundle may be used: signatures, then expiry, then version. All that is wrong is
 * reported. Signatures by unknown keys do no harm and do not count. A signature of a trusted key
 * that does not fit the bytes is refused even where unsigned bundles are allowed, unless enough
 * others are good.
 *
 * @param sigs their outcomes are set.
 * @param ret set in any case.
 * @return 0; -EKEYREJECTED signatures wrong or too few; -EKEYEXPIRED; -ESTALE older than
 *         min_version or another content of the same version; the first of these that holds. Every
 *         failure has a finding; warnings are added on success too.
 */
int cv_bundle_verify(const struct cv_bundle *bundle, struct cv_signatures *sigs,
		     const struct cv_trust *trust, const struct cv_bundle_demand *demand,
		     struct cv_bundle_proof *ret, struct cv_diagnostics *diag);

/** What -EINVAL of cv_bundle_module() means, for people. */
#define CV_BUNDLE_ONE_MODULE "a bundle carries one module at most"

/**
 * A copy of the module that a bundle carries, for who loads it: it goes with the policy.
 *
 * @param ret caller frees; NULL = it carries none.
 * @param ret_size bytes.
 * @return 0, -EINVAL it carries several, -ENOMEM.
 */
int cv_bundle_module(const struct cv_bundle *bundle, void **ret, size_t *ret_size);

/**
 * Write the files of a bundle into a new directory that only this user may enter, for code that
 * wants paths. Names are those of the manifest, which cannot lead elsewhere.
 *
 * @param parent where the directory is made; NULL = $TMPDIR, or /tmp.
 * @param ret_dir PATH_MAX bytes: the directory. Remove it with cv_bundle_discard().
 * @return 0; negative errno with a finding, then nothing is left behind.
 */
int cv_bundle_unpack(const struct cv_bundle *bundle, const char *parent, char *ret_dir,
		     struct cv_diagnostics *diag);

/** Findings about unpacked files name them as the bundle does, without the directory. */
void cv_bundle_name_findings(const char *dir, struct cv_diagnostics *diag);

/** Remove what cv_bundle_unpack() wrote. */
void cv_bundle_discard(const struct cv_bundle *bundle, const char *dir);

struct cv_bundle_input {
	const char *file; /* what findings call it */
	const char *name; /* in the bundle */
	const void *data;
	size_t size;
};

struct cv_bundle_recipe {
	const char *name; /* of the policy */
	uint64_t version;
	int64_t created, expires;
	const struct cv_bundle_input *inputs; /* in any order; one is policy.yaml */
	size_t n_inputs;
};

/**
 * Make a bundle. Equal input gives equal bytes.
 *
 * @param ret malloc'ed.
 * @return 0; -EINVAL, -E2BIG, -EFBIG with a finding; -ENOMEM.
 */
int cv_bundle_build(const struct cv_bundle_recipe *recipe, uint8_t **ret, size_t *ret_size,
		    struct cv_diagnostics *diag);

/** "2026-11-21T13:00:00Z", or "never". */
#define CV_BUNDLE_TIME_TEXT 21
void cv_bundle_time_text(int64_t seconds, char text[CV_BUNDLE_TIME_TEXT]);

/** Exactly what cv_bundle_time_text() writes. @return 0 or -EINVAL. */
int cv_bundle_time_parse(const char *text, int64_t *ret);

#endif
