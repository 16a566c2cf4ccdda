/* SPDX-License-Identifier: Apache-2.0 */
/* Copies of dropped frames out of the XDP programs (evidence.bpf.h). */
#include "ebpf/loader_internal.h"

#include <errno.h>
#include <stdlib.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "ingress.skel.h"

struct reading {
	struct cv_bpf_port *port;
	unsigned int index;
	cv_bpf_sample *take;
	void *owner;
};

/* Made when somebody captures for the first time; the callback gets it back. */
struct cv_bpf_evidence {
	struct ring_buffer *ring;
	struct reading reading;
};

static int on_sample(void *context, void *data, size_t size)
{
	struct cv_bpf_evidence *e = context;
	struct reading *r = &e->reading;
	struct cv_sample head;

	r->port->evidence_read++;
	if (size < sizeof(head))
		return 0;
	head = *(const struct cv_sample *)data;
	head.port = (uint8_t)r->index;
	if (head.len <= size - sizeof(head) && head.reason < CV_REASON_COUNT)
		r->take(r->owner, &head, (const uint8_t *)data + sizeof(head));
	return 0;
}

static int open_ring(struct cv_bpf_port *port)
{
	struct cv_bpf_evidence *e = calloc(1, sizeof(*e));

	if (!e)
		return -ENOMEM;
	e->ring =
		ring_buffer__new(bpf_map__fd(port->object->maps.evidence_ring), on_sample, e, NULL);
	if (!e->ring) {
		free(e);
		return -errno;
	}
	port->evidence = e;
	return 0;
}

void cv_bpf_evidence_close(struct cv_bpf_port *port)
{
	if (!port->evidence)
		return;
	ring_buffer__free(port->evidence->ring);
	free(port->evidence);
	port->evidence = NULL;
}

int cv_bpf_evidence_configure(struct cv_bpf *b, const struct cv_evidence_config *config)
{
	int err = 0;

	for (unsigned int i = 0; i < b->count; i++) {
		struct cv_bpf_port *port = &b->ports[i];
		volatile struct cv_evidence_config *c;

		if (!port->object)
			continue;
		if (config->until_ns && !port->evidence)
			err = open_ring(port);
		if (err)
			return err;
		c = &port->object->bss->evidence;
		c->reasons = config->reasons;
		c->rule = config->rule;
		c->interval_ns = config->interval_ns;
		c->burst_ns = config->burst_ns;
		c->snap = config->snap;
		__atomic_store_n(&c->until_ns, config->until_ns, __ATOMIC_RELEASE);
	}
	return 0;
}

void cv_bpf_evidence_read(struct cv_bpf *b, cv_bpf_sample *take, void *owner)
{
	for (unsigned int i = 0; i < b->count; i++) {
		struct cv_bpf_port *port = &b->ports[i];

		if (!port->evidence)
			continue;
		port->evidence->reading = (struct reading){port, i, take, owner};
		(void)ring_buffer__consume(port->evidence->ring);
	}
}

int cv_bpf_evidence_counts(const struct cv_bpf *b, unsigned int port,
			   struct cv_evidence_counts *ret, uint64_t *ret_read)
{
	int cpus = libbpf_num_possible_cpus(), err = 0;
	struct cv_evidence_state *each;
	__u32 zero = 0;

	if (port >= b->count || !b->ports[port].object)
		return -ENOENT;
	if (cpus < 0)
		return cpus;
	each = calloc((size_t)cpus, sizeof(*each));
	if (!each)
		return -ENOMEM;
	if (bpf_map_lookup_elem(bpf_map__fd(b->ports[port].object->maps.evidence_state), &zero,
				each))
		err = -errno;
	if (!err) {
		*ret = (struct cv_evidence_counts){0};
		for (int i = 0; i < cpus; i++) {
			ret->seen += each[i].counts.seen;
			ret->unsampled += each[i].counts.unsampled;
			ret->overrun += each[i].counts.overrun;
			ret->sampled += each[i].counts.sampled;
		}
		*ret_read = b->ports[port].evidence_read;
	}
	free(each);
	return err;
}
