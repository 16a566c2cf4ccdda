/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/flow/inspect.h"

#include <string.h>

#include "dataplane/decode/reader.h"
#include "dataplane/flow/segments.h"

enum { IP_TCP = 6, IP_UDP = 17, UDP_HEAD = 8, TCP_HEAD = 20 };
enum { EXT_HOP = 0, EXT_ROUTING = 43, EXT_DESTINATION = 60, EXT_MAX = 6 };

/* Payloads of a flow that are looked at before it is taken for not IoT. */
#define PROBE_TRIES 4
#define AGE_STEP_NS 10000000ll
/* Flows one step of ageing looks at: 6400 a second. */
#define AGE_FLOWS 64
#define AGE_GAPS 16
/* Frames of several ports may be this much out of order; what goes back farther is a clock that
 * was set. What goes on farther than the longest timeout is one too. */
#define CLOCK_BACK_NS 10000000000ll
#define CLOCK_ON_NS 7200000000000ll

/* An IP packet's upper layer: in the frame, or in a datagram put together from fragments. */
struct upper {
	const uint8_t *data; /* transport header */
	uint32_t len;
	uint8_t ip_proto;
};

static enum cv_outcome outcome_of(uint32_t did)
{
	if (did & CV_DID_REJECT)
		return CV_OUTCOME_REJECTED;
	if (did & CV_DID_NO_MEMORY)
		return CV_OUTCOME_NO_MEMORY;
	if (did & CV_DID_MESSAGE)
		return CV_OUTCOME_DECODED;
	if (did & CV_DID_REPEAT)
		return CV_OUTCOME_REPEATED;
	if (did & CV_DID_PARTIAL)
		return CV_OUTCOME_PARTIAL;
	if (did & CV_DID_SKIP)
		return CV_OUTCOME_SKIPPED;
	if (did & CV_DID_HOLD)
		return CV_OUTCOME_HELD;
	if (did & CV_DID_DUPLICATE)
		return CV_OUTCOME_DUPLICATE;
	if (did & CV_DID_DISCARD)
		return CV_OUTCOME_DISCARDED;
	return did & CV_DID_NOT_IOT ? CV_OUTCOME_NOT_IOT : CV_OUTCOME_EMPTY;
}

void cv_inspect_message(struct cv_inspect *in, unsigned int proto, struct cv_repeats_mark before)
{
	bool repeat = in->repeats.found != before.found;

	cv_count(&in->counters->messages[proto], 1);
	cv_count(&in->counters->repeated[proto], repeat);
	in->enforce.said++;
	in->did |= repeat ? CV_DID_REPEAT : CV_DID_MESSAGE;
}

/* The messages since the last call were delivered, unless the policy or a lack of memory was
 * against it. */
static void settle_repeats(struct cv_inspect *in, bool allowed)
{
	uint64_t shed = 0;

	for (unsigned int lane = 0; lane < CV_LANE_COUNT; lane++)
		shed += in->emit.sink->lane[lane].shed;
	cv_repeats_settle(&in->repeats, allowed && shed == in->shed);
	in->shed = shed;
}

void cv_inspect_end_flow(struct cv_inspect *in, struct cv_flow *f, enum cv_flow_event why,
			 enum cv_reject reason)
{
	in->rejects = 0; /* what other flows did is not held against this one */
	cv_tcp_finish(in, f, 0, reason);
	cv_tcp_finish(in, f, 1, reason);
	cv_unacked_drop(in, f, 0);
	cv_unacked_drop(in, f, 1);
	if (f->class == CV_FLOW_CLAIMED && cv_decoders[f->proto]->flow_end)
		cv_decoders[f->proto]->flow_end(f->state, in->worker[f->proto]);
	cv_flow_count(in, f->closed ? CV_FLOW_ENDED : why);
	cv_flow_remove(&in->flows, f);
}

/* End a flow that the packet in hand is not of: what it leaves behind is not this packet's doing. */
static void end_another(struct cv_inspect *in, struct cv_flow *f, enum cv_flow_event why,
			enum cv_reject reason)
{
	struct cv_aside aside = cv_aside_begin(in);

	cv_inspect_end_flow(in, f, why, reason);
	cv_aside_end(in, &aside);
}

static void claim(struct cv_flow *f, unsigned int proto)
{
	f->class = CV_FLOW_CLAIMED;
	f->proto = (uint8_t)proto;
}

