/* SPDX-License-Identifier: Apache-2.0 */
/* A pipeline under one constrained rule, and messages to try it with. */
#ifndef ENFORCE_HELP_H
#define ENFORCE_HELP_H

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/decode/hj212_crc.h"
#include "dataplane/policy/app_build.h"
#include "dataplane/policy/generation_build.h"
#include "tests/unit/flow_harness.h"

#define CLIENT_PORT 40000
#define RULE 77

/** What the rule is about. */
struct eh_rule {
	uint8_t proto; /* enum cv_proto */
	uint8_t ip_proto;
	uint16_t port; /* of the service */
	struct cv_app like; /* flags, cost, burst; meter 1 = one is made */
	const char *const *pairs; /* key, value, ..., NULL */
	const char *identity; /* bound to VLAN 7, NULL = none */
	int64_t gateway_hold_ns;
};

static inline void eh_must(bool condition)
{
	if (!condition)
		abort();
}

static inline void eh_add_rule(struct cv_generation_build *b, const struct eh_rule *r,
			       uint8_t match, uint16_t app)
{
	const struct cv_gen_rule rule = {
		.key = {.port = __builtin_bswap16(r->port),
			.ip_proto = r->ip_proto,
			.match = CV_KEY_MATCH(match, 0)},
		.rule = {.id = RULE,
			 .action = CV_ACTION_FORWARD,
			 .flags = CV_RULE_INSPECT,
			 .app = app,
			 .index = 1},
	};

	eh_must(cv_generation_build_rule(b, &rule) == 0);
}

/** Everything passes, but for what the rule says of its port. */
static inline struct flow_harness *eh_new(const struct eh_rule *r)
{
	static const struct cv_binding place = {.flags = CV_BIND_VLAN, .vlan = 7};
	struct cv_app_pattern twice;
	struct cv_generation_build *b;
	struct cv_app_build *ab;
	struct cv_generation *gen = NULL;
	struct cv_apps *apps;
	struct cv_app like = r->like;
	uint16_t app, answers;
	const char *why;

	eh_must(cv_app_build_create(&ab) == 0 && cv_generation_build_create(&b) == 0);
	like.proto = r->proto;
	if (like.meter != 0)
		like.meter = cv_app_build_meter(ab);
	cv_app_build_begin(ab, &like);
	for (const char *const *p = r->pairs; p != NULL && *p != NULL; p += 2)
		eh_must(cv_app_build_value(ab, cv_app_key_find(r->proto, p[0], strlen(p[0])), p[1],
					   strlen(p[1]), &why) == 0);
	eh_must(cv_app_build_end(ab, &app, &answers) == 0);
	if (r->identity)
		eh_must(cv_app_build_identity(ab, r->proto, r->identity, strlen(r->identity),
					      &place) == 0);
	eh_must(cv_app_build_finish(ab, &apps, &twice) == 0);
	cv_app_build_destroy(ab);
	eh_add_rule(b, r, CV_MATCH_DPORT, app);
	eh_add_rule(b, r, CV_MATCH_SPORT, answers);
	cv_generation_build_head(b)->flow_capacity = 64;
	cv_generation_build_head(b)->cleaning.repeats = 1;
	cv_generation_build_head(b)->cleaning.gateway_hold_ns = r->gateway_hold_ns;
	eh_must(cv_generation_build_apps(b, apps) == 0 && cv_generation_build_finish(b, &gen) == 0);
	cv_generation_build_destroy(b);
	free(apps);
	return flow_harness_of(gen);
}

/** Reason that the last frame was dropped for, 0 = it passed. */
static inline unsigned int eh_dropped(const struct flow_harness *h)
{
	return CV_VERDICT_ACTION(h->verdict) == CV_ACTION_DROP ? CV_VERDICT_REASON(h->verdict) : 0;
}

/** A connection, both ends counting from where they are. */
struct eh_tcp {
	struct flow_harness *h;
	struct fh_flow f;
	uint32_t seq[2]; /* next byte: of the server, of the client */
};

static inline struct eh_tcp eh_connect_at(struct flow_harness *h, uint16_t port, uint32_t isn)
{
	struct eh_tcp c = {h,
			   {.client_port = CLIENT_PORT, .server_port = port, .client = 1},
			   {90001, isn + 1}};

	fh_tcp(h, &c.f, true, FH_SYN, isn, 0, NULL, 0);
	fh_tcp(h, &c.f, false, FH_SYN | FH_ACK, 90000, isn + 1, NULL, 0);
	fh_tcp(h, &c.f, true, FH_ACK, isn + 1, 90001, NULL, 0);
	return c;
}

static inline struct eh_tcp eh_connect(struct flow_harness *h, uint16_t port)
{
	return eh_connect_at(h, port, 500);
}

/** Send and have it acknowledged when it passed. @return eh_dropped(). */
static inline unsigned int eh_send(struct eh_tcp *c, bool from_client, const void *data, size_t len)
{
	unsigned int reason;

	fh_tcp(c->h, &c->f, from_client, FH_ACK, c->seq[from_client], c->seq[!from_client], data,
	       len);
	reason = eh_dropped(c->h);
	if (reason != 0)
		return reason;
	c->seq[from_client] += (uint32_t)len;
	fh_tcp(c->h, &c->f, !from_client, FH_ACK, c->seq[!from_client], c->seq[from_client], NULL,
	       0);
	return 0;
}

