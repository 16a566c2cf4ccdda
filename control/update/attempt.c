/* SPDX-License-Identifier: Apache-2.0 */
/* What became of the last attempt, on disk; and small questions to the running system. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "control/text/replace_file.h"
#include "control/update/update.h"

#define FILE_NAME "attempt.json"
#define PATH_SIZE 512

#define NAME_ROW(id, name) name,
static const char *const names[] = {CV_UPDATE_PHASES(NAME_ROW)};

const char *cv_update_phase_name(enum cv_update_phase phase)
{
	return phase < CV_UPDATE_PHASE_COUNT ? names[phase] : "unknown";
}

/* A text of the file. @return false where it is missing or too long. */
static bool take(const json_t *doc, const char *key, char *ret, size_t size)
{
	const char *text = json_string_value(json_object_get(doc, key));

	if (!text || strlen(text) >= size)
		return false;
	memcpy(ret, text, strlen(text) + 1);
	return true;
}

static int read_doc(const json_t *doc, struct cv_update_attempt *ret)
{
	struct cv_update_attempt a = {0};
	char phase[16];
	int i = 0;

	if (!take(doc, "phase", phase, sizeof(phase)) ||
	    !take(doc, "slot", a.slot, sizeof(a.slot)) ||
	    !take(doc, "version", a.version, sizeof(a.version)) ||
	    !take(doc, "from", a.from, sizeof(a.from)) ||
	    !take(doc, "boot", a.boot, sizeof(a.boot)))
		return -EBADMSG;
	while (i < CV_UPDATE_PHASE_COUNT && strcmp(names[i], phase) != 0)
		i++;
	if (i == CV_UPDATE_PHASE_COUNT)
		return -EBADMSG;
	a.phase = (enum cv_update_phase)i;
	a.since = json_integer_value(json_object_get(doc, "since"));
	a.restore = json_is_true(json_object_get(doc, "restore"));
	*ret = a;
	return 0;
}

int cv_update_read_json(const char *dir, const char *name, json_t **ret)
{
	char path[PATH_SIZE];
	FILE *f;

	if (snprintf(path, sizeof(path), "%s/%s", dir, name) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	f = fopen(path, "re");
	if (!f)
		return -errno;
	*ret = json_loadf(f, JSON_REJECT_DUPLICATES, NULL);
	fclose(f);
	return *ret ? 0 : -EBADMSG;
}

int cv_update_read(const char *dir, struct cv_update_attempt *ret)
{
	json_t *doc = NULL;
	int r = cv_update_read_json(dir, FILE_NAME, &doc);

	if (r == 0)
		r = read_doc(doc, ret);
	json_decref(doc);
	if (r != -ENOENT)
		return r;
	*ret = (struct cv_update_attempt){0};
	return 0;
}

int cv_update_replace(const char *dir, const char *name, json_t *doc)
{
	char path[PATH_SIZE], *text = json_dumps(doc, JSON_INDENT(1));
	int r = 0;

	json_decref(doc);
	if (!text)
		return -ENOMEM;
	if (snprintf(path, sizeof(path), "%s/%s", dir, name) >= (int)sizeof(path))
		r = -ENAMETOOLONG;
	if (r == 0)
		r = cv_replace_file(path, text, strlen(text), 0644);
	if (r == 0)
		r = cv_sync_folder(dir);
	free(text);
	return r;
}

int cv_update_write(const char *dir, const struct cv_update_attempt *a)
{
	return cv_update_replace(dir, FILE_NAME,
				 json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:b}", "phase",
					   cv_update_phase_name(a->phase), "slot", a->slot,
					   "version", a->version, "from", a->from, "boot", a->boot,
					   "since", (json_int_t)a->since, "restore", a->restore));
}

/* Of a version: release, what comes before it ("-rc1", "~rc1"), what was built from it ("+2026"). */
struct version {
	char release[CV_UPDATE_VERSION], before[CV_UPDATE_VERSION];
	const char *build;
};

static struct version version_of(const char *text)
{
	size_t release = strcspn(text, "-~+");
	size_t before = strcspn(text + release, "+");
	struct version v = {.build = text + release + before};

	snprintf(v.release, sizeof(v.release), "%.*s", (int)release, text);
	snprintf(v.before, sizeof(v.before), "%.*s", (int)before, text + release);
	if (v.before[0] == '~')
		v.before[0] = '-';
	return v;
}

