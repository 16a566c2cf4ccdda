/* SPDX-License-Identifier: Apache-2.0 */
#include "control/subscriber/http_access.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "control/subscriber/http_tls.h"

static void note(const struct cv_http_service *service, const struct cv_http_conn *c,
		 struct cv_principal *p, enum cv_access_refusal refusal, const char *path)
{
	static const char *const methods[] = {"GET", "HEAD", "POST", "PUT", "DELETE", "other"};
	char what[160];

	snprintf(what, sizeof(what), "%s %.128s", methods[c->request.method], path);
	if (service->config->access)
		cv_access_refuse(service->config->access, p, refusal, c->peer.text, what,
				 cv_loop_mono_ns(service->loop));
}

static bool refuse(const struct cv_http_service *service, struct cv_http_conn *c,
		   struct cv_principal *p, enum cv_access_refusal refusal, const char *path)
{
	note(service, c, p, refusal, path);
	if (refusal == CV_ACCESS_FORBIDDEN) {
		cv_http_conn_refuse(c, 403, "this credential is not for that",
				    "GET / lists what it is for");
	} else if (refusal == CV_ACCESS_PEER_RATE || refusal == CV_ACCESS_PEER_CONNECTIONS) {
		c->keep_alive = false;
		cv_http_conn_refuse(c, 429, "more than one address may ask for",
				    "ask less often and on fewer connections, with a credential");
	} else if (refusal == CV_ACCESS_RATE || refusal == CV_ACCESS_CONNECTIONS) {
		c->keep_alive = false;
		cv_http_conn_refuse(c, 429, "more than this credential may ask for",
				    "ask less often and on fewer connections");
	} else {
		c->keep_alive = false;
		cv_http_conn_refuse(c, 401, "no valid credential",
				    "send Authorization: Bearer TOKEN; culvert token create makes "
				    "one");
	}
	return false;
}

/* RFC 6750 2.1; schemes are compared without case (RFC 9110 11.1). NULL = no bearer token. */
static const char *bearer(const char *header)
{
	static const char scheme[] = "bearer";
	size_t n = sizeof(scheme) - 1;

	if (strncasecmp(header, scheme, n) != 0 || header[n] != ' ')
		return NULL;
	return header + n + strspn(header + n, " ");
}

void cv_http_access_forbid(const struct cv_http_service *service, struct cv_http_conn *c,
			   const char *path)
{
	refuse(service, c, c->principal, CV_ACCESS_FORBIDDEN, path);
}

void cv_http_access_hidden(const struct cv_http_service *service, const struct cv_http_conn *c,
			   const char *path)
{
	note(service, c, c->principal, CV_ACCESS_SCOPE, path);
}

/* The connection counts for whoever asked last. @return false: that one has too many. */
static bool become(struct cv_http_conn *c, struct cv_principal *p)
{
	if (c->principal == p)
		return true;
	if (p && !cv_principal_connect(p))
		return false;
	cv_principal_disconnect(c->principal);
	c->principal = p;
	c->peer.who[0] = '\0';
	if (p)
		snprintf(c->peer.who, sizeof(c->peer.who), "%s (%s %s)", p->settings.name,
			 cv_principal_kind_name(p->settings.kind), p->id);
	return true;
}

static bool has_right(const struct cv_principal *p, const struct cv_http_route *route,
		      unsigned int right)
{
	switch (right) {
	case CV_HTTP_SCOPE:
		return true;
	case CV_HTTP_GROUPS:
		return p->settings.node || p->scope.groups;
	case CV_HTTP_ACK:
		return p->settings.ack;
	default:
		return p->settings.node || route->text;
	}
}

bool cv_http_access_is_open(const struct cv_http_conn *c, const struct cv_http_route *route)
{
	return (c->peer.is_local || !route->local) &&
	       (!c->principal || has_right(c->principal, route, route->reads));
}

/* What does not exist is as forbidden as what does. A method that is not taken is told later. */
static bool may_ask(const struct cv_http_service *service, const struct cv_http_conn *c,
		    const char *path)
{
	static const char *const always[] = {"", "/", "/v1/events", "/v1/events/batch"};
	bool reads = c->request.method == CV_HTTP_GET || c->request.method == CV_HTTP_HEAD;
	const struct cv_http_route *route;
	const char *tail;

	if (!c->principal)
		return true;
	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++) {
		if (strcmp(path, always[i]) == 0)
			return true;
	}
	route = cv_http_route_find(service, c, path, &tail);
	if (!route)
		return c->principal->settings.node;
	if (reads || route->changes == CV_HTTP_NODE)
		return cv_http_access_is_open(c, route);
	return has_right(c->principal, route, route->changes);
}

/* The first name of the certificate that anybody is known by. */
static struct cv_principal *by_certificate(const struct cv_http_service *service,
					   const struct cv_http_conn *c, int64_t now_s,
					   enum cv_access_refusal *refusal)
{
	char subject[CV_PRINCIPAL_SUBJECT_MAX + 1];

	for (unsigned int i = 0; cv_http_tls_subject(c, i, subject, sizeof(subject)); i++) {
		struct cv_principal *p =
			cv_access_by_subject(service->config->access, subject, now_s, refusal);

		if (p || *refusal != CV_ACCESS_UNKNOWN)
			return p;
	}
	return NULL;
}

bool cv_http_access_is_over(const struct cv_http_service *service, struct cv_http_conn *c)
{
	switch (c->over) {
	case CV_OVER_NONE:
		return false;
	case CV_OVER_PEER_CONNECTIONS:
		refuse(service, c, NULL, CV_ACCESS_PEER_CONNECTIONS, "a connection");
		return true;
	case CV_OVER_PEER_REQUESTS:
		refuse(service, c, NULL, CV_ACCESS_PEER_RATE, "a connection");
		return true;
	default:
		c->keep_alive = false;
		cv_http_conn_refuse(c, 503, "too many connections",
				    "try again later, or raise the limit in the configuration");
		return true;
	}
}

bool cv_http_access_admit(const struct cv_http_service *service, struct cv_http_conn *c,
			  const char *path)
{
	const char *header = c->request.authorization.text, *token = bearer(header);
	enum cv_access_refusal refusal = *header ? CV_ACCESS_MALFORMED : CV_ACCESS_NO_CREDENTIAL;
	int64_t now_s = cv_loop_wall_ns(service->loop) / 1000000000;
	struct cv_principal *p = NULL;

	if (c->peer.is_local || c->held_ns > 0) /* held requests were let in already */
		return true;
	if (token && service->config->access)
		p = cv_access_by_token(service->config->access, token, now_s, &refusal);
	else if (!*header && c->tls && service->config->access)
		p = by_certificate(service, c, now_s, &refusal);
	if (!p && !cv_http_server_may_ask(c->server, c))
		return refuse(service, c, NULL, CV_ACCESS_PEER_RATE, path);
	if (!p && (*header || c->tls || service->config->tcp_needs_token))
		return refuse(service, c, NULL, refusal, path);
	if (!become(c, p))
		return refuse(service, c, p, CV_ACCESS_CONNECTIONS, path);
	if (p && !cv_principal_request(p, cv_loop_mono_ns(service->loop)))
		return refuse(service, c, p, CV_ACCESS_RATE, path);
	if (!may_ask(service, c, path))
		return refuse(service, c, p, CV_ACCESS_FORBIDDEN, path);
	return true;
}

const struct cv_scope *cv_http_access_scope(const struct cv_http_conn *c)
{
	return c->principal ? &c->principal->scope : NULL;
}
