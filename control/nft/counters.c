/* SPDX-License-Identifier: Apache-2.0 */
/* What the table has counted and what its sets hold. */
#include <errno.h>
#include <libnftnl/object.h>
#include <libnftnl/set.h>
#include <stdio.h>
#include <string.h>

#include "control/nft/nft_private.h"

struct counter_row {
	const char *name, *meaning;
	enum cv_nft_chain chain;
	bool total;
};

#define COUNTER_ROW(id, name, chain, total, text) {name, text, CV_NFT_##chain, total},
static const struct counter_row counters[] = {CV_NFT_COUNTERS(COUNTER_ROW)};

const char *cv_nft_counter_name(enum cv_nft_counter counter)
{
	return counters[counter].name;
}

const char *cv_nft_counter_meaning(enum cv_nft_counter counter)
{
	return counters[counter].meaning;
}

enum cv_nft_chain cv_nft_counter_chain(enum cv_nft_counter counter)
{
	return counters[counter].chain;
}

bool cv_nft_counter_is_total(enum cv_nft_counter counter)
{
	return counters[counter].total;
}

/* What a dump gathers; begins anew when the dump does. */
struct counter_sum {
	struct cv_nft_count counts[CV_NFT_COUNTER_COUNT];
	int error;
};

static int tell(int r, struct cv_nft_why *why)
{
	if (r < 0)
		snprintf(why->text, sizeof(why->text), "cannot read nftables (%s)", strerror(-r));
	return r;
}

/* Is there a table of ours to read from? */
static int find(struct cv_nft *nft, struct cv_nft_why *why)
{
	enum cv_nft_owner owner;
	int r = cv_nft_owner(nft, &owner, why);

	if (r == 0 && owner != CV_NFT_OURS) {
		snprintf(why->text, sizeof(why->text),
			 "there is no table of culvert's in nftables");
		r = -ENOENT;
	}
	return r;
}

static int take_counter(const struct nlmsghdr *h, void *owner)
{
	struct counter_sum *sum = owner;
	struct nftnl_obj *o = nftnl_obj_alloc();
	const char *name = NULL;

	if (!o)
		sum->error = -ENOMEM;
	if (o && nftnl_obj_nlmsg_parse(h, o) == 0)
		name = nftnl_obj_get_str(o, NFTNL_OBJ_NAME);
	for (unsigned int i = 0; name && i < CV_NFT_COUNTER_COUNT; i++) {
		if (strcmp(name, counters[i].name) != 0)
			continue;
		sum->counts[i].packets = nftnl_obj_get_u64(o, NFTNL_OBJ_CTR_PKTS);
		sum->counts[i].bytes = nftnl_obj_get_u64(o, NFTNL_OBJ_CTR_BYTES);
	}
	if (o)
		nftnl_obj_free(o);
	return MNL_CB_OK;
}

int cv_nft_counters(struct cv_nft *nft, struct cv_nft_count *ret, struct cv_nft_why *why)
{
	struct counter_sum sum;
	struct nftnl_obj *o;
	char buffer[1024];
	struct nlmsghdr *h;
	int r = find(nft, why);

	if (r < 0)
		return r;
	o = nftnl_obj_alloc();
	if (!o)
		return tell(-ENOMEM, why);
	nftnl_obj_set_str(o, NFTNL_OBJ_TABLE, CV_NFT_TABLE);
	nftnl_obj_set_u32(o, NFTNL_OBJ_TYPE, NFT_OBJECT_COUNTER);
	h = nftnl_nlmsg_build_hdr(buffer, NFT_MSG_GETOBJ, NFPROTO_INET, NLM_F_DUMP, 0);
	nftnl_obj_nlmsg_build_payload(h, o);
	nftnl_obj_free(o);
	r = cv_nft_dump(nft, h, take_counter, &sum, sizeof(sum));
	if (r == 0)
		r = sum.error;
	if (r == 0)
		memcpy(ret, sum.counts, sizeof(sum.counts));
	return tell(r, why);
}

