/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Settings of the machine around Culvert: addresses, time, who may log in, where upgrades come from.
 * Parts of struct cv_config; what acts on them is control/host and control/update.
 */
#ifndef CV_CONFIG_HOST_H
#define CV_CONFIG_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "control/config/address.h"

#define CV_DHCPS(X)                                                                                \
	X(OFF, "off", "no")                                                                        \
	X(IPV4, "ipv4", "ipv4")                                                                    \
	X(IPV6, "ipv6", "ipv6")                                                                    \
	X(BOTH, "both", "yes")
#define CV_DHCP_ROW(id, name, networkd) CV_DHCP_##id,
enum cv_dhcp { CV_DHCPS(CV_DHCP_ROW) CV_DHCP_COUNT };

enum cv_ssh { CV_SSH_AUTO, CV_SSH_OFF };

/** Elements of lists begin with where the file has them. */
struct cv_config_address {
	unsigned int line, column;
	struct cv_prefix address; /* with the length of its network */
};

struct cv_config_interface {
	unsigned int line, column;
	char name[16]; /* IFNAMSIZ */
	uint8_t dhcp; /* enum cv_dhcp */
	struct cv_config_address *addresses;
	size_t n_addresses;
	struct cv_prefix gateway, gateway6; /* family 0 = none */
};

struct cv_config_time_server {
	unsigned int line, column;
	char server[256]; /* name or address */
	bool nts; /* authenticated, RFC 8915 */
};

struct cv_config_ssh_key {
	unsigned int line, column;
	char key[1024]; /* "ssh-ed25519 AAAA... comment" */
};

struct cv_config_user {
	unsigned int line, column;
	char name[32];
	struct cv_config_ssh_key *keys;
	size_t n_keys;
};

/** A time of day, UTC; may lead over midnight. */
struct cv_config_window {
	uint16_t from, to; /* minutes; equal = any time */
};

struct cv_config_update {
	char url[256]; /* of the fleet's directory; "" = nobody is asked */
	char keys[256]; /* who may sign its index; see cv_config_resolve() */
	char ca[256]; /* "" = the system's authorities */
	char cert[256], key[256]; /* whom the node shows itself as; "" = nobody */
	struct cv_config_window window;
};

struct cv_config_host {
	struct cv_config_interface *interfaces;
	size_t n_interfaces;
	struct cv_config_address *dns;
	size_t n_dns;
	struct cv_config_time_server *time_servers;
	size_t n_time_servers;
	uint8_t ssh; /* enum cv_ssh */
	struct cv_config_user *users;
	size_t n_users;
	struct cv_config_update update;
};

/** Is this second of the wall clock within the window? */
bool cv_config_window_has(const struct cv_config_window *window, int64_t seconds);

#endif
