/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside of the Modbus/TCP decoder. Clauses are those of "MODBUS Application Protocol
 * Specification V1.1b3" and "MODBUS Messaging on TCP/IP Implementation Guide V1.0b".
 */
#ifndef CV_MODBUS_H
#define CV_MODBUS_H

#include "dataplane/decode/decoder.h"
#include "dataplane/decode/label.h"

#define MODBUS_PORT 502
#define MODBUS_MBAP_SIZE 7 /* transaction, protocol, length, unit (guide 3.1.3) */
#define MODBUS_EXCEPTION 0x80 /* function bit of an exception response (section 7) */
#define MODBUS_MEI_IDENTIFICATION 14 /* device identification (section 6.21) */

/* Function codes (section 6). */
#define MODBUS_FUNCTIONS(X)                                                                        \
	X(READ_COILS, 1, "read-coils")                                                             \
	X(READ_DISCRETE, 2, "read-discrete-inputs")                                                \
	X(READ_HOLDING, 3, "read-holding-registers")                                               \
	X(READ_INPUT, 4, "read-input-registers")                                                   \
	X(WRITE_COIL, 5, "write-single-coil")                                                      \
	X(WRITE_REGISTER, 6, "write-single-register")                                              \
	X(READ_EXCEPTION_STATUS, 7, "read-exception-status")                                       \
	X(DIAGNOSTICS, 8, "diagnostics")                                                           \
	X(EVENT_COUNTER, 11, "get-comm-event-counter")                                             \
	X(EVENT_LOG, 12, "get-comm-event-log")                                                     \
	X(WRITE_COILS, 15, "write-multiple-coils")                                                 \
	X(WRITE_REGISTERS, 16, "write-multiple-registers")                                         \
	X(SERVER_ID, 17, "report-server-id")                                                       \
	X(READ_FILE, 20, "read-file-record")                                                       \
	X(WRITE_FILE, 21, "write-file-record")                                                     \
	X(MASK_WRITE, 22, "mask-write-register")                                                   \
	X(READ_WRITE, 23, "read-write-multiple-registers")                                         \
	X(READ_FIFO, 24, "read-fifo-queue")                                                        \
	X(ENCAPSULATED, 43, "encapsulated-interface-transport")

#define MODBUS_FUNCTION_ROW(id, code, name) MODBUS_##id = code,
enum modbus_function { MODBUS_FUNCTIONS(MODBUS_FUNCTION_ROW) };

/** One frame, cut into its parts; body points into the segment. */
struct modbus_adu {
	uint16_t transaction;
	uint8_t unit;
	uint8_t function; /* as sent, exception bit included */
	const uint8_t *body; /* behind the function code */
	size_t body_len;
	uint32_t size; /* whole ADU on the wire, bytes */
};

/** A run of coils or registers. */
struct modbus_range {
	uint8_t table; /* enum cv_register_table */
	uint16_t address; /* protocol address, from 0 */
	uint16_t quantity;
};

/** A request whose response has not been seen. function 0 = free. */
struct modbus_pending {
	uint16_t transaction;
	uint8_t unit;
	uint8_t function;
	uint16_t address;
	uint16_t quantity;
};

/* The guide (4.4.1.2) recommends clients to keep at most 16 transactions open. */
#define MODBUS_PENDING 15

struct modbus_flow {
	struct modbus_pending pending[MODBUS_PENDING];
	uint8_t next; /* slot to give up next when all are taken */
	bool settled; /* on a port of its own: it is known who asks */
	bool turned; /* the one that was seen first answers */
};
_Static_assert(sizeof(struct modbus_flow) <= CV_FLOW_STATE_MAX, "flow state is bounded");

#define MODBUS_WRITE_BYTES 250 /* 1968 coils or 123 registers take 246 (sections 6.11, 6.12) */
#define MODBUS_WRITES 64

