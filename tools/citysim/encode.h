/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An encoder speaks one protocol as a device would: identity, time and readings
 * in, the bytes of one message and the records that the dataplane is to make of
 * them out. It shares no code with the decoder (own checksums, own numbers of
 * the protocol), so that a round trip proves both.
 *
 * tools/citysim/encoders.list names it once; tools/citysim/README.md says how
 * one is added; tests/decode/test_roundtrip.c holds each against the decoder.
 *
 * An encoder keeps nothing between two calls: what it says depends on its input
 * alone, so that a million devices cost no memory and the same seed gives the
 * same bytes.
 */
#ifndef SIM_ENCODE_H
#define SIM_ENCODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dataplane/normalize/record.h" /* enum cv_kind, cv_quality, ...: what a record says */

#define SIM_READINGS_MAX 48
#define SIM_PARTS_MAX 8
#define SIM_EXPECT_MAX 64
#define SIM_BYTES_MAX 4096
#define SIM_TEXT_MAX 4096
#define SIM_ID_MAX 64

#define SIM_UDP 0x1u
#define SIM_TCP 0x2u

/* How a value goes over the day. */
#define SIM_CURVES(X)                                                                              \
	X(STEADY, "steady") /* around the middle */                                                \
	X(DAY, "day") /* highest at three in the afternoon: temperature, ozone */                  \
	X(NIGHT, "night") /* highest at three in the morning: humidity, lamps */                   \
	X(RUSH, "rush") /* two peaks, at eight and at six: traffic, load, NO2 */                   \
	X(TOTAL, "total") /* a counter that only grows */                                          \
	X(ALARM, "alarm") /* 0 or 1: told by messages of kind SIM_ON_ALARM only */

/*
 * What is wrong with a damaged message. It is rejected once, makes no record
 * but the parse error, and does no harm to the message behind it.
 */
#define SIM_DAMAGES(X)                                                                             \
	X(CHECK, "check-code") /* the check code is wrong */                                       \
	X(CONTENT, "content") /* a byte under the check code, or a field without    \
                            one, is wrong */              \
	X(LENGTH, "length") /* a length that cannot be */                                          \
	X(CUT, "cut") /* a datagram that ends early */                                             \
	X(HEADER, "header") /* a version or type that does not exist */

#define SIM_CURVE_ROW(id, name) SIM_CURVE_##id,
#define SIM_DAMAGE_ROW(id, name) SIM_DAMAGE_##id,
enum sim_curve { SIM_CURVES(SIM_CURVE_ROW) SIM_CURVE_COUNT };
enum sim_damage { SIM_DAMAGES(SIM_DAMAGE_ROW) SIM_DAMAGE_COUNT };

/** Something a device measures or watches. A value on the wire is raw *
 * 10^-decimals. */
struct sim_point {
	const char *code; /* as the protocol calls it; for the encoder */
	const char *name; /* as the record is to be called: "air.pm2_5" or "raw.a99049" */
	const char *unit; /* SenML unit of the record, "" = none */
	int8_t decimals; /* places behind the point on the wire, or minus the zeros in
                      front of it */
	int8_t shift; /* the wire's unit times 10^shift is the record's */
	uint8_t curve; /* enum sim_curve */
	int64_t low, high; /* of raw */
};

/** A kind of device. */
struct sim_profile {
	const char *name; /* "air-station"; scenarios name it */
	const char *text; /* one line for people */
	const struct sim_point *points;
	unsigned int point_count; /* <= SIM_READINGS_MAX */
	uint16_t tag; /* the encoder's own: a system type, a device class */
};

/** When a message of a kind is sent. */
enum sim_when {
	SIM_ON_OPEN, /* first of all on a new connection or session: login, CONNECT */
	SIM_ON_TIME, /* one of these per interval, by weight */
	SIM_ON_ALARM, /* an alarm begins or ends */
};

struct sim_kind {
	const char *name; /* "data", "heartbeat", "fire" */
	uint8_t when; /* enum sim_when */
	uint8_t weight; /* among those of SIM_ON_TIME */
};

/** A device. Made anew for every message from its place in its group. */
struct sim_device {
	uint32_t index; /* in the city, from 0: no two have the same */
	uint64_t key; /* its own random number, the same for ever */
	char id[SIM_ID_MAX]; /* written by identity() */
};

struct sim_reading {
	const struct sim_point *point;
	int64_t raw;
	bool faulty; /* the device itself says that the value is no good, where the
                  protocol can */
};

