/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One rule, as the kernel runs it: load into register 1, compare, count, decide. The forms are those
 * that nft(8) writes, so that `nft list table inet culvert` reads like what a person would have
 * written.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h> /* libnftnl/expr.h lacks it */
#include <libnftnl/expr.h>
#include <libnftnl/udata.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <net/if.h>
#include <string.h>

#include "control/nft/nft_private.h"

void cv_nft_rule_begin(struct cv_nft_rule *r, struct cv_nft_batch *b, enum cv_nft_chain chain)
{
	*r = (struct cv_nft_rule){.batch = b, .rule = nftnl_rule_alloc()};
	if (!r->rule) {
		cv_nft_batch_fail(b);
		return;
	}
	nftnl_rule_set_u32(r->rule, NFTNL_RULE_FAMILY, NFPROTO_INET);
	nftnl_rule_set_str(r->rule, NFTNL_RULE_TABLE, CV_NFT_TABLE);
	nftnl_rule_set_str(r->rule, NFTNL_RULE_CHAIN, cv_nft_chain_name(chain));
}

/* The next expression; NULL = no memory. It belongs to the rule at once. */
static struct nftnl_expr *next(struct cv_nft_rule *r, const char *name)
{
	struct nftnl_expr *e = r->rule ? nftnl_expr_alloc(name) : NULL;

	if (e)
		nftnl_rule_add_expr(r->rule, e);
	else
		cv_nft_batch_fail(r->batch);
	return e;
}

static void load_meta(struct cv_nft_rule *r, uint32_t key)
{
	struct nftnl_expr *e = next(r, "meta");

	if (!e)
		return;
	nftnl_expr_set_u32(e, NFTNL_EXPR_META_KEY, key);
	nftnl_expr_set_u32(e, NFTNL_EXPR_META_DREG, NFT_REG_1);
}

static void load_payload(struct cv_nft_rule *r, uint32_t base, uint32_t offset, uint32_t len)
{
	struct nftnl_expr *e = next(r, "payload");

	if (!e)
		return;
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_BASE, base);
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_OFFSET, offset);
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_LEN, len);
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_DREG, NFT_REG_1);
}

static void compare(struct cv_nft_rule *r, uint32_t op, const void *data, uint32_t len)
{
	struct nftnl_expr *e = next(r, "cmp");

	if (!e)
		return;
	nftnl_expr_set_u32(e, NFTNL_EXPR_CMP_SREG, NFT_REG_1);
	nftnl_expr_set_u32(e, NFTNL_EXPR_CMP_OP, op);
	nftnl_expr_set(e, NFTNL_EXPR_CMP_DATA, data, len);
}

static void mask(struct cv_nft_rule *r, const void *bits, uint32_t len)
{
	static const uint8_t zero[16];
	struct nftnl_expr *e = next(r, "bitwise");

	if (!e)
		return;
	nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_SREG, NFT_REG_1);
	nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_DREG, NFT_REG_1);
	nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_LEN, len);
	nftnl_expr_set(e, NFTNL_EXPR_BITWISE_MASK, bits, len);
	nftnl_expr_set(e, NFTNL_EXPR_BITWISE_XOR, zero, len);
}

void cv_nft_rule_family(struct cv_nft_rule *r, uint8_t nfproto)
{
	load_meta(r, NFT_META_NFPROTO);
	compare(r, NFT_CMP_EQ, &nfproto, 1);
}

void cv_nft_rule_protocol(struct cv_nft_rule *r, uint8_t ip_proto)
{
	load_meta(r, NFT_META_L4PROTO);
	compare(r, NFT_CMP_EQ, &ip_proto, 1);
}

void cv_nft_rule_interface(struct cv_nft_rule *r, const char *name, bool whole)
{
	char padded[IFNAMSIZ] = "";
	size_t len = strnlen(name, sizeof(padded) - 1);

	memcpy(padded, name, len);
	load_meta(r, NFT_META_IIFNAME);
	compare(r, NFT_CMP_EQ, padded, whole ? (uint32_t)sizeof(padded) : (uint32_t)len);
}

void cv_nft_rule_address(struct cv_nft_rule *r, const struct cv_prefix *prefix, bool source)
{
	bool v4 = prefix->family == 4;
	uint32_t len = v4 ? 4 : 16, offset = v4 ? (source ? 12 : 16) : (source ? 8 : 24);
	uint8_t bits[16] = {0};

	if (!prefix->family)
		return;
	cv_nft_rule_family(r, v4 ? NFPROTO_IPV4 : NFPROTO_IPV6);
	if (prefix->len == 0)
		return;
	load_payload(r, NFT_PAYLOAD_NETWORK_HEADER, offset, len);
	for (unsigned int i = 0; i < prefix->len; i++)
		bits[i / 8] |= (uint8_t)(0x80 >> (i % 8));
	if (!cv_prefix_is_address(prefix))
		mask(r, bits, len);
	compare(r, NFT_CMP_EQ, prefix->addr, len);
}

