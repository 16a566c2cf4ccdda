/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine of alarm rules against a slow one that is easily seen to be right: it keeps everything
 * that ever happened, goes through all of it for each rule, and knows no wheel, no tables and no
 * states. Random rules, random events; each change that is told must be the same, at the same time.
 *
 * Times are whole ticks of the wheel, where its calls are exact. Events come at multiples of 16 ticks
 * and durations have remainders of their own, so that no two things of a rule fall together.
 */
#include <inttypes.h>
#include <time.h>

#include "tests/random.h"
#include "tests/unit/control/alarm_help.h"

#define TICK CV_WHEEL_TICK
#define STEP (16 * TICK)
#define EVENTS 600
#define DEVICES 7
#define CHANGES_MAX 65536

static const unsigned int names[] = {CV_NAME_TANK_PRESSURE, CV_NAME_TANK_LEVEL,
				     CV_NAME_WATER_LEVEL};
#define NAMES 3

static struct {
	uint32_t device;
	unsigned int name;
	double value;
	int64_t at;
} events[EVENTS];
static int64_t end_of_time;

/* ---- what happens to one thing a rule watches ------------------------------------------------ */

/* It begins and ends, in the order of time. */
struct edge {
	int64_t at;
	uint32_t device;
	unsigned int name;
	bool on;
};
static struct edge edges[CHANGES_MAX];
static size_t n_edges;

static void edge(int64_t at, uint32_t device, unsigned int name, bool on)
{
	if (n_edges == CHANGES_MAX)
		abort();
	edges[n_edges++] = (struct edge){at, device, name, on};
}

static bool is_event_of(size_t i, uint32_t device, unsigned int name)
{
	return events[i].device == device && (name == 0 || events[i].name == name);
}

static void threshold_edges(const struct cv_alarm_rule *r, uint32_t device, unsigned int name)
{
	bool high = isnan(r->threshold.below), on = false;
	int64_t hold = (int64_t)r->threshold.for_ns, beyond_since = -1;

	for (size_t i = 0; i < EVENTS; i++) {
		double v = events[i].value;
		bool beyond = high ? v > r->threshold.above : v < r->threshold.below;
		bool back = high ? v <= r->threshold.clear : v >= r->threshold.clear;

		if (!is_event_of(i, device, name))
			continue;
		if (!on && beyond_since >= 0 && beyond_since + hold <= events[i].at) {
			edge(beyond_since + hold, device, name, true);
			on = true;
		}
		if (on && back) {
			edge(events[i].at, device, name, false);
			on = false;
			beyond_since = -1;
		} else if (!on && !beyond) {
			beyond_since = -1;
		} else if (!on && beyond_since < 0) {
			beyond_since = events[i].at;
			if (hold == 0) {
				edge(events[i].at, device, name, true);
				on = true;
			}
		}
	}
	if (!on && beyond_since >= 0 && beyond_since + hold <= end_of_time)
		edge(beyond_since + hold, device, name, true);
}

static void rate_edges(const struct cv_alarm_rule *r, uint32_t device, unsigned int name)
{
	double window = (double)r->rate.window_ns, older = 0, younger = 0;
	int64_t older_at = -1, younger_at = -1;
	bool on = false;

	for (size_t i = 0; i < EVENTS; i++) {
		double v = events[i].value, since, rate;
		int64_t at = events[i].at;
		bool fast;

		if (!is_event_of(i, device, name))
			continue;
		if (older_at < 0) {
			older = younger = v;
			older_at = younger_at = at;
			continue;
		}
		since = (double)(at - older_at);
		rate = (v - older) / (since > window ? since : window) * (double)r->rate.per_ns;
		fast = isnan(r->rate.below) ? rate > r->rate.above : rate < r->rate.below;
		if (fast != on)
			edge(at, device, name, fast);
		on = fast;
		if (at - younger_at >= (int64_t)r->rate.window_ns / 2) {
			older = younger;
			older_at = younger_at;
			younger = v;
			younger_at = at;
		}
	}
}

