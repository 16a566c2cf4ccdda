/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bindings of a learned policy: what was seen at one place only may be used there only. An address
 * is bound to its MAC address and VLAN, what a device calls itself in a protocol to its address and
 * VLAN. VLANs are a place where the capture has any.
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <string.h>

#include "control/offline/learn_internal.h"
#include "dataplane/decode/decoder.h"

/* ---- what was seen ------------------------------------------------------------------------- */

static bool is_device_mac(const uint8_t mac[6])
{
	static const uint8_t none[6];

	return !(mac[0] & 1) && memcmp(mac, none, sizeof(none)) != 0;
}

void cv_learn_see_host(struct cv_learn *l, uint32_t host, const uint8_t mac[6], uint16_t vlan)
{
	struct cv_learn_host *h = cv_learn_host(l, host);

	if (!(h->seen & CV_LEARN_SEEN)) {
		memcpy(h->mac, mac, sizeof(h->mac));
		h->vlan = vlan;
		h->seen = CV_LEARN_SEEN;
	}
	if (memcmp(h->mac, mac, sizeof(h->mac)) != 0 || !is_device_mac(mac))
		h->seen |= CV_LEARN_MANY_MACS;
	if (h->vlan != vlan)
		h->seen |= CV_LEARN_MANY_VLANS;
}

/* Only what can be written in a policy as it is. */
static bool is_plain(const struct cv_app_fact *fact)
{
	if (fact->unclear || fact->len == 0 || fact->len >= CV_LEARN_TEXT)
		return false;
	for (uint32_t i = 0; i < fact->len; i++) {
		if (fact->text[i] < ' ' || fact->text[i] > '~')
			return false;
	}
	return true;
}

/* Rules say who asks by the edge, flows by who spoke first: where these differ there is no telling
 * where the device will be looked for. */
static bool is_client(const struct cv_learn *l, const struct cv_sighting *at)
{
	const struct cv_learn_host *h;

	if (l->edge == CV_INTERN_NONE)
		return false;
	h = cv_learn_host(l, cv_learn_edge(l, l->edge)->client);
	return h->family == at->family && memcmp(h->addr, at->addr, sizeof(h->addr)) == 0;
}

void cv_learn_see_identity(struct cv_learn *l, const struct cv_judge *judge,
			   const struct cv_app_fact *fact)
{
	const struct cv_sighting *at = &judge->device;
	struct cv_learn_identity *id, key = {.proto = judge->proto};
	uint32_t i;

	if (!is_plain(fact)) {
		l->unnamed++;
		return;
	}
	memcpy(key.text, fact->text, fact->len);
	i = cv_intern_add(&l->identities, &key);
	if (i == CV_INTERN_NONE)
		return;
	id = cv_intern_at(&l->identities, i);
	if (!(id->seen & CV_LEARN_SEEN)) {
		memcpy(id->addr, at->addr, sizeof(id->addr));
		id->family = at->family;
		id->vlan = at->vlan;
		id->seen = CV_LEARN_SEEN;
	}
	if (id->family != at->family || memcmp(id->addr, at->addr, sizeof(id->addr)) != 0 ||
	    !is_client(l, at))
		id->seen |= CV_LEARN_MANY_ADDRESSES;
	if (id->vlan != at->vlan)
		id->seen |= CV_LEARN_MANY_VLANS;
}

/* ---- what is written ----------------------------------------------------------------------- */

struct writer {
	FILE *out;
	bool vlans; /* the capture has some */
	uint64_t written, moving; /* seen at several places */
};

static void begin(struct writer *w)
{
	if (w->written++ == 0)
		fputs("bindings:\n", w->out);
	fputs("  - { ", w->out);
}

static void put_address(const struct writer *w, uint32_t family, const uint8_t *addr)
{
	char text[INET6_ADDRSTRLEN];

	inet_ntop(family == 4 ? AF_INET : AF_INET6, addr, text, sizeof(text));
	fprintf(w->out, family == 4 ? "%s" : "\"%s\"", text);
}

static void write_host(struct writer *w, const struct cv_learn_host *h)
{
	bool mac = !(h->seen & CV_LEARN_MANY_MACS);
	bool vlan = w->vlans && !(h->seen & CV_LEARN_MANY_VLANS);

	if (!(h->seen & CV_LEARN_SEEN) || !h->signature)
		return;
	if (!mac && !vlan) {
		w->moving++;
		return;
	}
	begin(w);
	fputs("identity: ", w->out);
	put_address(w, h->family, h->addr);
	if (mac)
		fprintf(w->out, ", mac: \"%02x:%02x:%02x:%02x:%02x:%02x\"", h->mac[0], h->mac[1],
			h->mac[2], h->mac[3], h->mac[4], h->mac[5]);
	if (vlan)
		fprintf(w->out, ", vlan: %u", h->vlan);
	fputs(" }\n", w->out);
}

static void put_quoted(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', out);
		fputc(*text, out);
	}
	fputc('"', out);
}

static void write_identity(struct writer *w, const struct cv_learn_identity *id)
{
	bool addr = !(id->seen & CV_LEARN_MANY_ADDRESSES);
	bool vlan = w->vlans && !(id->seen & CV_LEARN_MANY_VLANS);

	if (!addr) {
		w->moving++;
		return;
	}
	begin(w);
	fprintf(w->out, "protocol: %s, identity: ", cv_proto_name(id->proto));
	put_quoted(w->out, id->text);
	fputs(", prefix: ", w->out);
	put_address(w, id->family, id->addr);
	if (vlan)
		fprintf(w->out, ", vlan: %u", id->vlan);
	fputs(" }\n", w->out);
}

static bool has_vlans(const struct cv_learn *l)
{
	for (unsigned int id = 1; id < 4096; id++) {
		if (l->vlans[id / 8] >> id % 8 & 1)
			return true;
	}
	return false;
}

void cv_learn_write_bindings(const struct cv_learn *l, FILE *out)
{
	struct writer w = {.out = out, .vlans = has_vlans(l)};

	for (uint32_t i = 0; i < l->hosts.n; i++)
		write_host(&w, cv_learn_host(l, i));
	for (uint32_t i = 0; i < l->identities.n; i++)
		write_identity(&w, cv_intern_at(&l->identities, i));
	if (w.moving)
		fprintf(out,
			"# not bound, seen at several places or at none of its own: %" PRIu64 "\n",
			w.moving);
	if (l->unnamed)
		fprintf(out, "# not bound, no text for a policy: %" PRIu64 " statements\n",
			l->unnamed);
	if (l->identities.refused)
		fprintf(out, "# INCOMPLETE: %" PRIu64 " identities found no room\n",
			l->identities.refused);
}
