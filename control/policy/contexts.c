/* SPDX-License-Identifier: Apache-2.0 */
#include "control/policy/contexts.h"

#include <errno.h>
#include <string.h>

struct finder {
	const struct cv_policy *policy;
	const struct cv_policy_target *target;
	struct cv_generation_build *build;
	struct cv_policy_contexts *contexts;
	struct cv_diagnostics *diag;
	const char *names[CV_PORTS_MAX];
	unsigned int n_ports;
	uint32_t zone_ports[CV_POLICY_ZONES_MAX]; /* bit by port */
	bool told[CV_POLICY_ZONES_MAX]; /* its overlap */
	int error;
};

/* Periods as GCRA increments with @p shift fraction bits, rounded. */
static uint64_t increment(struct cv_rate rate, unsigned int shift)
{
	__uint128_t period = (__uint128_t)rate.period_ns << shift;

	return rate.amount ? (uint64_t)((period + rate.amount / 2) / rate.amount) : 0;
}

struct cv_limit cv_policy_limit_of(const struct cv_policy_limit *limit)
{
	struct cv_limit out = {
		.cost_packet = increment(limit->packets, 6),
		.cost_byte16 = increment(limit->bytes, 16),
	};

	if (out.cost_packet | out.cost_byte16)
		out.burst = limit->burst_ns << 6;
	return out;
}

static void wrong(struct finder *f, const struct cv_policy_name *at, const char *hint,
		  const char *text, const char *name)
{
	cv_diagnostics_add(f->diag, CV_SEVERITY_ERROR,
			   (struct cv_place){f->policy->path, at->line, at->column}, hint,
			   "zone \"%s\": %s \"%s\"", at->text, text, name);
	f->error = -EINVAL;
}

/* Number of a port; without a configuration, of the next one that is named. */
static int find_port(struct finder *f, const char *name)
{
	for (unsigned int i = 0; i < f->n_ports; i++) {
		if (strcmp(f->names[i], name) == 0)
			return (int)i;
	}
	if (f->target->ports || f->n_ports == CV_PORTS_MAX)
		return -ENOENT;
	f->names[f->n_ports] = name;
	return (int)f->n_ports++;
}

static void find_ports(struct finder *f)
{
	for (size_t z = 0; z < f->policy->n_zones; z++) {
		const struct cv_policy_zone *zone = &f->policy->zones[z];

		if (zone->n_ports == 0)
			f->zone_ports[z] = UINT32_MAX;
		for (size_t i = 0; i < zone->n_ports; i++) {
			int port = find_port(f, zone->ports[i]);

			if (port < 0)
				wrong(f, &zone->name, "the configuration's `ports` has the names",
				      "there is no port", zone->ports[i]);
			else
				f->zone_ports[z] |= 1u << port;
		}
	}
	/* Where nothing names a port, everything comes in by the first. */
	if (f->n_ports == 0)
		f->n_ports = 1;
}

static int peer_of(const struct finder *f, unsigned int port)
{
	unsigned int peer = f->target->ports ? f->target->ports[port].peer : port ^ 1;

	return peer < f->n_ports ? (int)peer : -1;
}

static bool covers(const struct finder *f, size_t z, unsigned int port, unsigned int vlan)
{
	const struct cv_policy_zone *zone = &f->policy->zones[z];

	return f->zone_ports[z] >> port & 1 &&
	       (!zone->vlans || zone->vlans[vlan / 64] >> vlan % 64 & 1);
}

/* The zone that says most of a place: VLANs before ports before neither. 0 = none. */
static uint16_t zone_at(struct finder *f, unsigned int port, unsigned int vlan)
{
	unsigned int best = 0, best_says = 0;

	for (size_t z = 0; z < f->policy->n_zones; z++) {
		const struct cv_policy_zone *zone = &f->policy->zones[z];
		unsigned int says = 1 + (zone->n_ports > 0) + 2 * (zone->vlans != NULL);

		if (!covers(f, z, port, vlan) || says < best_says)
			continue;
		if (says == best_says && !f->told[z]) {
			f->told[z] = true;
			wrong(f, &zone->name, "a place is in one zone only",
			      "it has ports and VLANs in common with",
			      f->policy->zones[best - 1].name.text);
		}
		if (says > best_says) {
			best = (unsigned int)z + 1;
			best_says = says;
		}
	}
	return (uint16_t)best;
}

