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
		.repeats = in->repeats.slot ? &in->repeats : NULL,
		.datagram = true,
		.from_client = dir == f->client,
	};
	size_t at = 0;
	struct cv_repeats_mark mark;

	in->origin.proto = f->proto;
	cv_enforce_decode(in, f, dir, &d);
	while (at < len) {
		int64_t ret;

		in->origin.raw_off = (uint16_t)at;
		mark = cv_repeats_mark(&in->repeats);
		ret = dec->decode(&d, data + at, len - at);
		if (ret <= 0) {
			/* A datagram has no more: what would need more is cut short. */
			cv_repeats_back(&in->repeats, mark);
			cv_inspect_reject(in, f->proto,
					  ret ? (enum cv_reject)(-ret) : CV_REJECT_TRUNCATED,
					  data + at, len - at);
			return;
		}
		cv_inspect_message(in, f->proto, mark);
		at += (uint64_t)ret < len - at ? (size_t)ret : len - at;
	}
}
