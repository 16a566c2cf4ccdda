/* SPDX-License-Identifier: Apache-2.0 */
/* What is kept between APDUs: requests without an answer, scalers, who the device says it is. */
#include <string.h>

#include "dataplane/decode/dlms.h"

static struct dlms_pending *slot(struct dlms_flow *flow, uint8_t service, uint8_t invoke)
{
	for (unsigned int i = 0; i < DLMS_PENDING; i++)
		if (flow->pending[i].service == service && flow->pending[i].invoke == invoke)
			return &flow->pending[i];
	return NULL;
}

static struct dlms_list *find_list(struct dlms_worker *w, const void *flow, uint8_t invoke)
{
	for (unsigned int i = 0; i < DLMS_LISTS; i++)
		if (w->list[i].flow == flow && w->list[i].invoke == invoke)
			return &w->list[i];
	return NULL;
}

static void keep_list(struct dlms_apdu *a, const struct dlms_attribute *what, unsigned int count)
{
	struct dlms_worker *w = a->d->worker;
	struct dlms_flow *flow = a->d->flow;
	struct dlms_list *l = find_list(w, flow, a->invoke);

	if (l == NULL)
		l = &w->list[w->turn++ % DLMS_LISTS];
	flow->kept = true;
	l->flow = flow;
	l->invoke = a->invoke;
	l->count = (uint8_t)count;
	memcpy(l->what, what, count * sizeof(*what));
}

void dlms_remember(struct dlms_apdu *a, uint8_t service, const struct dlms_attribute *what,
		   size_t count)
{
	struct dlms_flow *flow = a->d->flow;
	struct dlms_pending *p;

	if (a->dry || count == 0 || count > DLMS_LIST)
		return;
	p = slot(flow, service, a->invoke);
	for (unsigned int i = 0; i < DLMS_PENDING && p == NULL; i++)
		if (flow->pending[i].service == 0)
			p = &flow->pending[i];
	if (p == NULL) {
		p = &flow->pending[flow->next];
		flow->next = (uint8_t)((flow->next + 1) % DLMS_PENDING);
	}
	p->service = service;
	p->invoke = a->invoke;
	p->many = (uint8_t)count;
	p->what = what[0];
	if (count > 1)
		keep_list(a, what, (unsigned int)count);
}

unsigned int dlms_pair(struct dlms_apdu *a, uint8_t service, bool last, struct dlms_attribute *ret)
{
	struct dlms_pending *p = slot(a->d->flow, service, a->invoke);
	struct dlms_list *l;
	unsigned int count;

	if (p == NULL)
		return 0;
	count = p->many;
	if (last && !a->dry)
		p->service = 0;
	if (count == 1) {
		ret[0] = p->what;
		return 1;
	}
	l = find_list(a->d->worker, a->d->flow, a->invoke);
	if (l == NULL || l->count != count)
		return 0;
	memcpy(ret, l->what, count * sizeof(*ret));
	if (last && !a->dry)
		l->flow = NULL;
	return count;
}

/*
 * Where a scaler may be: one place; another one takes it. By addresses, not by where the flow is in
 * memory: the same frames give the same records.
 */
static struct dlms_scaler *place(const struct dlms_apdu *a, const uint8_t *obis)
{
	const struct cv_origin *o = a->d->origin;
	struct dlms_worker *w = a->d->worker;
	uint64_t hash = (uint64_t)(o->sport ^ o->dport) << 16 | a->station;

	for (unsigned int i = 0; i < sizeof(o->src); i++)
		hash = (hash ^ o->src[i] ^ o->dst[i]) * 0x9e3779b97f4a7c15ull;
	for (unsigned int i = 0; i < DLMS_OBIS; i++)
		hash = (hash ^ obis[i]) * 0x9e3779b97f4a7c15ull;
	return &w->scaler[(hash >> 40) % DLMS_SCALERS];
}

void dlms_keep_scaler(struct dlms_apdu *a, const uint8_t *obis, int8_t exponent, uint8_t unit)
{
	struct dlms_scaler *s = place(a, obis);
	struct dlms_flow *flow = a->d->flow;

	if (a->dry)
		return;
	flow->kept = true;
	s->flow = flow;
	s->station = a->station;
	memcpy(s->obis, obis, DLMS_OBIS);
	s->exponent = exponent;
	s->unit = unit;
}

const struct dlms_scaler *dlms_scaler(const struct dlms_apdu *a, const uint8_t *obis)
{
	const struct dlms_scaler *s = place(a, obis);

	return s->flow == a->d->flow && s->station == a->station &&
			       memcmp(s->obis, obis, DLMS_OBIS) == 0
		       ? s
		       : NULL;
}

void dlms_name(struct dlms_apdu *a, unsigned int rank, const char *name, size_t len)
{
	struct dlms_flow *flow = a->d->flow;

	if (a->dry || len == 0 || len > DLMS_NAME ||
	    (flow->station == a->station && flow->rank > rank))
		return;
	for (size_t i = 0; i < len; i++)
		if (name[i] < 0x21 || name[i] > 0x7e)
			return;
	flow->station = a->station;
	flow->rank = (uint8_t)rank;
	flow->name_len = (uint8_t)len;
	memcpy(flow->name, name, len);
}

void dlms_title(struct dlms_apdu *a, const uint8_t *title, size_t len)
{
	static const char digit[] = "0123456789abcdef";
	char text[16];

	if (len != 8)
		return;
	for (size_t i = 0; i < len; i++) {
		text[2 * i] = digit[title[i] >> 4];
		text[2 * i + 1] = digit[title[i] & 0xf];
	}
	dlms_name(a, 1, text, sizeof(text));
}

void dlms_flow_end(void *flow, void *worker)
{
	struct dlms_worker *w = worker;

	if (!((struct dlms_flow *)flow)->kept)
		return;
	for (unsigned int i = 0; i < DLMS_SCALERS; i++)
		if (w->scaler[i].flow == flow)
			w->scaler[i].flow = NULL;
	for (unsigned int i = 0; i < DLMS_LISTS; i++)
		if (w->list[i].flow == flow)
			w->list[i].flow = NULL;
	for (unsigned int i = 0; i < DLMS_JOINS; i++) {
		if (w->join[i].flow == flow)
			w->join[i].flow = NULL;
		if (w->blocks[i].flow == flow)
			w->blocks[i].flow = NULL;
	}
}
