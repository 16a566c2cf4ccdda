/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_verdict: the worker's verdict, whole, with 1,000 rules and a prefix and state for each
 * device, against what l3fwd-acl does with 1,000 rules: rte_acl_classify() and nothing else, since
 * it knows neither lists nor devices. Same frames, bursts of 32, no port on either side.
 *
 *     bench_verdict DEVICES hosts|nets TURNS [EAL-ARGUMENTS...]      prints one JSON object
 */
#include <arpa/inet.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_acl.h>
#include <rte_cycles.h>
#include <rte_eal.h>

#include "dataplane/policy/policy_table.h"
#include "tests/perf/traffic.h"

#define BURST 32u
#define FRAME_ROOM 128u

struct bench {
	uint32_t devices;
	enum traffic_kind kind;
	uint8_t *frames; /* one of each device, in the order they come in */
	struct cv_policy_table *table;
	struct cv_device_table *states;
	struct rte_acl_ctx *acl;
};

/* As l3fwd-acl lays its rules out: protocol, two addresses, two ports. */
static const struct rte_acl_field_def fields[] = {
	{.type = RTE_ACL_FIELD_TYPE_BITMASK,
	 .size = 1,
	 .field_index = 0,
	 .input_index = 0,
	 .offset = 0},
	{.type = RTE_ACL_FIELD_TYPE_MASK,
	 .size = 4,
	 .field_index = 1,
	 .input_index = 1,
	 .offset = 3},
	{.type = RTE_ACL_FIELD_TYPE_MASK,
	 .size = 4,
	 .field_index = 2,
	 .input_index = 2,
	 .offset = 7},
	{.type = RTE_ACL_FIELD_TYPE_RANGE,
	 .size = 2,
	 .field_index = 3,
	 .input_index = 3,
	 .offset = 11},
	{.type = RTE_ACL_FIELD_TYPE_RANGE,
	 .size = 2,
	 .field_index = 4,
	 .input_index = 3,
	 .offset = 13},
};
#define FIELDS (sizeof(fields) / sizeof(fields[0]))
#define ACL_FROM 23u /* the protocol's byte in the frame */
RTE_ACL_RULE_DEF(acl_rule, FIELDS);

/* One network of senders to one port; the networks cover all devices. */
static struct acl_rule make_acl_rule(uint32_t number, enum traffic_kind kind)
{
	uint32_t port = TRAFFIC_FIRST_PORT + number % TRAFFIC_PORTS, len;
	uint32_t net = traffic_net(number / TRAFFIC_PORTS, kind, &len);
	struct acl_rule r = {.data = {.category_mask = 1,
				      .priority = (int32_t)number + 1,
				      .userdata = number + 1}};

	r.field[0].value.u8 = 17;
	r.field[0].mask_range.u8 = 0xff;
	r.field[1].value.u32 = net;
	r.field[1].mask_range.u32 = len;
	r.field[2].value.u32 = TRAFFIC_SERVER_NET;
	r.field[2].mask_range.u32 = 24;
	r.field[3].mask_range.u16 = UINT16_MAX;
	r.field[4].value.u16 = (uint16_t)port;
	r.field[4].mask_range.u16 = (uint16_t)port;
	return r;
}

static int make_acl(struct bench *b)
{
	struct rte_acl_param param = {.name = "rules",
				      .socket_id = SOCKET_ID_ANY,
				      .rule_size = RTE_ACL_RULE_SZ(FIELDS),
				      .max_rule_num = TRAFFIC_RULES};
	struct rte_acl_config config = {.num_categories = 1, .num_fields = FIELDS};
	int err = 0;

	memcpy(config.defs, fields, sizeof(fields));
	b->acl = rte_acl_create(&param);
	if (!b->acl)
		return -ENOMEM;
	for (uint32_t i = 0; !err && i < TRAFFIC_RULES; i++) {
		struct acl_rule r = make_acl_rule(i, b->kind);

		err = rte_acl_add_rules(b->acl, (struct rte_acl_rule *)&r, 1);
	}
	return err ? err : rte_acl_build(b->acl, &config);
}

