/* SPDX-License-Identifier: Apache-2.0 */
/*
 * NATS JetStream. Events are published with a reply subject of their own and the stream answers
 * there (JetStream ADR-1: a PubAck, an error, or status 503 where no stream listens). The library's
 * own asynchronous publishing is not used: it differs between releases, and calls back on threads of
 * its own. Answers wait in a subscription until ours takes them.
 */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <nats/nats.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/sink/sink.h"

#define CONNECT_MS 2000
#define SERVERS_MAX 16

struct nats_sink {
	struct cv_sink_core *core;
	const struct cv_config_sink *sink;
	natsOptions *options;
	natsConnection *connection;
	natsSubscription *answers;
	char inbox[64]; /* "_INBOX.xxxx." that tickets are put behind */
	size_t inbox_len;
	uint64_t asked; /* published and not answered */
};

/* ---- connecting ------------------------------------------------------------------------------------ */

static natsStatus set_servers(natsOptions *options, const char *servers)
{
	const char *list[SERVERS_MAX];
	char text[512];
	char *save = NULL;
	int n = 0;

	snprintf(text, sizeof(text), "%s", servers);
	for (char *at = strtok_r(text, ", ", &save); at && n < SERVERS_MAX;
	     at = strtok_r(NULL, ", ", &save))
		list[n++] = at;
	return n ? natsOptions_SetServers(options, list, n) : NATS_INVALID_ARG;
}

static natsStatus set_tls(natsOptions *options, const struct cv_config_sink *sink,
			  const struct cv_sink_secrets *secrets)
{
	natsStatus s = NATS_OK;

	if (!sink->tls)
		return NATS_OK;
	s = natsOptions_SetSecure(options, true);
	if (s == NATS_OK && secrets->ca)
		s = natsOptions_SetCATrustedCertificates(options, secrets->ca);
	if (s == NATS_OK && secrets->cert)
		s = natsOptions_SetCertificatesChain(options, secrets->cert, secrets->key);
	return s;
}

/*
 * The part of a *.creds file between "-----BEGIN NATS <what>-----" and the next dashes.
 *
 * @return on the heap, NULL = there is none.
 */
static char *part_of(const char *credentials, const char *what)
{
	char begin[48];
	const char *at;

	snprintf(begin, sizeof(begin), "BEGIN %s-----", what);
	at = strstr(credentials, begin);
	if (!at)
		return NULL;
	at += strlen(begin);
	at += strspn(at, "\r\n");
	return strndup(at, strcspn(at, "\r\n"));
}

static natsStatus give_jwt(char **ret, char **error, void *closure)
{
	*ret = part_of(closure, "NATS USER JWT");
	if (!*ret)
		*error = strdup("credentials_file holds no user JWT");
	return *ret ? NATS_OK : NATS_ERR;
}

static natsStatus sign(char **error, unsigned char **ret, int *ret_len, const char *nonce,
		       void *closure)
{
	char *seed = part_of(closure, "USER NKEY SEED");
	natsStatus s = seed ? nats_Sign(seed, nonce, ret, ret_len) : NATS_ERR;

	if (s != NATS_OK)
		*error = strdup("credentials_file holds no good seed");
	if (seed)
		explicit_bzero(seed, strlen(seed));
	free(seed);
	return s;
}

static natsStatus set_login(natsOptions *options, const struct cv_config_sink *sink,
			    const struct cv_sink_secrets *secrets)
{
	if (secrets->password)
		return natsOptions_SetUserInfo(options, sink->user, secrets->password);
	if (secrets->token)
		return natsOptions_SetToken(options, secrets->token);
	if (secrets->credentials)
		return natsOptions_SetUserCredentialsCallbacks(
			options, give_jwt, secrets->credentials, sign, secrets->credentials);
	return NATS_OK;
}

static natsStatus set_options(struct nats_sink *n, const struct cv_sink_connect *c)
{
	char name[160];
	natsStatus s = natsOptions_Create(&n->options);

	snprintf(name, sizeof(name), "culvert-%s-%s", c->settings->node, n->sink->name);
	if (s == NATS_OK)
		s = set_servers(n->options, n->sink->servers);
	if (s == NATS_OK)
		s = natsOptions_SetName(n->options,
					*n->sink->client_id ? n->sink->client_id : name);
	if (s == NATS_OK)
		s = natsOptions_SetTimeout(n->options, CONNECT_MS);
	/* A lost connection is made anew, with what was under way sent again in its order. */
	if (s == NATS_OK)
		s = natsOptions_SetAllowReconnect(n->options, false);
	if (s == NATS_OK)
		s = natsOptions_SetPingInterval(n->options, 2000);
	if (s == NATS_OK)
		s = natsOptions_SetMaxPingsOut(n->options, 2);
	if (s == NATS_OK)
		s = natsOptions_SetNoEcho(n->options, true);
	if (s == NATS_OK)
		s = set_tls(n->options, n->sink, c->secrets);
	if (s == NATS_OK)
		s = set_login(n->options, n->sink, c->secrets);
	return s;
}

