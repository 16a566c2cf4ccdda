/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Drop evidence in control: switches sampling on while somebody captures, empties the rings of all
 * judges every 10 ms, and offers each copy to every capture (capture_stream.h). One thread
 * (control's loop). Nothing runs and nothing is sampled while nobody captures; should control die,
 * its word lapses after two seconds.
 */
#ifndef CV_CAPTURE_HUB_H
#define CV_CAPTURE_HUB_H

#include <jansson.h>

#include "control/loop/loop.h"
#include "control/subscriber/http_server.h"
#include "dataplane/handoff/evidence.h"
#include "dataplane/handoff/evidence_comment.h"

/** Captures at a time; each has CV_CAPTURE_BUFFER bytes. */
#define CV_CAPTURES_MAX 8

struct cv_capture_hub;

/** One copy out of a ring. @param sample ts_ns since the Unix epoch, port filled. */
typedef void cv_capture_take(void *hub, enum cv_evidence_judge judge,
			     const struct cv_sample *sample, const uint8_t *data);

/** Where one judge's copies come from. */
struct cv_capture_source {
	enum cv_evidence_judge judge;
	void *owner;
	/** Tell every ring there is now; called every 10 ms while sampling is on, so that a ring that
	 * appears later is told as well. until_ns 0: off. */
	void (*configure)(void *owner, const struct cv_evidence_config *config);
	/** Give every copy there is to @p take. */
	void (*drain)(void *owner, cv_capture_take *take, void *hub);
	/** Set the counts of all ports. */
	void (*counts)(void *owner, struct cv_evidence_counts ret[CV_PORTS_MAX]);
};
#define CV_CAPTURE_SOURCES_MAX CV_JUDGE_COUNT

struct cv_capture_config {
	const char *node, *version; /* these must outlive the hub */
	const struct cv_generation *gen; /* for its ports; not kept */
	const struct cv_capture_source *sources; /* not kept */
	unsigned int source_count;
};

/** All captures since start: offered = filtered + written + lost. */
struct cv_capture_totals {
	uint64_t read[CV_JUDGE_COUNT]; /* copies taken out of the rings */
	uint64_t offered; /* to a capture; one copy may be offered to several, or to none */
	uint64_t filtered; /* the capture did not want it */
	uint64_t written;
	uint64_t lost; /* the buffer of the capture was full */
	uint64_t captures; /* begun */
};

/** @return 0 or -ENOMEM. */
int cv_capture_hub_create(struct cv_loop *loop, const struct cv_capture_config *config,
			  struct cv_capture_hub **ret);

/** When no capture is open any more. Switches sampling off. NULL is fine. */
void cv_capture_hub_destroy(struct cv_capture_hub *hub);

/** The handler of GET /v1/capture; @p hub is the route's owner. */
int cv_capture_hub_open(void *hub, const struct cv_http_stream_request *request,
			struct cv_http_stream *ret, struct cv_http_refusal *why);

/** Empties the rings first where nobody captures, so that the sums close at rest. */
void cv_capture_hub_totals(struct cv_capture_hub *hub, struct cv_capture_totals *ret);

/** Sum over the ports of one judge. */
struct cv_evidence_counts cv_capture_hub_counts(const struct cv_capture_hub *hub,
						enum cv_evidence_judge judge);

/** For /v1/stats: {"on", "captures", "offered", ..., "xdp": {"seen", ...}, "worker": {...}}. */
json_t *cv_capture_hub_json(struct cv_capture_hub *hub);

#endif
