/* SPDX-License-Identifier: Apache-2.0 */
#include "control/subscriber/http_access.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "control/subscriber/http_tls.h"

static bool refuse(const struct cv_http_service *service, struct cv_http_conn *c,
		   struct cv_principal *p, enum cv_access_refusal refusal, const char *path)
{
	static const char *const methods[] = {"GET", "HEAD", "POST", "PUT", "DELETE", "other"};
	char what[160];

	snprintf(what, sizeof(what), "%s %.128s", methods[c->request.method], path);
	if (service->config->access)
		cv_access_refuse(service->config->access, p, refusal, c->peer.text, what,
				 cv_loop_mono_ns(service->loop));
	if (refusal == CV_ACCESS_FORBIDDEN) {
		cv_http_conn_refuse(c, 403, "this credential is not for that",
				    "GET / lists what it is for");
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

/* The connection counts for whoever asked last. @return false: that one has too many. */
static bool become(struct cv_http_conn *c, struct cv_principal *p)
{
	if (c->principal == p)
		return true;
	if (p && !cv_principal_connect(p))
		return false;
	cv_principal_disconnect(c->principal);
	c->principal = p;
	return true;
}

bool cv_http_access_is_open(const struct cv_http_conn *c, const struct cv_http_route *route)
{
	return (c->peer.is_local || !route->local) &&
	       (!c->principal || c->principal->settings.node || route->text);
}

/* What does not exist is as forbidden as what does. */
static bool may_read(const struct cv_http_service *service, const struct cv_http_conn *c,
		     const char *path)
{
	static const char *const always[] = {"", "/", "/v1/events", "/v1/events/batch"};

	if (!c->principal || c->principal->settings.node)
		return true;
	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++) {
		if (strcmp(path, always[i]) == 0)
			return true;
	}
	for (unsigned int i = 0; i < service->config->route_count; i++) {
		const struct cv_http_route *r = &service->config->routes[i];

		if (strcmp(path, r->path) == 0)
			return cv_http_access_is_open(c, r);
	}
	return false;
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
	if (!p && (*header || c->tls || service->config->tcp_needs_token))
		return refuse(service, c, NULL, refusal, path);
	if (!become(c, p))
		return refuse(service, c, p, CV_ACCESS_CONNECTIONS, path);
	if (p && !cv_principal_request(p, cv_loop_mono_ns(service->loop)))
		return refuse(service, c, p, CV_ACCESS_RATE, path);
	if (!may_read(service, c, path))
		return refuse(service, c, p, CV_ACCESS_FORBIDDEN, path);
	return true;
}

const struct cv_scope *cv_http_access_scope(const struct cv_http_conn *c)
{
	return c->principal ? &c->principal->scope : NULL;
}
