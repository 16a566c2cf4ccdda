/* SPDX-License-Identifier: Apache-2.0 */
/* The learned policy as YAML that a person reads before it is used. */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "control/offline/learn_internal.h"
#include "control/text/utc.h"
#include "dataplane/decode/decoder.h"

#define RULE_STEP 10
#define LEFT_OUT_SHOWN 12

#define LEFT_OUT_TEXT(id, text) text,
static const char *const left_out_text[] = {CV_LEARN_LEFT_OUT(LEFT_OUT_TEXT)};
#define REASON_TEXT(id, text) text,
static const char *const reason_text[] = {CV_REASONS(REASON_TEXT)};

/* "1 packet", "2 packets" */
static void plural(FILE *out, uint64_t n, const char *thing)
{
	fprintf(out, "%" PRIu64 " %s%s", n, thing, n == 1 ? "" : "s");
}

static void show_time(FILE *out, int64_t ns)
{
	char text[CV_UTC_SIZE];

	cv_utc_text(ns / 1000000000, text);
	fputs(text, out);
}

static void show_host(FILE *out, const struct cv_learn *l, uint32_t host)
{
	const struct cv_learn_host *h = cv_learn_host(l, host);
	char text[INET6_ADDRSTRLEN];

	inet_ntop(h->family == 4 ? AF_INET : AF_INET6, h->addr, text, sizeof(text));
	fputs(text, out);
}

static void show_service(FILE *out, uint8_t ip_proto, uint16_t port)
{
	static const char *const names[] = {
		[IPPROTO_ICMP] = "icmp",
		[IPPROTO_TCP] = "tcp",
		[IPPROTO_UDP] = "udp",
		[IPPROTO_ICMPV6] = "icmpv6",
	};
	const char *name = ip_proto < sizeof(names) / sizeof(names[0]) ? names[ip_proto] : NULL;

	if (name)
		fputs(name, out);
	else
		fprintf(out, "ip/%u", ip_proto);
	if (port)
		fprintf(out, "/%u", port);
}

/* ---- heading ------------------------------------------------------------------------------- */

static void write_uncounted(const struct cv_learn *l, FILE *out)
{
	uint64_t full = l->hosts.refused + l->edges.refused + l->forgotten;

	for (unsigned int i = 0; i < CV_REASON_COUNT; i++) {
		if (l->bad[i])
			fprintf(out, "# not understood: %" PRIu64 " x %s\n", l->bad[i],
				reason_text[i]);
	}
	if (l->strange_link)
		fprintf(out,
			"# not understood: %" PRIu64 " x a link layer that carries no known IP\n",
			l->strange_link);
	if (l->fragments)
		fprintf(out, "# not understood: %" PRIu64 " x fragment without its first\n",
			l->fragments);
	if (l->cut) {
		fputs("# ", out);
		plural(out, l->cut, "packet");
		fputs(" cut short by the capture: judged by their headers, not decoded\n", out);
	}
	if (l->lost) {
		fputs("# INCOMPLETE: ", out);
		plural(out, l->lost, "packet");
		fputs(" came too fast and were not seen\n", out);
	}
	if (full) {
		fputs("# INCOMPLETE: ", out);
		plural(out, l->forgotten, "packet");
		fputs(" found no room; learn from less at a time\n", out);
	}
}

static void write_vlans(const struct cv_learn *l, FILE *out)
{
	bool any = false;

	for (unsigned int id = 1; id < 4096; id++) {
		if (!(l->vlans[id / 8] >> id % 8 & 1))
			continue;
		fprintf(out, "%s%u", any ? ", " : "# VLANs seen: ", id);
		any = true;
	}
	if (any)
		fputc('\n', out);
}

static void write_heading(const struct cv_learn *l, const struct cv_learn_origin *origin, FILE *out)
{
	fputs("# Learned by \"culvert policy learn\" from\n", out);
	for (int i = 0; i < origin->count; i++) {
		char path[PATH_MAX];

		snprintf(path, sizeof(path), "%s", origin->sources[i]);
		fprintf(out, "#   %s\n", basename(path));
	}
	fputs("# ", out);
	plural(out, l->frames, "packet");
	fprintf(out, ", %" PRIu64 " bytes, ", l->bytes);
	show_time(out, l->first_ns);
	fputs(" to ", out);
	show_time(out, l->last_ns);
	fputs("\n# It allows what was seen and nothing else: what was not seen is not known.\n",
	      out);
	if (origin->headroom > 0)
		fprintf(out,
			"# Rates: peak of one sender in a second, times %g, times the rules that "
			"share its meter,\n"
			"# rounded up; burst 1s.\n",
			origin->headroom);
	write_vlans(l, out);
	write_uncounted(l, out);
}

/* ---- groups and services ------------------------------------------------------------------- */

static void write_prefix(const struct cv_learn_prefix *p, FILE *out)
{
	unsigned int bits = p->family == 4 ? 32 : 128;
	char text[INET6_ADDRSTRLEN];
	char whole[INET6_ADDRSTRLEN + 8];

	inet_ntop(p->family == 4 ? AF_INET : AF_INET6, p->addr, text, sizeof(text));
	if (p->len == bits)
		snprintf(whole, sizeof(whole), "%s", text);
	else
		snprintf(whole, sizeof(whole), "%s/%u", text, p->len);
	fprintf(out, p->family == 4 ? "    - %s" : "    - \"%s\"", whole);
	if (p->len == bits)
		fputc('\n', out);
	else if (bits - p->len < 32)
		fprintf(out, " # %" PRIu32 " seen of %" PRIu64 "\n", p->seen,
			(uint64_t)1 << (bits - p->len));
	else
		fprintf(out, " # %" PRIu32 " seen\n", p->seen);
}