static void stuck_edges(const struct cv_alarm_rule *r, uint32_t device, unsigned int name)
{
	int64_t since = -1;
	double still = 0;
	bool on = false;

	for (size_t i = 0; i < EVENTS; i++) {
		if (!is_event_of(i, device, name))
			continue;
		if (since < 0 || fabs(events[i].value - still) > r->stuck.tolerance) {
			if (on)
				edge(events[i].at, device, name, false);
			on = false;
			since = events[i].at;
			still = events[i].value;
		} else if (!on && events[i].at - since >= (int64_t)r->stuck.for_ns) {
			edge(events[i].at, device, name, true);
			on = true;
		}
	}
}

static bool asks_for(const struct cv_alarm_rule *r, unsigned int name)
{
	return cv_alarm_words_match(&r->match.names, cv_name_text(name),
				    strlen(cv_name_text(name)));
}

static void silence_edges(const struct cv_alarm_rule *r, uint32_t device)
{
	int64_t timeout = r->silence.after_ns
				  ? (int64_t)r->silence.after_ns
				  : (int64_t)(r->silence.factor * help.interval[device] * 1e9);
	int64_t heard = -1;

	if (timeout == 0)
		return;
	for (size_t i = 0; i < EVENTS; i++) {
		if (!is_event_of(i, device, 0) || !asks_for(r, events[i].name))
			continue;
		if (heard >= 0 && heard + timeout <= events[i].at) {
			edge(heard + timeout, device, 0, true);
			edge(events[i].at, device, 0, false);
		}
		heard = events[i].at;
	}
	if (heard >= 0 && heard + timeout <= end_of_time)
		edge(heard + timeout, device, 0, true);
}

static int by_time(const void *a, const void *b)
{
	const struct edge *x = a, *y = b;

	return x->at != y->at ? (x->at < y->at ? -1 : 1) : (int)y->on - (int)x->on;
}

/* Is the device one that the rule is about? */
static bool in_scope(const struct cv_alarm_rule *r, uint32_t device)
{
	struct cv_alarm_device d;
	bool area = r->match.areas.n == 0, tag = r->match.tags.n == 0;

	help_device(NULL, device, &d);
	for (size_t i = 0; i < r->match.areas.n; i++)
		for (int l = 0; l < CV_ALARM_LEVEL_COUNT; l++)
			area |= strstr(d.area[l], r->match.areas.items[i]) == d.area[l];
	for (size_t i = 0; i < r->match.tags.n; i++)
		tag |= strstr(d.tags, r->match.tags.items[i]) != NULL;
	return area && tag && cv_alarm_words_match(&r->match.devices, d.urn, d.urn_len) &&
	       (r->match.kinds.n == 0 || strcmp(r->match.kinds.items[0], d.kind) == 0);
}

static void edges_of(const struct cv_alarm_rule *r)
{
	n_edges = 0;
	for (uint32_t device = 1; device <= DEVICES; device++) {
		if (!in_scope(r, device))
			continue;
		if (r->condition == CV_ALARM_SILENCE)
			silence_edges(r, device);
		for (int i = 0; i < NAMES && r->condition != CV_ALARM_SILENCE; i++) {
			if (!asks_for(r, names[i]))
				continue;
			if (r->condition == CV_ALARM_THRESHOLD)
				threshold_edges(r, device, names[i]);
			else if (r->condition == CV_ALARM_RATE)
				rate_edges(r, device, names[i]);
			else if (r->condition == CV_ALARM_STUCK)
				stuck_edges(r, device, names[i]);
		}
	}
	qsort(edges, n_edges, sizeof(edges[0]), by_time);
}

/* ---- what is told of it ---------------------------------------------------------------------- */

struct change {
	int64_t at;
	enum cv_alarm_change change;
	char subject[128]; /* "RULE:urn:dev:x:1/tank.level" */
};
static struct change expected[CHANGES_MAX], told[CHANGES_MAX];
static size_t n_expected, n_told;

static void expect(int64_t at, enum cv_alarm_change change, const struct cv_alarm_rule *r,
		   const char *subject)
{
	struct change *c = &expected[n_expected];

	if (n_expected++ == CHANGES_MAX)
		abort();
	*c = (struct change){.at = at, .change = change};
	snprintf(c->subject, sizeof(c->subject), "%s:%s", r->id, subject);
}

