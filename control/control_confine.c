/* SPDX-License-Identifier: Apache-2.0 */
#include "control/control.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>

#include "control/confine/confine.h"
#include "control/diag.h"

#ifndef CAP_BPF
#define CAP_PERFMON 38
#define CAP_BPF 39
#endif

#define BIT(cap) (UINT64_C(1) << (cap))
#define PRIVILEGED_PORTS 1024

#define XDP (BIT(CAP_BPF) | BIT(CAP_PERFMON) | BIT(CAP_NET_ADMIN))

static uint64_t needs_for_good(const struct cv_config *config)
{
	uint64_t needs = 0;

	for (size_t i = 0; i < config->n_ports; i++) {
		/* Maps of each policy, programs of modules, and that those may be XDP's. */
		if (config->ports[i].target.kind == CV_PORT_AF_XDP)
			needs |= XDP;
	}
	if (config->firewall) /* nftables: put back when it is gone, quarantine */
		needs |= BIT(CAP_NET_ADMIN);
	return needs;
}

static bool is_privileged(const char *listen)
{
	const char *port = strrchr(listen, ':');

	return port && strtoul(port + 1, NULL, 10) < PRIVILEGED_PORTS;
}

int cv_control_give_up(const struct cv_config *config)
{
	uint64_t needs = XDP; /* what another configuration left behind is put away */
	int res;

	if (is_privileged(config->api_listen) || is_privileged(config->tls.listen))
		needs |= BIT(CAP_NET_BIND_SERVICE);
	res = cv_confine_capabilities(needs);
	if (res < 0)
		cv_diag("error", "capabilities cannot be given up (%s)", strerror(-res));
	return res;
}

int cv_control_confine(const struct cv_config *config)
{
	int res = cv_confine_capabilities(needs_for_good(config));

	if (res == 0)
		res = cv_confine_calls(config->confine);
	if (res == -ENOTSUP) {
		cv_diag("warning", "this build cannot limit system calls: it has no libseccomp, or "
				   "is one for tests");
		return 0;
	}
	if (res < 0)
		cv_diag("error",
			"the kernel takes no filter of system calls (%s): CONFIG_SECCOMP_FILTER is "
			"missing, or set confine: off",
			strerror(-res));
	return res;
}
