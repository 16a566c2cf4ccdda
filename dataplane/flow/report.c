/* SPDX-License-Identifier: Apache-2.0 */
/* What the flow stage itself has to say: rejected messages, suspicious streams, numbers. */
#include "dataplane/flow/inspect.h"

/* Bytes of a rejected message that go into its record. */
#define REJECT_BYTES 64

const char *cv_inspect_reason_name(unsigned int reason)
{
#define TEXT_ROW(id, name) name,
	static const char *const names[] = {CV_REASONS(TEXT_ROW)};

	return reason < CV_REASON_COUNT ? names[reason] : "?";
}

/* By capture time, so that a replay mutes the same records. */
bool cv_inspect_may_report(struct cv_inspect *in)
{
	int64_t second = in->now_ns / 1000000000;

	if (second != in->error_second) {
		in->error_second = second;
		in->errors = 0;
	}
	if (in->errors >= CV_ERRORS_PER_SECOND) {
		cv_flow_count(in, CV_FLOW_ERRORS_MUTED);
		return false;
	}
	in->errors++;
	return true;
}

void cv_inspect_reject(struct cv_inspect *in, unsigned int proto, enum cv_reject reason,
		       const uint8_t *data, size_t len)
{
	struct cv_record *rec;

	if (in->emit.rec != NULL)
		cv_emit_cancel(&in->emit); /* the decoder gave up in the middle of a record */
	if (reason <= CV_REJECT_NONE || reason >= CV_REJECT_COUNT)
		reason = CV_REJECT_BAD_PAYLOAD;
	in->did |= CV_DID_REJECT;
	in->rejects++;
	cv_count(&in->counters->rejected[proto][reason], 1);
	if (!cv_inspect_may_report(in))
		return;
	in->origin.proto = (uint8_t)proto;
	rec = cv_emit_begin(&in->emit, CV_LANE_SECURITY, CV_KIND_PARSE_ERROR);
	rec->reject = (uint8_t)reason;
	rec->raw_len = (uint32_t)len;
	if (len > 0)
		cv_emit_tlv(&in->emit, CV_TLV_BYTES, data, len < REJECT_BYTES ? len : REJECT_BYTES);
	cv_emit_end(&in->emit);
}

void cv_inspect_overlap(struct cv_inspect *in, struct cv_flow *f)
{
	static const char text[] = "TCP segments disagree on the same bytes; the first were taken";

	cv_flow_count(in, CV_FLOW_OVERLAP);
	in->did |= CV_DID_OVERLAP;
	if (f->reported)
		return;
	f->reported = 1;
	in->origin.proto = f->proto;
	in->origin.raw_off = 0;
	cv_emit_begin(&in->emit, CV_LANE_SECURITY, CV_KIND_ANOMALY);
	cv_emit_tlv(&in->emit, CV_TLV_NAME, "tcp.overlap", sizeof("tcp.overlap") - 1);
	cv_emit_tlv(&in->emit, CV_TLV_TEXT, text, sizeof(text) - 1);
	cv_emit_end(&in->emit);
}

void cv_inspect_spoof(struct cv_inspect *in, const struct cv_frame *frame)
{
	static const char name[] = "spoof",
			  text[] = "sender at a place it is not bound to; dropped";
	static const char hex[] = "0123456789abcdef";
	char mac[17];

	if (!cv_inspect_may_report(in))
		return;
	for (unsigned int i = 0; i < 6; i++) {
		mac[i * 3] = hex[frame->data[6 + i] >> 4];
		mac[i * 3 + 1] = hex[frame->data[6 + i] & 15];
		if (i < 5)
			mac[i * 3 + 2] = ':';
	}
	cv_inspect_origin_frame(in, frame, frame->packet.ip_proto, frame->packet.sport,
				frame->packet.dport);
	cv_emit_begin(&in->emit, CV_LANE_SECURITY, CV_KIND_ANOMALY)->flags |= CV_FLAG_DENIED;
	cv_emit_tlv(&in->emit, CV_TLV_NAME, name, sizeof(name) - 1);
	cv_emit_tlv(&in->emit, CV_TLV_CODE, mac, sizeof(mac));
	cv_emit_tlv(&in->emit, CV_TLV_TEXT, text, sizeof(text) - 1);
	cv_emit_end(&in->emit);
}

void cv_inspect_count_radio(struct cv_inspect *in)
{
	const struct cv_hearings *h = &in->hearings;
	uint64_t *flow = in->counters->flow;

	if (h->heard == flow[CV_FLOW_RADIO_HEARD] && h->told == flow[CV_FLOW_RADIO_TOLD])
		return;
	__atomic_store_n(&flow[CV_FLOW_RADIO_HEARD], h->heard, __ATOMIC_RELAXED);
	__atomic_store_n(&flow[CV_FLOW_RADIO_TOLD], h->told, __ATOMIC_RELAXED);
	__atomic_store_n(&flow[CV_FLOW_RADIO_COPIES], h->copies, __ATOMIC_RELAXED);
	__atomic_store_n(&flow[CV_FLOW_RADIO_WAITING], h->count, __ATOMIC_RELAXED);
	__atomic_store_n(&flow[CV_FLOW_RADIO_EARLY], h->early, __ATOMIC_RELAXED);
}
