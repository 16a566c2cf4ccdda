/* SPDX-License-Identifier: Apache-2.0 */
/* What the settings of the machine around Culvert must be to each other. */
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "control/config/schema.h"

/* Longest blob of a key: RSA of 16384 bits has 2 KiB in 1024 characters at most. */
#define BLOB_MAX 1024

/* Of sshd(8), AUTHORIZED_KEYS FILE FORMAT, but for DSA. */
static const char *const key_types[] = {
	"ssh-ed25519",
	"ssh-rsa",
	"ecdsa-sha2-nistp256",
	"ecdsa-sha2-nistp384",
	"ecdsa-sha2-nistp521",
	"sk-ssh-ed25519@openssh.com",
	"sk-ecdsa-sha2-nistp256@openssh.com",
};

bool cv_config_window_has(const struct cv_config_window *w, int64_t seconds)
{
	int64_t minute = (seconds % 86400 + 86400) % 86400 / 60;

	if (w->from == w->to)
		return true;
	if (w->from < w->to)
		return minute >= w->from && minute < w->to;
	return minute >= w->from || minute < w->to;
}

static bool is_in(const struct cv_prefix *network, const struct cv_prefix *address)
{
	uint8_t mask[16];

	if (network->family != address->family)
		return false;
	cv_prefix_mask(network, mask);
	for (size_t i = 0; i < sizeof(mask); i++)
		if ((network->addr[i] ^ address->addr[i]) & mask[i])
			return false;
	return true;
}

static void check_gateway(struct cv_list_check *c, const struct cv_config_interface *i,
			  const char *key, const struct cv_prefix *gateway, uint8_t family)
{
	bool reached = i->dhcp != CV_DHCP_OFF;
	char text[160], at[CV_PREFIX_TEXT_MAX];

	if (!gateway->family)
		return;
	cv_prefix_show(gateway, at);
	if (gateway->family != family) {
		snprintf(text, sizeof(text), "%s: %s is an IPv%u address", key, at,
			 gateway->family);
		cv_list_wrong(c, key, family == 4 ? "gateway6 is for IPv6" : "gateway is for IPv4",
			      text);
		return;
	}
	/* RFC 4291: link-local addresses are in reach of every interface. */
	if (family == 6 && gateway->addr[0] == 0xfe && (gateway->addr[1] & 0xc0) == 0x80)
		return;
	for (size_t k = 0; k < i->n_addresses && !reached; k++)
		reached = is_in(&i->addresses[k].address, gateway);
	if (reached)
		return;
	snprintf(text, sizeof(text), "%s: %s is in none of the networks of %s", key, at, i->name);
	cv_list_wrong(c, key, "a router must be in reach: look at the address and its length",
		      text);
}

static void check_interface(struct cv_list_check *c, const struct cv_config_interface *all)
{
	const struct cv_config_interface *i = &all[c->n];
	char text[128];

	for (size_t k = 0; k < c->n; k++) {
		if (strcmp(all[k].name, i->name) != 0)
			continue;
		snprintf(text, sizeof(text), "interface \"%s\" is described at line %u already",
			 i->name, all[k].line);
		cv_list_wrong(c, "name", NULL, text);
	}
	if (i->dhcp == CV_DHCP_OFF && i->n_addresses == 0)
		cv_list_wrong(c, "name", "addresses: [ { address: 10.9.0.2/24 } ]",
			      "this interface has neither dhcp nor addresses");
	check_gateway(c, i, "gateway", &i->gateway, 4);
	check_gateway(c, i, "gateway6", &i->gateway6, 6);
}

static void check_dns(struct cv_list_check *c, const struct cv_config_address *all)
{
	if (!all[c->n].address.family)
		cv_list_wrong(c, "address", NULL, "\"any\" is no name server");
}

