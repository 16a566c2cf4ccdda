/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The HTTP server over a real event log in a folder of its own, told what to do by lines on
 * standard input:
 *
 *     add LANE COUNT TEXT   append COUNT events with TEXT bytes of text each, say "added"
 *     stats                 say the server's statistics as one line of JSON
 *
 * At the end of input it stops orderly and fails if a file descriptor is left over.
 * Events are of 16 devices in turn. With LOG-DIR the log is there and stays there: what was there is
 * served, and the program may be killed and started again.
 * usage: serve UNIX-PATH TCP-ADDRESS MAX-CONNECTIONS [LOG-DIR]
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control/subscriber/api_files.h"
#include "control/subscriber/group_routes.h"
#include "control/subscriber/http_server.h"
#include "tests/eventlog/log_fixture.h"

/* Receive time of the first event: 2026-05-04T03:02:01Z, one microsecond an event. */
#define FIRST_US UINT64_C(1777863721000000)

static struct fixture fx;
static struct cv_http_server *server;
static struct cv_groups *groups;
static struct cv_op input;
static char line[256];
static bool have_line, at_end;
static uint64_t source_seq[CV_LANE_COUNT], added[CV_LANE_COUNT];

static unsigned int open_files(void)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned int n = 0;

	while (d && readdir(d))
		n++;
	if (d)
		closedir(d);
	return n;
}

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
		memcpy(rec->src, (uint8_t[]){192, 0, 2, (added[lane] + i) % 16}, 4);
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
	} else if (strcmp(line, "stats\n") == 0) {
		json_t *stats = cv_http_server_stats(server);

		json_dumpf(stats, stdout, JSON_COMPACT);
		json_decref(stats);
		putchar('\n');
	}
	fflush(stdout);
}

static json_t *echo(void *owner, const struct cv_http_query *query)
{
	return json_pack("{s:s, s:i}", "owner", owner, "parameters", (int)query->count);
}

static json_t *fail(void *owner, const struct cv_http_query *query)
{
	return NULL;
}

/* What came, and from whom; ?wait=1 answers on the third call, ?status=N with that status. */
static json_t *change(void *owner, const struct cv_http_call *call, struct cv_http_answer *answer)
{
	static uint64_t held_id;
	const char *status = cv_http_query_get(call->query, "status");
	size_t sum = 0;

	if (cv_http_query_get(call->query, "wait") && call->held_ns < 40000000) {
		if (call->held_ns > 0 && call->id != held_id)
			return NULL;
		held_id = call->id;
		answer->wait_ns = 20000000;
		return NULL;
	}
	for (size_t i = 0; i < call->body_len; i++)
		sum += (unsigned char)call->body[i];
	if (status)
		answer->status = atoi(status);
	return json_pack("{s:i, s:I, s:I, s:s, s:s, s:I}", "method", (int)call->method, "len",
			 (json_int_t)call->body_len, "sum", (json_int_t)sum, "who", call->peer->who,
			 "if_match", call->if_match, "uid", (json_int_t)call->peer->uid);
}

static uint64_t hold(void *owner, const struct cv_http_query *query, uint64_t held_ns)
{
	return held_ns < 300000000 ? 100000000 : 0;
}

static int start(char **argv)
{
	static char owner[] = "me";
	static struct cv_http_route routes[4 + CV_GROUP_ROUTES + CV_API_FILE_ROUTES];
	static const struct cv_http_route fixed[] = {
		{.path = "/v1/status", .summary = "a document", .json = echo, .owner = owner},
		{.path = "/v1/fails", .summary = "a handler without memory", .json = fail},
		{.path = "/v1/waits",
		 .summary = "a document that waits",
		 .json = echo,
		 .hold = hold,
		 .owner = owner},
		{.path = "/v1/change", .summary = "something to change", .change = change},
	};
	const unsigned int count = sizeof(fixed) / sizeof(fixed[0]);
	struct cv_http_config config = {
		.node = fx.config.node,
		.unix_path = argv[1],
		.tcp = argv[2],
		.max_connections = (unsigned int)atoi(argv[3]),
		.routes = routes,
		.route_count = sizeof(routes) / sizeof(routes[0]),
	};
	const char *why;
	char path[512];
	int res;

	if (argv[4]) {
		rmdir(fx.dir);
		snprintf(fx.dir, sizeof(fx.dir), "%s", argv[4]);
	}
	res = fx_open(&fx, &why);
	for (enum cv_lane lane = 0; argv[4] && res == 0 && lane < CV_LANE_COUNT; lane++) {
		added[lane] = cv_eventlog_end(fx.log, lane);
		source_seq[lane] = cv_eventlog_last_source(fx.log, FX_INCARNATION, 3, lane);
	}
	snprintf(path, sizeof(path), "%s/groups", fx.dir);
	if (res == 0)
		res = cv_groups_create(fx.loop, fx.log, path, &groups, &why);
	config.groups = groups;
	memcpy(routes, fixed, sizeof(fixed));
	cv_group_routes(groups, routes + count);
	cv_api_file_routes(routes + count + CV_GROUP_ROUTES);
	if (res == 0)
		res = cv_http_server_create(fx.loop, fx.log, &config, &server, &why);
	if (res < 0)
		fprintf(stderr, "%s (%s)\n", why, strerror(-res));
	return res;
}

int main(int argc, char **argv)
{
	unsigned int before = open_files(), after;
	int res;

	if (argc != 4 && argc != 5) {
		fputs("usage: serve UNIX-PATH TCP-ADDRESS MAX-CONNECTIONS [LOG-DIR]\n", stderr);
		return 2;
	}
	fx_init(&fx, 4u << 20);
	res = start(argv);
	if (res == 0) {
		printf("port %u\n", cv_http_server_port(server));
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
	cv_http_server_destroy(server);
	cv_groups_destroy(groups);
	if (argv[4]) {
		fx_close(&fx);
		cv_loop_destroy(fx.loop);
	} else {
		fx_destroy(&fx);
	}
	after = open_files();
	if (after != before)
		fprintf(stderr, "%u files open at the start, %u at the end\n", before, after);
	return res < 0 || after != before;
}