enum cv_class cv_inspect_claim(struct cv_inspect *in, struct cv_flow *f, unsigned int dir,
			       const uint8_t *data, size_t len)
{
	bool tcp = cv_flow_ip_proto(&f->key) == IP_TCP;
	enum cv_class c;
	unsigned int proto;

	if (f->class == CV_FLOW_CLAIMED)
		return CV_CLASS_DECODER;
	if (f->class == CV_FLOW_NOT_IOT)
		return CV_CLASS_NONE;
	c = cv_classify_content(&in->classifier, tcp, f->proto, data, len, &proto);
	if (c == CV_CLASS_DECODER) {
		claim(f, proto);
		cv_flow_relist(&in->flows, f, tcp ? CV_FLOWS_TCP : CV_FLOWS_UDP);
		return c;
	}
	if (c == CV_CLASS_MORE && tcp && len < CV_STREAM_WINDOW)
		return c;
	if (++f->tries >= PROBE_TRIES)
		f->class = CV_FLOW_NOT_IOT;
	return CV_CLASS_NONE;
}

/* Make a flow for a packet: room, decoder by port, who is the client. */
static struct cv_flow *new_flow(struct cv_inspect *in, const struct cv_flow_key *key,
				unsigned int dir, const struct cv_tcp_segment *seg, uint8_t entry,
				bool by_server_port)
{
	struct cv_flow *f = cv_flow_victim(&in->flows, key);

	if (f != NULL)
		end_another(in, f, CV_FLOW_EVICTED, CV_REJECT_EVICTED);
	f = cv_flow_insert(&in->flows, key, CV_FLOWS_SHORT, in->now_ns);
	if (f == NULL)
		return NULL;
	cv_flow_count(in, CV_FLOW_CREATED);
	f->client = (uint8_t)(entry && !by_server_port ? 1 - dir : dir);
	if (seg != NULL && (seg->flags & CV_TH_SYN))
		f->client = (uint8_t)(seg->flags & CV_TH_ACK ? 1 - dir : dir);
	f->proto = CV_PORT_DECODER(entry);
	if (entry & CV_PORT_TOLD) {
		claim(f, f->proto);
		cv_flow_relist(&in->flows, f, seg ? CV_FLOWS_TCP : CV_FLOWS_UDP);
	}
	cv_enforce_new_flow(in, f, dir);
	return f;
}

/*
 * The packet's flow, made if need be.
 *
 * @param seg NULL for UDP.
 * @return NULL: nothing to decode, in->did says why.
 */
static struct cv_flow *flow_of(struct cv_inspect *in, const struct cv_frame *frame, uint16_t sport,
			       uint16_t dport, const struct cv_tcp_segment *seg, unsigned int *dir)
{
	struct cv_flow_key key =
		cv_flow_key_of(&frame->packet, seg ? IP_TCP : IP_UDP, sport, dport, dir);
	struct cv_flow *f = cv_flow_find(&in->flows, &key);
	bool by_server_port = false;
	uint8_t entry;

	if (f != NULL && seg != NULL && cv_tcp_is_reuse(f, *dir, seg)) {
		end_another(in, f, CV_FLOW_ENDED, CV_REJECT_TRUNCATED);
		f = NULL;
	}
	if (f == NULL) {
		if (seg != NULL && seg->len == 0 && !(seg->flags & CV_TH_SYN))
			return NULL; /* an ACK alone is no reason to remember anybody */
		if (seg != NULL && in->enforce.strict && !(seg->flags & CV_TH_SYN)) {
			cv_enforce_drop(in, CV_REASON_APP_UNJUDGED); /* its beginning was missed */
			in->did |= CV_DID_DISCARD;
			return NULL;
		}
		entry = cv_classify_ports(&in->classifier, seg != NULL, in->origin.dport,
					  in->origin.sport, &by_server_port);
		if (entry == CV_PORT_NEVER && !in->enforce.strict) {
			in->did |= CV_DID_NOT_IOT;
			return NULL;
		}
		f = new_flow(in, &key, *dir, seg, entry, by_server_port);
		if (f == NULL) {
			in->did |= CV_DID_NO_MEMORY;
			return NULL;
		}
	}
	/* An end of a connection does not move to another port; who spoofs it may well be there. */
	if (in->enforce.strict && (f->dir[*dir].flags & CV_TCP_SYN) &&
	    f->dir[*dir].port != in->origin.port) {
		cv_enforce_drop(in, CV_REASON_SPOOF);
		in->did |= CV_DID_DISCARD;
		return NULL;
	}
	f->last_ns = in->now_ns;
	f->dir[*dir].ts_ns = in->origin.ts_rx_ns;
	f->dir[*dir].packet = in->origin.packet;
	f->dir[*dir].rule = in->origin.rule;
	f->dir[*dir].port = in->origin.port;
	return f;
}

