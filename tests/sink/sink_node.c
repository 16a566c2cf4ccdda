/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A node without packets: the real event log, consumer groups, API and keeper of sinks, by the
 * configuration file it is given. Told what to do by lines on standard input:
 *
 *     add LANE COUNT TEXT   see tests/eventlog/log_feed.h
 *     name LANE NAME        append an event of a quantity that its device calls so; any bytes
 *     sinks                 print what /v1/status says of the sinks, one line of JSON
 *
 * usage: sink_node CONFIG
 */
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control/sink/keeper.h"
#include "control/subscriber/group_routes.h"
#include "control/subscriber/http_server.h"
#include "tests/eventlog/log_feed.h"

/* Receive time of events with a name; of no day that retention would have an opinion of. */
#define NAMED_US UINT64_C(1777863721000000)

static struct fixture fx;
static struct cv_config *config;
static struct cv_sink_keeper *keeper;
static struct cv_http_server *server;
static struct cv_groups *groups;
static struct cv_http_route routes[CV_GROUP_ROUTES];
static struct feed feed;

/* The text of an event becomes its name. */
static void add_named(const char *lane_name, const char *name)
{
	int lane = cv_lane_by_name(lane_name, strlen(lane_name));
	struct cv_record *rec =
		(struct cv_record *)(void *)((uint8_t *)fx.blocks + sizeof(struct cv_block));
	struct cv_tlv *tlv = (struct cv_tlv *)(void *)(rec + 1);
	size_t len = strlen(name);

	if (lane < 0)
		return;
	fx_block(&fx, 0, (enum cv_lane)lane, ++feed.source_seq[lane], NAMED_US + feed.added[lane]++,
		 1, len);
	tlv->tag = CV_TLV_NAME;
	memcpy(tlv + 1, name, len);
	puts(fx_append(&fx, (enum cv_lane)lane, 1) == 0 ? "added" : "append failed");
}

/* Any line that adds nothing asks for the sinks. */
static void obey(const char *line)
{
	char lane[32], name[256];
	json_t *sinks;

	if (sscanf(line, "name %31s %255[^\n]", lane, name) == 2) {
		add_named(lane, name);
		return;
	}
	sinks = cv_sinks_json(keeper, fx.log);
	json_dumpf(sinks, stdout, JSON_COMPACT);
	json_decref(sinks);
	putchar('\n');
}

static int start_api(void)
{
	struct cv_http_config http = {
		.node = config->node,
		.unix_path = config->api_socket,
		.routes = routes,
		.route_count = CV_GROUP_ROUTES,
	};
	char path[PATH_MAX + 16];
	const char *why = "";
	int res;

	snprintf(path, sizeof(path), "%s/groups", config->log_dir);
	res = cv_groups_create(fx.loop, fx.log, path, &groups, &why);
	http.groups = groups;
	cv_group_routes(groups, routes);
	if (res == 0)
		res = cv_http_server_create(fx.loop, fx.log, &http, &server, &why);
	if (res < 0)
		fprintf(stderr, "%s\n", why);
	return res;
}

static int start(const char *path)
{
	struct cv_diagnostics diag = {0};
	const char *why = "";
	int res = cv_config_load(path, &config, &diag);

	cv_diagnostics_print(&diag, stderr);
	cv_diagnostics_free(&diag);
	if (res < 0)
		return res;
	signal(SIGPIPE, SIG_IGN);
	res = cv_sink_keeper_create(config, &keeper, &why);
	fx_init(&fx, 4u << 20);
	rmdir(fx.dir);
	snprintf(fx.dir, sizeof(fx.dir), "%.255s", config->log_dir);
	fx.config.node = config->node;
	if (res == 0)
		res = fx_open(&fx, &why);
	if (res < 0) {
		fprintf(stderr, "%s\n", why);
		return res;
	}
	feed_init(&feed, &fx, true);
	return start_api();
}

int main(int argc, char **argv)
{
	int res = argc == 2 ? start(argv[1]) : -EINVAL;

	if (res == 0) {
		cv_sink_keeper_go(keeper);
		puts("ready");
		fflush(stdout);
		res = feed_run(&feed, obey);
	}
	cv_sink_keeper_destroy(keeper, fx.loop);
	cv_http_server_destroy(server);
	cv_groups_destroy(groups);
	fx_close(&fx);
	cv_loop_destroy(fx.loop);
	free(fx.blocks);
	free(fx.copy);
	cv_config_free(config);
	return res < 0;
}
