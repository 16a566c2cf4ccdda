/* SPDX-License-Identifier: Apache-2.0 */
#include "control/offline/report.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define DEVICES_SHOWN 20
#define KINDS_SHOWN 20

#define REASON_NAME(id, name) name,
static const char *const reason_names[] = {CV_REASONS(REASON_NAME)};

static void show_address(uint16_t family, const uint8_t addr[16], char *text, size_t size)
{
	if (!inet_ntop(family == 4 ? AF_INET : AF_INET6, addr, text, (socklen_t)size))
		snprintf(text, size, "?");
}

void cv_report_device(const struct cv_tally_difference *d, char *text)
{
	char addr[INET6_ADDRSTRLEN];

	if (!d->family) {
		snprintf(text, 80, "not IP");
		return;
	}
	show_address(d->family, d->addr, addr, sizeof(addr));
	if (d->vlan)
		snprintf(text, 80, "%s in VLAN %u", addr, d->vlan);
	else
		snprintf(text, 80, "%s", addr);
}

void cv_report_flow(const struct cv_packet *p, char *text)
{
	char src[INET6_ADDRSTRLEN], dst[INET6_ADDRSTRLEN];
	const char *proto = p->ip_proto == IPPROTO_TCP	    ? "tcp"
			    : p->ip_proto == IPPROTO_UDP    ? "udp"
			    : p->ip_proto == IPPROTO_ICMP   ? "icmp"
			    : p->ip_proto == IPPROTO_ICMPV6 ? "icmpv6"
							    : NULL;
	char number[16];

	if (!p->family) {
		snprintf(text, 160, "not IP, EtherType 0x%04x", p->ethertype);
		return;
	}
	show_address(p->family, p->src.b, src, sizeof(src));
	show_address(p->family, p->dst.b, dst, sizeof(dst));
	snprintf(number, sizeof(number), "ip/%u", p->ip_proto);
	if (p->ports)
		snprintf(text, 160, "%s %u to %s %u %s", src, ntohs(p->sport), dst, ntohs(p->dport),
			 proto ? proto : number);
	else
		snprintf(text, 160, "%s to %s %s%s", src, dst, proto ? proto : number,
			 p->fragment == CV_FRAG_LATER ? " fragment" : "");
}

void cv_report_packet(const struct cv_source_frame *frame, const struct cv_trial_verdict *ours,
		      const struct cv_trial_verdict *theirs, FILE *out)
{
	char flow[160];

	cv_report_flow(&ours->packet, flow);
	fprintf(out, "%7" PRIu64 "  %-5s  %-16s rule %-6u %s", frame->number,
		cv_trial_action(ours->verdict), cv_trial_reason(ours->verdict), ours->rule, flow);
	if (theirs && (theirs->verdict != ours->verdict || theirs->rule != ours->rule))
		fprintf(out, "  (otherwise %s %s rule %u)", cv_trial_action(theirs->verdict),
			cv_trial_reason(theirs->verdict), theirs->rule);
	if (ours->would_drop)
		fputs("  (a rule in shadow mode would drop it)", out);
	fputc('\n', out);
}

static void write_reasons(const struct cv_tally *t, FILE *out)
{
	fputs("\nreason              packets        bytes\n", out);
	for (unsigned int i = 0; i < CV_REASON_COUNT; i++) {
		if (t->reason[i].packets)
			fprintf(out, "%-16s %10" PRIu64 " %12" PRIu64 "\n", reason_names[i],
				t->reason[i].packets, t->reason[i].bytes);
	}
}

static void show_rule(const struct cv_generation *gen, uint32_t index, char *text, size_t size)
{
	const struct cv_gen_name *name = cv_tally_rule_name(gen, index);

	if (index == 0)
		snprintf(text, size, "default");
	else if (name->text[0])
		snprintf(text, size, "%u %s", name->id, name->text);
	else
		snprintf(text, size, "%u", name->id);
}

/* Rules in shadow mode take part where they would have. */
static bool was_hit(const struct cv_tally_rule *r)
{
	return r->packets || r->would || r->would_drop;
}

static void write_rule(const struct cv_tally *t, uint32_t index, FILE *out)
{
	const struct cv_tally_rule *r = &t->rules[index];
	char name[64];

	show_rule(t->gen, index, name, sizeof(name));
	fprintf(out, "%-16s %10" PRIu64 " %12" PRIu64 " %10" PRIu64, name, r->packets, r->bytes,
		r->dropped);
	if (t->shadow)
		fprintf(out, " %10" PRIu64, r->would_drop);
	if (r->first)
		fprintf(out, "  %" PRIu64, r->first);
	else
		fprintf(out, "  in shadow mode, would decide %" PRIu64, r->would);
	fputc('\n', out);
}

