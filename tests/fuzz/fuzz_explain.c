/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Explaining: any bytes as any protocol. Every byte is in exactly one field, in order; a group holds
 * what is deeper behind it; nothing outside of the message is read (exact-size copy).
 */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/explain/explain.h"
#include "dataplane/policy/generation.h"

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

/* A description with everything: places that overlap, bits, a type that decides, a check code. */
static struct {
	struct cv_generation gen;
	struct cv_gen_vendor vendor;
	struct cv_gen_vendor_field field[4];
} made = {
	.gen = {.vendors = {offsetof(__typeof__(made), vendor), 1},
		.vendor_fields = {offsetof(__typeof__(made), field), 4}},
	.vendor = {.name = "made",
		   .sync = {0xa5, 0x5a},
		   .end = {0x55},
		   .sync_len = 2,
		   .end_len = 1,
		   .length_size = 1,
		   .length_at = 4,
		   .min = 12,
		   .max = 200,
		   .checksum = CV_VENDOR_SUM8,
		   .checksum_end = 2,
		   .id_at = 5,
		   .id_size = 4,
		   .type_at = 9,
		   .type_size = 1,
		   .time_format = CV_VENDOR_TIME_EPOCH,
		   .time_at = 10,
		   .count = 4},
	.field = {{.when = CV_VENDOR_ANY,
		   .at = 3,
		   .size = 2,
		   .type = CV_VENDOR_TYPE_U16,
		   .name = "raw.a"},
		  {.when = 1, .at = 12, .size = 8, .type = CV_VENDOR_TYPE_ASCII, .name = "raw.b"},
		  {.when = CV_VENDOR_ANY, .at = 12, .size = 1, .bits = 3, .name = "raw.c"},
		  {.when = CV_VENDOR_ANY, .at = 60, .size = 4, .name = "raw.d"}},
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cv_explain *x = malloc(sizeof(*x));
	uint8_t *copy = malloc(size ? size : 1);

	if (x == NULL || copy == NULL)
		abort();
	if (size != 0)
		memcpy(copy, data, size);
	for (unsigned int proto = 1; proto < CV_PROTO_COUNT && size <= 8192; proto++) {
		cv_explain_message(x, proto, &made.gen, copy, size, false);
		check(x, size);
		cv_explain_message(x, proto, &made.gen, copy, size, true);
		check(x, size);
	}
	free(copy);
	free(x);
	return 0;
}
