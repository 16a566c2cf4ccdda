/* SPDX-License-Identifier: Apache-2.0 */
/* Everything a device may do under a policy, and what may reach it. */
#ifndef CV_DEVICE_VIEW_H
#define CV_DEVICE_VIEW_H

#include "control/offline/trace.h"

/** What one look-up of the device's frames, or of frames to it, ends with. */
struct cv_device_row {
	uint8_t context;
	bool to_it; /* the device is the destination */
	uint8_t match; /* enum cv_match */
	uint8_t ip_proto;
	uint16_t port; /* network order */
	uint16_t other; /* class of the other end, 0 = any other */
	const struct cv_rule *rule;
};

struct cv_device_view {
	const struct cv_generation *gen;
	uint16_t class_id; /* 0 = in no group */
	const struct cv_gen_prefix *prefix; /* by which, NULL: by its MAC address, or none */
	const struct cv_gen_binding *address, *mac; /* NULL = not bound */
	uint32_t contexts; /* those in use, one bit each */
	struct cv_device_row *rows; /* by context, direction, service, other end */
	size_t n;
};

/**
 * @param mac as cv_load_mac() gives it; @p has_mac: it is known.
 * @return 0 or -ENOMEM.
 */
int cv_device_view(const struct cv_generation *gen, uint8_t family, const uint8_t addr[16],
		   bool has_mac, uint64_t mac, struct cv_device_view *ret);

void cv_device_view_write(const struct cv_device_view *v, const char *device, FILE *out);
json_t *cv_device_view_json(const struct cv_device_view *v, const char *device);

void cv_device_view_release(struct cv_device_view *v);

#endif
