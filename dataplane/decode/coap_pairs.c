/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/decode/coap_pairs.h"

#include <string.h>

#define SECOND_NS INT64_C(1000000000)
/* EXCHANGE_LIFETIME, RFC 7252 4.8.2: no response can be on its way after that. */
#define EXCHANGE_NS (247 * SECOND_NS)
/* An observed server sends a confirmable notification once a day at least, RFC 7641 4.5. */
#define OBSERVATION_NS ((86400 + 247) * SECOND_NS)

static uint64_t fold(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Three products that do not wait for each other. Never 0, which marks a free place. */
static uint32_t hash_key(const struct cv_coap_key *key)
{
	uint64_t word[6], h;

	memcpy(word, key, sizeof(word));
	h = fold(word[0] ^ 0x9e3779b97f4a7c15ull, word[1] ^ 0xff51afd7ed558ccdull) ^
	    fold(word[2] ^ 0xc4ceb9fe1a85ec53ull, word[3] ^ 0xbf58476d1ce4e5b9ull) ^
	    fold(word[4] ^ 0x94d049bb133111ebull, word[5] ^ 0xd6e8feb86659fd93ull);
	return (uint32_t)(h >> 32 ^ h) | 1;
}

static bool is_multicast(const uint8_t *addr, uint8_t family)
{
	return family == 4 ? addr[0] >> 4 == 0xe : addr[0] == 0xff;
}

static struct cv_coap_key make_key(const struct cv_coap *m, const struct cv_origin *o)
{
	bool request = cv_coap_is_request(m);
	const uint8_t *server = request ? o->dst : o->src;
	struct cv_coap_key key = {
		.client_port = request ? o->sport : o->dport,
		.server_port = request ? o->dport : o->sport,
		.vlan = o->vlan,
		.token_len = m->token_len,
		.transport = (uint8_t)(o->ip_proto | (o->family == 6 ? 0x80 : 0)),
	};

	memcpy(key.client, request ? o->src : o->dst, sizeof(key.client));
	if (!is_multicast(server, o->family))
		memcpy(key.server, server, sizeof(key.server));
	if (m->token_len != 0)
		memcpy(key.token, m->token, m->token_len);
	return key;
}

static uint32_t place(uint32_t hash, uint32_t way)
{
	return ((hash >> 1) + way) & (CV_COAP_PAIRS - 1);
}

static bool same_key(const struct cv_coap_key *a, const struct cv_coap_key *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

/* The entry of this key, or the free one or longest unused one to put it in. */
static uint32_t choose(const struct cv_coap_pairs *pairs, uint32_t hash,
		       const struct cv_coap_key *key)
{
	uint32_t best = place(hash, 0);
	int64_t best_ns = INT64_MAX;

	for (uint32_t way = 0; way < CV_COAP_WAYS; way++) {
		uint32_t i = place(hash, way);
		int64_t used_ns = pairs->tag[i] == 0 ? INT64_MIN : pairs->pair[i].used_ns;

		if (pairs->tag[i] == hash && same_key(&pairs->pair[i].key, key))
			return i;
		if (used_ns < best_ns) {
			best = i;
			best_ns = used_ns;
		}
	}
	return best;
}

void cv_coap_pairs_add(struct cv_coap_pairs *pairs, const struct cv_coap *m,
		       const struct cv_origin *o)
{
	struct cv_coap_key key = make_key(m, o);
	uint32_t hash = hash_key(&key);
	uint32_t i = choose(pairs, hash, &key);
	struct cv_coap_pair *pair = &pairs->pair[i];
	uint16_t path_len = m->path_len;

	pairs->tag[i] = hash;
	pair->key = key;
	pair->used_ns = o->ts_rx_ns;
	/* RFC 7641 2: 0 registers, 1 deregisters. */
	pair->observe = (m->has & CV_COAP_HAS_OBSERVE) && m->observe == 0;
	pair->path_cut = (m->has & CV_COAP_PATH_CUT) || path_len > CV_COAP_PAIR_PATH;
	if (path_len > CV_COAP_PAIR_PATH) {
		path_len = CV_COAP_PAIR_PATH;
		while ((m->path[path_len] & 0xc0) == 0x80) /* not inside a UTF-8 sequence */
			path_len--;
	}
	pair->path_len = path_len;
	memcpy(pair->path, m->path, path_len);
}

static struct cv_coap_pair *lookup(struct cv_coap_pairs *pairs, const struct cv_coap_key *key,
				   int64_t now_ns)
{
	uint32_t hash = hash_key(key);

	for (uint32_t way = 0; way < CV_COAP_WAYS; way++) {
		uint32_t i = place(hash, way);
		struct cv_coap_pair *pair = &pairs->pair[i];
		int64_t life_ns = pair->observe ? OBSERVATION_NS : EXCHANGE_NS;

		if (pairs->tag[i] != hash || !same_key(&pair->key, key))
			continue;
		if (now_ns - pair->used_ns <= life_ns)
			return pair;
		pairs->tag[i] = 0;
		return NULL;
	}
	return NULL;
}

const struct cv_coap_pair *cv_coap_pairs_find(struct cv_coap_pairs *pairs, const struct cv_coap *m,
					      const struct cv_origin *o)
{
	struct cv_coap_key key = make_key(m, o);
	struct cv_coap_pair *pair = lookup(pairs, &key, o->ts_rx_ns);

	if (!pair) { /* the request may have gone to a group, RFC 7252 8.2 */
		memset(key.server, 0, sizeof(key.server));
		pair = lookup(pairs, &key, o->ts_rx_ns);
	}
	if (pair && o->ts_rx_ns > pair->used_ns)
		pair->used_ns = o->ts_rx_ns;
	return pair;
}
