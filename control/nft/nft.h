/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The host's firewall: one table of our own in the kernel's nftables, `inet culvert`. It is put in
 * place, changed and removed by one batch each, which the kernel takes as a whole or not at all:
 * whoever is killed in between leaves a whole ruleset. The table carries a comment that says it is
 * ours; a table of that name without it is somebody else's and is not touched, nor is any other.
 *
 * One thread per handle; every call is finished when it returns. Large quarantine lists take time:
 * about 1 us per element.
 */
#ifndef CV_NFT_H
#define CV_NFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "control/config/config.h"
#include "control/nft/quarantine.h"

#define CV_NFT_TABLE "culvert"

enum cv_nft_chain { CV_NFT_INPUT, CV_NFT_FORWARD, CV_NFT_CHAINS };

/*
 * Counters of the table: (id, name, chain, is it the chain's total, meaning). A packet that comes to
 * a chain is counted in the chain's total and in exactly one of the chain's others.
 */
#define CV_NFT_COUNTERS(X)                                                                         \
	X(INPUT, "input", INPUT, true, "packets for the node")                                     \
	X(LOOPBACK, "loopback", INPUT, false, "from the node itself")                              \
	X(MANAGEMENT, "management", INPUT, false, "accepted: firewall.management")                 \
	X(NEIGHBOUR, "neighbour", INPUT, false, "accepted: IPv6 neighbour discovery")              \
	X(QUARANTINED, "quarantined", INPUT, false, "dropped: the sender is in quarantine")        \
	X(ESTABLISHED, "established", INPUT, false, "accepted: of a connection there is")          \
	X(SENSOR_PORT, "sensor-port", INPUT, false, "dropped: XDP passed them by mistake")         \
	X(ESSENTIAL, "essential", INPUT, false, "accepted: echo, router advertisement, DHCPv6")    \
	X(OTHERS_ACCEPTED, "others-accepted", INPUT, false, "accepted: firewall.others")           \
	X(OTHERS_DROPPED, "others-dropped", INPUT, false, "dropped: firewall.others")              \
	X(FORWARD, "forward", FORWARD, true, "packets the host was to route")                      \
	X(FORWARD_QUARANTINED, "forward-quarantined", FORWARD, false,                              \
	  "dropped: the sender is in quarantine")                                                  \
	X(FORWARD_SENSOR_PORT, "forward-sensor-port", FORWARD, false,                              \
	  "dropped: XDP passed them by mistake")                                                   \
	X(FORWARD_OTHERS, "forward-others", FORWARD, false, "left to the host's own rules")

#define CV_NFT_COUNTER_ID(id, name, chain, total, text) CV_NFT_COUNT_##id,
enum cv_nft_counter { CV_NFT_COUNTERS(CV_NFT_COUNTER_ID) CV_NFT_COUNTER_COUNT };

struct cv_nft_count {
	uint64_t packets, bytes;
};

/** What the table says; nothing of it is kept. */
struct cv_nft_rules {
	const struct cv_config_management *management;
	size_t n_management;
	const char *const *sensor_ports; /* interfaces, without VLAN */
	size_t n_sensor_ports;
	bool drop_others;
};

/** What went wrong and what to do about it: one sentence each. Set whenever a call fails. */
struct cv_nft_why {
	char text[320];
};

enum cv_nft_owner { CV_NFT_ABSENT, CV_NFT_OURS, CV_NFT_FOREIGN };

struct cv_nft;

/** Connect to the kernel. @return 0, or negative errno with @p why set. */
int cv_nft_open(struct cv_nft **ret, struct cv_nft_why *why);

/** NULL is fine. */
void cv_nft_close(struct cv_nft *nft);

/** Whose is the table of our name? @return 0, or negative errno with @p why set. */
int cv_nft_owner(struct cv_nft *nft, enum cv_nft_owner *ret, struct cv_nft_why *why);

/**
 * Put the table in place, or change the one that is there to these rules and these elements, in one
 * batch. Counters go on where the table was there already.
 *
 * @return 0; -EEXIST: the table is not ours; another negative errno. @p why is set on failure, and
 *         nothing was changed then.
 */
int cv_nft_apply(struct cv_nft *nft, const struct cv_nft_rules *rules,
		 const struct cv_quarantine *quarantine, struct cv_nft_why *why);

/**
 * Replace the elements of the quarantine sets, in one batch: no packet meets them half filled.
 *
 * @return 0; -ENOENT: there is no table; -EEXIST: it is not ours; another negative errno. @p why is
 *         set on failure, and nothing was changed then.
 */
int cv_nft_replace_quarantine(struct cv_nft *nft, const struct cv_quarantine *quarantine,
			      struct cv_nft_why *why);

/**
 * Remove our table and nothing else.
 *
 * @return 1 removed; 0 there was none; -EEXIST: it is not ours; another negative errno with @p why.
 */
int cv_nft_remove(struct cv_nft *nft, struct cv_nft_why *why);

/**
 * Counters since the table was put in place. They are read one by one: only while nothing moves do
 * the others of a chain add up to its total.
 *
 * @param ret CV_NFT_COUNTER_COUNT elements.
 * @return 0; -ENOENT: there is no table of ours; another negative errno. @p why is set on failure.
 */
int cv_nft_counters(struct cv_nft *nft, struct cv_nft_count *ret, struct cv_nft_why *why);

/**
 * Elements of a set in the kernel.
 *
 * @return 0; -ENOENT: there is no table of ours; another negative errno. @p why is set on failure.
 */
int cv_nft_elements(struct cv_nft *nft, enum cv_quarantine_kind kind, size_t *ret,
		    struct cv_nft_why *why);

/** What a table is told by: a change of its rules by anybody changes it. */
struct cv_nft_print {
	uint32_t generation; /* of all of nftables; the same = nothing was changed anywhere */
	uint64_t
		rules; /* our table's handle and those of its rules; 0 = there is no table of ours */
};

/**
 * Look whether the rules are the ones seen last.
 *
 * @param print brought up to date; the rules are read only when the generation has moved.
 * @return 0 or negative errno with @p why set.
 */
int cv_nft_print(struct cv_nft *nft, struct cv_nft_print *print, struct cv_nft_why *why);

const char *cv_nft_counter_name(enum cv_nft_counter counter);
const char *cv_nft_counter_meaning(enum cv_nft_counter counter);
enum cv_nft_chain cv_nft_counter_chain(enum cv_nft_counter counter);
/** Is it the total of its chain? */
bool cv_nft_counter_is_total(enum cv_nft_counter counter);

#endif
