/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the registry knows of a device. One list feeds the struct, the table in the database, import
 * and export, what is checked and the page docs/operator/registry.md. Append only: a column that is
 * new is empty in what is there.
 */
#ifndef CV_REGISTRY_DEVICE_H
#define CV_REGISTRY_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * ID, column, place (D: of the device, A: of its area), type, most bytes (0: a number), help. Areas are those of
 * GB/T 10114 and GB/T 2260: city and district have six digits, a street nine, a community twelve.
 */
#define CV_REGISTRY_FIELDS(X)                                                                      \
	X(ID, id, D, URN, 255, "URN, as events name the device in subject; the only one it needs") \
	X(KIND, kind, D, WORD, 63, "what it is: water-meter, smoke-detector")                      \
	X(OWNER, owner, D, TEXT, 127, "whose it is")                                               \
	X(LAT, lat, D, LATITUDE, 0, "degrees north, WGS-84; with lon or not at all")               \
	X(LON, lon, D, LONGITUDE, 0, "degrees east, WGS-84")                                       \
	X(ALT, alt, D, METRES, 0, "metres above sea level")                                        \
	X(CITY, city, A, CODE, 31, "area code of the city: 310100")                                \
	X(DISTRICT, district, A, CODE, 31, "area code of the district: 310115")                    \
	X(STREET, street, A, CODE, 31, "area code of the street: 310115005")                       \
	X(COMMUNITY, community, A, CODE, 31, "area code of the community: 310115005012")           \
	X(ZONE, zone, D, WORD, 63, "zone of the policy, or any other group")                       \
	X(INTERVAL, interval, D, SECONDS, 0, "longest time between two reports, seconds")          \
	X(TAGS, tags, D, TAGS, 255, "words, commas between")

#define CV_REGISTRY_TYPES(X)                                                                       \
	X(URN, "urn:NAMESPACE:NAME without blanks")                                                \
	X(WORD, "letters, digits and -._: in any language")                                        \
	X(TEXT, "text in UTF-8")                                                                   \
	X(CODE, "letters, digits and -._ only")                                                    \
	X(TAGS, "words, commas between")                                                           \
	X(LATITUDE, "a number from -90 to 90")                                                     \
	X(LONGITUDE, "a number from -180 to 180")                                                  \
	X(METRES, "a number from -12000 to 100000")                                                \
	X(SECONDS, "a whole number from 1 to 31622400")

#define CV_REGISTRY_TYPE_ROW(id, expected) CV_REGISTRY_##id,
enum cv_registry_type { CV_REGISTRY_TYPES(CV_REGISTRY_TYPE_ROW) CV_REGISTRY_TYPE_COUNT };

#define CV_REGISTRY_FIELD_ROW(id, column, place, type, max, help) CV_REGISTRY_FIELD_##id,
enum cv_registry_field_id { CV_REGISTRY_FIELDS(CV_REGISTRY_FIELD_ROW) CV_REGISTRY_FIELD_COUNT };

/** A number that is not stated. Degrees are in 1e-7, metres in mm, as in struct cv_position. */
#define CV_REGISTRY_NONE INT32_MIN

#define CV_REGISTRY_MEMBER_URN(column, max) char column[(max) + 1];
#define CV_REGISTRY_MEMBER_WORD CV_REGISTRY_MEMBER_URN
#define CV_REGISTRY_MEMBER_TEXT CV_REGISTRY_MEMBER_URN
#define CV_REGISTRY_MEMBER_CODE CV_REGISTRY_MEMBER_URN
#define CV_REGISTRY_MEMBER_TAGS CV_REGISTRY_MEMBER_URN
#define CV_REGISTRY_MEMBER_LATITUDE(column, max) int32_t column;
#define CV_REGISTRY_MEMBER_LONGITUDE(column, max) int32_t column;
#define CV_REGISTRY_MEMBER_METRES(column, max) int32_t column;
#define CV_REGISTRY_MEMBER_SECONDS(column, max) int32_t column;
#define CV_REGISTRY_MEMBER(id, column, place, type, max, help)                                     \
	CV_REGISTRY_MEMBER_##type(column, max)

struct cv_registry_device {
	CV_REGISTRY_FIELDS(CV_REGISTRY_MEMBER)
	uint32_t given; /* bit per field: stated, if only as empty; the others are as they were */
	uint32_t row; /* its number, never another's; 0 = not in the registry yet */
	uint32_t area; /* number of its area, 0 = none */
};

struct cv_registry_field {
	const char *name; /* of the column */
	enum cv_registry_type type;
	bool is_number;
	size_t offset, max;
	const char *help;
};

/** By enum cv_registry_field_id. */
extern const struct cv_registry_field cv_registry_fields[CV_REGISTRY_FIELD_COUNT];

/** Longest text of a field with its zero, bytes. */
#define CV_REGISTRY_TEXT_MAX 256

#define CV_REGISTRY_AREA_FIELDS                                                                    \
	(1u << CV_REGISTRY_FIELD_CITY | 1u << CV_REGISTRY_FIELD_DISTRICT |                         \
	 1u << CV_REGISTRY_FIELD_STREET | 1u << CV_REGISTRY_FIELD_COMMUNITY)

/** What a right value is. */
const char *cv_registry_type_expected(enum cv_registry_type type);

/** A device with nothing stated. */
void cv_registry_device_init(struct cv_registry_device *d);

/** Field by its column's name. @return enum cv_registry_field_id, -ENOENT. */
int cv_registry_field_find(const char *name, size_t len);

/** The nearest name to one that is none; NULL = none is near. */
const char *cv_registry_field_nearest(const char *name);

/**
 * Take a value as text; an empty one clears the field.
 *
 * @param why set when it is refused: what is wrong with it, static.
 * @return 0 or -EINVAL.
 */
int cv_registry_field_set(struct cv_registry_device *d, unsigned int field, const char *text,
			  size_t len, const char **why);

/** Value of a field as text, "" = none. @param buf CV_REGISTRY_TEXT_MAX bytes. */
const char *cv_registry_field_get(const struct cv_registry_device *d, unsigned int field,
				  char *buf);

/** Number of a field that is one, CV_REGISTRY_NONE = not stated. */
int32_t *cv_registry_field_number(struct cv_registry_device *d, unsigned int field);
/** Text of a field that is one. */
char *cv_registry_field_text(struct cv_registry_device *d, unsigned int field);

/**
 * Whether the fields go together.
 *
 * @param ret_field the one that the refusal is about.
 * @return 0, or -EINVAL with @p why set.
 */
int cv_registry_device_check(const struct cv_registry_device *d, unsigned int *ret_field,
			     const char **why);

/** Valid UTF-8 (RFC 3629) without control characters. */
bool cv_registry_text_is_clean(const char *text, size_t len);

#endif
