/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/perf/traffic.h"

#include <arpa/inet.h>
#include <string.h>

void traffic_frame(uint8_t *ret)
{
	static const uint8_t head[42] = {
		2, 0,  0,  0, 0, 1,  2, 0, 0, 0,   0,	2, 8, 0,    0x45, 0,	0,    74, 0,  0, 0,
		0, 64, 17, 0, 0, 10, 0, 0, 0, 192, 168, 0, 1, 0x40, 0,	  0x16, 0x30, 0,  54, 0, 0};

	memset(ret, 0, TRAFFIC_LEN);
	memcpy(ret, head, sizeof(head));
}

void traffic_set_device(uint8_t *frame, uint32_t device, enum traffic_kind kind)
{
	uint32_t addr = htonl(traffic_address(device, kind));
	uint16_t port = htons((uint16_t)(TRAFFIC_FIRST_PORT + traffic_port(device)));

	memcpy(frame + TRAFFIC_SOURCE, &addr, sizeof(addr));
	memcpy(frame + TRAFFIC_DPORT, &port, sizeof(port));
}

static int add_prefix(struct cv_generation_build *b, uint32_t addr, uint8_t len, uint16_t class_id)
{
	struct cv_gen_prefix p = {.family = 4, .len = len, .class_id = class_id};
	uint32_t network = htonl(len == 24 ? addr & ~0xffu : addr);

	memcpy(p.addr, &network, sizeof(network));
	return cv_generation_build_prefix(b, &p);
}

static int add_rule(struct cv_generation_build *b, uint32_t number, uint8_t action)
{
	struct cv_gen_rule rule = {
		.key = {.src_class = (uint16_t)(1 + number / TRAFFIC_PORTS),
			.dst_class = TRAFFIC_SERVER_CLASS,
			.port = htons((uint16_t)(TRAFFIC_FIRST_PORT + number % TRAFFIC_PORTS)),
			.ip_proto = 17,
			.match = CV_MATCH_DPORT},
		.rule = {.id = number + 1,
			 .action = action,
			 .flags = CV_RULE_POLICE,
			 .index = number + 1,
			 .limit = {.cost_packet = 1, .burst = 1ull << 40}}};

	return cv_generation_build_rule(b, &rule);
}

int traffic_fill(struct cv_generation_build *b, uint32_t devices, enum traffic_kind kind,
		 uint8_t even, uint8_t odd)
{
	uint8_t len = kind == TRAFFIC_NETS ? 24 : 32;
	int err = add_prefix(b, TRAFFIC_SERVER_NET, 24, TRAFFIC_SERVER_CLASS);

	cv_generation_build_head(b)->device_capacity = devices;
	for (uint32_t i = 0; !err && i < devices; i++)
		err = add_prefix(b, traffic_address(i, kind), len, (uint16_t)traffic_class(i));
	for (uint32_t i = 0; !err && i < TRAFFIC_RULES; i++)
		err = add_rule(b, i, i % 2 ? odd : even);
	return err;
}

int traffic_policy(uint32_t devices, enum traffic_kind kind, uint8_t action,
		   struct cv_generation **ret)
{
	struct cv_generation_build *b = NULL;
	int err = cv_generation_build_create(&b);

	if (err)
		return err;
	err = traffic_fill(b, devices, kind, action, action);
	if (!err)
		err = cv_generation_build_finish(b, ret);
	cv_generation_build_destroy(b);
	return err;
}