/* What an occurrence belongs to, as the id says it. */
static void subject_of(const struct cv_alarm_rule *r, const struct edge *e, char ret[128])
{
	bool many = r->match.names.n > 1 ||
		    (r->match.names.n == 1 && strchr(r->match.names.items[0], '*'));
	struct cv_alarm_device d;

	help_device(NULL, e->device, &d);
	if (r->merge.by == CV_ALARM_MERGE_AREA && *d.area[CV_ALARM_LEVEL_STREET])
		snprintf(ret, 128, "area:%s", d.area[CV_ALARM_LEVEL_STREET]);
	else if (r->merge.by == CV_ALARM_MERGE_NONE && many && e->name)
		snprintf(ret, 128, "%s/%s", d.urn, cv_name_text(e->name));
	else
		snprintf(ret, 128, "%s", d.urn);
}

/* All edges of one subject, one after the other. */
static void changes_of(const struct cv_alarm_rule *r, const char *subject)
{
	int64_t within = (int64_t)r->merge.within_ns, clear_at = -1;
	uint32_t on = 0, seen = 0; /* bit per device */
	bool active = false;
	char of[128];

	for (size_t i = 0; i < n_edges; i++) {
		const struct edge *e = &edges[i];

		subject_of(r, e, of);
		if (strcmp(of, subject) != 0)
			continue;
		if (active && on == 0 && clear_at <= e->at) {
			expect(clear_at, CV_ALARM_CLEARED, r, subject);
			active = false;
		}
		if (!e->on) {
			if (--on == 0)
				clear_at = e->at + within;
			if (on == 0 && within == 0) {
				expect(e->at, CV_ALARM_CLEARED, r, subject);
				active = false;
			}
			continue;
		}
		on++;
		if (!active) {
			expect(e->at, CV_ALARM_RAISED, r, subject);
			seen = 0;
		} else if (!(seen >> e->device & 1)) {
			expect(e->at, CV_ALARM_UPDATED, r, subject);
		}
		active = true;
		seen |= 1u << e->device;
	}
	if (active && on == 0 && clear_at <= end_of_time)
		expect(clear_at, CV_ALARM_CLEARED, r, subject);
}

static void changes_of_rule(const struct cv_alarm_rule *r)
{
	char subject[128], other[128];

	edges_of(r);
	for (size_t i = 0; i < n_edges; i++) {
		bool first = true;

		subject_of(r, &edges[i], subject);
		for (size_t j = 0; j < i && first; j++) {
			subject_of(r, &edges[j], other);
			first = strcmp(subject, other) != 0;
		}
		if (first)
			changes_of(r, subject);
	}
}

/* ---- counts: at any time, how many devices of an area had a hit in the time before ------------ */

static struct {
	int64_t at;
	uint32_t device;
} hits[CHANGES_MAX];
static size_t n_hits;

static void gather_hits(const struct cv_alarm_rules *rules, const struct cv_alarm_rule *r)
{
	n_hits = 0;
	if (r->count.of != CV_ALARM_OF_NAMES) {
		edges_of(&rules->rules[r->count.of]);
		for (size_t i = 0; i < n_edges; i++) {
			if (edges[i].on && in_scope(r, edges[i].device)) {
				hits[n_hits].at = edges[i].at;
				hits[n_hits++].device = edges[i].device;
			}
		}
		return;
	}
	for (size_t i = 0; i < EVENTS; i++) {
		if (asks_for(r, events[i].name) && events[i].value != 0 &&
		    in_scope(r, events[i].device)) {
			hits[n_hits].at = events[i].at;
			hits[n_hits++].device = events[i].device;
		}
	}
}

static uint32_t counted(const struct cv_alarm_rule *r, const char *area, int64_t at)
{
	uint32_t devices = 0;
	struct cv_alarm_device d;

	for (size_t i = 0; i < n_hits; i++) {
		help_device(NULL, hits[i].device, &d);
		if (hits[i].at <= at && hits[i].at + (int64_t)r->count.within_ns > at &&
		    strcmp(d.area[r->count.group], area) == 0)
			devices |= 1u << hits[i].device;
	}
	return devices;
}