static natsStatus subscribe(struct nats_sink *n)
{
	natsInbox *inbox = NULL;
	char subject[sizeof(n->inbox) + 2];
	natsStatus s = natsInbox_Create(&inbox);

	if (s != NATS_OK)
		return s;
	n->inbox_len = (size_t)snprintf(n->inbox, sizeof(n->inbox), "%s.", inbox);
	natsInbox_Destroy(inbox);
	snprintf(subject, sizeof(subject), "%s*", n->inbox);
	s = natsConnection_SubscribeSync(&n->answers, n->connection, subject);
	if (s == NATS_OK) /* an answer each, however slow we are */
		s = natsSubscription_SetPendingLimits(n->answers, -1, -1);
	return s == NATS_OK ? natsConnection_FlushTimeout(n->connection, CONNECT_MS) : s;
}

static void destroy(void *self)
{
	struct nats_sink *n = self;

	if (n->connection) {
		natsConnection_Close(n->connection);
		natsSubscription_Destroy(n->answers);
		natsConnection_Destroy(n->connection);
	}
	natsOptions_Destroy(n->options);
	free(n);
}

static const char *remedy(natsStatus s)
{
	switch (s) {
	case NATS_NO_SERVER:
	case NATS_TIMEOUT:
		return "is a server running at these addresses?";
	case NATS_CONNECTION_AUTH_FAILED:
		return "check user, token_file or credentials_file";
	case NATS_SSL_ERROR:
	case NATS_SECURE_CONNECTION_REQUIRED:
	case NATS_SECURE_CONNECTION_WANTED:
		return "check tls, ca_file and the name in the server's certificate";
	default:
		return "check the sink's settings";
	}
}

static int create(const struct cv_sink_connect *c, void *state, void **ret)
{
	struct nats_sink *n = calloc(1, sizeof(*n));
	natsStatus s;

	if (!n)
		return -ENOMEM;
	n->core = c->core;
	n->sink = &c->settings->sink;
	s = set_options(n, c);
	if (s == NATS_OK)
		s = natsConnection_Connect(&n->connection, n->options);
	if (s == NATS_OK)
		s = subscribe(n);
	if (s != NATS_OK) {
		cv_sink_say(c->core, "no connection to NATS (%s): %s", natsStatus_GetText(s),
			    remedy(s));
		destroy(n);
		return -ECONNREFUSED;
	}
	*ret = n;
	return 0;
}

/* ---- publishing -------------------------------------------------------------------------------------- */

static natsStatus set_headers(struct nats_sink *n, natsMsg *msg, const struct cv_sink_message *m)
{
	natsStatus s = natsMsgHeader_Set(msg, "Nats-Msg-Id", m->id);
	char name[64];

	if (s == NATS_OK && *n->sink->stream)
		s = natsMsgHeader_Set(msg, "Nats-Expected-Stream", n->sink->stream);
	if (s == NATS_OK)
		s = natsMsgHeader_Set(msg, "Content-Type", m->content_type);
	for (size_t i = 0; s == NATS_OK && i < m->n_headers; i++) {
		snprintf(name, sizeof(name), "ce-%s", m->headers[i].name);
		s = natsMsgHeader_Set(msg, name, m->headers[i].value);
	}
	return s;
}

/* What the library itself finds wrong with an event: it would do so each time. */
static bool is_unfit(natsStatus s, enum cv_sink_refusal *ret)
{
	*ret = s == NATS_MAX_PAYLOAD ? CV_SINK_REFUSAL_TOO_LARGE : CV_SINK_REFUSAL_BAD_TOPIC;
	return s == NATS_MAX_PAYLOAD || s == NATS_INVALID_SUBJECT;
}

