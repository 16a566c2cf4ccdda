/* SPDX-License-Identifier: Apache-2.0 */
/* Frames put together piece by piece, and policies to judge them by, for the verdict's tests. */
#ifndef CV_VERDICT_HELP_H
#define CV_VERDICT_HELP_H

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dataplane/policy/generation_build.h"
#include "dataplane/policy/policy_table.h"

/* Devices of the policy under test; made by table(), freed with it. */
static struct cv_device_table *devices;

#define DROP(reason) CV_VERDICT(CV_ACTION_DROP, CV_REASON_##reason)
#define FORWARD(reason) CV_VERDICT(CV_ACTION_FORWARD, CV_REASON_##reason)
#define SECOND 1000000000ull

/* A frame put together piece by piece in an exact-size block, so that over-reads show. */
struct bytes {
	uint8_t b[2048];
	unsigned int len;
};

static inline void put(struct bytes *f, const void *data, unsigned int len)
{
	memcpy(f->b + f->len, data, len);
	f->len += len;
}

#define PUT(f, ...) put(f, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

static inline void ethernet(struct bytes *f, uint16_t type)
{
	f->len = 0;
	PUT(f, 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, (uint8_t)(type >> 8), (uint8_t)type);
}

/* src 10.1.0.<host>, dst 10.2.0.1 */
static inline void ip4(struct bytes *f, uint8_t host, uint8_t proto, uint16_t frag,
		       uint16_t payload)
{
	uint16_t total = 20 + payload;

	PUT(f, 0x45, 0, (uint8_t)(total >> 8), (uint8_t)total, 0, 9, (uint8_t)(frag >> 8),
	    (uint8_t)frag, 64, proto, 0, 0, 10, 1, 0, host, 10, 2, 0, 1);
}

static inline void ip6(struct bytes *f, uint8_t next, uint16_t payload)
{
	PUT(f, 0x60, 0, 0, 0, (uint8_t)(payload >> 8), (uint8_t)payload, next, 64);
	PUT(f, 0xfd, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);
	PUT(f, 0xfd, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);
}

static inline void udp(struct bytes *f, uint16_t sport, uint16_t dport, uint16_t payload)
{
	uint16_t len = 8 + payload;
	uint8_t zero[64] = {0};

	PUT(f, (uint8_t)(sport >> 8), (uint8_t)sport, (uint8_t)(dport >> 8), (uint8_t)dport,
	    (uint8_t)(len >> 8), (uint8_t)len, 0, 0);
	put(f, zero, payload);
}

/* A datagram to CoAP's port; @p host: the sender's address, host order. */
static inline void udp_from(struct bytes *f, uint32_t host)
{
	uint32_t addr = htonl(host);

	ethernet(f, 0x0800);
	ip4(f, 0, 17, 0, 8);
	memcpy(f->b + 26, &addr, sizeof(addr));
	udp(f, 1000, 5683, 0);
}

static inline struct cv_frame judge_at(struct cv_policy_table *t, const struct bytes *f,
				       uint64_t now)
{
	uint8_t *copy = malloc(f->len ? f->len : 1);
	struct cv_frame frame = {.data = copy, .len = f->len};

	assert_non_null(copy);
	memcpy(copy, f->b, f->len);
	cv_policy_judge(t, devices, &frame, 1, now);
	free(copy);
	return frame;
}

static inline struct cv_frame judge(struct cv_policy_table *t, const struct bytes *f)
{
	return judge_at(t, f, SECOND);
}

static inline struct cv_policy_table *table(struct cv_generation_build *b)
{
	struct cv_policy_table *t = NULL;
	struct cv_generation *g = NULL;

	assert_int_equal(cv_generation_build_finish(b, &g), 0);
	assert_int_equal(cv_policy_table_create(g, NULL, &t), 0);
	cv_device_table_destroy(devices);
	assert_int_equal(cv_device_table_create(g->device_capacity, g->number, &devices), 0);
	free(g);
	cv_generation_build_destroy(b);
	return t;
}

static inline struct cv_generation_build *policy(uint8_t ip_action)
{
	struct cv_generation_build *b = NULL;

	assert_int_equal(cv_generation_build_create(&b), 0);
	cv_generation_build_head(b)->policy.contexts[0] = (struct cv_context){
		.ip_action = ip_action, .non_ip_action = CV_ACTION_FORWARD, .inspect = 1};
	return b;
}

static inline void prefix(struct cv_generation_build *b, int family, const char *addr, uint8_t len,
			  uint16_t class_id)
{
	struct cv_gen_prefix p = {
		.family = family == AF_INET ? 4 : 6, .len = len, .class_id = class_id};

	assert_int_equal(inet_pton(family, addr, p.addr), 1);
	assert_int_equal(cv_generation_build_prefix(b, &p), 0);
}

static inline void rule(struct cv_generation_build *b, uint32_t id, struct cv_rule_key key,
			uint8_t action)
{
	struct cv_gen_rule r = {.key = key, .rule = {.id = id, .action = action, .index = 1}};

	assert_int_equal(cv_generation_build_rule(b, &r), 0);
}

#endif
