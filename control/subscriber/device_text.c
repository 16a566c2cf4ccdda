/* SPDX-License-Identifier: Apache-2.0 */
#include "control/subscriber/device_text.h"

#include <string.h>

#include "control/text/text_hash.h"
#include "dataplane/normalize/device_urn.h"

/* Devices of some blocks that subscribers go through one after the other; 256 KiB together. */
#define KEPT 1024u
#define WHO_MAX 48u
#define URN_MAX 190u

/* All that a URN is made of, where it lies in the record: identity or address, and component. */
struct who {
	struct cv_tlv_view main, sub;
	uint16_t kind; /* what main is, and of which protocol or family */
};

struct kept {
	uint16_t kind;
	uint8_t main_len, sub_len; /* both 0 = free */
	uint8_t urn_len;
	uint8_t who[WHO_MAX]; /* main, sub */
	char urn[URN_MAX];
	uint64_t hash;
};

static struct kept kept[KEPT];

static struct who take_who(const struct cv_record *rec)
{
	struct who who;

	cv_record_device(rec, &who.main, &who.sub);
	who.kind = (uint16_t)(1u << 8 | rec->proto);
	if (who.main.len != 0)
		return who;
	who.kind = rec->family;
	if (rec->device_end != CV_DEVICE_END_NONE)
		who.main = (struct cv_tlv_view){rec->device_end == CV_DEVICE_END_SRC ? rec->src
										     : rec->dst,
						sizeof(rec->src)};
	return who;
}

static bool is_kept(const struct kept *k, const struct who *who)
{
	return k->main_len == who->main.len && k->sub_len == who->sub.len && k->kind == who->kind &&
	       memcmp(k->who, who->main.data, who->main.len) == 0 &&
	       (who->sub.len == 0 ||
		memcmp(k->who + who->main.len, who->sub.data, who->sub.len) == 0);
}

static void keep(struct kept *k, const struct who *who, const struct cv_device_text *t)
{
	k->kind = who->kind;
	k->main_len = (uint8_t)who->main.len;
	k->sub_len = (uint8_t)who->sub.len;
	memcpy(k->who, who->main.data, who->main.len);
	if (who->sub.len != 0)
		memcpy(k->who + who->main.len, who->sub.data, who->sub.len);
	k->urn_len = (uint8_t)t->len;
	memcpy(k->urn, t->text, t->len);
	k->hash = t->hash;
}

static struct cv_device_text write_urn(const struct cv_record *rec)
{
	static char urn[CV_DEVICE_URN_MAX];
	struct cv_json j = cv_json(urn, sizeof(urn));
	size_t len;

	if (!cv_device_urn(rec, &j) || j.failed)
		return (struct cv_device_text){0};
	len = (size_t)(j.at - urn);
	return (struct cv_device_text){urn, len, cv_text_hash(0, urn, len)};
}

struct cv_device_text cv_device_text(const struct cv_record *rec)
{
	struct who who = take_who(rec);
	struct cv_device_text t;
	struct kept *k;
	uint64_t h;

	if (who.main.len == 0 || who.main.len + who.sub.len > WHO_MAX)
		return write_urn(rec);
	h = cv_text_hash(who.kind, who.main.data, who.main.len);
	if (who.sub.len != 0)
		h = cv_text_hash(h, who.sub.data, who.sub.len);
	k = &kept[h % KEPT];
	if (is_kept(k, &who))
		return (struct cv_device_text){k->urn, k->urn_len, k->hash};
	t = write_urn(rec);
	if (t.text && t.len <= URN_MAX)
		keep(k, &who, &t);
	return t;
}
