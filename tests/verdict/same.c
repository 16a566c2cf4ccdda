/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One verdict, three judges: the worker's tables, the XDP program that is embedded in control, run
 * by BPF_PROG_TEST_RUN, and the reference (reference.h) judge the same frames under the same
 * policies at the same times. They must agree on verdict, rule, constraints and inspection of each
 * frame, on what a second policy would have said of it, and in the end on every counter, on the
 * hits of every rule and on the state of every device.
 *
 *     same [--frames N] [--per-policy N] [--seed S] [--expect-differences]
 *
 * With --expect-differences the native side is a mutant and not to be noticed is the failure.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "dataplane/policy/policy_table_internal.h"
#include "ebpf/loader_internal.h"
#include "ebpf/offline.h"
#include "tests/verdict/generate.h"
#include "tests/verdict/reference.h"

#include "ingress.skel.h"

#define SKIP 77
#define FRAMES_PER_POLICY 5000u
/** Room for what a million frames come from: no judge may have to forget one, for the reference
 * never does. */
#define DEVICES (1u << 19)
/** Lists of quarantine that come while a policy is in force; each costs a wait for the kernel's
 * readers, so that long runs are not all waiting. */
#define LISTS_PER_POLICY 40u
/** From so many frames on every reason can be asked for: a few policies may not use one. */
#define FRAMES_FOR_ALL 500000u
#define NEAR 64u /* bytes from the start that tell flows apart */
#define FRAG_AT 20u /* of IPv4 without a tag or options, as are the next */
#define PORTS_AT 34u
#define SHOWN 5 /* differences printed in full */
/** BPF_PROG_TEST_RUN refuses less; the native side must call it SHORT. */
#define SHORTEST 14u

struct same {
	struct cv_bpf bpf;
	struct cv_policy_table *table;
	struct cv_device_table *devices;
	struct cv_policy_table *beside; /* the shadow policy, NULL = none */
	struct cv_device_table *beside_devices;
	struct cv_generation *gen;
	struct cv_reference *reference;
	struct cv_quarantine_image *list;
	struct cv_quarantine_set *away;
	struct cv_random random;
	uint64_t now_ns;
	uint64_t frames, differences;
	struct cv_xdp_counts native; /* only reasons */
	uint64_t reached[CV_REASON_COUNT];
};

/* ---- the state around the frames ----------------------------------------------------------- */

static const struct bpf_map *xdp_devices(const struct same *s)
{
	return s->bpf.first->object->maps.devices;
}

/* A list comes while a policy is in force, and with one that is new. */
static int put_away(struct same *s)
{
	struct cv_quarantine_image *list = cv_generate_quarantine(&s->random);
	struct cv_quarantine_set *away = NULL;
	int err = list ? cv_quarantine_image_check(list, cv_quarantine_image_size(list->count))
		       : -ENOMEM;

	if (!err)
		err = cv_quarantine_set_create(list, &away);
	if (!err)
		err = cv_bpf_quarantine_put("", bpf_map__fd(s->bpf.first->object->maps.quarantine),
					    list);
	if (err) {
		cv_quarantine_set_destroy(away);
		free(list);
		return err;
	}
	cv_policy_quarantine(s->table, away);
	cv_reference_put_away(s->reference, list);
	cv_quarantine_set_destroy(s->away);
	free(s->list);
	s->away = away;
	s->list = list;
	return 0;
}

static void drop_policy(struct same *s)
{
	cv_policy_table_destroy(s->table);
	cv_device_table_destroy(s->devices);
	cv_policy_table_destroy(s->beside);
	cv_device_table_destroy(s->beside_devices);
	cv_reference_destroy(s->reference);
	free(s->gen);
	s->table = s->beside = NULL;
	s->devices = s->beside_devices = NULL;
	s->reference = NULL;
	s->gen = NULL;
}

static int set_shadow(struct same *s, uint64_t number)
{
	struct cv_generation *gen = cv_generate_policy(&s->random, number);
	struct cv_bpf_why why;
	int err = gen ? 0 : -ENOMEM;

	if (!err)
		err = cv_policy_table_create(gen, NULL, &s->beside);
	if (!err)
		err = cv_device_table_create(DEVICES, number, &s->beside_devices);
	if (!err)
		err = cv_bpf_shadow(&s->bpf, gen, &why);
	free(gen);
	return err;
}

