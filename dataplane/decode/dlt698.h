/* SPDX-License-Identifier: Apache-2.0 */
/* Between the parts of the DL/T 698.45 decoder. */
#ifndef CV_DLT698_H
#define CV_DLT698_H

#include "dataplane/decode/axdr.h"
#include "dataplane/decode/decoder.h"

/* APDUs; what a server sends has the top bit. */
#define DLT698_ANSWER 0x80u
#define DLT698_SERVICES(X)                                                                         \
	X(LINK, 1, "link")                                                                         \
	X(CONNECT, 2, "connect")                                                                   \
	X(RELEASE, 3, "release")                                                                   \
	X(RELEASED, 4, "released") /* notification only */                                         \
	X(GET, 5, "get")                                                                           \
	X(SET, 6, "set")                                                                           \
	X(ACTION, 7, "action")                                                                     \
	X(REPORT, 8, "report")                                                                     \
	X(PROXY, 9, "proxy")                                                                       \
	X(SECURITY, 16, "security")                                                                \
	X(FAILED, 110, "error")

#define DLT698_SERVICE_ROW(id, number, name) DLT698_##id = number,
enum dlt698_service { DLT698_SERVICES(DLT698_SERVICE_ROW) };

/* Types of data beside those of cv_axdr_type. */
enum dlt698_type {
	DLT698_DATE_TIME = 25,
	DLT698_DATE_TIME_S = 28,
	DLT698_ROAD = 82,
	DLT698_TSA = 85,
	DLT698_MAC = 86,
	DLT698_RN = 87,
	DLT698_REGION = 88,
	DLT698_RSD = 90,
	DLT698_CSD = 91,
	DLT698_MS = 92,
	DLT698_SID = 93,
	DLT698_SID_MAC = 94,
	DLT698_RCSD = 96,
};

#define DLT698_DIGITS 34

/** A meter's or terminal's address. */
struct dlt698_address {
	uint8_t len; /* digits; 0 = it is nobody's: wildcard, group, broadcast */
	uint8_t logical; /* device behind the address, 0 = the first */
	char text[DLT698_DIGITS]; /* high digit first */
};

/** An APDU while its records are made. On the stack of the decoder. */
struct dlt698_apdu {
	struct cv_decode *d;
	struct dlt698_address server; /* SA */
	struct dlt698_address device; /* whose values are at hand: the server, or a TSA */
	uint32_t size; /* of the frame, bytes */
	bool up;
	bool dry; /* first pass: see whether it can be read, make no records */
	uint8_t tag; /* of the APDU */
	uint8_t choice; /* of its kinds, 0 = it has none */
	uint8_t piid;
	uint8_t stage; /* enum cv_stage_of_value, of the values at hand */
	uint8_t time_quality; /* enum cv_time_quality */
	int64_t ts; /* of the values at hand, ns since the Unix epoch */
	uint32_t flags; /* of every record */
	uint32_t records; /* made so far */
	uint8_t outer; /* tag of the security APDU that this one is in, 0 = in none */
};

/** How the elements of an object's value are told apart. */
enum dlt698_layout {
	DLT698_SINGLE,
	DLT698_PHASES, /* a, b, c */
	DLT698_TOTAL_PHASES, /* all, a, b, c */
	DLT698_TARIFFS, /* all, tariff 1, ... */
};

/** What an attribute of an object is. */
struct dlt698_object {
	uint16_t name; /* enum cv_name, 0 = not in the table */
	uint16_t unit;
	int8_t exponent; /* of ten, from the number sent to the name's unit */
	uint8_t layout; /* enum dlt698_layout */
	uint8_t stage; /* enum cv_stage_of_value where it is not that of the record */
	char sub[8]; /* phase; "" = all */
};

/* dlt698_data.c */

/** Read one value, whatever is in it. @return false with r->failed set. */
bool dlt698_read(struct cv_reader *r, struct cv_axdr *ret);
/** Read a column selection (RCSD), or what is like it. */
void dlt698_skip_csd(struct cv_reader *r);
/** A point in time: date_time_s, date_time, or its bytes. @return enum cv_time_quality */
uint8_t dlt698_time(const uint8_t *at, size_t len, int64_t *ret);
/** A target server address: its digits. @return false when it is no meter's. */
bool dlt698_tsa(const uint8_t *at, size_t len, struct dlt698_address *ret);

