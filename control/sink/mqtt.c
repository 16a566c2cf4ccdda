/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MQTT 5, QoS 1. The library is driven from our loop, without a thread. Its own sending again after
 * a lost connection is not used: a new connection begins a new session, and what was not
 * acknowledged is sent in its order.
 */
#include <errno.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/sink/mqtt_tls.h"
#include "control/sink/servers.h"
#include "control/sink/sink.h"

#define KEEP_ALIVE_S 10
/* Packet identifiers are 16 bits and 0 is none. */
#define IDS 65536

struct mqtt_sink {
	struct cv_sink_core *core;
	struct mosquitto *client;
	SSL_CTX *tls;
	bool connected, refused;
	unsigned int under_way, under_way_max; /* what the broker takes at a time */
	uint64_t tickets[IDS]; /* by packet identifier */
};

static unsigned int server_in_turn; /* the next address to try */

static enum cv_sink_refusal refusal_of(int reason)
{
	return reason == MQTT_RC_PACKET_TOO_LARGE     ? CV_SINK_REFUSAL_TOO_LARGE
	       : reason == MQTT_RC_TOPIC_NAME_INVALID ? CV_SINK_REFUSAL_BAD_TOPIC
						      : CV_SINK_REFUSAL_BAD_EVENT;
}

/* Reasons that are the event's own and not the moment's or the login's (MQTT 5, 3.4.2.1). */
static bool is_for_good(int reason)
{
	return reason == MQTT_RC_PACKET_TOO_LARGE || reason == MQTT_RC_TOPIC_NAME_INVALID ||
	       reason == MQTT_RC_PAYLOAD_FORMAT_INVALID;
}

static void on_puback(struct mosquitto *client, void *self, int id, int reason,
		      const mosquitto_property *properties)
{
	struct mqtt_sink *m = self;
	uint64_t ticket = m->tickets[id & (IDS - 1)];

	m->under_way -= m->under_way > 0;
	/* "No matching subscribers" is a success: the broker has it. */
	if (reason < MQTT_RC_UNSPECIFIED) {
		cv_sink_done(m->core, ticket);
	} else if (is_for_good(reason)) {
		cv_sink_refused(m->core, ticket, refusal_of(reason),
				mosquitto_reason_string(reason));
	} else {
		cv_sink_say(m->core,
			    "the broker does not take events (%s): may this user write "
			    "to the topic?",
			    mosquitto_reason_string(reason));
		cv_sink_lost(m->core);
	}
}

static void on_connack(struct mosquitto *client, void *self, int reason, int flags,
		       const mosquitto_property *properties)
{
	struct mqtt_sink *m = self;
	uint16_t most = UINT16_MAX;

	if (reason != MQTT_RC_SUCCESS) {
		m->refused = true;
		cv_sink_say(m->core,
			    "the broker refuses us (%s): check user, password_file and "
			    "client_id",
			    mosquitto_reason_string(reason));
		cv_sink_lost(m->core);
		return;
	}
	(void)mosquitto_property_read_int16(properties, MQTT_PROP_RECEIVE_MAXIMUM, &most, false);
	m->under_way_max = most;
	m->connected = true;
}

static void on_disconnect(struct mosquitto *client, void *self, int reason,
			  const mosquitto_property *properties)
{
	struct mqtt_sink *m = self;

	if (m->connected) /* else it was told why there is none */
		cv_sink_say(m->core, "the connection to the broker is lost (%s)",
			    reason < MQTT_RC_UNSPECIFIED ? mosquitto_strerror(reason)
							 : mosquitto_reason_string(reason));
	cv_sink_lost(m->core);
}

static void destroy(void *self)
{
	struct mqtt_sink *m = self;

	if (m->client) {
		mosquitto_disconnect_v5_callback_set(m->client, NULL);
		if (m->connected)
			mosquitto_disconnect_v5(m->client, 0, NULL);
		mosquitto_destroy(m->client);
	}
	SSL_CTX_free(m->tls);
	free(m);
}

