/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Registered devices by address, and by the location that the server gave them: an update may come
 * from a new address. One set-associative table; a full set gives up the oldest entry.
 */
#include <string.h>

#include "dataplane/decode/coap_lwm2m.h"
#include "dataplane/normalize/emit.h"

#define LIFE_DEFAULT_S 86400 /* 6.2.1, table 6.2.1-1 */
#define LIFE_MAX_S 0x7fffffff
#define SECOND_NS INT64_C(1000000000)

static struct lwm2m_key key_of(const struct cv_origin *o, bool source)
{
	struct lwm2m_key key;

	memset(&key, 0, sizeof(key)); /* compared as bytes */
	key.port = source ? o->sport : o->dport;
	key.vlan = o->vlan;
	key.family = o->family;
	memcpy(key.addr, source ? o->src : o->dst, sizeof(key.addr));
	return key;
}

/* Of the registration below a server's address; false where it is no location that can be kept. */
static bool location_key(struct lwm2m_key *key, const struct cv_origin *o, bool server_is_source,
			 const uint8_t *location, size_t len)
{
	if (len == 0 || len > LWM2M_LOCATION_MAX)
		return false;
	*key = key_of(o, server_is_source);
	key->location_len = (uint8_t)len;
	memcpy(key->location, location, len);
	return true;
}

static uint32_t set_of(const struct lwm2m_key *key)
{
	const uint8_t *bytes = (const uint8_t *)key;
	uint64_t h = 0, word;

	_Static_assert(sizeof(*key) % 2 == 0, "no padding");
	for (size_t at = 0; at < sizeof(*key); at += sizeof(word)) {
		size_t n = sizeof(*key) - at < sizeof(word) ? sizeof(*key) - at : sizeof(word);

		word = 0;
		memcpy(&word, bytes + at, n);
		h = (h ^ word) * 0x9e3779b97f4a7c15ull;
		h ^= h >> 29;
	}
	return (uint32_t)(h >> 32) & (LWM2M_SETS - 1);
}

static struct lwm2m_device *find(const struct lwm2m_devices *t, const struct lwm2m_key *key,
				 int64_t now_ns)
{
	const struct lwm2m_device *set = t->device[set_of(key)];

	for (unsigned int way = 0; way < LWM2M_WAYS; way++) {
		if (set[way].taken && memcmp(&set[way].key, key, sizeof(*key)) == 0 &&
		    now_ns - set[way].used_ns <= (int64_t)set[way].life_s * SECOND_NS)
			return (struct lwm2m_device *)&set[way];
	}
	return NULL;
}

static struct lwm2m_device *put(struct lwm2m_devices *t, const struct lwm2m_key *key,
				const uint8_t *ep, size_t ep_len, uint32_t life_s, int64_t now_ns)
{
	struct lwm2m_device *set = t->device[set_of(key)], *best = &set[0];
	uint8_t copy[LWM2M_EP_MAX];

	memcpy(copy, ep, ep_len);
	for (unsigned int way = 0; way < LWM2M_WAYS; way++) {
		if (set[way].taken && memcmp(&set[way].key, key, sizeof(*key)) == 0) {
			best = &set[way];
			break;
		}
		if (best->taken && (!set[way].taken || set[way].used_ns < best->used_ns))
			best = &set[way];
	}
	best->key = *key;
	best->taken = true;
	t->any = true;
	best->ep_len = (uint8_t)ep_len;
	memcpy(best->ep, copy, ep_len);
	best->life_s = life_s;
	best->used_ns = now_ns;
	return best;
}

static const struct cv_coap_text *query(const struct cv_coap *m, const char *name)
{
	size_t len = strlen(name);

	for (unsigned int i = 0; i < m->queries; i++) {
		if (m->query[i].len > len && memcmp(m->query[i].data, name, len) == 0)
			return &m->query[i];
	}
	return NULL;
}

static uint32_t lifetime(const struct cv_coap *m, uint32_t fallback)
{
	const struct cv_coap_text *lt = query(m, "lt=");
	uint64_t s = 0;

	if (lt == NULL)
		return fallback;
	for (uint32_t i = 3; i < lt->len; i++) {
		if (lt->data[i] < '0' || lt->data[i] > '9' || s > LIFE_MAX_S)
			return fallback;
		s = s * 10 + (lt->data[i] - (unsigned int)'0');
	}
	return s > LIFE_MAX_S ? LIFE_MAX_S : (uint32_t)s;
}

static enum lwm2m_event registration(struct lwm2m_devices *t, const struct cv_coap *m,
				     const struct cv_origin *o, const struct lwm2m_device **ret)
{
	const struct cv_coap_text *ep = query(m, "ep=");
	struct lwm2m_key key = key_of(o, true);

	if (m->code != CV_COAP_POST || ep == NULL || ep->len - 3 > LWM2M_EP_MAX)
		return LWM2M_NOTHING;
	*ret = put(t, &key, ep->data + 3, ep->len - 3, lifetime(m, LIFE_DEFAULT_S), o->ts_rx_ns);
	return LWM2M_REGISTERED;
}

enum lwm2m_event lwm2m_follow_request(struct lwm2m_devices *t, const struct cv_coap *m,
				      const struct cv_origin *o, const struct lwm2m_device **ret)
{
	struct lwm2m_device *device;
	struct lwm2m_key key, address = key_of(o, true);

	if (m->path_len < 2 || memcmp(m->path, "rd", 2) != 0)
		return LWM2M_NOTHING;
	if (m->path_len == 2)
		return registration(t, m, o, ret);
	if (m->path[2] != '/' || !location_key(&key, o, false, m->path + 3, m->path_len - 3u))
		return LWM2M_NOTHING;
	device = find(t, &key, o->ts_rx_ns);
	if (device == NULL) /* its registration was not seen to be answered */
		device = find(t, &address, o->ts_rx_ns);
	if (device == NULL)
		return LWM2M_NOTHING;
	if (m->code == CV_COAP_DELETE) {
		device->taken = false;
		*ret = device;
		device = find(t, &address, o->ts_rx_ns);
		if (device != NULL)
			device->taken = false;
		return LWM2M_GONE;
	}
	if (m->code != CV_COAP_POST && m->code != CV_COAP_PUT)
		return LWM2M_NOTHING;
	device->life_s = lifetime(m, device->life_s);
	device->used_ns = o->ts_rx_ns;
	*ret = put(t, &address, device->ep, device->ep_len, device->life_s, o->ts_rx_ns);
	return LWM2M_UPDATED;
}

void lwm2m_follow_response(struct lwm2m_devices *t, const struct cv_coap *m,
			   const struct cv_origin *o)
{
	struct lwm2m_key key, address = key_of(o, false);
	struct lwm2m_device *device = find(t, &address, o->ts_rx_ns);

	if (device == NULL)
		return;
	if (CV_COAP_CLASS(m->code) == CV_COAP_CLIENT_ERROR) {
		device->taken = false;
		return;
	}
	if (m->code == CV_COAP_CREATED && m->locations == 2 &&
	    location_key(&key, o, true, m->location[1].data, m->location[1].len))
		put(t, &key, device->ep, device->ep_len, device->life_s, o->ts_rx_ns);
}

const struct lwm2m_device *lwm2m_device_of(const struct lwm2m_devices *t, const struct cv_origin *o,
					   bool source)
{
	struct lwm2m_key key = key_of(o, source);

	return find(t, &key, o->ts_rx_ns);
}
