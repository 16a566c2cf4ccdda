/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames against descriptions nobody would write. Input: a description and its fields as the image has
 * them, then bytes. A description that is no valid generation is refused; every other one must keep
 * within the frame, and a stream must give the same however it is cut. Where the bytes begin with an odd
 * one, length and check code are put right first, so that sound frames occur.
 */
#include <stdlib.h>
#include <string.h>

#include "dataplane/decode/vendor.h"
#include "tests/decode/decode_test.h"
#include "tests/decode/vendor_test.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

extern const struct cv_decoder cv_decoder_vendor;

#define FIELDS 3

/* Mostly within bounds: else hardly any description would be valid. */
static void tame(struct cv_gen_vendor *v, struct cv_gen_vendor_field *f)
{
	v->sync_len = v->sync_len % 10;
	v->end_len = v->end_len % 5;
	v->length_size = v->length_size % 5;
	v->length_big &= 1;
	v->checksum = v->checksum % (CV_VENDOR_CHECKSUM_COUNT + 1);
	v->checksum_big &= 1;
	v->id_format = v->id_format % (CV_VENDOR_ID_COUNT + 1);
	v->time_format = v->time_format % (CV_VENDOR_TIME_COUNT + 1);
	v->type_size = v->type_size % 4;
	v->max = (uint16_t)(v->max % 5000);
	v->min = (uint16_t)(v->min % 200);
	v->length_at = (uint16_t)(v->length_at % 64);
	v->length_add = (uint16_t)(v->length_add % 300);
	v->checksum_from = (uint16_t)(v->checksum_from % 64);
	v->checksum_end = (uint16_t)(v->checksum_end % 16);
	v->id_at = (uint16_t)(v->id_at % 64);
	v->id_size = (uint16_t)(v->id_size % 70);
	v->type_at = (uint16_t)(v->type_at % 64);
	v->time_at = (uint16_t)(v->time_at % 64);
	v->first = 0;
	v->count = FIELDS;
	v->pad = 0;
	v->name[31] = 0;
	for (unsigned int i = 0; i < FIELDS; i++) {
		f[i].type = f[i].type % (CV_VENDOR_TYPE_COUNT + 1);
		if (f[i].type < CV_VENDOR_TYPE_COUNT && cv_vendor_type_size(f[i].type) != 0)
			f[i].size = (uint16_t)cv_vendor_type_size(f[i].type);
		f[i].size = (uint16_t)(f[i].size % 600);
		f[i].at = (uint16_t)(f[i].at % 100);
		f[i].big &= 1;
		f[i].bit = f[i].bit % 34;
		f[i].bits = f[i].bits % 34;
		f[i].shift = (int8_t)(f[i].shift % 17);
		f[i].name_id = f[i].name_id % 200;
		f[i].unit_id = f[i].unit_id % 20;
		f[i].first = f[i].first % 3;
		f[i].count = f[i].count % 3;
		f[i].when = f[i].when % 2 ? CV_VENDOR_ANY : f[i].when % 256;
		f[i].equals = f[i].equals % 2 ? CV_VENDOR_ANY : f[i].equals % 256;
		f[i].name[0] = 'r';
		f[i].name[47] = f[i].unit_name[15] = 0;
		f[i].pad = 0;
		f[i].pad2 = 0;
	}
}

static void make_right(const struct cv_gen_vendor *v, uint8_t *p, size_t len)
{
	unsigned int size = cv_vendor_checksum_size(v->checksum);
	uint64_t counted = len - v->length_add;
	uint32_t sum;

	if (len < v->min || len > v->max || len < v->length_add)
		return;
	memcpy(p, v->sync, v->sync_len);
	memcpy(p + len - v->end_len, v->end, v->end_len);
	for (unsigned int i = 0; i < v->length_size; i++)
		p[v->length_at + (v->length_big ? v->length_size - 1 - i : i)] =
			(uint8_t)(counted >> 8 * i);
	if (v->checksum == CV_VENDOR_NONE)
		return;
	sum = vendor_checksum(v->checksum, p + v->checksum_from,
			      len - v->checksum_end - v->checksum_from);
	for (unsigned int i = 0; i < size; i++)
		p[len - v->checksum_end + (v->checksum_big ? size - 1 - i : i)] =
			(uint8_t)(sum >> 8 * i);
}

static void run(const struct cv_generation *gen, const uint8_t *data, size_t len)
{
	struct decode_run *datagram = decode_run_new(&cv_decoder_vendor, gen);
	struct decode_run *whole = decode_run_new(&cv_decoder_vendor, gen);
	struct decode_run *cut = decode_run_new(&cv_decoder_vendor, gen);

	decode_datagram(datagram, true, data, len);
	whole->origin.ip_proto = cut->origin.ip_proto = 6;
	decode_chunks(whole, true, data, len, 0);
	decode_random_chunks(cut, true, data, len, (uint32_t)len);
	if (whole->messages != cut->messages || whole->rejected != cut->rejected ||
	    whole->records != cut->records)
		abort();
	for (size_t i = 0; i < whole->records; i++) {
		if (cv_record_check(whole->record[i], CV_RECORD_MAX) != 0)
			abort();
	}
	decode_run_free(datagram);
	decode_run_free(whole);
	decode_run_free(cut);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cv_gen_vendor v;
	struct cv_gen_vendor_field f[FIELDS];
	struct cv_generation *gen;
	uint8_t *bytes;
	size_t len;

	if (size < sizeof(v) + sizeof(f) + 2 || size > sizeof(v) + sizeof(f) + 6000)
		return 0;
	memcpy(&v, data, sizeof(v));
	memcpy(f, data + sizeof(v), sizeof(f));
	tame(&v, f);
	gen = vendor_generation(&v, f);
	if (gen == NULL)
		return 0;
	len = size - sizeof(v) - sizeof(f);
	bytes = malloc(len);
	if (bytes == NULL)
		abort();
	memcpy(bytes, data + sizeof(v) + sizeof(f), len);
	if (bytes[len - 1] & 1)
		make_right(&v, bytes, len);
	run(gen, bytes, len);
	free(bytes);
	free(gen);
	return 0;
}
