/* SPDX-License-Identifier: Apache-2.0 */
/* One frame under a rule with constraints, and what is told of a refusal. */
#include "dataplane/flow/enforce.h"

#include <string.h>

#include "dataplane/decode/label.h"
#include "dataplane/flow/inspect.h"
#include "dataplane/flow/segments.h"

static uint64_t load_mac(const uint8_t *at)
{
	uint64_t mac = 0;

	memcpy(&mac, at, 6); /* byte 0 lowest, as cv_load_mac() has it */
	return mac;
}

void cv_enforce_begin(struct cv_inspect *in, const struct cv_frame *frame)
{
	struct cv_enforce *e = &in->enforce;

	e->drop = e->would = 0;
	e->said = 0;
	e->apps = cv_generation_apps(in->gen);
	e->app = cv_apps_get(e->apps, frame->app);
	e->frame = frame;
	e->strict = e->app != NULL && !(e->app->flags & CV_APP_SHADOW);
	e->judging = e->app != NULL || (e->apps != NULL && e->apps->bound != 0) ||
		     e->judge.witness != NULL;
	if (!e->judging)
		return;
	e->judge.apps = e->apps;
	e->judge.app = e->app;
	e->judge.reason = 0;
	e->judge.who = 0;
	e->judge.answers = e->app != NULL && (e->app->flags & CV_APP_ANSWERS);
	cv_emit_hold(&in->emit);
}

void cv_enforce_drop(struct cv_inspect *in, enum cv_reason reason)
{
	struct cv_enforce *e = &in->enforce;

	if (e->app != NULL && (e->app->flags & CV_APP_SHADOW))
		e->would = e->would ? e->would : (uint8_t)reason;
	else if (e->drop == 0)
		e->drop = (uint8_t)reason;
}

/* The device's end of the conversation, as this frame shows it. */
static void sight(struct cv_inspect *in, const struct cv_flow *f, unsigned int dir)
{
	struct cv_judge *j = &in->enforce.judge;
	const struct cv_frame *frame = in->enforce.frame;
	const struct cv_packet *p = &frame->packet;

	if (in->enforce.app == NULL)
		j->answers = dir != f->client;
	j->proto = f->proto;
	j->device.vlan = p->vlan;
	j->device.family = p->family;
	j->device.mac = load_mac(frame->data + (j->answers ? 0 : 6));
	memcpy(j->device.addr, j->answers ? &p->dst : &p->src, sizeof(j->device.addr));
}

void cv_enforce_decode(struct cv_inspect *in, const struct cv_flow *f, unsigned int dir,
		       struct cv_decode *d)
{
	if (!in->enforce.judging)
		return;
	sight(in, f, dir);
	d->judge = &in->enforce.judge;
	if (in->enforce.strict)
		d->from_client = !in->enforce.judge.answers;
}

void cv_enforce_new_flow(struct cv_inspect *in, struct cv_flow *f, unsigned int dir)
{
	if (!in->enforce.strict)
		return;
	f->class = CV_FLOW_CLAIMED;
	f->proto = in->enforce.app->proto;
	f->client = (uint8_t)(in->enforce.judge.answers ? 1 - dir : dir);
}

/* A flow that another decoder has: datagrams stand alone, so the rule's decoder can begin here. */
static void change_decoder(struct cv_inspect *in, struct cv_flow *f)
{
	if (f->class == CV_FLOW_CLAIMED && cv_decoders[f->proto]->flow_end)
		cv_decoders[f->proto]->flow_end(f->state, in->worker[f->proto]);
	memset(f->state, 0, sizeof(f->state));
	f->class = CV_FLOW_CLAIMED;
	f->proto = in->enforce.app->proto;
	cv_flow_relist(&in->flows, f, CV_FLOWS_UDP);
}

bool cv_enforce_datagram(struct cv_inspect *in, struct cv_flow *f)
{
	enum cv_reason reason = 0;

	if (in->enforce.app == NULL)
		return true;
	if (f->class != CV_FLOW_CLAIMED || f->proto != in->enforce.app->proto) {
		if (in->enforce.strict)
			change_decoder(in, f);
		else
			cv_enforce_drop(in, CV_REASON_APP_PROTO);
	}
	reason = cv_enforce_rate(in, f);
	if (reason != 0)
		cv_enforce_drop(in, reason);
	if (in->enforce.drop != 0)
		in->did |= CV_DID_DISCARD;
	return in->enforce.drop == 0;
}