/** What is to be said. */
struct sim_input {
	const struct sim_profile *profile;
	const struct sim_device *device;
	unsigned int kind; /* index in the encoder's kinds */
	int64_t time_ns; /* since the Unix epoch */
	uint32_t serial; /* of the message within its connection, from 0 */
	uint64_t random; /* for what the input leaves open */
	bool tcp;
	/* Devices of the same kind nearby, numbered behind this one, that may say something, too. */
	unsigned int neighbours;
	/*
   * Some of the profile's points, each at most once: alarms (SIM_CURVE_ALARM)
   * for a kind of SIM_ON_ALARM, values for the others. A kind that cannot carry
   * them leaves them out.
   */
	unsigned int count;
	struct sim_reading reading[SIM_READINGS_MAX];
};

/** A record that the dataplane is to make, in order. Texts live as long as the
 * message. */
struct sim_expect {
	uint8_t kind; /* enum cv_kind */
	uint8_t lane; /* enum cv_lane */
	uint8_t direction; /* enum cv_direction; CV_DIR_UNKNOWN = not looked at */
	uint8_t stage; /* enum cv_stage_of_value */
	uint8_t quality; /* enum cv_quality */
	uint8_t value_type; /* enum cv_value_type; a number of any type is compared as
                         a number */
	bool any_value; /* the value is not looked at */
	bool any_quality; /* nor is the quality: what went before decides it */
	double number;
	int64_t time_ns; /* device time, 0 = not stated */
	bool placed; /* the record has a position, this one */
	struct cv_position position;
	/* NULL = not looked at, "" = absent */
	const char *name, *unit, *text, *device, *sub, *code, *method;
};

/** One message, or one exchange of several (a request and its answer). */
struct sim_message {
	unsigned int parts; /* each is a datagram, or a write to the connection */
	struct {
		bool from_device;
		uint8_t neighbour; /* whose, of the device's side: 0 = the device's own */
		uint16_t at, len; /* in bytes[] */
	} part[SIM_PARTS_MAX];
	unsigned int len;
	uint8_t bytes[SIM_BYTES_MAX];
	unsigned int messages; /* the decoder counts so many, rejected ones apart */
	unsigned int again; /* of these: tell what another part tells, and make no records */
	unsigned int rejected; /* parse-error records, which are not in expect[] */
	unsigned int expects;
	struct sim_expect expect[SIM_EXPECT_MAX];
	unsigned int text_len;
	char text[SIM_TEXT_MAX]; /* texts made up on the way */
	bool overflow; /* something did not fit: the encoder's mistake, a test fails
                    on it */
};

struct sim_encoder {
	const char *name; /* the decoder's, or its own where a decoder has several encoders */
	const char *decoder; /* NULL = it has that name */
	uint8_t transports; /* SIM_UDP, SIM_TCP */
	uint16_t port; /* of the end that listens, host order */
	bool device_listens; /* the platform connects to the device and asks (Modbus)
                        */
	const struct sim_profile *profiles;
	const struct sim_kind *kinds;
	uint8_t profile_count, kind_count;
	uint8_t damages; /* bit (1 << SIM_DAMAGE_...) for each that damage() can do to
                      datagrams */
	uint8_t stream_damages; /* and to messages of a stream */
	/* The messages have numbers, by which one that comes again is known: it makes no events. */
	bool numbered;
	/* What opens a connection is said once on it: a damaged one could not be said again. */
	bool opens_once;
	/**
	 * Make of what encode() made what the device sends when nobody confirmed it. NULL = the same
	 * bytes. @return false: such a message is not sent again.
	 */
	bool (*repeat)(const struct sim_input *in, struct sim_message *m);
	/** Write dev->id from dev->index and dev->key: unique, and looking like a
   * real one. */
	void (*identity)(struct sim_device *dev, const struct sim_profile *profile);
	/**
   * Make the message of @p in: append parts, bytes and expectations to @p m,
   * which is empty. A kind that has nothing to say with these readings appends
   * no part.
   */
	void (*encode)(const struct sim_input *in, struct sim_message *m);
	/** Damage what encode() made, and say with sim_damaged() what is left of it.
   */
	void (*damage)(const struct sim_input *in, struct sim_message *m, enum sim_damage damage);
};

/** All encoders, in the order of encoders.list. */
extern const struct sim_encoder *const sim_encoders[];
extern const unsigned int sim_encoder_count;

/** @return NULL when there is none of that name. */
const struct sim_encoder *sim_encoder_by_name(const char *name);

