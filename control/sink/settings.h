/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a sink is told: its part of the node's configuration (`sinks:`). Plain data without
 * pointers, since control hands it to the sink's process in a sealed memory file.
 */
#ifndef CV_SINK_SETTINGS_H
#define CV_SINK_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

/** Most sinks of a node; each is a process. */
#define CV_SINKS_MAX 16
/** Most events that a sink has under way. */
#define CV_SINK_WINDOW_MAX 65536

/*
 * What events can be sent to: id, name in the configuration, what it is, library that this build
 * needs for it.
 */
#define CV_SINK_TYPES(X)                                                                           \
	X(FILE, "file", "files of one event a line", "")                                           \
	X(NATS, "nats", "NATS JetStream", "libnats")                                               \
	X(MQTT, "mqtt", "an MQTT 5 broker", "libmosquitto")                                        \
	X(KAFKA, "kafka", "Kafka", "librdkafka")

/* How an event is written: id, name. */
#define CV_SINK_FORMATS(X)                                                                         \
	X(CLOUDEVENTS, "cloudevents") /* structured mode: one JSON object */                       \
	X(BINARY, "cloudevents-binary") /* attributes in the transport's headers */                \
	X(SENML, "senml-json") /* a SenML pack (RFC 8428) */                                       \
	X(NGSI_LD, "ngsi-ld") /* an array of one entity */

#define CV_SINK_SYNCS(X)                                                                           \
	X(BATCH, "batch") /* on stable storage before it is acknowledged */                        \
	X(NONE, "none") /* when the kernel likes */

#define CV_SINK_FROMS(X)                                                                           \
	X(EARLIEST, "earliest")                                                                    \
	X(LATEST, "latest")

#define CV_SINK_LOGINS(X)                                                                          \
	X(PLAIN, "PLAIN")                                                                          \
	X(SCRAM_256, "SCRAM-SHA-256")                                                              \
	X(SCRAM_512, "SCRAM-SHA-512")

#define CV_SINK_TYPE_ROW(id, name, what, library) CV_SINK_##id,
#define CV_SINK_FORMAT_ROW(id, name) CV_SINK_FORMAT_##id,
#define CV_SINK_SYNC_ROW(id, name) CV_SINK_SYNC_##id,
#define CV_SINK_FROM_ROW(id, name) CV_SINK_FROM_##id,
#define CV_SINK_LOGIN_ROW(id, name) CV_SINK_LOGIN_##id,
enum cv_sink_type { CV_SINK_TYPES(CV_SINK_TYPE_ROW) CV_SINK_TYPE_COUNT };
enum cv_sink_format { CV_SINK_FORMATS(CV_SINK_FORMAT_ROW) CV_SINK_FORMAT_COUNT };
enum cv_sink_sync { CV_SINK_SYNCS(CV_SINK_SYNC_ROW) CV_SINK_SYNC_COUNT };
enum cv_sink_from { CV_SINK_FROMS(CV_SINK_FROM_ROW) CV_SINK_FROM_COUNT };
enum cv_sink_login { CV_SINK_LOGINS(CV_SINK_LOGIN_ROW) CV_SINK_LOGIN_COUNT };

/** An element of `sinks`. Texts may be empty where the setting is not required. */
struct cv_config_sink {
	unsigned int line, column; /* where the file describes it */
	char name[32];
	uint8_t type; /* enum cv_sink_type */
	uint8_t format; /* enum cv_sink_format */
	uint8_t from; /* enum cv_sink_from: where a new sink begins */
	char run_as[32]; /* user of the process */
	uint32_t window; /* events under way at most */
	/* Which events; as the parameters of /v1/events take them. */
	char lanes[64], types[128], names[256], devices[256];
	/* Where to. */
	char servers[512]; /* with commas */
	char topic[192], key[128]; /* templates (template.h) */
	char stream[64]; /* nats: the stream that must take it */
	char client_id[64];
	/* Who we are; files are resolved when the sink is started. */
	bool tls;
	char ca_file[256], cert_file[256], key_file[256];
	char user[128], password_file[256], token_file[256], credentials_file[256];
	uint8_t login; /* enum cv_sink_login, kafka */
	/* type file. */
	char dir[256];
	uint64_t rotate_size; /* bytes */
	uint64_t rotate_ns;
	uint32_t keep; /* finished files, 0 = all */
	uint8_t sync; /* enum cv_sink_sync */
};

#define CV_SINK_SETTINGS_MAGIC 0x6b6e697376634331ull

/** What the process of a sink finds in its settings file. */
struct cv_sink_settings {
	uint64_t magic; /* CV_SINK_SETTINGS_MAGIC */
	uint64_t size; /* of this structure: both programs must be of one build */
	char node[64];
	char api_socket[108]; /* of control */
	struct cv_config_sink sink; /* files are absolute paths */
};

const char *cv_sink_type_name(unsigned int type);
/** Library of a type, "" = none is needed. */
const char *cv_sink_type_library(unsigned int type);
const char *cv_sink_format_name(unsigned int format);

#endif