/* ---- what is told of it -------------------------------------------------------------------- */

static const char *explain(unsigned int reason, bool shadow)
{
	switch (reason) {
	case CV_REASON_APP_DENIED:
		return shadow ? "not among what the rule allows; would be dropped"
			      : "not among what the rule allows; dropped";
	case CV_REASON_APP_PROTO:
		return shadow ? "not the protocol of the rule, or malformed; would be dropped"
			      : "not the protocol of the rule, or malformed; dropped";
	case CV_REASON_SPOOF:
		return shadow ? "identity at a place it is not bound to; would be dropped"
			      : "identity at a place it is not bound to; dropped";
	case CV_REASON_RATE_MESSAGES:
		return shadow ? "more messages than the rule allows; would be dropped"
			      : "more messages than the rule allows; dropped";
	default:
		return shadow ? "could not be judged; would be dropped"
			      : "could not be judged; dropped";
	}
}

/* What was asked for: "publish a/b", "write holding.100-109 unit 1", "type 5". */
static void put_asked(struct cv_inspect *in, struct cv_record *rec)
{
	static const char *const tables[] = {"coil.", "discrete.", "input.", "holding."};
	const struct cv_judge *j = &in->enforce.judge;
	const char *kind = cv_app_kind_name(j->kind);
	struct cv_label label = {0};

	cv_emit_tlv(&in->emit, CV_TLV_METHOD, kind, strlen(kind));
	switch (j->kind) {
	case CV_APP_READ:
	case CV_APP_WRITE:
		cv_label_str(&label, tables[j->table & 3]);
		cv_label_u32(&label, j->from);
		if (j->to != j->from) {
			cv_label_str(&label, "-");
			cv_label_u32(&label, j->to);
		}
		cv_emit_tlv(&in->emit, CV_TLV_CODE, label.text, label.len);
		label.len = 0;
		cv_label_u32(&label, j->unit);
		cv_emit_tlv(&in->emit, CV_TLV_SUB, label.text, label.len);
		break;
	case CV_APP_TYPE:
	case CV_APP_ANSWER:
		cv_label_u32(&label, j->from);
		cv_emit_tlv(&in->emit, CV_TLV_CODE, label.text, label.len);
		rec->status = (uint16_t)j->from;
		break;
	case CV_APP_IDENTITY:
		cv_emit_tlv(&in->emit, CV_TLV_DEVICE, j->text, j->len);
		break;
	case CV_APP_MALFORMED:
		break;
	default:
		cv_emit_tlv(&in->emit, CV_TLV_CODE, j->text, j->len);
		break;
	}
	if (j->cut)
		rec->flags |= CV_FLAG_TRUNCATED;
}

/* One record that names rule, reason and what was asked, as rarely as parse errors. */
static bool report(struct cv_inspect *in, const struct cv_flow *f, unsigned int reason, bool shadow)
{
	const char *name = cv_inspect_reason_name(reason), *text = explain(reason, shadow);
	struct cv_record *rec;

	if (!cv_inspect_may_report(in))
		return false;
	in->emit.hold = false; /* this one has happened */
	in->origin.proto = f->proto;
	in->origin.raw_off = 0;
	rec = cv_emit_begin(&in->emit, CV_LANE_SECURITY, CV_KIND_ANOMALY);
	if (!shadow)
		rec->flags |= CV_FLAG_DENIED;
	cv_emit_tlv(&in->emit, CV_TLV_NAME, name, strlen(name));
	cv_emit_tlv(&in->emit, CV_TLV_TEXT, text, strlen(text));
	if (reason == in->enforce.judge.reason)
		put_asked(in, rec);
	cv_emit_end(&in->emit);
	return true;
}

