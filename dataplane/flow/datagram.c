/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/flow/inspect.h"

void cv_datagram(struct cv_inspect *in, struct cv_flow *f, unsigned int dir, const uint8_t *data,
		 size_t len)
{
	const struct cv_decoder *dec = cv_decoders[f->proto];
	struct cv_decode d = {
		.emit = &in->emit,
		.origin = &in->origin,
		.gen = in->gen,
		.flow = f->state,
		.worker = in->worker[f->proto],
		.datagram = true,
		.from_client = dir == f->client,
	};
	size_t at = 0;

	in->origin.proto = f->proto;
	cv_enforce_decode(in, f, dir, &d);
	while (at < len) {
		int64_t ret;

		in->origin.raw_off = (uint16_t)at;
		ret = dec->decode(&d, data + at, len - at);
		if (ret <= 0) {
			/* A datagram has no more: what would need more is cut short. */
			cv_inspect_reject(in, f->proto,
					  ret ? (enum cv_reject)(-ret) : CV_REJECT_TRUNCATED,
					  data + at, len - at);
			return;
		}
		cv_count(&in->counters->messages[f->proto], 1);
		in->enforce.said++;
		in->did |= CV_DID_MESSAGE;
		at += (uint64_t)ret < len - at ? (size_t)ret : len - at;
	}
}
