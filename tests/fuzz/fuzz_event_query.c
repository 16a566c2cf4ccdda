/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a subscriber asks for, up to a line's end; then its filter on the record that follows, and
 * globs against a matcher that tries everything.
 */
#include <stdlib.h>
#include <string.h>

#include "control/subscriber/device_text.h"
#include "control/subscriber/event_query.h"
#include "control/text/glob.h"
#include "control/text/glob_list.h"
#include "dataplane/normalize/device_urn.h"

#define GLOB_MAX 32

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* By the definition; exponential, so for short texts only. */
static bool matches_slowly(const char *p, size_t n, const char *text, size_t len)
{
	if (n == 0)
		return len == 0;
	if (*p != '*')
		return len > 0 && *p == *text && matches_slowly(p + 1, n - 1, text + 1, len - 1);
	while (n > 1 && p[1] == '*') {
		p++;
		n--;
	}
	for (size_t i = 0; i <= len; i++) {
		if (matches_slowly(p + 1, n - 1, text + i, len - i))
			return true;
	}
	return false;
}

/* The first half is the pattern: its letters are made few, so that some match. */
static void check_glob(const uint8_t *data, size_t size)
{
	char text[GLOB_MAX];
	size_t n = size < GLOB_MAX ? size : GLOB_MAX, half = n / 2 < 12 ? n / 2 : 12;

	for (size_t i = 0; i < n; i++)
		text[i] = "ab*"[data[i] % (i < half ? 3 : 2)];
	if (cv_glob_matches(text, half, text + half, n - half) !=
	    matches_slowly(text, half, text + half, n - half))
		abort();
}

/* A list of patterns against its patterns one by one. */
static void check_list(const uint8_t *data, size_t size)
{
	char list[GLOB_MAX + 1];
	size_t n = size < GLOB_MAX ? size : GLOB_MAX, half = n / 4 * 3, bad = 0;
	struct cv_glob_list *compiled;
	bool any = false;

	for (size_t i = 0; i < n; i++)
		list[i] = "ab,*"[data[i] / 4 % (i < half ? 4 : 2)];
	list[half] = '\0';
	if (cv_glob_list_create(list, &compiled, &bad) < 0) {
		if (bad > half || (list[bad] != ',' && list[bad] != '\0'))
			abort();
		return;
	}
	list[half] = "ab"[size % 2];
	for (size_t at = 0, len; at < half; at += len + 1) {
		for (len = 0; at + len < half && list[at + len] != ','; len++)
			;
		any = any || matches_slowly(list + at, len, list + half, n - half);
	}
	if (any != cv_glob_list_matches(compiled, list + half, n - half))
		abort();
	cv_glob_list_destroy(compiled);
}

/* Who a record is about, written anew, and as it was kept. */
static void check_device(const struct cv_record *rec)
{
	char urn[CV_DEVICE_URN_MAX];
	struct cv_json j = cv_json(urn, sizeof(urn));
	bool named = cv_device_urn(rec, &j) && !j.failed;

	for (int turn = 0; turn < 2; turn++) {
		struct cv_device_text t = cv_device_text(rec);

		if (named != (t.text != NULL))
			abort();
		if (named && (t.len != (size_t)(j.at - urn) || memcmp(t.text, urn, t.len) != 0))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = memchr(data, '\n', size);
	size_t len = end ? (size_t)(end - data) : size;
	_Alignas(8) uint8_t rec[CV_RECORD_MAX];
	struct cv_http_refusal why = {{0}, {0}};
	struct cv_http_query query;
	struct cv_event_query q;

	check_glob(data, size);
	check_list(data, size);
	if (cv_http_query_parse((const char *)data, len, &query) < 0)
		return 0;
	if (cv_event_query_parse(&query, "", "", &q, &why) < 0) {
		if (!why.error[0] || !why.hint[0])
			abort();
		return 0;
	}
	if (q.lanes == 0 || !cv_event_filter_fingerprint(q.filter) != !q.filter)
		abort();
	if (end && size - len - 1 >= sizeof(struct cv_record) && size - len - 1 <= sizeof(rec)) {
		const struct cv_record *r = (const struct cv_record *)(const void *)rec;

		memcpy(rec, end + 1, size - len - 1);
		if (cv_record_check(r, size - len - 1) == 0) {
			check_device(r);
			if (cv_event_query_matches(&q, r) <
			    (r->kind == CV_KIND_GAP && q.from != CV_FROM_TIME))
				abort();
		}
	}
	cv_event_query_release(&q);
	return 0;
}