/** Values of a multiple write: the response that acknowledges them does not repeat them. */
struct modbus_write {
	const struct modbus_flow *flow; /* NULL = free */
	uint16_t transaction;
	uint8_t unit;
	uint8_t function;
	struct modbus_range range;
	uint8_t len;
	uint8_t bytes[MODBUS_WRITE_BYTES];
};

struct modbus_worker {
	struct modbus_write write[MODBUS_WRITES];
	uint8_t next;
};

/* modbus_state.c */

/** Remember a request, in place of the oldest when there are too many. */
void modbus_remember(struct modbus_flow *flow, const struct modbus_adu *adu, uint16_t address,
		     uint16_t quantity);
/** Find and forget the request that @p adu answers. @return whether there was one. */
bool modbus_pair(struct modbus_flow *flow, const struct modbus_adu *adu,
		 struct modbus_pending *ret);
/** Is there a request that @p adu would answer? */
bool modbus_expected(const struct modbus_flow *flow, const struct modbus_adu *adu);
/** Remember the values of a multiple write. One whose byte count does not fit its quantity is not. */
void modbus_remember_write(struct modbus_worker *worker, const struct modbus_flow *flow,
			   const struct modbus_adu *adu, struct modbus_range range,
			   const uint8_t *bytes, size_t len);
/** Values that @p adu acknowledges, or NULL. Valid until the next remembered write. */
const struct modbus_write *modbus_written(struct modbus_worker *worker,
					  const struct modbus_flow *flow,
					  const struct modbus_adu *adu);
void modbus_flow_end(void *flow, void *worker);

/* modbus_shape.c */

/** Name of a function code without exception bit, NULL when it is not one of ours. */
const char *modbus_function_name(uint8_t function);

enum modbus_fit { MODBUS_FIT_NO, MODBUS_FIT_MORE, MODBUS_FIT_YES };
/** Could an ADU of a known function begin here? Looks at no more than CV_RESYNC_KEEP bytes. */
enum modbus_fit modbus_plausible(const uint8_t *data, size_t len);
/**
 * Does the body have the length its function and byte count give it?
 *
 * @return CV_REJECT_NONE, CV_REJECT_BAD_LENGTH, or CV_REJECT_BAD_VALUE where the byte count lies.
 */
enum cv_reject modbus_check(const struct modbus_adu *adu, bool request);

/* modbus_request.c, modbus_response.c: records of one checked ADU */

void modbus_request(struct cv_decode *d, const struct modbus_adu *adu);
enum cv_reject modbus_response(struct cv_decode *d, const struct modbus_adu *adu);

/* modbus_facts.c */

/** State what a request asks for to d->judge. */
void modbus_facts(struct cv_decode *d, const struct modbus_adu *adu);

/* modbus_map.c */

/** Start a record that carries unit, function and transaction of @p adu. */
struct cv_record *modbus_begin(struct cv_decode *d, const struct modbus_adu *adu, enum cv_lane lane,
			       enum cv_kind kind, bool request);
/** TLV CODE: "holding.100" or "holding.100-109". */
void modbus_code(struct cv_decode *d, struct modbus_range range);
/** Register at exactly this place that @p words registers hold, or NULL. */
const struct cv_gen_register *modbus_register_at(const struct cv_generation *gen, uint8_t unit,
						 uint8_t table, uint16_t address,
						 unsigned int words);
/** Name, unit and value of one mapped register into the record under construction. */
void modbus_put_register(struct cv_decode *d, struct cv_record *rec,
			 const struct cv_gen_register *reg, const uint8_t *words, bool bit);
/** NAME "raw.modbus.<table>.<address>". */
void modbus_put_raw_name(struct cv_decode *d, struct modbus_range range);
/**
 * One measurement per mapped register in @p range; one raw record with all of it when something in
 * it is not mapped.
 *
 * @param bytes registers big-endian, or coils one bit each, as on the wire; long enough for range.
 * @param flags CV_FLAG_* of every record.
 */
void modbus_values(struct cv_decode *d, const struct modbus_adu *adu, struct modbus_range range,
		   const uint8_t *bytes, size_t len, uint32_t flags);

#endif
