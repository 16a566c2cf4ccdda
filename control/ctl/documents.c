/* SPDX-License-Identifier: Apache-2.0 */
#include "control/ctl/documents.h"
#include "control/ctl/module_document.h"
#include "control/warnings.h"

#include <stdio.h>

#define NAME_ROW(id, name) name,
static const char *const reasons[] = {CV_REASONS(NAME_ROW)};
static const char *const paths[] = {CV_XDP_PATHS(NAME_ROW)};
static const char *const outcomes[] = {CV_OUTCOMES(NAME_ROW)};
static const char *const flow_events[] = {CV_FLOW_EVENTS(NAME_ROW)};
static const char *const refusals[] = {CV_REFUSALS(NAME_ROW)};
static const char *const protocols[] = {CV_PROTOS(NAME_ROW)};

static json_t *number(uint64_t n)
{
	return json_integer((json_int_t)n);
}

static void set(json_t *object, const char *key, uint64_t n)
{
	json_object_set_new(object, key, number(n));
}

/* {name: n} of those that are not zero. */
static json_t *counts(const uint64_t *n, const char *const *names, unsigned int count)
{
	json_t *object = json_object();

	for (unsigned int i = 0; i < count; i++)
		if (n[i])
			set(object, names[i], n[i]);
	return object;
}

static const struct cv_gen_port *gen_ports(const struct cv_control *c)
{
	return cv_generation_at(c->gen, c->gen->ports);
}

/* ---- status ---- */

static json_t *dataplane_status(const struct cv_control *c)
{
	const struct cv_consumer *consumer = cv_link_server_dataplane(c->link);
	json_t *object = json_object();
	const struct cv_handoff *h;
	struct cv_totals totals;
	char hex[20];

	cv_link_server_totals(c->link, &totals);
	json_object_set_new(object, "attached", json_boolean(consumer != NULL));
	set(object, "finished", totals.finished);
	if (!consumer)
		return object;
	h = cv_consumer_handoff(consumer);
	snprintf(hex, sizeof(hex), "%016llx", (unsigned long long)h->header->incarnation);
	json_object_set_new(object, "incarnation", json_string(hex));
	set(object, "pid", h->header->pid);
	set(object, "workers", h->worker_count);
	set(object, "generation", h->header->generation);
	return object;
}

const char *cv_document_port_mode(const struct cv_control *c, unsigned int port)
{
	enum cv_xdp_mode mode;

	if (gen_ports(c)[port].kind != CV_PORT_AF_XDP)
		return gen_ports(c)[port].kind == CV_PORT_PCI ? "pci" : "pcap";
	if (!c->bpf || cv_bpf_mode(c->bpf, port, &mode) < 0)
		return "detached";
	return mode == CV_XDP_MODE_NATIVE ? "native" : "generic";
}

static json_t *ports_status(const struct cv_control *c)
{
	static const char *const sides[] = {"unknown", "device", "platform"};
	json_t *list = json_array();

	for (unsigned int i = 0; i < c->gen->ports.count; i++) {
		const struct cv_gen_port *p = &gen_ports(c)[i];

		json_array_append_new(list,
				      json_pack("{s:s, s:s, s:s, s:s}", "name", p->name, "target",
						p->target, "mode", cv_document_port_mode(c, i),
						"side", sides[p->side]));
	}
	return list;
}

static json_t *log_status(const struct cv_control *c)
{
	json_t *lanes = json_object();

	for (int i = 0; i < CV_LANE_COUNT; i++) {
		enum cv_lane lane = (enum cv_lane)i;

		json_object_set_new(
			lanes, cv_lane_name(lane),
			json_pack("{s:I, s:I, s:I, s:b, s:s, s:b}", "begin",
				  (json_int_t)cv_eventlog_begin(c->log, lane), "end",
				  (json_int_t)cv_eventlog_end(c->log, lane), "bytes",
				  (json_int_t)cv_eventlog_bytes(c->log, lane), "full",
				  cv_eventlog_full(c->log, lane), "trouble",
				  cv_log_trouble_name(cv_eventlog_trouble(c->log, lane)), "held",
				  cv_eventlog_held(c->log, lane)));
	}
	return json_pack("{s:s, s:b, s:o}", "dir", c->config->log_dir, "direct",
			 cv_eventlog_counters(c->log)->direct, "lanes", lanes);
}