static void write_rules(const struct cv_tally *t, FILE *out)
{
	uint32_t never = 0, shown = 0;

	fprintf(out, "\nrule                packets        bytes    dropped  %sfirst\n",
		t->shadow ? "would drop  " : "");
	for (uint32_t i = 0; i <= t->gen->policy.n_rules; i++) {
		if (was_hit(&t->rules[i]))
			write_rule(t, i, out);
		else
			never += i > 0;
	}
	fprintf(out, "%" PRIu32 " of %" PRIu32 " rules were hit", t->gen->policy.n_rules - never,
		t->gen->policy.n_rules);
	for (uint32_t i = 1; i <= t->gen->policy.n_rules; i++) {
		const struct cv_gen_name *n = cv_tally_rule_name(t->gen, i);

		if (!was_hit(&t->rules[i]))
			fprintf(out, "%s%u (line %u)", shown++ ? ", " : "; never: ", n->id,
				n->line);
	}
	fputc('\n', out);
}

static void show_word(const struct cv_tally_word *w, char *text, size_t size)
{
	snprintf(text, size, "%s %s rule %u", cv_trial_action(w->verdict),
		 cv_trial_reason(w->verdict), w->rule);
}

static void write_devices(const struct cv_tally *t, FILE *out)
{
	const struct cv_tally_difference **list = cv_tally_sorted(t);
	uint32_t n = t->differences.n;
	char device[80], word[64];

	for (uint32_t i = 0; list && i < n && i < DEVICES_SHOWN; i++) {
		cv_report_device(list[i], device);
		show_word(&list[i]->ours, word, sizeof(word));
		fprintf(out, "  %s: %" PRIu64 " packets, now %s; packet", device, list[i]->packets,
			word);
		for (int k = 0; k < CV_TALLY_FIRST && list[i]->first[k]; k++)
			fprintf(out, " %" PRIu64, list[i]->first[k]);
		fputs(list[i]->packets > CV_TALLY_FIRST ? " ...\n" : "\n", out);
	}
	if (n > DEVICES_SHOWN)
		fprintf(out, "  and %" PRIu32 " more\n", n - DEVICES_SHOWN);
	free(list);
}

static void write_differences(const struct cv_report *r, FILE *out)
{
	const struct cv_tally *t = r->tally;
	uint32_t n = 0;
	struct cv_tally_kind *kinds = cv_tally_kinds(t, &n);
	char ours[64], theirs[64];

	fprintf(out, "\nagainst %s: %" PRIu64 " packets end otherwise", r->against,
		t->differ.packets);
	if (t->moved.packets)
		fprintf(out, ", %" PRIu64 " end the same by another rule or for another reason",
			t->moved.packets);
	fputc('\n', out);
	for (uint32_t i = 0; kinds && i < n && i < KINDS_SHOWN; i++) {
		show_word(&kinds[i].ours, ours, sizeof(ours));
		show_word(&kinds[i].theirs, theirs, sizeof(theirs));
		fprintf(out,
			"  %s -> %s: %" PRIu64 " packets, %" PRIu64
			" device%s, first packet %" PRIu64 "\n",
			theirs, ours, kinds[i].packets, kinds[i].devices,
			kinds[i].devices == 1 ? "" : "s", kinds[i].first);
	}
	free(kinds);
	if (n) {
		fputs("by device:\n", out);
		write_devices(t, out);
	}
	if (t->differences.refused)
		fprintf(out, "  %" PRIu64 " packets more, whose devices found no room\n",
			t->differences.refused);
}

static void write_expectations(const struct cv_expect *e, FILE *out)
{
	size_t failed = cv_expect_failed(e);

	fprintf(out, "\n%zu of %zu expectations met\n", e->n - failed, e->n);
	for (size_t i = 0; i < e->n; i++) {
		if (cv_expect_met(&e->items[i]))
			continue;
		fprintf(out, "%s:%u:%u: ", e->path, e->items[i].line, e->items[i].column);
		cv_expect_describe(&e->items[i], out);
		fputs(": ", out);
		cv_expect_explain(&e->items[i], out);
		fputc('\n', out);
	}
}

int cv_report_write(const struct cv_report *r, FILE *out)
{
	const struct cv_tally *t = r->tally;

	fprintf(out, "%s: %" PRIu64 " packets, %" PRIu64 " bytes, judged by %s\n", r->policy,
		t->packets, t->bytes,
		r->kernel ? "XDP and worker, which agree" : "the worker's tables alone");
	if (r->kernel && t->kernel < t->packets)
		fprintf(out, "%" PRIu64 " packets too short or too long for XDP's trial run\n",
			t->packets - t->kernel);
	if (t->cut)
		fprintf(out,
			"%" PRIu64
			" packets cut short by the capture: what was said in them is not "
			"known\n",
			t->cut);
	if (t->strange_link)
		fprintf(out, "%" PRIu64 " packets of an unknown link layer, judged as not IP\n",
			t->strange_link);
	write_reasons(t, out);
	write_rules(t, out);
	if (r->module)
		fprintf(out, "\n%s", r->module);
	if (r->against)
		write_differences(r, out);
	if (r->expect)
		write_expectations(r->expect, out);
	return ferror(out) ? -EIO : 0;
}
