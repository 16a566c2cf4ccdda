/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Put a generation image together in memory: for the config compiler, for replay's built-in policy
 * and for tests. Slow path; one thread per builder.
 *
 * An empty builder finishes as "forward everything and inspect it": no ports, no rules, default
 * action forward with decoding on.
 */
#ifndef CV_GENERATION_BUILD_H
#define CV_GENERATION_BUILD_H

#include <stddef.h>

#include "dataplane/policy/generation.h"

struct cv_generation_build;

/** @return 0 or -ENOMEM. */
int cv_generation_build_create(struct cv_generation_build **ret);

/** NULL is fine. */
void cv_generation_build_destroy(struct cv_generation_build *b);

/**
 * The scalar fields, to be set by the caller: number, node, policy's guards and contexts,
 * capacities, flush_us, decode, mtu. They hold defaults that check. What finish computes (magic,
 * size, crc32c, sections, probes, flags and counts of the policy) is overwritten there. Valid until destroy.
 */
struct cv_generation *cv_generation_build_head(struct cv_generation_build *b);

/* Each adds one element, copied, in any order except ports, whose index is their order of adding.
 * Return 0 or -ENOMEM; the content is checked by finish. */
int cv_generation_build_port(struct cv_generation_build *b, const struct cv_gen_port *port);
int cv_generation_build_prefix(struct cv_generation_build *b, const struct cv_gen_prefix *prefix);
int cv_generation_build_mac(struct cv_generation_build *b, const struct cv_gen_mac *mac);
int cv_generation_build_binding(struct cv_generation_build *b,
				const struct cv_gen_binding *binding);
int cv_generation_build_rule(struct cv_generation_build *b, const struct cv_gen_rule *rule);
int cv_generation_build_hint(struct cv_generation_build *b, const struct cv_gen_hint *hint);
int cv_generation_build_json_map(struct cv_generation_build *b, const struct cv_gen_json_map *map);
int cv_generation_build_json_value(struct cv_generation_build *b,
				   const struct cv_gen_json_value *value);
int cv_generation_build_vendor(struct cv_generation_build *b, const struct cv_gen_vendor *vendor);
int cv_generation_build_vendor_field(struct cv_generation_build *b,
				     const struct cv_gen_vendor_field *field);
int cv_generation_build_vendor_text(struct cv_generation_build *b,
				    const struct cv_gen_vendor_text *text);
int cv_generation_build_register(struct cv_generation_build *b, const struct cv_gen_register *reg);

/* Names, in the order of the numbers they stand for: zones, groups (classes), rules (indexes). */
int cv_generation_build_zone_name(struct cv_generation_build *b, const struct cv_gen_name *name);
int cv_generation_build_group_name(struct cv_generation_build *b, const struct cv_gen_name *name);
int cv_generation_build_rule_name(struct cv_generation_build *b, const struct cv_gen_name *name);

/** The context of what comes in by a port in a VLAN (0 = untagged). @return 0, -EINVAL, -ENOMEM. */
int cv_generation_build_place(struct cv_generation_build *b, unsigned int port, unsigned int vlan,
			      uint8_t context);

/** The own limit of a port. @return 0, -EINVAL, -ENOMEM. */
int cv_generation_build_port_limit(struct cv_generation_build *b, unsigned int port,
				   const struct cv_limit *limit);

/** A shared limit. @param ret what cv_rule.meter says of it. @return 0 or -ENOMEM. */
int cv_generation_build_meter(struct cv_generation_build *b, const struct cv_gen_meter *meter,
			      uint32_t *ret);

/** The section `apps` (app_build.h), copied; in place of one given before. @return 0 or -ENOMEM. */
int cv_generation_build_apps(struct cv_generation_build *b, const struct cv_apps *apps);

/**
 * Sort, lay out, checksum and check.
 *
 * @param ret the image, ret->size bytes; the caller frees it with free().
 * @return 0; -ENOMEM; -EFBIG larger than 4 GiB; -EINVAL what was added is not a valid generation
 *         (see cv_generation_check), duplicate prefixes, rule keys or registers among it.
 */
int cv_generation_build_finish(struct cv_generation_build *b, struct cv_generation **ret);

#endif