static int set_up(struct mqtt_sink *m, const struct cv_sink_connect *c, const char *host)
{
	const struct cv_config_sink *s = &c->settings->sink;
	int res;

	mosquitto_int_option(m->client, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5);
	/* We bound what is under way ourselves; the library shall hold nothing back. */
	mosquitto_max_inflight_messages_set(m->client, 0);
	mosquitto_connect_v5_callback_set(m->client, on_connack);
	mosquitto_disconnect_v5_callback_set(m->client, on_disconnect);
	mosquitto_publish_v5_callback_set(m->client, on_puback);
	if (c->secrets->password &&
	    mosquitto_username_pw_set(m->client, s->user, c->secrets->password) != MOSQ_ERR_SUCCESS)
		return -EINVAL;
	if (!s->tls)
		return 0;
	res = cv_mqtt_tls_create(c->secrets, host, &m->tls);
	if (res == 0 && (mosquitto_int_option(m->client, MOSQ_OPT_SSL_CTX_WITH_DEFAULTS, 0) ||
			 mosquitto_void_option(m->client, MOSQ_OPT_SSL_CTX, m->tls)))
		res = -EINVAL;
	return res;
}

/* The library tells of a bad certificate when it connects, or later when the server takes its time. */
static const char *hint(const struct mqtt_sink *m)
{
	return m->tls ? ": check ca_file and the name in the server's certificate"
		      : ": is it MQTT 5, and without TLS?";
}

/* Until the broker has answered the CONNECT, which the library waits for in loop(). */
static int wait_for_connack(struct mqtt_sink *m)
{
	for (int i = 0; i < 50; i++) {
		int res = mosquitto_loop(m->client, 50, 64);

		if (m->connected)
			return 0;
		if (res != MOSQ_ERR_SUCCESS && !m->refused)
			cv_sink_say(m->core, "no connection to the broker (%s)%s",
				    mosquitto_strerror(res), hint(m));
		if (res != MOSQ_ERR_SUCCESS)
			return -ECONNREFUSED;
	}
	cv_sink_say(m->core, "the broker does not answer");
	return -ETIMEDOUT;
}

static int connect_to(struct mqtt_sink *m, const struct cv_sink_connect *c)
{
	const struct cv_config_sink *s = &c->settings->sink;
	char host[256];
	uint16_t port;
	int res = cv_sink_server(s->servers, server_in_turn++, s->tls ? 8883 : 1883, host, &port);

	if (res < 0) {
		cv_sink_say(c->core, "servers: an address is no HOST:PORT");
		return res;
	}
	res = set_up(m, c, host);
	if (res < 0) {
		cv_sink_say(c->core, "the certificates or the key cannot be used");
		return res;
	}
	res = mosquitto_connect_bind_v5(m->client, host, port, KEEP_ALIVE_S, NULL, NULL);
	if (res == MOSQ_ERR_SUCCESS)
		return wait_for_connack(m);
	cv_sink_say(c->core, "no connection to the broker at %.100s, port %u (%s)%s", host, port,
		    res == MOSQ_ERR_ERRNO ? strerror(errno) : mosquitto_strerror(res),
		    m->tls ? hint(m) : "");
	return -ECONNREFUSED;
}

static int create(const struct cv_sink_connect *c, void *state, void **ret)
{
	const struct cv_config_sink *s = &c->settings->sink;
	struct mqtt_sink *m = calloc(1, sizeof(*m));
	char id[160];
	int res = -ENOMEM;

	if (!m)
		return -ENOMEM;
	mosquitto_lib_init();
	m->core = c->core;
	m->under_way_max = UINT16_MAX;
	snprintf(id, sizeof(id), "culvert-%s-%s", c->settings->node, s->name);
	m->client = mosquitto_new(*s->client_id ? s->client_id : id, true, m);
	if (m->client)
		res = connect_to(m, c);
	if (res < 0) {
		destroy(m);
		return res;
	}
	*ret = m;
	return 0;
}

