/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <libnftnl/chain.h>
#include <libnftnl/object.h>
#include <libnftnl/set.h>
#include <libnftnl/table.h>
#include <libnftnl/udata.h>
#include <stdio.h>

#include "control/nft/nft_private.h"

/* The list is one attribute, whose length has 16 bits; an IPv6 element takes 28 bytes. */
#define ELEMENTS_PER_MESSAGE 1500u

struct set_row {
	const char *name;
	uint32_t key_size, key_type;
};

#define SET_ROW(id, name, bytes, set, type) {set, bytes, type},
static const struct set_row sets[] = {CV_QUARANTINE_KINDS(SET_ROW)};

static const struct {
	const char *name;
	uint32_t hook;
} chains[CV_NFT_CHAINS] = {
	[CV_NFT_INPUT] = {"input", NF_INET_LOCAL_IN},
	[CV_NFT_FORWARD] = {"forward", NF_INET_FORWARD},
};

const char *cv_nft_chain_name(enum cv_nft_chain chain)
{
	return chains[chain].name;
}

const char *cv_nft_set_name(enum cv_quarantine_kind kind)
{
	return sets[kind].name;
}

static struct nftnl_table *make_table(void)
{
	struct nftnl_table *t = nftnl_table_alloc();

	if (!t)
		return NULL;
	nftnl_table_set_u32(t, NFTNL_TABLE_FAMILY, NFPROTO_INET);
	nftnl_table_set_str(t, NFTNL_TABLE_NAME, CV_NFT_TABLE);
	return t;
}

static void put_table(struct cv_nft_batch *b, struct nftnl_table *t, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *h = t ? cv_nft_batch_add(b, type, flags) : NULL;

	if (h)
		nftnl_table_nlmsg_build_payload(h, t);
	if (t)
		nftnl_table_free(t);
	else
		cv_nft_batch_fail(b);
}

void cv_nft_add_table(struct cv_nft_batch *b)
{
	struct nftnl_table *t = make_table();
	struct nftnl_udata_buf *comment = nftnl_udata_buf_alloc(NFT_USERDATA_MAXLEN);
	char text[120];

	snprintf(text, sizeof(text), CV_NFT_MARK "%u; to remove it: culvert firewall remove",
		 CV_NFT_LAYOUT);
	if (t && comment) {
		nftnl_udata_put_strz(comment, NFTNL_UDATA_TABLE_COMMENT, text);
		nftnl_table_set_data(t, NFTNL_TABLE_USERDATA, nftnl_udata_buf_data(comment),
				     nftnl_udata_buf_len(comment));
	} else {
		cv_nft_batch_fail(b);
	}
	put_table(b, t, NFT_MSG_NEWTABLE, NLM_F_CREATE | NLM_F_EXCL);
	if (comment)
		nftnl_udata_buf_free(comment);
}

/* By name and handle: a table that took its place in between is not meant. */
void cv_nft_delete_table(struct cv_nft_batch *b, uint64_t handle)
{
	struct nftnl_table *t = make_table();

	if (t)
		nftnl_table_set_u64(t, NFTNL_TABLE_HANDLE, handle);
	put_table(b, t, NFT_MSG_DELTABLE, 0);
}

static void add_chain(struct cv_nft_batch *b, enum cv_nft_chain chain)
{
	struct nftnl_chain *c = nftnl_chain_alloc();
	struct nlmsghdr *h;

	if (!c) {
		cv_nft_batch_fail(b);
		return;
	}
	nftnl_chain_set_str(c, NFTNL_CHAIN_TABLE, CV_NFT_TABLE);
	nftnl_chain_set_str(c, NFTNL_CHAIN_NAME, chains[chain].name);
	nftnl_chain_set_str(c, NFTNL_CHAIN_TYPE, "filter");
	nftnl_chain_set_u32(c, NFTNL_CHAIN_HOOKNUM, chains[chain].hook);
	nftnl_chain_set_s32(c, NFTNL_CHAIN_PRIO, CV_NFT_PRIORITY);
	/* The last rule decides, and counts: the policy stays what it is when rules change. */
	nftnl_chain_set_u32(c, NFTNL_CHAIN_POLICY, NF_ACCEPT);
	h = cv_nft_batch_add(b, NFT_MSG_NEWCHAIN, NLM_F_CREATE | NLM_F_EXCL);
	if (h)
		nftnl_chain_nlmsg_build_payload(h, c);
	nftnl_chain_free(c);
}

void cv_nft_add_chains(struct cv_nft_batch *b)
{
	for (unsigned int i = 0; i < CV_NFT_CHAINS; i++)
		add_chain(b, (enum cv_nft_chain)i);
}

static struct nftnl_set *make_set(struct cv_nft_batch *b, unsigned int kind)
{
	struct nftnl_set *s = nftnl_set_alloc();

	if (!s) {
		cv_nft_batch_fail(b);
		return NULL;
	}
	nftnl_set_set_str(s, NFTNL_SET_TABLE, CV_NFT_TABLE);
	nftnl_set_set_str(s, NFTNL_SET_NAME, sets[kind].name);
	nftnl_set_set_u32(s, NFTNL_SET_FAMILY, NFPROTO_INET);
	return s;
}

