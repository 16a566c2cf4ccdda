/* SPDX-License-Identifier: Apache-2.0 */
/* What the rules have decided, and where shadow and live policy differ. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "control/rollout/rollout_private.h"
#include "control/text/utc.h"

/* Differences told, those with the most packets. */
#define DIFFERENCES_MAX 1000

#define NAME_ROW(id, name) name,
static const char *const reasons[] = {CV_REASONS(NAME_ROW)};

/* Both clocks now, so that a monotonic time can be told as a date. */
static int64_t wall_of(uint64_t mono_ns)
{
	struct timespec wall, mono;

	clock_gettime(CLOCK_REALTIME, &wall);
	clock_gettime(CLOCK_MONOTONIC, &mono);
	return ((int64_t)wall.tv_sec - mono.tv_sec) * 1000000000 + wall.tv_nsec - mono.tv_nsec +
	       (int64_t)mono_ns;
}

static json_t *last_json(uint64_t mono_ns)
{
	char text[CV_UTC_SIZE];

	if (mono_ns == 0)
		return json_null();
	cv_utc_text(wall_of(mono_ns) / 1000000000, text);
	return json_string(text);
}

static json_t *hits_json(const struct cv_rule_hits *h)
{
	return json_pack("{s:I s:I s:I s:I s:o}", "packets", (json_int_t)h->packets, "bytes",
			 (json_int_t)h->bytes, "drops", (json_int_t)h->drops, "would_drop",
			 (json_int_t)h->would_drop, "last", last_json(h->last_ns));
}

/* One writer on each side, whose numbers may move while they are read: each is whole. */
static json_t *rule_json(const struct cv_generation *gen, uint32_t index,
			 const struct cv_rule_hits *kernel, const struct cv_rule_hits *worker)
{
	const struct cv_gen_name *names = cv_generation_at(gen, gen->rule_names);
	bool named = index > 0 && index <= gen->rule_names.count;
	json_t *row =
		json_pack("{s:I s:s s:I}", "rule", (json_int_t)(named ? names[index - 1].id : 0),
			  "name", named ? names[index - 1].text : "", "line",
			  (json_int_t)(named ? names[index - 1].line : 0));

	if (kernel)
		json_object_set_new(row, "kernel", hits_json(&kernel[index]));
	if (worker)
		json_object_set_new(row, "dataplane", hits_json(&worker[index]));
	return row;
}

/* What rules in shadow mode would have dropped was counted beside the policy in force. */
static void add_would(const struct cv_rollout *r, struct cv_rule_hits *hits, uint32_t n)
{
	struct cv_rule_hits *would = calloc(n, sizeof(*would));
	uint32_t slot = r->live.would_place - 1;

	if (would && r->live.would_place && !r->shadow.gen &&
	    cv_bpf_hits(r->bpf, slot, would, n) == 0) {
		for (uint32_t i = 0; i < n; i++)
			hits[i].would_drop += would[i].would_drop;
	}
	free(would);
}

/* @return a copy, NULL: the dataplane has not said where it counts. */
static struct cv_rule_hits *worker_hits(const struct cv_rollout *r, const struct cv_version *v,
					uint32_t *ret_count)
{
	bool beside = v == &r->live && !r->shadow.gen;
	const struct cv_rule_hits *hits, *would;
	struct cv_rule_hits *copy;
	uint32_t n;

	hits = cv_link_policy_hits(r->link, v->about.number, ret_count);
	copy = hits ? calloc(*ret_count, sizeof(*copy)) : NULL;
	if (!copy)
		return NULL;
	memcpy(copy, hits, *ret_count * sizeof(*copy));
	would = beside ? cv_link_policy_hits(r->link, CV_GENERATION_WOULD(v->about.number), &n)
		       : NULL;
	for (uint32_t i = 0; would && i < n && i < *ret_count; i++)
		copy[i].would_drop += would[i].would_drop;
	return copy;
}

