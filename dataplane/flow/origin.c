/* SPDX-License-Identifier: Apache-2.0 */
/* Where what is decoded comes from. */
#include <string.h>

#include "dataplane/flow/inspect.h"

static uint8_t direction_of(const struct cv_inspect *in, uint8_t port)
{
	const struct cv_gen_port *ports = cv_generation_at(in->gen, in->gen->ports);

	if (port >= in->gen->ports.count)
		return CV_DIR_UNKNOWN;
	switch (ports[port].side) {
	case CV_SIDE_DEVICE:
		return CV_DIR_UP;
	case CV_SIDE_PLATFORM:
		return CV_DIR_DOWN;
	default:
		return CV_DIR_UNKNOWN;
	}
}

void cv_inspect_origin_frame(struct cv_inspect *in, const struct cv_frame *frame, uint8_t ip_proto,
			     uint16_t sport, uint16_t dport)
{
	const struct cv_packet *pkt = &frame->packet;
	struct cv_origin *o = &in->origin;

	*o = (struct cv_origin){
		.ts_rx_ns = frame->ts_ns,
		.packet = frame->number,
		.rule = frame->rule,
		.vlan = pkt->vlan,
		.sport = __builtin_bswap16(sport),
		.dport = __builtin_bswap16(dport),
		.family = pkt->family,
		.ip_proto = ip_proto,
		.port = frame->port,
		.direction = direction_of(in, frame->port),
	};
	memcpy(o->src, &pkt->src, sizeof(o->src));
	memcpy(o->dst, &pkt->dst, sizeof(o->dst));
}

void cv_inspect_origin_of(struct cv_inspect *in, const struct cv_flow *f, unsigned int dir)
{
	const struct cv_flow_dir *d = &f->dir[dir];
	struct cv_origin *o = &in->origin;

	*o = (struct cv_origin){
		.ts_rx_ns = d->ts_ns,
		.packet = d->packet,
		.rule = d->rule,
		.vlan = cv_flow_vlan(&f->key),
		.sport = __builtin_bswap16(cv_flow_port(&f->key, dir)),
		.dport = __builtin_bswap16(cv_flow_port(&f->key, 1 - dir)),
		.family = cv_flow_family(&f->key),
		.ip_proto = cv_flow_ip_proto(&f->key),
		.port = d->port,
		.direction = direction_of(in, d->port),
		.proto = f->proto,
	};
	memcpy(o->src, f->key.addr[dir], sizeof(o->src));
	memcpy(o->dst, f->key.addr[1 - dir], sizeof(o->dst));
}