void cv_nft_rule_port(struct cv_nft_rule *r, uint16_t port)
{
	uint16_t wire = htons(port);

	load_payload(r, NFT_PAYLOAD_TRANSPORT_HEADER, 2, sizeof(wire));
	compare(r, NFT_CMP_EQ, &wire, sizeof(wire));
}

void cv_nft_rule_byte(struct cv_nft_rule *r, uint32_t base, uint32_t offset, uint8_t from,
		      uint8_t to)
{
	load_payload(r, base, offset, 1);
	compare(r, from == to ? NFT_CMP_EQ : NFT_CMP_GTE, &from, 1);
	if (from != to)
		compare(r, NFT_CMP_LTE, &to, 1);
}

void cv_nft_rule_sender(struct cv_nft_rule *r, enum cv_quarantine_kind kind)
{
	static const uint16_t ethernet = 1; /* ARPHRD_ETHER, host order */
	struct nftnl_expr *e;

	if (kind == CV_QUARANTINE_MAC) {
		load_meta(r, NFT_META_IIFTYPE);
		compare(r, NFT_CMP_EQ, &ethernet, sizeof(ethernet));
		load_payload(r, NFT_PAYLOAD_LL_HEADER, 6, 6);
	} else if (kind == CV_QUARANTINE_IPV4) {
		cv_nft_rule_family(r, NFPROTO_IPV4);
		load_payload(r, NFT_PAYLOAD_NETWORK_HEADER, 12, 4);
	} else {
		cv_nft_rule_family(r, NFPROTO_IPV6);
		load_payload(r, NFT_PAYLOAD_NETWORK_HEADER, 8, 16);
	}
	e = next(r, "lookup");
	if (!e)
		return;
	nftnl_expr_set_u32(e, NFTNL_EXPR_LOOKUP_SREG, NFT_REG_1);
	nftnl_expr_set_str(e, NFTNL_EXPR_LOOKUP_SET, cv_nft_set_name(kind));
}

void cv_nft_rule_established(struct cv_nft_rule *r)
{
	static const uint32_t states =
		NF_CT_STATE_BIT(IP_CT_ESTABLISHED) | NF_CT_STATE_BIT(IP_CT_RELATED);
	static const uint32_t none;
	struct nftnl_expr *e = next(r, "ct");

	if (!e)
		return;
	nftnl_expr_set_u32(e, NFTNL_EXPR_CT_KEY, NFT_CT_STATE);
	nftnl_expr_set_u32(e, NFTNL_EXPR_CT_DREG, NFT_REG_1);
	mask(r, &states, sizeof(states));
	compare(r, NFT_CMP_NEQ, &none, sizeof(none));
}

void cv_nft_rule_count(struct cv_nft_rule *r, enum cv_nft_counter counter)
{
	struct nftnl_expr *e = next(r, "objref");

	if (!e)
		return;
	nftnl_expr_set_u32(e, NFTNL_EXPR_OBJREF_IMM_TYPE, NFT_OBJECT_COUNTER);
	nftnl_expr_set_str(e, NFTNL_EXPR_OBJREF_IMM_NAME, cv_nft_counter_name(counter));
}

void cv_nft_rule_verdict(struct cv_nft_rule *r, uint32_t verdict)
{
	struct nftnl_expr *e = next(r, "immediate");

	if (!e)
		return;
	nftnl_expr_set_u32(e, NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
	nftnl_expr_set_u32(e, NFTNL_EXPR_IMM_VERDICT, verdict);
}

static void set_comment(struct cv_nft_rule *r, const char *comment)
{
	struct nftnl_udata_buf *buf = nftnl_udata_buf_alloc(NFT_USERDATA_MAXLEN);

	if (!buf) {
		cv_nft_batch_fail(r->batch);
		return;
	}
	nftnl_udata_put_strz(buf, NFTNL_UDATA_RULE_COMMENT, comment);
	nftnl_rule_set_data(r->rule, NFTNL_RULE_USERDATA, nftnl_udata_buf_data(buf),
			    nftnl_udata_buf_len(buf));
	nftnl_udata_buf_free(buf);
}

void cv_nft_rule_end(struct cv_nft_rule *r, const char *comment)
{
	struct nlmsghdr *h;

	if (!r->rule)
		return;
	if (comment)
		set_comment(r, comment);
	h = cv_nft_batch_add(r->batch, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);
	if (h)
		nftnl_rule_nlmsg_build_payload(h, r->rule);
	nftnl_rule_free(r->rule);
	r->rule = NULL;
}