static void inspect_udp(struct cv_inspect *in, const struct cv_frame *frame, const struct upper *u)
{
	struct cv_reader rd = cv_reader(u->data, u->len);
	const uint8_t *h = cv_read_bytes(&rd, UDP_HEAD);
	uint16_t sport, dport, len;
	struct cv_flow *f;
	unsigned int dir = 0;

	len = h ? (uint16_t)(h[4] << 8 | h[5]) : 0;
	if (len < UDP_HEAD || len > u->len) {
		in->did |= CV_DID_NOT_IOT;
		return;
	}
	if (len == UDP_HEAD)
		return;
	memcpy(&sport, h, 2);
	memcpy(&dport, h + 2, 2);
	cv_inspect_origin_frame(in, frame, IP_UDP, sport, dport);
	f = flow_of(in, frame, sport, dport, NULL, &dir);
	if (f == NULL || !cv_enforce_datagram(in, f))
		;
	else if (cv_inspect_claim(in, f, dir, rd.cur, len - UDP_HEAD) == CV_CLASS_DECODER)
		cv_datagram(in, f, dir, rd.cur, len - UDP_HEAD);
	else
		in->did |= CV_DID_NOT_IOT;
	cv_enforce_settle(in, f, dir, true);
}

/* @return false when there is no whole header. */
static bool read_tcp(const struct upper *u, struct cv_tcp_segment *seg)
{
	struct cv_reader rd = cv_reader(u->data, u->len);
	const uint8_t *h = cv_read_bytes(&rd, TCP_HEAD);

	if (h == NULL || h[12] >> 4 < 5 || !cv_read_bytes(&rd, (h[12] >> 4) * 4u - TCP_HEAD))
		return false;
	*seg = (struct cv_tcp_segment){
		.seq = (uint32_t)h[4] << 24 | (uint32_t)h[5] << 16 | (uint32_t)h[6] << 8 | h[7],
		.ack = (uint32_t)h[8] << 24 | (uint32_t)h[9] << 16 | (uint32_t)h[10] << 8 | h[11],
		.flags = h[13],
		.data = rd.cur,
		.len = (uint32_t)cv_reader_left(&rd),
	};
	return true;
}

static void inspect_tcp(struct cv_inspect *in, const struct cv_frame *frame, const struct upper *u)
{
	struct cv_tcp_segment seg;
	uint16_t sport, dport;
	struct cv_flow *f;
	unsigned int dir = 0;

	if (!read_tcp(u, &seg)) {
		in->did |= CV_DID_NOT_IOT;
		return;
	}
	memcpy(&sport, u->data, 2);
	memcpy(&dport, u->data + 2, 2);
	cv_inspect_origin_frame(in, frame, IP_TCP, sport, dport);
	f = flow_of(in, frame, sport, dport, &seg, &dir);
	if (f == NULL || !cv_enforce_segment(in, f, dir, &seg))
		;
	else if (f->class != CV_FLOW_NOT_IOT)
		cv_tcp_segment(in, f, dir, &seg);
	else if (seg.len > 0)
		in->did |= CV_DID_NOT_IOT;
	cv_enforce_settle(in, f, dir, seg.len > 0);
}

/* Extension headers that were inside a fragmented IPv6 datagram. */
static void skip_extensions(struct upper *u)
{
	for (int i = 0; i < EXT_MAX; i++) {
		uint32_t size;

		if ((u->ip_proto != EXT_HOP && u->ip_proto != EXT_ROUTING &&
		     u->ip_proto != EXT_DESTINATION) ||
		    u->len < 8)
			return;
		size = (u->data[1] + 1u) * 8;
		if (size > u->len)
			return;
		u->ip_proto = u->data[0];
		u->data += size;
		u->len -= size;
	}
}

