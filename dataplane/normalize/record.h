/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The record: one normalized event, version 1 (architecture decisions D7 and D8).
 *
 * A record is a fixed 128-byte head and a tail of TLVs. The same bytes live in the handoff
 * block, in the event log and in a subscriber's cursor, so the layout is an ABI: little-endian,
 * natural alignment, explicit padding, append-only lists. A change of meaning is version 2.
 */
#ifndef CV_RECORD_H
#define CV_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CV_RECORD_VERSION 1
/** Upper bound of head and tail together, bytes. A longer text or payload is cut and flagged. */
#define CV_RECORD_MAX 2048
/** Longest TLV value, bytes. */
#define CV_TLV_MAX 512

/*
 * One list feeds each enum, its names and its counters. Lists are append-only: numbers are in the
 * event log. Lane order is also shedding order read backwards from CV_LANE_SHED_ORDER (handoff).
 */
#define CV_LANES(X)                                                                                \
	X(ALARM, "alarm")                                                                          \
	X(MEASUREMENT, "measurement")                                                              \
	X(STATUS, "status")                                                                        \
	X(SECURITY, "security")

/* What happened. The CloudEvents type is "city.culvert.<kind>.v1". */
#define CV_KINDS(X)                                                                                \
	X(MEASUREMENT, "measurement") /* a value of a named quantity */                            \
	X(STATE, "state") /* device or component state, on/off, acknowledgements */                \
	X(COMMAND, "command") /* a platform asks a device to do or set something */                \
	X(SESSION, "session") /* connect, login, subscribe, disconnect */                          \
	X(ALARM, "alarm") /* a device reports an alarm condition */                                \
	X(ERROR, "error") /* a device or platform answers with an error */                         \
	X(PARSE_ERROR, "parse-error") /* a message was rejected; reason tells why */               \
	X(ANOMALY, "anomaly") /* well-formed but suspicious: overlap, spoof, flood */              \
	X(GAP, "gap") /* records were shed or refused; value is how many */

#define CV_DIRECTIONS(X)                                                                           \
	X(UNKNOWN, "unknown")                                                                      \
	X(UP, "up") /* device to platform */                                                       \
	X(DOWN, "down") /* platform to device */

/* Which period the value stands for (HJ 212 CN 2011/2051/2061/2031 and the like). */
#define CV_STAGES(X)                                                                               \
	X(REALTIME, "realtime")                                                                    \
	X(MINUTE, "minute")                                                                        \
	X(HOUR, "hour")                                                                            \
	X(DAY, "day")                                                                              \
	X(HISTORY, "history")                                                                      \
	X(RETAINED, "retained") /* MQTT retained message: last known value */

#define CV_QUALITIES(X)                                                                            \
	X(UNSTATED, "unstated") /* the protocol carries no quality */                              \
	X(GOOD, "good")                                                                            \
	X(UNCERTAIN, "uncertain")                                                                  \
	X(BAD, "bad")

/* How far ts_device_ns can be trusted. */
#define CV_TIME_QUALITIES(X)                                                                       \
	X(ABSENT, "absent")                                                                        \
	X(DEVICE, "device") /* stated by the device, plausible */                                  \
	X(RELATIVE, "relative") /* stated relative to receive time (RFC 8428 4.5.3) */             \
	X(IMPLAUSIBLE, "implausible") /* unparsable or far off; ts_device_ns is 0 */               \
	X(SYNCHRONISED, "synchronised") /* the device's, off by no more than is allowed */         \
	X(SKEWED, "skewed") /* the device's, off by ts_device_ns - ts_rx_ns */

#define CV_VALUE_TYPES(X)                                                                          \
	X(NONE, "none")                                                                            \
	X(F64, "f64")                                                                              \
	X(I64, "i64")                                                                              \
	X(U64, "u64")                                                                              \
	X(BOOL, "bool")                                                                            \
	X(TEXT, "text") /* in TLV text */                                                          \
	X(BYTES, "bytes") /* in TLV bytes */

