/* SPDX-License-Identifier: Apache-2.0 */
#include "control/alarm/live.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/alarm/expected.h"
#include "control/alarm/host.h"
#include "control/alarm/outbox.h"
#include "control/diag.h"

#define LANE CV_LANE_ALARM
#define TICK_NS UINT64_C(100000000)
#define FLUSH_TICKS 10 /* the store is written once a second */
/* Silence is told so much later: what was heard may still be on its way from the dataplane. */
#define GRACE_NS INT64_C(200000000)
/* The wall clock was set: a jump by more. Rules see time go on as before. */
#define JUMP_NS INT64_C(2000000000)
/* Events that are read where the store is new: alarms that began earlier begin anew. */
#define READ_MAX 100000u

struct cv_alarms {
	struct cv_loop *loop;
	struct cv_eventlog *log;
	const struct cv_config *config;
	struct cv_intake *intake;
	struct cv_alarm_engine *engine; /* NULL = no rules */
	struct cv_alarm_store *store;
	struct cv_alarm_outbox *outbox;
	struct cv_alarm_expected_devices *expected;
	struct cv_op timer;
	unsigned int ticks;
	int64_t offset, shift; /* wall minus monotonic clock as last seen; jumps of it so far */
	bool stopping, flush_told;
};

struct cv_alarm_engine *cv_alarms_engine(const struct cv_alarms *a)
{
	return a->engine;
}

struct cv_intake *cv_alarms_intake(const struct cv_alarms *a)
{
	return a->intake;
}

struct cv_alarm_kept cv_alarms_rules(const struct cv_alarms *a)
{
	return cv_alarm_store_rules(a->store);
}

struct cv_alarm_store *cv_alarms_store(const struct cv_alarms *a)
{
	return a->store;
}

const struct cv_config *cv_alarms_config(const struct cv_alarms *a)
{
	return a->config;
}

uint64_t cv_alarms_made(const struct cv_alarms *a, enum cv_lane lane)
{
	return lane == LANE ? cv_alarm_outbox_made(a->outbox) : 0;
}

/* ---- time ----------------------------------------------------------------------------------- */

/* The rules' time of a wall clock's, none later than now. */
static int64_t time_of(struct cv_alarms *a, int64_t wall_ns)
{
	int64_t wall = cv_loop_wall_ns(a->loop);
	int64_t offset = wall - (int64_t)cv_loop_mono_ns(a->loop), jump = offset - a->offset;

	if (jump > JUMP_NS || jump < -JUMP_NS)
		a->shift += jump;
	a->offset = offset;
	return (wall_ns < wall ? wall_ns : wall) - a->shift;
}

/* ---- events out ----------------------------------------------------------------------------- */

static bool on_changed(void *owner, const struct cv_alarm *alarm, enum cv_alarm_change change,
		       int64_t at)
{
	struct cv_alarms *a = owner;
	struct cv_alarm_urns urns = cv_alarm_host_urns(a->intake);
	uint8_t *room = cv_alarm_outbox_room(a->outbox);
	struct cv_record *rec;

	if (!room)
		return false;
	rec = cv_alarm_record(a->engine, alarm, change, at + a->shift, &urns, room);
	cv_alarm_host_stamp(a->intake, alarm, rec);
	cv_alarm_outbox_add(a->outbox, rec);
	return true;
}

static void on_logged(void *owner, const struct cv_record *rec, uint64_t seq)
{
	struct cv_alarms *a = owner;

	/* What the log has refused is true all the same; a gap record tells of it. */
	cv_alarm_store_take(a->store, rec);
	if (seq != 0)
		cv_alarm_store_up_to(a->store, seq + 1);
}

/* An alarm whose rule is gone: it ends as it was told last. */
static void end_without_rule(struct cv_alarms *a, const struct cv_record *rec)
{
	static const uint8_t cleared = CV_ALARM_CLEARED;
	uint8_t *room = cv_alarm_outbox_room(a->outbox);
	struct cv_record *copy = (struct cv_record *)(void *)room;
	struct cv_tlv_view v;

	if (!room)
		return; /* it stays in the store: the next start tries again */
	memcpy(room, rec, rec->size);
	copy->ts_rx_ns = cv_loop_wall_ns(a->loop);
	v = cv_record_tlv(copy, CV_TLV_ALARM);
	memcpy(room + (v.data - room) + offsetof(struct cv_alarm_note, change), &cleared, 1);
	cv_alarm_outbox_add(a->outbox, copy);
}

/* ---- events in ------------------------------------------------------------------------------ */

static void on_record(void *owner, uint32_t device, const struct cv_record *rec)
{
	struct cv_alarms *a = owner;

	/* Some moments after a start: nobody knows yet of which area a device is. */
	if (cv_registry_live_is_there(a->intake->live) && !cv_registry_live_ready(a->intake->live))
		return;
	cv_alarm_host_event(a->intake, a->engine, device, rec, time_of(a, rec->ts_rx_ns));
}