/* Without a size the kernel takes the hash that grows, whose elements can be replaced in place. */
void cv_nft_add_sets(struct cv_nft_batch *b)
{
	for (unsigned int i = 0; i < CV_QUARANTINE_KIND_COUNT; i++) {
		struct nftnl_set *s = make_set(b, i);
		struct nlmsghdr *h =
			s ? cv_nft_batch_add(b, NFT_MSG_NEWSET, NLM_F_CREATE | NLM_F_EXCL) : NULL;

		if (h) {
			nftnl_set_set_u32(s, NFTNL_SET_ID, i + 1);
			nftnl_set_set_u32(s, NFTNL_SET_KEY_TYPE, sets[i].key_type);
			nftnl_set_set_u32(s, NFTNL_SET_KEY_LEN, sets[i].key_size);
			nftnl_set_nlmsg_build_payload(h, s);
		}
		if (s)
			nftnl_set_free(s);
	}
}

void cv_nft_add_counters(struct cv_nft_batch *b)
{
	for (unsigned int i = 0; i < CV_NFT_COUNTER_COUNT; i++) {
		struct nftnl_obj *o = nftnl_obj_alloc();
		struct nlmsghdr *h;

		if (!o) {
			cv_nft_batch_fail(b);
			return;
		}
		nftnl_obj_set_str(o, NFTNL_OBJ_TABLE, CV_NFT_TABLE);
		nftnl_obj_set_str(o, NFTNL_OBJ_NAME, cv_nft_counter_name((enum cv_nft_counter)i));
		nftnl_obj_set_u32(o, NFTNL_OBJ_FAMILY, NFPROTO_INET);
		nftnl_obj_set_u32(o, NFTNL_OBJ_TYPE, NFT_OBJECT_COUNTER);
		nftnl_obj_set_u64(o, NFTNL_OBJ_CTR_PKTS, 0);
		nftnl_obj_set_u64(o, NFTNL_OBJ_CTR_BYTES, 0);
		h = cv_nft_batch_add(b, NFT_MSG_NEWOBJ, NLM_F_CREATE | NLM_F_EXCL);
		if (h)
			nftnl_obj_nlmsg_build_payload(h, o);
		nftnl_obj_free(o);
	}
}

void cv_nft_flush_rules(struct cv_nft_batch *b)
{
	for (unsigned int i = 0; i < CV_NFT_CHAINS; i++) {
		struct nftnl_rule *r = nftnl_rule_alloc();
		struct nlmsghdr *h = r ? cv_nft_batch_add(b, NFT_MSG_DELRULE, 0) : NULL;

		if (!r)
			cv_nft_batch_fail(b);
		if (h) {
			nftnl_rule_set_str(r, NFTNL_RULE_TABLE, CV_NFT_TABLE);
			nftnl_rule_set_str(r, NFTNL_RULE_CHAIN, chains[i].name);
			nftnl_rule_nlmsg_build_payload(h, r);
		}
		if (r)
			nftnl_rule_free(r);
	}
}

/* A list that is not there stands for all elements. */
void cv_nft_flush_elements(struct cv_nft_batch *b)
{
	for (unsigned int i = 0; i < CV_QUARANTINE_KIND_COUNT; i++) {
		struct nftnl_set *s = make_set(b, i);
		struct nlmsghdr *h = s ? cv_nft_batch_add(b, NFT_MSG_DELSETELEM, 0) : NULL;

		if (h)
			nftnl_set_elems_nlmsg_build_payload(h, s);
		if (s)
			nftnl_set_free(s);
	}
}

static void add_some(struct cv_nft_batch *b, const struct cv_quarantine_entry *e, size_t n)
{
	struct nftnl_set *s = make_set(b, e->kind);
	struct nlmsghdr *h;

	for (size_t i = 0; s && i < n; i++) {
		struct nftnl_set_elem *elem = nftnl_set_elem_alloc();

		if (!elem) {
			cv_nft_batch_fail(b);
			break;
		}
		nftnl_set_elem_set(elem, NFTNL_SET_ELEM_KEY, e[i].key, sets[e->kind].key_size);
		nftnl_set_elem_add(s, elem);
	}
	h = s ? cv_nft_batch_add(b, NFT_MSG_NEWSETELEM, NLM_F_CREATE) : NULL;
	if (h)
		nftnl_set_elems_nlmsg_build_payload(h, s);
	if (s)
		nftnl_set_free(s);
}

void cv_nft_add_elements(struct cv_nft_batch *b, const struct cv_quarantine *q)
{
	size_t n;

	for (size_t i = 0; i < q->n && b->error == 0; i += n) {
		const struct cv_quarantine_entry *e = &q->entries[i];

		for (n = 1; n < ELEMENTS_PER_MESSAGE && i + n < q->n && e[n].kind == e->kind; n++)
			;
		add_some(b, e, n);
	}
}
