/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kafka. The library's idempotent producer keeps order and keeps repeats out while it lives, and
 * tries again by itself for as long as it takes; a fatal error makes a new one, with what was not
 * acknowledged sent in its order.
 */
#include <errno.h>
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "control/sink/sink.h"

struct kafka_sink {
	struct cv_sink_core *core;
	rd_kafka_t *producer;
	rd_kafka_queue_t *queue;
	int news; /* eventfd that the library writes to: something is to be polled */
};

/* Errors of a message that no later attempt changes. */
static bool is_for_good(rd_kafka_resp_err_t err, enum cv_sink_refusal *ret)
{
	switch (err) {
	case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
	case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
		*ret = CV_SINK_REFUSAL_TOO_LARGE;
		return true;
	case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
		*ret = CV_SINK_REFUSAL_BAD_TOPIC;
		return true;
	case RD_KAFKA_RESP_ERR_INVALID_RECORD:
	case RD_KAFKA_RESP_ERR_INVALID_MSG:
		*ret = CV_SINK_REFUSAL_BAD_EVENT;
		return true;
	default:
		return false;
	}
}

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *msg, void *self)
{
	struct kafka_sink *k = self;
	uint64_t ticket = (uint64_t)(uintptr_t)msg->_private;
	enum cv_sink_refusal reason;

	if (msg->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
		cv_sink_done(k->core, ticket);
	} else if (is_for_good(msg->err, &reason)) {
		cv_sink_refused(k->core, ticket, reason, rd_kafka_err2str(msg->err));
	} else if (msg->err != RD_KAFKA_RESP_ERR__PURGE_QUEUE &&
		   msg->err != RD_KAFKA_RESP_ERR__PURGE_INFLIGHT) {
		cv_sink_say(k->core, "Kafka does not take events (%s)", rd_kafka_err2str(msg->err));
		cv_sink_lost(k->core);
	}
}

/* The library goes on by itself unless the error is fatal. */
static void on_error(rd_kafka_t *rk, int err, const char *reason, void *self)
{
	struct kafka_sink *k = self;
	const char *remedy = err == RD_KAFKA_RESP_ERR__AUTHENTICATION
				     ? "check user, password_file and login"
			     : err == RD_KAFKA_RESP_ERR__SSL ? "check tls, ca_file and the name in "
							       "the broker's certificate"
							     : "are the brokers running at these "
							       "addresses?";

	cv_sink_say(k->core, "Kafka: %.120s: %s", reason, remedy);
	if (err == RD_KAFKA_RESP_ERR__FATAL)
		cv_sink_lost(k->core);
}

/* What it would print; errors come to on_error(). */
static void on_log(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
}

struct option {
	const char *name, *value; /* NULL = not set */
};

static int set_options(rd_kafka_conf_t *conf, const struct option *options, size_t n,
		       struct cv_sink_core *core)
{
	char why[256];

	for (size_t i = 0; i < n; i++) {
		if (options[i].value && rd_kafka_conf_set(conf, options[i].name, options[i].value,
							  why, sizeof(why)) != RD_KAFKA_CONF_OK) {
			/* Not the library's text: it may quote the value. */
			cv_sink_say(core, "the library does not take %s: check the settings",
				    options[i].name);
			return -EINVAL;
		}
	}
	return 0;
}

static int configure(rd_kafka_conf_t *conf, const struct cv_sink_connect *c)
{
	static const char *const logins[] = {"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"};
	const struct cv_config_sink *s = &c->settings->sink;
	const struct cv_sink_secrets *secrets = c->secrets;
	char id[160], window[24];
	const struct option options[] = {
		{"bootstrap.servers", s->servers},
		{"client.id", *s->client_id ? s->client_id : id},
		{"enable.idempotence", "true"}, /* with it acks=all */
		{"message.timeout.ms", "0"}, /* tried until it is delivered */
		{"queue.buffering.max.messages", window},
		{"linger.ms", "5"},
		{"security.protocol", s->tls && secrets->password ? "sasl_ssl"
				      : s->tls			  ? "ssl"
				      : secrets->password	  ? "sasl_plaintext"
								  : "plaintext"},
		{"sasl.mechanisms", secrets->password ? logins[s->login] : NULL},
		{"sasl.username", secrets->password ? s->user : NULL},
		{"sasl.password", secrets->password},
		{"ssl.ca.pem", secrets->ca},
		{"ssl.certificate.pem", secrets->cert},
		{"ssl.key.pem", secrets->key},
		{"ssl.endpoint.identification.algorithm", s->tls ? "https" : NULL},
	};

	snprintf(id, sizeof(id), "culvert-%s-%s", c->settings->node, s->name);
	snprintf(window, sizeof(window), "%u", s->window);
	return set_options(conf, options, sizeof(options) / sizeof(options[0]), c->core);
}

