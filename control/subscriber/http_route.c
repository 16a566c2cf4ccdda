/* SPDX-License-Identifier: Apache-2.0 */
#include "control/subscriber/http_route.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "control/subscriber/group.h"
#include "control/subscriber/http_access.h"
#include "control/subscriber/http_host.h"
#include "control/text/nearest.h"

#define EVENTS_PATH "/v1/events"
#define BATCH_PATH "/v1/events/batch"
#define GROUP_LOOK_NS 500000u /* between looks whether a new group is on stable storage */
#define GROUP_LATE_NS UINT64_C(5000000000)

/* Refusals that need no look at the target. */
static void refuse_status(struct cv_http_conn *c, int status)
{
	static const struct {
		int status;
		const char *error, *hint;
	} rows[] = {
		{405, "method not allowed", "GET, HEAD, POST, PUT and DELETE are known"},
		{408, "the request did not arrive in time", "send it whole within 10 seconds"},
		{411, "a body of unknown length", "send it with Content-Length, not in chunks"},
		{413, "a request with a body, or with too large a one",
		 "GET and HEAD take none, other requests 4095 bytes by TCP, 128 MiB on the Unix "
		 "socket"},
		{414, "the request target is too long", "2048 bytes at most"},
		{431, "the request header is too long",
		 "16384 bytes in all; those it looks at 255 bytes each"},
		{503, "no memory for the request's body", "try again later"},
		{505, "HTTP version not supported", "use HTTP/1.1"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].status == status) {
			cv_http_conn_refuse(c, status, rows[i].error, rows[i].hint);
			return;
		}
	}
	cv_http_conn_refuse(c, status, "malformed request", "see RFC 9112");
}

/*
 * Split the absolute form "http://HOST/PATH", which names the host again and goes before the
 * header (RFC 9112 3.2.2).
 *
 * @return the path.
 */
static const char *split_target(const char *target, const char *header, char *host, size_t size)
{
	const char *path;

	snprintf(host, size, "%s", header);
	if (strncasecmp(target, "http://", 7) != 0)
		return target;
	path = target + 7 + strcspn(target + 7, "/?");
	snprintf(host, size, "%.*s", (int)(path - (target + 7)), target + 7);
	return path;
}

static bool check_host(const struct cv_http_service *service, struct cv_http_conn *c,
		       const char *host)
{
	if (*host == '\0' && c->request.minor >= 1) {
		c->keep_alive = false;
		cv_http_conn_refuse(c, 400, "no Host header", "RFC 9112 3.2 asks for one");
		return false;
	}
	if (*host == '\0' || !c->is_tcp || c->tls ||
	    cv_http_host_allowed(host, service->config->tcp_public))
		return true;
	cv_http_conn_refuse(c, 421, "this host name is not served here",
			    "use localhost, 127.0.0.1 or [::1] in the address");
	return false;
}

static json_t *list_row(const char *path, const char *summary)
{
	return json_pack("{s:s, s:s}", "path", path, "summary", summary);
}

static json_t *list_routes(const struct cv_http_service *service, const struct cv_http_conn *c)
{
	json_t *rows = json_array();

	json_array_append_new(rows, list_row(EVENTS_PATH, "events as a stream, in many formats"));
	json_array_append_new(rows,
			      list_row(BATCH_PATH, "the next events, waited for (long poll)"));
	for (unsigned int i = 0; i < service->config->route_count; i++) {
		const struct cv_http_route *r = &service->config->routes[i];

		if (cv_http_access_is_open(c, r))
			json_array_append_new(rows, list_row(r->path, r->summary));
	}
	return json_pack("{s:s, s:s, s:o}", "product", "culvert", "node", service->config->node,
			 "resources", rows);
}

static void not_found(const struct cv_http_service *service, struct cv_http_conn *c,
		      const char *path)
{
	struct cv_nearest near = cv_nearest_start(path);
	char error[160], hint[160];

	cv_nearest_offer(&near, EVENTS_PATH);
	cv_nearest_offer(&near, BATCH_PATH);
	for (unsigned int i = 0; i < service->config->route_count; i++) {
		if (cv_http_access_is_open(c, &service->config->routes[i]))
			cv_nearest_offer(&near, service->config->routes[i].path);
	}
	snprintf(error, sizeof(error), "no resource '%.100s'", path);
	if (near.best)
		snprintf(hint, sizeof(hint), "did you mean %s? GET / lists all", near.best);
	else
		snprintf(hint, sizeof(hint), "GET / lists all");
	cv_http_conn_refuse(c, 404, error, hint);
}

