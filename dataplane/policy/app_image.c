/* SPDX-License-Identifier: Apache-2.0 */
/* The image of all constraints: identities in their table, then every list in its place. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/policy/app_build_private.h"

/* The table of identities in the making. */
struct table {
	struct cv_app_identity *e;
	uint32_t size; /* places, a power of two */
	uint32_t reach;
	uint64_t seed;
};

static bool same_identity(const struct cv_app_build *b, const struct cv_app_identity *x,
			  const struct cv_app_identity *y)
{
	const uint8_t *texts = b->list[TEXTS].data;

	return x->hash == y->hash && x->proto == y->proto && x->len == y->len &&
	       memcmp(texts + x->text, texts + y->text, x->len) == 0;
}

/* @return 0; -EEXIST it is there with another place; -ENOSPC too far from its home. */
static int put(const struct cv_app_build *b, struct table *t, const struct cv_app_identity *e)
{
	const struct cv_binding *places = (const void *)b->list[PLACES].data;

	for (uint32_t step = 0; step <= CV_APP_REACH_MAX; step++) {
		struct cv_app_identity *at = &t->e[(e->hash + step) & (t->size - 1)];

		if (at->len == 0) {
			*at = *e;
			t->reach = step > t->reach ? step : t->reach;
			return 0;
		}
		if (same_identity(b, at, e))
			return memcmp(&places[at->place], &places[e->place], sizeof(*places)) == 0
				       ? 0
				       : -EEXIST;
	}
	return -ENOSPC;
}

static int fill(const struct cv_app_build *b, struct table *t, struct cv_app_pattern *ret_twice)
{
	const struct cv_app_identity *all = (const void *)b->list[IDENTITIES].data;
	const uint8_t *texts = b->list[TEXTS].data;

	memset(t->e, 0, (size_t)t->size * sizeof(*t->e));
	t->reach = 0;
	for (size_t i = 0; i < b->list[IDENTITIES].count; i++) {
		struct cv_app_identity e = all[i];
		int err;

		e.hash = cv_app_identity_hash(t->seed, e.proto, texts + e.text, e.len);
		err = put(b, t, &e);
		if (err == -EEXIST)
			*ret_twice = (struct cv_app_pattern){e.text, e.len};
		if (err < 0)
			return err;
	}
	return 0;
}

/* At most half full; with another seed, then larger, until none is too far from its home. */
static int hash_identities(const struct cv_app_build *b, struct table *t,
			   struct cv_app_pattern *ret_twice)
{
	size_t n = b->list[IDENTITIES].count;
	int err = n == 0 ? 0 : -ENOSPC;

	for (t->size = n ? 16 : 0; t->size < 2 * n; t->size *= 2)
		;
	for (unsigned int try = 0; err == -ENOSPC && try < 8; try++) {
		struct cv_app_identity *e;

		if (try % 4 == 3 && t->size <= CV_APP_IDENTITIES_MAX)
			t->size *= 2;
		t->seed = (try + 1) * 0xd6e8feb86659fd93ull;
		e = reallocarray(t->e, t->size, sizeof(*t->e));
		if (e == NULL)
			return -ENOMEM;
		t->e = e;
		err = fill(b, t, ret_twice);
	}
	return err == -ENOSPC ? -E2BIG : err;
}

static size_t round8(size_t n)
{
	return (n + 7) & ~(size_t)7;
}

static uint32_t bound_protos(const struct table *t)
{
	uint32_t bound = 0;

	for (uint32_t i = 0; i < t->size; i++)
		bound |= t->e[i].len ? 1u << t->e[i].proto : 0;
	return bound;
}

static int lay_out(struct cv_app_build *b, const struct table *t, struct cv_apps **ret)
{
	struct cv_apps head = {
		.magic = CV_APPS_MAGIC,
		.seed = t->seed,
		.reach = t->reach,
		.meters = b->meters,
		.bound = bound_protos(t),
	};
	struct cv_app_table *tables[TABLES] = {
		&head.apps,   &head.constraints, &head.ranges, &head.patterns,
		&head.places, &head.identities,	 &head.texts,
	};
	size_t at = sizeof(head);
	struct cv_apps *image;

	for (unsigned int i = 0; i < TABLES; i++) {
		size_t count = i == IDENTITIES ? t->size : b->list[i].count;

		*tables[i] = (struct cv_app_table){(uint32_t)at, (uint32_t)count};
		at += round8(count * b->list[i].element);
		if (at > UINT32_MAX)
			return -EFBIG;
	}
	head.size = (uint32_t)at;
	image = calloc(1, at);
	if (image == NULL)
		return -ENOMEM;
	*image = head;
	for (unsigned int i = 0; i < TABLES; i++) {
		const void *from = i == IDENTITIES ? (const void *)t->e : b->list[i].data;

		if (tables[i]->count != 0)
			memcpy((uint8_t *)image + tables[i]->offset, from,
			       tables[i]->count * b->list[i].element);
	}
	*ret = image;
	return 0;
}

int cv_app_build_finish(struct cv_app_build *b, struct cv_apps **ret,
			struct cv_app_pattern *ret_twice)
{
	struct table t = {.e = NULL};
	struct cv_apps *image = NULL;
	int err = hash_identities(b, &t, ret_twice);

	if (err == 0)
		err = lay_out(b, &t, &image);
	if (err == 0)
		err = cv_apps_check(image, image->size);
	free(t.e);
	if (err < 0)
		free(image);
	else
		*ret = image;
	return err;
}
