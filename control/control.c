/* SPDX-License-Identifier: Apache-2.0 */
#include "control/control.h"
#include "control/control_bpf.h"
#include "control/control_node.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "control/config/compile.h"
#include "control/ctl/access_control.h"
#include "control/ctl/documents.h"
#include "control/ctl/metrics.h"
#include "control/ctl/module_document.h"
#include "control/diag.h"
#include "control/evidence_sources.h"
#include "control/notify.h"

#define CV_LOOP_ENTRIES 1024
#define CV_WATCH_NS 1000000000u
/* Between the two readings of one answer; the dataplane updates port counters every 50 ms. */
#define CV_SETTLE_STEP_NS 60000000u

static int open_rollout(struct cv_control *c)
{
	struct cv_diagnostics diag = {0};
	int res = cv_rollout_open(c->loop, c->config, &c->rollout, &c->gen, &diag);

	c->input_wrong = res < 0 && diag.errors > 0;
	cv_diagnostics_print(&diag, stderr);
	cv_diagnostics_free(&diag);
	return res;
}

static int open_sinks(struct cv_control *c)
{
	const char *why = "";
	int res = cv_sink_keeper_create(c->config, &c->sinks, &why);

	if (res < 0)
		cv_diag("error", "%s (%s)", why, strerror(-res));
	return res;
}

static int open_log(struct cv_control *c)
{
	struct cv_eventlog_config log = cv_control_log_config(c);
	const char *why = "";
	int res;

	res = cv_eventlog_open(c->loop, &log, &c->log, &why);
	if (res < 0)
		cv_diag("error", "%s", why);
	return res;
}

/* Beside the lanes, whose numbers they hold: one is nothing without the other. */
static int open_groups(struct cv_control *c)
{
	char path[sizeof(c->config->log_dir) + 8];
	const char *why = "";
	int res;

	snprintf(path, sizeof(path), "%s/groups", c->config->log_dir);
	res = cv_groups_create(c->loop, c->log, path, &c->groups, &why);
	if (res < 0)
		cv_diag("error", "%s", why);
	else if (cv_groups_damaged(c->groups) > 0)
		cv_diag("warning",
			"%s: the cursors of %u consumer groups are damaged; they are lost", path,
			cv_groups_damaged(c->groups));
	return res;
}

static int open_devices(struct cv_control *c)
{
	const struct cv_devices_config config = {
		.dir = c->config->log_dir,
		.state_bytes = c->config->devices_memory,
		.refill_ns = c->config->devices_refill_ns,
	};
	const char *why = "";
	int res = cv_devices_create(c->loop, c->log, &config, &c->devices, &why);

	if (res < 0)
		cv_diag("error", "%s", why);
	return res;
}

static int open_alarms(struct cv_control *c)
{
	struct cv_diagnostics diag = {0};
	int res = cv_alarms_create(c->loop, c->log, c->config, cv_devices_intake(c->devices),
				   &c->alarms, &diag);

	c->input_wrong = res == -EINVAL;
	cv_diagnostics_print(&diag, stderr);
	cv_diagnostics_free(&diag);
	return res;
}

static int open_quarantine(struct cv_control *c)
{
	struct cv_diagnostics diag = {0};
	int res = cv_quarantine_keeper_create(c->loop, c->config, &c->quarantine, &diag);

	cv_diagnostics_print(&diag, stderr);
	cv_diagnostics_free(&diag);
	return res;
}

static int start_firewall(struct cv_control *c)
{
	struct cv_diagnostics diag = {0};
	int res = cv_firewall_start(c->config, &c->firewall, &diag);

	cv_diagnostics_print(&diag, stderr);
	cv_diagnostics_free(&diag);
	return res;
}

/* Tried again every second; told once. */
static void watch_firewall(struct cv_control *c)
{
	struct cv_diagnostics diag = {0};
	int res;

	if (!c->firewall)
		return;
	res = cv_firewall_watch(c->firewall, &diag);
	if (res >= 0 || !c->firewall_told)
		cv_diagnostics_print(&diag, stderr);
	c->firewall_told = res < 0;
	cv_diagnostics_free(&diag);
}

