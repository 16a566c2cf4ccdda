/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes of a client through the real server: parser, router, queries and streams over a real log.
 * Input: what the client sends before it closes its side. Every connection must come to an end.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "control/subscriber/http_server.h"
#include "tests/eventlog/log_fixture.h"

#define TURNS_MAX 2000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct fixture fx;
static struct cv_http_server *server;
static struct sockaddr_un address = {.sun_family = AF_UNIX};

static json_t *document(void *owner, const struct cv_http_query *query)
{
	return json_pack("{s:i}", "parameters", (int)query->count);
}

/* What a body says must be there to the last byte, and a request that waits comes again. */
static json_t *change(void *owner, const struct cv_http_call *call, struct cv_http_answer *answer)
{
	size_t sum = 0;

	for (size_t i = 0; i < call->body_len; i++)
		sum += (unsigned char)call->body[i];
	if (call->body[call->body_len] != '\0' || !call->peer->is_local || call->id == 0)
		abort();
	if (call->held_ns == 0 && sum % 2) {
		answer->wait_ns = 1;
		return NULL;
	}
	answer->status = call->if_match[0] ? 412 : 200;
	return json_pack("{s:I}", "sum", (json_int_t)sum);
}

static void stop(void)
{
	cv_http_server_destroy(server);
	fx_destroy(&fx);
}

static void start(void)
{
	static const struct cv_http_route routes[] = {
		{.path = "/v1/status", .summary = "a document", .json = document},
		{.path = "/v1/change", .summary = "takes a body", .change = change},
	};
	struct cv_http_config config = {
		.node = "node", .unix_path = address.sun_path, .routes = routes, .route_count = 2};
	const char *why;

	fx_init(&fx, 1u << 20);
	/* Beside the log's folder; fx.dir was made by mkdtemp and is this process's own. */
	if (snprintf(address.sun_path, sizeof(address.sun_path), "%s.sock", fx.dir) >=
	    (int)sizeof(address.sun_path))
		abort();
	if (fx_open(&fx, &why) < 0 ||
	    cv_http_server_create(fx.loop, fx.log, &config, &server, &why) < 0) {
		fprintf(stderr, "%s\n", why);
		exit(2);
	}
	for (unsigned int lane = 0; lane < CV_LANE_COUNT; lane++) {
		fx_block(&fx, 0, (enum cv_lane)lane, 1, 1000, 20, 10);
		if (fx_append(&fx, (enum cv_lane)lane, 1) != 0)
			abort();
	}
	atexit(stop);
}

static json_int_t connections(void)
{
	json_t *stats = cv_http_server_stats(server);
	json_int_t n = json_integer_value(json_object_get(stats, "connections"));

	json_decref(stats);
	return n;
}

static json_int_t accepted(void)
{
	json_t *stats = cv_http_server_stats(server);
	json_int_t n = json_integer_value(json_object_get(stats, "accepted"));

	json_decref(stats);
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_int_t before;
	int fd, turns = 0;

	if (!server)
		start();
	before = accepted();
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		abort();
	(void)!send(fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL);
	shutdown(fd, SHUT_WR);
	while ((accepted() == before || connections() > 0) && turns++ < TURNS_MAX) {
		char answer[65536];

		if (cv_loop_turn(fx.loop) < 0)
			abort();
		while (recv(fd, answer, sizeof(answer), MSG_DONTWAIT) > 0)
			;
	}
	close(fd);
	if (connections() > 0) {
		fputs("a connection whose client has gone stays\n", stderr);
		abort();
	}
	return 0;
}
