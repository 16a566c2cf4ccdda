/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The worker's verdict on hostile frames. Input: eight bytes of seed for a structured frame and a
 * policy, then patches of three bytes (offset, value) on the frame; or, with an odd first byte, the
 * frame as it is. Beyond not reading outside the frame: offsets are ordered and inside it, the
 * verdict is a listed one, and the same frame gets the same verdict again.
 */
#include <stdlib.h>
#include <string.h>

#include "dataplane/policy/policy_table.h"
#include "tests/verdict/generate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition)
{
	if (!condition)
		abort();
}

static void check(const struct cv_frame *f)
{
	const struct cv_packet *p = &f->packet;
	uint32_t action = CV_VERDICT_ACTION(f->verdict), reason = CV_VERDICT_REASON(f->verdict);

	must(action < CV_ACTION_COUNT && reason < CV_REASON_COUNT);
	must((f->verdict >> 16) == 0);
	must((action == CV_ACTION_DROP) == (reason >= CV_REASON_DENY_RULE));
	if (action == CV_ACTION_DROP || !p->family)
		return;
	must(p->l3_off < p->l4_off && p->l4_off <= p->l3_end && p->l3_end <= f->len);
	must(p->vlans <= 2 && p->fragment <= CV_FRAG_LATER);
	must(p->fragment != CV_FRAG_LATER || (!p->sport && !p->dport));
}

static void judge_twice(struct cv_policy_table *t, const uint8_t *frame, uint32_t len)
{
	uint8_t *copy = malloc(len ? len : 1);
	struct cv_frame twice[2];

	must(copy != NULL);
	memcpy(copy, frame, len);
	memset(twice, 0, sizeof(twice));
	twice[0].data = twice[1].data = copy;
	twice[0].len = twice[1].len = len;
	cv_policy_judge(t, NULL, twice, 2, 1000);
	check(&twice[0]);
	must(twice[0].verdict == twice[1].verdict && twice[0].rule == twice[1].rule);
	must(!memcmp(&twice[0].packet, &twice[1].packet, sizeof(twice[0].packet)));
	free(copy);
}

static struct cv_policy_table *table(void)
{
	static struct cv_policy_table *t;
	struct cv_random r = {1};
	struct cv_generation *g;

	if (t)
		return t;
	g = cv_generate_policy(&r, 1);
	must(g && !cv_policy_table_create(g, NULL, &t));
	free(g);
	return t;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t frame[CV_GENERATE_MAX];
	struct cv_random r = {0};
	uint32_t len;

	if (size < sizeof(r.state) || data[0] & 1) {
		judge_twice(table(), data, (uint32_t)size);
		return 0;
	}
	memcpy(&r.state, data, sizeof(r.state));
	len = cv_generate_frame(&r, frame);
	for (size_t i = sizeof(r.state); i + 3 <= size && len; i += 3)
		frame[(data[i] << 8 | data[i + 1]) % len] = data[i + 2];
	judge_twice(table(), frame, len);
	return 0;
}
