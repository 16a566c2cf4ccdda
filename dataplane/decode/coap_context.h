/* SPDX-License-Identifier: Apache-2.0 */
/* One message on its way to records. Internal to the CoAP decoder. */
#ifndef CV_COAP_CONTEXT_H
#define CV_COAP_CONTEXT_H

#include "dataplane/decode/coap_payload.h"

/* What all records of one message have in common. */
struct coap_context {
	struct cv_emit *emit;
	const struct cv_coap *m;
	const uint8_t *name;
	size_t name_len;
	uint32_t flags;
	uint32_t seq;
	uint8_t lane; /* enum cv_lane */
	uint8_t kind; /* enum cv_kind */
	uint8_t device_end; /* enum cv_device_end */
	uint8_t direction; /* enum cv_direction */
	const struct lwm2m_device *device; /* who registered from the device's end, NULL = nobody */
	uint8_t method_len, format_len, token_len;
	char method[8];
	char format[8]; /* Content-Format in decimal; empty without one */
	char token[2 * CV_COAP_TOKEN_MAX]; /* hexadecimal */
	uint8_t token_name[sizeof("coap:token:") - 1 + 2 * CV_COAP_TOKEN_MAX];
};

/* A block or a cut payload: values in it may be cut in two. */
static inline bool coap_is_piece(const struct coap_context *c)
{
	return (c->flags & CV_FLAG_PARTIAL) || (c->m->has & CV_COAP_CUT);
}

/** What all records of the message have; @p arg is its context. */
void coap_complete(void *arg, struct cv_record *rec);

/* coap_values.c: payloads that are values. */

/** Content-Formats that hold JSON, or do not say. */
bool coap_may_be_json(uint32_t format);
/** 0, or why the payload is not SenML although it says so. */
int coap_emit_senml(struct coap_context *c, struct cv_senml_pack *pack);
/** What the configuration says of the path; else a flat object by its members' names. */
bool coap_emit_json(struct coap_context *c, const struct cv_generation *gen, bool *ret_bad);
/**
 * A payload of LwM2M's own formats, or a value of a resource that is known.
 *
 * @return 1: records were made; 0: it is none; -EBADMSG, -E2BIG: it says it is one.
 */
int coap_emit_resources(struct coap_context *c, struct lwm2m_list *list);
/** The record of a registration, an update or the end of one. */
void coap_emit_registration(struct coap_context *c, bool online);

#endif
