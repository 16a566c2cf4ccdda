/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/decode/judge.h"

#include <string.h>

static void refuse(struct cv_judge *j, enum cv_reason reason, const struct cv_app_fact *f)
{
	size_t len = f->len < CV_JUDGE_TEXT ? f->len : CV_JUDGE_TEXT;

	j->reason = (uint8_t)reason;
	j->kind = f->kind;
	j->table = f->table;
	j->unit = f->unit;
	j->from = f->from;
	j->to = f->to;
	while (len < f->len && len > 0 && (f->text[len] & 0xc0) == 0x80)
		len--; /* not inside a UTF-8 sequence */
	j->cut = len < f->len;
	j->len = (uint32_t)len;
	if (len != 0)
		memcpy(j->text, f->text, len);
}

static bool is_there(const struct cv_binding *b, const struct cv_sighting *s)
{
	if (b->flags & CV_BIND_MAC && b->mac != s->mac)
		return false;
	if (b->flags & CV_BIND_VLAN && b->vlan != s->vlan)
		return false;
	if (!(b->flags & CV_BIND_PREFIX))
		return true;
	return b->family == s->family && (s->addr[0] & b->mask[0]) == b->addr[0] &&
	       (s->addr[1] & b->mask[1]) == b->addr[1];
}

static void judge_identity(struct cv_judge *j, const struct cv_app_fact *f)
{
	bool known_only = j->app != NULL && (j->app->flags & CV_APP_BOUND_ONLY);
	const struct cv_binding *place =
		f->unclear ? NULL : cv_app_place(j->apps, j->proto, f->text, f->len);

	if (place == NULL) {
		if (known_only)
			refuse(j, CV_REASON_APP_DENIED, f);
		return;
	}
	if (!is_there(place, &j->device)) {
		refuse(j, CV_REASON_SPOOF, f);
		return;
	}
	j->who = cv_app_identity_hash(j->apps->seed, j->proto, f->text, f->len) | 1;
}

void cv_judge_fact(struct cv_judge *j, const struct cv_app_fact *fact)
{
	struct cv_app_fact f = *fact;

	if (j->witness != NULL) {
		j->witness(j->witness_arg, j, fact);
		return;
	}
	if (j->reason != 0)
		return;
	if (f.kind == CV_APP_IDENTITY) {
		judge_identity(j, &f);
		return;
	}
	if (j->app == NULL)
		return;
	if (f.kind == CV_APP_MALFORMED) {
		if (!(j->app->flags & CV_APP_MALFORMED_PASS))
			refuse(j, CV_REASON_APP_PROTO, &f);
		return;
	}
	/* A list of its own for the other end, where the rule has one. */
	if (f.kind == CV_APP_TYPE && j->answers && (j->app->closed & 1u << CV_APP_ANSWER))
		f.kind = CV_APP_ANSWER;
	if (!cv_app_allows(j->apps, j->app, &f))
		refuse(j, CV_REASON_APP_DENIED, &f);
}

void cv_judge_type(struct cv_judge *j, uint32_t number)
{
	cv_judge_fact(j, &(struct cv_app_fact){.kind = CV_APP_TYPE, .from = number, .to = number});
}

void cv_judge_malformed(struct cv_judge *j)
{
	cv_judge_fact(j, &(struct cv_app_fact){.kind = CV_APP_MALFORMED});
}
