/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one address may take of the API before anybody there is known: connections at a time, and
 * connections and requests without credential a second. Who shows one has limits of its own. Bounded
 * memory however many addresses there are: those beyond it share one place. One thread (control's loop).
 */
#ifndef CV_HTTP_PEERS_H
#define CV_HTTP_PEERS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/** Connections beyond the limit that an address is told so, before the next are closed unheard. */
#define CV_PEER_TOLD 4

struct cv_peers;
struct cv_peer;

struct cv_peer_limits {
	uint32_t connections; /* at a time, 0 = any number */
	uint32_t requests; /* a second, and as many at once; 0 = any number */
};

/** What becomes of a connection. */
enum cv_peer_verdict { CV_PEER_FINE, CV_PEER_CONNECTIONS, CV_PEER_REQUESTS };

/** @return 0 or negative errno. */
int cv_peers_create(const struct cv_peer_limits *limits, struct cv_peers **ret);
/** NULL is fine. */
void cv_peers_destroy(struct cv_peers *p);

/** From now on. */
void cv_peers_limit(struct cv_peers *p, const struct cv_peer_limits *limits);

/**
 * One connection more, to be given back with cv_peers_leave().
 *
 * @param from IPv4; of IPv6 the first 64 bits count, which is what one place is given.
 * @param now_ns monotonic.
 * @param ret_verdict whether it may be served, or why it is refused.
 * @return NULL: not even that it is refused is told.
 */
struct cv_peer *cv_peers_join(struct cv_peers *p, const struct sockaddr_storage *from,
			      uint64_t now_ns, enum cv_peer_verdict *ret_verdict);
/** @param peer NULL is fine. */
void cv_peers_leave(struct cv_peer *peer);

/** One request without credential. @return false: too many. @param peer NULL is fine. */
bool cv_peers_request(const struct cv_peers *p, struct cv_peer *peer, uint64_t now_ns);

/** Addresses that have connections. */
unsigned int cv_peers_count(const struct cv_peers *p);

#endif
