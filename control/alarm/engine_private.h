/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the engine: engine.c takes events, conditions.c judges, groups.c counts, cases.c raises. */
#ifndef CV_ALARM_ENGINE_PRIVATE_H
#define CV_ALARM_ENGINE_PRIVATE_H

#include "control/alarm/engine.h"
#include "control/alarm/names.h"
#include "control/alarm/table.h"
#include "control/state/pool.h"

/* Ids on the wheel: what it is in the two highest bits, its number in the others. */
enum cv_alarm_id { CV_ALARM_ID_STATE, CV_ALARM_ID_CASE, CV_ALARM_ID_GROUP };
#define CV_ALARM_ID(kind, number) ((uint32_t)(kind) << 30 | (number))
#define CV_ALARM_ID_NUMBER(id) ((id) & ((1u << 30) - 1))

enum cv_alarm_phase {
	CV_ALARM_IDLE,
	CV_ALARM_PENDING, /* beyond the threshold, not for long enough */
	CV_ALARM_ON,
};

/** What a rule remembers of a device's quantity. */
struct cv_alarm_state {
	struct cv_wheel_node node;
	uint32_t next; /* of the device, 0 = none */
	uint32_t device;
	uint32_t name; /* 0: the rule is about the device */
	uint32_t alarm; /* while on: number, 0 = it found no room */
	uint16_t rule;
	uint8_t phase; /* enum cv_alarm_phase */
	uint8_t known; /* rate: anchors, 0-2; stuck: the anchor is there; silence: on the watch */
	uint16_t unit; /* of the newest value */
	uint16_t pad;
	/* threshold: beyond since, newest value. rate: older anchor. stuck: anchor. silence: heard. */
	int64_t t0;
	double v0;
	union {
		struct {
			int64_t t1; /* rate: younger anchor */
			double v1;
		};
		struct {
			uint64_t version; /* silence: of what timeout is from */
			int64_t timeout; /* ns, 0 = none is known: not watched */
		};
	};
};
_Static_assert(sizeof(struct cv_alarm_state) == 72, "what a watched value costs");

/** What is known of a device. */
struct cv_alarm_known {
	uint64_t scopes; /* bit per scope: the device is in it */
	uint32_t version; /* of the host's knowledge that this is from */
	uint32_t first; /* state, 0 = none */
};

struct cv_alarm_hit {
	uint32_t device;
	int64_t at;
};

/** Hits of a count rule in one area. */
struct cv_alarm_group {
	struct cv_wheel_node node;
	uint64_t key;
	uint32_t number, alarm;
	uint16_t rule;
	uint16_t n; /* hits, oldest first, a device once */
	bool on;
	char area[CV_ALARM_AREA_MAX];
	struct cv_alarm_hit hits[CV_ALARM_COUNT_MAX];
};

struct cv_alarm_engine {
	struct cv_alarm_rules *rules;
	uint64_t number;
	struct cv_alarm_host host;
	int64_t now;
	uint64_t version; /* of what the host knows of devices, as last told */
	struct cv_wheel wheel;
	struct cv_alarm_names names;
	uint64_t seed; /* of keys */
	/* Scopes: matches of devices that differ; 0 = any device. Those from 64 on are not remembered. */
	uint16_t *scope_of; /* by rule */
	const struct cv_alarm_match **scopes;
	uint32_t n_scopes;
	uint16_t *counted_by; /* by rule: first count rule of it + 1, 0 = none */
	uint16_t *next_count; /* by count rule: next one of the same rule + 1 */
	struct cv_pool devices, states;
	uint64_t device_budget, state_budget;
	struct cv_alarm *alarms; /* numbers from 1 */
	uint32_t alarm_room, alarm_end, alarm_free, active;
	struct cv_alarm_table cases, group_table;
	struct cv_alarm_group **groups; /* numbers from 1 */
	uint32_t n_groups, group_room;
	bool untold; /* some alarm has changes that the host has yet to take */
	uint64_t counts[CV_ALARM_COUNTERS];
};

