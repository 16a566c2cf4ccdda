/* SPDX-License-Identifier: Apache-2.0 */
#include "control/ctl/module_document.h"

#include <inttypes.h>
#include <stdio.h>

#include "control/policy/module_report.h"
#include "control/text/utc.h"
#include "control/warnings.h"
#include "ebpf/module.h"

static bool runs_on(const struct cv_bpf_module *m, const struct cv_gen_port *ports, uint32_t i)
{
	return ports[i].kind == CV_PORT_AF_XDP && m->slot.ports >> i & 1;
}

static json_t *ports_json(const struct cv_bpf_module *m, const struct cv_generation *gen, bool on)
{
	const struct cv_gen_port *ports = cv_generation_at(gen, gen->ports);
	json_t *list = json_array();

	for (uint32_t i = 0; i < gen->ports.count; i++) {
		if (runs_on(m, ports, i) == on)
			json_array_append_new(list, json_string(ports[i].name));
	}
	return list;
}

static json_t *module_json(const struct cv_bpf *bpf, const struct cv_generation *gen, uint32_t slot)
{
	struct cv_bpf_module m;
	char since[CV_UTC_SIZE];
	json_t *root;

	if (!bpf || cv_bpf_module_counters(bpf, slot, &m))
		return json_null();
	root = cv_module_info_json(&m.slot.info);
	cv_utc_text((int64_t)m.slot.since, since);
	json_object_set_new(root, "since", json_string(since));
	json_object_set_new(root, "ports", ports_json(&m, gen, true));
	json_object_set_new(root, "not_on", ports_json(&m, gen, false));
	json_object_set_new(root, "counters", cv_module_counts_json(&m));
	return root;
}

json_t *cv_module_document(const struct cv_bpf *bpf, const struct cv_generation *gen)
{
	const struct cv_epoch none = {
		.live = CV_SLOT_NONE, .shadow = CV_SLOT_NONE, .previous = CV_SLOT_NONE};
	struct cv_epoch e = bpf ? cv_bpf_epoch(bpf) : none;

	return json_pack("{s:o, s:o, s:o}", "live", module_json(bpf, gen, e.live), "shadow",
			 module_json(bpf, gen, e.shadow), "previous",
			 module_json(bpf, gen, e.previous));
}

void cv_module_warn(const struct cv_bpf *bpf, const struct cv_generation *gen, json_t *list)
{
	const struct cv_gen_port *ports = cv_generation_at(gen, gen->ports);
	struct cv_bpf_module m;
	const char *name;

	if (!bpf || cv_bpf_module_counters(bpf, cv_bpf_epoch(bpf).live, &m))
		return;
	name = m.slot.info.name;
	if (cv_bpf_module_over_budget(&m))
		cv_warn(list,
			"module %s takes %" PRIu64
			" ns per frame on average, its budget is %u ns: make "
			"it cheaper, or state what it needs",
			name, cv_bpf_module_mean_ns(&m), m.slot.info.budget_ns);
	if (m.counts.invalid)
		cv_warn(list,
			"module %s returned %llu times what means nothing, and those frames went "
			"on: "
			"return cv_continue() or cv_drop(code)",
			name, (unsigned long long)m.counts.invalid);
	if (m.counts.absent)
		cv_warn(list,
			"module %s was not there for %llu frames, which went on: apply the policy "
			"again",
			name, (unsigned long long)m.counts.absent);
	for (uint32_t i = 0; i < gen->ports.count; i++) {
		if (ports[i].kind != CV_PORT_AF_XDP)
			cv_warn(list,
				"module %s does not run on port %s: modules run in the kernel, on "
				"af_xdp ports",
				name, ports[i].name);
	}
}
