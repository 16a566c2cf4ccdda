/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes that cv_record_check() lets pass become one line of valid JSON in valid UTF-8 that
 * fits, and the same one twice. Input: the record.
 */
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/normalize/cloudevent.h"
#include "tests/fuzz/fuzz_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct cv_record *rec)
{
	char *line = malloc(CV_CLOUDEVENT_MAX), *again = malloc(CV_CLOUDEVENT_MAX);
	size_t len = cv_cloudevent_json(rec, "node", rec->packet, line, CV_CLOUDEVENT_MAX);
	json_error_t error;
	json_t *event;

	if (len == 0 || memchr(line, '\n', len))
		abort();
	if (cv_cloudevent_json(rec, "node", rec->packet, again, len) != len ||
	    memcmp(line, again, len) != 0)
		abort();
	/* Zeros inside of texts are legal JSON (\u0000); jansson wants to be told. */
	event = json_loadb(line, len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
	if (!event) {
		fprintf(stderr, "%s: %.*s\n", error.text, (int)len, line);
		abort();
	}
	json_decref(event);
	free(line);
	free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cv_record *rec = fuzz_record(data, size);

	if (rec)
		check(rec);
	free(rec);
	return 0;
}
