/* SPDX-License-Identifier: Apache-2.0 */
/* A configuration file of any bytes: findings or a configuration whose dump reads back the same. */
#include <stdlib.h>
#include <string.h>

#include "control/config/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *show(const struct cv_config *config, size_t *len)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, len);

	if (!out)
		abort();
	cv_config_show(config, out);
	fclose(out);
	return text;
}

static void check_round_trip(const struct cv_config *config)
{
	struct cv_diagnostics diag = {0};
	struct cv_config *again = NULL;
	size_t len = 0, len_again = 0;
	char *text = show(config, &len), *text_again;

	if (cv_config_parse("shown", text, len, &again, &diag) < 0) {
		cv_diagnostics_print(&diag, stderr);
		abort();
	}
	text_again = show(again, &len_again);
	if (len != len_again || memcmp(text, text_again, len) != 0)
		abort();
	free(text);
	free(text_again);
	cv_config_free(again);
	cv_diagnostics_free(&diag);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cv_diagnostics diag = {0};
	struct cv_config *config = NULL;

	if (cv_config_parse("fuzz", (const char *)data, size, &config, &diag) == 0)
		check_round_trip(config);
	else if (diag.errors == 0)
		abort(); /* refused without a word */
	cv_config_free(config);
	cv_diagnostics_free(&diag);
	return 0;
}
