/* SPDX-License-Identifier: Apache-2.0 */
/* Samples and vectors, and streams cut in every way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/decode/decode_test.h"

size_t decode_sample(const char *name, uint8_t *out, size_t max)
{
	char path[4096];
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "%s/tests/samples/%s", CV_SOURCE_ROOT, name);
	f = fopen(path, "rb");
	if (f == NULL) {
		perror(path);
		abort();
	}
	n = fread(out, 1, max, f);
	if (fgetc(f) != EOF) {
		fprintf(stderr, "%s: longer than %zu bytes\n", path, max);
		abort();
	}
	fclose(f);
	return n;
}

unsigned int decode_vectors(const char *file, unsigned int columns,
			    void (*row)(void *arg, char *const *column), void *arg)
{
	const char *shared = getenv("CULVERT_SHARED");
	char *line = NULL, *column[DECODE_COLUMNS_MAX], *at, path[4096];
	unsigned int rows = 0;
	size_t size = 0;
	FILE *f;

	assert_true(columns <= DECODE_COLUMNS_MAX);
	snprintf(path, sizeof(path), "%s/protocols/vectors/%s",
		 shared ? shared : CV_SOURCE_ROOT "/../shared", file);
	f = fopen(path, "r");
	if (f == NULL)
		return 0;
	while (getline(&line, &size, f) > 0) {
		unsigned int n = 0;

		if (line[0] == '#')
			continue;
		line[strcspn(line, "\n")] = '\0';
		for (at = line; n < columns && at; n++)
			column[n] = strsep(&at, "\t");
		if (n != columns)
			fail_msg("%s, row %u: %u columns, not %u", path, rows + 1, n, columns);
		row(arg, column);
		rows++;
	}
	free(line);
	fclose(f);
	return rows;
}

static void same_record(const struct cv_record *a, const struct cv_record *b, size_t cut)
{
	uint8_t head[2][sizeof(*a)];

	if (a->size != b->size)
		fail_msg("cut %zu: a record of %u bytes, not %u", cut, b->size, a->size);
	memcpy(head[0], a, sizeof(head[0]));
	memcpy(head[1], b, sizeof(head[1]));
	for (int i = 0; i < 2; i++) /* which segment brought it is no matter */
		memset(head[i] + offsetof(struct cv_record, packet), 0, sizeof(a->packet));
	assert_memory_equal(head[0], head[1], sizeof(head[0]));
	assert_memory_equal(a + 1, b + 1, a->size - sizeof(*a));
}

/* @param cut says which way of cutting it was, for the message. */
static void same_results(const struct decode_run *a, const struct decode_run *b, size_t cut)
{
	if (a->messages != b->messages || a->rejected != b->rejected || a->records != b->records)
		fail_msg("cut %zu: %zu messages, %zu rejected, %zu records; whole: %zu, %zu, %zu",
			 cut, b->messages, b->rejected, b->records, a->messages, a->rejected,
			 a->records);
	for (size_t i = 0; i < a->rejected && i < DECODE_REJECTS_MAX; i++) {
		assert_int_equal(a->reject[i], b->reject[i]);
		assert_int_equal(a->reject_at[i], b->reject_at[i]);
	}
	for (size_t i = 0; i < a->records; i++)
		same_record(a->record[i], b->record[i], cut);
}

static struct decode_run *stream_run(const struct cv_decoder *decoder,
				     const struct cv_generation *gen)
{
	struct decode_run *r = decode_run_new(decoder, gen);

	r->origin.ip_proto = 6;
	r->origin.dport = decoder->tcp_ports[0];
	return r;
}

void decode_any_cut(const struct cv_decoder *decoder, const struct cv_generation *gen,
		    bool from_client, const void *data, size_t len)
{
	struct decode_run *whole = stream_run(decoder, gen);
	const uint8_t *bytes = data;

	decode_segment(whole, from_client, bytes, len);
	if (whole->messages == 0)
		fail_msg("%s: nothing of the stream is decoded", decoder->name);
	for (size_t cut = 1; cut < len; cut++) {
		struct decode_run *r = stream_run(decoder, gen);

		decode_segment(r, from_client, bytes, cut);
		decode_segment(r, from_client, bytes + cut, len - cut);
		same_results(whole, r, cut);
		decode_run_free(r);
	}
	for (uint32_t seed = 0; seed < 32; seed++) {
		struct decode_run *r = stream_run(decoder, gen);

		if (seed == 0)
			decode_chunks(r, from_client, bytes, len, 1);
		else
			decode_random_chunks(r, from_client, bytes, len, seed);
		same_results(whole, r, len + seed);
		decode_run_free(r);
	}
	decode_run_free(whole);
}
