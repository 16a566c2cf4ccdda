/* SPDX-License-Identifier: Apache-2.0 */
#include "control/update/seen.h"

#include <errno.h>
#include <string.h>

#include "control/update/update.h"

#define FILE_NAME "fleet.json"

int cv_update_seen_read(const char *dir, struct cv_update_seen *ret)
{
	struct cv_update_seen seen = {0};
	const char *sha256, *version;
	json_int_t serial, tries;
	json_t *doc = NULL;
	int r = cv_update_read_json(dir, FILE_NAME, &doc);

	if (r == -ENOENT) {
		*ret = seen;
		return 0;
	}
	if (r == 0 && (json_unpack(doc, "{s:I, s:s, s:s, s:I}", "serial", &serial, "sha256",
				   &sha256, "version", &version, "tries", &tries) < 0 ||
		       strlen(sha256) >= sizeof(seen.sha256) ||
		       strlen(version) >= sizeof(seen.version) || serial < 0 || tries < 0))
		r = -EBADMSG;
	if (r == 0) {
		seen.serial = (uint64_t)serial;
		seen.tries = (uint64_t)tries;
		strcpy(seen.sha256, sha256);
		strcpy(seen.version, version);
		*ret = seen;
	}
	json_decref(doc);
	return r;
}

int cv_update_seen_write(const char *dir, const struct cv_update_seen *seen)
{
	return cv_update_replace(dir, FILE_NAME,
				 json_pack("{s:I, s:s, s:s, s:I}", "serial",
					   (json_int_t)seen->serial, "sha256", seen->sha256,
					   "version", seen->version, "tries",
					   (json_int_t)seen->tries));
}
