/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A list of quarantined devices of any bytes: findings, or a list in order whose entries, shown,
 * read back the same. A change that is then made to it by its own entries leaves it empty.
 */
#include <stdlib.h>
#include <string.h>

#include "control/nft/quarantine.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_entry(const struct cv_quarantine_entry *e)
{
	struct cv_quarantine_entry again;
	char text[CV_QUARANTINE_TEXT_MAX];

	cv_quarantine_entry_show(e, text);
	if (cv_quarantine_entry_parse(text, &again) || memcmp(e, &again, sizeof(again)) != 0)
		abort();
}

static void check_list(struct cv_quarantine *q)
{
	size_t n = 0;

	for (unsigned int kind = 0; kind < CV_QUARANTINE_KIND_COUNT; kind++)
		n += cv_quarantine_count(q, (enum cv_quarantine_kind)kind);
	if (n != q->n)
		abort();
	for (size_t i = 0; i < q->n; i++) {
		check_entry(&q->entries[i]);
		if (i && memcmp(&q->entries[i - 1], &q->entries[i], sizeof(*q->entries)) >= 0)
			abort();
	}
	while (q->n) {
		struct cv_quarantine_entry e = q->entries[q->n / 2];

		if (cv_quarantine_add(q, &e) != 0 || cv_quarantine_remove(q, &e) != 1)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cv_diagnostics diag = {0};
	struct cv_quarantine q = {0};

	if (cv_quarantine_parse("fuzz", (const char *)data, size, &q, &diag) == 0)
		check_list(&q);
	else if (diag.errors == 0 || q.n)
		abort(); /* refused without a word, or not altogether */
	cv_quarantine_free(&q);
	cv_diagnostics_free(&diag);
	return 0;
}
