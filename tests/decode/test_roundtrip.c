/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Round trip: what the simulator's encoders say is what the decoders hear. Of every encoder, with
 * every profile and kind of message it has: random readings, as datagrams and as streams cut at
 * random, give the records that the encoder says, in order, field by field; damaged ones give one
 * rejection and nothing else, and the message behind them is heard.
 *
 * usage: test_roundtrip [ENCODER]
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <math.h>
#include <cmocka.h>

#include "dataplane/normalize/vocabulary.h"
#include "tests/decode/decode_test.h"
#include "tools/citysim/encode.h"

#define ROUNDS 60
#define TIME_NS (1700000000ll * 1000000000)

/* What is being tried, for the message of a failure. */
static struct {
	const struct sim_encoder *encoder;
	const struct sim_input *in;
	const char *damage;
} now;

static void wrong(const struct sim_message *m, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	fprintf(stderr, "%s, %s, %s over %s, round of random %llx%s%s: %s\n", now.encoder->name,
		now.in->profile->name, now.encoder->kinds[now.in->kind].name,
		now.in->tcp ? "TCP" : "UDP", (unsigned long long)now.in->random,
		now.damage ? ", damaged: " : "", now.damage ? now.damage : "", text);
	for (unsigned int i = 0; i < m->parts; i++) {
		fprintf(stderr, "  part %u:", i);
		for (unsigned int at = 0; at < m->part[i].len; at++)
			fprintf(stderr, " %02x", m->bytes[m->part[i].at + at]);
		fprintf(stderr, "\n");
	}
	fail();
}

static const char *record_name(const struct cv_record *rec)
{
	return rec->name_id ? cv_name_text(rec->name_id) : decode_text(rec, CV_TLV_NAME);
}

static const char *record_unit(const struct cv_record *rec)
{
	return rec->unit_id ? cv_unit_text(rec->unit_id) : decode_text(rec, CV_TLV_UNIT);
}

static void same_text(const struct sim_message *m, unsigned int i, const char *what,
		      const char *got, const char *want)
{
	if (want != NULL && strcmp(got, want) != 0)
		wrong(m, "record %u: %s is \"%s\", expected \"%s\"", i, what, got, want);
}

static void same_number(const struct sim_message *m, unsigned int i, const char *what, int64_t got,
			int64_t want)
{
	if (got != want)
		wrong(m, "record %u: %s is %lld, expected %lld", i, what, (long long)got,
		      (long long)want);
}

static double number_of(const struct cv_record *rec)
{
	switch (rec->value_type) {
	case CV_VALUE_F64:
		return rec->value.f64;
	case CV_VALUE_I64:
		return (double)rec->value.i64;
	case CV_VALUE_U64:
	case CV_VALUE_BOOL:
		return (double)rec->value.u64;
	default:
		return NAN;
	}
}

static void same_value(const struct sim_message *m, unsigned int i, const struct cv_record *rec,
		       const struct sim_expect *e)
{
	double got = number_of(rec);

	if (e->any_value)
		return;
	if (e->value_type == CV_VALUE_F64) {
		/* Two roundings apart at most: where the unit is no power of ten away. */
		if (!(fabs(got - e->number) <= 1e-13 * fabs(e->number)))
			wrong(m, "record %u: %s is %.17g, expected %.17g", i, record_name(rec), got,
			      e->number);
		return;
	}
	same_number(m, i, "type of the value", rec->value_type, e->value_type);
}

static void same_position(const struct sim_message *m, unsigned int i, const struct cv_record *rec)
{
	const struct sim_expect *e = &m->expect[i];
	struct cv_position p;

	if (cv_record_position(rec, &p) != e->placed)
		wrong(m, "record %u: %s position", i, e->placed ? "no" : "a");
	if (!e->placed)
		return;
	same_number(m, i, "latitude", p.lat, e->position.lat);
	same_number(m, i, "longitude", p.lon, e->position.lon);
	same_number(m, i, "altitude", p.alt, e->position.alt);
}

