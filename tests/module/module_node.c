/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/module/module_node.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <cmocka.h>

#include "dataplane/policy/generation_build.h"

struct node_object node_burst, node_codes, node_refused;

static struct node_object read_object(const char *path)
{
	struct node_object o = {.bytes = malloc(CV_MODULE_SIZE_MAX)};
	FILE *f = fopen(path, "rb");

	assert_non_null(o.bytes);
	if (!f)
		fail_msg("cannot open %s", path);
	o.size = fread(o.bytes, 1, CV_MODULE_SIZE_MAX, f);
	fclose(f);
	return o;
}

struct cv_generation *node_generation(uint64_t number, bool swapped)
{
	struct cv_gen_port a = cv_lab_port("sensors", "cvt-a", !swapped, CV_LOSS_FORWARD);
	struct cv_gen_port b = cv_lab_port("platform", "cvt-b", swapped, CV_LOSS_FORWARD);
	struct cv_gen_rule coap = {
		.key = {.port = htons(5683), .ip_proto = 17, .match = CV_MATCH_DPORT},
		.rule = {.id = 41, .index = 1, .action = CV_ACTION_FORWARD}};
	struct cv_gen_rule icmp = {.key = {.ip_proto = 1, .match = CV_MATCH_ANY_PORT},
				   .rule = {.id = 42, .index = 2, .action = CV_ACTION_HOST}};
	struct cv_generation_build *build = NULL;
	struct cv_generation *g = NULL;
	struct cv_policy_head *policy;

	assert_int_equal(cv_generation_build_create(&build), 0);
	cv_generation_build_head(build)->number = number;
	cv_generation_build_head(build)->device_capacity = 4096;
	policy = &cv_generation_build_head(build)->policy;
	policy->contexts[0].ip_action = CV_ACTION_DROP;
	policy->contexts[0].non_ip_action = CV_ACTION_DROP;
	policy->n_guards = 1;
	policy->guards[0] = (struct cv_guard){
		.addr = {htonl(0x0a000002)}, .port = htons(22), .ip_proto = 17, .family = 4};
	assert_int_equal(cv_generation_build_port(build, swapped ? &b : &a), 0);
	assert_int_equal(cv_generation_build_port(build, swapped ? &a : &b), 0);
	assert_int_equal(cv_generation_build_rule(build, &coap), 0);
	assert_int_equal(cv_generation_build_rule(build, &icmp), 0);
	assert_int_equal(cv_generation_build_finish(build, &g), 0);
	cv_generation_build_destroy(build);
	return g;
}

void node_frame(uint8_t f[60], uint8_t proto, uint16_t sport, uint16_t dport, uint16_t id)
{
	static const uint8_t start[60] = {2,  0, 0,  0, 0, 1, 2, 0,  0, 0,  0, 2,  8,	 0, 0x45,
					  0,  0, 32, 0, 0, 0, 0, 64, 0, 0,  0, 10, 0,	 0, 1,
					  10, 0, 0,  2, 0, 0, 0, 0,  0, 12, 0, 0,  0x40, 1};

	memcpy(f, start, 60);
	f[23] = proto;
	f[34] = (uint8_t)(sport >> 8);
	f[35] = (uint8_t)sport;
	f[36] = (uint8_t)(dport >> 8);
	f[37] = (uint8_t)dport;
	f[44] = (uint8_t)(id >> 8);
	f[45] = (uint8_t)id;
}

void node_send_coap(uint16_t sport, uint16_t id, int count)
{
	uint8_t f[60];

	node_frame(f, 17, sport, 5683, id);
	cv_lab_send("cvt-ap", f, sizeof(f), count);
}

struct cv_bpf *node_start(uint64_t number)
{
	return cv_lab_load(node_generation(number, false));
}

void node_stop(struct cv_bpf *b)
{
	struct cv_bpf_why why;

	cv_bpf_close(b);
	assert_int_equal(cv_bpf_detach(cv_lab_pins, &why), 0);
	assert_int_not_equal(access(cv_lab_pins, F_OK), 0);
}

void node_install(struct cv_bpf *b, const struct node_object *o)
{
	struct cv_bpf_why why = {""};

	if (cv_bpf_module_install(b, CV_MODULE_ALL_PORTS, o->bytes, o->size, &why))
		fail_msg("%s", why.text);
}

struct cv_bpf_module node_module(const struct cv_bpf *b)
{
	struct cv_bpf_module m = {0};
	uint64_t drops = 0;

	assert_int_equal(cv_bpf_module_counters(b, cv_bpf_epoch(b).live, &m), 0);
	for (int i = 0; i < CV_MODULE_CODES; i++)
		drops += m.counts.drops[i].packets;
	assert_int_equal(m.counts.runs, m.counts.continued + m.counts.invalid + drops);
	return m;
}

bool node_has_module(const struct cv_bpf *b)
{
	struct cv_bpf_module m;

	return cv_bpf_module_counters(b, cv_bpf_epoch(b).live, &m) == 0;
}

uint64_t node_judged(const struct cv_bpf *b)
{
	struct cv_xdp_counts c;

	assert_int_equal(cv_bpf_counters(b, 0, &c), 0);
	return cv_lab_seen(&c);
}

/* The newest map of that name: a test that was killed may have left its pins. @return fd, or -1. */
static int newest_map(const char *name)
{
	int newest = -1;
	__u32 id = 0;

	while (!bpf_map_get_next_id(id, &id)) {
		struct bpf_map_info info = {0};
		__u32 size = sizeof(info);
		int fd = bpf_map_get_fd_by_id(id);

		if (fd < 0)
			continue; /* gone meanwhile */
		assert_int_equal(bpf_obj_get_info_by_fd(fd, &info, &size), 0);
		if (strcmp(info.name, name) == 0) {
			if (newest >= 0)
				close(newest);
			newest = fd;
		} else {
			close(fd);
		}
	}
	return newest;
}

struct cv_module_frame node_saw(void)
{
	/* struct cv_module_ctx begins with two pointers, then it is the frame's fields. */
	struct {
		uint64_t data[2];
		struct cv_module_frame frame;
	} value = {0};
	struct bpf_map_info info = {0};
	__u32 size = sizeof(info), zero = 0;
	int fd = newest_map("codes_saw"), err;

	if (fd < 0)
		fail_msg("the module's map is not there");
	assert_int_equal(bpf_obj_get_info_by_fd(fd, &info, &size), 0);
	assert_true(info.value_size <= sizeof(value));
	err = bpf_map_lookup_elem(fd, &zero, &value);
	close(fd);
	assert_int_equal(err, 0);
	return value.frame;
}

int node_run_tests(int argc, char **argv, int (*tests)(void))
{
	int failed;

	if (argc != 4)
		return 2;
	if (cv_lab_enter())
		return CV_LAB_SKIP;
	node_burst = read_object(argv[1]);
	node_codes = read_object(argv[2]);
	node_refused = read_object(argv[3]);
	failed = tests();
	free(node_burst.bytes);
	free(node_codes.bytes);
	free(node_refused.bytes);
	return failed;
}