static int next_policy(struct same *s, uint64_t number)
{
	struct cv_bpf_why why;
	int err;

	drop_policy(s);
	s->gen = cv_generate_policy(&s->random, number);
	if (!s->gen)
		return -ENOMEM;
	s->reference = cv_reference_create(s->gen);
	err = s->reference ? cv_policy_table_create(s->gen, NULL, &s->table) : -ENOMEM;
	if (!err)
		err = cv_device_table_create(DEVICES, number, &s->devices);
	if (!err)
		err = cv_bpf_install(&s->bpf, s->gen, &why);
	if (!err)
		cv_bpf_devices_forget(xdp_devices(s));
	if (!err && cv_once_in(&s->random, 3))
		err = set_shadow(s, number + 1);
	if (!err)
		err = put_away(s);
	return err;
}

/* ---- comparing ----------------------------------------------------------------------------- */

static void differ(struct same *s, const struct cv_frame *f, const char *what, uint32_t other,
		   uint32_t native)
{
	if (s->differences++ >= SHOWN)
		return;
	printf("frame %" PRIu64 ": %s: %#x, native %#x, %u bytes:", s->frames, what, other, native,
	       f->len);
	for (uint32_t i = 0; i < f->len && i < 128; i++)
		printf(" %02x", f->data[i]);
	printf("\n");
}

static void compare_reference(struct same *s, const struct cv_frame *f)
{
	struct cv_judgement j =
		cv_reference_judge(s->reference, f->port, f->data, f->len, s->now_ns);

	if (j.verdict != f->verdict)
		differ(s, f, "reference: verdict", j.verdict, f->verdict);
	else if (j.rule != f->rule)
		differ(s, f, "reference: rule", j.rule, f->rule);
	else if (j.index != f->rule_index || j.app != f->app || j.inspect != f->inspect)
		differ(s, f, "reference: index, app or inspect", j.index, f->rule_index);
}

static void compare_xdp(struct same *s, const struct cv_frame *f, uint32_t verdict, uint32_t beside)
{
	const struct cv_xdp_test *io = &s->bpf.first->object->bss->test_io;

	if (verdict != f->verdict)
		differ(s, f, "XDP: verdict", verdict, f->verdict);
	else if (io->rule != f->rule)
		differ(s, f, "XDP: rule", io->rule, f->rule);
	else if (io->index != f->rule_index)
		differ(s, f, "XDP: index", io->index, f->rule_index);
	else if (io->app != f->app)
		differ(s, f, "XDP: app", io->app, f->app);
	else if (io->inspect != f->inspect)
		differ(s, f, "XDP: inspect", io->inspect, f->inspect);
	else if (io->shadow != beside)
		differ(s, f, "XDP: shadow", io->shadow, beside);
}

/* @param beside the shadow policy's verdict by the native tables. */
static int compare(struct same *s, const struct cv_frame *f, uint32_t beside)
{
	const struct ingress_bpf *o = s->bpf.first->object;
	uint8_t out[2048];
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = f->data, .data_size_in = f->len,
		    .data_out = out, .data_size_out = sizeof(out));
	uint32_t reason = CV_VERDICT_REASON(f->verdict);

	s->frames++;
	s->reached[reason]++;
	compare_reference(s, f);
	if (f->len < SHORTEST) {
		/* The kernel does not run it: the native hit is taken back. */
		s->table->hits[0].packets--;
		s->table->hits[0].bytes -= f->len;
		s->table->hits[0].drops--;
		return 0;
	}
	s->native.reason[reason].packets++;
	s->native.reason[reason].bytes += f->len;
	o->bss->test_io.now_ns = s->now_ns;
	o->bss->test_io.port = f->port;
	if (bpf_prog_test_run_opts(bpf_program__fd(o->progs.verdict_test), &run))
		return -errno;
	compare_xdp(s, f, run.retval, beside);
	return 0;
}

/* Now and then a frame that is almost the same: a fragment, without ports, or anything. */
static void change(struct same *s, uint8_t *frame, uint32_t len)
{
	uint32_t at = cv_below(&s->random, NEAR);

	if (cv_once_in(&s->random, 2))
		at = FRAG_AT + cv_below(&s->random, 2);
	if (cv_once_in(&s->random, 4) && len >= PORTS_AT + 4)
		memset(frame + PORTS_AT, 0, 4);
	else if (at < len && cv_once_in(&s->random, 2))
		frame[at] ^= (uint8_t)(1u << cv_below(&s->random, 8));
}

