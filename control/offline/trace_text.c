/* SPDX-License-Identifier: Apache-2.0 */
/* Parts of a policy in words. */
#include <arpa/inet.h>
#include <inttypes.h>
#include <string.h>

#include "control/config/address.h"
#include "control/config/units.h"
#include "control/offline/tally.h"
#include "control/offline/trace.h"

#define STEP_NAME(id, name) name,
static const char *const step_names[] = {CV_TRACE_STEPS(STEP_NAME)};

const char *cv_trace_step_name(enum cv_trace_step step)
{
	return step < CV_TRACE_STEP_COUNT ? step_names[step] : "?";
}

static void show_name(const struct cv_generation *gen, struct cv_gen_section names, uint32_t number,
		      const char *none, char *text)
{
	const struct cv_gen_name *list = cv_generation_at(gen, names);

	if (number == 0)
		snprintf(text, CV_TRACE_TEXT, "%s", none);
	else if (number <= names.count && list[number - 1].text[0])
		snprintf(text, CV_TRACE_TEXT, "%s", list[number - 1].text);
	else
		snprintf(text, CV_TRACE_TEXT, "number %" PRIu32, number);
}

void cv_trace_group(const struct cv_generation *gen, uint16_t class_id, char *text)
{
	show_name(gen, gen->groups, class_id, "any", text);
}

void cv_trace_zone(const struct cv_generation *gen, uint8_t zone, char *text)
{
	show_name(gen, gen->zones, zone, "no zone", text);
}

void cv_trace_rule_text(const struct cv_generation *gen, const struct cv_rule *rule, char *text)
{
	const struct cv_gen_name *name = cv_tally_rule_name(gen, rule->index);
	int n = snprintf(text, CV_TRACE_TEXT, "%" PRIu32, rule->id);

	if (name->text[0] && name->text[0] != '?')
		n += snprintf(text + n, CV_TRACE_TEXT - (size_t)n, " %s", name->text);
	if (name->line)
		snprintf(text + n, CV_TRACE_TEXT - (size_t)n, " (line %" PRIu32 ")", name->line);
}

void cv_trace_service(const struct cv_rule_key *key, char *text)
{
	static const char *const names[] = {
		[IPPROTO_ICMP] = "icmp",
		[IPPROTO_TCP] = "tcp",
		[IPPROTO_UDP] = "udp",
		[IPPROTO_ICMPV6] = "icmpv6",
	};
	bool named = key->ip_proto < sizeof(names) / sizeof(names[0]) && names[key->ip_proto];
	uint32_t match = CV_KEY_KIND(key->match);
	char proto[16];

	snprintf(proto, sizeof(proto), "ip/%u", key->ip_proto);
	if (named)
		snprintf(proto, sizeof(proto), "%s", names[key->ip_proto]);
	if (match == CV_MATCH_DPORT)
		snprintf(text, CV_TRACE_TEXT, "%s/%u", proto, ntohs(key->port));
	else if (match == CV_MATCH_SPORT)
		snprintf(text, CV_TRACE_TEXT, "answers of %s/%u", proto, ntohs(key->port));
	else if (match == CV_MATCH_FRAGMENT)
		snprintf(text, CV_TRACE_TEXT, "later fragments of %s", proto);
	else
		snprintf(text, CV_TRACE_TEXT, "%s", key->ip_proto ? proto : "any service");
}

/* Per second, minute or hour, whichever gives a whole part. */
static int show_rate(double per_second, const char *thing, char *text, size_t size)
{
	const char *period = "s";

	if (per_second < 1) {
		per_second *= 60;
		period = "min";
	}
	if (per_second < 1) {
		per_second *= 60;
		period = "h";
	}
	return snprintf(text, size, "%.6g %s/%s", per_second, thing, period);
}

void cv_trace_limit(const struct cv_limit *limit, char *text)
{
	char burst[CV_UNITS_TEXT_MAX];
	int n = 0;

	text[0] = 0;
	/* Costs are rounded to parts of a nanosecond: six digits are what was written. */
	if (limit->cost_packet)
		n = show_rate(64e9 / (double)limit->cost_packet, "packets", text, CV_TRACE_TEXT);
	if (limit->cost_byte16) {
		n += snprintf(text + n, CV_TRACE_TEXT - (size_t)n, "%s", n ? " and " : "");
		n += show_rate(65536e9 / (double)limit->cost_byte16, "bytes", text + n,
			       CV_TRACE_TEXT - (size_t)n);
	}
	cv_units_show_duration(limit->burst >> 6, burst);
	snprintf(text + n, CV_TRACE_TEXT - (size_t)n, ", burst %s", burst);
}

void cv_trace_prefix(const struct cv_gen_prefix *p, char *text)
{
	struct cv_prefix shown = {.family = p->family, .len = p->len};
	char prefix[CV_PREFIX_TEXT_MAX];

	memcpy(shown.addr, p->addr, sizeof(shown.addr));
	cv_prefix_show(&shown, prefix);
	snprintf(text, CV_TRACE_TEXT, "%s", prefix);
}

void cv_trace_mac(uint64_t mac, char *text)
{
	snprintf(text, CV_TRACE_TEXT, "%02x:%02x:%02x:%02x:%02x:%02x", (unsigned)(mac & 0xff),
		 (unsigned)(mac >> 8 & 0xff), (unsigned)(mac >> 16 & 0xff),
		 (unsigned)(mac >> 24 & 0xff), (unsigned)(mac >> 32 & 0xff),
		 (unsigned)(mac >> 40 & 0xff));
}

/* Bits of a mask that are one from the top. */
static uint8_t mask_len(const __u64 mask[2])
{
	uint8_t bytes[16], len = 0;

	memcpy(bytes, mask, sizeof(bytes));
	while (len < 128 && bytes[len / 8] & (0x80u >> len % 8))
		len++;
	return len;
}

void cv_trace_place(const struct cv_binding *place, char *text)
{
	char part[CV_TRACE_TEXT];
	int n = 0;

	text[0] = 0;
	if (place->flags & CV_BIND_MAC) {
		cv_trace_mac(place->mac, part);
		n += snprintf(text, CV_TRACE_TEXT, "MAC %s", part);
	}
	if (place->flags & CV_BIND_VLAN) {
		if (place->vlan)
			snprintf(part, sizeof(part), "VLAN %u", place->vlan);
		else
			snprintf(part, sizeof(part), "no VLAN");
		n += snprintf(text + n, CV_TRACE_TEXT - (size_t)n, "%s%s", n ? ", " : "", part);
	}
	if (place->flags & CV_BIND_PREFIX) {
		struct cv_gen_prefix p = {.family = place->family, .len = mask_len(place->mask)};

		memcpy(p.addr, place->addr, sizeof(p.addr));
		cv_trace_prefix(&p, part);
		snprintf(text + n, CV_TRACE_TEXT - (size_t)n, "%s%s", n ? ", " : "", part);
	}
}
