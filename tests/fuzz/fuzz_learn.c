/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Learning from hostile frames: whatever they are, what is written is a policy that the compiler
 * takes, and every frame is accounted for. Input: a little-endian pcap file with whatever lengths
 * it claims.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/offline/learn.h"
#include "control/policy/policy.h"

#define FILE_HEAD 24
#define RECORD_HEAD 16
#define FRAME_MAX 65536

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "fuzz_learn: %s\n", what);
	abort();
}

static void feed(struct cv_learn *l, const uint8_t *data, size_t size)
{
	struct cv_source_frame frame = {.supported = true};
	size_t at = FILE_HEAD;

	while (at + RECORD_HEAD <= size) {
		uint32_t head[4];
		uint8_t *copy;

		memcpy(head, data + at, sizeof(head));
		at += RECORD_HEAD;
		frame.captured = head[2] < size - at ? head[2] : (uint32_t)(size - at);
		frame.len = frame.captured;
		if (head[3] > frame.len && head[3] < FRAME_MAX)
			frame.len = head[3];
		frame.ts_ns = (int64_t)head[0] * 1000000000 + head[1];
		frame.number++;
		copy = calloc(1, frame.len ? frame.len : 1);
		check(copy != NULL, "no memory");
		memcpy(copy, data + at, frame.captured);
		frame.data = copy;
		cv_learn_frame(l, &frame);
		free(copy);
		at += frame.captured;
	}
}

/* What is written is accepted, names and limits and all. */
static void check_policy(const char *text, size_t len)
{
	struct cv_generation_build *build = NULL;
	struct cv_diagnostics diag = {0};
	struct cv_generation *gen = NULL;
	struct cv_policy *policy = NULL;

	check(cv_policy_parse("learned", text, len, &policy, &diag) == 0, text);
	check(cv_generation_build_create(&build) == 0, "no memory");
	check(cv_policy_compile(policy, &(struct cv_policy_target){0}, build, &diag) == 0,
	      "does not compile");
	check(cv_generation_build_finish(build, &gen) == 0, "is no generation");
	free(gen);
	cv_generation_build_destroy(build);
	cv_policy_free(policy);
	cv_diagnostics_free(&diag);
}

static void check_sums(const struct cv_learn *l, const struct cv_learn_shape *s)
{
	uint64_t sum = l->non_ip + l->fragments + l->forgotten;

	for (int i = 0; i < CV_REASON_COUNT; i++)
		sum += l->bad[i];
	for (int i = 0; i < CV_LEARN_LEFT_OUT_COUNT; i++)
		sum += s->left[i].packets;
	check(sum == l->frames, "a frame is not accounted for");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cv_learn_wish wish = {.prefixes = CV_LEARN_PREFIXES, .headroom = 2};
	char *names[] = {(char *)(uintptr_t) "fuzz.pcap"};
	struct cv_learn_origin origin = {
		.sources = names, .count = 1, .headroom = 2, .constraints = true, .bind = true};
	struct cv_learn_shape shape;
	struct cv_learn *l = NULL;
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	check(out && cv_learn_start(NULL, 0, &l) == 0, "no memory");
	feed(l, data, size);
	cv_learn_finish(l);
	check(cv_learn_shape(l, &wish, &shape) == 0, "no shape");
	check_sums(l, &shape);
	check(cv_learn_write(l, &shape, &origin, out) == 0, "cannot write");
	fclose(out);
	check_policy(text, len);
	free(text);
	cv_learn_shape_free(&shape);
	cv_learn_free(l);
	return 0;
}
