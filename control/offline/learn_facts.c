/* SPDX-License-Identifier: Apache-2.0 */
/* What the records say about an edge: which decoder took it, and what was said. */
#include <stdio.h>
#include <string.h>

#include "control/offline/learn.h"

static uint32_t find_host(const struct cv_learn *l, const uint8_t addr[16], uint32_t family)
{
	struct cv_learn_host key = {.family = family};

	memcpy(key.addr, addr, sizeof(key.addr));
	return cv_intern_find(&l->hosts, &key);
}

/* Texts come from devices: what is not plain ASCII is shown as a dot. */
static size_t put(char *text, size_t at, size_t room, struct cv_tlv_view v)
{
	if (!v.data || v.len == 0)
		return at;
	if (at && at < room)
		text[at++] = ' ';
	for (uint16_t i = 0; i < v.len && at < room; i++)
		text[at++] = v.data[i] > ' ' && v.data[i] < 0x7f ? (char)v.data[i] : '.';
	return at;
}

/* The operation and what it was on: register, path, topic, HJ 212 command. */
static bool describe(const struct cv_record *rec, struct cv_learn_fact *fact)
{
	struct cv_tlv_view method = cv_record_tlv(rec, CV_TLV_METHOD);
	struct cv_tlv_view code = cv_record_tlv(rec, CV_TLV_CODE);
	size_t at = 0;

	if (rec->kind == CV_KIND_ANOMALY || rec->kind == CV_KIND_GAP || !method.data)
		return false;
	memset(fact, 0, sizeof(*fact));
	fact->proto = rec->proto;
	at = put(fact->text, at, sizeof(fact->text) - 1, method);
	if (rec->proto == CV_PROTO_MODBUS)
		put(fact->text, at, sizeof(fact->text) - 1, code);
	return true;
}

void cv_learn_record(struct cv_learn *l, const struct cv_record *rec)
{
	uint32_t src = find_host(l, rec->src, rec->family);
	uint32_t dst = find_host(l, rec->dst, rec->family);
	struct cv_learn_said said = {0};
	struct cv_learn_fact fact;
	struct cv_learn_edge *e;
	uint32_t i;
	bool back;

	if (src == CV_INTERN_NONE || dst == CV_INTERN_NONE || rec->proto == 0)
		return;
	said.edge = cv_learn_find_edge(l, src, dst, rec->ip_proto, rec->sport, rec->dport, &back);
	if (said.edge == CV_INTERN_NONE)
		return;
	e = cv_learn_edge(l, said.edge);
	if (rec->kind == CV_KIND_PARSE_ERROR) {
		e->rejected++;
		return;
	}
	e->decoder = rec->proto;
	if (!describe(rec, &fact))
		return;
	said.fact = cv_intern_add(&l->facts, &fact);
	if (said.fact == CV_INTERN_NONE)
		return;
	i = cv_intern_add(&l->said, &said);
	if (i != CV_INTERN_NONE)
		((struct cv_learn_said *)cv_intern_at(&l->said, i))->count++;
}
