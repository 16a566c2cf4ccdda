/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a policy can say about a protocol's messages, a row each. Who includes this defines those of
 * KEY, IDENTITY and NUMBER that it wants.
 *
 *     KEY(protocol, "key", kind, syntax, lowest, highest, closes, "meaning")
 *     IDENTITY(protocol, "what it is called"): its messages say who the device is
 *     NUMBER(protocol, number, "name"): a name for a number under a key of the protocol
 *
 * closes: kinds that are closed once the key is there (what its list does not name is refused, also
 * where the other list is missing). A decoder that comes later states the number of its message type
 * (cv_judge_type() in decode/judge.h) and gets a row of kind TYPE here; nothing else has to know of it.
 */
#ifndef KEY
#define KEY(protocol, key, kind, syntax, min, max, closes, meaning)
#endif
#ifndef IDENTITY
#define IDENTITY(protocol, name)
#endif
#ifndef NUMBER
#define NUMBER(protocol, number, name)
#endif
/* clang-format off */
KEY(MODBUS, "functions", TYPE, NUMBERS, 1, 255, 0, "function codes that may be asked for")
KEY(MODBUS, "read", READ, REGISTERS, 0, 65535, 1u << CV_APP_WRITE, "registers and coils that may be read")
KEY(MODBUS, "write", WRITE, REGISTERS, 0, 65535, 1u << CV_APP_READ, "registers and coils that may be written")
KEY(COAP, "methods", TYPE, NUMBERS, 1, 31, 0, "request methods")
KEY(COAP, "paths", PATH, PATH, 0, 0, 0, "resources that requests may name")
NUMBER(COAP, 1, "get") /* RFC 7252 12.1.1, RFC 8132 */
NUMBER(COAP, 2, "post")
NUMBER(COAP, 3, "put")
NUMBER(COAP, 4, "delete")
NUMBER(COAP, 5, "fetch")
NUMBER(COAP, 6, "patch")
NUMBER(COAP, 7, "ipatch")
KEY(MQTT, "packets", TYPE, NUMBERS, 1, 15, 0, "packet types that the client may send")
KEY(MQTT, "clients", CLIENT, NAME, 0, 0, 0, "client ids that may connect")
KEY(MQTT, "publish", PUBLISH, TOPIC, 0, 0, 1u << CV_APP_SUBSCRIBE, "topics the client may write to, its will included")
KEY(MQTT, "subscribe", SUBSCRIBE, TOPIC, 0, 0, 1u << CV_APP_PUBLISH, "topics the client may read: what it subscribes to and what it is sent")
IDENTITY(MQTT, "client id")
NUMBER(MQTT, 1, "connect") /* MQTT 5.0, 2.1.2 */
NUMBER(MQTT, 2, "connack")
NUMBER(MQTT, 3, "publish")
NUMBER(MQTT, 4, "puback")
NUMBER(MQTT, 5, "pubrec")
NUMBER(MQTT, 6, "pubrel")
NUMBER(MQTT, 7, "pubcomp")
NUMBER(MQTT, 8, "subscribe")
NUMBER(MQTT, 9, "suback")
NUMBER(MQTT, 10, "unsubscribe")
NUMBER(MQTT, 11, "unsuback")
NUMBER(MQTT, 12, "pingreq")
NUMBER(MQTT, 13, "pingresp")
NUMBER(MQTT, 14, "disconnect")
NUMBER(MQTT, 15, "auth")
KEY(HJ212, "commands", TYPE, NUMBERS, 1, 9999, 0, "command numbers (CN)")
KEY(HJ212, "answers", ANSWER, NUMBERS, 1, 9999, 0, "command numbers from the other end; absent: those of commands")
IDENTITY(HJ212, "MN")
KEY(GB26875, "messages", TYPE, NUMBERS, 0, 255255, 0, "command times 1000 plus type of the data unit")
KEY(GB26875, "answers", ANSWER, NUMBERS, 0, 255255, 0, "messages from the other end; absent: those of messages")
IDENTITY(GB26875, "address")
NUMBER(GB26875, 1089, "initialize") /* GB/T 26875.3-2011, 6.6.5 and 8.1 */
NUMBER(GB26875, 1090, "set-clock")
NUMBER(GB26875, 1091, "guard-check")
NUMBER(GB26875, 2000, "heartbeat")
NUMBER(GB26875, 2001, "send-system-state")
NUMBER(GB26875, 2002, "send-component-state")
NUMBER(GB26875, 2003, "send-component-value")
NUMBER(GB26875, 2004, "send-operations")
NUMBER(GB26875, 2021, "send-unit-state")
NUMBER(GB26875, 2024, "send-unit-operations")
NUMBER(GB26875, 3000, "confirm")
NUMBER(GB26875, 6000, "deny")
KEY(DLT645, "functions", TYPE, NUMBERS, 0, 31, 0, "functions (low five bits of the control code), of requests and answers")
IDENTITY(DLT645, "address")
NUMBER(DLT645, 1, "read-1997")
NUMBER(DLT645, 2, "read-next-1997")
NUMBER(DLT645, 3, "authenticate")
NUMBER(DLT645, 4, "write-1997")
NUMBER(DLT645, 8, "broadcast-time")
NUMBER(DLT645, 10, "set-address-1997")
NUMBER(DLT645, 12, "set-baud-1997")
NUMBER(DLT645, 15, "set-password-1997")
NUMBER(DLT645, 16, "reset-demand-1997")
NUMBER(DLT645, 17, "read")
NUMBER(DLT645, 18, "read-next")
NUMBER(DLT645, 19, "read-address")
NUMBER(DLT645, 20, "write")
NUMBER(DLT645, 21, "set-address")
NUMBER(DLT645, 22, "freeze")
NUMBER(DLT645, 23, "set-baud")
NUMBER(DLT645, 24, "set-password")
NUMBER(DLT645, 25, "reset-demand")
NUMBER(DLT645, 26, "clear-meter")
NUMBER(DLT645, 27, "clear-events")
NUMBER(DLT645, 28, "control")
NUMBER(DLT645, 29, "set-output")
KEY(CJT188, "functions", TYPE, NUMBERS, 0, 63, 0, "functions (low six bits of the control code), of requests and answers")
IDENTITY(CJT188, "address")
NUMBER(CJT188, 1, "read")
NUMBER(CJT188, 3, "read-address")
NUMBER(CJT188, 4, "write")
NUMBER(CJT188, 9, "read-key-version")
NUMBER(CJT188, 21, "set-address")
NUMBER(CJT188, 22, "set-base")
NUMBER(CJT188, 42, "valve")
KEY(SL651, "functions", TYPE, NUMBERS, 0, 255, 0, "function codes")
KEY(SL651, "answers", ANSWER, NUMBERS, 0, 255, 0, "function codes from the other end; absent: those of functions")
IDENTITY(SL651, "station address")
KEY(GWMP, "messages", TYPE, NUMBERS, 0, 5, 0, "message identifiers")
IDENTITY(GWMP, "gateway EUI")
NUMBER(GWMP, 0, "push-data") /* PROTOCOL.TXT 3 to 5 */
NUMBER(GWMP, 1, "push-ack")
NUMBER(GWMP, 2, "pull-data")
NUMBER(GWMP, 3, "pull-resp")
NUMBER(GWMP, 4, "pull-ack")
NUMBER(GWMP, 5, "tx-ack")
/* clang-format on */
#undef KEY
#undef IDENTITY
#undef NUMBER