static void same_record(const struct sim_message *m, unsigned int i, const struct cv_record *rec)
{
	const struct sim_expect *e = &m->expect[i];

	same_text(m, i, "name", record_name(rec), e->name);
	same_number(m, i, "kind", rec->kind, e->kind);
	same_number(m, i, "lane", rec->lane, e->lane);
	if (e->direction != CV_DIR_UNKNOWN)
		same_number(m, i, "direction", rec->direction, e->direction);
	same_number(m, i, "stage", rec->stage, e->stage);
	if (!e->any_quality)
		same_number(m, i, "quality", rec->quality, e->quality);
	same_number(m, i, "device time", rec->ts_device_ns, e->time_ns);
	same_text(m, i, "unit", record_unit(rec), e->unit);
	same_text(m, i, "text", decode_text(rec, CV_TLV_TEXT), e->text);
	same_text(m, i, "device", decode_text(rec, CV_TLV_DEVICE), e->device);
	same_text(m, i, "sub", decode_text(rec, CV_TLV_SUB), e->sub);
	same_text(m, i, "code", decode_text(rec, CV_TLV_CODE), e->code);
	same_text(m, i, "method", decode_text(rec, CV_TLV_METHOD), e->method);
	same_value(m, i, rec, e);
	same_position(m, i, rec);
}

/* Send the message and look at what it became; @p streaming cuts it. */
static void send(struct decode_run *r, const struct sim_message *m, const struct sim_input *in)
{
	r->origin.ts_rx_ns = in->time_ns;
	for (unsigned int i = 0; i < m->parts; i++) {
		bool from_client = m->part[i].from_device != now.encoder->device_listens;
		const uint8_t *data = m->bytes + m->part[i].at;

		if (in->tcp)
			decode_random_chunks(r, from_client, data, m->part[i].len,
					     (uint32_t)in->random + i);
		else
			decode_datagram(r, from_client, data, m->part[i].len);
	}
}

/* Damaged messages of a stream may be given up only when the next one is there. */
static void check(struct decode_run *r, const struct sim_message *m, unsigned int rejected)
{
	if (r->rejected != rejected)
		wrong(m, "%zu rejected (first: %s), expected %u", r->rejected,
		      r->rejected ? cv_reject_name(r->reject[0]) : "none", rejected);
	if (r->messages != m->messages)
		wrong(m, "%zu messages, expected %u", r->messages, m->messages);
	for (unsigned int i = 0; i < m->expects && i < r->records; i++)
		same_record(m, i, r->record[i]);
	if (r->records != m->expects)
		wrong(m, "%zu records, expected %u; first too many or missing: %s", r->records,
		      m->expects,
		      r->records > m->expects ? record_name(r->record[m->expects])
					      : m->expect[r->records].name);
	decode_run_clear(r);
}

static bool fits(const struct sim_encoder *encoder, unsigned int kind, const struct sim_point *p)
{
	return (p->curve == SIM_CURVE_ALARM) == (encoder->kinds[kind].when == SIM_ON_ALARM);
}

/* A random choice of the points, with random values over their whole range. */
static void fill(struct sim_input *in, const struct sim_encoder *encoder, uint64_t random)
{
	const struct sim_profile *profile = in->profile;

	in->random = sim_mix(random);
	in->count = 0;
	for (unsigned int i = 0; i < profile->point_count; i++) {
		const struct sim_point *p = &profile->points[i];
		uint64_t dice = sim_mix(in->random + i);

		if (!fits(encoder, in->kind, p) || dice % 4 == 0)
			continue;
		in->reading[in->count++] = (struct sim_reading){
			.point = p,
			.raw = p->low + (int64_t)(sim_mix(dice) % (uint64_t)(p->high - p->low + 1)),
			.faulty = p->curve != SIM_CURVE_ALARM && dice >> 8 & 1,
		};
	}
}

static void encode(const struct sim_input *in, struct sim_message *m)
{
	sim_message_reset(m);
	now.in = in;
	now.encoder->encode(in, m);
	if (m->overflow)
		wrong(m, "the message does not fit");
}

/* What comes first on a connection, as for the other messages of a real one. */
static void open_session(struct decode_run *r, const struct sim_input *in, struct sim_message *m)
{
	struct sim_input first = *in;

	for (first.kind = 0; first.kind < now.encoder->kind_count; first.kind++) {
		if (now.encoder->kinds[first.kind].when != SIM_ON_OPEN)
			continue;
		encode(&first, m);
		send(r, m, &first);
		check(r, m, 0);
	}
	now.in = in;
}

/* A connection begins once. */
static void renew(struct decode_run *r, const struct sim_input *in)
{
	if (now.encoder->kinds[in->kind].when == SIM_ON_OPEN)
		decode_new_flow(r);
}

