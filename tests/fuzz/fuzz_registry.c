/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files of devices as anybody may write them: CSV and NDJSON (the first byte says which). Each row
 * gives a device or is told of; a device that is read is written so that it reads as the same.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/registry/transfer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct told {
	unsigned int n;
	unsigned long line;
};

static void tell(void *owner, const struct cv_registry_fault *f)
{
	struct told *t = owner;

	if (f->line == 0 || f->column == 0 || !*f->text)
		abort();
	t->n++;
	t->line = f->line;
}

static void read_again(const struct cv_registry_device *d, enum cv_registry_format format)
{
	static struct cv_registry_reader r;
	char a[CV_REGISTRY_TEXT_MAX], b[CV_REGISTRY_TEXT_MAX];
	static char text[16384];
	struct cv_registry_device again;
	struct told told = {0};
	FILE *f = fmemopen(text, sizeof(text), "w+");

	if (!f || cv_registry_write_head(format, f) < 0 ||
	    cv_registry_write_device(d, format, f) < 0 || fflush(f) != 0)
		abort();
	rewind(f);
	cv_registry_reader_init(&r, f, format, tell, &told);
	if (cv_registry_reader_next(&r, &again) != 1 || told.n)
		abort();
	for (unsigned int i = 0; i < CV_REGISTRY_FIELD_COUNT; i++) {
		if (strcmp(cv_registry_field_get(d, i, a), cv_registry_field_get(&again, i, b)))
			abort();
	}
	fclose(f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct cv_registry_reader r;
	enum cv_registry_format format;
	struct cv_registry_device d;
	struct told told = {0};
	FILE *f;
	int res;

	if (size < 2)
		return 0;
	format = data[0] % 2 ? CV_REGISTRY_NDJSON : CV_REGISTRY_CSV;
	f = fmemopen((void *)(uintptr_t)(data + 1), size - 1, "r");
	if (!f)
		abort();
	cv_registry_reader_init(&r, f, format, tell, &told);
	do {
		unsigned int before = told.n;

		res = cv_registry_reader_next(&r, &d);
		if ((res < 0) != (told.n > before))
			abort();
		if (res > 0)
			read_again(&d, format);
	} while (res > 0 || res == -EINVAL);
	if (res == 0 && r.bytes != size - 1 && data[1] != 0xef)
		abort(); /* something was passed over */
	fclose(f);
	return 0;
}
