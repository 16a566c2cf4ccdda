/* SPDX-License-Identifier: Apache-2.0 */
#include "control/control_bpf.h"

#include "control/diag.h"

static bool has_xdp_port(const struct cv_generation *gen)
{
	const struct cv_gen_port *ports = cv_generation_at(gen, gen->ports);

	for (unsigned int i = 0; i < gen->ports.count; i++)
		if (ports[i].kind == CV_PORT_AF_XDP)
			return true;
	return false;
}

int cv_control_load_bpf(struct cv_control *c)
{
	struct cv_bpf_why why = {0};
	int res;

	if (!has_xdp_port(c->gen))
		return 0;
	res = cv_bpf_load(c->gen, c->config->pin_dir, cv_quarantine_keeper_image(c->quarantine),
			  &c->bpf, &why);
	if (res < 0)
		cv_diag("error", "%s", why.text);
	return res;
}

/* A dataplane that lives gets its frames from these programs, and forwards on while control is away
 * (ADR 0036): what it uses stays, as if control had been killed. */
void cv_control_stop_bpf(struct cv_control *c, bool in_use)
{
	struct cv_bpf_why why = {0};

	if (!c->bpf)
		return;
	cv_bpf_close(c->bpf);
	if (c->config->keep_policy)
		return;
	if (in_use)
		cv_diag("note",
			"the dataplane runs: its XDP programs stay attached and go on judging "
			"(stop culvert-dataplane first to have them detached)");
	else if (cv_bpf_detach(c->config->pin_dir, &why) < 0)
		cv_diag("warning", "%s", why.text);
}
