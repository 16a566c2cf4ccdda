/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "dataplane/decode/gwmp.h"
#include "dataplane/decode/senml.h"
#include "tests/perf/decode_json.h"
#include "tests/perf/decode_pairs.h"

/* NON POST /senml, Content-Format 110 (SenML JSON). */
static const char coap_head[] = "\x50\x02\x12\x34\xb5senml\x11\x6e\xff";
#define HEAD_LEN (sizeof(coap_head) - 1)
#define GWMP_HEAD 12

static struct cv_senml_pack pack;
static struct gwmp_content content;

/* A weather station: what RFC 8428 5.1.3 looks like with eight quantities. */
static size_t station(char *to, size_t size)
{
	static const struct {
		const char *name, *unit, *value;
	} rows[] = {{"temperature", "Cel", "21.4"}, {"humidity", "%RH", "55.2"},
		    {"pressure", "Pa", "101325"},   {"pm2_5", "kg/m3", "3.5e-8"},
		    {"wind", "m/s", "4.25"},	    {"direction", "rad", "1.5708"},
		    {"rain", "m", "0.0024"},	    {"light", "lx", "18500"}};
	int n = snprintf(to, size, "[{\"bn\":\"urn:dev:mac:0024befffe804ff1:\",\"bt\":1700000000,");

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		n += snprintf(to + n, size - (size_t)n, "%s\"n\":\"%s\",\"u\":\"%s\",\"v\":%s}",
			      i ? ",{" : "", rows[i].name, rows[i].unit, rows[i].value);
	n += snprintf(to + n, size - (size_t)n, "]");
	return (size_t)n;
}

static const char *json_of(const struct subject *s, size_t head, size_t *len)
{
	*len = s->wire - head;
	return (const char *)s->bytes + head;
}

static int senml_peer(const struct subject *s, struct json_reading *found)
{
	size_t len;
	const char *text = json_of(s, HEAD_LEN, &len);

	return json_senml(text, len, len + json_padding(), found);
}

static int packets_peer(const struct subject *s, struct json_packet *found)
{
	size_t len;
	const char *text = json_of(s, GWMP_HEAD, &len);

	return json_packets(text, len, len + json_padding(), found);
}

static double simdjson_senml(const struct subject *s, unsigned int rounds)
{
	static struct json_reading found[JSON_FOUND_MAX];
	double start = bench_now();

	for (unsigned int i = 0; i < rounds; i++)
		if (senml_peer(s, found) < 1)
			pairs_fail("senml json", "simdjson refused it");
	return bench_now() - start;
}

static double simdjson_packets(const struct subject *s, unsigned int rounds)
{
	static struct json_packet found[JSON_FOUND_MAX];
	double start = bench_now();

	for (unsigned int i = 0; i < rounds; i++)
		if (packets_peer(s, found) < 1)
			pairs_fail("semtech udp json", "simdjson refused it");
	return bench_now() - start;
}

/* The text alone, no records: what simdjson is asked for. */
static double senml_text(struct subject *s, unsigned int rounds)
{
	double start = bench_now();
	size_t len;
	const char *text = json_of(s, HEAD_LEN, &len);

	for (unsigned int i = 0; i < rounds; i++)
		if (cv_senml_json(&pack, (const uint8_t *)text, len, false) != 0)
			pairs_fail("senml json", "we refused it");
	return bench_now() - start;
}

static double packets_text(struct subject *s, unsigned int rounds)
{
	double start = bench_now();
	size_t len;
	const char *text = json_of(s, GWMP_HEAD, &len);

	for (unsigned int i = 0; i < rounds; i++)
		if (gwmp_json(&content, (const uint8_t *)text, len) != CV_REJECT_NONE)
			pairs_fail("semtech udp json", "we refused it");
	return bench_now() - start;
}

static bool same_text(const struct json_text *a, const struct cv_senml_text *b)
{
	return a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

static void same_senml(struct subject *s)
{
	struct json_reading found[JSON_FOUND_MAX];
	int n = senml_peer(s, found);

	senml_text(s, 1);
	if (n < 0 || (unsigned int)n != pack.count || pack.count != s->records)
		pairs_fail("senml json", "not as many records");
	for (int i = 0; i < n; i++) {
		const struct cv_senml_entry *e = &pack.entry[i];

		if (found[i].value != e->value || found[i].time != e->time ||
		    !same_text(&found[i].base_name, &e->base_name) ||
		    !same_text(&found[i].name, &e->name) || !same_text(&found[i].unit, &e->unit))
			pairs_fail("senml json", "other values");
	}
}

static void same_packets(struct subject *s)
{
	struct json_packet found[JSON_FOUND_MAX];
	int n = packets_peer(s, found);

	packets_text(s, 1);
	if (n < 1 || (unsigned int)n != content.count)
		pairs_fail("semtech udp json", "not as many packets");
	for (int i = 0; i < n; i++) {
		const struct gwmp_packet *p = &content.packet[i];

		if (found[i].rssi != p->rssi || found[i].snr != p->snr ||
		    (found[i].stat == -1) != p->damaged || !same_text(&found[i].time, &p->time) ||
		    !same_text(&found[i].rate, &p->rate) ||
		    !same_text(&found[i].coding, &p->coding) ||
		    !same_text(&found[i].data, &p->data))
			pairs_fail("semtech udp json", "other values");
	}
}

static struct subject *senml_subject(void)
{
	struct subject *s = pairs_subject(CV_PROTO_COAP, NULL);
	char message[1024];

	memcpy(message, coap_head, HEAD_LEN);
	if (subject_add(s, message,
			HEAD_LEN + station(message + HEAD_LEN, sizeof(message) - HEAD_LEN), true,
			true, true) != 1)
		pairs_fail("senml json", "the decoder refused it");
	return s;
}

/* The datagram of a gateway that has most to tell. */
static struct subject *gwmp_subject(void)
{
	struct subject *all = pairs_subject(CV_PROTO_GWMP, NULL);
	struct subject *s = pairs_subject(CV_PROTO_GWMP, NULL);
	const struct subject_message *longest = all->message;

	subject_from_samples(all);
	for (unsigned int i = 1; i < all->count; i++)
		if (all->message[i].len > longest->len)
			longest = &all->message[i];
	subject_add(s, all->bytes + longest->at, longest->len, true, true, true);
	subject_free(all);
	if (s->count != 1)
		pairs_fail("semtech udp json", "no sample");
	return s;
}

unsigned int pairs_json(struct pair *ret)
{
	struct subject *senml = senml_subject(), *gwmp = gwmp_subject();

	same_senml(senml);
	same_packets(gwmp);
	ret[0] = (struct pair){"senml json",   "text read, eight readings",
			       json_version(), "<= 1",
			       senml,	       senml_text,
			       simdjson_senml};
	ret[1] = (struct pair){"senml json",   "CoAP and text, eight records made",
			       json_version(), "report",
			       senml,	       subject_pass,
			       simdjson_senml};
	ret[2] = (struct pair){"semtech udp json",
			       "text read, three receptions",
			       json_version(),
			       "<= 1",
			       gwmp,
			       packets_text,
			       simdjson_packets};
	ret[3] = (struct pair){"semtech udp json",
			       "text and LoRaWAN frames, records made",
			       json_version(),
			       "report",
			       gwmp,
			       subject_pass,
			       simdjson_packets};
	return 4;
}