static void write_groups(const struct cv_learn_shape *s, FILE *out)
{
	if (s->n_groups)
		fputs("groups:\n", out);
	for (uint32_t i = 0; i < s->n_groups; i++) {
		const struct cv_learn_group *g = &s->groups[i];

		fprintf(out, "  %s: # %" PRIu32 " address%s\n", g->name, g->hosts,
			g->hosts == 1 ? "" : "es");
		for (uint32_t p = 0; p < g->n_prefixes; p++)
			write_prefix(&g->prefixes[p], out);
	}
}

static void write_services(const struct cv_learn_shape *s, FILE *out)
{
	if (s->n_services)
		fputs("services:\n", out);
	for (uint32_t i = 0; i < s->n_services; i++) {
		const struct cv_learn_service *sv = &s->services[i];

		fprintf(out, "  %s: ", sv->name);
		show_service(out, sv->ip_proto, sv->port);
		if (!sv->decoder && sv->port)
			fputs(" # no decoder recognized it", out);
		fputc('\n', out);
	}
}

/* ---- rules --------------------------------------------------------------------------------- */

static void write_counts(const struct cv_learn *l, const struct cv_learn_rule *r,
			 uint64_t malformed, FILE *out)
{
	fputs("  # ", out);
	plural(out, r->clients, "client");
	fputs(", ", out);
	plural(out, r->servers, "server");
	fprintf(out, ": %" PRIu64 " packets there, %" PRIu64 " back, %" PRIu64 " bytes",
		r->packets[0], r->packets[1], r->bytes[0] + r->bytes[1]);
	if (r->rejected) {
		fputs(", ", out);
		plural(out, r->rejected, "message");
		fputs(" not understood", out);
	}
	if (malformed) {
		fputs(", ", out);
		plural(out, malformed, "statement");
		fputs(" malformed", out);
	}
	fputc('\n', out);
	if (r->rate) {
		fprintf(out, "  # peak %" PRIu32 "/s by ", r->peak);
		show_host(out, l, r->peak_host);
		fputc('\n', out);
	}
}

static void write_rule(const struct cv_learn_shape *s, uint32_t i,
		       const struct cv_learn_sayings *said, FILE *out)
{
	const struct cv_learn_rule *r = &s->rules[i];
	const struct cv_learn_service *sv = &s->services[r->service];

	fprintf(out, "  - { id: %" PRIu32 ", from: %s, to: ", (i + 1) * RULE_STEP,
		s->groups[r->from].name);
	if (r->n_to > 1)
		fputc('[', out);
	for (uint32_t k = 0; k < r->n_to; k++)
		fprintf(out, "%s%s", k ? ", " : "", s->groups[r->to[k]].name);
	if (r->n_to > 1)
		fputc(']', out);
	fprintf(out, ", service: %s, action: allow", sv->name);
	if (!sv->decoder)
		fputs(", inspect: false", out);
	if (r->rate)
		fprintf(out, ",\n      rate: { packets: %" PRIu64 "/s, burst: 1s }", r->rate);
	if (said && sv->decoder && !r->undecoded)
		cv_learn_write_app(said, i, sv->decoder, out);
	fputs(" }\n", out);
}

static int write_rules(const struct cv_learn *l, const struct cv_learn_shape *s, bool constraints,
		       FILE *out)
{
	struct cv_learn_sayings *said = NULL;
	int err = cv_learn_list_sayings(l, s, &said);

	if (err < 0)
		return err;
	if (s->n_rules)
		fputs("rules:\n", out);
	for (uint32_t i = 0; i < s->n_rules; i++) {
		write_counts(l, &s->rules[i], cv_learn_malformed(said, i), out);
		write_rule(s, i, constraints ? said : NULL, out);
	}
	cv_learn_free_sayings(said);
	return 0;
}

static void write_left_out(const struct cv_learn *l, const struct cv_learn_shape *s, FILE *out)
{
	for (unsigned int why = 1; why < CV_LEARN_LEFT_OUT_COUNT; why++) {
		uint64_t shown = 0;

		if (!s->left[why].edges)
			continue;
		fprintf(out, "# left out: %s: ", left_out_text[why]);
		plural(out, s->left[why].packets, "packet");
		fputc('\n', out);
		for (uint32_t i = 0; i < l->edges.n && shown < LEFT_OUT_SHOWN; i++) {
			const struct cv_learn_edge *e = cv_learn_edge(l, i);

			if (e->left_out != why)
				continue;
			shown++;
			fputs("#   ", out);
			show_host(out, l, e->client);
			fputs(" to ", out);
			show_host(out, l, e->server);
			fputc(' ', out);
			show_service(out, e->ip_proto, e->port);
			fprintf(out, ", %" PRIu64 " there, %" PRIu64 " back\n", e->packets[0],
				e->packets[1]);
		}
		if (shown < s->left[why].edges)
			fprintf(out, "#   and %" PRIu64 " more pairs\n",
				s->left[why].edges - shown);
	}
}

int cv_learn_write(const struct cv_learn *l, const struct cv_learn_shape *s,
		   const struct cv_learn_origin *origin, FILE *out)
{
	int err;

	write_heading(l, origin, out);
	fputs("default: { ip: drop, non_ip: allow, inspect: true }", out);
	if (l->non_ip)
		fprintf(out, " # %" PRIu64 " not IP: ARP and the like", l->non_ip);
	fputc('\n', out);
	write_groups(s, out);
	write_services(s, out);
	if (origin->bind)
		cv_learn_write_bindings(l, out);
	err = write_rules(l, s, origin->constraints, out);
	write_left_out(l, s, out);
	return err ? err : ferror(out) ? -EIO : 0;
}
