/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "dataplane/decode/classify.h"

#define PORTS 65536
#define TRANSPORT_OF(tcp) ((tcp) ? CV_TRANSPORT_TCP : CV_TRANSPORT_UDP)

static void add_decoder(struct cv_classifier *c, int tcp, uint8_t proto)
{
	const struct cv_decoder *d = cv_decoders[proto];
	const uint16_t *ports = tcp ? d->tcp_ports : d->udp_ports;
	uint8_t *end = c->probes[tcp];

	if (!(d->transports & TRANSPORT_OF(tcp)))
		return;
	for (int i = 0; i < 4 && ports[i] != 0; i++)
		c->port[tcp][ports[i]] = proto;
	if (d->probe == NULL)
		return;
	while (*end != 0)
		end++;
	*end = proto;
}

static void add_hint(struct cv_classifier *c, const struct cv_gen_hint *h)
{
	int tcp = h->ip_proto == 6;

	if (h->decoder == 0)
		c->port[tcp][h->port] = CV_PORT_NEVER;
	else if (cv_decoders[h->decoder]->transports & TRANSPORT_OF(tcp))
		c->port[tcp][h->port] = (uint8_t)(h->decoder | CV_PORT_TOLD);
}

int cv_classifier_setup(struct cv_classifier *c, const struct cv_generation *gen)
{
	const struct cv_gen_hint *hint = cv_generation_at(gen, gen->hints);

	*c = (struct cv_classifier){.port = {calloc(PORTS, 1), calloc(PORTS, 1)}};
	if (c->port[0] == NULL || c->port[1] == NULL) {
		cv_classifier_release(c);
		return -ENOMEM;
	}
	for (int proto = 1; proto < CV_PROTO_COUNT; proto++) {
		add_decoder(c, 0, (uint8_t)proto);
		add_decoder(c, 1, (uint8_t)proto);
	}
	/* The image was checked against the list of decoders it was built with, which may be longer
	 * than this one: a number we do not have is no hint. */
	for (uint32_t i = 0; i < gen->hints.count; i++) {
		if (hint[i].decoder < CV_PROTO_COUNT)
			add_hint(c, &hint[i]);
	}
	return 0;
}

void cv_classifier_release(struct cv_classifier *c)
{
	free(c->port[0]);
	free(c->port[1]);
	*c = (struct cv_classifier){0};
}
