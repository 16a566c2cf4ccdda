/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_intake: what a record costs control before it is logged: its device found, stamped, its
 * value kept as the latest. Messages of three values each, of devices in an order without pattern,
 * all known to the state and the registry beforehand.
 *
 *     bench_intake DEVICES TURNS      prints one JSON object
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "control/intake/intake.h"
#include "decoder_list.h"
#include "tests/random.h"

#define VALUES 3u /* of a message */
#define BLOCKS 256u /* of a turn */

static struct cv_intake in;
static struct cv_registry_live *live;
static char dir[64], path[96];
static uint64_t seed = 1;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t); /* the machine may be busy otherwise */
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int fill_registry(uint32_t devices)
{
	struct cv_registry_store *s = NULL;
	const char *why;
	int res;

	snprintf(dir, sizeof(dir), "/tmp/culvert-bench-XXXXXX");
	snprintf(path, sizeof(path), "%s/%s", mkdtemp(dir) ? dir : "", CV_REGISTRY_FILE);
	res = cv_registry_store_open(path, CV_REGISTRY_WRITE, &s, &why);
	if (res == 0)
		res = cv_registry_store_begin(s);
	for (uint32_t i = 0; i < devices && res == 0; i++) {
		struct cv_registry_device d;
		enum cv_registry_put what;
		char id[64], area[16];

		cv_registry_device_init(&d);
		snprintf(id, sizeof(id), "urn:dev:hj212:31011500%08u", i);
		snprintf(area, sizeof(area), "3101150%02u", i % 97);
		cv_registry_field_set(&d, CV_REGISTRY_FIELD_ID, id, strlen(id), &why);
		cv_registry_field_set(&d, CV_REGISTRY_FIELD_STREET, area, strlen(area), &why);
		res = cv_registry_store_put(s, &d, &what);
	}
	if (res == 0)
		res = cv_registry_store_commit(s);
	cv_registry_store_close(s);
	if (res == 0)
		res = cv_registry_live_create(path, &live);
	while (res == 0 && cv_registry_live_step(live) > 0)
		;
	return res;
}

static uint32_t put_record(uint8_t *at, uint32_t device, unsigned int name)
{
	struct cv_record *rec = (struct cv_record *)(void *)at;
	struct cv_tlv tlv = {.tag = CV_TLV_DEVICE, .len = 16};
	char id[24];

	memset(at, 0, sizeof(*rec) + 24);
	*rec = (struct cv_record){
		.size = sizeof(*rec) + 24,
		.version = CV_RECORD_VERSION,
		.lane = CV_LANE_MEASUREMENT,
		.proto = CV_PROTO_HJ212,
		.direction = CV_DIR_UP,
		.value_type = CV_VALUE_F64,
		.name_id = (uint16_t)(1 + name),
		.ts_rx_ns = 1777863721500000000,
	};
	snprintf(id, sizeof(id), "31011500%08u", device);
	memcpy(at + sizeof(*rec), &tlv, sizeof(tlv));
	memcpy(at + sizeof(*rec) + sizeof(tlv), id, 16);
	return rec->size;
}

/* @param order NULL: at random. @return records. */
static uint64_t fill_block(struct cv_block *b, uint32_t devices, uint32_t *order)
{
	uint32_t used = sizeof(*b);

	*b = (struct cv_block){.magic = CV_BLOCK_MAGIC, .version = CV_BLOCK_VERSION};
	b->lane = CV_LANE_MEASUREMENT;
	while (used + VALUES * (sizeof(struct cv_record) + 24) <= CV_BLOCK_SIZE) {
		uint32_t device =
			order ? (*order)++ % devices : (uint32_t)(next_random_of(&seed) % devices);

		for (unsigned int v = 0; v < VALUES; v++, b->count++)
			used += put_record((uint8_t *)b + used, device, v);
	}
	b->used = used;
	return b->count;
}

int main(int argc, char **argv)
{
	uint32_t devices = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1000, order = 0;
	int turns = argc > 2 ? atoi(argv[2]) : 5;
	struct cv_block *blocks = aligned_alloc(CV_BLOCK_ALIGN, (size_t)BLOCKS * CV_BLOCK_SIZE);
	double best = 1e30, sum = 0;
	char command[128];

	if (!blocks || devices == 0 || fill_registry(devices) < 0 ||
	    cv_state_create(UINT64_C(4) << 30, &in.state) < 0)
		return 1;
	in.live = live;
	while (order < devices) {
		fill_block(blocks, devices, &order);
		cv_intake_block(&in, blocks);
	}
	for (int t = 0; t < turns; t++) {
		uint64_t records = 0;
		double from, ns;

		for (unsigned int i = 0; i < BLOCKS; i++)
			records +=
				fill_block((void *)((uint8_t *)blocks + (size_t)i * CV_BLOCK_SIZE),
					   devices, NULL);
		from = now();
		for (unsigned int i = 0; i < BLOCKS; i++)
			cv_intake_block(&in,
					(void *)((uint8_t *)blocks + (size_t)i * CV_BLOCK_SIZE));
		ns = (now() - from) / (double)records;
		best = ns < best ? ns : best;
		sum += ns;
	}
	printf("{\"devices\": %u, \"ns_per_record\": {\"best\": %.0f, \"mean\": %.0f}, "
	       "\"state_bytes_per_device\": %.0f, \"registry_bytes_per_device\": %.0f, "
	       "\"known\": %llu, \"values\": %llu}\n",
	       devices, best, sum / turns, (double)cv_state_bytes(in.state) / devices,
	       (double)cv_registry_live_bytes(live) / devices,
	       (unsigned long long)in.counts[CV_INTAKE_KNOWN],
	       (unsigned long long)cv_state_values(in.state));
	cv_state_destroy(in.state);
	cv_registry_live_destroy(live);
	free(blocks);
	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	return system(command) == 0 ? 0 : 1;
}