static inline struct cv_alarm_state *cv_alarm_state_at(const struct cv_alarm_engine *e, uint32_t n)
{
	return cv_pool_at(&e->states, n);
}

static inline const struct cv_alarm_rule *cv_alarm_rule_at(const struct cv_alarm_engine *e,
							   uint32_t rule)
{
	return &e->rules->rules[rule];
}

/** A value of an event as the conditions see it. */
struct cv_alarm_value {
	double number; /* NaN = none that a rule could look at */
	bool truthy; /* it counts: an alarm without a value, or a value that is not 0 */
	uint16_t unit;
	uint64_t version;
};

/* ---- conditions.c: states ---- */
void cv_alarm_judge(struct cv_alarm_engine *e, uint32_t state, const struct cv_alarm_value *v,
		    int64_t now);
/** A state's deadline, or a check that it has not come. */
void cv_alarm_state_due(struct cv_alarm_engine *e, uint32_t state, int64_t now);
/** Begin to watch silence at @p now. */
void cv_alarm_silence_begin(struct cv_alarm_engine *e, uint32_t state, uint64_t version,
			    int64_t now);
/** The state of a rule and a device's quantity, made where there is none; 0 = no room. */
uint32_t cv_alarm_state_of(struct cv_alarm_engine *e, uint32_t device, uint16_t rule,
			   uint32_t name);
struct cv_alarm_known *cv_alarm_known_of(struct cv_alarm_engine *e, uint32_t device,
					 uint64_t version);
/** Is the device one that the rule is about? */
bool cv_alarm_in_scope(struct cv_alarm_engine *e, uint16_t rule, uint32_t device,
		       const struct cv_alarm_known *known);

/* ---- groups.c ---- */
/** A device counts for a rule. */
void cv_alarm_hit(struct cv_alarm_engine *e, uint16_t rule, uint32_t device, int64_t now);
void cv_alarm_group_due(struct cv_alarm_engine *e, uint32_t group, int64_t now);
/** The group of a rule and an area, made where there is none. NULL = no room. */
struct cv_alarm_group *cv_alarm_group_of(struct cv_alarm_engine *e, uint16_t rule,
					 const char *area);

/* ---- cases.c: alarms ---- */
/** What an occurrence is of. */
struct cv_alarm_occurrence {
	uint16_t rule, unit;
	uint32_t device, name; /* device 0: of a group */
	const char *area; /* of a group */
	const struct cv_alarm_hit *hits; /* its devices */
	uint32_t n_hits;
	int64_t since;
	double value;
};
/** It begins. @return number of its alarm, 0 = no room. */
uint32_t cv_alarm_begin(struct cv_alarm_engine *e, const struct cv_alarm_occurrence *o,
			int64_t now);
/** It goes on with another value, or with another device. */
void cv_alarm_go_on(struct cv_alarm_engine *e, uint32_t alarm, uint32_t device, double value,
		    int64_t now);
/** It is over. @param value NaN = there is none. */
void cv_alarm_end(struct cv_alarm_engine *e, uint32_t alarm, double value, int64_t now);
void cv_alarm_case_due(struct cv_alarm_engine *e, uint32_t alarm, int64_t now);
/** The alarm of before a restart that an occurrence goes on with, 0 = none. */
uint32_t cv_alarm_rejoin(struct cv_alarm_engine *e, const struct cv_alarm_occurrence *o);
/** Key of rule and subject; @p area: code of the area it is merged by. */
uint64_t cv_alarm_key(const struct cv_alarm_engine *e, const struct cv_alarm_occurrence *o,
		      const char *area);
/** The area that a device's alarms are merged by: the smallest that the registry has. */
void cv_alarm_area_of(struct cv_alarm_engine *e, uint32_t device, char ret[CV_ALARM_AREA_MAX]);
/** Make room for an alarm under a key. @return its number, 0 = none. */
uint32_t cv_alarm_place(struct cv_alarm_engine *e, uint64_t key);
/** Note that a device is in it. @return whether it is new. */
bool cv_alarm_add_device(struct cv_alarm *a, uint32_t device);

#endif
