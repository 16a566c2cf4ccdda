/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of culvert-control and their order of life. One thread. */
#ifndef CV_CONTROL_H
#define CV_CONTROL_H

#include "control/access/routes.h"
#include "control/alarm/live.h"
#include "control/capture/capture_hub.h"
#include "control/config/config.h"
#include "control/ctl/access_control.h"
#include "control/ctl/alarm_routes.h"
#include "control/ctl/device_routes.h"
#include "control/ctl/config_routes.h"
#include "control/ctl/policy_routes.h"
#include "control/ctl/firewall_routes.h"
#include "control/eventlog/eventlog.h"
#include "control/intake/devices.h"
#include "control/ledger.h"
#include "control/link/link_server.h"
#include "control/log_watch.h"
#include "control/loop/loop.h"
#include "control/nft/firewall.h"
#include "control/quarantine/keeper.h"
#include "control/rollout/rollout.h"
#include "control/subscriber/api_files.h"
#include "control/subscriber/group_routes.h"
#include "control/sink/keeper.h"
#include "control/subscriber/http_server.h"
#include "ebpf/loader.h"

#define CV_CONTROL_ROUTES                                                                          \
	(6 + CV_API_FILE_ROUTES + CV_GROUP_ROUTES + CV_DEVICE_ROUTES + CV_ALARM_ROUTES +           \
	 CV_POLICY_ROUTES + CV_FIREWALL_ROUTES + CV_CONFIG_ROUTES + CV_ACCESS_ROUTES)

struct cv_control {
	struct cv_node *node; /* the life of the configuration */
	struct cv_config *config;
	struct cv_rollout *rollout;
	const struct cv_generation *gen; /* it started with: for the ports; the rollout's */
	struct cv_loop *loop;
	struct cv_eventlog *log;
	struct cv_bpf *bpf; /* NULL = no af_xdp port */
	struct cv_firewall *firewall; /* NULL = firewall.enabled is false */
	struct cv_firewall_owner firewall_owner; /* of its routes */
	struct cv_quarantine_keeper *quarantine;
	bool firewall_told; /* said that it could not be put back */
	struct cv_link_server *link;
	struct cv_capture_hub *captures;
	struct cv_groups *groups;
	struct cv_devices *devices;
	struct cv_alarms *alarms;
	struct cv_tls_control tls;
	struct cv_access_owner access; /* access NULL = its table cannot be read */
	struct cv_http_server *http;
	struct cv_sink_keeper *sinks; /* NULL = none are configured */
	struct cv_ledger ledger;
	bool ledger_open; /* said so already */
	struct cv_log_watch_told log_told;
	bool stopping;
	bool again; /* ended to start anew with another configuration */
	bool input_wrong; /* configuration or policy cannot be used */
	struct cv_http_route routes[CV_CONTROL_ROUTES];
	struct cv_op signals, watch;
	int signal_fd;
	uint64_t started_ns; /* monotonic */
};

/** Give up what this configuration does not need, before anything is opened. @return 0 or -errno. */
int cv_control_give_up(const struct cv_config *config);

/** All is open: give up the rest. @return 0 or negative errno, said on stderr. */
int cv_control_confine(const struct cv_config *config);

/**
 * Start everything the configuration asks for. Says on stderr what went wrong, with the remedy.
 *
 * @return 0; -EINVAL: the configuration has errors; other negative errno. cv_control_stop() in any
 *         case.
 */
int cv_control_start(struct cv_control *c, const char *config_path);

/** Serve until SIGTERM or SIGINT. @return 0 or negative errno. */
int cv_control_run(struct cv_control *c);

/** Stop in order: what is on its way to the log gets there. */
void cv_control_stop(struct cv_control *c);

#endif