static int set_properties(mosquitto_property **properties, const struct cv_sink_message *msg)
{
	int res = mosquitto_property_add_string(properties, MQTT_PROP_CONTENT_TYPE,
						msg->content_type);

	if (res == 0)
		res = mosquitto_property_add_byte(properties, MQTT_PROP_PAYLOAD_FORMAT_INDICATOR,
						  1);
	/* In structured mode, too: who does not read the body can still keep repeats out. */
	if (res == 0 && msg->n_headers == 0)
		res = mosquitto_property_add_string_pair(properties, MQTT_PROP_USER_PROPERTY, "id",
							 msg->id);
	for (size_t i = 0; res == 0 && i < msg->n_headers; i++)
		res = mosquitto_property_add_string_pair(properties, MQTT_PROP_USER_PROPERTY,
							 msg->headers[i].name,
							 msg->headers[i].value);
	return res;
}

/*
 * What the library itself finds wrong with an event: it would do so each time.
 *
 * @param topic whether all but the topic was found right before.
 */
static bool is_unfit(int res, bool topic, enum cv_sink_refusal *ret)
{
	switch (res) {
	case MOSQ_ERR_OVERSIZE_PACKET:
	case MOSQ_ERR_PAYLOAD_SIZE:
		*ret = CV_SINK_REFUSAL_TOO_LARGE;
		return true;
	case MOSQ_ERR_MALFORMED_UTF8:
	case MOSQ_ERR_INVAL:
		*ret = topic ? CV_SINK_REFUSAL_BAD_TOPIC : CV_SINK_REFUSAL_BAD_EVENT;
		return true;
	default:
		return false;
	}
}

static int publish(void *self, const struct cv_sink_message *msg)
{
	struct mqtt_sink *m = self;
	mosquitto_property *properties = NULL;
	enum cv_sink_refusal reason;
	int id = 0, res;
	bool written;

	if (m->under_way >= m->under_way_max || m->under_way >= IDS - 2)
		return -EAGAIN;
	res = set_properties(&properties, msg);
	written = res == 0;
	if (written)
		res = mosquitto_publish_v5(m->client, &id, msg->topic, (int)msg->len, msg->body, 1,
					   false, properties);
	mosquitto_property_free_all(&properties);
	if (is_unfit(res, written, &reason)) {
		cv_sink_refused(m->core, msg->ticket, reason,
				reason == CV_SINK_REFUSAL_TOO_LARGE ? "larger than the broker takes"
								    : mosquitto_strerror(res));
		return 0;
	}
	if (res != MOSQ_ERR_SUCCESS) {
		cv_sink_say(m->core, "the connection to the broker is lost (%s)",
			    mosquitto_strerror(res));
		return -EPIPE;
	}
	m->tickets[id & (IDS - 1)] = msg->ticket;
	m->under_way++;
	return 0;
}

static void turn(void *self)
{
	struct mqtt_sink *m = self;
	int res = mosquitto_loop_read(m->client, 1024);

	if (res == MOSQ_ERR_SUCCESS && mosquitto_want_write(m->client))
		res = mosquitto_loop_write(m->client, 1024);
	if (res == MOSQ_ERR_SUCCESS)
		res = mosquitto_loop_misc(m->client);
	if (res != MOSQ_ERR_SUCCESS) /* on_disconnect() has said why */
		cv_sink_lost(m->core);
}

static unsigned int wait_for(void *self, struct pollfd *fds, int *timeout_ms)
{
	struct mqtt_sink *m = self;

	fds[0] = (struct pollfd){.fd = mosquitto_socket(m->client), .events = POLLIN};
	if (mosquitto_want_write(m->client))
		fds[0].events |= POLLOUT;
	return 1;
}

const struct cv_sink_ops cv_sink_mqtt_ops = {
	.create = create,
	.publish = publish,
	.poll = turn,
	.wait_for = wait_for,
	.destroy = destroy,
};