static int open_link(struct cv_control *c)
{
	struct cv_ledger_sources sources = {
		.loop = c->loop, .gen = c->gen, .bpf = c->bpf, .log = c->log};
	const char *why = "";
	int res = cv_link_server_create(c->loop, c->log, c->config->link_socket, c->gen, &c->link,
					&why);

	if (res < 0) {
		cv_diag("error", "%s", why);
		return res;
	}
	cv_link_server_set_look(c->link, cv_devices_look, c->devices);
	sources.link = c->link;
	sources.sinks = c->sinks;
	sources.devices = c->devices;
	sources.alarms = c->alarms;
	cv_ledger_init(&c->ledger, &sources);
	cv_link_server_set_attached(c->link, cv_ledger_attached, &c->ledger);
	res = cv_quarantine_keeper_start(c->quarantine, cv_link_server_quarantine(c->link),
					 c->bpf != NULL);
	if (res < 0)
		return res;
	return cv_rollout_start(c->rollout, c->bpf, cv_link_server_policy(c->link));
}

static int open_captures(struct cv_control *c)
{
	struct cv_capture_source sources[CV_CAPTURE_SOURCES_MAX] = {
		cv_evidence_of_workers(c->link)};
	struct cv_capture_config config = {
		.node = c->config->node,
		.version = CULVERT_VERSION,
		.gen = c->gen,
		.sources = sources,
		.source_count = 1,
	};
	int res;

	if (c->bpf)
		sources[config.source_count++] = cv_evidence_of_xdp(c->bpf);
	res = cv_capture_hub_create(c->loop, &config, &c->captures);
	if (res < 0)
		cv_diag("error", "cannot set up captures (%s)", strerror(-res));
	c->ledger.sources.captures = c->captures;
	return res;
}

static json_t *get_status(void *owner, const struct cv_http_query *query)
{
	return cv_document_status(owner);
}

static json_t *get_stats(void *owner, const struct cv_http_query *query)
{
	return cv_document_stats(owner);
}

static json_t *get_ledger(void *owner, const struct cv_http_query *query)
{
	struct cv_control *c = owner;

	return cv_ledger_json(&c->ledger);
}

static json_t *get_module(void *owner, const struct cv_http_query *query)
{
	const struct cv_control *c = owner;

	return cv_module_document(c->bpf, c->gen);
}

/* Two readings at least; with ?settle=MS more, until the ledger closes or the time is over. */
static uint64_t hold_ledger(void *owner, const struct cv_http_query *query, uint64_t held_ns)
{
	const char *settle = cv_http_query_get(query, "settle");
	unsigned long ms = settle ? strtoul(settle, NULL, 10) : 0;
	struct cv_control *c = owner;

	if (ms > 10000)
		ms = 10000;
	cv_ledger_read(&c->ledger);
	if (held_ns == 0)
		return CV_SETTLE_STEP_NS;
	if (held_ns >= ms * 1000000u || cv_ledger_state(&c->ledger) == CV_LEDGER_CLOSED)
		return 0;
	return CV_SETTLE_STEP_NS;
}

