/* SPDX-License-Identifier: Apache-2.0 */
/* The policy of the benches (traffic.h) as an nftables table at an interface's ingress. */
#ifndef CV_PATH_NFT_H
#define CV_PATH_NFT_H

#include <stdint.h>

#include "dataplane/policy/generation.h"

/**
 * Load it, in this network namespace, in the form that is cheapest for nftables: one look-up for
 * the sender's class, one for the server, one for the rule in a hash with a counter for each, and a
 * set with each sender's limit. What is allowed is forwarded without a look at routes.
 *
 * @return 0 or negative errno; nft has said why on stderr.
 */
int path_nft_load(const struct cv_generation *g, const char *in, const char *out);

/** Frames by rule index. @param hits TRAFFIC_RULES + 1. @return 0 or negative errno. */
int path_nft_hits(uint64_t *hits);

#endif