static void warn_of_trouble(const struct cv_control *c, enum cv_lane lane, json_t *list)
{
	enum cv_log_trouble t = cv_eventlog_trouble(c->log, lane);

	if (t == CV_LOG_TROUBLE_NONE)
		return;
	cv_warn(list, "the disk of %s %s: %s records %s; %s", c->config->log_dir,
		cv_log_trouble_text(t), cv_lane_name(lane),
		t == CV_LOG_TROUBLE_SLOW   ? "wait for it"
		: lane == CV_LANE_ALARM	   ? "are held back"
		: t == CV_LOG_TROUBLE_FULL ? "will be refused when their segment is"
					   : "are refused",
		cv_log_trouble_remedy(t));
}

static json_t *warnings(const struct cv_control *c)
{
	const struct cv_consumer *consumer = cv_link_server_dataplane(c->link);
	const struct cv_equation *broken = cv_ledger_broken(&c->ledger);
	json_t *list = json_array();

	for (int i = 0; i < CV_LANE_COUNT; i++)
		warn_of_trouble(c, (enum cv_lane)i, list);
	if (!cv_eventlog_counters(c->log)->direct)
		cv_warn(list, "the file system of %s has no O_DIRECT: writes are slower",
			c->config->log_dir);
	if (!consumer) {
		cv_warn(list, "no dataplane is attached: start culvert-dataplane");
	} else {
		if (cv_consumer_broken(consumer))
			cv_warn(list,
				"the dataplane's handoff is broken (%s): restart "
				"culvert-dataplane",
				cv_consumer_broken(consumer));
	}
	cv_node_warn(c->node, list);
	cv_rollout_warn(c->rollout, list);
	cv_module_warn(c->bpf, c->gen, list);
	if (cv_quarantine_keeper_warning(c->quarantine))
		cv_warn(list, "the quarantine is not in force as it is listed: %s",
			cv_quarantine_keeper_warning(c->quarantine));
	cv_sinks_warn(c->sinks, list);
	if (c->firewall && !cv_firewall_in_place(c->firewall))
		cv_warn(list,
			"the host's firewall is not in place: culvert firewall apply says why");
	if (broken && cv_ledger_state(&c->ledger) == CV_LEDGER_OPEN)
		cv_warn(list, "the ledger is open: %s is off by %lld", broken->name,
			(long long)(broken->left - broken->right));
	return list;
}

static size_t subscriber_count(json_t *http)
{
	return json_array_size(json_object_get(http, "subscribers"));
}

/*
 * Where it listens (0 = nowhere), how much of what may be is in use, and how often somebody was
 * refused, for whatever reason.
 */
static json_t *api_status(const struct cv_control *c, const json_t *http)
{
	json_int_t refused = 0;
	const char *reason;
	json_t *count;

	json_object_foreach(json_object_get(http, "refusals"), reason, count) refused +=
		json_integer_value(count);
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "tcp_port",
			 (json_int_t)cv_http_server_port(c->http), "tls_port",
			 (json_int_t)cv_http_server_tls_port(c->http), "connections",
			 json_integer_value(json_object_get(http, "connections")),
			 "max_connections", (json_int_t)c->config->api_connections, "peers",
			 json_integer_value(json_object_get(http, "peers")), "refusals", refused);
}

json_t *cv_document_status(const struct cv_control *c)
{
	json_t *http = cv_http_server_stats(c->http);
	json_t *doc = json_pack(
		"{s:s, s:s, s:I, s:f, s:o, s:o, s:o, s:o, s:I, s:o, s:o, s:o}", "node",
		c->config->node, "version", CULVERT_VERSION, "generation",
		(json_int_t)cv_rollout_live(c->rollout), "uptime_s",
		(double)((cv_loop_mono_ns(c->loop) - c->started_ns) / 1000000) / 1e3, "dataplane",
		dataplane_status(c), "ports", ports_status(c), "log", log_status(c), "quarantine",
		cv_quarantine_keeper_status(c->quarantine), "subscribers",
		(json_int_t)subscriber_count(http), "api", api_status(c, http), "sinks",
		cv_sinks_json(c->sinks, c->log), "warnings", warnings(c));

	json_decref(http);
	return doc;
}

/* ---- stats ---- */

static json_t *xdp_stats(const struct cv_control *c)
{
	json_t *object = json_object();

	for (unsigned int i = 0; c->bpf && i < c->gen->ports.count; i++) {
		struct cv_xdp_counts x;
		json_t *port, *by_path;

		if (cv_bpf_counters(c->bpf, i, &x) < 0)
			continue;
		port = json_object();
		by_path = json_object();
		for (unsigned int k = 0; k < CV_REASON_COUNT; k++)
			if (x.reason[k].packets)
				set(port, reasons[k], x.reason[k].packets);
		for (unsigned int k = 0; k < CV_XDP_PATH_COUNT; k++)
			set(by_path, paths[k], x.path[k].packets);
		json_object_set_new(port, "paths", by_path);
		json_object_set_new(object, gen_ports(c)[i].name, port);
	}
	return object;
}