static void destroy(void *self)
{
	struct kafka_sink *k = self;

	if (k->producer) {
		/* What is under way is sent again by the next one: its reports are for nobody. */
		rd_kafka_purge(k->producer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
		rd_kafka_flush(k->producer, 200);
		if (k->queue) {
			rd_kafka_queue_io_event_enable(k->queue, -1, NULL, 0);
			rd_kafka_queue_destroy(k->queue);
		}
		rd_kafka_destroy(k->producer);
	}
	if (k->news >= 0)
		close(k->news);
	free(k);
}

static int create(const struct cv_sink_connect *c, void *state, void **ret)
{
	static const uint64_t one = 1;
	struct kafka_sink *k = calloc(1, sizeof(*k));
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	char why[256] = "out of memory";
	int res = k && conf ? configure(conf, c) : -ENOMEM;

	if (k) {
		k->core = c->core;
		k->news = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	}
	if (res == 0) {
		rd_kafka_conf_set_opaque(conf, k);
		rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
		rd_kafka_conf_set_error_cb(conf, on_error);
		rd_kafka_conf_set_log_cb(conf, on_log);
		k->producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why));
		if (!k->producer) {
			cv_sink_say(c->core, "Kafka: %.150s", why);
			res = -EINVAL;
		} else {
			conf = NULL; /* the producer's now */
		}
	}
	if (conf)
		rd_kafka_conf_destroy(conf);
	if (res < 0) {
		if (k)
			destroy(k);
		return res;
	}
	k->queue = rd_kafka_queue_get_main(k->producer);
	rd_kafka_queue_io_event_enable(k->queue, k->news, &one, sizeof(one));
	*ret = k;
	return 0;
}

static rd_kafka_headers_t *make_headers(const struct cv_sink_message *m)
{
	rd_kafka_headers_t *headers = rd_kafka_headers_new(m->n_headers + 2);
	char name[64];

	rd_kafka_header_add(headers, "content-type", -1, m->content_type, -1);
	if (m->n_headers == 0)
		rd_kafka_header_add(headers, "ce_id", -1, m->id, -1);
	for (size_t i = 0; i < m->n_headers; i++) {
		snprintf(name, sizeof(name), "ce_%s", m->headers[i].name);
		rd_kafka_header_add(headers, name, -1, m->headers[i].value, -1);
	}
	return headers;
}

static int publish(void *self, const struct cv_sink_message *m)
{
	struct kafka_sink *k = self;
	rd_kafka_headers_t *headers = make_headers(m);
	enum cv_sink_refusal reason;
	rd_kafka_resp_err_t err = rd_kafka_producev(
		k->producer, RD_KAFKA_V_TOPIC(m->topic), RD_KAFKA_V_KEY(m->key, strlen(m->key)),
		/* Cast: the library copies, as the flag says. */
		RD_KAFKA_V_VALUE((void *)(uintptr_t)m->body, m->len),
		RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_HEADERS(headers),
		RD_KAFKA_V_OPAQUE((void *)(uintptr_t)m->ticket), RD_KAFKA_V_END);

	if (err == RD_KAFKA_RESP_ERR_NO_ERROR)
		return 0;
	rd_kafka_headers_destroy(headers);
	if (err == RD_KAFKA_RESP_ERR__QUEUE_FULL)
		return -EAGAIN;
	if (is_for_good(err, &reason)) {
		cv_sink_refused(k->core, m->ticket, reason, rd_kafka_err2str(err));
		return 0;
	}
	cv_sink_say(k->core, "Kafka does not take events (%s)", rd_kafka_err2str(err));
	return -EPIPE;
}

static void poll_reports(void *self)
{
	struct kafka_sink *k = self;
	uint64_t news;

	if (read(k->news, &news, sizeof(news)) < 0 && errno != EAGAIN)
		cv_sink_lost(k->core);
	while (rd_kafka_poll(k->producer, 0) > 0)
		;
}

static unsigned int wait_for(void *self, struct pollfd *fds, int *timeout_ms)
{
	const struct kafka_sink *k = self;

	fds[0] = (struct pollfd){.fd = k->news, .events = POLLIN};
	return 1;
}

const struct cv_sink_ops cv_sink_kafka_ops = {
	.create = create,
	.publish = publish,
	.poll = poll_reports,
	.wait_for = wait_for,
	.waits_itself = true,
	.destroy = destroy,
};
