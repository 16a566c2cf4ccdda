/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The registry of a city, and the latest values of all its devices: a file with some wrong rows is
 * refused with each of them told by its line and nothing changed; without them all is taken, is in
 * memory, and every device has a value. Prints what it takes.
 *
 *     big_registry DEVICES        fails when a number is off
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "control/intake/intake.h"
#include "control/registry/transfer.h"
#include "decoder_list.h"

#define WRONG 5u

static char dir[64], csv[96], path[96];

#define CHECK(what)                                                                                \
	do {                                                                                       \
		if (!(what)) {                                                                     \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #what);         \
			clean();                                                                   \
			exit(1);                                                                   \
		}                                                                                  \
	} while (0)

static void clean(void)
{
	char command[96];

	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	if (system(command) != 0)
		fputs("the folder could not be removed\n", stderr);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double resident_mb(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)u.ru_maxrss / 1024;
}

/* Rows of the file that are wrong: the first, the last, and some between, each in its own way. */
static unsigned long wrong_line(unsigned int i, uint32_t devices)
{
	return 2 + (unsigned long)i * (devices - 1) / (WRONG - 1);
}

static void write_csv(uint32_t devices, bool wrong)
{
	static const char *const rows[WRONG] = {
		"no urn,meter,x,31.1,121.2,310115005,60,a",
		"urn:dev:t:w,meter,x,91,121.2,310115005,60,a",
		"urn:dev:t:w,meter,x,31.1,,310115005,60,a",
		"urn:dev:t:w,meter,x,31.1,121.2,310115005,0,a",
		"urn:dev:t:w,meter,x,31.1,121.2,310115005,60,a,more"};
	FILE *out = fopen(csv, "w");
	unsigned int next = 0;

	CHECK(out);
	fputs("id,kind,owner,lat,lon,street,interval,tags\n", out);
	for (uint32_t i = 0; i < devices; i++) {
		if (wrong && next < WRONG && wrong_line(next, devices) == i + 2ul) {
			fprintf(out, "%s\n", rows[next++]);
			continue;
		}
		fprintf(out,
			"urn:dev:hj212:31011500%08u,water-meter,Water Works %u,31.%06u,121.%06u,"
			"31011500%u,300,tag%u\n",
			i, i % 50, i % 999999, i % 999983, i % 10, i % 7);
	}
	CHECK(fclose(out) == 0);
}

struct told {
	uint32_t devices;
	unsigned int n;
	bool right;
};

static void tell(void *owner, const struct cv_registry_fault *f)
{
	struct told *t = owner;

	t->right = t->right && t->n < WRONG && f->line == wrong_line(t->n, t->devices);
	t->n++;
}

static int import(struct cv_registry_store *s, struct told *told, struct cv_registry_tally *tally)
{
	struct cv_registry_import what = {.in = fopen(csv, "r"), .tell = tell, .owner = told};
	int res;

	CHECK(what.in);
	res = cv_registry_import(s, &what, tally);
	fclose(what.in);
	return res;
}

static void try_import(uint32_t devices)
{
	struct told told = {.devices = devices, .right = true};
	struct cv_registry_store *s = NULL;
	struct cv_registry_tally tally;
	const char *why;
	uint64_t n = 9;
	double from;

	CHECK(cv_registry_store_open(path, CV_REGISTRY_WRITE, &s, &why) == 0);
	write_csv(devices, true);
	CHECK(import(s, &told, &tally) == -EINVAL);
	CHECK(told.n == WRONG && told.right && tally.faulty == WRONG && tally.rows == devices);
	CHECK(cv_registry_store_count(s, &n) == 0 && n == 0);
	write_csv(devices, false);
	from = now();
	CHECK(import(s, &told, &tally) == 0);
	CHECK(tally.added == devices && tally.faulty == 0 && tally.changed == 0 && told.n == WRONG);
	printf("import: %u devices in %.1f s, %.0f MB resident at most\n", devices, now() - from,
	       resident_mb());
	CHECK(cv_registry_store_count(s, &n) == 0 && n == devices);
	cv_registry_store_close(s);
	CHECK(unlink(csv) == 0);
}