/* @return number of the pair's context, or -E2BIG. */
static int context_of(struct cv_policy_contexts *c, uint16_t in, uint16_t out)
{
	for (unsigned int i = 0; i < c->n; i++) {
		if (c->in[i] == in && c->out[i] == out)
			return (int)i;
	}
	if (c->n == CV_CONTEXTS_MAX)
		return -E2BIG;
	c->in[c->n] = in;
	c->out[c->n] = out;
	return (int)c->n++;
}

static int place_port(struct finder *f, unsigned int port)
{
	int peer = peer_of(f, port), r = 0;

	for (unsigned int vlan = 0; r == 0 && vlan < CV_VLANS; vlan++) {
		uint16_t in = zone_at(f, port, vlan);
		uint16_t out = peer < 0 ? 0 : zone_at(f, (unsigned int)peer, vlan);
		int context = context_of(f->contexts, in, out);

		if (context < 0) {
			cv_diagnostics_add(
				f->diag, CV_SEVERITY_ERROR,
				(struct cv_place){.file = f->policy->path}, "use fewer zones",
				"zones meet in more than %u pairs of in and out", CV_CONTEXTS_MAX);
			return context;
		}
		if (context > 0)
			r = cv_generation_build_place(f->build, port, vlan, (uint8_t)context);
	}
	return r;
}

static int limit_ports(struct finder *f)
{
	int r = 0;

	for (size_t z = 0; z < f->policy->n_zones; z++) {
		struct cv_limit limit = cv_policy_limit_of(&f->policy->zones[z].port_limit);

		for (unsigned int port = 0; r == 0 && limit.burst && port < f->n_ports; port++) {
			if (f->zone_ports[z] >> port & 1)
				r = cv_generation_build_port_limit(f->build, port, &limit);
		}
	}
	return r;
}

static void fill_context(const struct finder *f, unsigned int i)
{
	struct cv_context *c = &cv_generation_build_head(f->build)->policy.contexts[i];
	uint16_t in = f->contexts->in[i];
	const struct cv_policy_zone *zone = in ? &f->policy->zones[in - 1] : NULL;
	const struct cv_policy_fallback *fallback = zone ? &zone->fallback : &f->policy->fallback;

	c->ip_action = fallback->ip;
	c->non_ip_action = fallback->non_ip;
	c->inspect = fallback->inspect;
	c->zone_in = (uint8_t)in;
	c->zone_out = (uint8_t)f->contexts->out[i];
	if (!zone)
		return;
	c->unknown = zone->unknown;
	c->device_limit = cv_policy_limit_of(&zone->device_limit);
	c->unknown_limit = cv_policy_limit_of(&zone->unknown_limit);
}

static int name_zones(const struct finder *f)
{
	int r = 0;

	for (size_t z = 0; r == 0 && z < f->policy->n_zones; z++) {
		const struct cv_policy_name *name = &f->policy->zones[z].name;
		struct cv_gen_name out = {.line = name->line};

		memcpy(out.text, name->text, sizeof(name->text));
		r = cv_generation_build_zone_name(f->build, &out);
	}
	return r;
}

int cv_policy_find_contexts(const struct cv_policy *policy, const struct cv_policy_target *target,
			    struct cv_generation_build *build, struct cv_policy_contexts *ret,
			    struct cv_diagnostics *diag)
{
	struct finder f = {.policy = policy,
			   .target = target,
			   .build = build,
			   .contexts = ret,
			   .diag = diag,
			   .n_ports = target->ports ? target->n_ports : 0};
	int r = 0;

	*ret = (struct cv_policy_contexts){.n = 1};
	for (unsigned int i = 0; i < f.n_ports; i++)
		f.names[i] = target->ports[i].name;
	find_ports(&f);
	for (unsigned int port = 0; r == 0 && policy->n_zones && port < f.n_ports; port++)
		r = place_port(&f, port);
	if (r == 0)
		r = limit_ports(&f);
	if (r == 0)
		r = name_zones(&f);
	for (unsigned int i = 0; i < ret->n; i++)
		fill_context(&f, i);
	return r < 0 ? r : f.error;
}
