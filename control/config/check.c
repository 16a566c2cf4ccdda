/* SPDX-License-Identifier: Apache-2.0 */
/* What the settings must be to each other. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/config/schema.h"
#include "control/text/nearest.h"

struct checker {
	struct cv_config *config;
	const struct cv_yaml *root;
	struct cv_diagnostics *diag;
	int error;
};

struct cv_place cv_config_place(const struct cv_config *config, const struct cv_yaml *list,
				size_t n, const char *key)
{
	const struct cv_yaml *item = list ? list->first : NULL, *node;

	while (item && n--)
		item = item->next;
	if (!item)
		return (struct cv_place){.file = config->path};
	node = cv_yaml_get(item, key);
	return cv_yaml_place(config->path, node ? node : item);
}

void cv_list_wrong(struct cv_list_check *c, const char *key, const char *hint, const char *text)
{
	cv_diagnostics_add(c->diag, CV_SEVERITY_ERROR,
			   cv_config_place(c->config, c->list, c->n, key), hint, "%s", text);
	c->error = -EINVAL;
}

static struct cv_place place_in(const struct checker *c, const struct cv_yaml *list, size_t n,
				const char *key)
{
	return cv_config_place(c->config, list, n, key);
}

static struct cv_place place_of(const struct checker *c, const char *section, const char *key)
{
	const struct cv_yaml *map = cv_yaml_get(c->root, section);
	const struct cv_yaml *node = cv_yaml_get(map, key);

	if (!node)
		node = map ? map : c->root;
	return cv_yaml_place(c->config->path, node);
}

#define wrong(c, place, hint, ...)                                                                 \
	do {                                                                                       \
		cv_diagnostics_add((c)->diag, CV_SEVERITY_ERROR, place, hint, __VA_ARGS__);        \
		(c)->error = -EINVAL;                                                              \
	} while (0)

static void check_peer(struct checker *c, const struct cv_yaml *list, size_t index)
{
	struct cv_config_port *port = &c->config->ports[index];
	struct cv_nearest nearest = cv_nearest_start(port->peer_name);
	char hint[80];

	port->peer = CV_PEER_NONE;
	if (!*port->peer_name)
		return;
	for (size_t i = 0; i < c->config->n_ports; i++) {
		if (i != index)
			cv_nearest_offer(&nearest, c->config->ports[i].name);
		if (strcmp(c->config->ports[i].name, port->peer_name) == 0)
			port->peer = (uint8_t)i;
	}
	snprintf(hint, sizeof(hint), "did you mean \"%s\"?", nearest.best ? nearest.best : "");
	if (port->peer == CV_PEER_NONE)
		wrong(c, place_in(c, list, index, "peer"), nearest.best ? hint : NULL,
		      "peer \"%s\" is not a port of this file", port->peer_name);
	else if (port->peer == index)
		wrong(c, place_in(c, list, index, "peer"), NULL,
		      "port \"%s\" is its own peer, expected another port", port->name);
}

/* A setting of another kind of port. */
static void misplaced(struct checker *c, const struct cv_yaml *list, size_t index, const char *key,
		      const char *kind)
{
	wrong(c, place_in(c, list, index, key), NULL, "\"%s\" is only for %s: ports", key, kind);
}

static void check_kind(struct checker *c, const struct cv_yaml *list, size_t index)
{
	const struct cv_config_port *port = &c->config->ports[index];

	if (port->target.kind != CV_PORT_PCAP && (port->repeat || port->rate_pps))
		misplaced(c, list, index, port->repeat ? "repeat" : "rate", "pcap");
	if (port->target.kind != CV_PORT_PCI && port->iommu != CV_IOMMU_REQUIRED)
		misplaced(c, list, index, "iommu", "pci");
	/* The kernel has no hand in such a port. */
	if (port->target.kind == CV_PORT_PCI && port->on_loss == CV_LOSS_FORWARD)
		wrong(c, place_in(c, list, index, "on_dataplane_loss"),
		      "drop, or an af_xdp: port in its place",
		      "a pci: port forwards nothing without a dataplane");
}

