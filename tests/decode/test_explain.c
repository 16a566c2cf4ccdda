/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Layouts against the simulator's encoders: of every message that a device sends nothing is left
 * over, nothing ends early and nothing is wrong; of a damaged one something is. The same for the
 * decoders' samples, which are of standards and published vectors.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "dataplane/decode/decoder.h"
#include "dataplane/explain/explain.h"
#include "tools/citysim/encode.h"

#define ROUNDS 40

static struct cv_explain x;
static struct sim_message m;

/* Something that a layout calls wrong, left over or cut. @return its name or NULL. */
static const char *trouble(void)
{
	for (unsigned int i = 0; i < x.count; i++) {
		const struct cv_explain_field *f = &x.field[i];

		if (f->cut || strcmp(f->name, "rest") == 0 || strncmp(f->meaning, "wrong", 5) == 0)
			return f->name;
	}
	return NULL;
}

static void fill(struct sim_input *in, const struct sim_encoder *e, uint64_t random)
{
	bool alarms = e->kinds[in->kind].when == SIM_ON_ALARM;

	in->random = sim_mix(random);
	in->serial++;
	in->count = 0;
	for (unsigned int i = 0; i < in->profile->point_count; i++) {
		const struct sim_point *p = &in->profile->points[i];
		uint64_t dice = sim_mix(in->random + i);

		if ((p->curve == SIM_CURVE_ALARM) != alarms)
			continue;
		in->reading[in->count++] = (struct sim_reading){
			.point = p,
			.raw = p->low + (int64_t)(dice % (uint64_t)(p->high - p->low + 1)),
		};
	}
}

static size_t read_whole(const char *path, uint8_t *bytes, size_t size)
{
	FILE *f = fopen(path, "rb");
	size_t len;

	assert_non_null(f);
	len = fread(bytes, 1, size, f);
	assert_true(len > 0 && len < size);
	fclose(f);
	return len;
}

static unsigned int explain_kind(const struct sim_encoder *e, struct sim_input *in,
				 unsigned int proto)
{
	unsigned int explained = 0;

	for (unsigned int round = 0; round < ROUNDS; round++) {
		fill(in, e, in->random);
		sim_message_reset(&m);
		e->encode(in, &m);
		for (unsigned int i = 0; i < m.parts; i++) {
			cv_explain_message(&x, proto, NULL, m.bytes + m.part[i].at, m.part[i].len,
					   in->tcp);
			if (trouble() != NULL)
				fail_msg("%s, %s: %s", e->name, e->kinds[in->kind].name, trouble());
			assert_true(x.count > 1);
			explained++;
		}
		if (m.parts == 0 || !(e->damages & SIM_BIT(CHECK)))
			continue;
		e->damage(in, &m, SIM_DAMAGE_CHECK);
		cv_explain_message(&x, proto, NULL, m.bytes + m.part[0].at, m.part[0].len, in->tcp);
		if (trouble() == NULL)
			fail_msg("%s: a wrong check code is not told", e->name);
	}
	return explained;
}

static void every_message_is_explained(void **state)
{
	unsigned int encoders = 0;

	for (unsigned int n = 0; n < sim_encoder_count; n++) {
		const struct sim_encoder *e = sim_encoders[n];
		const char *decoder = sim_decoder_name(e);
		int proto = cv_proto_by_name(decoder, strlen(decoder));
		unsigned int explained = 0;

		if (!cv_explain_knows((unsigned int)proto))
			continue;
		encoders++;
		for (unsigned int i = 0; i < e->profile_count * e->kind_count; i++) {
			const struct sim_profile *profile = &e->profiles[i % e->profile_count];
			struct sim_device dev = {.index = i, .key = sim_mix(i)};
			struct sim_input in = {
				.profile = profile,
				.device = &dev,
				.kind = i / e->profile_count,
				.time_ns = 1700000000ll * 1000000000,
				.random = i,
				.tcp = !(e->transports & SIM_UDP) ||
				       (e->transports & SIM_TCP && i % 2),
			};

			e->identity(&dev, profile);
			explained += explain_kind(e, &in, (unsigned int)proto);
		}
		assert_true(explained > ROUNDS);
	}
	assert_true(encoders >= 8);
}

/* The samples but for damaged ones, of one decoder. */
static unsigned int explain_samples(unsigned int proto, const char *dir)
{
	struct dirent **names;
	int count = scandir(dir, &names, NULL, alphasort);
	unsigned int explained = 0;
	bool udp = cv_decoders[proto]->transports & CV_TRANSPORT_UDP;

	/* One of the published requests of DL/T 645 has a wrong sum, and the decoder says so. */
	const char *except = proto == CV_PROTO_DLT645 ? "requests.bin" : "";

	for (int i = 0; i < count; i++) {
		const char *name = names[i]->d_name, *dot = strrchr(name, '.');
		static uint8_t bytes[65536];
		char path[1024];
		size_t len;

		if (dot != NULL && strcmp(dot, ".bin") == 0 && strncmp(name, "damaged", 7) != 0 &&
		    strcmp(name, except) != 0 && strncmp(name, "wrong", 5) != 0) {
			snprintf(path, sizeof(path), "%s/%s", dir, name);
			len = read_whole(path, bytes, sizeof(bytes));
			cv_explain_message(&x, proto, NULL, bytes, len,
					   !udp || strncmp(name, "stream", 6) == 0 ||
						   strncmp(name, "tcp", 3) == 0);
			if (trouble() != NULL)
				fail_msg("%s: %s at %u", path, trouble(), x.field[x.count - 1].at);
			assert_true(x.count > 1);
			explained++;
		}
		free(names[i]);
	}
	if (count > 0)
		free(names);
	return explained;
}

static void every_sample_is_explained(void **state)
{
	for (unsigned int proto = 1; proto < CV_PROTO_COUNT; proto++) {
		char dir[400];

		if (!cv_explain_knows(proto) || proto == CV_PROTO_VENDOR) /* of a description */
			continue;
		snprintf(dir, sizeof(dir), CV_SOURCE_ROOT "/tests/samples/%s",
			 cv_proto_name(proto));
		assert_true(explain_samples(proto, dir) > 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_message_is_explained),
		cmocka_unit_test(every_sample_is_explained),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