/* TLV tags. Text is UTF-8 without a terminating zero. */
#define CV_TLVS(X)                                                                                 \
	X(END, "end")                                                                              \
	X(DEVICE, "device") /* the protocol's own device identity, raw (MN, client id) */          \
	X(NAME, "name") /* canonical or raw name when name_id is 0 */                              \
	X(CODE, "code") /* raw code as sent: factor, register, option path */                      \
	X(UNIT, "unit") /* SenML unit when unit_id is 0 */                                         \
	X(TEXT, "text") /* text value or human-readable detail */                                  \
	X(BYTES, "bytes") /* raw payload, bounded */                                               \
	X(SUB, "sub") /* component of the device: unit id, channel */                              \
	X(METHOD, "method") /* protocol operation: GET, PUBLISH, read-holding-registers */         \
	X(FLAG, "flag") /* raw quality flag as sent */                                             \
	X(CORRELATION, "correlation") /* request id: token, packet id, transaction, QN */          \
	X(POSITION, "position") /* struct cv_position as it is in memory */                        \
	X(GATEWAYS, "gateways") /* array of struct cv_gateway, who heard it best first */          \
	X(ALARM, "alarm") /* struct cv_alarm_note and texts: what became of an alarm of a rule */  \
	X(MEMBERS, "members") /* URNs of the devices of such an alarm, blanks between */           \
	/* Of the registry: control adds them for who reads, the log does not have them. */        \
	X(DEVICE_KIND, "device-kind")                                                              \
	X(OWNER, "owner")                                                                          \
	X(ZONE, "zone")                                                                            \
	X(TAGS, "tags") /* commas between */                                                       \
	X(AREA, "area") /* codes of city, district, street and community, commas between */        \
	X(PLACE, "place") /* struct cv_position */

/* Why a message was rejected; also the reason of a parse-error record. */
#define CV_REJECTS(X)                                                                              \
	X(NONE, "none")                                                                            \
	X(TRUNCATED, "truncated") /* ends before a length it states */                             \
	X(BAD_HEADER, "bad-header") /* version, magic, reserved bits */                            \
	X(BAD_LENGTH, "bad-length") /* impossible or inconsistent length */                        \
	X(BAD_CHECKSUM, "bad-checksum")                                                            \
	X(BAD_OPTION, "bad-option") /* option or property malformed or misplaced */                \
	X(BAD_VALUE, "bad-value") /* field content outside its domain */                           \
	X(BAD_UTF8, "bad-utf8")                                                                    \
	X(BAD_PAYLOAD, "bad-payload") /* frame good, payload format broken */                      \
	X(BAD_STATE, "bad-state") /* message not allowed at this point of the session */           \
	X(UNKNOWN_TYPE, "unknown-type")                                                            \
	X(TOO_LARGE, "too-large") /* legal but beyond the decoder's bound */                       \
	X(STREAM_GAP, "stream-gap") /* bytes of the message were never seen */                     \
	X(EVICTED, "evicted") /* partial message lost to bounded memory */

/* What became of an alarm that a rule of the node raised (control/alarm). */
#define CV_ALARM_CHANGES(X)                                                                        \
	X(RAISED, "raised")                                                                        \
	X(UPDATED, "updated") /* more devices, or it goes on */                                    \
	X(ACKNOWLEDGED, "acknowledged") /* a person has seen it */                                 \
	X(CLEARED, "cleared")

/* How grave: the four levels of warnings and their colours (Emergency Response Law of the PRC, 2007,
 * article 42). */
#define CV_ALARM_GRADES(X)                                                                         \
	X(1, "red")                                                                                \
	X(2, "orange")                                                                             \
	X(3, "yellow")                                                                             \
	X(4, "blue")

#define CV_LANE_ROW(id, name) CV_LANE_##id,
#define CV_KIND_ROW(id, name) CV_KIND_##id,
#define CV_DIR_ROW(id, name) CV_DIR_##id,
#define CV_STAGE_ROW(id, name) CV_STAGE_##id,
#define CV_QUALITY_ROW(id, name) CV_QUALITY_##id,
#define CV_TIME_ROW(id, name) CV_TIME_##id,
#define CV_VALUE_ROW(id, name) CV_VALUE_##id,
#define CV_TLV_ROW(id, name) CV_TLV_##id,
#define CV_REJECT_ROW(id, name) CV_REJECT_##id,
#define CV_ALARM_CHANGE_ROW(id, name) CV_ALARM_##id,

enum cv_lane { CV_LANES(CV_LANE_ROW) CV_LANE_COUNT };
enum cv_kind { CV_KINDS(CV_KIND_ROW) CV_KIND_COUNT };
enum cv_direction { CV_DIRECTIONS(CV_DIR_ROW) CV_DIR_COUNT };
enum cv_stage_of_value { CV_STAGES(CV_STAGE_ROW) CV_STAGE_COUNT };
enum cv_quality { CV_QUALITIES(CV_QUALITY_ROW) CV_QUALITY_COUNT };
enum cv_time_quality { CV_TIME_QUALITIES(CV_TIME_ROW) CV_TIME_COUNT };
enum cv_value_type { CV_VALUE_TYPES(CV_VALUE_ROW) CV_VALUE_COUNT };
enum cv_tlv_tag { CV_TLVS(CV_TLV_ROW) CV_TLV_COUNT };
enum cv_reject { CV_REJECTS(CV_REJECT_ROW) CV_REJECT_COUNT };
enum cv_alarm_change { CV_ALARM_CHANGES(CV_ALARM_CHANGE_ROW) CV_ALARM_CHANGE_COUNT };