static int count_elements(const struct nlmsghdr *h, void *owner)
{
	struct nftnl_set *s = nftnl_set_alloc();
	struct nftnl_set_elems_iter *iter = NULL;
	size_t *n = owner;

	if (s && nftnl_set_elems_nlmsg_parse(h, s) == 0)
		iter = nftnl_set_elems_iter_create(s);
	while (iter && nftnl_set_elems_iter_next(iter))
		(*n)++;
	if (iter)
		nftnl_set_elems_iter_destroy(iter);
	if (s)
		nftnl_set_free(s);
	return MNL_CB_OK;
}

int cv_nft_elements(struct cv_nft *nft, enum cv_quarantine_kind kind, size_t *ret,
		    struct cv_nft_why *why)
{
	struct nftnl_set *s;
	char buffer[1024];
	struct nlmsghdr *h;
	int r = find(nft, why);
	size_t n;

	if (r < 0)
		return r;
	s = nftnl_set_alloc();
	if (!s)
		return tell(-ENOMEM, why);
	nftnl_set_set_str(s, NFTNL_SET_TABLE, CV_NFT_TABLE);
	nftnl_set_set_str(s, NFTNL_SET_NAME, cv_nft_set_name(kind));
	h = nftnl_nlmsg_build_hdr(buffer, NFT_MSG_GETSETELEM, NFPROTO_INET, NLM_F_DUMP, 0);
	nftnl_set_elems_nlmsg_build_payload(h, s);
	nftnl_set_free(s);
	r = cv_nft_dump(nft, h, count_elements, &n, sizeof(n));
	if (r == 0)
		*ret = n;
	return tell(r, why);
}

/* ---- have the rules been changed? ----------------------------------------------------------- */

/* FNV-1a, 64 bits, over the eight bytes of a handle: the kernel gives each rule one of its own. */
static uint64_t mix(uint64_t hash, uint64_t handle)
{
	for (int i = 0; i < 8; i++)
		hash = (hash ^ ((handle >> (8 * i)) & 0xff)) * 0x100000001b3ull;
	return hash;
}

static int mix_rule(const struct nlmsghdr *h, void *owner)
{
	struct nftnl_rule *r = nftnl_rule_alloc();
	uint64_t *hash = owner;

	if (r && nftnl_rule_nlmsg_parse(h, r) == 0)
		*hash = mix(*hash, nftnl_rule_get_u64(r, NFTNL_RULE_HANDLE));
	if (r)
		nftnl_rule_free(r);
	return r ? MNL_CB_OK : MNL_CB_ERROR;
}

static int read_rules(struct cv_nft *nft, uint64_t *ret)
{
	struct nftnl_rule *r = nftnl_rule_alloc();
	char buffer[1024];
	struct nlmsghdr *h;

	if (!r)
		return -ENOMEM;
	nftnl_rule_set_str(r, NFTNL_RULE_TABLE, CV_NFT_TABLE);
	h = nftnl_nlmsg_build_hdr(buffer, NFT_MSG_GETRULE, NFPROTO_INET, NLM_F_DUMP, 0);
	nftnl_rule_nlmsg_build_payload(h, r);
	nftnl_rule_free(r);
	return cv_nft_dump(nft, h, mix_rule, ret, sizeof(*ret));
}

int cv_nft_print(struct cv_nft *nft, struct cv_nft_print *print, struct cv_nft_why *why)
{
	struct cv_nft_table table;
	uint32_t generation;
	uint64_t rules = 0;
	int r = cv_nft_generation(nft, &generation);

	if (r < 0 || (print->generation && generation == print->generation))
		return tell(r, why);
	r = cv_nft_look(nft, &table);
	if (r == 0 && table.owner == CV_NFT_OURS)
		r = read_rules(nft, &rules);
	if (r < 0)
		return tell(r, why);
	*print = (struct cv_nft_print){.generation = generation};
	if (table.owner == CV_NFT_OURS)
		print->rules = mix(rules, table.handle);
	return 0;
}
