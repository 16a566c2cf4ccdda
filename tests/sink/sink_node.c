/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A node without packets: the real event log, consumer groups, API and keeper of sinks, by the
 * configuration file it is given. Told what to do by lines on standard input:
 *
 *     add LANE COUNT TEXT   append COUNT events of 16 devices, with TEXT bytes of text each
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
#include "tests/eventlog/log_fixture.h"

#define FIRST_US UINT64_C(1777863721000000)

static struct fixture fx;
static struct cv_config *config;
static struct cv_sink_keeper *keeper;
static struct cv_http_server *server;
static struct cv_groups *groups;
static struct cv_http_route routes[CV_GROUP_ROUTES];
static struct cv_op input;
static char line[256];
static bool have_line, at_end;
static uint64_t source_seq[CV_LANE_COUNT], added[CV_LANE_COUNT];

static void on_input(struct cv_op *op, int res, uint32_t flags)
{
	at_end = res <= 0;
	have_line = res > 0;
	if (have_line)
		line[res] = '\0';
}

static void read_input(void)
{
	input.done = on_input;
	io_uring_prep_read(cv_loop_sqe(fx.loop, &input), STDIN_FILENO, line, sizeof(line) - 1,
			   (__u64)-1);
}

/* The n-th event of a lane is of device n % 16, known by its address. */
static void set_devices(enum cv_lane lane, unsigned int count)
{
	uint8_t *at = (uint8_t *)(fx.blocks + 1);

	for (unsigned int i = 0; i < count; i++) {
		struct cv_record *rec = (struct cv_record *)(void *)at;

		rec->device_end = CV_DEVICE_END_SRC;
		memcpy(rec->src, (uint8_t[]){192, 0, 2, (uint8_t)((added[lane] + i) % 16)}, 4);
		at += rec->size;
	}
}

static void add(enum cv_lane lane, unsigned int count, size_t text)
{
	while (count > 0) {
		unsigned int n = fx_block(&fx, 0, lane, ++source_seq[lane], FIRST_US + added[lane],
					  count, text);

		set_devices(lane, n);
		if (fx_append(&fx, lane, 1) != 0) {
			fputs("append failed\n", stderr);
			exit(1);
		}
		added[lane] += n;
		count -= n;
	}
	puts("added");
}

static void obey(void)
{
	char name[32];
	unsigned int count, text;

	if (sscanf(line, "add %31s %u %u", name, &count, &text) == 3) {
		add((enum cv_lane)cv_lane_by_name(name, strlen(name)), count, text);
	} else {
		json_t *sinks = cv_sinks_json(keeper, fx.log);

		json_dumpf(sinks, stdout, JSON_COMPACT);
		json_decref(sinks);
		putchar('\n');
	}
	fflush(stdout);
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
	for (enum cv_lane lane = 0; res == 0 && lane < CV_LANE_COUNT; lane++) {
		added[lane] = cv_eventlog_end(fx.log, lane);
		source_seq[lane] = cv_eventlog_last_source(fx.log, FX_INCARNATION, 3, lane);
	}
	if (res < 0)
		fprintf(stderr, "%s\n", why);
	return res == 0 ? start_api() : res;
}

int main(int argc, char **argv)
{
	int res = argc == 2 ? start(argv[1]) : -EINVAL;

	if (res == 0) {
		cv_sink_keeper_go(keeper);
		puts("ready");
		fflush(stdout);
		read_input();
	}
	while (res == 0 && !at_end) {
		res = cv_loop_turn(fx.loop);
		if (have_line) { /* outside of completions: adding turns the loop */
			have_line = false;
			obey();
			read_input();
		}
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
