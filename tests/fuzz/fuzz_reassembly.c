/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One TCP connection whose segments the input chooses: direction, flags, place in the stream, the
 * bytes, the pause before. Both ends speak MQTT or HJ 212, or what the mutations left of it. The
 * harness aborts when the ledger does not close.
 */
#include <string.h>

#include "tests/unit/flow_harness.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* One step of the input: a head of six bytes and the segment's data. */
struct step {
	uint8_t flags; /* bit 7: from the server; bits 5-6: pause; rest: TCP flags */
	uint8_t len;
	int16_t move; /* of the sequence number, from where this direction stands */
	int16_t ack; /* likewise, from where the other stands */
};
_Static_assert(sizeof(struct step) == 6, "a step is what the input says");

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int64_t pauses[] = {0, 1000000, 1100000000, 40000000000};
	struct cv_gen_hint hint = {.port = 5000, .ip_proto = 6, .decoder = CV_PROTO_HJ212};
	struct fh_flow f = {.client_port = 40000, .client = 1};
	uint32_t seq[2] = {0xffffff00u, 0x7fffff00u};
	struct flow_harness *h;

	if (size < 1)
		return 0;
	f.server_port = data[0] % 2 ? 5000 : 1883;
	data++;
	size--;
	h = flow_harness_new(8, &hint);
	while (size > sizeof(struct step) && h->records < FH_RECORDS_MAX / 2) {
		struct step s;
		size_t len;
		unsigned int side;

		memcpy(&s, data, sizeof(s));
		data += sizeof(s);
		size -= sizeof(s);
		len = s.len < size ? s.len : size;
		side = s.flags >> 7;
		h->now_ns += pauses[s.flags >> 5 & 3];
		seq[side] += (uint32_t)(int32_t)s.move;
		fh_tcp(h, &f, side == 0, s.flags & 0x1f, seq[side],
		       seq[1 - side] + (uint32_t)(int32_t)s.ack, data, len);
		seq[side] += (uint32_t)len;
		data += len;
		size -= len;
	}
	flow_harness_free(h);
	return 0;
}
