/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "control/sink/message.h"
#include "control/sink/sink.h"
#include "control/sink/source.h"
#include "control/sink/window.h"

#define MS UINT64_C(1000000)
#define BACKOFF_MIN_NS (250 * MS)
#define BACKOFF_MAX_NS (30000 * MS)
/*
 * An event that is not acknowledged for so long keeps others from being sent behind it: should it
 * be lost on the way, they would overtake it. Below the time in which a cluster finds a new leader.
 */
#define STALL_NS (500 * MS)
#define LATE_NS (10000 * MS)
#define KEEP_ALIVE_NS (10000 * MS) /* control closes a connection that is idle for 30 s */
#define STOP_NS (1000 * MS)
#define TURN_MS 200

struct cv_sink_core {
	const struct cv_sink_settings *settings;
	struct cv_sink_connect connect;
	struct cv_sink_status *status;
	const struct cv_sink_ops *ops;
	void *state, *connection;
	bool lost;
	uint64_t now_ns, retry_ns, backoff_ns, stop_ns, asked_ns;
	uint32_t limit; /* events under way at most: few after a failure, more with every success */
	uint64_t oldest, oldest_since_ns; /* ticket that has waited longest */
	bool have_cursor, keeping_alive;
	struct cv_member_cursor cursor; /* to acknowledge */
	const struct cv_frame *held; /* read, and waits for its place in the window */
	struct cv_sink_window *window;
	struct cv_sink_writer writer;
};

static uint64_t mono_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

int cv_sink_core_create(const struct cv_sink_settings *settings,
			const struct cv_sink_secrets *secrets, struct cv_sink_status *status,
			const struct cv_sink_ops *ops, void *state, struct cv_sink_core **ret)
{
	struct cv_sink_core *c = calloc(1, sizeof(*c));

	if (!c || cv_sink_window_create(settings->sink.window, &c->window) < 0) {
		free(c);
		return -ENOMEM;
	}
	c->settings = settings;
	c->connect = (struct cv_sink_connect){c, settings, secrets};
	c->status = status;
	c->ops = ops;
	c->state = state;
	c->backoff_ns = BACKOFF_MIN_NS;
	c->limit = 1; /* the first one shows whether it is taken */
	c->oldest = UINT64_MAX;
	cv_sink_writer_init(&c->writer, settings);
	srandom((unsigned int)mono_ns());
	*ret = c;
	return 0;
}

void cv_sink_core_set_state(struct cv_sink_core *c, void *state)
{
	c->state = state;
}

void cv_sink_core_destroy(struct cv_sink_core *c)
{
	if (!c)
		return;
	if (c->connection)
		c->ops->destroy(c->connection);
	cv_sink_window_destroy(c->window);
	free(c);
}

