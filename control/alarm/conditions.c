/* SPDX-License-Identifier: Apache-2.0 */
/* What each condition remembers of a device's quantity, and when it begins and ends. */
#include <math.h>

#include "control/alarm/engine_private.h"

/* ---- states --------------------------------------------------------------------------------- */

static struct cv_alarm_occurrence occurrence_of(const struct cv_alarm_state *s)
{
	return (struct cv_alarm_occurrence){
		.rule = s->rule,
		.unit = s->unit,
		.device = s->device,
		.name = s->name,
		.since = s->t0,
		.value = NAN,
	};
}

static uint32_t make_state(struct cv_alarm_engine *e, struct cv_alarm_known *known, uint32_t device,
			   uint16_t rule, uint32_t name)
{
	struct cv_alarm_occurrence o;
	struct cv_alarm_state *s;
	uint32_t n =
		e->states.used < e->rules->capacity ? cv_pool_add(&e->states, &e->state_budget) : 0;

	if (n == 0) {
		e->counts[CV_ALARM_COUNT_STATES_FULL]++;
		return 0;
	}
	s = cv_alarm_state_at(e, n);
	s->device = device;
	s->rule = rule;
	s->name = name;
	s->next = known->first;
	known->first = n;
	/* It was on before a restart: it goes on until an event says otherwise. */
	o = occurrence_of(s);
	s->alarm = cv_alarm_rejoin(e, &o);
	if (s->alarm != 0)
		s->phase = CV_ALARM_ON;
	return n;
}

uint32_t cv_alarm_state_of(struct cv_alarm_engine *e, uint32_t device, uint16_t rule, uint32_t name)
{
	struct cv_alarm_known *known = cv_pool_at(&e->devices, device);
	uint32_t n;

	for (n = known->first; n != 0; n = cv_alarm_state_at(e, n)->next) {
		const struct cv_alarm_state *s = cv_alarm_state_at(e, n);

		if (s->rule == rule && s->name == name)
			return n;
	}
	return make_state(e, known, device, rule, name);
}

/* ---- begin and end -------------------------------------------------------------------------- */

/* All count rules of this one hear of it, whether or not the alarm found room. */
static void begin(struct cv_alarm_engine *e, uint32_t state, int64_t since, double value,
		  int64_t now)
{
	struct cv_alarm_state *s = cv_alarm_state_at(e, state);
	struct cv_alarm_occurrence o = occurrence_of(s);

	o.since = since;
	o.value = value;
	s->phase = CV_ALARM_ON;
	s->alarm = cv_alarm_begin(e, &o, now);
	for (uint16_t c = e->counted_by[s->rule]; c != 0; c = e->next_count[c - 1])
		cv_alarm_hit(e, (uint16_t)(c - 1), s->device, now);
}

static void end(struct cv_alarm_engine *e, uint32_t state, double value, int64_t now)
{
	struct cv_alarm_state *s = cv_alarm_state_at(e, state);
	uint32_t alarm = s->alarm;

	s->phase = CV_ALARM_IDLE;
	s->alarm = 0;
	if (alarm != 0)
		cv_alarm_end(e, alarm, value, now);
}

static void go_on(struct cv_alarm_engine *e, const struct cv_alarm_state *s, double value,
		  int64_t now)
{
	if (s->alarm != 0)
		cv_alarm_go_on(e, s->alarm, s->device, value, now);
}

/* ---- threshold ------------------------------------------------------------------------------ */

static bool is_beyond(const struct cv_alarm_rule *r, double v)
{
	return isnan(r->threshold.below) ? v > r->threshold.above : v < r->threshold.below;
}

static bool is_back(const struct cv_alarm_rule *r, double v)
{
	return isnan(r->threshold.below) ? v <= r->threshold.clear : v >= r->threshold.clear;
}

static void judge_threshold(struct cv_alarm_engine *e, uint32_t state, double v, int64_t now)
{
	struct cv_alarm_state *s = cv_alarm_state_at(e, state);
	const struct cv_alarm_rule *r = cv_alarm_rule_at(e, s->rule);
	bool beyond = is_beyond(r, v);

	s->v0 = v;
	if (s->phase == CV_ALARM_ON && is_back(r, v)) {
		end(e, state, v, now);
	} else if (s->phase == CV_ALARM_ON) {
		go_on(e, s, v, now);
	} else if (!beyond) {
		s->phase = CV_ALARM_IDLE;
	} else if (r->threshold.for_ns == 0) {
		begin(e, state, now, v, now);
	} else if (s->phase == CV_ALARM_IDLE) {
		s->phase = CV_ALARM_PENDING;
		s->t0 = now;
		cv_wheel_arm(&e->wheel, CV_ALARM_ID(CV_ALARM_ID_STATE, state),
			     now + (int64_t)r->threshold.for_ns);
	}
}

/* ---- rate of change ------------------------------------------------------------------------- */

static bool is_fast(const struct cv_alarm_rule *r, double change, int64_t ns)
{
	int64_t window = (int64_t)r->rate.window_ns;
	double rate = change / (double)(ns > window ? ns : window) * (double)r->rate.per_ns;

	return isnan(r->rate.below) ? rate > r->rate.above : rate < r->rate.below;
}

