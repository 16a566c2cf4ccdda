/* SPDX-License-Identifier: Apache-2.0 */
#include "control/offline/report.h"
#include "control/offline/trace.h"

static json_t *end(const struct cv_trace *t, const struct cv_trace_end *e)
{
	char text[CV_TRACE_TEXT];
	json_t *o;

	if (!e->class_id)
		return json_null();
	cv_trace_group(t->gen, e->class_id, text);
	o = json_pack("{ss}", "group", text);
	if (e->mac)
		cv_trace_mac(e->mac->mac, text);
	else
		cv_trace_prefix(e->prefix, text);
	json_object_set_new(o, e->mac ? "mac" : "prefix", json_string(text));
	return o;
}

static json_t *rule(const struct cv_trace *t, const struct cv_rule *r)
{
	char text[CV_TRACE_TEXT];

	if (!r)
		return json_null();
	cv_trace_rule_text(t->gen, r, text);
	return json_pack("{sI ss ss sb so}", "id", (json_int_t)r->id, "text", text, "action",
			 r->action == CV_ACTION_DROP ? "drop" : "allow", "inspect",
			 (r->flags & CV_RULE_INSPECT) != 0, "messages",
			 cv_trace_app_json(t->gen, r->app));
}

static json_t *probes(const struct cv_trace *t)
{
	json_t *list = json_array();
	char src[CV_TRACE_TEXT], dst[CV_TRACE_TEXT], service[CV_TRACE_TEXT];

	for (unsigned int i = 0; i < t->n_probes; i++) {
		const struct cv_trace_probe *p = &t->probes[i];

		cv_trace_group(t->gen, p->key.src_class, src);
		cv_trace_group(t->gen, p->key.dst_class, dst);
		cv_trace_service(&p->key, service);
		json_array_append_new(
			list,
			json_pack("{ss ss ss so}", "service", service, "from", src, "to", dst,
				  "rule",
				  p->rule ? json_integer((json_int_t)p->rule->id) : json_null()));
	}
	return list;
}

static json_t *bindings(const struct cv_trace *t)
{
	json_t *list = json_array();
	char text[CV_TRACE_TEXT];

	if (t->address) {
		cv_trace_place(&t->address->place, text);
		json_array_append_new(list, json_pack("{ss ss sb}", "of", "address", "place", text,
						      "holds", t->address_holds));
	}
	if (t->mac) {
		cv_trace_place(&t->mac->place, text);
		json_array_append_new(list, json_pack("{ss ss sb}", "of", "mac", "place", text,
						      "holds", t->mac_holds));
	}
	return list;
}

static void add_limit(json_t *list, const char *of, const struct cv_limit *limit)
{
	char text[CV_TRACE_TEXT];

	if (!limit)
		return;
	cv_trace_limit(limit, text);
	json_array_append_new(list, json_pack("{ss ss}", "of", of, "limit", text));
}

static json_t *limits(const struct cv_trace *t)
{
	json_t *list = json_array();

	add_limit(list, "sender", t->limit);
	add_limit(list, "shared", t->meter ? &t->meter->limit : NULL);
	add_limit(list, "port", t->port_meter ? &t->port_meter->limit : NULL);
	return list;
}

json_t *cv_trace_json(const struct cv_trace *t)
{
	const struct cv_gen_port *ports = cv_generation_at(t->gen, t->gen->ports);
	char flow[160], in[CV_TRACE_TEXT], out[CV_TRACE_TEXT];

	cv_report_flow(&t->packet, flow);
	cv_trace_zone(t->gen, t->context->zone_in, in);
	cv_trace_zone(t->gen, t->context->zone_out, out);
	return json_pack("{ss so si ss ss so so so so so so ss}", "packet", flow, "port",
			 t->port < t->gen->ports.count ? json_string(ports[t->port].name)
						       : json_null(),
			 "vlan", (int)t->packet.vlan, "zone_in", in, "zone_out", out, "source",
			 end(t, &t->src), "destination", end(t, &t->dst), "bindings", bindings(t),
			 "look_ups", probes(t), "rule", rule(t, t->rule), "limits", limits(t),
			 "decided_by", cv_trace_step_name(t->step));
}