void cv_sink_say(struct cv_sink_core *c, const char *format, ...)
{
	char text[CV_SINK_TEXT_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	cv_sink_status_error(c->status, text);
}

void cv_sink_lost(struct cv_sink_core *c)
{
	c->lost = true;
}

void cv_sink_done(struct cv_sink_core *c, uint64_t ticket)
{
	if (!cv_sink_window_settle(c->window, ticket))
		return;
	cv_sink_count(c->status, CV_SINK_COUNTER_DELIVERED, 1);
	atomic_fetch_sub(&c->status->under_way, 1);
	c->backoff_ns = BACKOFF_MIN_NS;
	c->limit *= 2;
	if (c->limit > c->settings->sink.window) /* which need not be a power of two */
		c->limit = c->settings->sink.window;
}

void cv_sink_refused(struct cv_sink_core *c, uint64_t ticket, enum cv_sink_refusal reason,
		     const char *why)
{
	if (!cv_sink_window_settle(c->window, ticket))
		return;
	atomic_fetch_add(&c->status->refused[reason], 1);
	atomic_fetch_sub(&c->status->under_way, 1);
	cv_sink_say(c, "an event was refused for good (%s): %s", cv_sink_refusal_name(reason), why);
}

/* ---- the far side ------------------------------------------------------------------------------- */

static void wait_before_retry(struct cv_sink_core *c)
{
	uint64_t half = c->backoff_ns / 2;

	c->retry_ns = c->now_ns + half + (uint64_t)random() % half;
	c->backoff_ns *= 2;
	if (c->backoff_ns > BACKOFF_MAX_NS)
		c->backoff_ns = BACKOFF_MAX_NS;
	cv_sink_count(c->status, CV_SINK_COUNTER_FAILURES, 1);
	cv_sink_status_set(c->status, CV_SINK_STATE_CONNECTING);
}

static void drop_connection(struct cv_sink_core *c)
{
	c->ops->destroy(c->connection);
	c->connection = NULL;
	c->lost = false;
	cv_sink_count(c->status, CV_SINK_COUNTER_OVERTAKEN, cv_sink_window_rewind(c->window));
	c->limit = 1;
	c->oldest = UINT64_MAX;
	wait_before_retry(c);
}

static void look_after_connection(struct cv_sink_core *c)
{
	if (c->connection) {
		c->ops->poll(c->connection);
		if (c->lost)
			drop_connection(c);
		return;
	}
	if (c->now_ns < c->retry_ns || c->stop_ns)
		return;
	c->lost = false;
	if (c->ops->create(&c->connect, c->state, &c->connection) < 0) {
		c->connection = NULL;
		c->now_ns = mono_ns();
		wait_before_retry(c);
		return;
	}
	cv_sink_count(c->status, CV_SINK_COUNTER_CONNECTS, 1);
	cv_sink_status_set(c->status, CV_SINK_STATE_CONNECTED);
}

/* How long has the oldest event waited for its answer? */
static uint64_t waited_ns(struct cv_sink_core *c)
{
	uint64_t oldest;

	if (!cv_sink_window_oldest(c->window, &oldest)) {
		c->oldest = UINT64_MAX;
		return 0;
	}
	if (oldest != c->oldest) {
		c->oldest = oldest;
		c->oldest_since_ns = c->now_ns;
	}
	return c->now_ns - c->oldest_since_ns;
}

static bool send_one(struct cv_sink_core *c, const struct cv_frame *f, uint64_t ticket)
{
	struct cv_sink_message m;
	unsigned int sends;
	int res;

	if (cv_sink_write(&c->writer, f, &m) < 0) {
		cv_sink_refused(c, ticket, CV_SINK_REFUSAL_BAD_EVENT, "it cannot be written");
		return true;
	}
	m.ticket = ticket;
	/* Said first: an answer may come from inside. */
	sends = cv_sink_window_sent(c->window, ticket);
	res = c->ops->publish(c->connection, &m);
	if (res == -EAGAIN)
		cv_sink_window_unsent(c->window, ticket);
	else if (res < 0)
		c->lost = true;
	cv_sink_count(c->status, CV_SINK_COUNTER_RESENT, res == 0 && sends > 1);
	return res == 0;
}

/* @return whether there is more to send at once. */
static bool send_events(struct cv_sink_core *c)
{
	uint64_t waited = waited_ns(c), ticket;
	const struct cv_frame *f;
	unsigned int n = 0;
	bool full = false;

	if (!c->connection || c->stop_ns)
		return false;
	if (waited > LATE_NS && !c->ops->waits_itself) {
		cv_sink_say(c,
			    "an event was not acknowledged for 10 s: is the server overloaded, or "
			    "without a quorum?");
		c->lost = true;
	}
	while (!c->lost && n < 1024 && (waited < STALL_NS || c->ops->waits_itself) &&
	       cv_sink_window_sent_count(c->window) < c->limit && !full &&
	       (f = cv_sink_window_next(c->window, &ticket)) != NULL) {
		full = !send_one(c, f, ticket);
		n++;
	}
	if (!c->lost && c->ops->flush)
		c->ops->flush(c->connection);
	if (c->lost)
		drop_connection(c);
	return n == 1024 || (full && c->ops->flush);
}

/* ---- control's side ------------------------------------------------------------------------------- */

/* @return 0, also when there is none; c->held is the next frame that says something. */
static int hold_next(struct cv_sink_core *c, struct cv_sink_source *source)
{
	int res = 0;

	while (!c->held && res >= 0) {
		if (cv_sink_source_is_empty(source)) {
			res = cv_sink_source_read(source);
			if (res < 0 || cv_sink_source_is_empty(source))
				break;
		}
		res = cv_sink_source_next(source, &c->held);
		if (res <= 0 || c->held->type == CV_FRAME_IDLE)
			c->held = NULL;
	}
	return res < 0 ? res : 0;
}

/* A cursor always may: what it acknowledges has arrived perhaps. */
static bool may_take(const struct cv_sink_core *c, const struct cv_frame *f)
{
	return f->type == CV_FRAME_CURSOR || (!c->stop_ns && !cv_sink_window_is_full(c->window));
}

static int take_frames(struct cv_sink_core *c, struct cv_sink_source *source)
{
	while (cv_sink_window_has_room(c->window)) {
		int res = hold_next(c, source);

		if (res < 0)
			return res;
		if (!c->held || !may_take(c, c->held))
			break;
		cv_sink_window_push(c->window, c->held);
		if (c->held->type != CV_FRAME_CURSOR) {
			cv_sink_count(c->status, CV_SINK_COUNTER_TAKEN, 1);
			cv_sink_count(c->status, CV_SINK_COUNTER_GAPS,
				      c->held->type == CV_FRAME_GAP);
			atomic_fetch_add(&c->status->under_way, 1);
		}
		c->held = NULL;
	}
	return 0;
}

/* Has room come for what was read already? For that nothing else would wake us. */
static bool can_take_more(const struct cv_sink_core *c, const struct cv_sink_source *source)
{
	return cv_sink_window_has_room(c->window) &&
	       (c->held ? may_take(c, c->held) : !cv_sink_source_is_empty(source));
}

static void note_acked(struct cv_sink_core *c, const struct cv_cursor *cursor)
{
	for (unsigned int lane = 0; lane < CV_LANE_COUNT; lane++)
		atomic_store(&c->status->acked[lane], cursor->next[lane]);
	atomic_store(&c->status->acked_known, 1);
}

static int acknowledge(struct cv_sink_core *c, struct cv_sink_source *source)
{
	int res;

	if (cv_sink_window_advance(c->window, &c->cursor))
		c->have_cursor = true;
	if (source->asking) {
		res = cv_sink_source_acked(source);
		if (res < 0 && !(c->keeping_alive && res == -EPROTO))
			return res;
		if (res == 1 && !c->keeping_alive)
			note_acked(c, &source->asked.at);
	}
	if (source->asking)
		return 0;
	c->keeping_alive = !c->have_cursor;
	if (c->keeping_alive && c->asked_ns && c->now_ns - c->asked_ns < KEEP_ALIVE_NS)
		return 0;
	/* Nothing to say keeps the connection too: it is refused, and that is all. */
	res = cv_sink_source_ack(source, c->have_cursor ? &c->cursor
							: &(struct cv_member_cursor){.slot = 0});
	c->have_cursor = false;
	c->asked_ns = c->now_ns;
	return res;
}

static void wait_for_news(struct cv_sink_core *c, const struct cv_sink_source *source, bool more)
{
	struct pollfd fds[4] = {{.fd = source->ack_fd, .events = POLLIN}};
	unsigned int n = 1;
	int timeout = TURN_MS;

	if (!c->stop_ns && !c->held && cv_sink_window_has_room(c->window))
		fds[n++] = (struct pollfd){.fd = source->stream_fd, .events = POLLIN};
	if (c->connection)
		n += c->ops->wait_for(c->connection, fds + n, &timeout);
	else if (c->retry_ns < c->now_ns + TURN_MS * MS)
		timeout = (int)((c->retry_ns - c->now_ns) / MS) + 1;
	if (more || can_take_more(c, source))
		timeout = 0;
	(void)poll(fds, n, timeout);
}

/* Stopping: what is under way may still arrive, and what has arrived be acknowledged. */
static bool is_over(struct cv_sink_core *c, const struct cv_sink_source *source, bool stop)
{
	if (!stop)
		return false;
	if (!c->stop_ns)
		c->stop_ns = c->now_ns;
	return c->now_ns - c->stop_ns > STOP_NS ||
	       (cv_sink_window_sent_count(c->window) == 0 && !source->asking && !c->have_cursor);
}

int cv_sink_core_run(struct cv_sink_core *c, struct cv_sink_source *source,
		     const volatile int *stop)
{
	int res = 0;

	cv_sink_status_set(c->status, CV_SINK_STATE_CONNECTING);
	while (res == 0) {
		bool more;

		c->now_ns = mono_ns();
		look_after_connection(c); /* what is settled makes room */
		res = take_frames(c, source);
		if (res < 0)
			break;
		more = send_events(c);
		res = acknowledge(c, source);
		if (res < 0 || is_over(c, source, *stop))
			break;
		wait_for_news(c, source, more);
	}
	return res;
}
