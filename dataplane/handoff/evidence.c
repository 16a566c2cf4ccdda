/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/handoff/evidence.h"

#include <errno.h>
#include <string.h>

void cv_evidence_offer(struct cv_evidence *e, const struct cv_evidence_drop *drop, uint64_t now_ns)
{
	struct cv_evidence_state *port = &e->ports[drop->port & (CV_PORTS_MAX - 1)];
	uint32_t snap = e->config.snap;
	struct cv_evidence_slot *slot;
	uint32_t len = drop->len;

	if (!cv_evidence_wants(&e->config, drop->reason, drop->rule) ||
	    !cv_evidence_admit(&e->config, port, drop->reason, now_ns))
		return;
	/* Acquire: control has read what was in the slot. */
	if (e->head - __atomic_load_n(&e->tail, __ATOMIC_ACQUIRE) >= CV_EVIDENCE_SLOTS) {
		port->counts.overrun++;
		port->missed++;
		return;
	}
	if (len > snap)
		len = snap;
	if (len > CV_EVIDENCE_SNAP_MAX)
		len = CV_EVIDENCE_SNAP_MAX;
	slot = &e->slots[e->head & (CV_EVIDENCE_SLOTS - 1)];
	slot->head = (struct cv_sample){
		.ts_ns = (uint64_t)drop->ts_ns,
		.generation = drop->generation,
		.missed = port->missed,
		.rule = drop->rule,
		.wire_len = drop->len,
		.len = len,
		.reason = drop->reason,
		.port = drop->port,
	};
	memcpy(slot->data, drop->data, len);
	port->missed = 0;
	port->counts.sampled++;
	/* Release: the copy is whole before control can see it. */
	__atomic_store_n(&e->head, e->head + 1, __ATOMIC_RELEASE);
}

/* Control may be renewing its word at this moment: only the word that was looked at is withdrawn. */
void cv_evidence_expire(struct cv_evidence *e, uint64_t now_ns)
{
	__u64 until = __atomic_load_n(&e->config.until_ns, __ATOMIC_RELAXED);

	if (until != 0 && until < now_ns)
		__atomic_compare_exchange_n(&e->config.until_ns, &until, 0, false, __ATOMIC_RELAXED,
					    __ATOMIC_RELAXED);
}

void cv_evidence_configure(struct cv_evidence *e, const struct cv_evidence_config *config)
{
	__atomic_store_n(&e->config.reasons, config->reasons, __ATOMIC_RELAXED);
	__atomic_store_n(&e->config.rule, config->rule, __ATOMIC_RELAXED);
	__atomic_store_n(&e->config.interval_ns, config->interval_ns, __ATOMIC_RELAXED);
	__atomic_store_n(&e->config.burst_ns, config->burst_ns, __ATOMIC_RELAXED);
	__atomic_store_n(&e->config.snap, config->snap, __ATOMIC_RELAXED);
	__atomic_store_n(&e->config.until_ns, config->until_ns, __ATOMIC_RELEASE);
}

int cv_evidence_read(struct cv_evidence *e, struct cv_evidence_slot *ret)
{
	uint64_t tail = e->tail, head = __atomic_load_n(&e->head, __ATOMIC_ACQUIRE);
	const struct cv_evidence_slot *slot = &e->slots[tail & (CV_EVIDENCE_SLOTS - 1)];
	int res = 1;

	if (head == tail)
		return 0;
	/* The head is copied before it is checked: the peer can still write there. */
	ret->head = slot->head;
	if (head - tail > CV_EVIDENCE_SLOTS || ret->head.len > CV_EVIDENCE_SNAP_MAX ||
	    ret->head.len > ret->head.wire_len || ret->head.wire_len > CV_EVIDENCE_WIRE_MAX ||
	    ret->head.reason >= CV_REASON_COUNT || ret->head.port >= CV_PORTS_MAX)
		res = -EBADMSG;
	else
		memcpy(ret->data, slot->data, ret->head.len);
	/* Release: we are done with the slot. A head that ran away leaves nothing to be read. */
	__atomic_store_n(&e->tail, head - tail > CV_EVIDENCE_SLOTS ? head : tail + 1,
			 __ATOMIC_RELEASE);
	return res;
}

struct cv_evidence_counts cv_evidence_counts(const struct cv_evidence *e, unsigned int port)
{
	const struct cv_evidence_counts *c = &e->ports[port & (CV_PORTS_MAX - 1)].counts;

	return (struct cv_evidence_counts){
		.seen = __atomic_load_n(&c->seen, __ATOMIC_RELAXED),
		.unsampled = __atomic_load_n(&c->unsampled, __ATOMIC_RELAXED),
		.overrun = __atomic_load_n(&c->overrun, __ATOMIC_RELAXED),
		.sampled = __atomic_load_n(&c->sampled, __ATOMIC_RELAXED),
	};
}
