/* SPDX-License-Identifier: Apache-2.0 */
/* The pcapng reader and the link layers on arbitrary bytes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/replay/capture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Touch every byte the reader says is there. */
static void use(const struct cv_captured *packet)
{
	struct cv_link_frame f = cv_link_frame(packet);
	static volatile uint8_t all;

	if (f.head_len > CV_LINK_HEADROOM || f.body_len > packet->len || packet->ts_ns < 0)
		abort();
	for (uint32_t i = 0; i < f.body_len; i++)
		all = (uint8_t)(all ^ f.body[i]);
}

static void links(const uint8_t *data, size_t size)
{
	static const uint32_t types[] = {0, 1, 9, 12, 14, 101, 108, 113, 228, 229, 276, 9999};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		use(&(struct cv_captured){.data = data, .len = (uint32_t)size, .link = types[i]});
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cv_capture_error error = {""};
	struct cv_captured packet;
	struct cv_pcapng *p;
	FILE *f;
	int n = 0;

	links(data, size);
	if (size == 0)
		return 0;
	f = fmemopen((void *)(uintptr_t)data, size, "rb");
	if (f == NULL)
		abort();
	if (cv_pcapng_open(f, &p, &error) != 0) {
		fclose(f);
		return 0;
	}
	while ((n = cv_pcapng_next(p, &packet, &error)) == 1)
		use(&packet);
	if (n < 0 && error.text[0] == '\0')
		abort();
	cv_pcapng_close(p);
	return 0;
}