/* A connection is reported once for each way and reason; datagrams one by one. */
static bool is_news(struct cv_inspect *in, struct cv_flow *f, unsigned int dir, unsigned int reason)
{
	bool rate = reason == CV_REASON_RATE_MESSAGES || reason == CV_REASON_NO_STATE;
	uint8_t bit = (uint8_t)((rate ? 4u : 1u) << dir);

	if (reason == CV_REASON_APP_UNJUDGED)
		return false;
	if (cv_flow_ip_proto(&f->key) != 6 && !rate)
		return true;
	if (f->told & bit)
		return false;
	f->told |= bit;
	return true;
}

/* What the frame's bytes turned out to be. */
static enum cv_reason decide(struct cv_inspect *in, const struct cv_flow *f)
{
	const struct cv_enforce *e = &in->enforce;
	bool strange = (in->did & (CV_DID_REJECT | CV_DID_NOT_IOT)) != 0;

	if (e->judge.reason != 0)
		return e->judge.reason;
	if (e->app == NULL)
		return 0;
	if (strange && !(e->app->flags & CV_APP_MALFORMED_PASS))
		return CV_REASON_APP_PROTO;
	if (f == NULL || in->did & (CV_DID_NO_MEMORY | CV_DID_OVERLAP))
		return CV_REASON_APP_UNJUDGED;
	return 0;
}

/* A stream that has been refused something cannot go on: the receiver waits for just that. */
static void deny(struct cv_inspect *in, struct cv_flow *f, unsigned int dir)
{
	unsigned int reason = in->enforce.drop;

	/* The others may pass when they come again. */
	if (cv_flow_ip_proto(&f->key) != 6 ||
	    (reason != CV_REASON_APP_DENIED && reason != CV_REASON_APP_PROTO &&
	     reason != CV_REASON_SPOOF))
		return;
	f->dir[dir].denied = (uint8_t)reason;
	/* Nothing of it will be looked at again. */
	cv_segments_drop(in, f, dir);
	cv_unacked_drop(in, f, dir);
}

void cv_enforce_settle(struct cv_inspect *in, struct cv_flow *f, unsigned int dir, bool payload)
{
	struct cv_enforce *e = &in->enforce;
	enum cv_emit_fate fate = CV_EMIT_HAPPENED;
	enum cv_reason reason = 0;

	if (!e->judging)
		return;
	if (e->drop == 0 && payload) {
		reason = decide(in, f);
		if (reason != 0)
			cv_enforce_drop(in, reason);
	}
	reason = e->drop ? e->drop : e->would;
	if (f != NULL) {
		if (e->judge.who != 0)
			f->who = e->judge.who;
		cv_enforce_charge(in, f);
		if (reason != 0 && is_news(in, f, dir, reason) &&
		    report(in, f, reason, e->drop == 0))
			fate = CV_EMIT_DENIED;
		deny(in, f, dir);
	}
	if (e->drop == 0)
		fate = CV_EMIT_HAPPENED;
	else if (fate == CV_EMIT_HAPPENED)
		fate = CV_EMIT_MUTED;
	cv_emit_release(&in->emit, fate);
}

bool cv_enforce_fragment(struct cv_inspect *in)
{
	const struct cv_packet *p = &in->enforce.frame->packet;

	if (in->enforce.app == NULL || p->fragment != CV_FRAG_FIRST || !p->frag_more)
		return true;
	cv_enforce_drop(in, CV_REASON_APP_UNJUDGED);
	if (in->enforce.drop == 0)
		return true;
	in->did |= CV_DID_DISCARD;
	return false;
}

void cv_enforce_end(struct cv_inspect *in)
{
	struct cv_enforce *e = &in->enforce;

	/* Not even a header of the rule's transport, or a transport that it has not. */
	if (e->app != NULL && e->drop == 0 && in->did & CV_DID_NOT_IOT)
		cv_enforce_drop(in,
				e->app->flags & CV_APP_MALFORMED_PASS ? 0 : CV_REASON_APP_PROTO);
	if (e->judging)
		cv_emit_release(&in->emit, e->drop ? CV_EMIT_MUTED : CV_EMIT_HAPPENED);
	e->judging = false;
	e->frame = NULL;
	e->app = NULL;
	e->strict = false;
}