static int publish(void *self, const struct cv_sink_message *m)
{
	struct nats_sink *n = self;
	int64_t largest = natsConnection_GetMaxPayload(n->connection);
	char reply[sizeof(n->inbox) + 24];
	enum cv_sink_refusal reason;
	natsMsg *msg = NULL;
	natsStatus s;

	if (largest > 0 && m->len + 1024 > (size_t)largest) {
		cv_sink_refused(n->core, m->ticket, CV_SINK_REFUSAL_TOO_LARGE,
				"larger than max_payload of the server");
		return 0;
	}
	snprintf(reply, sizeof(reply), "%s%" PRIu64, n->inbox, m->ticket);
	s = natsMsg_Create(&msg, m->topic, reply, m->body, (int)m->len);
	if (s == NATS_OK)
		s = set_headers(n, msg, m);
	if (s == NATS_OK)
		s = natsConnection_PublishMsg(n->connection, msg);
	natsMsg_Destroy(msg);
	n->asked += s == NATS_OK;
	if (s == NATS_OK)
		return 0;
	if (is_unfit(s, &reason)) {
		cv_sink_refused(n->core, m->ticket, reason, natsStatus_GetText(s));
		return 0;
	}
	cv_sink_say(n->core, "the connection to NATS is lost (%s)", natsStatus_GetText(s));
	return -EPIPE;
}

/* JetStream's numbers of errors that no later attempt changes: the message is what is wrong. */
static bool is_for_good(json_int_t code, enum cv_sink_refusal *ret)
{
	switch (code) {
	case 10054: /* JSStreamMessageExceedsMaximumErr */
	case 10097: /* JSStreamHeaderExceedsMaximumErr */
		*ret = CV_SINK_REFUSAL_TOO_LARGE;
		return true;
	default:
		return false;
	}
}

static void take_error(struct nats_sink *n, uint64_t ticket, const json_t *error)
{
	json_int_t code = json_integer_value(json_object_get(error, "err_code"));
	const char *text = json_string_value(json_object_get(error, "description"));
	enum cv_sink_refusal reason;

	text = text ? text : "no reason given";
	if (is_for_good(code, &reason)) {
		cv_sink_refused(n->core, ticket, reason, text);
		return;
	}
	cv_sink_say(n->core, "JetStream does not take events (%lld: %s)", (long long)code, text);
	cv_sink_lost(n->core);
}

static void take_answer(struct nats_sink *n, natsMsg *msg)
{
	const char *subject = natsMsg_GetSubject(msg);
	json_t *doc, *error;
	uint64_t ticket;

	if (strncmp(subject, n->inbox, n->inbox_len) != 0)
		return;
	ticket = strtoull(subject + n->inbox_len, NULL, 10);
	doc = json_loadb(natsMsg_GetData(msg), (size_t)natsMsg_GetDataLength(msg), 0, NULL);
	error = json_object_get(doc, "error");
	if (error) {
		take_error(n, ticket, error);
	} else if (json_is_string(json_object_get(doc, "stream"))) {
		cv_sink_done(n->core, ticket);
	} else {
		cv_sink_say(n->core, "what answers at the subject is no JetStream");
		cv_sink_lost(n->core);
	}
	json_decref(doc);
}

static void take_answers(void *self)
{
	struct nats_sink *n = self;
	natsMsg *msg = NULL;
	natsStatus s;

	while ((s = natsSubscription_NextMsg(&msg, n->answers, 0)) == NATS_OK) {
		n->asked -= n->asked > 0;
		take_answer(n, msg);
		natsMsg_Destroy(msg);
	}
	if (s == NATS_NO_RESPONDERS) { /* status 503 */
		cv_sink_say(n->core, "no stream takes the subject: make one for it, or wait until "
				     "the cluster has a leader again");
		cv_sink_lost(n->core);
		return;
	}
	if (natsConnection_IsClosed(n->connection)) {
		cv_sink_say(n->core, "the connection to NATS is lost: %s", remedy(NATS_NO_SERVER));
		cv_sink_lost(n->core);
	}
}

/* The library has no descriptor to wait for: look every millisecond while answers are due. */
static unsigned int wait_for(void *self, struct pollfd *fds, int *timeout_ms)
{
	const struct nats_sink *n = self;

	if (n->asked > 0)
		*timeout_ms = 1;
	return 0;
}

const struct cv_sink_ops cv_sink_nats_ops = {
	.create = create,
	.publish = publish,
	.poll = take_answers,
	.wait_for = wait_for,
	.destroy = destroy,
};
