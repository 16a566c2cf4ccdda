/* SPDX-License-Identifier: Apache-2.0 */
/* Where the messages come from: encoders of the simulator, or the decoders' samples. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/perf/decode_rig.h"
#include "tools/citysim/encode.h"

/* Of each profile: what a device says on a connection of its own. */
#define SAID 12
#define TIME_NS (1700000000ll * 1000000000)

static void readings(struct sim_input *in, const struct sim_encoder *encoder)
{
	bool alarm = encoder->kinds[in->kind].when == SIM_ON_ALARM;

	in->random = sim_mix(in->random);
	in->count = 0;
	for (unsigned int i = 0; i < in->profile->point_count; i++) {
		const struct sim_point *p = &in->profile->points[i];
		uint64_t range = (uint64_t)(p->high - p->low) + 1;

		if ((p->curve == SIM_CURVE_ALARM) == alarm)
			in->reading[in->count++] = (struct sim_reading){
				.point = p,
				.raw = p->low + (int64_t)(sim_mix(in->random + i) % range),
			};
	}
}

static void say(struct subject *s, const struct sim_encoder *encoder, struct sim_input *in,
		bool *first)
{
	static struct sim_message m;

	sim_message_reset(&m);
	readings(in, encoder);
	encoder->encode(in, &m);
	in->serial++;
	in->time_ns += 60000000000;
	for (unsigned int i = 0; i < m.parts; i++) {
		bool from_client = m.part[i].from_device != encoder->device_listens;

		if (subject_add(s, m.bytes + m.part[i].at, m.part[i].len, *first, !in->tcp,
				from_client) != 0)
			*first = false;
	}
}

/* The kinds in turn, each as often as it weighs. */
static void profile(struct subject *s, const struct sim_encoder *encoder, unsigned int number)
{
	struct sim_device dev = {.index = number, .key = sim_mix(number)};
	struct sim_input in = {
		.profile = &encoder->profiles[number],
		.device = &dev,
		.time_ns = TIME_NS,
		.random = sim_mix(number),
		.tcp = encoder->transports & SIM_TCP,
	};
	unsigned int said = 0, before;
	bool first = true;

	encoder->identity(&dev, in.profile);
	for (in.kind = 0; in.kind < encoder->kind_count; in.kind++) {
		if (encoder->kinds[in.kind].when == SIM_ON_OPEN)
			say(s, encoder, &in, &first);
	}
	do {
		before = said;
		for (in.kind = 0; in.kind < encoder->kind_count; in.kind++) {
			const struct sim_kind *kind = &encoder->kinds[in.kind];

			for (unsigned int i = 0; kind->when == SIM_ON_TIME && i < kind->weight;
			     i++) {
				say(s, encoder, &in, &first);
				said++;
			}
		}
	} while (said < SAID && said != before);
}

bool subject_from_citysim(struct subject *s)
{
	const struct sim_encoder *encoder = sim_encoder_by_name(s->decoder->name);

	if (encoder == NULL)
		return false;
	s->source = "citysim";
	for (unsigned int i = 0; i < encoder->profile_count; i++)
		profile(s, encoder, i);
	return s->count != 0;
}

/* "damaged.bin" and "wrong-sum.bin" are for other tests. */
static int is_sound(const struct dirent *entry)
{
	const char *name = entry->d_name, *dot = strrchr(name, '.');

	return dot != NULL && strcmp(dot, ".bin") == 0 && strstr(name, "damaged") == NULL &&
	       strstr(name, "wrong") == NULL;
}

/* What a file holds is in its name where the decoder takes both. */
static bool is_datagram(const struct cv_decoder *decoder, const char *name)
{
	if ((decoder->transports & (CV_TRANSPORT_UDP | CV_TRANSPORT_TCP)) != 3)
		return decoder->transports & CV_TRANSPORT_UDP;
	return strncmp(name, "stream", 6) != 0 && strncmp(name, "tcp", 3) != 0;
}

static void sample(struct subject *s, const char *dir, const char *name)
{
	static uint8_t bytes[65536];
	bool datagram = is_datagram(s->decoder, name);
	char path[1024];
	size_t len;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "rb");
	if (f == NULL)
		return;
	len = fread(bytes, 1, sizeof(bytes), f);
	fclose(f);
	subject_add(s, bytes, len, true, datagram, strstr(name, "server") == NULL);
}

bool subject_from_samples(struct subject *s)
{
	struct dirent **names;
	char dir[768];
	int n;

	snprintf(dir, sizeof(dir), "%s/tests/samples/%s", CV_SOURCE_ROOT, s->decoder->name);
	n = scandir(dir, &names, is_sound, alphasort);
	if (n < 0)
		return false;
	s->source = "samples";
	for (int i = 0; i < n; i++) {
		sample(s, dir, names[i]->d_name);
		free(names[i]);
	}
	free(names);
	return s->count != 0;
}
