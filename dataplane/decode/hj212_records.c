/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a frame says: one record per factor and statistic, one per parameter, or one for the frame
 * itself when it carries neither.
 */
#include <string.h>

#include "dataplane/decode/hj212_emit.h"

static void flush(struct hj212_frame *f, struct hj212_group *g)
{
	for (unsigned int i = 0; i < g->count; i++)
		hj212_emit_item(f, g, &g->item[i]);
	g->count = 0;
	g->flag = g->eflag = (struct hj212_text){NULL, 0};
	g->timed = false;
}

static void add(struct hj212_frame *f, struct hj212_group *g, const struct hj212_item *it)
{
	if (g->count == HJ212_GROUP_MAX || it->code.len != g->code.len || g->code.data == NULL ||
	    memcmp(it->code.data, g->code.data, it->code.len) != 0) {
		flush(f, g);
		g->code = it->code;
	}
	if (hj212_is(it->stat, "Flag"))
		g->flag = it->value;
	else if (hj212_is(it->stat, "EFlag"))
		g->eflag = it->value;
	else if (hj212_is(it->stat, "SampleTime"))
		g->timed = hj212_time(it->value, &g->ts);
	else
		g->item[g->count++] = *it;
}

/* What ends a text: by the first, of a key; by both, of a value. */
enum { OF_KEY = 1, OF_VALUE = 2 };
static const uint8_t ends[256] = {
	['-'] = OF_KEY,
	['='] = OF_KEY,
	[';'] = OF_KEY | OF_VALUE,
	[','] = OF_KEY | OF_VALUE,
};

static const char *find_end(const char *at, const char *end, uint8_t of)
{
	while (at < end && !(ends[(uint8_t)*at] & of))
		at++;
	return at;
}

/* Separators are ';' between and ',' within factors; the standard's own examples mix them up. */
static const char *next_item(const char *at, const char *end, struct hj212_item *ret)
{
	const char *start = at, *dash = NULL;

	for (at = find_end(at, end, OF_KEY); at < end && *at == '-';
	     at = find_end(at + 1, end, OF_KEY))
		dash = at;
	*ret = (struct hj212_item){.key = {start, (size_t)(at - start)}};
	if (dash) {
		ret->code = (struct hj212_text){start, (size_t)(dash - start)};
		ret->stat = (struct hj212_text){dash + 1, (size_t)(at - dash - 1)};
	}
	start = at < end && *at == '=' ? ++at : at;
	at = find_end(at, end, OF_VALUE);
	ret->value = (struct hj212_text){start, (size_t)(at - start)};
	return at < end ? at + 1 : at;
}

static void take_time(struct hj212_frame *f)
{
	struct hj212_text cp = f->s->cp;
	const char *at = memmem(cp.data, cp.len, "DataTime=", strlen("DataTime="));
	struct hj212_item it;

	if (at == NULL)
		return;
	next_item(at, cp.data + cp.len, &it);
	f->time_quality = hj212_time(it.value, &f->ts) ? CV_TIME_DEVICE : CV_TIME_IMPLAUSIBLE;
}

/* Numbers that both ends send go up from the device, which is the end that opens the connection. */
static uint8_t direction_of(const struct cv_decode *d, const struct hj212_segment *s,
			    const struct hj212_command *command)
{
	if (command->direction != CV_DIR_UNKNOWN)
		return command->direction;
	if (d->origin->direction != CV_DIR_UNKNOWN)
		return d->origin->direction;
	if (!d->datagram)
		return d->from_client ? CV_DIR_UP : CV_DIR_DOWN;
	return s->cp.len != 0 ? CV_DIR_UP : CV_DIR_DOWN;
}

void hj212_records(struct cv_decode *d, const struct hj212_segment *s)
{
	const char *at = s->cp.data, *end = at + s->cp.len;
	struct hj212_frame f = {.d = d, .s = s, .command = hj212_command(s->cn)};
	struct hj212_group g;

	g.code.data = NULL;
	g.count = 0;
	g.timed = false;
	g.flag = g.eflag = (struct hj212_text){NULL, 0};
	f.direction = direction_of(d, s, f.command);
	take_time(&f);
	while (at < end) {
		struct hj212_item it;

		at = next_item(at, end, &it);
		if (it.key.len == 0 || hj212_is(it.key, "DataTime"))
			continue;
		if (it.code.len != 0)
			add(&f, &g, &it);
		else
			hj212_emit_parameter(&f, &it);
	}
	flush(&f, &g);
	if (f.records == 0)
		hj212_emit_bare(&f);
}