/*
 * Groups are changed by who reads as one: where the kernel says who asks, or with a credential for
 * this one. Whether it exists is not told to others.
 */
static bool may_join(const struct cv_http_service *service, struct cv_http_conn *c,
		     const char *group)
{
	if (service->config->groups &&
	    (c->peer.is_local || (c->principal && cv_scope_has_group(&c->principal->scope, group))))
		return true;
	if (c->principal)
		cv_http_access_forbid(service, c, EVENTS_PATH " of a group");
	else
		cv_http_conn_refuse(c, 403, "groups are for the Unix socket",
				    "ask there, or without group=, or with a token that is for the "
				    "group");
	return false;
}

static bool join_group(const struct cv_http_service *service, struct cv_http_conn *c,
		       struct cv_event_query *wanted)
{
	struct cv_http_refusal why;
	int res;

	if (!wanted->group[0])
		return true;
	if (!may_join(service, c, wanted->group))
		return false;
	if (c->request.method != CV_HTTP_GET)
		return true;
	res = cv_groups_prepare(service->config->groups, wanted->group, wanted,
				c->principal ? c->principal->id : NULL, &why);
	if (res == 0)
		res = cv_groups_join(service->config->groups, wanted->group,
				     wanted->name[0] ? wanted->name : NULL, wanted, &why);
	if (res == -EINPROGRESS && c->held_ns < GROUP_LATE_NS)
		cv_http_conn_hold(c, GROUP_LOOK_NS);
	else if (res == -EINPROGRESS)
		cv_http_conn_refuse(c, 503, "the group cannot be stored",
				    "see culvert status; ask again");
	else if (res < 0)
		cv_http_conn_refuse(c,
				    res == -EBUSY    ? 409
				    : res == -EDQUOT ? 403
				    : res == -ENOSPC ? 507
						     : 503,
				    why.error, why.hint);
	return res == 0;
}

/*
 * The stream of what is wanted, which then owns it.
 *
 * @param chunked frame output as HTTP/1.1 chunks.
 * @return false: answered already, or the request is held.
 */
static bool open_events(const struct cv_http_service *service, struct cv_http_conn *c,
			struct cv_event_query *wanted, bool chunked, struct cv_event_stream **ret)
{
	struct cv_http_refusal why;
	int res = cv_event_query_set_registry(wanted, service->config->registry, &why);

	*ret = NULL;
	cv_event_query_limit(wanted, cv_http_access_scope(c));
	if (res < 0) {
		cv_http_conn_refuse(c, res == -EBUSY ? 503 : 400, why.error, why.hint);
	} else if (wanted->format == CV_EVENT_FRAMES && !c->peer.is_local) {
		cv_http_conn_refuse(c, 403, "frames are for programs of this node",
				    "ask on the Unix socket, or for another format");
	} else if (!join_group(service, c, wanted)) {
		/* answered, or held */
	} else if (c->request.method != CV_HTTP_GET) {
		cv_event_query_release(wanted);
		return true;
	} else if (cv_event_stream_create(&service->events, wanted, chunked, cv_http_conn_ready, c,
					  ret) < 0) {
		cv_http_conn_refuse(c, 503, "out of memory", "try again later");
	} else {
		if (wanted->member)
			cv_groups_attach(wanted->member, *ret);
		return true;
	}
	cv_event_query_release(wanted);
	return false;
}

static void serve_events(const struct cv_http_service *service, struct cv_http_conn *c,
			 const struct cv_http_query *query)
{
	struct cv_http_stream stream = {NULL, NULL};
	const struct cv_projection *form;
	struct cv_event_stream *events;
	struct cv_http_refusal why;
	struct cv_event_query wanted;
	bool chunked = c->request.minor >= 1;

	if (cv_event_query_parse(query, c->request.accept.text, c->request.last_event_id.text,
				 &wanted, &why) < 0) {
		cv_http_conn_refuse(c, 400, why.error, why.hint);
		return;
	}
	form = &cv_projections[wanted.format];
	if (!open_events(service, c, &wanted, chunked, &events))
		return;
	if (events)
		stream = (struct cv_http_stream){&cv_event_stream_ops, events};
	c->events = events;
	cv_http_conn_stream(c, stream, wanted.follow ? form->live_type : form->content_type,
			    chunked);
}

