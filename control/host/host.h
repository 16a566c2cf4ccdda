/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `culvert-control config host`: has the machine around Culvert follow the configuration in force.
 * What a configuration says becomes a handful of files below /run, in the folders where
 * systemd-networkd, systemd-resolved, chrony and sshd look; whoever has to read them anew is told.
 * Only files of these names are written or removed. Doing it again changes nothing. No thread.
 */
#ifndef CV_HOST_H
#define CV_HOST_H

#include "control/config/config.h"

/*
 * What is set. A part owns the files of its folder whose names begin and end so.
 * id, name, folder, begins, ends
 */
#define CV_HOST_PARTS(X)                                                                           \
	X(NETWORK, "network", "/run/systemd/network", "10-culvert-", ".network")                   \
	X(DNS, "dns", "/run/systemd/resolved.conf.d", "10-culvert", ".conf")                       \
	X(TIME, "time", "/run/chrony-dhcp", "culvert", ".sources")                                 \
	X(LOGIN, "login", "/run/culvert-host", "", "")
#define CV_HOST_PART_ROW(id, name, folder, begins, ends) CV_HOST_##id,
enum cv_host_part { CV_HOST_PARTS(CV_HOST_PART_ROW) CV_HOST_PART_COUNT };

const char *cv_host_part_name(enum cv_host_part part);

/** Most files: an interface each, and the others. */
#define CV_HOST_FILES_MAX 32

struct cv_host_file {
	enum cv_host_part part;
	char name[64]; /* within the folder of its part */
	char *text;
	size_t len;
};

struct cv_host_files {
	struct cv_host_file files[CV_HOST_FILES_MAX];
	size_t n;
};

/**
 * The files that a configuration asks for.
 *
 * @param ret free with cv_host_release(), also after a failure.
 * @return 0 or -ENOMEM.
 */
int cv_host_files(const struct cv_config *config, struct cv_host_files *ret);

void cv_host_release(struct cv_host_files *files);

struct cv_host_result {
	bool changed[CV_HOST_PART_COUNT];
	unsigned int written, removed, same;
};

/**
 * Have the folders hold these files, and no other of ours. Each file is replaced whole.
 *
 * @param root put before each path; "" = the machine.
 * @param why set on failure: the path concerned, PATH_MAX bytes.
 * @return 0 or negative errno; what was done until then is done.
 */
int cv_host_sync(const char *root, const struct cv_host_files *files, struct cv_host_result *ret,
		 char *why);

/**
 * Tell who reads the parts that have changed.
 *
 * @param only_say print the commands, and run none.
 * @return how many of them failed; told on stderr.
 */
unsigned int cv_host_tell(const struct cv_host_result *result, bool only_say);

/**
 * The configuration in force: what control has left beside its socket, else the node's file.
 *
 * @param file paths within are relative to it either way.
 * @param in_force "" = look at the file alone.
 * @return as cv_config_load().
 */
int cv_host_load(const char *file, const char *in_force, struct cv_config **ret,
		 struct cv_diagnostics *diag);

#define CV_HOST_FILE "/etc/culvert/culvert.yaml"
#define CV_HOST_IN_FORCE "/run/culvert/in-force.yaml"

/** `culvert-control config host`. @param argv argv[0] is "host". @return exit code. */
int cv_host_command(int argc, char **argv);

#endif