/** Bytes in the making. */
struct eh_bytes {
	uint8_t data[8192];
	size_t len;
};

static inline void eh_put(struct eh_bytes *b, const void *data, size_t len)
{
	eh_must(b->len + len <= sizeof(b->data));
	if (len != 0)
		memcpy(b->data + b->len, data, len);
	b->len += len;
}

static inline void eh_u8(struct eh_bytes *b, unsigned int v)
{
	eh_put(b, &(uint8_t){(uint8_t)v}, 1);
}

static inline void eh_u16(struct eh_bytes *b, unsigned int v)
{
	eh_u8(b, v >> 8);
	eh_u8(b, v);
}

static inline void eh_text(struct eh_bytes *b, const char *text)
{
	eh_u16(b, (unsigned int)strlen(text));
	eh_put(b, text, strlen(text));
}

/** A Modbus request: function and the 16-bit numbers behind it. */
static inline void eh_modbus(struct eh_bytes *b, unsigned int unit, unsigned int function, int n,
			     ...)
{
	va_list ap;

	eh_u16(b, 1);
	eh_u16(b, 0);
	eh_u16(b, 2 + 2 * (unsigned int)n);
	eh_u8(b, unit);
	eh_u8(b, function);
	va_start(ap, n);
	for (int i = 0; i < n; i++)
		eh_u16(b, (unsigned int)va_arg(ap, int));
	va_end(ap);
}

/** An MQTT packet around @p body, of at most 127 bytes of remaining length. */
static inline void eh_mqtt(struct eh_bytes *b, unsigned int head, const struct eh_bytes *body)
{
	eh_u8(b, head);
	eh_must(body->len < 128);
	eh_u8(b, (unsigned int)body->len);
	eh_put(b, body->data, body->len);
}

static inline void eh_mqtt_connect(struct eh_bytes *b, unsigned int level, const char *client,
				   const char *will)
{
	struct eh_bytes body = {.len = 0};

	eh_text(&body, "MQTT");
	eh_u8(&body, level);
	eh_u8(&body, will ? 0x06 : 0x02);
	eh_u16(&body, 60);
	if (level == 5)
		eh_u8(&body, 0);
	eh_text(&body, client);
	if (will != NULL) {
		if (level == 5)
			eh_u8(&body, 0);
		eh_text(&body, will);
		eh_text(&body, "gone");
	}
	eh_mqtt(b, 0x10, &body);
}

/** Alias 0 = none; only in version 5, which @p level says. */
static inline void eh_mqtt_publish(struct eh_bytes *b, unsigned int level, const char *topic,
				   unsigned int alias, const char *payload)
{
	struct eh_bytes body = {.len = 0};

	eh_text(&body, topic);
	if (level == 5) {
		eh_u8(&body, alias ? 3 : 0);
		if (alias) {
			eh_u8(&body, 35);
			eh_u16(&body, alias);
		}
	}
	eh_put(&body, payload, strlen(payload));
	eh_mqtt(b, 0x30, &body);
}

static inline void eh_mqtt_subscribe(struct eh_bytes *b, unsigned int level, const char *filter,
				     const char *another)
{
	struct eh_bytes body = {.len = 0};

	eh_u16(&body, 9);
	if (level == 5)
		eh_u8(&body, 0);
	eh_text(&body, filter);
	eh_u8(&body, 0);
	if (another) {
		eh_text(&body, another);
		eh_u8(&body, 0);
	}
	eh_mqtt(b, 0x82, &body);
}

/** A CoAP message with one option before the path (number 0 = none) and the path's segments. */
static inline void eh_coap(struct eh_bytes *b, unsigned int code, unsigned int option, int n, ...)
{
	unsigned int last = 0;
	va_list ap;

	eh_u8(b, 0x40);
	eh_u8(b, code);
	eh_u16(b, 7);
	if (option != 0 && option < 11) {
		eh_u8(b, option << 4);
		last = option;
	}
	va_start(ap, n);
	for (int i = 0; i < n; i++) {
		const char *segment = va_arg(ap, const char *);

		eh_must(strlen(segment) < 13);
		eh_u8(b, (11 - last) << 4 | (unsigned int)strlen(segment));
		eh_put(b, segment, strlen(segment));
		last = 11;
	}
	va_end(ap);
	if (option > 11) {
		eh_u8(b, 0xd1);
		eh_u8(b, option - last - 13);
		eh_u8(b, 'x');
	}
}

/** An HJ 212 frame around a data segment. */
static inline void eh_hj212(struct eh_bytes *b, const char *segment)
{
	char head[8], tail[8];
	size_t len = strlen(segment);

	snprintf(head, sizeof(head), "##%04u", (unsigned int)len);
	snprintf(tail, sizeof(tail), "%04X\r\n", cv_hj212_crc((const uint8_t *)segment, len));
	eh_put(b, head, 6);
	eh_put(b, segment, len);
	eh_put(b, tail, 6);
}

#endif
