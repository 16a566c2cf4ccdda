/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The node's ledger (D13): every packet and record is counted in exactly one place, from XDP to the
 * event log, and the sums must agree. While traffic moves the two sides of an equation are read at
 * different moments, so a difference means something only when everything rests.
 */
#ifndef CV_LEDGER_CONTROL_H
#define CV_LEDGER_CONTROL_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "control/capture/capture_hub.h"
#include "control/eventlog/eventlog.h"
#include "control/intake/devices.h"
#include "control/link/link_server.h"
#include "control/sink/keeper.h"
#include "ebpf/loader.h"

#define CV_LEDGER_TERMS 6
#define CV_LEDGER_EQUATIONS (CV_PORTS_MAX + 6 + 3 * CV_LANE_COUNT + CV_SINKS_MAX)

/** Where the numbers come from. All outlive the ledger; bpf may be NULL. */
struct cv_alarms;

struct cv_ledger_sources {
	struct cv_loop *loop;
	const struct cv_generation *gen;
	const struct cv_bpf *bpf;
	const struct cv_eventlog *log;
	const struct cv_link_server *link;
	struct cv_capture_hub *captures; /* NULL = none yet */
	const struct cv_sink_keeper *sinks; /* NULL = none */
	const struct cv_devices *devices; /* NULL = none */
	const struct cv_alarms *alarms; /* likewise */
};

struct cv_equation {
	char name[48];
	const char *text;
	uint64_t left, right;
	struct {
		const char *name;
		uint64_t value;
	} terms[CV_LEDGER_TERMS];
	unsigned int term_count;
};

struct cv_reading {
	uint64_t at_ns; /* monotonic, 0 = never */
	struct cv_equation equations[CV_LEDGER_EQUATIONS];
	unsigned int count;
};

enum cv_ledger_state { CV_LEDGER_CLOSED, CV_LEDGER_OPEN, CV_LEDGER_MOVING };

struct cv_ledger {
	struct cv_ledger_sources sources;
	struct cv_reading last, before;
	uint64_t changed_ns; /* monotonic, when two readings last differed */
	uint64_t steered_base; /* frames that XDP had steered when the totals began */
	uint64_t steered_rest; /* the same when last read without a dataplane */
	uint64_t incarnation; /* of the dataplane attached last, 0 = none yet */
	uint64_t incarnations; /* attached since control started */
	uint64_t lost; /* frames in the rings of dataplanes that died */
};

/** Before any dataplane attaches. */
void cv_ledger_init(struct cv_ledger *l, const struct cv_ledger_sources *sources);

/**
 * A dataplane has attached: its account begins. At the next reading it may be gone already, and
 * what it had received with it.
 */
void cv_ledger_attached(void *ledger);

/** Take a reading and keep the one before, if that is at least 15 ms old. */
void cv_ledger_read(struct cv_ledger *l);

/** What the last two readings say. */
enum cv_ledger_state cv_ledger_state(const struct cv_ledger *l);

/** First equation that does not hold in the last reading, NULL = none. */
const struct cv_equation *cv_ledger_broken(const struct cv_ledger *l);

/** The document of /v1/ledger. */
json_t *cv_ledger_json(const struct cv_ledger *l);

#endif
