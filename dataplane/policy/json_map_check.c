/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/policy/json_map.h"

#include <math.h>
#include <string.h>

#include "dataplane/normalize/vocabulary.h"
#include "dataplane/policy/generation.h"
#include "decoder_list.h"

static bool ends(const char *s, size_t size)
{
	return memchr(s, 0, size) != NULL;
}

static bool value_valid(const struct cv_gen_json_value *v)
{
	if (v->segments > CV_JSON_DEPTH_MAX || v->role >= CV_JSON_ROLES || v->pad)
		return false;
	for (unsigned int i = 0; i < v->segments; i++) {
		if ((size_t)v->at[i] + v->len[i] > sizeof(v->path))
			return false;
	}
	return v->shift >= -99 && v->shift <= 99 && v->name_id < CV_NAME_COUNT &&
	       v->unit_id < CV_UNIT_COUNT && isfinite(v->factor) && isfinite(v->offset) &&
	       ends(v->name, sizeof(v->name)) && ends(v->unit_name, sizeof(v->unit_name)) &&
	       ends(v->code, sizeof(v->code)) &&
	       (v->role != CV_JSON_VALUE || v->name_id || v->name[0]);
}

bool cv_json_maps_valid(const struct cv_generation *g)
{
	const struct cv_gen_json_map *m = cv_generation_at(g, g->json_maps);
	const struct cv_gen_json_value *v = cv_generation_at(g, g->json_values);

	for (uint32_t i = 0; i < g->json_maps.count; i++) {
		if (m[i].proto != CV_PROTO_MQTT && m[i].proto != CV_PROTO_COAP)
			return false;
		if (!ends(m[i].filter, sizeof(m[i].filter)) ||
		    !ends(m[i].good, sizeof(m[i].good)) || !ends(m[i].zone, sizeof(m[i].zone)) ||
		    m[i].time_format >= CV_JSON_TIMES || m[i].count > CV_JSON_VALUES_MAX ||
		    m[i].first > g->json_values.count ||
		    m[i].count > g->json_values.count - m[i].first)
			return false;
	}
	for (uint32_t i = 0; i < g->json_values.count; i++) {
		if (!value_valid(&v[i]))
			return false;
	}
	return true;
}
