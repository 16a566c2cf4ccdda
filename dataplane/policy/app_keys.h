/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one list of what a policy can say about a protocol's messages: it feeds the policy parser,
 * its documentation and `policy explain`. Slow path.
 */
#ifndef CV_APP_KEYS_H
#define CV_APP_KEYS_H

#include "dataplane/policy/app.h"

/* How a value is written; cv_app_syntax_text() says it to people. */
#define CV_APP_SYNTAXES(X)                                                                         \
	X(NUMBERS, "a number, a range FROM-TO, or a name")                                         \
	X(REGISTERS, "[UNITS/]TABLE[.FROM[-TO]], TABLE one of coil, discrete, input, holding")     \
	X(TOPIC, "a topic filter: + is one level, a last # all below, %c the client id")           \
	X(PATH, "a path without leading /: + is one segment, a last # all below")                  \
	X(NAME, "a name in which * stands for any characters")

/*
 * A decoder that comes later states the number of its message type (cv_judge_type() in
 * decode/judge.h) and gets a row of kind TYPE here; nothing else has to know of it.
 *
 * Protocol, key, kind, syntax, lowest and highest number, kinds that are closed once the key is
 * there (what its list does not name is refused, also where the other list is missing), meaning.
 */
#define CV_APP_KEYS(X)                                                                             \
	X(MODBUS, "functions", TYPE, NUMBERS, 1, 255, 0, "function codes that may be asked for")   \
	X(MODBUS, "read", READ, REGISTERS, 0, 65535, 1u << CV_APP_WRITE,                           \
	  "registers and coils that may be read")                                                  \
	X(MODBUS, "write", WRITE, REGISTERS, 0, 65535, 1u << CV_APP_READ,                          \
	  "registers and coils that may be written")                                               \
	X(COAP, "methods", TYPE, NUMBERS, 1, 31, 0, "request methods")                             \
	X(COAP, "paths", PATH, PATH, 0, 0, 0, "resources that requests may name")                  \
	X(MQTT, "packets", TYPE, NUMBERS, 1, 15, 0, "packet types that the client may send")       \
	X(MQTT, "clients", CLIENT, NAME, 0, 0, 0, "client ids that may connect")                   \
	X(MQTT, "publish", PUBLISH, TOPIC, 0, 0, 1u << CV_APP_SUBSCRIBE,                           \
	  "topics the client may write to, its will included")                                     \
	X(MQTT, "subscribe", SUBSCRIBE, TOPIC, 0, 0, 1u << CV_APP_PUBLISH,                         \
	  "topics the client may read: what it subscribes to and what it is sent")                 \
	X(HJ212, "commands", TYPE, NUMBERS, 1, 9999, 0, "command numbers (CN)")                    \
	X(HJ212, "answers", ANSWER, NUMBERS, 1, 9999, 0,                                           \
	  "command numbers from the other end; absent: those of commands")

/* Protocols whose messages say who the device is, and what that is called. */
#define CV_APP_IDENTITIES(X)                                                                       \
	X(MQTT, "client id")                                                                       \
	X(HJ212, "MN")

#define CV_APP_SYNTAX_ROW(id, text) CV_APP_SYNTAX_##id,
enum cv_app_syntax { CV_APP_SYNTAXES(CV_APP_SYNTAX_ROW) CV_APP_SYNTAX_COUNT };

struct cv_app_key {
	uint8_t proto; /* enum cv_proto */
	uint8_t kind; /* enum cv_app_kind */
	uint8_t syntax; /* enum cv_app_syntax */
	uint16_t min, max; /* of a number */
	uint16_t closes; /* bit per enum cv_app_kind */
	const char *name;
	const char *help;
};

/** All keys. @param ret_count their number. */
const struct cv_app_key *cv_app_keys(size_t *ret_count);
/** The key of a protocol by name, or NULL. */
const struct cv_app_key *cv_app_key_find(unsigned int proto, const char *name, size_t len);
const char *cv_app_syntax_text(unsigned int syntax);
/** What the protocol's identity is called, NULL when its messages carry none. */
const char *cv_app_identity_name(unsigned int proto);

/** Name of a number under a key ("write-single-coil", "put"), NULL when it has none. */
const char *cv_app_number_name(const struct cv_app_key *key, uint32_t number);

/**
 * Read one value of a key of syntax NUMBERS or REGISTERS.
 *
 * @param ret sorted and merged by nobody; set on success.
 * @param why what is wrong, a phrase that follows the value. Set on failure.
 * @return 0 or -EINVAL.
 */
int cv_app_range_parse(const struct cv_app_key *key, const char *text, size_t len,
		       struct cv_app_range *ret, const char **why);

#endif
