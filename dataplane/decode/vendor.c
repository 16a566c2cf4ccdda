/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One decoder for all frames that the node's configuration describes. It decodes ports that a hint
 * gives to it: a description is not strict enough to claim strangers' traffic.
 */
#include "dataplane/decode/vendor.h"

#include <string.h>

static const struct cv_gen_vendor *vendors_of(const struct cv_generation *gen)
{
	return cv_generation_at(gen, gen->vendors);
}

static bool begins(const struct cv_gen_vendor *v, const uint8_t *data, size_t len)
{
	return memcmp(data, v->sync, len < v->sync_len ? len : v->sync_len) == 0;
}

/* Bytes of the whole frame, 0 = impossible. */
static size_t frame_length(const struct cv_gen_vendor *v, const uint8_t *data)
{
	uint64_t total = vendor_uint(data + v->length_at, v->length_size, v->length_big);

	total += v->length_add;
	return total >= v->min && total <= v->max ? (size_t)total : 0;
}

/* A reason, or CV_REJECT_NONE with *want: bytes of the frame, more than @p len = more are needed. */
static enum cv_reject check(const struct cv_gen_vendor *v, const uint8_t *data, size_t len,
			    size_t *want)
{
	size_t head = (size_t)v->length_at + v->length_size, total, sum_at;
	unsigned int size = cv_vendor_checksum_size(v->checksum);

	if (!begins(v, data, len))
		return CV_REJECT_BAD_HEADER;
	*want = head > v->sync_len ? head : v->sync_len;
	if (len < *want)
		return CV_REJECT_NONE;
	total = frame_length(v, data);
	if (total == 0)
		return CV_REJECT_BAD_LENGTH;
	*want = total;
	if (len < total)
		return CV_REJECT_NONE;
	if (memcmp(data + total - v->end_len, v->end, v->end_len) != 0)
		return CV_REJECT_BAD_LENGTH;
	if (v->checksum == CV_VENDOR_NONE)
		return CV_REJECT_NONE;
	sum_at = total - v->checksum_end;
	if (vendor_uint(data + sum_at, size, v->checksum_big) !=
	    vendor_checksum(v->checksum, data + v->checksum_from, sum_at - v->checksum_from))
		return CV_REJECT_BAD_CHECKSUM;
	return CV_REJECT_NONE;
}

/*
 * The first description that fits decides; one that needs more bytes is waited for, so that the
 * answer does not depend on how the stream was cut. What is wrong is said by the description that
 * got farthest: reasons that say more have higher numbers.
 */
static int64_t vendor_decode(struct cv_decode *d, const uint8_t *data, size_t len)
{
	const struct cv_gen_vendor *v = vendors_of(d->gen);
	enum cv_reject worst = CV_REJECT_BAD_HEADER, reject;

	for (uint32_t i = 0; i < d->gen->vendors.count; i++) {
		size_t want = 0;

		reject = check(&v[i], data, len, &want);
		if (reject == CV_REJECT_NONE && want <= len) {
			vendor_emit(d, &v[i], data, want);
			return (int64_t)want;
		}
		if (reject == CV_REJECT_NONE && !d->datagram && !d->window_full) {
			d->need = (uint32_t)want;
			return CV_NEED_MORE;
		}
		if (reject == CV_REJECT_NONE && worst == CV_REJECT_BAD_HEADER)
			worst = CV_REJECT_TRUNCATED;
		if (reject > worst ||
		    (worst == CV_REJECT_TRUNCATED && reject > CV_REJECT_BAD_HEADER))
			worst = reject;
	}
	return CV_REJECTED(worst);
}

static bool starts_here(const struct cv_generation *gen, const uint8_t *data)
{
	const struct cv_gen_vendor *v = vendors_of(gen);

	for (uint32_t i = 0; i < gen->vendors.count; i++) {
		if (memcmp(data, v[i].sync, v[i].sync_len) == 0)
			return true;
	}
	return false;
}

static size_t vendor_resync(const struct cv_generation *gen, const uint8_t *data, size_t len)
{
	_Static_assert(CV_VENDOR_MARK_MAX <= CV_RESYNC_KEEP, "a whole sync mark is there");
	for (size_t at = 1; at + CV_RESYNC_KEEP <= len; at++) {
		if (starts_here(gen, data + at))
			return at;
	}
	return len;
}

const struct cv_decoder cv_decoder_vendor = {
	.name = "vendor",
	.proto = CV_PROTO_VENDOR,
	.transports = CV_TRANSPORT_UDP | CV_TRANSPORT_TCP,
	.decode = vendor_decode,
	.resync_by = vendor_resync,
};
