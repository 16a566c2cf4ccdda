/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bindings: an identity may be used at one place only (anti-spoofing). In the file
 *     { identity: 10.1.0.7, mac: "02:00:00:00:00:07", vlan: 100 }
 * and in a list file the same words in a line
 *     10.1.0.7 mac=02:00:00:00:00:07 vlan=100
 * With `protocol: mqtt` it is what a device calls itself in that protocol, else its address.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/policy/parse.h"
#include "decoder_list.h"

#define LINE_MAX_BYTES 256

static bool set_identity(const char *text, struct cv_gen_binding *b)
{
	struct cv_prefix p;
	uint64_t mac;

	if (cv_policy_parse_mac(text, &mac)) {
		b->key = (struct cv_binding_key){.id = {mac}, .kind = CV_BINDING_OF_MAC};
		return true;
	}
	if (cv_prefix_parse(text, &p) < 0 || !cv_prefix_is_address(&p))
		return false;
	b->key = (struct cv_binding_key){.kind = p.family};
	memcpy(b->key.id, p.addr, sizeof(p.addr));
	return true;
}

static bool set_place(const char *key, const char *text, struct cv_binding *place)
{
	struct cv_prefix p;
	uint64_t number;

	if (strcmp(key, "mac") == 0) {
		if (!cv_policy_parse_mac(text, &number))
			return false;
		place->flags |= CV_BIND_MAC;
		place->mac = number;
		return true;
	}
	if (strcmp(key, "vlan") == 0) {
		if (cv_units_integer(text, &number) < 0 || number >= CV_VLANS)
			return false;
		place->flags |= CV_BIND_VLAN;
		place->vlan = (uint16_t)number;
		return true;
	}
	if (strcmp(key, "prefix") != 0 || cv_prefix_parse(text, &p) < 0 ||
	    cv_prefix_has_host_bits(&p))
		return false;
	place->flags |= CV_BIND_PREFIX;
	place->family = p.family;
	memcpy(place->addr, p.addr, sizeof(p.addr));
	cv_prefix_mask(&p, (uint8_t *)place->mask);
	return true;
}

/* What a list of bindings is about: an enum cv_proto, 0 = addresses. */
static void add_identity(struct cv_policy_reader *r, unsigned int proto, const char *id,
			 const struct cv_binding *place, struct cv_policy_place at)
{
	int err = -EINVAL;

	if (!place->flags) {
		cv_policy_wrong(r, cv_policy_place(r->policy, at), NULL,
				"a binding wants a place: mac, vlan or prefix");
		return;
	}
	err = cv_app_build_identity(r->policy->apps, proto, id, strlen(id), place);
	if (err == -ENOMEM)
		r->error = err;
	else if (err < 0)
		cv_policy_wrong(r, cv_policy_place(r->policy, at), NULL, "identity \"%.64s\" is %s",
				id, err == -E2BIG ? "one too many" : "empty or too long");
}

static void add(struct cv_policy_reader *r, const struct cv_gen_binding *binding,
		struct cv_policy_place at)
{
	struct cv_policy *policy = r->policy;

	if (!binding->place.flags) {
		cv_policy_wrong(r, cv_policy_place(policy, at), NULL,
				"a binding wants a place: mac, vlan or prefix");
	} else if (policy->n_bindings >= CV_POLICY_LISTED_MAX) {
		cv_policy_wrong(r, cv_policy_place(policy, at), NULL, "more than %u bindings",
				CV_POLICY_LISTED_MAX);
	} else if (cv_policy_grow(&policy->bindings, policy->n_bindings,
				  sizeof(*policy->bindings)) < 0) {
		r->error = -ENOMEM;
	} else {
		policy->bindings[policy->n_bindings++] =
			(struct cv_policy_binding){.at = at, .binding = *binding};
	}
}

static void wrong_word(struct cv_policy_reader *r, struct cv_place at, const char *what,
		       const char *text)
{
	cv_policy_wrong(r, at, NULL,
			"%s \"%.64s\" is not right, expected identity: an address or MAC address, "
			"and mac, vlan or prefix",
			what, text);
}

static void read_line(struct cv_policy_reader *r, const char *text, struct cv_policy_place at,
		      void *arg)
{
	struct cv_gen_binding b = {0};
	char line[LINE_MAX_BYTES], *rest = line, *word, *id;
	unsigned int proto = *(const unsigned int *)arg;

	if (strlen(text) >= sizeof(line)) {
		cv_policy_wrong(r, cv_policy_place(r->policy, at), NULL,
				"a line longer than %zu bytes", sizeof(line) - 1);
		return;
	}
	strcpy(line, text);
	id = strsep(&rest, " \t");
	if (!proto && !set_identity(id, &b)) {
		wrong_word(r, cv_policy_place(r->policy, at), "identity", id);
		return;
	}
	while ((word = strsep(&rest, " \t"))) {
		char *value = strchr(word, '=');

		if (!*word)
			continue;
		if (value)
			*value++ = '\0';
		if (!value || !set_place(word, value, &b.place)) {
			wrong_word(r, cv_policy_place(r->policy, at), word, value ? value : "");
			return;
		}
	}
	if (proto)
		add_identity(r, proto, id, &b.place, at);
	else
		add(r, &b, at);
}