static int open_http(struct cv_control *c)
{
	const struct cv_http_route routes[] = {
		{.path = "/v1/status",
		 .summary = "node, dataplane, ports, log and warnings",
		 .json = get_status,
		 .owner = c},
		{.path = "/v1/stats",
		 .summary = "counters of every stage",
		 .json = get_stats,
		 .owner = c},
		{.path = "/v1/ledger",
		 .summary = "do the sums agree; settle=MS waits until they do",
		 .json = get_ledger,
		 .hold = hold_ledger,
		 .owner = c},
		{.path = "/v1/policy/module",
		 .summary = "own eBPF code: counters and run time",
		 .json = get_module,
		 .owner = c},
		{.path = "/metrics",
		 .summary = "every figure, for Prometheus",
		 .make_text = cv_metrics_text,
		 .text_type = CV_METRICS_TYPE,
		 .owner = c},
		{.path = "/v1/capture",
		 .summary = "dropped frames as they are dropped, sampled, as pcapng",
		 .stream = cv_capture_hub_open,
		 .stream_type = "application/x-pcapng",
		 .owner = c->captures},
	};
	struct cv_http_config http = {
		.node = c->config->node,
		.unix_path = c->config->api_socket,
		.tcp = c->config->api_listen[0] ? c->config->api_listen : NULL,
		.registry = cv_devices_intake(c->devices)->live,
		.groups = c->groups,
		.access = c->access.access,
		.tls = c->tls.tls ? c->config->tls.listen : NULL,
		.tls_context = c->tls.tls,
		.tcp_needs_token = c->config->api_login == CV_LOGIN_TOKEN,
		.max_connections = c->config->api_connections,
		.peer = cv_control_peer_limits(c),
		.slow = {.disconnect = c->config->slow.disconnect,
			 .events = c->config->slow.events,
			 .bytes = c->config->slow.bytes,
			 .ns = c->config->slow.ns},
		.routes = c->routes,
		.route_count = CV_CONTROL_ROUTES - (c->access.access ? 0 : CV_ACCESS_ROUTES),
	};
	struct cv_http_route *more;
	const char *why = "";
	int res;

	_Static_assert(sizeof(routes) / sizeof(routes[0]) + CV_API_FILE_ROUTES + CV_GROUP_ROUTES +
				       CV_DEVICE_ROUTES + CV_ALARM_ROUTES + CV_POLICY_ROUTES +
				       CV_FIREWALL_ROUTES + CV_CONFIG_ROUTES + CV_ACCESS_ROUTES ==
			       CV_CONTROL_ROUTES,
		       "count them in CV_CONTROL_ROUTES");
	memcpy(c->routes, routes, sizeof(routes));
	more = c->routes + sizeof(routes) / sizeof(routes[0]);
	cv_api_file_routes(more);
	cv_group_routes(c->groups, more + CV_API_FILE_ROUTES);
	more += CV_API_FILE_ROUTES + CV_GROUP_ROUTES;
	cv_device_routes(cv_devices_intake(c->devices), more);
	more += CV_DEVICE_ROUTES;
	cv_alarm_routes(c->alarms, more);
	cv_policy_routes(c->rollout, more + CV_ALARM_ROUTES);
	cv_config_routes(c->node, more + CV_ALARM_ROUTES + CV_POLICY_ROUTES);
	res = cv_firewall_owner_init(&c->firewall_owner, c->loop, c->config, c->firewall);
	if (res < 0)
		return res;
	cv_firewall_routes(&c->firewall_owner,
			   c->routes + CV_CONTROL_ROUTES - CV_FIREWALL_ROUTES - CV_ACCESS_ROUTES);
	cv_access_routes(&c->access, c->routes + CV_CONTROL_ROUTES - CV_ACCESS_ROUTES);
	res = cv_http_server_create(c->loop, c->log, &http, &c->http, &why);
	if (res < 0)
		cv_diag("error", "%s", why);
	return res;
}

static void on_signal(struct cv_op *op, int res, uint32_t flags)
{
	struct cv_control *c = op->owner;

	cv_loop_stop(c->loop);
}

/* A broken ledger is told once; it shows in the status for as long as it lasts. */
static void on_watch(struct cv_op *op, int res, uint32_t flags)
{
	struct cv_control *c = op->owner;
	enum cv_ledger_state state;

	if (res != -ETIME || c->stopping) /* it may end before it can be cancelled */
		return;
	cv_ledger_read(&c->ledger);
	state = cv_ledger_state(&c->ledger);
	if (state == CV_LEDGER_OPEN && !c->ledger_open) {
		const struct cv_equation *e = cv_ledger_broken(&c->ledger);

		cv_tell(CV_MESSAGE_LEDGER_OPEN, "the ledger is open: %s (%s) is off by %lld",
			e->name, e->text, (long long)(e->left - e->right));
	}
	if (state != CV_LEDGER_MOVING)
		c->ledger_open = state == CV_LEDGER_OPEN;
	cv_log_watch_tell(&c->log_told, c->log);
	watch_firewall(c);
	cv_tls_control_watch(&c->tls);
	cv_loop_timer(c->loop, &c->watch, CV_WATCH_NS);
}

