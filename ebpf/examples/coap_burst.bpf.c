/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Drop bursts of identical CoAP message ids. A confirmable message is sent at most five times, the
 * first and MAX_RETRANSMIT = 4 repetitions, within MAX_TRANSMIT_SPAN = 45 s (RFC 7252 4.8): those
 * pass. A sixth copy within that time is no retransmission but a broken or hostile sender.
 */
#include <culvert_module.h>

#define COAP_PORT 5683
#define COPIES 5
#define WINDOW_NS 45000000000ull

enum { DROP_BURST };

/* Message ids are told apart by endpoint pair (RFC 7252 4.4), and so are a sender's own ids from
 * those it answers with (ACK and RST carry the id of the other side). */
struct message {
	__u64 src[2], dst[2];
	__u16 sport, dport;
	__u16 vlan;
	__u16 id;
	__u32 answer;
	__u32 pad;
};

struct seen {
	__u64 since_ns;
	__u32 copies;
	__u32 pad;
};

/* Where memory ends the least recently seen ids are forgotten, and pass. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, struct message);
	__type(value, struct seen);
} messages SEC(".maps");

static int coap_burst(const struct cv_module_ctx *c)
{
	struct message m = {.sport = c->sport, .dport = c->dport, .vlan = c->vlan};
	struct seen fresh = {.since_ns = c->now_ns, .copies = 1};
	const __u8 *head;
	struct seen *s;

	if (c->ip_proto != 17 || (c->dport != COAP_PORT && c->sport != COAP_PORT))
		return cv_continue();
	head = cv_at(c, c->l4_off + 8, 4); /* behind the UDP header: the CoAP header */
	if (!head || head[0] >> 6 != 1) /* version 1 */
		return cv_continue();
	m.src[0] = c->src[0];
	m.src[1] = c->src[1];
	m.dst[0] = c->dst[0];
	m.dst[1] = c->dst[1];
	m.id = cv_load16(head + 2);
	m.answer = (head[0] >> 4 & 3) >= 2; /* ACK, RST */

	s = bpf_map_lookup_elem(&messages, &m);
	if (!s || c->now_ns - s->since_ns > WINDOW_NS) {
		bpf_map_update_elem(&messages, &m, &fresh, BPF_ANY);
		return cv_continue();
	}
	return __sync_fetch_and_add(&s->copies, 1) < COPIES ? cv_continue() : cv_drop(DROP_BURST);
}

CV_MODULE(coap_burst, .budget_ns = 400, .codes = {[DROP_BURST] = "burst"});