static int by_number(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

static void changes_of_area(const struct cv_alarm_rule *r, const char *area)
{
	static int64_t times[2 * CHANGES_MAX];
	char subject[64];
	uint32_t seen = 0;
	bool on = false;
	size_t n = 0;

	snprintf(subject, sizeof(subject), "%s%s", *area ? "area:" : "all", area);
	for (size_t i = 0; i < n_hits; i++) {
		times[n++] = hits[i].at;
		times[n++] = hits[i].at + (int64_t)r->count.within_ns;
	}
	qsort(times, n, sizeof(times[0]), by_number);
	for (size_t i = 0; i < n && times[i] <= end_of_time; i++) {
		uint32_t devices = counted(r, area, times[i]);
		bool enough = (uint32_t)__builtin_popcount(devices) >= r->count.at_least;

		if (enough && !on)
			expect(times[i], CV_ALARM_RAISED, r, subject);
		else if (!enough && on)
			expect(times[i], CV_ALARM_CLEARED, r, subject);
		else if (enough && devices & ~seen)
			expect(times[i], CV_ALARM_UPDATED, r, subject);
		seen = enough ? (on ? seen : 0) | devices : 0;
		on = enough;
	}
}

static void changes_of_count(const struct cv_alarm_rules *rules, const struct cv_alarm_rule *r)
{
	gather_hits(rules, r);
	switch (r->count.group) {
	case CV_ALARM_LEVEL_STREET:
		changes_of_area(r, "310115001");
		changes_of_area(r, "310115002");
		break;
	case CV_ALARM_LEVEL_DISTRICT:
		changes_of_area(r, "310115");
		break;
	default:
		changes_of_area(r, "");
		break;
	}
}

/* ---- random rules and events ----------------------------------------------------------------- */

static uint64_t seed;

static uint64_t below(uint64_t n)
{
	return next_random_of(&seed) % n;
}

/* Some steps and a remainder of its own, in ns. */
static int64_t duration(unsigned int most, unsigned int rest)
{
	return ((int64_t)(1 + below(most)) * 16 + rest) * TICK;
}

static void put_match(FILE *out)
{
	static const char *const wanted[] = {"tank.pressure", "tank.*", "'*'",
					     "[tank.level, water.level]"};
	static const char *const scopes[] = {"",
					     "",
					     "",
					     ", areas: 310115001",
					     ", kinds: meter",
					     ", tags: [new, cellar]",
					     ", devices: 'urn:dev:x:[1]'",
					     ", devices: ['urn:dev:x:2', 'urn:dev:x:5']"};

	fprintf(out, "match: { names: %s%s }, ", wanted[below(4)], scopes[below(8)]);
}

static void put_condition(FILE *out)
{
	bool high = below(2);

	switch (below(4)) {
	case 0:
		fprintf(out, "threshold: { %s: %d, clear: %d, for: %" PRId64 "ns }",
			high ? "above" : "below", high ? 6 : 3, high ? 5 - (int)below(3) : 4,
			below(3) ? duration(20, 1) : 0);
		break;
	case 1:
		fprintf(out, "rate: { %s: %s%u, per: 1min, window: %" PRId64 "ns }",
			high ? "above" : "below", high ? "" : "-", 1 + (unsigned int)below(20),
			duration(40, 0));
		break;
	case 2:
		fprintf(out, "stuck: { for: %" PRId64 "ns, tolerance: %u }", duration(60, 0),
			(unsigned int)below(4));
		break;
	default:
		fprintf(out, "silence: { after: %" PRId64 "ns }", duration(100, 1));
		break;
	}
}

static void put_merge(FILE *out)
{
	static const char *const by[] = {"none", "device", "area"};

	if (below(2))
		fprintf(out, ", merge: { by: %s, within: %" PRId64 "ns }", by[below(3)],
			below(3) ? duration(30, 2) : 0);
}

static char *random_rules(void)
{
	static const char *const levels[] = {"all", "district", "street"};
	unsigned int n = 1 + (unsigned int)below(6);
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	fprintf(out, "rules:\n");
	for (unsigned int i = 0; i < n; i++) {
		fprintf(out, "- { id: r%u, grade: 1, update: never, ", i);
		put_match(out);
		put_condition(out);
		put_merge(out);
		fprintf(out, " }\n");
	}
	for (unsigned int i = 0; i < 2; i++) {
		fprintf(out, "- { id: c%u, grade: 1, update: never, ", i);
		if (i)
			fprintf(out, "match: { names: tank.level }, ");
		fprintf(out, "count: { at_least: %u, within: %" PRId64 "ns, group: %s",
			2 + (unsigned int)below(3), duration(40, 4), levels[below(3)]);
		fprintf(out, i ? " } }\n" : ", of: r%u } }\n", (unsigned int)below(n));
	}
	fclose(out);
	return text;
}

static void random_events(void)
{
	static double value[DEVICES + 1][NAMES];
	int64_t at = 1000000 * TICK;

	for (size_t i = 0; i < EVENTS; i++) {
		uint32_t device = 1 + (uint32_t)below(DEVICES), name = (uint32_t)below(NAMES);
		double *v = &value[device][name];

		at += (int64_t)(1 + below(below(20) ? 3 : 200)) * STEP;
		if (below(3))
			*v = (double)((int)*v + (int)below(5) - 2);
		*v = *v < 0 ? 0 : *v > 10 ? 10 : *v;
		events[i].device = device;
		events[i].name = names[name];
		events[i].value = *v;
		events[i].at = at;
	}
	end_of_time = at + 5000 * STEP;
}

/* ---- the comparison -------------------------------------------------------------------------- */

static int by_change(const void *a, const void *b)
{
	const struct change *x = a, *y = b;
	int order = x->at < y->at ? -1 : x->at > y->at;

	if (order == 0)
		order = strcmp(x->subject, y->subject);
	return order ? order : (int)x->change - (int)y->change;
}

/* The engine's, in the form of the other. */
static void run_engine(void)
{
	for (size_t i = 0; i < EVENTS; i++)
		help_event(events[i].device, events[i].name, events[i].value, events[i].at);
	cv_alarm_engine_advance(help.engine, end_of_time);
	n_told = help.n;
	for (size_t i = 0; i < help.n; i++) {
		const struct help_told *t = &help.told[i];
		const char *id = t->id + strlen("alarm:");

		told[i] = (struct change){.at = t->at, .change = t->change};
		snprintf(told[i].subject, sizeof(told[i].subject), "%.*s",
			 (int)(strrchr(id, ':') - id), id);
	}
}

static int compare(const char *text)
{
	size_t n = n_told > n_expected ? n_told : n_expected;

	qsort(expected, n_expected, sizeof(expected[0]), by_change);
	qsort(told, n_told, sizeof(told[0]), by_change);
	for (size_t i = 0; i < n; i++) {
		const struct change *x = &expected[i], *y = &told[i];

		if (i < n_expected && i < n_told && by_change(x, y) == 0)
			continue;
		printf("%s\nthe reference: %zu, the engine: %zu changes; the first that differs:\n",
		       text, n_expected, n_told);
		if (i < n_expected)
			printf("  reference: %" PRId64 " %s %s\n", x->at / TICK,
			       cv_alarm_change_name(x->change), x->subject);
		if (i < n_told)
			printf("  engine:    %" PRId64 " %s %s\n", y->at / TICK,
			       cv_alarm_change_name(y->change), y->subject);
		return 1;
	}
	return 0;
}

static int one_round(uint64_t *changes)
{
	const struct cv_alarm_rules *rules;
	char *text = random_rules();
	int failed;

	random_events();
	help_begin(text);
	run_engine();
	rules = cv_alarm_engine_rules(help.engine);
	n_expected = 0;
	for (size_t i = 0; i < rules->n_rules; i++) {
		if (rules->rules[i].condition == CV_ALARM_COUNT)
			changes_of_count(rules, &rules->rules[i]);
		else
			changes_of_rule(&rules->rules[i]);
	}
	failed = compare(text);
	*changes += n_told;
	help_end();
	free(text);
	return failed;
}

int main(int argc, char **argv)
{
	const char *given = getenv("CV_TEST_SEED");
	uint64_t rounds = argc > 1 ? strtoull(argv[1], NULL, 10) : 60, changes = 0;

	seed = given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL) * 2654435761u;
	printf("CV_TEST_SEED=%" PRIu64 "\n", seed);
	for (uint64_t i = 0; i < rounds; i++) {
		if (one_round(&changes))
			return 1;
	}
	printf("%" PRIu64 " rounds, %" PRIu64 " changes, all as the reference says\n", rounds,
	       changes);
	return changes > 0 ? 0 : 1;
}
