/* SPDX-License-Identifier: Apache-2.0 */
#include "control/control_node.h"

int cv_control_load_config(struct cv_control *c, const char *path)
{
	struct cv_diagnostics diag = {0};
	int res = cv_node_open(path, &c->node, &c->config, &diag);

	c->input_wrong = res < 0 && diag.errors > 0;
	cv_diagnostics_print(&diag, stderr);
	cv_diagnostics_free(&diag);
	return res;
}

struct cv_eventlog_config cv_control_log_config(const struct cv_control *c)
{
	struct cv_eventlog_config log = {
		.dir = c->config->log_dir,
		.node = c->config->node,
		.segment_size = c->config->segment_size,
		.hold_bytes = c->config->hold_for_groups,
		.compress_level = (int)c->config->compress_level,
	};

	for (int i = 0; i < CV_LANE_COUNT; i++) {
		log.retain_bytes[i] = c->config->retain[i].bytes;
		log.retain_ns[i] = c->config->retain[i].ns;
		log.compress[i] = c->config->compress[i];
	}
	return log;
}

struct cv_peer_limits cv_control_peer_limits(const struct cv_control *c)
{
	const struct cv_config_peer *peer = &c->config->peer;

	return (struct cv_peer_limits){.connections = peer->connections
							      ? peer->connections
							      : c->config->api_connections / 2,
				       .requests = peer->requests};
}

/* Whoever reads the configuration itself (signatures, the end of control) has it already. */
static void follow(void *owner)
{
	struct cv_control *c = owner;
	const struct cv_event_slow slow = {.disconnect = c->config->slow.disconnect,
					   .events = c->config->slow.events,
					   .bytes = c->config->slow.bytes,
					   .ns = c->config->slow.ns};
	struct cv_eventlog_config log = cv_control_log_config(c);
	const struct cv_peer_limits peer = cv_control_peer_limits(c);

	cv_eventlog_configure(c->log, &log);
	cv_http_server_limit(c->http, c->config->api_connections, &peer, &slow);
}

static void again(void *owner)
{
	struct cv_control *c = owner;

	c->again = true;
	cv_loop_stop(c->loop);
}

static uint64_t dataplane(void *owner)
{
	const struct cv_control *c = owner;
	const struct cv_consumer *consumer = cv_link_server_dataplane(c->link);

	return consumer ? cv_consumer_handoff(consumer)->header->pid : 0;
}

int cv_control_watch_config(struct cv_control *c)
{
	const struct cv_node_owner owner = {
		.owner = c, .follow = follow, .again = again, .dataplane = dataplane};

	return cv_node_start(c->node, c->loop, &owner);
}
