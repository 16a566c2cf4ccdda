/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "control/offline/device.h"

static struct cv_rule_key key_of(const struct cv_device_row *r)
{
	return (struct cv_rule_key){
		.port = r->port, .ip_proto = r->ip_proto, .match = CV_KEY_MATCH(r->match, 0)};
}

static const struct cv_limit *limit_of(const struct cv_rule *rule)
{
	return rule->flags & CV_RULE_POLICE ? &rule->limit : NULL;
}

static void write_row(const struct cv_device_view *v, const struct cv_device_row *r, FILE *out)
{
	struct cv_rule_key key = key_of(r);
	char service[CV_TRACE_TEXT], other[CV_TRACE_TEXT], rule[CV_TRACE_TEXT];
	char limit[CV_TRACE_TEXT];

	cv_trace_service(&key, service);
	cv_trace_group(v->gen, r->other, other);
	cv_trace_rule_text(v->gen, r->rule, rule);
	fprintf(out, "  %-22s %-4s %-20s %s by rule %s", service, r->to_it ? "from" : "to", other,
		r->rule->action == CV_ACTION_DROP ? "drop" : "allow", rule);
	if (limit_of(r->rule)) {
		cv_trace_limit(limit_of(r->rule), limit);
		fprintf(out, ", %s", limit);
	}
	fputc('\n', out);
	cv_trace_app(v->gen, r->rule->app, "      ", out);
}

static void write_direction(const struct cv_device_view *v, uint8_t context, bool to_it, FILE *out)
{
	static const char *const unknown[] = {
		[CV_UNKNOWN_DROP] = "it is in no group: dropped before every rule",
		[CV_UNKNOWN_LIMIT] = "it is in no group: the zone's limit for such holds",
		[CV_UNKNOWN_LEARN] = "it is in no group: it is remembered",
	};
	const struct cv_context *c = &v->gen->policy.contexts[context];
	bool all = false; /* a rule decides what no other does */

	fprintf(out, "%s\n", to_it ? "may reach it" : "may send");
	if (!to_it && !v->class_id && c->unknown < CV_UNKNOWN_COUNT && unknown[c->unknown])
		fprintf(out, "  %s\n", unknown[c->unknown]);
	for (size_t i = 0; i < v->n; i++) {
		const struct cv_device_row *r = &v->rows[i];

		if (r->context != context || r->to_it != to_it)
			continue;
		write_row(v, r, out);
		all = all || (r->match == CV_MATCH_ANY_PORT && !r->ip_proto && !r->other);
	}
	if (all)
		return;
	fprintf(out, "  %-22s %-4s %-20s %s by default\n", "anything else", to_it ? "from" : "to",
		"any", c->ip_action == CV_ACTION_DROP ? "drop" : "allow");
}

void cv_device_view_write(const struct cv_device_view *v, const char *device, FILE *out)
{
	const struct cv_gen_binding *const bound[] = {v->address, v->mac};
	char text[CV_TRACE_TEXT], in[CV_TRACE_TEXT], away[CV_TRACE_TEXT];

	cv_trace_group(v->gen, v->class_id, text);
	fprintf(out, "%s: %s%s", device, v->class_id ? "group " : "in no group",
		v->class_id ? text : "");
	if (v->prefix) {
		cv_trace_prefix(v->prefix, text);
		fprintf(out, ", by %s", text);
	} else if (v->class_id) {
		fputs(", by its MAC address", out);
	}
	fputc('\n', out);
	for (int i = 0; i < 2; i++) {
		if (!bound[i])
			continue;
		cv_trace_place(&bound[i]->place, text);
		fprintf(out, "its %s is bound to %s\n", i ? "MAC address" : "address", text);
	}
	for (uint8_t n = 0; n < CV_CONTEXTS_MAX; n++) {
		const struct cv_context *c = &v->gen->policy.contexts[n];

		if (!(v->contexts >> n & 1))
			continue;
		if (c->zone_in || c->zone_out) {
			cv_trace_zone(v->gen, c->zone_in, in);
			cv_trace_zone(v->gen, c->zone_out, away);
			fprintf(out, "\nfrom zone %s to zone %s\n", in, away);
		}
		write_direction(v, n, false, out);
		write_direction(v, n, true, out);
	}
}

static json_t *row_json(const struct cv_device_view *v, const struct cv_device_row *r)
{
	struct cv_rule_key key = key_of(r);
	char service[CV_TRACE_TEXT], other[CV_TRACE_TEXT], limit[CV_TRACE_TEXT] = "";

	cv_trace_service(&key, service);
	cv_trace_group(v->gen, r->other, other);
	if (limit_of(r->rule))
		cv_trace_limit(limit_of(r->rule), limit);
	return json_pack("{ss ss ss sI so so}", "service", service, r->to_it ? "from" : "to", other,
			 "action", r->rule->action == CV_ACTION_DROP ? "drop" : "allow", "rule",
			 (json_int_t)r->rule->id, "limit",
			 limit[0] ? json_string(limit) : json_null(), "messages",
			 cv_trace_app_json(v->gen, r->rule->app));
}

static json_t *rows_json(const struct cv_device_view *v, uint8_t context, bool to_it)
{
	json_t *list = json_array();

	for (size_t i = 0; i < v->n; i++) {
		if (v->rows[i].context == context && v->rows[i].to_it == to_it)
			json_array_append_new(list, row_json(v, &v->rows[i]));
	}
	return list;
}

json_t *cv_device_view_json(const struct cv_device_view *v, const char *device)
{
	char group[CV_TRACE_TEXT], in[CV_TRACE_TEXT], away[CV_TRACE_TEXT];
	json_t *places = json_array();

	for (uint8_t n = 0; n < CV_CONTEXTS_MAX; n++) {
		const struct cv_context *c = &v->gen->policy.contexts[n];

		if (!(v->contexts >> n & 1))
			continue;
		cv_trace_zone(v->gen, c->zone_in, in);
		cv_trace_zone(v->gen, c->zone_out, away);
		json_array_append_new(
			places,
			json_pack("{ss ss ss so so}", "zone_in", in, "zone_out", away, "default",
				  c->ip_action == CV_ACTION_DROP ? "drop" : "allow", "may_send",
				  rows_json(v, n, false), "may_reach_it", rows_json(v, n, true)));
	}
	cv_trace_group(v->gen, v->class_id, group);
	return json_pack("{ss so so}", "device", device, "group",
			 v->class_id ? json_string(group) : json_null(), "places", places);
}