static void on_fetch(void *owner, uint32_t device, unsigned int stage)
{
	const struct cv_alarms *a = owner;

	cv_alarm_engine_fetch(a->engine, device, stage);
}

/* A device that the registry expects: silent from now on, unless it was heard. */
static void on_expected(void *owner, const char *urn, size_t len)
{
	struct cv_alarms *a = owner;
	struct cv_alarm_urns urns = cv_alarm_host_urns(a->intake);
	uint32_t device;

	if (!a->engine || !cv_alarm_engine_watches_silence(a->engine))
		return;
	device = urns.device(urns.owner, urn, len);
	if (device != 0)
		cv_alarm_engine_expect(a->engine, device, cv_alarm_host_version(a->intake),
				       time_of(a, INT64_MAX));
}

static void flush(struct cv_alarms *a)
{
	int res = cv_alarm_store_flush(a->store);

	if (res < 0 && !a->flush_told)
		cv_diag("warning",
			"active alarms cannot be written to alarms.db (%s); after a crash they are "
			"read from the log",
			strerror(-res));
	a->flush_told = res < 0;
}

static void on_timer(struct cv_op *op, int res, uint32_t flags)
{
	struct cv_alarms *a = op->owner;

	if (a->stopping)
		return;
	if (a->engine) {
		cv_alarm_engine_advance(a->engine, time_of(a, INT64_MAX) - GRACE_NS);
		cv_alarm_engine_retell(a->engine);
	}
	if (++a->ticks % FLUSH_TICKS == 0)
		flush(a);
	cv_loop_timer(a->loop, &a->timer, a->engine ? TICK_NS : FLUSH_TICKS * TICK_NS);
}

int cv_alarms_ack(struct cv_alarms *a, const char *id, const char *who, const char *comment)
{
	return a->engine ? cv_alarm_engine_ack(a->engine, id, who, comment, time_of(a, INT64_MAX))
			 : -ENOENT;
}

int cv_alarms_clear(struct cv_alarms *a, const char *id, const char *who, const char *comment)
{
	return a->engine ? cv_alarm_engine_clear(a->engine, id, who, comment, time_of(a, INT64_MAX))
			 : -ENOENT;
}

/* ---- rules ---------------------------------------------------------------------------------- */

static void host_device(void *owner, uint32_t device, struct cv_alarm_device *ret)
{
	cv_alarm_host_device(((struct cv_alarms *)owner)->intake, device, ret);
}

static void restore_one(void *owner, const struct cv_record *rec)
{
	struct cv_alarms *a = owner;
	struct cv_alarm_urns urns = cv_alarm_host_urns(a->intake);
	int64_t now = time_of(a, INT64_MAX);
	struct cv_alarm_told told;
	int res = -ENOENT;

	if (!cv_alarm_record_read(rec, &urns, &told))
		return;
	if (told.past.told_ns > now)
		told.past.told_ns = now; /* the clock was ahead */
	if (a->engine)
		res = cv_alarm_engine_restore(a->engine, &told.past);
	if (res == -ENOENT)
		end_without_rule(a, rec);
	else if (res < 0)
		cv_diag("warning", "alarm %s cannot be taken over (%s)", told.id, strerror(-res));
}

/* From one engine to the next: by their records, as after a restart. */
static void hand_over(struct cv_alarms *a, const struct cv_alarm_engine *from)
{
	static _Alignas(8) uint8_t memory[CV_ALARM_RECORD_ROOM];
	struct cv_alarm_urns urns = cv_alarm_host_urns(a->intake);

	for (uint32_t i = 1; i < cv_alarm_engine_end(from); i++) {
		const struct cv_alarm *alarm = cv_alarm_engine_at(from, i);

		if (alarm)
			restore_one(a, cv_alarm_record(from, alarm, CV_ALARM_UPDATED,
						       alarm->told_ns, &urns, memory));
	}
}

bool cv_alarms_told(struct cv_alarms *a)
{
	return !a->engine || cv_alarm_engine_retell(a->engine);
}

int cv_alarms_put_in_force(struct cv_alarms *a, struct cv_alarm_rules *rules, uint64_t number)
{
	const struct cv_alarm_host host = {
		.owner = a, .device = host_device, .changed = on_changed};
	struct cv_alarm_engine *next = NULL, *before = a->engine;
	int res = rules ? cv_alarm_engine_create(rules, number, &host, &next) : 0;

	if (res < 0)
		return res;
	a->engine = next; /* what it takes over may be over already, and be told so */
	if (before)
		hand_over(a, before);
	else if (a->intake->judge_owner != a)
		cv_alarm_store_each(a->store, restore_one, a);
	cv_alarm_engine_destroy(before);
	cv_alarm_expected_devices_again(a->expected);
	a->intake->judge_owner = a;
	a->intake->judge = next ? on_record : NULL;
	a->intake->fetch = next ? on_fetch : NULL;
	return 0;
}