static int watch_signals(struct cv_control *c)
{
	static struct signalfd_siginfo info; /* written by the kernel, not looked at */
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	c->signal_fd = signalfd(-1, &set, SFD_CLOEXEC);
	if (c->signal_fd < 0)
		return -errno;
	c->signals = (struct cv_op){.done = on_signal, .owner = c};
	io_uring_prep_read(cv_loop_sqe(c->loop, &c->signals), c->signal_fd, &info, sizeof(info), 0);
	return 0;
}

static int open_loop(struct cv_control *c)
{
	int res = cv_loop_create(CV_LOOP_ENTRIES, &c->loop);

	if (res == -ENOSYS)
		cv_diag("error", "this machine forbids io_uring: set kernel.io_uring_disabled=0, "
				 "or allow the io_uring system calls in the container");
	else if (res < 0)
		cv_diag("error", "cannot set up io_uring (%s)", strerror(-res));
	return res;
}

int cv_control_start(struct cv_control *c, const char *config_path)
{
	int res;

	*c = (struct cv_control){.signal_fd = -1};
	res = cv_control_load_config(c, config_path);
	/* While nothing is open yet that its processes could inherit. */
	if (res == 0)
		res = open_sinks(c);
	if (res == 0)
		res = cv_control_give_up(c->config);
	if (res == 0)
		res = open_loop(c);
	if (res == 0)
		res = watch_signals(c);
	if (res == 0)
		res = open_log(c);
	if (res == 0)
		res = open_groups(c);
	if (res == 0)
		res = open_devices(c);
	if (res == 0)
		res = open_alarms(c);
	if (res == 0)
		res = open_rollout(c);
	if (res == 0)
		res = open_quarantine(c);
	/* Before the ports: what they pass to the host meets the table. */
	if (res == 0)
		res = start_firewall(c);
	if (res == 0)
		res = cv_control_load_bpf(c);
	if (res == 0)
		res = open_link(c);
	if (res == 0)
		res = open_captures(c);
	if (res == 0)
		res = cv_tls_control_open(c->config, &c->tls);
	if (res == 0)
		cv_access_control_open(c->loop, c->rollout, &c->access);
	if (res == 0)
		res = open_http(c);
	if (res == 0)
		res = cv_control_confine(c->config);
	if (res < 0)
		return res;
	res = cv_control_watch_config(c);
	if (res < 0)
		return res;
	c->started_ns = cv_loop_mono_ns(c->loop);
	c->watch = (struct cv_op){.done = on_watch, .owner = c};
	cv_loop_timer(c->loop, &c->watch, CV_WATCH_NS);
	cv_sink_keeper_go(c->sinks);
	cv_notify("READY=1");
	cv_tell(CV_MESSAGE_READY, "ready");
	return 0;
}

int cv_control_run(struct cv_control *c)
{
	int res = cv_loop_run(c->loop);

	if (res < 0)
		cv_diag("error", "the event loop failed (%s)", strerror(-res));
	return res;
}

void cv_control_stop(struct cv_control *c)
{
	bool in_use = c->link && cv_link_server_has_peer(c->link);

	cv_notify("STOPPING=1");
	c->stopping = true;
	if (c->loop) {
		cv_loop_cancel(c->loop, &c->watch);
		cv_loop_cancel(c->loop, &c->signals);
		while ((c->watch.pending || c->signals.pending) && cv_loop_turn(c->loop) == 0)
			;
	}
	cv_sink_keeper_destroy(c->sinks, c->loop); /* they acknowledge over the API */
	cv_http_server_destroy(c->http);
	cv_node_close(c->node); /* who asks of it is gone */
	cv_tls_control_close(&c->tls);
	cv_access_close(c->access.access);
	cv_groups_destroy(c->groups);
	cv_firewall_owner_release(&c->firewall_owner);
	cv_capture_hub_destroy(c->captures);
	cv_quarantine_keeper_destroy(c->quarantine);
	cv_rollout_close(c->rollout);
	cv_link_server_destroy(c->link);
	cv_control_stop_bpf(c, in_use);
	cv_firewall_stop(c->firewall);
	cv_alarms_destroy(c->alarms);
	cv_devices_destroy(c->devices);
	cv_eventlog_close(c->log);
	cv_loop_destroy(c->loop);
	if (c->signal_fd >= 0)
		close(c->signal_fd);
	cv_config_free(c->config);
}