/* Two anchors: the older one is half a window old or more once values come for so long. */
static void judge_rate(struct cv_alarm_engine *e, uint32_t state, double v, int64_t now)
{
	struct cv_alarm_state *s = cv_alarm_state_at(e, state);
	const struct cv_alarm_rule *r = cv_alarm_rule_at(e, s->rule);
	bool fast = s->known && is_fast(r, v - s->v0, now - s->t0);

	if (!s->known) {
		s->known = 1;
		s->t0 = s->t1 = now;
		s->v0 = s->v1 = v;
		return;
	}
	if (s->phase != CV_ALARM_ON && fast)
		begin(e, state, s->t0, v, now);
	else if (s->phase == CV_ALARM_ON && !fast)
		end(e, state, v, now);
	else if (s->phase == CV_ALARM_ON)
		go_on(e, s, v, now);
	if (now - s->t1 < (int64_t)r->rate.window_ns / 2)
		return;
	s->t0 = s->t1;
	s->v0 = s->v1;
	s->t1 = now;
	s->v1 = v;
}

/* ---- stuck ---------------------------------------------------------------------------------- */

static void judge_stuck(struct cv_alarm_engine *e, uint32_t state, double v, int64_t now)
{
	struct cv_alarm_state *s = cv_alarm_state_at(e, state);
	const struct cv_alarm_rule *r = cv_alarm_rule_at(e, s->rule);

	if (!s->known || fabs(v - s->v0) > r->stuck.tolerance) {
		if (s->known && s->phase == CV_ALARM_ON)
			end(e, state, v, now);
		s->known = 1;
		s->t0 = now;
		s->v0 = v;
	} else if (s->phase == CV_ALARM_ON) {
		go_on(e, s, v, now);
	} else if (now - s->t0 >= (int64_t)r->stuck.for_ns) {
		begin(e, state, s->t0, v, now);
	}
}

/* ---- silence -------------------------------------------------------------------------------- */

/* How long a device may be silent, ns; 0 = it is not watched. */
static int64_t timeout_of(struct cv_alarm_engine *e, const struct cv_alarm_rule *r, uint32_t device)
{
	struct cv_alarm_device d;

	if (r->silence.after_ns != 0)
		return (int64_t)r->silence.after_ns;
	e->host.device(e->host.owner, device, &d);
	return (int64_t)(r->silence.factor * d.interval * 1e9);
}

void cv_alarm_silence_begin(struct cv_alarm_engine *e, uint32_t state, uint64_t version,
			    int64_t now)
{
	struct cv_alarm_state *s = cv_alarm_state_at(e, state);

	if (!s->known || s->version != version)
		s->timeout = timeout_of(e, cv_alarm_rule_at(e, s->rule), s->device);
	s->known = 1;
	s->version = version;
	s->t0 = now;
	if (s->timeout > 0)
		cv_wheel_arm(&e->wheel, CV_ALARM_ID(CV_ALARM_ID_STATE, state), now + s->timeout);
}

static void judge_silence(struct cv_alarm_engine *e, uint32_t state, uint64_t version, int64_t now)
{
	if (cv_alarm_state_at(e, state)->phase == CV_ALARM_ON)
		end(e, state, NAN, now);
	cv_alarm_silence_begin(e, state, version, now);
}

/* ---- both ways in --------------------------------------------------------------------------- */

void cv_alarm_state_due(struct cv_alarm_engine *e, uint32_t state, int64_t now)
{
	struct cv_alarm_state *s = cv_alarm_state_at(e, state);
	const struct cv_alarm_rule *r = cv_alarm_rule_at(e, s->rule);
	uint32_t id = CV_ALARM_ID(CV_ALARM_ID_STATE, state);
	int64_t due;

	if (r->condition == CV_ALARM_THRESHOLD) {
		if (s->phase != CV_ALARM_PENDING)
			return;
		due = s->t0 + (int64_t)r->threshold.for_ns;
		if (due > now)
			cv_wheel_arm(&e->wheel, id, due);
		else
			begin(e, state, s->t0, s->v0, due);
		return;
	}
	if (s->phase == CV_ALARM_ON || s->timeout == 0)
		return;
	due = s->t0 + s->timeout;
	if (due > now)
		cv_wheel_arm(&e->wheel, id, due);
	else if (cv_alarm_in_scope(e, s->rule, s->device,
				   cv_alarm_known_of(e, s->device, e->version)))
		begin(e, state, s->t0, NAN, due);
}

void cv_alarm_judge(struct cv_alarm_engine *e, uint32_t state, const struct cv_alarm_value *v,
		    int64_t now)
{
	struct cv_alarm_state *s = cv_alarm_state_at(e, state);
	const struct cv_alarm_rule *r = cv_alarm_rule_at(e, s->rule);

	/* The wheel may be a tick behind. */
	if (s->node.armed)
		cv_alarm_state_due(e, state, now);
	s->unit = r->condition == CV_ALARM_SILENCE ? 0 : v->unit; /* silence has none */
	switch (r->condition) {
	case CV_ALARM_THRESHOLD:
		judge_threshold(e, state, v->number, now);
		break;
	case CV_ALARM_RATE:
		judge_rate(e, state, v->number, now);
		break;
	case CV_ALARM_STUCK:
		judge_stuck(e, state, v->number, now);
		break;
	default:
		judge_silence(e, state, v->version, now);
		break;
	}
}