/* @return false when the datagram is not complete. */
static bool take_fragment(struct cv_inspect *in, const struct cv_frame *frame, struct upper *u)
{
	struct cv_datagram_slot *slot = NULL;
	unsigned int lost;

	switch (cv_fragment_take(&in->fragments, frame->data, &frame->packet, in->now_ns, &lost,
				 &slot)) {
	case CV_FRAGMENT_DONE:
		cv_flow_count(in, CV_FLOW_FRAGMENTS_DONE);
		*u = (struct upper){slot->data, slot->total, slot->next_header};
		if (frame->packet.family == 6)
			skip_extensions(u);
		break;
	case CV_FRAGMENT_DUPLICATE:
		in->did |= CV_DID_DUPLICATE;
		break;
	case CV_FRAGMENT_VOID:
		in->did |= CV_DID_DISCARD;
		break;
	case CV_FRAGMENT_HELD:
		in->did |= CV_DID_HOLD;
		break;
	}
	cv_count(&in->counters->flow[CV_FLOW_FRAGMENTS_LOST], lost);
	return slot != NULL;
}

enum cv_outcome cv_inspect_frame(struct cv_inspect *in, const struct cv_frame *frame)
{
	const struct cv_packet *pkt = &frame->packet;
	struct upper u = {frame->data + pkt->l4_off, pkt->l3_end - pkt->l4_off, pkt->ip_proto};

	in->did = 0;
	in->rejects = 0;
	cv_enforce_begin(in, frame);
	if (pkt->family == 0)
		in->did |= CV_DID_NOT_IOT;
	else if (pkt->fragment != CV_FRAG_NONE &&
		 (!cv_enforce_fragment(in) || !take_fragment(in, frame, &u)))
		; /* nothing to look at yet */
	else if (u.ip_proto == IP_UDP)
		inspect_udp(in, frame, &u);
	else if (u.ip_proto == IP_TCP)
		inspect_tcp(in, frame, &u);
	else
		in->did |= CV_DID_NOT_IOT;
	cv_enforce_end(in);
	settle_repeats(in, in->enforce.drop == 0);
	return outcome_of(in->did);
}

/* A clock that is set, back by hours or for a single frame, must not stop the ageing. */
static void advance(struct cv_inspect *in, int64_t ts_ns)
{
	int64_t step = ts_ns + in->shift_ns - in->now_ns;

	if (step < -CLOCK_BACK_NS) {
		in->shift_ns -= step;
	} else if (step > CLOCK_ON_NS && in->now_ns < INT64_MAX / 2) {
		in->shift_ns -= step - CLOCK_ON_NS;
		in->now_ns += CLOCK_ON_NS;
	} else if (step > 0 && step <= CLOCK_ON_NS) {
		in->now_ns += step;
	}
}

void cv_inspect_age(struct cv_inspect *in, int64_t ts_ns)
{
	unsigned int budget = AGE_FLOWS;
	struct cv_flow *f;

	advance(in, ts_ns);
	in->repeats.now_ns = in->hearings.now_ns = in->now_ns;
	if (in->now_ns - in->aged_ns < AGE_STEP_NS)
		return;
	in->aged_ns = in->now_ns;
	for (int i = 0; i < AGE_GAPS && in->flows.gaps.first != CV_INDEX_NONE; i++) {
		f = &in->flows.flow[in->flows.gaps.first];
		if (in->now_ns - f->gap_ns < CV_GAP_NS)
			break;
		cv_tcp_give_up(in, f);
	}
	while (budget > 0 && (f = cv_flow_idle(&in->flows, in->now_ns, &budget)) != NULL)
		cv_inspect_end_flow(in, f, CV_FLOW_EXPIRED, CV_REJECT_STREAM_GAP);
	cv_count(&in->counters->flow[CV_FLOW_FRAGMENTS_LOST],
		 cv_fragments_age(&in->fragments, in->now_ns));
	cv_hearings_age(&in->hearings, &in->emit);
	settle_repeats(in, true);
}

void cv_inspect_drain(struct cv_inspect *in)
{
	struct cv_flow *f;

	while ((f = cv_flow_any(&in->flows)) != NULL)
		cv_inspect_end_flow(in, f, CV_FLOW_ENDED, CV_REJECT_STREAM_GAP);
	cv_count(&in->counters->flow[CV_FLOW_FRAGMENTS_LOST], cv_fragments_drain(&in->fragments));
	cv_hearings_drain(&in->hearings, &in->emit);
}
