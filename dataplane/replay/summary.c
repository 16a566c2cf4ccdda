/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <jansson.h>

#include "dataplane/decode/decoder.h"
#include "dataplane/replay/replay.h"

#define NAME(id, name) name,
static const char *const reason_names[] = {CV_REASONS(NAME)};
static const char *const outcome_names[] = {CV_OUTCOMES(NAME)};
static const char *const flow_names[] = {CV_FLOW_EVENTS(NAME)};

/* The counters that are not 0; a number beyond 2^63 does not occur. */
static json_t *counts(const uint64_t *v, const char *const *names, size_t n)
{
	json_t *o = json_object();

	for (size_t i = 0; i < n; i++) {
		if (v[i] != 0)
			json_object_set_new(o, names[i], json_integer((json_int_t)v[i]));
	}
	return o;
}

static json_t *packets(const struct cv_replay *r)
{
	const struct cv_counters *c = &r->counters;

	return json_pack(
		"{sI sI sI sI so sI sI}", "rx", (json_int_t)c->rx, "bytes", (json_int_t)c->rx_bytes,
		"forwarded", (json_int_t)c->forwarded, "host", (json_int_t)c->host, "dropped",
		counts(c->dropped, reason_names, CV_REASON_COUNT), "cut_by_capture",
		(json_int_t)r->cut_frames, "unknown_link_layer", (json_int_t)r->unsupported);
}

static json_t *protocols(const struct cv_counters *c)
{
	json_t *o = json_object();
	const char *names[CV_REJECT_COUNT];

	for (unsigned int i = 0; i < CV_REJECT_COUNT; i++)
		names[i] = cv_reject_name(i);
	for (unsigned int p = 1; p < CV_PROTO_COUNT; p++)
		json_object_set_new(o, cv_proto_name(p),
				    json_pack("{sI sI so}", "messages", (json_int_t)c->messages[p],
					      "repeated", (json_int_t)c->repeated[p], "rejected",
					      counts(c->rejected[p], names, CV_REJECT_COUNT)));
	return o;
}

static json_t *events(const struct cv_counters *c)
{
	json_t *o = json_object();

	for (unsigned int lane = 0; lane < CV_LANE_COUNT; lane++)
		json_object_set_new(o, cv_lane_name(lane),
				    json_integer((json_int_t)c->produced[lane]));
	return o;
}

static json_t *ledger(const struct cv_replay *r)
{
	char text[1024];

	if (cv_replay_ledger(&r->counters, r->output.written, text, sizeof(text)))
		return json_string("closed");
	return json_pack("[s]", text);
}

static json_t *evidence(const struct cv_replay_evidence *e)
{
	return json_pack("{sI sI sI sI sI}", "frames", (json_int_t)e->frames, "equal",
			 (json_int_t)e->equal, "equal_by_rule", (json_int_t)e->by_rule, "different",
			 (json_int_t)e->different, "others", (json_int_t)e->others);
}

int cv_replay_summary(const struct cv_replay *r, FILE *out)
{
	const struct cv_counters *c = &r->counters;
	json_t *o =
		json_pack("{so so sI so so so so so}", "packets", packets(r), "verdicts",
			  counts(c->reason, reason_names, CV_REASON_COUNT), "inspected",
			  (json_int_t)c->inspected, "outcomes",
			  counts(c->outcome, outcome_names, CV_OUTCOME_COUNT), "protocols",
			  protocols(c), "events", events(c), "flows",
			  counts(c->flow, flow_names, CV_FLOW_EVENT_COUNT), "ledger", ledger(r));
	int err = 0;

	if (o == NULL)
		return ENOMEM;
	if (r->options.evidence)
		json_object_set_new(o, "evidence", evidence(&r->evidence));
	errno = 0;
	if (json_dumpf(o, out, JSON_INDENT(2)) != 0 || fputc('\n', out) == EOF)
		err = errno ? errno : EIO;
	json_decref(o);
	return err;
}
