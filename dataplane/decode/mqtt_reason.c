/* SPDX-License-Identifier: Apache-2.0 */
/* Reason codes of MQTT 5, 2.4, and return codes of 3.1.1, 3.2.2.3: one table of names and places. */
#include "dataplane/decode/mqtt.h"

#define IN(type) (1u << MQTT_##type)
#define PUB (IN(PUBACK) | IN(PUBREC))
#define REL (IN(PUBREL) | IN(PUBCOMP))
#define SUB IN(SUBACK)
#define UNSUB IN(UNSUBACK)
#define CONN IN(CONNACK)
#define AUTH IN(AUTH)
/* DISCONNECT by side, 3.14.2.1: the free bits 14 and 16. */
#define BYE_SERVER IN(DISCONNECT)
#define BYE_CLIENT (1u << 16)
#define BYE (BYE_SERVER | BYE_CLIENT)

static const struct {
	const char *name;
	uint32_t where;
} reasons[] = {
	[0x00] = {"success", CONN | PUB | REL | SUB | UNSUB | BYE | AUTH},
	[0x01] = {"granted QoS 1", SUB},
	[0x02] = {"granted QoS 2", SUB},
	[0x04] = {"disconnect with will message", BYE_CLIENT},
	[0x10] = {"no matching subscribers", PUB},
	[0x11] = {"no subscription existed", UNSUB},
	[0x18] = {"continue authentication", AUTH},
	[0x19] = {"re-authenticate", AUTH},
	[0x80] = {"unspecified error", CONN | PUB | SUB | UNSUB | BYE},
	[0x81] = {"malformed packet", CONN | BYE},
	[0x82] = {"protocol error", CONN | BYE},
	[0x83] = {"implementation specific error", CONN | PUB | SUB | UNSUB | BYE},
	[0x84] = {"unsupported protocol version", CONN},
	[0x85] = {"client identifier not valid", CONN},
	[0x86] = {"bad user name or password", CONN},
	[0x87] = {"not authorized", CONN | PUB | SUB | UNSUB | BYE_SERVER},
	[0x88] = {"server unavailable", CONN},
	[0x89] = {"server busy", CONN | BYE_SERVER},
	[0x8a] = {"banned", CONN},
	[0x8b] = {"server shutting down", BYE_SERVER},
	[0x8c] = {"bad authentication method", CONN | BYE_SERVER},
	[0x8d] = {"keep alive timeout", BYE_SERVER},
	[0x8e] = {"session taken over", BYE_SERVER},
	[0x8f] = {"topic filter invalid", SUB | UNSUB | BYE_SERVER},
	[0x90] = {"topic name invalid", CONN | PUB | BYE},
	[0x91] = {"packet identifier in use", PUB | SUB | UNSUB},
	[0x92] = {"packet identifier not found", REL},
	[0x93] = {"receive maximum exceeded", BYE},
	[0x94] = {"topic alias invalid", BYE},
	[0x95] = {"packet too large", CONN | BYE},
	[0x96] = {"message rate too high", BYE},
	[0x97] = {"quota exceeded", CONN | PUB | SUB | BYE},
	[0x98] = {"administrative action", BYE},
	[0x99] = {"payload format invalid", CONN | PUB | BYE},
	[0x9a] = {"retain not supported", CONN | BYE_SERVER},
	[0x9b] = {"QoS not supported", CONN | BYE_SERVER},
	[0x9c] = {"use another server", CONN | BYE_SERVER},
	[0x9d] = {"server moved", CONN | BYE_SERVER},
	[0x9e] = {"shared subscriptions not supported", SUB | BYE_SERVER},
	[0x9f] = {"connection rate exceeded", CONN | BYE_SERVER},
	[0xa0] = {"maximum connect time", BYE_SERVER},
	[0xa1] = {"subscription identifiers not supported", SUB | BYE_SERVER},
	[0xa2] = {"wildcard subscriptions not supported", SUB | BYE_SERVER},
};

#define REASON_COUNT (sizeof(reasons) / sizeof(reasons[0]))

/* 3.1.1 3.2.2.3 */
static const char *const return_codes[] = {
	"accepted",	      "unacceptable protocol version", "identifier rejected",
	"server unavailable", "bad user name or password",     "not authorized",
};

bool mqtt_reason_valid(const struct mqtt_packet *p, uint8_t code)
{
	uint32_t where = 1u << p->type;

	if (p->version < MQTT_V5) {
		if (p->type == MQTT_CONNACK)
			return code < sizeof(return_codes) / sizeof(return_codes[0]);
		return p->type == MQTT_SUBACK && (code <= 2 || code == 0x80);
	}
	if (p->type == MQTT_DISCONNECT) {
		where = p->from_client ? BYE_CLIENT : BYE_SERVER;
		if ((p->flow->state & MQTT_FLOW_CONNECTED) == 0)
			where = BYE;
	}
	return code < REASON_COUNT && (reasons[code].where & where) != 0;
}

const char *mqtt_reason_name(const struct mqtt_packet *p, uint8_t code)
{
	if (p->version < MQTT_V5 && p->type == MQTT_CONNACK)
		return code < sizeof(return_codes) / sizeof(return_codes[0]) ? return_codes[code]
									     : "?";
	return code < REASON_COUNT && reasons[code].name ? reasons[code].name : "?";
}
