/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Projections: the forms in which events leave (D12). One table; a row says how a stream of events
 * begins, how an event or a hole is written, and how the stream ends. No allocation, no state: the
 * same events always give the same bytes.
 */
#ifndef CV_PROJECTION_H
#define CV_PROJECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "control/subscriber/cursor.h"
#include "control/subscriber/frames.h"
#include "dataplane/normalize/cloudevent.h"
#include "dataplane/normalize/json_write.h"
#include "dataplane/normalize/record.h"

/*
 * In this order they are offered: id, name of format=, media type, media type of a stream that goes
 * on, symbol of the row's functions.
 */
#define CV_PROJECTIONS(X)                                                                          \
	X(NDJSON, "ndjson", "application/x-ndjson", "application/x-ndjson", ndjson)                \
	X(SSE, "sse", "text/event-stream", "text/event-stream", sse)                               \
	X(BATCH, "cloudevents", "application/cloudevents-batch+json",                              \
	  "application/cloudevents-batch+json", batch)                                             \
	X(SENML, "senml", "application/senml+json", "application/sensml+json", senml)              \
	X(SENML_CBOR, "senml-cbor", "application/senml+cbor", "application/sensml+cbor",           \
	  senml_cbor)                                                                              \
	X(NGSI_LD, "ngsi-ld", "application/ld+json", "application/ld+json", ngsi_ld)               \
	X(FRAMES, "frames", CV_FRAMES_TYPE, CV_FRAMES_TYPE, frames)

#define CV_PROJECTION_ROW(id, name, type, live, symbol) CV_EVENT_##id,
enum cv_event_format { CV_PROJECTIONS(CV_PROJECTION_ROW) CV_EVENT_FORMAT_COUNT };

struct cv_text_memo;

/** Where an event stands. */
struct cv_projection_at {
	const char *node;
	uint64_t seq; /* of the record, in its lane */
	/* The place behind the event; its epoch is 0 but for a member of a consumer group. */
	const struct cv_member_cursor *next;
	bool first; /* of its stream */
	struct cv_text_memo *memo; /* NULL = the event is not what everybody sees */
};

/** Room that one event of any projection fits in with what stands around it, bytes. */
#define CV_PROJECTION_ROOM ((size_t)32 * 1024)
_Static_assert(CV_PROJECTION_ROOM >= CV_CLOUDEVENT_MAX + 1024, "a head of SSE, a cursor");

/** What a row writes with; those that may be NULL say so. */
struct cv_projection_ops {
	void (*begin)(struct cv_json *out); /* NULL: nothing stands there */
	void (*record)(struct cv_json *out, const struct cv_projection_at *at,
		       const struct cv_record *rec);
	void (*gap)(struct cv_json *out, const struct cv_projection_at *at,
		    const struct cv_log_gap *gap, enum cv_gap_reason reason);
	/* How far the stream has come, at the end of a piece of output; NULL: not told. */
	void (*cursor)(struct cv_json *out, const struct cv_member_cursor *next);
	void (*idle)(struct cv_json *out); /* a sign of life; NULL: none */
	void (*end)(struct cv_json *out); /* NULL: nothing stands there */
	bool keeps; /* texts in the memo */
};

struct cv_projection {
	const char *name; /* of format= */
	const char *content_type; /* of what ends */
	const char *live_type; /* of what goes on */
	const struct cv_projection_ops *ops;
};

/** Rows by enum cv_event_format. */
extern const struct cv_projection cv_projections[CV_EVENT_FORMAT_COUNT];

const char *cv_projection_name(unsigned int format);

/**
 * The projection that an Accept header asks for: the first media type in it that is one's content
 * type. Weights are not looked at.
 *
 * @return enum cv_event_format; @p fallback when it names none.
 */
enum cv_event_format cv_projection_by_accept(const char *accept, enum cv_event_format fallback);

/** Rows' functions, each in its own file. */
#define CV_PROJECTION_OPS(id, name, type, live, symbol)                                            \
	extern const struct cv_projection_ops cv_projection_##symbol;
CV_PROJECTIONS(CV_PROJECTION_OPS)

#endif