static void serve_batch(const struct cv_http_service *service, struct cv_http_conn *c,
			const struct cv_http_query *query)
{
	struct cv_event_stream *events;
	struct cv_http_refusal why;
	struct cv_event_query wanted;

	if (cv_event_query_parse_batch(query, c->request.accept.text, &wanted, &why) < 0) {
		cv_http_conn_refuse(c, 400, why.error, why.hint);
		return;
	}
	if (!open_events(service, c, &wanted, false, &events))
		return;
	if (!events) /* HEAD: what there is to say of an answer that nobody knows yet */
		cv_http_conn_reply(c, 200, json_object());
	else
		cv_http_conn_batch(c, (struct cv_http_stream){&cv_event_stream_ops, events}, events,
				   cv_projections[wanted.format].content_type, wanted.wait_ns);
}

static void serve_stream(struct cv_http_conn *c, const struct cv_http_route *route,
			 const struct cv_http_query *query)
{
	struct cv_http_stream_request request = {
		.query = query,
		.head = c->request.method == CV_HTTP_HEAD,
		.is_local = c->peer.is_local,
		.chunked = c->request.minor >= 1,
		.ready = cv_http_conn_ready,
		.owner = c,
	};
	struct cv_http_stream stream = {NULL, NULL};
	struct cv_http_refusal why = {"out of memory", "try again later"};
	int res = route->stream(route->owner, &request, &stream, &why);

	if (res < 0)
		cv_http_conn_refuse(c,
				    res == -EINVAL  ? 400
				    : res == -EPERM ? 403
						    : 503,
				    why.error, why.hint);
	else
		cv_http_conn_stream(c, stream, route->stream_type, request.chunked);
}

static void serve_text(struct cv_http_conn *c, const struct cv_http_route *route)
{
	char *text = route->make_text(route->owner);

	if (text)
		cv_http_conn_text(c, route->text_type, text);
	else
		cv_http_conn_refuse(c, 503, "out of memory", "try again later");
	free(text);
}

static void serve_document(struct cv_http_conn *c, const struct cv_http_route *route,
			   const char *tail, const struct cv_http_query *query)
{
	uint64_t wait_ns = route->hold ? route->hold(route->owner, query, c->held_ns) : 0;
	int status = 200;
	json_t *body;

	if (wait_ns > 0) {
		cv_http_conn_hold(c, wait_ns);
		return;
	}
	body = route->item	 ? route->item(route->owner, tail, query, &status)
	       : route->document ? route->document(route->owner, query, &status)
				 : route->json(route->owner, query);
	if (body)
		cv_http_conn_reply(c, status, body);
	else
		cv_http_conn_refuse(c, 500, "the document could not be made",
				    "see the diagnostics of culvert-control");
}

/* @return whether the resource takes the method; otherwise 405 was answered. */
static bool takes_method(struct cv_http_conn *c, bool reads, bool changes)
{
	bool reading = c->request.method == CV_HTTP_GET || c->request.method == CV_HTTP_HEAD;

	if (reading ? reads : changes)
		return true;
	c->allow = !changes ? "GET, HEAD" : !reads ? "POST" : "GET, HEAD, POST";
	cv_http_conn_refuse(c, 405, "this resource does not take that method",
			    reading ? "POST on the Unix socket"
				    : "use GET; most changes are taken on the Unix socket only");
	return false;
}

