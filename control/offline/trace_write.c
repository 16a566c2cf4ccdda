/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "control/offline/report.h"
#include "control/offline/trace.h"

static void write_end(const struct cv_trace *t, const char *which, const struct cv_trace_end *e,
		      FILE *out)
{
	char group[CV_TRACE_TEXT], how[CV_TRACE_TEXT];

	if (!e->class_id) {
		fprintf(out, "%-12s in no group\n", which);
		return;
	}
	cv_trace_group(t->gen, e->class_id, group);
	if (e->mac)
		cv_trace_mac(e->mac->mac, how);
	else
		cv_trace_prefix(e->prefix, how);
	fprintf(out, "%-12s group %s, by %s%s\n", which, group, e->mac ? "MAC address " : "", how);
}

static void write_place(const struct cv_trace *t, FILE *out)
{
	const struct cv_gen_port *ports = cv_generation_at(t->gen, t->gen->ports);
	char in[CV_TRACE_TEXT], away[CV_TRACE_TEXT];

	fputs("place        ", out);
	if (t->port < t->gen->ports.count)
		fprintf(out, "port %s", ports[t->port].name);
	else
		fputs("no port", out);
	if (t->packet.vlan)
		fprintf(out, ", VLAN %u", t->packet.vlan);
	if (t->context->zone_in || t->context->zone_out) {
		cv_trace_zone(t->gen, t->context->zone_in, in);
		cv_trace_zone(t->gen, t->context->zone_out, away);
		fprintf(out, ": from zone %s to zone %s", in, away);
	}
	fputc('\n', out);
}

static void write_binding(const char *what, const struct cv_gen_binding *b, bool holds, FILE *out)
{
	char place[CV_TRACE_TEXT];

	if (!b)
		return;
	cv_trace_place(&b->place, place);
	fprintf(out, "binding      %s is bound to %s: %s\n", what, place,
		holds ? "it is there" : "it is NOT there");
}

static void write_probes(const struct cv_trace *t, FILE *out)
{
	char src[CV_TRACE_TEXT], dst[CV_TRACE_TEXT], service[CV_TRACE_TEXT], rule[CV_TRACE_TEXT];

	for (unsigned int i = 0; i < t->n_probes; i++) {
		const struct cv_trace_probe *p = &t->probes[i];

		cv_trace_group(t->gen, p->key.src_class, src);
		cv_trace_group(t->gen, p->key.dst_class, dst);
		cv_trace_service(&p->key, service);
		fprintf(out, "look-up %-4u %s from %s to %s: ", i + 1, service, src, dst);
		if (!p->rule) {
			fputs("none\n", out);
			continue;
		}
		cv_trace_rule_text(t->gen, p->rule, rule);
		fprintf(out, "rule %s\n", rule);
	}
	if (!t->n_probes)
		fputs("look-up      no rule of this policy could match such a packet\n", out);
}

static void write_limits(const struct cv_trace *t, FILE *out)
{
	char text[CV_TRACE_TEXT];

	if (t->rule && t->rule->flags & CV_RULE_EXEMPT)
		fputs("limit        exempt from the limits of single senders\n", out);
	if (t->limit) {
		cv_trace_limit(t->limit, text);
		fprintf(out, "limit        of this sender: %s\n", text);
	}
	if (t->meter) {
		cv_trace_limit(&t->meter->limit, text);
		fprintf(out, "limit        shared: %s\n", text);
	}
	if (t->port_meter) {
		cv_trace_limit(&t->port_meter->limit, text);
		fprintf(out, "limit        of the port: %s\n", text);
	}
}

static void write_rule(const struct cv_trace *t, FILE *out)
{
	char rule[CV_TRACE_TEXT];

	if (t->step == CV_TRACE_DEFAULT) {
		fprintf(out, "decision     no rule: default %s\n",
			t->context->ip_action == CV_ACTION_DROP ? "drop" : "allow");
		return;
	}
	cv_trace_rule_text(t->gen, t->rule, rule);
	fprintf(out, "decision     rule %s: %s%s%s\n", rule,
		t->rule->action == CV_ACTION_DROP ? "drop" : "allow",
		t->rule->flags & CV_RULE_INSPECT ? ", inspect" : "",
		t->rule->app ? ", if the messages may be sent" : "");
	cv_trace_app(t->gen, t->rule->app, "messages     ", out);
}

static void write_ip(const struct cv_trace *t, FILE *out)
{
	if (t->classes) {
		write_end(t, "source", &t->src, out);
		write_end(t, "destination", &t->dst, out);
	}
	write_binding("the address", t->address, t->address_holds, out);
	write_binding("the MAC address", t->mac, t->mac_holds, out);
	switch (t->step) {
	case CV_TRACE_SPOOF:
		fputs("decision     an identity at a place it is not bound to: drop\n", out);
		return;
	case CV_TRACE_UNKNOWN:
		fputs("decision     the sender is in no group, and its zone drops such: drop\n",
		      out);
		return;
	default:
		write_probes(t, out);
		write_rule(t, out);
		write_limits(t, out);
		return;
	}
}

void cv_trace_write(const struct cv_trace *t, FILE *out)
{
	char flow[160];

	cv_report_flow(&t->packet, flow);
	fprintf(out, "packet       %s\n", flow);
	write_place(t, out);
	switch (t->step) {
	case CV_TRACE_PARSE:
		fputs("decision     the frame cannot be judged: drop\n", out);
		return;
	case CV_TRACE_GUARD:
		fputs("decision     management of this node, guarded: to its own stack, before "
		      "every "
		      "rule\n",
		      out);
		return;
	case CV_TRACE_NON_IP:
		fprintf(out, "decision     not IP: default %s\n",
			t->context->non_ip_action == CV_ACTION_DROP ? "drop" : "allow");
		return;
	default:
		write_ip(t, out);
		return;
	}
}
