/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The HTTP server over a real event log in a folder of its own, told what to do by lines on
 * standard input:
 *
 *     add LANE COUNT TEXT   see tests/eventlog/log_feed.h
 *     stats                 say the server's statistics as one line of JSON
 *     refresh               look whether the files of TLS have changed, say what came of it
 *
 * At the end of input it stops orderly and fails if a file descriptor is left over.
 * With LOG-DIR the log is there and stays there: what was there is served, and the program may be
 * killed and started again. With CV_SERVE_TOKENS in the environment TCP needs a token; with
 * CV_SERVE_TLS, a folder of cert.pem, key.pem and ca.pem, TLS is served as well. What control would
 * write to its audit trail goes to UNIX-PATH.notes.
 * usage: serve UNIX-PATH TCP-ADDRESS MAX-CONNECTIONS [LOG-DIR]
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control/access/routes.h"
#include "control/subscriber/api_files.h"
#include "control/subscriber/group_routes.h"
#include "control/subscriber/http_server.h"
#include "tests/eventlog/log_feed.h"

static struct fixture fx;
static struct cv_http_server *server;
static struct cv_groups *groups;
static struct cv_access_owner access_owner;
static struct cv_tls *tls;
static struct feed feed;

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

static void obey(const char *line)
{
	json_t *stats;

	if (strcmp(line, "refresh\n") == 0) {
		char why[CV_TLS_WHY_MAX] = "";
		int res = cv_tls_refresh(tls, why);

		printf("%d %s\n", res, why);
	} else if (strcmp(line, "stats\n") == 0) {
		stats = cv_http_server_stats(server);
		json_dumpf(stats, stdout, JSON_COMPACT);
		json_decref(stats);
		putchar('\n');
	}
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

static void on_note(void *owner, const char *who, const char *what, const char *result,
		    const char *detail)
{
	char path[512];
	FILE *out;

	snprintf(path, sizeof(path), "%s.notes", (const char *)owner);
	out = fopen(path, "a");
	if (out) {
		fprintf(out, "%s|%s|%s|%s\n", who, what, result, detail);
		fclose(out);
	}
}

static int open_tls(struct cv_http_config *config, const char *dir, const char **why)
{
	static char cert[256], key[256], ca[256], reason[CV_TLS_WHY_MAX];
	static struct cv_tls_files files = {cert, key, ca, false};
	int res;

	snprintf(cert, sizeof(cert), "%s/cert.pem", dir);
	snprintf(key, sizeof(key), "%s/key.pem", dir);
	snprintf(ca, sizeof(ca), "%s/ca.pem", dir);
	*why = reason;
	res = cv_tls_create(&files, &tls, reason);
	config->tls = "127.0.0.1:0";
	config->tls_context = tls;
	return res;
}

static int start(char **argv)
{
	static char owner[] = "me";
	static struct cv_http_route
		routes[4 + CV_GROUP_ROUTES + CV_API_FILE_ROUTES + CV_ACCESS_ROUTES];
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
	if (res == 0)
		feed_init(&feed, &fx, argv[4] != NULL);
	snprintf(path, sizeof(path), "%s/groups", fx.dir);
	if (res == 0)
		res = cv_groups_create(fx.loop, fx.log, path, &groups, &why);
	snprintf(path, sizeof(path), "%s.access", argv[1]);
	if (res == 0)
		res = cv_access_open(path, &access_owner.access, &why);
	access_owner.loop = fx.loop;
	if (res == 0)
		cv_access_set_note(access_owner.access, on_note, argv[1]);
	config.access = access_owner.access;
	config.tcp_needs_token = getenv("CV_SERVE_TOKENS") != NULL;
	if (res == 0 && getenv("CV_SERVE_TLS"))
		res = open_tls(&config, getenv("CV_SERVE_TLS"), &why);
	config.groups = groups;
	memcpy(routes, fixed, sizeof(fixed));
	cv_group_routes(groups, routes + count);
	cv_api_file_routes(routes + count + CV_GROUP_ROUTES);
	cv_access_routes(&access_owner, routes + count + CV_GROUP_ROUTES + CV_API_FILE_ROUTES);
	if (res == 0)
		res = cv_http_server_create(fx.loop, fx.log, &config, &server, &why);
	if (res < 0)
		fprintf(stderr, "%s (%s)\n", why, strerror(-res));
	return res;
}

int main(int argc, char **argv)
{
	const char *segment = getenv("CV_SERVE_SEGMENT_MIB");
	unsigned int before = open_files(), after;
	int res;

	if (argc != 4 && argc != 5) {
		fputs("usage: serve UNIX-PATH TCP-ADDRESS MAX-CONNECTIONS [LOG-DIR]\n", stderr);
		return 2;
	}
	fx_init(&fx, (segment ? strtoull(segment, NULL, 10) : 4u) << 20);
	res = start(argv);
	if (res == 0) {
		printf("port %u tls %u\n", cv_http_server_port(server),
		       cv_http_server_tls_port(server));
		fflush(stdout);
		res = feed_run(&feed, obey);
	}
	cv_http_server_destroy(server);
	cv_groups_destroy(groups);
	cv_access_close(access_owner.access);
	cv_tls_destroy(tls);
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