static void serve_change(struct cv_http_conn *c, const struct cv_http_route *route,
			 const char *tail, const struct cv_http_query *query)
{
	const struct cv_http_call call = {
		.id = c->id << 32 | c->number,
		.held_ns = c->held_ns,
		.method = c->request.method,
		.query = query,
		.tail = tail,
		.body = c->request.body ? c->request.body : "",
		.body_len = c->request.body_len,
		.if_match = c->request.if_match.text,
		.peer = &c->peer,
	};
	struct cv_http_answer answer = {.status = 200};
	json_t *body = route->change(route->owner, &call, &answer);

	if (body)
		cv_http_conn_reply(c, answer.status, body);
	else if (answer.wait_ns > 0)
		cv_http_conn_hold(c, answer.wait_ns);
	else
		cv_http_conn_refuse(c, 500, "the answer could not be made",
				    "see the diagnostics of culvert-control");
}

/* By TCP with a credential only, which was asked for the right already. */
static bool takes_changes(const struct cv_http_conn *c, const struct cv_http_route *r)
{
	return r->change && (c->peer.is_local || (c->principal && r->changes != CV_HTTP_NODE));
}

static void serve_route(struct cv_http_conn *c, const struct cv_http_route *r, const char *tail,
			const struct cv_http_query *query)
{
	bool reads = r->json || r->document || r->item || r->stream || r->text || r->make_text;

	if (!takes_method(c, reads, takes_changes(c, r)))
		return;
	if (c->request.method != CV_HTTP_GET && c->request.method != CV_HTTP_HEAD)
		serve_change(c, r, tail, query);
	else if (r->text)
		cv_http_conn_text(c, r->text_type, r->text);
	else if (r->make_text)
		serve_text(c, r);
	else if (r->stream)
		serve_stream(c, r, query);
	else
		serve_document(c, r, tail, query);
}

const struct cv_http_route *cv_http_route_find(const struct cv_http_service *service,
					       const struct cv_http_conn *c, const char *path,
					       const char **ret_tail)
{
	for (unsigned int i = 0; i < service->config->route_count; i++) {
		const struct cv_http_route *r = &service->config->routes[i];
		size_t len = strcspn(r->path, "*");

		if (strncmp(path, r->path, len) != 0 || !path[len] != !r->path[len] ||
		    (r->local && !c->peer.is_local))
			continue;
		*ret_tail = path + len;
		return r;
	}
	return NULL;
}

static void route(const struct cv_http_service *service, struct cv_http_conn *c, const char *path,
		  const struct cv_http_query *query)
{
	const struct cv_http_route *r;
	const char *tail;

	if (strcmp(path, "/") == 0 || *path == '\0') {
		if (takes_method(c, true, false))
			cv_http_conn_reply(c, 200, list_routes(service, c));
		return;
	}
	if (strcmp(path, EVENTS_PATH) == 0) {
		if (takes_method(c, true, false))
			serve_events(service, c, query);
		return;
	}
	if (strcmp(path, BATCH_PATH) == 0) {
		if (takes_method(c, true, false))
			serve_batch(service, c, query);
		return;
	}
	r = cv_http_route_find(service, c, path, &tail);
	if (r)
		serve_route(c, r, tail, query);
	else
		not_found(service, c, path);
}

void cv_http_route_request(const struct cv_http_service *service, struct cv_http_conn *c,
			   int refused)
{
	char host[sizeof(c->request.host.text)], path[CV_HTTP_TARGET_MAX + 1];
	struct cv_http_asker asker = {0};
	struct cv_http_query query;
	const char *target, *question;

	if (cv_http_access_is_over(service, c))
		return;
	if (refused != 0) {
		refuse_status(c, refused);
		return;
	}
	target = split_target(c->request.target, c->request.host.text, host, sizeof(host));
	if (!check_host(service, c, host))
		return;
	question = target + strcspn(target, "?");
	memcpy(path, target, (size_t)(question - target));
	path[question - target] = '\0';
	if (!cv_http_access_admit(service, c, path))
		return;
	if (cv_http_query_parse(question + (*question == '?'),
				strlen(question + (*question == '?')), &query) < 0) {
		cv_http_conn_refuse(
			c, 400, "malformed query",
			"key=value pairs with & between them, at most 16, bytes as %XX, no %00");
		return;
	}
	asker.scope = cv_http_access_scope(c);
	asker.node = !c->principal || c->principal->settings.node;
	query.asker = &asker;
	route(service, c, path, &query);
	if (asker.out_of_scope)
		cv_http_access_hidden(service, c, path);
}
