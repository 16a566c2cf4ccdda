/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Explaining: any bytes as any protocol. Every byte is in exactly one field, in order; a group holds
 * what is deeper behind it; nothing outside of the message is read (exact-size copy).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/explain/explain.h"

#include "decoder_list.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void wrong(const struct cv_explain *x, unsigned int field, const char *what)
{
	fprintf(stderr, "field %u \"%s\" at %u: %s\n", field, x->field[field].name,
		x->field[field].at, what);
	abort();
}

static void check(const struct cv_explain *x, size_t size)
{
	size_t at = 0;

	for (unsigned int i = 0; i < x->count; i++) {
		const struct cv_explain_field *f = &x->field[i];

		if (f->at != at)
			wrong(x, i, "does not begin where the one before it ends");
		if (f->len > size - at)
			wrong(x, i, "reaches behind the end");
		if (f->name[0] == '\0' || f->depth > CV_EXPLAIN_DEPTH_MAX)
			wrong(x, i, "no name, or too deep");
		if (!f->group && f->len == 0)
			wrong(x, i, "is empty");
		at += f->group ? 0 : f->len;
	}
	if (at != size) {
		fprintf(stderr, "%zu of %zu bytes explained\n", at, size);
		abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cv_explain *x = malloc(sizeof(*x));
	uint8_t *copy = malloc(size ? size : 1);

	if (x == NULL || copy == NULL)
		abort();
	if (size != 0)
		memcpy(copy, data, size);
	for (unsigned int proto = 1; proto < CV_PROTO_COUNT && size <= 8192; proto++) {
		cv_explain_message(x, proto, copy, size, false);
		check(x, size);
		cv_explain_message(x, proto, copy, size, true);
		check(x, size);
	}
	free(copy);
	free(x);
	return 0;
}