/* Both want the same card, or two places would count towards one limit. */
static void check_two_ports(struct checker *c, const struct cv_yaml *list, size_t index,
			    const struct cv_config_port *other)
{
	const struct cv_config_port *port = &c->config->ports[index];
	const struct cv_config_target *a = &port->target, *b = &other->target;

	if (a->kind == b->kind && a->kind != CV_PORT_PCAP && strcmp(a->text, b->text) == 0)
		wrong(c, place_in(c, list, index, "target"), NULL,
		      "%s \"%s\" is used already at line %u",
		      a->kind == CV_PORT_PCI ? "PCI address" : "interface", a->text, other->line);
	if ((a->kind == CV_PORT_PCI && b->kind == CV_PORT_AF_XDP) ||
	    (a->kind == CV_PORT_AF_XDP && b->kind == CV_PORT_PCI))
		wrong(c, place_in(c, list, index, "target"), "make all ports af_xdp: or all pci:",
		      "port \"%s\" at line %u is of another kind: limits are counted in the kernel "
		      "for af_xdp:, in the dataplane for pci:, never in both",
		      other->name, other->line);
}

static void check_one_port(struct checker *c, const struct cv_yaml *list, size_t index)
{
	const struct cv_config_port *port = &c->config->ports[index];

	for (size_t i = 0; i < index; i++) {
		const struct cv_config_port *other = &c->config->ports[i];

		if (strcmp(other->name, port->name) == 0)
			wrong(c, place_in(c, list, index, "name"), NULL,
			      "port name \"%s\" is taken at line %u", port->name, other->line);
		check_two_ports(c, list, index, other);
	}
	check_kind(c, list, index);
}

static void check_ports(struct checker *c)
{
	const struct cv_yaml *list = cv_yaml_get(c->root, "ports");

	if (c->config->n_ports == 0) {
		wrong(c, cv_yaml_place(c->config->path, list ? list : c->root), NULL,
		      "\"ports\" is missing, expected at least one port");
		return;
	}
	for (size_t i = 0; i < c->config->n_ports; i++) {
		check_one_port(c, list, i);
		check_peer(c, list, i);
	}
	for (size_t i = 0; i < c->config->n_ports; i++) {
		const struct cv_config_port *port = &c->config->ports[i];

		if (port->peer == CV_PEER_NONE || port->peer == i)
			continue;
		if (c->config->ports[port->peer].peer != i)
			wrong(c, place_in(c, list, i, "peer"), NULL,
			      "\"%s\" names \"%s\" as its peer, expected that port to name it back",
			      port->name, port->peer_name);
	}
}

static void check_sockets(struct checker *c)
{
	if (strcmp(c->config->api_socket, c->config->link_socket) == 0)
		wrong(c, place_of(c, "link", "socket"), NULL,
		      "link.socket is the same path as api.socket, expected another");
}

static void check_tls(struct checker *c)
{
	const struct cv_config_tls *tls = &c->config->tls;

	if (tls->listen[0] && (!tls->cert[0] || !tls->key[0]))
		wrong(c, place_of(c, "api", "tls"),
		      "tls: { listen: 0.0.0.0:8443, cert: node.pem, key: node-key.pem }",
		      "api.tls.listen needs api.tls.cert and api.tls.key");
	if (tls->client_required && !tls->client_ca[0])
		wrong(c, place_of(c, "api", "tls"), NULL,
		      "api.tls.client_required needs api.tls.client_ca");
}

static void check_retention(struct checker *c)
{
	const struct cv_yaml *log = cv_yaml_get(c->root, "log");
	const struct cv_yaml *retain = cv_yaml_get(log, "retain");

	for (unsigned int i = 0; i < CV_LANE_COUNT; i++) {
		const struct cv_yaml *lane = cv_yaml_get(retain, cv_lane_name(i));
		const struct cv_yaml *size = cv_yaml_get(lane, "size");
		uint64_t bytes = c->config->retain[i].bytes;

		if (!bytes || bytes >= 2 * c->config->segment_size)
			continue;
		if (!size)
			size = cv_yaml_get(log, "segment_size");
		wrong(c, cv_yaml_place(c->config->path, size ? size : c->root), NULL,
		      "log.retain.%s.size is below two segments of log.segment_size",
		      cv_lane_name(i));
	}
}