/* ---- what the log has of alarms --------------------------------------------------------------- */

struct reading {
	struct cv_alarms *a;
	uint64_t next;
	bool end;
};

static void take_block(struct reading *r, const struct cv_block *b)
{
	uint32_t at = sizeof(*b);

	for (uint32_t i = 0; i < b->count; i++) {
		const struct cv_record *rec =
			(const struct cv_record *)(const void *)((const uint8_t *)b + at);

		if (b->worker == CV_WORKER_CONTROL && b->first_seq + i >= r->next)
			cv_alarm_store_take(r->a->store, rec);
		at += rec->size;
	}
	r->next = b->first_seq + b->count;
}

static void read_done(struct cv_log_read *rd, const struct cv_block *b, int res)
{
	struct reading *r = rd->owner;

	if (b)
		take_block(r, b);
	else if (res == -EBADMSG && rd->skip_to > r->next)
		r->next = rd->skip_to;
	else
		r->end = true;
}

static void read_log(struct cv_alarms *a, bool anew)
{
	uint64_t begin = cv_eventlog_begin(a->log, LANE), end = cv_eventlog_end(a->log, LANE);
	uint64_t from = anew ? (end - begin > READ_MAX ? end - READ_MAX : begin)
			     : cv_alarm_store_seq(a->store);
	struct reading r = {.a = a, .next = from < begin ? begin : from};
	struct cv_log_read rd = {.done = read_done, .owner = &r};

	while (r.next < end && !r.end) {
		cv_eventlog_read(a->log, &rd, LANE, r.next);
		while (rd.busy && cv_loop_turn(a->loop) == 0)
			;
	}
	cv_eventlog_read_free(&rd);
	cv_alarm_store_up_to(a->store, end);
	flush(a);
}

/* ---- life ----------------------------------------------------------------------------------- */

static int open_parts(struct cv_alarms *a, struct cv_diagnostics *diag)
{
	char path[PATH_MAX + sizeof(CV_ALARM_FILE) + 1];
	const char *why = "no memory for alarms";
	int anew = 0, res = cv_alarm_outbox_create(a->loop, a->log, on_logged, a, &a->outbox);

	snprintf(path, sizeof(path), "%s/" CV_ALARM_FILE, a->config->log_dir);
	if (res == 0)
		res = cv_alarm_expected_devices_create(a->loop, a->config->log_dir, a->intake->live,
						       on_expected, a, &a->expected);
	if (res == 0) {
		anew = cv_alarm_store_open(path, &a->store, &why);
		res = anew < 0 ? anew : 0;
	}
	if (res < 0) {
		cv_diagnostics_add(diag, CV_SEVERITY_ERROR, (struct cv_place){.file = path}, NULL,
				   "%s", why);
		return res;
	}
	read_log(a, anew);
	return cv_alarms_start_rules(a, diag);
}

int cv_alarms_create(struct cv_loop *loop, struct cv_eventlog *log, const struct cv_config *config,
		     struct cv_intake *intake, struct cv_alarms **ret, struct cv_diagnostics *diag)
{
	struct cv_alarms *a = calloc(1, sizeof(*a));
	int res;

	if (!a)
		return -ENOMEM;
	*a = (struct cv_alarms){.loop = loop, .log = log, .config = config, .intake = intake};
	a->offset = cv_loop_wall_ns(loop) - (int64_t)cv_loop_mono_ns(loop);
	a->timer = (struct cv_op){.done = on_timer, .owner = a};
	res = open_parts(a, diag);
	if (res < 0) {
		cv_alarms_destroy(a);
		return res;
	}
	cv_loop_timer(loop, &a->timer, TICK_NS);
	*ret = a;
	return 0;
}

void cv_alarms_destroy(struct cv_alarms *a)
{
	if (!a)
		return;
	a->stopping = true;
	if (a->timer.pending)
		cv_loop_cancel(a->loop, &a->timer);
	while (a->timer.pending && cv_loop_turn(a->loop) == 0)
		;
	if (a->intake->judge_owner == a) {
		a->intake->judge = NULL;
		a->intake->fetch = NULL;
		a->intake->judge_owner = NULL;
	}
	cv_alarm_expected_devices_destroy(a->expected);
	cv_alarm_outbox_destroy(a->outbox);
	cv_alarm_store_close(a->store);
	cv_alarm_engine_destroy(a->engine);
	free(a);
}
