/* SPDX-License-Identifier: Apache-2.0 */
/* What the packet path counts: dataplane, XDP, lanes, the ledger. */
#include "control/ctl/metrics.h"

#include <stdlib.h>

#include "control/ctl/documents.h"

#define NAME_ROW(id, name) name,
static const char *const reasons[] = {CV_REASONS(NAME_ROW)};
static const char *const paths[] = {CV_XDP_PATHS(NAME_ROW)};
static const char *const outcomes[] = {CV_OUTCOMES(NAME_ROW)};
static const char *const flow_events[] = {CV_FLOW_EVENTS(NAME_ROW)};
static const char *const protocols[] = {CV_PROTOS(NAME_ROW)};

static void plain(struct cv_metrics *m, enum cv_metric metric, uint64_t value)
{
	cv_metrics_add(m, metric, (double)value, NULL);
}

static void each(struct cv_metrics *m, enum cv_metric metric, const uint64_t *n,
		 const char *const *names, unsigned int count, const char *label)
{
	for (unsigned int i = 0; i < count; i++)
		cv_metrics_put(m, metric, (double)n[i], label, names[i], NULL, NULL);
}

static void put_node(struct cv_metrics *m, const struct cv_control *c)
{
	json_t *status = cv_document_status(c);
	uint64_t up_ns = cv_loop_mono_ns(c->loop) - c->started_ns;

	cv_metrics_put(m, CV_METRIC_BUILD, 1, "version", CULVERT_VERSION, "node", c->config->node);
	cv_metrics_add(m, CV_METRIC_START,
		       (double)((cv_loop_wall_ns(c->loop) - (int64_t)up_ns) / 1000000) / 1e3, NULL);
	plain(m, CV_METRIC_WARNINGS, json_array_size(json_object_get(status, "warnings")));
	json_decref(status);
	if (c->firewall)
		plain(m, CV_METRIC_FIREWALL, cv_firewall_in_place(c->firewall));
}

static void put_ledger(struct cv_metrics *m, const struct cv_control *c)
{
	static const char *const states[] = {"closed", "open", "moving"};
	enum cv_ledger_state state = cv_ledger_state(&c->ledger);

	for (unsigned int i = 0; i < 3; i++)
		cv_metrics_put(m, CV_METRIC_LEDGER, i == (unsigned int)state, "state", states[i],
			       NULL, NULL);
	for (unsigned int i = 0; i < c->ledger.last.count; i++) {
		const struct cv_equation *e = &c->ledger.last.equations[i];

		cv_metrics_put(m, CV_METRIC_LEDGER_DIFFERENCE,
			       (double)(int64_t)(e->left - e->right), "equation", e->name, NULL,
			       NULL);
		for (unsigned int k = 0; k < e->term_count; k++)
			cv_metrics_put(m, CV_METRIC_LEDGER_TERM, (double)e->terms[k].value,
				       "equation", e->name, "term", e->terms[k].name);
	}
}

static void put_protocols(struct cv_metrics *m, const struct cv_counters *w)
{
	for (unsigned int i = 1; i < CV_PROTO_COUNT; i++) {
		const char *name = protocols[i];

		cv_metrics_put(m, CV_METRIC_MESSAGES, (double)w->messages[i], "protocol", name,
			       NULL, NULL);
		cv_metrics_put(m, CV_METRIC_REPEATED, (double)w->repeated[i], "protocol", name,
			       NULL, NULL);
		for (unsigned int k = 1; k < CV_REJECT_COUNT; k++)
			if (w->rejected[i][k])
				cv_metrics_put(m, CV_METRIC_REJECTED, (double)w->rejected[i][k],
					       "protocol", name, "reason", cv_reject_name(k));
	}
}

static void put_worker(struct cv_metrics *m, const struct cv_totals *t)
{
	const struct cv_counters *w = &t->workers;

	plain(m, CV_METRIC_RX, w->rx);
	plain(m, CV_METRIC_RX_BYTES, w->rx_bytes);
	plain(m, CV_METRIC_FORWARDED, w->forwarded);
	plain(m, CV_METRIC_HOST, w->host);
	plain(m, CV_METRIC_INTERRUPTED, t->interrupted_rx);
	plain(m, CV_METRIC_INSPECTED, w->inspected);
	plain(m, CV_METRIC_BUSY, w->cycles_busy);
	plain(m, CV_METRIC_POLLS, w->polls);
	plain(m, CV_METRIC_POLLS_EMPTY, w->polls_empty);
	each(m, CV_METRIC_DROPPED, w->dropped, reasons, CV_REASON_COUNT, "reason");
	each(m, CV_METRIC_JUDGED, w->reason, reasons, CV_REASON_COUNT, "reason");
	each(m, CV_METRIC_OUTCOMES, w->outcome, outcomes, CV_OUTCOME_COUNT, "outcome");
	for (unsigned int i = 0; i < CV_FLOW_EVENT_COUNT; i++)
		if (i != CV_FLOW_RADIO_WAITING)
			cv_metrics_put(m, CV_METRIC_FLOW, (double)w->flow[i], "event",
				       flow_events[i], NULL, NULL);
	plain(m, CV_METRIC_RADIO_WAITING, w->flow[CV_FLOW_RADIO_WAITING]);
	put_protocols(m, w);
}

