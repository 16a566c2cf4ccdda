/* SPDX-License-Identifier: Apache-2.0 */
/* Between the parts of the DLMS/COSEM decoder. */
#ifndef CV_DLMS_H
#define CV_DLMS_H

#include "dataplane/decode/axdr.h"
#include "dataplane/decode/decoder.h"
#include "dataplane/decode/label.h"

/* APDUs that are told apart; a request and its answer are one service. */
#define DLMS_SERVICES(X)                                                                           \
	X(ASSOCIATE, 0x60, "associate")                                                            \
	X(RELEASE, 0x62, "release")                                                                \
	X(GET, 0xc0, "get")                                                                        \
	X(SET, 0xc1, "set")                                                                        \
	X(EVENT, 0xc2, "event-notification")                                                       \
	X(ACTION, 0xc3, "action")                                                                  \
	X(DATA, 0x0f, "data-notification")                                                         \
	X(EXCEPTION, 0xd8, "exception")                                                            \
	X(GLO_GET, 0xc8, "glo-get")                                                                \
	X(GLO_SET, 0xc9, "glo-set")                                                                \
	X(GLO_EVENT, 0xca, "glo-event-notification")                                               \
	X(GLO_ACTION, 0xcb, "glo-action")                                                          \
	X(DED_GET, 0xd0, "ded-get")                                                                \
	X(DED_SET, 0xd1, "ded-set")                                                                \
	X(DED_EVENT, 0xd2, "ded-event-notification")                                               \
	X(DED_ACTION, 0xd3, "ded-action")                                                          \
	X(GENERAL_GLO, 0xdb, "general-glo-ciphering")                                              \
	X(GENERAL_DED, 0xdc, "general-ded-ciphering")                                              \
	X(GENERAL, 0xdd, "general-ciphering")

#define DLMS_SERVICE_ROW(id, number, name) DLMS_##id = number,
enum dlms_service { DLMS_SERVICES(DLMS_SERVICE_ROW) };

#define DLMS_OBIS 6

/** An attribute or method of an object. */
struct dlms_attribute {
	uint16_t class;
	uint8_t obis[DLMS_OBIS];
	uint8_t number;
};

/** A request whose answer is not there yet. */
struct dlms_pending {
	uint8_t service; /* enum dlms_service, 0 = free */
	uint8_t invoke;
	uint8_t many; /* attributes; more than one: they are in the worker's lists */
	struct dlms_attribute what;
};

#define DLMS_PENDING 6
#define DLMS_NAME 32

/** Both directions of a connection. */
struct dlms_flow {
	struct dlms_pending pending[DLMS_PENDING];
	uint16_t station; /* whose name it is */
	uint8_t next; /* slot to give up next */
	uint8_t rank; /* of the name: 1 system title, 2 logical device name */
	uint8_t name_len;
	bool kept; /* the worker keeps something for this flow */
	char name[DLMS_NAME];
};
_Static_assert(sizeof(struct dlms_flow) <= CV_FLOW_STATE_MAX, "flow state is bounded");

/** Power of ten and unit that a register's values have. */
struct dlms_scaler {
	const void *flow; /* NULL = free */
	uint8_t obis[DLMS_OBIS];
	uint16_t station;
	int8_t exponent;
	uint8_t unit; /* of the Blue Book's table */
};

#define DLMS_LIST 16

struct dlms_list {
	const void *flow; /* NULL = free */
	uint8_t invoke, count;
	struct dlms_attribute what[DLMS_LIST];
};

#define DLMS_JOINS 8
#define DLMS_APDU_MAX 4096

/** An APDU that comes in several frames of HDLC. */
struct dlms_join {
	const void *flow; /* NULL = free */
	uint32_t len;
	uint8_t number; /* N(S) of the last one */
	bool client; /* it is the client's */
	bool up; /* by its head */
	bool fresh; /* only the first one is there */
	uint8_t data[DLMS_APDU_MAX];
};

/** An answer that comes in several blocks. */
struct dlms_blocks {
	const void *flow; /* NULL = free */
	uint32_t next; /* number */
	uint32_t len;
	uint16_t station;
	uint8_t invoke;
	uint8_t data[DLMS_APDU_MAX];
};

#define DLMS_SCALERS 1024
#define DLMS_LISTS 32

struct dlms_worker {
	struct dlms_scaler scaler[DLMS_SCALERS];
	struct dlms_list list[DLMS_LISTS];
	uint32_t turn; /* list to give up next */
	uint32_t join_turn; /* the same of what is joined */
	uint32_t blocks_turn;
	struct dlms_join join[DLMS_JOINS];
	struct dlms_blocks blocks[DLMS_JOINS];
};

/** An APDU while its records are made. On the stack of the decoder. */
struct dlms_apdu {
	struct cv_decode *d;
	uint32_t size; /* of the frame, bytes */
	uint16_t station; /* the server's address */
	bool up;
	bool dry; /* first pass: see whether it can be read; nothing is told or kept */
	uint8_t tag;
	uint8_t invoke;
	uint8_t time_quality; /* enum cv_time_quality */
	int64_t ts; /* ns since the Unix epoch */
	uint32_t flags; /* of every record */
};

/* dlms_state.c */

/** Remember a request, in place of the oldest when there are too many; none of more than DLMS_LIST. */
void dlms_remember(struct dlms_apdu *a, uint8_t service, const struct dlms_attribute *what,
		   size_t count);
