/* SPDX-License-Identifier: Apache-2.0 */
#include "control/subscriber/http_peers.h"

#include <errno.h>
#include <netinet/in.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define SECOND_NS UINT64_C(1000000000)
#define PLACES 16384u /* power of two; 512 KiB */
#define PROBES 16u

struct cv_peer {
	uint8_t address[16];
	uint64_t next_ns; /* GCRA: theoretical arrival time, monotonic */
	uint32_t connections; /* open now */
	uint32_t used; /* the address is somebody's */
};

struct cv_peers {
	struct cv_peer_limits limits;
	uint8_t key[crypto_shorthash_KEYBYTES]; /* so that nobody picks addresses of one place */
	struct cv_peer others; /* all for whom there is no place */
	struct cv_peer place[PLACES];
};

int cv_peers_create(const struct cv_peer_limits *limits, struct cv_peers **ret)
{
	struct cv_peers *p;

	if (sodium_init() < 0)
		return -EIO;
	p = calloc(1, sizeof(*p));
	if (!p)
		return -ENOMEM;
	p->limits = *limits;
	randombytes_buf(p->key, sizeof(p->key));
	*ret = p;
	return 0;
}

void cv_peers_destroy(struct cv_peers *p)
{
	free(p);
}

void cv_peers_limit(struct cv_peers *p, const struct cv_peer_limits *limits)
{
	p->limits = *limits;
}

/* An IPv4 address is the same by an IPv6 socket (RFC 4291 2.5.5.2). */
static void address_of(const struct sockaddr_storage *from, uint8_t ret[16])
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	memset(ret, 0, 16);
	if (from->ss_family == AF_INET) {
		memcpy(ret, mapped, sizeof(mapped));
		memcpy(ret + 12, &((const struct sockaddr_in *)from)->sin_addr, 4);
	} else if (from->ss_family == AF_INET6) {
		const struct in6_addr *in6 = &((const struct sockaddr_in6 *)from)->sin6_addr;

		memcpy(ret, in6, memcmp(in6, mapped, sizeof(mapped)) == 0 ? 16 : 8);
	}
}

/* It owes nothing and holds nothing: to forget it changes nothing. */
static bool is_idle(const struct cv_peer *peer, uint64_t now_ns)
{
	return peer->connections == 0 && peer->next_ns <= now_ns;
}

static struct cv_peer *find(struct cv_peers *p, const uint8_t address[16], uint64_t now_ns)
{
	struct cv_peer *idle = NULL;
	uint64_t hash;

	crypto_shorthash((unsigned char *)&hash, address, 16, p->key);
	for (unsigned int i = 0; i < PROBES; i++) {
		struct cv_peer *at = &p->place[(hash + i) % PLACES];

		if (at->used && memcmp(at->address, address, 16) == 0)
			return at;
		if (!idle && (!at->used || is_idle(at, now_ns)))
			idle = at;
	}
	if (!idle)
		return &p->others;
	*idle = (struct cv_peer){.used = 1};
	memcpy(idle->address, address, 16);
	return idle;
}

/* As many at once as it may have in a second. */
static bool take_turn(const struct cv_peers *p, struct cv_peer *peer, uint64_t now_ns)
{
	uint64_t from = peer->next_ns > now_ns ? peer->next_ns : now_ns, step;

	if (p->limits.requests == 0)
		return true;
	step = SECOND_NS / p->limits.requests;
	if (from - now_ns > SECOND_NS - step)
		return false;
	peer->next_ns = from + step;
	return true;
}

struct cv_peer *cv_peers_join(struct cv_peers *p, const struct sockaddr_storage *from,
			      uint64_t now_ns, enum cv_peer_verdict *ret_verdict)
{
	uint32_t most = p->limits.connections;
	uint8_t address[16];
	struct cv_peer *peer;

	address_of(from, address);
	peer = find(p, address, now_ns);
	*ret_verdict = CV_PEER_FINE;
	if (most != 0 && peer->connections >= most)
		*ret_verdict = CV_PEER_CONNECTIONS;
	else if (!take_turn(p, peer, now_ns))
		*ret_verdict = CV_PEER_REQUESTS;
	/* To be told takes a connection, too; to come too fast is told while few are open. */
	if (*ret_verdict != CV_PEER_FINE &&
	    peer->connections >= (*ret_verdict == CV_PEER_REQUESTS ? 0 : most) + CV_PEER_TOLD)
		return NULL;
	peer->connections++;
	return peer;
}

void cv_peers_leave(struct cv_peer *peer)
{
	if (peer)
		peer->connections--;
}

bool cv_peers_request(const struct cv_peers *p, struct cv_peer *peer, uint64_t now_ns)
{
	return !peer || take_turn(p, peer, now_ns);
}

unsigned int cv_peers_count(const struct cv_peers *p)
{
	unsigned int n = p->others.connections > 0;

	for (unsigned int i = 0; i < PLACES; i++)
		n += p->place[i].connections > 0;
	return n;
}
