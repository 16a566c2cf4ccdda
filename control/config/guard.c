/* SPDX-License-Identifier: Apache-2.0 */
/* From `firewall.management` to the guard of the generation, which no policy can take away. */
#include <errno.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <string.h>

#include "control/config/compile_private.h"

struct guards {
	struct cv_policy_head *head;
	const struct cv_config *config;
	struct cv_diagnostics *diag;
};

static bool same(const struct cv_guard *a, const struct cv_guard *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

static int add(struct guards *g, const struct cv_config_management *m, const uint8_t *addr,
	       uint8_t family)
{
	struct cv_place at = {g->config->path, m->line, m->column};
	struct cv_guard guard = {
		.port = htons(m->service.port), .ip_proto = m->service.ip_proto, .family = family};

	if (m->from.family && m->from.family != family)
		return 0;
	memcpy(guard.addr, addr, family == 4 ? 4 : 16);
	memcpy(guard.from, m->from.addr, sizeof(m->from.addr));
	cv_prefix_mask(&m->from, (uint8_t *)guard.from_mask);
	for (uint32_t i = 0; i < g->head->n_guards; i++) {
		if (same(&g->head->guards[i], &guard))
			return 0;
	}
	if (g->head->n_guards == CV_GUARDS_MAX) {
		cv_diagnostics_add(g->diag, CV_SEVERITY_ERROR, at,
				   "name the node's address in the entries of firewall.management",
				   "addresses of the node and entries of firewall.management "
				   "multiply to more than %u",
				   CV_GUARDS_MAX);
		return -EINVAL;
	}
	g->head->guards[g->head->n_guards++] = guard;
	return 0;
}

/* Each address that an interface of our ports has: elsewhere no policy stands in front. */
static int add_own(struct guards *g, const struct cv_config_management *m,
		   const struct ifaddrs *all)
{
	int r = 0;

	for (const struct ifaddrs *i = all; r == 0 && i; i = i->ifa_next) {
		const void *addr = i->ifa_addr;

		if (!addr || !cv_config_has_port(g->config, i->ifa_name))
			continue;
		if (i->ifa_addr->sa_family == AF_INET)
			r = add(g, m, (const void *)&((const struct sockaddr_in *)addr)->sin_addr,
				4);
		else if (i->ifa_addr->sa_family == AF_INET6)
			r = add(g, m, (const void *)&((const struct sockaddr_in6 *)addr)->sin6_addr,
				6);
	}
	return r;
}

int cv_config_add_guards(const struct cv_config *config, struct cv_policy_head *head,
			 struct cv_diagnostics *diag)
{
	struct guards g = {head, config, diag};
	struct ifaddrs *all = NULL;
	int r = 0;

	if (config->n_management && getifaddrs(&all) < 0)
		return -errno;
	for (size_t i = 0; r == 0 && i < config->n_management; i++) {
		const struct cv_config_management *m = &config->management[i];

		r = m->address.family ? add(&g, m, m->address.addr, m->address.family)
				      : add_own(&g, m, all);
	}
	freeifaddrs(all);
	return r;
}
