/* SPDX-License-Identifier: Apache-2.0 */
/* What was sent, for people and for tests. */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>

#include "tools/citysim/city.h"

static bool is_idle(const struct sim_ledger_row *r)
{
	return r->messages == 0 && r->rejected == 0;
}

static void damages_text(const struct sim_ledger_row *r, FILE *out)
{
	for (unsigned int i = 0; i < SIM_DAMAGE_COUNT; i++)
		if (r->damaged[i] != 0)
			fprintf(out, "%10s damaged: %s %" PRIu64 "\n", "",
				sim_damage_name((enum sim_damage)i), r->damaged[i]);
}

int sim_ledger_text(const struct sim_ledger *l, FILE *out)
{
	static const uint8_t shown[] = {CV_KIND_MEASUREMENT, CV_KIND_ALARM,   CV_KIND_STATE,
					CV_KIND_SESSION,     CV_KIND_COMMAND, CV_KIND_ERROR};

	fprintf(out,
		"%" PRIu64 " frames, %" PRIu64 " bytes, %.3f s\n%" PRIu64 " devices, %" PRIu64
		" connections, %" PRIu64 " segments retransmitted\n\n",
		l->frames, l->bytes, (double)(l->end_ns - l->start_ns) / 1e9, l->devices,
		l->connections, l->retransmitted);
	fprintf(out, "%-10s %10s %9s %9s", "protocol", "messages", "rejected", "repeated");
	for (size_t i = 0; i < sizeof(shown); i++)
		fprintf(out, " %11s", cv_kind_name(shown[i]));
	fputc('\n', out);
	for (unsigned int i = 0; i < sim_encoder_count; i++) {
		const struct sim_ledger_row *r = &l->row[i];

		if (is_idle(r))
			continue;
		fprintf(out, "%-10s %10" PRIu64 " %9" PRIu64 " %9" PRIu64,
			sim_decoder_name(sim_encoders[i]), r->messages, r->rejected, r->repeated);
		for (size_t k = 0; k < sizeof(shown); k++)
			fprintf(out, " %11" PRIu64, r->events[shown[k]]);
		fputc('\n', out);
		damages_text(r, out);
	}
	return fflush(out) == 0 ? 0 : -errno;
}

static void set(json_t *o, const char *name, uint64_t n)
{
	if (n != 0)
		json_object_set_new(o, name, json_integer((json_int_t)n));
}

static json_t *kinds(const uint64_t *n)
{
	json_t *o = json_object();

	for (unsigned int i = 0; i < CV_KIND_COUNT; i++)
		set(o, cv_kind_name(i), n[i]);
	return o;
}

static json_t *lanes(const uint64_t *n)
{
	json_t *o = json_object();

	for (unsigned int i = 0; i < CV_LANE_COUNT; i++)
		set(o, cv_lane_name(i), n[i]);
	return o;
}

/* "recognised": a node tells such repeats from news and makes no events of them. */
static json_t *row_json(const struct sim_encoder *e, const struct sim_ledger_row *r)
{
	json_t *damaged = json_object(), *repeated;

	for (unsigned int i = 0; i < SIM_DAMAGE_COUNT; i++)
		set(damaged, sim_damage_name((enum sim_damage)i), r->damaged[i]);
	repeated = json_pack("{sb sI so so}", "recognised", e->numbered, "messages",
			     (json_int_t)r->repeated, "events", kinds(r->repeated_events), "lanes",
			     lanes(r->repeated_lanes));
	return json_pack("{sI sI sI so so so so}", "messages", (json_int_t)r->messages, "bytes",
			 (json_int_t)r->bytes, "rejected", (json_int_t)r->rejected, "damaged",
			 damaged, "events", kinds(r->events), "lanes", lanes(r->lanes), "repeated",
			 repeated);
}

int sim_ledger_json(const struct sim_ledger *l, FILE *out)
{
	json_t *protocols = json_object(), *o;
	int err = 0;

	for (unsigned int i = 0; i < sim_encoder_count; i++)
		if (!is_idle(&l->row[i]))
			json_object_set_new(protocols, sim_decoder_name(sim_encoders[i]),
					    row_json(sim_encoders[i], &l->row[i]));
	o = json_pack("{sI sI sf sI sI sI so}", "frames", (json_int_t)l->frames, "bytes",
		      (json_int_t)l->bytes, "seconds", (double)(l->end_ns - l->start_ns) / 1e9,
		      "devices", (json_int_t)l->devices, "connections", (json_int_t)l->connections,
		      "retransmitted", (json_int_t)l->retransmitted, "protocols", protocols);
	if (o == NULL)
		return -ENOMEM;
	if (json_dumpf(o, out, JSON_INDENT(2)) != 0 || fputc('\n', out) == EOF || fflush(out) != 0)
		err = -EIO;
	json_decref(o);
	return err;
}
