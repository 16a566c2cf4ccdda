/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside of the IEC 60870-5-104 decoder. Clauses of -101 (7.2: elements, 7.3: ASDUs) and -104 (5:
 * transport). Everything of more than one byte is little-endian.
 */
#ifndef CV_IEC104_H
#define CV_IEC104_H

#include "dataplane/decode/decoder.h"
#include "dataplane/decode/label.h"

#define IEC104_PORT 2404
#define IEC104_HEAD 6 /* start, length, four control octets */
#define IEC104_ASDU_HEAD 6 /* type, qualifier, cause (2), common address (2) */
#define IEC104_IOA 3
#define IEC104_GLOBAL 0xffffu /* the common address of every station */

/* What an object holds: FORM(id, bytes). */
#define IEC104_FORMS(X)                                                                            \
	X(EMPTY, 0)                                                                                \
	X(SIQ, 1) /* single point with quality */                                                  \
	X(DIQ, 1) /* double point with quality */                                                  \
	X(VTI_QDS, 2) /* step position; quality */                                                 \
	X(BSI_QDS, 5) /* bits; quality */                                                          \
	X(NVA_QDS, 3) /* normalized; quality */                                                    \
	X(SVA_QDS, 3) /* scaled; quality */                                                        \
	X(FLT_QDS, 5) /* short float; quality */                                                   \
	X(BCR, 5) /* counter reading */                                                            \
	X(SEP, 3) /* single event of protection; elapsed time */                                   \
	X(SPE, 4) /* start events; quality; relay duration */                                      \
	X(OCI, 4) /* output circuits; quality; operating time */                                   \
	X(SCD_QDS, 5) /* 16 states and their changes; quality */                                   \
	X(NVA, 2)                                                                                  \
	X(SCO, 1) /* single command */                                                             \
	X(DCO, 1) /* double command */                                                             \
	X(RCO, 1) /* regulating step command */                                                    \
	X(NVA_QOS, 3) /* set point or parameter with qualifier */                                  \
	X(SVA_QOS, 3)                                                                              \
	X(FLT_QOS, 5)                                                                              \
	X(BSI, 4)                                                                                  \
	X(COI, 1) /* cause of initialization */                                                    \
	X(QUALIFIER, 1)                                                                            \
	X(COUNTER, 2) /* test sequence, fixed pattern, delay in ms */                              \
	X(CLOCK, 0) /* the time tag is the value */                                                \
	X(FILE_READY, 6) /* file, length, qualifier */                                             \
	X(SECTION_READY, 7) /* file, section, length, qualifier */                                 \
	X(FILE_CALL, 4) /* file, section, qualifier */                                             \
	X(FILE_LAST, 5) /* file, section, qualifier, checksum */                                   \
	X(FILE_SEGMENT, 4) /* file, section, length of what follows */                             \
	X(DIRECTORY, 6) /* file, length, status */                                                 \
	X(QUERY_LOG, 16) /* file, from, to */

#define IEC104_FORM_ROW(id, size) IEC104_##id,
enum iec104_form { IEC104_FORMS(IEC104_FORM_ROW) IEC104_FORM_COUNT };

enum iec104_tag { IEC104_NONE = 0, IEC104_CP24 = 3, IEC104_CP56 = 7 }; /* bytes of the time tag */

/** A type of the table. label NULL: not in the standard. */
struct iec104_type {
	const char *label;
	uint8_t form; /* enum iec104_form */
	uint8_t tag; /* enum iec104_tag */
	uint8_t size; /* bytes of an object without its address */
};

/* Causes of transmission (7.2.3). */
#define IEC104_ACTIVATION 6
#define IEC104_DEACTIVATION 8
#define IEC104_REQUEST 5
#define IEC104_UNKNOWN_FIRST 44
#define IEC104_CAUSE_LAST 47

/** An ASDU whose objects are all there. On the stack of the decoder. */
struct iec104_asdu {
	struct cv_decode *d;
	const struct iec104_type *type;
	const uint8_t *objects;
	size_t objects_len;
	uint32_t size; /* whole APDU, bytes */
	uint16_t send; /* N(S) */
	uint16_t common; /* common address */
	uint8_t id; /* type number */
	uint8_t count; /* of objects */
	uint8_t cause; /* six bits */
	uint8_t originator;
	bool sequence; /* one address, the objects have it and those behind it */
	bool negative, test;
	uint8_t direction; /* enum cv_direction */
};

/** One object. */
struct iec104_object {
	uint32_t address;
	const uint8_t *data; /* without its time tag */
	const uint8_t *tag; /* NULL = none */
};

/** Never NULL. */
const struct iec104_type *iec104_type(uint8_t id);
/** "spontaneous", "activation-confirmation", ... NULL: none of the standard. */
const char *iec104_cause_name(uint8_t cause);
/**
 * Has an ASDU of this type and number of objects this length?
 *
 * @param len bytes behind the common address.
 */
bool iec104_fits(uint8_t id, uint8_t qualifier, size_t len);

/** Emit the records of an ASDU: one per object. */
void iec104_records(const struct iec104_asdu *a);
/** Of an ASDU whose type is not known: its bytes. */
void iec104_raw(const struct iec104_asdu *a);

/* Pieces of a record, iec104_values.c. */

/** Value and quality of an object, and what its qualifiers say appended to @p text. */
void iec104_put_value(const struct iec104_asdu *a, const struct iec104_object *o,
		      struct cv_record *rec, struct cv_label *text);
/** Device time from the object's tag. */
void iec104_put_time(const struct iec104_asdu *a, const struct iec104_object *o,
		     struct cv_record *rec);

#endif