static json_t *protocol_stats(const struct cv_counters *w)
{
	json_t *object = json_object();

	for (unsigned int i = 1; i < CV_PROTO_COUNT; i++) {
		json_t *rejected = json_object();

		for (unsigned int k = 1; k < CV_REJECT_COUNT; k++)
			if (w->rejected[i][k])
				set(rejected, cv_reject_name(k), w->rejected[i][k]);
		json_object_set_new(object, protocols[i],
				    json_pack("{s:o, s:o, s:o}", "messages", number(w->messages[i]),
					      "repeated", number(w->repeated[i]), "rejected",
					      rejected));
	}
	return object;
}

static json_t *lane_stats(const struct cv_counters *w)
{
	json_t *object = json_object();

	for (unsigned int i = 0; i < CV_LANE_COUNT; i++)
		json_object_set_new(object, cv_lane_name(i),
				    json_pack("{s:o, s:o, s:o}", "produced", number(w->produced[i]),
					      "shed", number(w->shed[i]), "handed",
					      number(w->handed[i])));
	return object;
}

static json_t *port_stats(const struct cv_control *c, const struct cv_totals *t)
{
	json_t *object = json_object();

	for (unsigned int i = 0; i < c->gen->ports.count; i++) {
		const struct cv_port_counters *p = &t->ports[i];

		json_object_set_new(object, gen_ports(c)[i].name,
				    json_pack("{s:o, s:o, s:o, s:o}", "rx", number(p->rx), "tx",
					      number(p->tx), "rx_missed", number(p->rx_missed),
					      "tx_errors", number(p->tx_errors)));
	}
	return object;
}

static json_t *dataplane_stats(const struct cv_control *c)
{
	struct cv_totals t;
	const struct cv_counters *w = &t.workers;
	json_t *object = json_object();

	cv_link_server_totals(c->link, &t);
	set(object, "rx", w->rx);
	set(object, "rx_bytes", w->rx_bytes);
	set(object, "forwarded", w->forwarded);
	set(object, "host", w->host);
	json_object_set_new(object, "dropped", counts(w->dropped, reasons, CV_REASON_COUNT));
	json_object_set_new(object, "reasons", counts(w->reason, reasons, CV_REASON_COUNT));
	set(object, "inspected", w->inspected);
	json_object_set_new(object, "outcome", counts(w->outcome, outcomes, CV_OUTCOME_COUNT));
	json_object_set_new(object, "protocols", protocol_stats(w));
	json_object_set_new(object, "flow", counts(w->flow, flow_events, CV_FLOW_EVENT_COUNT));
	json_object_set_new(object, "lanes", lane_stats(w));
	json_object_set_new(object, "ports", port_stats(c, &t));
	json_object_set_new(object, "cycles_per_packet",
			    w->rx ? json_real((double)w->cycles_busy / (double)w->rx)
				  : json_null());
	return object;
}

static json_t *log_stats(const struct cv_control *c)
{
	const struct cv_eventlog_counters *n = cv_eventlog_counters(c->log);
	json_t *object = json_object(), *lanes = json_object();

	for (unsigned int i = 0; i < CV_LANE_COUNT; i++)
		json_object_set_new(lanes, cv_lane_name(i),
				    json_pack("{s:o, s:o, s:o}", "logged", number(n->logged[i]),
					      "refused",
					      counts(n->refused[i], refusals, CV_REFUSAL_COUNT),
					      "gaps", number(n->gaps[i])));
	json_object_set_new(object, "lanes", lanes);
	set(object, "blocks", n->blocks);
	set(object, "writes", n->writes);
	set(object, "bytes", n->bytes);
	set(object, "cut_bytes", n->cut_bytes);
	set(object, "bad_blocks", n->bad_blocks);
	set(object, "packed_segments", n->packed);
	set(object, "packed_from_bytes", n->packed_from);
	set(object, "packed_to_bytes", n->packed_to);
	return object;
}

json_t *cv_document_stats(const struct cv_control *c)
{
	json_t *http = cv_http_server_stats(c->http);
	json_t *subscribers = json_incref(json_object_get(http, "subscribers"));
	json_t *doc;

	json_object_del(http, "subscribers");
	doc = json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "evidence",
			cv_capture_hub_json(c->captures), "xdp", xdp_stats(c), "dataplane",
			dataplane_stats(c), "log", log_stats(c), "subscribers",
			subscribers ? subscribers : json_array(), "http",
			http ? http : json_object());
	return doc;
}