static void check_hints(struct checker *c)
{
	const struct cv_yaml *list = cv_yaml_get(cv_yaml_get(c->root, "decode"), "hints");

	for (size_t i = 0; i < c->config->n_hints; i++) {
		const struct cv_config_hint *hint = &c->config->hints[i];

		for (size_t k = 0; k < i; k++) {
			const struct cv_config_hint *other = &c->config->hints[k];

			if (other->service.port == hint->service.port &&
			    other->service.ip_proto == hint->service.ip_proto)
				wrong(c, place_in(c, list, i, "port"), NULL,
				      "this port has a hint already at line %u", other->line);
		}
	}
}

static unsigned int words_of(const struct cv_config_register *reg)
{
	return reg->type >= CV_REG_U32 ? 2 : 1;
}

static int by_address(const void *a, const void *b)
{
	const struct cv_config_register *x = a, *y = b;

	if (x->unit != y->unit)
		return x->unit < y->unit ? -1 : 1;
	if (x->table != y->table)
		return x->table < y->table ? -1 : 1;
	if (x->address != y->address)
		return x->address < y->address ? -1 : 1;
	return x->line < y->line ? -1 : x->line > y->line;
}

static void check_registers(struct checker *c)
{
	struct cv_config_register *regs = c->config->registers;
	size_t n = c->config->n_registers;

	if (n)
		qsort(regs, n, sizeof(*regs), by_address);
	for (size_t i = 0; i < n; i++) {
		struct cv_place at = {c->config->path, regs[i].line, regs[i].column};
		bool bits = regs[i].table == CV_REG_COIL || regs[i].table == CV_REG_DISCRETE;

		if (bits && regs[i].type != CV_REG_BOOL)
			wrong(c, at, NULL, "register \"%s\": a coil or discrete input is bool",
			      regs[i].name);
		if (regs[i].address + words_of(&regs[i]) > 65536)
			wrong(c, at, NULL, "register \"%s\": its second word is beyond 65535",
			      regs[i].name);
		if (i == 0 || regs[i - 1].unit != regs[i].unit ||
		    regs[i - 1].table != regs[i].table)
			continue;
		if (regs[i - 1].address + words_of(&regs[i - 1]) > regs[i].address)
			wrong(c, at, NULL, "register \"%s\" overlaps \"%s\" at line %u",
			      regs[i].name, regs[i - 1].name, regs[i - 1].line);
	}
}

static void check_firewall(struct checker *c)
{
	const struct cv_yaml *list = cv_yaml_get(cv_yaml_get(c->root, "firewall"), "management");

	for (size_t i = 0; i < c->config->n_management; i++) {
		const struct cv_config_management *m = &c->config->management[i];

		if (m->address.family && m->from.family && m->address.family != m->from.family)
			wrong(c, place_in(c, list, i, "from"), NULL,
			      "from is IPv%u and address is IPv%u, expected both of one family",
			      m->from.family, m->address.family);
	}
	if (c->config->firewall && c->config->firewall_others == CV_OTHERS_DROP &&
	    c->config->n_management == 0)
		wrong(c, place_of(c, "firewall", "others"),
		      "management: [ { port: tcp/22, from: 10.0.0.0/8 } ]",
		      "firewall.others is drop and firewall.management is empty: nobody could "
		      "reach the node");
}

int cv_config_check(struct cv_config *config, const struct cv_yaml *root,
		    struct cv_diagnostics *diag)
{
	struct checker c = {.config = config, .root = root, .diag = diag};

	check_ports(&c);
	check_sockets(&c);
	check_tls(&c);
	check_retention(&c);
	check_hints(&c);
	check_registers(&c);
	check_firewall(&c);
	if (cv_config_check_vendors(config, cv_yaml_get(cv_yaml_get(root, "decode"), "vendors"),
				    diag) < 0)
		c.error = -EINVAL;
	if (cv_config_check_json(config, cv_yaml_get(cv_yaml_get(root, "decode"), "json"), diag) <
	    0)
		c.error = -EINVAL;
	if (cv_config_check_host(config, root, diag) < 0)
		c.error = -EINVAL;
	if (cv_config_check_sinks(config, cv_yaml_get(root, "sinks"), diag) < 0)
		c.error = -EINVAL;
	return c.error;
}