/* @return false with a finding: not a protocol whose messages say who the device is. */
static bool read_protocol(struct cv_policy_reader *r, const struct cv_yaml *node, unsigned int *ret)
{
#define NAME_ROW(id, name) name,
	static const char *const names[] = {CV_PROTOS(NAME_ROW)};

	*ret = 0;
	if (node == NULL)
		return true;
	for (unsigned int i = 1; i < CV_PROTO_COUNT && node->kind == CV_YAML_SCALAR; i++) {
		if (strcmp(names[i], node->text) == 0 && cv_app_identity_name(i)) {
			*ret = i;
			return true;
		}
	}
	cv_policy_wrong(
		r, cv_yaml_place(r->policy->path, node), NULL,
		"protocol: expected one whose messages name the device, as mqtt and hj212 do");
	return false;
}

static bool read_words(struct cv_policy_reader *r, const struct cv_yaml *node, unsigned int proto,
		       struct cv_gen_binding *b)
{
	for (const struct cv_yaml *c = node->first; c; c = c->next) {
		bool scalar = c->kind == CV_YAML_SCALAR, right = scalar;

		if (strcmp(c->key, "protocol") == 0)
			continue;
		if (strcmp(c->key, "identity") != 0)
			right = scalar && set_place(c->key, c->text, &b->place);
		else if (!proto)
			right = scalar && set_identity(c->text, b);
		if (right)
			continue;
		wrong_word(r, cv_yaml_place(r->policy->path, c), c->key, scalar ? c->text : "");
		return false;
	}
	return true;
}

static void read_binding(struct cv_policy_reader *r, const struct cv_yaml *node)
{
	struct cv_policy_place at = {.line = node->line, .column = (uint16_t)node->column};
	const struct cv_yaml *file = cv_yaml_get(node, "file");
	const struct cv_yaml *protocol = cv_yaml_get(node, "protocol");
	const struct cv_yaml *identity = cv_yaml_get(node, "identity");
	struct cv_gen_binding b = {0};
	unsigned int proto;

	if (node->bad || !read_protocol(r, protocol, &proto))
		return;
	if (file && node->n == 1 + (protocol != NULL)) {
		cv_policy_read_list(r, file, read_line, &proto);
		return;
	}
	if (node->kind != CV_YAML_MAP || !identity) {
		cv_policy_wrong(r, cv_yaml_place(r->policy->path, node),
				"{ identity: 10.1.0.7, mac: \"02:00:00:00:00:07\" }",
				"expected a map with identity and mac, vlan or prefix, or a file");
		return;
	}
	if (!read_words(r, node, proto, &b))
		return;
	if (proto)
		add_identity(r, proto, identity->text, &b.place, at);
	else
		add(r, &b, at);
}

static int by_key(const void *pa, const void *pb)
{
	const struct cv_policy_binding *a = pa, *b = pb;
	int r = cv_gen_binding_order(&a->binding, &b->binding);

	if (r)
		return r;
	if (a->at.file != b->at.file)
		return a->at.file < b->at.file ? -1 : 1;
	return a->at.line < b->at.line ? -1 : a->at.line > b->at.line;
}

static void check_unique(struct cv_policy_reader *r)
{
	struct cv_policy *policy = r->policy;

	if (policy->n_bindings)
		qsort(policy->bindings, policy->n_bindings, sizeof(*policy->bindings), by_key);
	for (size_t i = 1; i < policy->n_bindings; i++) {
		const struct cv_policy_binding *b = &policy->bindings[i];

		if (cv_gen_binding_order(&b[-1].binding, &b->binding) == 0)
			cv_policy_wrong(r, cv_policy_place(policy, b->at), NULL,
					"this identity is bound already, at line %u",
					b[-1].at.line);
	}
}

void cv_policy_read_bindings(struct cv_policy_reader *r, const struct cv_yaml *list)
{
	if (!list || list->bad || (list->kind == CV_YAML_SCALAR && !*list->text && !list->quoted))
		return;
	if (list->kind != CV_YAML_LIST) {
		cv_policy_wrong(r, cv_yaml_place(r->policy->path, list), NULL,
				"bindings: expected a list");
		return;
	}
	for (const struct cv_yaml *c = list->first; c && r->error != -ENOMEM; c = c->next)
		read_binding(r, c);
	if (r->error != -ENOMEM)
		check_unique(r);
}
