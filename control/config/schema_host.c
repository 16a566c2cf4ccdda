/* SPDX-License-Identifier: Apache-2.0 */
/* The schema of the machine around Culvert: `network`, `time`, `login`, `users`, `update`. */
#include "control/config/schema.h"
#include "control/config/schema_rows.h"

#define DHCP_NAME(id, name, networkd) name,
static const char *const dhcp_choices[] = {CV_DHCPS(DHCP_NAME) NULL};
static const char *const ssh_choices[] = {"auto", "off", NULL};

static const struct cv_field address_fields[] = {
	{.name = "address",
	 .type = CV_FIELD_HOST_ADDRESS,
	 AT(struct cv_config_address, address),
	 .help = "Address of the interface and the length of its network."},
};

#define INTERFACE(member) AT(struct cv_config_interface, member)
static const struct cv_field interface_fields[] = {
	{.name = "name",
	 .type = CV_FIELD_NAME,
	 INTERFACE(name),
	 .help = "Name of the interface; `eth0` is the appliance's first card."},
	{.name = "dhcp",
	 .type = CV_FIELD_CHOICE,
	 INTERFACE(dhcp),
	 .choices = dhcp_choices,
	 .fallback = "off",
	 .help = "Ask the network for addresses, beside those that stand here."},
	{.name = "addresses",
	 .max = 8,
	 FIELDS(address_fields),
	 LIST_OF(struct cv_config_interface, struct cv_config_address, addresses, n_addresses),
	 .help = "Addresses that it has in any case."},
	{.name = "gateway",
	 .type = CV_FIELD_ADDRESS,
	 INTERFACE(gateway),
	 .fallback = "none",
	 .word = "none",
	 .help = "IPv4 router to everywhere else. While a changed configuration waits to be "
		 "confirmed it must be there, where `management.contact` names nobody "
		 "([node.md](node.md))."},
	{.name = "gateway6",
	 .type = CV_FIELD_ADDRESS,
	 INTERFACE(gateway6),
	 .fallback = "none",
	 .word = "none",
	 .help = "The same for IPv6; without it routers that announce themselves are taken."},
};

static const struct cv_field dns_fields[] = {
	{.name = "address",
	 .type = CV_FIELD_ADDRESS,
	 AT(struct cv_config_address, address),
	 .takes = "an address such as 10.1.0.7 or \"fd00:1::7\"",
	 .help = "Address of the name server."},
};

const struct cv_field cv_network_fields[CV_NETWORK_FIELDS] = {
	{.name = "interfaces",
	 .max = 16,
	 FIELDS(interface_fields),
	 LIST_OF(struct cv_config, struct cv_config_interface, host.interfaces, host.n_interfaces),
	 .help = "Interfaces that get addresses from this file. Those that are not here stay as "
		 "the image has them: `eth0` asks by DHCP, ports have no address."},
	{.name = "dns",
	 .max = 4,
	 FIELDS(dns_fields),
	 LIST_OF(struct cv_config, struct cv_config_address, host.dns, host.n_dns),
	 .help = "Name servers; without any those that DHCP names."},
};

static const struct cv_field time_server_fields[] = {
	{.name = "server",
	 .type = CV_FIELD_TEXT,
	 AT(struct cv_config_time_server, server),
	 .help = "Name or address of an NTP server."},
	{.name = "nts",
	 .type = CV_FIELD_BOOL,
	 AT(struct cv_config_time_server, nts),
	 .fallback = "false",
	 .help = "`true`: its answers are authenticated (RFC 8915)."},
};

const struct cv_field cv_time_fields[CV_TIME_FIELDS] = {
	{.name = "servers",
	 .max = 8,
	 FIELDS(time_server_fields),
	 LIST_OF(struct cv_config, struct cv_config_time_server, host.time_servers,
		 host.n_time_servers),
	 .help = "Whom chrony asks; without any Debian's pool."},
};

const struct cv_field cv_login_fields[CV_LOGIN_FIELDS] = {
	{.name = "ssh",
	 .type = CV_FIELD_CHOICE,
	 CONFIG(host.ssh),
	 .choices = ssh_choices,
	 .fallback = "auto",
	 .help = "`auto`: the SSH server runs where somebody has a key. `off`: it does not run."},
};

static const struct cv_field ssh_key_fields[] = {
	{.name = "key",
	 .type = CV_FIELD_TEXT,
	 AT(struct cv_config_ssh_key, key),
	 .help = "Public key as ssh-keygen writes it: `ssh-ed25519 AAAA... comment`."},
};

const struct cv_field cv_user_fields[CV_USER_FIELDS] = {
	{.name = "name",
	 .type = CV_FIELD_NAME,
	 AT(struct cv_config_user, name),
	 .help = "Who it is; $CULVERT_USER of the session says it."},
	{.name = "keys",
	 .max = 8,
	 FIELDS(ssh_key_fields),
	 LIST_OF(struct cv_config_user, struct cv_config_ssh_key, keys, n_keys),
	 .help = "Keys that log in, as root: a node has one account. There are no passwords."},
};

#define UPDATE(member) CONFIG(host.update.member)
const struct cv_field cv_update_fields[CV_UPDATE_FIELDS] = {
	{.name = "url",
	 .type = CV_FIELD_TEXT,
	 UPDATE(url),
	 .fallback = "",
	 .help = "Directory of the fleet, `https://HOST/PATH`; without it nobody is asked."},
	{.name = "keys",
	 .type = CV_FIELD_PATH,
	 UPDATE(keys),
	 .fallback = "update/fleet.pub",
	 .help = "Public key that may sign the fleet's index (as minisign writes it), or a "
		 "directory of them; relative to this file. Nobody else may write to it."},
	{.name = "ca",
	 .type = CV_FIELD_TEXT,
	 UPDATE(ca),
	 .fallback = "",
	 .help = "Authorities of the server's certificate, PEM; without it the system's."},
	{.name = "cert",
	 .type = CV_FIELD_TEXT,
	 UPDATE(cert),
	 .fallback = "",
	 .help = "Certificate that the node shows to the server, PEM."},
	{.name = "key",
	 .type = CV_FIELD_TEXT,
	 UPDATE(key),
	 .fallback = "",
	 .help = "Its private key, PEM; for its owner to read only."},
	{.name = "window",
	 .type = CV_FIELD_WINDOW,
	 UPDATE(window),
	 .fallback = "any",
	 .help = "Time of day, UTC, in which the node may install and restart."},
};
