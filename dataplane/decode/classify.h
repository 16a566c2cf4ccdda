/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which decoder for this flow (D6): the operator's word first, then the decoders' well-known
 * ports, then the content of the first payload.
 */
#ifndef CV_CLASSIFY_H
#define CV_CLASSIFY_H

#include "dataplane/decode/decoder.h"

/** What is known about each port; built once, two bytes of table per packet at most. */
struct cv_classifier {
	uint8_t *port[2]; /* [0] UDP, [1] TCP: 65536 entries, see CV_PORT_* */
	uint8_t probes[2][CV_PROTO_COUNT]; /* decoders with a probe per transport, 0 ends */
};

/* Entry: a decoder's number, with CV_PORT_TOLD when the operator said so. */
#define CV_PORT_NEVER 0xffu /* operator: do not decode */
#define CV_PORT_TOLD 0x80u
#define CV_PORT_DECODER(entry) ((entry)&0x7fu)
_Static_assert(CV_PROTO_COUNT < 0x7f, "a port entry holds a decoder's number in seven bits");

enum cv_class { CV_CLASS_NONE, CV_CLASS_MORE, CV_CLASS_DECODER };

/** The only allocation. @return 0 or -ENOMEM. */
int cv_classifier_setup(struct cv_classifier *c, const struct cv_generation *gen);
void cv_classifier_release(struct cv_classifier *c);

/**
 * What the ports say. The operator's word on either port counts before a well-known port, and the
 * server's port before the client's.
 *
 * @param server, client ports, host order.
 * @param by_server_port out: the entry came from the server's port. Set when the return is not 0.
 * @return entry, 0 = nothing known.
 */
uint8_t cv_classify_ports(const struct cv_classifier *c, bool tcp, uint16_t server, uint16_t client,
			  bool *by_server_port);

/**
 * What the first payload says.
 *
 * @param candidate decoder that the ports suggest, 0 = none. It is asked first, and it gets the
 *        flow when nobody recognizes the bytes: its well-known port carries what it must explain.
 * @param ret the decoder, set with CV_CLASS_DECODER.
 */
enum cv_class cv_classify_content(const struct cv_classifier *c, bool tcp, unsigned int candidate,
				  const uint8_t *data, size_t len, unsigned int *ret);

#endif
