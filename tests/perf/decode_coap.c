/* SPDX-License-Identifier: Apache-2.0 */
#include <cbor.h>
#include <coap3/coap.h>
#include <string.h>

#include "dataplane/decode/coap_options.h"
#include "tests/perf/decode_pairs.h"

/* NON POST /senml, Content-Format 112, a pack of two records: temperature and humidity. */
static const char message[] = "\x50\x02\x12\x34\xb5senml\x11\x70\xff"
			      "\x82\xa4\x21\x78\x1d"
			      "urn:dev:mac:0024befffe804ff1:"
			      "\x00\x61t\x01\x63"
			      "Cel\x02\xfb\x40\x35\x80\x00\x00\x00\x00\x00"
			      "\xa3\x00\x61h\x01\x63%RH\x02\x18\x37";

/* Header and options. */
static double layer(struct subject *s, unsigned int rounds)
{
	double start = bench_now();
	volatile const uint8_t *keep;
	struct cv_coap m;

	for (unsigned int i = 0; i < rounds; i++) {
		if (cv_coap_datagram(&m, s->bytes, s->wire) != CV_REJECT_NONE)
			pairs_fail("coap", "the message was rejected");
		keep = m.payload;
		(void)keep;
	}
	return bench_now() - start;
}

/* libcoap's receive path, and with_cbor what a C program would do with libraries. */
static void libcoap(const struct subject *s, bool with_cbor)
{
	coap_pdu_t *pdu = coap_pdu_init(0, 0, 0, s->wire);
	struct cbor_load_result result;
	const uint8_t *payload;
	cbor_item_t *item;
	size_t len;

	if (!pdu || !coap_pdu_parse(COAP_PROTO_UDP, s->bytes, s->wire, pdu) ||
	    !coap_get_data(pdu, &len, &payload))
		pairs_fail("coap", "libcoap rejected the message");
	if (with_cbor) {
		item = cbor_load(payload, len, &result);
		if (!item || cbor_array_size(item) != s->records)
			pairs_fail("coap", "libcbor finds other records");
		cbor_decref(&item);
	}
	coap_delete_pdu(pdu);
}

static double libcoap_alone(const struct subject *s, unsigned int rounds)
{
	double start = bench_now();

	for (unsigned int i = 0; i < rounds; i++)
		libcoap(s, false);
	return bench_now() - start;
}

static double libcoap_libcbor(const struct subject *s, unsigned int rounds)
{
	double start = bench_now();

	for (unsigned int i = 0; i < rounds; i++)
		libcoap(s, true);
	return bench_now() - start;
}

unsigned int pairs_coap(struct pair *ret)
{
	struct subject *s = pairs_subject(CV_PROTO_COAP, NULL);

	coap_startup();
	if (subject_add(s, message, sizeof(message) - 1, true, true, true) != 1 || s->records != 2)
		pairs_fail("coap", "not two records");
	ret[0] = (struct pair){
		"coap layer", "header and options", "libcoap, PDU made, parsed, freed", "<= 0.5", s,
		layer,	      libcoap_alone};
	ret[1] = (struct pair){"coap + senml cbor",
			       "two records made",
			       "libcoap and libcbor, items made",
			       "<= 0.5",
			       s,
			       subject_pass,
			       libcoap_libcbor};
	ret[2] = (struct pair){
		"coap + senml cbor", "two records made", "libcoap, CoAP layer alone", "report", s,
		subject_pass,	     libcoap_alone};
	return 3;
}
