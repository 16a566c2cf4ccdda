/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_decode: what messages cost to decode into records. Of every decoder ns per message, warm
 * and cold; of some beside a peer over the same bytes, turn by turn (decode_pairs.h).
 *
 *     bench_decode TURNS [MESSAGES [PROTOCOL]]      prints one JSON object
 *
 * MESSAGES is how many each side takes in a turn, about. With PROTOCOL that one alone is decoded,
 * without peers and warm: for a profile.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <x86intrin.h>

#include "tests/decode/vendor_test.h"
#include "tests/perf/decode_pairs.h"

#define MESSAGES 100000
/* Of each protocol, since emptying the caches takes milliseconds. */
#define COLD 16

_Noreturn void pairs_fail(const char *row, const char *what)
{
	fprintf(stderr, "bench_decode: %s: %s\n", row, what);
	exit(1);
}

struct subject *pairs_subject(enum cv_proto proto, const struct cv_generation *gen)
{
	struct subject *s = subject_new(proto, gen);

	if (s == NULL)
		pairs_fail(cv_proto_name(proto), "out of memory");
	return s;
}

static double tsc_ghz(void)
{
	double start = bench_now(), end;
	uint64_t tsc = __rdtsc();

	while ((end = bench_now()) - start < 5e7)
		;
	return (double)(__rdtsc() - tsc) / (end - start);
}

static unsigned int rounds_of(const struct subject *s, unsigned int messages)
{
	return messages / s->count + 1;
}

static struct subject *protocol_subject(enum cv_proto proto)
{
	const struct cv_generation *gen =
		proto == CV_PROTO_VENDOR
			? vendor_generation(&vendor_terminal, vendor_terminal_fields)
			: NULL;
	struct subject *s = pairs_subject(proto, gen);

	if (!subject_from_citysim(s) && !subject_from_samples(s))
		pairs_fail(s->decoder->name, "has no message that it takes");
	return s;
}

static void protocol(enum cv_proto proto, unsigned int turns, unsigned int messages)
{
	struct subject *s = protocol_subject(proto);
	unsigned int rounds = rounds_of(s, messages);
	double taken = (double)rounds * s->count;

	printf("%s{\"name\": \"%s\", \"from\": \"%s\", \"messages\": %u, \"bytes\": %lu, "
	       "\"records\": %lu, \"turns\": [",
	       proto > 1 ? ",\n" : "", s->decoder->name, s->source, s->count, s->wire, s->records);
	for (unsigned int i = 0; i < turns; i++) {
		double cold = subject_cold(s, messages < MESSAGES ? 2 : COLD);

		subject_pass(s, 1);
		printf("%s{\"warm_ns\": %.1f, \"cold_ns\": %.0f}", i ? ", " : "",
		       subject_pass(s, rounds) / taken, cold);
	}
	printf("]}");
	subject_free(s);
}

/* The same work: the same records each time, as many as the messages made at first. */
static void compare(const struct pair *p, unsigned int turns, unsigned int messages, bool first)
{
	unsigned int rounds = rounds_of(p->subject, messages);
	double taken = (double)rounds * p->subject->count;

	printf("%s{\"name\": \"%s\", \"a\": \"%s\", \"b\": \"%s\", \"goal\": \"%s\", "
	       "\"messages\": %u, \"bytes\": %lu, \"records\": %lu, \"turns\": [",
	       first ? "" : ",\n", p->name, p->a, p->b, p->goal, p->subject->count,
	       p->subject->wire, p->subject->records);
	for (unsigned int i = 0; i < turns; i++) {
		uint64_t before = subject_records(p->subject);
		double a = p->ours(p->subject, rounds), b = p->peer(p->subject, rounds);
		uint64_t made = subject_records(p->subject) - before;

		if (made != 0 && made != rounds * p->subject->records)
			pairs_fail(p->name, "not the records of the first time");
		printf("%s{\"culvert_ns\": %.1f, \"peer_ns\": %.1f}", i ? ", " : "", a / taken,
		       b / taken);
	}
	printf("]}");
}

/* The fastest turn: what else runs on the machine only adds. */
static void alone(const char *name, unsigned int turns, unsigned int messages)
{
	int proto = cv_proto_by_name(name, strlen(name));
	double best = 0;
	struct subject *s;

	if (proto <= 0)
		pairs_fail(name, "there is no such decoder");
	s = protocol_subject((enum cv_proto)proto);
	for (unsigned int i = 0; i < turns; i++) {
		double ns = subject_pass(s, rounds_of(s, messages));

		best = i == 0 || ns < best ? ns : best;
	}
	printf("{\"name\": \"%s\", \"records\": %.1f, \"warm_ns\": %.1f}\n", name,
	       (double)s->records / s->count, best / ((double)rounds_of(s, messages) * s->count));
	subject_free(s);
}

static void all_pairs(unsigned int turns, unsigned int messages)
{
	struct pair pairs[PAIRS_MAX];
	unsigned int count = pairs_coap(pairs);

#ifdef HAVE_SIMDJSON
	count += pairs_json(pairs + count);
#endif
	count += pairs_sums(pairs + count);
	for (unsigned int i = 0; i < count; i++)
		compare(&pairs[i], turns, messages, i == 0);
}

int main(int argc, char **argv)
{
	int turns = argc > 1 ? atoi(argv[1]) : 0;
	int messages = argc > 2 ? atoi(argv[2]) : MESSAGES;
	struct subject *any;

	if (turns < 1 || messages < 1) {
		fputs("usage: bench_decode TURNS [MESSAGES [PROTOCOL]]\n", stderr);
		return 1;
	}
	if (argc > 3) {
		alone(argv[3], (unsigned int)turns, (unsigned int)messages);
		return 0;
	}
	any = pairs_subject(CV_PROTO_COAP, NULL);
	printf("{\"tsc_ghz\": %.4f, \"empty_record_ns\": %.2f,\n\"protocols\": [", tsc_ghz(),
	       subject_empty_record(any, (unsigned int)messages));
	subject_free(any);
	for (unsigned int proto = 1; proto < CV_PROTO_COUNT; proto++)
		protocol((enum cv_proto)proto, (unsigned int)turns, (unsigned int)messages);
	printf("],\n\"pairs\": [");
	all_pairs((unsigned int)turns, (unsigned int)messages);
	printf("]}\n");
	return 0;
}