/* What chrony reads as a name, and nothing that it reads as more. */
static void check_time_server(struct cv_list_check *c, const struct cv_config_time_server *all)
{
	static const char safe[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.:-_";

	if (strspn(all[c->n].server, safe) != strlen(all[c->n].server))
		cv_list_wrong(c, "server", "server: ntp.example",
			      "this is no name and no address of a server");
}

/* "TYPE BASE64[ COMMENT]", the type once more within (RFC 4253, 6.6): no options before it, which
 * would run programs. */
static bool key_is_good(const char *text)
{
	size_t type_len = strcspn(text, " "), n = 0, len;
	const char *base64 = text + type_len + (text[type_len] == ' '), *end;
	unsigned char blob[BLOB_MAX];

	while (n < sizeof(key_types) / sizeof(key_types[0]) &&
	       (strlen(key_types[n]) != type_len || strncmp(key_types[n], text, type_len) != 0))
		n++;
	if (n == sizeof(key_types) / sizeof(key_types[0]) ||
	    sodium_base642bin(blob, sizeof(blob), base64, strcspn(base64, " "), NULL, &len, &end,
			      sodium_base64_VARIANT_ORIGINAL) != 0 ||
	    (*end && *end != ' '))
		return false;
	return len > 4 + type_len && blob[0] == 0 && blob[1] == 0 && blob[2] == 0 &&
	       blob[3] == type_len && memcmp(blob + 4, text, type_len) == 0;
}

static void check_user(struct cv_list_check *c, const struct cv_config_user *all)
{
	const struct cv_config_user *u = &all[c->n];
	char text[128];

	for (size_t k = 0; k < c->n; k++) {
		if (strcmp(all[k].name, u->name) != 0)
			continue;
		snprintf(text, sizeof(text), "user \"%s\" is described at line %u already", u->name,
			 all[k].line);
		cv_list_wrong(c, "name", NULL, text);
	}
	for (size_t k = 0; k < u->n_keys; k++) {
		const struct cv_config_ssh_key *key = &u->keys[k];

		if (key_is_good(key->key))
			continue;
		cv_diagnostics_add(
			c->diag, CV_SEVERITY_ERROR,
			(struct cv_place){c->config->path, key->line, key->column},
			"one line of a .pub file, as it is: key: \"ssh-ed25519 AAAA... comment\"",
			"users[%s]: this is no public key of SSH", u->name);
		c->error = -EINVAL;
	}
}

static int check_update(const struct cv_config *config, const struct cv_yaml *map,
			struct cv_diagnostics *diag)
{
	const struct cv_config_update *u = &config->host.update;
	const struct cv_yaml *url = cv_yaml_get(map, "url");
	int error = 0;

	if (*u->url && (strncmp(u->url, "https://", 8) != 0 || !u->url[8] || u->url[8] == '/' ||
			strpbrk(u->url, " \"\\?#@<>^`{}|"))) {
		cv_diagnostics_add(diag, CV_SEVERITY_ERROR,
				   cv_yaml_place(config->path, url ? url : map),
				   "url: https://fleet.example/culvert",
				   "update.url: this is no https:// address of a directory");
		error = -EINVAL;
	}
	if (!*u->cert != !*u->key) {
		cv_diagnostics_add(diag, CV_SEVERITY_ERROR, cv_yaml_place(config->path, map), NULL,
				   "update.cert and update.key go together");
		error = -EINVAL;
	}
	return error;
}

/* @param path the list, keys of maps; then its elements' check. */
#define CHECK_LIST(node, count, elements, check)                                                   \
	for (struct cv_list_check c = {.config = config, .diag = diag, .list = (node)};            \
	     c.n < (count); c.n++) {                                                               \
		check(&c, elements);                                                               \
		if (c.error < 0)                                                                   \
			error = c.error;                                                           \
	}

int cv_config_check_host(const struct cv_config *config, const struct cv_yaml *root,
			 struct cv_diagnostics *diag)
{
	const struct cv_config_host *h = &config->host;
	const struct cv_yaml *network = cv_yaml_get(root, "network");
	int error = check_update(config, cv_yaml_get(root, "update"), diag);

	CHECK_LIST(cv_yaml_get(network, "interfaces"), h->n_interfaces, h->interfaces,
		   check_interface)
	CHECK_LIST(cv_yaml_get(network, "dns"), h->n_dns, h->dns, check_dns)
	CHECK_LIST(cv_yaml_get(cv_yaml_get(root, "time"), "servers"), h->n_time_servers,
		   h->time_servers, check_time_server)
	CHECK_LIST(cv_yaml_get(root, "users"), h->n_users, h->users, check_user)
	return error;
}
