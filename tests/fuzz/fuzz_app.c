/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The section `apps` from an untrusted place, and its patterns. Input, by the first byte: patches
 * of four bytes (offset, value, offset's high byte) on a good section; a section as it is; or three
 * texts, where what a pattern covers holds for all that the covered filter means.
 */
#include <stdlib.h>
#include <string.h>

#include "dataplane/policy/app_build.h"
#include "decoder_list.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition)
{
	if (!condition)
		abort();
}

static void add(struct cv_app_build *b, unsigned int proto, const char *key, const char *value)
{
	const char *why;

	must(!cv_app_build_value(b, cv_app_key_find(proto, key, strlen(key)), value, strlen(value),
				 &why));
}

static struct cv_apps *good_image(void)
{
	struct cv_binding place = {.flags = CV_BIND_VLAN, .vlan = 7};
	struct cv_app_pattern twice;
	struct cv_app_build *b = NULL;
	struct cv_apps *a = NULL;
	uint16_t app, answers;

	must(!cv_app_build_create(&b));
	cv_app_build_begin(b, &(struct cv_app){.proto = CV_PROTO_MODBUS});
	add(b, CV_PROTO_MODBUS, "read", "1-4/holding.0-99");
	add(b, CV_PROTO_MODBUS, "read", "input.7");
	add(b, CV_PROTO_MODBUS, "functions", "3-4");
	must(!cv_app_build_end(b, &app, &answers));
	cv_app_build_begin(b, &(struct cv_app){.proto = CV_PROTO_MQTT,
					       .meter = cv_app_build_meter(b),
					       .cost = 64,
					       .burst = 640});
	add(b, CV_PROTO_MQTT, "publish", "a/+/b/#");
	add(b, CV_PROTO_MQTT, "subscribe", "d/%c/#");
	add(b, CV_PROTO_MQTT, "clients", "m*r");
	must(!cv_app_build_end(b, &app, &answers));
	for (char c = 'a'; c < 'h'; c++)
		must(!cv_app_build_identity(b, CV_PROTO_MQTT, &c, 1, &place));
	must(!cv_app_build_finish(b, &a, &twice));
	cv_app_build_destroy(b);
	return a;
}

/* Whatever passed the check answers every question. */
static void use(const struct cv_apps *a, const uint8_t *text, size_t len)
{
	struct cv_app_fact f = {.from = 3,
				.to = 30,
				.text = text,
				.len = len,
				.client = text,
				.client_len = len / 2};

	for (uint32_t i = 1; i <= a->apps.count; i++) {
		for (f.kind = 0; f.kind < CV_APP_CONSTRAINT_KINDS; f.kind++)
			cv_app_allows(a, cv_apps_get(a, (uint16_t)i), &f);
	}
	for (unsigned int proto = 0; proto < CV_PROTO_COUNT; proto++)
		cv_app_place(a, proto, text, len < CV_APP_TEXT_MAX ? len : CV_APP_TEXT_MAX);
}

static void patched(const uint8_t *data, size_t size)
{
	struct cv_apps *a = good_image();
	uint32_t whole = a->size;

	for (size_t i = 0; i + 4 <= size; i += 4)
		((uint8_t *)a)[(uint32_t)(data[i] | data[i + 2] << 8) % whole] = data[i + 1];
	if (!cv_apps_check(a, whole))
		use(a, data, size);
	free(a);
}

static bool covers(const uint8_t *pattern, size_t len, const uint8_t *text, size_t text_len)
{
	const struct cv_app_pattern p = {0, (uint32_t)len};
	const struct cv_app_fact f = {.kind = CV_APP_SUBSCRIBE, .text = text, .len = text_len};

	return cv_app_covers(&p, pattern, &f);
}

/* MQTT 4.7.1: no wildcard in a topic. */
static bool is_topic(const uint8_t *t, size_t len)
{
	return len != 0 && !memchr(t, '+', len) && !memchr(t, '#', len);
}

/* What the pattern covers of filters, it covers of the topics that these filters mean. */
static void coverage(const uint8_t *data, size_t size)
{
	size_t a = size > 2 ? data[0] % (size - 1) : 0, b = size > 2 ? data[1] % (size - 1) : 0;
	const uint8_t *pattern = data + 2, *filter, *topic;

	if (size < 5 || a + b + 2 >= size)
		return;
	filter = pattern + a;
	topic = filter + b;
	size -= a + b + 2;
	if (!cv_app_pattern_valid(CV_APP_SUBSCRIBE, pattern, a) ||
	    !cv_app_pattern_valid(CV_APP_SUBSCRIBE, filter, b) || !is_topic(topic, size))
		return;
	must(covers(pattern, a, pattern, a) || memmem(pattern, a, "%c", 2));
	if (covers(pattern, a, filter, b) && covers(filter, b, topic, size))
		must(covers(pattern, a, topic, size));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_Alignas(8) uint8_t copy[4096];

	if (size == 0)
		return 0;
	switch (data[0] % 3) {
	case 0:
		patched(data + 1, size - 1);
		break;
	case 1:
		coverage(data + 1, size - 1);
		break;
	default:
		size = size < sizeof(copy) ? size : sizeof(copy);
		memcpy(copy, data + 1, size - 1);
		if (!cv_apps_check(copy, size - 1))
			use((const void *)copy, copy, size - 1);
		break;
	}
	return 0;
}