/* Which end of the flow is the device; the projection builds urn:dev:ip:... from it. */
enum cv_device_end { CV_DEVICE_END_NONE, CV_DEVICE_END_SRC, CV_DEVICE_END_DST };

/* Oddities: facts about the message that are worth knowing and are not errors. */
#define CV_FLAG_TRUNCATED 0x0001u /* a text or payload was cut to CV_TLV_MAX */
#define CV_FLAG_DUPLICATE 0x0002u /* a repeat: marked (MQTT DUP), or same serial and content */
#define CV_FLAG_UNPAIRED 0x0004u /* response whose request was not seen */
#define CV_FLAG_NOTIFICATION 0x0008u /* CoAP Observe, RFC 7641 */
#define CV_FLAG_PARTIAL 0x0010u /* one block or packet of a larger transfer */
#define CV_FLAG_RAW 0x0020u /* value not interpreted, only carried */
#define CV_FLAG_ENCODING 0x0040u /* text was not valid UTF-8 and was carried as bytes */
#define CV_FLAG_RANGE 0x0080u /* value outside the quantity's valid range */
#define CV_FLAG_DENIED 0x0100u /* policy dropped the message: it has not happened */
#define CV_FLAG_RATE 0x0200u /* changed faster than the quantity can */
#define CV_FLAG_LATE 0x0400u /* device time before one already seen; stage was made history */

/** Record head. Written once by the worker that made it; read-only afterwards. */
struct cv_record {
	uint16_t size; /* head and tail, bytes, multiple of 8, <= CV_RECORD_MAX */
	uint8_t version; /* CV_RECORD_VERSION */
	uint8_t lane; /* enum cv_lane */
	uint8_t kind; /* enum cv_kind */
	uint8_t proto; /* enum cv_proto (decode/decoder_list.h), 0 = none */
	uint8_t direction; /* enum cv_direction */
	uint8_t stage; /* enum cv_stage_of_value */
	uint8_t value_type; /* enum cv_value_type */
	uint8_t quality; /* enum cv_quality */
	uint8_t time_quality; /* enum cv_time_quality */
	uint8_t reject; /* enum cv_reject, for parse errors */
	uint8_t family; /* 4, 6 or 0 */
	uint8_t ip_proto; /* IANA protocol number, 6 TCP, 17 UDP */
	uint8_t device_end; /* enum cv_device_end */
	uint8_t port; /* index of the port the frame came in by */
	uint32_t flags; /* CV_FLAG_* */
	uint32_t rule; /* id of the rule that let the frame pass, 0 = default */
	int64_t ts_rx_ns; /* receive time, ns since the Unix epoch */
	int64_t ts_device_ns; /* device time, ns since the Unix epoch, 0 = absent */
	union {
		double f64;
		int64_t i64;
		uint64_t u64;
	} value;
	uint64_t packet; /* ordinal of the frame on its port, from 1: the frame number */
	uint16_t raw_off; /* offset of the message in the frame's L4 payload, bytes */
	uint16_t name_id; /* vocabulary (normalize/vocabulary.h), 0 = TLV name */
	uint16_t unit_id; /* unit list (normalize/vocabulary.h), 0 = TLV unit or none */
	uint16_t vlan; /* outer VLAN id, 0 = none */
	uint32_t raw_len; /* length of the whole message on the wire, bytes */
	uint16_t sport; /* host order */
	uint16_t dport; /* host order */
	uint32_t seq; /* protocol's own sequence: Observe number, packet id, transaction id */
	uint16_t status; /* protocol's own code: CoAP code, Modbus function, MQTT type, HJ CN */
	uint16_t pad; /* 0 */
	uint8_t src[16]; /* IPv4 in the first four bytes, network order */
	uint8_t dst[16];
	uint64_t heard; /* 0; in a worker's hands, which radio frame it is (hearing.h) */
	/* Numbers of the registry, stamped by control before the log; 0 before, and where unknown. */
	uint32_t registry_row; /* of the device */
	uint32_t area_row; /* of its area at that time */
};
_Static_assert(sizeof(struct cv_record) == 128, "record head is ABI");

/** TLV header; the value follows, padded with zeros to a multiple of 4. */
struct cv_tlv {
	uint16_t tag; /* enum cv_tlv_tag */
	uint16_t len; /* bytes of value, without padding */
};
_Static_assert(sizeof(struct cv_tlv) == 4, "TLV header is ABI");

/** One of these in a position: not stated. */
#define CV_POSITION_NONE INT32_MIN