static int run_burst(struct same *s, uint32_t n)
{
	static uint8_t data[CV_BURST_MAX][CV_GENERATE_MAX];
	static uint32_t len[CV_BURST_MAX];
	struct cv_judgement beside[CV_BURST_MAX];
	struct cv_frame frames[CV_BURST_MAX];
	int err = 0;

	memset(frames, 0, sizeof(frames));
	for (uint32_t i = 0; i < n; i++) {
		/* Now and then a flow that is new in this burst, or known from one before. */
		if (i && cv_once_in(&s->random, 5)) {
			memcpy(data[i], data[i - 1], len[i - 1]);
			len[i] = len[i - 1];
			change(s, data[i], len[i]);
		} else if (!len[i] || !cv_once_in(&s->random, 5)) {
			len[i] = cv_generate_frame(&s->random, data[i]);
		}
		frames[i].len = len[i];
		frames[i].data = data[i];
		frames[i].port = (uint8_t)cv_below(&s->random, CV_GENERATE_PORTS);
	}
	s->now_ns += cv_below(&s->random, 200000);
	/* So few flows repeat that they would not be asked for. */
	s->table->flow_worth = cv_once_in(&s->random, 3) ? -1 : 0;
	cv_policy_judge(s->table, s->devices, frames, n, s->now_ns);
	if (s->beside)
		cv_policy_judge_shadow(s->beside, s->beside_devices, frames, n, s->now_ns, beside);
	for (uint32_t i = 0; i < n && !err; i++)
		err = compare(s, &frames[i], s->beside ? beside[i].verdict : CV_TEST_NO_SHADOW);
	return err;
}

static void compare_counters(struct same *s)
{
	struct cv_xdp_counts bpf;

	if (cv_bpf_counters(&s->bpf, 0, &bpf)) {
		s->differences++;
		return;
	}
	for (int i = 0; i < CV_REASON_COUNT; i++) {
		if (memcmp(&bpf.reason[i], &s->native.reason[i], sizeof(bpf.reason[i]))) {
			s->differences++;
			printf("reason %d: XDP counts %llu packets, native %llu\n", i,
			       bpf.reason[i].packets, s->native.reason[i].packets);
		}
	}
}

static void compare_hits(struct same *s)
{
	uint32_t n = s->gen->policy.n_rules + 1;
	struct cv_rule_hits *bpf = calloc(n, sizeof(*bpf));

	if (!bpf || cv_bpf_hits(&s->bpf, cv_bpf_epoch(&s->bpf).live, bpf, n))
		s->differences++;
	for (uint32_t i = 0; i < n && bpf; i++) {
		const struct cv_rule_hits *h = &s->table->hits[i];

		if (h->packets == bpf[i].packets && h->bytes == bpf[i].bytes &&
		    h->drops == bpf[i].drops)
			continue;
		if (s->differences++ < SHOWN)
			printf("hits of rule %u: XDP %llu packets %llu drops, native %llu and "
			       "%llu\n",
			       i, bpf[i].packets, bpf[i].drops, h->packets, h->drops);
	}
	free(bpf);
}

struct device_list {
	struct same *same;
	uint32_t count;
};

static void count_device(void *owner, const struct cv_device_key *key, const struct cv_device *dev)
{
	struct device_list *list = owner;

	list->count++;
}

static void compare_device(void *owner, const struct cv_device_key *key,
			   const struct cv_device *dev)
{
	struct device_list *list = owner;
	const struct cv_device *native = cv_device_table_get(list->same->devices, key, false, 0);

	list->count++;
	if (native && !memcmp(native, dev, sizeof(*dev)))
		return;
	if (list->same->differences++ < SHOWN)
		printf("device %" PRIx64 ".%" PRIx64 " VLAN %u: %s\n", (uint64_t)key->addr[0],
		       (uint64_t)key->addr[1], key->vlan,
		       native ? "state differs" : "the worker does not know it");
}

/* Every device of either side is on the other side, to the last bit of its meter. */
static void compare_devices(struct same *s)
{
	struct device_list here = {s, 0}, there = {s, 0};

	cv_device_each(cv_device_table_buckets(s->devices), count_device, &here);
	if (cv_bpf_devices_each(xdp_devices(s), compare_device, &there) ||
	    here.count != there.count) {
		s->differences++;
		printf("devices: XDP knows %u, native %u\n", there.count, here.count);
	}
}