static int set_up(struct bench *b)
{
	struct cv_generation *g = NULL;
	int err = traffic_policy(b->devices, b->kind, CV_ACTION_FORWARD, &g);

	if (!err)
		err = cv_policy_table_create(g, NULL, &b->table);
	free(g);
	if (!err)
		err = cv_device_table_create(b->devices, rte_rdtsc(), &b->states);
	b->frames = aligned_alloc(64, (size_t)b->devices * FRAME_ROOM);
	if (err || !b->frames)
		return err ? err : -ENOMEM;
	for (uint32_t i = 0; i < b->devices; i++) {
		uint8_t *f = b->frames + (size_t)i * FRAME_ROOM;

		traffic_frame(f);
		traffic_set_device(f, traffic_device(i, b->devices - 1), b->kind);
	}
	return make_acl(b);
}

/* @return cycles per frame. */
static double run_culvert(const struct bench *b, uint64_t *passed)
{
	struct cv_frame burst[BURST] = {0};
	uint64_t start = rte_rdtsc();

	for (uint32_t at = 0; at < b->devices; at += BURST) {
		for (uint32_t i = 0; i < BURST; i++) {
			burst[i].data = b->frames + (size_t)(at + i) * FRAME_ROOM;
			burst[i].len = TRAFFIC_LEN;
		}
		cv_policy_judge(b->table, b->states, burst, BURST, at + 1);
		for (uint32_t i = 0; i < BURST; i++)
			*passed += CV_VERDICT_ACTION(burst[i].verdict) == CV_ACTION_FORWARD &&
				   burst[i].rule;
	}
	return (double)(rte_rdtsc() - start) / b->devices;
}

static double run_acl(const struct bench *b, uint64_t *passed)
{
	const uint8_t *data[BURST];
	uint32_t found[BURST];
	uint64_t start = rte_rdtsc();

	for (uint32_t at = 0; at < b->devices; at += BURST) {
		for (uint32_t i = 0; i < BURST; i++)
			data[i] = b->frames + (size_t)(at + i) * FRAME_ROOM + ACL_FROM;
		rte_acl_classify(b->acl, data, found, BURST, 1);
		for (uint32_t i = 0; i < BURST; i++)
			*passed += found[i] != 0;
	}
	return (double)(rte_rdtsc() - start) / b->devices;
}

static int measure(const struct bench *b, int turns)
{
	uint64_t passed[2] = {0, 0}, all = (uint64_t)b->devices * ((unsigned int)turns + 1);

	(void)run_culvert(b, &passed[0]);
	(void)run_acl(b, &passed[1]);
	printf("{\"devices\":%u,\"prefixes\":%u,\"rules\":%u,\"turns\":[", b->devices,
	       b->devices + 1, TRAFFIC_RULES);
	for (int i = 0; i < turns; i++) {
		double a = run_culvert(b, &passed[0]), peer = run_acl(b, &passed[1]);

		printf("%s{\"culvert_cycles\":%.1f,\"acl_cycles\":%.1f}", i ? "," : "", a, peer);
	}
	/* All by a rule, on either side. */
	printf("],\"passed\":%.3f,\"acl_passed\":%.3f}\n", (double)passed[0] / (double)all,
	       (double)passed[1] / (double)all);
	return passed[0] == all && passed[1] == all ? 0 : -EPROTO;
}

int main(int argc, char **argv)
{
	struct bench b = {.devices = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 0) : 4096,
			  .kind = argc > 2 && !strcmp(argv[2], "nets") ? TRAFFIC_NETS
								       : TRAFFIC_HOSTS};
	int turns = argc > 3 ? atoi(argv[3]) : 1, err;
	int used = argc > 3 ? 3 : argc - 1;

	argv[used] = argv[0];
	if (rte_eal_init(argc - used, argv + used) < 0)
		return 1;
	if (b.devices < BURST || b.devices & (b.devices - 1) || b.devices > 1u << 22 || turns < 1) {
		fprintf(stderr, "bench_verdict: DEVICES is a power of two, 32 to 2^22\n");
		return 1;
	}
	err = set_up(&b);
	if (!err)
		err = measure(&b, turns);
	if (err)
		fprintf(stderr, "bench_verdict: %s\n", strerror(-err));
	rte_acl_free(b.acl);
	cv_policy_table_destroy(b.table);
	cv_device_table_destroy(b.states);
	free(b.frames);
	return err ? 1 : 0;
}
