/* SPDX-License-Identifier: Apache-2.0 */
#include "control/nft/nft.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/netlink.h>

#include "control/nft/nft_private.h"

/* Whoever changes nftables at the same time is soon done. */
#define ATTEMPTS 20
#ifndef ERESTART
#define ERESTART 85 /* what the kernel says of a batch for an older ruleset */
#endif

__attribute__((format(printf, 3, 4))) static int fail(struct cv_nft_why *why, int error,
						      const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why->text, sizeof(why->text), format, args);
	va_end(args);
	return error;
}

static int explain(struct cv_nft_why *why, int error)
{
	switch (error) {
	case -EPERM:
	case -EACCES:
		return fail(
			why, error,
			"changing nftables is not allowed here: run as root (CAP_NET_ADMIN), or "
			"set firewall.enabled: false");
	case -EPROTONOSUPPORT:
	case -EAFNOSUPPORT:
	case -EOPNOTSUPP:
		return fail(
			why, error,
			"this kernel has no nf_tables: load the module nf_tables (kernel option "
			"CONFIG_NF_TABLES_INET), or set firewall.enabled: false");
	case -ENOENT:
		return fail(
			why, error,
			"this kernel's nf_tables lacks what the table needs: load nft_ct (kernel "
			"option CONFIG_NFT_CT), or set firewall.enabled: false");
	case -ERESTART:
		return fail(
			why, error,
			"something else goes on changing nftables: find it (nft monitor), or try "
			"again");
	case -ENOMEM:
	case -ENOBUFS:
		return fail(why, error,
			    "no memory for the nftables batch: free some, or quarantine "
			    "fewer devices");
	default:
		return fail(why, error, "the kernel refused the nftables batch (%s)",
			    strerror(-error));
	}
}

static int foreign(struct cv_nft_why *why)
{
	return fail(why, -EEXIST,
		    "the table \"inet " CV_NFT_TABLE
		    "\" in nftables was not made by culvert and is "
		    "left alone: rename or delete it (nft delete table inet " CV_NFT_TABLE
		    "), or set firewall.enabled: false");
}

int cv_nft_open(struct cv_nft **ret, struct cv_nft_why *why)
{
	struct cv_nft *nft = calloc(1, sizeof(*nft));
	int on = 1, r = -ENOMEM;

	if (!nft)
		return explain(why, r);
	nft->socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	if (nft->socket && mnl_socket_bind(nft->socket, 0, MNL_SOCKET_AUTOPID) == 0) {
		/* Refusals then do not carry the message, of up to 64 KiB, that they refuse. */
		mnl_socket_setsockopt(nft->socket, NETLINK_CAP_ACK, &on, sizeof(on));
		*ret = nft;
		return 0;
	}
	r = -errno;
	cv_nft_close(nft);
	return explain(why, r);
}

void cv_nft_close(struct cv_nft *nft)
{
	if (nft && nft->socket)
		mnl_socket_close(nft->socket);
	free(nft);
}

int cv_nft_owner(struct cv_nft *nft, enum cv_nft_owner *ret, struct cv_nft_why *why)
{
	struct cv_nft_table table;
	int r = cv_nft_look(nft, &table);

	if (r < 0)
		return explain(why, r);
	*ret = table.owner;
	return 0;
}

/* ---- changes: look, build a batch for what was seen, commit; again when it has changed ------ */

struct change {
	const struct cv_nft_rules *rules; /* NULL = elements only */
	const struct cv_quarantine *quarantine;
	bool afresh; /* do not build on the table that is there */
};

static void build(struct cv_nft_batch *b, const struct cv_nft_table *table,
		  const struct change *change)
{
	bool fresh = change->rules && (table->owner == CV_NFT_ABSENT || change->afresh ||
				       table->layout != CV_NFT_LAYOUT);

	cv_nft_batch_begin(b, table->generation);
	if (fresh && table->owner == CV_NFT_OURS)
		cv_nft_delete_table(b, table->handle);
	if (fresh) {
		cv_nft_add_table(b);
		cv_nft_add_counters(b);
		cv_nft_add_sets(b);
		cv_nft_add_chains(b);
	} else {
		/*
		 * Chains stay, with their hooks: a packet on its way through a new chain while the
		 * old one goes could meet the rules of neither.
		 */
		cv_nft_flush_elements(b);
		if (change->rules)
			cv_nft_flush_rules(b);
	}
	if (change->rules)
		cv_nft_add_rules(b, change->rules);
	cv_nft_add_elements(b, change->quarantine);
}

/* Does the refusal say that the table is not what its mark says: somebody changed it by hand? */
static bool is_altered(int error)
{
	return error == -ENOENT || error == -EEXIST || error == -EINVAL || error == -EOPNOTSUPP;
}

static int change_table(struct cv_nft *nft, struct change *change, struct cv_nft_why *why)
{
	struct cv_nft_table table;
	int r = -ERESTART;

	for (int i = 0; i < ATTEMPTS && r == -ERESTART; i++) {
		struct cv_nft_batch batch = {0};

		r = cv_nft_look(nft, &table);
		if (r < 0)
			break;
		if (table.owner == CV_NFT_FOREIGN)
			return foreign(why);
		if (!change->rules && table.owner == CV_NFT_ABSENT)
			return fail(why, -ENOENT,
				    "there is no table \"inet " CV_NFT_TABLE
				    "\" in nftables: start "
				    "culvert-control, or run culvert firewall apply");
		build(&batch, &table, change);
		r = cv_nft_batch_commit(nft, &batch);
		cv_nft_batch_free(&batch);
		if (change->rules && !change->afresh && table.owner == CV_NFT_OURS &&
		    is_altered(r)) {
			change->afresh = true;
			r = -ERESTART;
		}
	}
	if (r == -ENOENT && !change->rules)
		return fail(why, r,
			    "the table \"inet " CV_NFT_TABLE "\" in nftables was changed by hand: "
			    "put it right with culvert firewall apply");
	return r < 0 ? explain(why, r) : 0;
}

int cv_nft_apply(struct cv_nft *nft, const struct cv_nft_rules *rules,
		 const struct cv_quarantine *quarantine, struct cv_nft_why *why)
{
	struct change change = {.rules = rules, .quarantine = quarantine};

	return change_table(nft, &change, why);
}

int cv_nft_replace_quarantine(struct cv_nft *nft, const struct cv_quarantine *quarantine,
			      struct cv_nft_why *why)
{
	struct change change = {.quarantine = quarantine};

	return change_table(nft, &change, why);
}

int cv_nft_remove(struct cv_nft *nft, struct cv_nft_why *why)
{
	struct cv_nft_table table;
	int r = -ERESTART;

	for (int i = 0; i < ATTEMPTS && r == -ERESTART; i++) {
		struct cv_nft_batch batch = {0};

		r = cv_nft_look(nft, &table);
		if (r < 0)
			break;
		if (table.owner == CV_NFT_FOREIGN)
			return foreign(why);
		if (table.owner == CV_NFT_ABSENT)
			return 0;
		cv_nft_batch_begin(&batch, table.generation);
		cv_nft_delete_table(&batch, table.handle);
		r = cv_nft_batch_commit(nft, &batch);
		cv_nft_batch_free(&batch);
	}
	return r < 0 ? explain(why, r) : 1;
}