/** The decoder that hears it. */
static inline const char *sim_decoder_name(const struct sim_encoder *e)
{
	return e->decoder != NULL ? e->decoder : e->name;
}

const char *sim_damage_name(enum sim_damage damage);

/* Building the message. All of these bound their writes; what does not fit sets
 * m->overflow. */

void sim_message_reset(struct sim_message *m);
/** Begin a datagram, or a write to the connection. Counts one message for the
 * decoder. */
void sim_part(struct sim_message *m, bool from_device);
void sim_put(struct sim_message *m, const void *data, size_t len);
void sim_u8(struct sim_message *m, unsigned int v);
void sim_be16(struct sim_message *m, unsigned int v);
void sim_be32(struct sim_message *m, uint32_t v);
void sim_le16(struct sim_message *m, unsigned int v);
void sim_le32(struct sim_message *m, uint32_t v);
/** What is behind @p body as a length of two bytes, highest first, in front of it. */
void sim_fill_be16(struct sim_message *m, unsigned int body);
/** @p digits decimal digits of @p v, two to a byte, highest first. An odd
 * number is rounded up. */
void sim_bcd(struct sim_message *m, uint64_t v, unsigned int digits);
/** The same, lowest byte first, as meters have it. */
void sim_bcd_le(struct sim_message *m, uint64_t v, unsigned int digits);
__attribute__((format(printf, 2, 3))) void sim_printf(struct sim_message *m, const char *fmt, ...);
/** A text that lives as long as the message, for expectations. */
__attribute__((format(printf, 2, 3))) const char *sim_text(struct sim_message *m, const char *fmt,
							   ...);

/**
 * One more record: of the device, upwards, in the lane of @p kind, without
 * value, quality unstated, stage realtime, no time; only kind, lane, direction,
 * stage and quality are looked at so far.
 */
struct sim_expect *sim_expect(struct sim_message *m, const struct sim_input *in, enum cv_kind kind);
/** The same, a measurement of @p r: name, unit and value of its point. */
struct sim_expect *sim_expect_reading(struct sim_message *m, const struct sim_input *in,
				      const struct sim_reading *r);
void sim_expect_number(struct sim_expect *e, double number);
void sim_expect_text(struct sim_expect *e, const char *text);

/** Of a damaged message nothing is left but one rejection. */
void sim_damaged(struct sim_message *m);
/**
 * The whole of a damage() for protocols without a check code: the first part alone, which ends early
 * (SIM_DAMAGE_CUT), or else whose byte @p at is @p byte.
 */
void sim_damage_first(const struct sim_input *in, struct sim_message *m, enum sim_damage damage,
		      unsigned int at, unsigned int byte);
/** Where a frame with a check code can be damaged, in bytes; all of part[0]. */
struct sim_framing {
	uint8_t content; /* from here on nothing says how long the frame is */
	uint8_t tail; /* bytes at the end that are no content */
	uint8_t check; /* the check code, from the end */
	uint8_t shortest; /* what is left of a frame that ends early, at least */
};

/** Another check code, another byte of the content, or a frame that ends early. */
void sim_damage_checked(const struct sim_input *in, struct sim_message *m, enum sim_damage damage,
			const struct sim_framing *f);
/** For damage(): of an exchange only the first, or the last, part is sent. */
void sim_keep_first(struct sim_message *m);
void sim_keep_last(struct sim_message *m);

/** Value of a reading in the record's unit, rounded once. */
double sim_value(const struct sim_reading *r);
/** raw * 10^-decimals as decimal text, "-0.05". Rotates through four buffers.
 */
const char *sim_decimal(int64_t raw, int decimals);

/** A number from a number: the same for the same, all bits mixed (splitmix64's
 * last step). */
static inline uint64_t sim_mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15u;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

/** A civil time. */
struct sim_civil {
	int year, month, day, hour, minute, second, ms, weekday; /* weekday: 0 = Sunday */
};

/** @param offset_s of the zone, east of Greenwich: 28800 for Beijing. */
struct sim_civil sim_civil(int64_t time_ns, int offset_s);
/** The time cut to full seconds, as most protocols tell it. */
static inline int64_t sim_seconds(int64_t time_ns)
{
	return time_ns / 1000000000 * 1000000000;
}

#define SIM_BEIJING_S 28800
#define SIM_BIT(damage) (1u << SIM_DAMAGE_##damage)
#define SIM_COUNT(array) (sizeof(array) / sizeof((array)[0]))

#endif
