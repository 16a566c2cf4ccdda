/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/decode/classify.h"

uint8_t cv_classify_ports(const struct cv_classifier *c, bool tcp, uint16_t server, uint16_t client,
			  bool *by_server_port)
{
	uint8_t s = c->port[tcp][server];
	uint8_t o = c->port[tcp][client];

	if (o >= CV_PORT_TOLD && s < CV_PORT_TOLD) {
		*by_server_port = false;
		return o;
	}
	*by_server_port = s != 0;
	return s ? s : o;
}

enum cv_class cv_classify_content(const struct cv_classifier *c, bool tcp, unsigned int candidate,
				  const uint8_t *data, size_t len, unsigned int *ret)
{
	enum cv_class answer = CV_CLASS_NONE;

	if (candidate != 0) {
		const struct cv_decoder *d = cv_decoders[candidate];

		*ret = candidate;
		if (d->probe == NULL || d->probe(data, len, !tcp) != CV_PROBE_NO)
			return CV_CLASS_DECODER;
	}
	for (const uint8_t *p = c->probes[tcp]; *p != 0; p++) {
		if (*p == candidate)
			continue;
		switch (cv_decoders[*p]->probe(data, len, !tcp)) {
		case CV_PROBE_YES:
			*ret = *p;
			return CV_CLASS_DECODER;
		case CV_PROBE_MORE:
			answer = CV_CLASS_MORE;
			break;
		case CV_PROBE_NO:
			break;
		}
	}
	return candidate ? CV_CLASS_DECODER : answer;
}
