/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside of the SNMP decoder: RFC 1157 (v1), RFC 3416 (v2c and the PDUs), RFC 3412 and 3414 (v3).
 *
 * A message is gone through twice, first without records: one that is rejected has made none.
 */
#ifndef CV_SNMP_H
#define CV_SNMP_H

#include "dataplane/decode/decoder.h"
#include "dataplane/decode/label.h"
#include "dataplane/decode/reader.h"

#define SNMP_PORT 161
#define SNMP_TRAP_PORT 162

/* PDUs: number in the tag, name (RFC 3416 section 3). */
#define SNMP_PDUS(X)                                                                               \
	X(GET, 0, "get")                                                                           \
	X(GET_NEXT, 1, "get-next")                                                                 \
	X(RESPONSE, 2, "response")                                                                 \
	X(SET, 3, "set")                                                                           \
	X(TRAP_V1, 4, "trap-v1")                                                                   \
	X(GET_BULK, 5, "get-bulk")                                                                 \
	X(INFORM, 6, "inform")                                                                     \
	X(TRAP, 7, "trap")                                                                         \
	X(REPORT, 8, "report")

#define SNMP_PDU_ROW(id, number, name) SNMP_##id = number,
enum snmp_pdu { SNMP_PDUS(SNMP_PDU_ROW) SNMP_PDU_COUNT };
#define SNMP_ENCRYPTED 255 /* what the PDU of an encrypted message counts as */

/* Tags. */
#define SNMP_INTEGER 0x02
#define SNMP_OCTETS 0x04
#define SNMP_NULL 0x05
#define SNMP_OID 0x06
#define SNMP_SEQUENCE 0x30
#define SNMP_ADDRESS 0x40
#define SNMP_COUNTER 0x41
#define SNMP_GAUGE 0x42
#define SNMP_TICKS 0x43
#define SNMP_OPAQUE 0x44
#define SNMP_COUNTER64 0x46
#define SNMP_NO_OBJECT 0x80
#define SNMP_NO_INSTANCE 0x81
#define SNMP_END_OF_VIEW 0x82
#define SNMP_PDU_TAG 0xa0

#define SNMP_OID_MAX 128 /* sub-identifiers (RFC 3416 section 4.1) */
#define SNMP_OID_TEXT (SNMP_OID_MAX * 11)

/** Tag and content of one element. */
struct snmp_element {
	uint8_t tag;
	const uint8_t *data;
	size_t len;
};

/** An object identifier as text: "1.3.6.1.2.1.1.3.0". On the stack of who builds it. */
struct snmp_oid {
	size_t len;
	char text[SNMP_OID_TEXT];
};

/** A message in hand. */
struct snmp_message {
	struct cv_decode *d; /* NULL: only look */
	uint32_t size;
	uint8_t version; /* 0, 1 or 3, as sent */
	uint8_t pdu; /* enum snmp_pdu, or SNMP_ENCRYPTED */
	struct snmp_element engine, user; /* v3 */
	struct snmp_element enterprise, agent; /* v1 trap */
	int64_t generic, specific, ticks; /* v1 trap */
	int64_t request, error, index;
	struct cv_reader bindings;
};

/* snmp_ber.c: all fail on indefinite lengths and on lengths beyond what is there. */

bool snmp_element(struct cv_reader *r, struct snmp_element *e);
/** Take an element of exactly this tag. */
bool snmp_take(struct cv_reader *r, uint8_t tag, struct snmp_element *e);
/** Take an element of this tag whose content is read next. */
bool snmp_enter(struct cv_reader *r, uint8_t tag, struct cv_reader *content);
/** Up to 8 bytes, signed. */
bool snmp_integer(const struct snmp_element *e, int64_t *ret);
/** Up to 8 bytes, and a leading zero. */
bool snmp_unsigned(const struct snmp_element *e, uint64_t *ret);
bool snmp_take_integer(struct cv_reader *r, int64_t *ret);
/** Sub-identifiers up to 2^32 - 1 in as few bytes as they need. @return false where they are not. */
bool snmp_oid(const struct snmp_element *e, struct snmp_oid *ret);

/* snmp_records.c */

/** Are the bindings well-formed? */
bool snmp_check_bindings(const struct snmp_message *m);
/** Emit the records of a message that was gone through. */
void snmp_records(const struct snmp_message *m);

#endif
