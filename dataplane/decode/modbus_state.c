/* SPDX-License-Identifier: Apache-2.0 */
/* Which request does a response answer: by flow, transaction and unit (guide 3.1.3). */
#include <string.h>

#include "dataplane/decode/modbus.h"

static bool answers(const struct modbus_adu *adu, const struct modbus_pending *p)
{
	return p->function == (adu->function & ~MODBUS_EXCEPTION) &&
	       p->transaction == adu->transaction && p->unit == adu->unit;
}

void modbus_remember(struct modbus_flow *flow, const struct modbus_adu *adu, uint16_t address,
		     uint16_t quantity)
{
	struct modbus_pending *slot = NULL;

	for (unsigned int i = 0; i < MODBUS_PENDING && slot == NULL; i++) {
		struct modbus_pending *p = &flow->pending[i];

		/* A reused transaction id means that the old request got no answer. */
		if (p->function == 0 ||
		    (p->transaction == adu->transaction && p->unit == adu->unit))
			slot = p;
	}
	if (slot == NULL) {
		slot = &flow->pending[flow->next];
		flow->next = (uint8_t)((flow->next + 1) % MODBUS_PENDING);
	}
	*slot = (struct modbus_pending){
		.transaction = adu->transaction,
		.unit = adu->unit,
		.function = adu->function,
		.address = address,
		.quantity = quantity,
	};
}

bool modbus_pair(struct modbus_flow *flow, const struct modbus_adu *adu, struct modbus_pending *ret)
{
	for (unsigned int i = 0; i < MODBUS_PENDING; i++) {
		struct modbus_pending *p = &flow->pending[i];

		if (answers(adu, p)) {
			*ret = *p;
			p->function = 0;
			return true;
		}
	}
	return false;
}

bool modbus_expected(const struct modbus_flow *flow, const struct modbus_adu *adu)
{
	for (unsigned int i = 0; i < MODBUS_PENDING; i++)
		if (answers(adu, &flow->pending[i]))
			return true;
	return false;
}

static bool same_write(const struct modbus_write *w, const struct modbus_flow *flow,
		       const struct modbus_adu *adu)
{
	return w->flow == flow && w->transaction == adu->transaction && w->unit == adu->unit &&
	       w->function == adu->function;
}

/* Does the byte count hold this many coils or registers? A server refuses it otherwise. */
static bool holds(struct modbus_range range, size_t len)
{
	size_t wanted = range.table == CV_REG_COIL ? (range.quantity + 7u) / 8u
						   : 2u * (size_t)range.quantity;

	return range.quantity != 0 && len == wanted && len <= MODBUS_WRITE_BYTES;
}

void modbus_remember_write(struct modbus_worker *worker, const struct modbus_flow *flow,
			   const struct modbus_adu *adu, struct modbus_range range,
			   const uint8_t *bytes, size_t len)
{
	struct modbus_write *w = &worker->write[worker->next];

	for (unsigned int i = 0; i < MODBUS_WRITES; i++)
		if (same_write(&worker->write[i], flow, adu))
			worker->write[i].flow = NULL;
	if (!holds(range, len))
		return;
	worker->next = (uint8_t)((worker->next + 1) % MODBUS_WRITES);
	w->flow = flow;
	w->transaction = adu->transaction;
	w->unit = adu->unit;
	w->function = adu->function;
	w->range = range;
	w->len = (uint8_t)len;
	memcpy(w->bytes, bytes, len);
}

const struct modbus_write *modbus_written(struct modbus_worker *worker,
					  const struct modbus_flow *flow,
					  const struct modbus_adu *adu)
{
	for (unsigned int i = 0; i < MODBUS_WRITES; i++) {
		struct modbus_write *w = &worker->write[i];

		if (same_write(w, flow, adu)) {
			w->flow = NULL;
			return w;
		}
	}
	return NULL;
}

void modbus_flow_end(void *flow, void *worker)
{
	struct modbus_worker *w = worker;

	for (unsigned int i = 0; i < MODBUS_WRITES; i++)
		if (w->write[i].flow == flow)
			w->write[i].flow = NULL;
}
