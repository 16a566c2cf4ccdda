/* SPDX-License-Identifier: Apache-2.0 */
/* Whose turn it is, what it says, and the account of it. */
#include "tools/citysim/city.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TOGETHER_MAX 3 /* messages in a segment, where they are coalesced */
#define WRITES_MAX (TOGETHER_MAX * SIM_PARTS_MAX)
#define DATAGRAM_MAX 1400

/* What a device says in its turn. */
struct turn {
	struct sim_group *group;
	uint32_t device;
	uint64_t dice;
	unsigned int writes;
	struct sim_write write[WRITES_MAX];
	size_t len;
	uint8_t data[TOGETHER_MAX * SIM_BYTES_MAX];
};

static uint32_t common_factor(uint32_t a, uint32_t b)
{
	while (b != 0) {
		uint32_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

/* Devices do not speak in the order of their addresses. */
static uint32_t stride_of(uint32_t devices)
{
	uint32_t stride = (uint32_t)(devices * 0.618) | 1;

	while (common_factor(stride, devices) != 1)
		stride += 2;
	return stride;
}

static int setup_group(struct sim_city *city, struct sim_group *g, const struct sim_group_config *c)
{
	const struct sim_encoder *e = sim_encoder_by_name(c->protocol);

	g->config = c;
	g->encoder = e;
	for (unsigned int i = 0; i < e->profile_count; i++)
		if (strcmp(e->profiles[i].name, c->profile) == 0)
			g->profile = &e->profiles[i];
	g->key = city->scenario->seed;
	for (const char *p = c->name; *p != '\0'; p++)
		g->key = sim_mix(g->key ^ (uint8_t)*p);
	g->tcp = c->transport == SIM_TRANSPORT_TCP ||
		 (c->transport == SIM_TRANSPORT_AUTO && e->transports & SIM_TCP);
	g->port = c->port ? c->port : e->port;
	g->stride = stride_of(c->devices);
	g->next_ns = (double)(g->key % 1000) * 1e-3 * (double)c->interval_ns / c->devices;
	g->open_kind = g->alarm_kind = -1;
	for (unsigned int i = 0; i < e->kind_count; i++) {
		if (e->kinds[i].when == SIM_ON_OPEN)
			g->open_kind = (int8_t)i;
		else if (e->kinds[i].when == SIM_ON_ALARM)
			g->alarm_kind = (int8_t)i;
		else
			g->weights += e->kinds[i].weight;
	}
	for (unsigned int i = 0; i < g->profile->point_count; i++)
		g->alarm_count += g->profile->points[i].curve == SIM_CURVE_ALARM;
	/* Encoders of one decoder have one account: the node counts by decoder. */
	for (unsigned int i = sim_encoder_count; i-- > 0;)
		if (strcmp(sim_decoder_name(sim_encoders[i]), sim_decoder_name(e)) == 0)
			g->row = &city->ledger.row[i];
	g->state = calloc(c->devices, sizeof(*g->state));
	return g->state ? 0 : -ENOMEM;
}

int sim_city_setup(struct sim_city *city, const struct sim_scenario *s, struct sim_output *out)
{
	int err = 0;

	memset(city, 0, sizeof(*city));
	city->scenario = s;
	city->out = out;
	city->clock_ns = (int64_t)s->start_s * 1000000000;
	city->ledger.row = calloc(sim_encoder_count, sizeof(*city->ledger.row));
	if (city->ledger.row == NULL)
		err = -ENOMEM;
	for (size_t i = 0; i < s->group_count && err == 0; i++) {
		city->group[i].first = i ? city->group[i - 1].first + s->groups[i - 1].devices : 0;
		city->groups++;
		err = setup_group(city, &city->group[i], &s->groups[i]);
	}
	if (err != 0)
		sim_city_release(city);
	return err;
}

void sim_city_release(struct sim_city *city)
{
	for (unsigned int i = 0; i < city->groups; i++)
		free(city->group[i].state);
	free(city->ledger.row);
	city->groups = 0;
	city->ledger.row = NULL;
}

static bool chance(uint64_t *dice, double percent)
{
	*dice = sim_mix(*dice);
	return (double)(*dice >> 11) * (100.0 / 9007199254740992.0) < percent;
}

static unsigned int pick_kind(const struct sim_group *g, uint64_t *dice)
{
	uint64_t at;

	*dice = sim_mix(*dice);
	at = *dice % (g->weights ? g->weights : 1);
	for (unsigned int i = 0; i < g->encoder->kind_count; i++) {
		const struct sim_kind *k = &g->encoder->kinds[i];

		if (k->when != SIM_ON_TIME)
			continue;
		if (at < k->weight)
			return i;
		at -= k->weight;
	}
	return 0;
}

/* Make the message of the device into city->message. @return false when it says nothing. */
static bool make(struct sim_city *city, struct turn *t, unsigned int kind,
		 const struct sim_device *dev)
{
	struct sim_group *g = t->group;
	struct sim_state *s = &g->state[t->device];
	struct sim_input *in = &city->input;

	in->profile = g->profile;
	in->device = dev;
	in->kind = kind;
	in->time_ns = city->clock_ns;
	in->serial = s->serial;
	in->random = t->dice;
	in->tcp = g->tcp;
	in->neighbours = g->tcp ? 0 : g->config->devices - 1 - t->device;
	sim_city_readings(city, g, s, kind);
	sim_message_reset(&city->message);
	g->encoder->encode(in, &city->message);
	if (city->message.parts == 0 || city->message.overflow)
		return false;
	for (unsigned int i = 0; i < city->message.parts && !g->tcp; i++)
		if (city->message.part[i].len > DATAGRAM_MAX)
			return false;
	s->serial++;
	return true;
}

static bool damage(struct sim_city *city, struct turn *t)
{
	const struct sim_encoder *e = t->group->encoder;
	unsigned int can = t->group->tcp ? e->stream_damages : e->damages, count = 0, at;

	for (unsigned int i = 0; i < SIM_DAMAGE_COUNT; i++)
		count += can >> i & 1;
	if (count == 0)
		return false;
	t->dice = sim_mix(t->dice);
	at = (unsigned int)(t->dice % count);
	for (unsigned int i = 0; i < SIM_DAMAGE_COUNT; i++) {
		if (!(can >> i & 1) || at-- != 0)
			continue;
		e->damage(&city->input, &city->message, (enum sim_damage)i);
		t->group->row->damaged[i]++;
		return true;
	}
	return false;
}

static void account(struct sim_ledger_row *row, const struct sim_message *m, bool again)
{
	row->messages += m->messages;
	row->rejected += m->rejected;
	row->repeated += again ? m->messages : m->again;
	for (unsigned int i = 0; i < m->parts; i++)
		row->bytes += m->part[i].len;
	for (unsigned int i = 0; i < m->expects; i++) {
		row->events[m->expect[i].kind]++;
		row->lanes[m->expect[i].lane]++;
		row->repeated_events[m->expect[i].kind] += again;
		row->repeated_lanes[m->expect[i].lane] += again;
	}
}

/* Queue the message for sending. */
static void queue(struct turn *t, const struct sim_message *m, bool join)
{
	for (unsigned int i = 0; i < m->parts; i++) {
		struct sim_write *w = t->writes ? &t->write[t->writes - 1] : NULL;

		memcpy(t->data + t->len, m->bytes + m->part[i].at, m->part[i].len);
		if (join && w && w->from_device == m->part[i].from_device) {
			w->len += m->part[i].len;
		} else {
			t->write[t->writes++] = (struct sim_write){
				.from_device = m->part[i].from_device,
				.neighbour = m->part[i].neighbour,
				.len = m->part[i].len,
				.data = t->data + t->len,
			};
		}
		t->len += m->part[i].len;
	}
}

static int flush(struct sim_city *city, struct turn *t, bool split)
{
	int err = t->group->tcp
			  ? sim_segments(city, t->group, t->device, t->write, t->writes, split)
			  : sim_datagrams(city, t->group, t->device, t->write, t->writes);

	t->writes = 0;
	t->len = 0;
	return err;
}

static unsigned int choose(struct sim_group *g, struct turn *t)
{
	if (g->alarm_kind >= 0 && g->alarm_count != 0 && chance(&t->dice, g->config->alarms))
		return (unsigned int)g->alarm_kind;
	return pick_kind(g, &t->dice);
}

/* One message, perhaps damaged, perhaps twice. */
static int say(struct sim_city *city, struct turn *t, const struct sim_device *dev, bool join,
	       bool split)
{
	struct sim_group *g = t->group;
	struct sim_state *s = &g->state[t->device];
	bool damaged, again;

	if (!make(city, t, choose(g, t), dev))
		return 0;
	damaged = !s->damaged && chance(&t->dice, g->config->damaged) && damage(city, t);
	s->damaged = damaged;
	account(g->row, &city->message, false);
	queue(t, &city->message, join);
	again = !damaged && !join && chance(&t->dice, g->config->repeated);
	if (again && g->encoder->repeat != NULL)
		again = g->encoder->repeat(&city->input, &city->message);
	if (!again)
		return join ? 0 : flush(city, t, split);
	account(g->row, &city->message, true);
	queue(t, &city->message, false);
	return flush(city, t, split);
}

/* What comes first on a connection, or first of all. */
static int open_session(struct sim_city *city, struct turn *t, const struct sim_device *dev)
{
	struct sim_group *g = t->group;
	struct sim_state *s = &g->state[t->device];
	int err = 0;

	if (s->connection == 0)
		city->ledger.devices++;
	if (g->tcp)
		err = sim_connect(city, g, t->device);
	else
		s->connection = 1;
	s->open = true;
	if (err != 0 || g->open_kind < 0 || !make(city, t, (unsigned int)g->open_kind, dev))
		return err;
	account(g->row, &city->message, false);
	queue(t, &city->message, false);
	return flush(city, t, false);
}

static int take_turn(struct sim_city *city, struct turn *t)
{
	struct sim_group *g = t->group;
	struct sim_state *s = &g->state[t->device];
	struct sim_device dev = {.index = g->first + t->device, .key = sim_mix(g->key ^ t->device)};
	unsigned int form = g->config->segments, count = 1;
	int err = 0;

	g->encoder->identity(&dev, g->profile);
	if (!s->open)
		err = open_session(city, t, &dev);
	if (form == SIM_SEGMENTS_MIXED)
		form = (unsigned int)(sim_mix(t->dice) % SIM_SEGMENTS_MIXED);
	if (form == SIM_SEGMENTS_COALESCED && g->tcp)
		count = 1 + (unsigned int)(t->dice >> 7) % TOGETHER_MAX;
	for (unsigned int i = 0; i < count && err == 0; i++)
		err = say(city, t, &dev, count > 1, form == SIM_SEGMENTS_SPLIT);
	if (err == 0 && t->writes != 0)
		err = flush(city, t, false);
	if (err == 0 && g->tcp && g->config->session != 0 && s->serial >= g->config->session)
		err = sim_disconnect(city, g, t->device);
	return err;
}

static double interval(const struct sim_group *g)
{
	const struct sim_group_config *c = g->config;
	double each = (double)c->interval_ns / c->devices;
	bool burst = c->burst_for_ns != 0 && g->next_ns >= (double)c->burst_at_ns &&
		     g->next_ns < (double)c->burst_at_ns + (double)c->burst_for_ns;

	return burst ? each / c->burst_times : each;
}

int sim_city_turn(struct sim_city *city)
{
	static struct turn t; /* some 14 KiB; one city at a time */
	struct sim_group *g = &city->group[0];
	int64_t due;
	int err;

	for (unsigned int i = 1; i < city->groups; i++)
		if (city->group[i].next_ns < g->next_ns)
			g = &city->group[i];
	if (g->next_ns >= (double)city->scenario->duration_ns)
		return 0;
	due = (int64_t)city->scenario->start_s * 1000000000 + (int64_t)g->next_ns;
	if (due > city->clock_ns)
		city->clock_ns = due;
	t.group = g;
	t.device = (uint32_t)(g->turn * g->stride % g->config->devices);
	t.dice = sim_mix(g->key ^ g->turn);
	t.writes = 0;
	t.len = 0;
	g->turn++;
	g->next_ns += interval(g);
	err = take_turn(city, &t);
	return err ? err : 1;
}
