/* SPDX-License-Identifier: Apache-2.0 */
#include "control/config/compile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/config/compile_private.h"
#include "control/config/yaml.h"
#include "control/policy/policy.h"
#include "dataplane/policy/generation_build.h"

static int add_port(const struct cv_config *config, const struct cv_config_port *port,
		    struct cv_generation_build *build, struct cv_diagnostics *diag)
{
	struct cv_gen_port out = {
		.kind = port->target.kind,
		.side = port->side,
		.peer = port->peer,
		.on_loss = port->on_loss,
		.repeat = port->repeat,
		.rate_pps = port->rate_pps,
	};
	char path[PATH_MAX];

	memcpy(out.name, port->name, sizeof(out.name));
	memcpy(out.target, port->target.text, sizeof(out.target));
	if (port->target.kind == CV_PORT_PCI)
		out.unconfined = port->iommu == CV_IOMMU_OPTIONAL;
	if (port->target.kind == CV_PORT_PCAP) {
		struct cv_place at = {config->path, port->line, port->column};

		if (cv_config_resolve(config, port->target.text, path) < 0 ||
		    strlen(path) >= sizeof(out.target)) {
			cv_diagnostics_add(diag, CV_SEVERITY_ERROR, at, "move the file up",
					   "the path of the capture is longer than %zu bytes",
					   sizeof(out.target) - 1);
			return -EINVAL;
		}
		memset(out.target, 0, sizeof(out.target));
		memcpy(out.target, path, strlen(path));
	}
	return cv_generation_build_port(build, &out);
}

static int add_hint(const struct cv_config_hint *hint, struct cv_generation_build *build)
{
	struct cv_gen_hint out = {
		.port = hint->service.port,
		.ip_proto = hint->service.ip_proto,
		.decoder = hint->decoder,
	};

	return cv_generation_build_hint(build, &out);
}

static int add_register(const struct cv_config_register *reg, struct cv_generation_build *build)
{
	struct cv_gen_register out = {
		.unit = reg->unit,
		.address = reg->address,
		.table = reg->table,
		.type = reg->type,
		.scale = reg->scale,
		.offset = reg->offset,
	};

	memcpy(out.name, reg->name, sizeof(out.name));
	memcpy(out.unit_name, reg->unit_name, sizeof(out.unit_name));
	return cv_generation_build_register(build, &out);
}

static int add_all(const struct cv_config *config, uint64_t number,
		   struct cv_generation_build *build, struct cv_diagnostics *diag)
{
	struct cv_generation *head = cv_generation_build_head(build);
	struct cv_config_vendor_counts vendors = {0};
	uint32_t json_values = 0;
	int r = 0;

	head->number = number;
	memcpy(head->node, config->node, sizeof(head->node));
	head->blocks_per_lane = config->blocks_per_lane;
	head->device_capacity = config->device_capacity;
	head->flow_capacity = config->flow_capacity;
	head->flush_us = (uint32_t)(config->flush_ns / 1000);
	head->decode = config->decode;
	head->mtu = config->mtu;
	head->cleaning = (struct cv_gen_cleaning){
		.series = config->clean_series,
		.repeats = config->clean_repeats,
		.clock_skew_ns = (int64_t)config->clean_clock_skew_ns,
		.gateway_hold_ns = (int64_t)config->clean_gateway_hold_ns,
	};
	for (size_t i = 0; r == 0 && i < config->n_ports; i++)
		r = add_port(config, &config->ports[i], build, diag);
	for (size_t i = 0; r == 0 && i < config->n_hints; i++)
		r = add_hint(&config->hints[i], build);
	for (size_t i = 0; r == 0 && i < config->n_registers; i++)
		r = add_register(&config->registers[i], build);
	for (size_t i = 0; r == 0 && i < config->n_json; i++)
		r = cv_config_add_json(&config->json[i], build, &json_values);
	for (size_t i = 0; r == 0 && i < config->n_vendors; i++)
		r = cv_config_add_vendor(&config->vendors[i], build, &vendors);
	return r < 0 ? r : cv_config_add_guards(config, &head->policy, diag);
}

