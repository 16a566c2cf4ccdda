/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files of control/nft/. */
#ifndef CV_NFT_PRIVATE_H
#define CV_NFT_PRIVATE_H

#include <libmnl/libmnl.h>
#include <libnftnl/rule.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include "control/nft/nft.h"

/*
 * The comment of a table that is ours. The number is the layout: which chains, sets and counters
 * there are. Raise it when they change: a table of another layout is replaced instead of changed.
 */
#define CV_NFT_MARK "culvert host firewall, layout "
#define CV_NFT_LAYOUT 1u
/** Ours decide before the rules of the host, which stand at 0. */
#define CV_NFT_PRIORITY (-10)

struct cv_nft {
	struct mnl_socket *socket;
	uint32_t seq; /* of the request sent last */
};

/** The table of our name, and the number of the ruleset it was seen in. */
struct cv_nft_table {
	enum cv_nft_owner owner;
	uint32_t generation;
	uint64_t handle;
	unsigned int layout;
};

/** Messages that the kernel takes together. Starts as all zeros. */
struct cv_nft_batch {
	char *data;
	size_t size; /* bytes allocated */
	size_t last; /* where the last message begins */
	uint32_t seq; /* of the last message */
	int error; /* -ENOMEM; adding goes on and does nothing */
};

/* ---- batch.c ---- */

/** Begin; the kernel refuses the batch (-ERESTART) if the ruleset is not of @p generation any more. */
void cv_nft_batch_begin(struct cv_nft_batch *b, uint32_t generation);

/** Add a message; its payload is put behind the header returned. NULL: no memory, see b->error. */
struct nlmsghdr *cv_nft_batch_add(struct cv_nft_batch *b, uint16_t type, uint16_t flags);

/** Note that an object for a message could not be made. */
void cv_nft_batch_fail(struct cv_nft_batch *b);

/** Send it. @return 0: all of it is in force; negative errno: nothing of it is. */
int cv_nft_batch_commit(struct cv_nft *nft, struct cv_nft_batch *b);

void cv_nft_batch_free(struct cv_nft_batch *b);

/* ---- query.c ---- */

/**
 * Send a request and hand every answer to @p answer.
 *
 * @param request its sequence number is set here.
 * @return 0 or negative errno.
 */
int cv_nft_query(struct cv_nft *nft, struct nlmsghdr *request, mnl_cb_t answer, void *owner);

/**
 * As cv_nft_query() for a dump, which the kernel breaks off when the ruleset changes below it.
 *
 * @param sum what @p answer gathers, @p size bytes; zeroed before each attempt.
 */
int cv_nft_dump(struct cv_nft *nft, struct nlmsghdr *request, mnl_cb_t answer, void *sum,
		size_t size);

/** Number of the ruleset. @return 0 or negative errno. */
int cv_nft_generation(struct cv_nft *nft, uint32_t *ret);

/** Look at the table of our name. @return 0 or negative errno. */
int cv_nft_look(struct cv_nft *nft, struct cv_nft_table *ret);

/* ---- objects.c: messages of the table, its chains, sets, counters and elements ---- */

void cv_nft_add_table(struct cv_nft_batch *b);
void cv_nft_delete_table(struct cv_nft_batch *b, uint64_t handle);
void cv_nft_add_chains(struct cv_nft_batch *b);
void cv_nft_add_sets(struct cv_nft_batch *b);
void cv_nft_add_counters(struct cv_nft_batch *b);
/** Delete the rules of our chains. */
void cv_nft_flush_rules(struct cv_nft_batch *b);
void cv_nft_flush_elements(struct cv_nft_batch *b);
void cv_nft_add_elements(struct cv_nft_batch *b, const struct cv_quarantine *q);

const char *cv_nft_chain_name(enum cv_nft_chain chain);
const char *cv_nft_set_name(enum cv_quarantine_kind kind);

/* ---- rule.c: a rule, expression by expression ---- */

/** Starts with cv_nft_rule_begin(); nothing needs freeing behind cv_nft_rule_end(). */
struct cv_nft_rule {
	struct cv_nft_batch *batch;
	struct nftnl_rule *rule; /* NULL = no memory */
};

void cv_nft_rule_begin(struct cv_nft_rule *r, struct cv_nft_batch *b, enum cv_nft_chain chain);
/** The packet's family: NFPROTO_IPV4 or NFPROTO_IPV6. */
void cv_nft_rule_family(struct cv_nft_rule *r, uint8_t nfproto);
void cv_nft_rule_protocol(struct cv_nft_rule *r, uint8_t ip_proto);
/** Interface it came by. @param whole false: any interface whose name begins so. */
void cv_nft_rule_interface(struct cv_nft_rule *r, const char *name, bool whole);
/** Source (or destination) in a prefix; family 0 matches all. */
void cv_nft_rule_address(struct cv_nft_rule *r, const struct cv_prefix *prefix, bool source);
/** @param port host order. */
void cv_nft_rule_port(struct cv_nft_rule *r, uint16_t port);
/** A byte of a header in a range. @param base enum nft_payload_bases. */
void cv_nft_rule_byte(struct cv_nft_rule *r, uint32_t base, uint32_t offset, uint8_t from,
		      uint8_t to);
/** The sender is in the set. */
void cv_nft_rule_sender(struct cv_nft_rule *r, enum cv_quarantine_kind kind);
void cv_nft_rule_established(struct cv_nft_rule *r);
void cv_nft_rule_count(struct cv_nft_rule *r, enum cv_nft_counter counter);
/** @param verdict NF_ACCEPT or NF_DROP. */
void cv_nft_rule_verdict(struct cv_nft_rule *r, uint32_t verdict);
/** Put it into the batch. @param comment shown by nft, NULL = none. */
void cv_nft_rule_end(struct cv_nft_rule *r, const char *comment);

/* ---- rules.c ---- */

/** All rules of both chains, in order. */
void cv_nft_add_rules(struct cv_nft_batch *b, const struct cv_nft_rules *rules);

#endif