bool cv_update_older(const char *a, const char *b)
{
	struct version va = version_of(a), vb = version_of(b);
	int r = strverscmp(va.release, vb.release);

	/* Semantic Versioning 2.0.0, 11: what comes before a release is older than the release. */
	if (r == 0 && (*va.before == '\0') != (*vb.before == '\0'))
		r = *va.before ? -1 : 1;
	if (r == 0)
		r = strverscmp(va.before, vb.before);
	if (r == 0)
		r = strverscmp(va.build, vb.build);
	return r < 0;
}

bool cv_update_is_alone(void)
{
	int fd = open(CV_UPDATE_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 || flock(fd, LOCK_EX | LOCK_NB) == 0;
}

int cv_update_word(const char *cmdline, const char *key, char *ret, size_t size)
{
	size_t len = strlen(key);

	for (const char *at = cmdline; *at;) {
		size_t word = strcspn(at, " \t\n");

		if (word > len && strncmp(at, key, len) == 0 && at[len] == '=' &&
		    word - len - 1 < size) {
			memcpy(ret, at + len + 1, word - len - 1);
			ret[word - len - 1] = '\0';
			return 0;
		}
		at += word;
		at += strspn(at, " \t\n");
	}
	return -ENOENT;
}

/* "0.2.0" of IMAGE_VERSION=0.2.0 */
static int image_version(char ret[CV_UPDATE_VERSION])
{
	char line[256];
	int r = -ENOENT;
	FILE *f = fopen("/etc/os-release", "re");

	if (!f)
		return -errno;
	while (r < 0 && fgets(line, sizeof(line), f)) {
		size_t len;

		if (strncmp(line, "IMAGE_VERSION=", 14) != 0)
			continue;
		len = strcspn(line + 14, "\n");
		if (len == 0 || len >= CV_UPDATE_VERSION)
			break;
		memcpy(ret, line + 14, len);
		ret[len] = '\0';
		r = 0;
	}
	fclose(f);
	return r;
}

int cv_update_self(struct cv_update_self *ret)
{
	struct cv_update_self self = {0};
	char line[4096] = "";
	FILE *f = fopen("/proc/cmdline", "re");

	if (!f)
		return -errno;
	if (!fgets(line, sizeof(line), f))
		line[0] = '\0';
	fclose(f);
	if (cv_update_word(line, "rauc.slot", self.slot, sizeof(self.slot)) < 0 ||
	    (strcmp(self.slot, "A") != 0 && strcmp(self.slot, "B") != 0) ||
	    image_version(self.version) < 0)
		return -ENOTSUP;
	snprintf(self.other, sizeof(self.other), "%s", self.slot[0] == 'A' ? "B" : "A");
	*ret = self;
	return 0;
}

/* EROFS begins with its superblock at byte 1024. */
bool cv_update_has_system(const char *slot)
{
	static const unsigned char magic[] = {0xe2, 0xe1, 0xf5, 0xe0};
	unsigned char found[sizeof(magic)] = {0};
	const char *path = strcmp(slot, "A") == 0 ? "/dev/disk/by-partlabel/root-a"
						  : "/dev/disk/by-partlabel/root-b";
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool has = fd >= 0 && pread(fd, found, sizeof(found), 1024) == (ssize_t)sizeof(found) &&
		   memcmp(found, magic, sizeof(magic)) == 0;

	if (fd >= 0)
		close(fd);
	return has;
}

bool cv_update_on_trial(const struct cv_update_self *self, const struct cv_update_attempt *attempt)
{
	/*
	 * RAUC tells the firmware before it ends: a power cut between that and the phase TRIAL starts
	 * the slot, which is whole then, with INSTALLING on the disk.
	 */
	return (attempt->phase == CV_UPDATE_TRIAL || attempt->phase == CV_UPDATE_INSTALLING) &&
	       strcmp(self->slot, attempt->slot) == 0;
}

bool cv_update_was_left(const struct cv_update_self *self, const struct cv_update_attempt *attempt)
{
	char boot[CV_BOOT_ID_SIZE];

	cv_boot_id(boot);
	return (attempt->phase == CV_UPDATE_TRIAL || attempt->phase == CV_UPDATE_INSTALLING) &&
	       strcmp(self->slot, attempt->slot) != 0 && strcmp(attempt->boot, boot) != 0;
}