/* A copy of the policy; the list files it names lie where the policy is. */
static int load_copy(const char *copy, const char *path, struct cv_policy **ret,
		     struct cv_diagnostics *diag)
{
	char *text = NULL;
	size_t len = 0;
	int r = cv_yaml_read_file(copy, &text, &len, diag);

	if (r == 0)
		r = cv_policy_parse(path, text, len, ret, diag);
	free(text);
	return r;
}

static int load_policy(const struct cv_config *config, struct cv_policy **ret,
		       struct cv_diagnostics *diag)
{
	char path[PATH_MAX];

	if (cv_config_resolve(config, config->policy, path) < 0) {
		cv_diagnostics_add(diag, CV_SEVERITY_ERROR, (struct cv_place){.file = config->path},
				   NULL, "the path of the policy is too long");
		return -ENAMETOOLONG;
	}
	if (config->policy_copy)
		return load_copy(config->policy_copy, path, ret, diag);
	return config->policy_confined ? cv_policy_load_confined(path, ret, diag)
				       : cv_policy_load(path, ret, diag);
}

/* The policy names ports by the names the configuration gives them. */
static int compile_policy(const struct cv_config *config, const struct cv_policy *policy,
			  bool shadow, struct cv_generation_build *build,
			  struct cv_diagnostics *diag)
{
	struct cv_gen_port ports[CV_PORTS_MAX] = {0};
	struct cv_policy_target target = {.ports = config->n_ports ? ports : NULL,
					  .n_ports = (unsigned int)config->n_ports,
					  .shadow = shadow};

	for (size_t i = 0; i < config->n_ports; i++) {
		memcpy(ports[i].name, config->ports[i].name, sizeof(ports[i].name));
		ports[i].peer = config->ports[i].peer;
	}
	return cv_policy_compile(policy, &target, build, diag);
}

static int compile(const struct cv_config *config, const struct cv_policy *policy, uint64_t number,
		   bool shadow, struct cv_generation **ret, struct cv_diagnostics *diag)
{
	struct cv_generation_build *build = NULL;
	size_t errors = diag->errors;
	int r = cv_generation_build_create(&build);

	if (r == 0)
		r = add_all(config, number, build, diag);
	if (r == 0)
		r = compile_policy(config, policy, shadow, build, diag);
	if (r == 0)
		r = cv_generation_build_finish(build, ret);
	if (r < 0 && diag->errors == errors)
		cv_diagnostics_add(diag, CV_SEVERITY_ERROR, (struct cv_place){.file = config->path},
				   NULL, "cannot be compiled: %s", strerror(-r));
	cv_generation_build_destroy(build);
	return r;
}

int cv_config_compile(const struct cv_config *config, uint64_t number, struct cv_generation **ret,
		      struct cv_diagnostics *diag)
{
	struct cv_policy *policy = NULL;
	int r = load_policy(config, &policy, diag);

	if (r == 0)
		r = compile(config, policy, number, false, ret, diag);
	cv_policy_free(policy);
	return r;
}

/* Its warnings are those of the policy itself. */
static int compile_would(const struct cv_config *config, const struct cv_policy *policy,
			 uint64_t number, struct cv_generation **ret)
{
	struct cv_diagnostics told = {0};
	int r = compile(config, policy, CV_GENERATION_WOULD(number), true, ret, &told);

	cv_diagnostics_free(&told);
	return r;
}

int cv_config_compile_both(const struct cv_config *config, uint64_t number,
			   struct cv_generation **ret, struct cv_generation **ret_would,
			   struct cv_diagnostics *diag)
{
	struct cv_generation *gen = NULL, *would = NULL;
	struct cv_policy *policy = NULL;
	int r = load_policy(config, &policy, diag);

	if (r == 0)
		r = compile(config, policy, number, false, &gen, diag);
	if (r == 0 && cv_policy_has_shadow(policy))
		r = compile_would(config, policy, number, &would);
	cv_policy_free(policy);
	if (r < 0) {
		free(gen);
		return r;
	}
	*ret = gen;
	*ret_would = would;
	return 0;
}
