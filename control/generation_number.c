/* SPDX-License-Identifier: Apache-2.0 */
#include "control/generation_number.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control/diag.h"

#define FILE_NAME "generation"

/* "NUMBER CRC": the checksum is that of the image compiled with that number. */
static bool read_last(const struct cv_config *config, uint64_t *number, uint32_t *crc)
{
	char path[PATH_MAX];
	FILE *in;
	bool good;

	if (snprintf(path, sizeof(path), "%s/" FILE_NAME, config->log_dir) >= (int)sizeof(path))
		return false;
	in = fopen(path, "re");
	if (!in)
		return false;
	good = fscanf(in, "%" SCNu64 " %" SCNx32, number, crc) == 2 && *number > 0 &&
	       *number < UINT64_MAX / 4;
	fclose(in);
	return good;
}

int cv_generation_number(const struct cv_config *config, struct cv_generation **ret,
			 struct cv_diagnostics *diag)
{
	uint64_t number = 1;
	uint32_t crc = 0;
	bool known = read_last(config, &number, &crc);
	int res = cv_config_compile(config, known ? number : 1, ret, diag);

	if (res < 0 || !known || (*ret)->crc32c == crc)
		return res;
	free(*ret);
	*ret = NULL;
	cv_diagnostics_free(diag); /* the same findings come again */
	return cv_config_compile(config, number + 1, ret, diag);
}

int cv_generation_number_keep(const struct cv_config *config, const struct cv_generation *gen)
{
	char path[PATH_MAX], fresh[PATH_MAX];
	bool done = false;
	FILE *out;

	if (snprintf(path, sizeof(path), "%s/" FILE_NAME, config->log_dir) >= (int)sizeof(path) ||
	    snprintf(fresh, sizeof(fresh), "%s/" FILE_NAME ".new", config->log_dir) >=
		    (int)sizeof(fresh))
		return -ENAMETOOLONG;
	out = fopen(fresh, "we");
	if (out) {
		done = fprintf(out, "%" PRIu64 " %08" PRIx32 "\n", gen->number, gen->crc32c) > 0;
		done = fflush(out) == 0 && fsync(fileno(out)) == 0 && done;
		done = fclose(out) == 0 && done;
	}
	if (done && rename(fresh, path) == 0)
		return 0;
	/* On a full disk control must still start and serve; the number may then repeat. */
	cv_diag("warning", "cannot keep the generation's number in %s (%s)", path, strerror(errno));
	return 0;
}
