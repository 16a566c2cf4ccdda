/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a libFuzzer harness without libFuzzer, so that each harness is also a plain test with gcc:
 *
 *     fuzz_x [-runs=N] [-max_total_time=S] [-seed=S] [-max_len=L] [FILE|DIRECTORY]...
 *
 * First every seed as it is, then N inputs mutated from the seeds, or as many as S seconds have room
 * for. The same seed number and files
 * give the same inputs. Each input lies in a heap block of exactly its size, so that
 * AddressSanitizer sees the first byte read behind it.
 */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "tests/random.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	uint8_t *data;
	size_t size;
};

static struct input *seeds;
static size_t seed_count;
static size_t max_len = 65536;
static uint64_t prng;

static uint64_t next_random(void)
{
	return next_random_of(&prng);
}

static size_t below(size_t n)
{
	return n == 0 ? 0 : (size_t)(next_random() % n);
}

static void *must(void *p)
{
	if (p == NULL) {
		perror("fuzz");
		exit(2);
	}
	return p;
}

static void seed_add(const void *data, size_t size)
{
	struct input *s;

	seeds = must(realloc(seeds, (seed_count + 1) * sizeof(*seeds)));
	s = &seeds[seed_count++];
	s->data = must(malloc(size ? size : 1));
	s->size = size;
	if (size != 0)
		memcpy(s->data, data, size);
}

static void load_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *buf = must(malloc(max_len));
	size_t n;

	if (f == NULL) {
		fprintf(stderr, "fuzz: %s: %s\n", path, strerror(errno));
		exit(2);
	}
	n = fread(buf, 1, max_len, f);
	fclose(f);
	seed_add(buf, n);
	free(buf);
}

static void load(const char *path);

static void load_directory(const char *path)
{
	struct dirent **names;
	int n = scandir(path, &names, NULL, alphasort); /* sorted: the order decides the inputs */
	char sub[4096];

	for (int i = 0; i < n; i++) {
		if (names[i]->d_name[0] != '.') {
			snprintf(sub, sizeof(sub), "%s/%s", path, names[i]->d_name);
			load(sub);
		}
		free(names[i]);
	}
	if (n >= 0)
		free(names);
}

static void load(const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0) {
		fprintf(stderr, "fuzz: %s: %s\n", path, strerror(errno));
		exit(2);
	}
	if (S_ISDIR(st.st_mode))
		load_directory(path);
	else
		load_file(path);
}

static void run_one(const uint8_t *data, size_t size)
{
	uint8_t *copy = must(malloc(size ? size : 1));

	if (size != 0)
		memcpy(copy, data, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

static size_t insert(uint8_t *buf, size_t size, const uint8_t *from, size_t n)
{
	size_t at = below(size + 1);

	if (size + n > max_len)
		n = max_len - size;
	memmove(buf + at + n, buf + at, size - at);
	memmove(buf + at, from, n);
	return size + n;
}

static size_t erase(uint8_t *buf, size_t size)
{
	size_t at = below(size);
	size_t n = 1 + below(size - at < 64 ? size - at : 64);

	memmove(buf + at, buf + at + n, size - at - n);
	return size - n;
}

/* Values at the edges of length fields. */
static void set_edge(uint8_t *buf, size_t size)
{
	static const uint32_t edges[] = {
		0,	 1,	     0x7f,	 0x80, 0xff, 0x100,	 0x7fff,     0x8000, 0xffff,
		0x10000, 0x7fffffff, 0xffffffff, 12,   13,   0xfffffff0, 0x0fffffff, 4096,   1500};
	uint32_t v = edges[below(sizeof(edges) / sizeof(edges[0]))];
	size_t width = (size_t)1 << below(3);
	size_t at = below(size);

	for (size_t i = 0; i < width && at + i < size; i++)
		buf[at + i] = (uint8_t)(v >> (8 * (width - 1 - i)));
}

static size_t mutate_once(uint8_t *buf, size_t size)
{
	uint8_t piece[64];
	const struct input *other;

	if (size == 0) {
		buf[0] = (uint8_t)next_random();
		return 1;
	}
	switch (below(9)) {
	case 0:
		buf[below(size)] ^= (uint8_t)(1u << below(8));
		return size;
	case 1:
		buf[below(size)] = (uint8_t)next_random();
		return size;
	case 2:
		buf[below(size)] += (uint8_t)(below(2) ? 1 : -1);
		return size;
	case 3:
		set_edge(buf, size);
		return size;
	case 4:
		return erase(buf, size);
	case 5:
		return below(size) + 1; /* cut the tail */
	case 6:
		for (size_t i = 0; i < sizeof(piece); i++)
			piece[i] = (uint8_t)next_random();
		return insert(buf, size, piece, 1 + below(8));
	case 7: { /* repeat a piece of it */
		size_t at = below(size);
		size_t n = 1 + below(size - at < sizeof(piece) ? size - at : sizeof(piece));

		memcpy(piece, buf + at, n);
		return insert(buf, size, piece, n);
	}
	default: /* continue with the tail of another seed */
		other = &seeds[below(seed_count)];
		if (other->size != 0) {
			size_t keep = below(size + 1);
			size_t from = below(other->size);
			size_t n = other->size - from;

			if (keep + n > max_len)
				n = max_len - keep;
			memcpy(buf + keep, other->data + from, n);
			return keep + n;
		}
		return size;
	}
}

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* @param seconds 0 = until the runs are done. @return how many were. */
static unsigned long run_mutated(unsigned long runs, double seconds)
{
	uint8_t *buf = must(malloc(max_len + 64));
	double begin = now_s();
	unsigned long i;

	for (i = 0; i < runs && (seconds == 0 || now_s() - begin < seconds); i++) {
		const struct input *s = &seeds[below(seed_count)];
		size_t size = s->size;
		size_t steps = 1 + below(6);

		memcpy(buf, s->data, size);
		while (steps-- > 0)
			size = mutate_once(buf, size);
		run_one(buf, size);
	}
	free(buf);
	return i;
}

int main(int argc, char **argv)
{
	unsigned long runs = 1000;
	double seconds = 0;
	uint64_t seed = 1;
	size_t given;

	for (int i = 1; i < argc; i++) {
		if (strncmp(argv[i], "-runs=", 6) == 0)
			runs = strtoul(argv[i] + 6, NULL, 10);
		else if (strncmp(argv[i], "-max_total_time=", 16) == 0)
			seconds = strtod(argv[i] + 16, NULL);
		else if (strncmp(argv[i], "-seed=", 6) == 0)
			seed = strtoull(argv[i] + 6, NULL, 10);
		else if (strncmp(argv[i], "-max_len=", 9) == 0)
			max_len = strtoul(argv[i] + 9, NULL, 10);
		else
			load(argv[i]);
	}
	given = seed_count;
	if (given == 0)
		seed_add("", 0);
	prng = seed;
	if (seconds > 0)
		runs = ULONG_MAX;
	printf("fuzz: seed %" PRIu64 ", %zu seed inputs\n", seed, given);
	fflush(stdout);
	for (size_t i = 0; i < seed_count; i++)
		run_one(seeds[i].data, seeds[i].size);
	printf("fuzz: %lu mutated inputs\n", run_mutated(runs, seconds));
	for (size_t i = 0; i < seed_count; i++)
		free(seeds[i].data);
	free(seeds);
	return 0;
}
