/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One decoder (-DDECODER=cv_decoder_x) on arbitrary bytes: as a datagram, as one segment and in
 * pieces. Beyond not crashing: no half record, no malformed record, and a stream gives the same
 * count of messages and rejections however it is cut.
 */
#include <stdlib.h>

#include "tests/decode/decode_test.h"

extern const struct cv_decoder DECODER;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void as_datagram(const uint8_t *data, size_t size)
{
	struct decode_run *r = decode_run_new(&DECODER, NULL);

	decode_datagram(r, true, data, size);
	decode_datagram(r, false, data, size);
	decode_run_free(r);
}

static void as_stream(const uint8_t *data, size_t size)
{
	struct decode_run *whole = decode_run_new(&DECODER, NULL);
	struct decode_run *cut = decode_run_new(&DECODER, NULL);
	bool from_client = size % 2;

	whole->origin.ip_proto = cut->origin.ip_proto = 6;
	decode_chunks(whole, from_client, data, size, 0);
	decode_random_chunks(cut, from_client, data, size, (uint32_t)size);
	if (whole->messages != cut->messages || whole->rejected != cut->rejected ||
	    whole->records != cut->records)
		abort();
	decode_run_free(whole);
	decode_run_free(cut);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (DECODER.probe != NULL)
		DECODER.probe(data, size, size % 2);
	if (DECODER.transports & CV_TRANSPORT_UDP)
		as_datagram(data, size);
	if (DECODER.transports & CV_TRANSPORT_TCP)
		as_stream(data, size);
	return 0;
}