static void good_ones(struct decode_run *r, struct sim_input *in, struct sim_message *m,
		      unsigned int *said)
{
	for (unsigned int round = 0; round < ROUNDS; round++) {
		renew(r, in);
		in->serial++;
		in->time_ns += 61003000000;
		fill(in, now.encoder, in->random);
		encode(in, m);
		*said += m->parts;
		send(r, m, in);
		check(r, m, 0);
	}
}

static void damaged_ones(struct decode_run *r, struct sim_input *in, struct sim_message *m)
{
	unsigned int can = in->tcp ? now.encoder->stream_damages : now.encoder->damages;
	struct sim_message *next = malloc(sizeof(*next));

	assert_non_null(next);
	if (now.encoder->opens_once && now.encoder->kinds[in->kind].when == SIM_ON_OPEN)
		can = 0;
	for (unsigned int d = 0; d < SIM_DAMAGE_COUNT * 12; d++) {
		enum sim_damage damage = d % SIM_DAMAGE_COUNT;
		unsigned int rejected;

		if (!(can & 1u << damage))
			continue;
		in->serial++;
		fill(in, now.encoder, in->random);
		encode(in, m);
		if (m->parts == 0)
			continue;
		renew(r, in);
		now.damage = sim_damage_name(damage);
		now.encoder->damage(in, m, damage);
		rejected = m->rejected;
		if (rejected == 0)
			wrong(m, "a damaged message that is not rejected");
		send(r, m, in);
		if (!in->tcp)
			check(r, m, rejected);
		in->serial++;
		encode(in, next);
		send(r, next, in);
		next->messages += in->tcp ? m->messages : 0;
		check(r, next, in->tcp ? rejected : 0);
		now.damage = NULL;
	}
	free(next);
}

static void profile_over(const struct sim_profile *profile, bool tcp, unsigned int number)
{
	const struct sim_encoder *encoder = now.encoder;
	const char *decoder = sim_decoder_name(encoder);
	int proto = cv_proto_by_name(decoder, strlen(decoder));
	struct sim_message *m = malloc(sizeof(*m));
	struct sim_device dev = {.index = number, .key = sim_mix(number)};
	unsigned int said[256] = {0};

	assert_non_null(m);
	assert_true(proto > 0);
	assert_in_range(profile->point_count, 1, SIM_READINGS_MAX);
	encoder->identity(&dev, profile);
	for (unsigned int kind = 0; kind < encoder->kind_count; kind++) {
		struct decode_run *r = decode_run_new(cv_decoders[proto], NULL);
		struct sim_input in = {
			.profile = profile,
			.device = &dev,
			.kind = kind,
			.time_ns = TIME_NS,
			.random = sim_mix(number + kind),
			.tcp = tcp,
		};

		r->origin.ip_proto = tcp ? 6 : 17;
		r->origin.dport = encoder->port;
		open_session(r, &in, m);
		good_ones(r, &in, m, &said[kind]);
		damaged_ones(r, &in, m);
		decode_run_free(r);
	}
	for (unsigned int kind = 0; kind < encoder->kind_count; kind++) {
		bool alarms = false;

		for (unsigned int i = 0; i < profile->point_count; i++)
			alarms |= profile->points[i].curve == SIM_CURVE_ALARM;
		if (said[kind] == 0 && (alarms || encoder->kinds[kind].when != SIM_ON_ALARM)) {
			fprintf(stderr, "%s %s never says %s\n", encoder->name, profile->name,
				encoder->kinds[kind].name);
			fail();
		}
	}
	free(m);
}

static void round_trip(void **state)
{
	now.encoder = *state;
	for (unsigned int i = 0; i < now.encoder->profile_count; i++) {
		if (now.encoder->transports & SIM_UDP)
			profile_over(&now.encoder->profiles[i], false, 2 * i);
		if (now.encoder->transports & SIM_TCP)
			profile_over(&now.encoder->profiles[i], true, 2 * i + 1);
	}
}

int main(int argc, char **argv)
{
	struct CMUnitTest *tests = calloc(sim_encoder_count, sizeof(*tests));
	unsigned int n = 0;
	int failed;

	for (unsigned int i = 0; tests != NULL && i < sim_encoder_count; i++) {
		if (argc > 1 && strcmp(argv[1], sim_encoders[i]->name) != 0)
			continue;
		tests[n++] = (struct CMUnitTest){
			.name = sim_encoders[i]->name,
			.test_func = round_trip,
			.initial_state = (void *)(uintptr_t)sim_encoders[i],
		};
	}
	failed = n ? _cmocka_run_group_tests("roundtrip", tests, n, NULL, NULL) : 1;
	free(tests);
	return failed;
}