/**
 * Find the request that is answered.
 *
 * @param last the answer is the last: forget the request.
 * @param ret room for DLMS_LIST attributes.
 * @return how many attributes it named, 0 = it was not seen.
 */
unsigned int dlms_pair(struct dlms_apdu *a, uint8_t service, bool last, struct dlms_attribute *ret);
void dlms_keep_scaler(struct dlms_apdu *a, const uint8_t *obis, int8_t exponent, uint8_t unit);
/** @return NULL when it was not read. */
const struct dlms_scaler *dlms_scaler(const struct dlms_apdu *a, const uint8_t *obis);
/** The device says what it is called. @param rank what kind of name that is; the highest stays. */
void dlms_name(struct dlms_apdu *a, unsigned int rank, const char *name, size_t len);
/** A system title: three letters of the maker, then bytes; told in hexadecimal digits. */
void dlms_title(struct dlms_apdu *a, const uint8_t *title, size_t len);
void dlms_flow_end(void *flow, void *worker);

/* dlms_segments.c */

struct dlms_segment {
	const uint8_t *data; /* behind the link layer's head */
	size_t len;
	bool first, last;
	bool numbered; /* an I frame; an UI frame is taken for the next one */
	uint8_t number; /* N(S) */
};

/** Does a frame with this N(S) come next? */
static inline bool dlms_follows(const struct dlms_join *j, unsigned int number)
{
	return number == (j->number + 1u) % 8;
}

/** Is it one behind the first, sent for the first time or again, whatever it begins with? */
static inline bool dlms_is_inside(const struct dlms_join *j, unsigned int number)
{
	return dlms_follows(j, number) || (number == j->number && !j->fresh);
}

/** What is being put together of this end's, or NULL. */
struct dlms_join *dlms_joining(const struct cv_decode *d);
/**
 * Take a segment, and tell it.
 *
 * @param ret the whole APDU.
 * @return its length, 0 = it is not there yet.
 */
size_t dlms_take_segment(struct dlms_apdu *a, const struct dlms_segment *s, const uint8_t **ret);

/* dlms_blocks.c */

/**
 * Take a block of an answer. Not in a first pass.
 *
 * @param ret the whole answer.
 * @return its length, 0 = it is not there yet, or will not be.
 */
size_t dlms_take_block(struct dlms_apdu *a, uint32_t number, bool last, const struct cv_axdr *block,
		       const uint8_t **ret);

/* dlms_values.c */

/** Read one value, whatever is in it. */
bool dlms_read(struct cv_reader *r, struct cv_axdr *ret);
/** A point in time of 12 bytes. @return enum cv_time_quality */
uint8_t dlms_time(const uint8_t *at, size_t len, int64_t *ret);
struct cv_record *dlms_begin(struct dlms_apdu *a, enum cv_lane lane, enum cv_kind kind);
void dlms_text(struct dlms_apdu *a, const char *text);
/** TLV code: "3/1-0:1.8.0*255/2". */
void dlms_put_code(struct dlms_apdu *a, const struct dlms_attribute *what);
/** A value as it is, into the record under construction. */
void dlms_put_scalar(struct dlms_apdu *a, struct cv_record *rec, const struct cv_axdr *value);
/** A record for an attribute's value. @param what NULL = nobody knows which. */
void dlms_value(struct dlms_apdu *a, const struct dlms_attribute *what,
		const struct cv_axdr *value);
/** A record for how an access ended. @param what may be NULL */
void dlms_result(struct dlms_apdu *a, const struct dlms_attribute *what, uint8_t result);
/** Bytes that are carried as they are. @param what may be NULL */
void dlms_raw(struct dlms_apdu *a, const struct dlms_attribute *what, const char *text,
	      const uint8_t *data, size_t len);

/* dlms_objects.c */

struct dlms_object {
	uint16_t name; /* enum cv_name, 0 = not in the table */
	uint8_t unit; /* unit that the name's comes from by a power of ten */
	int8_t shift; /* that power */
	uint8_t stage; /* enum cv_stage_of_value */
	char sub[12];
};

struct dlms_object dlms_object(const uint8_t *obis);
/** SenML unit of a unit of the Blue Book, enum cv_unit. */
unsigned int dlms_unit(uint8_t unit);
/** "1-0:1.8.0*255" */
void dlms_obis(struct cv_label *label, const uint8_t *obis);

/* dlms_associate.c: they set r->failed where they cannot read on */

void dlms_associate(struct dlms_apdu *a, struct cv_reader *r);

/* dlms_access.c: they set r->failed where they cannot read on */

struct dlms_attribute dlms_attribute(struct cv_reader *r);
/** GET, SET, ACTION and their answers. @param r behind the tag */
void dlms_access(struct dlms_apdu *a, struct cv_reader *r);

/* dlms_apdu.c */

/** Is there such an APDU? @return enum dlms_service of it, or of the request that it answers; 0. */
uint8_t dlms_service(uint8_t tag);
/** Is it one that the server sends? */
bool dlms_is_answer(uint8_t tag);
/** Records of a whole APDU. @return CV_REJECT_NONE, or why there are none. */
enum cv_reject dlms_records(struct dlms_apdu *a, const uint8_t *data, size_t len);

#endif