/* dlt698_objects.c */

/** Look an attribute up. @param oad object, attribute and index */
struct dlt698_object dlt698_object(uint32_t oad);
/** Name (enum cv_name) of what an event object reports, 0 = it is no alarm. */
uint16_t dlt698_event(uint16_t oi);
/** Text of a data access result (DAR), NULL when it has none. */
const char *dlt698_dar(uint8_t dar);
/** Period that a freeze object's records stand for, enum cv_stage_of_value. */
uint8_t dlt698_stage(uint16_t oi);

/* dlt698_values.c */

/** Begin a record with what all records of the APDU have. */
struct cv_record *dlt698_begin(struct dlt698_apdu *a, enum cv_lane lane, enum cv_kind kind);
/** An identifier (OAD, OMD) as the code. */
void dlt698_put_code(struct dlt698_apdu *a, uint32_t oad);
/** Records of an attribute's value: one per element where the object is known. */
void dlt698_value(struct dlt698_apdu *a, uint32_t oad, const struct cv_axdr *data);
/** A value that is no measurement, into the record under construction. */
void dlt698_put_scalar(struct dlt698_apdu *a, struct cv_record *rec, const struct cv_axdr *data);
/** A record that says how an access to an attribute or method ended. */
void dlt698_result(struct dlt698_apdu *a, uint32_t oad, uint8_t dar);
/** Bytes that are carried as they are. @param text what they are, NULL = nothing to say. */
void dlt698_raw(struct dlt698_apdu *a, const char *text, const uint8_t *data, size_t len);

/* dlt698_rows.c: they set r->failed where they cannot read on */

/** A-ResultNormal. */
void dlt698_result_normal(struct dlt698_apdu *a, struct cv_reader *r);
/** A-ResultRecord: columns, and rows of values. */
void dlt698_result_record(struct dlt698_apdu *a, struct cv_reader *r);

/* dlt698_session.c: they set r->failed where they cannot read on */

void dlt698_link_request(struct dlt698_apdu *a, struct cv_reader *r);
void dlt698_link_response(struct dlt698_apdu *a, struct cv_reader *r);
void dlt698_connect_request(struct dlt698_apdu *a, struct cv_reader *r);
void dlt698_connect_response(struct dlt698_apdu *a, struct cv_reader *r);
/** A record for a connection that ends. */
void dlt698_session(struct dlt698_apdu *a);

/* dlt698_apdu.c */

/** Records of a whole APDU. @return CV_REJECT_NONE, or why there are none. */
enum cv_reject dlt698_records(struct dlt698_apdu *a, const uint8_t *data, size_t len);

/* dlt698_fragments.c */

#define DLT698_JOINS 16
#define DLT698_APDU_MAX 8192
#define DLT698_FRAME_MAX 0x4001 /* 14 bits of length, start and end */

/** An APDU that comes in several frames. */
struct dlt698_join {
	const void *flow; /* NULL = free */
	uint32_t len;
	uint16_t next; /* fragment */
	bool up;
	bool lost; /* too long: the fragments were told one by one */
	uint8_t data[DLT698_APDU_MAX];
};

struct dlt698_worker {
	struct dlt698_join join[DLT698_JOINS];
	uint32_t turn; /* slot to give up next */
	uint8_t clear[DLT698_FRAME_MAX]; /* user data that was scrambled */
};

struct dlt698_flow {
	bool joining[2]; /* [1]: from the server */
};

/**
 * Take one fragment's user data.
 *
 * @param ret_data, ret_len the whole APDU, len 0 = not there yet.
 * @return CV_REJECT_NONE, or why the fragment cannot be used.
 */
enum cv_reject dlt698_fragment(struct dlt698_apdu *a, const uint8_t *data, size_t len,
			       const uint8_t **ret_data, size_t *ret_len);
void dlt698_flow_end(void *flow, void *worker);

#endif