/* @return bursts from one list to the next, on average. */
static uint32_t bursts_per_list(uint64_t per_policy)
{
	uint64_t bursts = per_policy / (CV_BURST_MAX / 2) / LISTS_PER_POLICY;

	return bursts < 200 ? 200 : (uint32_t)bursts;
}

static int run(struct same *s, uint64_t frames, uint64_t per_policy)
{
	uint32_t list_after = bursts_per_list(per_policy);
	int err = 0;

	for (uint64_t policy = 1; s->frames < frames && !err; policy++) {
		uint64_t until = s->frames + per_policy;

		err = next_policy(s, policy);
		while (s->frames < until && !err) {
			err = cv_once_in(&s->random, list_after) ? put_away(s) : 0;
			if (err)
				break;
			err = run_burst(s, 1 + cv_below(&s->random, CV_BURST_MAX));
		}
		if (!err) {
			compare_devices(s);
			compare_hits(s);
		}
	}
	compare_counters(s);
	return err;
}

/* A generator that does not reach a reason says nothing about it. */
static int unreached(const struct same *s)
{
	static const uint8_t must[] = {
		CV_REASON_ALLOW,       CV_REASON_ALLOW_DEFAULT, CV_REASON_ALLOW_NON_IP,
		CV_REASON_ALLOW_HOST,  CV_REASON_DENY_RULE,	CV_REASON_DENY_DEFAULT,
		CV_REASON_DENY_NON_IP, CV_REASON_SHORT,		CV_REASON_BAD_IP,
		CV_REASON_BAD_EXT,     CV_REASON_BAD_FRAG,	CV_REASON_BAD_L4,
		CV_REASON_QUARANTINE,  CV_REASON_RATE_DEVICE,	CV_REASON_ALLOW_GUARD,
		CV_REASON_SPOOF,       CV_REASON_UNKNOWN,	CV_REASON_RATE_UNKNOWN,
		CV_REASON_RATE_GROUP,  CV_REASON_RATE_RULE,	CV_REASON_RATE_PORT,
	};
	int bad = 0;

	/* The rarest comes to above 1,000 in a million; how far, the policies of the seed say. */
	for (size_t i = 0; i < sizeof(must) && s->frames >= FRAMES_FOR_ALL; i++) {
		if (s->reached[must[i]] < s->frames / 10000) {
			printf("reason %d was reached %" PRIu64 " times only\n", must[i],
			       s->reached[must[i]]);
			bad = 1;
		}
	}
	return bad;
}

struct options {
	uint64_t frames, seed, per_policy;
	int expect_differences;
};

static struct options parse_options(int argc, char **argv)
{
	static const struct option names[] = {
		{"frames", required_argument, NULL, 'n'},
		{"seed", required_argument, NULL, 's'},
		{"per-policy", required_argument, NULL, 'p'},
		{"expect-differences", no_argument, NULL, 'd'},
		{0},
	};
	struct options o = {
		.frames = 50000, .per_policy = FRAMES_PER_POLICY, .seed = (uint64_t)time(NULL)};
	int c;

	while ((c = getopt_long(argc, argv, "", names, NULL)) != -1) {
		if (c == 'n')
			o.frames = strtoull(optarg, NULL, 0);
		else if (c == 's')
			o.seed = strtoull(optarg, NULL, 0);
		else if (c == 'p')
			o.per_policy = strtoull(optarg, NULL, 0);
		else if (c == 'd')
			o.expect_differences = 1;
		else
			exit(2);
	}
	return o;
}

int main(int argc, char **argv)
{
	struct options o = parse_options(argc, argv);
	struct same *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return 1;
	err = cv_bpf_offline_start(&s->bpf, DEVICES);
	if (err) {
		cv_bpf_offline_stop(&s->bpf);
		free(s);
		printf("SKIP: cannot load BPF programs here: %s\n", strerror(-err));
		return SKIP;
	}
	printf("seed %" PRIu64 " (--seed)\n", o.seed);
	s->random.state = o.seed;
	s->now_ns = 1000000000;
	err = run(s, o.frames, o.per_policy);
	printf("%" PRIu64 " frames, %" PRIu64 " differences\n", s->frames, s->differences);
	if (err)
		printf("stopped: %s\n", strerror(-err));
	else if (o.expect_differences)
		err = s->differences ? 0 : 1;
	else
		err = s->differences ? 1 : unreached(s);
	cv_bpf_offline_stop(&s->bpf);
	drop_policy(s);
	cv_quarantine_set_destroy(s->away);
	free(s->list);
	free(s);
	return err ? 1 : 0;
}