json_t *cv_rollout_rules(const struct cv_rollout *r, bool shadow)
{
	const struct cv_version *v = shadow ? &r->shadow : &r->live;
	struct cv_rule_hits *kernel, *worker;
	json_t *rules = json_array();
	uint32_t n, count = 0;

	if (!v->gen)
		return json_pack("{s:I s:o}", "number", (json_int_t)0, "rules", rules);
	n = v->gen->policy.n_rules + 1;
	kernel = calloc(n, sizeof(*kernel));
	worker = worker_hits(r, v, &count);
	if (kernel &&
	    (!r->bpf || v->slot < 0 || cv_bpf_hits(r->bpf, (uint32_t)v->slot, kernel, n) < 0)) {
		free(kernel);
		kernel = NULL;
	}
	if (kernel && !shadow)
		add_would(r, kernel, n);
	for (uint32_t i = 0; i < n; i++)
		json_array_append_new(
			rules, rule_json(v->gen, i, kernel, worker && i < count ? worker : NULL));
	free(kernel);
	free(worker);
	return json_pack("{s:I s:o}", "number", (json_int_t)v->about.number, "rules", rules);
}

/* ---- differences --------------------------------------------------------------------------- */

static json_t *device_json(const struct cv_device_key *d)
{
	char text[INET6_ADDRSTRLEN] = "", out[INET6_ADDRSTRLEN + 16];

	if (d->family == 4 || d->family == 6)
		inet_ntop(d->family == 4 ? AF_INET : AF_INET6, d->addr, text, sizeof(text));
	snprintf(out, sizeof(out), d->vlan ? "%s vlan %u" : "%s", text, d->vlan);
	return json_string(out);
}

static const char *reason_name(uint32_t verdict)
{
	uint32_t reason = CV_VERDICT_REASON(verdict);

	return reason < CV_REASON_COUNT ? reasons[reason] : "?";
}

static json_t *difference_json(const struct cv_bpf_difference *d)
{
	return json_pack("{s:o s:s s:I s:s s:I s:I s:I s:o}", "device", device_json(&d->key.device),
			 "live", reason_name(d->key.live), "live_rule",
			 (json_int_t)d->key.live_rule, "shadow", reason_name(d->key.shadow),
			 "shadow_rule", (json_int_t)d->key.shadow_rule, "packets",
			 (json_int_t)d->count.packets, "bytes", (json_int_t)d->count.bytes, "last",
			 last_json(d->count.last_ns));
}

static int by_packets(const void *a, const void *b)
{
	const struct cv_bpf_difference *x = a, *y = b;

	return x->count.packets < y->count.packets   ? 1
	       : x->count.packets > y->count.packets ? -1
						     : 0;
}

static json_t *differences(const struct cv_rollout *r)
{
	struct cv_bpf_difference *all = calloc(CV_SHADOW_DIFFS, sizeof(*all));
	json_t *list = json_array();
	int n = 0;

	if (all && r->bpf)
		n = cv_bpf_differences(r->bpf, all, CV_SHADOW_DIFFS);
	if (n > 0)
		qsort(all, (size_t)n, sizeof(*all), by_packets);
	for (int i = 0; i < n && i < DIFFERENCES_MAX; i++)
		json_array_append_new(list, difference_json(&all[i]));
	free(all);
	return list;
}

json_t *cv_rollout_shadow(const struct cv_rollout *r)
{
	uint64_t judged = 0, differ = 0;
	struct cv_xdp_counts counts;
	json_t *doc, *status = cv_rollout_status(r);
	json_t *since = json_object_get(json_object_get(status, "shadow"), "time");

	for (unsigned int i = 0; r->bpf && r->shadow.gen && i < r->base->ports.count; i++) {
		if (cv_bpf_counters(r->bpf, i, &counts) < 0)
			continue;
		judged += counts.shadow.packets;
		differ += counts.differ.packets;
	}
	doc = json_pack("{s:I s:I s:O? s:I s:I s:o}", "number", (json_int_t)r->shadow.about.number,
			"live", (json_int_t)r->live.about.number, "since", since, "judged",
			(json_int_t)(judged - r->shadow_judged), "differ",
			(json_int_t)(differ - r->shadow_differ), "differences",
			r->shadow.gen ? differences(r) : json_array());
	json_decref(status);
	return doc;
}

void cv_rollout_shadow_begins(struct cv_rollout *r)
{
	struct cv_xdp_counts counts;

	r->shadow_judged = r->shadow_differ = 0;
	for (unsigned int i = 0; r->bpf && i < r->base->ports.count; i++) {
		if (cv_bpf_counters(r->bpf, i, &counts) < 0)
			continue;
		r->shadow_judged += counts.shadow.packets;
		r->shadow_differ += counts.differ.packets;
	}
}