static void put_lanes(struct cv_metrics *m, const struct cv_totals *t)
{
	const struct {
		enum cv_metric metric;
		const uint64_t *n;
	} rows[] = {
		{CV_METRIC_PRODUCED, t->workers.produced},
		{CV_METRIC_HANDED, t->workers.handed},
		{CV_METRIC_SHED, t->workers.shed},
		{CV_METRIC_ABANDONED, t->abandoned},
		{CV_METRIC_TAKEN, t->taken},
	};

	for (size_t r = 0; r < sizeof(rows) / sizeof(rows[0]); r++)
		for (unsigned int lane = 0; lane < CV_LANE_COUNT; lane++)
			cv_metrics_put(m, rows[r].metric, (double)rows[r].n[lane], "lane",
				       cv_lane_name(lane), NULL, NULL);
}

static void put_xdp(struct cv_metrics *m, const struct cv_xdp_counts *x, const char *port)
{
	for (unsigned int k = 0; k < CV_XDP_PATH_COUNT; k++)
		cv_metrics_put(m, CV_METRIC_XDP_PATHS, (double)x->path[k].packets, "port", port,
			       "path", paths[k]);
	for (unsigned int k = 0; k < CV_REASON_COUNT; k++)
		if (x->reason[k].packets)
			cv_metrics_put(m, CV_METRIC_XDP_JUDGED, (double)x->reason[k].packets,
				       "port", port, "reason", reasons[k]);
}

static void put_ports(struct cv_metrics *m, const struct cv_control *c, const struct cv_totals *t)
{
	const struct cv_gen_port *ports = cv_generation_at(c->gen, c->gen->ports);

	for (unsigned int i = 0; i < c->gen->ports.count; i++) {
		const struct cv_port_counters *n = &t->ports[i];
		const char *name = ports[i].name;
		struct cv_xdp_counts x;

		cv_metrics_put(m, CV_METRIC_PORT_RX, (double)n->rx, "port", name, NULL, NULL);
		cv_metrics_put(m, CV_METRIC_PORT_TX, (double)n->tx, "port", name, NULL, NULL);
		cv_metrics_put(m, CV_METRIC_PORT_MISSED, (double)n->rx_missed, "port", name, NULL,
			       NULL);
		cv_metrics_put(m, CV_METRIC_PORT_ERRORS, (double)n->tx_errors, "port", name, NULL,
			       NULL);
		cv_metrics_put(m, CV_METRIC_PORT_MODE, 1, "port", name, "mode",
			       cv_document_port_mode(c, i));
		if (c->bpf && cv_bpf_counters(c->bpf, i, &x) == 0)
			put_xdp(m, &x, name);
	}
}

static void put_dataplane(struct cv_metrics *m, const struct cv_control *c)
{
	struct cv_totals t;

	cv_link_server_totals(c->link, &t);
	plain(m, CV_METRIC_DATAPLANE, cv_link_server_dataplane(c->link) != NULL);
	plain(m, CV_METRIC_DATAPLANE_ENDED, t.finished);
	put_worker(m, &t);
	put_lanes(m, &t);
	put_ports(m, c, &t);
}

static void put_evidence(struct cv_metrics *m, const struct cv_control *c)
{
	static const char *const judges[] = {[CV_JUDGE_XDP] = "xdp", [CV_JUDGE_WORKER] = "worker"};
	struct cv_capture_totals t;

	cv_capture_hub_totals(c->captures, &t);
	for (unsigned int i = 0; i < CV_JUDGE_COUNT; i++) {
		struct cv_evidence_counts n = cv_capture_hub_counts(c->captures, i);
		const char *who = judges[i];

		cv_metrics_put(m, CV_METRIC_EVIDENCE, (double)n.seen, "judge", who, "what", "seen");
		cv_metrics_put(m, CV_METRIC_EVIDENCE, (double)n.unsampled, "judge", who, "what",
			       "unsampled");
		cv_metrics_put(m, CV_METRIC_EVIDENCE, (double)n.overrun, "judge", who, "what",
			       "overrun");
		cv_metrics_put(m, CV_METRIC_EVIDENCE, (double)t.read[i], "judge", who, "what",
			       "read");
	}
	cv_metrics_put(m, CV_METRIC_CAPTURES, (double)t.offered, "what", "offered", NULL, NULL);
	cv_metrics_put(m, CV_METRIC_CAPTURES, (double)t.filtered, "what", "filtered", NULL, NULL);
	cv_metrics_put(m, CV_METRIC_CAPTURES, (double)t.written, "what", "written", NULL, NULL);
	cv_metrics_put(m, CV_METRIC_CAPTURES, (double)t.lost, "what", "lost", NULL, NULL);
}

char *cv_metrics_text(void *control)
{
	const struct cv_control *c = control;
	struct cv_metrics *m = cv_metrics_create();

	if (!m)
		return NULL;
	put_node(m, c);
	put_ledger(m, c);
	put_dataplane(m, c);
	put_evidence(m, c);
	cv_metrics_log(m, c);
	cv_metrics_subscribers(m, c);
	cv_metrics_sinks(m, c);
	cv_metrics_policy(m, c);
	return cv_metrics_finish(m);
}