/** Value of TLV position, little-endian: where a device is, WGS-84 unless it uses another datum. */
struct cv_position {
	int32_t lat, lon; /* 1e-7 degrees, north and east positive */
	int32_t alt; /* mm above sea level */
};
_Static_assert(sizeof(struct cv_position) == 12, "position is ABI");

/** Most members of TLV gateways. */
#define CV_GATEWAYS_MAX 20

/** Member of TLV gateways, little-endian: who heard a radio frame, and how well. */
struct cv_gateway {
	uint64_t id; /* EUI, 0 = not known */
	double rssi, snr; /* dBm, dB; NaN = not stated */
};
_Static_assert(sizeof(struct cv_gateway) * CV_GATEWAYS_MAX <= CV_TLV_MAX, "gateways are ABI");

/** Grade of the least grave alarms; the gravest have 1. */
#define CV_ALARM_GRADE_MAX 4

/**
 * Begins the value of TLV alarm, little-endian. Behind it, each with a zero at its end: the area that
 * the alarm is of ("" = of none), who acknowledged it ("" = nobody), and what they said.
 * The rule's id is in TLV code, the alarm's in TLV correlation.
 */
struct cv_alarm_note {
	uint8_t change; /* enum cv_alarm_change */
	uint8_t grade; /* 1..CV_ALARM_GRADE_MAX */
	uint16_t pad; /* 0 */
	uint32_t devices; /* in it; TLV members names those there is room for */
	double threshold; /* NaN = the rule has none */
	int64_t since_ns; /* what it is about began, ns since the Unix epoch */
	int64_t raised_ns; /* it was told first */
	uint64_t rules; /* number of the rules in force */
};
_Static_assert(sizeof(struct cv_alarm_note) == 40, "alarm notes are ABI");

/** A note with its texts; they point into the record and may not be zero-terminated. */
struct cv_alarm_view {
	struct cv_alarm_note note;
	const char *area, *who, *comment;
	size_t area_len, who_len, comment_len;
};

/** A TLV as found in a record; points into the record. */
struct cv_tlv_view {
	const uint8_t *data; /* NULL = absent */
	uint16_t len;
};

/**
 * Name of a list member. Never NULL: an unknown number gives "?".
 */
const char *cv_lane_name(unsigned int lane);
const char *cv_kind_name(unsigned int kind);
const char *cv_direction_name(unsigned int direction);
const char *cv_stage_name(unsigned int stage);
const char *cv_quality_name(unsigned int quality);
const char *cv_time_quality_name(unsigned int quality);
const char *cv_value_type_name(unsigned int type);
const char *cv_reject_name(unsigned int reject);
const char *cv_alarm_change_name(unsigned int change);
/** Colour of a grade. */
const char *cv_alarm_colour(unsigned int grade);

/**
 * Number of a lane by name.
 *
 * @return the number, or -ENOENT.
 */
int cv_lane_by_name(const char *name, size_t len);

/**
 * Check that @p rec is a complete, well-formed record within @p avail bytes: sizes, versions,
 * enum ranges and the TLV chain. Log readers call it on every record: a file is hostile input.
 *
 * @return 0, or -EBADMSG.
 */
int cv_record_check(const struct cv_record *rec, size_t avail);

/**
 * Find the first TLV with @p tag.
 *
 * @param rec a record that cv_record_check() accepted or cv_emit_end() finished.
 * @return a view into @p rec; data is NULL when the tag is absent.
 */
struct cv_tlv_view cv_record_tlv(const struct cv_record *rec, enum cv_tlv_tag tag);

/** Bit of @p tag in what cv_record_tags() returns. */
#define CV_TAG_BIT(tag) (UINT32_C(1) << (tag))
/** Which TLVs a record has, in one walk: for who would ask for many that mostly are not there. */
uint32_t cv_record_tags(const struct cv_record *rec);

/**
 * The TLVs device and sub, as cv_record_tlv() finds them, in one walk.
 */
void cv_record_device(const struct cv_record *rec, struct cv_tlv_view *ret_device,
		      struct cv_tlv_view *ret_sub);

/**
 * Where the record says the device is.
 *
 * @param ret set when true; each part may be CV_POSITION_NONE.
 */
bool cv_record_position(const struct cv_record *rec, struct cv_position *ret);

/**
 * Who heard the radio frame that the record is of.
 *
 * @param ret room for CV_GATEWAYS_MAX.
 * @return their number, 0 = nobody is named.
 */
unsigned int cv_record_gateways(const struct cv_record *rec, struct cv_gateway *ret);

/**
 * What the record says of an alarm that a rule raised.
 *
 * @return false: it is of no such alarm, or what it says cannot be.
 */
bool cv_record_alarm(const struct cv_record *rec, struct cv_alarm_view *ret);

#endif
