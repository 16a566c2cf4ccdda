/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `culvert-control provision`: what a node is given before anybody has logged in. A folder (of a USB
 * stick, of the boot partition, of systemd's credentials) holds a configuration and what belongs to
 * it; it is checked whole, put in place whole, and once. docs/operator/provision.md.
 *
 * On disk, in the data folder:
 *
 *     .provision/          being looked at; with record.json in it: checked, and being put in place
 *     provisioned.json     what was, and when; its being there is what "provisioned" means
 *     .factory.yaml        the configuration that the node had when it was new: who has it still is new
 */
#ifndef CV_PROVISION_H
#define CV_PROVISION_H

#include <sys/types.h>

#include "control/config/config.h"

/*
 * What a folder may hold: id, folder within, begins, ends, what it becomes ("" = the same name), mode,
 * what it must be.
 */
#define CV_PROVISION_KINDS(X)                                                                      \
	X(CONFIG, "", "node.yaml", "", "culvert.yaml", 0644, ANY)                                  \
	X(POLICY, "", "policy.yaml", "", "", 0644, ANY)                                            \
	X(ALARMS, "", "alarms.yaml", "", "", 0644, ANY)                                            \
	X(LIST, "lists", "", "", "", 0644, ANY)                                                    \
	X(TRUST, "trust", "", ".pub", "", 0644, PUBLIC_KEY)                                        \
	X(FLEET, "update", "fleet.pub", "", "", 0644, PUBLIC_KEY)                                  \
	X(BUNDLES, "update", "", ".pem", "", 0644, PEM)                                            \
	X(UPDATE_KEY, "update", "", ".key", "", 0600, PEM)                                         \
	X(TLS, "tls", "", ".pem", "", 0644, PEM)                                                   \
	X(TLS_KEY, "tls", "", ".key", "", 0600, PEM)                                               \
	X(LOGIN, "access", "authorized_keys", "", "", 0600, ANY)                                   \
	X(ROOT, "access", "root.hash", "", "", 0600, ANY)
#define CV_PROVISION_KIND_ROW(id, ...) CV_PROVISION_##id,
enum cv_provision_kind { CV_PROVISION_KINDS(CV_PROVISION_KIND_ROW) CV_PROVISION_KIND_COUNT };

/** What a file must be to be believed. */
enum cv_provision_form { CV_PROVISION_ANY, CV_PROVISION_PUBLIC_KEY, CV_PROVISION_PEM };

#define CV_PROVISION_FILES_MAX 128
/** Largest file, and all of them together, bytes. */
#define CV_PROVISION_FILE_SIZE ((size_t)4 << 20)
#define CV_PROVISION_SIZE ((size_t)16 << 20)
#define CV_PROVISION_NAME 96
#define CV_PROVISION_HASH 65

struct cv_provision_file {
	enum cv_provision_kind kind;
	char name[CV_PROVISION_NAME]; /* "trust/release.pub" */
	char *data;
	size_t size;
};

/** Files by name, ascending. Starts as all zeros. */
struct cv_provision_set {
	struct cv_provision_file files[CV_PROVISION_FILES_MAX];
	size_t n, size;
};

/** Where a file of the set goes, below the data folder. */
const char *cv_provision_target(const struct cv_provision_file *file);
mode_t cv_provision_mode(enum cv_provision_kind kind);

/**
 * Read a folder. Names that begin with a dot and what operating systems leave on sticks are passed
 * over; any other that is not in the table is a finding, and so is what is no regular file.
 *
 * @param credentials the folder is flat: "culvert.provision.trust--a.pub" stands for "trust/a.pub", and
 *        other names are of no concern.
 * @param set release it also after a failure.
 * @return 0, also where nothing is there; -EINVAL with findings; other negative errno with one.
 */
int cv_provision_read(const char *folder, bool credentials, struct cv_provision_set *set,
		      struct cv_diagnostics *diag);

void cv_provision_release(struct cv_provision_set *set);

/** SHA-256 of names and contents, hex. */
void cv_provision_hash(const struct cv_provision_set *set, char ret[CV_PROVISION_HASH]);

struct cv_provision_request {
	const char *data; /* the data folder: "/data/culvert" */
	const char *factory; /* the configuration that a new node has */
	const char *source; /* for people: "stick /dev/sdb1" */
	bool again; /* also where the node has been provisioned or configured */
};

enum cv_provision_outcome {
	CV_PROVISION_DONE,
	CV_PROVISION_ALREADY, /* with these very files */
	CV_PROVISION_REFUSED, /* the node has others; nothing was changed */
	CV_PROVISION_BEGUN, /* checked, and not all of it is in place: cv_provision_finish() goes on */
};

/**
 * Finish what was interrupted, by a power cut or a full disk: put in place what was checked, or forget
 * what was not.
 *
 * @return 1 something was put in place, 0 there was nothing to do; negative errno with a finding: what
 *         was checked is kept for the next time.
 */
int cv_provision_finish(const char *data, struct cv_diagnostics *diag);

/**
 * At a start: if the node has the factory's configuration, remember it. After an upgrade the factory's
 * is another one, and a node with the old one still is as new as before.
 */
void cv_provision_remember(const struct cv_provision_request *request);

/**
 * Check a set together with what the node has, and put it in place: all of it or nothing, whenever
 * the power goes. Written to the configuration's audit trail. What was begun is to be finished before.
 *
 * @param ret set on success; CV_PROVISION_BEGUN comes with a finding.
 * @return 0; -EINVAL with findings, other negative errno with a finding: nothing was changed.
 */
int cv_provision_install(const struct cv_provision_request *request,
			 const struct cv_provision_set *set, enum cv_provision_outcome *ret,
			 struct cv_diagnostics *diag);

/** `culvert-control provision`; argv[0] is "provision". @return exit code. */
int cv_provision_command(int argc, char **argv);

#endif