static struct cv_registry_live *load(uint32_t devices)
{
	struct cv_registry_live *live = NULL;
	double from = now();

	CHECK(cv_registry_live_create(path, &live) == 0);
	while (cv_registry_live_step(live) > 0)
		;
	CHECK(cv_registry_live_ready(live) && cv_registry_live_count(live) == devices);
	printf("in memory: %.1f s, %.0f MB, %.0f bytes a device\n", now() - from,
	       (double)cv_registry_live_bytes(live) / 1e6,
	       (double)cv_registry_live_bytes(live) / devices);
	return live;
}

static void report(struct cv_intake *in, uint32_t device, unsigned int name)
{
	static _Alignas(8) uint8_t memory[CV_RECORD_MAX];
	struct cv_record *rec = (struct cv_record *)(void *)memory;
	struct cv_tlv tlv = {.tag = CV_TLV_DEVICE, .len = 16};
	char id[24];

	memset(memory, 0, sizeof(*rec) + 24);
	*rec = (struct cv_record){
		.size = sizeof(*rec) + 24,
		.version = CV_RECORD_VERSION,
		.lane = CV_LANE_MEASUREMENT,
		.proto = CV_PROTO_HJ212,
		.direction = CV_DIR_UP,
		.value_type = CV_VALUE_U64,
		.value.u64 = device + name,
		.name_id = (uint16_t)(1 + name),
		.ts_rx_ns = 1777863721500000000,
	};
	snprintf(id, sizeof(id), "31011500%08u", device);
	memcpy(memory + sizeof(*rec), &tlv, sizeof(tlv));
	memcpy(memory + sizeof(*rec) + sizeof(tlv), id, 16);
	CHECK(cv_intake_record(in, rec) == device + 1);
	CHECK(rec->registry_row != 0 && rec->area_row != 0);
}

static void hold_values(struct cv_intake *in, uint32_t devices, unsigned int quantities)
{
	for (uint32_t i = 0; i < devices; i++) {
		for (unsigned int q = 0; q < quantities; q++)
			report(in, i, q);
	}
	CHECK(cv_state_devices(in->state) == devices);
	CHECK(cv_state_values(in->state) == (uint64_t)devices * quantities);
	CHECK(in->counts[CV_INTAKE_KNOWN] == (uint64_t)devices * quantities);
	for (uint32_t i = 0; i < devices; i++) {
		const struct cv_state_device *d = cv_state_at(in->state, i + 1);
		const struct cv_state_value *v = cv_state_value(in->state, d->first);

		CHECK(d->values == quantities && v->value.u64 == i + v->name_id - 1u);
	}
	printf("latest values: %u quantities each, %.0f MB, %.0f bytes a device\n", quantities,
	       (double)cv_state_bytes(in->state) / 1e6,
	       (double)cv_state_bytes(in->state) / devices);
}

int main(int argc, char **argv)
{
	uint32_t devices = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 30000;
	struct cv_intake in = {0};

	snprintf(dir, sizeof(dir), "/tmp/culvert-big-XXXXXX");
	CHECK(devices >= 2 * WRONG && mkdtemp(dir));
	snprintf(csv, sizeof(csv), "%s/devices.csv", dir);
	snprintf(path, sizeof(path), "%s/%s", dir, CV_REGISTRY_FILE);
	try_import(devices);
	in.live = load(devices);
	CHECK(cv_state_create(UINT64_C(2) << 30, &in.state) == 0);
	hold_values(&in, devices, 3);
	printf("all together: %.0f MB resident at most\n", resident_mb());
	cv_state_destroy(in.state);
	cv_registry_live_destroy((struct cv_registry_live *)(uintptr_t)in.live);
	clean();
	return 0;
}
