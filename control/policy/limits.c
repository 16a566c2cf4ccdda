/* SPDX-License-Identifier: Apache-2.0 */
/* Limits as a policy writes them. */
#include "control/policy/parse.h"

#define AT(member)                                                                                 \
	.offset = offsetof(struct cv_policy_limit, member),                                        \
	.size = sizeof(((struct cv_policy_limit *)0)->member)

#define PER_ROW(id, name) name,
static const char *const per_choices[] = {CV_POLICY_PERS(PER_ROW) NULL};

const struct cv_field cv_policy_limit_fields[CV_POLICY_LIMIT_FIELDS] = {
	{.name = "packets",
	 .type = CV_FIELD_PACKET_RATE,
	 AT(packets),
	 .fallback = "",
	 .help = "Frames per second, minute or hour: `100/s`, `10k/s`, `60/min`."},
	{.name = "bytes",
	 .type = CV_FIELD_BYTE_RATE,
	 AT(bytes),
	 .fallback = "",
	 .help = "Bytes of frames per second, minute or hour: `1MB/s`."},
	{.name = "burst",
	 .type = CV_FIELD_DURATION,
	 AT(burst_ns),
	 .fallback = "100ms",
	 .min = 1000,
	 /* CV_COST_MAX in ns << 6 is 1099 s. */
	 .max = 1000000000000,
	 .help = "How far ahead of the rate: after silence so much of it passes at once."},
	{.name = "messages",
	 .type = CV_FIELD_PACKET_RATE,
	 AT(messages),
	 .fallback = "",
	 .help = "Decoded messages per second, minute or hour."},
	{.name = "per",
	 .type = CV_FIELD_CHOICE,
	 AT(per),
	 .choices = per_choices,
	 .fallback = "device",
	 .help = "Whom it is for: each sender, all senders of a group named in `from`, all of the "
		 "rule."},
};

/* Time one frame of the largest size costs, ns: Ethernet, two VLAN tags, 1500 bytes of IP. */
static double frame_cost_ns(const struct cv_policy_limit *limit)
{
	double cost = 0;

	if (limit->packets.amount)
		cost += (double)limit->packets.period_ns / (double)limit->packets.amount;
	if (limit->bytes.amount)
		cost += 1522.0 * (double)limit->bytes.period_ns / (double)limit->bytes.amount;
	return cost;
}

bool cv_policy_check_limit(struct cv_policy_reader *r, const struct cv_yaml *node,
			   const struct cv_policy_limit *limit)
{
	struct cv_place at = cv_yaml_place(r->policy->path, node);
	double cost = frame_cost_ns(limit);
	char least[CV_UNITS_TEXT_MAX];

	if (cost == 0 && !limit->messages.amount) {
		cv_policy_wrong(r, at, NULL, "rate: expected packets, bytes or both");
		return false;
	}
	if (cost > 1e12) {
		cv_policy_wrong(
			r, at, NULL,
			"rate: slower than one full frame in 1000 s, expected a faster one");
		return false;
	}
	/* A frame passes when its cost fits the burst: a shorter one would let nothing pass. */
	if ((double)limit->burst_ns < cost) {
		cv_units_show_duration((uint64_t)(cost / 1e6 + 1) * 1000000, least);
		cv_policy_wrong(r, at, NULL,
				"rate: a full frame does not fit the burst, expected a burst of at "
				"least %s",
				least);
		return false;
	}
	return true;
}
