/* SPDX-License-Identifier: Apache-2.0 */
/*
 * LwM2M (OMA 1.0 to 1.2) on top of CoAP: who registered from where, and what the resources are called.
 * Internal to the CoAP decoder.
 */
#ifndef CV_COAP_LWM2M_H
#define CV_COAP_LWM2M_H

#include "dataplane/decode/coap_message.h"
#include "dataplane/decode/senml.h"

#define LWM2M_NONE UINT32_MAX /* an id that a path does not have; real ones are 16 bits */
#define LWM2M_ENTRIES_MAX 128 /* most resources of one payload */

/* A path of numbers: object, instance, resource, resource instance. */
enum { LWM2M_OBJECT, LWM2M_INSTANCE, LWM2M_RESOURCE, LWM2M_PART, LWM2M_LEVELS };

struct lwm2m_path {
	uint32_t id[LWM2M_LEVELS]; /* LWM2M_NONE behind its end */
};

enum lwm2m_type {
	LWM2M_UNKNOWN,
	LWM2M_INTEGER,
	LWM2M_FLOAT,
	LWM2M_BOOLEAN,
	LWM2M_STRING,
	LWM2M_TIME,
};

/** What is known of a resource. */
struct lwm2m_row {
	uint16_t object, resource;
	uint8_t type; /* enum lwm2m_type */
	int8_t shift; /* power of ten to the name's unit */
	uint16_t name; /* enum cv_name */
	uint16_t unit; /* enum cv_unit, of the value as sent */
	const char *text;
};

/* How the value of an entry is written. */
enum lwm2m_form {
	LWM2M_BINARY,
	LWM2M_PLAIN_TEXT,
	LWM2M_JSON_TEXT,
	LWM2M_NUMBER,
	LWM2M_REAL,
	LWM2M_BOOL,
};

struct lwm2m_entry {
	struct lwm2m_path path;
	uint8_t form; /* enum lwm2m_form */
	bool is_true;
	struct cv_senml_text text; /* bytes, text, or digits of a number */
	double real;
};

struct lwm2m_list {
	uint32_t count;
	struct lwm2m_entry entry[LWM2M_ENTRIES_MAX];
};

/** Read "3303/0/5700", a slash before it or not. @return levels, 0 when it is no such path. */
unsigned int lwm2m_read_path(struct lwm2m_path *ret, const uint8_t *text, size_t len);
/** NULL when it is not in the list. */
const struct lwm2m_row *lwm2m_row(uint32_t object, uint32_t resource);
/** 0/x/3 to 0/x/5: public key or identity, server's key, secret key. */
bool lwm2m_is_secret(const struct lwm2m_path *path);

/**
 * Read the entries below @p base.
 *
 * @return 0; -EBADMSG malformed; -E2BIG more than LWM2M_ENTRIES_MAX.
 */
int lwm2m_read_tlv(struct lwm2m_list *list, const struct lwm2m_path *base, const uint8_t *data,
		   size_t len);
int lwm2m_read_json(struct lwm2m_list *list, const struct lwm2m_path *base, const uint8_t *data,
		    size_t len);

/** Emit one record per entry. @p o as with SenML; its name and code are not used. */
void lwm2m_emit(struct cv_emit *e, const struct lwm2m_list *list, const struct cv_senml_origin *o);

/** struct cv_senml_origin.put_name: names in packs are paths. */
bool lwm2m_put_senml_name(struct cv_emit *e, struct cv_record *rec,
			  const struct cv_senml_entry *entry, const uint8_t *name, size_t len);

/* coap_lwm2m_state.c: which device has which address. */

#define LWM2M_EP_MAX 64
#define LWM2M_LOCATION_MAX 32
#define LWM2M_SETS 1024 /* a power of two */
#define LWM2M_WAYS 4

struct lwm2m_key {
	uint8_t addr[16];
	uint16_t port, vlan;
	uint8_t family;
	uint8_t location_len; /* 0 = the key of a device's address */
	uint8_t location[LWM2M_LOCATION_MAX]; /* below a server's address */
};

struct lwm2m_device {
	struct lwm2m_key key;
	bool taken;
	uint8_t ep_len;
	uint8_t ep[LWM2M_EP_MAX];
	uint32_t life_s;
	int64_t used_ns; /* registration or update */
};

struct lwm2m_devices {
	bool any; /* one has registered */
	struct lwm2m_device device[LWM2M_SETS][LWM2M_WAYS];
};

enum lwm2m_event { LWM2M_NOTHING, LWM2M_REGISTERED, LWM2M_UPDATED, LWM2M_GONE };

/**
 * Follow the registration interface (6.2): requests to /rd and below.
 *
 * @param ret the device that it is about, set unless NOTHING; valid until the next call.
 */
enum lwm2m_event lwm2m_follow_request(struct lwm2m_devices *t, const struct cv_coap *m,
				      const struct cv_origin *o, const struct lwm2m_device **ret);
/** A response to POST /rd: where the registration lies, or that it was refused. */
void lwm2m_follow_response(struct lwm2m_devices *t, const struct cv_coap *m,
			   const struct cv_origin *o);
/** The device that sends (@p source) or gets the message; NULL = nobody registered from there. */
const struct lwm2m_device *lwm2m_device_of(const struct lwm2m_devices *t, const struct cv_origin *o,
					   bool source);

#endif
